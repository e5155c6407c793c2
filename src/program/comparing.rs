//! Which values are equal, which is the smaller, which is contained in which, which is true.

use std::cmp::Ordering;

use crate::kernel::value::{Aspect, Word};
use crate::kernel::values::{Piece, Values};
use crate::program::bytecode::Comparison;
use crate::program::raised::{MAX_COMPARED, Raised, fits_depth, type_error, unsupported};
use crate::program::shape::{Numeric, Shape, letters, shape, type_name};

/// The result of a comparison.
///
/// Deviates from CPython: values are compared by `is` as by `==` with their types (two equal lists are one value here),
/// and a `nan` in two lists is the same `nan`.
///
/// # Errors
///
/// `TypeError` where there is no order, `Asymmetric` where the result would depend on a symbolic name or number,
/// `Unsupported` for random durations and for values too large or too deep to be compared.
pub fn compare(values: &mut Values, comparison: Comparison, left: Word, right: Word) -> Result<bool, Raised> {
    match comparison {
        Comparison::Equal => equal_or_nan(values, left, right),
        Comparison::NotEqual => equal_or_nan(values, left, right).map(|equal| !equal),
        Comparison::Is => same(values, left, right),
        Comparison::IsNot => same(values, left, right).map(|same| !same),
        Comparison::In => contains(values, right, left),
        Comparison::NotIn => contains(values, right, left).map(|contains| !contains),
        Comparison::Less => ordered(values, "<", left, right, Ordering::is_lt),
        Comparison::LessEqual => ordered(values, "<=", left, right, Ordering::is_le),
        Comparison::Greater => ordered(values, ">", left, right, Ordering::is_gt),
        Comparison::GreaterEqual => ordered(values, ">=", left, right, Ordering::is_ge),
    }
}

/// Whether `left < right`: what `sorted`, `min` and `max` ask.
///
/// # Errors
///
/// As [`compare`].
pub fn less(values: &mut Values, left: Word, right: Word) -> Result<bool, Raised> {
    compare(values, Comparison::Less, left, right)
}

/// Whether the value is true in an `if`.
///
/// # Errors
///
/// `Asymmetric` for a symbolic number, and for a text of names only; `Unsupported` for a random duration.
pub fn truth(values: &Values, word: Word) -> Result<bool, Raised> {
    match shape(values, word) {
        Shape::None => Ok(false),
        Shape::Bool(truth) => Ok(truth),
        Shape::Int(number) => Ok(number != 0),
        Shape::Float(number) => Ok(number != 0.0),
        Shape::Number(_) | Shape::Name(_) => Err(Raised::Asymmetric),
        // A number has at least one digit, a name may have no letter.
        Shape::Text(pieces) => match pieces.iter().all(|piece| matches!(piece, Piece::Thread(_, Aspect::Name | Aspect::Handle))) {
            true if !pieces.is_empty() => Err(Raised::Asymmetric),
            empty => Ok(!empty),
        },
        Shape::Tuple(items) | Shape::List(items) => Ok(!items.is_empty()),
        Shape::Dict(pairs) => Ok(!pairs.is_empty()),
        Shape::Error(..) | Shape::Handle(_) | Shape::Object(_) | Shape::Function(_) | Shape::Future(_) | Shape::Hidden => Ok(true),
        Shape::Span(_) => Err(unsupported("the truth of a random duration")),
    }
}

/// Whether two values are equal, as containers compare their items: identical ones always are.
///
/// # Errors
///
/// `Asymmetric` and `Unsupported` as [`compare`]; never an exception.
pub fn equal(values: &Values, left: Word, right: Word) -> Result<bool, Raised> {
    Comparer { values, steps: 0 }.equal(left, right, 0)
}

/// The place of the first item that equals `wanted`.
///
/// # Errors
///
/// As [`equal`]; `Asymmetric` only if it matters for which item is the first.
pub fn position(values: &Values, items: &[Word], wanted: Word) -> Result<Option<usize>, Raised> {
    let mut comparer = Comparer { values, steps: 0 };
    for (index, &item) in items.iter().enumerate() {
        if comparer.equal(item, wanted, 0)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// The place of a key among the pairs of a dict.
///
/// # Errors
///
/// `TypeError` for a key that is not hashable; else as [`equal`].
pub fn find_key(values: &mut Values, pairs: &[(Word, Word)], key: Word) -> Result<Option<usize>, Raised> {
    check_hashable(values, key)?;
    if let Some(index) = pairs.iter().position(|&(other, _)| other == key) {
        return Ok(Some(index));
    }
    Comparer { values, steps: 0 }.find(pairs, key, 0)
}

/// Nothing, if the value can be the key of a dict.
///
/// # Errors
///
/// `TypeError` (`unhashable type: 'list'`).
pub fn check_hashable(values: &mut Values, key: Word) -> Result<(), Raised> {
    let mut steps = 0;
    match unhashable(values, key, &mut steps, 0)? {
        None => Ok(()),
        Some(name) => Err(type_error(values, &format!("unhashable type: '{name}'"))),
    }
}

fn unhashable(values: &Values, key: Word, steps: &mut u32, depth: u32) -> Result<Option<&'static str>, Raised> {
    count_step(steps)?;
    fits_depth(depth)?;
    match shape(values, key) {
        Shape::Tuple(items) => {
            for &item in items {
                if let Some(name) = unhashable(values, item, steps, depth + 1)? {
                    return Ok(Some(name));
                }
            }
            Ok(None)
        }
        Shape::List(_) | Shape::Dict(_) => Ok(Some(type_name(values, key))),
        Shape::Span(_) => Err(unsupported("a random duration as a key")),
        _ => Ok(None),
    }
}

fn count_step(steps: &mut u32) -> Result<(), Raised> {
    *steps += 1;
    if *steps <= MAX_COMPARED { Ok(()) } else { Err(unsupported("a comparison of values this large")) }
}

fn equal_or_nan(values: &Values, left: Word, right: Word) -> Result<bool, Raised> {
    match shape(values, left) {
        Shape::Float(number) if number.is_nan() => Ok(false),
        _ => equal(values, left, right),
    }
}

fn same(values: &Values, left: Word, right: Word) -> Result<bool, Raised> {
    if left != right && (values.mentions_threads(left) || values.mentions_threads(right)) {
        // With names and numbers written out they could be one word.
        equal(values, left, right)?;
    }
    Ok(left == right)
}

fn contains(values: &mut Values, container: Word, wanted: Word) -> Result<bool, Raised> {
    match shape(values, container) {
        Shape::Tuple(items) | Shape::List(items) => {
            // An item that is surely equal settles it, whatever the others are.
            let mut comparer = Comparer { values, steps: 0 };
            Ok(items.contains(&wanted) || comparer.any(items.iter().map(|&item| (item, wanted)), true, 0)?)
        }
        Shape::Dict(pairs) => {
            let pairs = pairs.to_vec();
            Ok(find_key(values, &pairs, wanted)?.is_some())
        }
        Shape::Text(_) | Shape::Name(_) => match (letters(values, container), letters(values, wanted)) {
            (Some(container), Some(wanted)) => Ok(container.contains(wanted)),
            _ if shape(values, wanted).is_text() => Err(Raised::Asymmetric),
            _ => {
                let message = format!("'in <string>' requires string as left operand, not {}", type_name(values, wanted));
                Err(type_error(values, &message))
            }
        },
        Shape::Span(_) => Err(unsupported("a comparison of random durations")),
        other => {
            let message = format!("argument of type '{}' is not iterable", other.type_name());
            Err(type_error(values, &message))
        }
    }
}

fn ordered(values: &mut Values, sign: &str, left: Word, right: Word, holds: fn(Ordering) -> bool) -> Result<bool, Raised> {
    let order = Comparer { values, steps: 0 }.order(left, right, 0)?;
    match order {
        Order::Of(ordering) => Ok(holds(ordering)),
        Order::Never => Ok(false),
        Order::Mixed(left, right) => {
            let (left, right) = (type_name(values, left), type_name(values, right));
            Err(type_error(values, &format!("'{sign}' not supported between instances of '{left}' and '{right}'")))
        }
    }
}

/// How two values are ordered.
enum Order {
    Of(Ordering),
    /// Neither is smaller, nor are they equal: a `nan`.
    Never,
    /// There is no order between these two.
    Mixed(Word, Word),
}

/// One comparison, which may look at many pairs.
struct Comparer<'a> {
    values: &'a Values,
    steps: u32,
}

impl<'a> Comparer<'a> {
    fn equal(&mut self, left: Word, right: Word, depth: u32) -> Result<bool, Raised> {
        count_step(&mut self.steps)?;
        if left == right {
            return Ok(true);
        }
        fits_depth(depth)?;
        let (left, right) = (shape(self.values, left), shape(self.values, right));
        if let (Some(left), Some(right)) = (left.numeric(), right.numeric()) {
            return Ok(numbers(left, right) == Some(Ordering::Equal));
        }
        match (left, right) {
            (Shape::Span(_), _) | (_, Shape::Span(_)) => Err(unsupported("a comparison of random durations")),
            // Of one declaration, different threads have different numbers; each declaration counts from zero.
            (Shape::Number(one), Shape::Number(other)) => match self.values.of_one_declaration(one, other) {
                true => Ok(false),
                false => Err(Raised::Asymmetric),
            },
            (Shape::Number(_), other) | (other, Shape::Number(_)) if other.is_number() => Err(Raised::Asymmetric),
            (Shape::Text(left), Shape::Text(right)) => texts(left, right),
            (Shape::Name(_), other) | (other, Shape::Name(_)) if other.is_text() => Err(Raised::Asymmetric),
            (Shape::Tuple(left), Shape::Tuple(right)) | (Shape::List(left), Shape::List(right)) => {
                let pairs = left.iter().copied().zip(right.iter().copied());
                Ok(left.len() == right.len() && !self.any(pairs, false, depth + 1)?)
            }
            (Shape::Dict(left), Shape::Dict(right)) => self.dicts(left, right, depth + 1),
            (Shape::Error(left, left_message), Shape::Error(right, right_message)) => {
                Ok(left == right && self.equal(left_message, right_message, depth + 1)?)
            }
            _ => Ok(false),
        }
    }

    /// Whether some pair is surely equal (or surely not, if `wanted` is false). What cannot be told of one pair
    /// does not matter if another settles it.
    fn any(&mut self, pairs: impl Iterator<Item = (Word, Word)>, wanted: bool, depth: u32) -> Result<bool, Raised> {
        let mut in_doubt = false;
        for (left, right) in pairs {
            match self.equal(left, right, depth) {
                Ok(equal) if equal == wanted => return Ok(true),
                Ok(_) => {}
                Err(Raised::Asymmetric) => in_doubt = true,
                Err(raised) => return Err(raised),
            }
        }
        if in_doubt { Err(Raised::Asymmetric) } else { Ok(false) }
    }

    fn dicts(&mut self, left: &[(Word, Word)], right: &[(Word, Word)], depth: u32) -> Result<bool, Raised> {
        if left.len() != right.len() {
            return Ok(false);
        }
        for (place, &(key, value)) in left.iter().enumerate() {
            // Most dicts that are compared have their keys in the same order.
            let found = match right[place].0 == key {
                true => Some(place),
                false => self.find(right, key, depth)?,
            };
            match found {
                Some(index) if self.equal(value, right[index].1, depth)? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    fn find(&mut self, pairs: &[(Word, Word)], key: Word, depth: u32) -> Result<Option<usize>, Raised> {
        if let Some(index) = pairs.iter().position(|&(other, _)| other == key) {
            return Ok(Some(index));
        }
        for (index, &(other, _)) in pairs.iter().enumerate() {
            if self.equal(other, key, depth)? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    fn order(&mut self, left: Word, right: Word, depth: u32) -> Result<Order, Raised> {
        count_step(&mut self.steps)?;
        fits_depth(depth)?;
        let shapes = (shape(self.values, left), shape(self.values, right));
        if let (Some(left), Some(right)) = (shapes.0.numeric(), shapes.1.numeric()) {
            return Ok(numbers(left, right).map_or(Order::Never, Order::Of));
        }
        match shapes {
            (Shape::Span(_), _) | (_, Shape::Span(_)) => Err(unsupported("a comparison of random durations")),
            (one, other) if (one.is_number() && other.is_number()) || (one.is_text() && other.is_text()) => {
                match (letters(self.values, left), letters(self.values, right)) {
                    (Some(left), Some(right)) => Ok(Order::Of(left.cmp(right))),
                    _ if left == right => Ok(Order::Of(Ordering::Equal)),
                    _ => Err(Raised::Asymmetric),
                }
            }
            (Shape::Tuple(left), Shape::Tuple(right)) | (Shape::List(left), Shape::List(right)) => self.sequences(left, right, depth + 1),
            _ => Ok(Order::Mixed(left, right)),
        }
    }

    fn sequences(&mut self, left: &[Word], right: &[Word], depth: u32) -> Result<Order, Raised> {
        for (&left, &right) in left.iter().zip(right) {
            if !self.equal(left, right, depth)? {
                return self.order(left, right, depth);
            }
        }
        Ok(Order::Of(left.len().cmp(&right.len())))
    }
}

/// Whether two different texts are equal. Surely not, if their letters differ before the first mention of a thread
/// or after the last, or if the letters of one are more than the whole other.
fn texts(left: &[Piece], right: &[Piece]) -> Result<bool, Raised> {
    if left == right {
        return Ok(true);
    }
    let letters_of = |piece: Option<&Piece>| match piece {
        Some(Piece::Letters(letters)) => String::from(&**letters),
        _ => String::new(),
    };
    let plain = |pieces: &[Piece]| pieces.iter().all(|piece| matches!(piece, Piece::Letters(_)));
    if plain(left) && plain(right) {
        return Ok(false);
    }
    let (start, other_start) = (letters_of(left.first()), letters_of(right.first()));
    let (end, other_end) = (letters_of(left.last()), letters_of(right.last()));
    let starts_differ = start.bytes().zip(other_start.bytes()).any(|(one, other)| one != other);
    let ends_differ = end.bytes().rev().zip(other_end.bytes().rev()).any(|(one, other)| one != other);
    let length = |pieces: &[Piece]| pieces.iter().map(|piece| letters_of(Some(piece)).len()).sum::<usize>();
    let too_short = (plain(left) && length(left) < length(right)) || (plain(right) && length(right) < length(left));
    if starts_differ || ends_differ || too_short { Ok(false) } else { Err(Raised::Asymmetric) }
}

/// The order of two numbers, exact also between an integer and a float; nothing for a `nan`.
fn numbers(left: Numeric, right: Numeric) -> Option<Ordering> {
    match (left, right) {
        (Numeric::Int(left), Numeric::Int(right)) => Some(left.cmp(&right)),
        (Numeric::Float(left), Numeric::Float(right)) => left.partial_cmp(&right),
        (Numeric::Int(left), Numeric::Float(right)) => integer_with_float(left, right),
        (Numeric::Float(left), Numeric::Int(right)) => integer_with_float(right, left).map(Ordering::reverse),
    }
}

fn integer_with_float(integer: i64, float: f64) -> Option<Ordering> {
    const BEYOND: f64 = (1_u64 << 62) as f64;
    if float.is_nan() {
        None
    } else if float.abs() >= BEYOND {
        Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater })
    } else {
        Some(integer.cmp(&(float.trunc() as i64)).then(0.0_f64.total_cmp(&(float.fract() + 0.0))))
    }
}
