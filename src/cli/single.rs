//! `drawloom run`, `replay` and `outcomes`: single executions of one scenario.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use drawloom::explore::random_walk::random_walk;
use drawloom::program::interpreter::{Interpreter, Mode};
use drawloom::program::scenario::Scenario;
use drawloom::report::words::{cause_words, clock, plural, spent_words};
use drawloom::report::{story, trouble};
use drawloom::run::execution::Execution;
use drawloom::run::schedule::Schedule;
use drawloom::step::clock::Clock;
use drawloom::step::trap::Stop;

use crate::cli::arguments::{ClockName, Outcomes, Replay, Run};
use crate::cli::check::{checker, colours, scenario};
use crate::cli::progress::Progress;
use crate::cli::{HOLDS, MISTAKE, SPENT};

fn chosen(clock: Option<ClockName>, scenario: &Scenario) -> Clock {
    match clock {
        None => scenario.clock,
        Some(ClockName::Untimed) => Clock::Untimed,
        Some(ClockName::Timed) => Clock::Timed,
    }
}

/// One execution at random.
pub fn run(arguments: &Run) -> u8 {
    let Some(scenario) = scenario(&arguments.spec) else { return MISTAKE };
    let mode = Mode { clock: chosen(arguments.clock, &scenario), keeps_output: true, symmetry: false };
    let mut interpreter = Interpreter::new(scenario.clone(), mode);
    let steps = arguments.steps.unwrap_or(scenario.bounds.steps);
    let mut execution = match Execution::begin(&mut interpreter) {
        Ok(execution) => execution,
        Err(stop) => return stopped(&scenario, &stop, ""),
    };
    let walked = random_walk(&mut execution, arguments.seed, steps);
    tell(&scenario, &execution);
    match walked {
        Ok(true) => HOLDS,
        Ok(false) => {
            anstream::eprintln!("drawloom: stopped after {} (more with --steps)", plural(steps, "step"));
            SPENT
        }
        Err(stop) => stopped(&scenario, &stop, &execution.schedule().to_string()),
    }
}

fn tell(scenario: &Scenario, execution: &Execution<'_, Interpreter>) {
    let schedule = execution.schedule();
    anstream::println!("{} - {} ({})", scenario.source.path, scenario.title, clock(schedule.clock));
    anstream::print!("{}", story::steps(execution));
    anstream::print!("{}", story::ending(execution));
    anstream::println!("replay: drawloom replay {} '{schedule}'", scenario.source.path);
}

fn stopped(scenario: &Scenario, stop: &Stop, schedule: &str) -> u8 {
    if let Stop::Trap(trap) = stop {
        anstream::eprint!("{}", trouble::trap(scenario, trap.place, &cause_words(&trap.cause), schedule, colours()));
    }
    MISTAKE
}

/// The execution of a schedule again.
pub fn replay(arguments: &Replay) -> u8 {
    let Some(scenario) = scenario(&arguments.spec) else { return MISTAKE };
    let schedule = match Schedule::parse(&arguments.schedule) {
        Ok(schedule) => schedule,
        Err(malformed) => {
            anstream::eprintln!("drawloom: {malformed}");
            anstream::eprintln!("  {}", arguments.schedule);
            return MISTAKE;
        }
    };
    let stale = schedule.program != scenario.hash();
    if stale {
        anstream::eprintln!(
            "drawloom: the schedule was made for another program ({:08x}, this is {:08x}); trying it all the same",
            schedule.program,
            scenario.hash()
        );
    }
    let mode = Mode { clock: schedule.clock, keeps_output: true, symmetry: false };
    let mut interpreter = Interpreter::new(scenario.clone(), mode);
    let mut execution = match Execution::begin(&mut interpreter) {
        Ok(execution) => execution,
        Err(stop) => return stopped(&scenario, &stop, ""),
    };
    let replayed = execution.replay(&schedule.choices);
    tell(&scenario, &execution);
    match replayed {
        Ok(Ok(())) => HOLDS,
        Ok(Err(stale)) => {
            anstream::eprintln!("drawloom: {stale}");
            MISTAKE
        }
        Err(stop) => stopped(&scenario, &stop, &schedule.to_string()),
    }
}

/// Every way a scenario can end.
pub fn outcomes(arguments: &Outcomes, interrupted: &Arc<AtomicBool>) -> u8 {
    let Some(scenario) = scenario(&arguments.spec) else { return MISTAKE };
    let progress = Arc::new(AtomicU64::new(0));
    let checker = match checker(&arguments.search, interrupted, &progress) {
        Ok(checker) => checker,
        Err(problem) => {
            anstream::eprintln!("drawloom: {problem}");
            return MISTAKE;
        }
    };
    let on = chosen(arguments.clock, &scenario);
    let (found, search) = {
        let _progress = Progress::show(&scenario.source.path, &progress);
        checker.outcomes(&scenario, on)
    };
    anstream::println!("{} - {} ({})", scenario.source.path, scenario.title, clock(on));
    let one = num_bigint::BigUint::from(1_u32);
    for (number, collected) in found.iter().take(arguments.limit).enumerate() {
        let alike = if collected.renamings > one {
            format!(" (and {} more by renaming equal threads)", &collected.renamings - &one)
        } else {
            String::new()
        };
        anstream::println!("\noutcome {}{alike}", number + 1);
        for line in story::outcome_lines(&collected.outcome).lines() {
            anstream::println!("  {line}");
        }
        anstream::println!("  replay: drawloom replay {} '{}'", scenario.source.path, collected.schedule);
    }
    let total: num_bigint::BigUint = found.iter().map(|collected| &collected.renamings).sum();
    let unlisted = found.len().saturating_sub(arguments.limit);
    let rest = if unlisted > 0 { format!("; {unlisted} not listed (--limit)") } else { String::new() };
    let (outcomes, states) = (plural(&total, "outcome"), plural(search.states, "state"));
    anstream::println!("\n{outcomes}, {} up to renaming{rest}; {states}", found.len());
    if let Some((trap, schedule)) = &search.trap {
        anstream::eprint!("{}", trouble::trap(&scenario, trap.place, &cause_words(&trap.cause), &schedule.to_string(), colours()));
        return MISTAKE;
    }
    if let Some(spent) = search.spent {
        anstream::eprintln!("drawloom: not all outcomes: {}", spent_words(spent));
        return SPENT;
    }
    HOLDS
}
