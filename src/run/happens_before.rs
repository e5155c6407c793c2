//! Which transitions of an execution come before which in every execution that differs only in the order of independent ones.
//!
//! Happens-before (Lamport 1978; Mazurkiewicz 1977 for the traces) is kept in vector clocks. What orders two transitions is
//! the relation of [`Machine::accesses`] (`kernel::dependence::dependent`), and what a step does privately: it starts
//! threads, passes joins, or lets time pass. Deviation from the textbook: an operation that waits is ordered behind
//! what it waits for, so every part of an execution that is closed under happens-before can be run by itself.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::kernel::access::Access;
use crate::kernel::dependence::dependent;
use crate::kernel::machine::Machine;
use crate::kernel::op::Op;
use crate::kernel::state::State;
use crate::kernel::value::ThreadId;
use crate::kernel::values::Values;
use crate::run::schedule::Choice;
use crate::step::explorable::Program;
use crate::step::tie::Tie;

/// A transition, as far as its order among others matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// Who acts, and which way.
    pub choice: Choice,
    /// The operation.
    pub op: Op,
    /// What it uses: a number in [`Footprints`].
    footprint: u32,
    /// Whether it decides, in dense time, which timer is the first. Then it comes before or after everything else.
    decides_time: bool,
}

impl Event {
    /// The thread that acts.
    pub fn thread(&self) -> ThreadId {
        self.choice.thread
    }

    /// The same, done by a thread that can be exchanged for the one that does it.
    pub fn by(self, thread: ThreadId) -> Event {
        Event { choice: Choice { thread, ..self.choice }, ..self }
    }

    /// The same, taken another way.
    pub fn with(self, alternative: u32) -> Event {
        Event { choice: Choice { alternative, ..self.choice }, ..self }
    }
}

/// What operations use, each set of uses under a number, and which of these sets depend on each other.
#[derive(Clone, Default, Debug)]
pub struct Footprints {
    numbers: FxHashMap<Vec<Access>, u32>,
    sets: Vec<Vec<Access>>,
    /// Of each set, one bit for each set with a smaller number, and for itself.
    dependent: Vec<Vec<u64>>,
    /// A pair of uses that is taken for independent.
    ignored: Option<fn(Access, Access) -> bool>,
}

impl Footprints {
    /// Footprints that take some pairs of uses for independent. Only tests want that: to see that they notice.
    pub fn ignoring(ignored: Option<fn(Access, Access) -> bool>) -> Footprints {
        Footprints { ignored, ..Footprints::default() }
    }

    fn number(&mut self, mut uses: Vec<Access>) -> u32 {
        uses.sort_unstable();
        uses.dedup();
        if let Some(&number) = self.numbers.get(&uses) {
            return number;
        }
        let number = self.sets.len();
        self.numbers.insert(uses.clone(), number as u32);
        self.sets.push(uses);
        let mut row = vec![0; number / 64 + 1];
        for other in 0..=number {
            if self.meet(number, other) {
                row[other / 64] |= 1 << (other % 64);
            }
        }
        self.dependent.push(row);
        number as u32
    }

    fn meet(&self, left: usize, right: usize) -> bool {
        let ignored = |a: Access, b: Access| self.ignored.is_some_and(|ignored| ignored(a, b));
        self.sets[left].iter().any(|&a| self.sets[right].iter().any(|&b| dependent(a, b) && !ignored(a, b)))
    }

    /// The event of a live thread's pending operation, taken this way.
    pub fn event(&mut self, machine: &Machine, values: &Values, state: &State, choice: Choice) -> Option<Event> {
        let op = machine.pending(values, state, choice.thread)?;
        let footprint = self.number(machine.accesses(values, state, choice.thread, op));
        Some(Event { choice, op, footprint, decides_time: machine.clock.is_quiet(state) })
    }

    /// Whether the order of two events matters, or one can make the other possible or impossible.
    pub fn depend(&self, a: &Event, b: &Event) -> bool {
        let (small, large) = (a.footprint.min(b.footprint) as usize, a.footprint.max(b.footprint) as usize);
        a.choice.thread == b.choice.thread || a.decides_time || b.decides_time || self.dependent[large][small / 64] >> (small % 64) & 1 == 1
    }

    /// About how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.sets.len() * (160 + self.sets.len() / 16)
    }
}

/// Of each thread, how many of its events happen before something.
type Clock = Rc<[u32]>;

fn unite(clock: &mut [u32], other: &[u32]) {
    for (count, more) in clock.iter_mut().zip(other) {
        *count = (*count).max(*more);
    }
}

fn united(clock: &Clock, other: &Clock) -> Clock {
    if clock.iter().zip(other.iter()).all(|(count, more)| count >= more) {
        return clock.clone();
    }
    clock.iter().zip(other.iter()).map(|(count, more)| *count.max(more)).collect()
}

/// An event of an execution, in its place.
#[derive(Clone, Debug)]
struct Placed {
    event: Event,
    /// The events that happen before it, itself included.
    clock: Clock,
    /// The events that happen before the thread came to the operation.
    arrival: Clock,
    /// What was so before it: the arrivals that it has changed, and what had happened when time passed last.
    changed: Vec<(ThreadId, Clock)>,
    passed: Clock,
}

impl Placed {
    /// Whether it is among the events that a clock counts.
    fn is_in(&self, clock: &Clock) -> bool {
        let thread = self.event.thread().index();
        clock[thread] >= self.clock[thread]
    }
}

/// An execution under way, and what happens before what in it.
#[derive(Clone, Debug)]
pub struct History {
    events: Vec<Placed>,
    /// Of each thread, the events that happen before it came to the operation it is at.
    arrivals: Vec<Clock>,
    /// The events of earlier instants: they happen before all that follow, but do not keep anybody from coming to an
    /// operation and waiting there.
    passed: Clock,
}

/// An execution up to the order of independent transitions: of each event, who acts, which way, and what happens before
/// it. Two executions are equivalent if and only if their signatures are equal.
pub type Signature = Vec<(Choice, Vec<u32>)>;

impl History {
    /// The history of an execution that has just begun.
    pub fn new(machine: &Machine) -> History {
        let threads = machine.threads.len();
        let none: Clock = vec![0; threads].into();
        History { events: Vec::new(), arrivals: vec![none.clone(); threads], passed: none }
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing has happened yet.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// An event.
    pub fn event(&self, place: usize) -> &Event {
        &self.events[place].event
    }

    /// The last event.
    pub fn last(&self) -> Option<&Event> {
        self.events.last().map(|placed| &placed.event)
    }

    /// The choices that make the execution.
    pub fn choices(&self) -> Vec<Choice> {
        self.events.iter().map(|placed| placed.event.choice).collect()
    }

    /// Adds an event. `interpreter` has just taken it, in the state `before`.
    pub fn push(&mut self, footprints: &Footprints, interpreter: &impl Program, before: &State, event: Event) {
        let id = event.thread();
        let arrival = self.arrivals[id.index()].clone();
        let mut clock = arrival.to_vec();
        unite(&mut clock, &self.passed);
        // An exit, or a join, comes after the ends of those it waits for.
        for other in interpreter.machine().waits_for_end_of(before, event.op) {
            if interpreter.machine().thread(other).status(before).is_over() {
                unite(&mut clock, &self.arrivals[other.index()]);
            }
        }
        for earlier in self.events.iter().rev() {
            let thread = earlier.event.thread().index();
            if clock[thread] < earlier.clock[thread] && footprints.depend(&earlier.event, &event) {
                unite(&mut clock, &earlier.clock);
            }
        }
        clock[id.index()] += 1;
        let clock: Clock = clock.into();
        let passed = self.passed.clone();
        self.events.push(Placed { event, clock: clock.clone(), arrival, changed: Vec::new(), passed });
        self.arrive(id, clock);
        for &tie in interpreter.ties() {
            match tie {
                Tie::Started(by, other) => self.arrive_after(other, &[by]),
                Tie::Joined(joiner, op) => self.arrive_after(joiner, &interpreter.machine().waits_for_end_of(before, op)),
                Tie::Passed => {
                    let mut passed = self.passed.to_vec();
                    self.arrivals.iter().for_each(|arrival| unite(&mut passed, arrival));
                    self.passed = passed.into();
                }
            }
        }
    }

    /// A thread comes to its next operation after what these threads have done.
    fn arrive_after(&mut self, id: ThreadId, others: &[ThreadId]) {
        let arrival = others.iter().fold(self.arrivals[id.index()].clone(), |clock, other| united(&clock, &self.arrivals[other.index()]));
        self.arrive(id, arrival);
    }

    fn arrive(&mut self, id: ThreadId, clock: Clock) {
        let before = std::mem::replace(&mut self.arrivals[id.index()], clock);
        if let Some(last) = self.events.last_mut() {
            last.changed.push((id, before));
        }
    }

    /// Takes back the last event.
    pub fn pop(&mut self) -> Option<Event> {
        let last = self.events.pop()?;
        for (id, clock) in last.changed.into_iter().rev() {
            self.arrivals[id.index()] = clock;
        }
        self.passed = last.passed;
        Some(last.event)
    }

    /// Whether an event happens before another one, or is the same.
    pub fn precedes(&self, earlier: usize, later: usize) -> bool {
        self.events[earlier].is_in(&self.events[later].clock)
    }

    /// Whether an event happens before the thread of another came to its operation.
    pub fn precedes_arrival(&self, earlier: usize, later: usize) -> bool {
        self.events[earlier].is_in(&self.events[later].arrival)
    }

    /// Whether an event happens before a thread came to the operation it is at now.
    pub fn precedes_pending(&self, earlier: usize, id: ThreadId) -> bool {
        self.events[earlier].is_in(&self.arrivals[id.index()])
    }

    /// The events behind a place that do not depend on the event there: what could have been done without it.
    pub fn without(&self, place: usize) -> Vec<Event> {
        let rest = place + 1..self.events.len();
        rest.filter(|&later| !self.precedes(place, later)).map(|later| self.events[later].event).collect()
    }

    /// The execution up to the order of independent transitions.
    pub fn signature(&self) -> Signature {
        let mut signature: Signature = self.events.iter().map(|placed| (placed.event.choice, placed.clock.to_vec())).collect();
        signature.sort_unstable();
        signature
    }
}
