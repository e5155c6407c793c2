//! What becomes of threads that are unwound? Guards and destructors in a panic, and at the end of an execution.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use drawloom::{Checker, Event, JoinHandle, Lock, Queue, Report, Runtime, Variable};

/// Does something when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn message(report: &Report<impl Clone>) -> String {
    report.failure().map_or(String::new(), |failure| failure.what.clone())
}

#[test]
fn a_destructor_tells_others_of_a_panic() {
    let report = Checker::exhaustive().run(|rt| {
        let (over, seen) = (rt.event("over"), rt.variable("seen", 0));
        let (tells, writes) = (over.clone(), seen.clone());
        rt.spawn("child", move |_| {
            let _tells = OnDrop(|| {
                let before = writes.get();
                writes.set(before + 1);
                tells.set();
            });
            panic!("it went wrong");
        });
        over.wait();
        seen.get()
    });
    assert!(!report.deadlocks());
    assert_eq!(report.outcomes(), [1]);
    assert_eq!(message(&report), "panic in child: it went wrong");
}

#[test]
fn a_panic_that_is_caught_leaves_its_guards_released() {
    let report = Checker::exhaustive().run(|rt| {
        let lock = rt.lock("lock");
        let rival = lock.clone();
        let child = rt.spawn("rival", move |_| drop(rival.hold()));
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _held = lock.hold();
            panic!("caught");
        }));
        assert!(caught.is_err());
        drop(lock.hold());
        child.join().unwrap();
    });
    report.unwrap();
}

#[test]
fn whoever_is_blocked_at_the_end_is_unwound() {
    let (made, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let program = |rt: &drawloom::Sim| {
        let (lock, queue) = (rt.lock("lock"), rt.queue::<u8>("queue", 0));
        for number in 0..2 {
            let (lock, queue, made, dropped) = (lock.clone(), queue.clone(), made.clone(), dropped.clone());
            rt.spawn(format!("blocked-{number}"), move |_| {
                let _counts = OnDrop(|| {
                    dropped.fetch_add(1, Ordering::Relaxed);
                });
                let _releases = lock.try_hold();
                made.fetch_add(1, Ordering::Relaxed);
                queue.get()
            });
        }
    };
    let report = Checker::exhaustive().run(program);
    assert_eq!(message(&report), "deadlock: nobody is left who could wake who waits");
    drop(report);
    assert!(made.load(Ordering::Relaxed) > 0);
    assert!(dropped.load(Ordering::Relaxed) >= made.load(Ordering::Relaxed));
}

#[test]
fn a_closure_that_never_began_is_dropped_quietly() {
    let report = Checker::exhaustive().run(|rt| {
        let event = rt.event("event");
        let count = rt.variable("count", 0);
        let tells = event.clone();
        // It has a clock to look at, so that starting a thread is an operation of its own.
        let guard = OnDrop(move || tells.set());
        let child = rt.spawn("child", move |_| drop(guard));
        let finished = child.is_finished();
        count.set(u8::from(finished));
        event.wait();
        count.get()
    });
    assert_eq!(report.unwrap().outcomes(), [0, 1]);
}

#[test]
fn a_stack_that_overflows_is_told() {
    #[expect(unconditional_recursion, reason = "that is the point")]
    fn deeper(depth: u64) -> u64 {
        std::hint::black_box(deeper(std::hint::black_box(depth + 1)) + depth)
    }
    let searched = catch_unwind(|| Checker::exhaustive().run(|_| deeper(0)));
    let payload = searched.expect_err("the stack overflows");
    let text = payload.downcast_ref::<String>().expect("a text");
    assert_eq!(text, "a thread of the program has overflowed its stack of 256 KiB");
}

#[test]
fn a_thread_that_spins_spends_the_budget() {
    let report = Checker::exhaustive().steps(300).states(3_000).run(|rt| {
        let flag = rt.variable("flag", false);
        let sets = flag.clone();
        rt.spawn("setter", move |_| sets.set(true));
        while !flag.get() {}
    });
    assert!(!report.is_complete() && report.failure().is_none());
    let told = catch_unwind(AssertUnwindSafe(|| drop(report.unwrap()))).unwrap_err();
    let told = told.downcast_ref::<String>().expect("a text");
    assert!(told.contains("stopped: "), "{told}");
}
