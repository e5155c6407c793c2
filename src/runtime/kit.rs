//! What real threads must offer, for the primitives to be built from it: monitors, threads, time and chance.

use std::time::Duration;

use crate::runtime::delay::Delay;
use crate::runtime::interface::Value;
use crate::runtime::primitives::JoinHandle;

/// How long somebody is ready to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Patience {
    /// For ever.
    Forever,
    /// Not at all.
    Never,
    /// At most this long.
    Upto(Duration),
}

/// Some state that one thread at a time looks at and changes, and that threads wait for to change: a mutex and a condition
/// variable.
pub trait Monitor<S>: Send + Sync + 'static {
    /// A monitor with its first state.
    fn new(state: S) -> Self;

    /// Looks at the state until that gives something, waiting for changes in between; or until patience is at its end.
    /// Whenever it gives something, all who wait look again.
    fn until<R>(&self, patience: Patience, look: impl FnMut(&mut S) -> Option<R>) -> Option<R>;

    /// Looks at the state once.
    fn now<R>(&self, look: impl FnOnce(&mut S) -> R) -> R {
        let mut look = Some(look);
        self.until(Patience::Never, |state| look.take().map(|look| look(state))).expect("looking once gives something at once")
    }
}

/// A value that one thread at a time gets or sets: for a kit that schedules threads, one point at which another can come first.
pub trait Cell<T>: Send + Sync + 'static {
    /// A cell with its first value.
    fn new(value: T) -> Self;

    /// The value.
    fn get(&self) -> T;

    /// Another value.
    fn set(&self, value: T);
}

/// A kind of threads.
pub trait Kit: Send + Sync + 'static {
    /// Its monitors.
    type Monitor<S: Send + 'static>: Monitor<S>;

    /// Its cells.
    type Cell<T: Value>: Cell<T>;

    /// Its threads, from outside.
    type Thread<T: Value>: JoinHandle<T>;

    /// What it is called where it cannot do something.
    const NAME: &'static str;

    /// How many threads there can be, main included.
    const MOST_THREADS: usize = usize::MAX;

    /// Starts a thread.
    fn spawn<T: Value>(name: String, body: impl FnOnce() -> T + Send + 'static) -> Self::Thread<T>;

    /// A number that the calling thread has for itself.
    fn current() -> u64;

    /// Does nothing for this time.
    fn sleep(delay: Delay);

    /// The time since some fixed moment, if the kit knows time.
    fn now() -> Option<Duration>;

    /// A number below this one, at random.
    ///
    /// # Panics
    ///
    /// If the kit does not know chance.
    #[track_caller]
    fn below(count: u32) -> u32;

    /// Writes a line.
    fn print(line: &str);
}
