//! Which operations depend on each other: the one place that says so, for every reduction.
//!
//! Three relations between the ways in which operations use an object. They are stated for operations of *different*
//! threads; on different objects nothing depends. Sources: Godefroid, *Partial-Order Methods* (1996), for
//! persistent sets; Abdulla et al., *Optimal dynamic partial order reduction* (2014), for happens-before. The tables
//! are ours; `tests/laws.rs` tries every pair in both orders in every reachable state of many programs.

use crate::kernel::access::{Access, Role, Target};
use crate::kernel::clock::Time;
use crate::kernel::machine::Machine;
use crate::kernel::op::Op;
use crate::kernel::state::State;
use crate::kernel::thread::{Phase, Status, Thread};
use crate::kernel::value::{ObjectId, ThreadId};

impl Machine {
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
            Op::Exit if by.role == Role::Feed => self.feeders_of(ThreadId::MAIN).any(|feeder| by.target == Target::Buffer(feeder.thread)),
            Op::Put(queue, ..) => is_at(queue) && matches!(by.role, Role::Get | Role::GetUnordered | Role::TryGet),
            Op::Get(queue, _) => is_at(queue) && matches!(by.role, Role::Put | Role::PutUnordered | Role::TryPut),
            Op::JoinQueue(queue) | Op::JoinedQueue(queue) => is_at(queue) && by.role == Role::TaskDone,
            Op::Feed(_) => by.target == Target::Buffer(id) && by.role == Role::Post,
            Op::Flush => self.feeders_of(id).any(|feeder| by.target == Target::Buffer(feeder.thread)) && by.role == Role::Feed,
            Op::Fire(_) => by.target == Target::Timer(id) && by.role == Role::Cancel,
            Op::TakeWork(pool) => is_at(pool) && matches!(by.role, Role::Submit | Role::ShutDown | Role::ShutDownAndCancel),
            Op::Result(future, _) | Op::Exception(future, _) => {
                by.target == Target::Future(future) && matches!(by.role, Role::Settle | Role::CancelFuture)
            }
            Op::NextResult(..) => matches!(by.role, Role::Settle | Role::CancelFuture),
            _ => false,
        }
    }

    /// The threads whose end a blocked operation waits for.
    pub fn waits_for_end_of(&self, state: &State, blocked: Op) -> Vec<ThreadId> {
        match blocked {
            Op::Join(other, _) => vec![other],
            Op::JoinAll(first, count) => self.members(first, count).map(|thread| thread.id).collect(),
            Op::JoinPool(pool) => {
                let started = |worker: &ThreadId| self.thread(*worker).status(state) != Status::Free;
                self.pool(pool).map_or(Vec::new(), |pool| pool.workers().filter(started).collect())
            }
            Op::CloseAll if !self.setting.has_main => {
                let waits = |thread: &&Thread| !thread.is_daemon(state);
                self.threads[1..self.declared].iter().filter(waits).map(|thread| thread.id).collect()
            }
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
        || pools_conflict(now, later)
        || pipes_conflict(now, later)
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

fn pools_conflict(now: Role, later: Role) -> bool {
    use Role::*;
    match now {
        Submit => matches!(later, Submit | TurnIdle | ShutDown | ShutDownAndCancel),
        TurnIdle => later == Submit,
        // With work there, one more at the end of the queue makes no difference, nor does it that no more will come.
        TakeWork => matches!(later, TakeWork | FindShut | ShutDownAndCancel),
        // Nothing can be submitted any more: whoever looks finds the same.
        FindShut => false,
        ShutDown => matches!(later, Submit | ShutDownAndCancel),
        ShutDownAndCancel => matches!(later, Submit | TakeWork | FindShut | ShutDown | ShutDownAndCancel),
        Begin => matches!(later, CancelFuture | LookAtFuture),
        Settle => matches!(later, LookAtFuture | AddCallback),
        CancelFuture => matches!(later, Begin | CancelFuture | LookAtFuture | AddCallback),
        AddCallback => matches!(later, Settle | CancelFuture | AddCallback),
        LookAtFuture => matches!(later, Begin | Settle | CancelFuture),
        _ => false,
    }
}

fn pipes_conflict(now: Role, later: Role) -> bool {
    use Role::*;
    let counts = |role| matches!(role, PostCounted | PostBounded | TryPost);
    let gets = |role| matches!(role, Get | GetUnordered | TryGet);
    match (now, later) {
        (PostBounded | TryPost, PostBounded | TryPost) => true,
        (TryPost, later) if gets(later) => true,
        (now, TryPost) if gets(now) => true,
        (now, TaskDone | JoinOnce | LookAtQueue) if counts(now) => true,
        (TaskDone | JoinOnce | LookAtQueue, later) if counts(later) => true,
        (TaskDone, JoinOnce) | (JoinOnce, TaskDone) => true,
        (Attach, Unlink) | (Unlink, Attach) => true,
        _ => false,
    }
}

fn others_conflict(now: Role, later: Role) -> bool {
    use Role::*;
    let life = |role| matches!(role, End | ActAsDaemon | Start | Exit);
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
        || either(|r| r == TaskDone, |r| matches!(r, JoinQueue | Woken))
        || either(|r| r == Post, |r| r == Feed)
        || either(|r| matches!(r, PostBounded | TryPost), |r| matches!(r, Get | TryGet))
        || either(|r| r == Notify, |r| r == Wake)
        || either(|r| matches!(r, Submit | ShutDown | ShutDownAndCancel), |r| matches!(r, TakeWork | FindShut))
        || either(|r| matches!(r, Settle | CancelFuture), |r| r == AwaitFuture)
        || (a, b) == (Clear, Clear)
}
