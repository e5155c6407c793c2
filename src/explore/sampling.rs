//! Many executions at random: as `random_walk` draws them, but where one comes to a state seen before, its steps are looked up.
//!
//! Small programs have few states, and most steps of most executions lead from one that is known to one that is known. A
//! bounded number of states is kept; of a program with more, executions are walked step by step.

use crate::explore::known_states::{KnownStates, Number};
use crate::explore::random_walk::Draws;
use crate::kernel::state::State;
use crate::run::schedule::Choice;
use crate::step::explorable::Program;
use crate::step::trap::Stop;

/// The most states that are kept.
const MOST: usize = 30_000;

const ROOT: Number = 0;

/// The executions drawn so far, as far as they are remembered.
#[derive(Default)]
pub struct Sampling {
    known: KnownStates,
    /// The choices of the last execution.
    pub choices: Vec<Choice>,
}

/// How an execution was walked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Walked {
    /// To its end, in the state of this number, where none had ended before.
    Ended(Number),
    /// To its end, in a state where another had ended before.
    EndedAgain,
    /// It was not at its end after as many steps as it may have.
    Unended,
}

impl Sampling {
    /// Whether no more states can be kept: then nothing can be drawn any more.
    pub fn is_full(&self) -> bool {
        self.known.len() >= MOST
    }

    /// A state, by its number.
    pub fn state(&self, number: Number) -> &State {
        self.known.state(number)
    }

    /// Draws an execution: the same that `random_walk` draws from this seed. Gives nothing if it leads to more states than are
    /// kept.
    ///
    /// # Errors
    ///
    /// A stop on the way.
    pub fn draw(&mut self, program: &mut impl Program, seed: u64, steps: u64) -> Result<Option<Walked>, Stop> {
        self.choices.clear();
        if self.known.is_empty() {
            let state = program.begin()?;
            self.known.number(program, state);
        }
        let (mut draws, mut at) = (Draws::new(seed), ROOT);
        for _ in 0..steps {
            let enabled = self.known.enabled(at);
            if enabled.is_empty() {
                break;
            }
            let thread = enabled[draws.below(enabled.len() as u32) as usize];
            let ways = self.known.pending(at, thread).map_or(1, |pending| pending.ways);
            let alternative = if ways > 1 { draws.below(ways) } else { 0 };
            let choice = Choice { thread, alternative };
            self.choices.push(choice);
            let step = match self.known.taken(at, choice) {
                Some(known) => known,
                None if self.is_full() => return Ok(None),
                None => self.known.step(program, at, choice)?,
            };
            at = step.to;
        }
        Ok(Some(match (self.known.enabled(at).is_empty(), self.known.end(at)) {
            (false, _) => Walked::Unended,
            (true, false) => Walked::Ended(at),
            (true, true) => Walked::EndedAgain,
        }))
    }
}
