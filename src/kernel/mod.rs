//! The simulated machine: pure state, no input or output, no randomness, no threads.

pub mod error;
pub mod object;
pub mod op;
pub mod value;
pub mod values;
