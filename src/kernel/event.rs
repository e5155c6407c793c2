//! Events: a flag that threads wait for.
//!
//! Source: CPython 3.11 `Lib/threading.py`, class `Event`. `set()` wakes all who wait at that moment, even if `clear()`
//! follows before they run. That can only be seen where the program clears events; elsewhere waiting is a plain
//! guard on the flag, which saves the step of enrolling. Nobody can tell in which order waiters enrolled, so there
//! is no list of them: a waiter is a thread that is in the middle of waiting.

use crate::kernel::state::State;
use crate::kernel::value::Word;

/// An `Event`.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// The slot of the flag.
    pub slot: usize,
}

impl Event {
    /// How many slots an event owns.
    pub const SLOTS: usize = 1;

    /// Brings it to its first state.
    pub fn init(self, state: &mut State) {
        state.set(self.slot, Word::FALSE);
    }

    /// Whether it is set.
    pub fn is_set(self, state: &State) -> bool {
        state.get(self.slot) == Word::TRUE
    }

    /// Sets it. Waking those who wait is the machine's business.
    pub fn set(self, state: &mut State) {
        state.set(self.slot, Word::TRUE);
    }

    /// Clears it.
    pub fn clear(self, state: &mut State) {
        state.set(self.slot, Word::FALSE);
    }
}
