//! Real threads in real time: the standard library's.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::runtime::blocking::Blocking;
use crate::runtime::delay::Delay;
use crate::runtime::kit::{Kit, Monitor, Patience};

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

thread_local! {
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

impl Kit for Std {
    type Monitor<S: Send + 'static> = StdMonitor<S>;

    const NAME: &'static str = "the operating system";

    const KEEPS_PANICS: bool = true;

    fn spawn(name: String, body: impl FnOnce() + Send + 'static) {
        // A name with a zero byte is none that the operating system takes.
        let builder = if name.contains('\0') { thread::Builder::new() } else { thread::Builder::new().name(name) };
        builder.spawn(body).expect("the operating system starts a thread");
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
