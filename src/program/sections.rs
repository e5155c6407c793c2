//! The sections of a scenario file: which there are, and what each holds before anything is compiled.

use std::collections::BTreeMap;

use crate::kernel::op::{TICKS_PER_SECOND, Ticks};
use crate::kernel::value::Word;
use crate::kernel::values::{Composite, Values};
use crate::program::diagnostic::{Diagnostic, nearest};
use crate::program::document::{Key, Kind, Node, Text};
use crate::program::scenario::{Bounds, Input};
use crate::step::clock::Clock;
use crate::step::place::Place;

/// The keys of a scenario.
const KEYS: [&str; 14] = [
    "scenario",
    "about",
    "clock",
    "vars",
    "objects",
    "functions",
    "calls",
    "threads",
    "processes",
    "start_method",
    "main",
    "claims",
    "bounds",
    "inputs",
];

/// A section with the file it was written in: with `extends`, sections come from several.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its key.
    pub key: Key,
    /// What it holds.
    pub node: Node,
}

/// The sections of a scenario, by key.
pub type Sections = BTreeMap<String, Section>;

/// The sections at the root of a document.
///
/// # Errors
///
/// If the document is not a map.
pub fn sections(root: Node, mistakes: &mut Vec<Diagnostic>) -> Result<Sections, Diagnostic> {
    let Kind::Map(entries) = root.kind else {
        let message = format!("a scenario is a map of sections, this is {}", root.what());
        return Err(Diagnostic::new(root.place, message).help("begin with `scenario: what it is about`"));
    };
    let mut found = Sections::new();
    let written: Vec<String> = entries.iter().map(|(key, _)| key.text.clone()).collect();
    for (mut key, node) in entries {
        if key.text != "extends" && !KEYS.contains(&key.text.as_str()) {
            let mistake = Diagnostic::new(key.place, format!("a scenario has no section `{}`", key.text)).did_you_mean(&key.text, KEYS);
            let mistake = if mistake.helps.is_empty() { mistake.help(format!("the sections are {}", KEYS.join(", "))) } else { mistake };
            mistakes.push(mistake);
            // What was probably meant is read on: what else is wrong is told in the same go, and nothing is wrong only
            // because this section is missing.
            match nearest(&key.text, KEYS).filter(|meant| !written.iter().any(|key| key == meant)) {
                Some(meant) => key.text = meant.to_owned(),
                None => continue,
            }
        }
        found.insert(key.text.clone(), Section { key, node });
    }
    Ok(found)
}

/// The entries of a section that is a map; nothing, and a mistake, for anything else.
pub fn entries<'a>(section: &'a Section, mistakes: &mut Vec<Diagnostic>) -> &'a [(Key, Node)] {
    match &section.node.kind {
        Kind::Map(entries) => entries,
        Kind::Null => &[],
        _ => {
            let message = format!("`{}` is a map, this is {}", section.key.text, section.node.what());
            let mistake = Diagnostic::new(section.node.place, message);
            mistakes.push(mistake.help("write `name: ...` line by line, without `- `"));
            &[]
        }
    }
}

/// The names in a section that is a list by mistake: they were meant to be declared.
pub fn misplaced(section: &Section) -> impl Iterator<Item = &str> {
    let items = match &section.node.kind {
        Kind::List(items) => items.as_slice(),
        _ => &[],
    };
    items.iter().flat_map(|item| match &item.kind {
        Kind::Map(entries) => entries.iter().map(|(key, _)| key.text.as_str()).collect(),
        Kind::Text(text) => vec![text.text.as_str()],
        _ => Vec::new(),
    })
}

/// The text of a node; nothing, and a mistake, for anything else.
pub fn text<'a>(node: &'a Node, what: &str, mistakes: &mut Vec<Diagnostic>) -> Option<&'a Text> {
    let text = node.as_text();
    if text.is_none() {
        let mistake = Diagnostic::new(node.place, format!("{what} is a text, this is {}", node.what()));
        mistakes.push(match node.kind {
            Kind::Int(_) | Kind::Float(_) | Kind::Bool(_) => mistake.help("put it in quotes"),
            Kind::Null if what == "a body" => mistake.help("write `pass` where nothing is to be done"),
            _ => mistake,
        });
    }
    text
}

/// `clock:`
pub fn clock(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<Clock> {
    match node.as_text().map(|text| text.text.as_str()) {
        Some("untimed") => Some(Clock::Untimed),
        Some("timed") => Some(Clock::Timed),
        other => {
            let mistake = Diagnostic::new(node.place, "a clock is `untimed` or `timed`");
            mistakes.push(match other {
                Some(name) => mistake.did_you_mean(name, ["untimed", "timed"]),
                None => mistake,
            });
            None
        }
    }
}

/// `start_method:`: whether processes are spawned.
pub fn spawns(node: &Node, mistakes: &mut Vec<Diagnostic>) -> bool {
    match node.as_text().map(|text| text.text.as_str()) {
        Some("fork") => false,
        // What differs between these two cannot be seen here.
        Some("spawn" | "forkserver") => true,
        other => {
            let known = ["fork", "spawn", "forkserver"];
            let mistake = Diagnostic::new(node.place, format!("a start method is {}", known.join(", ")));
            mistakes.push(match other {
                Some(name) => mistake.did_you_mean(name, known),
                None => mistake,
            });
            false
        }
    }
}

/// A value in YAML as a word: null, bool, int, float, text, list (as a list), map (as a dict).
pub fn value(node: &Node, values: &mut Values, mistakes: &mut Vec<Diagnostic>) -> Word {
    match &node.kind {
        Kind::Null => Word::NONE,
        Kind::Bool(value) => Word::bool(*value),
        Kind::Int(number) => i64::try_from(*number).ok().and_then(Word::int).unwrap_or_else(|| {
            let message = format!("an integer lies between {} and {} here", Word::INT_MIN, Word::INT_MAX);
            mistakes.push(Diagnostic::new(node.place, message));
            Word::ZERO
        }),
        Kind::Float(number) => values.float(*number),
        Kind::Text(text) => values.text(&text.text),
        Kind::List(items) => {
            let items: Vec<Word> = items.iter().map(|item| value(item, values, mistakes)).collect();
            values.list(items)
        }
        Kind::Map(entries) => {
            let pairs: Vec<(Word, Word)> =
                entries.iter().map(|(key, node)| (key_word(key, values), value(node, values, mistakes))).collect();
            values.intern(Composite::Dict(pairs.into()))
        }
    }
}

/// The key of a dict: an integer where it is written as one.
fn key_word(key: &Key, values: &mut Values) -> Word {
    match key.text.parse().ok().and_then(Word::int) {
        Some(word) if (key.place.end - key.place.start) as usize == key.text.len() => word,
        _ => values.text(&key.text),
    }
}

/// A whole number within limits.
pub fn number(node: &Node, what: &str, least: u64, most: u64, mistakes: &mut Vec<Diagnostic>) -> Option<u64> {
    match node.kind {
        Kind::Int(number) => match u64::try_from(number).ok().filter(|number| (least..=most).contains(number)) {
            Some(number) => Some(number),
            None => {
                mistakes.push(Diagnostic::new(node.place, format!("{what} lies between {least} and {most}")));
                None
            }
        },
        _ => {
            let mistake = Diagnostic::new(node.place, format!("{what} is an integer, this is {}", node.what()));
            let quoted = node.as_text().is_some_and(|text| text.text.parse::<u64>().is_ok());
            mistakes.push(if quoted { mistake.help("leave the quotes out") } else { mistake });
            None
        }
    }
}

/// `bounds:`
pub fn bounds(section: &Section, mistakes: &mut Vec<Diagnostic>) -> Bounds {
    let mut bounds = Bounds::default();
    for (key, node) in entries(section, mistakes) {
        let what = format!("the bound `{}`", key.text);
        match key.text.as_str() {
            "steps" => bounds.steps = number(node, &what, 1, 10_000_000, mistakes).unwrap_or(bounds.steps),
            "states" => bounds.states = number(node, &what, 1, 4_000_000_000, mistakes).unwrap_or(bounds.states),
            "queue" => bounds.queue = number(node, &what, 1, 100_000, mistakes).map_or(bounds.queue, |most| most as u32),
            "threads" => bounds.threads = number(node, &what, 1, 1_000, mistakes).map_or(bounds.threads, |most| most as u16),
            "futures" => bounds.futures = number(node, &what, 1, 10_000, mistakes).map_or(bounds.futures, |most| most as u16),
            other => {
                let known = ["steps", "states", "queue", "threads", "futures"];
                let mistake = Diagnostic::new(key.place, format!("there is no bound `{other}`")).did_you_mean(other, known);
                let all = format!("the bounds are {}", known.join(", "));
                mistakes.push(if mistake.helps.is_empty() { mistake.help(all) } else { mistake });
            }
        }
    }
    bounds
}

/// `inputs:`
pub fn inputs(section: &Section, mistakes: &mut Vec<Diagnostic>) -> Vec<Input> {
    let Kind::List(items) = &section.node.kind else {
        mistakes.push(Diagnostic::new(section.node.place, format!("`inputs` is a list of lines, this is {}", section.node.what())));
        return Vec::new();
    };
    items.iter().filter_map(|item| input(item, mistakes)).collect()
}

fn input(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<Input> {
    let mut after = TICKS_PER_SECOND;
    let mut line = None;
    match &node.kind {
        Kind::Map(entries) => {
            for (key, node) in entries {
                match key.text.as_str() {
                    "after" => after = seconds(node, mistakes).unwrap_or(after),
                    "line" => line = text(node, "a line of input", mistakes),
                    other => mistakes.push(
                        Diagnostic::new(key.place, format!("a line of input has no `{other}`")).did_you_mean(other, ["after", "line"]),
                    ),
                }
            }
            if line.is_none() && entries.iter().all(|(key, _)| matches!(key.text.as_str(), "after" | "line")) {
                mistakes.push(Diagnostic::new(node.place, "a line of input needs its `line`"));
            }
        }
        Kind::Int(_) | Kind::Float(_) | Kind::Bool(_) => {
            mistakes
                .push(Diagnostic::new(node.place, format!("a line of input is a text, this is {}", node.what())).help("put it in quotes"));
        }
        _ => line = text(node, "a line of input", mistakes),
    }
    line.map(|line| Input { line: line.text.clone(), after })
}

fn seconds(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<Ticks> {
    let seconds = match node.kind {
        Kind::Int(number) => number as f64,
        Kind::Float(number) => number,
        _ => f64::NAN,
    };
    if (0.0..=1e9).contains(&seconds) {
        return Some((seconds * TICKS_PER_SECOND as f64).round() as Ticks);
    }
    mistakes.push(Diagnostic::new(node.place, "a time is a number of seconds from 0 to 1000000000"));
    None
}

/// The words that are never names in Python.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try",
    "while", "with", "yield",
];

/// Whether a word can be a name in Python.
pub fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// Checks that a declared thing has a name that bodies can use.
pub fn check_name(key: &Key, mistakes: &mut Vec<Diagnostic>) -> bool {
    if KEYWORDS.contains(&key.text.as_str()) {
        let message = format!("`{}` is a word of Python's own, so a body could not use it as a name", key.text);
        mistakes.push(Diagnostic::new(key.place, message).help("choose another name"));
        return false;
    }
    let good = is_name(&key.text);
    if !good {
        mistakes.push(
            Diagnostic::new(key.place, format!("`{}` is not a name that a body could use", key.text)).help("use letters, digits and _"),
        );
    }
    good
}

/// The place of a section's key, for what is wrong with a section that is not there.
pub fn place_of(sections: &Sections, key: &str) -> Place {
    sections.get(key).map_or(Place::default(), |section| section.key.place)
}
