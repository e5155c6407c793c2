//! Why a run stops without having ended: limits, and what the machine cannot represent.

use crate::step::place::Place;

/// What a run stopped at. None of these is a behaviour of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// One transition took more private instructions than this: the program computes for ever without doing anything.
    Endless(u64),
    /// The queue without `maxsize` has reached the bound.
    Queue(u32),
    /// More threads were created than the bound allows.
    Threads(u16),
    /// More work was submitted to executors than the bound allows.
    Futures(u16),
    /// The program does not do the same again under the same schedule.
    Unrepeatable(String),
    /// Something that drawloom cannot represent.
    Unsupported(String),
}

/// Where and why a run stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trap {
    /// Why.
    pub cause: Cause,
    /// Where in the scenario file.
    pub place: Place,
}

/// What keeps a run from going on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    /// A limit, or something that cannot be represented.
    Trap(Trap),
    /// The program has told equal threads apart: the search must begin again without symmetry.
    Asymmetric,
    /// The program has created something that the machine had no place for: the search must begin again.
    Relaid,
}
