//! The simplest execution that shows something: fewest preemptions, then fewest switches, then fewest steps.
//!
//! Uniform-cost search (Dijkstra 1959) over pairs of a state and the thread that acted last. What it finds is minimal
//! among all executions, not only among neighbours of one that failed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use crate::explore::symmetry::Symmetry;
use crate::explore::symmetry::own_names;
use crate::kernel::fingerprint::fingerprint;
use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::kernel::value::ThreadId;
use crate::run::budget::Budget;
use crate::run::schedule::{Choice, Cost};
use crate::step::ending::Ending;
use crate::step::explorable::Program;
use crate::step::trap::Stop;

/// What a state is to the search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// It is what is looked for.
    Goal,
    /// It may lead there.
    Onward,
    /// It cannot lead there.
    Astray,
}

/// What is looked for: marks a state, being told how the execution has ended there, if it has.
pub type Goal<'a, P> = dyn FnMut(&mut P, &mut State, Option<Ending>) -> Result<Mark, Stop> + 'a;

struct Node {
    state: State,
    parent: u32,
    choice: Option<Choice>,
    /// The thread that acted last, under its name in this state.
    last: Option<ThreadId>,
    cost: Cost,
}

/// Finds the choices of a simplest execution that reaches a goal. `None`: there is none, or the budget was spent first.
///
/// # Errors
///
/// `Asymmetric`: the search must be done without symmetry.
pub fn simplest<P: Program>(interpreter: &mut P, budget: &Budget, goal: &mut Goal<'_, P>) -> Result<Option<Vec<Choice>>, Stop> {
    let mut state = interpreter.begin()?;
    let mut symmetry = Symmetry::new(interpreter);
    symmetry.normalize(interpreter, &mut state);
    let mut best: FxHashMap<u128, Cost> = FxHashMap::default();
    let mut nodes = vec![Node { state, parent: 0, choice: None, last: None, cost: Cost::default() }];
    let mut queue = BinaryHeap::from([Reverse((Cost::default(), 0_u32))]);
    let mut round = 0;
    while let Some(Reverse((cost, number))) = queue.pop() {
        round += 1;
        let mut state = nodes[number as usize].state.clone();
        let last = nodes[number as usize].last;
        let key = fingerprint(&state, last.map_or(0, |last| u64::from(last.0) + 1));
        if best.get(&key).is_some_and(|&better| better < cost) {
            continue;
        }
        let enabled = interpreter.machine().enabled(interpreter.values(), &state);
        let exited = if interpreter.machine().has_exited(&state) { Ending::Exit } else { Ending::Deadlock };
        match goal(interpreter, &mut state, enabled.is_empty().then_some(exited))? {
            Mark::Goal => return own_names(interpreter, &mut symmetry, &path(&nodes, number)).map(Some),
            Mark::Astray => continue,
            Mark::Onward => {}
        }
        for &thread in &enabled {
            let Some(op) = interpreter.machine().pending(interpreter.values(), &state, thread) else { continue };
            for alternative in 0..Machine::alternatives(op) {
                let mut next = state.clone();
                match interpreter.step(&mut next, thread, alternative) {
                    Err(Stop::Trap(_)) => continue,
                    other => other?,
                }
                let renamed = symmetry.normalize(interpreter, &mut next);
                let new_last = renamed.as_ref().map_or(thread, |to| ThreadId(to[thread.index()]));
                let switches = last.is_some_and(|last| last != thread);
                let preempts = switches && last.is_some_and(|last| enabled.contains(&last));
                let cost = Cost {
                    preemptions: cost.preemptions + u32::from(preempts),
                    switches: cost.switches + u32::from(switches),
                    steps: cost.steps + 1,
                };
                let key = fingerprint(&next, u64::from(new_last.0) + 1);
                if best.get(&key).is_none_or(|&known| cost < known) {
                    best.insert(key, cost);
                    queue.push(Reverse((cost, nodes.len() as u32)));
                    let choice = Some(Choice { thread, alternative });
                    nodes.push(Node { state: next, parent: number, choice, last: Some(new_last), cost });
                }
            }
        }
        let bytes = nodes.len() * (interpreter.machine().slots * 8 + size_of::<Node>() + 60) + interpreter.values().bytes();
        if budget.spent(round, nodes.len() as u64, bytes as u64, u64::from(cost.steps)).is_some() {
            return Ok(None);
        }
    }
    Ok(None)
}

fn path(nodes: &[Node], number: u32) -> Vec<Choice> {
    let mut choices = Vec::new();
    let mut at = number;
    while let Some(choice) = nodes[at as usize].choice {
        choices.push(choice);
        at = nodes[at as usize].parent;
    }
    choices.reverse();
    debug_assert_eq!(choices.len(), nodes[number as usize].cost.steps as usize);
    choices
}
