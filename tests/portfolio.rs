//! Does the faster of two searches answer, with one budget for both, and does it tell what it would tell alone?

use drawloom::check::verdict::Verdict;
use drawloom::runtime::interface::Value;
use drawloom::{Checker, Engine, JoinHandle, Report, Runtime, Sim, Variable};

/// Threads that meet at every step: each takes one from the data, without a lock.
fn lost(rt: &Sim, threads: usize) -> usize {
    let data = rt.variable("data", threads);
    let takers: Vec<_> = (0..threads)
        .map(|number| {
            let data = data.clone();
            rt.spawn(format!("taker-{number}"), move |_| data.set(data.get() - 1))
        })
        .collect();
    for taker in takers {
        taker.join().unwrap();
    }
    data.get()
}

/// One writes to many, each of whom only reads.
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

/// Everything that is found out about a program, but for how much work it was.
fn found<T: Value + Ord>(report: &Report<T>) -> String {
    format!("{:?} {:?} {:?}", report.verdict(), report.endings(), report.failure())
}

/// Asserts that both searches together answer as this one does alone, and before the other. Gives what they tell.
fn answers<T: Value + Ord>(engine: Engine, program: impl Fn(&Sim) -> T + Send + Sync + Copy) -> String {
    let both = Checker::exhaustive().run(program);
    let alone = Checker::exhaustive().engine(engine).run(program);
    assert_eq!((both.engine(), alone.engine()), (Some(engine), Some(engine)));
    assert_eq!(found(&both), found(&alone));
    assert_eq!((both.states(), both.transitions()), (alone.states(), alone.transitions()));
    both.to_string().lines().last().unwrap_or_default().to_owned()
}

#[test]
fn where_threads_meet_often_the_search_over_states_answers() {
    let told = answers(Engine::StateGraph, |rt: &Sim| lost(rt, 6));
    // Alone, the other would follow 518,400 executions.
    assert!(told.starts_with("(13500 states, 46596 transitions, "), "{told}");
    assert!(told.contains(", reduced; the search over traces had followed "), "{told}");
}

#[test]
fn where_threads_seldom_meet_the_search_over_traces_answers() {
    let told = answers(Engine::TraceTree, |rt: &Sim| readers(rt, 12));
    assert!(told.contains(", 4096 executions, reduced; the search over states had seen "), "{told}");
}

#[test]
fn a_small_program_is_answered_within_the_head_start() {
    let told = answers(Engine::StateGraph, |rt: &Sim| lost(rt, 3));
    assert!(told.ends_with(", reduced)"), "{told}");
}

#[test]
fn the_budget_is_for_both() {
    let run = || Checker::exhaustive().states(12_000).run(|rt| lost(rt, 6));
    let report = run();
    assert_eq!(report.to_string(), run().to_string(), "the turns are the same each time");
    assert_eq!((report.verdict(), report.engine()), (Verdict::Undecided, Some(Engine::Portfolio)));
    assert_eq!(report.states(), 12_000);
    assert!(report.to_string().contains("stopped: 12000 states were reached"), "{report}");
    // What was found until then is told, each with a schedule.
    for ended in report.endings() {
        let again = Checker::replay(&ended.schedule.to_string()).run(|rt| lost(rt, 6));
        assert_eq!(again.endings(), std::slice::from_ref(ended));
    }
    assert!(report.outcomes().len() > 1, "{:?}", report.outcomes());
}

#[test]
fn an_execution_without_end_stops_both() {
    let report = Checker::exhaustive().steps(50).run(|rt| {
        let flag = rt.variable("flag", false);
        let (other, waits) = (flag.clone(), flag);
        let setter = rt.spawn("setter", move |_| other.set(true));
        while !waits.get() {}
        setter.join().unwrap();
    });
    assert_eq!((report.verdict(), report.engine()), (Verdict::Undecided, Some(Engine::Portfolio)));
    assert!(report.to_string().contains("stopped: an execution took 50 steps"), "{report}");
}

#[test]
fn without_reduction_only_the_search_over_states_goes_on() {
    let report = Checker::exhaustive().reduction(false).run(|rt| readers(rt, 9)).unwrap();
    assert_eq!(report.engine(), Some(Engine::StateGraph));
}
