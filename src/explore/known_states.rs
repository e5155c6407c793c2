//! The states a search has been in, what the threads are at in each, and where their steps lead: every step is taken once.
//!
//! Executions of a small program pass through few states. Kept with what was found out about them, a step that was taken
//! before is looked up: most are.

use rustc_hash::FxHashMap;

use crate::kernel::fingerprint::fingerprint;
use crate::kernel::machine::{Machine, Object};
use crate::kernel::op::{Op, Wait};
use crate::kernel::state::State;
use crate::kernel::value::{ObjectId, ThreadId};
use crate::run::footprints::{Event, Footprints};
use crate::run::happens_before::Bonds;
use crate::run::schedule::Choice;
use crate::step::explorable::Program;
use crate::step::trap::Stop;

/// The number of a known state.
pub type Number = u32;

/// What has to hold for an operation to be possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// Nothing: a thread that is at it can take it, and it uses the same whatever the state.
    Nothing,
    /// That this lock, or a permit of this semaphore, can be taken: for that it waits.
    Open(ObjectId),
    /// Something else.
    Else,
}

/// How an operation uses a lock or a semaphore, which can be taken and given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holding {
    /// The lock, plain or re-entrant, or the semaphore.
    pub object: ObjectId,
    /// Who could take it now.
    openness: Openness,
    /// Whether, without this operation and all that comes after it, who could take it now still could, and nobody else. So it is
    /// with everything that comes before or after all others who take it or give it back; two do not. Permits given back to a
    /// semaphore without any may be given back by somebody else instead. And who gives back a re-entrant lock of somebody else
    /// is told that it is a mistake, and is in nobody's way.
    pub is_decisive: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Openness {
    Everybody,
    Only(ThreadId),
    Nobody,
}

impl Holding {
    /// Whether a thread could take it now.
    pub fn is_open_to(&self, id: ThreadId) -> bool {
        match self.openness {
            Openness::Everybody => true,
            Openness::Only(holder) => holder == id,
            Openness::Nobody => false,
        }
    }
}

/// What a thread is at.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// The event of going on the first way.
    pub event: Event,
    /// How many ways there are.
    pub ways: u32,
    /// Where its steps lie, one for each way.
    steps: u32,
    /// What has to hold for it.
    pub needs: Needs,
    /// The lock or semaphore that it takes or gives back, if that is all it does.
    pub holding: Option<Holding>,
    /// Whether it can be taken now.
    pub is_enabled: bool,
    /// Whether it ends the program.
    pub is_exit: bool,
}

/// A step that was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Where it leads.
    pub to: Number,
    bonds: u32,
}

const UNKNOWN: Step = Step { to: Number::MAX, bonds: 0 };

/// The states that are known.
#[derive(Default)]
pub struct KnownStates {
    /// What their operations use.
    pub footprints: Footprints,
    states: Vec<State>,
    /// The program's marks of them.
    marks: Vec<u32>,
    numbers: FxHashMap<u128, Number>,
    /// Of each state, what each thread is at.
    pending: Vec<Option<Pending>>,
    threads: usize,
    /// The threads that can act, state by state, and where those of each state end.
    enabled: Vec<ThreadId>,
    enabled_until: Vec<u32>,
    steps: Vec<Step>,
    /// The bonds of steps; the first are none.
    bonds: Vec<Bonds>,
    /// In which of them an execution has ended.
    ended: Vec<bool>,
}

impl KnownStates {
    /// No states yet.
    pub fn new(footprints: Footprints) -> KnownStates {
        KnownStates { footprints, ..KnownStates::default() }
    }

    /// How many states are known.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether no state is known.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// The number of a state that a program has just come to; it is known from now on.
    pub fn number(&mut self, program: &impl Program, state: State) -> Number {
        self.number_of(program, state, program.mark())
    }

    fn number_of(&mut self, program: &impl Program, state: State, mark: u32) -> Number {
        let next = self.states.len() as Number;
        let number = *self.numbers.entry(fingerprint(&state, 0)).or_insert(next);
        if number == next {
            self.marks.push(mark);
            self.add(program, state);
        }
        number
    }

    fn add(&mut self, program: &impl Program, state: State) {
        let (machine, values) = (program.machine(), program.values());
        self.threads = machine.threads.len();
        if self.bonds.is_empty() {
            self.bonds.push(Bonds::default());
        }
        for thread in &machine.threads {
            let pending = machine.pending(values, &state, thread.id).map(|op| Pending {
                event: self.footprints.event_of(machine, values, &state, Choice { thread: thread.id, alternative: 0 }, op),
                ways: Machine::alternatives(op),
                steps: self.steps.len() as u32,
                needs: needs(machine, op),
                holding: holding(machine, &state, thread.id, op),
                is_enabled: machine.is_enabled(values, &state, thread.id, op),
                is_exit: op == Op::Exit,
            });
            if let Some(pending) = pending {
                self.steps.resize(self.steps.len() + pending.ways as usize, UNKNOWN);
                if pending.is_enabled {
                    self.enabled.push(thread.id);
                }
            }
            self.pending.push(pending);
        }
        self.enabled_until.push(self.enabled.len() as u32);
        self.states.push(state);
        self.ended.push(false);
    }

    /// A state.
    #[inline]
    pub fn state(&self, number: Number) -> &State {
        &self.states[number as usize]
    }

    /// The threads that can act in a state, in order.
    #[inline]
    pub fn enabled(&self, number: Number) -> &[ThreadId] {
        let start = (number as usize).checked_sub(1).map_or(0, |before| self.enabled_until[before]);
        &self.enabled[start as usize..self.enabled_until[number as usize] as usize]
    }

    /// What a thread is at in a state, if it is alive.
    #[inline]
    pub fn pending(&self, number: Number, id: ThreadId) -> Option<&Pending> {
        self.pending[number as usize * self.threads + id.index()].as_ref()
    }

    /// What all live threads are at in a state.
    pub fn all_pending(&self, number: Number) -> impl Iterator<Item = &Pending> {
        self.pending[number as usize * self.threads..][..self.threads].iter().flatten()
    }

    /// A step, if it was taken before.
    #[inline]
    pub fn taken(&self, from: Number, choice: Choice) -> Option<Step> {
        let step = self.steps[self.step_index(from, choice)];
        (step != UNKNOWN).then_some(step)
    }

    /// Takes a step of a thread that can act.
    ///
    /// # Errors
    ///
    /// A stop on the way. The step is taken again the next time.
    #[inline]
    pub fn step(&mut self, program: &mut impl Program, from: Number, choice: Choice) -> Result<Step, Stop> {
        if let Some(step) = self.taken(from, choice) {
            return Ok(step);
        }
        let mut state = self.states[from as usize].clone();
        program.step_from(self.marks[from as usize], &mut state, choice.thread, choice.alternative)?;
        let bonds = Bonds::of(program, &self.states[from as usize], choice.thread);
        let to = self.number(program, state);
        let mut step = Step { to, bonds: 0 };
        if !bonds.is_empty() {
            step.bonds = self.bonds.len() as u32;
            self.bonds.push(bonds);
        }
        let index = self.step_index(from, choice);
        self.steps[index] = step;
        Ok(step)
    }

    #[inline]
    fn step_index(&self, from: Number, choice: Choice) -> usize {
        let pending = self.pending(from, choice.thread).expect("a live thread acts");
        (pending.steps + choice.alternative) as usize
    }

    /// The bonds of a step.
    #[inline]
    pub fn bonds(&self, step: Step) -> &Bonds {
        &self.bonds[step.bonds as usize]
    }

    /// An execution has ended in a state. Gives whether another had before, as far as is known.
    pub fn end(&mut self, number: Number) -> bool {
        std::mem::replace(&mut self.ended[number as usize], true)
    }

    /// Forgets all states but these, which get other numbers.
    pub fn keep_only<'a>(&mut self, program: &impl Program, kept: impl Iterator<Item = &'a mut Number>) {
        let before = std::mem::take(self);
        self.footprints = before.footprints;
        for number in kept {
            let index = *number as usize;
            *number = self.number_of(program, before.states[index].clone(), before.marks[index]);
        }
    }

    /// About how many bytes they take.
    pub fn bytes(&self) -> usize {
        let row = self.states.first().map_or(0, |state| state.row().len() * 8) + self.threads * (size_of::<Option<Pending>>() + 2) + 80;
        self.states.len() * row + self.steps.len() * size_of::<Step>() + self.bonds.len() * 120 + self.footprints.bytes()
    }
}

/// What has to hold for an operation. To say less than is known is only a matter of speed.
fn needs(machine: &Machine, op: Op) -> Needs {
    let is_steady = match op {
        Op::Read(_) | Op::Write(..) | Op::ReadItem(..) | Op::WriteItem(..) | Op::Append(..) | Op::Pop(..) => true,
        Op::Set(_) | Op::Clear(_) | Op::TaskDone(_) | Op::Query(..) | Op::Print(_) | Op::Choose(_) | Op::Create | Op::Start(_) => true,
        Op::Acquire(_, wait) | Op::Put(_, _, wait) | Op::Get(_, wait) => {
            wait == Wait::Never || (wait != Wait::Forever && !machine.has_clock())
        }
        _ => false,
    };
    match op {
        _ if is_steady => Needs::Nothing,
        Op::Acquire(object, Wait::Forever) => Needs::Open(machine.lock_of(object)),
        _ => Needs::Else,
    }
}

fn holding(machine: &Machine, state: &State, id: ThreadId, op: Op) -> Option<Holding> {
    let (Op::Acquire(object, _) | Op::Release(object, _)) = op else { return None };
    let object = machine.lock_of(object);
    let takes = matches!(op, Op::Acquire(..));
    let holder = machine.holder(state, object);
    let (openness, is_decisive) = match machine.object(object) {
        Object::Lock(_) => (holder.map_or(Openness::Everybody, |_| Openness::Nobody), true),
        Object::RLock(_) => (holder.map_or(Openness::Everybody, Openness::Only), takes || holder == Some(id)),
        Object::Semaphore(semaphore, _) => {
            let is_open = semaphore.permits(state) > 0;
            let openness = if is_open { Openness::Everybody } else { Openness::Nobody };
            (openness, takes || is_open || semaphore.bound.is_some())
        }
        _ => return None,
    };
    Some(Holding { object, openness, is_decisive })
}
