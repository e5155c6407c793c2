//! The `objects:` section: primitives by Python's constructors.

use std::collections::BTreeMap;

use ruff_python_ast::{Expr, ExprCall, Number};

use crate::kernel::object::{Declaration, ObjectKind, QueueOrder};
use crate::kernel::pool::Staff;
use crate::kernel::value::ObjectId;
use crate::program::diagnostic::Diagnostic;
use crate::program::document::{Key, Node, Text};
use crate::program::python;
use crate::program::sections::check_name;
use crate::step::place::Place;

/// How many processors the machine has that a program is explored on: an executor's default number of workers depends
/// on it. Four, whatever the machine is that drawloom runs on.
const PROCESSORS: i64 = 4;

/// CPython's `min(32, os.cpu_count() + 4)`.
const THREAD_WORKERS: i64 = PROCESSORS + 4;

const CONSTRUCTORS: [&str; 15] = [
    "Lock",
    "RLock",
    "Semaphore",
    "BoundedSemaphore",
    "Event",
    "Condition",
    "Barrier",
    "Queue",
    "LifoQueue",
    "PriorityQueue",
    "SimpleQueue",
    "JoinableQueue",
    "local",
    "ThreadPoolExecutor",
    "ProcessPoolExecutor",
];

/// What objects are used between.
#[derive(Clone, Copy, Debug)]
pub struct Between {
    /// Whether there are processes: then the objects are those of `multiprocessing`.
    pub processes: bool,
    /// Whether processes are spawned.
    pub spawns: bool,
}

/// What an entry says.
enum Entry {
    /// Another name of an object.
    Alias(String, Place),
    /// A condition on a lock that has a name.
    ConditionOn(String, Place),
    /// A new object.
    New(ObjectKind),
    /// A condition with a lock of its own.
    OwnCondition,
}

/// Declares objects. Gives each name's object and place; hidden locks of conditions stand before their conditions.
pub fn declare(
    entries: &[(Key, Node)],
    between: Between,
    objects: &mut Vec<Declaration>,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<(String, ObjectId, Place)> {
    let mut found: BTreeMap<String, ObjectId> = BTreeMap::new();
    let mut waiting: Vec<(&Key, Entry)> = Vec::new();
    let mut spoiled = Vec::new();
    for (key, node) in entries {
        if !check_name(key, mistakes) {
            continue;
        }
        let Some(text) = node.as_text() else {
            let message = format!("an object is made by a constructor, this is {}", node.what());
            mistakes.push(Diagnostic::new(node.place, message).help("write `Lock()`, `Semaphore(3)`, `Queue(maxsize=2)` ..."));
            spoiled.push(key.text.as_str());
            continue;
        };
        match entry(text, between, mistakes) {
            Some(Entry::New(kind)) => {
                found.insert(key.text.clone(), add(objects, &key.text, kind));
            }
            Some(Entry::OwnCondition) => {
                let lock = add(objects, &format!("{}'s lock", key.text), ObjectKind::RLock);
                found.insert(key.text.clone(), add(objects, &key.text, ObjectKind::Condition(lock)));
            }
            Some(entry) => waiting.push((key, entry)),
            None => spoiled.push(key.text.as_str()),
        }
    }
    resolve(waiting, &mut found, objects, entries, &spoiled, mistakes);
    entries.iter().filter_map(|(key, _)| found.get(&key.text).map(|id| (key.text.clone(), *id, key.place))).collect()
}

fn add(objects: &mut Vec<Declaration>, name: &str, kind: ObjectKind) -> ObjectId {
    objects.push(Declaration { name: name.to_owned(), kind });
    ObjectId(objects.len() as u16 - 1)
}

/// Other names, and conditions on named locks, in whatever order they are written.
fn resolve(
    mut waiting: Vec<(&Key, Entry)>,
    found: &mut BTreeMap<String, ObjectId>,
    objects: &mut Vec<Declaration>,
    entries: &[(Key, Node)],
    spoiled: &[&str],
    mistakes: &mut Vec<Diagnostic>,
) {
    loop {
        let before = waiting.len();
        let mut still = Vec::new();
        for (key, entry) in waiting {
            match &entry {
                Entry::Alias(target, _) if found.contains_key(target) => {
                    found.insert(key.text.clone(), found[target]);
                }
                Entry::ConditionOn(target, place) if found.contains_key(target) => {
                    let lock = found[target];
                    if matches!(objects[lock.index()].kind, ObjectKind::Lock | ObjectKind::RLock) {
                        found.insert(key.text.clone(), add(objects, &key.text, ObjectKind::Condition(lock)));
                    } else {
                        let what = objects[lock.index()].kind.name();
                        mistakes.push(Diagnostic::new(*place, format!("a condition needs a Lock or an RLock, `{target}` is a {what}")));
                    }
                }
                _ => still.push((key, entry)),
            }
        }
        waiting = still;
        if waiting.len() == before {
            break;
        }
    }
    for (_, entry) in waiting {
        let (Entry::Alias(target, place) | Entry::ConditionOn(target, place)) = entry else { continue };
        if spoiled.contains(&target.as_str()) {
            continue;
        }
        let names = entries.iter().map(|(key, _)| key.text.as_str());
        let mistake = if entries.iter().any(|(key, _)| key.text == target) {
            Diagnostic::new(place, format!("`{target}` does not lead to an object")).help("one of these names has to be made: `Lock()`")
        } else {
            Diagnostic::new(place, format!("there is no object `{target}`")).did_you_mean(&target, names.chain(CONSTRUCTORS))
        };
        mistakes.push(mistake);
    }
}

fn entry(text: &Text, between: Between, mistakes: &mut Vec<Diagnostic>) -> Option<Entry> {
    let expression = match python::expression(text) {
        Ok(expression) => expression,
        Err(found) => {
            mistakes.extend(found);
            return None;
        }
    };
    match &expression {
        Expr::Name(name) if CONSTRUCTORS.contains(&name.id.as_str()) => {
            let place = python::place_of(text, name);
            mistakes.push(Diagnostic::new(place, format!("`{}` has to be called", name.id)).help(format!("write `{}()`", name.id)));
            None
        }
        Expr::Name(name) => Some(Entry::Alias(name.id.to_string(), python::place_of(text, name))),
        Expr::Call(call) => constructed(call, text, between, mistakes),
        _ => {
            let place = python::place_of(text, &expression);
            mistakes.push(Diagnostic::new(place, "an object is made by a constructor").help("write `Lock()`, `Semaphore(3)` ..."));
            None
        }
    }
}

fn constructed(call: &ExprCall, text: &Text, between: Between, mistakes: &mut Vec<Diagnostic>) -> Option<Entry> {
    let name = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => "",
    };
    let mut maker = Maker { call, text, mistakes };
    let kind = match name {
        "LifoQueue" | "PriorityQueue" | "SimpleQueue" | "local" if between.processes => {
            let place = python::place_of(text, &*call.func);
            mistakes.push(Diagnostic::new(place, format!("{name} cannot be used between processes here")));
            return None;
        }
        "Lock" => maker.none().map(|()| ObjectKind::Lock),
        "RLock" => maker.none().map(|()| ObjectKind::RLock),
        "Event" => maker.none().map(|()| ObjectKind::Event),
        "local" => maker.none().map(|()| ObjectKind::Local),
        "Semaphore" => maker.count("value", Some(1), 0).map(ObjectKind::Semaphore),
        "BoundedSemaphore" => maker.count("value", Some(1), 0).map(ObjectKind::BoundedSemaphore),
        "Barrier" => maker.count("parties", None, 1).map(ObjectKind::Barrier),
        "Queue" => {
            let order = if between.processes { QueueOrder::Piped } else { QueueOrder::Fifo };
            maker.count("maxsize", Some(0), i64::MIN).map(|most| ObjectKind::Queue(order, most))
        }
        "LifoQueue" => maker.count("maxsize", Some(0), i64::MIN).map(|most| ObjectKind::Queue(QueueOrder::Lifo, most)),
        "PriorityQueue" => maker.count("maxsize", Some(0), i64::MIN).map(|most| ObjectKind::Queue(QueueOrder::Priority, most)),
        "SimpleQueue" => maker.none().map(|()| ObjectKind::Queue(QueueOrder::Simple, 0)),
        "Condition" => return maker.condition(),
        "ThreadPoolExecutor" => maker.count("max_workers", Some(THREAD_WORKERS), 1).and_then(|most| maker.pool(most, Staff::Threads)),
        "ProcessPoolExecutor" => maker
            .count("max_workers", Some(PROCESSORS), 1)
            .and_then(|most| maker.pool(most, if between.spawns { Staff::Spawned } else { Staff::Forked })),
        "JoinableQueue" => maker.count("maxsize", Some(0), i64::MIN).map(|most| ObjectKind::Queue(QueueOrder::PipedJoinable, most)),
        _ => {
            let place = python::place_of(text, &*call.func);
            let mistake = Diagnostic::new(place, format!("there is no primitive `{name}`")).did_you_mean(name, CONSTRUCTORS);
            let known = format!("the primitives are {}", CONSTRUCTORS.join(", "));
            mistakes.push(if mistake.helps.is_empty() { mistake.help(known) } else { mistake });
            return None;
        }
    };
    kind.map(Entry::New)
}

struct Maker<'a> {
    call: &'a ExprCall,
    text: &'a Text,
    mistakes: &'a mut Vec<Diagnostic>,
}

impl Maker<'_> {
    fn none(&mut self) -> Option<()> {
        if self.call.arguments.is_empty() {
            return Some(());
        }
        let place = python::place_of(self.text, &self.call.arguments);
        self.mistakes.push(Diagnostic::new(place, "this takes no argument").help("leave the brackets empty: `()`"));
        None
    }

    /// The only argument: by place, or by its name.
    fn only(&mut self, name: &str) -> Result<Option<&Expr>, ()> {
        let arguments = &self.call.arguments;
        match (&*arguments.args, arguments.keywords.as_slice()) {
            ([], []) => Ok(None),
            ([argument], []) => Ok(Some(argument)),
            ([], [keyword]) if keyword.arg.as_ref().is_some_and(|arg| arg.as_str() == name) => Ok(Some(&keyword.value)),
            _ => {
                let place = python::place_of(self.text, arguments);
                self.mistakes.push(Diagnostic::new(place, format!("this takes one argument, `{name}`")));
                Err(())
            }
        }
    }

    fn count(&mut self, name: &str, default: Option<i64>, least: i64) -> Option<u32> {
        let call = python::place_of(self.text, self.call);
        let text = self.text;
        let (number, place) = match self.only(name).ok()? {
            None => (default, call),
            Some(argument) => (integer(argument), python::place_of(text, argument)),
        };
        let mistake = match number {
            None if call == place => Diagnostic::new(place, format!("this needs its argument `{name}`")),
            None => Diagnostic::new(place, format!("`{name}` is an integer here")),
            Some(number) if number < least => Diagnostic::new(place, format!("`{name}` is at least {least}")),
            Some(number) if number > 1_000_000 => Diagnostic::new(place, format!("`{name}` is at most 1000000")),
            // As in Python, a queue's bound below zero is none.
            Some(number) => return Some(number.max(0) as u32),
        };
        self.mistakes.push(mistake);
        None
    }

    fn pool(&mut self, most: u32, staff: Staff) -> Option<ObjectKind> {
        if most > 64 {
            let place = python::place_of(self.text, &self.call.arguments);
            self.mistakes.push(Diagnostic::new(place, "an executor has at most 64 workers here"));
            return None;
        }
        Some(ObjectKind::Pool(most as u16, staff))
    }

    fn condition(&mut self) -> Option<Entry> {
        let text = self.text;
        match self.only("lock").ok()? {
            None => Some(Entry::OwnCondition),
            Some(Expr::Name(name)) => Some(Entry::ConditionOn(name.id.to_string(), python::place_of(text, name))),
            Some(other) => {
                let place = python::place_of(text, other);
                self.mistakes
                    .push(Diagnostic::new(place, "name the lock").help("declare the lock under a name of its own: `Condition(lock)`"));
                None
            }
        }
    }
}

fn integer(expression: &Expr) -> Option<i64> {
    match expression {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(number) => Some(number.as_i64().unwrap_or(i64::MAX)),
            _ => None,
        },
        Expr::UnaryOp(unary) if unary.op == ruff_python_ast::UnaryOp::USub => integer(&unary.operand).map(|number| -number),
        _ => None,
    }
}
