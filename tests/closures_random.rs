//! Do the clever searches of closures find what brute force finds? Random programs over all primitives, both clocks; and checks inside `proptest!`.

mod acts;
mod simulated;
mod traces;

use std::collections::BTreeSet;
use std::sync::Arc;

use drawloom::checker::portfolio::{self, Pace};
use drawloom::explore::brute_force::brute_force;
use drawloom::explore::counting::traces;
use drawloom::explore::sampling::{Sampling, Walked};
use drawloom::explore::state_graph::{Options, StateGraph};
use drawloom::explore::trace_tree::{self, TraceTree};
use drawloom::kernel::foreign::Foreign;
use drawloom::run::budget::Budget;
use drawloom::run::ending::{Outcome, outcome};
use drawloom::run::footprints::Footprints;
use drawloom::run::happens_before::Signature;
use drawloom::run::visitor::{Flow, Visit, Visitor};
use drawloom::runtime::simulation::Simulation;
use drawloom::step::clock::Clock;
use drawloom::step::trap::Stop;
use drawloom::{Checker, Engine, JoinHandle, Lock, Runtime, Sim, Variable};
use proptest::prelude::*;

use crate::acts::{Act, World, act};
use crate::simulated::{STEPS, settled, walked};
use crate::traces::every_execution;

/// The threads of a random program; the last is a daemon if the flag says so.
fn program() -> impl Strategy<Value = (Vec<Vec<Act>>, bool)> {
    (prop::collection::vec(prop::collection::vec(act(), 1..4), 2..4), prop::bool::weighted(0.15))
}

fn play<R: Runtime>(rt: &R, threads: &[Vec<Act>], daemon: bool) -> Vec<Option<u32>> {
    let world = World::new(rt);
    let mut handles = Vec::new();
    for (number, acts) in threads.iter().enumerate() {
        let (world, acts) = (world.clone(), acts.clone());
        let body = move |rt: &R| world.run(rt, number as u32, &acts);
        if daemon && number + 1 == threads.len() {
            rt.spawn_daemon(format!("daemon-{number}"), body);
        } else {
            handles.push(rt.spawn(format!("thread-{number}"), body));
        }
    }
    handles.into_iter().map(|handle| handle.join().ok()).collect()
}

struct Outcomes(BTreeSet<Outcome>);

impl<'p> Visitor<Simulation<'p>> for Outcomes {
    fn visit(&mut self, simulation: &mut Simulation<'p>, visit: Visit<'_>) -> Result<Flow, Stop> {
        if let Some(ending) = visit.ending {
            self.0.insert(outcome(simulation, visit.state, ending));
        }
        Ok(Flow::Continue)
    }
}

fn simulation(threads: &[Vec<Act>], daemon: bool, clock: Clock) -> Simulation<'_> {
    Simulation::new(Arc::new(move || Foreign::new(play(&Sim, threads, daemon))), clock, true)
}

fn oracle(threads: &[Vec<Act>], daemon: bool, clock: Clock) -> Option<BTreeSet<Outcome>> {
    let mut simulation = simulation(threads, daemon, clock);
    loop {
        match brute_force(&mut simulation, 1_000) {
            Err(Stop::Relaid) => {}
            other => return other.expect("no trap").map(|everything| everything.outcomes),
        }
    }
}

fn search(threads: &[Vec<Act>], daemon: bool, clock: Clock, reduction: bool) -> BTreeSet<Outcome> {
    let mut simulation = simulation(threads, daemon, clock);
    loop {
        let mut outcomes = Outcomes(BTreeSet::new());
        let options = Options { reduction, budget: Budget::default(), ..Options::default() };
        match StateGraph::explore(&mut simulation, options, &mut outcomes) {
            Err(Stop::Relaid) => {}
            Err(other) => panic!("{other:?}"),
            Ok(graph) => {
                assert!(graph.trap.is_none() && graph.spent.is_none(), "{:?}", graph.trap);
                return outcomes.0;
            }
        }
    }
}

/// What both searches find in turns, as short as they can be; and whether what is told of them is so.
fn search_in_turns(threads: &[Vec<Act>], daemon: bool, clock: Clock, head_start: u64) -> BTreeSet<Outcome> {
    let (of_states, of_traces, searched) = settled(&mut simulation(threads, daemon, clock), |simulation| {
        let (mut of_states, mut of_traces) = (BTreeSet::new(), BTreeSet::new());
        let options = Options { reduction: true, ..Options::default() };
        let pace = Pace { head_start, turn: 1 };
        let searched = portfolio::explore(simulation, Engine::Portfolio, options, pace, &mut |simulation, visit, history| {
            if let Some(ending) = visit.ending {
                let found = if history.is_some() { &mut of_traces } else { &mut of_states };
                found.insert(outcome(simulation, visit.state, ending));
            }
            Ok(Flow::Continue)
        })?;
        Ok((of_states, of_traces, searched))
    });
    assert!(searched.spent.is_none() && searched.trap.is_none(), "{:?} {:?}", searched.spent, searched.trap);
    let (all, some) = if searched.engine == Engine::StateGraph { (of_states, of_traces) } else { (of_traces, of_states) };
    assert!(searched.engine != Engine::Portfolio && some.is_subset(&all), "{some:?} {all:?}");
    all
}

/// The traces of all interleavings: nothing is left out, no race is looked for.
fn signatures(simulation: &mut Simulation<'_>) -> Result<BTreeSet<Signature>, Stop> {
    let mut found = BTreeSet::new();
    every_execution(simulation, Footprints::default(), &mut |_, _, history| {
        found.insert(history.signature());
    })?;
    Ok(found)
}

/// The difference between the search over traces and brute force, if there is one.
fn difference(threads: &[Vec<Act>], daemon: bool, clock: Clock, expected: &BTreeSet<Outcome>) -> Option<String> {
    let mut simulation = simulation(threads, daemon, clock);
    let all = settled(&mut simulation, signatures);
    let counted = settled(&mut simulation, |simulation| traces(simulation, 100_000)).map(|count| count.to_string());
    let (tree, outcomes, found) = settled(&mut simulation, |simulation| {
        let (mut outcomes, mut found) = (BTreeSet::new(), BTreeSet::new());
        let tree = TraceTree::explore(simulation, trace_tree::Options::default(), &mut |simulation, visit, history| {
            outcomes.insert(outcome(simulation, visit.state, visit.ending.expect("it is shown what has ended")));
            found.insert(history.signature());
            Ok(Flow::Continue)
        })?;
        Ok((tree, outcomes, found))
    });
    let executions = tree.executions;
    let wrong = [
        (!tree.is_complete(), format!("it is not complete: {:?} {:?}", tree.spent, tree.trap)),
        (tree.blocked > 0, format!("{} executions are given up", tree.blocked)),
        (outcomes != *expected, format!("{outcomes:?} instead of {expected:?}")),
        (found != all, format!("{} traces of {}", found.len(), all.len())),
        (executions != all.len() as u64, format!("{executions} executions of {} traces", all.len())),
        (counted.as_ref() != Some(&executions.to_string()), format!("{executions} executions, {counted:?} traces are counted")),
    ];
    wrong.into_iter().find(|(wrong, _)| *wrong).map(|(_, what)| what)
}

fn cases(fallback: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(fallback);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 2_000, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn every_search_finds_the_outcomes_of_brute_force((threads, daemon) in program()) {
        for clock in [Clock::Untimed, Clock::Timed] {
            let Some(expected) = oracle(&threads, daemon, clock) else { continue };
            for reduction in [false, true] {
                prop_assert_eq!(&search(&threads, daemon, clock, reduction), &expected, "{:?}, reduction {}", clock, reduction);
            }
            for head_start in [0, 20] {
                prop_assert_eq!(&search_in_turns(&threads, daemon, clock, head_start), &expected, "{:?}, in turns", clock);
            }
        }
    }

    #[test]
    fn every_trace_is_explored_once((threads, daemon) in program()) {
        for clock in [Clock::Untimed, Clock::Timed] {
            let Some(expected) = oracle(&threads, daemon, clock) else { continue };
            let found = difference(&threads, daemon, clock, &expected);
            prop_assert!(found.is_none(), "{:?}: {}", clock, found.unwrap());
        }
    }

    /// The front door: both engines tell the same of a program, by schedules that lead there.
    #[test]
    fn both_engines_report_the_same((threads, daemon) in program()) {
        let states = Checker::exhaustive().engine(Engine::StateGraph).states(20_000).run(|rt| play(rt, &threads, daemon));
        let traces = Checker::exhaustive().engine(Engine::TraceTree).states(20_000).run(|rt| play(rt, &threads, daemon));
        if states.is_complete() && traces.is_complete() {
            prop_assert_eq!(states.verdict(), traces.verdict());
            prop_assert_eq!(states.failure().is_some(), traces.failure().is_some());
            let ends = |report: &drawloom::Report<Vec<Option<u32>>>| -> BTreeSet<String> {
                report.endings().iter().map(|end| format!("{:?}", (&end.ending, &end.gave, &end.panics, &end.output))).collect()
            };
            prop_assert_eq!(ends(&states), ends(&traces));
        }
        for ended in traces.endings().iter().take(3) {
            let again = Checker::replay(&ended.schedule.to_string()).run(|rt| play(rt, &threads, daemon));
            prop_assert_eq!(again.endings(), std::slice::from_ref(ended));
        }
    }

    /// By heart first, where it is known what comes; then the program itself; then looked up among the states that were seen.
    #[test]
    fn what_is_done_by_heart_is_what_the_program_does((threads, daemon) in program(), seed in 0..1_000_u64) {
        for clock in [Clock::Untimed, Clock::Timed] {
            let mut simulation = simulation(&threads, daemon, clock);
            let same = settled(&mut simulation, |simulation| {
                let mut sampling = Sampling::default();
                for seed in (seed..seed + 20).chain(seed..seed + 20) {
                    simulation.take_by_heart(true);
                    let by_heart = walked(simulation, seed)?;
                    simulation.take_by_heart(false);
                    let really = walked(simulation, seed)?;
                    simulation.take_by_heart(true);
                    let drawn = sampling.draw(simulation, seed, STEPS)?.is_none_or(|drawn| {
                        let choices = really.0.iter().map(|step| step.choice);
                        choices.eq(sampling.choices.iter().copied()) && (drawn == Walked::Unended || really.2)
                    });
                    if by_heart != really || !drawn {
                        return Ok(Err(format!("{by_heart:?}\n{really:?}\n{:?}", sampling.choices)));
                    }
                }
                Ok(Ok(()))
            });
            prop_assert_eq!(same, Ok(()));
        }
    }

    #[test]
    fn every_sample_is_among_all_outcomes((threads, daemon) in program(), seed in any::<u64>()) {
        let all = Checker::exhaustive().states(20_000).run(|rt| play(rt, &threads, daemon));
        let some = Checker::random(seed, 5).run(|rt| play(rt, &threads, daemon));
        if all.is_complete() {
            for ended in some.endings() {
                let known = all.endings().iter().any(|other| (&other.gave, &other.panics, &other.output) == (&ended.gave, &ended.panics, &ended.output));
                prop_assert!(known, "{:?}", ended);
            }
        }
        for ended in all.endings().iter().take(3) {
            let again = Checker::replay(&ended.schedule.to_string()).run(|rt| play(rt, &threads, daemon));
            prop_assert_eq!(again.endings(), std::slice::from_ref(ended));
        }
    }
}

fn counting<R: Runtime>(rt: &R, threads: usize, times: u32, with_lock: bool) -> u32 {
    let (count, lock) = (rt.variable("count", 0), rt.lock("lock"));
    let workers: Vec<_> = (0..threads)
        .map(|number| {
            let (count, lock) = (count.clone(), lock.clone());
            rt.spawn(format!("worker-{number}"), move |_| {
                for _ in 0..times {
                    let _held = with_lock.then(|| lock.hold());
                    count.set(count.get() + 1);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    count.get()
}

proptest! {
    #![proptest_config(cases(20))]

    /// A check of every interleaving inside `proptest!`: proptest draws the sizes, the checker covers the schedules.
    #[test]
    fn a_lock_makes_counting_right_for_all_sizes(threads in 1..4_usize, times in 1..3_u32) {
        let report = Checker::exhaustive().run(|rt| counting(rt, threads, times, true)).unwrap();
        prop_assert_eq!(report.outcomes(), [threads as u32 * times]);
    }

    /// Schedules as a strategy: any list of numbers is one, and a smaller list is a simpler one.
    #[test]
    fn a_lock_makes_counting_right_on_any_schedule(picks in prop::collection::vec(0..4_u32, 0..40)) {
        let report = Checker::picks(picks).run(|rt| counting(rt, 3, 2, true)).unwrap();
        prop_assert_eq!(report.outcomes(), [6]);
    }
}

#[test]
fn proptest_shrinks_a_schedule_to_one_preemption() {
    use proptest::test_runner::{TestError, TestRunner};
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() });
    let schedules = prop::collection::vec(0..3_u32, 0..30);
    let found = runner.run(&schedules, |picks| {
        let report = Checker::picks(picks).run(|rt| counting(rt, 2, 1, false));
        prop_assert_eq!(report.outcomes(), [2]);
        Ok(())
    });
    let Err(TestError::Fail(_, picks)) = found else { panic!("an update is lost on some schedule: {found:?}") };
    assert_eq!(picks.iter().filter(|pick| **pick > 0).count(), 1, "{picks:?}");
}
