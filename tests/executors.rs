//! Do executors, thread-local values and conditions on one lock do what they promise, in every world and with every search?

use std::collections::BTreeSet;
use std::time::Duration;

use drawloom::check::verdict::Verdict;
use drawloom::{Checker, Condition, Engine, Event, Executors, Failure, JoinHandle, Lock, Os, Panic, Queue, Runtime, Sim, Value, Variable};

/// What a program can give, by both engines and without any reduction, which have to agree.
fn outcomes<T: Value + Ord>(program: impl Fn(&Sim) -> T + Send + Sync) -> BTreeSet<T> {
    let graph = Checker::exhaustive().run(&program);
    assert!(graph.is_complete(), "{graph}");
    let all: BTreeSet<T> = graph.outcomes().into_iter().collect();
    let plain = Checker::exhaustive().reduction(false).run(&program);
    let traces = Checker::exhaustive().engine(Engine::TraceTree).run(&program);
    for report in [&plain, &traces] {
        assert!(report.is_complete(), "{report}");
        assert_eq!((report.outcomes().into_iter().collect(), report.deadlocks()), (all.clone(), graph.deadlocks()));
    }
    eprintln!("{} states, {} without reduction", graph.states(), plain.states());
    all
}

fn panicked(message: &str) -> Failure {
    Failure::Panicked(Panic { message: message.to_owned() })
}

/// Asks executors for everything that has one answer only.
fn tour<R: Runtime>(rt: &R) {
    results(rt);
    cancelling(rt);
    order(rt);
}

fn results<R: Runtime>(rt: &R) {
    let executor = rt.executor("pool", 1);
    let (fine, bad) = (executor.submit(|_| 1), executor.submit(|_| -> u32 { panic!("bad") }));
    assert_eq!((fine.result(), bad.result()), (Ok(1), Err(panicked("bad"))));
    assert_eq!((fine.is_done(), fine.cancel(), fine.result_timeout(Duration::ZERO)), (true, false, Some(Ok(1))));
    let names = executor.map([1, 2], |rt, number| format!("{number} by {}", rt.thread_name()));
    assert_eq!(names.map(Result::unwrap).collect::<Vec<_>>(), ["1 by pool_0", "2 by pool_0"]);
    let mixed = executor.map([0, 1, 2], |_, number| 6 / number);
    assert_eq!(mixed.collect::<Vec<_>>(), [Err(panicked("attempt to divide by zero"))]);
}

fn cancelling<R: Runtime>(rt: &R) {
    let (gate, begun, told) = (rt.event("gate"), rt.event("begun"), rt.queue("told", 0));
    let executor = rt.executor("pool", 1);
    let (waits, begins, tells) = (gate.clone(), begun.clone(), told.clone());
    let first = executor.submit(move |_| {
        begins.set();
        waits.wait();
    });
    let (second, third) = (executor.submit(|_| 2), executor.submit(|_| 3));
    assert!(second.cancel() && second.cancel() && second.is_done());
    third.add_done_callback(move |rt, future| tells.put((rt.thread_name(), future.result())));
    assert_eq!(third.result_timeout(Duration::ZERO), None);
    begun.wait();
    executor.shutdown(false, true);
    gate.set();
    assert_eq!((second.result(), third.result()), (Err(Failure::Cancelled), Err(Failure::Cancelled)));
    assert_eq!(told.get(), ("main".to_owned(), Err(Failure::Cancelled)));
    assert_eq!(first.result(), Ok(()));
    executor.shutdown(true, false);
}

fn order<R: Runtime>(rt: &R) {
    let told = rt.queue("told", 0);
    {
        let executor = rt.executor("pool", 2);
        let ready = rt.event("ready");
        let gate = ready.clone();
        let future = executor.submit(move |_| gate.wait());
        for number in [1, 2, 3] {
            let tells = told.clone();
            future.add_done_callback(move |_, _| {
                assert!(number != 2, "nobody hears of this");
                tells.put(number);
            });
        }
        ready.set();
    }
    // The executor was dropped: its workers are through.
    assert_eq!((told.get(), told.get(), told.is_empty()), (1, 3, true));
}

#[test]
fn the_tour_on_real_threads() {
    for _ in 0..20 {
        Os::run(tour);
    }
}

#[test]
fn the_tour_in_every_interleaving() {
    for part in [results, cancelling, order] {
        let report = Checker::exhaustive().run(part).unwrap();
        assert_eq!(report.verdict(), Verdict::Proved);
        eprintln!("{} states", report.states());
    }
}

#[test]
fn whoever_comes_second_finds_the_executor_shut() {
    let give_up = |rt: &Sim| {
        let executor = rt.executor("pool", 1);
        let pool = executor.pool();
        let child = rt.spawn("child", move |_| pool.submit(|_| 1).result());
        executor.shutdown(true, false);
        child.join().map_err(|panic| panic.message)
    };
    let late = Err("work is submitted to pool after its shutdown".to_owned());
    assert_eq!(outcomes(give_up), BTreeSet::from([Ok(Ok(1)), late]));
}

#[test]
fn a_worker_does_not_wait_for_itself() {
    let found = outcomes(|rt| {
        let executor = rt.executor("pool", 1);
        let pool = executor.pool();
        executor.submit(move |_| pool.shutdown(true, false)).result()
    });
    assert_eq!(found, BTreeSet::from([Err(panicked("a worker of pool waits for the end of all its workers"))]));
    let found = outcomes(|rt| {
        let executor = rt.executor("pool", 1);
        let pool = executor.pool();
        // The work is the last to know the executor.
        pool.submit(move |_| drop(executor)).result()
    });
    assert_eq!(found, BTreeSet::from([Ok(())]));
}

#[test]
fn work_that_waits_for_work_deadlocks_if_it_has_no_worker() {
    let nested = |workers| {
        move |rt: &Sim| {
            let executor = rt.executor("pool", workers);
            let pool = executor.pool();
            executor.submit(move |_| pool.submit(|_| 1).result().map(|number| number + 1)).result()
        }
    };
    let report = Checker::exhaustive().run(nested(1));
    assert!(report.deadlocks() && report.outcomes().is_empty());
    let failure = report.unwrap_failure();
    assert!(failure.story.contains("pool_0 waits for pool[1].done"), "{}", failure.story);
    assert_eq!(outcomes(nested(2)), BTreeSet::from([Ok(Ok(2))]));
}

#[test]
fn what_work_knows_is_told_apart_though_whoever_submitted_it_is_gone() {
    let program = |rt: &Sim| {
        let (shared, executor) = (rt.variable("shared", 0), rt.executor("pool", 1));
        // The only worker has to wait until the child is gone.
        let gone = rt.event("gone");
        let waits = gone.clone();
        executor.submit(move |_| waits.wait());
        let (read, pool) = (shared.clone(), executor.pool());
        let child = rt.spawn("child", move |_| {
            let seen = read.get();
            pool.submit(move |rt| rt.print(seen)).add_done_callback(move |rt, _| rt.print(10 + seen));
        });
        shared.set(1);
        child.join().unwrap();
        gone.set();
    };
    for checker in [Checker::exhaustive(), Checker::exhaustive().reduction(false)] {
        let report = checker.run(program).unwrap();
        assert_eq!(report.outputs(), ["0\n10\n", "1\n11\n"]);
    }
}

#[test]
fn a_panic_beside_an_executor_leaves_nobody_waiting() {
    let report = Checker::exhaustive().run(|rt| {
        let (executor, done) = (rt.executor("pool", 2), rt.variable("done", 0));
        let counts = done.clone();
        executor.submit(move |_| counts.set(1));
        panic!("on purpose");
    });
    assert!(!report.deadlocks(), "{report}");
    assert_eq!(report.unwrap_failure().what, "panic in main: on purpose");
}

#[test]
fn an_executor_may_be_given_to_a_thread_that_never_begins() {
    let report = Checker::exhaustive().run(|rt| {
        let executor = rt.executor("pool", 1);
        rt.spawn_daemon("daemon", move |_| executor.submit(|_| 1).result());
    });
    assert!(report.is_complete() && !report.deadlocks(), "{report}");
}

#[test]
fn a_worker_is_started_only_if_none_is_idle() {
    let found = outcomes(|rt| {
        let executor = rt.executor("pool", 2);
        let first = executor.submit(|rt| rt.thread_name()).result().unwrap();
        (first, executor.submit(|rt| rt.thread_name()).result().unwrap())
    });
    // The first worker is idle only after its result can be had.
    let by = |number: u32| ("pool_0".to_owned(), format!("pool_{number}"));
    assert_eq!(found, BTreeSet::from([by(0), by(1)]));
}

#[test]
fn every_thread_has_its_own_value() {
    let found = outcomes(|rt| {
        let own = rt.local("own", None);
        let threads = [1, 2].map(|number| {
            let own = own.clone();
            rt.spawn(format!("thread {number}"), move |rt| {
                let before = own.get();
                own.set(Some(number));
                (before, own.get(), rt.thread_name())
            })
        });
        (threads.map(|thread| thread.join().unwrap()), own.get(), rt.thread_name())
    });
    let seen = |number| (None, Some(number), format!("thread {number}"));
    assert_eq!(found, BTreeSet::from([([seen(1), seen(2)], None, "main".to_owned())]));
}

/// Two conditions on one lock: who waits on one is not woken by a notify of the other.
fn conditions<R: Runtime>(rt: &R) -> (bool, bool) {
    let lock = rt.lock("lock");
    let (left, right) = (rt.condition_on("left", &lock), rt.condition_on("right", &lock));
    let (ready, other) = (rt.event("ready"), left.clone());
    let (gate, shared) = (ready.clone(), lock.clone());
    let waiter = rt.spawn("waiter", move |_| {
        let _held = shared.hold();
        gate.set();
        other.wait();
    });
    ready.wait();
    let free = {
        let _held = lock.hold();
        right.notify_all();
        lock.is_locked() && !lock.try_acquire()
    };
    let still = !waiter.is_finished();
    left.acquire();
    left.notify_one();
    left.release();
    waiter.join().unwrap();
    (free, still)
}

/// The same with a re-entrant lock.
fn held_twice<R: Runtime>(rt: &R) -> bool {
    let lock = rt.rlock("lock");
    let condition = rt.condition_on_rlock("condition", &lock);
    let _once = lock.hold();
    let _twice = condition.hold();
    let (other, ready) = (condition.clone(), rt.variable("ready", false));
    let flag = ready.clone();
    rt.spawn("notifier", move |_| {
        let _held = other.hold();
        flag.set(true);
        other.notify_one();
    });
    condition.wait_until(|| ready.get());
    lock.is_locked()
}

#[test]
fn conditions_share_a_lock() {
    assert_eq!(outcomes(conditions), BTreeSet::from([(true, true)]));
    assert_eq!(outcomes(held_twice), BTreeSet::from([true]));
    for _ in 0..20 {
        assert_eq!(Os::run(conditions), (true, true));
        assert!(Os::run(held_twice));
    }
    let failure = Checker::exhaustive().run(|rt| rt.condition_on("condition", &rt.lock("lock")).wait()).unwrap_failure();
    assert_eq!(failure.what, "panic in main: cannot wait on un-acquired lock");
}
