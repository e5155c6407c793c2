//! Schedules on which a program has failed before: kept in a file, tried first the next time.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::run::schedule::Schedule;

/// What stands at the head of a new file.
const HEAD: &str = "# Schedules on which a check has failed, kept by drawloom and tried first the next time. Commit this file.\n";

/// The schedules in a file that were made for this program; none if there is no file.
pub fn known(path: &Path, program: u32) -> Vec<Schedule> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let schedules = text.lines().filter_map(|line| Schedule::parse(line).ok());
    schedules.filter(|schedule| schedule.program == program).collect()
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
