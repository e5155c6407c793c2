//! Loom's threads: the same programs under another checker, which explores schedules one by one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{self, Arc, PoisonError};
use std::thread::panicking;
use std::time::Duration;

use loom::sync::atomic::{AtomicBool, Ordering};
use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::runtime::blocking::Blocking;
use crate::runtime::delay::Delay;
use crate::runtime::failure::Panic;
use crate::runtime::interface::Value;
use crate::runtime::kit::{Cell, Kit, Monitor, Patience};
use crate::runtime::primitives::JoinHandle;

/// A world of loom's threads: `loom::model(|| { Loom::run(program); })`.
///
/// Loom knows neither time nor chance: a timeout fires at once if there is something to be waited for, a choice is always 0.
/// A panic of any thread fails the test at once, so no `join` sees it. Daemons have to end like all others. Loom takes five
/// threads at most, main included, and leaves out some interleavings of condition variables.
pub type Loom = Blocking<LoomKit>;

/// Loom's threads.
#[derive(Clone, Copy, Debug)]
pub enum LoomKit {}

/// A monitor of loom's parts. The state lies beside loom's mutex: when an execution is torn down, loom is not asked any more,
/// but destructors still find the state.
#[derive(Debug)]
pub struct LoomMonitor<S> {
    /// How many threads wait for a change.
    waiting: Mutex<u32>,
    changed: Condvar,
    state: sync::Mutex<S>,
}

const FAILED: &str = "a panic has failed the test before";

impl<S: Send + 'static> Monitor<S> for LoomMonitor<S> {
    fn new(state: S) -> LoomMonitor<S> {
        LoomMonitor { waiting: Mutex::new(0), changed: Condvar::new(), state: sync::Mutex::new(state) }
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
                Patience::Forever => {
                    *waiting += 1;
                    waiting = self.changed.wait(waiting).expect(FAILED);
                    *waiting -= 1;
                }
                Patience::Never | Patience::Upto(_) => return None,
            }
        }
    }
}

/// A value, and an atomic variable that takes its place for loom: what loom says was loaded does not matter, only when.
#[derive(Debug)]
pub struct LoomCell<T> {
    turn: AtomicBool,
    value: sync::Mutex<T>,
}

impl<T: Value> Cell<T> for LoomCell<T> {
    fn new(value: T) -> LoomCell<T> {
        LoomCell { turn: AtomicBool::new(false), value: sync::Mutex::new(value) }
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

/// A thread of loom's, from outside.
#[derive(Debug)]
pub struct LoomThread<T> {
    thread: thread::JoinHandle<T>,
    has_ended: Arc<LoomCell<bool>>,
}

impl<T: Value> JoinHandle<T> for LoomThread<T> {
    fn join(self) -> Result<T, Panic> {
        self.thread.join().map_err(|payload| Panic::of(&*payload))
    }

    fn join_timeout(self, _: Duration) -> Result<Result<T, Panic>, LoomThread<T>> {
        if self.is_finished() { Ok(self.join()) } else { Err(self) }
    }

    fn is_finished(&self) -> bool {
        self.has_ended.get()
    }
}

impl Kit for LoomKit {
    type Monitor<S: Send + 'static> = LoomMonitor<S>;
    type Cell<T: Value> = LoomCell<T>;
    type Thread<T: Value> = LoomThread<T>;

    fn spawn<T: Value>(_: String, body: impl FnOnce() -> T + Send + 'static) -> LoomThread<T> {
        let has_ended = Arc::new(LoomCell::new(false));
        let ends = has_ended.clone();
        let run = move || {
            let gave = body();
            ends.set(true);
            gave
        };
        LoomThread { thread: thread::spawn(run), has_ended }
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

    fn below(_: u32) -> u32 {
        0
    }

    fn print(line: &str) {
        println!("{line}");
    }
}
