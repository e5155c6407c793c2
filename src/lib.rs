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
