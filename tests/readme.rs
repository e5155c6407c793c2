//! Do threads without a lock lose updates, and do two locks in opposite orders end well?

use drawloom::{Checker, JoinHandle, Lock, Runtime, Variable};

fn countdown<R: Runtime>(rt: &R, threads: usize) -> i64 {
    let data = rt.variable("data", threads as i64);
    let workers: Vec<_> = (0..threads)
        .map(|i| {
            let data = data.clone();
            rt.spawn(format!("worker-{i}"), move |rt| {
                let temp = data.get();
                rt.sleep(rt.uniform(0.0, 1.0));
                data.set(temp - 1);
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    data.get()
}

#[test]
fn five_threads_lose_updates() {
    let report = Checker::exhaustive().run(|rt| countdown(rt, 5)).unwrap();
    assert_eq!(report.outcomes(), [0, 1, 2, 3, 4]);
}

pub fn opposite<R: Runtime>(rt: &R) {
    let (left, right) = (rt.lock("left"), rt.lock("right"));
    let pairs = [("ann", left.clone(), right.clone()), ("bob", right, left)];
    let workers = pairs.map(|(name, first, second)| {
        rt.spawn(name, move |_| {
            let _first = first.hold();
            let _second = second.hold();
        })
    });
    for worker in workers {
        worker.join().unwrap();
    }
}

#[test]
#[should_panic(expected = "deadlock")]
fn opposite_orders_end_well() {
    Checker::exhaustive().without_regressions().run(opposite).unwrap();
}
