//! What kinds of objects there are, and what each is made with.

use crate::kernel::pool::Staff;
use crate::kernel::value::{ObjectId, Word};

/// In which order a queue gives its items back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QueueOrder {
    /// `Queue`: first in, first out.
    Fifo,
    /// `LifoQueue`: last in, first out.
    Lifo,
    /// `PriorityQueue`: smallest first.
    Priority,
    /// `multiprocessing.Queue`: items go through a pipe.
    Piped,
    /// `multiprocessing.JoinableQueue`: likewise, and tasks are counted.
    PipedJoinable,
    /// `SimpleQueue`: first in, first out, without a bound and without `task_done` and `join`.
    Simple,
}

impl QueueOrder {
    /// Whether items go through a pipe between processes.
    pub fn is_piped(self) -> bool {
        matches!(self, QueueOrder::Piped | QueueOrder::PipedJoinable)
    }
}

/// A kind of object, with what it is made with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ObjectKind {
    /// A shared variable and its first value.
    Variable(Word),
    /// `Lock()`
    Lock,
    /// `RLock()`
    RLock,
    /// `Semaphore(value)`
    Semaphore(u32),
    /// `BoundedSemaphore(value)`
    BoundedSemaphore(u32),
    /// `Event()`
    Event,
    /// `Condition(lock)`; a condition of its own has a hidden `RLock`.
    Condition(ObjectId),
    /// `Barrier(parties)`
    Barrier(u32),
    /// A queue and its `maxsize` (0: without bound).
    Queue(QueueOrder, u32),
    /// `local()`
    Local,
    /// An executor: the most workers, and what they are.
    Pool(u16, Staff),
}

impl ObjectKind {
    /// The name of Python's constructor (`variable` for a shared variable).
    pub fn name(self) -> &'static str {
        match self {
            ObjectKind::Variable(_) => "variable",
            ObjectKind::Lock => "Lock",
            ObjectKind::RLock => "RLock",
            ObjectKind::Semaphore(_) => "Semaphore",
            ObjectKind::BoundedSemaphore(_) => "BoundedSemaphore",
            ObjectKind::Event => "Event",
            ObjectKind::Condition(_) => "Condition",
            ObjectKind::Barrier(_) => "Barrier",
            ObjectKind::Queue(QueueOrder::Fifo | QueueOrder::Piped, _) => "Queue",
            ObjectKind::Queue(QueueOrder::PipedJoinable, _) => "JoinableQueue",
            ObjectKind::Queue(QueueOrder::Lifo, _) => "LifoQueue",
            ObjectKind::Queue(QueueOrder::Priority, _) => "PriorityQueue",
            ObjectKind::Queue(QueueOrder::Simple, _) => "SimpleQueue",
            ObjectKind::Local => "local",
            ObjectKind::Pool(_, Staff::Threads) => "ThreadPoolExecutor",
            ObjectKind::Pool(..) => "ProcessPoolExecutor",
        }
    }
}

/// An object as a program declares it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    /// The name it is told by in reports.
    pub name: String,
    /// What it is.
    pub kind: ObjectKind,
}
