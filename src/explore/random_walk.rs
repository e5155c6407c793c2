//! One execution at random: at every step, each thread that can act is as likely as any other.
//!
//! Every draw is a raw word of ChaCha8 seeded with the seed, picked from by multiplication: the same seed gives the same
//! execution on every machine and in every version 1.x.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::kernel::machine::Machine;
use crate::run::execution::Execution;
use crate::run::schedule::Choice;
use crate::step::explorable::Program;
use crate::step::trap::Stop;

/// A source of draws.
pub struct Draws {
    generator: ChaCha8Rng,
}

impl Draws {
    /// The draws of a seed.
    pub fn new(seed: u64) -> Draws {
        Draws { generator: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// A number below `bound`, which is at least 1.
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.generator.next_u32()) * u64::from(bound)) >> 32) as u32
    }
}

/// Runs an execution to its end, or for at most this many steps. Gives whether it has ended.
///
/// # Errors
///
/// A stop on the way.
pub fn random_walk(execution: &mut Execution<'_, impl Program>, seed: u64, steps: u64) -> Result<bool, Stop> {
    let mut draws = Draws::new(seed);
    for _ in 0..steps {
        let (machine, values) = (execution.interpreter.machine(), execution.interpreter.values());
        let enabled = machine.enabled(values, &execution.state);
        if enabled.is_empty() {
            return Ok(true);
        }
        let thread = enabled[draws.below(enabled.len() as u32) as usize];
        let ways = machine.pending(values, &execution.state, thread).map_or(1, Machine::alternatives);
        let alternative = if ways > 1 { draws.below(ways) } else { 0 };
        execution.take(Choice { thread, alternative })?;
    }
    Ok(execution.enabled().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draws_of_a_seed_never_change() {
        let mut draws = Draws::new(42);
        let drawn: Vec<u32> = (0..8).map(|_| draws.below(1000)).collect();
        assert_eq!(drawn, [224, 681, 146, 950, 772, 427, 344, 627]);
    }
}
