//! Do the shipped scenarios hold? One trial a file, discovered: verdicts, replay of every schedule, a snapshot, a second reader.

mod shipped;
mod snapshot;

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use drawloom::checker::Checker;
use drawloom::program::document::{self, Kind, Node};
use drawloom::program::interpreter::{Interpreter, Mode};
use drawloom::program::read::read;
use drawloom::program::scenario::Scenario;
use drawloom::program::statement::{Frequency, Statement};
use drawloom::report::story::outcome_lines;
use drawloom::report::table::{Detail, report, told};
use drawloom::run::ending::outcome;
use drawloom::run::execution::Execution;
use drawloom::run::schedule::Schedule;
use drawloom::step::ending::Ending;
use libtest_mimic::{Arguments, Failed, Trial};
use shipped::{root, scenarios};
use snapshot::every_one_is_claimed;

/// The most lines of a snapshot.
const LINES: usize = 400;

fn name_of(path: &Path) -> String {
    path.with_extension("").iter().skip(1).map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("__")
}

/// Replays a schedule that is said to show something about a claim, and looks whether it does.
fn confirm(scenario: &Arc<Scenario>, schedule: &Schedule, statement: &Statement) -> Result<(), Failed> {
    let schedule = Schedule::parse(&schedule.to_string()).map_err(|malformed| malformed.to_string())?;
    let mode = Mode { clock: schedule.clock, keeps_output: true, symmetry: false };
    let mut interpreter = Interpreter::new(scenario.clone(), mode);
    let mut execution = Execution::begin(&mut interpreter).map_err(|stop| format!("{stop:?}"))?;
    execution.replay(&schedule.choices).map_err(|stop| format!("{stop:?}"))?.map_err(|stale| stale.to_string())?;
    let ended = execution.ending();
    let confirmed = match statement {
        Statement::Deadlock(Frequency::Possible) => ended == Some(Ending::Deadlock),
        Statement::Ends(Frequency::Possible) | Statement::Possibly(_) => ended == Some(Ending::Exit),
        Statement::Prints { text, ends, never: false } => ended.is_some_and(|ending| {
            ends.is_none_or(|ends| ends == ending) && outcome(execution.interpreter, &execution.state, ending).output == *text
        }),
        _ => true,
    };
    if confirmed { Ok(()) } else { Err(format!("the schedule {schedule} does not show {statement:?}").into()) }
}

fn check(path: &Path) -> Result<(), Failed> {
    std::env::set_current_dir(root()).map_err(|error| error.to_string())?;
    let scenario = Arc::new(read(path).map_err(|found| found.render(false))?);
    let found = Checker::new().check(&scenario);
    let text = report(&scenario, &found, Detail::Verdicts);
    for search in &found.searches {
        if search.spent.is_some() || search.trap.is_some() {
            return Err(format!("a search was cut short\n{text}").into());
        }
    }
    if !found.holds() {
        return Err(text.into());
    }
    let mut snapshot = text;
    for (judgement, claim) in found.judgements.iter().zip(&scenario.claims) {
        let Some(evidence) = &judgement.evidence else { continue };
        confirm(&scenario, &evidence.schedule, &claim.statement)?;
        let story = told(&scenario, &evidence.schedule, evidence.endless).map_err(|stop| format!("{stop:?}"))?;
        let _ = write!(snapshot, "\n--- {}: {}\n{}\n{story}", judgement.verdict.word(), judgement.claim, evidence.schedule);
    }
    let plain = Checker::new().symmetry(false).reduction(false).states(100_000).check(&scenario);
    if plain.searches.iter().all(|search| search.spent.is_none()) {
        for (clever, plain) in found.judgements.iter().zip(&plain.judgements) {
            if clever.verdict != plain.verdict {
                return Err(
                    format!("{}: {:?} with symmetry and reduction, {:?} without", clever.claim, clever.verdict, plain.verdict).into()
                );
            }
        }
    }
    let (outcomes, search) = Checker::new().states(20_000).outcomes(&scenario, scenario.clock);
    let least = if search.spent.is_some() { "at least " } else { "" };
    let _ = write!(snapshot, "\n--- outcomes: {least}{}\n", outcomes.len());
    for collected in outcomes.iter().take(20) {
        let _ = write!(snapshot, "{}{} of this kind\n\n", outcome_lines(&collected.outcome), collected.renamings);
    }
    compare(path, &snapshot);
    Ok(())
}

fn compare(path: &Path, snapshot: &str) {
    let lines = snapshot.lines().count();
    let mut shown: String = snapshot.lines().take(LINES).map(|line| format!("{line}\n")).collect();
    if lines > LINES {
        let _ = writeln!(shown, "... and {} more lines", lines - LINES);
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name_of(path), shown));
}

/// A node as the second reader would give it.
fn plain(node: &Node) -> serde_yaml::Value {
    match &node.kind {
        Kind::Null => serde_yaml::Value::Null,
        Kind::Bool(value) => (*value).into(),
        Kind::Int(number) => i64::try_from(*number).expect("shipped numbers are small").into(),
        Kind::Float(number) => (*number).into(),
        Kind::Text(text) => text.text.clone().into(),
        Kind::List(items) => serde_yaml::Value::Sequence(items.iter().map(plain).collect()),
        Kind::Map(entries) => {
            serde_yaml::Value::Mapping(entries.iter().map(|(key, node)| (key.text.clone().into(), plain(node))).collect())
        }
    }
}

fn two_readers_agree(path: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(root().join(path)).map_err(|error| error.to_string())?;
    let ours = plain(&document::parse(&text).map_err(|mistake| mistake.message)?);
    let theirs: serde_yaml::Value = serde_yaml::from_str(&text).map_err(|error| error.to_string())?;
    if ours == theirs { Ok(()) } else { Err(format!("ours: {ours:?}\nserde_yaml: {theirs:?}").into()) }
}

fn main() {
    let arguments = Arguments::from_args();
    let files = scenarios("specs");
    let mut trials = Vec::new();
    for path in &files {
        let (first, second) = (path.clone(), path.clone());
        trials.push(Trial::test(path.display().to_string(), move || check(&first)));
        trials.push(Trial::test(format!("{} (second reader)", path.display()), move || two_readers_agree(&second)));
    }
    trials
        .push(Trial::test("every snapshot is claimed", move || every_one_is_claimed("snapshots", files.iter().map(|path| name_of(path)))));
    libtest_mimic::run(&arguments, trials).exit();
}
