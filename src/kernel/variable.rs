//! Shared variables: one slot, read and written in one transition each.

use crate::kernel::state::State;
use crate::kernel::value::Word;

/// A shared variable.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// The slot of its value.
    pub slot: usize,
}

impl Variable {
    /// How many slots a variable owns.
    pub const SLOTS: usize = 1;

    /// Its value.
    pub fn read(self, state: &State) -> Word {
        state.get(self.slot)
    }

    /// Gives it another value.
    pub fn write(self, state: &mut State, value: Word) {
        state.set(self.slot, value);
    }
}
