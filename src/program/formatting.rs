//! What `format(value, specification)` gives: Python's format specification mini-language.

use crate::kernel::error::ErrorKind;
use crate::kernel::value::Word;
use crate::kernel::values::Values;
use crate::program::bytecode::Conversion;
use crate::program::decimal;
use crate::program::raised::{MAX_TEXT, Raised, error, fits_text, type_error, unsupported, value_error};
use crate::program::shape::{Numeric, Shape, letters, shape};
use crate::program::specification::{Refused, Specification, parse};
use crate::program::writing::{Naming, repr, str};

/// The most digits after the point.
const MAX_PRECISION: usize = 10_000;

/// The text of a value in an f-string: `{word}`, `{word:specification}`, `{word!r:specification}`. `{word!s:...}` is to be
/// turned into a text before.
///
/// # Errors
///
/// `ValueError` for a wrong specification and `TypeError` for a value that takes none; `Asymmetric` for a specification
/// on a symbolic name or number; `Unsupported` for the locale's `n`, the `z` option and `#` on floats.
pub fn format(
    values: &mut Values,
    naming: &dyn Naming,
    word: Word,
    conversion: Conversion,
    specification: Option<Word>,
) -> Result<Word, Raised> {
    let word = match conversion {
        Conversion::Str => word,
        Conversion::Repr => repr(values, naming, word)?,
    };
    let specification = match specification.filter(|word| !word.is_unbound()) {
        None => String::new(),
        Some(specification) => letters(values, specification).ok_or(Raised::Asymmetric)?.to_owned(),
    };
    if specification.is_empty() {
        return str(values, naming, word);
    }
    let shape = shape(values, word);
    let name = shape.type_name();
    match (shape, shape.numeric()) {
        (Shape::Number(_), _) => Err(Raised::Asymmetric),
        (shape, _) if shape.is_text() && letters(values, word).is_none() => Err(Raised::Asymmetric),
        (shape, number) if shape.is_text() || number.is_some() => {
            let text = match parse(&specification, name).and_then(|parsed| formatted(values, word, number, &parsed, name)) {
                Ok(text) => text,
                Err(Refused::Value(message)) => return Err(value_error(values, &message)),
                Err(Refused::Overflow(message)) => return Err(error(values, ErrorKind::OverflowError, message)),
                Err(Refused::Unsupported(what)) => return Err(unsupported(what)),
            };
            fits_text(text.len())?;
            Ok(values.text(&text))
        }
        (Shape::Span(_), _) => Err(unsupported("the text of a random duration")),
        _ => Err(type_error(values, &format!("unsupported format string passed to {name}.__format__"))),
    }
}

fn formatted(values: &Values, word: Word, number: Option<Numeric>, specification: &Specification, name: &str) -> Result<String, Refused> {
    let presentation = specification.presentation;
    match (number, presentation) {
        (None, None | Some('s')) => text(letters(values, word).unwrap_or_default(), specification),
        (Some(Numeric::Int(_) | Numeric::Float(_)), Some('n')) => Err(Refused::Unsupported(String::from("the format code 'n'"))),
        (Some(Numeric::Int(number)), None | Some('b' | 'c' | 'd' | 'o' | 'x' | 'X')) => integer(number, specification),
        (Some(Numeric::Float(number)), None) => float(number, specification),
        (Some(number), Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => float(number.float(), specification),
        (_, Some(code)) => Err(Refused::Value(format!("Unknown format code '{code}' for object of type '{name}'"))),
    }
}

fn refused<T>(message: &str) -> Result<T, Refused> {
    Err(Refused::Value(message.to_owned()))
}

fn text(letters: &str, specification: &Specification) -> Result<String, Refused> {
    match specification.sign {
        Some(' ') => return refused("Space not allowed in string format specifier"),
        Some(_) => return refused("Sign not allowed in string format specifier"),
        None => {}
    }
    if specification.no_negative_zero {
        return refused("Negative zero coercion (z) not allowed in string format specifier");
    }
    if specification.alternate {
        return refused("Alternate form (#) not allowed in string format specifier");
    }
    if specification.align == Some('=') {
        return refused("'=' alignment not allowed in string format specifier");
    }
    let cut: String = letters.chars().take(specification.precision.unwrap_or(MAX_TEXT)).collect();
    Ok(specification.padded(&cut, '<'))
}

/// The sign of a number, as the specification wants it shown.
fn sign(negative: bool, specification: &Specification) -> &'static str {
    match (negative, specification.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        (false, _) => "",
    }
}

fn integer(number: i64, specification: &Specification) -> Result<String, Refused> {
    if specification.precision.is_some() {
        return refused("Precision not allowed in integer format specifier");
    }
    if specification.no_negative_zero {
        return refused("Negative zero coercion (z) not allowed in integer format specifier");
    }
    let magnitude = number.unsigned_abs();
    let (digits, prefix) = match specification.presentation {
        Some('c') => return letter(number, specification),
        Some('b') => (format!("{magnitude:b}"), "0b"),
        Some('o') => (format!("{magnitude:o}"), "0o"),
        Some('x') => (format!("{magnitude:x}"), "0x"),
        Some('X') => (format!("{magnitude:X}"), "0X"),
        _ => (magnitude.to_string(), ""),
    };
    let prefix = if specification.alternate { prefix } else { "" };
    Ok(specification.number(&format!("{}{prefix}", sign(number < 0, specification)), &digits, ""))
}

fn letter(code: i64, specification: &Specification) -> Result<String, Refused> {
    if specification.sign.is_some() {
        return refused("Sign not allowed with integer format specifier 'c'");
    }
    if specification.alternate {
        return refused("Alternate form (#) not allowed with integer format specifier 'c'");
    }
    match u32::try_from(code) {
        Ok(code) if code < 0x11_0000 => match char::from_u32(code) {
            Some(letter) => Ok(specification.number("", "", &letter.to_string())),
            None => Err(Refused::Unsupported(String::from("a surrogate"))),
        },
        _ => Err(Refused::Overflow("%c arg not in range(0x110000)")),
    }
}

fn float(number: f64, specification: &Specification) -> Result<String, Refused> {
    if specification.alternate || specification.no_negative_zero {
        return Err(Refused::Unsupported(String::from("the options '#' and 'z' for a float")));
    }
    let precision = specification.precision.unwrap_or(6);
    if precision > MAX_PRECISION {
        return Err(Refused::Unsupported(format!("more than {MAX_PRECISION} digits after the point")));
    }
    let code = specification.presentation;
    let written = match code.map(|code| code.to_ascii_lowercase()) {
        None if specification.precision.is_none() => decimal::shortest_magnitude(number),
        None => decimal::general(number, precision, true),
        Some('e') => decimal::scientific(number, precision),
        Some('g') => decimal::general(number, precision, false),
        Some('%') => decimal::fixed(number * 100.0, precision),
        Some(_) => decimal::fixed(number, precision),
    };
    let written = if code.is_some_and(|code| code.is_ascii_uppercase()) { written.to_uppercase() } else { written };
    let end = written.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(written.len());
    let (digits, rest) = written.split_at(end);
    let suffix = if code == Some('%') { "%" } else { "" };
    Ok(specification.number(sign(number < 0.0, specification), digits, &format!("{rest}{suffix}")))
}
