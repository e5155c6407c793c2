//! An execution told step by step, and how it ended.

use std::fmt::Write;

use crate::check::deadlock::{Deadlock, explain};
use crate::kernel::value::ThreadId;
use crate::report::describe::{Teller, seconds};
use crate::run::ending::{Outcome, outcome, thread_name};
use crate::run::execution::Execution;
use crate::run::trace::Step;
use crate::step::ending::Ending;
use crate::step::explorable::Program;

/// The steps of an execution, one a line.
pub fn steps(execution: &Execution<'_, impl Program>) -> String {
    let teller = Teller { interpreter: execution.interpreter, state: &execution.state };
    let rows: Vec<[String; 4]> = execution
        .trace
        .iter()
        .map(|step| {
            let time = step.time.map_or(String::new(), |ticks| format!("at {}", seconds(ticks)));
            let place = step.place.map_or(String::new(), |place| execution.interpreter.line(place));
            [time, name(execution, step.choice.thread), told(&teller, execution, step), place]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| columns(&row[column])).max().unwrap_or(0);
    let (times, names, whats) = (width(0), width(1), width(2).min(60));
    let mut text = String::new();
    for (number, [time, name, what, place]) in rows.iter().enumerate() {
        let time = if times > 0 { format!("{}  ", padded(time, times)) } else { String::new() };
        let line = format!("{:>4}  {time}{}  {}  {place}", number + 1, padded(name, names), padded(what, whats));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn told<P: Program>(teller: &Teller<'_, P>, execution: &Execution<'_, P>, step: &Step) -> String {
    let mut told = teller.step(step);
    for (id, _) in &step.failures {
        let _ = if *id == step.choice.thread { write!(told, "; the thread ends") } else { write!(told, "; {} ends", name(execution, *id)) };
    }
    told
}

fn name(execution: &Execution<'_, impl Program>, id: ThreadId) -> String {
    thread_name(execution.interpreter, &execution.state, id)
}

/// How many columns a text takes on a terminal: East Asian wide letters take two.
pub fn columns(text: &str) -> usize {
    const WIDE: [(u32, u32); 7] =
        [(0x1100, 0x115f), (0x2e80, 0xa4cf), (0xac00, 0xd7a3), (0xf900, 0xfaff), (0xfe30, 0xfe6f), (0xff00, 0xff60), (0xffe0, 0xffe6)];
    let is_wide = |letter: char| WIDE.iter().any(|(first, last)| (*first..=*last).contains(&(letter as u32)));
    text.chars().map(|letter| if is_wide(letter) { 2 } else { 1 }).sum()
}

/// A text filled up with blanks to this many columns.
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// How an execution has ended: output, values, errors, and in a deadlock who waits for what.
pub fn ending(execution: &Execution<'_, impl Program>) -> String {
    let mut text = String::new();
    let Some(ending) = execution.ending() else {
        let _ = writeln!(text, "the execution is not at its end");
        return text;
    };
    let outcome = outcome(execution.interpreter, &execution.state, ending);
    text += &outcome_lines(&outcome);
    if ending == Ending::Deadlock {
        text += &deadlock(execution);
    }
    text
}

/// Output, values and errors of an outcome.
pub fn outcome_lines(outcome: &Outcome) -> String {
    let mut text = String::new();
    if !outcome.output.is_empty() {
        let _ = writeln!(text, "output:");
        for line in outcome.output.lines() {
            let _ = writeln!(text, "  | {line}");
        }
    }
    if !outcome.values.is_empty() {
        let values: Vec<String> = outcome.values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let _ = writeln!(text, "values: {}", values.join(", "));
    }
    for (thread, error) in &outcome.errors {
        let _ = writeln!(text, "error:  {error} in {thread}");
    }
    let _ = writeln!(text, "ends:   {}", if outcome.ending == Ending::Exit { "exit" } else { "deadlock" });
    text
}

/// Who waits for what in a deadlock.
pub fn deadlock(execution: &Execution<'_, impl Program>) -> String {
    let interpreter = &*execution.interpreter;
    let teller = Teller { interpreter, state: &execution.state };
    let Deadlock { blocked, cycle } = explain(interpreter.machine(), interpreter.values(), &execution.state);
    let mut text = String::new();
    for blocked in &blocked {
        if !interpreter.has_main() && blocked.thread == ThreadId::MAIN {
            continue;
        }
        let place = match interpreter.place(&execution.state, blocked.thread) {
            Some(place) => format!("  {}", interpreter.line(place)),
            None => String::new(),
        };
        let daemon = if blocked.daemon { " (a daemon)" } else { "" };
        let _ = writeln!(text, "  {}{daemon} {}{place}", name(execution, blocked.thread), teller.waiting(blocked.thread, blocked.op));
    }
    if cycle.is_empty() {
        let _ = writeln!(text, "  nobody is left who could wake them");
    } else {
        let mut names: Vec<String> = cycle.iter().map(|&id| name(execution, id)).collect();
        names.push(names[0].clone());
        let _ = writeln!(text, "  cycle: {}", names.join(" -> "));
    }
    text
}
