//! What can be run step by step: all that searches, executions and reports need to know of a program.

use crate::kernel::error::ErrorKind;
use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::kernel::value::{Aspect, ThreadId, Word};
use crate::kernel::values::Values;
use crate::step::clock::Clock;
use crate::step::place::Place;
use crate::step::tie::Tie;
use crate::step::trap::Stop;

/// A program on its machine: a scenario, or a program written in Rust.
pub trait Program {
    /// The machine it runs on.
    fn machine(&self) -> &Machine;

    /// The composite values met so far.
    fn values(&self) -> &Values;

    /// The machine, and the values to be added to.
    fn parts(&mut self) -> (&Machine, &mut Values);

    /// The sets of threads that are equal up to renaming: if the threads of a set exchange their names in an execution, another
    /// execution comes out of it, whose states are those of the first with the threads exchanged.
    fn classes(&self) -> Vec<Vec<ThreadId>>;

    /// Whether it can go on from a state that was never reached, because another one was whose equal threads are exchanged.
    fn goes_on_renamed(&self) -> bool {
        true
    }

    /// The first state: every thread that is there from the start is at its first operation.
    ///
    /// # Errors
    ///
    /// A stop on the way there.
    fn begin(&mut self) -> Result<State, Stop>;

    /// Takes the pending operation of an enabled thread, then runs everything private that follows.
    ///
    /// # Errors
    ///
    /// A stop on the way.
    fn step(&mut self, state: &mut State, id: ThreadId, alternative: u32) -> Result<(), Stop>;

    /// The mark of the state that the last step has led to, or the beginning: with it, a step from there is taken sooner.
    fn mark(&self) -> u32 {
        0
    }

    /// Takes a step from a state that was come to with this mark.
    ///
    /// # Errors
    ///
    /// A stop on the way.
    fn step_from(&mut self, mark: u32, state: &mut State, id: ThreadId, alternative: u32) -> Result<(), Stop> {
        let _ = mark;
        self.step(state, id, alternative)
    }

    /// The threads that failed in the last step, and where.
    fn failures(&self) -> &[(ThreadId, Place)];

    /// What has tied threads together in the last step, in order.
    fn ties(&self) -> &[Tie];

    /// About how many bytes of memory it takes.
    fn bytes(&self) -> usize {
        self.values().bytes()
    }

    /// What the last operation gave its thread; nothing for a first step of a longer one.
    fn result(&self) -> Option<Result<Word, Word>>;

    /// Where in its text a thread is.
    fn place(&self, state: &State, id: ThreadId) -> Option<Place>;

    /// A place as a person reads it: `line 7`, with the file's name where it is not clear.
    fn line(&self, place: Place) -> String;

    /// What tells this program from others in the text of a schedule.
    fn hash(&self) -> u32;

    /// The clock it is run on.
    fn clock(&self) -> Clock;

    /// Whether main runs a body of its own, rather than just starting the others.
    fn has_main(&self) -> bool;

    /// What a person reads for a thread that was given no name while running.
    fn shown_thread(&self, id: ThreadId, aspect: Aspect) -> String;

    /// What a person reads for a value.
    fn shown_value(&self, word: Word) -> String;

    /// What a person reads for a class of errors.
    fn error_name(&self, kind: ErrorKind) -> &'static str {
        kind.name()
    }
}
