//! What the primitives that threads share promise, whoever provides them.
//!
//! Every method is one atomic operation unless it says otherwise. All handles are cheap to clone and mean the same object
//! when cloned. None of the primitives is fair: of several threads that wait, any may be next, and a newcomer may overtake
//! them all. Only a condition wakes those who have waited longest.

use std::panic::Location;
use std::time::Duration;

use crate::runtime::failure::{Broken, Empty, Full, Panic};

/// A shared variable. Reading it and writing it are two operations: what happens between them is the scheduler's choice.
pub trait Variable<T>: Clone + Send + Sync + 'static {
    /// Its value now.
    #[track_caller]
    fn get(&self) -> T;

    /// Gives it another value.
    #[track_caller]
    fn set(&self, value: T);
}

/// A lock that one thread at a time can hold: [`Runtime::Lock`](crate::runtime::interface::Runtime::Lock), which any thread
/// may release, and [`Runtime::RLock`](crate::runtime::interface::Runtime::RLock), which its owner may take again and must
/// release as often, and nobody else may.
pub trait Lock: Clone + Send + Sync + 'static {
    /// Takes it; waits while another thread holds it. A plain lock also waits for its own holder: for ever.
    #[track_caller]
    fn acquire(&self);

    /// Takes it if that is possible at once. Gives whether it did.
    #[must_use]
    #[track_caller]
    fn try_acquire(&self) -> bool;

    /// Takes it, or gives up after this time. Gives whether it did.
    #[must_use]
    #[track_caller]
    fn acquire_timeout(&self, timeout: Duration) -> bool;

    /// Gives it back.
    ///
    /// # Panics
    ///
    /// If nobody holds it; for an `RLock`, if another thread does.
    #[track_caller]
    fn release(&self);

    /// Whether somebody holds it now.
    #[track_caller]
    fn is_locked(&self) -> bool;

    /// Takes it until the guard is dropped.
    #[track_caller]
    fn hold(&self) -> Held<'_, Self> {
        self.acquire();
        Held { lock: self, since: Location::caller() }
    }

    /// Takes it until the guard is dropped, if that is possible at once.
    #[track_caller]
    fn try_hold(&self) -> Option<Held<'_, Self>> {
        self.try_acquire().then(|| Held { lock: self, since: Location::caller() })
    }

    /// Gives it back on behalf of a guard made at this place.
    #[doc(hidden)]
    fn release_held(&self, since: &'static Location<'static>) {
        let _ = since;
        self.release();
    }
}

/// A lock that is held until this is dropped, also when a panic drops it.
#[must_use = "the lock is released when the guard is dropped"]
#[derive(Debug)]
pub struct Held<'a, L: Lock> {
    lock: &'a L,
    since: &'static Location<'static>,
}

impl<L: Lock> Drop for Held<'_, L> {
    fn drop(&mut self) {
        self.lock.release_held(self.since);
    }
}

/// A number of permits. [`bounded`](crate::runtime::interface::Runtime::bounded_semaphore) ones never have more than at
/// first.
pub trait Semaphore: Clone + Send + Sync + 'static {
    /// Takes a permit; waits until there is one.
    #[track_caller]
    fn acquire(&self);

    /// Takes a permit if there is one. Gives whether it did.
    #[must_use]
    #[track_caller]
    fn try_acquire(&self) -> bool;

    /// Takes a permit, or gives up after this time. Gives whether it did.
    #[must_use]
    #[track_caller]
    fn acquire_timeout(&self, timeout: Duration) -> bool;

    /// Gives a permit back, or a new one.
    ///
    /// # Panics
    ///
    /// If a bounded semaphore would have more permits than at first.
    #[track_caller]
    fn release(&self) {
        self.release_many(1);
    }

    /// Gives several permits at once.
    ///
    /// # Panics
    ///
    /// If there are none, or a bounded semaphore would have more permits than at first.
    #[track_caller]
    fn release_many(&self, permits: u32);

    /// How many permits there are now.
    #[track_caller]
    fn permits(&self) -> u32;
}

/// A flag that threads wait for.
pub trait Event: Clone + Send + Sync + 'static {
    /// Sets the flag and wakes all who wait for it.
    #[track_caller]
    fn set(&self);

    /// Clears the flag. Who was woken before goes on all the same.
    #[track_caller]
    fn clear(&self);

    /// Whether the flag is set now.
    #[track_caller]
    fn is_set(&self) -> bool;

    /// Waits until the flag is set.
    #[track_caller]
    fn wait(&self);

    /// Waits until the flag is set, or gives up after this time. Gives whether it was set.
    #[track_caller]
    fn wait_timeout(&self, timeout: Duration) -> bool;
}

/// A condition and its lock: threads that hold the lock wait to be notified.
///
/// Waiting is two operations: giving the lock back while beginning to wait, and taking it again. What was waited for may be
/// gone by then, so wait in a loop, or use [`wait_until`](Condition::wait_until).
pub trait Condition: Clone + Send + Sync + 'static {
    /// Its lock.
    type Lock: Lock;

    /// Takes its lock.
    #[track_caller]
    fn acquire(&self);

    /// Gives its lock back.
    ///
    /// # Panics
    ///
    /// If the thread does not hold it.
    #[track_caller]
    fn release(&self);

    /// Takes its lock until the guard is dropped.
    #[track_caller]
    fn hold(&self) -> Held<'_, Self::Lock>;

    /// Gives the lock back, waits to be notified, and takes the lock again.
    ///
    /// # Panics
    ///
    /// If the thread does not hold the lock.
    #[track_caller]
    fn wait(&self);

    /// The same, but goes on after this time without having been notified. Gives whether it was notified.
    ///
    /// # Panics
    ///
    /// If the thread does not hold the lock.
    #[track_caller]
    fn wait_timeout(&self, timeout: Duration) -> bool;

    /// Waits, again and again, until this is true.
    ///
    /// # Panics
    ///
    /// If the thread does not hold the lock.
    #[track_caller]
    fn wait_until(&self, mut ready: impl FnMut() -> bool) {
        while !ready() {
            self.wait();
        }
    }

    /// Wakes this many of those who wait, longest first.
    ///
    /// # Panics
    ///
    /// If the thread does not hold the lock.
    #[track_caller]
    fn notify(&self, most: u32);

    /// Wakes the one who has waited longest.
    ///
    /// # Panics
    ///
    /// If the thread does not hold the lock.
    #[track_caller]
    fn notify_one(&self) {
        self.notify(1);
    }

    /// Wakes all who wait.
    ///
    /// # Panics
    ///
    /// If the thread does not hold the lock.
    #[track_caller]
    fn notify_all(&self) {
        self.notify(u32::MAX);
    }
}

/// A place where a number of threads wait for each other, again and again.
pub trait Barrier: Clone + Send + Sync + 'static {
    /// Waits until all have arrived. Gives the place in the order of arrival, from 0.
    ///
    /// # Errors
    ///
    /// The barrier is broken, or gets broken meanwhile.
    #[track_caller]
    fn wait(&self) -> Result<u32, Broken>;

    /// The same, but breaks the barrier after this time.
    ///
    /// # Errors
    ///
    /// The barrier is broken, gets broken meanwhile, or is broken by this thread's own impatience.
    #[track_caller]
    fn wait_timeout(&self, timeout: Duration) -> Result<u32, Broken>;

    /// Breaks it: all who wait, or come later, get [`Broken`].
    #[track_caller]
    fn abort(&self);

    /// Brings it back to its first state; all who wait get [`Broken`].
    #[track_caller]
    fn reset(&self);

    /// How many threads wait for the others now.
    #[track_caller]
    fn waiting(&self) -> u32;

    /// Whether it is broken now.
    #[track_caller]
    fn is_broken(&self) -> bool;
}

/// A queue. In which order it gives its items back, and how many it holds, is said where it is made.
pub trait Queue<T>: Clone + Send + Sync + 'static {
    /// Puts an item in; waits while the queue is full.
    #[track_caller]
    fn put(&self, item: T);

    /// Puts an item in if there is room.
    ///
    /// # Errors
    ///
    /// The item, if there is none.
    #[track_caller]
    fn try_put(&self, item: T) -> Result<(), Full<T>>;

    /// Puts an item in, or gives up after this time.
    ///
    /// # Errors
    ///
    /// The item, if there was no room in time.
    #[track_caller]
    fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), Full<T>>;

    /// Takes the next item out; waits until there is one.
    #[track_caller]
    fn get(&self) -> T;

    /// Takes the next item out if there is one.
    ///
    /// # Errors
    ///
    /// There is none.
    #[track_caller]
    fn try_get(&self) -> Result<T, Empty>;

    /// Takes the next item out, or gives up after this time.
    ///
    /// # Errors
    ///
    /// There was none in time.
    #[track_caller]
    fn get_timeout(&self, timeout: Duration) -> Result<T, Empty>;

    /// Says that an item got before has been worked on.
    ///
    /// # Panics
    ///
    /// If more items are reported than were put in; always for a simple queue, which does not count.
    #[track_caller]
    fn task_done(&self);

    /// Waits until every item put in has been reported by [`task_done`](Queue::task_done).
    ///
    /// # Panics
    ///
    /// For a simple queue, which does not count.
    #[track_caller]
    fn join(&self);

    /// How many items there are now.
    #[track_caller]
    fn len(&self) -> usize;

    /// Whether there is none now.
    #[track_caller]
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room now.
    #[track_caller]
    fn is_full(&self) -> bool;
}

/// A thread that was started, from outside. Dropping it lets the thread go on.
pub trait JoinHandle<T>: Send + Sync + Sized + 'static {
    /// Waits for its end. Gives what its closure gave.
    ///
    /// # Errors
    ///
    /// It has panicked.
    #[track_caller]
    fn join(self) -> Result<T, Panic>;

    /// Waits for its end, or gives up after this time and gives the handle back.
    ///
    /// # Errors
    ///
    /// The handle, if the thread has not ended in time.
    #[track_caller]
    fn join_timeout(self, timeout: Duration) -> Result<Result<T, Panic>, Self>;

    /// Whether it has ended by now.
    #[track_caller]
    fn is_finished(&self) -> bool;
}

/// Equal threads that were started together, from outside. Dropping it lets them go on.
pub trait Crew<T>: Send + Sync + Sized + 'static {
    /// Waits for the end of all. Gives what they gave, in the order of the values, which says nothing of who gave what.
    ///
    /// # Errors
    ///
    /// Some have panicked: of their panics the one with the smallest message.
    #[track_caller]
    fn join(self) -> Result<Vec<T>, Panic>;
}

/// A function that a thread of its own will run when the time has come, unless it is cancelled before.
pub trait Timer: Send + Sync + Sized + 'static {
    /// Keeps the function from being run, if it has not begun.
    #[track_caller]
    fn cancel(&self);

    /// Waits until the function has been run, or has been cancelled.
    ///
    /// # Errors
    ///
    /// It has panicked.
    #[track_caller]
    fn join(self) -> Result<(), Panic>;
}
