//! One execution: its schedule, its trace, how it ends; and what searches and their users tell each other.

pub mod budget;
pub mod ending;
pub mod execution;
pub mod footprints;
pub mod happens_before;
pub mod schedule;
pub mod trace;
pub mod visitor;
