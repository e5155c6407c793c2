//! Are huge, deep and endless values refused in little time and memory?

use drawloom::kernel::error::ErrorKind;
use drawloom::kernel::value::{ObjectId, Word};
use drawloom::kernel::values::Values;
use drawloom::program::arithmetic::binary;
use drawloom::program::bytecode::{BinaryOperator, Builtin, Comparison, Conversion};
use drawloom::program::collection::{dict, with_appended};
use drawloom::program::comparing::compare;
use drawloom::program::formatting::format;
use drawloom::program::pure::builtin;
use drawloom::program::raised::{MAX_ITEMS, MAX_PAIRS, Raised};
use drawloom::program::sequence::list;
use drawloom::program::writing::{Naming, repr, shown};

/// Names nothing: no object and no function occurs here.
struct Nameless;

impl Naming for Nameless {
    fn object(&self, object: ObjectId) -> String {
        format!("{object:?}")
    }
    fn function(&self, function: u16) -> String {
        format!("{function}")
    }
}

fn int(number: i64) -> Word {
    Word::int(number).expect("60 bits")
}

fn refused<T: std::fmt::Debug>(result: Result<T, Raised>) -> bool {
    matches!(result, Err(Raised::Unsupported(_)))
}

#[test]
fn large_integers_are_refused() {
    let mut values = Values::new();
    let (large, small) = (int(Word::INT_MAX), int(Word::INT_MIN));
    for (operator, left, right) in [
        (BinaryOperator::Add, large, int(1)),
        (BinaryOperator::Subtract, small, int(1)),
        (BinaryOperator::Multiply, large, large),
        (BinaryOperator::Power, int(10), int(10_000_000_000)),
        (BinaryOperator::Power, int(-2), int(61)),
        (BinaryOperator::Power, large, large),
        (BinaryOperator::FloorDivide, small, int(-1)),
    ] {
        assert!(refused(binary(&mut values, operator, left, right)), "{operator:?}");
    }
    assert_eq!(binary(&mut values, BinaryOperator::Power, int(2), int(58)), Ok(int(1 << 58)));
    assert_eq!(binary(&mut values, BinaryOperator::Power, int(-1), large), Ok(int(-1)));
    assert_eq!(binary(&mut values, BinaryOperator::Power, int(0), large), Ok(int(0)));
    assert_eq!(binary(&mut values, BinaryOperator::Power, int(-2), int(59)), Ok(small));
    let (negative, half, root) = (int(-2), values.float(0.5), values.float(1e300));
    assert!(refused(binary(&mut values, BinaryOperator::Power, negative, half)), "a complex number");
    let overflow = binary(&mut values, BinaryOperator::Power, root, int(2));
    assert!(matches!(overflow, Err(Raised::Error(ErrorKind::OverflowError, _))));
    let digits = values.text(&"9".repeat(1000));
    for argument in [digits, root] {
        assert!(refused(builtin(&mut values, &Nameless, Builtin::Int, &[argument])));
    }
}

#[test]
fn large_sequences_are_refused() {
    let mut values = Values::new();
    let [letter, empty_text] = [values.text("a"), values.text("")];
    let [one, empty] = [values.list([Word::ZERO]), values.list([])];
    for huge in [1_000_000_000_000, Word::INT_MAX] {
        assert!(refused(binary(&mut values, BinaryOperator::Multiply, letter, int(huge))));
        assert!(refused(binary(&mut values, BinaryOperator::Multiply, one, int(huge))));
        assert_eq!(binary(&mut values, BinaryOperator::Multiply, empty, int(huge)), Ok(empty));
        assert_eq!(binary(&mut values, BinaryOperator::Multiply, int(huge), empty_text), Ok(empty_text));
        assert!(refused(builtin(&mut values, &Nameless, Builtin::Range, &[Word::ZERO, int(huge), int(1)])));
    }
    let bounds = [int(Word::INT_MIN), int(Word::INT_MAX), int(Word::INT_MAX)];
    assert_eq!(builtin(&mut values, &Nameless, Builtin::Range, &bounds).map(|range| values.items(range).len()), Ok(3));
    let full = binary(&mut values, BinaryOperator::Multiply, one, int(MAX_ITEMS as i64)).unwrap();
    assert!(refused(with_appended(&mut values, full, Word::ZERO)));
    assert!(refused(binary(&mut values, BinaryOperator::Add, full, one)));
    let pairs: Vec<(Word, Word)> = (0..=MAX_PAIRS as u32).map(|key| (Word::count(key), Word::NONE)).collect();
    assert!(refused(dict(&mut values, &pairs)));
    for specification in ["99999999", ".99999999f", ".99999f"] {
        let (specification, half) = (values.text(specification), values.float(0.5));
        assert!(refused(format(&mut values, &Nameless, half, Conversion::Str, Some(specification))));
    }
}

#[test]
fn values_that_unfold_without_end_are_refused() {
    let mut values = Values::new();
    let (mut deep, mut other) = (values.list([]), values.list([Word::NONE]));
    for _ in 0..100_000 {
        deep = values.list([deep]);
        other = values.list([other]);
    }
    assert!(refused(repr(&mut values, &Nameless, deep)));
    assert!(refused(compare(&mut values, Comparison::Equal, deep, other)));
    assert!(refused(compare(&mut values, Comparison::Less, deep, other)));
    assert!(refused(with_appended(&mut values, deep, Word::NONE)));
    assert!(refused(list(&mut values, [deep])));
    assert!(refused(dict(&mut values, &[(Word::NONE, deep)])));
    assert!(refused(builtin(&mut values, &Nameless, Builtin::Enumerate, &[deep])));
    assert_eq!(shown(&values, &Nameless, deep, &|_, _| String::new()), "...");
    let (mut wide, mut other) = (values.tuple([Word::ZERO]), values.tuple([Word::FALSE]));
    for _ in 0..60 {
        wide = values.tuple([wide, wide]);
        other = values.tuple([other, other]);
    }
    assert!(refused(repr(&mut values, &Nameless, wide)));
    assert!(refused(compare(&mut values, Comparison::Equal, wide, other)));
    assert!(refused(dict(&mut values, &[(wide, Word::NONE)])));
}
