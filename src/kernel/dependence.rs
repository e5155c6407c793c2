//! Which operations depend on each other: the one place that says so, for every reduction.
//!
//! Three relations between the ways in which operations use an object. They are stated for operations of *different*
//! threads; on different objects nothing depends. Sources: Godefroid, *Partial-Order Methods* (1996), for
//! persistent sets; Abdulla et al., *Optimal dynamic partial order reduction* (2014), for happens-before. The tables
//! are ours; `tests/laws.rs` tries every pair in both orders in every reachable state of many programs.

use crate::kernel::clock::Time;
use crate::kernel::machine::{Machine, Object};
use crate::kernel::object::QueueOrder;
use crate::kernel::op::{Observer, Op, Wait};
use crate::kernel::state::State;
use crate::kernel::thread::Phase;
use crate::kernel::value::{ObjectId, ThreadId, Value, Word};

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
    /// Any operation of a thread: it may start others, and end.
    Act,
    /// Any operation of a daemon: it may be cut short by the exit.
    ActAsDaemon,
    /// Starts a thread, where that is an operation of its own.
    Start,
    /// Waits for the end of a thread, or raises because it was not started.
    Join,
    LookAtLife,
    Exit,
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
    pub fn accesses(&self, state: &State, id: ThreadId, op: Op) -> Vec<Access> {
        let mut found = Vec::with_capacity(3);
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
            Op::Put(queue, _, wait) => add(Target::Object(queue), self.putting(queue, wait)),
            Op::Get(queue, wait) => add(Target::Object(queue), self.getting(queue, wait)),
            Op::TaskDone(queue) => add(Target::Object(queue), Role::TaskDone),
            Op::JoinQueue(queue) => add(Target::Object(queue), Role::JoinQueue),
            Op::Query(object, observer) => add(Target::Object(self.looked_at(object, observer)), looking(observer)),
            Op::Print(_) => add(Target::Output, Role::Print),
            Op::Input => {
                add(Target::Inputs, Role::Input);
                add(Target::Output, Role::Print);
            }
            Op::Create => add(Target::Creation, Role::Create),
            Op::Fire(_) => add(Target::Timer(id), Role::Fire),
            Op::Cancel(timer) => add(Target::Timer(timer), Role::Cancel),
            Op::Start(_) => add(Target::Life, Role::Start),
            Op::IsAlive(_) | Op::Join(_, Wait::Upto(_) | Wait::Never) => add(Target::Life, Role::LookAtLife),
            Op::Exit => add(Target::Life, Role::Exit),
            Op::Join(..) | Op::JoinAll(..) if self.setting.joins_are_seen => add(Target::Life, Role::Join),
            Op::Join(..) | Op::JoinAll(..) | Op::Sleep(_) | Op::Choose(_) => {}
        }
        if self.setting.has_daemons && self.thread(id).is_daemon(state) {
            add(Target::Life, Role::ActAsDaemon);
        } else if self.setting.observes_life {
            add(Target::Life, Role::Act);
        }
        if !self.setting.keeps_output {
            found.retain(|access| access.target != Target::Output);
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

    fn getting(&self, queue: ObjectId, wait: Wait) -> Role {
        match (self.order_of(queue), wait) {
            (_, Wait::Never | Wait::Upto(_)) => Role::TryGet,
            (QueueOrder::Fifo | QueueOrder::Simple, Wait::Forever) => Role::Get,
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

    /// Whether a use by one thread can make the blocked operation of another possible.
    pub fn may_enable(&self, state: &State, id: ThreadId, blocked: Op, by: Access) -> bool {
        let is_at = |object: ObjectId| by.target == Target::Object(object);
        match blocked {
            Op::Acquire(object, _) => {
                is_at(self.lock_of(object))
                    && matches!(
                        by.role,
                        Role::Release | Role::ReleaseFree | Role::ReleaseOwn | Role::Give | Role::GiveBounded | Role::GiveBeyond
                    )
            }
            Op::Reacquire(condition, _) if self.thread(id).phase(state) == Phase::Waiting => is_at(condition) && by.role == Role::Notify,
            Op::Reacquire(condition, _) => {
                is_at(self.lock_of(condition)) && matches!(by.role, Role::Release | Role::ReleaseFree | Role::ReleaseOwn)
            }
            Op::Expire(condition, _) => is_at(condition) && by.role == Role::Notify,
            Op::Await(event, _) | Op::Awake(event, _) => is_at(event) && by.role == Role::Set,
            Op::Arrive(barrier, _) | Op::Leave(barrier, _) => is_at(barrier),
            Op::Put(queue, ..) => is_at(queue) && matches!(by.role, Role::Get | Role::GetUnordered | Role::TryGet),
            Op::Get(queue, _) => is_at(queue) && matches!(by.role, Role::Put | Role::PutUnordered | Role::TryPut),
            Op::JoinQueue(queue) => is_at(queue) && by.role == Role::TaskDone,
            Op::Fire(_) => by.target == Target::Timer(id) && by.role == Role::Cancel,
            _ => false,
        }
    }

    /// The threads whose end a blocked operation waits for.
    pub fn waits_for_end_of(&self, state: &State, blocked: Op) -> Vec<ThreadId> {
        match blocked {
            Op::Join(other, _) => vec![other],
            Op::JoinAll(first, count) => self.members(first, count).map(|thread| thread.id).collect(),
            Op::Exit => self.threads[1..].iter().filter(|thread| !thread.is_daemon(state)).map(|thread| thread.id).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether starting a thread is a transition of its own: where somebody can tell.
    pub fn starts_are_seen(&self) -> bool {
        self.setting.observes_life || self.setting.joins_are_seen
    }

    /// Whether there is a clock, so that a thread that waits for time becomes able to act without anybody's help.
    pub fn has_clock(&self) -> bool {
        self.setting.time != Time::Untimed
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

/// Whether `later`, done by another thread before the enabled `now`, may not commute with it, or may disable it.
///
/// The relation has a direction: the release of a held lock commutes with every acquire (they are never enabled
/// together), but an acquire does not commute with a release that fails because the lock is free.
pub fn conflict(now: Access, later: Access) -> bool {
    now.target == later.target && roles_conflict(now.role, later.role)
}

fn roles_conflict(now: Role, later: Role) -> bool {
    variables_conflict(now, later)
        || locks_conflict(now, later)
        || semaphores_conflict(now, later)
        || events_conflict(now, later)
        || conditions_conflict(now, later)
        || queues_conflict(now, later)
        || others_conflict(now, later)
}

fn variables_conflict(now: Role, later: Role) -> bool {
    use Role::*;
    match (now, later) {
        (ReadItem(Some(a)), WriteItem(Some(b))) | (WriteItem(Some(a)), ReadItem(Some(b))) => a == b,
        // Two new keys of a dict are remembered in order, so writes of different items count as well.
        (Read | ReadItem(_), Write | WriteItem(_)) => true,
        (Write | WriteItem(_), Read | ReadItem(_) | Write | WriteItem(_)) => true,
        _ => false,
    }
}

fn locks_conflict(now: Role, later: Role) -> bool {
    use Role::*;
    match now {
        // A release by somebody else would fail before the acquire, and succeed after it.
        Acquire => matches!(later, Acquire | TryAcquire | Release | ReleaseFree | LookAtLock),
        TryAcquire => matches!(later, Acquire | TryAcquire | Release | ReleaseFree | ReleaseOwn | LookAtLock),
        // The lock is held: nobody can acquire it before this.
        Release => matches!(later, TryAcquire | Release | ReleaseFree | LookAtLock),
        ReleaseFree => matches!(later, Acquire | TryAcquire | Release | ReleaseFree),
        // Nobody but the owner can release, or acquire, before this.
        ReleaseOwn => matches!(later, TryAcquire | LookAtLock),
        LookAtLock => matches!(later, Acquire | TryAcquire | Release | ReleaseFree | ReleaseOwn),
        _ => false,
    }
}

fn semaphores_conflict(now: Role, later: Role) -> bool {
    use Role::*;
    match now {
        Take => matches!(later, Take | TryTake | GiveBounded | GiveBeyond | LookAtPermits),
        TryTake => matches!(later, Take | TryTake | Give | GiveBounded | GiveBeyond | LookAtPermits),
        Give => matches!(later, TryTake | LookAtPermits),
        GiveBounded => matches!(later, TryTake | GiveBounded | GiveBeyond | LookAtPermits),
        GiveBeyond => matches!(later, Take | TryTake),
        LookAtPermits => matches!(later, Take | TryTake | Give | GiveBounded | GiveBeyond),
        _ => false,
    }
}

fn events_conflict(now: Role, later: Role) -> bool {
    use Role::*;
    match now {
        Set => matches!(later, Clear | LookAtEvent | AwaitOrEnrol | WokenInTime | LookAtWaiters),
        Clear => matches!(later, Set | LookAtEvent | AwaitFlag | AwaitOrEnrol),
        LookAtEvent => matches!(later, Set | Clear),
        AwaitFlag => later == Clear,
        AwaitOrEnrol => matches!(later, Set | Clear | LookAtWaiters),
        WokenInTime => matches!(later, Set | LookAtWaiters),
        LookAtWaiters => matches!(later, Set | AwaitOrEnrol | WokenInTime),
        _ => false,
    }
}

/// The lock of a condition counts for itself.
fn conditions_conflict(now: Role, later: Role) -> bool {
    use Role::*;
    match now {
        Enrol => matches!(later, Enrol | Notify | LookAtWaiters),
        Notify => matches!(later, Enrol | Notify | Expire | Withdraw | LookAtWaiters),
        Expire => later == Notify,
        Withdraw => matches!(later, Notify | LookAtWaiters),
        LookAtWaiters => matches!(later, Enrol | Notify | Withdraw),
        _ => false,
    }
}

fn queues_conflict(now: Role, later: Role) -> bool {
    use Role::*;
    let puts = |role| matches!(role, Put | PutUnordered | TryPut);
    let moves = |role| puts(role) || matches!(role, Get | GetUnordered | TryGet);
    match (now, later) {
        // With room and an item there, both orders end alike.
        (Put, Get) | (Get, Put) => false,
        (TaskDone, TaskDone | LookAtQueue) | (LookAtQueue, TaskDone) => true,
        (TaskDone | JoinQueue, later) => puts(later),
        (now, TaskDone | JoinQueue) => puts(now),
        (LookAtQueue, later) => moves(later),
        (now, LookAtQueue) => moves(now),
        (now, later) => moves(now) && moves(later),
    }
}

fn others_conflict(now: Role, later: Role) -> bool {
    use Role::*;
    let life = |role| matches!(role, Act | ActAsDaemon | Start | Exit);
    matches!(
        (now, later),
        (AtBarrier, AtBarrier | Leave)
            | (Leave, AtBarrier)
            | (Print, Print)
            | (Input, Input)
            | (Create, Create)
            | (Fire, Cancel)
            | (Cancel, Fire)
            | (Exit, ActAsDaemon)
            | (ActAsDaemon, Exit)
            | (Start, Start | Join)
            | (Join, Start)
    ) || (now == LookAtLife && life(later))
        || (life(now) && later == LookAtLife)
}

/// Whether the order of two uses by different threads matters, or one can make the other possible: the relation of
/// happens-before. Symmetric, and wider than [`conflict`]: uses that disable the same others depend on each other.
pub fn dependent(a: Access, b: Access) -> bool {
    a.target == b.target && (roles_conflict(a.role, b.role) || roles_conflict(b.role, a.role) || roles_enable(a.role, b.role))
}

fn roles_enable(a: Role, b: Role) -> bool {
    use Role::*;
    let either = |first: fn(Role) -> bool, second: fn(Role) -> bool| (first(a) && second(b)) || (first(b) && second(a));
    either(|r| matches!(r, Release | ReleaseFree | ReleaseOwn), |r| matches!(r, Acquire | TryAcquire | LookAtLock))
        || either(|r| matches!(r, Give | GiveBounded | GiveBeyond), |r| matches!(r, Take | TryTake | LookAtPermits))
        || either(|r| r == Set, |r| matches!(r, AwaitFlag | Woken | WokenInTime | AwaitOrEnrol))
        || either(|r| matches!(r, Put | PutUnordered | TryPut), |r| matches!(r, Get | GetUnordered | TryGet))
        || either(|r| r == TaskDone, |r| r == JoinQueue)
        || either(|r| r == Notify, |r| r == Wake)
        || (a, b) == (Clear, Clear)
}
