//! Every execution of a program with its history, by brute force: nothing is left out, no race is looked for.

use drawloom::kernel::machine::Machine;
use drawloom::kernel::state::State;
use drawloom::run::footprints::Footprints;
use drawloom::run::happens_before::{Bonds, History};
use drawloom::run::schedule::Choice;
use drawloom::step::explorable::Program;
use drawloom::step::trap::Stop;

/// Whoever is shown the state in which each execution has ended, and its history.
type Ended<'a, P> = dyn FnMut(&P, &State, &History) + 'a;

/// Runs a program in every interleaving.
pub fn every_execution<P: Program>(program: &mut P, mut footprints: Footprints, ended: &mut Ended<'_, P>) -> Result<(), Stop> {
    let state = program.begin()?;
    let mut history = History::new(program.machine());
    follow(program, &state, &mut footprints, &mut history, ended)
}

fn follow<P: Program>(
    program: &mut P,
    state: &State,
    footprints: &mut Footprints,
    history: &mut History,
    ended: &mut Ended<'_, P>,
) -> Result<(), Stop> {
    let enabled = program.machine().enabled(program.values(), state);
    if enabled.is_empty() {
        ended(program, state, history);
    }
    for thread in enabled {
        let op = program.machine().pending(program.values(), state, thread).expect("it is enabled");
        for alternative in 0..Machine::alternatives(op) {
            let choice = Choice { thread, alternative };
            let event = footprints.event(program.machine(), program.values(), state, choice).expect("it is enabled");
            let mut next = state.clone();
            program.step(&mut next, thread, alternative)?;
            history.push(footprints, event, &Bonds::of(program, state, thread));
            follow(program, &next, footprints, history, ended)?;
            history.pop();
        }
    }
    Ok(())
}
