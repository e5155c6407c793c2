//! Schedules on which a program has failed before: kept in a file, tried first the next time.

use std::io::{self, Write};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::run::schedule::Schedule;
use crate::step::clock::Clock;

/// What stands at the head of a new file.
const HEAD: &str = "# Schedules on which a check has failed, kept by drawloom and tried first the next time. Commit this file.\n";

/// Where the schedules are kept.
#[derive(Clone, Default, Debug)]
pub enum Regressions {
    /// Beside the source file that runs the check: for `tests/it.rs`, in `tests/it.regressions`.
    #[default]
    Beside,
    /// In this file.
    File(PathBuf),
    /// Nowhere.
    Nowhere,
}

impl Regressions {
    /// The file for a check that is run here; none if they are kept nowhere, or the source file is not to be found.
    pub fn file(&self, caller: &Location<'_>) -> Option<PathBuf> {
        match self {
            Regressions::Nowhere => None,
            Regressions::File(file) => Some(file.clone()),
            Regressions::Beside => {
                // The compiler names source files from the root of the workspace, tests run in the root of their package.
                let place = env::current_dir().ok()?;
                let source = place.ancestors().map(|folder| folder.join(caller.file())).find(|source| source.is_file())?;
                Some(source.with_extension("regressions"))
            }
        }
    }
}

/// The schedules in a file that were made for the program with this hash, on this clock; none if there is no file. On another
/// clock a schedule is no execution of the check.
pub fn known(path: &Path, program: u32, clock: Clock) -> Vec<Schedule> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let schedules = text.lines().filter_map(|line| Schedule::parse(line).ok());
    schedules.filter(|schedule| schedule.program == program && schedule.clock == clock).collect()
}

/// Adds a schedule to a file, unless it is there.
///
/// # Errors
///
/// The file cannot be written.
pub fn keep(path: &Path, schedule: &Schedule) -> io::Result<()> {
    let line = schedule.to_string();
    let text = fs::read_to_string(path).unwrap_or_default();
    if text.lines().any(|known| known == line) {
        return Ok(());
    }
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
    if text.is_empty() {
        file.write_all(HEAD.as_bytes())?;
    }
    writeln!(file, "{line}")
}
