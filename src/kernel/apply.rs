//! What one transition does: the effect of each operation on the state, and its result.

use crate::kernel::error::{ErrorKind, Fault};
use crate::kernel::machine::{Machine, Object};
use crate::kernel::op::{Op, Span, Wait};
use crate::kernel::queue::Incomparable;
use crate::kernel::state::State;
use crate::kernel::thread::{Phase, Status, Thread};
use crate::kernel::value::{Aspect, ObjectId, ThreadId, Word};
use crate::kernel::values::{Composite, Values};

/// A declared limit that an operation has reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// Items in a queue without `maxsize`.
    Queue,
    /// Threads created while the program runs.
    Threads,
    /// Work submitted to executors.
    Futures,
}

/// What came of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is done, with this result.
    Done(Word),
    /// It raised an exception in the thread.
    Raised(Fault),
    /// It raised an exception that is an object already: of the work of a future.
    Failed(Word),
    /// Its first step is done; the thread is now at the next one.
    Continues,
    /// Its answer would tell equal threads apart.
    Asymmetric,
    /// It needs an item of a composite value: the program does it on the value it is given (`ReadItem` and the like).
    Item,
    /// A declared limit is reached.
    Exceeded(Limit),
}

impl From<Result<Word, Fault>> for Outcome {
    fn from(result: Result<Word, Fault>) -> Outcome {
        match result {
            Ok(word) => Outcome::Done(word),
            Err(fault) => Outcome::Raised(fault),
        }
    }
}

impl From<Result<(), Fault>> for Outcome {
    fn from(result: Result<(), Fault>) -> Outcome {
        Outcome::from(result.map(|()| Word::NONE))
    }
}

impl Machine {
    /// The thread has come to this operation: starts the timer of one that waits for time from now on.
    pub fn arrive(&self, state: &mut State, id: ThreadId, op: Op) {
        let span = match op {
            Op::Sleep(span) | Op::Fire(span) => span,
            Op::Input => Span::exactly(self.next_line(state).map_or(0, |line| self.inputs[line].after)),
            Op::Enrol(..) | Op::Arrive(..) => return,
            Op::Await(_, wait) if self.enrols(wait) => return,
            Op::Acquire(_, Wait::Upto(ticks))
            | Op::Await(_, Wait::Upto(ticks))
            | Op::Put(_, _, Wait::Upto(ticks))
            | Op::Get(_, Wait::Upto(ticks))
            | Op::Result(_, Wait::Upto(ticks))
            | Op::Exception(_, Wait::Upto(ticks))
            | Op::Join(_, Wait::Upto(ticks)) => Span::exactly(ticks),
            _ => return,
        };
        self.clock.start(state, &self.threads, self.thread(id), span);
    }

    fn next_line(&self, state: &State) -> Option<usize> {
        let next = state.count(self.typed) as usize;
        (next < self.inputs.len()).then_some(next)
    }

    /// Takes an enabled operation. `alternative` picks one of several ways ([`Machine::alternatives`]).
    pub fn apply(&self, values: &mut Values, state: &mut State, id: ThreadId, op: Op, alternative: u32) -> Outcome {
        let thread = self.thread(id);
        self.clock.let_act(state, &self.threads, thread);
        self.clock.stop(state, thread);
        match op {
            Op::Read(_) | Op::Write(..) | Op::ReadItem(..) | Op::WriteItem(..) | Op::Append(..) | Op::Pop(..) => {
                self.apply_to_variable(state, op)
            }
            Op::Acquire(object, _) => self.acquire(state, object, id),
            Op::Release(object, permits) => self.release(state, object, id, permits).into(),
            Op::Set(_) | Op::Clear(_) | Op::Await(..) | Op::Awake(..) => self.apply_to_event(values, state, thread, op),
            Op::Enrol(..) | Op::Expire(..) | Op::Reacquire(..) | Op::Notify(..) => self.apply_to_condition(values, state, thread, op),
            Op::Arrive(..) | Op::Leave(..) | Op::Abort(_) | Op::Reset(_) => self.apply_to_barrier(state, thread, op),
            Op::Put(..) | Op::Get(..) | Op::TaskDone(_) | Op::JoinQueue(_) | Op::JoinedQueue(_) => {
                self.apply_to_queue(values, state, thread, op)
            }
            Op::Feed(queue) => self.feed(values, state, thread, queue),
            Op::Flush | Op::End => Outcome::Continues,
            Op::Attach if state.get(self.ending) == Word::TRUE => {
                Outcome::Raised(Fault::new(ErrorKind::FileNotFoundError, "[Errno 2] No such file or directory"))
            }
            Op::Attach => Outcome::Done(Word::NONE),
            Op::Query(object, observer) => Outcome::Done(self.observe(values, state, object, observer)),
            Op::Start(_) | Op::Join(..) | Op::JoinAll(..) | Op::IsAlive(_) | Op::Create | Op::Fire(_) | Op::Cancel(_) | Op::Exit => {
                self.apply_to_thread(values, state, thread, op)
            }
            Op::Submit(..)
            | Op::TakeWork(_)
            | Op::TurnIdle(_)
            | Op::Settle(..)
            | Op::Result(..)
            | Op::Exception(..)
            | Op::NextResult(..)
            | Op::AddCallback(..)
            | Op::CancelFuture(_)
            | Op::QueryFuture(..)
            | Op::ShutDown(..)
            | Op::JoinPool(_)
            | Op::CloseAll => self.apply_to_pool(values, state, thread, op),
            Op::Sleep(_) => Outcome::Done(Word::NONE),
            Op::Choose(_) => Outcome::Done(Word::count(alternative)),
            Op::Print(text) => {
                self.write_out(values, state, text);
                Outcome::Done(Word::NONE)
            }
            Op::Input => match self.next_line(state) {
                None => Outcome::Raised(Fault::new(ErrorKind::EOFError, "EOF when reading a line")),
                Some(line) => {
                    state.set_count(self.typed, line as u32 + 1);
                    self.write_out(values, state, self.inputs[line].echo);
                    Outcome::Done(self.inputs[line].text)
                }
            },
        }
    }

    fn write_out(&self, values: &mut Values, state: &mut State, text: Word) {
        if self.setting.keeps_output {
            let output = values.intern(Composite::Output(state.get(self.output), text));
            state.set(self.output, output);
        }
    }

    fn apply_to_variable(&self, state: &mut State, op: Op) -> Outcome {
        match op {
            Op::Write(id, value) => {
                if let Object::Variable(variable, _) = self.object(id) {
                    variable.write(state, value);
                }
                Outcome::Done(Word::NONE)
            }
            Op::Read(id) => match self.object(id) {
                Object::Variable(variable, _) => Outcome::Done(variable.read(state)),
                _ => Outcome::Done(Word::object(id)),
            },
            _ => Outcome::Item,
        }
    }

    fn acquire(&self, state: &mut State, id: ObjectId, thread: ThreadId) -> Outcome {
        let free = self.can_acquire(state, id, thread);
        if free {
            match self.object(self.lock_of(id)) {
                Object::Lock(lock) => lock.take(state, thread),
                Object::RLock(lock) => lock.take(state, thread, 1),
                Object::Semaphore(semaphore, _) => semaphore.take(state),
                _ => {}
            }
        }
        Outcome::Done(Word::bool(free))
    }

    fn release(&self, state: &mut State, id: ObjectId, thread: ThreadId, permits: u32) -> Result<(), Fault> {
        let done = match self.object(self.lock_of(id)) {
            Object::Lock(lock) => lock.release(state),
            Object::RLock(lock) => lock.release(state, thread),
            Object::Semaphore(semaphore, _) => semaphore.release(state, permits),
            _ => Ok(()),
        };
        match (done, self.object(self.lock_of(id))) {
            (Err(_), Object::RLock(_)) if self.has_processes() => {
                Err(Fault::new(ErrorKind::AssertionError, "attempt to release recursive lock not owned by thread"))
            }
            (Err(_), _) if self.has_processes() => Err(Fault::new(ErrorKind::ValueError, "semaphore or lock released too many times")),
            (done, _) => done,
        }
    }

    fn wake(&self, state: &mut State, woken: Vec<ThreadId>) {
        for id in woken {
            let thread = self.thread(id);
            // An expired waiter that is still on the list swallows the notify.
            if thread.phase(state) == Phase::Waiting {
                thread.set_phase(state, Phase::Notified);
                self.clock.stop(state, thread);
            }
        }
    }

    fn apply_to_event(&self, values: &Values, state: &mut State, thread: Thread, op: Op) -> Outcome {
        let (Op::Set(id) | Op::Clear(id) | Op::Await(id, _) | Op::Awake(id, _)) = op else { return Outcome::Item };
        let Object::Event(event) = self.object(id) else { return Outcome::Done(Word::NONE) };
        match op {
            Op::Set(_) => {
                event.set(state);
                let woken = self.waiters_of_event(values, state, id);
                self.wake(state, woken);
                Outcome::Done(Word::NONE)
            }
            Op::Clear(_) => {
                event.clear(state);
                Outcome::Done(Word::NONE)
            }
            Op::Await(_, wait) if self.enrols(wait) && !event.is_set(state) => {
                self.begin_waiting(state, thread, wait);
                Outcome::Continues
            }
            Op::Await(..) => Outcome::Done(Word::bool(event.is_set(state))),
            _ => {
                let notified = thread.phase(state) == Phase::Notified;
                thread.set_phase(state, Phase::Asking);
                Outcome::Done(Word::bool(notified))
            }
        }
    }

    fn begin_waiting(&self, state: &mut State, thread: Thread, wait: Wait) {
        thread.set_phase(state, Phase::Waiting);
        if let Wait::Upto(ticks) = wait {
            self.clock.start(state, &self.threads, thread, Span::exactly(ticks));
        }
    }

    fn apply_to_condition(&self, values: &mut Values, state: &mut State, thread: Thread, op: Op) -> Outcome {
        let (Op::Enrol(id, _) | Op::Expire(id, _) | Op::Reacquire(id, _) | Op::Notify(id, _)) = op else { return Outcome::Item };
        let Object::Condition(condition) = self.object(id) else { return Outcome::Done(Word::NONE) };
        match op {
            Op::Notify(_, most) => {
                if !self.owns(state, id, thread.id) {
                    return Outcome::Raised(self.not_owned("cannot notify on un-acquired lock"));
                }
                let woken = condition.notify(values, state, most);
                self.wake(state, woken);
                Outcome::Done(Word::NONE)
            }
            Op::Enrol(_, wait) => {
                if !self.owns(state, id, thread.id) {
                    return Outcome::Raised(self.not_owned("cannot wait on un-acquired lock"));
                }
                condition.enrol(values, state, thread.id);
                let held = match self.object(condition.lock) {
                    Object::RLock(lock) => lock.release_all(state),
                    Object::Lock(lock) => {
                        lock.init(state);
                        1
                    }
                    _ => 1,
                };
                thread.set_saved(state, Word::count(held));
                self.begin_waiting(state, thread, wait);
                Outcome::Continues
            }
            Op::Expire(..) => {
                thread.set_phase(state, Phase::Expired);
                Outcome::Continues
            }
            _ => {
                let notified = thread.phase(state) == Phase::Notified;
                if !notified {
                    condition.withdraw(values, state, thread.id);
                }
                match self.object(condition.lock) {
                    Object::RLock(lock) => lock.take(state, thread.id, thread.saved(state).as_int().unwrap_or(1) as u32),
                    Object::Lock(lock) => lock.take(state, thread.id),
                    _ => {}
                }
                thread.set_saved(state, Word::UNBOUND);
                thread.set_phase(state, Phase::Asking);
                Outcome::Done(Word::bool(notified))
            }
        }
    }

    /// A condition is used without its lock: between processes CPython only asserts that it is held.
    fn not_owned(&self, message: &'static str) -> Fault {
        if self.has_processes() {
            return Fault::new(ErrorKind::AssertionError, "must acquire() condition before using it");
        }
        Fault::new(ErrorKind::RuntimeError, message)
    }

    fn apply_to_barrier(&self, state: &mut State, thread: Thread, op: Op) -> Outcome {
        let (Op::Arrive(id, _) | Op::Leave(id, _) | Op::Abort(id) | Op::Reset(id)) = op else { return Outcome::Item };
        let Object::Barrier(barrier) = self.object(id) else { return Outcome::Done(Word::NONE) };
        match op {
            Op::Arrive(_, wait) => match barrier.arrive(state) {
                Err(fault) => Outcome::Raised(fault),
                Ok((place, true)) => Outcome::Done(Word::count(place)),
                Ok((place, false)) => {
                    thread.set_saved(state, Word::count(place));
                    self.begin_waiting(state, thread, wait);
                    Outcome::Continues
                }
            },
            Op::Leave(..) => {
                let place = thread.saved(state);
                thread.set_saved(state, Word::UNBOUND);
                thread.set_phase(state, Phase::Asking);
                barrier.leave(state).map(|()| place).into()
            }
            Op::Abort(_) => {
                barrier.abort(state);
                Outcome::Done(Word::NONE)
            }
            _ => {
                barrier.reset(state);
                Outcome::Done(Word::NONE)
            }
        }
    }

    fn apply_to_queue(&self, values: &mut Values, state: &mut State, thread: Thread, op: Op) -> Outcome {
        let (Op::Put(id, ..) | Op::Get(id, _) | Op::TaskDone(id) | Op::JoinQueue(id) | Op::JoinedQueue(id)) = op else {
            return Outcome::Item;
        };
        let Object::Queue(queue) = self.object(id) else { return Outcome::Done(Word::NONE) };
        match op {
            Op::Put(..) if queue.is_full(values, state) => Outcome::Raised(Fault::new(ErrorKind::Full, "")),
            Op::Put(..) if queue.maxsize == 0 && queue.size(values, state).max(queue.underway(state)) >= self.setting.queue_bound => {
                Outcome::Exceeded(Limit::Queue)
            }
            Op::Put(_, item, _) if queue.order.is_piped() => {
                if let Some(feeder) = self.feeder(thread.id, id) {
                    self.post(values, state, feeder, queue, item);
                }
                Outcome::Done(Word::NONE)
            }
            Op::Put(_, item, _) => match queue.put(values, state, item, self.setting.less) {
                Ok(()) => Outcome::Done(Word::NONE),
                Err(Incomparable::Raised(fault)) => Outcome::Raised(fault),
                Err(Incomparable::Asymmetric) => Outcome::Asymmetric,
            },
            Op::Get(..) if queue.size(values, state) == 0 => Outcome::Raised(Fault::new(ErrorKind::Empty, "")),
            Op::Get(..) => Outcome::Done(queue.get(values, state)),
            Op::TaskDone(_) => {
                let done = queue.task_done(state);
                if queue.order.is_piped() && queue.unfinished(state) == 0 {
                    self.wake_joiners(values, state, id);
                }
                done.into()
            }
            Op::JoinQueue(_) if queue.order.is_piped() && queue.unfinished(state) > 0 => {
                thread.set_phase(state, Phase::Waiting);
                Outcome::Continues
            }
            Op::JoinedQueue(_) => {
                thread.set_phase(state, Phase::Asking);
                Outcome::Done(Word::NONE)
            }
            _ => Outcome::Done(Word::NONE),
        }
    }

    fn apply_to_thread(&self, values: &Values, state: &mut State, thread: Thread, op: Op) -> Outcome {
        match op {
            Op::Start(id) => {
                let other = self.thread(id);
                if other.status(state) != Status::Created {
                    return Outcome::Raised(Fault::new(ErrorKind::RuntimeError, "threads can only be started once"));
                }
                other.set_status(state, Status::Live);
                self.fork(state, id);
                Outcome::Done(Word::NONE)
            }
            Op::Join(id, _) if id == thread.id => Outcome::Raised(Fault::new(ErrorKind::RuntimeError, "cannot join current thread")),
            Op::Join(id, _) => match self.thread(id).status(state) {
                Status::Created | Status::Free => {
                    Outcome::Raised(Fault::new(ErrorKind::RuntimeError, "cannot join thread before it is started"))
                }
                _ => Outcome::Done(Word::NONE),
            },
            Op::JoinAll(first, count) => {
                if self.members(first, count).all(|thread| thread.status(state).is_over()) {
                    Outcome::Done(Word::NONE)
                } else {
                    Outcome::Raised(Fault::new(ErrorKind::RuntimeError, "cannot join thread before it is started"))
                }
            }
            Op::IsAlive(id) => Outcome::Done(Word::bool(self.thread(id).status(state) == Status::Live)),
            Op::Create => match self.create(state) {
                Some(id) => Outcome::Done(Word::thread(id, Aspect::Handle)),
                None => Outcome::Exceeded(Limit::Threads),
            },
            Op::Fire(_) => {
                let cancelled = self.is_cancelled(state, thread);
                thread.set_phase(state, Phase::Asking);
                Outcome::Done(Word::bool(!cancelled))
            }
            Op::Cancel(id) => {
                let timer = self.thread(id);
                // Once the timer has fired, cancelling it has no effect, and is no error.
                if matches!(values.composite(timer.op(state)), Some(Composite::Op(Op::Fire(_)))) {
                    timer.set_phase(state, Phase::Notified);
                }
                Outcome::Done(Word::NONE)
            }
            _ => {
                for daemon in &self.threads[1..] {
                    if daemon.status(state) == Status::Live {
                        self.clock.stop(state, *daemon);
                        daemon.end(state, Status::Killed, Word::UNBOUND);
                    }
                }
                let error = thread.saved(state);
                thread.end(state, if error.is_unbound() { Status::Ended } else { Status::Failed }, error);
                Outcome::Continues
            }
        }
    }

    /// Takes a free place for a new thread, if there is one left.
    pub fn create(&self, state: &mut State) -> Option<ThreadId> {
        let created = state.count(self.created) as usize;
        let thread = *self.threads[self.declared..self.declared + self.later].get(created)?;
        state.set_count(self.created, created as u32 + 1);
        thread.set_status(state, Status::Created);
        Some(thread.id)
    }
}
