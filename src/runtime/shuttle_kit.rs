//! Shuttle's threads: the same programs under another checker, which samples schedules at random.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{self, Arc, PoisonError};
use std::thread::panicking;
use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread;

use crate::runtime::blocking::Blocking;
use crate::runtime::built::in_destructor;
use crate::runtime::delay::Delay;
use crate::runtime::failure::Panic;
use crate::runtime::interface::Value;
use crate::runtime::kit::{Cell, Kit, Monitor, Patience};
use crate::runtime::primitives::JoinHandle;

/// A world of shuttle's threads: `shuttle::check_random(|| { Shuttle::run(program); }, 1_000)`.
///
/// A sleep takes any time, a timeout fires at any moment, as the scheduler chooses; a thread that tries again and again is
/// stopped by shuttle's bound on steps. There is no time to be told: asking panics. Choices are shuttle's random draws,
/// which its depth-first scheduler refuses. A panic of any thread fails the test at once, so no `join` sees it; a panic of
/// an executor's work is kept, as everywhere. Daemons have to end like all others.
pub type Shuttle = Blocking<ShuttleKit>;

/// Shuttle's threads.
#[derive(Clone, Copy, Debug)]
pub enum ShuttleKit {}

/// A monitor of shuttle's parts. The state lies beside shuttle's mutex: when an execution is torn down, shuttle is not asked any
/// more, but destructors still find the state.
#[derive(Debug)]
pub struct ShuttleMonitor<S> {
    turn: Mutex<()>,
    changed: Condvar,
    /// How many threads wait for a change: where nobody does, nobody is told, so that there is less for the scheduler to choose.
    waiting: sync::atomic::AtomicU32,
    state: sync::Mutex<S>,
}

const FAILED: &str = "a panic has failed the test before";

impl<S: Send + 'static> Monitor<S> for ShuttleMonitor<S> {
    fn new(state: S) -> ShuttleMonitor<S> {
        let (turn, changed) = (Mutex::new(()), Condvar::new());
        ShuttleMonitor { turn, changed, waiting: sync::atomic::AtomicU32::new(0), state: sync::Mutex::new(state) }
    }

    fn until<R>(&self, patience: Patience, mut look: impl FnMut(&mut S) -> Option<R>) -> Option<R> {
        let mut look = || look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        let tell = || {
            if self.waiting.load(Ordering::SeqCst) > 0 {
                self.changed.notify_all();
            }
        };
        if panicking() {
            let found = look();
            // Somebody may catch the panic, and others wait for what a guard gives back.
            in_destructor(tell);
            return found;
        }
        let mut turn = self.turn.lock().expect(FAILED);
        loop {
            if let Some(found) = look() {
                drop(turn);
                tell();
                return Some(found);
            }
            if patience != Patience::Forever {
                // The scheduler has chosen the moment of this look, so it has chosen the moment of the timeout.
                return None;
            }
            self.waiting.fetch_add(1, Ordering::SeqCst);
            turn = self.changed.wait(turn).expect(FAILED);
            self.waiting.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// A value, and an atomic variable that takes its place for shuttle's scheduler.
#[derive(Debug)]
pub struct ShuttleCell<T> {
    turn: AtomicBool,
    value: sync::Mutex<T>,
}

impl<T: Value> Cell<T> for ShuttleCell<T> {
    fn new(value: T) -> ShuttleCell<T> {
        ShuttleCell { turn: AtomicBool::new(false), value: sync::Mutex::new(value) }
    }

    fn get(&self) -> T {
        if !panicking() {
            self.turn.load(Ordering::SeqCst);
        }
        self.value.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, value: T) {
        if !panicking() {
            self.turn.store(true, Ordering::SeqCst);
        }
        *self.value.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

/// A thread of shuttle's, from outside.
#[derive(Debug)]
pub struct ShuttleThread<T> {
    thread: thread::JoinHandle<T>,
    /// Set where the thread ends; nobody else runs in between.
    has_ended: Arc<sync::atomic::AtomicBool>,
}

impl<T: Value> JoinHandle<T> for ShuttleThread<T> {
    fn join(self) -> Result<T, Panic> {
        self.thread.join().map_err(|payload| Panic::of(&*payload))
    }

    fn join_timeout(self, _: Duration) -> Result<Result<T, Panic>, ShuttleThread<T>> {
        if self.is_finished() { Ok(self.join()) } else { Err(self) }
    }

    fn is_finished(&self) -> bool {
        thread::yield_now();
        self.has_ended.load(Ordering::SeqCst)
    }
}

impl Kit for ShuttleKit {
    type Monitor<S: Send + 'static> = ShuttleMonitor<S>;
    type Cell<T: Value> = ShuttleCell<T>;
    type Thread<T: Value> = ShuttleThread<T>;

    const NAME: &'static str = "shuttle";

    fn spawn<T: Value>(name: String, body: impl FnOnce() -> T + Send + 'static) -> ShuttleThread<T> {
        let has_ended = Arc::new(sync::atomic::AtomicBool::new(false));
        let ends = has_ended.clone();
        let run = move || {
            let gave = body();
            ends.store(true, Ordering::SeqCst);
            gave
        };
        ShuttleThread { thread: thread::Builder::new().name(name).spawn(run).expect("shuttle starts a thread"), has_ended }
    }

    fn current() -> u64 {
        let mut hasher = DefaultHasher::new();
        thread::current().id().hash(&mut hasher);
        hasher.finish()
    }

    fn sleep(_: Delay) {
        thread::yield_now();
    }

    fn now() -> Option<Duration> {
        None
    }

    fn below(count: u32) -> u32 {
        thread_rng().gen_range(0..count)
    }

    fn print(line: &str) {
        println!("{line}");
    }
}
