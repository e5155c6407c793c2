//! How CPython writes a floating-point number: its shortest form, and the forms of a given precision.

/// The digits of a number that is not negative, and the power of ten of the first: `(“15”, -1)` is 0.15.
struct Digits {
    digits: String,
    exponent: i32,
}

impl Digits {
    /// The shortest digits that give the number back; of several, the nearest; of two as near, the even one.
    fn shortest(number: f64) -> Digits {
        let shortest = Digits::read(&format!("{number:e}"));
        // Rust takes the larger one of two as near. To round to as many digits takes the even one.
        let rounded = Digits::rounded(number, shortest.digits.len() - 1);
        if rounded.scientific().parse() == Ok(number) { rounded } else { shortest }
    }

    /// This many digits after the first.
    fn rounded(number: f64, precision: usize) -> Digits {
        Digits::read(&format!("{number:.precision$e}"))
    }

    fn read(text: &str) -> Digits {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        Digits { digits: mantissa.replace('.', ""), exponent: exponent.parse().unwrap_or(0) }
    }

    fn without_trailing_zeros(mut self) -> Digits {
        let kept = self.digits.trim_end_matches('0').len().max(1);
        self.digits.truncate(kept);
        self
    }

    /// `123.45`, `0.0012`, `1200`
    fn positional(&self) -> String {
        let Digits { digits, exponent } = self;
        match usize::try_from(*exponent) {
            Err(_) => format!("0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
            Ok(exponent) if digits.len() <= exponent + 1 => format!("{digits}{}", "0".repeat(exponent + 1 - digits.len())),
            Ok(exponent) => format!("{}.{}", &digits[..=exponent], &digits[exponent + 1..]),
        }
    }

    /// `1.2345e+02`, `1e-05`
    fn scientific(&self) -> String {
        let (first, rest) = self.digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if self.exponent < 0 { '-' } else { '+' };
        format!("{first}{point}{rest}e{sign}{:02}", self.exponent.unsigned_abs())
    }
}

fn special(number: f64) -> Option<&'static str> {
    if number.is_nan() {
        Some("nan")
    } else if number.is_infinite() {
        Some("inf")
    } else {
        None
    }
}

fn with_point(text: String) -> String {
    if text.contains('.') { text } else { text + ".0" }
}

/// `repr(number)`: the shortest text that gives the number back.
pub fn shortest(number: f64) -> String {
    let sign = if number < 0.0 { "-" } else { "" };
    format!("{sign}{}", shortest_magnitude(number))
}

/// `repr(abs(number))`.
pub fn shortest_magnitude(number: f64) -> String {
    if let Some(text) = special(number) {
        return text.to_owned();
    }
    let digits = Digits::shortest(number.abs());
    if (-4..16).contains(&digits.exponent) { with_point(digits.positional()) } else { digits.scientific() }
}

/// `format(abs(number), '.{precision}f')`.
pub fn fixed(number: f64, precision: usize) -> String {
    special(number).map_or_else(|| format!("{:.precision$}", number.abs()), str::to_owned)
}

/// `format(abs(number), '.{precision}e')`.
pub fn scientific(number: f64, precision: usize) -> String {
    special(number).map_or_else(|| Digits::rounded(number.abs(), precision).scientific(), str::to_owned)
}

/// `format(abs(number), '.{precision}g')`; with `like_float` without the `g`, which keeps a digit after the point.
pub fn general(number: f64, precision: usize, like_float: bool) -> String {
    if let Some(text) = special(number) {
        return text.to_owned();
    }
    let precision = precision.max(1);
    let digits = Digits::rounded(number.abs(), precision - 1).without_trailing_zeros();
    let limit = precision as i32 - i32::from(like_float);
    if !(-4..limit).contains(&digits.exponent) {
        digits.scientific()
    } else if like_float {
        with_point(digits.positional())
    } else {
        digits.positional()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_form_is_cpythons() {
        let expected = [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (-123.456, "-123.456"),
            (1.5e300, "1.5e+300"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (0.0, "0.0"),
            (806_647_025_580_968.0 + 0.25, "806647025580968.2"),
            (806_647_025_580_968.0 + 0.75, "806647025580968.8"),
            (5e-324, "5e-324"),
            (2.0_f64.powi(-1022), "2.2250738585072014e-308"),
            (9_007_199_254_740_992.0, "9007199254740992.0"),
        ];
        for (number, text) in expected {
            assert_eq!(shortest(number), text);
        }
    }

    #[test]
    fn the_forms_of_a_precision_are_cpythons() {
        assert_eq!(fixed(2.5, 0), "2");
        assert_eq!(fixed(2.71459, 2), "2.71");
        assert_eq!(scientific(1234.5, 2), "1.23e+03");
        assert_eq!(general(1234.5, 2, false), "1.2e+03");
        assert_eq!(general(3.0, 1, true), "3e+00");
        assert_eq!(general(3.0, 3, true), "3.0");
        assert_eq!(general(100_000.0, 6, false), "100000");
        assert_eq!(general(1_000_000.0, 6, false), "1e+06");
        assert_eq!(general(0.0, 6, false), "0");
    }
}
