//! The `threads:` and `processes:` sections: how many of them run which body, under which names.

use crate::kernel::value::{ObjectId, Word};
use crate::kernel::values::Values;
use crate::program::diagnostic::Diagnostic;
use crate::program::document::{Key, Kind, Node, Text};
use crate::program::sections::{check_name, number, text, value};
use crate::step::place::Place;

const KEYS: [&str; 5] = ["run", "count", "args", "daemon", "name"];

/// The most threads of one declaration.
const MOST: u64 = 1_000;

/// An entry of `threads`, before its body is compiled.
pub struct Entry<'a> {
    /// The key.
    pub name: String,
    /// Where the key stands.
    pub place: Place,
    /// How many threads.
    pub count: u16,
    /// Whether the number was written.
    pub counted: bool,
    /// The body.
    pub body: &'a Text,
    /// The parameters behind `i` and `name`, and their values.
    pub arguments: Vec<(String, Word)>,
    /// Whether they are daemons.
    pub daemon: bool,
    /// Whether each is a process.
    pub process: bool,
    /// Each thread's name.
    pub names: Vec<String>,
}

/// Reads an entry.
pub fn read<'a>(
    key: &Key,
    node: &'a Node,
    process: bool,
    objects: &[(String, ObjectId, Place)],
    values: &mut Values,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<Entry<'a>> {
    if !check_name(key, mistakes) {
        return None;
    }
    let mut entry = Entry {
        name: key.text.clone(),
        place: key.place,
        count: 1,
        counted: false,
        body: match &node.kind {
            Kind::Text(body) => body,
            Kind::Map(entries) => match entries.iter().find(|(key, _)| key.text == "run") {
                Some((_, body)) => text(body, "a body", mistakes)?,
                None => {
                    unknown_keys(entries, mistakes);
                    mistakes
                        .push(Diagnostic::new(key.place, format!("the threads `{}` have no body", key.text)).help("give them one: `run:`"));
                    return None;
                }
            },
            _ => {
                let message = format!("threads are a body, or a map with `run`, this is {}", node.what());
                mistakes.push(Diagnostic::new(node.place, message).help("write `pass` where nothing is to be done"));
                return None;
            }
        },
        arguments: Vec::new(),
        daemon: false,
        process,
        names: Vec::new(),
    };
    let mut template = None;
    if let Kind::Map(entries) = &node.kind {
        for (key, node) in entries {
            match key.text.as_str() {
                "run" => {}
                "count" => {
                    entry.counted = true;
                    entry.count = number(node, "`count`", 1, MOST, mistakes).unwrap_or(1) as u16;
                }
                "daemon" => match node.kind {
                    Kind::Bool(daemon) => entry.daemon = daemon,
                    _ => mistakes.push(Diagnostic::new(node.place, format!("`daemon` is true or false, this is {}", node.what()))),
                },
                "name" => template = text(node, "a name", mistakes),
                "args" => entry.arguments = arguments(node, objects, values, mistakes),
                _ => {}
            }
        }
        unknown_keys(entries, mistakes);
    }
    entry.names = (0..entry.count).filter_map(|index| name(&entry, template, index, mistakes)).collect();
    if entry.names.len() < entry.count as usize {
        return None;
    }
    Some(entry)
}

fn unknown_keys(entries: &[(Key, Node)], mistakes: &mut Vec<Diagnostic>) {
    for (key, _) in entries.iter().filter(|(key, _)| !KEYS.contains(&key.text.as_str())) {
        let mistake = Diagnostic::new(key.place, format!("threads have no `{}`", key.text)).did_you_mean(&key.text, KEYS);
        let known = format!("they have {}", KEYS.join(", "));
        mistakes.push(if mistake.helps.is_empty() { mistake.help(known) } else { mistake });
    }
}

fn arguments(
    node: &Node,
    objects: &[(String, ObjectId, Place)],
    values: &mut Values,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<(String, Word)> {
    let Kind::Map(entries) = &node.kind else {
        let message = format!("`args` gives each parameter its value, this is {}", node.what());
        mistakes.push(Diagnostic::new(node.place, message).help("write `args: {first: lock_a, times: 3}`"));
        return Vec::new();
    };
    let mut found = Vec::new();
    for (key, node) in entries {
        if !check_name(key, mistakes) {
            continue;
        }
        if matches!(key.text.as_str(), "i" | "name") {
            let message = format!("`{}` is there already: the thread's own number or name", key.text);
            mistakes.push(Diagnostic::new(key.place, message).help("choose another name"));
            continue;
        }
        let object = node.as_text().and_then(|text| objects.iter().find(|(name, _, _)| *name == text.text));
        let word = match object {
            Some((_, id, _)) => Word::object(*id),
            None => value(node, values, mistakes),
        };
        found.push((key.text.clone(), word));
    }
    found
}

/// The name of a thread: from the template, in which `{i}`, `{i+1}` and the like stand for its number.
fn name(entry: &Entry<'_>, template: Option<&Text>, index: u16, mistakes: &mut Vec<Diagnostic>) -> Option<String> {
    let Some(template) = template else {
        return Some(if entry.counted { format!("{}-{index}", entry.name) } else { entry.name.clone() });
    };
    let mut name = String::new();
    let mut rest = template.text.as_str();
    while let Some(open) = rest.find('{') {
        name += &rest[..open];
        let close = rest[open..].find('}').map(|close| open + close);
        let inner = close.map_or("", |close| rest[open + 1..close].trim());
        let sum = inner.strip_prefix('i').map(str::trim).and_then(|sum| match sum.split_at_checked(1) {
            None => Some(0),
            Some(("+", number)) => number.trim().parse::<u32>().ok().map(i64::from),
            Some(("-", number)) => number.trim().parse::<u32>().ok().map(|number| -i64::from(number)),
            Some(_) => None,
        });
        let (Some(close), Some(sum)) = (close, sum) else {
            let at = template.text.len() - rest.len() + open;
            let place = template.locate(at, close.map_or(at + 1, |close| template.text.len() - rest.len() + close + 1));
            mistakes.push(Diagnostic::new(place, "in a name, `{i}` stands for the thread's number, `{i+1}` for the next"));
            return None;
        };
        name += &(i64::from(index) + sum).to_string();
        rest = &rest[close + 1..];
    }
    Some(name + rest)
}
