//! One execution under way: what can be chosen, taking a choice, replaying a schedule.

use std::fmt;

use crate::kernel::machine::Machine;
use crate::kernel::op::Op;
use crate::kernel::state::State;
use crate::kernel::thread::Status;
use crate::kernel::value::ThreadId;
use crate::run::ending::{ending, thread_name};
use crate::run::schedule::{Choice, Schedule, thread_token};
use crate::run::trace::Step;
use crate::step::ending::Ending;
use crate::step::explorable::Program;
use crate::step::trap::Stop;

/// An execution.
pub struct Execution<'a, P> {
    /// The program.
    pub interpreter: &'a mut P,
    /// The present state.
    pub state: State,
    /// What has been done.
    pub trace: Vec<Step>,
}

/// Why a schedule cannot be replayed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stale {
    /// The transition that is not possible, from 1.
    pub step: usize,
    /// Why.
    pub why: String,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the schedule does not fit this program: at step {}, {}", self.step, self.why)
    }
}

impl std::error::Error for Stale {}

impl<'a, P: Program> Execution<'a, P> {
    /// Begins an execution.
    ///
    /// # Errors
    ///
    /// A stop before the first choice.
    pub fn begin(interpreter: &'a mut P) -> Result<Execution<'a, P>, Stop> {
        let state = interpreter.begin()?;
        Ok(Execution { interpreter, state, trace: Vec::new() })
    }

    /// The threads that can act, each with its operation.
    pub fn enabled(&self) -> Vec<(ThreadId, Op)> {
        let (machine, values) = (self.interpreter.machine(), self.interpreter.values());
        let pending = |id: ThreadId| machine.pending(values, &self.state, id).map(|op| (id, op));
        machine.enabled(values, &self.state).into_iter().filter_map(pending).collect()
    }

    /// How it has ended, if it has.
    pub fn ending(&self) -> Option<Ending> {
        ending(self.interpreter.machine(), self.interpreter.values(), &self.state)
    }

    /// Takes a choice, which must be possible.
    ///
    /// # Errors
    ///
    /// A stop on the way.
    ///
    /// # Panics
    ///
    /// If the thread has nothing to do.
    pub fn take(&mut self, choice: Choice) -> Result<(), Stop> {
        let interpreter = &mut *self.interpreter;
        let op =
            interpreter.machine().pending(interpreter.values(), &self.state, choice.thread).expect("an enabled thread has an operation");
        let place = interpreter.place(&self.state, choice.thread);
        let before = self.trace.last().map(|step| step.choice.thread);
        let preempts = before
            .is_some_and(|before| before != choice.thread && interpreter.machine().can_act(interpreter.values(), &self.state, before));
        // The moment in which a thread acts out of quiet is known only afterwards.
        let quiet = interpreter.machine().clock.is_quiet(&self.state);
        let earlier = interpreter.machine().clock.now(&self.state);
        interpreter.step(&mut self.state, choice.thread, choice.alternative)?;
        let time = if quiet { None } else { earlier };
        let failures = interpreter.failures().to_vec();
        self.trace.push(Step { choice, op, place, result: interpreter.result(), failures, time, preempts });
        Ok(())
    }

    /// Replays choices.
    ///
    /// # Errors
    ///
    /// `Ok(Err(..))` names the step at which they do not fit; a stop on the way is `Err`.
    pub fn replay(&mut self, choices: &[Choice]) -> Result<Result<(), Stale>, Stop> {
        for &choice in choices {
            if let Some(why) = self.obstacle(choice) {
                return Ok(Err(Stale { step: self.trace.len() + 1, why }));
            }
            self.take(choice)?;
        }
        Ok(Ok(()))
    }

    /// Why a choice cannot be taken now.
    fn obstacle(&self, choice: Choice) -> Option<String> {
        let machine = self.interpreter.machine();
        let token = thread_token(choice.thread);
        if choice.thread.index() >= machine.threads.len() {
            return Some(format!("there is no thread {token}"));
        }
        let name = thread_name(self.interpreter, &self.state, choice.thread);
        let Some(op) = machine.pending(self.interpreter.values(), &self.state, choice.thread) else {
            let why = match machine.thread(choice.thread).status(&self.state) {
                Status::Free => "was not created yet",
                Status::Created => "has not been started",
                _ => "has ended",
            };
            return Some(format!("thread {token} ({name}) {why}"));
        };
        if !machine.is_enabled(self.interpreter.values(), &self.state, choice.thread, op) {
            return Some(format!("thread {token} ({name}) is blocked"));
        }
        let ways = Machine::alternatives(op);
        (choice.alternative >= ways).then(|| format!("thread {token} ({name}) has {ways} alternatives, not {}", choice.alternative + 1))
    }

    /// The schedule so far.
    pub fn schedule(&self) -> Schedule {
        Schedule {
            program: self.interpreter.hash(),
            clock: self.interpreter.clock(),
            choices: self.trace.iter().map(|step| step.choice).collect(),
        }
    }
}
