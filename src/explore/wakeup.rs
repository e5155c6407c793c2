//! What is to be explored next from a state: sequences of events that begin in different ways, as a tree.
//!
//! Source: the wakeup trees of Abdulla, Aronis, Jonsson, Sagonas, *Source Sets* (JACM 2017), §6. A sequence that can be
//! reordered so that it goes on where a branch ends is explored there, and is not planned again.

use crate::run::happens_before::{Event, Footprints};

/// A wakeup tree: the first events, in the order in which they are explored, each with what is to follow it.
#[derive(Default)]
pub struct WakeupTree {
    branches: Vec<(Event, WakeupTree)>,
}

/// Whether a sequence can begin with an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beginning {
    /// It cannot: something in it comes before, or excludes, the event.
    No,
    /// It contains the event at this place, and can be reordered so that it begins with it.
    Within(usize),
    /// It does not contain the event, and all of it is independent of the event.
    Aside,
}

/// Whether a sequence can begin with an event (whether the event is a weak initial of the sequence).
pub fn beginning(footprints: &Footprints, event: &Event, sequence: &[Event]) -> Beginning {
    for (place, other) in sequence.iter().enumerate() {
        if other.thread() == event.thread() {
            return if other.choice == event.choice { Beginning::Within(place) } else { Beginning::No };
        }
        if footprints.depend(other, event) {
            return Beginning::No;
        }
    }
    Beginning::Aside
}

impl Drop for WakeupTree {
    /// Without recursion: a sequence may have a hundred thousand events.
    fn drop(&mut self) {
        let mut rest = std::mem::take(&mut self.branches);
        while let Some((_, mut tree)) = rest.pop() {
            rest.append(&mut tree.branches);
        }
    }
}

impl WakeupTree {
    /// Whether nothing is planned.
    pub fn is_empty(&self) -> bool {
        self.branches.is_empty()
    }

    /// The event to be explored next, if one is planned, with what is to follow it; it is planned no more.
    pub fn take_first(&mut self) -> Option<(Event, WakeupTree)> {
        if self.branches.is_empty() { None } else { Some(self.branches.remove(0)) }
    }

    /// Plans a sequence, unless what is planned covers it. Gives how many events were added.
    pub fn insert(&mut self, footprints: &Footprints, mut sequence: Vec<Event>) -> usize {
        let mut tree = self;
        // Where a branch ends, everything that can follow it is explored; and so is a sequence that has come to its end.
        while let Some((index, found)) = tree.fitting(footprints, &sequence) {
            if let Beginning::Within(place) = found {
                sequence.remove(place);
            }
            tree = &mut tree.branches[index].1;
            if tree.is_empty() || sequence.is_empty() {
                return 0;
            }
        }
        let added = sequence.len();
        for event in sequence {
            tree.branches.push((event, WakeupTree::default()));
            tree = &mut tree.branches.last_mut().expect("a branch was added").1;
        }
        added
    }

    /// The first branch with which a sequence can begin.
    fn fitting(&self, footprints: &Footprints, sequence: &[Event]) -> Option<(usize, Beginning)> {
        let found = self.branches.iter().map(|(event, _)| beginning(footprints, event, sequence)).enumerate();
        found.into_iter().find(|(_, found)| *found != Beginning::No)
    }
}
