//! Does the search over traces explore exactly one execution of each trace, and find what brute force finds?

mod random;

use std::collections::BTreeSet;
use std::sync::Arc;

use drawloom::explore::brute_force::brute_force;
use drawloom::explore::counting::traces;
use drawloom::explore::trace_tree::{Options, TraceTree};
use drawloom::kernel::machine::Machine;
use drawloom::kernel::state::State;
use drawloom::program::interpreter::{Interpreter, Mode};
use drawloom::program::read::read_text;
use drawloom::program::scenario::Scenario;
use drawloom::program::statement::Clock;
use drawloom::program::trap::Stop;
use drawloom::run::ending::{Outcome, outcome};
use drawloom::run::happens_before::{Footprints, History, Signature};
use drawloom::run::schedule::Choice;
use drawloom::run::visitor::Flow;
use proptest::prelude::*;
use random::program;

const INTERLEAVINGS: u64 = 3_000;

fn cases(fallback: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(fallback);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4_000, ..ProptestConfig::default() }
}

fn read(text: &str) -> Arc<Scenario> {
    Arc::new(read_text("traces.yaml", text, None).unwrap_or_else(|found| panic!("{}\n{text}", found.render(false))))
}

fn interpreter(scenario: &Arc<Scenario>, clock: Clock) -> Interpreter {
    Interpreter::new(scenario.clone(), Mode { clock, keeps_output: true, symmetry: false })
}

/// What a search over traces finds.
#[derive(Default)]
struct Found {
    outcomes: BTreeSet<Outcome>,
    signatures: BTreeSet<Signature>,
    tree: TraceTree,
}

fn explore(scenario: &Arc<Scenario>, clock: Clock, options: Options) -> Found {
    let (mut outcomes, mut signatures) = (BTreeSet::new(), BTreeSet::new());
    let tree = TraceTree::explore(&mut interpreter(scenario, clock), options, &mut |interpreter, visit, history| {
        let ending = visit.ending.expect("it is shown what has ended");
        outcomes.insert(outcome(interpreter, visit.state, ending));
        signatures.insert(history.signature());
        Ok(Flow::Continue)
    });
    Found { outcomes, signatures, tree: tree.expect("no thread is told apart without symmetry") }
}

/// The traces of all interleavings: nothing is left out, no race is looked for.
struct BruteForce {
    interpreter: Interpreter,
    footprints: Footprints,
    history: History,
    signatures: BTreeSet<Signature>,
}

impl BruteForce {
    fn signatures(scenario: &Arc<Scenario>, clock: Clock) -> BTreeSet<Signature> {
        let interpreter = interpreter(scenario, clock);
        let history = History::new(&interpreter.machine);
        let mut all = BruteForce { interpreter, footprints: Footprints::default(), history, signatures: BTreeSet::new() };
        let state = all.interpreter.begin().expect("brute force has run it");
        all.visit(&state).expect("brute force has run it");
        all.signatures
    }

    fn visit(&mut self, state: &State) -> Result<(), Stop> {
        let enabled = self.interpreter.machine.enabled(&self.interpreter.values, state);
        if enabled.is_empty() {
            self.signatures.insert(self.history.signature());
        }
        for thread in enabled {
            let op = self.interpreter.machine.pending(&self.interpreter.values, state, thread).expect("it is enabled");
            for alternative in 0..Machine::alternatives(op) {
                let choice = Choice { thread, alternative };
                let event = self.footprints.event(&self.interpreter.machine, &self.interpreter.values, state, choice).expect("it is enabled");
                let mut next = state.clone();
                self.interpreter.step(&mut next, thread, alternative)?;
                self.history.push(&self.footprints, &self.interpreter, state, event);
                self.visit(&next)?;
                self.history.pop();
            }
        }
        Ok(())
    }
}

/// The difference between the search over traces and brute force, if there is one; nothing to compare is no difference.
fn difference(scenario: &Arc<Scenario>, clock: Clock, options: Options) -> Option<String> {
    let everything = brute_force(&mut interpreter(scenario, clock), INTERLEAVINGS).ok().flatten()?;
    let found = explore(scenario, clock, options);
    let signatures = BruteForce::signatures(scenario, clock);
    let counted = traces(&mut interpreter(scenario, clock), 100_000).ok().flatten().map(|count| count.to_string());
    let executions = found.tree.executions;
    let wrong = [
        (!found.tree.is_complete(), format!("it is not complete: {:?} {:?}", found.tree.spent, found.tree.trap)),
        (found.tree.blocked > 0, format!("{} executions are given up", found.tree.blocked)),
        (found.outcomes != everything.outcomes, format!("{:?} instead of {:?}", found.outcomes, everything.outcomes)),
        (found.signatures != signatures, format!("{} traces of {}", found.signatures.len(), signatures.len())),
        (executions != signatures.len() as u64, format!("{executions} executions of {} traces", signatures.len())),
        (counted.as_ref() != Some(&executions.to_string()), format!("{executions} executions, {counted:?} traces are counted")),
    ];
    wrong.into_iter().find(|(wrong, _)| *wrong).map(|(_, what)| what)
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn every_trace_is_explored_once(program in program()) {
        let scenario = read(&program.text(false));
        let found = difference(&scenario, Clock::Untimed, Options::default());
        prop_assert!(found.is_none(), "{}\n{}", found.unwrap(), program.text(false));
    }
}
