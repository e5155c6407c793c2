//! Outputs in which the names of equal threads are still symbolic: which texts they stand for, and how many.

use std::collections::BTreeSet;

use num_bigint::BigUint;

use crate::kernel::state::State;
use crate::kernel::text::pieces_of;
use crate::kernel::value::{Aspect, ThreadId};
use crate::kernel::values::Piece;
use crate::program::interpreter::Interpreter;
use crate::program::threads::Threads;
use crate::run::ending::chunks;

/// A whole output, threads renamed in order of appearance: one for all outputs that differ only by a renaming.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Pattern {
    pieces: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Part {
    Letters(String),
    Thread(ThreadId, Aspect),
}

/// The output written so far.
pub fn pattern(interpreter: &Interpreter, state: &State) -> Pattern {
    let mut pieces: Vec<Part> = Vec::new();
    for chunk in chunks(&interpreter.machine, &interpreter.values, state) {
        for piece in &pieces_of(&interpreter.values, chunk).unwrap_or_default() {
            match (pieces.last_mut(), piece) {
                (Some(Part::Letters(before)), Piece::Letters(letters)) => before.push_str(letters),
                (_, Piece::Letters(letters)) => pieces.push(Part::Letters(letters.to_string())),
                (_, Piece::Thread(id, aspect)) => pieces.push(Part::Thread(*id, *aspect)),
            }
        }
    }
    Pattern { pieces }
}

impl Pattern {
    /// The same with the threads of each class renamed in order of appearance.
    pub fn normalized(&self, classes: &[Vec<ThreadId>]) -> Pattern {
        let mut names: Vec<Vec<ThreadId>> = vec![Vec::new(); classes.len()];
        let pieces = self.pieces.iter().map(|piece| match piece {
            Part::Thread(id, aspect) => match classes.iter().position(|class| class.contains(id)) {
                Some(class) => {
                    let place = names[class].iter().position(|seen| seen == id).unwrap_or_else(|| {
                        names[class].push(*id);
                        names[class].len() - 1
                    });
                    Part::Thread(classes[class][place], *aspect)
                }
                None => piece.clone(),
            },
            letters => letters.clone(),
        });
        Pattern { pieces: pieces.collect() }
    }

    /// How many texts it stands for, if different renamings give different texts.
    pub fn renamings(&self, classes: &[Vec<ThreadId>]) -> BigUint {
        let mut product = BigUint::from(1_u32);
        for class in classes {
            let used: BTreeSet<ThreadId> = self.threads().filter(|id| class.contains(id)).collect();
            for taken in 0..used.len() {
                product *= class.len() - taken;
            }
        }
        product
    }

    fn threads(&self) -> impl Iterator<Item = ThreadId> + '_ {
        self.pieces.iter().filter_map(|piece| match piece {
            Part::Thread(id, _) => Some(*id),
            Part::Letters(_) => None,
        })
    }

    /// The text, every thread under its own name.
    pub fn text(&self, threads: &Threads) -> String {
        let shown = |piece: &Part| match piece {
            Part::Letters(letters) => letters.clone(),
            Part::Thread(id, aspect) => threads.shown(*id, *aspect),
        };
        self.pieces.iter().map(shown).collect()
    }

    /// All texts it stands for.
    pub fn texts(&self, threads: &Threads, classes: &[Vec<ThreadId>], into: &mut BTreeSet<String>) {
        let mut assigned = Vec::new();
        self.spell(threads, classes, 0, String::new(), &mut assigned, into);
    }

    fn spell(
        &self,
        threads: &Threads,
        classes: &[Vec<ThreadId>],
        at: usize,
        text: String,
        assigned: &mut Vec<(ThreadId, ThreadId)>,
        into: &mut BTreeSet<String>,
    ) {
        let Some(piece) = self.pieces.get(at) else {
            into.insert(text);
            return;
        };
        match piece {
            Part::Letters(letters) => self.spell(threads, classes, at + 1, text + letters, assigned, into),
            Part::Thread(id, aspect) => {
                for (name, new) in candidates(classes, assigned, *id) {
                    assigned.extend(new.then_some((*id, name)));
                    self.spell(threads, classes, at + 1, text.clone() + &threads.shown(name, *aspect), assigned, into);
                    if new {
                        assigned.pop();
                    }
                }
            }
        }
    }

    /// The renaming under which it is exactly this text, if there is one: each thread and its new name.
    pub fn renaming_to(&self, threads: &Threads, classes: &[Vec<ThreadId>], text: &str) -> Option<Vec<(ThreadId, ThreadId)>> {
        let mut assigned = Vec::new();
        self.fits(threads, classes, 0, text, true, &mut assigned).then_some(assigned)
    }

    /// Whether it can be the beginning of a text (or, with `whole`, all of it) under some renaming.
    pub fn begins(&self, threads: &Threads, classes: &[Vec<ThreadId>], text: &str, whole: bool) -> bool {
        self.fits(threads, classes, 0, text, whole, &mut Vec::new())
    }

    fn fits(
        &self,
        threads: &Threads,
        classes: &[Vec<ThreadId>],
        at: usize,
        rest: &str,
        whole: bool,
        assigned: &mut Vec<(ThreadId, ThreadId)>,
    ) -> bool {
        let Some(piece) = self.pieces.get(at) else { return !whole || rest.is_empty() };
        match piece {
            Part::Letters(letters) => {
                rest.strip_prefix(letters.as_str()).is_some_and(|rest| self.fits(threads, classes, at + 1, rest, whole, assigned))
            }
            Part::Thread(id, aspect) => candidates(classes, assigned, *id).into_iter().any(|(name, new)| {
                let Some(rest) = rest.strip_prefix(threads.shown(name, *aspect).as_str()) else { return false };
                assigned.extend(new.then_some((*id, name)));
                let fits = self.fits(threads, classes, at + 1, rest, whole, assigned);
                if new && !fits {
                    assigned.pop();
                }
                fits
            }),
        }
    }
}

/// Whether different renamings, or different patterns, might give the same text. If so, the texts have to be written
/// out to be counted. If not, every text can be read in one way only: its names or numbers are found by letters that
/// stand nowhere else.
pub fn are_ambiguous(patterns: &BTreeSet<Pattern>, threads: &Threads, classes: &[Vec<ThreadId>]) -> bool {
    let parts = || patterns.iter().flat_map(|pattern| &pattern.pieces);
    let letters = |wanted: &dyn Fn(char) -> bool| {
        parts().any(|part| match part {
            Part::Letters(letters) => letters.contains(wanted),
            // The name of a thread that has no equal is letters too.
            Part::Thread(id, aspect) => !classes.iter().any(|class| class.contains(id)) && threads.shown(*id, *aspect).contains(wanted),
        })
    };
    let used = |number: bool| {
        let shows = |part: &Part, class: &[ThreadId]| matches!(part, Part::Thread(id, aspect) if (*aspect == Aspect::Number) == number && class.contains(id));
        classes.iter().filter(move |class| parts().any(|part| shows(part, class))).collect::<Vec<_>>()
    };
    match (&used(true)[..], &used(false)[..]) {
        ([], []) => false,
        ([class], []) => class.len() > 10 || letters(&|letter| letter.is_ascii_digit()),
        ([], named) => {
            let names: Vec<String> = named.iter().copied().flatten().map(|id| threads.shown(*id, Aspect::Name)).collect();
            let distinct: BTreeSet<&String> = names.iter().collect();
            let as_long = names.iter().all(|name| name.len() == names[0].len());
            let marks = |mark: &dyn Fn(char) -> bool| {
                let once = |name: &String| (name.matches(mark).count() == 1).then(|| name.find(mark));
                let place = once(&names[0]);
                place.is_some() && names.iter().all(|name| once(name) == place) && !letters(mark)
            };
            let marked = marks(&|letter| letter.is_ascii_digit()) || names[0].chars().any(|mark| marks(&|letter| letter == mark));
            distinct.len() < names.len() || !as_long || !(marked || stand_out(patterns, threads, classes, &names))
        }
        _ => true,
    }
}

/// Whether these names, all of one length, can be found in every text: none ends as another begins, so that no two
/// occurrences overlap, and none stands in the letters between threads.
fn stand_out(patterns: &BTreeSet<Pattern>, threads: &Threads, classes: &[Vec<ThreadId>], names: &[String]) -> bool {
    let overlap = |a: &str, b: &str| (1..a.len()).any(|cut| a.is_char_boundary(cut) && b.starts_with(&a[cut..]));
    let overlaps = names.iter().any(|a| names.iter().any(|b| overlap(a, b)));
    let in_letters = |pattern: &Pattern| {
        let mut run = String::new();
        let mut found = false;
        for part in &pattern.pieces {
            match part {
                Part::Letters(letters) => run.push_str(letters),
                Part::Thread(id, aspect) if !classes.iter().any(|class| class.contains(id)) => run.push_str(&threads.shown(*id, *aspect)),
                Part::Thread(..) => {
                    found |= names.iter().any(|name| run.contains(name.as_str()));
                    run.clear();
                }
            }
        }
        found || names.iter().any(|name| run.contains(name.as_str()))
    };
    !overlaps && !patterns.iter().any(in_letters)
}

/// The names a thread can have: the one it was given, or any that is free.
fn candidates(classes: &[Vec<ThreadId>], assigned: &[(ThreadId, ThreadId)], id: ThreadId) -> Vec<(ThreadId, bool)> {
    if let Some(&(_, name)) = assigned.iter().find(|(of, _)| *of == id) {
        return vec![(name, false)];
    }
    match classes.iter().find(|class| class.contains(&id)) {
        None => vec![(id, false)],
        Some(class) => class.iter().filter(|name| assigned.iter().all(|(_, taken)| taken != *name)).map(|name| (*name, true)).collect(),
    }
}
