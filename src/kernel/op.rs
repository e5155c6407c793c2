//! What a thread can ask the machine for next: the closed set of operations.

use crate::kernel::value::{FutureId, ObjectId, ThreadId, Word};

/// A length of time in ticks of one microsecond.
pub type Ticks = i64;

/// Ticks in one second.
pub const TICKS_PER_SECOND: Ticks = 1_000_000;

/// How long an operation is ready to wait.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Wait {
    /// Until it succeeds.
    Forever,
    /// Not at all: it succeeds or fails at once.
    Never,
    /// At most this long. Untimed, the timeout may fire at any moment.
    Upto(Ticks),
}

/// A duration that is known only to lie between two bounds: any real number from `low` to `high`,
/// `high` itself included only if both are equal (as with `sleep(2)`), excluded otherwise (as with
/// `sleep(random())`, which lies in [0, 1)).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Span {
    /// The shortest it can be.
    pub low: Ticks,
    /// What it stays below, or is.
    pub high: Ticks,
}

impl Span {
    /// A duration known exactly.
    pub const fn exactly(ticks: Ticks) -> Span {
        Span { low: ticks, high: ticks }
    }

    /// Whether the duration is known exactly.
    pub fn is_exact(self) -> bool {
        self.low == self.high
    }
}

/// What can be asked of an object without changing it. Free of charge in a claim, a transition in a body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Observer {
    /// `lock.locked()`
    Locked,
    /// `event.is_set()`
    IsSet,
    /// `semaphore.value`
    Value,
    /// `queue.qsize()`
    Size,
    /// `queue.empty()`
    Empty,
    /// `queue.full()`
    Full,
    /// `queue.unfinished_tasks`
    Unfinished,
    /// `condition.waiters`, `event.waiters`: how many threads have enrolled and were not woken yet.
    Waiters,
    /// `barrier.n_waiting`
    Arrived,
    /// `barrier.broken`
    Broken,
}

/// What can be asked of a future without waiting.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Question {
    /// `future.done()`
    Done,
    /// `future.running()`
    Running,
    /// `future.cancelled()`
    Cancelled,
}

/// One operation on the machine. A transition is an operation taken by a thread.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Op {
    /// Read a shared variable.
    Read(ObjectId),
    /// Write a shared variable.
    Write(ObjectId, Word),
    /// Read one item of a shared list, tuple or dict.
    ReadItem(ObjectId, Word),
    /// Write one item of a shared list or dict.
    WriteItem(ObjectId, Word, Word),
    /// Append to a shared list, atomically.
    Append(ObjectId, Word),
    /// Remove and return the item at this index of a shared list, or under this key of a dict, atomically.
    Pop(ObjectId, Word),
    /// Take a lock, or a permit of a semaphore; of a condition, its lock.
    Acquire(ObjectId, Wait),
    /// Give back a lock, or this many permits of a semaphore; of a condition, its lock.
    Release(ObjectId, u32),
    /// Set an event.
    Set(ObjectId),
    /// Clear an event.
    Clear(ObjectId),
    /// Wait for an event, first step: pass if it is set, else enrol as a waiter.
    Await(ObjectId, Wait),
    /// Wait for an event that can be cleared, second step: go on after having been woken.
    Awake(ObjectId, Wait),
    /// Wait on a condition, first step: enrol as a waiter and release its lock.
    Enrol(ObjectId, Wait),
    /// Wait on a condition, second step with a timeout: the timeout expires before a notify came.
    Expire(ObjectId, Wait),
    /// Wait on a condition, last step: take the lock again after having been notified (or expired).
    Reacquire(ObjectId, Wait),
    /// Wake up to this many waiters of a condition (`u32::MAX`: all).
    Notify(ObjectId, u32),
    /// Arrive at a barrier; the last one opens it.
    Arrive(ObjectId, Wait),
    /// Leave a barrier that has been opened or broken, or break it on timeout.
    Leave(ObjectId, Wait),
    /// Break a barrier.
    Abort(ObjectId),
    /// Bring a barrier back to its first state.
    Reset(ObjectId),
    /// Put an item into a queue.
    Put(ObjectId, Word, Wait),
    /// Take an item out of a queue.
    Get(ObjectId, Wait),
    /// Say that an item got from a queue has been worked on.
    TaskDone(ObjectId),
    /// Wait until every item put into a queue has been worked on. Of a queue between processes, first step: the count
    /// is looked at once.
    JoinQueue(ObjectId),
    /// The second step, of a queue between processes: go on after the count was zero.
    JoinedQueue(ObjectId),
    /// A feeder moves an item from the buffer of its process into the pipe of a queue.
    Feed(ObjectId),
    /// The end of a process waits until everything it has put is in the pipes.
    Flush,
    /// The end of a thread, where somebody can tell when it comes.
    End,
    /// A spawned process opens the objects it was given.
    Attach,
    /// Ask an object something.
    Query(ObjectId, Observer),
    /// Start a thread. A transition of its own only where somebody could tell (see `Machine::starts_are_seen`).
    Start(ThreadId),
    /// Wait for a thread's end.
    Join(ThreadId, Wait),
    /// Wait for the end of this many threads, all of one declaration, from this one on. One operation, whatever the order
    /// in which they end, so that equal threads stay equal.
    JoinAll(ThreadId, u16),
    /// Ask whether a thread is alive.
    IsAlive(ThreadId),
    /// Create a thread from within a thread that is not `main`.
    Create,
    /// A timer's thread: wait for the interval, then say whether to run the function.
    Fire(Span),
    /// Cancel a timer.
    Cancel(ThreadId),
    /// Let time pass. Exists on the virtual clock only; untimed, sleeping is private.
    Sleep(Span),
    /// Take one of this many alternatives.
    Choose(u32),
    /// Write a piece of text to the output.
    Print(Word),
    /// Take the next line of the declared inputs; it is echoed to the output.
    Input,
    /// Ask a pool for work to be done: a tuple of a function and its arguments. Gives the future.
    Submit(ObjectId, Word),
    /// A worker takes the next work of its pool: the future; `False` if it was cancelled; `None` if there will be none.
    TakeWork(ObjectId),
    /// A worker has done its work and counts itself as idle.
    TurnIdle(ObjectId),
    /// A worker says what came of the work: its result, or (`true`) the exception it raised. Gives the callbacks.
    Settle(FutureId, Word, bool),
    /// Wait for the result of a future.
    Result(FutureId, Wait),
    /// Wait for a future to be done, and ask for its exception.
    Exception(FutureId, Wait),
    /// Wait for the next of the results that `map` gave; if it is an exception, the futures behind it are cancelled.
    NextResult(Word, u16),
    /// Have a function called when a future is done. Gives whether it already is: then the caller calls it.
    AddCallback(FutureId, Word),
    /// Cancel a future whose work has not begun.
    CancelFuture(FutureId),
    /// Ask a future something.
    QueryFuture(FutureId, Question),
    /// Have a pool take no more work; with `true`, what waits is cancelled.
    ShutDown(ObjectId, bool),
    /// Wait for the workers of a pool that is shut down.
    JoinPool(ObjectId),
    /// The program is about to end: no pool takes any more work.
    CloseAll,
    /// End the program: main and every thread that is not a daemon have ended, the daemons die.
    Exit,
}

impl Op {
    /// A number for the operation and its object, whatever values it carries: what it does to what.
    pub fn kind(self) -> u64 {
        let (kind, object) = match self {
            Op::Read(id) => (1, id.0),
            Op::Write(id, _) => (2, id.0),
            Op::ReadItem(id, _) => (3, id.0),
            Op::WriteItem(id, ..) => (4, id.0),
            Op::Append(id, _) => (5, id.0),
            Op::Pop(id, _) => (6, id.0),
            Op::Put(id, ..) => (7, id.0),
            Op::Print(_) => (8, 0),
            Op::Start(_) => (9, 0),
            Op::Join(..) => (10, 0),
            Op::IsAlive(_) => (11, 0),
            Op::Cancel(_) => (12, 0),
            Op::Submit(id, _) => (13, id.0),
            Op::Settle(id, _, failed) => (14 + u64::from(failed), id.0),
            // The others mention no thread and carry no value: nobody asks.
            _ => (0, 0),
        };
        kind << 16 | u64::from(object)
    }
}
