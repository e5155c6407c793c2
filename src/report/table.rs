//! The verdicts of scenarios as text.

use std::fmt::Write;
use std::sync::Arc;

use crate::check::hazard::Hazard;
use crate::check::verdict::{Danger, Judgement, Report, Search, Verdict};
use crate::program::interpreter::{Interpreter, Mode};
use crate::program::scenario::Scenario;
use crate::report::story;
use crate::report::words::{clock, plural, spent_words};
use crate::run::execution::Execution;
use crate::run::schedule::Schedule;
use crate::step::trap::Stop;

/// How much is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Detail {
    /// Verdicts; executions only for what does not hold.
    Verdicts,
    /// Verdicts and every execution.
    Everything,
}

/// The report of one scenario.
pub fn report(scenario: &Arc<Scenario>, report: &Report, detail: Detail) -> String {
    let mut text = format!("{} - {}\n", report.path, report.title);
    let width = report.judgements.iter().map(|judgement| story::columns(&judgement.claim)).max().unwrap_or(0).min(56);
    for judgement in &report.judgements {
        text += &line(judgement, width);
        let told = match judgement.verdict {
            Verdict::Refuted => true,
            Verdict::Undecided => false,
            _ => detail == Detail::Everything,
        };
        if told && let Some(evidence) = &judgement.evidence {
            text += &evidence_lines(scenario, report, &evidence.schedule, evidence.endless);
        }
    }
    for danger in &report.dangers {
        let _ = writeln!(text, "  hazard     {}", told_danger(scenario, danger));
        if detail == Detail::Everything
            && let Some(schedule) = &danger.schedule
        {
            let _ = writeln!(text, "      replay: drawloom replay {} '{schedule}'", report.path);
        }
    }
    for search in &report.searches {
        text += &search_line(search);
    }
    text
}

/// A hazard by its name, what happens, and where.
pub fn told_danger(scenario: &Scenario, danger: &Danger) -> String {
    let Hazard { kind, places, what } = &danger.hazard;
    let mut lines: Vec<String> = places.iter().map(|place| scenario.source.line(*place)).collect();
    lines.dedup();
    let at = if lines.is_empty() { String::new() } else { format!(" ({})", lines.join(", ")) };
    format!("{}: {what}{at}", kind.name())
}

fn line(judgement: &Judgement, width: usize) -> String {
    let why = if judgement.why.is_empty() { String::new() } else { format!("  {}", judgement.why) };
    let text = format!("  {:<9}  {}  {:<7}{why}", judgement.verdict.word(), story::padded(&judgement.claim, width), clock(judgement.clock));
    format!("{}\n", text.trim_end())
}

fn search_line(search: &Search) -> String {
    let mut how = vec![clock(search.clock).to_owned()];
    if search.symmetry {
        how.push("equal threads renamed".to_owned());
    }
    if search.reduction {
        how.push("reduced".to_owned());
    }
    let (states, transitions) = (plural(search.states, "state"), plural(search.transitions, "transition"));
    let mut text = format!("  {states}, {transitions} ({}", how.join(", "));
    if search.purpose != "claims" {
        let _ = write!(text, "; {}", search.purpose);
    }
    text.push(')');
    if let Some(spent) = search.spent {
        let _ = write!(text, "; stopped: {}", spent_words(spent));
    }
    text.push('\n');
    text
}

fn evidence_lines(scenario: &Arc<Scenario>, report: &Report, schedule: &Schedule, endless: bool) -> String {
    let told = told(scenario, schedule, endless).unwrap_or_else(|stop| format!("the execution stopped: {stop:?}\n"));
    let mut text = String::new();
    for line in told.lines() {
        let _ = writeln!(text, "      {line}");
    }
    let _ = writeln!(text, "      replay: drawloom replay {} '{schedule}'", report.path);
    text
}

/// An execution of a scenario, told from its schedule.
///
/// # Errors
///
/// A stop on the way.
pub fn told(scenario: &Arc<Scenario>, schedule: &Schedule, endless: bool) -> Result<String, Stop> {
    let mode = Mode { clock: schedule.clock, keeps_output: true, symmetry: false };
    let mut interpreter = Interpreter::new(scenario.clone(), mode);
    let mut execution = Execution::begin(&mut interpreter)?;
    if let Err(stale) = execution.replay(&schedule.choices)? {
        return Ok(format!("{stale}\n"));
    }
    let mut text = story::steps(&execution);
    if endless {
        text += "and so on, for ever: the last step leads back to an earlier state\n";
    } else if execution.ending().is_some() {
        text += &story::ending(&execution);
    }
    Ok(text)
}

/// One line for all scenarios together, and for the files with mistakes; none where there is nothing but those.
pub fn total(reports: &[Report], mistaken: usize) -> String {
    if reports.is_empty() && mistaken > 0 {
        return String::new();
    }
    let count =
        |verdict: Verdict| reports.iter().flat_map(|report| &report.judgements).filter(|judgement| judgement.verdict == verdict).count();
    let claims: usize = reports.iter().map(|report| report.judgements.len()).sum();
    let parts: Vec<String> = [Verdict::Proved, Verdict::Shown, Verdict::Refuted, Verdict::Undecided]
        .into_iter()
        .filter(|&verdict| count(verdict) > 0)
        .map(|verdict| format!("{} {}", count(verdict), verdict.word()))
        .collect();
    let mistaken = if mistaken > 0 { format!("; {} with mistakes", plural(mistaken, "file")) } else { String::new() };
    format!("{}, {}: {}{mistaken}\n", plural(reports.len(), "scenario"), plural(claims, "claim"), parts.join(", "))
}
