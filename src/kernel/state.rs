//! What a global state is: one flat row of words, in which every object and every thread owns fixed slots.

use crate::kernel::value::Word;

/// A global state. Clone is a copy of memory, equality a comparison of memory.
#[derive(PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct State {
    row: Box<[Word]>,
}

impl Clone for State {
    fn clone(&self) -> State {
        State { row: self.row.clone() }
    }

    /// Into the memory that is there.
    fn clone_from(&mut self, other: &State) {
        self.row.clone_from(&other.row);
    }
}

impl State {
    /// A state of this many slots, all unbound.
    pub fn new(slots: usize) -> State {
        State { row: vec![Word::UNBOUND; slots].into() }
    }

    /// The word in a slot.
    pub fn get(&self, slot: usize) -> Word {
        self.row[slot]
    }

    /// Puts a word into a slot.
    pub fn set(&mut self, slot: usize, word: Word) {
        self.row[slot] = word;
    }

    /// A count kept in a slot.
    pub fn count(&self, slot: usize) -> u32 {
        self.row[slot].as_int().map_or(0, |value| value as u32)
    }

    /// Puts a count into a slot.
    pub fn set_count(&mut self, slot: usize, count: u32) {
        self.row[slot] = Word::count(count);
    }

    /// All slots.
    pub fn row(&self) -> &[Word] {
        &self.row
    }

    /// All slots, to be changed.
    pub fn row_mut(&mut self) -> &mut [Word] {
        &mut self.row
    }
}
