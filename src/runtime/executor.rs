//! Executors: workers that do what is submitted to them, built of the other primitives for every world at once.
//!
//! Source: CPython 3.11 `Lib/concurrent/futures/thread.py`. A worker is started by a submit that finds none idle. Its turn
//! is: take work, do it, say what came of it, call the callbacks, count itself idle. Deviation: what tells the workers to
//! leave is passed on with the number of those who are still there, so that the last one can say that all are gone.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::panicking;

use crate::runtime::built::in_destructor;
use crate::runtime::failure::{Empty, Failure};
use crate::runtime::future::{Future, Job, Work};
use crate::runtime::interface::{Runtime, Value};
use crate::runtime::local::{Local, Past};
use crate::runtime::primitives::{Event, Lock, Queue, Semaphore, Variable};

/// Every [`Runtime`] has executors.
pub trait Executors: Runtime {
    /// An executor with at most this many workers. A worker is started when something is submitted and none is idle; the
    /// threads are called `name_0`, `name_1` and so on.
    ///
    /// ```
    /// use drawloom::{Checker, Executors, Os, Runtime};
    ///
    /// fn squares<R: Runtime>(rt: &R) -> (i32, Vec<i32>) {
    ///     let executor = rt.executor("pool", 2);
    ///     let future = executor.submit(|_| 3 * 3);
    ///     let results = executor.map([1, 2], |_, number| number * number);
    ///     (future.result().unwrap(), results.map(Result::unwrap).collect())
    /// }
    ///
    /// assert_eq!(Os::run(squares), (9, vec![1, 4]));
    /// assert_eq!(Checker::exhaustive().run(squares).unwrap().outcomes(), [(9, vec![1, 4])]);
    /// ```
    ///
    /// # Panics
    ///
    /// If there are to be no workers.
    #[track_caller]
    fn executor(&self, name: impl Into<String>, workers: u32) -> Executor<Self> {
        assert!(workers > 0, "an executor without workers");
        Executor { pool: Pool::new(self, name.into(), workers) }
    }
}

impl<R: Runtime> Executors for R {}

/// Workers, for as long as this lives: dropping it shuts them down and waits until they have done everything that was
/// submitted. Made by [`Executors::executor`]; what it can do, its [`Pool`] does.
///
/// While a panic drops it, and in one of its own workers, it does not wait: the workers do the rest of the work all the
/// same.
pub struct Executor<R: Runtime> {
    pool: Pool<R>,
}

impl<R: Runtime> Deref for Executor<R> {
    type Target = Pool<R>;

    fn deref(&self) -> &Pool<R> {
        &self.pool
    }
}

impl<R: Runtime> Drop for Executor<R> {
    fn drop(&mut self) {
        if panicking() {
            // Nothing can be waited for now, not even the lock.
            in_destructor(|| self.pool.inside.queue.put(Order::Close));
        } else if R::me().is_some() {
            let hired = self.pool.close(false);
            if hired > 0 && !self.pool.inside.employed.get() {
                self.pool.inside.over.wait();
            }
        }
    }
}

/// What is written on the desk at which work is handed in.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Desk {
    open: bool,
    submitted: u32,
    hired: u32,
}

/// What a worker is told.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Order {
    /// To do the work with this number, submitted by a thread with this past.
    Do(u32, Past),
    /// To close the pool, because somebody could not wait for the lock.
    Close,
    /// To leave; this many workers are still there.
    Leave(u32),
}

/// What the handles on one pool share.
struct Inside<R: Runtime> {
    rt: R,
    name: String,
    most: u32,
    /// Held by whoever is at the desk.
    lock: R::Lock,
    desk: R::Variable<Desk>,
    queue: R::Queue<Order>,
    idle: R::Semaphore,
    over: R::Event,
    /// Whether the calling thread is one of the workers.
    employed: Local<bool>,
    /// The work that waits, by its number. No handle on the work travels through the queue: there, values are plain data.
    waiting: Mutex<BTreeMap<u32, Box<dyn Work<R>>>>,
}

/// The workers of an [`Executor`], as everybody can know them, also the work they do: cheap to clone.
pub struct Pool<R: Runtime> {
    inside: Arc<Inside<R>>,
}

impl<R: Runtime> Clone for Pool<R> {
    fn clone(&self) -> Pool<R> {
        Pool { inside: self.inside.clone() }
    }
}

impl<R: Runtime> Pool<R> {
    fn new(rt: &R, name: String, most: u32) -> Pool<R> {
        let inside = Inside {
            rt: rt.clone(),
            most,
            lock: rt.lock(format!("{name}.lock")),
            desk: rt.variable(format!("{name}.desk"), Desk { open: true, submitted: 0, hired: 0 }),
            queue: rt.simple_queue(format!("{name}.queue")),
            idle: rt.semaphore(format!("{name}.idle"), 0),
            over: rt.event(format!("{name}.over")),
            employed: rt.local(format!("{name}.employed"), false),
            waiting: Mutex::default(),
            name,
        };
        Pool { inside: Arc::new(inside) }
    }

    /// A handle on the workers, for whoever may live longer than the executor: the work itself, above all. It does not keep
    /// them.
    ///
    /// ```
    /// use drawloom::{Checker, Executors, Runtime};
    ///
    /// // Work that waits for work: the only worker waits for what only it could do.
    /// let report = Checker::exhaustive().run(|rt| {
    ///     let executor = rt.executor("pool", 1);
    ///     let pool = executor.pool();
    ///     executor.submit(move |_| pool.submit(|_| 1).result().unwrap()).result().unwrap()
    /// });
    /// assert!(report.deadlocks() && report.outcomes().is_empty());
    /// ```
    pub fn pool(&self) -> Pool<R> {
        self.clone()
    }

    /// Hands in work, which some worker will do: what was submitted first is begun first. A panic of the work is its
    /// future's result, not the worker's end.
    ///
    /// ```
    /// use drawloom::{Checker, Executors, Failure, Runtime};
    ///
    /// let report = Checker::exhaustive().run(|rt| {
    ///     let executor = rt.executor("pool", 1);
    ///     let (bad, fine) = (executor.submit(|_| -> u32 { panic!("bad") }), executor.submit(|rt| rt.thread_name()));
    ///     let Err(Failure::Panicked(panic)) = bad.result() else { unreachable!() };
    ///     (panic.message, fine.result().unwrap())
    /// });
    /// assert_eq!(report.unwrap().outcomes(), [("bad".to_owned(), "pool_0".to_owned())]);
    /// ```
    ///
    /// # Panics
    ///
    /// If it has been shut down.
    #[track_caller]
    pub fn submit<T: Value, F>(&self, function: F) -> Future<R, T>
    where
        F: FnOnce(&R) -> T + Send + 'static,
    {
        let inside = &*self.inside;
        let _held = inside.lock.hold();
        let mut desk = inside.desk.get();
        assert!(desk.open, "work is submitted to {} after its shutdown", inside.name);
        let number = desk.submitted;
        let future = Future::new(&inside.rt, &format!("{}[{number}]", inside.name));
        self.waiting().insert(number, Box::new(Job { future: future.clone(), function }));
        inside.queue.put(Order::Do(number, R::past()));
        if !inside.idle.try_acquire() && desk.hired < inside.most {
            self.hire(desk.hired);
            desk.hired += 1;
        }
        desk.submitted += 1;
        inside.desk.set(desk);
        future
    }

    /// Hands in this work for every item, at once. Gives the results one after the other, in the order of the items.
    ///
    /// ```
    /// use drawloom::{Executors, Os, Runtime};
    ///
    /// Os::run(|rt| {
    ///     let executor = rt.executor("pool", 3);
    ///     // The later the item, the sooner its result.
    ///     let squares = executor.map([1, 2, 3], |rt, item| {
    ///         rt.sleep(0.003 - 0.001 * f64::from(item));
    ///         item * item
    ///     });
    ///     assert_eq!(squares.map(Result::unwrap).collect::<Vec<_>>(), [1, 4, 9]);
    /// });
    /// ```
    ///
    /// # Panics
    ///
    /// If it has been shut down.
    #[track_caller]
    pub fn map<I, T, F>(&self, items: impl IntoIterator<Item = I>, function: F) -> Results<R, T>
    where
        I: Send + 'static,
        T: Value,
        F: Fn(&R, I) -> T + Send + Sync + 'static,
    {
        let (function, mut futures) = (Arc::new(function), VecDeque::new());
        for item in items {
            let function = function.clone();
            futures.push_back(self.submit(move |rt| function(rt, item)));
        }
        Results { futures }
    }

    /// Lets nothing more be submitted; what has been submitted is still done, unless `cancels` says to cancel what has not
    /// begun. `waits` says whether to wait until the workers are through.
    ///
    /// ```
    /// use drawloom::{Checker, Executors, Failure, Runtime};
    ///
    /// let report = Checker::exhaustive().run(|rt| {
    ///     let executor = rt.executor("pool", 1);
    ///     let future = executor.submit(|_| 1);
    ///     executor.shutdown(true, true);
    ///     future.result()
    /// });
    /// assert_eq!(report.unwrap().outcomes(), [Ok(1), Err(Failure::Cancelled)]);
    /// ```
    ///
    /// # Panics
    ///
    /// If one of the workers waits.
    #[track_caller]
    pub fn shutdown(&self, waits: bool, cancels: bool) {
        let hired = self.close(cancels);
        if waits && hired > 0 {
            assert!(!self.inside.employed.get(), "a worker of {} waits for the end of all its workers", self.inside.name);
            self.inside.over.wait();
        }
    }

    /// Closes the desk. Gives how many workers there are.
    #[track_caller]
    fn close(&self, cancels: bool) -> u32 {
        let inside = &*self.inside;
        let (hired, cancelled) = {
            let _held = inside.lock.hold();
            let mut desk = inside.desk.get();
            let cancelled = if cancels { self.withdraw() } else { Vec::new() };
            if desk.open {
                desk.open = false;
                if desk.hired > 0 {
                    inside.queue.put(Order::Leave(desk.hired));
                }
                inside.desk.set(desk.clone());
            }
            (desk.hired, cancelled)
        };
        cancelled.into_iter().for_each(Work::cancel);
        hired
    }

    /// Takes all work back that has not begun.
    #[track_caller]
    fn withdraw(&self) -> Vec<Box<dyn Work<R>>> {
        let (mut withdrawn, mut others) = (Vec::new(), Vec::new());
        loop {
            match self.inside.queue.try_get() {
                Ok(Order::Do(number, _)) => withdrawn.extend(self.waiting().remove(&number)),
                Ok(other) => others.push(other),
                Err(Empty) => break,
            }
        }
        others.into_iter().for_each(|order| self.inside.queue.put(order));
        withdrawn
    }

    #[track_caller]
    fn hire(&self, number: u32) {
        let pool = self.clone();
        self.inside.rt.spawn(format!("{}_{number}", self.inside.name), move |rt| pool.work(rt));
    }

    /// What a worker does.
    fn work(&self, rt: &R) {
        let inside = &*self.inside;
        inside.employed.set(true);
        loop {
            match inside.queue.get() {
                Order::Do(number, _) => {
                    let work = self.waiting().remove(&number);
                    if let Some(work) = work {
                        work.run(rt);
                    }
                    inside.idle.release();
                }
                Order::Close => {
                    self.close(false);
                }
                Order::Leave(1) => return inside.over.set(),
                Order::Leave(left) => return inside.queue.put(Order::Leave(left - 1)),
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u32, Box<dyn Work<R>>>> {
        self.inside.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The results of work that was handed in by [`Pool::map`], in the order of its items. After the first that is missing,
/// because the work has panicked or was cancelled, the rest of the work is cancelled and there are no more results. Nobody
/// hears of a panic whose result is not asked for.
pub struct Results<R: Runtime, T: Value> {
    futures: VecDeque<Future<R, T>>,
}

impl<R: Runtime, T: Value> Iterator for Results<R, T> {
    type Item = Result<T, Failure>;

    #[track_caller]
    fn next(&mut self) -> Option<Result<T, Failure>> {
        let result = self.futures.pop_front()?.result();
        if result.is_err() {
            for future in std::mem::take(&mut self.futures) {
                future.cancel();
            }
        }
        Some(result)
    }
}
