//! What a search tells of the states it reaches, and what it is told to do.

use crate::kernel::state::State;
use crate::step::ending::Ending;
use crate::step::trap::Stop;

/// A state that a search has reached for the first time.
pub struct Visit<'a> {
    /// The state. Threads that are equal may have been renamed.
    pub state: &'a mut State,
    /// Its number; the search can tell a schedule that leads to it.
    pub number: u32,
    /// How the execution has ended, if nothing can run any more.
    pub ending: Option<Ending>,
    /// Whether the step that led here ended a thread by an exception (or it is the first state).
    pub failed: bool,
    /// Whether an execution has ended in this very state before, and was shown.
    pub is_known: bool,
}

/// What to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Do not look at what follows from this state.
    Prune,
    /// End the search: everything is known.
    Finish,
}

/// Whoever looks at the states a search reaches.
pub trait Visitor<P> {
    /// Looks at a state.
    ///
    /// # Errors
    ///
    /// A stop, if an expression cannot be evaluated there.
    fn visit(&mut self, interpreter: &mut P, visit: Visit<'_>) -> Result<Flow, Stop>;
}
