//! What a program can ask of the world it runs in: threads, time, chance, output, and the primitives that threads share.

use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::time::Duration;

use crate::runtime::delay::Delay;
use crate::runtime::local::{Local, Past};
use crate::runtime::primitives::{Barrier, Condition, Crew, Event, JoinHandle, Lock, Queue, Semaphore, Timer, Variable};

/// What variables hold, queues carry and threads give back: plain data. Two values that are equal are taken for the same, so
/// equality must not hide anything that the program could see.
pub trait Value: Clone + Debug + Eq + Hash + Send + Sync + 'static {}

impl<T: Clone + Debug + Eq + Hash + Send + Sync + 'static> Value for T {}

/// A world that programs run in. Written once against this trait, as ordinary blocking Rust, a program runs on real threads
/// ([`Os`](crate::runtime::os::Os)) and under a checker that tries every interleaving
/// ([`Sim`](crate::runtime::sim::Sim)).
///
/// ```
/// use drawloom::{JoinHandle, Runtime, Variable};
///
/// fn countdown<R: Runtime>(rt: &R, threads: usize) -> i64 {
///     let data = rt.variable("data", threads as i64);
///     let workers: Vec<_> = (0..threads)
///         .map(|i| {
///             let data = data.clone();
///             rt.spawn(format!("worker-{i}"), move |rt| {
///                 let temp = data.get();
///                 rt.sleep(rt.uniform(0.0, 1.0));
///                 data.set(temp - 1);
///             })
///         })
///         .collect();
///     for worker in workers {
///         worker.join().expect("a worker does not panic");
///     }
///     data.get()
/// }
/// # assert!((0..3).contains(&countdown(&drawloom::Os::new(), 3)));
/// ```
///
/// Threads share nothing but the primitives made here. What else they might share (statics, `Arc<Mutex<_>>`, files) a
/// checker does not see, and what else they might ask (the real time, real random numbers) it cannot repeat.
///
/// Names are for reports; two objects may have the same name.
///
/// Executors are built of these primitives, for every world at once:
/// [`executor`](crate::runtime::executor::Executors::executor).
pub trait Runtime: Clone + Send + Sync + 'static {
    /// Made by [`variable`](Runtime::variable).
    type Variable<T: Value>: Variable<T>;
    /// Made by [`lock`](Runtime::lock).
    type Lock: Lock;
    /// Made by [`rlock`](Runtime::rlock).
    type RLock: Lock;
    /// Made by [`semaphore`](Runtime::semaphore) and [`bounded_semaphore`](Runtime::bounded_semaphore).
    type Semaphore: Semaphore;
    /// Made by [`event`](Runtime::event).
    type Event: Event;
    /// Made by [`condition`](Runtime::condition) and its sisters.
    type Condition: Condition;
    /// Made by [`barrier`](Runtime::barrier).
    type Barrier: Barrier;
    /// Made by [`queue`](Runtime::queue) and its sisters.
    type Queue<T: Value>: Queue<T>;
    /// Made by [`spawn`](Runtime::spawn) and [`spawn_daemon`](Runtime::spawn_daemon).
    type JoinHandle<T: Value>: JoinHandle<T>;
    /// Made by [`spawn_crew`](Runtime::spawn_crew).
    type Crew<T: Value + Ord>: Crew<T>;
    /// Made by [`timer`](Runtime::timer).
    type Timer: Timer;

    /// A shared variable with its first value.
    fn variable<T: Value>(&self, name: impl Into<String>, first: T) -> Self::Variable<T>;

    /// A lock that nobody holds. Any thread may release it.
    fn lock(&self, name: impl Into<String>) -> Self::Lock;

    /// A re-entrant lock that nobody holds: its owner may take it again, and must release it as often.
    fn rlock(&self, name: impl Into<String>) -> Self::RLock;

    /// A semaphore with this many permits.
    fn semaphore(&self, name: impl Into<String>, permits: u32) -> Self::Semaphore;

    /// A semaphore with this many permits, and never more.
    fn bounded_semaphore(&self, name: impl Into<String>, permits: u32) -> Self::Semaphore;

    /// An event that is not set.
    fn event(&self, name: impl Into<String>) -> Self::Event;

    /// A condition with a re-entrant lock of its own.
    fn condition(&self, name: impl Into<String>) -> Self::Condition;

    /// A condition on a lock that there is already. Several conditions can share one: holding the lock is then holding that
    /// of each of them.
    ///
    /// ```
    /// use drawloom::{Checker, Condition, JoinHandle, Lock, Runtime, Variable};
    ///
    /// // A buffer for one item, with a condition for each side.
    /// fn handed_over<R: Runtime>(rt: &R) -> i32 {
    ///     let (lock, buffer) = (rt.lock("lock"), rt.variable("buffer", None));
    ///     let (not_full, not_empty) = (rt.condition_on("not full", &lock), rt.condition_on("not empty", &lock));
    ///     let producer = {
    ///         let (lock, buffer, not_full, not_empty) = (lock.clone(), buffer.clone(), not_full.clone(), not_empty.clone());
    ///         rt.spawn("producer", move |_| {
    ///             for item in [1, 2] {
    ///                 let _held = lock.hold();
    ///                 not_full.wait_until(|| buffer.get().is_none());
    ///                 buffer.set(Some(item));
    ///                 not_empty.notify_one();
    ///             }
    ///         })
    ///     };
    ///     let mut got = 0;
    ///     for _ in 0..2 {
    ///         let _held = lock.hold();
    ///         not_empty.wait_until(|| buffer.get().is_some());
    ///         got = got * 10 + buffer.get().unwrap();
    ///         buffer.set(None);
    ///         not_full.notify_one();
    ///     }
    ///     producer.join().unwrap();
    ///     got
    /// }
    ///
    /// assert_eq!(Checker::exhaustive().run(handed_over).unwrap().outcomes(), [12]);
    /// ```
    fn condition_on(&self, name: impl Into<String>, lock: &Self::Lock) -> Self::Condition;

    /// A condition on a re-entrant lock that there is already.
    ///
    /// ```
    /// use drawloom::{Checker, Condition, Lock, Runtime};
    ///
    /// let report = Checker::exhaustive().run(|rt| {
    ///     let lock = rt.rlock("lock");
    ///     let condition = rt.condition_on_rlock("condition", &lock);
    ///     let _once = lock.hold();
    ///     let _twice = condition.hold();
    ///     condition.notify_all();
    ///     lock.is_locked()
    /// });
    /// assert_eq!(report.unwrap().outcomes(), [true]);
    /// ```
    fn condition_on_rlock(&self, name: impl Into<String>, lock: &Self::RLock) -> Self::Condition;

    /// A value that every thread has for itself: `first`, until the thread gives it another. No other thread can tell what a
    /// thread does with it, so there is nothing for the scheduler to choose.
    ///
    /// ```
    /// use drawloom::{Checker, JoinHandle, Runtime};
    ///
    /// let report = Checker::exhaustive().run(|rt| {
    ///     let number = rt.local("number", 0);
    ///     let own = number.clone();
    ///     let child = rt.spawn("child", move |_| {
    ///         own.set(own.get() + 1);
    ///         own.get()
    ///     });
    ///     (child.join().unwrap(), number.get())
    /// });
    /// assert_eq!(report.unwrap().outcomes(), [(1, 0)]);
    /// ```
    fn local<T: Value>(&self, name: impl Into<String>, first: T) -> Local<T> {
        // Nothing ever reports on it.
        let _ = name;
        Local::new(first, Self::me)
    }

    /// The name that the calling thread was given where it was started; `main` for the first.
    ///
    /// ```
    /// use drawloom::{JoinHandle, Os, Runtime};
    ///
    /// Os::run(|rt| {
    ///     let child = rt.spawn("ann", |rt| rt.thread_name());
    ///     assert_eq!((rt.thread_name(), child.join().unwrap()), ("main".to_owned(), "ann".to_owned()));
    /// });
    /// ```
    fn thread_name(&self) -> String;

    /// A number that the calling thread has for itself; nothing if it was never to begin.
    #[doc(hidden)]
    fn me() -> Option<u64>;

    /// What goes along with a closure that another thread is to run: see [`Past`].
    #[doc(hidden)]
    fn past() -> Past {
        Past::default()
    }

    /// A barrier for this many threads.
    ///
    /// # Panics
    ///
    /// If there are none.
    fn barrier(&self, name: impl Into<String>, parties: u32) -> Self::Barrier;

    /// A queue, first in, first out, that holds at most `maxsize` items (0: any number).
    fn queue<T: Value>(&self, name: impl Into<String>, maxsize: u32) -> Self::Queue<T>;

    /// A queue, last in, first out, that holds at most `maxsize` items (0: any number).
    fn lifo_queue<T: Value>(&self, name: impl Into<String>, maxsize: u32) -> Self::Queue<T>;

    /// A queue that gives its smallest item first (of equal ones, the first put), and holds at most `maxsize` items (0: any
    /// number).
    fn priority_queue<T: Value + Ord>(&self, name: impl Into<String>, maxsize: u32) -> Self::Queue<T>;

    /// A queue, first in, first out, without a bound and without `task_done` and `join`.
    fn simple_queue<T: Value>(&self, name: impl Into<String>) -> Self::Queue<T>;

    /// Starts a thread. The program does not end before it has ended.
    fn spawn<T: Value, F>(&self, name: impl Into<String>, body: F) -> Self::JoinHandle<T>
    where
        F: FnOnce(&Self) -> T + Send + 'static;

    /// Starts a thread that the program does not wait for: when main and all others have ended, it just stops.
    fn spawn_daemon<T: Value, F>(&self, name: impl Into<String>, body: F) -> Self::JoinHandle<T>
    where
        F: FnOnce(&Self) -> T + Send + 'static;

    /// Starts so many threads that do the same, and that nobody can tell apart: all run this one body, have the same name, and
    /// are joined together.
    ///
    /// Where threads are equal, use this: of the executions that differ only in which of them does what, a checker then follows
    /// one. Six threads that take a lock in turn have 720 executions if each is started by itself, and one as a crew.
    ///
    /// ```
    /// use drawloom::{Checker, Crew, Engine, Lock, Runtime, Variable};
    ///
    /// fn tickets<R: Runtime>(rt: &R) -> Vec<u32> {
    ///     let (next, lock) = (rt.variable("next", 0), rt.lock("lock"));
    ///     let visitors = rt.spawn_crew("visitor", 6, move |_| {
    ///         let _held = lock.hold();
    ///         let ticket = next.get();
    ///         next.set(ticket + 1);
    ///         ticket
    ///     });
    ///     visitors.join().unwrap()
    /// }
    ///
    /// let report = Checker::exhaustive().engine(Engine::TraceTree).run(tickets).unwrap();
    /// assert_eq!(report.outcomes(), [[0, 1, 2, 3, 4, 5]]);
    /// assert_eq!(report.executions(), 1);
    /// ```
    ///
    /// Whoever needs a number of its own takes one from a variable or a queue, as here. The members of a crew remain equal while
    /// none of them creates an object, starts a thread or a timer, or submits work: with the first that does, the checker takes
    /// them for what they would be if each was started by itself, and finds the same. The order of the values must tell apart
    /// what is not equal, as [`Ord`] asks.
    ///
    /// What the body has captured is dropped by whoever joins the crew. If nobody does, a checker drops it when the execution is
    /// over, and what destructors ask for then is not done any more.
    #[track_caller]
    fn spawn_crew<T: Value + Ord, F>(&self, name: impl Into<String>, count: u32, body: F) -> Self::Crew<T>
    where
        F: Fn(&Self) -> T + Send + Sync + 'static;

    /// Starts a thread that waits, then runs a function unless it was cancelled before.
    fn timer<F>(&self, name: impl Into<String>, delay: impl Into<Delay>, function: F) -> Self::Timer
    where
        F: FnOnce(&Self) + Send + 'static;

    /// Does nothing for this time. For a checker without a clock that is any time.
    #[track_caller]
    fn sleep(&self, delay: impl Into<Delay>);

    /// A time between `low` and `high` seconds, `high` excluded: drawn at random when it is slept on real threads, *any* such
    /// time for a checker with a clock.
    ///
    /// # Panics
    ///
    /// If a bound is negative or no finite number, or `high` is below `low`.
    #[track_caller]
    fn uniform(&self, low: f64, high: f64) -> Delay {
        Delay::between(low, high)
    }

    /// The time since the program began.
    ///
    /// # Panics
    ///
    /// Under a checker without a clock, where there is no time to be told; under one with a clock where the time is not
    /// determined, because somebody has slept a [`uniform`](Runtime::uniform) time.
    #[track_caller]
    fn now(&self) -> Duration;

    /// A number below `count`: drawn at random on real threads, each of them for a checker.
    ///
    /// # Panics
    ///
    /// If `count` is 0.
    #[track_caller]
    fn choice(&self, count: u32) -> u32;

    /// Writes a line to the program's output.
    #[track_caller]
    fn print(&self, line: impl Display);
}
