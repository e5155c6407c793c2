//! How the items of lists, tuples, dicts and texts are reached, put in and taken out.

use crate::kernel::error::ErrorKind;
use crate::kernel::value::Word;
use crate::kernel::values::{Composite, Values};
use crate::program::comparing::find_key;
use crate::program::raised::{Raised, error, fits_items, fits_pairs, nested, type_error, unsupported, value_error};
use crate::program::sequence::{Use, list, place};
use crate::program::shape::{Shape, letters, shape, type_name};
use crate::program::writing::{Naming, repr};

/// `container[key]`.
///
/// # Errors
///
/// `IndexError`, `KeyError` (its message is the repr of the key) or `TypeError` as CPython raises them; `Asymmetric` for a
/// text that mentions a thread, and for a symbolic number as an index or among other keys.
pub fn item(values: &mut Values, naming: &dyn Naming, container: Word, key: Word) -> Result<Word, Raised> {
    match shape(values, container) {
        Shape::List(items) | Shape::Tuple(items) => {
            let length = items.len();
            let place = place(values, container, length, key, Use::Read)?;
            Ok(values.items(container)[place])
        }
        Shape::Text(_) | Shape::Name(_) => {
            let text: Vec<char> = letters(values, container).ok_or(Raised::Asymmetric)?.chars().collect();
            let place = place(values, container, text.len(), key, Use::Read)?;
            Ok(values.text(text[place].encode_utf8(&mut [0; 4])))
        }
        Shape::Dict(pairs) => {
            let pairs = pairs.to_vec();
            match find_key(values, &pairs, key)? {
                Some(index) => Ok(pairs[index].1),
                None => Err(key_error(values, naming, key)?),
            }
        }
        Shape::Span(_) => Err(unsupported("an item of a random duration")),
        other => {
            let message = format!("'{}' object is not subscriptable", other.type_name());
            Err(type_error(values, &message))
        }
    }
}

fn key_error(values: &mut Values, naming: &dyn Naming, key: Word) -> Result<Raised, Raised> {
    Ok(Raised::Error(ErrorKind::KeyError, repr(values, naming, key)?))
}

/// The container after `container[key] = value`.
///
/// # Errors
///
/// As [`item`]; `Unsupported` for a container that gets too large, or is nested too deep.
pub fn with_item(values: &mut Values, container: Word, key: Word, value: Word) -> Result<Word, Raised> {
    match shape(values, container) {
        Shape::List(items) => {
            let mut items = items.to_vec();
            let place = place(values, container, items.len(), key, Use::Write)?;
            items[place] = value;
            list(values, items)
        }
        Shape::Dict(pairs) => {
            let mut pairs = pairs.to_vec();
            insert(values, &mut pairs, key, value)?;
            let dict = values.intern(Composite::Dict(pairs.into()));
            nested(values, dict)
        }
        other => {
            let message = format!("'{}' object does not support item assignment", other.type_name());
            Err(type_error(values, &message))
        }
    }
}

/// Puts a pair into a dict: a key that is there already stays in its place, as it is.
fn insert(values: &mut Values, pairs: &mut Vec<(Word, Word)>, key: Word, value: Word) -> Result<(), Raised> {
    match find_key(values, pairs, key)? {
        Some(index) => pairs[index].1 = value,
        None => {
            fits_pairs(pairs.len() + 1)?;
            pairs.push((key, value));
        }
    }
    Ok(())
}

/// The dict of these pairs, of which a later one replaces an earlier one with an equal key: `{key: value, ...}`.
///
/// # Errors
///
/// `TypeError` for a key that is not hashable; `Asymmetric` where two keys could be equal; `Unsupported` if too large.
pub fn dict(values: &mut Values, pairs: &[(Word, Word)]) -> Result<Word, Raised> {
    let mut kept = Vec::with_capacity(pairs.len());
    for &(key, value) in pairs {
        insert(values, &mut kept, key, value)?;
    }
    let dict = values.intern(Composite::Dict(kept.into()));
    nested(values, dict)
}

/// The list after `list.append(value)`.
///
/// # Errors
///
/// `AttributeError` for what is no list, `Unsupported` for a list that gets too long, or is nested too deep.
pub fn with_appended(values: &mut Values, container: Word, value: Word) -> Result<Word, Raised> {
    match shape(values, container) {
        Shape::List(items) => {
            let mut items = items.to_vec();
            items.push(value);
            list(values, items)
        }
        _ => Err(no_attribute(values, container, "append")),
    }
}

/// The container after `container.pop(key)`, and the item taken out.
///
/// # Errors
///
/// `IndexError`, `KeyError` or `TypeError` as CPython raises them, `AttributeError` for what has no `pop`; `Asymmetric` as
/// [`item`].
pub fn without_item(values: &mut Values, naming: &dyn Naming, container: Word, key: Word) -> Result<(Word, Word), Raised> {
    match shape(values, container) {
        Shape::List(items) => {
            let mut items = items.to_vec();
            let place = place(values, container, items.len(), key, Use::Pop)?;
            let item = items.remove(place);
            Ok((values.list(items), item))
        }
        Shape::Dict(pairs) => {
            let mut pairs = pairs.to_vec();
            // An empty dict is not asked for the key's hash.
            let found = if pairs.is_empty() { None } else { find_key(values, &pairs, key)? };
            match found {
                Some(index) => {
                    let (_, item) = pairs.remove(index);
                    Ok((values.intern(Composite::Dict(pairs.into())), item))
                }
                None => Err(key_error(values, naming, key)?),
            }
        }
        _ => Err(no_attribute(values, container, "pop")),
    }
}

/// The `AttributeError` for a value without this attribute.
pub fn no_attribute(values: &mut Values, word: Word, name: &str) -> Raised {
    let message = format!("'{}' object has no attribute '{name}'", type_name(values, word));
    error(values, ErrorKind::AttributeError, &message)
}

/// The items that a `for` over the value goes through: of a list or tuple, the keys of a dict, the letters of a text.
///
/// # Errors
///
/// `TypeError` for what is not iterable; `Asymmetric` for a text that mentions a thread; `Unsupported` for a text too long.
pub fn items_of(values: &mut Values, iterable: Word) -> Result<Box<[Word]>, Raised> {
    match iterated(values, iterable)? {
        Some(items) => Ok(items),
        None => {
            let message = format!("'{}' object is not iterable", type_name(values, iterable));
            Err(type_error(values, &message))
        }
    }
}

/// The items as [`items_of`] gives them, nothing for what is not iterable.
///
/// # Errors
///
/// As [`items_of`], without the `TypeError`.
pub fn iterated(values: &mut Values, iterable: Word) -> Result<Option<Box<[Word]>>, Raised> {
    match shape(values, iterable) {
        Shape::List(items) | Shape::Tuple(items) => Ok(Some(items.into())),
        Shape::Dict(pairs) => Ok(Some(pairs.iter().map(|&(key, _)| key).collect())),
        Shape::Text(_) | Shape::Name(_) => {
            let letters: Vec<char> = letters(values, iterable).ok_or(Raised::Asymmetric)?.chars().collect();
            fits_items(letters.len())?;
            Ok(Some(letters.into_iter().map(|letter| values.text(letter.encode_utf8(&mut [0; 4]))).collect()))
        }
        Shape::Span(_) => Err(unsupported("a loop over a random duration")),
        _ => Ok(None),
    }
}

/// The items of a sequence that is assigned to this many names.
///
/// # Errors
///
/// `ValueError` for another number of items, `TypeError` for what is not iterable; else as [`items_of`].
pub fn unpack(values: &mut Values, sequence: Word, count: usize) -> Result<Box<[Word]>, Raised> {
    let Some(items) = iterated(values, sequence)? else {
        let message = format!("cannot unpack non-iterable {} object", type_name(values, sequence));
        return Err(type_error(values, &message));
    };
    let length = items.len();
    if length < count {
        return Err(value_error(values, &format!("not enough values to unpack (expected {count}, got {length})")));
    }
    if length > count {
        return Err(value_error(values, &format!("too many values to unpack (expected {count})")));
    }
    Ok(items)
}
