//! What a global state is: one flat row of words, in which every object and every thread owns fixed slots.

use std::hash::{Hash, Hasher};

use crate::kernel::value::Word;

/// A global state. Clone is a copy of memory, equality a comparison of memory.
#[derive(Eq, Debug)]
pub struct State {
    row: Box<[Word]>,
}

impl PartialEq for State {
    /// Eight words at once, without a branch for each: states are compared at every step, and are mostly equal.
    fn eq(&self, other: &State) -> bool {
        let ((left, left_rest), (right, right_rest)) = (self.row.as_chunks::<8>(), other.row.as_chunks::<8>());
        let same = |a: &[Word; 8], b: &[Word; 8]| (0..8).fold(0, |differ, at| differ | (a[at].bits() ^ b[at].bits())) == 0;
        self.row.len() == other.row.len() && left.iter().zip(right).all(|(a, b)| same(a, b)) && left_rest == right_rest
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.row.hash(hasher);
    }
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
}
