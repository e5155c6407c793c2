//! A scenario, read, checked and compiled: everything the checker needs to know of it.

use std::sync::Arc;

use crate::kernel::object::Declaration;
use crate::kernel::op::Ticks;
use crate::kernel::value::{ObjectId, Word};
use crate::kernel::values::Values;
use crate::program::bytecode::{Code, Place};
use crate::program::statement::Claim;

/// Which time a claim is checked in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Clock {
    /// A sleep takes any time, a timeout may fire at any moment.
    Untimed,
    /// A virtual clock: code takes no time, a sleep lasts exactly its time.
    Timed,
}

/// The text a scenario was read from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as the user gave it.
    pub path: String,
    /// The text.
    pub text: String,
}

/// One entry of `threads`: `count` threads that run the same body.
#[derive(Clone, Debug)]
pub struct ThreadGroup {
    /// The key in the file.
    pub name: String,
    /// How many threads.
    pub count: u16,
    /// The function of the body. Its first two parameters are `i` and `name`, then those of `args`.
    pub function: u16,
    /// The values of `args`.
    pub arguments: Vec<Word>,
    /// Whether they are daemons.
    pub daemon: bool,
    /// The name of each thread (`worker-0`, or from `name: "线程{i}"`).
    pub names: Vec<String>,
    /// Where it stands in the file.
    pub place: Place,
}

/// A line that the user types.
#[derive(Clone, Debug)]
pub struct Input {
    /// The line, without its end.
    pub line: String,
    /// How long it takes to be typed on the virtual clock.
    pub after: Ticks,
}

/// The limits a scenario declares, each with a default that the verdict prints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Transitions in one execution.
    pub steps: u64,
    /// Distinct states in one search.
    pub states: u64,
    /// Items in a queue without `maxsize`.
    pub queue: u32,
    /// Threads and timers created while the program runs.
    pub threads: u16,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { steps: 100_000, states: 5_000_000, queue: 1_000, threads: 32 }
    }
}

/// A scenario.
#[derive(Clone)]
pub struct Scenario {
    /// Its text, for diagnostics and for the places in a story.
    pub source: Arc<Source>,
    /// `scenario:`
    pub title: String,
    /// `about:`
    pub about: String,
    /// `clock:`
    pub clock: Clock,
    /// The constants of the code, and everything else that words refer to.
    pub values: Values,
    /// Shared variables (in the order of `vars`), then objects. A hidden lock of a condition stands before it.
    pub objects: Vec<Declaration>,
    /// The names under which objects are declared, in order; two names may mean one object.
    pub names: Vec<(String, ObjectId)>,
    /// The bodies.
    pub code: Code,
    /// The threads.
    pub groups: Vec<ThreadGroup>,
    /// The body of `main`; without one, main starts everything and joins what is not a daemon.
    pub main: Option<u16>,
    /// `inputs:`
    pub inputs: Vec<Input>,
    /// `bounds:`
    pub bounds: Bounds,
    /// `claims:`, the two that go without saying included.
    pub claims: Vec<Claim>,
}
