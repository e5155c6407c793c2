//! What a search or a run stopped at, shown at its place in the scenario.

use crate::program::diagnostic::{Diagnostic, render};
use crate::program::scenario::Scenario;
use crate::step::place::Place;

/// Shows a stop, and the schedule that leads to it.
pub fn trap(scenario: &Scenario, place: Place, what: &str, schedule: &str, colours: bool) -> String {
    let mut diagnostic = Diagnostic::new(place, what);
    if !schedule.is_empty() {
        diagnostic = diagnostic.help(format!("reached by: drawloom replay {} '{schedule}'", scenario.source.path));
    }
    render(&scenario.source, &diagnostic, colours) + "\n\n"
}
