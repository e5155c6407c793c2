//! Crews: threads that nobody can tell apart, known by who starts them, as how manieth, under which name and how many.
//!
//! The members of a crew run one body and are told nothing that is theirs alone. What a thread does is decided by what it has
//! observed; so two members that have observed the same do the same, and share one history: their births are the same
//! observation. If two members exchange their names in an execution, there comes another execution out of it, and its rows are
//! those of the first with the two exchanged. Nothing else has to be renamed: what threads observe never names a member, because
//! the handle on a crew names only its first, and says nothing of who gave what.
//!
//! That ends with the first object that a member creates, or the first thread that it starts: these are known by who made them.
//! From then on the crew is none of equals, the machine is laid out anew, and its members are threads like all others.

use rustc_hash::FxHashMap;

use crate::kernel::foreign::Foreign;
use crate::kernel::text::render;
use crate::kernel::value::{ThreadId, Word};
use crate::kernel::values::{Composite, Values};

/// Threads that were started together, to do the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Crew {
    /// The first of them; the others stand behind it.
    pub first: ThreadId,
    /// How many they are.
    pub count: u16,
    /// The name of each.
    pub name: String,
    /// Whether none of them was ever seen to make something that is known by its maker.
    pub is_equal: bool,
}

impl Crew {
    /// The threads.
    pub fn members(&self) -> impl Iterator<Item = ThreadId> + use<> {
        (self.first.0..self.first.0 + self.count).map(ThreadId)
    }

    fn has(&self, id: ThreadId) -> bool {
        (self.first.0..self.first.0 + self.count).contains(&id.0)
    }
}

/// The crews met so far.
#[derive(Default)]
pub struct Crews {
    crews: Vec<Crew>,
    numbers: FxHashMap<(ThreadId, u32, u16, String), usize>,
    /// Whether none are to be taken for equal.
    are_distinct: bool,
}

impl Crews {
    /// The first member of the crew that a thread starts as its `index`th, and whether it is new: then its members are the
    /// threads from `next` on.
    pub fn first(&mut self, parent: ThreadId, index: u32, count: u16, name: &str, next: ThreadId) -> (ThreadId, bool) {
        let new = self.crews.len();
        let number = *self.numbers.entry((parent, index, count, name.to_owned())).or_insert(new);
        if number == new {
            self.crews.push(Crew { first: next, count, name: name.to_owned(), is_equal: !self.are_distinct });
        }
        (self.crews[number].first, number == new)
    }

    /// The crew of a thread, if it is in one.
    pub fn of(&self, id: ThreadId) -> Option<&Crew> {
        self.crews.iter().find(|crew| crew.has(id))
    }

    /// The sets of threads that are equal.
    pub fn classes(&self) -> Vec<Vec<ThreadId>> {
        self.crews.iter().filter(|crew| crew.is_equal && crew.count > 1).map(|crew| crew.members().collect()).collect()
    }

    /// A thread makes something that is known by its maker: if it was one of equals, it is not any more. Gives whether it was.
    pub fn tell_apart(&mut self, id: ThreadId) -> bool {
        let crew = self.crews.iter_mut().find(|crew| crew.has(id));
        crew.is_some_and(|crew| std::mem::replace(&mut crew.is_equal, false))
    }

    /// None are equal any more, nor will any be.
    pub fn tell_all_apart(&mut self) {
        self.are_distinct = true;
        self.crews.iter_mut().for_each(|crew| crew.is_equal = false);
    }
}

/// What the members of a crew have left, each its value or its error, as one word that does not say who has left what: the
/// values in their order, or of several errors the one with the smallest message. The numbers of words give no order: they
/// are others in other runs.
pub fn left_by_all(values: &mut Values, mut words: Vec<Word>) -> Word {
    let errors = words.iter().copied().filter_map(|word| match values.composite(word) {
        Some(Composite::Error(_, text)) => Some((render(values, *text, &|_, _| String::new()), word)),
        _ => None,
    });
    if let Some((_, word)) = errors.min() {
        return word;
    }
    let is_less = |left: &Word, right: &Word| match (values.composite(*left), values.composite(*right)) {
        (Some(Composite::Foreign(left)), Some(Composite::Foreign(right))) => left.is_less(right) == Some(true),
        _ => false,
    };
    words.sort_by(|left, right| is_less(right, left).cmp(&is_less(left, right)));
    values.tuple(words)
}

/// The values in such a word.
pub fn values_of_all(values: &Values, words: &[Word]) -> Vec<Foreign> {
    let value = |word: &Word| match values.composite(*word) {
        Some(Composite::Foreign(value)) => Some(value.clone()),
        _ => None,
    };
    words.iter().filter_map(value).collect()
}
