//! What the built-in functions give that only look at their arguments.

use crate::kernel::value::Word;
use crate::kernel::values::Values;
use crate::program::arithmetic::binary;
use crate::program::bytecode::{BinaryOperator, Builtin, Comparison};
use crate::program::collection::items_of;
use crate::program::comparing::{compare, less, truth};
use crate::program::number;
use crate::program::raised::{MAX_ITEMS, Raised, integer, nested, type_error, unsupported, value_error};
use crate::program::shape::{Shape, letters, shape, type_name};
use crate::program::writing::{Naming, repr, str};

/// The result of a built-in function whose arguments are bound to its parameters in order. `range`, `reversed`,
/// `enumerate` and `zip` give lists, where CPython gives lazy objects.
///
/// # Errors
///
/// The exception CPython raises; `Asymmetric` where the result would depend on a symbolic name or number; `Unsupported`
/// for values that get too large, and for the built-in functions that are transitions.
pub fn builtin(values: &mut Values, naming: &dyn Naming, function: Builtin, arguments: &[Word]) -> Result<Word, Raised> {
    let result = computed(values, naming, function, arguments)?;
    nested(values, result)
}

fn computed(values: &mut Values, naming: &dyn Naming, function: Builtin, arguments: &[Word]) -> Result<Word, Raised> {
    let argument = |index: usize| arguments.get(index).copied().unwrap_or(Word::UNBOUND);
    let first = argument(0);
    match function {
        Builtin::Len => length(values, first),
        Builtin::Range => range(values, first, argument(1), argument(2)),
        Builtin::Min => extreme(values, "min", arguments, less),
        Builtin::Max => extreme(values, "max", arguments, greater),
        Builtin::Sum => sum(values, first),
        Builtin::Sorted => {
            let items = items_of(values, first)?;
            let items = sorted(values, items.into())?;
            Ok(values.list(items))
        }
        Builtin::Reversed => reversed(values, first),
        Builtin::Enumerate => enumerate(values, first),
        Builtin::Zip => zip(values, arguments),
        Builtin::Any => some_is(values, first, true),
        Builtin::All => some_is(values, first, false).map(|some| Word::bool(some != Word::TRUE)),
        Builtin::Abs => number::absolute(values, first),
        Builtin::Round => number::round(values, first),
        Builtin::Int => number::int(values, naming, first),
        Builtin::Float => number::float(values, naming, first),
        Builtin::Str => str(values, naming, first),
        Builtin::Repr => repr(values, naming, first),
        Builtin::Bool => truth(values, first).map(Word::bool),
        Builtin::List => items_of(values, first).map(|items| values.list(items)),
        Builtin::Tuple => items_of(values, first).map(|items| values.tuple(items)),
        _ => Err(unsupported(format!("{function:?} as a function of plain values"))),
    }
}

fn length(values: &mut Values, word: Word) -> Result<Word, Raised> {
    let length = match shape(values, word) {
        Shape::List(items) | Shape::Tuple(items) => items.len(),
        Shape::Dict(pairs) => pairs.len(),
        Shape::Text(_) | Shape::Name(_) => letters(values, word).ok_or(Raised::Asymmetric)?.chars().count(),
        other => {
            let message = format!("object of type '{}' has no len()", other.type_name());
            return Err(type_error(values, &message));
        }
    };
    integer(length as i128)
}

fn range(values: &mut Values, start: Word, stop: Word, step: Word) -> Result<Word, Raised> {
    let start = number::index(values, start)?;
    let stop = number::index(values, stop)?;
    let step = if step.is_unbound() { 1 } else { number::index(values, step)? };
    if step == 0 {
        return Err(value_error(values, "range() arg 3 must not be zero"));
    }
    let distance = if step > 0 { stop - start } else { start - stop };
    let count = if distance > 0 { (distance - 1) / step.abs() + 1 } else { 0 };
    if count > MAX_ITEMS as i64 {
        return Err(unsupported(format!("a range of more than {MAX_ITEMS} items")));
    }
    let items: Result<Vec<Word>, Raised> = (0..count).map(|index| integer(i128::from(start + index * step))).collect();
    Ok(values.list(items?))
}

type Better = fn(&mut Values, Word, Word) -> Result<bool, Raised>;

fn greater(values: &mut Values, item: Word, best: Word) -> Result<bool, Raised> {
    compare(values, Comparison::Greater, item, best)
}

fn extreme(values: &mut Values, name: &str, arguments: &[Word], better: Better) -> Result<Word, Raised> {
    let items = match *arguments {
        [] => return Err(type_error(values, &format!("{name} expected at least 1 argument, got 0"))),
        [sequence] => items_of(values, sequence)?,
        _ => arguments.into(),
    };
    let Some((&first, rest)) = items.split_first() else {
        return Err(value_error(values, &format!("{name}() arg is an empty sequence")));
    };
    let mut best = first;
    for &item in rest {
        if better(values, item, best)? {
            best = item;
        }
    }
    Ok(best)
}

fn sum(values: &mut Values, sequence: Word) -> Result<Word, Raised> {
    let mut total = Word::ZERO;
    for &item in &*items_of(values, sequence)? {
        total = binary(values, BinaryOperator::Add, total, item)?;
    }
    Ok(total)
}

/// The items in order, equal ones as they stood: a merge sort, because the order may fail at any comparison.
fn sorted(values: &mut Values, items: Vec<Word>) -> Result<Vec<Word>, Raised> {
    if items.iter().any(|&item| matches!(shape(values, item), Shape::Float(number) if number.is_nan())) {
        return Err(unsupported("sorting with a nan, which has no place in an order"));
    }
    let mut sorted = items;
    let mut width = 1;
    while width < sorted.len() {
        let mut merged = Vec::with_capacity(sorted.len());
        for run in sorted.chunks(2 * width) {
            let (mut left, mut right) = run.split_at(width.min(run.len()));
            while let ([one, left_rest @ ..], [other, right_rest @ ..]) = (left, right) {
                if less(values, *other, *one)? {
                    merged.push(*other);
                    right = right_rest;
                } else {
                    merged.push(*one);
                    left = left_rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        sorted = merged;
        width *= 2;
    }
    Ok(sorted)
}

fn reversed(values: &mut Values, sequence: Word) -> Result<Word, Raised> {
    if !shape(values, sequence).is_sequence() && !matches!(shape(values, sequence), Shape::Dict(_)) {
        let message = format!("'{}' object is not reversible", type_name(values, sequence));
        return Err(type_error(values, &message));
    }
    let mut items = items_of(values, sequence)?;
    items.reverse();
    Ok(values.list(items))
}

fn enumerate(values: &mut Values, sequence: Word) -> Result<Word, Raised> {
    let items = items_of(values, sequence)?;
    let pairs: Vec<Word> = items.iter().zip(0..).map(|(&item, index)| values.tuple([Word::count(index), item])).collect();
    Ok(values.list(pairs))
}

fn zip(values: &mut Values, sequences: &[Word]) -> Result<Word, Raised> {
    let mut columns = Vec::with_capacity(sequences.len());
    for &sequence in sequences {
        columns.push(items_of(values, sequence)?);
    }
    let length = columns.iter().map(|column| column.len()).min().unwrap_or(0);
    let mut rows = Vec::with_capacity(length);
    for row in 0..length {
        let items: Vec<Word> = columns.iter().map(|column| column[row]).collect();
        rows.push(values.tuple(items));
    }
    Ok(values.list(rows))
}

/// Whether some item is as true as `wanted`.
fn some_is(values: &mut Values, sequence: Word, wanted: bool) -> Result<Word, Raised> {
    for &item in &*items_of(values, sequence)? {
        if truth(values, item)? == wanted {
            return Ok(Word::TRUE);
        }
    }
    Ok(Word::FALSE)
}
