//! Every interleaving, one by one, without any cleverness: the oracle that the clever searches are tested against.

use std::collections::BTreeSet;

use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::run::ending::{Outcome, ending, outcome};
use crate::step::explorable::Program;
use crate::step::trap::Stop;

/// What brute force finds out.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Everything {
    /// The outcomes.
    pub outcomes: BTreeSet<Outcome>,
    /// How many interleavings there are.
    pub interleavings: u64,
}

/// The longest execution that is followed: one call deep for every step.
const LONGEST: u32 = 300;

/// Runs every interleaving. `None` if there are more than `most`, or one is longer than 300 steps.
///
/// # Errors
///
/// A stop on the way.
pub fn brute_force(interpreter: &mut impl Program, most: u64) -> Result<Option<Everything>, Stop> {
    let mut found = Everything::default();
    let state = interpreter.begin()?;
    let finished = visit(interpreter, &state, most, 0, &mut found)?;
    Ok(finished.then_some(found))
}

fn visit(interpreter: &mut impl Program, state: &State, most: u64, depth: u32, found: &mut Everything) -> Result<bool, Stop> {
    if let Some(ending) = ending(interpreter.machine(), interpreter.values(), state) {
        found.interleavings += 1;
        found.outcomes.insert(outcome(interpreter, state, ending));
        return Ok(found.interleavings <= most);
    }
    if depth > LONGEST {
        return Ok(false);
    }
    for thread in interpreter.machine().enabled(interpreter.values(), state) {
        let Some(op) = interpreter.machine().pending(interpreter.values(), state, thread) else { continue };
        for alternative in 0..Machine::alternatives(op) {
            let mut next = state.clone();
            interpreter.step(&mut next, thread, alternative)?;
            if !visit(interpreter, &next, most, depth + 1, found)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
