//! The checker: what can be set before a program is checked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use crate::checker::regressions::Regressions;
use crate::run::budget::Budget;
use crate::step::clock::Clock;

pub mod closures;
#[cfg(feature = "scenarios")]
pub mod hazards;
pub mod portfolio;
pub mod regressions;
pub mod report;
pub mod sampler;
#[cfg(feature = "scenarios")]
pub mod scenarios;

/// Which search covers every interleaving.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Engine {
    /// Both in turns: the first complete answer is taken, the same one on every machine. What either would answer alone
    /// within the budget is answered.
    #[default]
    Portfolio,
    /// Over distinct states: the better one where threads meet often, and states merge.
    StateGraph,
    /// Over executions, one of each Mazurkiewicz trace: the better one where threads seldom meet.
    TraceTree,
}

/// Checks scenarios and programs written in Rust. Build one, set what differs from the defaults, then
/// [`check`](Checker::check) a scenario or [`run`](Checker::run) a closure.
#[derive(Clone, Debug)]
pub struct Checker {
    symmetry: bool,
    reduction: bool,
    engine: Engine,
    states: Option<u64>,
    steps: Option<u64>,
    memory: u64,
    time: Option<Duration>,
    interrupted: Arc<AtomicBool>,
    progress: Arc<AtomicU64>,
    /// The clock of programs written in Rust.
    clock: Clock,
    /// Where the schedules are kept on which programs written in Rust have failed.
    regressions: Regressions,
}

impl Default for Checker {
    fn default() -> Checker {
        Checker {
            symmetry: true,
            reduction: true,
            engine: Engine::default(),
            states: None,
            steps: None,
            memory: Budget::default().memory,
            time: None,
            interrupted: Arc::default(),
            progress: Arc::default(),
            clock: Clock::Untimed,
            regressions: Regressions::default(),
        }
    }
}

impl Checker {
    /// A checker with the defaults: symmetry and reduction on, the scenario's own bounds, 4 GiB of memory, any time.
    pub fn new() -> Checker {
        Checker::default()
    }

    /// Whether equal threads may be renamed; in programs written in Rust, those of a crew exchanged. Never changes a verdict.
    pub fn symmetry(mut self, on: bool) -> Checker {
        self.symmetry = on;
        self
    }

    /// Whether interleavings that make no difference may be left out. Never changes a verdict.
    pub fn reduction(mut self, on: bool) -> Checker {
        self.reduction = on;
        self
    }

    /// Which search covers the interleavings of a program written in Rust ([`run`](Checker::run)). The claims of scenarios
    /// speak of states: they are always checked by the search over states.
    pub fn engine(mut self, engine: Engine) -> Checker {
        self.engine = engine;
        self
    }

    /// The most distinct states of a search (of a search over executions, transitions; of both in turns, each); otherwise the
    /// scenario's `bounds: {states: ...}`.
    pub fn states(mut self, most: u64) -> Checker {
        self.states = Some(most);
        self
    }

    /// The most transitions of an execution; otherwise the scenario's `bounds: {steps: ...}`.
    pub fn steps(mut self, most: u64) -> Checker {
        self.steps = Some(most);
        self
    }

    /// The most memory of a search, in bytes, about; while both go on in turns, each has half of it.
    pub fn memory(mut self, most: u64) -> Checker {
        self.memory = most;
        self
    }

    /// The most time for one scenario. What is decided within it depends on the machine's speed.
    pub fn time(mut self, most: Duration) -> Checker {
        self.time = Some(most);
        self
    }

    /// A flag that ends the search when it is set from outside.
    pub fn interrupted_by(mut self, flag: Arc<AtomicBool>) -> Checker {
        self.interrupted = flag;
        self
    }

    /// Where the number of states reached is written, for showing progress.
    pub fn progress_to(mut self, count: Arc<AtomicU64>) -> Checker {
        self.progress = count;
        self
    }
}
