//! Loom's threads: the same programs under another checker, which explores schedules one by one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{self, Arc, PoisonError};
use std::thread::panicking;
use std::time::Duration;

use loom::sync::atomic::{AtomicBool, Ordering};
use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::runtime::blocking::Blocking;
use crate::runtime::built::in_destructor;
use crate::runtime::delay::Delay;
use crate::runtime::failure::Panic;
use crate::runtime::interface::Value;
use crate::runtime::kit::{Cell, Kit, Monitor, Patience};
use crate::runtime::primitives::JoinHandle;

/// A world of loom's threads: `loom::model(|| { Loom::run(program); })`.
///
/// A sleep takes any time, a timeout fires at any moment, as loom schedules them; a thread that tries again and again is
/// stopped by loom's bound on branches. Loom knows neither time nor chance: asking for the time panics, and so does a choice
/// among several. A panic of any thread fails the test at once, so no `join` sees it; a panic of an executor's work is kept,
/// as everywhere. Daemons have to end like all others. Loom takes five threads at most, main included: starting another
/// panics. It leaves out some interleavings of condition variables.
pub type Loom = Blocking<LoomKit>;

/// Loom's threads.
#[derive(Clone, Copy, Debug)]
pub enum LoomKit {}

/// A monitor of loom's parts. The state lies beside loom's mutex: when an execution is torn down, loom is not asked any
/// more, but destructors still find the state.
#[derive(Debug)]
pub struct LoomMonitor<S> {
    turn: Mutex<()>,
    changed: Condvar,
    /// How many threads wait for a change: where nobody does, nobody is told, so that there is less for the scheduler to choose.
    waiting: sync::atomic::AtomicU32,
    state: sync::Mutex<S>,
}

const FAILED: &str = "a panic has failed the test before";

impl<S: Send + 'static> Monitor<S> for LoomMonitor<S> {
    fn new(state: S) -> LoomMonitor<S> {
        let (turn, changed) = (Mutex::new(()), Condvar::new());
        LoomMonitor { turn, changed, waiting: sync::atomic::AtomicU32::new(0), state: sync::Mutex::new(state) }
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

    const NAME: &'static str = "loom";

    const MOST_THREADS: usize = 5;

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

    fn now() -> Option<Duration> {
        None
    }

    fn below(count: u32) -> u32 {
        assert!(count == 1, "loom knows no chance: a choice among {count} is not explored");
        0
    }

    fn print(line: &str) {
        println!("{line}");
    }
}
