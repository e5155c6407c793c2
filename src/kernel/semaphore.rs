//! Semaphores: a number of permits, with or without an upper bound.
//!
//! Source: CPython 3.11 `Lib/threading.py`, where a semaphore is a condition and a counter, its waiters are woken
//! first come first served, but can be overtaken before they run. Here any thread may take a free permit: the same
//! outcomes without the inner steps.

use crate::kernel::error::{ErrorKind, Fault};
use crate::kernel::state::State;

/// A `Semaphore` or `BoundedSemaphore`.
#[derive(Clone, Copy, Debug)]
pub struct Semaphore {
    /// The slot of the number of free permits.
    pub slot: usize,
    /// The most permits it may have.
    pub bound: Option<u32>,
}

impl Semaphore {
    /// How many slots a semaphore owns.
    pub const SLOTS: usize = 1;

    /// Brings it to its first state.
    pub fn init(self, state: &mut State, permits: u32) {
        state.set_count(self.slot, permits);
    }

    /// How many permits are free.
    pub fn permits(self, state: &State) -> u32 {
        state.count(self.slot)
    }

    /// Takes a permit; there must be one.
    pub fn take(self, state: &mut State) {
        state.set_count(self.slot, self.permits(state) - 1);
    }

    /// Gives permits back.
    ///
    /// # Errors
    ///
    /// ValueError for fewer than one, and for more than the bound allows.
    pub fn release(self, state: &mut State, permits: u32) -> Result<(), Fault> {
        if permits == 0 {
            return Err(Fault::new(ErrorKind::ValueError, "n must be one or more"));
        }
        let free = self.permits(state).saturating_add(permits);
        if self.bound.is_some_and(|bound| free > bound) {
            return Err(Fault::new(ErrorKind::ValueError, "Semaphore released too many times"));
        }
        state.set_count(self.slot, free);
        Ok(())
    }
}
