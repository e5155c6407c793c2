//! Are equal threads of programs in Rust followed up to an exchange, and does nobody tell them apart?

use std::collections::BTreeSet;
use std::time::Duration;

use drawloom::checker::report::Ended;
use drawloom::{
    Barrier, Checker, Condition, Crew, Engine, Event, Executors, JoinHandle, Lock, Os, Panic, Queue, Report, Runtime, Semaphore, Sim,
    Variable,
};

/// Every thread takes one from the data. As a crew, or each started by itself.
fn taking<R: Runtime>(rt: &R, threads: u32, with_lock: bool, as_crew: bool) -> u32 {
    let (data, lock) = (rt.variable("data", threads), rt.lock("lock"));
    let result = data.clone();
    let take = move |_: &R| {
        let _held = with_lock.then(|| lock.hold());
        data.set(data.get() - 1);
    };
    if as_crew {
        rt.spawn_crew("taker", threads, take).join().unwrap();
    } else {
        let takers: Vec<_> = (0..threads).map(|_| rt.spawn("taker", take.clone())).collect();
        takers.into_iter().for_each(|taker| taker.join().unwrap());
    }
    result.get()
}

fn by<T: drawloom::Value>(engine: Engine, program: impl Fn(&Sim) -> T + Send + Sync) -> Report<T> {
    let report = Checker::exhaustive().without_regressions().engine(engine).run(program);
    assert!(report.is_complete(), "{report}");
    report
}

fn sorted<T: drawloom::Value + Ord>(report: &Report<T>) -> Vec<T> {
    report.outcomes().into_iter().collect::<BTreeSet<T>>().into_iter().collect()
}

#[test]
fn a_lock_is_taken_by_equal_threads_in_one_order() {
    let states = [false, true].map(|as_crew| by(Engine::StateGraph, move |rt| taking(rt, 6, true, as_crew)).states());
    assert_eq!(states, [641, 26]);
    let apart = by(Engine::TraceTree, |rt| taking(rt, 6, true, false));
    let crew = by(Engine::TraceTree, |rt| taking(rt, 6, true, true));
    assert_eq!((apart.executions(), crew.executions()), (720, 1));
    assert_eq!((apart.outcomes(), crew.outcomes()), (vec![0], vec![0]));
    for timed in [Checker::exhaustive().timed(), Checker::exhaustive()] {
        let report = timed.engine(Engine::TraceTree).run(|rt| taking(rt, 6, true, true)).unwrap();
        assert_eq!((report.executions(), report.outcomes()), (1, vec![0]));
    }
}

#[test]
fn lost_updates_are_followed_up_to_an_exchange() {
    let apart = by(Engine::TraceTree, |rt| taking(rt, 5, false, false));
    let crew = by(Engine::TraceTree, |rt| taking(rt, 5, false, true));
    assert_eq!((apart.executions(), crew.executions()), (14_400, LOST_5));
    assert_eq!(sorted(&apart), [0, 1, 2, 3, 4]);
    assert_eq!(sorted(&crew), [0, 1, 2, 3, 4]);
    for outcome in crew.outcomes() {
        let schedule = crew.schedule_of(&outcome).expect("it is an outcome").to_string();
        assert_eq!(Checker::replay(&schedule).run(|rt| taking(rt, 5, false, true)).outcomes(), [outcome]);
    }
}

/// The orbits that the same program has as a scenario.
const LOST_5: u64 = 945;

#[cfg(feature = "scenarios")]
#[test]
fn the_same_scenario_has_as_many_orbits() {
    use drawloom::explore::trace_tree::{Options, TraceTree};
    use drawloom::program::interpreter::{Interpreter, Mode};
    use drawloom::program::read::read_text;
    use drawloom::run::visitor::Flow;
    use drawloom::step::clock::Clock;
    for threads in 2..=5_u32 {
        let text = format!(
            "scenario: lost\nvars: {{data: {threads}}}\nthreads:\n  w: {{count: {threads}, run: \"temp = data\\ndata = temp - 1\"}}\n"
        );
        let scenario = read_text("lost.yaml", &text, None).unwrap_or_else(|found| panic!("{}", found.render(false)));
        let mut interpreter = Interpreter::new(scenario.into(), Mode { clock: Clock::Untimed, keeps_output: true, symmetry: true });
        let tree = TraceTree::explore(&mut interpreter, Options::default(), &mut |_, _, _| Ok(Flow::Continue)).unwrap();
        let crew = by(Engine::TraceTree, |rt| taking(rt, threads, false, true));
        assert_eq!(crew.executions(), tree.executions);
        assert!(threads < 5 || tree.executions == LOST_5);
    }
}

#[test]
fn states_that_differ_by_an_exchange_are_followed_less() {
    for (with_lock, outcomes) in [(false, vec![0, 1, 2, 3, 4]), (true, vec![0])] {
        let apart = by(Engine::StateGraph, |rt| taking(rt, 5, with_lock, false));
        let crew = by(Engine::StateGraph, |rt| taking(rt, 5, with_lock, true));
        assert_eq!([apart.states(), crew.states()], if with_lock { [273, 22] } else { [2_032, 139] });
        assert!(crew.to_string().contains("equal threads exchanged"), "{crew}");
        assert!(!apart.to_string().contains("equal threads exchanged"), "{apart}");
        let one_by_one = Checker::exhaustive().symmetry(false).engine(Engine::StateGraph).run(|rt| taking(rt, 5, with_lock, true));
        assert_eq!(one_by_one.states(), apart.states());
        assert_eq!((sorted(&apart), sorted(&crew)), (outcomes.clone(), outcomes));
    }
}

/// How a program has ended; who of several with one name has panicked is left out.
fn told<T: drawloom::Value>(end: &Ended<T>) -> String {
    let mut panics = end.panics.clone();
    panics.sort();
    format!("{:?}", (&end.ending, &end.gave, &panics, &end.output))
}

/// A program, as a crew and apart, ends alike by either search on either clock; what it gives as a crew is what it gives on
/// real threads, or one of it.
macro_rules! ends_alike {
    ($program:ident) => {{
        let mut ends = BTreeSet::new();
        for engine in [Engine::StateGraph, Engine::TraceTree, Engine::Portfolio] {
            for as_crew in [false, true] {
                let report = by(engine, move |rt| $program(rt, as_crew));
                ends.insert(report.endings().iter().map(told).collect::<BTreeSet<String>>());
                for ended in report.endings() {
                    let again = Checker::replay(&ended.schedule.to_string()).run(move |rt| $program(rt, as_crew));
                    assert_eq!(again.endings(), std::slice::from_ref(ended), "{}", report);
                }
            }
        }
        assert_eq!(ends.len(), 1, "{ends:?}");
        ends.pop_first().unwrap()
    }};
}

/// Threads that do the same: what they give, sorted, or the smallest panic.
fn all<R: Runtime, T: drawloom::Value + Ord>(
    rt: &R,
    count: u32,
    as_crew: bool,
    body: impl Fn(&R) -> T + Clone + Send + Sync + 'static,
) -> Result<Vec<T>, Panic> {
    if as_crew {
        return rt.spawn_crew("one of them", count, body).join();
    }
    let threads: Vec<_> = (0..count).map(|_| rt.spawn("one of them", body.clone())).collect();
    let results: Vec<_> = threads.into_iter().map(JoinHandle::join).collect();
    if let Some(panic) = results.iter().filter_map(|result| result.clone().err()).min() {
        return Err(panic);
    }
    let mut values: Vec<T> = results.into_iter().flatten().collect();
    values.sort();
    Ok(values)
}

fn tickets<R: Runtime>(rt: &R, as_crew: bool) -> Vec<i32> {
    let next = rt.variable("next", 5);
    let ticket = next.clone();
    let body = move |_: &R| {
        let ticket = next.get();
        next.set(ticket - 1);
        ticket
    };
    let mut tickets = all(rt, 3, as_crew, body).unwrap();
    tickets.push(ticket.get());
    tickets
}

#[test]
fn what_a_crew_gives_is_sorted() {
    let ends = ends_alike!(tickets);
    assert!(ends.iter().any(|end| end.contains("Some([3, 4, 5, 2])")), "{ends:?}");
    assert!(ends.iter().any(|end| end.contains("Some([5, 5, 5, 4])")), "{ends:?}");
    assert!(!ends.iter().any(|end| end.contains("Some([5, 4")), "{ends:?}");
    assert!(sorted(&by(Engine::Portfolio, |rt| tickets(rt, true))).contains(&Os::run(|rt| tickets(rt, true))));
}

fn maker<R: Runtime>(rt: &R, as_crew: bool) -> Vec<u32> {
    let shared = rt.variable("shared", 0);
    let body = move |rt: &R| {
        let own = rt.variable("own", shared.get());
        let child = {
            let own = own.clone();
            rt.spawn("child", move |_| own.set(own.get() + 1))
        };
        child.join().unwrap();
        shared.set(own.get());
        own.get()
    };
    all(rt, 2, as_crew, body).unwrap()
}

fn late_maker<R: Runtime>(rt: &R, as_crew: bool) -> Vec<u32> {
    let permits = rt.semaphore("permits", 1);
    let body = move |rt: &R| {
        // Only who comes first makes something.
        if permits.try_acquire() { rt.variable("own", 7).get() } else { 0 }
    };
    all(rt, 3, as_crew, body).unwrap()
}

fn boss<R: Runtime>(rt: &R, as_crew: bool) -> Vec<u32> {
    all(rt, 2, as_crew, move |rt: &R| rt.executor("pool", 1).submit(|_| 3).result().unwrap()).unwrap()
}

#[test]
fn threads_that_make_something_are_not_taken_for_equal() {
    let ends = ends_alike!(maker);
    assert_eq!(ends.len(), 2, "{ends:?}");
    ends_alike!(late_maker);
    let [apart, crew] = [false, true].map(|as_crew| by(Engine::TraceTree, move |rt| maker(rt, as_crew)));
    assert_eq!(crew.executions(), apart.executions());
    let [apart, crew] = [false, true].map(|as_crew| by(Engine::TraceTree, move |rt| late_maker(rt, as_crew)));
    assert_eq!((apart.executions(), crew.executions()), (6, 6));
    assert_eq!(by(Engine::StateGraph, |rt| boss(rt, true)).outcomes(), [[3, 3]]);
}

fn panicking<R: Runtime>(rt: &R, as_crew: bool) -> Result<Vec<u32>, Panic> {
    let (count, lock) = (rt.variable("count", 0), rt.lock("lock"));
    all(rt, 3, as_crew, move |rt: &R| {
        let number = {
            let _held = lock.hold();
            count.set(count.get() + 1);
            count.get()
        };
        assert!(number == 2, "{} is number {number}", rt.thread_name());
        rt.print(number);
        number
    })
}

#[test]
fn a_panic_says_not_of_which_member() {
    let ends = ends_alike!(panicking);
    assert_eq!(ends.len(), 1, "{ends:?}");
    let report = by(Engine::TraceTree, |rt| panicking(rt, true));
    assert_eq!(report.executions(), 1);
    let message = |number: u32| Panic { message: format!("one of them is number {number}") };
    assert_eq!(report.outcomes(), [Err(message(1))]);
    let panics: Vec<_> = [1, 3].map(|number| ("one of them".to_owned(), message(number))).into();
    assert_eq!(report.endings()[0].panics, panics);
    // Also where all are followed, it is one end.
    let one_by_one = Checker::exhaustive().without_regressions().symmetry(false).run(|rt| panicking(rt, true));
    assert_eq!(one_by_one.endings().len(), 1, "{one_by_one}");
    let failure = report.failure().expect("two panic");
    assert!(failure.what.starts_with("panic in one of them#"), "{}", failure.what);
    assert!(failure.story.contains("panic in one of them#1: one of them is number 1"), "{}", failure.story);
    assert_eq!(Os::run(|rt| panicking(rt, true)), Err(message(1)));
}

fn deadlocked<R: Runtime>(rt: &R, as_crew: bool) -> Vec<u32> {
    let (permits, never) = (rt.semaphore("permits", 1), rt.event("never"));
    let body = move |_: &R| {
        permits.acquire();
        never.wait();
        0
    };
    all(rt, 2, as_crew, body).unwrap()
}

#[test]
fn a_deadlock_of_a_crew_is_told_with_its_members() {
    let ends = ends_alike!(deadlocked);
    assert_eq!(ends.len(), 1, "{ends:?}");
    let story = by(Engine::TraceTree, |rt| deadlocked(rt, true)).failure().expect("it is a deadlock").story.clone();
    assert!(story.contains("waits for the end of one of them#1, one of them#2"), "{story}");
}

/// Who waits on the condition is told by the list of the waiters, and who was there first by the barrier.
fn meeting<R: Runtime>(rt: &R, as_crew: bool) -> (Vec<u32>, u32) {
    let (condition, ready) = (rt.condition("condition"), rt.variable("ready", false));
    let (barrier, queue) = (rt.barrier("barrier", 2), rt.queue("queue", 1));
    let inside = (condition.clone(), ready.clone(), queue.clone());
    let notifier = rt.spawn("notifier", move |_| {
        let _held = condition.hold();
        ready.set(true);
        condition.notify_one();
        condition.notify_one();
    });
    let body = move |_: &R| {
        let (condition, ready, queue) = &inside;
        let place = barrier.wait().unwrap();
        {
            let _held = condition.hold();
            condition.wait_until(|| ready.get());
        }
        queue.put(place);
        place
    };
    let drain = rt.spawn("drain", {
        let queue = queue.clone();
        move |_| queue.get() * 10 + queue.get()
    });
    let places = all(rt, 2, as_crew, body).unwrap();
    notifier.join().unwrap();
    (places, drain.join().unwrap())
}

#[test]
fn members_wait_meet_and_queue_like_threads() {
    let ends = ends_alike!(meeting);
    assert_eq!(ends.len(), 2, "{ends:?}");
}

/// Somebody is joined with a timeout, so that starts and ends can be told; members sleep for they do not know how long.
fn impatient<R: Runtime>(rt: &R, as_crew: bool) -> (Vec<u32>, bool) {
    let count = rt.variable("count", 0);
    let other = count.clone();
    let single = rt.spawn("single", move |rt| {
        rt.sleep(0.5);
        other.set(other.get() + 10);
    });
    let body = move |rt: &R| {
        rt.sleep(rt.uniform(0.0, 1.0));
        count.set(count.get() + 1);
        count.get()
    };
    let numbers = all(rt, 2, as_crew, body).unwrap();
    (numbers, single.join_timeout(Duration::from_millis(250)).is_ok())
}

#[test]
fn members_begin_where_starts_can_be_told_and_time_is_dense() {
    ends_alike!(impatient);
    let [apart, crew] = [false, true].map(|as_crew| {
        let report = Checker::exhaustive().timed().run(move |rt| impatient(rt, as_crew)).unwrap();
        sorted(&report)
    });
    assert_eq!(apart, crew);
}

#[test]
fn several_crews_and_a_crew_of_a_crew() {
    fn nested<R: Runtime>(rt: &R, as_crew: bool) -> Vec<Vec<u32>> {
        let count = rt.variable("count", 0);
        let inner = count.clone();
        let outer = move |rt: &R| {
            let count = inner.clone();
            all(rt, 2, as_crew, move |_| {
                count.set(count.get() + 1);
                count.get()
            })
            .unwrap()
        };
        let body = move |_: &R| count.get();
        let singles = all(rt, 2, as_crew, body).unwrap();
        let mut results = all(rt, 1, as_crew, outer).unwrap();
        results.push(singles);
        results
    }
    ends_alike!(nested);
}

#[test]
fn a_crew_of_nobody_is_over_at_once() {
    fn nobody<R: Runtime>(rt: &R) -> Vec<u32> {
        rt.spawn_crew("nobody", 0, |_| 1).join().unwrap()
    }
    assert_eq!(by(Engine::Portfolio, nobody).outcomes(), [Vec::<u32>::new()]);
    assert_eq!(Os::run(nobody), Vec::<u32>::new());
}

#[test]
fn too_many_members_are_refused() {
    for count in [1_000, u32::MAX] {
        let report = Checker::exhaustive().run(move |rt| rt.spawn_crew("too many", count, |_| ()).join().unwrap());
        assert!(report.to_string().contains("more than 1000 threads"), "{report}");
    }
}

/// Sets an event when it is dropped.
struct Sets<R: Runtime>(R::Event);

impl<R: Runtime> Drop for Sets<R> {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// What the body holds is dropped by the joiner, whoever of the crew is over last.
fn holding<R: Runtime>(rt: &R, joins: bool) -> (bool, bool) {
    let (event, count) = (rt.event("event"), rt.variable("count", 0));
    let (held, seen) = (Sets::<R>(event.clone()), event.clone());
    let crew = rt.spawn_crew("holder", 3, move |_| {
        let _ = &held;
        count.set(count.get() + 1);
        seen.is_set()
    });
    if joins {
        let seen = crew.join().unwrap();
        (seen.contains(&true), event.is_set())
    } else {
        drop(crew);
        (false, false)
    }
}

#[test]
fn what_the_body_holds_is_dropped_by_who_joins() {
    assert_eq!(by(Engine::Portfolio, |rt| holding(rt, true)).unwrap().outcomes(), [(false, true)]);
    assert_eq!(by(Engine::Portfolio, |rt| holding(rt, false)).unwrap().outcomes(), [(false, false)]);
    assert_eq!(Os::run(|rt| holding(rt, true)), (false, true));
}

#[test]
fn members_have_values_of_their_own_and_one_name() {
    fn own<R: Runtime>(rt: &R) -> Vec<(u32, String)> {
        let own = rt.local("own", 0);
        let crew = rt.spawn_crew("worker", 3, move |rt| {
            own.set(own.get() + 1);
            (own.get(), rt.thread_name())
        });
        crew.join().unwrap()
    }
    let worker = (1, "worker".to_owned());
    assert_eq!(by(Engine::Portfolio, own).outcomes(), [[worker.clone(), worker.clone(), worker.clone()]]);
    assert_eq!(Os::run(own), [worker.clone(), worker.clone(), worker]);
}

/// Members that are told apart behind the back of the checker do not do the same again.
#[test]
fn a_hidden_number_is_found_out() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    let report = Checker::exhaustive().without_regressions().run(|rt| {
        let (x, y, next) = (rt.variable("x", 0), rt.variable("y", 0), Arc::new(AtomicU32::new(0)));
        let crew = rt.spawn_crew("cheat", 2, move |_| if next.fetch_add(1, Ordering::SeqCst) == 0 { x.set(1) } else { y.set(1) });
        crew.join().unwrap();
    });
    assert!(report.to_string().contains("does not do the same again"), "{report}");
    assert!(report.to_string().contains("cheat#2"), "{report}");
}
