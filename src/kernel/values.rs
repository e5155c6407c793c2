//! Where composite values live: each distinct one is kept once, so that equal values are equal words.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::kernel::error::ErrorKind;
use crate::kernel::foreign::Foreign;
use crate::kernel::op::{Op, Span};
use crate::kernel::value::{Aspect, Key, ThreadId, Value, Word};

/// A part of a text: letters, or the name or number of a thread that is kept symbolic.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Piece {
    /// Letters.
    Letters(Box<str>),
    /// The name or number of a thread.
    Thread(ThreadId, Aspect),
}

/// A value that does not fit into a word.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Composite {
    /// A text (`str`). No two `Letters` stand side by side, none is empty.
    Text(Box<[Piece]>),
    /// A floating-point number, by its bits.
    Float(u64),
    /// A tuple.
    Tuple(Box<[Word]>),
    /// A list. Lists are values here: changing one makes another.
    List(Box<[Word]>),
    /// A dict, in order of insertion.
    Dict(Box<[(Word, Word)]>),
    /// An exception object: its class and its message (a text, or unbound).
    Error(ErrorKind, Word),
    /// A duration that is not known exactly: `random()` in the argument of a sleep.
    Span(Span),
    /// The operation that a thread asks for.
    Op(Op),
    /// What `map` of an executor gives: the results of these futures, one after the other, when they are asked for.
    Results(Box<[Word]>),
    /// A private state of a thread: what its program needs to go on. Only that program reads it.
    Frame(Box<[Word]>),
    /// An output: the output before (`NONE` at the start) and the text that was added.
    Output(Word, Word),
    /// A value of a program that is not a scenario.
    Foreign(Foreign),
}

struct Entry {
    composite: Arc<Composite>,
    mentions_threads: bool,
    depth: u32,
}

/// The table of composite values. Keys are given in order of first appearance, so one run of one program
/// always gives the same keys.
#[derive(Default)]
pub struct Values {
    entries: Vec<Entry>,
    keys: FxHashMap<Arc<Composite>, Key>,
    bytes: usize,
    /// Of each thread, which declaration it belongs to.
    declarations: Vec<u16>,
}

impl Clone for Values {
    fn clone(&self) -> Values {
        let entries = self.entries.iter().map(|entry| Entry { composite: entry.composite.clone(), ..*entry }).collect();
        Values { entries, keys: self.keys.clone(), bytes: self.bytes, declarations: self.declarations.clone() }
    }
}

impl Values {
    /// An empty table.
    pub fn new() -> Values {
        Values::default()
    }

    /// Says of each thread which declaration it belongs to. Threads that are not told of belong to none.
    pub fn declare_threads(&mut self, declarations: Vec<u16>) {
        self.declarations = declarations;
    }

    /// Whether two threads belong to one declaration, so that their numbers differ if they do.
    pub fn of_one_declaration(&self, one: ThreadId, other: ThreadId) -> bool {
        let declaration = |thread: ThreadId| self.declarations.get(thread.index());
        declaration(one).is_some() && declaration(one) == declaration(other)
    }

    /// The word of a composite value; the same word for the same value.
    ///
    /// # Panics
    ///
    /// With more than 2^32 distinct values; budgets end a search long before.
    pub fn intern(&mut self, composite: Composite) -> Word {
        if let Some(&key) = self.keys.get(&composite) {
            return Word::composite(key);
        }
        let key = Key(u32::try_from(self.entries.len()).expect("fewer than 2^32 distinct values"));
        let mentions_threads = self.mentions(&composite);
        let depth = self.depth_of(&composite);
        self.bytes += 96 + composite.heap_bytes();
        let composite = Arc::new(composite);
        self.entries.push(Entry { composite: composite.clone(), mentions_threads, depth });
        self.keys.insert(composite, key);
        Word::composite(key)
    }

    /// The composite value with this key.
    pub fn get(&self, key: Key) -> &Composite {
        &self.entries[key.0 as usize].composite
    }

    /// The composite value in this word, if it holds one.
    pub fn composite(&self, word: Word) -> Option<&Composite> {
        word.as_key().map(|key| self.get(key))
    }

    /// A handle on the composite value in this word that does not borrow the table.
    pub fn shared(&self, word: Word) -> Option<Arc<Composite>> {
        word.as_key().map(|key| self.entries[key.0 as usize].composite.clone())
    }

    /// How many distinct composite values there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// About how many bytes the table takes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The word of a plain text.
    pub fn text(&mut self, letters: &str) -> Word {
        let pieces: Box<[Piece]> = if letters.is_empty() { Box::new([]) } else { Box::new([Piece::Letters(letters.into())]) };
        self.intern(Composite::Text(pieces))
    }

    /// The word of a text made of pieces; empty ones are dropped, neighbouring letters joined.
    pub fn text_of(&mut self, pieces: impl IntoIterator<Item = Piece>) -> Word {
        let mut joined: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (joined.last_mut(), piece) {
                (_, Piece::Letters(letters)) if letters.is_empty() => {}
                (Some(Piece::Letters(before)), Piece::Letters(letters)) => {
                    let mut both = String::from(std::mem::take(before));
                    both.push_str(&letters);
                    *before = both.into();
                }
                (_, piece) => joined.push(piece),
            }
        }
        self.intern(Composite::Text(joined.into()))
    }

    /// The word of a floating-point number. All NaNs are one, and so are both zeros.
    pub fn float(&mut self, number: f64) -> Word {
        let bits = if number.is_nan() {
            f64::NAN.to_bits()
        } else if number == 0.0 {
            0
        } else {
            number.to_bits()
        };
        self.intern(Composite::Float(bits))
    }

    /// The word of a tuple.
    pub fn tuple(&mut self, items: impl Into<Box<[Word]>>) -> Word {
        self.intern(Composite::Tuple(items.into()))
    }

    /// The word of a list.
    pub fn list(&mut self, items: impl Into<Box<[Word]>>) -> Word {
        self.intern(Composite::List(items.into()))
    }

    /// The word of an operation.
    pub fn op(&mut self, op: Op) -> Word {
        self.intern(Composite::Op(op))
    }

    /// The items of a tuple or list; nothing for any other word.
    pub fn items(&self, word: Word) -> &[Word] {
        match self.composite(word) {
            Some(Composite::Tuple(items) | Composite::List(items)) => items,
            _ => &[],
        }
    }

    /// Whether the value mentions a thread, at any depth.
    pub fn mentions_threads(&self, word: Word) -> bool {
        match word.value() {
            Value::Thread(..) => true,
            Value::Composite(key) => self.entries[key.0 as usize].mentions_threads,
            _ => false,
        }
    }

    /// How deep containers are nested in the value: 0 for one that is no container. What runs through values calls
    /// itself as often, so programs are stopped from nesting without end.
    pub fn depth(&self, word: Word) -> u32 {
        word.as_key().map_or(0, |key| self.entries[key.0 as usize].depth)
    }

    fn depth_of(&self, composite: &Composite) -> u32 {
        match composite {
            Composite::Tuple(_) | Composite::List(_) | Composite::Dict(_) | Composite::Error(..) => {
                let mut deepest = 0;
                composite.for_each_word(|word| deepest = deepest.max(self.depth(word)));
                deepest + 1
            }
            _ => 0,
        }
    }

    fn mentions(&self, composite: &Composite) -> bool {
        match composite {
            Composite::Text(pieces) => pieces.iter().any(|piece| matches!(piece, Piece::Thread(..))),
            Composite::Op(Op::Start(_) | Op::Join(..) | Op::IsAlive(_) | Op::Cancel(_)) => true,
            _ => {
                let mut found = false;
                composite.for_each_word(|word| found |= self.mentions_threads(word));
                found
            }
        }
    }

    /// The value with every mention of a thread replaced by what `rename` says.
    pub fn rename(&mut self, word: Word, rename: &dyn Fn(ThreadId) -> ThreadId) -> Word {
        if !self.mentions_threads(word) {
            return word;
        }
        match word.value() {
            Value::Thread(thread, aspect) => Word::thread(rename(thread), aspect),
            Value::Composite(key) => {
                let composite = self.entries[key.0 as usize].composite.clone();
                let renamed = composite.map(|word| self.rename(word, rename), rename);
                self.intern(renamed)
            }
            _ => word,
        }
    }

    /// The thread that the operation in this word is about, if it is about one.
    pub fn thread_of_op(&self, word: Word) -> Option<ThreadId> {
        match self.composite(word) {
            Some(Composite::Op(Op::Start(thread) | Op::Join(thread, _) | Op::IsAlive(thread) | Op::Cancel(thread))) => Some(*thread),
            _ => None,
        }
    }

    /// Calls `visit` for every mention of a thread in the value, in order, repetitions included.
    pub fn for_each_thread(&self, word: Word, visit: &mut dyn FnMut(ThreadId)) {
        if !self.mentions_threads(word) {
            return;
        }
        match word.value() {
            Value::Thread(thread, _) => visit(thread),
            Value::Composite(key) => match self.get(key) {
                Composite::Text(pieces) => {
                    for piece in pieces {
                        if let Piece::Thread(thread, _) = piece {
                            visit(*thread);
                        }
                    }
                }
                Composite::Op(Op::Start(thread) | Op::Join(thread, _) | Op::IsAlive(thread) | Op::Cancel(thread)) => visit(*thread),
                composite => composite.for_each_word(|word| self.for_each_thread(word, visit)),
            },
            _ => {}
        }
    }
}

impl Composite {
    fn heap_bytes(&self) -> usize {
        match self {
            Composite::Text(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Letters(letters) => 24 + letters.len(),
                    Piece::Thread(..) => 24,
                })
                .sum(),
            Composite::Tuple(items) | Composite::List(items) | Composite::Frame(items) | Composite::Results(items) => items.len() * 8,
            Composite::Dict(pairs) => pairs.len() * 16,
            _ => 0,
        }
    }

    /// A number that tells the kinds of composite values apart; for an operation, with what it does to what.
    pub fn kind(&self) -> u64 {
        match self {
            Composite::Text(_) => 1,
            Composite::Float(_) => 2,
            Composite::Tuple(_) => 3,
            Composite::List(_) => 4,
            Composite::Dict(_) => 5,
            Composite::Error(kind, _) => 0x100 + *kind as u64,
            Composite::Span(_) => 7,
            Composite::Op(op) => 0x1000 + op.kind(),
            Composite::Frame(_) => 9,
            Composite::Output(..) => 10,
            Composite::Results(_) => 11,
            Composite::Foreign(_) => 12,
        }
    }

    /// Calls `visit` for every word directly inside.
    pub fn for_each_word(&self, mut visit: impl FnMut(Word)) {
        match self {
            Composite::Text(_) | Composite::Float(_) | Composite::Span(_) | Composite::Foreign(_) => {}
            Composite::Tuple(items) | Composite::List(items) | Composite::Frame(items) | Composite::Results(items) => {
                items.iter().copied().for_each(visit);
            }
            Composite::Dict(pairs) => pairs.iter().for_each(|&(key, value)| {
                visit(key);
                visit(value);
            }),
            Composite::Error(_, message) => visit(*message),
            Composite::Op(op) => match *op {
                Op::Write(_, word)
                | Op::ReadItem(_, word)
                | Op::Append(_, word)
                | Op::Pop(_, word)
                | Op::Put(_, word, _)
                | Op::Submit(_, word)
                | Op::Settle(_, word, _)
                | Op::Print(word) => {
                    visit(word);
                }
                Op::WriteItem(_, key, word) => {
                    visit(key);
                    visit(word);
                }
                _ => {}
            },
            Composite::Output(before, text) => {
                visit(*before);
                visit(*text);
            }
        }
    }

    /// The same value with every word directly inside, and every thread, replaced.
    fn map(&self, mut word: impl FnMut(Word) -> Word, thread: &dyn Fn(ThreadId) -> ThreadId) -> Composite {
        match self {
            Composite::Text(pieces) => Composite::Text(
                pieces
                    .iter()
                    .map(|piece| match piece {
                        Piece::Thread(id, aspect) => Piece::Thread(thread(*id), *aspect),
                        letters => letters.clone(),
                    })
                    .collect(),
            ),
            Composite::Float(_) | Composite::Span(_) | Composite::Foreign(_) => self.clone(),
            Composite::Tuple(items) => Composite::Tuple(items.iter().map(|&item| word(item)).collect()),
            Composite::List(items) => Composite::List(items.iter().map(|&item| word(item)).collect()),
            Composite::Frame(items) => Composite::Frame(items.iter().map(|&item| word(item)).collect()),
            Composite::Results(items) => Composite::Results(items.iter().map(|&item| word(item)).collect()),
            Composite::Dict(pairs) => Composite::Dict(pairs.iter().map(|&(key, value)| (word(key), word(value))).collect()),
            Composite::Error(kind, message) => Composite::Error(*kind, word(*message)),
            Composite::Output(before, text) => {
                let before = word(*before);
                Composite::Output(before, word(*text))
            }
            Composite::Op(op) => Composite::Op(match *op {
                Op::Write(object, value) => Op::Write(object, word(value)),
                Op::ReadItem(object, key) => Op::ReadItem(object, word(key)),
                Op::WriteItem(object, key, value) => Op::WriteItem(object, word(key), word(value)),
                Op::Append(object, value) => Op::Append(object, word(value)),
                Op::Pop(object, key) => Op::Pop(object, word(key)),
                Op::Put(object, value, wait) => Op::Put(object, word(value), wait),
                Op::Print(text) => Op::Print(word(text)),
                Op::Submit(pool, work) => Op::Submit(pool, word(work)),
                Op::Settle(future, content, failed) => Op::Settle(future, word(content), failed),
                Op::Start(id) => Op::Start(thread(id)),
                Op::Join(id, wait) => Op::Join(thread(id), wait),
                Op::IsAlive(id) => Op::IsAlive(thread(id)),
                Op::Cancel(id) => Op::Cancel(thread(id)),
                other => other,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_equal_words() {
        let mut values = Values::new();
        let hello = values.text("hello");
        assert_eq!(values.text("hello"), hello);
        assert_ne!(values.text("other"), hello);
        let pieces = ["he", "", "llo"].map(|letters| Piece::Letters(letters.into()));
        assert_eq!(values.text_of(pieces), hello);
        assert_eq!(values.float(0.0), values.float(-0.0));
    }

    #[test]
    fn renaming_reaches_every_mention() {
        let mut values = Values::new();
        let name = Piece::Thread(ThreadId(1), Aspect::Name);
        let text = values.text_of([name, Piece::Letters(" ran".into())]);
        let handle = Word::thread(ThreadId(2), Aspect::Handle);
        let pair = values.tuple([text, handle]);
        let join = values.op(Op::Join(ThreadId(1), crate::kernel::op::Wait::Forever));
        let all = values.list([pair, join, Word::ZERO]);
        let swap = |thread: ThreadId| ThreadId(3 - thread.0);
        let swapped = values.rename(all, &swap);
        assert_ne!(swapped, all);
        assert_eq!(values.rename(swapped, &swap), all);
        let mut seen = Vec::new();
        values.for_each_thread(swapped, &mut |thread| seen.push(thread.0));
        assert_eq!(seen, [2, 1, 2]);
    }
}
