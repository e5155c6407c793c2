//! What a word is in the eyes of Python's operations: its type, with a look at its inside.

use crate::kernel::error::ErrorKind;
use crate::kernel::op::Span;
use crate::kernel::value::{Aspect, FutureId, ObjectId, ThreadId, Value, Word};
use crate::kernel::values::{Composite, Piece, Values};

/// A word, told apart by the type that Python gives it.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'a> {
    /// `None`; also a name that is not bound, which no operation should meet.
    None,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `int`: the symbolic number of a thread.
    Number(ThreadId),
    /// `float`
    Float(f64),
    /// `str` that is not just a thread's name.
    Text(&'a [Piece]),
    /// `str`: the symbolic name of a thread.
    Name(ThreadId),
    /// `tuple`
    Tuple(&'a [Word]),
    /// `list`
    List(&'a [Word]),
    /// `dict`
    Dict(&'a [(Word, Word)]),
    /// An exception.
    Error(ErrorKind, Word),
    /// A random duration.
    Span(Span),
    /// A thread.
    Handle(ThreadId),
    /// A primitive.
    Object(ObjectId),
    /// A function.
    Function(u16),
    /// A future.
    Future(FutureId),
    /// What no program can get hold of: an operation, a frame, an output.
    Hidden,
}

/// A number whose value is known.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Numeric {
    /// An `int` or `bool`.
    Int(i64),
    /// A `float`.
    Float(f64),
}

impl Numeric {
    /// The number as a `float`, rounded to nearest as CPython does.
    pub fn float(self) -> f64 {
        match self {
            Numeric::Int(number) => number as f64,
            Numeric::Float(number) => number,
        }
    }
}

impl Shape<'_> {
    /// The number, if it is one and its value is known.
    pub fn numeric(self) -> Option<Numeric> {
        match self {
            Shape::Bool(truth) => Some(Numeric::Int(i64::from(truth))),
            Shape::Int(number) => Some(Numeric::Int(number)),
            Shape::Float(number) => Some(Numeric::Float(number)),
            _ => None,
        }
    }

    /// Whether Python calls it a number: `int`, `bool`, `float`, the symbolic number of a thread.
    pub fn is_number(self) -> bool {
        matches!(self, Shape::Bool(_) | Shape::Int(_) | Shape::Float(_) | Shape::Number(_))
    }

    /// Whether Python calls it a `str`.
    pub fn is_text(self) -> bool {
        matches!(self, Shape::Text(_) | Shape::Name(_))
    }

    /// Whether it can be indexed by place: a `str`, `list` or `tuple`.
    pub fn is_sequence(self) -> bool {
        self.is_text() || matches!(self, Shape::List(_) | Shape::Tuple(_))
    }

    /// The name of its type, as it stands in messages. Primitives are all called `object`.
    pub fn type_name(self) -> &'static str {
        match self {
            Shape::None => "NoneType",
            Shape::Bool(_) => "bool",
            Shape::Int(_) | Shape::Number(_) => "int",
            Shape::Float(_) => "float",
            Shape::Text(_) | Shape::Name(_) => "str",
            Shape::Tuple(_) => "tuple",
            Shape::List(_) => "list",
            Shape::Dict(_) => "dict",
            Shape::Error(kind, _) => kind.name(),
            Shape::Span(_) => "random duration",
            Shape::Handle(_) => "Thread",
            Shape::Object(_) | Shape::Hidden => "object",
            Shape::Function(_) => "function",
            Shape::Future(_) => "Future",
        }
    }
}

/// The shape of a word.
pub fn shape(values: &Values, word: Word) -> Shape<'_> {
    match word.value() {
        Value::Unbound | Value::None => Shape::None,
        Value::Bool(truth) => Shape::Bool(truth),
        Value::Int(number) => Shape::Int(number),
        Value::Thread(thread, Aspect::Handle | Aspect::Process) => Shape::Handle(thread),
        Value::Thread(thread, Aspect::Name) => Shape::Name(thread),
        Value::Thread(thread, Aspect::Number) => Shape::Number(thread),
        Value::Object(object) => Shape::Object(object),
        Value::Function(function) => Shape::Function(function),
        Value::Future(future) => Shape::Future(future),
        Value::Composite(key) => match values.get(key) {
            Composite::Text(pieces) => Shape::Text(pieces),
            Composite::Float(bits) => Shape::Float(f64::from_bits(*bits)),
            Composite::Tuple(items) => Shape::Tuple(items),
            Composite::List(items) => Shape::List(items),
            Composite::Dict(pairs) => Shape::Dict(pairs),
            Composite::Error(kind, message) => Shape::Error(*kind, *message),
            Composite::Span(span) => Shape::Span(*span),
            Composite::Op(_) | Composite::Frame(_) | Composite::Results(_) | Composite::Output(..) | Composite::Foreign(_) => Shape::Hidden,
        },
    }
}

/// The name of a word's type, as it stands in CPython's messages.
pub fn type_name(values: &Values, word: Word) -> &'static str {
    shape(values, word).type_name()
}

/// The letters of a text in which no thread is mentioned; `None` for everything else.
pub fn letters(values: &Values, word: Word) -> Option<&str> {
    match shape(values, word) {
        Shape::Text([]) => Some(""),
        Shape::Text([Piece::Letters(letters)]) => Some(letters),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_as_python_names_them() {
        let mut values = Values::new();
        let half = values.float(0.5);
        let text = values.text("a");
        let list = values.list([text]);
        let number = Word::thread(ThreadId(1), Aspect::Number);
        let named = [(Word::NONE, "NoneType"), (Word::TRUE, "bool"), (Word::ZERO, "int"), (half, "float"), (text, "str"), (list, "list")];
        for (word, name) in named.into_iter().chain([(number, "int")]) {
            assert_eq!(type_name(&values, word), name);
        }
        assert_eq!(letters(&values, text), Some("a"));
        assert_eq!(letters(&values, number), None);
        assert_eq!(shape(&values, Word::TRUE).numeric(), Some(Numeric::Int(1)));
    }
}
