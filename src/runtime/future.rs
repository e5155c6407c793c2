//! Work that was handed in, seen from outside: whether it is done, what it gave, who is to be told.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::runtime::failure::{Failure, Panic};
use crate::runtime::interface::{Runtime, Value};
use crate::runtime::local::Past;
use crate::runtime::primitives::{Event, Lock, Variable};

/// What is called when work is done.
type Callback<R, T> = Box<dyn FnOnce(&R, &Future<R, T>) + Send>;

/// What has come of the work so far.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Progress<T> {
    /// Nothing yet. Callbacks have been added, by threads with these pasts.
    Open(Vec<Past>),
    /// This.
    Done(Result<T, Failure>),
}

/// What the handles on one future share.
struct Shared<R: Runtime, T: Value> {
    rt: R,
    /// Taken, for good, by whoever begins the work or cancels it.
    claim: R::Lock,
    /// Held by whoever changes what has come of the work.
    lock: R::Lock,
    progress: R::Variable<Progress<T>>,
    done: R::Event,
    callbacks: Mutex<Vec<Callback<R, T>>>,
}

/// What will come of work that was [submitted](crate::runtime::executor::Pool::submit) to an executor. Cheap to clone; all
/// clones mean the same work. Dropping it lets the work go on.
pub struct Future<R: Runtime, T: Value>(Arc<Shared<R, T>>);

impl<R: Runtime, T: Value> Clone for Future<R, T> {
    fn clone(&self) -> Future<R, T> {
        Future(self.0.clone())
    }
}

impl<R: Runtime, T: Value> Future<R, T> {
    /// Of work that has not begun, with a name for reports.
    pub fn new(rt: &R, name: &str) -> Future<R, T> {
        Future(Arc::new(Shared {
            rt: rt.clone(),
            claim: rt.lock(format!("{name}.claim")),
            lock: rt.lock(format!("{name}.lock")),
            progress: rt.variable(format!("{name}.progress"), Progress::Open(Vec::new())),
            done: rt.event(format!("{name}.done")),
            callbacks: Mutex::default(),
        }))
    }

    /// Waits until the work is done. Gives what it gave.
    ///
    /// # Errors
    ///
    /// The work has panicked, or it was cancelled.
    #[track_caller]
    pub fn result(&self) -> Result<T, Failure> {
        self.0.done.wait();
        self.given()
    }

    /// Waits until the work is done, but not longer than this. Gives what the work gave, or nothing if it was not done in
    /// time.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use drawloom::{Checker, Event, Executors, Runtime};
    ///
    /// let report = Checker::exhaustive().timed().run(|rt| {
    ///     let (executor, event) = (rt.executor("pool", 1), rt.event("event"));
    ///     let never = event.clone();
    ///     let future = executor.submit(move |_| never.wait());
    ///     let in_vain = future.result_timeout(Duration::from_secs(1));
    ///     event.set();
    ///     (in_vain, future.result())
    /// });
    /// assert_eq!(report.unwrap().outcomes(), [(None, Ok(()))]);
    /// ```
    #[track_caller]
    pub fn result_timeout(&self, timeout: Duration) -> Option<Result<T, Failure>> {
        self.0.done.wait_timeout(timeout).then(|| self.given())
    }

    #[track_caller]
    fn given(&self) -> Result<T, Failure> {
        match self.0.progress.get() {
            Progress::Done(result) => result,
            // Only while a panic unwinds the thread: then nobody waits.
            Progress::Open(_) => Err(Failure::Cancelled),
        }
    }

    /// Whether the work is done by now, or was cancelled.
    #[track_caller]
    pub fn is_done(&self) -> bool {
        self.0.done.is_set()
    }

    /// Keeps the work from being done, if it has not begun, and calls the callbacks. Gives whether the work is cancelled
    /// now.
    ///
    /// ```
    /// use drawloom::{Checker, Executors, Failure, Runtime};
    ///
    /// let report = Checker::exhaustive().run(|rt| {
    ///     let executor = rt.executor("pool", 1);
    ///     let future = executor.submit(|_| 1);
    ///     (future.cancel(), future.result())
    /// });
    /// assert_eq!(report.unwrap().outcomes(), [(false, Ok(1)), (true, Err(Failure::Cancelled))]);
    /// ```
    #[track_caller]
    pub fn cancel(&self) -> bool {
        let callbacks = {
            let _held = self.0.lock.hold();
            if !self.0.claim.try_acquire() {
                return matches!(self.0.progress.get(), Progress::Done(Err(Failure::Cancelled)));
            }
            self.settle(Err(Failure::Cancelled))
        };
        self.call(&self.0.rt, callbacks);
        true
    }

    /// Has this called when the work is done or cancelled: in the thread that does or cancels it, or, if that has happened
    /// already, at once in this one. Callbacks are called in the order in which they were added, after
    /// [`result`](Future::result) can be had. A panic of one is nobody's: it ends neither the thread nor the other callbacks.
    ///
    /// ```
    /// use drawloom::{Checker, Executors, Runtime, Variable};
    ///
    /// let report = Checker::exhaustive().run(|rt| {
    ///     let by = rt.variable("by", String::new());
    ///     let tells = by.clone();
    ///     let executor = rt.executor("pool", 1);
    ///     let future = executor.submit(|_| 1);
    ///     future.add_done_callback(move |rt, future| {
    ///         assert!(future.is_done());
    ///         tells.set(rt.thread_name());
    ///     });
    ///     drop(executor);
    ///     by.get()
    /// });
    /// assert_eq!(report.unwrap().outcomes(), ["main", "pool_0"]);
    /// ```
    #[track_caller]
    pub fn add_done_callback<F>(&self, callback: F)
    where
        F: FnOnce(&R, &Future<R, T>) + Send + 'static,
    {
        {
            let _held = self.0.lock.hold();
            if let Progress::Open(mut pasts) = self.0.progress.get() {
                pasts.push(R::past());
                self.0.progress.set(Progress::Open(pasts));
                self.callbacks().push(Box::new(callback));
                return;
            }
        }
        self.call(&self.0.rt, vec![Box::new(callback)]);
    }

    fn callbacks(&self) -> std::sync::MutexGuard<'_, Vec<Callback<R, T>>> {
        self.0.callbacks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what has come of the work, while the lock is held. Gives the callbacks.
    #[track_caller]
    fn settle(&self, result: Result<T, Failure>) -> Vec<Callback<R, T>> {
        // Who is going to call the callbacks has to observe which there are.
        let _ = self.0.progress.get();
        self.0.progress.set(Progress::Done(result));
        self.0.done.set();
        std::mem::take(&mut self.callbacks())
    }

    fn conclude(&self, result: Result<T, Failure>) -> Vec<Callback<R, T>> {
        let _held = self.0.lock.hold();
        self.settle(result)
    }

    fn call(&self, rt: &R, callbacks: Vec<Callback<R, T>>) {
        for callback in callbacks {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| callback(rt, self))) {
                unless_over(payload, || self.0.done.is_set());
            }
        }
    }
}

/// Goes on with this after a panic was caught. If that is no more possible, the panic was the end of the world, as a checker
/// tells it to threads, and not for us to catch.
fn unless_over<T>(payload: Box<dyn Any + Send>, what: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(what)).unwrap_or_else(|_| resume_unwind(payload))
}

/// Work that waits for somebody to do it.
pub trait Work<R>: Send {
    /// Does it, unless it was cancelled.
    fn run(self: Box<Self>, rt: &R);

    /// Cancels it.
    fn cancel(self: Box<Self>);
}

/// A function, and the future of what it gives.
pub struct Job<R: Runtime, T: Value, F> {
    /// The future.
    pub future: Future<R, T>,
    /// The function.
    pub function: F,
}

impl<R: Runtime, T: Value, F: FnOnce(&R) -> T + Send> Work<R> for Job<R, T, F> {
    fn run(self: Box<Self>, rt: &R) {
        let Job { future, function } = *self;
        if !future.0.claim.try_acquire() {
            return;
        }
        let callbacks = match catch_unwind(AssertUnwindSafe(|| function(rt))) {
            Ok(value) => future.conclude(Ok(value)),
            Err(payload) => {
                let failure = Failure::Panicked(Panic::of(&*payload));
                unless_over(payload, || future.conclude(Err(failure)))
            }
        };
        future.call(rt, callbacks);
    }

    fn cancel(self: Box<Self>) {
        self.future.cancel();
    }
}
