//! What is wrong with a scenario: where, what, and the way out, shown as rustc would.

use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::program::scenario::Source;
use crate::step::place::Place;

/// The most mistakes that are shown of one file.
const MOST: usize = 50;

/// The most letters of a message: what it quotes of a file can be as long as the file.
const LONGEST: usize = 400;

/// A mistake.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Diagnostic {
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// The ways out.
    pub helps: Vec<String>,
}

impl Diagnostic {
    /// A mistake at a place.
    pub fn new(place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic { place, message: message.into(), helps: Vec::new() }
    }

    /// The same with a way out.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.helps.push(help.into());
        self
    }

    /// The same with the candidate that is most like the name, if one is alike.
    pub fn did_you_mean<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        match nearest(name, candidates) {
            Some(candidate) => self.help(format!("did you mean `{candidate}`?")),
            None => self,
        }
    }
}

/// The candidate most like a name, if any is alike: at most a third of its letters differ. Names of one or two letters
/// are like too many others.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = name.chars().count().min(60) / 3;
    let close = candidates.into_iter().map(|candidate| (distance(name, candidate), candidate));
    close.filter(|(distance, candidate)| *distance <= most && *candidate != name).min().map(|(_, candidate)| candidate)
}

/// The edit distance of two names (Damerau and Levenshtein: neighbours may be exchanged).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(60).collect(), b.chars().take(60).collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(letter != other)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == b[j - 1] && a[i - 1] == *other {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// All mistakes of a file.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    /// The file.
    pub source: Arc<Source>,
    /// The mistakes, in the order of the file.
    pub all: Vec<Diagnostic>,
}

impl Diagnostics {
    /// The mistakes of a file, sorted.
    pub fn new(source: Arc<Source>, mut all: Vec<Diagnostic>) -> Diagnostics {
        all.sort();
        all.dedup();
        Diagnostics { source, all }
    }

    /// Shows them, with colours if asked for.
    pub fn render(&self, colours: bool) -> String {
        let mut text = String::new();
        for diagnostic in self.all.iter().take(MOST) {
            text += &render(&self.source, diagnostic, colours);
            text += "\n\n";
        }
        if self.all.len() > MOST {
            text += &format!("... and {} more mistakes\n\n", self.all.len() - MOST);
        }
        text
    }
}

/// Shows one mistake.
pub fn render(source: &Source, diagnostic: &Diagnostic, colours: bool) -> String {
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    let (path, text, place) = source.file_of(diagnostic.place);
    let length = text.len();
    let mut start = (place.start as usize).min(length);
    let mut end = (place.end as usize).clamp(start, length);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    // What is shown is one line: carets under many help nobody.
    if let Some(line) = text[start..end].find('\n') {
        end = start + line;
    }
    let title = shortened(&diagnostic.message);
    let title = Level::ERROR.primary_title(title.as_str());
    let mut group = if text.is_empty() {
        Group::with_title(title).element(annotate_snippets::Origin::path(path))
    } else {
        let snippet = Snippet::source(text).path(path);
        Group::with_title(title).element(snippet.annotation(AnnotationKind::Primary.span(start..end)))
    };
    let helps: Vec<String> = diagnostic.helps.iter().map(|help| shortened(help)).collect();
    for help in &helps {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group]).to_string()
}

fn shortened(message: &str) -> String {
    match message.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &message[..end]),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_found() {
        let names = ["lock_a", "lock_b", "data", "worker"];
        assert_eq!(nearest("lock_c", names), Some("lock_a"));
        assert_eq!(nearest("dta", names), Some("data"));
        assert_eq!(nearest("wokrer", names), Some("worker"));
        assert_eq!(nearest("xyz", names), None);
        assert_eq!(nearest("data", names), None);
        assert_eq!(nearest("os", ["s", "xs"]), None);
    }

    #[test]
    fn the_place_is_shown_with_a_caret_and_the_way_out() {
        let source = Source::new("x.yaml", "a: 线 lok\n");
        let start = source.text.find("lok").unwrap() as u32;
        let shown =
            render(&source, &Diagnostic::new(Place { start, end: start + 3 }, "what is `lok`?").help("did you mean `lock`?"), false);
        for part in ["error: what is `lok`?", "x.yaml:1:6", "a: 线 lok", "^^^", "help: did you mean `lock`?"] {
            assert!(shown.contains(part), "{shown}");
        }
    }
}
