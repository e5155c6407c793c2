//! Do the searches that exchange equal threads of closures find what brute force finds where each is started by itself? Random crews, both clocks.

mod acts;
mod orbits;
mod simulated;
mod traces;

use std::collections::BTreeSet;
use std::sync::Arc;

use drawloom::explore::brute_force::brute_force;
use drawloom::explore::state_graph::{Options, StateGraph};
use drawloom::explore::trace_tree::{self, TraceTree};
use drawloom::kernel::foreign::Foreign;
use drawloom::kernel::state::State;
use drawloom::kernel::thread::Status;
use drawloom::kernel::value::ThreadId;
use drawloom::run::ending::{Outcome, outcome};
use drawloom::run::footprints::Footprints;
use drawloom::run::happens_before::Signature;
use drawloom::run::visitor::{Flow, Visit, Visitor};
use drawloom::runtime::simulation::Simulation;
use drawloom::step::clock::Clock;
use drawloom::step::explorable::Program;
use drawloom::step::trap::Stop;
use drawloom::{Checker, Crew, Engine, JoinHandle, Panic, Runtime, Sim};
use proptest::prelude::*;

use crate::acts::{Act, World, act};
use crate::orbits::{orbit, permutations};
use crate::simulated::{settled, walked};
use crate::traces::every_execution;

const INTERLEAVINGS: u64 = 2_000;

/// A random program.
#[derive(Clone, Debug)]
struct Crowd {
    /// What each crew does, and how many they are.
    crews: Vec<(Vec<Act>, u32)>,
    /// What main does between the start of the crews and their joins.
    main: Vec<Act>,
    /// What one more thread does, started before the crews if the flag says so, else behind them.
    other: Option<(Vec<Act>, bool)>,
}

fn crowd() -> impl Strategy<Value = Crowd> {
    let body = || prop::collection::vec(act(), 1..4);
    let one = (body(), 2..4_u32).prop_map(|crew| vec![crew]);
    let short = || prop::collection::vec(act(), 1..3);
    let two = (short(), short()).prop_map(|(one, two)| vec![(one, 2), (two, 2)]);
    let crews = prop_oneof![3 => one, 1 => two];
    let other = prop::option::weighted(0.3, (prop::collection::vec(act(), 1..3), any::<bool>()));
    (crews, prop::collection::vec(act(), 0..3), other).prop_map(|(crews, main, other)| Crowd { crews, main, other })
}

type Given = (Vec<Result<Vec<u32>, Panic>>, u32);

fn joined<R: Runtime>(threads: Vec<R::JoinHandle<u32>>) -> Result<Vec<u32>, Panic> {
    let results: Vec<Result<u32, Panic>> = threads.into_iter().map(JoinHandle::join).collect();
    if let Some(panic) = results.iter().filter_map(|result| result.clone().err()).min() {
        return Err(panic);
    }
    let mut values: Vec<u32> = results.into_iter().flatten().collect();
    values.sort_unstable();
    Ok(values)
}

/// Runs it; without crews, each of their members is started by itself.
fn play<R: Runtime>(rt: &R, crowd: &Crowd, with_crews: bool) -> Given {
    let world = World::new(rt);
    let start = |acts: &Vec<Act>| {
        let (world, acts) = (world.clone(), acts.clone());
        rt.spawn("other", move |rt: &R| world.run(rt, 1, &acts))
    };
    let before = crowd.other.as_ref().filter(|(_, before)| *before).map(|(acts, _)| start(acts));
    let (mut crews, mut threads) = (Vec::new(), Vec::new());
    for (acts, count) in &crowd.crews {
        let (world, acts) = (world.clone(), acts.clone());
        let body = move |rt: &R| world.run(rt, 0, &acts);
        if with_crews {
            crews.push(rt.spawn_crew("member", *count, body));
        } else {
            threads.push((0..*count).map(|_| rt.spawn("member", body.clone())).collect::<Vec<_>>());
        }
    }
    let behind = crowd.other.as_ref().filter(|(_, before)| !*before).map(|(acts, _)| start(acts));
    let own = world.run(rt, 5, &crowd.main);
    let mut results: Vec<_> = crews.into_iter().map(Crew::join).collect();
    results.extend(threads.into_iter().map(joined::<R>));
    let others: u32 = before.into_iter().chain(behind).filter_map(|other| other.join().ok()).sum();
    (results, own * 100 + others)
}

fn simulation(crowd: &Crowd, with_crews: bool, clock: Clock) -> Simulation<'_> {
    Simulation::new(Arc::new(move || Foreign::new(play(&Sim, crowd, with_crews))), clock, true)
}

/// An outcome, and what main gives, whoever of several with one name it was.
type End = (Outcome, String);

fn end(simulation: &Simulation<'_>, state: &State, visit: drawloom::step::ending::Ending) -> End {
    let mut found = outcome(simulation, state, visit);
    for (name, _) in &mut found.errors {
        *name = name.split('#').next().unwrap_or_default().to_owned();
    }
    found.errors.sort();
    found.values.sort();
    let has_ended = simulation.machine().thread(ThreadId::MAIN).status(state) == Status::Ended;
    (found, if has_ended { simulation.shown_value(simulation.gave(state)) } else { String::new() })
}

/// The ends of all interleavings, with their traces: nothing is left out, no race is looked for.
fn everything(simulation: &mut Simulation<'_>) -> Result<(BTreeSet<End>, BTreeSet<Signature>), Stop> {
    let mut found: (BTreeSet<End>, BTreeSet<Signature>) = Default::default();
    every_execution(simulation, Footprints::default(), &mut |simulation, state, history| {
        let ending = drawloom::run::ending::ending(simulation.machine(), simulation.values(), state).expect("nothing is enabled");
        found.0.insert(end(simulation, state, ending));
        found.1.insert(history.signature());
    })?;
    Ok(found)
}

fn is_small(simulation: &mut Simulation<'_>) -> bool {
    settled(simulation, |simulation| brute_force(simulation, INTERLEAVINGS)).is_some()
}

struct Ends(BTreeSet<End>);

impl<'p> Visitor<Simulation<'p>> for Ends {
    fn visit(&mut self, simulation: &mut Simulation<'p>, visit: Visit<'_>) -> Result<Flow, Stop> {
        if let Some(ending) = visit.ending {
            self.0.insert(end(simulation, visit.state, ending));
        }
        Ok(Flow::Continue)
    }
}

fn by_states(crowd: &Crowd, clock: Clock, reduction: bool) -> (BTreeSet<End>, u64) {
    settled(&mut simulation(crowd, true, clock), |simulation| {
        let mut ends = Ends(BTreeSet::new());
        let graph = StateGraph::explore(simulation, Options { reduction, ..Options::default() }, &mut ends)?;
        assert!(graph.trap.is_none() && graph.spent.is_none(), "{:?}", graph.trap);
        Ok((ends.0, graph.states()))
    })
}

/// What is wrong with the search over traces, if anything is.
fn difference(crowd: &Crowd, clock: Clock) -> Option<String> {
    let mut simulation = simulation(crowd, true, clock);
    let (all, traces) = settled(&mut simulation, everything);
    let (tree, ends, signatures) = settled(&mut simulation, |simulation| {
        let (mut ends, mut signatures) = (BTreeSet::new(), BTreeSet::new());
        let tree = TraceTree::explore(simulation, trace_tree::Options::default(), &mut |simulation, visit, history| {
            ends.insert(end(simulation, visit.state, visit.ending.expect("it is shown what has ended")));
            signatures.insert(history.signature());
            Ok(Flow::Continue)
        })?;
        Ok((tree, ends, signatures))
    });
    let permutations = permutations(&simulation.classes(), simulation.machine().threads.len());
    let orbits = |traces: &BTreeSet<Signature>| -> BTreeSet<Signature> { traces.iter().map(|trace| orbit(trace, &permutations)).collect() };
    let (expected, found, executions) = (orbits(&traces), orbits(&signatures), tree.executions);
    let wrong = [
        (!tree.is_complete(), format!("it is not complete: {:?} {:?}", tree.spent, tree.trap)),
        (tree.blocked > 0, format!("{} executions are given up", tree.blocked)),
        (ends != all, format!("{ends:?} instead of {all:?}")),
        (found != expected, format!("{} orbits of {}", found.len(), expected.len())),
        // Threads that have acted are not exchanged any more, though nobody may be able to tell who was first.
        (executions > traces.len() as u64, format!("{executions} executions of {} traces", traces.len())),
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
    fn a_crew_ends_as_threads_that_are_started_one_by_one(crowd in crowd()) {
        for clock in [Clock::Untimed, Clock::Timed] {
            let mut apart = simulation(&crowd, false, clock);
            if !is_small(&mut apart) {
                continue;
            }
            let (expected, _) = settled(&mut apart, everything);
            for reduction in [false, true] {
                let (found, _) = by_states(&crowd, clock, reduction);
                prop_assert_eq!(&found, &expected, "{:?}, reduction {}", clock, reduction);
            }
        }
    }

    #[test]
    fn every_trace_is_explored_once_up_to_an_exchange(crowd in crowd()) {
        for clock in [Clock::Untimed, Clock::Timed] {
            if is_small(&mut simulation(&crowd, true, clock)) {
                let found = difference(&crowd, clock);
                prop_assert!(found.is_none(), "{:?}: {}", clock, found.unwrap());
            }
        }
    }

    /// The front door: every engine tells the same of crews and of threads that are started one by one, by schedules that lead
    /// there.
    #[test]
    fn every_engine_reports_the_same(crowd in crowd(), timed in any::<bool>()) {
        let mut ends = BTreeSet::new();
        for engine in [Engine::StateGraph, Engine::TraceTree, Engine::Portfolio] {
            for with_crews in [false, true] {
                let checker = Checker::exhaustive().without_regressions().engine(engine).states(20_000);
                let report = if timed { checker.timed() } else { checker }.run(|rt| play(rt, &crowd, with_crews));
                if report.is_complete() {
                    let told = report.endings().iter().map(|end| {
                        let mut panics = end.panics.clone();
                        panics.sort();
                        format!("{:?}", (&end.ending, &end.gave, &panics, &end.output))
                    });
                    ends.insert(told.collect::<BTreeSet<String>>());
                }
                for ended in report.endings().iter().take(3) {
                    let again = Checker::replay(&ended.schedule.to_string()).run(|rt| play(rt, &crowd, with_crews));
                    prop_assert_eq!(again.endings(), std::slice::from_ref(ended));
                }
            }
        }
        prop_assert!(ends.len() <= 1, "{:?}", ends);
    }

    #[test]
    fn what_members_do_by_heart_is_what_they_do(crowd in crowd(), seed in 0..1_000_u64) {
        for clock in [Clock::Untimed, Clock::Timed] {
            let same = settled(&mut simulation(&crowd, true, clock), |simulation| {
                for seed in seed..seed + 20 {
                    simulation.take_by_heart(true);
                    let by_heart = walked(simulation, seed)?;
                    simulation.take_by_heart(false);
                    let really = walked(simulation, seed)?;
                    if by_heart != really {
                        return Ok(Err(format!("{by_heart:?}\n{really:?}")));
                    }
                }
                Ok(Ok(()))
            });
            prop_assert_eq!(same, Ok(()));
        }
    }
}
