//! The verdicts of scenarios as JSON, for machines.

use serde_json::{Value, json};

use crate::check::verdict::{Danger, Judgement, Report, Search};
use crate::report::words::{cause_words, clock, spent_words};

/// All reports as one JSON document. `mistaken`: how many files could not be read.
pub fn reports(reports: &[Report], mistaken: usize) -> Value {
    json!({
        "format": 1,
        "holds": mistaken == 0 && reports.iter().all(Report::holds),
        "mistaken": mistaken,
        "scenarios": reports.iter().map(report).collect::<Vec<_>>(),
    })
}

fn report(report: &Report) -> Value {
    json!({
        "path": report.path,
        "title": report.title,
        "holds": report.holds(),
        "claims": report.judgements.iter().map(judgement).collect::<Vec<_>>(),
        "hazards": report.dangers.iter().map(danger).collect::<Vec<_>>(),
        "searches": report.searches.iter().map(search).collect::<Vec<_>>(),
    })
}

fn judgement(judgement: &Judgement) -> Value {
    json!({
        "claim": judgement.claim,
        "clock": clock(judgement.clock),
        "verdict": judgement.verdict.word(),
        "why": judgement.why,
        "schedule": judgement.evidence.as_ref().map(|evidence| evidence.schedule.to_string()),
        "simplest": judgement.evidence.as_ref().map(|evidence| evidence.simplest),
        "endless": judgement.evidence.as_ref().map(|evidence| evidence.endless),
    })
}

fn danger(danger: &Danger) -> Value {
    json!({
        "hazard": danger.hazard.kind.name(),
        "what": danger.hazard.what,
        "schedule": danger.schedule.as_ref().map(ToString::to_string),
    })
}

fn search(search: &Search) -> Value {
    json!({
        "purpose": search.purpose,
        "clock": clock(search.clock),
        "states": search.states,
        "transitions": search.transitions,
        "symmetry": search.symmetry,
        "reduction": search.reduction,
        "stopped": search.spent.map(spent_words).or_else(|| search.trap.as_ref().map(|(trap, _)| cause_words(&trap.cause))),
    })
}
