//! What bodies are compiled to: the instructions of the virtual machine, and the tables they refer to.

use crate::kernel::error::ErrorKind;
use crate::kernel::value::{ObjectId, Word};
use crate::step::place::Place;

/// An operator with two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are Python's own")]
pub enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

/// An operator with one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are Python's own")]
pub enum UnaryOperator {
    Not,
    Negate,
    Plus,
}

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are Python's own")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

/// A function that is always there. Arguments lie on the stack in the order given here; an argument that was
/// left out is `UNBOUND`. The compiler has bound keywords and checked the number of arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Builtin {
    /// `len(x)`
    Len,
    /// `range(start, stop, step)`: gives a list. The compiler has filled in `start` and `step`.
    Range,
    /// `min(...)` of the given number of arguments (or of one sequence)
    Min,
    /// `max(...)` likewise
    Max,
    /// `sum(sequence)`
    Sum,
    /// `sorted(sequence)`
    Sorted,
    /// `reversed(sequence)`: gives a list
    Reversed,
    /// `enumerate(sequence)`: gives a list of pairs
    Enumerate,
    /// `zip(a, b, ...)`: gives a list of tuples
    Zip,
    /// `any(sequence)`
    Any,
    /// `all(sequence)`
    All,
    /// `abs(x)`
    Abs,
    /// `round(x)`: to an integer, half to even
    Round,
    /// `int(x)`
    Int,
    /// `float(x)`
    Float,
    /// `str(x)`
    Str,
    /// `repr(x)`
    Repr,
    /// `bool(x)`
    Bool,
    /// `list(x)`; without argument the compiler has put an empty tuple
    List,
    /// `tuple(x)` likewise
    Tuple,
    /// `current_thread()`
    CurrentThread,
    /// `current_process()`
    CurrentProcess,
    /// `Thread(target, name, args, daemon)`: creates, does not start. `args` is a tuple or unbound.
    Thread,
    /// `Timer(interval, function, args)` likewise
    Timer,
    /// `sleep(seconds)`
    Sleep,
    /// `random()` (only inside the argument of a sleep): any number in [0, 1)
    Random,
    /// `uniform(a, b)` (only inside the argument of a sleep)
    Uniform,
    /// `randint(a, b)`: each integer from a to b
    RandInt,
    /// `choice(sequence)`: each of its items
    Choice,
    /// `now()`, `strftime('%X')`: the virtual time as text: `+2`; untimed, or where it is not determined: `+?`
    Now,
    /// The virtual time in seconds, for deadlines of the compiler's own; `None` untimed. Not a transition.
    Monotonic,
    /// `print`: takes one finished text, with its line end
    Print,
    /// `input()`: gives the next line of the scenario's `inputs`. The prompt has been printed by `Print` before.
    Input,
}

/// A method. Arguments lie on the stack above the receiver, in the order given here; one that was left out is
/// `UNBOUND`. Which object has which method is decided when the receiver is known, at the latest when it runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// `acquire(blocking, timeout)` of locks, semaphores, conditions
    Acquire,
    /// `release(n)`
    Release,
    /// `locked()`
    Locked,
    /// `set()`
    Set,
    /// `clear()`
    Clear,
    /// `is_set()`
    IsSet,
    /// `wait(timeout)` of events, conditions, barriers
    Wait,
    /// `notify(n)`
    Notify,
    /// `notify_all()`
    NotifyAll,
    /// `abort()`
    Abort,
    /// `reset()`
    Reset,
    /// `put(item, block, timeout)`
    Put,
    /// `put_nowait(item)`
    PutNowait,
    /// `get(block, timeout)` of queues, `get(key, default)` of dicts
    Get,
    /// `get_nowait()`
    GetNowait,
    /// `qsize()`
    Qsize,
    /// `empty()`
    Empty,
    /// `full()`
    Full,
    /// `task_done()`
    TaskDone,
    /// `join(timeout)` of threads, `join()` of queues, `join(sequence)` of texts
    Join,
    /// `start()`
    Start,
    /// `cancel()`
    Cancel,
    /// `is_alive()`
    IsAlive,
    /// `submit(work)`: a tuple of a function and its arguments
    Submit,
    /// `shutdown(wait, cancel_futures)`: gives the pool if its workers are to be waited for, else `None`
    Shutdown,
    /// Waits for the workers of a pool that `Shutdown` gave.
    JoinWorkers,
    /// `result(timeout)` of a future
    Result,
    /// `exception(timeout)`
    Exception,
    /// `done()`
    Done,
    /// `running()`
    Running,
    /// `cancelled()`
    Cancelled,
    /// `add_done_callback(function)`
    AddDoneCallback,
    /// A worker takes the next work of its pool.
    TakeWork,
    /// A worker counts itself as idle.
    TurnIdle,
    /// A worker says what came of a future's work: `settle(content, failed)`. Gives the callbacks.
    Settle,
    /// `keys()`
    Keys,
    /// `values()`
    Values,
    /// `items()`
    Items,
    /// `index(item)`
    Index,
    /// `count(item)`
    Count,
    /// `upper()`
    Upper,
    /// `lower()`
    Lower,
    /// `strip()`
    Strip,
    /// `startswith(text)`
    StartsWith,
    /// `endswith(text)`
    EndsWith,
}

/// An attribute that is read without a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Attribute {
    /// `thread.name`
    Name,
    /// `thread.daemon`
    Daemon,
    /// `semaphore.value` (and `_value`)
    Value,
    /// `queue.unfinished_tasks`
    UnfinishedTasks,
    /// `condition.waiters`, `event.waiters`
    Waiters,
    /// `barrier.n_waiting`
    NWaiting,
    /// `barrier.broken`
    Broken,
    /// `barrier.parties`
    Parties,
    /// `queue.maxsize`
    Maxsize,
}

/// How a value in an f-string is turned into text. Its format specification, if any, is a text on the stack above.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conversion {
    /// `str`
    Str,
    /// `repr` (`!r`)
    Repr,
}

/// One instruction. "Pops" and "pushes" speak of the operand stack; the topmost is popped first.
/// Those under "transitions" end a transition: the machine decides when they happen, then their result is pushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Instruction {
    /// Pushes a constant.
    Constant(Word),
    /// Pushes an object by its name, a text (in a spawned process: NameError).
    Object(ObjectId, Word),
    /// Pushes a local; unbound: UnboundLocalError.
    Load(u16),
    /// Pops into a local.
    Store(u16),
    /// Unbinds a local (the end of an `except ... as e`, a dead name).
    Unbind(u16),
    /// Pops and forgets.
    Pop,
    /// Pushes the top again.
    Duplicate,
    /// Pushes the two topmost again, in order.
    DuplicateTwo,
    /// Exchanges the two topmost.
    Swap,
    /// Moves the top below the two under it.
    RotateThree,
    /// Pops one, pushes the result.
    Unary(UnaryOperator),
    /// Pops right then left, pushes the result.
    Binary(BinaryOperator),
    /// Pops right then left, pushes a truth value.
    Compare(Comparison),
    /// Pops a value (with `true`: first its format specification, a text), pushes a text.
    Format(Conversion, bool),
    /// Pops this many texts, pushes their concatenation.
    Concatenate(u16),
    /// Pops this many items, pushes a tuple.
    MakeTuple(u16),
    /// Pops this many items, pushes a list.
    MakeList(u16),
    /// Pops this many key, value pairs, pushes a dict.
    MakeDict(u16),
    /// Pops key then container, pushes the item.
    Item,
    /// Pops step, stop, start (each may be `None`) and a sequence, pushes the slice.
    Slice,
    /// Pops value, key, container; pushes the changed container. (For names that are private.)
    WithItem,
    /// Pops value then list; pushes the longer list.
    WithAppended,
    /// Pops key then container; pushes the changed container, then the item taken out.
    WithoutItem,
    /// Pops a sequence of exactly this many items, pushes them, first on top.
    Unpack(u16),
    /// Goes on elsewhere.
    Jump(u32),
    /// Pops; goes on elsewhere if it is false.
    JumpIfFalse(u32),
    /// Pops; goes on elsewhere if it is true.
    JumpIfTrue(u32),
    /// Goes on elsewhere if the top is false, else pops it (`and`).
    JumpIfFalseOrPop(u32),
    /// Goes on elsewhere if the top is true, else pops it (`or`).
    JumpIfTrueOrPop(u32),
    /// Pops an iterable, pushes its items as a tuple and the index 0.
    Iterate,
    /// With the items and the index on top: pushes the next item after counting the index up, or pops both and
    /// goes on elsewhere at the end.
    Next(u32),
    /// Pops the arguments of a function of the program (bound to its parameters in order) and calls it; its result
    /// is pushed when it returns.
    Call(u16),
    /// Pops this many arguments, then a function value, and calls it.
    CallValue(u8),
    /// Pops the result and returns it.
    Return,
    /// Pops an exception and raises it.
    Raise,
    /// Pops a message (unbound: none), pushes an exception of this class.
    MakeError(ErrorKind),
    /// Pops an exception, pushes whether it is of this class.
    IsError(ErrorKind),
    /// Calls a builtin with this many arguments. (Some are transitions.)
    Builtin(Builtin, u8),
    /// Calls a method with this many arguments. (Of an object or thread: a transition.)
    Method(Method, u8),
    /// Pops a receiver, pushes its attribute. (Of an object: a transition.)
    Attribute(Attribute),
    /// Pushes this thread's attribute of a `local()` object; the name is a text. Not bound: AttributeError.
    LoadAttribute(ObjectId, Word),
    /// Pops into this thread's attribute of a `local()` object.
    StoreAttribute(ObjectId, Word),
    /// Pops a truth value into a thread's `daemon` flag, below it on the stack the thread.
    StoreDaemon,
    /// Pops a text into a thread's `name`, below it on the stack the thread.
    StoreName,
    /// Pops a number, pushes the thread with that number of this declaration (negative: from the end).
    ThreadAt(u16),
    /// Pushes the tuple of all threads of this declaration.
    ThreadGroup(u16),
    /// Waits for the end of all threads of this declaration, pushes `None`. (A transition.)
    JoinGroup(u16),

    /// Pops a future, calls the function that is its work with the arguments; its result is pushed when it returns.
    RunWork,
    /// Pops an exception that nobody will see.
    Swallow,
    /// Pops a list of futures, pushes what `map` gives: their results, one after the other.
    MakeResults,

    // --- transitions on shared variables ---
    /// Reads a shared variable, pushes its value.
    Read(ObjectId),
    /// Pops into a shared variable.
    Write(ObjectId),
    /// Pops a key, reads that item of a shared variable, pushes it.
    ReadItem(ObjectId),
    /// Pops value then key, writes that item of a shared variable.
    WriteItem(ObjectId),
    /// Pops a value, appends it to a shared list.
    Append(ObjectId),
    /// Pops a key (the compiler has put -1 for a bare `pop()`), takes that item out of a shared variable, pushes it.
    PopItem(ObjectId),

    // --- only in claims: nothing of this is a transition ---
    /// Pushes the current value of a shared variable.
    Peek(ObjectId),
    /// Pops a number, pushes a private name of that thread of the declaration (`worker[2].temp`): innermost frame of
    /// the declared body. Unbound there: the claim is an error at that state; the checker says so.
    PeekLocal(u16, u16),
    /// Pushes how many threads of the declaration are inside the block with this label.
    CountAt(u16, u16),
    /// Pushes how many threads of any declaration are inside the block with this label.
    CountAtAny(u16),
}

/// An exception handler: instructions in `start..end` that raise go on at `target`, with the operand stack cut
/// to `depth` and the exception pushed. The first handler that covers a place wins: innermost first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    /// First instruction covered.
    pub start: u32,
    /// The instruction after the last covered.
    pub end: u32,
    /// Where to go on.
    pub target: u32,
    /// What is kept of the operand stack.
    pub depth: u16,
}

/// A function: a `def`, a body, a claim's expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its name (`worker`, `main`, `claim 3`).
    pub name: String,
    /// Its first instruction.
    pub entry: u32,
    /// How many of its locals are parameters; they come first.
    pub parameters: u16,
    /// Values for the last parameters where a call through a function value leaves them out.
    pub defaults: Vec<Word>,
    /// The names of its locals, parameters first. Hidden ones begin with a dot; `.in LABEL` is bound to a count
    /// above 0 while the thread is inside the block with that label.
    pub locals: Vec<String>,
    /// Its exception handlers.
    pub handlers: Vec<Handler>,
}

/// A compiled program: one sequence of instructions for all functions.
#[derive(Clone, Default, Debug)]
pub struct Code {
    /// The instructions.
    pub instructions: Vec<Instruction>,
    /// Where in the scenario file each instruction comes from.
    pub places: Vec<Place>,
    /// For each instruction that may be a transition: which locals of its function are still read afterwards, one
    /// bit a local (locals from the 64th on count as read). Dead ones are unbound, so that states that differ only
    /// in them are one. All ones where not known.
    pub live: Vec<u64>,
    /// The function each instruction belongs to.
    pub function_of: Vec<u16>,
    /// The functions.
    pub functions: Vec<Function>,
    /// The labels of `with label("...")` blocks.
    pub labels: Vec<String>,
    /// Where a condition is waited on without a loop around it.
    pub waits_without_loop: Vec<Place>,
    /// What executors need; there where one is declared.
    pub executors: Option<ExecutorFunctions>,
}

/// The functions that executors need and no scenario writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExecutorFunctions {
    /// `work(pool)`: what a worker does.
    pub worker: u16,
    /// `callback(function, future)`: calls a function when a future is done, and swallows what it raises.
    pub callback: u16,
    /// `callbacks(functions, future)`: calls them all, after a future was cancelled. Gives `True`.
    pub callbacks: u16,
}
