//! Is a program the same in every world? Real threads end as the checker says, and every primitive does what it promises.

use std::time::Duration;

use drawloom::check::verdict::Verdict;
use drawloom::{
    Barrier, Broken, Checker, Condition, Delay, Empty, Event, Full, JoinHandle, Lock, Os, Queue, Runtime, Semaphore, Timer, Variable,
};

/// Asks every primitive for everything that has one answer only.
fn tour<R: Runtime>(rt: &R) {
    locks(rt);
    semaphores_and_events(rt);
    queues(rt);
    waiting(rt);
    threads(rt);
}

fn locks<R: Runtime>(rt: &R) {
    let (lock, rlock) = (rt.lock("lock"), rt.rlock("rlock"));
    assert!(lock.try_acquire() && lock.is_locked());
    assert!(!lock.try_acquire() && lock.try_hold().is_none());
    let other = lock.clone();
    rt.spawn("releaser", move |_| other.release()).join().unwrap();
    assert!(!lock.is_locked());
    {
        let _once = rlock.hold();
        let _twice = rlock.hold();
        let other = rlock.clone();
        assert!(!rt.spawn("rival", move |_| other.try_acquire()).join().unwrap());
    }
    assert!(!rlock.is_locked());
}

fn semaphores_and_events<R: Runtime>(rt: &R) {
    let (open, bounded) = (rt.semaphore("open", 1), rt.bounded_semaphore("bounded", 1));
    open.acquire();
    assert!(!open.try_acquire());
    open.release_many(3);
    assert_eq!((open.permits(), bounded.permits()), (3, 1));
    bounded.acquire();
    bounded.release();
    let event = rt.event("event");
    let other = event.clone();
    let waiter = rt.spawn("waiter", move |_| other.wait());
    event.set();
    waiter.join().unwrap();
    assert!(event.is_set() && event.wait_timeout(Duration::from_secs(100)));
    event.clear();
    assert!(!event.is_set());
}

fn queues<R: Runtime>(rt: &R) {
    let (fifo, lifo, smallest) = (rt.queue("fifo", 2), rt.lifo_queue("lifo", 0), rt.priority_queue("smallest", 0));
    for item in [2, 1, 3] {
        let _ = fifo.try_put(item);
        lifo.put(item);
        smallest.put(item);
    }
    assert!(fifo.is_full() && fifo.len() == 2);
    assert_eq!(fifo.try_put(4), Err(Full(4)));
    assert_eq!([fifo.get(), fifo.get()], [2, 1]);
    assert_eq!([lifo.get(), lifo.get(), lifo.get()], [3, 1, 2]);
    assert_eq!([smallest.get(), smallest.get(), smallest.get()], [1, 2, 3]);
    assert_eq!(fifo.try_get(), Err(Empty));
    let work = fifo.clone();
    rt.spawn("worker", move |_| {
        while work.get() > 0 {
            work.task_done();
        }
    });
    fifo.task_done();
    fifo.task_done();
    fifo.put(7);
    fifo.join();
    fifo.put(0);
    let simple = rt.simple_queue("simple");
    simple.put("text".to_owned());
    assert!(!simple.is_full() && !simple.is_empty());
    assert_eq!(simple.get(), "text");
}

fn waiting<R: Runtime>(rt: &R) {
    let (condition, ready) = (rt.condition("condition"), rt.variable("ready", false));
    let (other, flag) = (condition.clone(), ready.clone());
    let waiter = rt.spawn("waiter", move |_| {
        let _held = other.hold();
        other.wait_until(|| flag.get());
    });
    {
        let _held = condition.hold();
        ready.set(true);
        condition.notify_all();
    }
    waiter.join().unwrap();
    let barrier = rt.barrier("barrier", 2);
    let other = barrier.clone();
    let partner = rt.spawn("partner", move |_| other.wait().unwrap());
    let mine = barrier.wait().unwrap();
    assert_eq!(mine + partner.join().unwrap(), 1);
    barrier.abort();
    assert!(barrier.is_broken());
    assert_eq!(barrier.wait(), Err(Broken));
    barrier.reset();
    assert_eq!((barrier.is_broken(), barrier.waiting()), (false, 0));
}

fn threads<R: Runtime>(rt: &R) {
    let ran = rt.variable("ran", 0);
    let (once, never) = (ran.clone(), ran.clone());
    let short = rt.timer("short", 0.001, move |_| once.set(once.get() + 1));
    short.join().unwrap();
    short_of_time(rt, move |_| never.set(100));
    assert_eq!(ran.get(), 1);
    let panics = rt.spawn("panics", |_| -> u8 { panic!("on purpose") });
    assert_eq!(panics.join().unwrap_err().message, "on purpose");
    let slow = rt.spawn("slow", |rt| {
        rt.sleep(Delay::between(0.0, 0.002));
        rt.choice(1)
    });
    assert_eq!(slow.join(), Ok(0));
    rt.print("done");
}

fn short_of_time<R: Runtime>(rt: &R, function: impl FnOnce(&R) + Send + 'static) {
    let (gate, other) = (rt.event("gate"), rt.variable("cancelled", ()));
    let waits = gate.clone();
    // The timer's own function waits as well: it can never run before it is cancelled.
    let long = rt.timer("long", Duration::from_secs(1_000), move |rt| {
        waits.wait();
        function(rt);
    });
    long.cancel();
    other.set(());
    drop(gate);
}

fn retry<R: Runtime>(rt: &R) -> u32 {
    let (ready, tries) = (rt.event("ready"), rt.variable("tries", 0));
    let (signal, count) = (ready.clone(), tries.clone());
    let client = rt.spawn("client", move |_| {
        while !ready.wait_timeout(Duration::from_millis(10)) {
            count.set(count.get() + 1);
            if count.get() == 3 {
                return false;
            }
        }
        true
    });
    rt.sleep(0.015);
    signal.set();
    client.join().unwrap();
    tries.get()
}

#[test]
fn the_tour_on_real_threads() {
    for _ in 0..20 {
        Os::run(tour);
    }
}

#[test]
fn the_tour_in_every_interleaving() {
    for part in [locks, semaphores_and_events, queues, waiting] {
        let report = Checker::exhaustive().run(part).unwrap();
        assert_eq!(report.verdict(), Verdict::Proved);
    }
    let report = Checker::exhaustive().timed().run(threads);
    assert!(report.is_complete() && !report.deadlocks());
    let panics: Vec<_> = report.endings().iter().flat_map(|ended| &ended.panics).map(|(name, _)| name.as_str()).collect();
    assert!(panics.iter().all(|name| *name == "panics"), "{panics:?}");
    assert_eq!(report.outputs(), ["done\n"]);
}

#[test]
fn real_threads_end_as_the_checker_says() {
    let allowed = Checker::exhaustive().run(retry).unwrap().outcomes();
    assert_eq!(allowed, [0, 1, 2, 3]);
    for _ in 0..5 {
        assert!(allowed.contains(&Os::run(retry)));
    }
    assert_eq!(Checker::exhaustive().timed().run(retry).unwrap().outcomes(), [1]);
}

#[test]
fn a_program_waits_for_its_threads_but_not_for_daemons() {
    let (ended, probe) = std::sync::mpsc::channel();
    Os::run(move |rt| {
        rt.spawn_daemon("daemon", |rt| rt.event("never").wait());
        rt.spawn("slow", move |rt| {
            rt.sleep(0.01);
            ended.send(()).unwrap();
        });
    });
    assert_eq!(probe.try_recv(), Ok(()));
}
