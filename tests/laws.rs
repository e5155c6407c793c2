//! Does the kernel keep the laws the searches build on? Commutation, enabling, replay, determinism: in every reachable state of random programs.

#[path = "random/executors.rs"]
mod executors;
#[path = "random/processes.rs"]
mod processes;
mod random;

use std::collections::HashSet;
use std::sync::Arc;

use drawloom::explore::random_walk::random_walk;
use drawloom::explore::renaming::Renamings;
use drawloom::explore::symmetry::Symmetry;
use drawloom::kernel::access::Access;
use drawloom::kernel::dependence::{conflict, dependent};
use drawloom::kernel::machine::Machine;
use drawloom::kernel::op::Op;
use drawloom::kernel::state::State;
use drawloom::kernel::value::ThreadId;
use drawloom::program::interpreter::{Interpreter, Mode};
use drawloom::program::read::read_text;
use drawloom::program::scenario::Scenario;
use drawloom::run::execution::Execution;
use drawloom::run::schedule::Schedule;
use drawloom::step::clock::Clock;
use drawloom::step::trap::Stop;
use proptest::prelude::*;
use random::program;

const STATES: usize = 400;

fn cases(fallback: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(fallback);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4_000, ..ProptestConfig::default() }
}

fn read(text: &str) -> Arc<Scenario> {
    Arc::new(read_text("random.yaml", text, None).unwrap_or_else(|found| panic!("{}", found.render(false))))
}

fn interpreter(scenario: &Arc<Scenario>, clock: Clock, symmetry: bool) -> Interpreter {
    Interpreter::new(scenario.clone(), Mode { clock, keeps_output: true, symmetry })
}

/// The states that can be reached, at most some hundreds.
fn reachable(interpreter: &mut Interpreter) -> Vec<State> {
    let Ok(first) = interpreter.begin() else { return Vec::new() };
    let (mut seen, mut found) = (HashSet::from([first.clone()]), vec![first]);
    let mut next = 0;
    while next < found.len() && found.len() < STATES {
        let state = found[next].clone();
        next += 1;
        for (id, op) in enabled(interpreter, &state) {
            for alternative in 0..Machine::alternatives(op) {
                let mut after = state.clone();
                if interpreter.step(&mut after, id, alternative).is_ok() && seen.insert(after.clone()) {
                    found.push(after);
                }
            }
        }
    }
    found
}

fn enabled(interpreter: &Interpreter, state: &State) -> Vec<(ThreadId, Op)> {
    let machine = &interpreter.machine;
    machine
        .enabled(&interpreter.values, state)
        .into_iter()
        .map(|id| (id, machine.pending(&interpreter.values, state, id).unwrap()))
        .collect()
}

fn uses(interpreter: &Interpreter, state: &State, id: ThreadId, op: Op) -> Vec<Access> {
    interpreter.machine.accesses(&interpreter.values, state, id, op)
}

fn related(left: &[Access], right: &[Access], relation: fn(Access, Access) -> bool) -> bool {
    left.iter().any(|&a| right.iter().any(|&b| relation(a, b)))
}

/// Takes both steps, one after the other; nothing if the second is not possible. A step that stops is an error: it is no
/// behaviour of the program.
fn both(interpreter: &mut Interpreter, state: &State, first: (ThreadId, u32), second: (ThreadId, u32)) -> Result<Option<State>, Stop> {
    let mut after = state.clone();
    interpreter.step(&mut after, first.0, first.1)?;
    let possible = enabled(interpreter, &after).into_iter().find(|(id, _)| *id == second.0);
    if possible.is_none_or(|(_, op)| second.1 >= Machine::alternatives(op)) {
        return Ok(None);
    }
    interpreter.step(&mut after, second.0, second.1)?;
    Ok(Some(after))
}

/// Every pair of enabled operations that do not conflict commutes, and neither disables the other.
fn check_commutation(interpreter: &mut Interpreter, state: &State) -> Result<(), String> {
    if interpreter.machine.clock.is_quiet(state) {
        // Which timer fires first is a choice: searches expand such a state in full.
        return Ok(());
    }
    let able = enabled(interpreter, state);
    for (index, &(a, op_a)) in able.iter().enumerate() {
        for &(b, op_b) in &able[index + 1..] {
            let (uses_a, uses_b) = (uses(interpreter, state, a, op_a), uses(interpreter, state, b, op_b));
            let conflicts = related(&uses_a, &uses_b, conflict) || related(&uses_b, &uses_a, conflict);
            if conflicts {
                if !related(&uses_a, &uses_b, dependent) || !related(&uses_b, &uses_a, dependent) {
                    return Err(format!("{op_a:?} and {op_b:?} conflict, but do not depend on each other"));
                }
                continue;
            }
            for alternative_a in 0..Machine::alternatives(op_a) {
                for alternative_b in 0..Machine::alternatives(op_b) {
                    let first = both(interpreter, state, (a, alternative_a), (b, alternative_b));
                    let second = both(interpreter, state, (b, alternative_b), (a, alternative_a));
                    if let (Ok(first), Ok(second)) = (first, second)
                        && first != second
                    {
                        return Err(format!("{op_a:?} of {a:?} and {op_b:?} of {b:?} do not commute"));
                    }
                }
            }
        }
    }
    Ok(())
}

/// A blocked operation becomes possible only through what may enable it: a use, an end, a start, or the clock.
fn check_enabling(interpreter: &mut Interpreter, state: &State) -> Result<(), String> {
    let able = enabled(interpreter, state);
    for &(a, op_a) in &able {
        for alternative in 0..Machine::alternatives(op_a) {
            let uses_a = uses(interpreter, state, a, op_a);
            let mut after = state.clone();
            if interpreter.step(&mut after, a, alternative).is_err() {
                continue;
            }
            for (b, op_b) in enabled(interpreter, &after) {
                let before = interpreter.machine.pending(&interpreter.values, state, b);
                let was_blocked = b != a && before.is_some() && !able.iter().any(|(id, _)| *id == b);
                let Some(blocked) = before.filter(|_| was_blocked) else { continue };
                let machine = &interpreter.machine;
                let by_use = uses_a.iter().any(|&by| machine.may_enable(state, b, blocked, by));
                let by_end = machine.waits_for_end_of(state, blocked).iter().any(|id| machine.thread(*id).status(&after).is_over());
                if !by_use && !by_end && !machine.has_clock() {
                    return Err(format!("{op_a:?} of {a:?} enables {blocked:?} of {b:?} (now {op_b:?}), but may not"));
                }
            }
        }
    }
    Ok(())
}

fn keeps_the_laws(text: &str) -> Result<(), TestCaseError> {
    let scenario = read(text);
    for clock in [Clock::Untimed, Clock::Timed] {
        let mut interpreter = interpreter(&scenario, clock, false);
        for state in reachable(&mut interpreter) {
            let checked = check_commutation(&mut interpreter, &state).and_then(|()| check_enabling(&mut interpreter, &state));
            prop_assert!(checked.is_ok(), "{}\n{:?}\n{}", checked.unwrap_err(), clock, text);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn what_does_not_conflict_commutes_and_what_enables_may(program in program()) {
        keeps_the_laws(&program.text(false))?;
    }

    #[test]
    fn what_does_not_conflict_commutes_with_executors(text in executors::text()) {
        keeps_the_laws(&text)?;
    }

    #[test]
    fn what_does_not_conflict_commutes_with_processes(text in processes::text()) {
        keeps_the_laws(&text)?;
    }

    #[test]
    fn renaming_equal_threads_and_a_step_can_be_exchanged(program in program()) {
        let scenario = read(&program.text(false));
        for clock in [Clock::Untimed, Clock::Timed] {
            let mut interpreter = interpreter(&scenario, clock, true);
            let mut symmetry = Symmetry::new(&interpreter);
            for state in reachable(&mut interpreter).into_iter().take(60) {
                let mut renamed = state.clone();
                let Some(to) = symmetry.normalize(&mut interpreter, &mut renamed) else { continue };
                for (id, op) in enabled(&interpreter, &state) {
                    for alternative in 0..Machine::alternatives(op) {
                        let (mut plain, mut other) = (state.clone(), renamed.clone());
                        let new_id = ThreadId(to[id.index()]);
                        let stops = (interpreter.step(&mut plain, id, alternative), interpreter.step(&mut other, new_id, alternative));
                        if stops.0.is_err() || stops.1.is_err() {
                            continue;
                        }
                        Renamings::default().rename(&mut interpreter, &mut plain, &to);
                        prop_assert_eq!(&plain, &other, "{:?} of {:?}\n{}", op, id, program.text(false));
                    }
                }
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_execution_and_its_schedule_gives_it_again(program in program(), seed in any::<u64>()) {
        let scenario = read(&program.text(false));
        for clock in [Clock::Untimed, Clock::Timed] {
            let run = || {
                let mut interpreter = interpreter(&scenario, clock, false);
                let mut execution = Execution::begin(&mut interpreter).ok()?;
                random_walk(&mut execution, seed, 500).ok()?;
                let (state, schedule) = (execution.state.clone(), execution.schedule());
                Some((format!("{:?}", execution.trace), state, schedule))
            };
            let Some((trace, state, schedule)) = run() else { continue };
            prop_assert_eq!(run().map(|(trace, _, _)| trace), Some(trace.clone()));
            let text = schedule.to_string();
            let read_again = Schedule::parse(&text).unwrap();
            prop_assert_eq!(&read_again, &schedule);
            let mut interpreter = interpreter(&scenario, clock, false);
            let mut execution = Execution::begin(&mut interpreter).unwrap();
            prop_assert_eq!(execution.replay(&read_again.choices), Ok(Ok(())));
            prop_assert_eq!(format!("{:?}", execution.trace), trace);
            prop_assert_eq!(&execution.state, &state);
        }
    }
}
