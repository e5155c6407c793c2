//! Shuttle's threads: the same programs under another checker, which samples schedules at random.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread;

use crate::runtime::blocking::Blocking;
use crate::runtime::delay::Delay;
use crate::runtime::kit::{Kit, Monitor, Patience};

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

/// A state, and how many wait for it to change: where nobody does, nobody is told, so that there is less for the scheduler to
/// choose.
#[derive(Debug)]
struct Watched<S> {
    state: S,
    waiting: u32,
}

/// A monitor of shuttle's parts.
#[derive(Debug)]
pub struct ShuttleMonitor<S> {
    state: Mutex<Watched<S>>,
    changed: Condvar,
}

impl<S: Send + 'static> Monitor<S> for ShuttleMonitor<S> {
    fn new(state: S) -> ShuttleMonitor<S> {
        ShuttleMonitor { state: Mutex::new(Watched { state, waiting: 0 }), changed: Condvar::new() }
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

impl Kit for ShuttleKit {
    type Monitor<S: Send + 'static> = ShuttleMonitor<S>;

    const NAME: &'static str = "shuttle";

    const KEEPS_PANICS: bool = false;

    fn spawn(name: String, body: impl FnOnce() + Send + 'static) {
        thread::Builder::new().name(name).spawn(body).expect("shuttle starts a thread");
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
