//! What operations on executors and futures do.
//!
//! Source: CPython 3.11 `Lib/concurrent/futures/thread.py` and `_base.py`. `submit` is one transition here (there it holds
//! the executor's lock); a worker's turn is: take a work item, run it, settle the future, run the callbacks, count itself
//! idle. Deviation: no marker is put into the work queue at the end; a worker sees that the pool is closed and the queue
//! empty.

use crate::kernel::apply::{Limit, Outcome};
use crate::kernel::error::{ErrorKind, Fault};
use crate::kernel::machine::{Machine, Object};
use crate::kernel::op::{Op, Question};
use crate::kernel::pool::{Future, Gate, Pool, Progress, Staff};
use crate::kernel::state::State;
use crate::kernel::thread::{Status, Thread};
use crate::kernel::value::{FutureId, ObjectId, ThreadId, Word};
use crate::kernel::values::{Composite, Values};

impl Machine {
    /// The pools.
    pub fn pools(&self) -> impl Iterator<Item = (ObjectId, Pool)> + '_ {
        self.objects.iter().enumerate().filter_map(|(index, object)| match object {
            Object::Pool(pool) => Some((ObjectId(index as u16), *pool)),
            _ => None,
        })
    }

    /// The pool with this number.
    pub fn pool(&self, id: ObjectId) -> Option<Pool> {
        match self.object(id) {
            Object::Pool(pool) => Some(pool),
            _ => None,
        }
    }

    /// A future's slots.
    pub fn future(&self, id: FutureId) -> Future {
        self.futures[id.index()]
    }

    /// Whether main has to begin to end the program in a transition of its own: where there are pools to be closed, or names
    /// to be unlinked. It does so whether a pool is closed already or not, which others may be about to change.
    pub fn begins_to_end(&self, state: &State) -> bool {
        (self.setting.spawns || self.pools().next().is_some()) && state.get(self.ending) != Word::TRUE
    }

    /// The futures in a word: those that `map` gave.
    pub fn futures_in<'a>(&self, values: &'a Values, results: Word) -> impl Iterator<Item = FutureId> + 'a {
        let items = match values.composite(results) {
            Some(Composite::Results(items)) => &items[..],
            _ => &[],
        };
        items.iter().filter_map(|word| word.as_future())
    }

    /// What an operation on a pool or a future does.
    pub fn apply_to_pool(&self, values: &mut Values, state: &mut State, thread: Thread, op: Op) -> Outcome {
        match op {
            Op::Submit(id, work) => self.submit(values, state, id, work),
            Op::TakeWork(id) => self.take_work(values, state, id),
            Op::TurnIdle(id) => {
                if let Some(pool) = self.pool(id) {
                    pool.set_idle(state, pool.idle(state) + 1);
                }
                Outcome::Done(Word::NONE)
            }
            Op::ShutDown(id, cancels) => {
                if let Some(pool) = self.pool(id) {
                    if cancels {
                        let waiting: Vec<FutureId> = pool.queue(values, state).iter().filter_map(|word| word.as_future()).collect();
                        waiting.into_iter().for_each(|future| {
                            self.cancel_future(values, state, future);
                        });
                        pool.set_queue(values, state, &[]);
                    }
                    pool.close(state, Gate::ShutDown);
                }
                Outcome::Done(Word::NONE)
            }
            Op::JoinPool(id) if self.pool(id).is_some_and(|pool| pool.employs(thread.id)) => {
                Outcome::Raised(Fault::new(ErrorKind::RuntimeError, "cannot join current thread"))
            }
            Op::CloseAll => {
                for (_, pool) in self.pools() {
                    pool.close(state, Gate::Exiting);
                }
                state.set(self.ending, Word::TRUE);
                Outcome::Continues
            }
            _ => self.apply_to_future(values, state, op),
        }
    }

    fn apply_to_future(&self, values: &mut Values, state: &mut State, op: Op) -> Outcome {
        match op {
            Op::Settle(id, content, failed) => {
                let progress = if failed { Progress::Failed } else { Progress::Finished };
                Outcome::Done(self.future(id).settle(state, progress, content))
            }
            Op::Result(id, _) => self.result_of(state, id, false),
            Op::Exception(id, _) => self.result_of(state, id, true),
            Op::NextResult(results, index) => {
                let futures: Vec<FutureId> = self.futures_in(values, results).skip(index as usize).collect();
                let Some(&first) = futures.first() else { return Outcome::Done(Word::NONE) };
                let outcome = self.result_of(state, first, false);
                if !matches!(outcome, Outcome::Done(_)) {
                    for &id in &futures[1..] {
                        self.cancel_future(values, state, id);
                    }
                }
                outcome
            }
            Op::AddCallback(id, callback) => {
                let future = self.future(id);
                if future.is_done(state) {
                    return Outcome::Done(Word::TRUE);
                }
                let mut callbacks = values.items(future.callbacks(state)).to_vec();
                callbacks.push(callback);
                future.set_callbacks(values, state, &callbacks);
                Outcome::Done(Word::FALSE)
            }
            Op::CancelFuture(id) => Outcome::Done(self.cancel_future(values, state, id)),
            Op::QueryFuture(id, question) => {
                let progress = self.future(id).progress(state);
                Outcome::Done(Word::bool(match question {
                    Question::Done => self.future(id).is_done(state),
                    Question::Running => progress == Progress::Running,
                    Question::Cancelled => progress == Progress::Cancelled,
                }))
            }
            _ => Outcome::Done(Word::NONE),
        }
    }

    fn submit(&self, values: &mut Values, state: &mut State, id: ObjectId, work: Word) -> Outcome {
        let Some(pool) = self.pool(id) else { return Outcome::Done(Word::NONE) };
        let refused = match pool.gate(state) {
            Gate::Open => None,
            Gate::ShutDown => Some("cannot schedule new futures after shutdown"),
            Gate::Exiting => Some("cannot schedule new futures after interpreter shutdown"),
        };
        if let Some(message) = refused {
            return Outcome::Raised(Fault::new(ErrorKind::RuntimeError, message));
        }
        let number = state.count(self.submitted) as usize;
        let Some(&future) = self.futures.get(number) else { return Outcome::Exceeded(Limit::Futures) };
        state.set_count(self.submitted, number as u32 + 1);
        future.begin(values, state, work);
        let word = Word::future(FutureId(number as u16));
        let mut queue = pool.queue(values, state).to_vec();
        queue.push(word);
        pool.set_queue(values, state, &queue);
        let (idle, started) = (pool.idle(state), pool.started(state));
        let more = match pool.staff {
            Staff::Threads | Staff::Spawned if idle > 0 => {
                pool.set_idle(state, idle - 1);
                0
            }
            Staff::Threads | Staff::Spawned => u32::from(started < u32::from(pool.most)),
            Staff::Forked => u32::from(pool.most) - started,
        };
        for worker in started..started + more {
            let worker = ThreadId(pool.first.0 + worker as u16);
            self.thread(worker).set_status(state, Status::Live);
            self.fork(state, worker);
        }
        pool.set_started(state, started + more);
        Outcome::Done(word)
    }

    fn take_work(&self, values: &mut Values, state: &mut State, id: ObjectId) -> Outcome {
        let Some(pool) = self.pool(id) else { return Outcome::Done(Word::NONE) };
        let queue = pool.queue(values, state).to_vec();
        let Some((first, rest)) = queue.split_first() else { return Outcome::Done(Word::NONE) };
        pool.set_queue(values, state, rest);
        let Some(future) = first.as_future().map(|id| self.future(id)) else { return Outcome::Done(Word::NONE) };
        if future.progress(state) == Progress::Cancelled {
            return Outcome::Done(Word::FALSE);
        }
        future.set_progress(state, Progress::Running);
        Outcome::Done(*first)
    }

    fn result_of(&self, state: &mut State, id: FutureId, asks_for_error: bool) -> Outcome {
        let future = self.future(id);
        let content = future.content(state);
        match future.progress(state) {
            Progress::Finished => Outcome::Done(if asks_for_error { Word::NONE } else { content }),
            Progress::Failed | Progress::FailedAndSeen => {
                future.set_progress(state, Progress::FailedAndSeen);
                if asks_for_error { Outcome::Done(content) } else { Outcome::Failed(content) }
            }
            Progress::Cancelled => Outcome::Raised(Fault::new(ErrorKind::CancelledError, "")),
            _ => Outcome::Raised(Fault::new(ErrorKind::TimeoutError, "")),
        }
    }

    /// Cancels a future whose work has not begun. Gives `FALSE` if it is too late, else the callbacks that are to be run.
    fn cancel_future(&self, values: &mut Values, state: &mut State, id: FutureId) -> Word {
        let future = self.future(id);
        match future.progress(state) {
            Progress::Pending => future.settle(state, Progress::Cancelled, Word::UNBOUND),
            Progress::Cancelled => values.tuple([]),
            _ => Word::FALSE,
        }
    }
}
