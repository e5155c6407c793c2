//! Explores every interleaving of small concurrent programs.
//!
//! A program is a scenario in YAML (see `program`, behind the feature `scenarios`, on by default), or Rust written against the
//! trait [`Runtime`]:
//!
//! ```
//! use drawloom::{Checker, JoinHandle, Runtime, Variable};
//!
//! let report = Checker::exhaustive().run(|rt| {
//!     let data = rt.variable("data", 2);
//!     let workers = ["ann", "bob"].map(|name| {
//!         let data = data.clone();
//!         rt.spawn(name, move |_| {
//!             let temp = data.get();
//!             data.set(temp - 1);
//!         })
//!     });
//!     for worker in workers {
//!         worker.join().unwrap();
//!     }
//!     data.get()
//! });
//! assert_eq!(report.outcomes(), [0, 1]);
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod check;
pub mod checker;
pub mod explore;
pub mod kernel;
#[cfg(feature = "scenarios")]
pub mod program;
pub mod report;
pub mod run;
pub mod runtime;
pub mod step;

pub use crate::checker::report::Report;
pub use crate::checker::{Checker, Engine};
pub use crate::runtime::delay::Delay;
pub use crate::runtime::executor::{Executor, Executors, Pool, Results};
pub use crate::runtime::failure::{Broken, Empty, Failure, Full, Panic};
pub use crate::runtime::future::Future;
pub use crate::runtime::interface::{Runtime, Value};
pub use crate::runtime::local::Local;
pub use crate::runtime::os::Os;
pub use crate::runtime::primitives::{Barrier, Condition, Crew, Event, Held, JoinHandle, Lock, Queue, Semaphore, Timer, Variable};
pub use crate::runtime::sim::Sim;
