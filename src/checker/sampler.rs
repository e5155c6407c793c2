//! Programs written in Rust, run some times at random.

use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;

use crate::check::results::Results;
use crate::checker::Checker;
use crate::checker::closures::{failing_again, finish, words};
use crate::checker::report::Report;
use crate::explore::random_walk::random_walk;
use crate::explore::sampling::{Sampling, Walked};
use crate::kernel::foreign::Foreign;
use crate::kernel::state::State;
use crate::run::budget::Spent;
use crate::run::ending::{ending, errors};
use crate::run::execution::Execution;
use crate::run::schedule::Choice;
use crate::runtime::interface::Value;
use crate::runtime::sim::Sim;
use crate::runtime::simulation::Simulation;
use crate::step::ending::Ending;
use crate::step::explorable::Program;
use crate::step::trap::Stop;

/// One in so many executions runs the program even where it is known what it does: to see whether it still does the same.
const CHECKED: u64 = 128;

impl Checker {
    /// Runs programs written in Rust some times at random. The same seed gives the same executions.
    pub fn random(seed: u64, executions: u64) -> Sampler {
        Sampler { checker: Checker::new(), seed, executions }
    }
}

/// Runs programs some times at random: see [`Checker::random`].
#[derive(Clone, Debug)]
pub struct Sampler {
    checker: Checker,
    seed: u64,
    executions: u64,
}

/// What was drawn so far.
struct Drawn<'p, T> {
    simulation: Simulation<'p>,
    sampling: Sampling,
    results: Results<T>,
    /// Of each result, the choices that lead to it.
    ways: Vec<Vec<Choice>>,
    transitions: u64,
    spent: Option<Spent>,
}

impl Sampler {
    /// On the virtual clock: see [`Checker::timed`].
    pub fn timed(mut self) -> Sampler {
        self.checker = self.checker.timed();
        self
    }

    /// The most transitions of an execution.
    pub fn steps(mut self, most: u64) -> Sampler {
        self.checker = self.checker.steps(most);
        self
    }

    /// Another file in which failing schedules are kept: see [`Checker::regressions`].
    pub fn regressions(mut self, file: impl Into<PathBuf>) -> Sampler {
        self.checker = self.checker.regressions(file);
        self
    }

    /// Failing schedules are not kept, and none are tried first: see [`Checker::without_regressions`].
    pub fn without_regressions(mut self) -> Sampler {
        self.checker = self.checker.without_regressions();
        self
    }

    /// Runs a program. Execution `k` draws from the seed plus `k`; the search ends with the first that fails.
    ///
    /// An execution that comes to a state where another has been goes on by what is known from there, without the program's
    /// being run: a thread is a deterministic function of what it has observed.
    ///
    /// # Panics
    ///
    /// If a thread overflows its stack of 256 KiB.
    #[track_caller]
    pub fn run<T: Value>(&self, program: impl Fn(&Sim) -> T + Send + Sync) -> Report<T> {
        let simulation = Simulation::new(Arc::new(|| Foreign::new(program(&Sim))), self.checker.clock, true);
        let file = self.checker.regressions.file(Location::caller());
        if let Some(report) = file.as_deref().and_then(|file| failing_again(file, &simulation, &program)) {
            return report;
        }
        let mut drawn = Drawn::begin(simulation);
        let budget = self.checker.budget_of_closure();
        let mut report = Report::empty(false, false);
        let mut number = 0;
        while number < self.executions {
            let seed = self.seed.wrapping_add(number);
            match drawn.draw(seed, budget.steps, number.is_multiple_of(CHECKED)) {
                // Whatever was new has a place now: once more. Words have changed their meaning.
                Err(Stop::Relaid) => (drawn, number) = (Drawn::begin(drawn.simulation), 0),
                Err(Stop::Trap(trap)) => {
                    report.trouble = Some(words(&trap));
                    break;
                }
                Err(Stop::Asymmetric) => unreachable!("an execution at random takes no threads for equal"),
                Ok(fails) => {
                    number += 1;
                    if fails {
                        break;
                    }
                }
            }
        }
        (report.transitions, report.spent) = (drawn.transitions, drawn.spent);
        let ended = drawn.results.found.into_iter().zip(drawn.ways).collect();
        drawn.simulation.walk(false);
        drawn.simulation.take_by_heart(true);
        let mut report = finish(report, &mut drawn.simulation, ended, &budget);
        (report.executions, report.kept_in) = (number, file);
        report
    }
}

impl<'p, T: Value> Drawn<'p, T> {
    fn begin(mut simulation: Simulation<'p>) -> Drawn<'p, T> {
        simulation.walk(false);
        let (sampling, results) = (Sampling::default(), Results::default());
        Drawn { simulation, sampling, results, ways: Vec::new(), transitions: 0, spent: None }
    }

    /// Draws an execution. Gives whether it fails.
    fn draw(&mut self, seed: u64, steps: u64, really: bool) -> Result<bool, Stop> {
        if !really && !self.sampling.is_full() {
            self.simulation.take_by_heart(true);
            if let Some(walked) = self.sampling.draw(&mut self.simulation, seed, steps)? {
                self.transitions += self.sampling.choices.len() as u64;
                return Ok(match walked {
                    Walked::Ended(number) => {
                        let (state, choices) = (self.sampling.state(number).clone(), self.sampling.choices.clone());
                        self.ended(&state, &choices)
                    }
                    // It did not fail then, or there would not be another.
                    Walked::EndedAgain => false,
                    Walked::Unended => self.unended(steps),
                });
            }
            self.simulation.walk(true);
        }
        self.simulation.take_by_heart(!really);
        let mut execution = Execution::begin(&mut self.simulation)?;
        let over = random_walk(&mut execution, seed, steps)?;
        let choices: Vec<Choice> = execution.trace.iter().map(|step| step.choice).collect();
        let state = execution.state;
        self.transitions += choices.len() as u64;
        Ok(if over { self.ended(&state, &choices) } else { self.unended(steps) })
    }

    fn unended(&mut self, steps: u64) -> bool {
        self.spent = Some(Spent::Steps(steps));
        false
    }

    /// An execution has ended in this state. Gives whether it fails.
    fn ended(&mut self, state: &State, choices: &[Choice]) -> bool {
        let (machine, values) = (self.simulation.machine(), self.simulation.values());
        let ending = ending(machine, values, state).expect("nothing can act any more");
        let fails = ending == Ending::Deadlock || !errors(machine, values, state).is_empty();
        if self.results.add(&self.simulation, state, ending, self.ways.len() as u32) {
            self.ways.push(choices.to_vec());
        }
        fails
    }
}
