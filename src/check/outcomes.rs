//! Every way a program can end, collected while a search goes on.

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigUint;

use crate::check::output::{Pattern, pattern};
use crate::kernel::value::{ThreadId, Word};
use crate::program::interpreter::Interpreter;
use crate::program::threads::Threads;
use crate::run::ending::{Outcome, errors, outcome, value_of, variables};
use crate::run::schedule::Schedule;
use crate::run::visitor::{Flow, Visit, Visitor};
use crate::step::ending::Ending;
use crate::step::trap::Stop;

/// An outcome with an execution that has it.
#[derive(Clone, Debug)]
pub struct Collected {
    /// The outcome.
    pub outcome: Outcome,
    /// How many outcomes it stands for: those that differ only in which of several equal threads did what.
    pub renamings: BigUint,
    /// An execution.
    pub schedule: Schedule,
}

type Ends = (Ending, Pattern, Vec<Word>, Vec<(ThreadId, Word)>);

/// Collects outcomes.
pub struct Collector {
    classes: Vec<Vec<ThreadId>>,
    found: BTreeMap<Ends, (Outcome, u32, BigUint)>,
}

impl Collector {
    /// A collector for a program.
    pub fn new(interpreter: &Interpreter) -> Collector {
        Collector { classes: interpreter.threads.classes(), found: BTreeMap::new() }
    }

    /// The outcomes, equal threads told apart.
    pub fn all(&self, threads: &Threads) -> BTreeSet<Outcome> {
        let mut all = BTreeSet::new();
        for ((_, written, _, _), (outcome, _, _)) in &self.found {
            let mut texts = BTreeSet::new();
            written.texts(threads, &self.classes, &mut texts);
            all.extend(texts.into_iter().map(|output| Outcome { output, ..outcome.clone() }));
        }
        all
    }

    /// The outcomes, each with the number of a state and how many it stands for, sorted.
    pub fn into_outcomes(self) -> Vec<(Outcome, u32, BigUint)> {
        let mut all: Vec<_> = self.found.into_values().collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

impl Visitor<Interpreter> for Collector {
    fn visit(&mut self, interpreter: &mut Interpreter, visit: Visit<'_>) -> Result<Flow, Stop> {
        let Some(ending) = visit.ending else { return Ok(Flow::Continue) };
        let machine = &interpreter.machine;
        let finals: Vec<Word> = variables(machine).map(|id| value_of(machine, visit.state, id)).collect();
        let failed = errors(machine, &interpreter.values, visit.state);
        let symbolic = |word: &Word| interpreter.values.mentions_threads(*word);
        let told_apart = failed.iter().any(|(id, _)| self.classes.iter().any(|class| class.contains(id)));
        if !self.classes.is_empty() && (finals.iter().any(symbolic) || told_apart) {
            return Err(Stop::Asymmetric);
        }
        let written = pattern(interpreter, visit.state).normalized(&self.classes);
        let key = (ending, written, finals, failed);
        if !self.found.contains_key(&key) {
            let renamings = key.1.renamings(&self.classes);
            let mut told = outcome(interpreter, visit.state, ending);
            told.output = key.1.text(&interpreter.threads);
            self.found.insert(key, (told, visit.number, renamings));
        }
        Ok(Flow::Continue)
    }
}
