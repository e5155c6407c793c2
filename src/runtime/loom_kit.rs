//! Loom's threads: the same programs under another checker, which explores schedules one by one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use loom::thread;

use crate::runtime::blocking::Blocking;
use crate::runtime::delay::Delay;
use crate::runtime::failure::Panic;
use crate::runtime::interface::Value;
use crate::runtime::kit::{Cell, Kit};
use crate::runtime::primitives::JoinHandle;
use crate::runtime::scheduled::scheduled;

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

scheduled!(loom, LoomMonitor, LoomCell);

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
