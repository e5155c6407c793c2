//! Every way a program written in Rust can end, collected while a search goes on.

use std::collections::BTreeMap;

use crate::kernel::state::State;
use crate::kernel::thread::Status;
use crate::kernel::value::{ThreadId, Word};
use crate::kernel::values::Composite;
use crate::run::ending::{chunks, errors, shown_text, thread_name};
use crate::runtime::failure::Panic;
use crate::runtime::interface::Value;
use crate::runtime::simulation::Simulation;
use crate::step::ending::Ending;
use crate::step::explorable::Program;

/// What tells one end from another: exit or deadlock, what main gave, what was printed, who has panicked.
type End = (Ending, Word, Word, Vec<(ThreadId, Word)>);

/// One way to end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found<T> {
    /// Whether by exit or in deadlock.
    pub ending: Ending,
    /// What main gave, if it came to its end.
    pub gave: Option<T>,
    /// The threads that have panicked, by name.
    pub panics: Vec<(String, Panic)>,
    /// The output.
    pub output: String,
    /// The number that it was added under.
    pub state: u32,
}

/// Collects the ways to end.
pub struct Results<T> {
    known: BTreeMap<End, usize>,
    /// Them, in the order in which they were found.
    pub found: Vec<Found<T>>,
}

impl<T> Default for Results<T> {
    fn default() -> Results<T> {
        Results { known: BTreeMap::new(), found: Vec::new() }
    }
}

impl<T: Value> Results<T> {
    /// Adds the end that this state is. Gives whether it was not known.
    pub fn add(&mut self, simulation: &Simulation<'_>, state: &State, ending: Ending, number: u32) -> bool {
        let (machine, values) = (simulation.machine(), simulation.values());
        let failed = failures(simulation, state);
        let ended = machine.thread(ThreadId::MAIN).status(state) == Status::Ended;
        let gave = if ended { simulation.gave(state) } else { Word::UNBOUND };
        let end = (ending, gave, state.get(machine.output), failed);
        if self.known.contains_key(&end) {
            return false;
        }
        let gave = match values.composite(gave) {
            Some(Composite::Foreign(foreign)) => foreign.value::<T>().cloned(),
            _ => None,
        };
        let name = |id| simulation.crew_of(id).map_or_else(|| thread_name(simulation, state, id), |(_, name)| name.to_owned());
        let panics = end.3.iter().map(|&(id, error)| (name(id), panic_of(simulation, error))).collect();
        let output = chunks(machine, values, state).into_iter().map(|chunk| shown_text(simulation, chunk)).collect();
        self.known.insert(end, self.found.len());
        self.found.push(Found { ending, gave, panics, output, state: number });
        true
    }

    /// Them, without those that have been found elsewhere as well, in the same words.
    pub fn without(&self, other: &Results<T>) -> Vec<Found<T>> {
        let mut new: Vec<usize> = self.known.iter().filter(|(end, _)| !other.known.contains_key(*end)).map(|(_, &place)| place).collect();
        new.sort_unstable();
        new.into_iter().map(|place| self.found[place].clone()).collect()
    }
}

/// Who has panicked, and how. Of a crew it is not told which of its members: all are taken for the first.
fn failures(simulation: &Simulation<'_>, state: &State) -> Vec<(ThreadId, Word)> {
    let mut failed = errors(simulation.machine(), simulation.values(), state);
    for (id, _) in &mut failed {
        *id = simulation.crew_of(*id).map_or(*id, |(first, _)| first);
    }
    failed.sort_by_cached_key(|&(id, error)| (id, panic_of(simulation, error)));
    failed
}

/// The panic that an error's word stands for.
pub fn panic_of(simulation: &Simulation<'_>, error: Word) -> Panic {
    let message = match simulation.values().composite(error) {
        Some(Composite::Error(_, message)) => shown_text(simulation, *message),
        _ => String::new(),
    };
    Panic { message }
}
