//! One step of a program, whoever runs it: what leads on, at which place, what it ties together, where it stops.

pub mod clock;
pub mod ending;
pub mod explorable;
pub mod place;
pub mod tie;
pub mod trap;
