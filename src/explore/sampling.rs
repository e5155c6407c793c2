//! Many executions at random: as `random_walk` draws them, but where one comes to a state seen before, its steps are looked up.
//!
//! Small programs have few states, and most steps of most executions lead from one that is known to one that is known. A
//! bounded number of states is kept; of a program with more, executions are walked step by step.

use rustc_hash::FxHashMap;

use crate::explore::random_walk::Draws;
use crate::kernel::fingerprint::fingerprint;
use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::kernel::value::ThreadId;
use crate::run::schedule::Choice;
use crate::step::explorable::Program;
use crate::step::trap::Stop;

/// The most states that are kept.
const MOST: usize = 30_000;

const ROOT: u32 = 0;

/// Where a step leads that was not taken yet.
const UNKNOWN: u32 = u32::MAX;

/// A state that was seen, and where its steps lead.
struct Seen {
    state: State,
    /// The threads that can act, each with the place of its first step among the steps, and how many ways it has.
    enabled: Vec<(ThreadId, u32, u32)>,
    steps: Vec<u32>,
    /// Whether an execution has ended here.
    has_ended: bool,
}

/// The executions drawn so far, as far as they are remembered.
#[derive(Default)]
pub struct Sampling {
    seen: Vec<Seen>,
    numbers: FxHashMap<u128, u32>,
    /// The choices of the last execution.
    pub choices: Vec<Choice>,
}

/// How an execution was walked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Walked {
    /// To its end, in the state of this number, where none had ended before.
    Ended(u32),
    /// To its end, in a state where another had ended before.
    EndedAgain,
    /// It was not at its end after as many steps as it may have.
    Unended,
}

impl Sampling {
    /// Whether no more states can be kept: then nothing can be drawn any more.
    pub fn is_full(&self) -> bool {
        self.seen.len() >= MOST
    }

    /// A state, by its number.
    pub fn state(&self, number: u32) -> &State {
        &self.seen[number as usize].state
    }

    /// Draws an execution: the same that `random_walk` draws from this seed. Gives nothing if it leads to more states than are
    /// kept.
    ///
    /// # Errors
    ///
    /// A stop on the way.
    pub fn draw(&mut self, program: &mut impl Program, seed: u64, steps: u64) -> Result<Option<Walked>, Stop> {
        self.choices.clear();
        if self.seen.is_empty() {
            let state = program.begin()?;
            self.add(program, state);
        }
        let (mut draws, mut at) = (Draws::new(seed), ROOT);
        for _ in 0..steps {
            let seen = &self.seen[at as usize];
            if seen.enabled.is_empty() {
                break;
            }
            let (thread, first, ways) = seen.enabled[draws.below(seen.enabled.len() as u32) as usize];
            let alternative = if ways > 1 { draws.below(ways) } else { 0 };
            let choice = Choice { thread, alternative };
            self.choices.push(choice);
            let step = (first + alternative) as usize;
            at = match seen.steps[step] {
                UNKNOWN if self.is_full() => return Ok(None),
                UNKNOWN => self.follow(program, at, step, choice)?,
                known => known,
            };
        }
        let last = &mut self.seen[at as usize];
        Ok(Some(match (last.enabled.is_empty(), std::mem::replace(&mut last.has_ended, true)) {
            (false, _) => Walked::Unended,
            (true, false) => Walked::Ended(at),
            (true, true) => Walked::EndedAgain,
        }))
    }

    /// Takes a step for the first time.
    fn follow(&mut self, program: &mut impl Program, from: u32, step: usize, choice: Choice) -> Result<u32, Stop> {
        let mut state = self.seen[from as usize].state.clone();
        program.step(&mut state, choice.thread, choice.alternative)?;
        let to = match self.numbers.get(&fingerprint(&state, 0)) {
            Some(&known) => known,
            None => self.add(program, state),
        };
        self.seen[from as usize].steps[step] = to;
        Ok(to)
    }

    fn add(&mut self, program: &impl Program, state: State) -> u32 {
        let (machine, values) = (program.machine(), program.values());
        let (mut enabled, mut steps) = (Vec::new(), 0);
        for thread in machine.enabled(values, &state) {
            let ways = machine.pending(values, &state, thread).map_or(1, Machine::alternatives);
            enabled.push((thread, steps, ways));
            steps += ways;
        }
        let number = self.seen.len() as u32;
        self.numbers.insert(fingerprint(&state, 0), number);
        self.seen.push(Seen { state, enabled, steps: vec![UNKNOWN; steps as usize], has_ended: false });
        number
    }
}
