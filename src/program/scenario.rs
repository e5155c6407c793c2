//! A scenario, read, checked and compiled: everything the checker needs to know of it.

use std::sync::Arc;

use crate::kernel::object::Declaration;
use crate::kernel::op::Ticks;
use crate::kernel::value::{ObjectId, Word};
use crate::kernel::values::Values;
use crate::program::bytecode::{Code, Instruction};
use crate::program::statement::Claim;
use crate::step::clock::Clock;
use crate::step::place::Place;

/// The text a scenario was read from. With `extends`, the texts of several files stand one behind the other, so that a
/// place means one file.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path of the first file, as the user gave it.
    pub path: String,
    /// The text.
    pub text: String,
    /// The paths of the files that follow, and where each begins.
    pub others: Vec<(String, u32)>,
}

impl Source {
    /// The source of one file.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Source {
        Source { path: path.into(), text: text.into(), others: Vec::new() }
    }

    /// A place as a person reads it: `line 7`, with the file's name where it is not the first file.
    pub fn line(&self, place: Place) -> String {
        let (path, text, place) = self.file_of(place);
        let line = text.as_bytes()[..place.start as usize].iter().filter(|&&byte| byte == b'\n').count() + 1;
        if path == self.path { format!("line {line}") } else { format!("{}:{line}", path.rsplit('/').next().unwrap_or(path)) }
    }

    /// The file that a place is in: its path, its text, and the place within.
    pub fn file_of(&self, place: Place) -> (&str, &str, Place) {
        let length = self.text.len() as u32;
        let index = self.others.iter().rposition(|(_, start)| *start <= place.start);
        let (path, start) = index.map_or((self.path.as_str(), 0), |index| (self.others[index].0.as_str(), self.others[index].1));
        let next = index.map_or(0, |index| index + 1);
        let end = self.others.get(next).map_or(length, |(_, end)| *end);
        let within = |offset: u32| offset.clamp(start, end) - start;
        (path, &self.text[start as usize..end as usize], Place { start: within(place.start), end: within(place.end) })
    }
}

/// One entry of `threads`: `count` threads that run the same body.
#[derive(Clone, Debug)]
pub struct ThreadGroup {
    /// The key in the file.
    pub name: String,
    /// How many threads.
    pub count: u16,
    /// The function of the body. Its first two parameters are `i` and `name`, then those of `args`.
    pub function: u16,
    /// The values of `args`.
    pub arguments: Vec<Word>,
    /// Whether they are daemons.
    pub daemon: bool,
    /// Whether each is a process, with its own copy of the variables.
    pub process: bool,
    /// The name of each thread (`worker-0`, or from `name: "线程{i}"`).
    pub names: Vec<String>,
    /// Where it stands in the file.
    pub place: Place,
}

/// A line that the user types.
#[derive(Clone, Debug)]
pub struct Input {
    /// The line, without its end.
    pub line: String,
    /// How long it takes to be typed on the virtual clock.
    pub after: Ticks,
}

/// The limits a scenario declares, each with a default that the verdict prints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Transitions in one execution.
    pub steps: u64,
    /// Distinct states in one search.
    pub states: u64,
    /// Items in a queue without `maxsize`.
    pub queue: u32,
    /// Threads and timers created while the program runs.
    pub threads: u16,
    /// Futures: pieces of work submitted to executors.
    pub futures: u16,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { steps: 100_000, states: 5_000_000, queue: 1_000, threads: 32, futures: 64 }
    }
}

/// A scenario.
#[derive(Clone)]
pub struct Scenario {
    /// Its text, for diagnostics and for the places in a story.
    pub source: Arc<Source>,
    /// `scenario:`
    pub title: String,
    /// `about:`
    pub about: String,
    /// `clock:`
    pub clock: Clock,
    /// The constants of the code, and everything else that words refer to.
    pub values: Values,
    /// Shared variables (in the order of `vars`), then objects. A hidden lock of a condition stands before it.
    pub objects: Vec<Declaration>,
    /// The names under which objects are declared, in order; two names may mean one object.
    pub names: Vec<(String, ObjectId)>,
    /// The bodies.
    pub code: Code,
    /// The threads.
    pub groups: Vec<ThreadGroup>,
    /// `start_method: spawn`: processes begin anew, not as copies of main.
    pub spawns: bool,
    /// The functions of bodies whose private names claims look at, each with those names as a set of bits.
    pub looked_at: Vec<(u16, u64)>,
    /// The body of `main`; without one, main starts everything and joins what is not a daemon.
    pub main: Option<u16>,
    /// `inputs:`
    pub inputs: Vec<Input>,
    /// `bounds:`
    pub bounds: Bounds,
    /// `claims:`, the two that go without saying included.
    pub claims: Vec<Claim>,
}

impl Scenario {
    /// A hash of everything that makes an execution what it is, claims and comments left out: a schedule carries it, so
    /// that a stale one is recognised. FNV-1a over a text form.
    pub fn hash(&self) -> u32 {
        let mut hash = Fnv(0x811c_9dc5);
        for (at, instruction) in self.code.instructions.iter().enumerate() {
            let function = &self.code.functions[self.code.function_of[at] as usize];
            if function.name.starts_with("claim ") {
                continue;
            }
            let constant = match instruction {
                Instruction::Constant(word)
                | Instruction::Object(_, word)
                | Instruction::LoadAttribute(_, word)
                | Instruction::StoreAttribute(_, word) => self.values.composite(*word),
                _ => None,
            };
            hash.add(&format!("{instruction:?} {constant:?}"));
        }
        hash.add(&format!("{:?} {:?} {:?} {:?}", self.objects, self.main, self.inputs, self.spawns));
        for group in &self.groups {
            hash.add(&format!(
                "{:?}",
                (&group.name, group.count, group.function, &group.arguments, group.daemon, group.process, &group.names)
            ));
        }
        hash.0
    }
}

struct Fnv(u32);

impl Fnv {
    fn add(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
}
