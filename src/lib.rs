//! Explores every interleaving of small concurrent programs.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod check;
pub mod checker;
pub mod explore;
pub mod kernel;
pub mod program;
pub mod report;
pub mod run;
pub mod runtime;

pub use crate::checker::Checker;
pub use crate::checker::report::Report;
pub use crate::runtime::delay::Delay;
pub use crate::runtime::failure::{Broken, Empty, Full, Panic};
pub use crate::runtime::interface::{Runtime, Value};
pub use crate::runtime::os::Os;
pub use crate::runtime::primitives::{Barrier, Condition, Event, Held, JoinHandle, Lock, Queue, Semaphore, Timer, Variable};
pub use crate::runtime::sim::Sim;
