//! What can be done with a duration that is not known exactly, and how long a sleep of so many seconds is.

use crate::kernel::error::ErrorKind;
use crate::kernel::op::{Span, TICKS_PER_SECOND, Ticks};
use crate::kernel::value::Word;
use crate::kernel::values::{Composite, Values};
use crate::program::bytecode::BinaryOperator;
use crate::program::raised::{Raised, error, type_error, unsupported, value_error};
use crate::program::shape::{Numeric, Shape, shape};

/// The longest duration: a quarter of what fits, so that a few of them can be added.
const LONGEST: Ticks = Ticks::MAX / 4;

/// What an operator gives if one of its operands is a random duration: `span + number`, `span - number`,
/// `span + span`, `span * number` (not negative), `span / number` (positive), and `+` and `*` the other way round.
/// A span that was stretched is rounded outwards to whole ticks.
///
/// # Errors
///
/// `Unsupported` for everything else; `Asymmetric` if the other operand is a symbolic number.
pub fn binary(values: &mut Values, operator: BinaryOperator, left: Word, right: Word) -> Result<Word, Raised> {
    let (one, other) = (shape(values, left), shape(values, right));
    if matches!(one, Shape::Number(_)) || matches!(other, Shape::Number(_)) {
        return Err(Raised::Asymmetric);
    }
    let span = match (operator, one, one.numeric(), other, other.numeric()) {
        (BinaryOperator::Add, Shape::Span(one), _, Shape::Span(other), _) => {
            Some(Span { low: one.low.saturating_add(other.low), high: one.high.saturating_add(other.high) })
        }
        (BinaryOperator::Add, Shape::Span(span), _, _, Some(number)) | (BinaryOperator::Add, _, Some(number), Shape::Span(span), _) => {
            shifted(span, number.float())
        }
        (BinaryOperator::Subtract, Shape::Span(span), _, _, Some(number)) => shifted(span, -number.float()),
        (BinaryOperator::Multiply, Shape::Span(span), _, _, Some(number))
        | (BinaryOperator::Multiply, _, Some(number), Shape::Span(span), _) => {
            stretched(span, |ticks| ticks * number.float(), number.float() >= 0.0, number.float() == 0.0)
        }
        (BinaryOperator::Divide, Shape::Span(span), _, _, Some(number)) => {
            stretched(span, |ticks| ticks / number.float(), number.float() > 0.0, false)
        }
        _ => None,
    };
    match span {
        Some(span) if span.low.abs() <= LONGEST && span.high.abs() <= LONGEST => Ok(values.intern(Composite::Span(span))),
        Some(_) => Err(unsupported("a random duration this long")),
        None => Err(unsupported("this use of a random duration: it can be added to, scaled by a number that is not negative, and slept")),
    }
}

fn shifted(span: Span, seconds: f64) -> Option<Span> {
    let ticks = (seconds * TICKS_PER_SECOND as f64).round();
    // A float beyond the bounds is cast to a bound: still too long.
    let by = ticks.is_finite().then_some(ticks as Ticks)?;
    Some(Span { low: span.low.saturating_add(by), high: span.high.saturating_add(by) })
}

fn stretched(span: Span, scale: impl Fn(f64) -> f64, allowed: bool, to_nothing: bool) -> Option<Span> {
    if !allowed {
        None
    } else if to_nothing {
        Some(Span::exactly(0))
    } else if span.is_exact() {
        Some(Span::exactly(scale(span.low as f64).round() as Ticks))
    } else {
        let (low, high) = (scale(span.low as f64).floor() as Ticks, scale(span.high as f64).ceil() as Ticks);
        Some(Span { low, high: high.max(low.saturating_add(1)) })
    }
}

/// How long `sleep(word)` lasts, or how long a timeout of this many seconds is: rounded to the nearest tick.
///
/// # Errors
///
/// What CPython's `time.sleep` raises: `ValueError` for a negative length and for `nan`, `OverflowError` for one too
/// long, `TypeError` for what is no number. `Asymmetric` for a symbolic number, `Unsupported` for a random duration that
/// may be negative.
pub fn seconds_to_span(values: &mut Values, word: Word) -> Result<Span, Raised> {
    let shape = shape(values, word);
    match (shape, shape.numeric()) {
        (Shape::Span(span), _) if span.low < 0 => Err(unsupported("a random duration that may be negative")),
        (Shape::Span(span), _) => Ok(span),
        (Shape::Number(_), _) => Err(Raised::Asymmetric),
        (_, Some(Numeric::Float(seconds))) if seconds.is_nan() => Err(value_error(values, "Invalid value NaN (not a number)")),
        (_, Some(seconds)) => {
            let ticks = (seconds.float() * TICKS_PER_SECOND as f64).round();
            if ticks.abs() > LONGEST as f64 {
                Err(error(values, ErrorKind::OverflowError, "timestamp too large to convert to C _PyTime_t"))
            } else if seconds.float() < 0.0 {
                Err(value_error(values, "sleep length must be non-negative"))
            } else {
                Ok(Span::exactly(ticks as Ticks))
            }
        }
        (other, None) => {
            let message = format!("'{}' object cannot be interpreted as an integer", other.type_name());
            Err(type_error(values, &message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_shifted_and_stretched() {
        let mut values = Values::new();
        let random = values.intern(Composite::Span(Span { low: 0, high: 1_000_000 }));
        let half = values.float(0.5);
        let two = Word::count(2);
        let minus = Word::int(-1).unwrap();
        let mut span = |operator, left, right| match binary(&mut values, operator, left, right) {
            Ok(word) => match values.composite(word) {
                Some(Composite::Span(span)) => Ok((span.low, span.high)),
                other => panic!("{other:?}"),
            },
            Err(raised) => Err(raised),
        };
        assert_eq!(span(BinaryOperator::Add, random, half), Ok((500_000, 1_500_000)));
        assert_eq!(span(BinaryOperator::Add, two, random), Ok((2_000_000, 3_000_000)));
        assert_eq!(span(BinaryOperator::Subtract, random, half), Ok((-500_000, 500_000)));
        assert_eq!(span(BinaryOperator::Multiply, two, random), Ok((0, 2_000_000)));
        assert_eq!(span(BinaryOperator::Multiply, random, Word::ZERO), Ok((0, 0)));
        assert_eq!(span(BinaryOperator::Divide, random, two), Ok((0, 500_000)));
        assert_eq!(span(BinaryOperator::Add, random, random), Ok((0, 2_000_000)));
        for (operator, other) in [(BinaryOperator::Multiply, minus), (BinaryOperator::Divide, Word::ZERO), (BinaryOperator::Power, two)] {
            assert!(matches!(span(operator, random, other), Err(Raised::Unsupported(_))));
        }
        assert!(matches!(span(BinaryOperator::Subtract, two, random), Err(Raised::Unsupported(_))));
    }

    #[test]
    fn seconds_are_cut_to_ticks() {
        let mut values = Values::new();
        let [tiny, quarter, negative, nan, huge] = [1e-9, 0.25, -1e-9, f64::NAN, 1e300].map(|number| values.float(number));
        assert_eq!(seconds_to_span(&mut values, Word::count(2)), Ok(Span::exactly(2_000_000)));
        assert_eq!(seconds_to_span(&mut values, quarter), Ok(Span::exactly(250_000)));
        assert_eq!(seconds_to_span(&mut values, tiny), Ok(Span::exactly(0)));
        for (word, kind) in [(negative, ErrorKind::ValueError), (nan, ErrorKind::ValueError), (huge, ErrorKind::OverflowError)] {
            assert!(matches!(seconds_to_span(&mut values, word), Err(Raised::Error(raised, _)) if raised == kind));
        }
        assert!(matches!(seconds_to_span(&mut values, Word::NONE), Err(Raised::Error(ErrorKind::TypeError, _))));
    }
}
