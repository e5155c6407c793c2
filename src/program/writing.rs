//! What a value looks like as text: Python's `str` and `repr`.

use crate::kernel::error::ErrorKind;
use crate::kernel::text::{pieces_of, written};
use crate::kernel::value::{Aspect, ObjectId, ThreadId, Word};
use crate::kernel::values::{Piece, Values};
use crate::program::decimal;
use crate::program::raised::{Raised, fits_depth, unsupported};
use crate::program::shape::{Shape, shape};
use crate::program::text::{Builder, from_pieces};

/// How the values are written that only the program knows the names of.
pub trait Naming {
    /// The text of a primitive: `<Lock lock_a>`.
    fn object(&self, object: ObjectId) -> String;
    /// The text of a function: `<function worker>`.
    fn function(&self, function: u16) -> String;
}

/// `str(value)`, as pieces.
///
/// # Errors
///
/// `Asymmetric` for a thread's name inside a list, tuple or dict, where `repr` would have to look into it for quotes;
/// `Unsupported` for what is too large or cannot be written.
pub fn str_pieces(values: &Values, naming: &dyn Naming, word: Word) -> Result<Vec<Piece>, Raised> {
    match shape(values, word) {
        Shape::Error(_, message) if message.is_unbound() => Ok(Vec::new()),
        Shape::Error(_, message) if shape(values, message).is_text() => Ok(pieces_of(values, message).unwrap_or_default()),
        Shape::Text(_) | Shape::Name(_) => Ok(pieces_of(values, word).unwrap_or_default()),
        _ => repr_pieces(values, naming, word),
    }
}

/// `str(value)`.
///
/// # Errors
///
/// As [`str_pieces`].
pub fn str(values: &mut Values, naming: &dyn Naming, word: Word) -> Result<Word, Raised> {
    if shape(values, word).is_text() {
        return Ok(word);
    }
    let pieces = str_pieces(values, naming, word)?;
    Ok(from_pieces(values, pieces))
}

/// `repr(value)`, as pieces. Deviates from CPython in what has an address there (threads, primitives, functions), and
/// in exceptions: their message is always written as a text.
///
/// # Errors
///
/// As [`str_pieces`]; `Asymmetric` also for a thread's name itself.
pub fn repr_pieces(values: &Values, naming: &dyn Naming, word: Word) -> Result<Vec<Piece>, Raised> {
    let mut writer = Writer { values, naming, names: None, text: Builder::default() };
    writer.value(word, 0)?;
    Ok(writer.text.finish())
}

/// `repr(value)`.
///
/// # Errors
///
/// As [`repr_pieces`].
pub fn repr(values: &mut Values, naming: &dyn Naming, word: Word) -> Result<Word, Raised> {
    let pieces = repr_pieces(values, naming, word)?;
    Ok(from_pieces(values, pieces))
}

/// `repr(value)` for people, with every thread's name and number written as `names` says; `...` in place of what is
/// too large, and of operations, which no program sees.
pub fn shown(values: &Values, naming: &dyn Naming, word: Word, names: &dyn Fn(ThreadId, Aspect) -> String) -> String {
    let mut writer = Writer { values, naming, names: Some(names), text: Builder::default() };
    match writer.value(word, 0) {
        Ok(()) => written(&writer.text.finish(), names),
        Err(_) => String::from("..."),
    }
}

/// The message word of an exception that the program makes with this argument: the text of the argument; for a
/// `KeyError` its repr, because that is what CPython prints of one. Unbound stays unbound.
///
/// # Errors
///
/// As [`str_pieces`] and [`repr_pieces`].
pub fn error_message(values: &mut Values, naming: &dyn Naming, kind: ErrorKind, argument: Word) -> Result<Word, Raised> {
    match kind {
        _ if argument.is_unbound() => Ok(argument),
        ErrorKind::KeyError => repr(values, naming, argument),
        _ => str(values, naming, argument),
    }
}

/// Writes `repr`s.
struct Writer<'a> {
    values: &'a Values,
    naming: &'a dyn Naming,
    /// Writes threads' names and numbers out; without it they stay symbolic.
    names: Option<&'a dyn Fn(ThreadId, Aspect) -> String>,
    text: Builder,
}

impl Writer<'_> {
    fn value(&mut self, word: Word, depth: u32) -> Result<(), Raised> {
        fits_depth(depth)?;
        match shape(self.values, word) {
            Shape::None => self.text.letters("None"),
            Shape::Bool(truth) => self.text.letters(if truth { "True" } else { "False" }),
            Shape::Int(number) => self.text.letters(&number.to_string()),
            Shape::Number(thread) => self.text.thread(thread, Aspect::Number),
            Shape::Float(number) => self.text.letters(&decimal::shortest(number)),
            Shape::Name(thread) => self.quoted(&[Piece::Thread(thread, Aspect::Name)]),
            Shape::Text(pieces) => self.quoted(pieces),
            Shape::Tuple(items) => self.items("(", items, if items.len() == 1 { ",)" } else { ")" }, depth),
            Shape::List(items) => self.items("[", items, "]", depth),
            Shape::Dict(pairs) => self.pairs(pairs, depth),
            Shape::Error(kind, message) => self.error(kind, message, depth),
            Shape::Handle(thread) => {
                self.text.letters("<Thread ")?;
                self.text.thread(thread, Aspect::Name)?;
                self.text.letters(">")
            }
            Shape::Object(object) => self.text.letters(&self.naming.object(object)),
            Shape::Function(function) => self.text.letters(&self.naming.function(function)),
            Shape::Future(future) => self.text.letters(&format!("<Future {}>", future.0)),
            Shape::Span(_) => Err(unsupported("the text of a random duration")),
            Shape::Hidden => Err(unsupported("the text of an operation")),
        }
    }

    fn items(&mut self, start: &str, items: &[Word], end: &str, depth: u32) -> Result<(), Raised> {
        self.text.letters(start)?;
        for (index, &item) in items.iter().enumerate() {
            self.separator(index)?;
            self.value(item, depth + 1)?;
        }
        self.text.letters(end)
    }

    fn pairs(&mut self, pairs: &[(Word, Word)], depth: u32) -> Result<(), Raised> {
        self.text.letters("{")?;
        for (index, &(key, value)) in pairs.iter().enumerate() {
            self.separator(index)?;
            self.value(key, depth + 1)?;
            self.text.letters(": ")?;
            self.value(value, depth + 1)?;
        }
        self.text.letters("}")
    }

    fn separator(&mut self, index: usize) -> Result<(), Raised> {
        if index > 0 { self.text.letters(", ") } else { Ok(()) }
    }

    fn error(&mut self, kind: ErrorKind, message: Word, depth: u32) -> Result<(), Raised> {
        self.text.letters(kind.name())?;
        self.text.letters("(")?;
        if kind == ErrorKind::KeyError && !message.is_unbound() {
            // The message of a KeyError is the repr of the key already: see `error_message`.
            let pieces = pieces_of(self.values, message).unwrap_or_default();
            pieces.iter().try_for_each(|piece| self.text.piece(piece))?;
        } else if !message.is_unbound() {
            self.value(message, depth + 1)?;
        }
        self.text.letters(")")
    }

    fn quoted(&mut self, pieces: &[Piece]) -> Result<(), Raised> {
        let resolved = self.names.map(|names| [Piece::Letters(written(pieces, names).into())]);
        let pieces = resolved.as_ref().map_or(pieces, |letters| letters);
        // A number is digits only; a name could hold a quote or something to escape.
        if pieces.iter().any(|piece| matches!(piece, Piece::Thread(_, Aspect::Name | Aspect::Handle))) {
            return Err(Raised::Asymmetric);
        }
        let holds = |sign: char| pieces.iter().any(|piece| matches!(piece, Piece::Letters(letters) if letters.contains(sign)));
        let (quote, sign) = if holds('\'') && !holds('"') { ("\"", '"') } else { ("'", '\'') };
        self.text.letters(quote)?;
        for piece in pieces {
            match piece {
                Piece::Letters(letters) => self.text.letters(&escaped(letters, sign))?,
                Piece::Thread(thread, aspect) => self.text.thread(*thread, *aspect)?,
            }
        }
        self.text.letters(quote)
    }
}

fn escaped(letters: &str, quote: char) -> String {
    let mut text = String::with_capacity(letters.len());
    for letter in letters.chars() {
        match letter {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            _ if letter == quote => text.extend(['\\', letter]),
            _ if is_printable(letter) => text.push(letter),
            _ => match u32::from(letter) {
                code @ ..=0xff => text.push_str(&format!("\\x{code:02x}")),
                code @ ..=0xffff => text.push_str(&format!("\\u{code:04x}")),
                code => text.push_str(&format!("\\U{code:08x}")),
            },
        }
    }
    text
}

/// Whether `str.isprintable` holds for a letter, by Rust's own table (of a later Unicode than CPython 3.11's).
fn is_printable(letter: char) -> bool {
    if letter.is_ascii() {
        return matches!(letter, ' '..='~');
    }
    // Rust escapes a combining mark only where a text begins with it; Python never does.
    let mut buffer = String::from("a");
    buffer.push(letter);
    buffer.escape_debug().eq(buffer.chars())
}
