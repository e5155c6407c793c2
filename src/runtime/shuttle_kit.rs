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
use crate::runtime::delay::Delay;
use crate::runtime::failure::Panic;
use crate::runtime::interface::Value;
use crate::runtime::kit::{Cell, Kit, Monitor, Patience};
use crate::runtime::primitives::JoinHandle;

/// A world of shuttle's threads: `shuttle::check_random(|| { Shuttle::run(program); }, 1_000)`.
///
/// A sleep takes any time, a timeout fires at any moment, by shuttle's random draws; there is no time to be told. A panic of
/// any thread fails the test at once, so no `join` sees it. Daemons have to end like all others.
pub type Shuttle = Blocking<ShuttleKit>;

/// Shuttle's threads.
#[derive(Clone, Copy, Debug)]
pub enum ShuttleKit {}

/// A monitor of shuttle's parts. The state lies beside shuttle's mutex: when an execution is torn down, shuttle is not asked any
/// more, but destructors still find the state.
#[derive(Debug)]
pub struct ShuttleMonitor<S> {
    /// How many threads wait for a change.
    waiting: Mutex<u32>,
    changed: Condvar,
    state: sync::Mutex<S>,
}

const FAILED: &str = "a panic has failed the test before";

impl<S: Send + 'static> Monitor<S> for ShuttleMonitor<S> {
    fn new(state: S) -> ShuttleMonitor<S> {
        ShuttleMonitor { waiting: Mutex::new(0), changed: Condvar::new(), state: sync::Mutex::new(state) }
    }

    fn until<R>(&self, patience: Patience, mut look: impl FnMut(&mut S) -> Option<R>) -> Option<R> {
        let mut look = || look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        if panicking() {
            return look();
        }
        let mut waiting = self.waiting.lock().expect(FAILED);
        loop {
            if let Some(found) = look() {
                let somebody_waits = *waiting > 0;
                drop(waiting);
                if somebody_waits {
                    self.changed.notify_all();
                }
                return Some(found);
            }
            match patience {
                Patience::Never => return None,
                Patience::Forever => {
                    *waiting += 1;
                    waiting = self.changed.wait(waiting).expect(FAILED);
                    *waiting -= 1;
                }
                Patience::Upto(_) => {
                    drop(waiting);
                    if ShuttleKit::below(2) == 0 {
                        return None;
                    }
                    thread::yield_now();
                    waiting = self.waiting.lock().expect(FAILED);
                }
            }
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
        while !self.is_finished() {
            if ShuttleKit::below(2) == 0 {
                return Err(self);
            }
        }
        Ok(self.join())
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

    fn now() -> Duration {
        Duration::ZERO
    }

    fn below(count: u32) -> u32 {
        thread_rng().gen_range(0..count)
    }

    fn print(line: &str) {
        println!("{line}");
    }
}
