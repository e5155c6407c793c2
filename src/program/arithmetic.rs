//! What the arithmetic operators give, on numbers as on everything else that Python lets them meet.

use crate::kernel::error::ErrorKind;
use crate::kernel::value::Word;
use crate::kernel::values::Values;
use crate::program::bytecode::{BinaryOperator, UnaryOperator};
use crate::program::comparing::truth;
use crate::program::duration;
use crate::program::raised::{Raised, error, integer, type_error, unsupported};
use crate::program::sequence;
use crate::program::shape::{Numeric, Shape, shape, type_name};

/// The result of an operator with two operands.
///
/// Deviates from CPython: there is one zero among the floats, `-0.0` is `0.0`; texts cannot be formatted with `%`.
///
/// # Errors
///
/// The exception CPython raises; `Asymmetric` for arithmetic with a symbolic number; `Unsupported` for integers of more
/// than 60 bits, complex numbers, values that get too large, and what cannot be done with a random duration.
pub fn binary(values: &mut Values, operator: BinaryOperator, left: Word, right: Word) -> Result<Word, Raised> {
    let (one, other) = (shape(values, left), shape(values, right));
    match (one.numeric(), other.numeric()) {
        (Some(Numeric::Int(one)), Some(Numeric::Int(other))) => return integers(values, operator, one, other),
        (Some(one), Some(other)) => return floats(values, operator, one.float(), other.float()),
        _ => {}
    }
    match (operator, one, other) {
        (_, Shape::Span(_), _) | (_, _, Shape::Span(_)) => duration::binary(values, operator, left, right),
        (BinaryOperator::Modulo, Shape::Text(_) | Shape::Name(_), _) => Err(unsupported("formatting a text with `%`; use an f-string")),
        (_, one, other) if one.is_number() && other.is_number() => Err(Raised::Asymmetric),
        (BinaryOperator::Add, Shape::Text(_) | Shape::Name(_) | Shape::List(_) | Shape::Tuple(_), _) => {
            sequence::joined(values, left, right)
        }
        (BinaryOperator::Multiply, sequence, _) if sequence.is_sequence() => sequence::repeated(values, left, right),
        (BinaryOperator::Multiply, _, sequence) if sequence.is_sequence() => sequence::repeated(values, right, left),
        _ => Err(no_operator(values, operator, left, right)),
    }
}

/// The result of an operator with one operand.
///
/// # Errors
///
/// As [`binary`].
pub fn unary(values: &mut Values, operator: UnaryOperator, operand: Word) -> Result<Word, Raised> {
    let sign = match operator {
        UnaryOperator::Not => return Ok(Word::bool(!truth(values, operand)?)),
        UnaryOperator::Negate => "-",
        UnaryOperator::Plus => "+",
    };
    match (shape(values, operand), operator) {
        // The number of a thread is an `int`: `+` leaves it alone.
        (Shape::Number(_), UnaryOperator::Plus) => Ok(operand),
        (Shape::Number(_), _) => Err(Raised::Asymmetric),
        (Shape::Span(_), _) => Err(unsupported("the sign of a random duration")),
        (operand, _) => match (operand.numeric(), operator) {
            (Some(Numeric::Int(number)), UnaryOperator::Negate) => integer(-i128::from(number)),
            (Some(Numeric::Int(number)), _) => integer(i128::from(number)),
            (Some(Numeric::Float(number)), UnaryOperator::Negate) => Ok(values.float(-number)),
            (Some(Numeric::Float(number)), _) => Ok(values.float(number)),
            (None, _) => {
                let message = format!("bad operand type for unary {sign}: '{}'", operand.type_name());
                Err(type_error(values, &message))
            }
        },
    }
}

/// The `TypeError` for operands that have no such operator.
fn no_operator(values: &mut Values, operator: BinaryOperator, left: Word, right: Word) -> Raised {
    let sign = match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::FloorDivide => "//",
        BinaryOperator::Modulo => "%",
        BinaryOperator::Power => "** or pow()",
    };
    let (left, right) = (type_name(values, left), type_name(values, right));
    type_error(values, &format!("unsupported operand type(s) for {sign}: '{left}' and '{right}'"))
}

fn division_by_zero(values: &mut Values, message: &str) -> Raised {
    error(values, ErrorKind::ZeroDivisionError, message)
}

fn integers(values: &mut Values, operator: BinaryOperator, left: i64, right: i64) -> Result<Word, Raised> {
    let (wide_left, wide_right) = (i128::from(left), i128::from(right));
    match operator {
        BinaryOperator::Add => integer(wide_left + wide_right),
        BinaryOperator::Subtract => integer(wide_left - wide_right),
        BinaryOperator::Multiply => integer(wide_left * wide_right),
        BinaryOperator::Divide if right == 0 => Err(division_by_zero(values, "division by zero")),
        BinaryOperator::Divide => Ok(values.float(quotient(left, right))),
        BinaryOperator::FloorDivide if right == 0 => Err(division_by_zero(values, "integer division or modulo by zero")),
        BinaryOperator::FloorDivide => integer(i128::from(floor_quotient(left, right))),
        BinaryOperator::Modulo if right == 0 => Err(division_by_zero(values, "integer modulo by zero")),
        BinaryOperator::Modulo => integer(wide_left - i128::from(floor_quotient(left, right)) * wide_right),
        BinaryOperator::Power if right < 0 => float_power(values, left as f64, right as f64),
        BinaryOperator::Power => integer_power(left, right),
    }
}

/// `left // right`, rounded down. Both have at most 60 bits: nothing overflows.
fn floor_quotient(left: i64, right: i64) -> i64 {
    let towards_zero = left / right;
    if left % right != 0 && (left < 0) != (right < 0) { towards_zero - 1 } else { towards_zero }
}

/// `left / right`, rounded once as CPython does: to convert both to floats first would round three times.
fn quotient(left: i64, right: i64) -> f64 {
    const EXACT: u64 = 1 << 53;
    if left.unsigned_abs() <= EXACT && right.unsigned_abs() <= EXACT {
        return left as f64 / right as f64;
    }
    // 67 bits of the quotient or more, the last of which says whether anything was cut off.
    let (dividend, divisor) = (u128::from(left.unsigned_abs()), u128::from(right.unsigned_abs()));
    let shift = dividend.leading_zeros().min(127);
    let shifted = dividend << shift;
    let bits = (shifted / divisor) | u128::from(!shifted.is_multiple_of(divisor));
    let magnitude = bits as f64 * 2.0_f64.powi(-(shift as i32));
    if (left < 0) == (right < 0) { magnitude } else { -magnitude }
}

fn integer_power(base: i64, exponent: i64) -> Result<Word, Raised> {
    match base {
        0 | 1 => return integer(if exponent == 0 { 1 } else { i128::from(base) }),
        -1 => return integer(if exponent % 2 == 0 { 1 } else { -1 }),
        _ => {}
    }
    let mut power = 1_i128;
    // From two on, every step doubles at least: 60 of them are too many.
    for _ in 0..exponent.min(60) {
        power *= i128::from(base);
        integer(power)?;
    }
    integer(power)
}

fn floats(values: &mut Values, operator: BinaryOperator, left: f64, right: f64) -> Result<Word, Raised> {
    let number = match operator {
        BinaryOperator::Add => left + right,
        BinaryOperator::Subtract => left - right,
        BinaryOperator::Multiply => left * right,
        BinaryOperator::Divide if right == 0.0 => return Err(division_by_zero(values, "float division by zero")),
        BinaryOperator::Divide => left / right,
        BinaryOperator::FloorDivide if right == 0.0 => return Err(division_by_zero(values, "float floor division by zero")),
        BinaryOperator::FloorDivide => floor_and_rest(left, right).0,
        BinaryOperator::Modulo if right == 0.0 => return Err(division_by_zero(values, "float modulo")),
        BinaryOperator::Modulo => floor_and_rest(left, right).1,
        BinaryOperator::Power => return float_power(values, left, right),
    };
    Ok(values.float(number))
}

/// `left // right` and `left % right` of floats: CPython's own steps, so that the last bit agrees.
fn floor_and_rest(left: f64, right: f64) -> (f64, f64) {
    let mut rest = left % right;
    let mut quotient = (left - rest) / right;
    if rest != 0.0 && (right < 0.0) != (rest < 0.0) {
        rest += right;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0, rest);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, rest)
}

fn float_power(values: &mut Values, base: f64, exponent: f64) -> Result<Word, Raised> {
    if base == 0.0 && exponent < 0.0 && exponent.is_finite() {
        return Err(division_by_zero(values, "0.0 cannot be raised to a negative power"));
    }
    if base < 0.0 && base.is_finite() && exponent.is_finite() && exponent.fract() != 0.0 {
        return Err(unsupported("a complex number"));
    }
    let power = base.powf(exponent);
    if power.is_infinite() && base.is_finite() && exponent.is_finite() {
        return Err(error(values, ErrorKind::OverflowError, "(34, 'Numerical result out of range')"));
    }
    Ok(values.float(power))
}
