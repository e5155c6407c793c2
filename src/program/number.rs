//! How values are turned into numbers, and numbers into other numbers: `int`, `float`, `round`, `abs`.

use crate::kernel::error::ErrorKind;
use crate::kernel::text::written;
use crate::kernel::value::Word;
use crate::kernel::values::Values;
use crate::program::raised::{Raised, error, integer, type_error, unsupported, value_error};
use crate::program::shape::{Numeric, Shape, letters, shape};
use crate::program::writing::{Naming, repr_pieces};

/// The integer that stands for an index (`range`): an `int` or `bool`.
///
/// # Errors
///
/// `TypeError` for anything else, `Asymmetric` for a symbolic number.
pub fn index(values: &mut Values, word: Word) -> Result<i64, Raised> {
    match shape(values, word) {
        Shape::Int(number) => Ok(number),
        Shape::Bool(number) => Ok(i64::from(number)),
        Shape::Number(_) => Err(Raised::Asymmetric),
        other => {
            let message = format!("'{}' object cannot be interpreted as an integer", other.type_name());
            Err(type_error(values, &message))
        }
    }
}

/// `abs(value)`.
///
/// # Errors
///
/// `TypeError` for what is no number, `Asymmetric` for a symbolic number, `Unsupported` beyond 60 bits.
pub fn absolute(values: &mut Values, word: Word) -> Result<Word, Raised> {
    let shape = shape(values, word);
    match (shape, shape.numeric()) {
        (_, Some(Numeric::Int(number))) => integer(i128::from(number).abs()),
        (_, Some(Numeric::Float(number))) => Ok(values.float(number.abs())),
        (Shape::Number(_), _) => Err(Raised::Asymmetric),
        (Shape::Span(_), _) => Err(unsupported("abs() of a random duration")),
        (other, None) => {
            let message = format!("bad operand type for abs(): '{}'", other.type_name());
            Err(type_error(values, &message))
        }
    }
}

/// `round(value)`: to the nearest integer, half to even.
///
/// # Errors
///
/// As [`int`]; `TypeError` also for texts.
pub fn round(values: &mut Values, word: Word) -> Result<Word, Raised> {
    let shape = shape(values, word);
    match (shape, shape.numeric()) {
        (_, Some(Numeric::Int(number))) => integer(i128::from(number)),
        (_, Some(Numeric::Float(number))) => truncated(values, number.round_ties_even()),
        (Shape::Number(_), _) => Err(Raised::Asymmetric),
        (Shape::Span(_), _) => Err(unsupported("round() of a random duration")),
        (other, None) => {
            let message = format!("type {} doesn't define __round__ method", other.type_name());
            Err(type_error(values, &message))
        }
    }
}

/// `int(value)`: of a number towards zero, of a text in base ten. Digits other than 0 to 9 are not known.
///
/// # Errors
///
/// `ValueError` for a text that is no integer and for `nan`, `OverflowError` for `inf`, `TypeError` for other types;
/// `Asymmetric` for a text that mentions a thread; `Unsupported` beyond 60 bits.
pub fn int(values: &mut Values, naming: &dyn Naming, word: Word) -> Result<Word, Raised> {
    let shape = shape(values, word);
    match (shape, shape.numeric()) {
        (_, Some(Numeric::Int(number))) => integer(i128::from(number)),
        (_, Some(Numeric::Float(number))) => truncated(values, number),
        (Shape::Number(_), _) => Ok(word),
        (shape, _) if shape.is_text() => {
            let text = strip(letters(values, word).ok_or(Raised::Asymmetric)?);
            match parse_integer(text) {
                Parsed::Number(number) => integer(number),
                Parsed::Foreign => Err(unsupported("digits other than 0 to 9")),
                Parsed::Nothing => {
                    // CPython cuts the text after 200 letters.
                    let quoted: String = quoted(values, naming, word)?.chars().take(200).collect();
                    Err(value_error(values, &format!("invalid literal for int() with base 10: {quoted}")))
                }
            }
        }
        (Shape::Span(_), _) => Err(unsupported("int() of a random duration")),
        (other, _) => {
            let name = other.type_name();
            let message = format!("int() argument must be a string, a bytes-like object or a real number, not '{name}'");
            Err(type_error(values, &message))
        }
    }
}

/// `float(value)`.
///
/// # Errors
///
/// `ValueError` for a text that is no number, `TypeError` for other types; `Asymmetric` for a symbolic number and for a
/// text that mentions a thread.
pub fn float(values: &mut Values, naming: &dyn Naming, word: Word) -> Result<Word, Raised> {
    let shape = shape(values, word);
    match (shape, shape.numeric()) {
        (_, Some(number)) => Ok(values.float(number.float())),
        (Shape::Number(_), _) => Err(Raised::Asymmetric),
        (shape, _) if shape.is_text() => {
            let text = strip(letters(values, word).ok_or(Raised::Asymmetric)?);
            match parse_float(text) {
                Some(number) => Ok(values.float(number)),
                None if text.chars().any(is_foreign_digit) => Err(unsupported("digits other than 0 to 9")),
                None => {
                    let quoted = quoted(values, naming, word)?;
                    Err(value_error(values, &format!("could not convert string to float: {quoted}")))
                }
            }
        }
        (Shape::Span(_), _) => Err(unsupported("float() of a random duration")),
        (other, _) => {
            let message = format!("float() argument must be a string or a real number, not '{}'", other.type_name());
            Err(type_error(values, &message))
        }
    }
}

fn quoted(values: &Values, naming: &dyn Naming, word: Word) -> Result<String, Raised> {
    Ok(written(&repr_pieces(values, naming, word)?, &|_, _| String::new()))
}

fn truncated(values: &mut Values, number: f64) -> Result<Word, Raised> {
    if number.is_nan() {
        Err(value_error(values, "cannot convert float NaN to integer"))
    } else if number.is_infinite() {
        Err(error(values, ErrorKind::OverflowError, "cannot convert float infinity to integer"))
    } else {
        // A float beyond the bounds of an i128 is cast to a bound: still too large.
        integer(number.trunc() as i128)
    }
}

/// The text without the white space around it, as `str.strip` sees white space.
pub fn strip(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '\x1c'..='\x1f'))
}

fn is_foreign_digit(letter: char) -> bool {
    !letter.is_ascii() && letter.is_numeric()
}

enum Parsed {
    Number(i128),
    Foreign,
    Nothing,
}

fn parse_integer(text: &str) -> Parsed {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if !digits.split('_').all(|part| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_digit() || is_foreign_digit(digit))) {
        return Parsed::Nothing;
    }
    let mut number = 0_i128;
    for digit in digits.chars().filter(|&digit| digit != '_') {
        let Some(digit) = digit.to_digit(10) else {
            return Parsed::Foreign;
        };
        number = number.saturating_mul(10).saturating_add(i128::from(digit));
    }
    Parsed::Number(if negative { -number } else { number })
}

fn parse_float(text: &str) -> Option<f64> {
    // An underscore may stand between two digits only; Rust knows none.
    let letters: Vec<char> = text.chars().collect();
    let between_digits = |place: usize| {
        let digit = |letter: Option<&char>| letter.is_some_and(char::is_ascii_digit);
        place > 0 && digit(letters.get(place - 1)) && digit(letters.get(place + 1))
    };
    if letters.iter().enumerate().any(|(place, &letter)| letter == '_' && !between_digits(place)) {
        return None;
    }
    text.replace('_', "").parse().ok()
}
