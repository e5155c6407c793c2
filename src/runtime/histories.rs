//! What threads have observed, and what each was seen to do next: enough to take a step again without running the program.
//!
//! A thread is a deterministic function of what it observes. So the row keeps of a thread only the number of its *history*,
//! of all that it has observed in order, and what it does after a history has to be seen only once. The histories form a
//! tree; numbers are given in order of first appearance, so equal numbers are equal histories: nothing is hashed away.

use rustc_hash::FxHashMap;

use crate::kernel::op::{Op, Ticks};
use crate::kernel::value::{ObjectId, ThreadId, Word};
use crate::step::place::Place;

/// One thing that a thread does between two observations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// It creates an object. A variable begins with this value, a semaphore with this number of permits.
    Creates(ObjectId, Word),
    /// It makes a thread of this name; the flag says whether it is a daemon.
    Spawns(ThreadId, Word, bool, Place),
    /// It makes a crew: so many threads from this one on.
    SpawnsCrew(ThreadId, u16, Place),
    /// It asks for the time.
    AsksTime,
    /// It looks what an operation would give just now: a destructor, while a panic unwinds the thread.
    Looks(Op),
    /// It asks for an operation (whose word is this, too), here.
    Asks(Op, Word, Place),
    /// It ends with this value.
    Ends(Word),
    /// A panic ends it with this error, here.
    Panics(Word, Place),
}

/// What a thread is told when it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// Nothing: it begins.
    Begins,
    /// The number of an object it has created.
    Object(ObjectId),
    /// The number of a thread it has started, or of the first of a crew.
    Thread(ThreadId),
    /// The time.
    Time(Option<Ticks>),
    /// What its operation gave.
    Gave(Word),
    /// The error that its operation is.
    Raised(Word),
    /// What a thread it has joined has left.
    Left(Word),
}

/// The histories met so far. A history is the word of its number.
#[derive(Default)]
pub struct Histories {
    /// What a history becomes when this is observed.
    longer: FxHashMap<(Word, Word), Word>,
    /// Of each history, what is done after it, as far as it was seen.
    deeds: Vec<Vec<Deed>>,
}

impl Histories {
    /// Of main, which has observed nothing yet.
    pub const NOTHING: Word = Word::ZERO;

    /// The history that has gone on with this. A thread that is started goes on with its parent's history and itself: what it
    /// does may depend on all that its parent has observed. Equal threads all go on with the first of them.
    pub fn after(&mut self, history: Word, observed: Word) -> Word {
        let next = Word::count(self.longer.len() as u32 + 1);
        *self.longer.entry((history, observed)).or_insert(next)
    }

    /// What a thread of this history does as its `index`th, if that was seen.
    pub fn deed(&self, history: Word, index: usize) -> Option<Deed> {
        self.deeds.get(number(history)?)?.get(index).copied()
    }

    /// A thread of this history has done this as its `index`th. Gives what it was seen to do there before, if that was
    /// something else.
    pub fn learn(&mut self, history: Word, index: usize, deed: Deed) -> Option<Deed> {
        let number = number(history)?;
        if self.deeds.len() <= number {
            self.deeds.resize_with(number + 1, Vec::new);
        }
        let known = &mut self.deeds[number];
        match known.get(index) {
            Some(&before) => (before != deed).then_some(before),
            None => {
                known.push(deed);
                None
            }
        }
    }

    /// Where a thread of this history waits.
    pub fn place(&self, history: Word) -> Option<Place> {
        match self.deeds.get(number(history)?)?.last()? {
            Deed::Asks(_, _, place) | Deed::Spawns(.., place) | Deed::SpawnsCrew(.., place) => Some(*place),
            _ => None,
        }
    }

    /// Forgets all of them: their words mean nothing any more.
    pub fn clear(&mut self) {
        *self = Histories::default();
    }

    /// About how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.longer.len() * (48 + size_of::<Vec<Deed>>() + size_of::<Deed>())
    }
}

/// The number of a history; none for the other words that stand in its place when a thread has ended.
fn number(history: Word) -> Option<usize> {
    history.as_int().map(|number| number as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_histories_are_equal_words_and_what_differs_is_told() {
        let mut histories = Histories::default();
        let one = histories.after(Histories::NOTHING, Word::TRUE);
        let two = histories.after(one, Word::TRUE);
        assert_eq!(histories.after(Histories::NOTHING, Word::TRUE), one);
        assert!(one != two && two != histories.after(one, Word::FALSE));
        let (ends, asks) = (Deed::Ends(Word::NONE), Deed::AsksTime);
        assert_eq!((histories.learn(two, 0, ends), histories.deed(two, 0)), (None, Some(ends)));
        assert_eq!((histories.learn(two, 0, ends), histories.learn(two, 0, asks)), (None, Some(ends)));
        assert_eq!(histories.deed(one, 0), None);
    }
}
