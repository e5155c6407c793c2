//! Loom's threads: the same programs under another checker, which explores schedules one by one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use loom::sync::{Condvar, Mutex};
use loom::thread;

use crate::runtime::blocking::Blocking;
use crate::runtime::delay::Delay;
use crate::runtime::kit::{Kit, Monitor, Patience};

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

/// A state, and how many wait for it to change: where nobody does, nobody is told, so that there is less for the scheduler to
/// choose.
#[derive(Debug)]
struct Watched<S> {
    state: S,
    waiting: u32,
}

/// A monitor of loom's parts.
#[derive(Debug)]
pub struct LoomMonitor<S> {
    state: Mutex<Watched<S>>,
    changed: Condvar,
}

impl<S: Send + 'static> Monitor<S> for LoomMonitor<S> {
    fn new(state: S) -> LoomMonitor<S> {
        LoomMonitor { state: Mutex::new(Watched { state, waiting: 0 }), changed: Condvar::new() }
    }

    fn until<R>(&self, patience: Patience, mut look: impl FnMut(&mut S) -> Option<R>) -> Option<R> {
        let mut watched = self.state.lock().expect("a panic has failed the test before");
        loop {
            if let Some(found) = look(&mut watched.state) {
                let tells = watched.waiting > 0;
                drop(watched);
                if tells {
                    self.changed.notify_all();
                }
                return Some(found);
            }
            if patience != Patience::Forever {
                // The scheduler has chosen the moment of this look, so it has chosen the moment of the timeout.
                return None;
            }
            watched.waiting += 1;
            watched = self.changed.wait(watched).expect("a panic has failed the test before");
            watched.waiting -= 1;
        }
    }
}

impl Kit for LoomKit {
    type Monitor<S: Send + 'static> = LoomMonitor<S>;

    const NAME: &'static str = "loom";

    const MOST_THREADS: usize = 5;

    const KEEPS_PANICS: bool = false;

    fn spawn(_: String, body: impl FnOnce() + Send + 'static) {
        thread::spawn(body);
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
