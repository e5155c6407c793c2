//! Explores every interleaving of small concurrent programs.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod kernel;
pub mod program;
