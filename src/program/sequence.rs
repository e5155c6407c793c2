//! How texts, lists and tuples are indexed, cut, joined and repeated.

use crate::kernel::error::ErrorKind;
use crate::kernel::value::Word;
use crate::kernel::values::Values;
use crate::program::raised::{Raised, error, fits_items, nested, type_error, unsupported, value_error};
use crate::program::shape::{Shape, letters, shape, type_name};
use crate::program::text;

/// The list of these items: `[item, ...]`.
///
/// # Errors
///
/// `Unsupported` if there are too many, or nested too deep.
pub fn list(values: &mut Values, items: impl Into<Box<[Word]>>) -> Result<Word, Raised> {
    let items = items.into();
    fits_items(items.len())?;
    let list = values.list(items);
    nested(values, list)
}

/// The tuple of these items: `(item, ...)`.
///
/// # Errors
///
/// As [`list`].
pub fn tuple(values: &mut Values, items: impl Into<Box<[Word]>>) -> Result<Word, Raised> {
    let items = items.into();
    fits_items(items.len())?;
    let tuple = values.tuple(items);
    nested(values, tuple)
}

/// A word that makes a sequence of these items of the kind of `like`: a tuple if that is one, else a list.
fn like(values: &mut Values, like: Word, items: Vec<Word>) -> Word {
    match shape(values, like) {
        Shape::Tuple(_) => values.tuple(items),
        _ => values.list(items),
    }
}

/// `left + right`, where `left` is a text, list or tuple.
///
/// # Errors
///
/// `TypeError` if the right one is of another type, `Unsupported` if the result is too large.
pub fn joined(values: &mut Values, left: Word, right: Word) -> Result<Word, Raised> {
    let items = match (shape(values, left), shape(values, right)) {
        (one, other) if one.is_text() && other.is_text() => return text::concatenate(values, &[left, right]),
        (Shape::List(one), Shape::List(other)) | (Shape::Tuple(one), Shape::Tuple(other)) => {
            fits_items(one.len() + other.len())?;
            [one, other].concat()
        }
        (one, other) => {
            let (one, other) = (one.type_name(), other.type_name());
            return Err(type_error(values, &format!("can only concatenate {one} (not \"{other}\") to {one}")));
        }
    };
    Ok(like(values, left, items))
}

/// `sequence * times`.
///
/// # Errors
///
/// `TypeError` if `times` is no integer, `Asymmetric` if it is a symbolic number, `Unsupported` if the result is too large.
pub fn repeated(values: &mut Values, sequence: Word, times: Word) -> Result<Word, Raised> {
    let times = match shape(values, times) {
        Shape::Int(times) => usize::try_from(times).unwrap_or(0),
        Shape::Bool(once) => usize::from(once),
        Shape::Number(_) => return Err(Raised::Asymmetric),
        other => {
            let message = format!("can't multiply sequence by non-int of type '{}'", other.type_name());
            return Err(type_error(values, &message));
        }
    };
    if shape(values, sequence).is_text() {
        return text::repeated(values, sequence, times);
    }
    let items = values.items(sequence);
    fits_items(items.len().saturating_mul(times))?;
    let items = if items.is_empty() { Vec::new() } else { items.repeat(times) };
    Ok(like(values, sequence, items))
}

/// What an index is used for: it decides the words of the complaint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// `sequence[index]`
    Read,
    /// `list[index] = value`
    Write,
    /// `list.pop(index)`
    Pop,
}

/// The place an index means in a sequence of this many items.
///
/// # Errors
///
/// `IndexError` out of range, `TypeError` for what is no integer, `Asymmetric` for a symbolic number.
pub fn place(values: &mut Values, sequence: Word, length: usize, index: Word, used: Use) -> Result<usize, Raised> {
    let name = if shape(values, sequence).is_text() { "string" } else { type_name(values, sequence) };
    let at = match shape(values, index) {
        Shape::Int(index) => index,
        Shape::Bool(index) => i64::from(index),
        Shape::Number(_) => return Err(Raised::Asymmetric),
        other => {
            let other = other.type_name();
            let message = match (name, used) {
                (_, Use::Pop) => format!("'{other}' object cannot be interpreted as an integer"),
                ("string", _) => format!("string indices must be integers, not '{other}'"),
                _ => format!("{name} indices must be integers or slices, not {other}"),
            };
            return Err(type_error(values, &message));
        }
    };
    let from_start = if at < 0 { at + length as i64 } else { at };
    match usize::try_from(from_start) {
        Ok(place) if place < length => Ok(place),
        _ => {
            let message = match used {
                Use::Read => format!("{name} index out of range"),
                Use::Write => format!("{name} assignment index out of range"),
                Use::Pop if length == 0 => format!("pop from empty {name}"),
                Use::Pop => String::from("pop index out of range"),
            };
            Err(error(values, ErrorKind::IndexError, &message))
        }
    }
}

/// `sequence[start:stop:step]`; a bound that is `None` or unbound was left out.
///
/// # Errors
///
/// `TypeError` for what cannot be cut or is no integer, `ValueError` for a step of zero, `Asymmetric` for a text that
/// mentions a thread and for a symbolic number.
pub fn slice(values: &mut Values, sequence: Word, start: Word, stop: Word, step: Word) -> Result<Word, Raised> {
    match shape(values, sequence) {
        sequence if sequence.is_sequence() => {}
        Shape::Dict(_) => return Err(type_error(values, "unhashable type: 'slice'")),
        Shape::Span(_) => return Err(unsupported("a part of a random duration")),
        other => {
            let message = format!("'{}' object is not subscriptable", other.type_name());
            return Err(type_error(values, &message));
        }
    }
    let step = bound(values, step)?.unwrap_or(1);
    if step == 0 {
        return Err(value_error(values, "slice step cannot be zero"));
    }
    let bounds = (bound(values, start)?, bound(values, stop)?);
    if shape(values, sequence).is_text() {
        let letters: Vec<char> = letters(values, sequence).ok_or(Raised::Asymmetric)?.chars().collect();
        let cut: String = places(letters.len(), bounds, step).map(|place| letters[place]).collect();
        return Ok(values.text(&cut));
    }
    let items = values.items(sequence);
    let cut = places(items.len(), bounds, step).map(|place| items[place]).collect();
    Ok(like(values, sequence, cut))
}

fn bound(values: &mut Values, word: Word) -> Result<Option<i64>, Raised> {
    match shape(values, word) {
        Shape::None => Ok(None),
        Shape::Int(bound) => Ok(Some(bound)),
        Shape::Bool(bound) => Ok(Some(i64::from(bound))),
        Shape::Number(_) => Err(Raised::Asymmetric),
        _ => Err(type_error(values, "slice indices must be integers or None or have an __index__ method")),
    }
}

/// The places that a slice of a sequence of this length takes, in order.
fn places(length: usize, (start, stop): (Option<i64>, Option<i64>), step: i64) -> impl Iterator<Item = usize> {
    let length = length as i64;
    // Downwards, -1 stands for "before the first".
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: i64| (if bound < 0 { bound + length } else { bound }).clamp(lowest, highest);
    let start = start.map_or(if step > 0 { lowest } else { highest }, clamp);
    let stop = stop.map_or(if step > 0 { highest } else { lowest }, clamp);
    let distance = if step > 0 { stop - start } else { start - stop };
    let count = if distance > 0 { (distance - 1) / step.abs() + 1 } else { 0 };
    (0..count).map(move |index| (start + index * step) as usize)
}
