//! Does the search over traces follow as many executions of known closures as they have traces?

use std::time::Instant;

use drawloom::{Checker, Engine, JoinHandle, Lock, Report, Runtime, Sim, Variable};

/// Every thread takes one from the data.
fn lost(rt: &Sim, threads: usize, with_lock: bool) -> usize {
    let (data, lock) = (rt.variable("data", threads), rt.lock("lock"));
    let takers: Vec<_> = (0..threads)
        .map(|number| {
            let (data, lock) = (data.clone(), lock.clone());
            rt.spawn(format!("taker-{number}"), move |_| {
                let _held = with_lock.then(|| lock.hold());
                data.set(data.get() - 1);
            })
        })
        .collect();
    for taker in takers {
        taker.join().unwrap();
    }
    data.get()
}

fn philosophers(rt: &Sim, count: usize) {
    let forks: Vec<_> = (0..count).map(|number| rt.lock(format!("fork-{number}"))).collect();
    let eaters: Vec<_> = (0..count)
        .map(|number| {
            let (left, right) = (forks[number].clone(), forks[(number + 1) % count].clone());
            rt.spawn(format!("philosopher-{number}"), move |_| {
                left.acquire();
                right.acquire();
                right.release();
                left.release();
            })
        })
        .collect();
    for eater in eaters {
        eater.join().unwrap();
    }
}

/// One writes, the others read.
fn readers(rt: &Sim, count: usize) -> Vec<u8> {
    let x = rt.variable("x", 0);
    let readers: Vec<_> = (0..count)
        .map(|number| {
            let x = x.clone();
            rt.spawn(format!("reader-{number}"), move |_| x.get())
        })
        .collect();
    x.set(1);
    readers.into_iter().map(|reader| reader.join().unwrap()).collect()
}

fn traces<T: drawloom::runtime::interface::Value>(name: &str, program: impl Fn(&Sim) -> T + Send + Sync) -> Report<T> {
    let before = Instant::now();
    let report = Checker::exhaustive().engine(Engine::TraceTree).run(program);
    let (executions, transitions) = (report.executions(), report.transitions());
    println!("{name}: {executions} executions, {transitions} transitions, {:?}", before.elapsed());
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.states(), 0);
    report
}

/// The numbers that the same programs have as scenarios.
#[test]
fn known_closures_have_known_numbers_of_traces() {
    for (threads, known) in [(2, 4), (3, 36), (4, 576), (5, 14_400)] {
        assert_eq!(traces(&format!("lost({threads})"), |rt| lost(rt, threads, false)).executions(), known);
    }
    for (threads, known) in [(3, 6), (5, 120), (6, 720)] {
        assert_eq!(traces(&format!("mutex({threads})"), |rt| lost(rt, threads, true)).executions(), known);
    }
    for (count, known) in [(3, 7), (5, 31), (8, 255)] {
        assert_eq!(traces(&format!("philosophers({count})"), |rt| philosophers(rt, count)).executions(), known);
    }
    assert_eq!(traces("readers(8)", |rt| readers(rt, 8)).executions(), 256);
}

#[test]
fn what_a_search_over_traces_finds_is_told_as_ever() {
    let report = traces("lost(3)", |rt| lost(rt, 3, false));
    assert_eq!(report.outcomes(), [0, 1, 2]);
    let schedule = report.schedule_of(&2).expect("all but one are lost").to_string();
    assert_eq!(Checker::replay(&schedule).run(|rt| lost(rt, 3, false)).outcomes(), [2]);
    let failure = traces("philosophers(3)", |rt| philosophers(rt, 3)).unwrap_failure();
    assert!(failure.what.starts_with("deadlock: ") && failure.simplest, "{}", failure.what);
}

#[test]
fn a_search_over_traces_without_end_stops_at_its_bounds() {
    let report = Checker::exhaustive().engine(Engine::TraceTree).steps(50).run(|rt| {
        let flag = rt.variable("flag", false);
        let (other, waits) = (flag.clone(), flag);
        let setter = rt.spawn("setter", move |_| other.set(true));
        while !waits.get() {}
        setter.join().unwrap();
    });
    assert!(!report.is_complete() && report.failure().is_none(), "{report}");
}
