//! Which transitions of an execution come before which in every execution that differs only in the order of independent ones.
//!
//! Happens-before (Lamport 1978; Mazurkiewicz 1977 for the traces) is kept in vector clocks. What orders two transitions is
//! the relation of [`Machine::accesses`] (`kernel::dependence::dependent`), and what a step does privately: it starts
//! threads, passes joins, or lets time pass. Deviation from the textbook: an operation that waits is ordered behind
//! what it waits for, so every part of an execution that is closed under happens-before can be run by itself.

use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::kernel::value::ThreadId;
use crate::run::footprints::{Event, Footprints};
use crate::run::schedule::Choice;
use crate::step::explorable::Program;
use crate::step::tie::Tie;

/// By what a transition is tied to others, apart from what it uses.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bonds {
    /// The threads that are over, for whose end it has waited.
    ends: Vec<ThreadId>,
    /// What becomes known in it privately, in order.
    ties: Vec<Bond>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Bond {
    /// A thread comes to its next operation after all that these have done.
    After(ThreadId, Vec<ThreadId>),
    /// Time passes.
    Passed,
}

impl Bonds {
    /// The bonds of the step that `interpreter` has just taken, by this thread from the state `before`.
    pub fn of(interpreter: &impl Program, before: &State, id: ThreadId) -> Bonds {
        let machine = interpreter.machine();
        let mut ends = machine.pending(interpreter.values(), before, id).map_or(Vec::new(), |op| machine.waits_for_end_of(before, op));
        // An exit, or a join, comes after the ends of those it waits for.
        ends.retain(|&other| machine.thread(other).status(before).is_over());
        let mut bonds = Bonds { ends, ties: Vec::new() };
        for tie in interpreter.ties() {
            match *tie {
                Tie::Started(by, other) => bonds.add(other, &[by]),
                Tie::Joined(joiner, op) => bonds.add(joiner, &machine.waits_for_end_of(before, op)),
                Tie::Passed => bonds.ties.push(Bond::Passed),
            }
        }
        bonds
    }

    fn add(&mut self, id: ThreadId, others: &[ThreadId]) {
        match self.ties.last_mut() {
            Some(Bond::After(last, all)) if *last == id => all.extend_from_slice(others),
            _ => self.ties.push(Bond::After(id, others.to_vec())),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty() && self.ties.is_empty()
    }
}

/// How many of the events that are gone through, from the last to the first, a clock does not count. When there are none
/// left that it does not, whoever looks for such can stop.
pub struct Open {
    counted: usize,
    passed: usize,
}

impl Open {
    /// Nothing is gone through yet.
    #[inline]
    pub fn new(clock: &[u32]) -> Open {
        let mut open = Open { counted: 0, passed: 0 };
        open.count(clock);
        open
    }

    /// The clock has come to count more: no event that was passed.
    #[inline]
    pub fn count(&mut self, clock: &[u32]) {
        self.counted = clock.iter().sum::<u32>() as usize;
    }

    /// An event is passed that the clock does not count.
    #[inline]
    pub fn pass(&mut self) {
        self.passed += 1;
    }

    /// Whether none is left, of so many events in all.
    #[inline]
    pub fn is_none(&self, events: usize) -> bool {
        self.counted + self.passed >= events
    }
}

/// An event of an execution, in its place.
#[derive(Clone, Debug)]
struct Placed {
    event: Event,
    /// As how manieth of its thread it comes, from 1: what its clock says of its own thread.
    own: u32,
    /// How many entries there are behind it of what was so before.
    changed: usize,
}

/// What was so before an event.
#[derive(Clone, Copy, Debug)]
enum Changed {
    /// A thread's arrival.
    Arrival(usize),
    /// What had happened when time passed last.
    Passed,
}

/// An execution under way, and what happens before what in it.
///
/// A clock says of each thread how many of its events happen before something. Clocks lie side by side in stacks, which
/// are as long as the execution.
#[derive(Clone, Debug)]
pub struct History {
    /// How long a clock is: there is a place for every thread.
    stride: usize,
    events: Vec<Placed>,
    /// Of each event, the events that happen before the thread came to the operation, then those that happen before it,
    /// itself included.
    clocks: Vec<u32>,
    /// Of each thread, the events that happen before it came to the operation it is at.
    arrivals: Vec<u32>,
    /// The events of earlier instants: they happen before all that follow, but do not keep anybody from coming to an
    /// operation and waiting there.
    passed: Vec<u32>,
    has_passed: bool,
    /// What events have changed besides the arrivals of those who acted, and the clocks that were there before.
    changed: Vec<Changed>,
    before: Vec<u32>,
}

/// An execution up to the order of independent transitions: of each event, who acts, which way, and what happens before
/// it. Two executions are equivalent if and only if their signatures are equal.
pub type Signature = Vec<(Choice, Vec<u32>)>;

/// So many threads are counted at once.
const LANE: usize = 8;

/// Adds the events that another clock counts to those that a clock counts. Clocks are as long as some lanes.
#[inline]
pub fn unite(clock: &mut [u32], other: &[u32]) {
    for (counts, more) in clock.as_chunks_mut::<LANE>().0.iter_mut().zip(other.as_chunks::<LANE>().0) {
        for (count, more) in counts.iter_mut().zip(more) {
            *count = (*count).max(*more);
        }
    }
}

impl History {
    /// The history of an execution that has just begun.
    pub fn new(machine: &Machine) -> History {
        let threads = machine.threads.len();
        let stride = threads.next_multiple_of(LANE);
        History {
            stride,
            events: Vec::new(),
            clocks: Vec::new(),
            arrivals: vec![0; threads * stride],
            passed: vec![0; stride],
            has_passed: false,
            changed: Vec::new(),
            before: Vec::new(),
        }
    }

    /// How many events there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing has happened yet.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// An event.
    #[inline]
    pub fn event(&self, place: usize) -> &Event {
        &self.events[place].event
    }

    /// The last event.
    #[inline]
    pub fn last(&self) -> Option<&Event> {
        self.events.last().map(|placed| &placed.event)
    }

    /// The choices that make the execution.
    pub fn choices(&self) -> impl Iterator<Item = Choice> + '_ {
        self.events.iter().map(|placed| placed.event.choice)
    }

    /// The events that happen before an event, itself included, as a clock.
    #[inline]
    pub fn clock(&self, place: usize) -> &[u32] {
        &self.clocks[(2 * place + 1) * self.stride..][..self.stride]
    }

    /// The events that happen before the thread of an event came to its operation, as a clock.
    #[inline]
    pub fn arrived(&self, place: usize) -> &[u32] {
        &self.clocks[2 * place * self.stride..][..self.stride]
    }

    /// The events that happen before a thread came to the operation it is at now, as a clock.
    pub fn arrival(&self, id: ThreadId) -> &[u32] {
        &self.arrivals[id.index() * self.stride..][..self.stride]
    }

    /// Whether an event is among those that a clock counts.
    #[inline]
    pub fn is_in(&self, place: usize, clock: &[u32]) -> bool {
        let placed = &self.events[place];
        clock[placed.event.thread().index()] >= placed.own
    }

    /// Adds an event, with its bonds.
    pub fn push(&mut self, footprints: &Footprints, event: Event, bonds: &Bonds) {
        let (stride, id) = (self.stride, event.thread().index());
        let arrival = &mut self.arrivals[id * stride..][..stride];
        self.clocks.extend_from_slice(arrival);
        let start = self.clocks.len();
        self.clocks.extend_from_slice(arrival);
        let (earlier, clock) = self.clocks.split_at_mut(start);
        if self.has_passed {
            unite(clock, &self.passed);
        }
        for other in &bonds.ends {
            unite(clock, &self.arrivals[other.index() * stride..][..stride]);
        }
        let mut open = Open::new(clock);
        for (placed, clocks) in self.events.iter().zip(earlier.chunks_exact(2 * stride)).rev() {
            if open.is_none(self.events.len()) {
                break;
            }
            if clock[placed.event.thread().index()] >= placed.own {
                continue;
            }
            if footprints.depend(&placed.event, &event) {
                unite(clock, &clocks[stride..]);
                open.count(clock);
            } else {
                open.pass();
            }
        }
        clock[id] += 1;
        self.arrivals[id * stride..][..stride].copy_from_slice(clock);
        self.events.push(Placed { event, own: clock[id], changed: self.changed.len() });
        for bond in &bonds.ties {
            self.bind(bond);
        }
    }

    fn bind(&mut self, bond: &Bond) {
        let stride = self.stride;
        match bond {
            Bond::After(id, others) => {
                let at = id.index() * stride;
                self.changed.push(Changed::Arrival(id.index()));
                self.before.extend_from_slice(&self.arrivals[at..][..stride]);
                for other in others {
                    let from = other.index() * stride;
                    if let Ok([into, from]) = self.arrivals.get_disjoint_mut([at..at + stride, from..from + stride]) {
                        unite(into, from);
                    }
                }
            }
            Bond::Passed => {
                self.changed.push(Changed::Passed);
                self.before.extend_from_slice(&self.passed);
                self.has_passed = true;
                for arrival in self.arrivals.chunks(stride) {
                    unite(&mut self.passed, arrival);
                }
            }
        }
    }

    /// Takes back the last event.
    pub fn pop(&mut self) -> Option<Event> {
        let last = self.events.pop()?;
        let stride = self.stride;
        while self.changed.len() > last.changed {
            let start = self.before.len() - stride;
            let into = match self.changed.pop() {
                Some(Changed::Arrival(id)) => &mut self.arrivals[id * stride..][..stride],
                _ => &mut self.passed[..],
            };
            into.copy_from_slice(&self.before[start..]);
            self.before.truncate(start);
        }
        let start = self.events.len() * 2 * stride;
        self.arrivals[last.event.thread().index() * stride..][..stride].copy_from_slice(&self.clocks[start..start + stride]);
        self.clocks.truncate(start);
        Some(last.event)
    }

    /// The events between two places that do not depend on the event at the first of them: what could have been done
    /// without it.
    pub fn without(&self, place: usize, between: std::ops::Range<usize>) -> impl Iterator<Item = Event> + '_ {
        let placed = &self.events[place];
        let (thread, own) = (placed.event.thread().index(), placed.own);
        between.filter(move |&later| self.clock(later)[thread] < own).map(|later| self.events[later].event)
    }

    /// The execution up to the order of independent transitions.
    pub fn signature(&self) -> Signature {
        let threads = self.arrivals.len() / self.stride;
        let signed = |place: usize| (self.events[place].event.choice, self.clock(place)[..threads].to_vec());
        let mut signature: Signature = (0..self.len()).map(signed).collect();
        signature.sort_unstable();
        signature
    }
}
