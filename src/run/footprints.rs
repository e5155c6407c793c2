//! What operations use, and which of them depend on each other: each set of uses under a number, each pair asked for once.

use rustc_hash::FxHashMap;

use crate::kernel::access::Access;
use crate::kernel::dependence::dependent;
use crate::kernel::machine::Machine;
use crate::kernel::op::Op;
use crate::kernel::state::State;
use crate::kernel::value::ThreadId;
use crate::kernel::values::Values;
use crate::run::schedule::Choice;

/// A transition, as far as its order among others matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// Who acts, and which way.
    pub choice: Choice,
    /// What it uses: a number in [`Footprints`].
    footprint: u32,
    /// Whether it decides, in dense time, which timer is the first. Then it comes before or after everything else.
    decides_time: bool,
}

impl Event {
    /// The thread that acts.
    #[inline]
    pub fn thread(&self) -> ThreadId {
        self.choice.thread
    }

    /// The same, done by another thread.
    #[inline]
    pub fn by(self, thread: ThreadId) -> Event {
        Event { choice: Choice { thread, ..self.choice }, ..self }
    }

    /// The same, taken another way.
    #[inline]
    pub fn with(self, alternative: u32) -> Event {
        Event { choice: Choice { alternative, ..self.choice }, ..self }
    }
}

/// The sets of uses met so far, and which of them depend on each other.
#[derive(Clone, Default, Debug)]
pub struct Footprints {
    numbers: FxHashMap<Vec<Access>, u32>,
    sets: Vec<Vec<Access>>,
    /// A bit for each pair, `stride` words a row.
    dependent: Vec<u64>,
    stride: usize,
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
        if number >= self.stride * 64 {
            self.widen();
        }
        self.dependent.resize((number + 1) * self.stride, 0);
        for other in 0..=number {
            if self.meet(number, other) {
                self.dependent[number * self.stride + other / 64] |= 1 << (other % 64);
                self.dependent[other * self.stride + number / 64] |= 1 << (number % 64);
            }
        }
        number as u32
    }

    /// Makes rows twice as wide.
    fn widen(&mut self) {
        let wider = (self.stride * 2).max(1);
        let mut rows = Vec::new();
        for row in self.dependent.chunks(self.stride.max(1)) {
            rows.extend_from_slice(row);
            rows.resize(rows.len() + wider - row.len(), 0);
        }
        (self.dependent, self.stride) = (rows, wider);
    }

    fn meet(&self, left: usize, right: usize) -> bool {
        let ignored = |a: Access, b: Access| self.ignored.is_some_and(|ignored| ignored(a, b));
        self.sets[left].iter().any(|&a| self.sets[right].iter().any(|&b| dependent(a, b) && !ignored(a, b)))
    }

    /// The event of a live thread's pending operation, taken this way.
    pub fn event(&mut self, machine: &Machine, values: &Values, state: &State, choice: Choice) -> Option<Event> {
        let op = machine.pending(values, state, choice.thread)?;
        Some(self.event_of(machine, values, state, choice, op))
    }

    /// The event of this operation, the one that a live thread is at, taken this way.
    pub fn event_of(&mut self, machine: &Machine, values: &Values, state: &State, choice: Choice, op: Op) -> Event {
        let footprint = self.number(machine.accesses(values, state, choice.thread, op));
        Event { choice, footprint, decides_time: machine.clock.is_quiet(state) }
    }

    /// Whether the order of two events matters, or one can make the other possible or impossible.
    #[inline]
    pub fn depend(&self, a: &Event, b: &Event) -> bool {
        let (row, column) = (a.footprint as usize * self.stride, b.footprint as usize);
        a.choice.thread == b.choice.thread
            || a.decides_time
            || b.decides_time
            || self.dependent[row + column / 64] >> (column % 64) & 1 == 1
    }

    /// About how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.sets.len() * 160 + self.dependent.len() * 8
    }
}
