//! What must hold: judging the claims of a scenario by the states a search reaches.

pub mod deadlock;
pub mod hazard;
pub mod judge;
pub mod outcomes;
pub mod output;
pub mod results;
pub mod verdict;
pub mod watch;
