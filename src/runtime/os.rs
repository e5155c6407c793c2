//! Real threads in real time: the standard library's.

use std::cell;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::runtime::blocking::Blocking;
use crate::runtime::delay::Delay;
use crate::runtime::failure::Panic;
use crate::runtime::interface::Value;
use crate::runtime::kit::{Cell, Kit, Monitor, Patience};
use crate::runtime::primitives::JoinHandle;

/// The world as it is: threads of the operating system, its clock, random numbers, the standard output.
///
/// What a checker has proved of a program for every interleaving holds here too, as far as the program shares nothing but the
/// primitives made here.
pub type Os = Blocking<Std>;

/// The standard library's threads.
#[derive(Clone, Copy, Debug)]
pub enum Std {}

/// A monitor of the standard library's parts. A panic does not poison it.
#[derive(Debug)]
pub struct StdMonitor<S> {
    state: Mutex<S>,
    changed: Condvar,
}

impl<S: Send + 'static> Monitor<S> for StdMonitor<S> {
    fn new(state: S) -> StdMonitor<S> {
        StdMonitor { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn until<R>(&self, patience: Patience, mut look: impl FnMut(&mut S) -> Option<R>) -> Option<R> {
        let begin = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = look(&mut state) {
                drop(state);
                self.changed.notify_all();
                return Some(found);
            }
            state = match patience {
                Patience::Never => return None,
                Patience::Forever => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Patience::Upto(timeout) => {
                    let left = timeout.checked_sub(begin.elapsed())?;
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

/// A value behind a mutex.
#[derive(Debug)]
pub struct StdCell<T>(Mutex<T>);

impl<T: Value> Cell<T> for StdCell<T> {
    fn new(value: T) -> StdCell<T> {
        StdCell(Mutex::new(value))
    }

    fn get(&self) -> T {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

/// A thread of the standard library, from outside. A panic is kept for whoever joins it.
#[derive(Debug)]
pub struct StdThread<T> {
    ended: Arc<StdMonitor<Option<Result<T, Panic>>>>,
}

impl<T: Value> JoinHandle<T> for StdThread<T> {
    fn join(self) -> Result<T, Panic> {
        self.ended.until(Patience::Forever, Option::take).expect("a wait without a timeout does not time out")
    }

    fn join_timeout(self, timeout: Duration) -> Result<Result<T, Panic>, StdThread<T>> {
        self.ended.until(Patience::Upto(timeout), Option::take).ok_or(self)
    }

    fn is_finished(&self) -> bool {
        self.ended.now(|ended| ended.is_some())
    }
}

thread_local! {
    static NUMBER: cell::Cell<u64> = const { cell::Cell::new(0) };
}

impl Kit for Std {
    type Monitor<S: Send + 'static> = StdMonitor<S>;
    type Cell<T: Value> = StdCell<T>;
    type Thread<T: Value> = StdThread<T>;

    const NAME: &'static str = "the operating system";

    fn spawn<T: Value>(name: String, body: impl FnOnce() -> T + Send + 'static) -> StdThread<T> {
        // A name with a zero byte is none that the operating system takes.
        let builder = if name.contains('\0') { thread::Builder::new() } else { thread::Builder::new().name(name) };
        let ended = Arc::new(StdMonitor::new(None));
        let gives = ended.clone();
        let run = move || {
            let result = catch_unwind(AssertUnwindSafe(body)).map_err(|payload| Panic::of(&*payload));
            gives.now(|ended| *ended = Some(result));
        };
        builder.spawn(run).expect("the operating system starts a thread");
        StdThread { ended }
    }

    fn current() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        if NUMBER.get() == 0 {
            NUMBER.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        NUMBER.get()
    }

    fn sleep(delay: Delay) {
        let share = f64::from(Self::below(u32::MAX)) / f64::from(u32::MAX);
        thread::sleep(delay.low + (delay.high - delay.low).mul_f64(share));
    }

    fn now() -> Option<Duration> {
        static BEGIN: OnceLock<Instant> = OnceLock::new();
        Some(BEGIN.get_or_init(Instant::now).elapsed())
    }

    fn below(count: u32) -> u32 {
        // The standard library's only source of chance: each of these hashes with other keys.
        let drawn = RandomState::new().hash_one(0_u8) >> 32;
        ((drawn * u64::from(count)) >> 32) as u32
    }

    fn print(line: &str) {
        println!("{line}");
    }
}
