//! A YAML text as a tree in which every node knows where it stands.
//!
//! Through serde-saphyr: its budgets end alias bombs and deep nesting early, it refuses duplicate keys, and it gives a
//! span for every node.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::program::diagnostic::Diagnostic;
use crate::step::place::Place;

/// The largest file that is read.
pub const LARGEST: usize = 1 << 20;

/// The most nodes of a file.
const MOST_NODES: usize = 50_000;

/// How deep nodes may be nested.
const DEEPEST: usize = 64;

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A number that is no integer.
    Float(f64),
    /// A text.
    Text(Text),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// A key of a map.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its text.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A text and how its letters lie in the file.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text.
    pub text: String,
    /// For each run of letters that stand side by side in the file: where it begins in the text and in the file.
    runs: Vec<(u32, u32)>,
    /// The whole node; what stands in the file otherwise than it reads is placed here.
    place: Place,
    /// Whether the runs are exact.
    exact: bool,
}

impl Text {
    /// A text that stands nowhere in the file: it is told to be at a place.
    pub fn nowhere(text: &str, place: Place) -> Text {
        Text { text: text.to_owned(), runs: Vec::new(), place, exact: false }
    }

    /// Where a part of the text stands in the file.
    pub fn locate(&self, start: usize, end: usize) -> Place {
        if !self.exact {
            return self.place;
        }
        let begin = self.place_of(start);
        // A part that crosses lines is shown by its first line.
        let stop = self.text[start.min(self.text.len())..end.min(self.text.len())].find('\n').map_or(end, |line| start + line);
        Place { start: begin, end: self.place_of(stop.max(start)).max(begin) }
    }

    fn place_of(&self, offset: usize) -> u32 {
        let run = self.runs.iter().rev().find(|(begin, _)| *begin as usize <= offset);
        run.map_or(self.place.start, |(begin, file)| file + (offset as u32 - begin))
    }
}

impl Node {
    /// What kind of node it is, in words.
    pub fn what(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a truth value",
            Kind::Int(_) => "an integer",
            Kind::Float(_) => "a number with a fraction",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }

    /// Moves everything by this many bytes: the text stands behind another.
    pub fn shift(&mut self, by: u32) {
        let shifted = |place: Place| Place { start: place.start + by, end: place.end + by };
        self.place = shifted(self.place);
        match &mut self.kind {
            Kind::Text(text) => {
                text.place = shifted(text.place);
                text.runs.iter_mut().for_each(|(_, file)| *file += by);
            }
            Kind::List(items) => items.iter_mut().for_each(|item| item.shift(by)),
            Kind::Map(entries) => entries.iter_mut().for_each(|(key, node)| {
                key.place = shifted(key.place);
                node.shift(by);
            }),
            _ => {}
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&Text> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
}

enum Raw {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Int(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Int(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

/// Reads a YAML text.
///
/// # Errors
///
/// What is wrong with it, and where.
pub fn parse(text: &str) -> Result<Node, Diagnostic> {
    if let Some(at) = text.find('\0') {
        let place = Place { start: at as u32, end: at as u32 + 1 };
        return Err(Diagnostic::new(place, "a NUL byte: this is not a text file"));
    }
    let options = serde_saphyr::options! {
        strict_booleans: true,
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: DEEPEST,
            max_nodes: MOST_NODES,
            max_events: 200_000,
            max_total_scalar_bytes: 4 << 20,
        },
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(root) => Ok(node(root, text)),
        Err(error) => Err(syntax_error(text, &error)),
    }
}

fn syntax_error(text: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let error = error.without_snippet();
    let location = error.location();
    let place = location.map_or(Place::default(), |location| {
        let start = offset_of(text, location.line(), location.column());
        Place { start, end: start }
    });
    let mut message = error.to_string();
    if let Some(end) = message.find(" at line ") {
        message.truncate(end);
    }
    in_our_words(text, place, &message)
}

/// What the reader of YAML says, as an author of scenarios would say it, with the way out where there is a usual one.
fn in_our_words(text: &str, place: Place, message: &str) -> Diagnostic {
    let begin = text[..place.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let indentation = text[begin..].find(|letter| !matches!(letter, ' ' | '\t')).map_or(text.len(), |length| begin + length);
    if let Some(tab) = text[begin..indentation].find('\t') {
        let start = (begin + tab) as u32;
        let mistake = Diagnostic::new(Place { start, end: start + 1 }, "this line is indented with a tab");
        return mistake.help("YAML is indented with blanks");
    }
    if let Some(key) = message.strip_prefix("duplicate mapping key: ") {
        let key = key.split(", set DuplicateKeyPolicy").next().unwrap_or(key);
        let place = Place { start: place.start, end: place.start + key.len() as u32 };
        return Diagnostic::new(place, format!("the key `{key}` stands here for the second time")).help("leave one of them out");
    }
    let said = |ours: &str| Diagnostic::new(place, ours);
    match message {
        "mapping values are not allowed in this context" => said("a colon that no key can stand before")
            .help("put a text with `: ` in it in quotes; look at the indentation of the line before"),
        "while parsing a block mapping, did not find expected key" => {
            said("a key was expected here").help("the keys of a map stand exactly one below the other")
        }
        "alias references unknown anchor" => {
            said("`*` refers to a part of the file that has no name (`&name`)").help("put a text that begins with `*` in quotes")
        }
        "recursive references require weak recursion types" => said("this part of the file refers to itself"),
        "recursion limit exceeded" => said(&format!("this is nested more than {DEEPEST} levels deep")),
        _ if message.starts_with("budget breached: Documents") => {
            said("a scenario file is one document, here a second begins").help("leave `---` out, or use a file for each")
        }
        _ if message.starts_with("budget breached: Depth") => said(&format!("this is nested more than {DEEPEST} levels deep")),
        _ if message.starts_with("budget breached: ") => {
            said(&format!("a scenario has at most {MOST_NODES} keys and values, those that `*` repeats counted again"))
        }
        other => said(other),
    }
}

/// The byte offset of a line and a column, both from 1, columns in letters.
fn offset_of(text: &str, line: u64, column: u64) -> u32 {
    let begin: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let rest = text[begin..].split('\n').next().unwrap_or("");
    let within: usize = rest.chars().take(column.saturating_sub(1) as usize).map(char::len_utf8).sum();
    (begin + within) as u32
}

fn node(raw: Spanned<Raw>, source: &str) -> Node {
    let place = place(&raw, source);
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Bool(value) => Kind::Bool(value),
        Raw::Int(value) => Kind::Int(value),
        // Digits without end are an integer, too, only one that nobody can represent.
        Raw::Float(_)
            if source[place.start as usize..place.end as usize].trim_start_matches('-').bytes().all(|digit| digit.is_ascii_digit()) =>
        {
            Kind::Int(i128::MAX)
        }
        Raw::Float(value) => Kind::Float(value),
        Raw::Text(value) => Kind::Text(located(value, place, source)),
        Raw::List(items) => Kind::List(items.into_iter().map(|item| node(item, source)).collect()),
        Raw::Map(entries) => Kind::Map(entries.into_iter().map(|(key, value)| (key_of(key, source), node(value, source))).collect()),
    };
    Node { place, kind }
}

fn key_of(raw: Spanned<Raw>, source: &str) -> Key {
    let place = place(&raw, source);
    let text = match raw.value {
        Raw::Text(text) => text,
        // A key that is no text: it is written as it stands.
        _ => source.get(place.start as usize..place.end as usize).unwrap_or("").to_owned(),
    };
    Key { text, place }
}

fn place(raw: &Spanned<Raw>, source: &str) -> Place {
    let location = raw.referenced;
    let span = location.span();
    let start = match span.byte_offset() {
        Some(offset) => offset as u32,
        None => offset_of(source, location.line(), location.column()),
    };
    let end = start + span.byte_len().unwrap_or(0) as u32;
    let clamp = |offset: u32| offset.min(source.len() as u32);
    Place { start: clamp(start), end: clamp(end) }
}

/// Finds out how a text's letters lie in the file: a block's line by line, a quoted or plain text's as one run.
fn located(text: String, place: Place, source: &str) -> Text {
    let found = source.get(place.start as usize..).unwrap_or("");
    let inner = found.strip_prefix(['"', '\'']).map_or(place.start, |_| place.start + 1);
    if source[inner as usize..].starts_with(text.as_str()) && !text.contains('\n') {
        return Text { text, runs: vec![(0, inner)], place, exact: true };
    }
    match block_runs(&text, place.start as usize, source) {
        Some(runs) => {
            // The node's own place is its first line, the rest would only be noise.
            let first = text.find('\n').unwrap_or(text.len()) as u32;
            let place = Place { start: place.start, end: (place.start + first).min(source.len() as u32) };
            Text { text, runs, place, exact: true }
        }
        None => {
            let line = source[place.start as usize..].find('\n').map_or(place.end, |length| place.end.min(place.start + length as u32));
            Text { text, runs: Vec::new(), place: Place { start: place.start, end: line.max(place.start) }, exact: false }
        }
    }
}

/// The runs of a literal block: each of its lines stands in the file behind the same indentation.
fn block_runs(text: &str, start: usize, source: &str) -> Option<Vec<(u32, u32)>> {
    let begin = source[..start].rfind('\n').map_or(0, |at| at + 1);
    let indent = start - begin;
    if !source[begin..start].bytes().all(|byte| byte == b' ') {
        return None;
    }
    let mut runs = Vec::new();
    let (mut at, mut within) = (begin, 0);
    for line in text.split('\n') {
        let in_file = source.get(at..)?.split('\n').next()?.trim_end_matches('\r');
        let shown = if line.is_empty() { in_file.trim_start_matches(' ') } else { in_file.get(indent..)? };
        if shown != line && !(line.is_empty() && within == text.len()) {
            return None;
        }
        runs.push((within as u32, (at + indent.min(in_file.len())) as u32));
        within += line.len() + 1;
        at += source[at..].find('\n').map_or(source.len() - at, |length| length + 1);
    }
    Some(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_at<'a>(node: &'a Node, key: &str) -> &'a Text {
        let Kind::Map(entries) = &node.kind else { panic!("not a map") };
        entries.iter().find(|(found, _)| found.text == key).unwrap().1.as_text().unwrap()
    }

    #[test]
    fn every_letter_of_a_body_is_found_in_the_file() {
        let source = "a: 线 'x'\nb: |\n  one\n    two\n\n  线three\nc: \"q(1)\"\nd: 'e(2)'\n";
        let root = parse(source).unwrap();
        for (key, part) in [("b", "one"), ("b", "  two"), ("b", "three"), ("c", "(1)"), ("d", "(2)"), ("a", "'x'")] {
            let text = text_at(&root, key);
            let start = text.text.find(part).unwrap();
            let place = text.locate(start, start + part.len());
            assert_eq!(&source[place.start as usize..place.end as usize], part, "{key}");
        }
    }

    #[test]
    fn hostile_texts_end_in_an_error() {
        let deep = "[".repeat(100_000);
        let bomb = format!(
            "a: &a [x, x]\n{}",
            (0..30)
                .map(|i| format!("b{i}: &b{i} [*{0}, *{0}]\n", if i == 0 { "a".to_owned() } else { format!("b{}", i - 1) }))
                .collect::<String>()
        );
        for text in [deep.as_str(), bomb.as_str(), "a: 1\na: 2\n", "a:\n\t- x\n", "a: \0", "{", "a: *b"] {
            assert!(parse(text).is_err(), "{:?}", &text[..text.len().min(40)]);
        }
    }
}
