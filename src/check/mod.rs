//! What must hold: judging the claims of a scenario by the states a search reaches.

pub mod deadlock;
pub mod hazard;
#[cfg(feature = "scenarios")]
pub mod judge;
#[cfg(feature = "scenarios")]
pub mod outcomes;
#[cfg(feature = "scenarios")]
pub mod output;
pub mod results;
pub mod verdict;
#[cfg(feature = "scenarios")]
pub mod watch;
