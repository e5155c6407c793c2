//! Do the clever searches find what brute force finds? Random scenarios, every combination of symmetry and reduction, both clocks.

#[path = "random/executors.rs"]
mod executors;
#[path = "random/processes.rs"]
mod processes;
mod random;

use std::collections::BTreeSet;
use std::sync::Arc;

use drawloom::check::verdict::Verdict;
use drawloom::checker::{Checker, Engine};
use drawloom::explore::brute_force::brute_force;
use drawloom::program::interpreter::{Interpreter, Mode};
use drawloom::program::read::read_text;
use drawloom::program::scenario::Scenario;
use drawloom::run::ending::Outcome;
use drawloom::step::clock::Clock;
use proptest::prelude::*;
use random::program;

const INTERLEAVINGS: u64 = 3_000;
const STATES: u64 = 6_000;

/// More states than so few interleavings can have: brute force gives up on longer executions.
const ENOUGH: u64 = 1_000_000;

fn scenario(text: &str) -> Arc<Scenario> {
    match read_text("random.yaml", text, None) {
        Ok(scenario) => Arc::new(scenario),
        Err(diagnostics) => panic!("a generated scenario does not read:\n{}\n{text}", diagnostics.render(false)),
    }
}

fn cases(fallback: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(fallback);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4_000, ..ProptestConfig::default() }
}

/// The outcomes by brute force; nothing where there are too many interleavings, or a run is stopped.
fn oracle(scenario: &Arc<Scenario>, clock: Clock) -> Option<BTreeSet<Outcome>> {
    let mut interpreter = Interpreter::new(scenario.clone(), Mode { clock, keeps_output: true, symmetry: false });
    brute_force(&mut interpreter, INTERLEAVINGS).ok().flatten().map(|everything| everything.outcomes)
}

/// Whether every search finds what brute force finds. A search over traces refuses processes.
fn agree(text: &str) -> Result<(), TestCaseError> {
    let scenario = scenario(text);
    for clock in [Clock::Untimed, Clock::Timed] {
        let Some(expected) = oracle(&scenario, clock) else { continue };
        for (symmetry, reduction) in [(false, false), (true, false), (false, true), (true, true)] {
            let checker = Checker::new().symmetry(symmetry).reduction(reduction).states(ENOUGH);
            let found = checker.all_outcomes(&scenario, clock);
            prop_assert_eq!(found.as_ref(), Some(&expected), "{:?}, symmetry {}, reduction {}\n{}", clock, symmetry, reduction, text);
        }
        for symmetry in [false, true].into_iter().filter(|_| !text.contains("processes:")) {
            let checker = Checker::new().symmetry(symmetry).engine(Engine::TraceTree).states(ENOUGH);
            let found = checker.all_outcomes(&scenario, clock);
            prop_assert_eq!(found.as_ref(), Some(&expected), "{:?}, traces, symmetry {}\n{}", clock, symmetry, text);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn every_search_finds_the_outcomes_of_brute_force(program in program()) {
        agree(&program.text(false))?;
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn every_search_finds_the_outcomes_of_executors(text in executors::text()) {
        agree(&text)?;
    }

    #[test]
    fn every_search_finds_the_outcomes_of_processes(text in processes::text()) {
        agree(&text)?;
    }
}

proptest! {
    #![proptest_config(cases(700))]

    #[test]
    fn every_search_gives_the_same_verdicts(program in program(), timed in any::<bool>()) {
        let text = program.text(true).replace("\nvars:", if timed { "\nclock: timed\nvars:" } else { "\nvars:" });
        let scenario = Arc::new(read_text("random.yaml", &text, None).unwrap_or_else(|found| panic!("{}", found.render(false))));
        let check = |symmetry: bool, reduction: bool| Checker::new().symmetry(symmetry).reduction(reduction).states(STATES).check(&scenario);
        let plain = check(false, false);
        for (symmetry, reduction) in [(true, false), (false, true), (true, true)] {
            let clever = check(symmetry, reduction);
            for (expected, found) in plain.judgements.iter().zip(&clever.judgements) {
                // What a search was stopped before it could decide, another may decide, going another way.
                if expected.verdict != Verdict::Undecided && found.verdict != Verdict::Undecided {
                    prop_assert_eq!(expected.verdict, found.verdict, "{}: symmetry {}, reduction {}\n{}", expected.claim, symmetry, reduction, text);
                }
                let stopped = clever.searches.iter().any(|search| search.spent.is_some() || search.trap.is_some());
                prop_assert!(found.verdict != Verdict::Undecided || stopped, "{} was left undecided", found.claim);
            }
        }
    }
}

/// Programs in which threads race for what main mostly does alone, or are looked at in order: they have been wrong once.
const RACES: [&str; 4] = [
    "scenario: started or not
vars: {x: 0, y: 0, z: 0}
threads:
  one: {run: \"z = 1\"}
  two: {run: \"y = 1\\none.join()\\ny = 2\"}
main: |
  start(two)
  x = 1
  start(one)
",
    "scenario: who creates first
vars: {x: 0, z: 0}
functions: |
  def later():
      global z
      z += 1
threads:
  two: {run: \"x = 2\\nt = Thread(target=later)\\nprint(t.name)\\nt.start()\"}
main: |
  start(two)
  x = 1
  Thread(target=later).start()
",
    "scenario: in order
vars: {x: 0, y: 0}
threads:
  many: {count: 3, run: \"w = x + 1\\nprint(w, y)\"}
main: |
  start(many)
  x = 1
  for t in many:
      t.join()
      y += 1
",
    "scenario: who does the last piece of work
objects: {pool: ThreadPoolExecutor(2)}
functions: |
  def work(n):
      print(current_thread().name, n)
main: |
  for n in range(3):
      pool.submit(work, n)
  pool.shutdown(wait=False)
  print('shut')
",
];

#[test]
fn what_is_raced_for_is_found() {
    for text in RACES {
        let scenario = Arc::new(read_text("race.yaml", text, None).unwrap_or_else(|found| panic!("{}", found.render(false))));
        // Too many interleavings for brute force: the search that leaves nothing out is the oracle.
        let expected = Checker::new().symmetry(false).reduction(false).all_outcomes(&scenario, Clock::Untimed);
        assert!(expected.is_some());
        for (symmetry, reduction) in [(true, false), (false, true), (true, true)] {
            for engine in [Engine::StateGraph, Engine::TraceTree] {
                let checker = Checker::new().symmetry(symmetry).reduction(reduction).engine(engine);
                assert_eq!(checker.all_outcomes(&scenario, Clock::Untimed), expected, "{engine:?}\n{text}");
            }
        }
    }
}
