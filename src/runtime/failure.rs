//! How what a thread asks for can fail without being a mistake: full and empty queues, broken barriers, panics of others.

use std::error::Error;
use std::fmt;

/// A thread has panicked, with this message. What [`join`](crate::runtime::primitives::JoinHandle::join) gives for it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Panic {
    /// The message, as `panic!` was given it.
    pub message: String,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.message)
    }
}

impl Error for Panic {}

impl Panic {
    /// The panic whose payload this is.
    pub fn of(payload: &(dyn std::any::Any + Send)) -> Panic {
        let message = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ => "a panic without a message".to_owned(),
        };
        Panic { message }
    }
}

/// Why a [future](crate::runtime::future::Future) has nothing to give.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Failure {
    /// Its work has panicked.
    Panicked(Panic),
    /// Its work was cancelled before it began.
    Cancelled,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Panicked(panic) => panic.fmt(f),
            Failure::Cancelled => f.write_str("the work was cancelled"),
        }
    }
}

impl Error for Failure {}

/// The queue was full, and the item was not put into it. It is given back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Full<T>(pub T);

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is full")
    }
}

impl<T: fmt::Debug> Error for Full<T> {}

/// The queue was empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Empty;

impl fmt::Display for Empty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is empty")
    }
}

impl Error for Empty {}

/// The barrier is broken: somebody gave up waiting, or broke or reset it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier is broken")
    }
}

impl Error for Broken {}
