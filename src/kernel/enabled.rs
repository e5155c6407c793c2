//! What can happen next: the operation each thread is at, and whether it can be taken now.

use crate::kernel::clock::Time;
use crate::kernel::machine::{Machine, Object};
use crate::kernel::op::{Op, Wait};
use crate::kernel::pool::Gate;
use crate::kernel::state::State;
use crate::kernel::thread::{Phase, Status, Thread};
use crate::kernel::value::{ObjectId, ThreadId};
use crate::kernel::values::{Composite, Values};

impl Machine {
    /// The operation a live thread is at: what it asked for, or a later step of it.
    pub fn pending(&self, values: &Values, state: &State, id: ThreadId) -> Option<Op> {
        let thread = self.thread(id);
        if thread.status(state) != Status::Live {
            return None;
        }
        let asked = match values.composite(thread.op(state)) {
            Some(Composite::Op(op)) => *op,
            _ => return None,
        };
        Some(match (asked, thread.phase(state)) {
            (op, Phase::Asking) => op,
            (Op::Await(event, wait), _) => Op::Awake(event, wait),
            (Op::JoinQueue(queue), _) => Op::JoinedQueue(queue),
            (Op::Arrive(barrier, wait), _) => Op::Leave(barrier, wait),
            (Op::Enrol(condition, wait @ Wait::Upto(_)), Phase::Waiting) => Op::Expire(condition, wait),
            (Op::Enrol(condition, wait), _) => Op::Reacquire(condition, wait),
            (op, _) => op,
        })
    }

    /// How many ways there are to take an operation.
    pub fn alternatives(op: Op) -> u32 {
        match op {
            Op::Choose(count) => count,
            _ => 1,
        }
    }

    /// Whether a thread can take this operation, the one it is at, now. An operation that raises can be taken.
    pub fn is_enabled(&self, values: &Values, state: &State, id: ThreadId, op: Op) -> bool {
        if self.clock.is_quiet(state) && !self.waits_for_time(op) {
            return false;
        }
        let thread = self.thread(id);
        self.is_ready(values, state, thread, op) || (self.waits_for_time(op) && self.clock.is_due(state, &self.threads, thread))
    }

    /// Whether the operation ends by itself when its time has come.
    pub fn waits_for_time(&self, op: Op) -> bool {
        match op {
            Op::Sleep(_) | Op::Fire(_) | Op::Input | Op::Expire(..) => true,
            Op::Acquire(_, wait)
            | Op::Await(_, wait)
            | Op::Awake(_, wait)
            | Op::Leave(_, wait)
            | Op::Put(_, _, wait)
            | Op::Get(_, wait)
            | Op::Result(_, wait)
            | Op::Exception(_, wait)
            | Op::Join(_, wait) => matches!(wait, Wait::Upto(_)),
            _ => false,
        }
    }

    /// Whether the operation can be taken whatever the time is.
    fn is_ready(&self, values: &Values, state: &State, thread: Thread, op: Op) -> bool {
        match op {
            Op::Acquire(_, Wait::Never) | Op::Put(_, _, Wait::Never) | Op::Get(_, Wait::Never) => true,
            Op::Acquire(object, _) => self.can_acquire(state, object, thread.id),
            Op::Await(event, wait) => self.enrols(wait) || self.is_set(state, event),
            Op::Awake(..) => thread.phase(state) == Phase::Notified,
            Op::Reacquire(condition, _) => {
                matches!(thread.phase(state), Phase::Notified | Phase::Expired) && self.is_lock_free(state, condition)
            }
            Op::Arrive(barrier, _) => matches!(self.object(barrier), Object::Barrier(barrier) if barrier.lets_in(state)),
            Op::Leave(barrier, _) => matches!(self.object(barrier), Object::Barrier(barrier) if barrier.lets_out(state)),
            Op::Put(queue, ..) => matches!(self.object(queue), Object::Queue(queue) if !queue.is_full(values, state)),
            Op::Get(queue, _) => matches!(self.object(queue), Object::Queue(queue) if queue.size(values, state) > 0),
            Op::JoinQueue(queue) if self.is_piped(queue) => true,
            Op::JoinedQueue(_) => thread.phase(state) == Phase::Notified,
            Op::Feed(_) => !values.items(thread.frame(state)).is_empty(),
            Op::Flush => !self.has_unsent(values, state, thread.id),
            Op::JoinQueue(queue) => matches!(self.object(queue), Object::Queue(queue) if queue.unfinished(state) == 0),
            // Joining itself, or a thread that was not started, raises at once.
            Op::Join(other, _) => other == thread.id || self.thread(other).status(state) != Status::Live,
            Op::JoinAll(first, count) => self.members(first, count).all(|thread| thread.status(state) != Status::Live),
            Op::TakeWork(pool) => {
                self.pool(pool).is_some_and(|pool| !pool.queue(values, state).is_empty() || pool.gate(state) != Gate::Open)
            }
            Op::Result(_, Wait::Never) | Op::Exception(_, Wait::Never) => true,
            Op::Result(future, _) | Op::Exception(future, _) => self.future(future).is_done(state),
            Op::NextResult(results, index) => {
                self.futures_in(values, results).nth(index as usize).is_none_or(|future| self.future(future).is_done(state))
            }
            // A worker that waits for itself gets an error at once.
            Op::JoinPool(pool) => self.pool(pool).is_none_or(|pool| {
                pool.employs(thread.id) || pool.workers().all(|worker| self.thread(worker).status(state) != Status::Live)
            }),
            Op::CloseAll => self.setting.has_main || self.declared_are_over(state),
            Op::Exit => self.only_daemons_left(state) && !self.has_unsent(values, state, ThreadId::MAIN),
            Op::Fire(_) => self.is_cancelled(state, thread),
            Op::Sleep(_) | Op::Input | Op::Expire(..) => false,
            _ => true,
        }
    }

    /// Whether an operation is a join that is over, and nobody can tell when.
    pub fn is_private(&self, values: &Values, state: &State, id: ThreadId, op: Op) -> bool {
        let joins = match op {
            Op::Join(_, Wait::Forever) | Op::JoinAll(..) => !self.setting.joins_are_seen,
            Op::JoinPool(_) => true,
            _ => false,
        };
        joins && self.is_enabled(values, state, id, op)
    }

    /// Threads that stand side by side.
    pub fn members(&self, first: ThreadId, count: u16) -> impl Iterator<Item = Thread> + '_ {
        self.threads[first.index()..first.index() + count as usize].iter().copied()
    }

    /// Whether waiting for an event takes the step of enrolling: only where a later `clear` could otherwise make a
    /// thread miss that it was woken. Untimed, a timeout may fire at any moment, so a single test says it all.
    pub fn enrols(&self, wait: Wait) -> bool {
        self.setting.clears_events
            && match wait {
                Wait::Forever => true,
                Wait::Never => false,
                Wait::Upto(_) => self.setting.time != Time::Untimed,
            }
    }

    /// Whether the items of a queue go through a pipe.
    pub fn is_piped(&self, id: ObjectId) -> bool {
        matches!(self.object(id), Object::Queue(queue) if queue.order.is_piped())
    }

    /// Whether an event is set.
    pub fn is_set(&self, state: &State, id: ObjectId) -> bool {
        matches!(self.object(id), Object::Event(event) if event.is_set(state))
    }

    /// Whether a timer has been cancelled.
    pub fn is_cancelled(&self, state: &State, timer: Thread) -> bool {
        timer.phase(state) == Phase::Notified
    }

    /// Whether a lock or a permit can be taken now.
    pub fn can_acquire(&self, state: &State, id: ObjectId, thread: ThreadId) -> bool {
        match self.object(self.lock_of(id)) {
            Object::Lock(lock) => lock.is_free(state),
            Object::RLock(lock) => lock.is_open_to(state, thread),
            Object::Semaphore(semaphore, _) => semaphore.permits(state) > 0,
            _ => true,
        }
    }

    /// The threads that can act now, in order.
    pub fn enabled(&self, values: &Values, state: &State) -> Vec<ThreadId> {
        let mut enabled = Vec::with_capacity(self.threads.len());
        enabled.extend(self.threads.iter().map(|thread| thread.id).filter(|&id| self.can_act(values, state, id)));
        enabled
    }

    /// Whether a thread can act now.
    pub fn can_act(&self, values: &Values, state: &State, id: ThreadId) -> bool {
        self.pending(values, state, id).is_some_and(|op| self.is_enabled(values, state, id, op))
    }
}
