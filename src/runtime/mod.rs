//! Worlds that Rust programs run in: one interface, real threads, the simulated machine.

pub mod delay;
pub mod failure;
pub mod interface;
pub mod primitives;
