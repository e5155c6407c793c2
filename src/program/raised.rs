//! How an operation on plain values can fail, and how large a plain value may grow.

use crate::kernel::error::ErrorKind;
use crate::kernel::value::Word;
use crate::kernel::values::Values;

/// Why an operation on plain values has no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Raised {
    /// The exception CPython 3.11 raises, with its message (a text, or [`Word::UNBOUND`] for none).
    Error(ErrorKind, Word),
    /// The result would depend on *which* of several equal threads is meant: the operation looks into a thread's
    /// name or number, which are symbolic. With names and numbers written out there is a result.
    Asymmetric,
    /// Something that drawloom cannot represent, in words for the author of the program.
    Unsupported(String),
}

/// The most items a list, tuple or range may have.
pub const MAX_ITEMS: usize = 100_000;
/// The most pairs a dict may have; looking up a key takes time in proportion.
pub const MAX_PAIRS: usize = 10_000;
/// The most bytes a text may have.
pub const MAX_TEXT: usize = 1 << 20;
/// How deep lists, tuples and dicts may be nested.
pub const MAX_DEPTH: u32 = 200;
/// How many pairs of values one comparison may look at.
pub const MAX_COMPARED: u32 = 10_000_000;

/// An exception with a message.
pub fn error(values: &mut Values, kind: ErrorKind, message: &str) -> Raised {
    Raised::Error(kind, values.text(message))
}

/// A `TypeError` with a message.
pub fn type_error(values: &mut Values, message: &str) -> Raised {
    error(values, ErrorKind::TypeError, message)
}

/// A `ValueError` with a message.
pub fn value_error(values: &mut Values, message: &str) -> Raised {
    error(values, ErrorKind::ValueError, message)
}

/// What cannot be represented, in words.
pub fn unsupported(what: impl Into<String>) -> Raised {
    Raised::Unsupported(what.into())
}

/// The word of an integer.
///
/// # Errors
///
/// `Unsupported` where Python would go on with an integer of more than 60 bits.
pub fn integer(number: i128) -> Result<Word, Raised> {
    i64::try_from(number).ok().and_then(Word::int).ok_or_else(|| unsupported("an integer of more than 60 bits"))
}

/// Nothing, if a list or tuple may have this many items.
///
/// # Errors
///
/// `Unsupported` above [`MAX_ITEMS`].
pub fn fits_items(count: usize) -> Result<(), Raised> {
    if count <= MAX_ITEMS { Ok(()) } else { Err(unsupported(format!("a list or tuple of more than {MAX_ITEMS} items"))) }
}

/// Nothing, if a dict may have this many pairs.
///
/// # Errors
///
/// `Unsupported` above [`MAX_PAIRS`].
pub fn fits_pairs(count: usize) -> Result<(), Raised> {
    if count <= MAX_PAIRS { Ok(()) } else { Err(unsupported(format!("a dict of more than {MAX_PAIRS} keys"))) }
}

/// Nothing, if a text may have this many bytes.
///
/// # Errors
///
/// `Unsupported` above [`MAX_TEXT`].
pub fn fits_text(bytes: usize) -> Result<(), Raised> {
    if bytes <= MAX_TEXT { Ok(()) } else { Err(unsupported(format!("a text of more than {MAX_TEXT} bytes"))) }
}

/// Nothing, if values may be nested this deep.
///
/// # Errors
///
/// `Unsupported` below [`MAX_DEPTH`] levels, where CPython goes on to about a thousand and then raises `RecursionError`.
pub fn fits_depth(depth: u32) -> Result<(), Raised> {
    if depth <= MAX_DEPTH { Ok(()) } else { Err(unsupported(format!("values nested more than {MAX_DEPTH} deep"))) }
}

/// The word itself, if containers are not nested too deep in it. Everything that makes a container asks.
///
/// # Errors
///
/// As [`fits_depth`].
pub fn nested(values: &Values, word: Word) -> Result<Word, Raised> {
    fits_depth(values.depth(word)).map(|()| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_fits() {
        assert_eq!(integer(i128::from(Word::INT_MAX)), Ok(Word::int(Word::INT_MAX).unwrap()));
        assert!(matches!(integer(i128::from(Word::INT_MAX) + 1), Err(Raised::Unsupported(_))));
        assert!(matches!(integer(i128::MAX), Err(Raised::Unsupported(_))));
        assert!(fits_items(MAX_ITEMS).is_ok() && fits_items(MAX_ITEMS + 1).is_err());
        assert!(fits_text(MAX_TEXT).is_ok() && fits_text(MAX_TEXT + 1).is_err());
    }
}
