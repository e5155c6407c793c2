//! What belongs to one thread alone: values of its own, and its past.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A value that every thread has for itself. Made by [`Runtime::local`](crate::runtime::interface::Runtime::local).
pub struct Local<T> {
    first: T,
    /// Each thread only ever looks at its own: what is told of the others is nothing.
    values: Arc<Mutex<BTreeMap<u64, T>>>,
    me: fn() -> Option<u64>,
}

impl<T: Clone> Clone for Local<T> {
    fn clone(&self) -> Local<T> {
        Local { first: self.first.clone(), values: self.values.clone(), me: self.me }
    }
}

impl<T> fmt::Debug for Local<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").finish_non_exhaustive()
    }
}

impl<T: Clone> Local<T> {
    /// The same first value for every thread; `me` numbers the calling thread.
    pub fn new(first: T, me: fn() -> Option<u64>) -> Local<T> {
        Local { first, values: Arc::default(), me }
    }

    /// The calling thread's value.
    pub fn get(&self) -> T {
        let own = (self.me)().and_then(|me| self.values.lock().unwrap_or_else(PoisonError::into_inner).get(&me).cloned());
        own.unwrap_or_else(|| self.first.clone())
    }

    /// Gives the calling thread another value.
    pub fn set(&self, value: T) {
        if let Some(me) = (self.me)() {
            self.values.lock().unwrap_or_else(PoisonError::into_inner).insert(me, value);
        }
    }
}

/// All that a thread has observed up to a moment: different pasts, different values.
///
/// What a closure does that is handed to another thread depends on the past of the thread that made it. A checker takes a
/// thread for what it has observed: so whoever takes the closure has to observe this along with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Past(u64);

impl Past {
    /// The past that this number stands for.
    pub fn new(number: u64) -> Past {
        Past(number)
    }
}

impl fmt::Debug for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}
