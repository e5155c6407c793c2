//! The record of an execution: which thread did what, where, with what result.

use crate::kernel::op::{Op, Ticks};
use crate::kernel::value::{ThreadId, Word};
use crate::run::schedule::Choice;
use crate::step::place::Place;

/// A transition that was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Who acted, and which way.
    pub choice: Choice,
    /// The operation.
    pub op: Op,
    /// Where in the scenario the thread was.
    pub place: Option<Place>,
    /// What it gave: a value, or the error it raised; nothing for a first step of a longer operation.
    pub result: Option<Result<Word, Word>>,
    /// The threads that an exception ended in this step, and where.
    pub failures: Vec<(ThreadId, Place)>,
    /// The virtual time at which it happened, where there is a clock and the time is determined.
    pub time: Option<Ticks>,
    /// Whether the thread that acted before could have gone on.
    pub preempts: bool,
}
