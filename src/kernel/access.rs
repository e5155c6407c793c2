//! What an operation uses, and in which way: the uses that dependence is stated for.

use crate::kernel::machine::{Machine, Object};
use crate::kernel::object::QueueOrder;
use crate::kernel::op::{Observer, Op, Wait};
use crate::kernel::pool::{Gate, Progress};
use crate::kernel::state::State;
use crate::kernel::thread::Phase;
use crate::kernel::value::{FutureId, ObjectId, ThreadId, Value, Word};
use crate::kernel::values::Values;

/// What an operation uses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Target {
    /// An object.
    Object(ObjectId),
    /// The output.
    Output,
    /// The lines that are typed.
    Inputs,
    /// The places for new threads.
    Creation,
    /// A timer.
    Timer(ThreadId),
    /// A future.
    Future(FutureId),
    /// The buffer of a feeder.
    Buffer(ThreadId),
    /// The names of the objects of processes, until main begins to end the program.
    Names,
    /// Being alive: what starts, ends or kills a thread, and who asks for it.
    Life,
}

/// In which way an operation uses its target.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names are those of the operations")]
pub enum Role {
    Read,
    /// Reads one item; which one, where it is known not to be another name of another item.
    ReadItem(Option<Word>),
    WriteItem(Option<Word>),
    Write,
    Acquire,
    /// Acquires or fails, but does not block (or not for ever).
    TryAcquire,
    /// Releases a plain lock that is held.
    Release,
    /// Releases a plain lock that is free: an error.
    ReleaseFree,
    /// Releases a re-entrant lock: only its owner can.
    ReleaseOwn,
    LookAtLock,
    Take,
    TryTake,
    Give,
    /// Gives back to a bounded semaphore.
    GiveBounded,
    /// Gives back to a bounded semaphore that is at its bound: an error.
    GiveBeyond,
    LookAtPermits,
    Set,
    Clear,
    LookAtEvent,
    /// Waits for the flag to be set.
    AwaitFlag,
    /// Passes if the flag is set, else enrols.
    AwaitOrEnrol,
    /// Goes on after having been woken.
    Woken,
    /// Goes on after having been woken, or because the time has come.
    WokenInTime,
    Enrol,
    Notify,
    Expire,
    /// Withdraws from the waiters of a condition after the timeout.
    Withdraw,
    /// Goes on after having been notified.
    Wake,
    LookAtWaiters,
    /// Leaves a barrier.
    Leave,
    /// Anything else at a barrier.
    AtBarrier,
    Put,
    TryPut,
    Get,
    TryGet,
    /// As `Put` and `Get`, for a queue that does not serve in order of arrival.
    PutUnordered,
    GetUnordered,
    LookAtQueue,
    TaskDone,
    JoinQueue,
    Print,
    Input,
    Create,
    Fire,
    Cancel,
    /// The end of a thread; where that is no operation of its own, any operation of a thread: it may end with it.
    End,
    /// Any operation of a daemon: it may be cut short by the exit.
    ActAsDaemon,
    /// Starts a thread, where that is an operation of its own.
    Start,
    /// Waits for the end of a thread, or raises because it was not started.
    Join,
    LookAtLife,
    Exit,
    /// Gives work to a pool: the order of its work, and whether somebody is idle, matter.
    Submit,
    TakeWork,
    /// Finds that there is no work and that none will come.
    FindShut,
    TurnIdle,
    ShutDown,
    /// Shuts down a pool and cancels what waits.
    ShutDownAndCancel,
    /// A future's work is begun.
    Begin,
    Settle,
    /// Cancels, or finds that it is too late.
    CancelFuture,
    AddCallback,
    /// Waits for a future to be done.
    AwaitFuture,
    LookAtFuture,
    /// Leaves an item in a buffer; what it counts where tasks are counted, where there is a bound, or both.
    Post,
    PostCounted,
    PostBounded,
    /// Puts into a bounded queue with a pipe or fails, but does not block for ever.
    TryPost,
    /// Takes an item out of a buffer.
    Feed,
    /// Waits for tasks by looking at their count once.
    JoinOnce,
    Attach,
    Unlink,
}

/// One use of one target.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Access {
    /// What is used.
    pub target: Target,
    /// How.
    pub role: Role,
}

impl Machine {
    /// The uses an operation would make if it were taken in this state.
    pub fn accesses(&self, values: &Values, state: &State, id: ThreadId, op: Op) -> Vec<Access> {
        let mut found = self.accesses_to_pools(values, state, op);
        self.accesses_to_queues(id, op, &mut found);
        let mut add = |target, role| found.push(Access { target, role });
        match op {
            Op::Read(id) => add(Target::Object(id), Role::Read),
            Op::Write(id, _) | Op::Append(id, _) | Op::Pop(id, _) => add(Target::Object(id), Role::Write),
            Op::ReadItem(id, key) => add(Target::Object(id), Role::ReadItem(own_name(key))),
            Op::WriteItem(id, key, _) => add(Target::Object(id), Role::WriteItem(own_name(key))),
            Op::Acquire(object, wait) => add(Target::Object(self.lock_of(object)), self.acquiring(object, wait)),
            Op::Release(object, permits) => add(Target::Object(self.lock_of(object)), self.releasing(state, object, permits)),
            Op::Set(id) => add(Target::Object(id), Role::Set),
            Op::Clear(id) => add(Target::Object(id), Role::Clear),
            Op::Await(id, wait) if self.enrols(wait) => add(Target::Object(id), Role::AwaitOrEnrol),
            Op::Await(id, Wait::Forever) => add(Target::Object(id), Role::AwaitFlag),
            Op::Await(id, _) => add(Target::Object(id), Role::LookAtEvent),
            Op::Awake(id, Wait::Forever) => add(Target::Object(id), Role::Woken),
            Op::Awake(id, _) => add(Target::Object(id), Role::WokenInTime),
            Op::Enrol(condition, _) => {
                add(Target::Object(condition), Role::Enrol);
                add(Target::Object(self.lock_of(condition)), self.releasing(state, condition, 1));
            }
            Op::Expire(condition, _) => add(Target::Object(condition), Role::Expire),
            Op::Reacquire(condition, _) => {
                let notified = self.thread(id).phase(state) == Phase::Notified;
                add(Target::Object(condition), if notified { Role::Wake } else { Role::Withdraw });
                add(Target::Object(self.lock_of(condition)), Role::Acquire);
            }
            Op::Notify(condition, _) => {
                add(Target::Object(condition), Role::Notify);
                if matches!(self.object(self.lock_of(condition)), Object::Lock(_)) {
                    // Whether anybody holds the plain lock decides whether this raises.
                    add(Target::Object(self.lock_of(condition)), Role::LookAtLock);
                }
            }
            Op::Leave(barrier, Wait::Forever) => add(Target::Object(barrier), Role::Leave),
            Op::Arrive(barrier, _) | Op::Leave(barrier, _) | Op::Abort(barrier) | Op::Reset(barrier) => {
                add(Target::Object(barrier), Role::AtBarrier);
            }
            Op::Query(object, observer) => add(Target::Object(self.looked_at(object, observer)), looking(observer)),
            Op::Print(_) => add(Target::Output, Role::Print),
            Op::Input => {
                add(Target::Inputs, Role::Input);
                add(Target::Output, Role::Print);
            }
            Op::Create => add(Target::Creation, Role::Create),
            Op::Fire(_) => add(Target::Timer(id), Role::Fire),
            Op::Cancel(timer) => add(Target::Timer(timer), Role::Cancel),
            Op::Start(process) if self.is_process(process) => {
                add(Target::Life, Role::Start);
                self.original_variables().for_each(|variable| add(Target::Object(variable), Role::Read));
            }
            Op::Start(_) => add(Target::Life, Role::Start),
            Op::IsAlive(_) | Op::Join(_, Wait::Upto(_) | Wait::Never) => add(Target::Life, Role::LookAtLife),
            Op::Exit => add(Target::Life, Role::Exit),
            Op::Join(..) | Op::JoinAll(..) if self.setting.joins_are_seen => add(Target::Life, Role::Join),
            Op::Join(..) | Op::JoinAll(..) | Op::JoinPool(_) | Op::Sleep(_) | Op::Choose(_) => {}
            _ => {}
        }
        if self.setting.has_daemons && self.thread(id).is_daemon(state) && self.cut_short(state, id) {
            add(Target::Life, Role::ActAsDaemon);
        } else if op == Op::End || (self.setting.observes_life && !self.setting.ends_are_seen) {
            add(Target::Life, Role::End);
        }
        if !self.setting.keeps_output {
            found.retain(|access| access.target != Target::Output);
        }
        found
    }

    fn accesses_to_queues(&self, id: ThreadId, op: Op, found: &mut Vec<Access>) {
        let mut add = |target, role| found.push(Access { target, role });
        match op {
            Op::Put(queue, _, wait) if self.is_piped(queue) => {
                add(Target::Object(queue), self.posting(queue, wait));
                if let Some(feeder) = self.feeder(id, queue) {
                    add(Target::Buffer(feeder.thread), Role::Post);
                }
            }
            Op::Feed(queue) => {
                add(Target::Object(queue), Role::Put);
                add(Target::Buffer(id), Role::Feed);
            }
            Op::JoinQueue(queue) if self.is_piped(queue) => add(Target::Object(queue), Role::JoinOnce),
            Op::JoinedQueue(queue) => add(Target::Object(queue), Role::Woken),
            Op::Attach => add(Target::Names, Role::Attach),
            Op::Put(queue, _, wait) => add(Target::Object(queue), self.putting(queue, wait)),
            Op::Get(queue, wait) => add(Target::Object(queue), self.getting(queue, wait)),
            Op::TaskDone(queue) => add(Target::Object(queue), Role::TaskDone),
            Op::JoinQueue(queue) => add(Target::Object(queue), Role::JoinQueue),
            _ => {}
        }
    }

    /// Whether the exit can come before this daemon has acted. The feeder of a process that is waited for is done by then.
    fn cut_short(&self, state: &State, id: ThreadId) -> bool {
        let feeder = self.feeders.iter().find(|feeder| feeder.thread == id);
        feeder.is_none_or(|feeder| feeder.owner != ThreadId::MAIN && self.thread(feeder.owner).is_daemon(state))
    }

    fn accesses_to_pools(&self, values: &Values, state: &State, op: Op) -> Vec<Access> {
        let mut found = Vec::new();
        let mut add = |target, role| found.push(Access { target, role });
        match op {
            Op::Submit(pool, _) => {
                if self.forks(state, pool) {
                    self.original_variables().for_each(|variable| add(Target::Object(variable), Role::Read));
                }
                add(Target::Object(pool), Role::Submit);
                add(Target::Creation, Role::Create);
            }
            Op::TakeWork(id) => {
                let Some(pool) = self.pool(id) else { return found };
                let next = pool.queue(values, state).first().and_then(|word| word.as_future());
                let role = if next.is_none() && pool.gate(state) != Gate::Open { Role::FindShut } else { Role::TakeWork };
                add(Target::Object(id), role);
                if let Some(next) = next {
                    add(Target::Future(next), Role::Begin);
                }
            }
            Op::TurnIdle(pool) => add(Target::Object(pool), Role::TurnIdle),
            Op::Settle(future, ..) => add(Target::Future(future), Role::Settle),
            Op::Result(future, Wait::Forever) | Op::Exception(future, Wait::Forever) => add(Target::Future(future), Role::AwaitFuture),
            Op::Result(future, _) | Op::Exception(future, _) | Op::QueryFuture(future, _) => {
                add(Target::Future(future), Role::LookAtFuture);
            }
            Op::NextResult(results, index) => {
                let mut rest = self.futures_in(values, results).skip(index as usize);
                let Some(first) = rest.next() else { return found };
                add(Target::Future(first), Role::AwaitFuture);
                // If this one is an exception, the others are cancelled.
                if !matches!(self.future(first).progress(state), Progress::Pending | Progress::Running | Progress::Finished) {
                    rest.for_each(|future| add(Target::Future(future), Role::CancelFuture));
                }
            }
            Op::AddCallback(future, _) => add(Target::Future(future), Role::AddCallback),
            Op::CancelFuture(future) => add(Target::Future(future), Role::CancelFuture),
            Op::ShutDown(pool, false) => add(Target::Object(pool), Role::ShutDown),
            Op::ShutDown(pool, true) => {
                add(Target::Object(pool), Role::ShutDownAndCancel);
                let waiting = self.pool(pool).map_or(&[][..], |pool| pool.queue(values, state));
                waiting.iter().filter_map(|word| word.as_future()).for_each(|future| add(Target::Future(future), Role::CancelFuture));
            }
            Op::CloseAll => {
                // Also where a pool is shut already: who shuts it and who does not must not decide what this depends on.
                self.pools().for_each(|(id, _)| add(Target::Object(id), Role::ShutDown));
                add(Target::Names, Role::Unlink);
            }
            _ => {}
        }
        found
    }

    fn acquiring(&self, object: ObjectId, wait: Wait) -> Role {
        match (self.object(self.lock_of(object)), wait) {
            (Object::Semaphore(..), Wait::Forever) => Role::Take,
            (Object::Semaphore(..), _) => Role::TryTake,
            (_, Wait::Forever) => Role::Acquire,
            _ => Role::TryAcquire,
        }
    }

    fn releasing(&self, state: &State, object: ObjectId, permits: u32) -> Role {
        match self.object(self.lock_of(object)) {
            Object::Semaphore(semaphore, _) => match semaphore.bound {
                None => Role::Give,
                Some(bound) if semaphore.permits(state).saturating_add(permits) > bound => Role::GiveBeyond,
                Some(_) => Role::GiveBounded,
            },
            Object::Lock(lock) if lock.is_free(state) => Role::ReleaseFree,
            Object::Lock(_) => Role::Release,
            _ => Role::ReleaseOwn,
        }
    }

    fn putting(&self, queue: ObjectId, wait: Wait) -> Role {
        match (self.order_of(queue), wait) {
            (_, Wait::Never | Wait::Upto(_)) => Role::TryPut,
            (QueueOrder::Fifo | QueueOrder::Simple, Wait::Forever) => Role::Put,
            _ => Role::PutUnordered,
        }
    }

    fn posting(&self, queue: ObjectId, wait: Wait) -> Role {
        match self.object(queue) {
            Object::Queue(queue) if queue.maxsize > 0 && wait != Wait::Forever => Role::TryPost,
            Object::Queue(queue) if queue.maxsize > 0 => Role::PostBounded,
            Object::Queue(queue) if queue.order == QueueOrder::PipedJoinable => Role::PostCounted,
            _ => Role::Post,
        }
    }

    fn getting(&self, queue: ObjectId, wait: Wait) -> Role {
        match (self.order_of(queue), wait) {
            (_, Wait::Never | Wait::Upto(_)) => Role::TryGet,
            (order, Wait::Forever) if order == QueueOrder::Fifo || order == QueueOrder::Simple || order.is_piped() => Role::Get,
            _ => Role::GetUnordered,
        }
    }

    fn order_of(&self, queue: ObjectId) -> QueueOrder {
        match self.object(queue) {
            Object::Queue(queue) => queue.order,
            _ => QueueOrder::Fifo,
        }
    }

    fn looked_at(&self, object: ObjectId, observer: Observer) -> ObjectId {
        if observer == Observer::Locked { self.lock_of(object) } else { object }
    }
}

/// The key of an item, unless it might be another name of another item (`-1`, `True`, `1.0`).
fn own_name(key: Word) -> Option<Word> {
    matches!(key.value(), Value::Int(0..)).then_some(key)
}

fn looking(observer: Observer) -> Role {
    match observer {
        Observer::Locked => Role::LookAtLock,
        Observer::Value => Role::LookAtPermits,
        Observer::IsSet => Role::LookAtEvent,
        Observer::Size | Observer::Empty | Observer::Full | Observer::Unfinished => Role::LookAtQueue,
        Observer::Waiters => Role::LookAtWaiters,
        Observer::Arrived | Observer::Broken => Role::AtBarrier,
    }
}
