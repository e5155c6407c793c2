//! Both searches, over states and over traces, each in its turn: the first complete answer is taken.
//!
//! Threads that meet often favour the one, threads that seldom meet the other, each by orders of magnitude, and nobody knows
//! beforehand. The search over states has a head start, in which small programs are done. From then on it goes on whenever
//! the search over traces has come to the end of an execution, until it has caught up. Turns are counted in transitions,
//! never in time: the answer is the same on every machine. Whatever one of them would answer alone within the budget, both
//! answer together, after about twice its transitions at most, and the head start.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::checker::Engine;
use crate::explore::state_graph::{self, StateGraph};
use crate::explore::trace_tree::{self, TraceTree};
use crate::run::budget::{Budget, Spent};
use crate::run::happens_before::History;
use crate::run::schedule::Choice;
use crate::run::visitor::{Flow, Visit, Visitor};
use crate::step::explorable::Program;
use crate::step::trap::{Stop, Trap};

/// How the turns are taken.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// By how many transitions the search over states is ahead.
    pub head_start: u64,
    /// How many states it finds before it is asked again how far it has come.
    pub turn: u64,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { head_start: 10_000, turn: 1_000 }
    }
}

/// Whoever looks at what either search finds: at every state of the search over states, at every end, with its history, of
/// the search over traces.
pub type Listener<'a, P> = dyn FnMut(&mut P, Visit<'_>, Option<&History>) -> Result<Flow, Stop> + 'a;

/// What two searches have come to.
pub struct Portfolio {
    /// The search over states.
    pub graph: StateGraph,
    /// The search over traces.
    pub tree: TraceTree,
    /// Which of them was done first; both, if neither was.
    pub engine: Engine,
    /// What ran out, if no answer is complete.
    pub spent: Option<Spent>,
    /// What a search stopped at.
    pub trap: Option<Trap>,
}

/// How the search over states stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    /// It can go on.
    Open,
    /// Everything is explored.
    Complete,
    /// It has stopped at a trap.
    Trapped,
    /// It must not go on.
    Over(Spent),
}

/// The search over states, as far as it has come, and how far the other has.
struct Turns {
    graph: StateGraph,
    standing: Standing,
    budget: Budget,
    pace: Pace,
    /// The transitions of the other search.
    followed: u64,
    /// The last execution of the other search.
    last: Vec<Choice>,
}

/// Hands on what the search over states reaches.
struct Ear<'a, 'b, P>(&'a mut Listener<'b, P>);

impl<P> Visitor<P> for Ear<'_, '_, P> {
    fn visit(&mut self, program: &mut P, visit: Visit<'_>) -> Result<Flow, Stop> {
        (self.0)(program, visit, None)
    }
}

impl Turns {
    /// The search over states goes on until it has taken so many transitions. `share`: the part of the memory that is its.
    fn take<P: Program>(&mut self, program: &mut P, listener: &mut Listener<'_, P>, until: u64, share: u64) -> Result<(), Stop> {
        while self.standing == Standing::Open && self.graph.transitions < until {
            let most = self.budget.states.min(self.graph.states() + self.pace.turn);
            // Progress is told here, of both searches together.
            let budget = Budget { states: most, memory: self.budget.memory / share, progress: Arc::default(), ..self.budget.clone() };
            self.graph.go_on(program, budget, &mut Ear(listener))?;
            self.standing = match self.graph.spent {
                _ if self.graph.trap.is_some() => Standing::Trapped,
                None => Standing::Complete,
                Some(Spent::States(_)) if most < self.budget.states => Standing::Open,
                Some(other) => Standing::Over(other),
            };
            self.budget.progress.store(self.graph.states() + self.followed, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Counts what the other search has done for another execution: all that is not how the last one began.
    fn count(&mut self, history: &History) {
        let same = history.choices().zip(&self.last).take_while(|(new, old)| new == *old).count();
        self.last.truncate(same);
        self.last.extend(history.choices().skip(same));
        self.followed += (history.len() - same) as u64;
    }

    /// Whether nothing is gained by going on with the other search.
    fn is_decided(&self) -> bool {
        match self.standing {
            Standing::Open => false,
            Standing::Complete | Standing::Trapped => true,
            Standing::Over(spent) => is_over_for_both(spent),
        }
    }
}

/// Whether the other search has nothing left either. States, steps and memory are for each.
fn is_over_for_both(spent: Spent) -> bool {
    matches!(spent, Spent::Time | Spent::Interrupted)
}

/// Explores a program with one search, or with both in turns.
///
/// # Errors
///
/// As [`StateGraph::explore`] and [`TraceTree::explore`]. A trap is not an error here but a finding.
pub fn explore<P: Program>(
    program: &mut P,
    engine: Engine,
    options: state_graph::Options,
    pace: Pace,
    listener: &mut Listener<'_, P>,
) -> Result<Portfolio, Stop> {
    let budget = options.budget.clone();
    // The search over traces leaves out what makes no difference: that is all it does. It knows no processes.
    let engine =
        if engine == Engine::Portfolio && (!options.reduction || program.machine().has_processes()) { Engine::StateGraph } else { engine };
    let graph = StateGraph::new(options);
    let mut turns = Turns { graph, standing: Standing::Open, budget, pace, followed: 0, last: Vec::new() };
    let head_start = match engine {
        Engine::TraceTree => 0,
        Engine::StateGraph => u64::MAX,
        Engine::Portfolio => pace.head_start,
    };
    turns.take(program, listener, head_start, 1)?;
    if engine == Engine::StateGraph || turns.is_decided() {
        return Ok(turns.told(engine, TraceTree::default()));
    }
    let tree = turns.explore_traces(program, engine, listener)?;
    if engine == Engine::Portfolio && tree.spent.is_some_and(|spent| !is_over_for_both(spent)) {
        // It is given up: an execution without end, or there are too many.
        turns.take(program, listener, u64::MAX, 1)?;
    }
    Ok(turns.told(engine, tree))
}

impl Turns {
    /// The search over traces, with the turns of the search over states within it.
    fn explore_traces<P: Program>(&mut self, program: &mut P, engine: Engine, listener: &mut Listener<'_, P>) -> Result<TraceTree, Stop> {
        if engine == Engine::TraceTree {
            let options = trace_tree::Options { budget: self.budget.clone(), ..trace_tree::Options::default() };
            return TraceTree::explore(program, options, &mut |program, visit, history| listener(program, visit, Some(history)));
        }
        let budget = Budget { memory: self.budget.memory / 2, progress: Arc::default(), ..self.budget.clone() };
        let options = trace_tree::Options { budget, ..trace_tree::Options::default() };
        TraceTree::explore(program, options, &mut |program: &mut P, visit: Visit<'_>, history: &History| {
            self.count(history);
            listener(program, visit, Some(history))?;
            self.take(program, listener, self.followed + self.pace.head_start, 2)?;
            Ok(if self.is_decided() { Flow::Finish } else { Flow::Continue })
        })
    }

    fn told(self, engine: Engine, tree: TraceTree) -> Portfolio {
        let trap_of_tree = tree.trap.as_ref().map(|(trap, _)| trap.clone());
        let (engine, spent, trap) = match self.standing {
            _ if engine == Engine::TraceTree => (engine, tree.spent, trap_of_tree),
            Standing::Complete => (Engine::StateGraph, None, None),
            Standing::Trapped => (Engine::StateGraph, None, self.graph.trap.as_ref().map(|(trap, _)| trap.clone())),
            Standing::Over(spent) if engine == Engine::StateGraph || is_over_for_both(spent) => (engine, Some(spent), None),
            _ if tree.is_complete() => (Engine::TraceTree, None, None),
            // Neither is done.
            Standing::Open => (engine, tree.spent, trap_of_tree),
            Standing::Over(spent) => (engine, Some(spent), trap_of_tree),
        };
        Portfolio { graph: self.graph, tree, engine, spent, trap }
    }
}
