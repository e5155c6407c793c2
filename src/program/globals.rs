//! Which names a scenario declares, and what Python's own names mean in its bodies.

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::object::{Declaration, ObjectKind, QueueOrder};
use crate::kernel::value::{ObjectId, Word};
use crate::program::bytecode::{Attribute, Builtin, Method};
use crate::step::place::Place;

/// What a declared name means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Global {
    /// A shared variable.
    Variable(ObjectId),
    /// A primitive.
    Object(ObjectId),
    /// A function.
    Function(u16),
    /// Threads; `true` if `count` was written, so that the name means all of them.
    Group(u16, bool),
}

impl Global {
    /// What it is, in words.
    pub fn what(self) -> &'static str {
        match self {
            Global::Variable(_) => "a shared variable",
            Global::Object(_) => "an object",
            Global::Function(_) => "a function",
            Global::Group(..) => "threads",
        }
    }
}

/// A function's parameters.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Its name.
    pub name: String,
    /// The names of its parameters.
    pub parameters: Vec<String>,
    /// The values of the last of them where a call leaves them out.
    pub defaults: Vec<Word>,
}

/// The declared names.
#[derive(Clone, Default, Debug)]
pub struct Globals {
    /// What each means, and where it is declared.
    pub names: BTreeMap<String, (Global, Place)>,
    /// The objects.
    pub objects: Vec<Declaration>,
    /// The functions, in the order of their numbers.
    pub signatures: Vec<Signature>,
    /// Names whose declaration has a mistake of its own: who uses them is not blamed for it.
    pub spoiled: BTreeSet<String>,
}

impl Globals {
    /// What a name means.
    pub fn get(&self, name: &str) -> Option<Global> {
        self.names.get(name).map(|(global, _)| *global)
    }

    /// The kind of an object.
    pub fn kind(&self, id: ObjectId) -> ObjectKind {
        self.objects[id.index()].kind
    }
}

/// Python's modules whose names may stand before what they contain.
pub const MODULES: [&str; 7] = ["threading", "time", "random", "queue", "multiprocessing", "concurrent", "futures"];

/// A function that is always there: its name, its parameters, how many must be given.
pub struct Known {
    /// Which.
    pub builtin: Builtin,
    /// The names of its parameters.
    pub parameters: &'static [&'static str],
    /// How many must be given.
    pub required: usize,
}

/// A builtin of Python, of `threading`, `time`, `random` or of ours, with a fixed number of parameters.
pub fn builtin(name: &str) -> Option<Known> {
    let known = |builtin, parameters, required| Some(Known { builtin, parameters, required });
    match name {
        "len" => known(Builtin::Len, &["obj"], 1),
        "sum" => known(Builtin::Sum, &["iterable"], 1),
        "sorted" => known(Builtin::Sorted, &["iterable"], 1),
        "reversed" => known(Builtin::Reversed, &["sequence"], 1),
        "enumerate" => known(Builtin::Enumerate, &["iterable"], 1),
        "any" => known(Builtin::Any, &["iterable"], 1),
        "all" => known(Builtin::All, &["iterable"], 1),
        "abs" => known(Builtin::Abs, &["x"], 1),
        "round" => known(Builtin::Round, &["number"], 1),
        "int" => known(Builtin::Int, &["x"], 1),
        "float" => known(Builtin::Float, &["x"], 1),
        "str" => known(Builtin::Str, &["object"], 1),
        "repr" => known(Builtin::Repr, &["obj"], 1),
        "bool" => known(Builtin::Bool, &["x"], 1),
        "list" => known(Builtin::List, &["iterable"], 0),
        "tuple" => known(Builtin::Tuple, &["iterable"], 0),
        "current_thread" | "currentThread" => known(Builtin::CurrentThread, &[], 0),
        "current_process" => known(Builtin::CurrentProcess, &[], 0),
        "sleep" => known(Builtin::Sleep, &["seconds"], 1),
        "random" => known(Builtin::Random, &[], 0),
        "uniform" => known(Builtin::Uniform, &["a", "b"], 2),
        "randint" => known(Builtin::RandInt, &["a", "b"], 2),
        "choice" => known(Builtin::Choice, &["seq"], 1),
        "now" => known(Builtin::Now, &[], 0),
        "Thread" => known(Builtin::Thread, &["target", "name", "args", "daemon"], 1),
        "Timer" => known(Builtin::Timer, &["interval", "function", "args"], 2),
        _ => None,
    }
}

/// The builtins whose arguments are told otherwise.
pub const SPECIAL: [&str; 11] = ["range", "min", "max", "zip", "print", "input", "strftime", "start", "join", "label", "count"];

/// All names of builtins, for near misses.
pub const BUILTINS: [&str; 26] = [
    "len",
    "sum",
    "sorted",
    "reversed",
    "enumerate",
    "any",
    "all",
    "abs",
    "round",
    "int",
    "float",
    "str",
    "repr",
    "bool",
    "list",
    "tuple",
    "current_thread",
    "current_process",
    "sleep",
    "random",
    "uniform",
    "randint",
    "choice",
    "now",
    "Thread",
    "Timer",
];

/// A method by its name: which it is, its parameters, how many must be given.
pub fn method(name: &str) -> Option<(Method, &'static [&'static str], usize)> {
    Some(match name {
        "acquire" => (Method::Acquire, &["blocking", "timeout"], 0),
        "release" => (Method::Release, &["n"], 0),
        "locked" => (Method::Locked, &[], 0),
        "set" => (Method::Set, &[], 0),
        "clear" => (Method::Clear, &[], 0),
        "is_set" | "isSet" => (Method::IsSet, &[], 0),
        "wait" => (Method::Wait, &["timeout"], 0),
        "notify" => (Method::Notify, &["n"], 0),
        "notify_all" | "notifyAll" => (Method::NotifyAll, &[], 0),
        "abort" => (Method::Abort, &[], 0),
        "reset" => (Method::Reset, &[], 0),
        "put" => (Method::Put, &["item", "block", "timeout"], 1),
        "put_nowait" => (Method::PutNowait, &["item"], 1),
        "get" => (Method::Get, &["block", "timeout"], 0),
        "get_nowait" => (Method::GetNowait, &[], 0),
        "qsize" => (Method::Qsize, &[], 0),
        "empty" => (Method::Empty, &[], 0),
        "full" => (Method::Full, &[], 0),
        "task_done" => (Method::TaskDone, &[], 0),
        "join" => (Method::Join, &["timeout"], 0),
        "start" => (Method::Start, &[], 0),
        "cancel" => (Method::Cancel, &[], 0),
        "is_alive" => (Method::IsAlive, &[], 0),
        "result" => (Method::Result, &["timeout"], 0),
        "exception" => (Method::Exception, &["timeout"], 0),
        "done" => (Method::Done, &[], 0),
        "running" => (Method::Running, &[], 0),
        "cancelled" => (Method::Cancelled, &[], 0),
        "add_done_callback" => (Method::AddDoneCallback, &["fn"], 1),
        "keys" => (Method::Keys, &[], 0),
        "values" => (Method::Values, &[], 0),
        "items" => (Method::Items, &[], 0),
        "index" => (Method::Index, &["item"], 1),
        "count" => (Method::Count, &["item"], 1),
        "upper" => (Method::Upper, &[], 0),
        "lower" => (Method::Lower, &[], 0),
        "strip" => (Method::Strip, &[], 0),
        "startswith" => (Method::StartsWith, &["text"], 1),
        "endswith" => (Method::EndsWith, &["text"], 1),
        _ => return None,
    })
}

/// All names of methods, for near misses.
pub const METHODS: [&str; 45] = [
    "acquire",
    "release",
    "locked",
    "set",
    "clear",
    "is_set",
    "wait",
    "wait_for",
    "notify",
    "notify_all",
    "abort",
    "reset",
    "put",
    "put_nowait",
    "get",
    "get_nowait",
    "qsize",
    "empty",
    "full",
    "task_done",
    "join",
    "start",
    "cancel",
    "is_alive",
    "submit",
    "map",
    "shutdown",
    "result",
    "exception",
    "done",
    "running",
    "cancelled",
    "add_done_callback",
    "keys",
    "values",
    "items",
    "index",
    "count",
    "upper",
    "lower",
    "strip",
    "startswith",
    "endswith",
    "append",
    "pop",
];

/// The methods of a kind of object.
pub fn methods_of(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::Variable(_) | ObjectKind::Local => &[],
        ObjectKind::Pool(..) => &["submit", "map", "shutdown"],
        ObjectKind::Lock | ObjectKind::RLock => &["acquire", "release", "locked"],
        ObjectKind::Semaphore(_) | ObjectKind::BoundedSemaphore(_) => &["acquire", "release"],
        ObjectKind::Event => &["set", "clear", "is_set", "isSet", "wait"],
        ObjectKind::Condition(_) => &["acquire", "release", "locked", "wait", "wait_for", "notify", "notify_all", "notifyAll"],
        ObjectKind::Barrier(_) => &["wait", "abort", "reset"],
        ObjectKind::Queue(QueueOrder::Simple, _) => &["put", "put_nowait", "get", "get_nowait", "qsize", "empty"],
        ObjectKind::Queue(QueueOrder::Piped, _) => &["put", "put_nowait", "get", "get_nowait", "qsize", "empty", "full"],
        ObjectKind::Queue(..) => &["put", "put_nowait", "get", "get_nowait", "qsize", "empty", "full", "task_done", "join"],
    }
}

/// The attributes of a kind of object that are read without a call.
pub fn attributes_of(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::Semaphore(_) | ObjectKind::BoundedSemaphore(_) => &["value", "_value"],
        ObjectKind::Event | ObjectKind::Condition(_) => &["waiters"],
        ObjectKind::Barrier(_) => &["n_waiting", "broken", "parties"],
        ObjectKind::Queue(QueueOrder::Simple | QueueOrder::Piped, _) => &[],
        ObjectKind::Queue(..) => &["unfinished_tasks", "maxsize"],
        _ => &[],
    }
}

/// An attribute by its name.
pub fn attribute(name: &str) -> Option<Attribute> {
    Some(match name {
        "name" => Attribute::Name,
        "daemon" => Attribute::Daemon,
        "value" | "_value" => Attribute::Value,
        "unfinished_tasks" => Attribute::UnfinishedTasks,
        "waiters" => Attribute::Waiters,
        "n_waiting" => Attribute::NWaiting,
        "broken" => Attribute::Broken,
        "parties" => Attribute::Parties,
        "maxsize" => Attribute::Maxsize,
        _ => return None,
    })
}
