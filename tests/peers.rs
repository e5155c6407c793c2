//! Do other checkers agree? The same programs under shuttle's and loom's threads, the notes' programs among them.

#[expect(dead_code, reason = "some of the programs are only asked how their scenarios end")]
mod notes;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use drawloom::runtime::kit::Kit;
use drawloom::runtime::loom_kit::{Loom, LoomKit};
use drawloom::runtime::shuttle_kit::{Shuttle, ShuttleKit};
use drawloom::step::clock::Clock;
use drawloom::{
    Barrier, Checker, Condition, Crew, Event, Executors, Failure, JoinHandle, Lock, Os, Panic, Queue, Runtime, Semaphore, Sim, Timer,
    Variable,
};
use shuttle::scheduler::DfsScheduler;

use crate::notes::world::{End, World, in_rust, run_once};

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

fn keeps_panics<R: Runtime>(rt: &R) -> u32 {
    let executor = rt.executor("pool", 1);
    let (bad, fine) = (executor.submit(|_| -> u32 { panic!("on purpose") }), executor.submit(|_| 1));
    let Err(Failure::Panicked(panic)) = bad.result() else { return 0 };
    assert_eq!(panic.message, "on purpose");
    fine.result().unwrap()
}

/// Two that lose an update, as a crew: the count, and what they saw.
fn lost_by_a_crew<R: Runtime>(rt: &R) -> u32 {
    let count = rt.variable("count", 0);
    let visits = count.clone();
    let visitors = rt.spawn_crew("visitor", 2, move |_| {
        let seen = visits.get();
        visits.set(seen + 1);
        seen
    });
    let seen = visitors.join().unwrap();
    count.get() * 100 + seen[0] * 10 + seen[1]
}

/// A crew, and main with it.
fn tried_by_a_crew<R: Runtime>(rt: &R) -> u32 {
    let lock = rt.lock("lock");
    let shared = lock.clone();
    let crew = rt.spawn_crew("member", 2, move |_| shared.try_acquire());
    let mine = lock.try_acquire();
    u32::from(mine) * 10 + crew.join().unwrap().into_iter().map(u32::from).sum::<u32>()
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
                assert!(all.contains(&Os::run(super::$program)), "real threads");
            }
        )*
    };
}

mod all_three_agree_on {
    use super::*;
    agree! { lost locked tried handed_over notified keeps_panics lost_by_a_crew tried_by_a_crew }
}

/// How far another checker comes with a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Far {
    /// It follows every execution that there is for it.
    Through,
    /// It is stopped after the first few executions.
    Short,
    /// It finds a deadlock, and does not go on after that.
    Deadlock,
}

impl Far {
    /// As many executions it gets to come so far. Whoever wants to know who comes how far with more, sets `PEERS_EXECUTIONS`.
    fn executions(self) -> usize {
        let asked = std::env::var("PEERS_EXECUTIONS").ok().and_then(|number| number.parse().ok());
        asked.unwrap_or(if self == Far::Short { 1_500 } else { 400_000 })
    }
}

/// How far a search comes, and the ends it finds.
fn searched(search: impl FnOnce(Arc<Mutex<BTreeSet<End>>>) -> bool) -> (Far, BTreeSet<End>) {
    let found: Arc<Mutex<BTreeSet<End>>> = Arc::default();
    let seen = found.clone();
    let far = match panics(|| search(seen)) {
        Ok(true) => Far::Through,
        Ok(false) => Far::Short,
        Err(message) => {
            assert!(message.starts_with("deadlock"), "{message}");
            Far::Deadlock
        }
    };
    let found = found.lock().unwrap().clone();
    (far, found)
}

fn panics<T>(what: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(what)).map_err(|payload| Panic::of(&*payload).message)
}

fn keeps<K: Kit>(seen: Arc<Mutex<BTreeSet<End>>>, program: fn(&World<K>) -> String) -> impl Fn() + Send + Sync {
    move || {
        let end = run_once(program);
        seen.lock().unwrap().insert(end);
    }
}

/// Shuttle's depth-first search, which leaves nothing out.
fn depth_first(program: fn(&World<ShuttleKit>) -> String, most: usize) -> (Far, BTreeSet<End>) {
    searched(|seen| {
        let runner = shuttle::Runner::new(DfsScheduler::new(Some(most), false), shuttle::Config::default());
        runner.run(keeps(seen, program)) < most
    })
}

/// Executions that shuttle draws.
fn drawn(program: fn(&World<ShuttleKit>) -> String) -> BTreeSet<End> {
    let (_, found) = searched(|seen| {
        shuttle::check_random(keeps(seen, program), 300);
        true
    });
    found
}

/// Loom's search, which leaves something out.
fn branched(program: fn(&World<LoomKit>) -> String, most: usize) -> (Far, BTreeSet<End>) {
    searched(|seen| {
        let executions = Arc::new(Mutex::new(0));
        let (count, once) = (executions.clone(), keeps(seen, program));
        let mut model = loom::model::Builder::new();
        (model.max_permutations, model.checkpoint_interval) = (Some(most), most);
        model.check(move || {
            *count.lock().unwrap() += 1;
            once();
        });
        let executions = *executions.lock().unwrap();
        executions + 1 < most
    })
}

/// The ends that others find are ends; where they leave nothing out, they find them all.
fn notes_agree(far: [Far; 2], sim: fn(&Sim) -> String, shuttle: fn(&World<ShuttleKit>) -> String, loom: fn(&World<LoomKit>) -> String) {
    let all = in_rust(Checker::exhaustive(), sim, Clock::Untimed);
    let (by_depth, by_draws, by_branches) =
        (depth_first(shuttle, far[0].executions()), drawn(shuttle), branched(loom, far[1].executions()));
    assert!(by_draws.is_subset(&all), "shuttle's draws");
    assert!(by_depth.1.is_subset(&all), "shuttle");
    assert!(by_branches.1.is_subset(&all), "loom");
    if by_depth.0 == Far::Through {
        assert_eq!(by_depth.1, all, "shuttle");
    }
    for (name, found) in [("shuttle", &by_depth), ("loom", &by_branches)] {
        assert_eq!(found.0 == Far::Deadlock, found.0 == Far::Deadlock && all.iter().any(|end| end.0), "{name}");
    }
    eprintln!("of {}: shuttle {:?} {}, by draws {}", all.len(), by_depth.0, by_depth.1.len(), by_draws.len());
    eprintln!("of {}: loom {:?} {}", all.len(), by_branches.0, by_branches.1.len());
    assert_eq!([by_depth.0, by_branches.0], far, "how far shuttle and loom come");
}

/// How far shuttle's depth-first search comes, and loom's.
macro_rules! notes {
    ($($name:ident of $module:path: $shuttle:ident, $loom:ident;)*) => {
        $(
            #[test]
            fn $name() {
                use $module as notes;
                super::notes_agree([Far::$shuttle, Far::$loom], notes::$name, notes::$name, notes::$name);
            }
        )*
    };
}

/// Main and one more thread: so much shuttle's depth-first search gets through.
mod small {
    use drawloom::{Executors, JoinHandle, Lock, Runtime, Variable};

    /// Program 1, by main and one more.
    pub fn lost_update<R: Runtime>(rt: &R) -> String {
        let data = rt.variable("data", 2);
        let other = data.clone();
        let child = rt.spawn("child", move |_| other.set(other.get() - 1));
        data.set(data.get() - 1);
        child.join().unwrap();
        data.get().to_string()
    }

    /// Program 2, by main and one more.
    pub fn mutex<R: Runtime>(rt: &R) -> String {
        let (data, lock) = (rt.variable("data", 2), rt.lock("lock"));
        let (other, shared) = (data.clone(), lock.clone());
        let child = rt.spawn("child", move |_| {
            let _held = shared.hold();
            other.set(other.get() - 1);
        });
        {
            let _held = lock.hold();
            data.set(data.get() - 1);
        }
        child.join().unwrap();
        data.get().to_string()
    }

    /// Who is first takes the lock for good.
    pub fn tried<R: Runtime>(rt: &R) -> String {
        super::tried(rt).to_string()
    }

    /// Program 14, by main and one more.
    pub fn own_value<R: Runtime>(rt: &R) -> String {
        let own = rt.local("own", 0);
        let other = own.clone();
        let child = rt.spawn("child", move |_| {
            other.set(1);
            other.get()
        });
        own.set(2);
        format!("{} {}", own.get(), child.join().unwrap())
    }

    /// Program 18 with one piece of work.
    pub fn result<R: Runtime>(rt: &R) -> String {
        let executor = rt.executor("pool", 1);
        format!("{:?}", executor.submit(|_| 1).result())
    }
}

mod small_ones_agree {
    use super::Far;
    notes! {
        lost_update of crate::small: Through, Through;
        mutex of crate::small: Through, Through;
        tried of crate::small: Through, Through;
        own_value of crate::small: Through, Through;
        result of crate::small: Short, Through;
    }
}

mod notes_agree_on {
    use super::Far;
    notes! {
        lost_update_two of crate::notes: Through, Through;
        mutex_two of crate::notes: Through, Through;
        opposite_orders of crate::notes: Short, Deadlock;
        same_order of crate::notes: Short, Through;
        one_rlock of crate::notes: Short, Through;
        two_rlocks of crate::notes: Short, Deadlock;
        one_plain_lock of crate::notes: Deadlock, Deadlock;
        semaphore of crate::notes: Short, Short;
        notify of crate::notes: Deadlock, Deadlock;
        predicate_one of crate::notes: Short, Through;
        timer of crate::notes: Through, Through;
        fifo of crate::notes: Through, Through;
        lifo of crate::notes: Through, Through;
        priority of crate::notes: Through, Through;
        thread_local of crate::notes::executors: Short, Through;
        executor_init of crate::notes::executors: Through, Through;
        results of crate::notes::executors: Short, Short;
        shutdown_one of crate::notes::executors: Short, Through;
        shutdown_two of crate::notes::executors: Short, Short;
        map_two of crate::notes::executors: Short, Short;
        callback_one of crate::notes::executors: Short, Through;
        callback_two of crate::notes::executors: Short, Short;
        nested of crate::notes::executors: Deadlock, Deadlock;
    }
}

/// Programs with chance: shuttle draws it, its depth-first search and loom refuse it.
macro_rules! with_chance {
    ($($name:ident of $module:path;)*) => {
        $(
            #[test]
            fn $name() {
                use $module as notes;
                let all = super::in_rust(super::Checker::exhaustive(), notes::$name, super::Clock::Untimed);
                let found = super::drawn(notes::$name);
                assert!(found.is_subset(&all) && !found.is_empty());
                let refused = super::panics(|| super::depth_first(notes::$name, 2)).unwrap_err();
                assert!(refused.contains("requested random data from DFS scheduler"), "{refused}");
                let refused = super::panics(|| super::branched(notes::$name, 2)).unwrap_err();
                assert!(refused.contains("loom knows no chance"), "{refused}");
            }
        )*
    };
}

mod shuttle_draws {
    with_chance! {
        retry of crate::notes;
        sentinel of crate::notes;
        joinable of crate::notes;
        joinable_fixed of crate::notes;
        recycled of crate::notes::executors;
    }
}

/// Waits for everything in vain, and gives up in time.
fn gives_up<R: Runtime>(rt: &R) {
    let soon = Duration::from_millis(1);
    let (lock, rlock, semaphore, event) = (rt.lock("lock"), rt.rlock("rlock"), rt.semaphore("semaphore", 0), rt.event("event"));
    lock.acquire();
    assert!(!lock.acquire_timeout(soon) && rlock.acquire_timeout(soon));
    assert!(!semaphore.acquire_timeout(soon) && !event.wait_timeout(soon));
    let condition = rt.condition_on("condition", &lock);
    assert!(!condition.wait_timeout(soon));
    assert!(rt.barrier("barrier", 2).wait_timeout(soon).is_err());
    for queue in [rt.queue("fifo", 1), rt.lifo_queue("lifo", 1), rt.priority_queue("smallest", 1)] {
        assert!(queue.get_timeout(soon).is_err() && queue.put_timeout(1, soon).is_ok() && queue.put_timeout(2, soon).is_err());
    }
    assert!(rt.simple_queue::<u32>("simple").get_timeout(soon).is_err());
    let executor = rt.executor("pool", 1);
    let (gate, other) = (event.clone(), event.clone());
    let (thread, future) = (rt.spawn("thread", move |_| gate.wait()), executor.submit(move |_| other.wait()));
    assert_eq!(future.result_timeout(soon), None);
    let thread = thread.join_timeout(soon).expect_err("it waits for the event");
    let timer = rt.timer("timer", soon, |_| ());
    timer.cancel();
    event.set();
    thread.join().unwrap();
    timer.join().unwrap();
}

#[test]
fn whoever_waits_with_a_timeout_gives_up_in_every_world() {
    Os::run(gives_up);
    Checker::exhaustive().run(gives_up).unwrap();
    shuttle::check_random(|| Shuttle::run(gives_up), 100);
    shuttle::check_dfs(|| Shuttle::run(gives_up), Some(500));
    let mut model = loom::model::Builder::new();
    (model.max_permutations, model.checkpoint_interval) = (Some(500), 500);
    model.check(|| Loom::run(gives_up));
}

/// Tries again and again, though there is nothing to come.
fn polls<R: Runtime>(rt: &R) {
    let event = rt.event("event");
    while !event.wait_timeout(Duration::from_millis(1)) {}
}

fn asks_for_the_time<R: Runtime>(rt: &R) {
    rt.now();
}

fn starts_five<R: Runtime>(rt: &R) {
    for number in 0..5 {
        rt.spawn(format!("thread {number}"), |_| ());
    }
}

#[test]
fn what_another_checker_cannot_do_is_an_error_that_says_so() {
    let by_shuttle = |program: fn(&Shuttle)| panics(|| shuttle::check_random(move || Shuttle::run(program), 1)).unwrap_err();
    let by_loom = |program: fn(&Loom)| panics(|| loom::model(move || Loom::run(program))).unwrap_err();
    assert_eq!(by_shuttle(asks_for_the_time), "shuttle has no time to be told");
    assert_eq!(by_loom(asks_for_the_time), "loom has no time to be told");
    assert_eq!(by_loom(starts_five), "loom takes 5 threads at most, main included: there is no room for thread 4");
    shuttle::check_random(|| Shuttle::run(starts_five), 1);
    let polling = by_shuttle(polls);
    assert!(polling.starts_with("exceeded max_steps bound"), "{polling}");
    let polling = by_loom(polls);
    assert!(polling.contains("exceeded maximum number of branches"), "{polling}");
}
