//! What a thread under simulation and its simulation say to each other, from the thread's side.
//!
//! A thread runs on a coroutine. For every operation it suspends itself with a request and is resumed with the reply. Threads
//! never suspend themselves while a panic unwinds them: what their destructors ask for then is done afterwards, where it
//! gives nothing (guards release), and at once and without effect where it gives something.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::{Arc, Once};
use std::thread::panicking;

use crate::kernel::error::ErrorKind;
use crate::kernel::foreign::Foreign;
use crate::kernel::object::ObjectKind;
use crate::kernel::op::{Op, Ticks};
use crate::kernel::value::{ObjectId, ThreadId, Word};
use crate::runtime::failure::Panic;

/// A place in the source of the program.
pub type Site = &'static Location<'static>;

/// What a thread does, from its beginning to its end.
pub type Job<'p> = Box<dyn FnOnce() -> Foreign + Send + 'p>;

/// What every thread of a crew does.
pub type Body<'p> = Arc<dyn Fn() -> Foreign + Send + Sync + 'p>;

/// What an operation carries that the simulation has to turn into a word.
pub enum Payload {
    /// Nothing.
    Nothing,
    /// A value to be written or put.
    Value(Foreign),
    /// A text to be printed.
    Text(String),
}

/// What a thread asks of its simulation.
pub enum Request {
    /// To take an operation, when the scheduler picks it.
    Act(Op, Payload, Site),
    /// To look what an operation would give just now.
    Peek(Op),
    /// To create an object (a variable with its first value).
    Declare(String, ObjectKind, Option<Foreign>),
    /// To start a thread; the flag says whether it is a daemon.
    Spawn(String, bool, Job<'static>, Site),
    /// To start so many equal threads.
    SpawnCrew(String, u32, Body<'static>, Site),
    /// To tell the time.
    Now,
    /// To tell the thread who it is.
    Who,
}

/// What a simulation answers.
pub enum Reply {
    /// The operation is done, with this result, and the value it stands for.
    Done(Word, Option<Foreign>),
    /// The operation is a mistake.
    Raised(ErrorKind, String),
    /// The object was created.
    Object(ObjectId),
    /// The thread was started, or the crew whose first it is.
    Thread(ThreadId),
    /// The time, if there is a clock and it is determined.
    Time(Option<Ticks>),
    /// Who the thread is.
    You(Who),
    /// The execution is over: the thread is to be unwound.
    Cancel,
}

/// Who a thread is.
pub struct Who {
    /// Its number.
    pub id: ThreadId,
    /// The name it was given.
    pub name: String,
    /// All it has observed so far.
    pub past: Word,
}

/// What stands for the value of a thread that has panicked.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Failed(pub Panic);

/// How a thread has ended.
pub enum Finish {
    /// With a value.
    Value(Foreign),
    /// With a panic, at this place.
    Panicked(Panic, Option<(String, u32)>),
    /// It was unwound because the execution was over.
    Cancelled,
}

/// What a coroutine gives when it is resumed.
pub enum Output {
    /// The thread asks for something.
    Asks(Request),
    /// The thread has ended.
    Ended(Finish),
}

/// What unwinds a thread when the execution is over.
struct Cancelled;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static CANCELLED: Cell<bool> = const { Cell::new(false) };
    static DEFERRED: RefCell<Vec<(Op, Payload, Site)>> = const { RefCell::new(Vec::new()) };
    static PANICKED_AT: RefCell<Option<(String, u32)>> = const { RefCell::new(None) };
}

/// Says that threads of a simulation now run on this thread of the machine, or do not. Their panics are not printed, but
/// remembered: a search meets thousands.
pub fn enter(inside: bool) {
    INSIDE.set(inside);
}

/// Says that a thread is being unwound because the execution is over, or not any more.
pub fn cancelling(on: bool) {
    CANCELLED.set(on);
}

/// Drops what a thread would have done that never began, or what it holds and nobody else does; what destructors ask for then
/// is not done.
pub fn discard<T>(held: T) {
    cancelling(true);
    drop(held);
    cancelling(false);
}

/// Keeps panics of simulated threads from being printed.
pub fn quieten() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if INSIDE.get() {
                let place = info.location().map(|site| (site.file().to_owned(), site.line()));
                PANICKED_AT.set(place);
            } else {
                before(info);
            }
        }));
    });
}

/// Suspends the thread with a request.
#[expect(deprecated, reason = "a handle on a primitive has no scope at hand, only the coroutine it happens to run on")]
fn transfer(request: Request) -> Reply {
    generator::yield_(Output::Asks(request)).expect("a simulation answers every request")
}

/// Asks for an operation and waits until it is done.
///
/// # Errors
///
/// The operation is a mistake.
pub fn act(op: Op, payload: Payload, site: Site) -> Result<(Word, Option<Foreign>), (ErrorKind, String)> {
    if !INSIDE.get() {
        // A closure that never began is dropped with what it holds.
        assert!(CANCELLED.get(), "the primitives of `Sim` can only be used by the threads of a check that is under way");
        return Ok((Word::NONE, None));
    }
    if panicking() {
        return Ok(act_in_destructor(op, payload, site));
    }
    if CANCELLED.get() {
        // Somebody has caught the unwinding: once more.
        resume_unwind(Box::new(Cancelled));
    }
    catch_up();
    take(op, payload, site)
}

fn take(op: Op, payload: Payload, site: Site) -> Result<(Word, Option<Foreign>), (ErrorKind, String)> {
    match transfer(Request::Act(op, payload, site)) {
        Reply::Done(word, value) => Ok((word, value)),
        Reply::Raised(kind, message) => Err((kind, message)),
        _ => resume_unwind(Box::new(Cancelled)),
    }
}

fn act_in_destructor(op: Op, payload: Payload, site: Site) -> (Word, Option<Foreign>) {
    let gives_nothing = matches!(
        op,
        Op::Write(..)
            | Op::Release(..)
            | Op::Set(_)
            | Op::Clear(_)
            | Op::Notify(..)
            | Op::Abort(_)
            | Op::Reset(_)
            | Op::Put(..)
            | Op::TaskDone(_)
    ) || matches!(op, Op::Print(_) | Op::Cancel(_));
    if gives_nothing {
        DEFERRED.with_borrow_mut(|deferred| deferred.push((op, payload, site)));
        return (Word::NONE, None);
    }
    match transfer(Request::Peek(op)) {
        Reply::Done(word, value) => (word, value),
        _ => (Word::NONE, None),
    }
}

/// Does what destructors have asked for while a panic unwound the thread. Others run in between: they must not find it.
fn catch_up() {
    for (op, payload, site) in DEFERRED.take() {
        // A mistake of a destructor must not hide the panic.
        let _ = take(op, payload, site);
    }
}

/// Creates an object.
pub fn declare(name: String, kind: ObjectKind, first: Option<Foreign>) -> ObjectId {
    match transfer(Request::Declare(name, kind, first)) {
        Reply::Object(id) => id,
        _ => resume_unwind(Box::new(Cancelled)),
    }
}

/// Starts a thread.
pub fn spawn(name: String, daemon: bool, job: Job<'static>, site: Site) -> ThreadId {
    match transfer(Request::Spawn(name, daemon, job, site)) {
        Reply::Thread(id) => id,
        _ => resume_unwind(Box::new(Cancelled)),
    }
}

/// Starts so many threads that do the same. Gives the first.
pub fn spawn_crew(name: String, count: u32, body: Body<'static>, site: Site) -> ThreadId {
    match transfer(Request::SpawnCrew(name, count, body, site)) {
        Reply::Thread(first) => first,
        _ => resume_unwind(Box::new(Cancelled)),
    }
}

/// Tells the time.
pub fn now() -> Option<Ticks> {
    match transfer(Request::Now) {
        Reply::Time(time) => time,
        _ => resume_unwind(Box::new(Cancelled)),
    }
}

/// Tells the calling thread who it is. Nothing if it is dropped before it has begun, or is being unwound.
pub fn who() -> Option<Who> {
    if !INSIDE.get() {
        assert!(CANCELLED.get(), "what belongs to the threads of `Sim` can only be used by the threads of a check that is under way");
        return None;
    }
    match transfer(Request::Who) {
        Reply::You(who) => Some(who),
        _ if panicking() => None,
        _ => resume_unwind(Box::new(Cancelled)),
    }
}

/// Runs a thread from its beginning to its end, on the coroutine this is called on.
pub fn run(job: Job<'_>) -> Output {
    PANICKED_AT.set(None);
    let result = catch_unwind(AssertUnwindSafe(job));
    let place = PANICKED_AT.take();
    let is_cancelled = |payload: &Box<dyn Any + Send>| payload.is::<Cancelled>();
    let finish = match result {
        Err(payload) if is_cancelled(&payload) => Finish::Cancelled,
        result => match catch_unwind(catch_up) {
            Err(_) => Finish::Cancelled,
            Ok(()) => match result {
                Ok(value) => Finish::Value(value),
                Err(payload) => Finish::Panicked(Panic::of(&*payload), place),
            },
        },
    };
    DEFERRED.with_borrow_mut(Vec::clear);
    Output::Ended(finish)
}
