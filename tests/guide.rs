//! Is every visitor counted? The blocks of docs/guide.md, one behind the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

pub fn with_std() -> u32 {
    let visits = Arc::new(AtomicU32::new(0));
    let visitors = ["ann", "bob"].map(|_| {
        let visits = visits.clone();
        std::thread::spawn(move || {
            let seen = visits.load(Ordering::SeqCst);
            visits.store(seen + 1, Ordering::SeqCst);
        })
    });
    for visitor in visitors {
        visitor.join().unwrap();
    }
    visits.load(Ordering::SeqCst)
}

#[test]
#[ignore = "it holds nearly always"]
fn nearly_always_right() {
    for _ in 0..1_000 {
        assert_eq!(with_std(), 2);
    }
}

use drawloom::{Checker, JoinHandle, Lock, Os, Runtime, Variable};

pub fn visits<R: Runtime>(rt: &R) -> u32 {
    let visits = rt.variable("visits", 0);
    let visitors = ["ann", "bob"].map(|name| {
        let visits = visits.clone();
        rt.spawn(name, move |_| {
            let seen = visits.get();
            visits.set(seen + 1);
        })
    });
    for visitor in visitors {
        visitor.join().unwrap();
    }
    visits.get()
}

#[test]
fn on_real_threads() {
    assert!((1..=2).contains(&Os::run(visits)));
}

#[test]
fn there_are_two_ways_to_end() {
    let report = Checker::exhaustive().run(visits).unwrap();
    assert_eq!(report.outcomes(), [1, 2]);
}

pub fn all_are_counted<R: Runtime>(rt: &R) {
    assert!(visits(rt) == 2, "a visitor was not counted");
}

#[test]
#[should_panic(expected = "a visitor was not counted")]
fn every_visitor_is_counted() {
    Checker::exhaustive().without_regressions().run(all_are_counted).unwrap();
}

#[test]
fn ann_writes_over_what_bob_has_written() {
    let report = Checker::replay("d1-1755335c-u: 0*1 1*2 0*1 m*1").run(all_are_counted);
    assert_eq!(report.unwrap_failure().what, "panic in main: a visitor was not counted");
}

pub fn locked<R: Runtime>(rt: &R, visitors: u32) -> u32 {
    let (visits, lock) = (rt.variable("visits", 0), rt.lock("lock"));
    let visitors: Vec<_> = (0..visitors)
        .map(|number| {
            let (visits, lock) = (visits.clone(), lock.clone());
            rt.spawn(format!("visitor-{number}"), move |_| {
                let _held = lock.hold();
                let seen = visits.get();
                visits.set(seen + 1);
            })
        })
        .collect();
    for visitor in visitors {
        visitor.join().unwrap();
    }
    visits.get()
}

#[test]
fn with_a_lock_every_visitor_is_counted() {
    let report = Checker::exhaustive().run(|rt| locked(rt, 4)).unwrap();
    assert_eq!(report.outcomes(), [4]);
    println!("{report}");
}

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_number_of_visitors_is_counted(visitors in 0..5_u32) {
        let report = Checker::exhaustive().run(|rt| locked(rt, visitors)).unwrap();
        prop_assert_eq!(report.outcomes(), [visitors]);
    }

    #[test]
    fn many_visitors_are_counted_on_any_schedule(picks in prop::collection::vec(0..20_u32, 0..200)) {
        let report = Checker::picks(picks).run(|rt| locked(rt, 20)).unwrap();
        prop_assert_eq!(report.outcomes(), [20]);
    }
}

use std::time::Duration;

use drawloom::Event;

pub fn door<R: Runtime>(rt: &R) -> bool {
    let open = rt.event("open");
    let key = open.clone();
    rt.spawn("porter", move |rt| {
        rt.sleep(Duration::from_secs(1));
        key.set();
    });
    open.wait_timeout(Duration::from_secs(2))
}

#[test]
fn the_door_is_opened_in_time_if_code_takes_no_time() {
    let any_speed = Checker::exhaustive().run(door).unwrap();
    assert_eq!(any_speed.outcomes(), [false, true]);
    let on_the_clock = Checker::exhaustive().timed().run(door).unwrap();
    assert_eq!(on_the_clock.outcomes(), [true]);
}
