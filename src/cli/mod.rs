//! What the command line offers, and what it exits with.

mod arguments;
mod check;
mod progress;
mod single;
mod specs;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;

use crate::cli::arguments::{Arguments, Command};

/// Exit status: every claim holds.
pub const HOLDS: u8 = 0;
/// Exit status: a claim is refuted.
pub const REFUTED: u8 = 1;
/// Exit status: usage or scenario error.
pub const MISTAKE: u8 = 2;
/// Exit status: the budget was spent before everything was decided.
pub const SPENT: u8 = 3;

/// Runs the command that was asked for.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    // The first Ctrl-C ends the search with what is known so far, the second ends the program.
    let handler = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    if let Err(error) = handler {
        anstream::eprintln!("drawloom: Ctrl-C will end the program at once: {error}");
    }
    let status = match arguments.command.unwrap_or_default() {
        Command::Check(check) => check::check(&check, &interrupted),
        Command::Run(run) => single::run(&run),
        Command::Replay(replay) => single::replay(&replay),
        Command::Outcomes(outcomes) => single::outcomes(&outcomes, &interrupted),
    };
    ExitCode::from(status)
}
