//! Any kind of threads, but what they print is kept: how a program of the notes ends.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use drawloom::runtime::blocking::Blocking;
use drawloom::runtime::kit::{Kit, Monitor};
use drawloom::step::clock::Clock;
use drawloom::step::ending::Ending;
use drawloom::{Checker, Delay, Sim, Value};

/// One way to end: whether in deadlock, the output, and, if not, the final values of the variables.
pub type End = (bool, String, Option<String>);

/// Writes a line.
type Writer = Arc<dyn Fn(&str) + Send + Sync>;

thread_local! {
    static WRITER: RefCell<Option<Writer>> = const { RefCell::new(None) };
}

/// Some kind of threads, but what they print is kept.
pub struct Kept<K>(PhantomData<K>);

impl<K: Kit> Kit for Kept<K> {
    type Monitor<S: Send + 'static> = K::Monitor<S>;
    type Cell<T: Value> = K::Cell<T>;
    type Thread<T: Value> = K::Thread<T>;

    const NAME: &'static str = K::NAME;

    const MOST_THREADS: usize = K::MOST_THREADS;

    fn spawn<T: Value>(name: String, body: impl FnOnce() -> T + Send + 'static) -> K::Thread<T> {
        let writer = WRITER.with_borrow(Clone::clone);
        K::spawn(name, move || {
            WRITER.set(writer);
            body()
        })
    }

    fn current() -> u64 {
        K::current()
    }

    fn sleep(delay: Delay) {
        K::sleep(delay);
    }

    fn now() -> Option<Duration> {
        K::now()
    }

    fn below(count: u32) -> u32 {
        K::below(count)
    }

    fn print(line: &str) {
        let writer = WRITER.with_borrow(Clone::clone);
        writer.expect("nobody prints outside of a run")(line);
    }
}

/// A world of such threads.
pub type World<K> = Blocking<Kept<K>>;

/// Runs a program once, to its end.
pub fn run_once<K: Kit>(program: fn(&World<K>) -> String) -> End {
    // It is a monitor of these threads, so that a scheduler knows that the order of the lines matters.
    let output = Arc::new(K::Monitor::new(String::new()));
    let written = output.clone();
    WRITER.set(Some(Arc::new(move |line| {
        written.now(|output| {
            output.push_str(line);
            output.push('\n');
        });
    })));
    let finals = World::<K>::run(program);
    WRITER.set(None);
    (false, output.now(|output| output.clone()), Some(finals))
}

/// How a program ends, by an exhaustive search on this clock.
pub fn in_rust(checker: Checker, program: fn(&Sim) -> String, clock: Clock) -> BTreeSet<End> {
    let report = if clock == Clock::Timed { checker.timed() } else { checker }.run(program);
    assert!(report.is_complete(), "{report}");
    let ends = report.endings().iter();
    ends.map(|ended| {
        assert_eq!(ended.panics, [], "{report}");
        (ended.ending == Ending::Deadlock, ended.output.clone(), ended.gave.clone())
    })
    .collect()
}
