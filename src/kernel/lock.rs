//! Locks: `Lock`, which anybody may release, and `RLock`, which its owner may take again.
//!
//! Source: CPython 3.11 `Modules/_threadmodule.c`. Who of several waiters gets a released lock is open there
//! (a newcomer may overtake them all), and so it is here: any thread may take a free lock.

use crate::kernel::error::{ErrorKind, Fault};
use crate::kernel::state::State;
use crate::kernel::value::{Aspect, ThreadId, Word};

/// A `Lock`.
#[derive(Clone, Copy, Debug)]
pub struct Lock {
    /// The slot of its holder: who took it last, or `NONE` while it is free.
    pub slot: usize,
}

impl Lock {
    /// How many slots a lock owns.
    pub const SLOTS: usize = 1;

    /// Brings it to its first state.
    pub fn init(self, state: &mut State) {
        state.set(self.slot, Word::NONE);
    }

    /// Whether nobody holds it.
    pub fn is_free(self, state: &State) -> bool {
        state.get(self.slot) == Word::NONE
    }

    /// Who took it, while it is held. Python does not remember this; reports do.
    pub fn holder(self, state: &State) -> Option<ThreadId> {
        state.get(self.slot).as_thread()
    }

    /// Takes it.
    pub fn take(self, state: &mut State, thread: ThreadId) {
        state.set(self.slot, Word::thread(thread, Aspect::Handle));
    }

    /// Releases it, whoever holds it.
    ///
    /// # Errors
    ///
    /// RuntimeError if it is free.
    pub fn release(self, state: &mut State) -> Result<(), Fault> {
        if self.is_free(state) {
            return Err(Fault::new(ErrorKind::RuntimeError, "release unlocked lock"));
        }
        state.set(self.slot, Word::NONE);
        Ok(())
    }
}

/// An `RLock`.
#[derive(Clone, Copy, Debug)]
pub struct RLock {
    /// The slot of its owner; the count stands behind it.
    pub slot: usize,
}

impl RLock {
    /// How many slots an RLock owns.
    pub const SLOTS: usize = 2;

    /// Brings it to its first state.
    pub fn init(self, state: &mut State) {
        state.set(self.slot, Word::NONE);
        state.set_count(self.slot + 1, 0);
    }

    /// Whether nobody holds it.
    pub fn is_free(self, state: &State) -> bool {
        state.get(self.slot) == Word::NONE
    }

    /// Who holds it.
    pub fn owner(self, state: &State) -> Option<ThreadId> {
        state.get(self.slot).as_thread()
    }

    /// Whether this thread could take it now.
    pub fn is_open_to(self, state: &State, thread: ThreadId) -> bool {
        self.owner(state).is_none_or(|owner| owner == thread)
    }

    /// Takes it this many times more.
    pub fn take(self, state: &mut State, thread: ThreadId, times: u32) {
        state.set(self.slot, Word::thread(thread, Aspect::Handle));
        state.set_count(self.slot + 1, state.count(self.slot + 1) + times);
    }

    /// Gives it back once.
    ///
    /// # Errors
    ///
    /// RuntimeError if this thread does not own it.
    pub fn release(self, state: &mut State, thread: ThreadId) -> Result<(), Fault> {
        if self.owner(state) != Some(thread) {
            return Err(Fault::new(ErrorKind::RuntimeError, "cannot release un-acquired lock"));
        }
        let count = state.count(self.slot + 1) - 1;
        state.set_count(self.slot + 1, count);
        if count == 0 {
            state.set(self.slot, Word::NONE);
        }
        Ok(())
    }

    /// Gives it back entirely and says how many times it was held.
    pub fn release_all(self, state: &mut State) -> u32 {
        let count = state.count(self.slot + 1);
        self.init(state);
        count
    }
}
