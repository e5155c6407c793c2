//! What a format specification (`>8.2f`) says, or what is wrong with it.

use crate::program::raised::MAX_TEXT;

/// A format specification, taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Specification {
    /// What the room that is left over is filled with.
    pub fill: char,
    /// `<`, `>`, `^` or `=`; nothing for the type's own.
    pub align: Option<char>,
    /// `+`, `-` or a space.
    pub sign: Option<char>,
    /// `z`
    pub no_negative_zero: bool,
    /// `#`
    pub alternate: bool,
    /// The least width.
    pub width: usize,
    /// `,` or `_`
    pub grouping: Option<char>,
    /// What stands after the point.
    pub precision: Option<usize>,
    /// The letter at the end.
    pub presentation: Option<char>,
}

/// Why there is no formatted text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// CPython raises `ValueError`.
    Value(String),
    /// CPython raises `OverflowError`.
    Overflow(&'static str),
    /// Not known to drawloom.
    Unsupported(String),
}

/// Reads a specification for a value of the type with this name.
///
/// # Errors
///
/// CPython's `ValueError`s; `Unsupported` for a width or precision beyond the size of a text.
pub fn parse(text: &str, type_name: &str) -> Result<Specification, Refused> {
    let letters: Vec<char> = text.chars().collect();
    let mut rest = Rest { letters: &letters };
    let (fill, align) = rest.alignment();
    let sign = rest.one_of("+- ");
    let no_negative_zero = rest.one_of("z").is_some();
    let alternate = rest.one_of("#").is_some();
    // A zero before the width fills with zeros; of numbers, between the sign and the digits.
    let zero = fill.is_none() && rest.one_of("0").is_some();
    let align = align.or((zero && type_name != "str").then_some('='));
    let width = rest.number()?.unwrap_or(0);
    let grouping = rest.grouping()?;
    let precision = match rest.one_of(".") {
        None => None,
        Some(_) => Some(rest.number()?.ok_or_else(|| Refused::Value(String::from("Format specifier missing precision")))?),
    };
    let presentation = match *rest.letters {
        [] => None,
        [letter] => Some(letter),
        _ => return Err(Refused::Value(format!("Invalid format specifier '{text}' for object of type '{type_name}'"))),
    };
    let fill = fill.unwrap_or(if zero { '0' } else { ' ' });
    let specification = Specification { fill, align, sign, no_negative_zero, alternate, width, grouping, precision, presentation };
    specification.check_grouping(type_name)?;
    Ok(specification)
}

impl Specification {
    fn check_grouping(&self, type_name: &str) -> Result<(), Refused> {
        let own = if type_name == "str" { Some('s') } else { None };
        match (self.grouping, self.presentation.or(own)) {
            (None, _) | (_, None | Some('d' | 'e' | 'f' | 'g' | 'E' | 'F' | 'G' | '%')) | (Some('_'), Some('b' | 'o' | 'x' | 'X')) => {
                Ok(())
            }
            (Some(grouping), Some(letter)) => Err(Refused::Value(format!("Cannot specify '{grouping}' with '{letter}'."))),
        }
    }

    /// The text, filled up to the width at the side that the alignment says; `default` is the type's own.
    pub fn padded(&self, text: &str, default: char) -> String {
        let room = self.width.saturating_sub(text.chars().count());
        let (before, after) = match self.align.unwrap_or(default) {
            '<' => (0, room),
            '^' => (room / 2, room - room / 2),
            _ => (room, 0),
        };
        let fill = |count: usize| self.fill.to_string().repeat(count);
        format!("{}{text}{}", fill(before), fill(after))
    }

    /// The number made of a sign and prefix, digits and what follows them, grouped and filled up to the width.
    pub fn number(&self, prefix: &str, digits: &str, suffix: &str) -> String {
        let between = self.align == Some('=');
        let taken = prefix.chars().count() + suffix.chars().count();
        let room = self.width.saturating_sub(taken);
        let grouped = self.grouped(digits, if between && self.fill == '0' { room } else { 0 });
        if between {
            let filling = self.fill.to_string().repeat(room.saturating_sub(grouped.chars().count()));
            return format!("{prefix}{filling}{grouped}{suffix}");
        }
        self.padded(&format!("{prefix}{grouped}{suffix}"), '>')
    }

    /// The digits with separators; with zeros in front, grouped like digits, up to the width.
    fn grouped(&self, digits: &str, width: usize) -> String {
        let Some(separator) = self.grouping.filter(|_| !digits.is_empty()) else {
            return digits.to_owned();
        };
        let size = if matches!(self.presentation, Some('b' | 'o' | 'x' | 'X')) { 4 } else { 3 };
        let mut reversed = String::new();
        let mut count = 0;
        let mut source = digits.chars().rev();
        loop {
            let Some(digit) = source.next().or((reversed.len() < width).then_some('0')) else {
                return reversed.chars().rev().collect();
            };
            if count > 0 && count % size == 0 {
                reversed.push(separator);
            }
            reversed.push(digit);
            count += 1;
        }
    }
}

/// What has not been read yet.
struct Rest<'a> {
    letters: &'a [char],
}

impl Rest<'_> {
    fn alignment(&mut self) -> (Option<char>, Option<char>) {
        match *self.letters {
            [fill, align @ ('<' | '>' | '^' | '='), ref rest @ ..] => {
                self.letters = rest;
                (Some(fill), Some(align))
            }
            _ => (None, self.one_of("<>^=")),
        }
    }

    fn one_of(&mut self, wanted: &str) -> Option<char> {
        let (&first, rest) = self.letters.split_first()?;
        wanted.contains(first).then(|| {
            self.letters = rest;
            first
        })
    }

    fn grouping(&mut self) -> Result<Option<char>, Refused> {
        let first = self.one_of(",_");
        match (first, self.letters.first()) {
            (Some(','), Some('_')) | (Some('_'), Some(',')) => Err(Refused::Value(String::from("Cannot specify both ',' and '_'."))),
            _ => Ok(first),
        }
    }

    fn number(&mut self) -> Result<Option<usize>, Refused> {
        let mut number = None;
        while let Some(digit) = self.one_of("0123456789") {
            let next = number.unwrap_or(0_u64).checked_mul(10).map(|number| number + u64::from(digit as u32 - '0' as u32));
            match next {
                Some(next) if i64::try_from(next).is_ok() => number = Some(next),
                _ => return Err(Refused::Value(String::from("Too many decimal digits in format string"))),
            }
        }
        match number {
            Some(number) if number > MAX_TEXT as u64 => Err(Refused::Unsupported(format!("a width or precision of {number}"))),
            number => Ok(number.map(|number| number as usize)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_read() {
        let all = parse("*^+#12,.3f", "float").unwrap();
        assert_eq!((all.fill, all.align, all.sign, all.alternate), ('*', Some('^'), Some('+'), true));
        assert_eq!((all.width, all.grouping, all.precision, all.presentation), (12, Some(','), Some(3), Some('f')));
        let zero = parse("08d", "int").unwrap();
        assert_eq!((zero.fill, zero.align, zero.width), ('0', Some('='), 8));
        assert_eq!(parse("<<5", "int").unwrap().fill, '<');
        for wrong in ["xx<", "5.", "99999999999999999999", ",_", "_,"] {
            assert!(matches!(parse(wrong, "int"), Err(Refused::Value(_))), "{wrong}");
        }
        assert!(matches!(parse("9999999999", "int"), Err(Refused::Unsupported(_))));
    }
}
