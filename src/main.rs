//! The command line: `drawloom check`, `run`, `replay`, `outcomes`.
#![forbid(unsafe_code)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
