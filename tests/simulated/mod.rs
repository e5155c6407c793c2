//! What tests do with a program in Rust from inside: work until all it creates has its place, and walks at random.

use drawloom::explore::random_walk::random_walk;
use drawloom::kernel::state::State;
use drawloom::run::execution::Execution;
use drawloom::run::trace::Step;
use drawloom::runtime::simulation::Simulation;
use drawloom::step::trap::Stop;

/// Does something with a program until all that it creates has its place.
pub fn settled<T>(simulation: &mut Simulation<'_>, mut work: impl FnMut(&mut Simulation<'_>) -> Result<T, Stop>) -> T {
    loop {
        match work(simulation) {
            Err(Stop::Relaid) => {}
            other => return other.expect("no trap, and nobody is told apart"),
        }
    }
}

/// The most steps of an execution that is walked.
pub const STEPS: u64 = 200;

/// An execution at random: what was done, where it has led to, and whether that is an end.
pub fn walked(simulation: &mut Simulation<'_>, seed: u64) -> Result<(Vec<Step>, State, bool), Stop> {
    let mut execution = Execution::begin(simulation)?;
    let over = random_walk(&mut execution, seed, STEPS)?;
    Ok((execution.trace, execution.state, over))
}
