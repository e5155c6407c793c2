//! Conditions: the list of those who wait to be notified, longest first.
//!
//! Source: CPython 3.11 `Lib/threading.py`, class `Condition`. `notify` wakes the longest waiters; they then compete for
//! the lock with everybody. A waiter whose timeout has expired but who has not got the lock yet is still on the
//! list and swallows a notify. The lock itself is the machine's business.

use crate::kernel::state::State;
use crate::kernel::thread;
use crate::kernel::value::{ObjectId, ThreadId, Word};
use crate::kernel::values::Values;

/// A `Condition`.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// The slot of the list of waiters.
    pub slot: usize,
    /// Its lock.
    pub lock: ObjectId,
}

impl Condition {
    /// How many slots a condition owns.
    pub const SLOTS: usize = 1;

    /// Brings it to its first state.
    pub fn init(self, values: &mut Values, state: &mut State) {
        state.set(self.slot, values.tuple([]));
    }

    /// Who has enrolled and was not woken yet, longest first.
    pub fn waiters<'a>(self, values: &'a Values, state: &State) -> &'a [Word] {
        values.items(state.get(self.slot))
    }

    /// Enrols a thread as a waiter.
    pub fn enrol(self, values: &mut Values, state: &mut State, thread: ThreadId) {
        thread::enrol(values, state, self.slot, thread);
    }

    /// Takes back a waiter whose timeout came first, if nobody has woken it meanwhile.
    pub fn withdraw(self, values: &mut Values, state: &mut State, thread: ThreadId) {
        thread::withdraw(values, state, self.slot, thread);
    }

    /// Takes the longest waiters off the list, at most this many.
    pub fn notify(self, values: &mut Values, state: &mut State, most: u32) -> Vec<ThreadId> {
        thread::dismiss(values, state, self.slot, most)
    }
}
