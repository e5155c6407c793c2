//! Do the operations on values give what CPython gives? Thousands of expressions, drawn from a fixed seed, are evaluated by both.

use std::io::Write;
use std::process::{Command, Stdio};

use drawloom::kernel::text::render;
use drawloom::kernel::value::{ObjectId, Word};
use drawloom::kernel::values::Values;
use drawloom::program::arithmetic::{binary, unary};
use drawloom::program::bytecode::{BinaryOperator, Builtin, Comparison, Conversion, Method, UnaryOperator};
use drawloom::program::collection::{dict, item, unpack, with_appended, with_item, without_item};
use drawloom::program::comparing::compare;
use drawloom::program::formatting::format;
use drawloom::program::methods::{method, name};
use drawloom::program::pure::builtin;
use drawloom::program::raised::Raised;
use drawloom::program::sequence::slice;
use drawloom::program::writing::{Naming, repr};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const EXPRESSIONS: usize = 12_000;

/// Prints the repr of the expression on each line, or the class and message of its exception; a `?` where the result is
/// one that drawloom does not represent. There is one zero among drawloom's floats.
const EVALUATOR: &str = r"
import sys
inf, nan = float('inf'), float('nan')
def with_item(container, key, value):
    container[key] = value; return container
def with_appended(container, value):
    container.append(value); return container
def without_item(container, key):
    item = container.pop(key); return container, item
def unpack2(sequence):
    first, second = sequence; return first, second
class Unknown(Exception):
    pass
def known(value):
    if isinstance(value, complex) or type(value) is int and not -2**59 <= value < 2**59:
        raise Unknown
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, (list, tuple)):
        return type(value)(map(known, value))
    if isinstance(value, dict):
        return {known(key): known(item) for key, item in value.items()}
    return value
print(*sys.version_info[:2], sep='.')
for line in sys.stdin:
    try:
        result = repr(known(eval(line)))
    except Exception as error:
        result = f'!{type(error).__name__}: {error}'
        if type(error) is Unknown or result == '!OverflowError: complex exponentiation':
            result = '?'
    print(result.replace('\n', '\\n'))
";

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

/// A value with the Python expression that makes it.
#[derive(Clone)]
struct Operand {
    word: Word,
    python: String,
}

/// An expression: Python's text, and what drawloom makes of it.
type Case = (String, Result<Word, Raised>);

/// Draws values and expressions.
struct Source {
    values: Values,
    generator: ChaCha8Rng,
}

impl Source {
    fn below(&mut self, bound: usize) -> usize {
        ((u64::from(self.generator.next_u32()) * bound as u64) >> 32) as usize
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as usize) as i64
    }

    fn int_of(&self, number: i64) -> Operand {
        Operand { word: Word::int(number).expect("60 bits"), python: format!("({number})") }
    }

    fn small(&mut self) -> Operand {
        let number = self.between(-9, 9);
        self.int_of(number)
    }

    fn int(&mut self) -> Operand {
        let bits = self.one_of(&[3, 3, 3, 8, 20, 30, 53, 59]);
        let magnitude = (self.generator.next_u64() & ((1 << bits) - 1)) as i64;
        let sign = self.one_of(&[1, 1, -1]);
        self.int_of(magnitude * sign)
    }

    fn float(&mut self) -> Operand {
        let number = match self.below(5) {
            0 => self.one_of(&[0.0, 0.1, 0.5, 1.5, 2.5, 1e16, 1e-5, 123456.789, f64::INFINITY, -f64::INFINITY, f64::MAX, 5e-324, 1e22]),
            1 => self.between(-1000, 1000) as f64 / 8.0,
            2 => self.between(-100_000, 100_000) as f64 / 1000.0,
            3 => self.between(-1_000_000_000, 1_000_000_000) as f64 * self.one_of(&[1e-12, 1e-7, 1e-3, 1e3, 1e8, 1e200]),
            _ => f64::from_bits(self.generator.next_u64() & !(1 << 62)),
        };
        let number = if number.is_nan() || number == 0.0 { 0.0 } else { number };
        Operand { word: self.values.float(number), python: format!("({number:?})") }
    }

    fn number(&mut self) -> Operand {
        match self.below(8) {
            0 => self.bool(),
            1..=4 => self.int(),
            5 if self.below(8) == 0 => Operand { word: self.values.float(f64::NAN), python: String::from("nan") },
            _ => self.float(),
        }
    }

    fn bool(&mut self) -> Operand {
        if self.below(2) == 0 {
            Operand { word: Word::TRUE, python: String::from("True") }
        } else {
            Operand { word: Word::FALSE, python: String::from("False") }
        }
    }

    fn text_of(&mut self, letters: &str) -> Operand {
        let escaped: String = letters.chars().map(|letter| format!("\\U{:08x}", u32::from(letter))).collect();
        Operand { word: self.values.text(letters), python: format!("'{escaped}'") }
    }

    fn text(&mut self) -> Operand {
        let letters = self.one_of(&["ab", "ab", "aBc dE", "'\"\\\n\t\u{7f}", "éß线程\u{301}\u{ad}\u{3000}😀", " \u{1c}x\u{a0}", "İΑΣ"]);
        let letters: Vec<char> = letters.chars().collect();
        let drawn: String = (0..self.below(6)).map(|_| self.one_of(&letters)).collect();
        self.text_of(&drawn)
    }

    /// A text that is a number, or nearly.
    fn numeral(&mut self) -> Operand {
        let parts = ["1", "0", "23", "_", "-", "+", ".", "e", "5", " ", "\n", "inf", "nan", "Infinity", "x", "9", "007"];
        let drawn: String = (0..1 + self.below(4)).map(|_| self.one_of(&parts)).collect();
        self.text_of(&drawn)
    }

    fn key(&mut self) -> Operand {
        match self.below(5) {
            0 => self.text(),
            1 => self.bool(),
            2 => {
                let number = self.between(-2, 2) as f64;
                Operand { word: self.values.float(number), python: format!("({number:?} + 0.0)") }
            }
            3 => {
                let (one, other) = (self.small(), self.bool());
                Operand { word: self.values.tuple([one.word, other.word]), python: format!("({}, {})", one.python, other.python) }
            }
            _ => self.small(),
        }
    }

    fn items(&mut self, depth: usize) -> (Vec<Word>, String) {
        let alike = self.below(2) == 0;
        let items: Vec<Operand> = (0..self.below(5))
            .map(|_| {
                if alike {
                    self.small()
                } else if depth == 0 {
                    self.key()
                } else {
                    self.any(depth - 1)
                }
            })
            .collect();
        let python = items.iter().map(|item| item.python.clone() + ", ").collect();
        (items.iter().map(|item| item.word).collect(), python)
    }

    fn list(&mut self, depth: usize) -> Operand {
        let (items, python) = self.items(depth);
        Operand { word: self.values.list(items), python: format!("[{python}]") }
    }

    fn tuple(&mut self, depth: usize) -> Operand {
        let (items, python) = self.items(depth);
        let python = if items.is_empty() { String::from("()") } else { format!("({python})") };
        Operand { word: self.values.tuple(items), python }
    }

    fn dict(&mut self) -> Operand {
        let pairs: Vec<(Operand, Operand)> = (0..self.below(5)).map(|_| (self.key(), self.small())).collect();
        let python: String = pairs.iter().map(|(key, value)| format!("{}: {}, ", key.python, value.python)).collect();
        let words: Vec<(Word, Word)> = pairs.iter().map(|(key, value)| (key.word, value.word)).collect();
        Operand { word: dict(&mut self.values, &words).expect("keys are hashable"), python: format!("{{{python}}}") }
    }

    fn sequence(&mut self) -> Operand {
        match self.below(4) {
            0 => self.text(),
            1 => self.tuple(1),
            _ => self.list(1),
        }
    }

    fn container(&mut self) -> Operand {
        if self.below(4) == 0 { self.dict() } else { self.sequence() }
    }

    fn any(&mut self, depth: usize) -> Operand {
        match self.below(8) {
            0 => Operand { word: Word::NONE, python: String::from("None") },
            1 => self.bool(),
            2 => self.float(),
            3 => self.text(),
            4 => self.list(depth),
            5 => self.tuple(depth),
            6 => self.dict(),
            _ => self.small(),
        }
    }

    fn specification(&mut self) -> String {
        let mut part = |choices: &[&'static str]| self.one_of(choices);
        let start = part(&["", "", "", "<", ">", "^", "=", "*<", "0>", "é^", "<=", "x"]);
        let signs = [part(&["", "", "", "+", "-", " "]), part(&["", "", "", "0"])];
        let width = part(&["", "", "1", "7", "12", "33"]);
        let end = [part(&["", "", "", ",", "_", ",_"]), part(&["", "", ".0", ".1", ".2", ".6", ".17", "."])];
        format!(
            "{start}{}{width}{}{}",
            signs.concat(),
            end.concat(),
            part(&["", "", "d", "f", "f", "e", "g", "G", "E", "x", "X", "o", "b", "%", "s", "c", "q", "dd"])
        )
    }

    fn arithmetic(&mut self) -> Case {
        use BinaryOperator::{Add, Divide, FloorDivide, Modulo, Multiply, Power, Subtract};
        let signs = [(Add, "+"), (Subtract, "-"), (Multiply, "*"), (Divide, "/"), (FloorDivide, "//"), (Modulo, "%"), (Power, "**")];
        let (operator, sign) = self.one_of(&signs);
        let (mut left, mut right) = (self.number(), self.number());
        if operator == Power {
            // Python would compute any integer, however large.
            right = self.one_of::<fn(&mut Source) -> Operand>(&[Source::small, Source::float, Source::bool])(self);
        } else if self.below(3) == 0 {
            left = self.any(1);
            right = self.any(1);
        }
        if operator == Modulo && left.python.starts_with('\'') {
            left = self.list(1);
        }
        let result = binary(&mut self.values, operator, left.word, right.word);
        (format!("{} {sign} {}", left.python, right.python), result)
    }

    fn sign(&mut self) -> Case {
        let (operator, sign) = self.one_of(&[(UnaryOperator::Not, "not"), (UnaryOperator::Negate, "-"), (UnaryOperator::Plus, "+")]);
        let operand = if self.below(2) == 0 { self.number() } else { self.any(1) };
        (format!("{sign} {}", operand.python), unary(&mut self.values, operator, operand.word))
    }

    fn comparison(&mut self) -> Case {
        use Comparison::{Equal, Greater, GreaterEqual, In, Less, LessEqual, NotEqual, NotIn};
        let signs = [
            (Equal, "=="),
            (NotEqual, "!="),
            (Less, "<"),
            (LessEqual, "<="),
            (Greater, ">"),
            (GreaterEqual, ">="),
            (In, "in"),
            (NotIn, "not in"),
        ];
        let (comparison, sign) = self.one_of(&signs);
        let contains = matches!(comparison, In | NotIn);
        let (left, right) = match self.below(4) {
            _ if contains && self.below(2) == 0 => (self.key(), self.container()),
            0 => (self.number(), self.number()),
            1 => (self.text(), self.text()),
            2 => (self.list(1), self.list(1)),
            _ => (self.any(2), self.any(2)),
        };
        let result = compare(&mut self.values, comparison, left.word, right.word).map(Word::bool);
        (format!("{} {sign} {}", left.python, right.python), result)
    }

    fn access(&mut self) -> Case {
        let container = if self.below(8) == 0 { self.any(0) } else { self.container() };
        let key = if self.below(3) == 0 { self.any(1) } else { self.key() };
        let (value, values) = (self.small(), &mut self.values);
        let call = |function: &str, more: &str| format!("{function}({}, {}{more})", container.python, key.python);
        match self.generator.next_u32() % 4 {
            0 => (format!("{}[{}]", container.python, key.python), item(values, &Nameless, container.word, key.word)),
            1 => (call("with_item", &format!(", {}", value.python)), with_item(values, container.word, key.word, value.word)),
            2 => (call("with_appended", ""), with_appended(values, container.word, key.word)),
            _ => {
                let taken = without_item(values, &Nameless, container.word, key.word);
                (call("without_item", ""), taken.map(|(container, item)| values.tuple([container, item])))
            }
        }
    }

    fn cut(&mut self) -> Case {
        let sequence = if self.below(8) == 0 { self.any(0) } else { self.sequence() };
        let mut bound = || match self.below(9) {
            0..=3 => Operand { word: Word::NONE, python: String::from("None") },
            4 => self.any(0),
            5 => self.int(),
            _ => self.small(),
        };
        let (start, stop, step) = (bound(), bound(), bound());
        let result = slice(&mut self.values, sequence.word, start.word, stop.word, step.word);
        (format!("{}[{}:{}:{}]", sequence.python, start.python, stop.python, step.python), result)
    }

    fn formatting(&mut self) -> Case {
        let value = match self.below(8) {
            0 => self.any(1),
            1 => self.text(),
            2..=4 => self.int(),
            _ => self.float(),
        };
        let specification = self.specification();
        let specification = self.text_of(&specification);
        if self.below(8) == 0 {
            let result = format(&mut self.values, &Nameless, value.word, Conversion::Repr, Some(specification.word));
            return (format!("format(repr({}), {})", value.python, specification.python), result);
        }
        let result = format(&mut self.values, &Nameless, value.word, Conversion::Str, Some(specification.word));
        (format!("format({}, {})", value.python, specification.python), result)
    }

    fn conversion(&mut self) -> Case {
        use Builtin::{Abs, Bool, Float, Int, Repr, Round, Str};
        let functions = [(Abs, "abs"), (Bool, "bool"), (Float, "float"), (Int, "int"), (Repr, "repr"), (Round, "round"), (Str, "str")];
        let (function, called) = self.one_of(&functions);
        let argument = match self.below(3) {
            0 => self.any(2),
            1 if matches!(function, Float | Int) => self.numeral(),
            _ => self.number(),
        };
        (format!("{called}({})", argument.python), builtin(&mut self.values, &Nameless, function, &[argument.word]))
    }

    fn iteration(&mut self) -> Case {
        use Builtin::{All, Any, Enumerate, Len, List, Max, Min, Reversed, Sorted, Sum, Tuple, Zip};
        let functions = [
            (All, "all({})"),
            (Any, "any({})"),
            (Enumerate, "list(enumerate({}))"),
            (Len, "len({})"),
            (List, "list({})"),
            (Max, "max({})"),
            (Min, "min({})"),
            (Reversed, "list(reversed({}))"),
            (Sorted, "sorted({})"),
            (Sum, "sum({})"),
            (Tuple, "tuple({})"),
            (Zip, "list(zip({}))"),
        ];
        let (function, pattern) = self.one_of(&functions);
        let count = if matches!(function, Max | Min | Zip) { 1 + self.below(3) } else { 1 };
        let arguments: Vec<Operand> = (0..count).map(|_| if self.below(8) == 0 { self.any(1) } else { self.container() }).collect();
        let words: Vec<Word> = arguments.iter().map(|argument| argument.word).collect();
        let python: Vec<&str> = arguments.iter().map(|argument| argument.python.as_str()).collect();
        (pattern.replace("{}", &python.join(", ")), builtin(&mut self.values, &Nameless, function, &words))
    }

    fn range_or_unpacking(&mut self) -> Case {
        if self.below(2) == 0 {
            let sequence = if self.below(6) == 0 { self.any(1) } else { self.container() };
            let result = unpack(&mut self.values, sequence.word, 2);
            return (format!("unpack2({})", sequence.python), result.map(|items| self.values.tuple(items)));
        }
        let mut bound = || if self.below(8) == 0 { self.any(0) } else { self.small() };
        let (start, stop, step) = (bound(), bound(), bound());
        let result = builtin(&mut self.values, &Nameless, Builtin::Range, &[start.word, stop.word, step.word]);
        (format!("list(range({}, {}, {}))", start.python, stop.python, step.python), result)
    }

    fn calling(&mut self) -> Case {
        use Method::{Count, EndsWith, Get, Index, Items, Join, Keys, Lower, StartsWith, Strip, Upper, Values};
        let without = [Items, Keys, Values, Lower, Strip, Upper].map(|called| (called, 0));
        let with_one = [Count, EndsWith, Index, Join, StartsWith, Get].map(|called| (called, 1));
        let (called, most) = self.one_of(&[&without[..], &with_one, &[(Get, 2)]].concat());
        let receiver = match (called, self.below(8)) {
            (_, 0) => self.any(0),
            (Get | Items | Keys | Values, _) => self.dict(),
            (Count | Index, 1..=3) => self.sequence(),
            _ => self.text(),
        };
        let arguments: Vec<Operand> = (0..most)
            .map(|_| match self.below(4) {
                0 => self.any(1),
                1 => self.key(),
                2 if called == Join => self.sequence(),
                _ => self.text(),
            })
            .collect();
        let words: Vec<Word> = arguments.iter().map(|argument| argument.word).collect();
        let python: Vec<&str> = arguments.iter().map(|argument| argument.python.as_str()).collect();
        let expression = format!("{}.{}({})", receiver.python, name(called), python.join(", "));
        let expression = if matches!(called, Items | Keys | Values) { format!("list({expression})") } else { expression };
        (expression, method(&mut self.values, &Nameless, called, receiver.word, &words))
    }

    fn case(&mut self) -> Case {
        match self.below(14) {
            0..=2 => self.arithmetic(),
            3 => self.sign(),
            4 | 5 => self.comparison(),
            6 | 7 => self.access(),
            8 => self.cut(),
            9 | 10 => self.formatting(),
            11 => self.conversion(),
            12 => {
                if self.below(3) == 0 {
                    self.range_or_unpacking()
                } else {
                    self.iteration()
                }
            }
            _ => self.calling(),
        }
    }

    /// The result as the evaluator prints it.
    fn told(&mut self, result: &Result<Word, Raised>) -> String {
        let plain = |values: &Values, word: Word| render(values, word, &|_, _| unreachable!("no thread is mentioned"));
        let told = match *result {
            Ok(word) => match repr(&mut self.values, &Nameless, word) {
                Ok(text) => plain(&self.values, text),
                Err(raised) => panic!("{raised:?}"),
            },
            Err(Raised::Error(kind, message)) => format!("!{}: {}", kind.name(), plain(&self.values, message)),
            Err(Raised::Unsupported(_)) => String::from("?"),
            Err(Raised::Asymmetric) => panic!("no thread is mentioned"),
        };
        told.replace('\n', "\\n")
    }
}

/// What CPython prints for these expressions; nothing where there is no CPython.
fn evaluated(expressions: &[String]) -> Option<Vec<String>> {
    let mut command = Command::new("python3");
    command.args(["-W", "ignore", "-c", EVALUATOR]).env("PYTHONIOENCODING", "utf-8");
    let mut python = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut input = python.stdin.take().expect("a pipe");
    let text = expressions.join("\n");
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = python.wait_with_output().expect("python3 ends");
    writer.join().expect("no panic").expect("python3 reads everything");
    Some(String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect())
}

#[test]
fn results_are_cpythons() {
    let mut source = Source { values: Values::new(), generator: ChaCha8Rng::seed_from_u64(1) };
    let (expressions, results): (Vec<String>, Vec<Result<Word, Raised>>) = (0..EXPRESSIONS).map(|_| source.case()).unzip();
    let Some(expected) = evaluated(&expressions) else {
        // Past the test runner, which keeps the prints of tests that pass to itself.
        writeln!(std::io::stderr(), "skipped: no python3").expect("a standard error stream");
        return;
    };
    let (version, expected) = expected.split_first().expect("the version");
    assert_eq!(expected.len(), expressions.len(), "one line for each expression");
    // Other versions word their exceptions otherwise, and sum floats more exactly.
    let by_version = |told: &str, expected: &str, expression: &str| {
        version != "3.11" && ([told, expected].iter().any(|line| line.starts_with('!')) || expression.starts_with("sum"))
    };
    // Which two items a sort compares first is not told by its result.
    let unordered = |told: &str, expected: &str| [told, expected].iter().all(|line| line.starts_with("!TypeError: '<' not supported"));
    let mut wrong = String::new();
    for ((expression, result), expected) in expressions.iter().zip(&results).zip(expected) {
        let told = source.told(result);
        let excused = by_version(&told, expected, expression) || (expression.starts_with("sorted") && unordered(&told, expected));
        if told != *expected && !excused {
            wrong += &format!("{expression}\n    CPython:  {expected}\n    drawloom: {told}\n");
        }
    }
    assert!(wrong.is_empty(), "not CPython's:\n{wrong}");
}
