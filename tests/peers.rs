//! Do other checkers agree? The same programs under shuttle's and loom's threads.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use drawloom::runtime::loom_kit::Loom;
use drawloom::runtime::shuttle_kit::Shuttle;
use drawloom::{Checker, Condition, Event, JoinHandle, Lock, Queue, Runtime, Variable};

fn lost<R: Runtime>(rt: &R) -> u32 {
    let count = rt.variable("count", 0);
    let workers = ["ann", "bob"].map(|name| {
        let count = count.clone();
        rt.spawn(name, move |_| {
            let seen = count.get();
            count.set(seen + 1);
        })
    });
    for worker in workers {
        worker.join().unwrap();
    }
    count.get()
}

fn locked<R: Runtime>(rt: &R) -> u32 {
    let (count, lock) = (rt.variable("count", 0), rt.lock("lock"));
    let workers = ["ann", "bob"].map(|name| {
        let (count, lock) = (count.clone(), lock.clone());
        rt.spawn(name, move |_| {
            let _held = lock.hold();
            count.set(count.get() + 1);
        })
    });
    for worker in workers {
        worker.join().unwrap();
    }
    count.get()
}

fn tried<R: Runtime>(rt: &R) -> u32 {
    let lock = rt.lock("lock");
    let other = lock.clone();
    let child = rt.spawn("child", move |_| other.try_acquire());
    let mine = lock.try_acquire();
    u32::from(mine) * 2 + u32::from(child.join().unwrap())
}

fn handed_over<R: Runtime>(rt: &R) -> u32 {
    let (queue, event) = (rt.queue::<u32>("queue", 1), rt.event("event"));
    let (inbox, done) = (queue.clone(), event.clone());
    rt.spawn("consumer", move |_| {
        let sum = inbox.get() + inbox.get();
        assert_eq!(sum, 3);
        done.set();
    });
    queue.put(1);
    queue.put(2);
    event.wait();
    queue.len() as u32
}

fn notified<R: Runtime>(rt: &R) -> u32 {
    let (condition, ready) = (rt.condition("condition"), rt.variable("ready", false));
    let (other, flag) = (condition.clone(), ready.clone());
    let waiter = rt.spawn("waiter", move |_| {
        let _held = other.hold();
        other.wait_until(|| flag.get());
        1
    });
    {
        let _held = condition.hold();
        ready.set(true);
        condition.notify_all();
    }
    waiter.join().unwrap()
}

fn by_shuttle(program: fn(&Shuttle) -> u32) -> BTreeSet<u32> {
    let found = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = found.clone();
    let once = move || {
        let gave = Shuttle::run(program);
        seen.lock().unwrap().insert(gave);
    };
    shuttle::check_random(once, 300);
    found.lock().unwrap().clone()
}

fn by_loom(program: fn(&Loom) -> u32) -> BTreeSet<u32> {
    let found = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = found.clone();
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(move || {
        let gave = Loom::run(program);
        seen.lock().unwrap().insert(gave);
    });
    found.lock().unwrap().clone()
}

macro_rules! agree {
    ($($program:ident)*) => {
        $(
            #[test]
            fn $program() {
                let all: BTreeSet<u32> = Checker::exhaustive().run(super::$program).unwrap().outcomes().into_iter().collect();
                let (shuttle, loom) = (by_shuttle(super::$program), by_loom(super::$program));
                // Shuttle samples and loom leaves things out: what they find is a lower bound, and here it is everything.
                assert_eq!(shuttle, all, "shuttle");
                assert_eq!(loom, all, "loom");
            }
        )*
    };
}

mod all_three_agree_on {
    use super::*;
    agree! { lost locked tried handed_over notified }
}
