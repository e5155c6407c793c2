//! Barriers: a number of threads wait for each other.
//!
//! Source: CPython 3.11 `Lib/threading.py`, class `Barrier`: filling, draining, resetting, broken. A thread inside is
//! counted until it has left; the next round begins when the last has left.

use crate::kernel::error::{ErrorKind, Fault};
use crate::kernel::state::State;

const FILLING: u32 = 0;
const DRAINING: u32 = 1;
const RESETTING: u32 = 2;
const BROKEN: u32 = 3;

const BROKEN_BARRIER: Fault = Fault::new(ErrorKind::BrokenBarrierError, "");

/// A `Barrier`.
#[derive(Clone, Copy, Debug)]
pub struct Barrier {
    /// The slot of its state; the number of threads inside stands behind it.
    pub slot: usize,
    /// How many threads open it.
    pub parties: u32,
}

impl Barrier {
    /// How many slots a barrier owns.
    pub const SLOTS: usize = 2;

    /// Brings it to its first state.
    pub fn init(self, state: &mut State) {
        state.set_count(self.slot, FILLING);
        state.set_count(self.slot + 1, 0);
    }

    /// How many threads are inside.
    pub fn inside(self, state: &State) -> u32 {
        state.count(self.slot + 1)
    }

    /// How many threads wait for it to open (`n_waiting`).
    pub fn waiting(self, state: &State) -> u32 {
        if state.count(self.slot) == FILLING { self.inside(state) } else { 0 }
    }

    /// Whether it is broken.
    pub fn is_broken(self, state: &State) -> bool {
        state.count(self.slot) == BROKEN
    }

    /// Whether a thread can come in now (if only to learn that it is broken).
    pub fn lets_in(self, state: &State) -> bool {
        matches!(state.count(self.slot), FILLING | BROKEN)
    }

    /// Whether a thread inside can go on now.
    pub fn lets_out(self, state: &State) -> bool {
        state.count(self.slot) != FILLING
    }

    /// Comes in. Gives the place of arrival and whether the thread was the last and has passed.
    ///
    /// # Errors
    ///
    /// BrokenBarrierError.
    pub fn arrive(self, state: &mut State) -> Result<(u32, bool), Fault> {
        if self.is_broken(state) {
            return Err(BROKEN_BARRIER);
        }
        let place = self.inside(state);
        if place + 1 < self.parties {
            state.set_count(self.slot + 1, place + 1);
            return Ok((place, false));
        }
        if place > 0 {
            state.set_count(self.slot, DRAINING);
        }
        Ok((place, true))
    }

    /// Leaves, after the barrier has opened or broken, or on a timeout, which breaks it.
    ///
    /// # Errors
    ///
    /// BrokenBarrierError.
    pub fn leave(self, state: &mut State) -> Result<(), Fault> {
        let was = state.count(self.slot);
        if was == FILLING {
            state.set_count(self.slot, BROKEN);
        }
        let left = self.inside(state) - 1;
        state.set_count(self.slot + 1, left);
        if left == 0 && matches!(was, DRAINING | RESETTING) {
            state.set_count(self.slot, FILLING);
        }
        if was == DRAINING { Ok(()) } else { Err(BROKEN_BARRIER) }
    }

    /// Breaks it.
    pub fn abort(self, state: &mut State) {
        state.set_count(self.slot, BROKEN);
    }

    /// Brings it back to its first state; threads inside get BrokenBarrierError.
    pub fn reset(self, state: &mut State) {
        let next = match (self.inside(state), state.count(self.slot)) {
            (0, _) => FILLING,
            (_, DRAINING) => DRAINING,
            _ => RESETTING,
        };
        state.set_count(self.slot, next);
    }
}
