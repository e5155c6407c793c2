//! What a claim states: the claims of a scenario as they were written, compiled but not yet judged.

use crate::kernel::error::ErrorKind;
use crate::kernel::value::{ObjectId, Word};
use crate::step::clock::Clock;
use crate::step::ending::Ending;
use crate::step::place::Place;

/// How often something happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frequency {
    /// In no execution.
    Never,
    /// In some execution.
    Possible,
    /// In every execution.
    Certain,
}

/// An expression of a claim: a function without parameters that only observes.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The function in the scenario's code.
    pub function: u16,
    /// The expression as it was written.
    pub text: String,
    /// The shared variables and objects it looks at.
    pub objects: Vec<ObjectId>,
    /// Whether it looks at private names or places of threads (`worker[2].temp`, `count(...)`).
    pub looks_at_threads: bool,
    /// Whether it tells equal threads apart (`worker[2].temp`).
    pub tells_threads_apart: bool,
}

/// What is claimed.
#[derive(Clone, Debug)]
pub enum Statement {
    /// `always: E`
    Always(Expression),
    /// `sometimes: E`
    Sometimes(Expression),
    /// `finally: E`
    Finally(Expression),
    /// `possibly: E`
    Possibly(Expression),
    /// `outcomes: {x: [..], y: [..]}`: for each variable, the set of its final values.
    Outcomes(Vec<(ObjectId, Vec<Word>)>),
    /// `outcomes: [{x: 1, y: 2}, ...]`: the set of joint final values of these variables.
    JointOutcomes(Vec<ObjectId>, Vec<Vec<Word>>),
    /// `prints: TEXT`, `prints: {never: TEXT}` (no execution prints exactly this); the text ends with a line end.
    Prints {
        /// The whole output.
        text: String,
        /// How the execution ends, if that is part of the claim.
        ends: Option<Ending>,
        /// Whether it is claimed to be impossible.
        never: bool,
    },
    /// `prints: {always: [...]}`: every output is among these.
    PrintsAlways(Vec<String>),
    /// `outputs: N`: the number of distinct whole outputs (of executions that end so, if said).
    Outputs {
        /// The number.
        count: u64,
        /// Which executions are counted.
        ends: Option<Ending>,
    },
    /// `deadlock: never / possible / certain`
    Deadlock(Frequency),
    /// `errors: never / possible / certain`
    Errors(Frequency),
    /// `errors: {ValueError: possible}`: of this class; classes not named are claimed never to be raised.
    ErrorsOf(Vec<(ErrorKind, Frequency)>),
    /// `ends: always / possible / never`: by exit.
    Ends(Frequency),
}

/// A claim.
#[derive(Clone, Debug)]
pub struct Claim {
    /// `name:`, or the claim's own text (`finally: data == 0`).
    pub name: String,
    /// What it states.
    pub statement: Statement,
    /// Where it is checked.
    pub clock: Clock,
    /// Where it stands in the file; nothing for one that goes without saying.
    pub place: Option<Place>,
}
