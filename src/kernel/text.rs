//! What a text consists of, and how it reads once every thread has its name.

use crate::kernel::value::{Aspect, ThreadId, Value, Word};
use crate::kernel::values::{Composite, Piece, Values};

/// The pieces of a text; `None` if the word is no text.
pub fn pieces_of(values: &Values, word: Word) -> Option<Vec<Piece>> {
    match word.value() {
        Value::Thread(thread, Aspect::Name) => Some(vec![Piece::Thread(thread, Aspect::Name)]),
        _ => match values.composite(word) {
            Some(Composite::Text(pieces)) => Some(pieces.to_vec()),
            _ => None,
        },
    }
}

/// A text for people, with every thread's name and number written as `names` says. Nothing for a word that is no text.
pub fn render(values: &Values, word: Word, names: &dyn Fn(ThreadId, Aspect) -> String) -> String {
    written(&pieces_of(values, word).unwrap_or_default(), names)
}

/// Pieces written out.
pub fn written(pieces: &[Piece], names: &dyn Fn(ThreadId, Aspect) -> String) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Letters(letters) => text.push_str(letters),
            Piece::Thread(thread, aspect) => text.push_str(&names(*thread, *aspect)),
        }
    }
    text
}
