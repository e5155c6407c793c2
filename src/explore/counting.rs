//! Exact numbers: how many interleavings a program has, how many traces, how likely each is under a random scheduler.
//!
//! Dynamic programming over the states (and, for traces, the sleep sets of Godefroid 1996 with the relation of
//! happens-before): a number with a hundred digits takes no longer than the states.

use num_bigint::BigUint;
use rustc_hash::FxHashMap;

use crate::kernel::access::Access;
use crate::kernel::dependence::dependent;
use crate::kernel::fingerprint::fingerprint;
use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::kernel::value::ThreadId;
use crate::run::schedule::Choice;
use crate::step::explorable::Program;
use crate::step::trap::Stop;

/// The deepest execution that is counted.
const DEPTH: usize = 2_000;

/// Counts what a program can do. Programs that can go on for ever have no number: the result is `None`, as it is when
/// there are more than `most` states to look at.
pub struct Counter<'a, P> {
    interpreter: &'a mut P,
    most: usize,
    known: FxHashMap<(u128, Vec<Choice>), Option<BigUint>>,
    traces: bool,
}

/// The number of interleavings: of schedules that lead to an end.
///
/// # Errors
///
/// A stop on the way.
pub fn interleavings(interpreter: &mut impl Program, most: usize) -> Result<Option<BigUint>, Stop> {
    let state = interpreter.begin()?;
    Counter { interpreter, most, known: FxHashMap::default(), traces: false }.count(&state, &[], 0)
}

/// The number of Mazurkiewicz traces: of interleavings, where those that differ only in the order of independent
/// operations count once.
///
/// # Errors
///
/// A stop on the way.
pub fn traces(interpreter: &mut impl Program, most: usize) -> Result<Option<BigUint>, Stop> {
    let state = interpreter.begin()?;
    Counter { interpreter, most, known: FxHashMap::default(), traces: true }.count(&state, &[], 0)
}

impl<P: Program> Counter<'_, P> {
    fn uses(&self, state: &State, thread: ThreadId) -> Vec<Access> {
        let (machine, values) = (self.interpreter.machine(), self.interpreter.values());
        machine.pending(values, state, thread).map_or(Vec::new(), |op| machine.accesses(values, state, thread, op))
    }

    fn count(&mut self, state: &State, asleep: &[Choice], depth: usize) -> Result<Option<BigUint>, Stop> {
        let key = (fingerprint(state, 0), asleep.to_vec());
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        if self.known.len() >= self.most || depth >= DEPTH {
            return Ok(None);
        }
        // While a state is being counted it has no number: a cycle ends here.
        self.known.insert(key.clone(), None);
        let enabled = self.interpreter.machine().enabled(self.interpreter.values(), state);
        let mut total = BigUint::from(u32::from(enabled.is_empty()));
        let mut sleeping = asleep.to_vec();
        for &thread in &enabled {
            let Some(op) = self.interpreter.machine().pending(self.interpreter.values(), state, thread) else { continue };
            for alternative in 0..Machine::alternatives(op) {
                let choice = Choice { thread, alternative };
                if sleeping.contains(&choice) {
                    continue;
                }
                let mut next = state.clone();
                self.interpreter.step(&mut next, thread, alternative)?;
                let still = if self.traces { self.still_asleep(state, &sleeping, thread) } else { Vec::new() };
                let Some(more) = self.count(&next, &still, depth + 1)? else { return Ok(None) };
                total += more;
                if self.traces {
                    sleeping.push(choice);
                    sleeping.sort_unstable();
                }
            }
        }
        self.known.insert(key, Some(total.clone()));
        Ok(Some(total))
    }

    /// Which sleeping choices stay asleep when a thread has acted: those that do not depend on what it did.
    fn still_asleep(&self, state: &State, sleeping: &[Choice], thread: ThreadId) -> Vec<Choice> {
        if self.interpreter.machine().clock.is_quiet(state) {
            // Which timer is the first decides everything that follows.
            return Vec::new();
        }
        let done = self.uses(state, thread);
        let independent = |choice: &&Choice| {
            choice.thread != thread
                && !self.uses(state, choice.thread).iter().any(|&other| done.iter().any(|&access| dependent(access, other)))
        };
        sleeping.iter().filter(independent).copied().collect()
    }
}
