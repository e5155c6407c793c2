//! Any kind of threads, but what they print is kept: how a program of the notes ends.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use drawloom::program::statement::{Clock, Ending};
use drawloom::runtime::blocking::Blocking;
use drawloom::runtime::kit::Kit;
use drawloom::{Checker, Delay, Sim};

/// One way to end: whether in deadlock, the output, and, if not, the final values of the variables.
pub type End = (bool, String, Option<String>);

thread_local! {
    static OUTPUT: RefCell<Arc<Mutex<String>>> = RefCell::default();
}

/// Some kind of threads, but what they print is kept.
pub struct Kept<K>(PhantomData<K>);

impl<K: Kit> Kit for Kept<K> {
    type Monitor<S: Send + 'static> = K::Monitor<S>;

    const NAME: &'static str = K::NAME;

    const MOST_THREADS: usize = K::MOST_THREADS;

    const KEEPS_PANICS: bool = K::KEEPS_PANICS;

    fn spawn(name: String, body: impl FnOnce() + Send + 'static) {
        let output = OUTPUT.with_borrow(Arc::clone);
        K::spawn(name, move || {
            OUTPUT.set(output);
            body();
        });
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
        // Others may act before a line is printed: for threads that are scheduled, only a sleep lets them.
        K::sleep(Delay::from(Duration::ZERO));
        let output = OUTPUT.with_borrow(Arc::clone);
        let mut output = output.lock().expect("nobody panics in print");
        *output += line;
        *output += "\n";
    }
}

/// A world of such threads.
pub type World<K> = Blocking<Kept<K>>;

/// Runs a program once, to its end.
pub fn run_once<K: Kit>(program: fn(&World<K>) -> String) -> End {
    OUTPUT.set(Arc::default());
    let finals = World::<K>::run(program);
    let output = OUTPUT.with_borrow(|output| output.lock().expect("nobody panics in print").clone());
    (false, output, Some(finals))
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
