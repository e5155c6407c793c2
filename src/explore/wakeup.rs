//! What is to be explored next from a state: sequences of events that begin in different ways, as a tree.
//!
//! Source: the wakeup trees of Abdulla, Aronis, Jonsson, Sagonas, *Source Sets* (JACM 2017), §6. A sequence that can be
//! reordered so that it goes on where a branch ends is explored there, and is not planned again. It does not do to leave out
//! a sequence that can merely begin as a branch does: what that branch will leave out in turn may count on this sequence.

use std::collections::VecDeque;

use crate::run::footprints::{Event, Footprints};

/// A wakeup tree: its branches, in the order in which they are explored.
#[derive(Default)]
pub struct WakeupTree {
    branches: VecDeque<Branch>,
}

/// Events that are to be explored one after the other, and what is to follow them.
#[derive(Default)]
pub struct Branch {
    /// The events; at least one, until they are taken.
    pub events: VecDeque<Event>,
    /// What is to follow.
    pub rest: WakeupTree,
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
    /// Without recursion: branches may be nested as deep as an execution is long.
    fn drop(&mut self) {
        if self.is_empty() {
            return;
        }
        let mut rest = std::mem::take(&mut self.branches);
        while let Some(mut branch) = rest.pop_front() {
            rest.append(&mut branch.rest.branches);
        }
    }
}

impl WakeupTree {
    /// Whether nothing is planned.
    pub fn is_empty(&self) -> bool {
        self.branches.is_empty()
    }

    /// The branch to be explored next, if one is planned; it is planned no more.
    pub fn take_first(&mut self) -> Option<Branch> {
        self.branches.pop_front()
    }

    /// Plans a sequence, unless what is planned covers it. Gives how many events were added.
    pub fn insert(&mut self, footprints: &Footprints, sequence: &mut Vec<Event>) -> usize {
        let mut tree = self;
        // Where a branch ends, everything that can follow it is explored; and so is a sequence that has come to its end.
        while let Some(index) = tree.branches.iter().position(|branch| fits(footprints, branch.events.front(), sequence)) {
            let branch = &mut tree.branches[index];
            let together = branch.events.iter().take_while(|event| begin_with(footprints, event, sequence)).count();
            if sequence.is_empty() || (together == branch.events.len() && branch.rest.is_empty()) {
                return 0;
            }
            if together < branch.events.len() {
                let events = branch.events.split_off(together);
                let rest = std::mem::take(&mut branch.rest);
                branch.rest.branches.push_back(Branch { events, rest });
            }
            tree = &mut branch.rest;
        }
        tree.branches.push_back(Branch { events: sequence.iter().copied().collect(), rest: WakeupTree::default() });
        sequence.len()
    }
}

/// Whether a sequence can begin with an event.
fn fits(footprints: &Footprints, event: Option<&Event>, sequence: &[Event]) -> bool {
    event.is_some_and(|event| beginning(footprints, event, sequence) != Beginning::No)
}

/// Has a sequence begin with an event, and takes it away. Gives whether that could be.
fn begin_with(footprints: &Footprints, event: &Event, sequence: &mut Vec<Event>) -> bool {
    match beginning(footprints, event, sequence) {
        Beginning::No => return false,
        Beginning::Within(place) => drop(sequence.remove(place)),
        Beginning::Aside => {}
    }
    true
}
