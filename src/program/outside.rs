//! The `calls:` section: functions that stand for the world outside, slow and unreliable as it is.
//!
//! A call takes some time, then gives one of its declared results or raises one of its declared exceptions. That is all a
//! program can know of a web page, a database or a disk, and every combination is explored.

use crate::kernel::error::ErrorKind;
use crate::kernel::op::{Span, TICKS_PER_SECOND, Ticks};
use crate::kernel::value::Word;
use crate::kernel::values::{Composite, Values};
use crate::program::assembler::Assembler;
use crate::program::bytecode::{Builtin, Code, Comparison, Function, Instruction};
use crate::program::diagnostic::Diagnostic;
use crate::program::document::{Key, Kind, Node};
use crate::program::globals::Signature;
use crate::program::sections::{check_name, value};
use crate::step::place::Place;

const KEYS: [&str; 3] = ["takes", "gives", "raises"];

/// What a call gives.
#[derive(Clone, Debug)]
enum Gives {
    /// Always the same.
    Value(Word),
    /// Any of these, a tuple.
    Any(Word),
    /// What stands under its argument, a dict.
    ByArgument(Word),
}

/// A function that stands for the world outside.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Its signature: one argument, which may be left out.
    pub signature: Signature,
    /// Where it is declared.
    pub place: Place,
    takes: Option<Word>,
    gives: Gives,
    raises: Vec<ErrorKind>,
}

/// Reads an entry.
pub fn read(key: &Key, node: &Node, values: &mut Values, mistakes: &mut Vec<Diagnostic>) -> Option<Outside> {
    if !check_name(key, mistakes) {
        return None;
    }
    let Kind::Map(entries) = &node.kind else {
        let message = format!("a call is a map with `takes`, `gives` and `raises`, this is {}", node.what());
        mistakes
            .push(Diagnostic::new(node.place, message).help("write `get: {takes: [0, 3], gives: [200, 404], raises: ConnectionError}`"));
        return None;
    };
    let signature = Signature { name: key.text.clone(), parameters: vec!["argument".to_owned()], defaults: vec![Word::NONE] };
    let mut outside = Outside { signature, place: key.place, takes: None, gives: Gives::Value(Word::NONE), raises: Vec::new() };
    for (key, node) in entries {
        match key.text.as_str() {
            "takes" => outside.takes = takes(node, values, mistakes),
            "gives" => outside.gives = gives(node, values, mistakes),
            "raises" => outside.raises = raises(node, mistakes),
            other => {
                let mistake = Diagnostic::new(key.place, format!("a call has no `{other}`")).did_you_mean(other, KEYS);
                let known = format!("it has {}", KEYS.join(", "));
                mistakes.push(if mistake.helps.is_empty() { mistake.help(known) } else { mistake });
            }
        }
    }
    Some(outside)
}

/// How long a call takes: a number of seconds, or any time between two.
fn takes(node: &Node, values: &mut Values, mistakes: &mut Vec<Diagnostic>) -> Option<Word> {
    let span = match &node.kind {
        Kind::List(bounds) => match &bounds[..] {
            [low, high] => ticks(low).zip(ticks(high)).filter(|(low, high)| low <= high).map(|(low, high)| Span { low, high }),
            _ => None,
        },
        _ => ticks(node).map(Span::exactly),
    };
    if span.is_none() {
        let mistake = Diagnostic::new(node.place, "a call takes a number of seconds, or any time between two");
        mistakes.push(mistake.help("write `takes: 2`, or `takes: [0, 3]`"));
    }
    span.map(|span| values.intern(Composite::Span(span)))
}

fn ticks(node: &Node) -> Option<Ticks> {
    let seconds = match node.kind {
        Kind::Int(number) => number as f64,
        Kind::Float(number) => number,
        _ => return None,
    };
    (0.0..=1e9).contains(&seconds).then(|| (seconds * TICKS_PER_SECOND as f64).round() as Ticks)
}

fn gives(node: &Node, values: &mut Values, mistakes: &mut Vec<Diagnostic>) -> Gives {
    let word = value(node, values, mistakes);
    match &node.kind {
        Kind::List(items) if items.is_empty() => {
            mistakes.push(Diagnostic::new(node.place, "a call has to give something").help("leave `gives` out: then it gives None"));
            Gives::Value(Word::NONE)
        }
        Kind::List(_) => Gives::Any(word),
        Kind::Map(_) => Gives::ByArgument(word),
        _ => Gives::Value(word),
    }
}

fn raises(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Vec<ErrorKind> {
    let names: Vec<&Node> = match &node.kind {
        Kind::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    let mut kinds = Vec::new();
    for node in names {
        let name = node.as_text().map_or("", |text| text.text.as_str());
        match ErrorKind::from_name(name) {
            Some(kind) => kinds.push(kind),
            None => {
                let mistake = Diagnostic::new(node.place, "a call raises a class of exceptions, or a list of them");
                mistakes.push(mistake.did_you_mean(name, ErrorKind::ALL.map(ErrorKind::name)));
            }
        }
    }
    kinds
}

/// The function of a call.
pub fn function(outside: &Outside, code: &mut Code, number: u16) -> Function {
    let mut asm = Assembler::begin(code, number, &outside.signature.parameters, outside.place);
    if let Some(takes) = outside.takes {
        asm.constant(takes);
        asm.emit(Instruction::Builtin(Builtin::Sleep, 1));
        asm.emit(Instruction::Pop);
    }
    if !outside.raises.is_empty() {
        let fate = asm.hidden("fate");
        asm.constant(Word::ZERO);
        asm.constant(Word::count(outside.raises.len() as u32));
        asm.emit(Instruction::Builtin(Builtin::RandInt, 2));
        asm.emit(Instruction::Store(fate));
        for (index, kind) in (1..).zip(&outside.raises) {
            let next = asm.label();
            asm.emit(Instruction::Load(fate));
            asm.constant(Word::count(index));
            asm.emit(Instruction::Compare(Comparison::Equal));
            asm.jump(Instruction::JumpIfFalse, next);
            asm.constant(Word::UNBOUND);
            asm.emit(Instruction::MakeError(*kind));
            asm.emit(Instruction::Raise);
            asm.place_label(next);
        }
    }
    match outside.gives {
        Gives::Value(word) => asm.constant(word),
        Gives::Any(items) => {
            asm.constant(items);
            asm.emit(Instruction::Builtin(Builtin::Choice, 1));
        }
        Gives::ByArgument(dict) => {
            asm.constant(dict);
            asm.emit(Instruction::Load(0));
            asm.emit(Instruction::Item);
        }
    }
    asm.emit(Instruction::Return);
    asm.finish(outside.signature.name.clone(), outside.signature.defaults.clone())
}
