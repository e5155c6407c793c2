//! Worlds that Rust programs run in: one interface, real threads, the simulated machine.

pub mod blocking;
pub mod built;
pub mod coroutine;
pub mod delay;
pub mod failure;
pub mod handles;
pub mod interface;
pub mod kit;
pub mod live;
pub mod os;
pub mod primitives;
pub mod request;
pub mod shape;
pub mod sim;
pub mod simulation;
