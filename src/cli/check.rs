//! `drawloom check`: verdicts for every claim of every scenario.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use drawloom::check::verdict::Report;
use drawloom::checker::Checker;
use drawloom::program::diagnostic::Diagnostics;
use drawloom::program::read::read;
use drawloom::program::scenario::Scenario;
use drawloom::report::table::{Detail, report, total};
use drawloom::report::words::cause_words;
use drawloom::report::{json, trouble};

use crate::cli::arguments::{Check, Format, Searching};
use crate::cli::progress::Progress;
use crate::cli::specs::files;
use crate::cli::{HOLDS, MISTAKE, REFUTED, SPENT};

/// Whether diagnostics are coloured.
pub fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A checker with the options of the command line.
pub fn checker(search: &Searching, interrupted: &Arc<AtomicBool>, progress: &Arc<AtomicU64>) -> Result<Checker, String> {
    let mut checker = Checker::new()
        .symmetry(!search.no_symmetry)
        .reduction(!search.no_reduction)
        .interrupted_by(interrupted.clone())
        .progress_to(progress.clone());
    if let Some(states) = search.states {
        checker = checker.states(states);
    }
    if let Some(steps) = search.steps {
        checker = checker.steps(steps);
    }
    if let Some(memory) = search.memory {
        checker = checker.memory(memory.saturating_mul(1 << 20));
    }
    if let Some(seconds) = search.time {
        let time = Duration::try_from_secs_f64(seconds).map_err(|error| format!("--time {seconds}: {error}"))?;
        checker = checker.time(time);
    }
    Ok(checker)
}

/// Reads a scenario, or says what is wrong with it.
pub fn scenario(path: &Path) -> Option<Arc<Scenario>> {
    match read(path) {
        Ok(scenario) => Some(Arc::new(scenario)),
        Err(diagnostics) => {
            anstream::eprint!("{}", diagnostics.render(colours()));
            None
        }
    }
}

/// A scenario with what was found out about it, or what is wrong with its file.
type Checked = Result<(Arc<Scenario>, Report), Diagnostics>;

/// Checks scenarios, several at a time; tells of them in the order of the files.
pub fn check(arguments: &Check, interrupted: &Arc<AtomicBool>) -> u8 {
    let prepared = files(&arguments.paths).and_then(|files| {
        let states: Vec<Arc<AtomicU64>> = files.iter().map(|_| Arc::default()).collect();
        let checkers = states.iter().map(|states| checker(&arguments.search, interrupted, states)).collect::<Result<Vec<_>, _>>()?;
        Ok((files, states, checkers))
    });
    let (files, states, checkers) = match prepared {
        Ok(prepared) => prepared,
        Err(problem) => {
            anstream::eprintln!("drawloom: {problem}");
            return MISTAKE;
        }
    };
    let mut reports = Vec::new();
    let (mut mistaken, mut trapped) = (0, false);
    std::thread::scope(|scope| {
        let found = check_all(scope, &files, &checkers);
        for ((file, states), found) in files.iter().zip(&states).zip(found) {
            let found = {
                let _progress = Progress::show(&file.to_string_lossy(), states);
                found.recv().expect("every file is checked")
            };
            match found {
                Ok((scenario, found)) => {
                    if arguments.format == Format::Text {
                        let detail = if arguments.all { Detail::Everything } else { Detail::Verdicts };
                        anstream::println!("{}", report(&scenario, &found, detail));
                    }
                    trapped |= tell_traps(&scenario, &found);
                    reports.push(found);
                }
                Err(diagnostics) => {
                    anstream::eprint!("{}", diagnostics.render(colours()));
                    mistaken += 1;
                }
            }
        }
    });
    match arguments.format {
        Format::Text => anstream::print!("{}", total(&reports, mistaken)),
        Format::Json => anstream::println!("{:#}", json::reports(&reports, mistaken)),
    }
    status(&reports, mistaken > 0 || trapped)
}

/// Begins to check files on as many threads as the machine has processors. Gives for each file where its result arrives.
fn check_all<'s>(scope: &'s std::thread::Scope<'s, '_>, files: &'s [PathBuf], checkers: &'s [Checker]) -> Vec<Receiver<Checked>> {
    let (senders, receivers): (Vec<_>, Vec<_>) = files.iter().map(|_| channel()).unzip();
    let next = Arc::new(AtomicUsize::new(0));
    let senders = Arc::new(senders);
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    for _ in 0..workers {
        let (next, senders) = (next.clone(), senders.clone());
        scope.spawn(move || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(file) = files.get(index) else { break };
                let found = read(file).map(|scenario| {
                    let scenario = Arc::new(scenario);
                    let found = checkers[index].check(&scenario);
                    (scenario, found)
                });
                // Nobody waits any more only if the main thread has failed.
                let _ = senders[index].send(found);
            }
        });
    }
    receivers
}

/// Shows where searches have stopped at what cannot be represented, or at a bound. Gives whether any has.
fn tell_traps(scenario: &Scenario, report: &Report) -> bool {
    let mut told = false;
    for (trap, schedule) in report.searches.iter().filter_map(|search| search.trap.as_ref()) {
        anstream::eprint!("{}", trouble::trap(scenario, trap.place, &cause_words(&trap.cause), &schedule.to_string(), colours()));
        told = true;
    }
    told
}

fn status(reports: &[Report], mistake: bool) -> u8 {
    if mistake {
        MISTAKE
    } else if reports.iter().any(Report::is_refuted) {
        REFUTED
    } else if !reports.iter().all(Report::holds) {
        SPENT
    } else {
        HOLDS
    }
}
