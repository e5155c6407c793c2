//! Worlds that Rust programs run in: one interface, real threads, the simulated machine.

pub mod blocking;
pub mod built;
pub mod built_queue;
pub mod cast;
pub mod coroutine;
pub mod crews;
pub mod delay;
pub mod executor;
pub mod failure;
pub mod future;
pub mod handles;
pub mod histories;
pub mod interface;
pub mod kit;
pub mod listening;
pub mod live;
pub mod local;
#[cfg(feature = "loom")]
pub mod loom_kit;
pub mod os;
pub mod primitives;
pub mod request;
#[cfg(any(feature = "loom", feature = "shuttle"))]
mod scheduled;
pub mod shape;
#[cfg(feature = "shuttle")]
pub mod shuttle_kit;
pub mod sim;
pub mod simulation;
pub mod sites;
