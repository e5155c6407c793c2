//! What the methods of texts, lists, tuples and dicts give.

use crate::kernel::error::ErrorKind;
use crate::kernel::text::pieces_of;
use crate::kernel::value::Word;
use crate::kernel::values::{Piece, Values};
use crate::program::bytecode::Method;
use crate::program::collection::{iterated, no_attribute};
use crate::program::comparing::{equal, find_key, position};
use crate::program::number::strip;
use crate::program::raised::{Raised, fits_text, integer, type_error, unsupported, value_error};
use crate::program::sequence::list;
use crate::program::shape::{Shape, letters, shape, type_name};
use crate::program::text::{Builder, from_pieces};
use crate::program::writing::{Naming, repr_pieces};

/// The result of a method of a plain value. `keys`, `values` and `items` give lists, where CPython gives views.
///
/// # Errors
///
/// The exception CPython raises, `AttributeError` for a method that the receiver has not; `Asymmetric` where the result
/// would depend on a symbolic name or number; `Unsupported` for `clear` of a list or dict, which are values here.
pub fn method(values: &mut Values, naming: &dyn Naming, method: Method, receiver: Word, arguments: &[Word]) -> Result<Word, Raised> {
    let given = arguments.iter().rposition(|argument| !argument.is_unbound()).map_or(0, |last| last + 1);
    let arguments = &arguments[..given];
    match (shape(values, receiver), method) {
        (shape, _) if shape.is_text() => text_method(values, method, receiver, arguments),
        (Shape::List(_) | Shape::Tuple(_), Method::Index) => index(values, naming, receiver, arguments),
        (Shape::List(_) | Shape::Tuple(_), Method::Count) => count(values, receiver, arguments),
        (Shape::Dict(pairs), Method::Get | Method::Keys | Method::Values | Method::Items) => {
            let pairs = pairs.to_vec();
            dict_method(values, method, &pairs, arguments)
        }
        (Shape::List(_) | Shape::Dict(_), Method::Clear) => Err(unsupported("clear() of a list or dict; assign an empty one")),
        _ => Err(no_attribute(values, receiver, name(method))),
    }
}

/// The name of a method, as it stands in a program.
pub fn name(method: Method) -> &'static str {
    match method {
        Method::Acquire => "acquire",
        Method::Release => "release",
        Method::Locked => "locked",
        Method::Set => "set",
        Method::Clear => "clear",
        Method::IsSet => "is_set",
        Method::Wait => "wait",
        Method::Notify => "notify",
        Method::NotifyAll => "notify_all",
        Method::Abort => "abort",
        Method::Reset => "reset",
        Method::Put => "put",
        Method::PutNowait => "put_nowait",
        Method::Get => "get",
        Method::GetNowait => "get_nowait",
        Method::Qsize => "qsize",
        Method::Empty => "empty",
        Method::Full => "full",
        Method::TaskDone => "task_done",
        Method::Join => "join",
        Method::Start => "start",
        Method::Cancel => "cancel",
        Method::IsAlive => "is_alive",
        Method::Submit => "submit",
        Method::Shutdown => "shutdown",
        Method::Result => "result",
        Method::Exception => "exception",
        Method::Done => "done",
        Method::Running => "running",
        Method::Cancelled => "cancelled",
        Method::AddDoneCallback => "add_done_callback",
        Method::JoinWorkers | Method::TakeWork | Method::TurnIdle | Method::Settle => "(of a worker)",
        Method::Keys => "keys",
        Method::Values => "values",
        Method::Items => "items",
        Method::Index => "index",
        Method::Count => "count",
        Method::Upper => "upper",
        Method::Lower => "lower",
        Method::Strip => "strip",
        Method::StartsWith => "startswith",
        Method::EndsWith => "endswith",
    }
}

/// Nothing, if this many arguments are right.
fn takes(values: &mut Values, name: &str, arguments: &[Word], least: usize, most: usize) -> Result<(), Raised> {
    let given = arguments.len();
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let message = match (least, most) {
        (0, 0) => format!("{name}() takes no arguments ({given} given)"),
        _ if given < least => format!("{name} expected at least {least} argument{}, got {given}", if least == 1 { "" } else { "s" }),
        _ => format!("{name} expected at most {most} argument{}, got {given}", if most == 1 { "" } else { "s" }),
    };
    Err(type_error(values, &message))
}

fn index(values: &mut Values, naming: &dyn Naming, receiver: Word, arguments: &[Word]) -> Result<Word, Raised> {
    takes(values, "index", arguments, 1, 1)?;
    match position(values, values.items(receiver), arguments[0])? {
        Some(place) => integer(place as i128),
        None if matches!(shape(values, receiver), Shape::Tuple(_)) => Err(value_error(values, "tuple.index(x): x not in tuple")),
        None => {
            let mut pieces = repr_pieces(values, naming, arguments[0])?;
            pieces.push(Piece::Letters(" is not in list".into()));
            let message = from_pieces(values, pieces);
            Err(Raised::Error(ErrorKind::ValueError, message))
        }
    }
}

fn count(values: &mut Values, receiver: Word, arguments: &[Word]) -> Result<Word, Raised> {
    takes(values, "count", arguments, 1, 1)?;
    let mut count = 0;
    for &item in values.items(receiver) {
        count += i128::from(equal(values, item, arguments[0])?);
    }
    integer(count)
}

fn dict_method(values: &mut Values, method: Method, pairs: &[(Word, Word)], arguments: &[Word]) -> Result<Word, Raised> {
    if method == Method::Get {
        takes(values, "get", arguments, 1, 2)?;
        let default = arguments.get(1).copied().unwrap_or(Word::NONE);
        return Ok(find_key(values, pairs, arguments[0])?.map_or(default, |index| pairs[index].1));
    }
    takes(values, &format!("dict.{}", name(method)), arguments, 0, 0)?;
    let items: Vec<Word> = match method {
        Method::Keys => pairs.iter().map(|&(key, _)| key).collect(),
        Method::Values => pairs.iter().map(|&(_, value)| value).collect(),
        _ => pairs.iter().map(|&(key, value)| values.tuple([key, value])).collect(),
    };
    list(values, items)
}

fn text_method(values: &mut Values, method: Method, receiver: Word, arguments: &[Word]) -> Result<Word, Raised> {
    match method {
        Method::Upper => turned(values, "str.upper", receiver, arguments, |text| text.to_uppercase()),
        Method::Lower => turned(values, "str.lower", receiver, arguments, |text| text.to_lowercase()),
        Method::Strip => turned(values, "str.strip", receiver, arguments, |text| strip(text).to_owned()),
        Method::StartsWith => touches(values, "startswith", receiver, arguments, |text, part| text.starts_with(part)),
        Method::EndsWith => touches(values, "endswith", receiver, arguments, |text, part| text.ends_with(part)),
        Method::Index | Method::Count => occurrences(values, method, receiver, arguments),
        Method::Join => join(values, receiver, arguments),
        _ => Err(no_attribute(values, receiver, name(method))),
    }
}

fn turned(values: &mut Values, name: &str, receiver: Word, arguments: &[Word], turn: fn(&str) -> String) -> Result<Word, Raised> {
    takes(values, name, arguments, 0, 0)?;
    let text = turn(letters(values, receiver).ok_or(Raised::Asymmetric)?);
    fits_text(text.len())?;
    Ok(values.text(&text))
}

fn touches(values: &mut Values, name: &str, receiver: Word, arguments: &[Word], holds: fn(&str, &str) -> bool) -> Result<Word, Raised> {
    takes(values, name, arguments, 1, 1)?;
    let parts = match shape(values, arguments[0]) {
        Shape::Tuple(parts) => parts.to_vec(),
        _ => vec![arguments[0]],
    };
    for part in parts {
        match (letters(values, receiver), letters(values, part)) {
            (Some(text), Some(part)) if holds(text, part) => return Ok(Word::TRUE),
            (Some(_), Some(_)) => {}
            _ if shape(values, part).is_text() => return Err(Raised::Asymmetric),
            _ => {
                let part = type_name(values, part);
                let message = match shape(values, arguments[0]) {
                    Shape::Tuple(_) => format!("tuple for {name} must only contain str, not {part}"),
                    _ => format!("{name} first arg must be str or a tuple of str, not {part}"),
                };
                return Err(type_error(values, &message));
            }
        }
    }
    Ok(Word::FALSE)
}

/// `text.index(part)`, `text.count(part)`.
fn occurrences(values: &mut Values, method: Method, receiver: Word, arguments: &[Word]) -> Result<Word, Raised> {
    takes(values, name(method), arguments, 1, 1)?;
    let part = arguments[0];
    if !shape(values, part).is_text() {
        let message = format!("must be str, not {}", type_name(values, part));
        return Err(type_error(values, &message));
    }
    let (Some(text), Some(part)) = (letters(values, receiver), letters(values, part)) else {
        return Err(Raised::Asymmetric);
    };
    if method == Method::Count {
        return integer(text.matches(part).count() as i128);
    }
    match text.find(part) {
        Some(place) => integer(text[..place].chars().count() as i128),
        None => Err(value_error(values, "substring not found")),
    }
}

fn join(values: &mut Values, separator: Word, arguments: &[Word]) -> Result<Word, Raised> {
    takes(values, "str.join", arguments, 1, 1)?;
    let Some(texts) = iterated(values, arguments[0])? else {
        return Err(type_error(values, "can only join an iterable"));
    };
    let separator = pieces_of(values, separator).unwrap_or_default();
    let mut builder = Builder::default();
    for (index, &text) in texts.iter().enumerate() {
        let Some(pieces) = pieces_of(values, text) else {
            let message = format!("sequence item {index}: expected str instance, {} found", type_name(values, text));
            return Err(type_error(values, &message));
        };
        if index > 0 {
            separator.iter().try_for_each(|piece| builder.piece(piece))?;
        }
        pieces.iter().try_for_each(|piece| builder.piece(piece))?;
    }
    Ok(from_pieces(values, builder.finish()))
}
