//! Shuttle's threads: the same programs under another checker, which samples schedules at random.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use crate::runtime::blocking::Blocking;
use crate::runtime::delay::Delay;
use crate::runtime::failure::Panic;
use crate::runtime::interface::Value;
use crate::runtime::kit::Kit;
use crate::runtime::primitives::JoinHandle;
use crate::runtime::scheduled::scheduled;

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

scheduled!(shuttle, ShuttleMonitor, ShuttleCell);

/// A thread of shuttle's, from outside.
#[derive(Debug)]
pub struct ShuttleThread<T> {
    thread: thread::JoinHandle<T>,
    /// Set where the thread ends; nobody else runs in between.
    has_ended: Arc<AtomicBool>,
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
        let has_ended = Arc::new(AtomicBool::new(false));
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
