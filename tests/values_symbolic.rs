//! Do the operations on values keep threads' names and numbers symbolic, and refuse where they cannot?

use drawloom::kernel::error::ErrorKind;
use drawloom::kernel::op::Span;
use drawloom::kernel::text::render;
use drawloom::kernel::value::{Aspect, ObjectId, ThreadId, Word};
use drawloom::kernel::values::{Composite, Values};
use drawloom::program::arithmetic::{binary, unary};
use drawloom::program::bytecode::{BinaryOperator, Builtin, Comparison, Conversion, Method, UnaryOperator};
use drawloom::program::collection::{dict, item, items_of, unpack, with_item, without_item};
use drawloom::program::comparing::{compare, truth};
use drawloom::program::formatting::format;
use drawloom::program::methods::method;
use drawloom::program::pure::builtin;
use drawloom::program::raised::Raised;
use drawloom::program::sequence::slice;
use drawloom::program::text::concatenate;
use drawloom::program::writing::{Naming, error_message, repr, shown, str};

/// Names objects and functions by their numbers.
struct Numbered;

impl Naming for Numbered {
    fn object(&self, object: ObjectId) -> String {
        format!("<Lock {}>", object.0)
    }
    fn function(&self, function: u16) -> String {
        format!("<function {function}>")
    }
}

fn written(values: &Values, word: Word) -> String {
    render(values, word, &|thread, aspect| match aspect {
        Aspect::Number => thread.0.to_string(),
        _ => format!("worker-{}", thread.0),
    })
}

/// Values of a program in which threads 1 to 9 belong to one declaration, and threads 10 to 12 to another.
fn declared() -> Values {
    let mut values = Values::new();
    values.declare_threads([vec![0], vec![1; 9], vec![2; 3]].concat());
    values
}

fn handle(thread: u16) -> Word {
    Word::thread(ThreadId(thread), Aspect::Handle)
}

fn name(thread: u16) -> Word {
    Word::thread(ThreadId(thread), Aspect::Name)
}

fn number(thread: u16) -> Word {
    Word::thread(ThreadId(thread), Aspect::Number)
}

const ASYMMETRIC: Result<Word, Raised> = Err(Raised::Asymmetric);

#[test]
fn arithmetic_on_a_number_is_asymmetric() {
    let mut values = declared();
    let list = values.list([Word::ZERO]);
    let letter = values.text("a");
    for operator in [BinaryOperator::Add, BinaryOperator::Subtract, BinaryOperator::Multiply, BinaryOperator::Modulo] {
        assert_eq!(binary(&mut values, operator, number(1), Word::TRUE), ASYMMETRIC);
        assert_eq!(binary(&mut values, operator, Word::ZERO, number(1)), ASYMMETRIC);
        assert_eq!(binary(&mut values, operator, number(2), number(1)), ASYMMETRIC);
    }
    assert_eq!(binary(&mut values, BinaryOperator::Multiply, list, number(1)), ASYMMETRIC);
    assert_eq!(binary(&mut values, BinaryOperator::Multiply, number(1), letter), ASYMMETRIC);
    assert!(matches!(binary(&mut values, BinaryOperator::Add, number(1), letter), Err(Raised::Error(ErrorKind::TypeError, _))));
    assert_eq!(unary(&mut values, UnaryOperator::Negate, number(1)), ASYMMETRIC);
    assert_eq!(unary(&mut values, UnaryOperator::Plus, number(1)), Ok(number(1)));
    assert_eq!(unary(&mut values, UnaryOperator::Not, number(1)), ASYMMETRIC);
    let random = values.intern(Composite::Span(Span { low: 0, high: 9 }));
    assert_eq!(binary(&mut values, BinaryOperator::Add, random, number(1)), ASYMMETRIC);
}

#[test]
fn comparisons_answer_only_what_no_renaming_changes() {
    let mut values = declared();
    let [x, y, half] = [values.text("x"), values.text("y"), values.float(0.5)];
    let named = concatenate(&mut values, &[x, name(1)]).unwrap();
    let other = concatenate(&mut values, &[y, name(2)]).unwrap();
    let longer = concatenate(&mut values, &[x, x, name(1)]).unwrap();
    let mut equal = |left, right| compare(&mut values, Comparison::Equal, left, right);
    for word in [handle(1), name(1), number(1), named] {
        assert_eq!(equal(word, word), Ok(true));
        assert_eq!(equal(word, Word::NONE), Ok(false));
        assert_eq!(equal(handle(3), word), Ok(false));
    }
    assert_eq!(equal(number(1), number(2)), Ok(false));
    assert_eq!(equal(number(1), number(10)), Err(Raised::Asymmetric), "each declaration counts from zero");
    assert_eq!(equal(number(13), number(14)), Err(Raised::Asymmetric), "nothing is known of their declarations");
    assert_eq!(equal(named, other), Ok(false), "the first letters differ");
    assert_eq!(equal(longer, x), Ok(false), "one is longer than the other can be");
    for (left, right) in
        [(name(1), name(2)), (name(1), x), (number(1), Word::ZERO), (half, number(1)), (Word::TRUE, number(1)), (named, longer)]
    {
        assert_eq!(equal(left, right), Err(Raised::Asymmetric));
        assert_eq!(equal(right, left), Err(Raised::Asymmetric));
    }
    for comparison in [Comparison::Less, Comparison::GreaterEqual] {
        assert_eq!(compare(&mut values, comparison, number(1), number(2)), Err(Raised::Asymmetric));
        assert_eq!(compare(&mut values, comparison, name(1), x), Err(Raised::Asymmetric));
        assert!(matches!(compare(&mut values, comparison, number(1), x), Err(Raised::Error(..))));
    }
    assert_eq!(compare(&mut values, Comparison::Is, handle(1), handle(1)), Ok(true));
    assert_eq!(compare(&mut values, Comparison::Is, number(1), Word::NONE), Ok(false));
    assert_eq!(compare(&mut values, Comparison::Is, number(1), Word::ZERO), Err(Raised::Asymmetric));
    assert_eq!(compare(&mut values, Comparison::In, x, named), Err(Raised::Asymmetric));
    assert_eq!(truth(&values, name(1)), Err(Raised::Asymmetric));
    assert_eq!(truth(&values, named), Ok(true));
    assert_eq!(truth(&values, handle(0)), Ok(true));
}

#[test]
fn containers_of_threads_are_settled_by_what_is_sure() {
    let mut values = declared();
    let doubtful = values.list([number(1), Word::ZERO]);
    let same_start = values.list([Word::ZERO, Word::ZERO]);
    let other_end = values.list([Word::ZERO, Word::NONE]);
    assert_eq!(compare(&mut values, Comparison::Equal, doubtful, same_start), Err(Raised::Asymmetric));
    assert_eq!(compare(&mut values, Comparison::Equal, doubtful, other_end), Ok(false));
    assert_eq!(compare(&mut values, Comparison::In, number(1), doubtful), Ok(true));
    assert_eq!(compare(&mut values, Comparison::In, Word::ZERO, doubtful), Ok(true));
    assert_eq!(compare(&mut values, Comparison::In, number(2), doubtful), Err(Raised::Asymmetric));
    assert_eq!(method(&mut values, &Numbered, Method::Index, doubtful, &[Word::ZERO]), ASYMMETRIC);
    assert_eq!(builtin(&mut values, &Numbered, Builtin::Sorted, &[doubtful]), ASYMMETRIC);
    assert_eq!(builtin(&mut values, &Numbered, Builtin::Max, &[doubtful]), ASYMMETRIC);
    assert_eq!(item(&mut values, &Numbered, same_start, number(1)), ASYMMETRIC);
    assert_eq!(unpack(&mut values, doubtful, 2).unwrap()[0], number(1));

    let table = dict(&mut values, &[(number(1), Word::TRUE), (handle(2), Word::NONE)]).unwrap();
    assert_eq!(item(&mut values, &Numbered, table, number(1)), Ok(Word::TRUE));
    assert_eq!(item(&mut values, &Numbered, table, Word::ZERO), ASYMMETRIC);
    let changed = with_item(&mut values, table, number(2), Word::FALSE).unwrap();
    assert_eq!(without_item(&mut values, &Numbered, changed, number(2)), Ok((table, Word::FALSE)));
    assert_eq!(dict(&mut values, &[(number(1), Word::TRUE), (Word::ZERO, Word::NONE)]), ASYMMETRIC);
    assert!(matches!(item(&mut values, &Numbered, table, handle(5)), Err(Raised::Error(ErrorKind::KeyError, _))));
    let named = dict(&mut values, &[(name(1), Word::TRUE)]).unwrap();
    assert_eq!(item(&mut values, &Numbered, named, name(1)), Ok(Word::TRUE));
}

#[test]
fn texts_show_threads_by_pieces() {
    let mut values = declared();
    let [says, width] = [values.text(" says "), values.text(">9")];
    let formatted = format(&mut values, &Numbered, number(3), Conversion::Str, None).unwrap();
    let text = concatenate(&mut values, &[name(1), says, formatted]).unwrap();
    assert_eq!(written(&values, text), "worker-1 says 3");
    assert_eq!(str(&mut values, &Numbered, name(1)), Ok(name(1)));
    assert_eq!(str(&mut values, &Numbered, text), Ok(text));
    let shown_handle = str(&mut values, &Numbered, handle(4)).unwrap();
    assert_eq!(written(&values, shown_handle), "<Thread worker-4>");
    let list = values.list([handle(1), number(2), formatted, Word::object(ObjectId(7)), Word::function(1)]);
    let list = repr(&mut values, &Numbered, list).unwrap();
    assert_eq!(written(&values, list), "[<Thread worker-1>, 2, '3', <Lock 7>, <function 1>]");
    for word in [number(1), name(1), text] {
        assert_eq!(format(&mut values, &Numbered, word, Conversion::Str, Some(width)), ASYMMETRIC);
    }
    assert_eq!(format(&mut values, &Numbered, Word::ZERO, Conversion::Str, Some(formatted)), ASYMMETRIC);
    assert_eq!(repr(&mut values, &Numbered, name(1)), ASYMMETRIC, "a name may hold a quote");
    let names = values.list([name(1)]);
    assert_eq!(shown(&values, &Numbered, names, &|_, _| String::from("it's")), "[\"it's\"]");
    let joined = method(&mut values, &Numbered, Method::Join, says, &[names]).unwrap();
    assert_eq!(joined, name(1));
}

#[test]
fn looking_into_a_name_is_asymmetric() {
    let mut values = declared();
    let [tail, letter] = [values.text("!"), values.text("w")];
    let text = concatenate(&mut values, &[name(1), tail]).unwrap();
    for word in [name(1), text] {
        for function in [Builtin::Len, Builtin::Int, Builtin::Float, Builtin::Sorted, Builtin::List, Builtin::Max, Builtin::Reversed] {
            assert_eq!(builtin(&mut values, &Numbered, function, &[word]), ASYMMETRIC, "{function:?}");
        }
        for function in [Method::Upper, Method::Lower, Method::Strip] {
            assert_eq!(method(&mut values, &Numbered, function, word, &[]), ASYMMETRIC);
        }
        for function in [Method::StartsWith, Method::EndsWith, Method::Index, Method::Count] {
            assert_eq!(method(&mut values, &Numbered, function, word, &[letter]), ASYMMETRIC);
            assert_eq!(method(&mut values, &Numbered, function, letter, &[word]), ASYMMETRIC);
        }
        assert_eq!(item(&mut values, &Numbered, word, Word::ZERO), ASYMMETRIC);
        assert_eq!(slice(&mut values, word, Word::NONE, Word::NONE, Word::NONE), ASYMMETRIC);
        assert_eq!(items_of(&mut values, word), Err(Raised::Asymmetric));
    }
    let range = [Word::ZERO, number(1), Word::UNBOUND];
    assert_eq!(builtin(&mut values, &Numbered, Builtin::Range, &range), ASYMMETRIC);
    for function in [Builtin::Abs, Builtin::Float, Builtin::Bool, Builtin::Round] {
        assert_eq!(builtin(&mut values, &Numbered, function, &[number(1)]), ASYMMETRIC);
    }
    assert_eq!(builtin(&mut values, &Numbered, Builtin::Int, &[number(1)]), Ok(number(1)));
}

#[test]
fn messages_of_exceptions_may_mention_threads() {
    let mut values = declared();
    let empty = values.list([]);
    let Err(Raised::Error(ErrorKind::ValueError, message)) = method(&mut values, &Numbered, Method::Index, empty, &[handle(1)]) else {
        panic!("no ValueError");
    };
    assert_eq!(written(&values, message), "<Thread worker-1> is not in list");
    let boom = values.text("boom");
    let message = error_message(&mut values, &Numbered, ErrorKind::KeyError, boom).unwrap();
    assert_eq!(written(&values, message), "'boom'");
    let exception = values.intern(Composite::Error(ErrorKind::KeyError, message));
    let exception = repr(&mut values, &Numbered, exception).unwrap();
    assert_eq!(written(&values, exception), "KeyError('boom')");
    assert_eq!(error_message(&mut values, &Numbered, ErrorKind::ValueError, name(1)), Ok(name(1)));
}
