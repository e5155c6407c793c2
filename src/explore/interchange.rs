//! Which threads can be exchanged in a state: equal ones that have not acted yet, and that nothing tells apart.
//!
//! A permutation that leaves a state as it is carries every execution from there to another one. So of the sequences that
//! differ by such a permutation one is explored: the one in which exchangeable threads act for the first time in order.
//! Threads that can be exchanged remain so until one of them acts; a program that breaks this has told them apart. Our own;
//! tested against the orbits of all traces.

use std::rc::Rc;

use crate::explore::renaming::Renamings;
use crate::kernel::state::State;
use crate::kernel::thread::Status;
use crate::kernel::value::ThreadId;
use crate::run::footprints::Event;
use crate::run::schedule::Choice;
use crate::step::explorable::Program;
use crate::step::trap::Stop;

/// Threads of one declaration that have not acted yet: sets of those that can be exchanged.
type Idle = Vec<Vec<ThreadId>>;

/// The threads that can be exchanged in a state, by declaration.
#[derive(Clone, Debug, Default)]
pub struct Interchange {
    classes: Rc<Vec<Idle>>,
}

impl Interchange {
    /// Those of the first state.
    pub fn new(interpreter: &mut impl Program, state: &State) -> Interchange {
        let alone = |class: Vec<ThreadId>| class.into_iter().map(|id| vec![id]).collect();
        let classes = interpreter.classes().into_iter().map(alone).collect();
        Interchange::merged(classes, interpreter, state)
    }

    /// Those of the state that has come of a step by `actor` from the state `before`.
    ///
    /// # Errors
    ///
    /// `Asymmetric`: the step has told threads apart that could be exchanged.
    pub fn after(&self, actor: ThreadId, interpreter: &mut impl Program, before: &State, state: &State) -> Result<Interchange, Stop> {
        if self.is_trivial() {
            return Ok(self.clone());
        }
        let mut classes = (*self.classes).clone();
        for class in &mut classes {
            class.iter_mut().for_each(|set| set.retain(|&id| id != actor));
            class.retain(|set| !set.is_empty());
        }
        if mentions_more(interpreter, before, state) {
            for set in classes.iter().flatten() {
                if !set.windows(2).all(|pair| can_exchange(interpreter, state, pair[0], pair[1])) {
                    return Err(Stop::Asymmetric);
                }
            }
        }
        Ok(Interchange::merged(classes, interpreter, state))
    }

    /// Puts together the sets whose threads can be exchanged for each other.
    fn merged(mut classes: Vec<Idle>, interpreter: &mut impl Program, state: &State) -> Interchange {
        for class in &mut classes {
            let mut merged: Idle = Vec::new();
            for set in std::mem::take(class) {
                match merged.iter_mut().find(|other| can_exchange(interpreter, state, other[0], set[0])) {
                    Some(other) => other.extend(set),
                    None => merged.push(set),
                }
            }
            merged.iter_mut().for_each(|set| set.sort_unstable());
            *class = merged;
        }
        Interchange { classes: Rc::new(classes) }
    }

    /// Whether there are none.
    #[inline]
    pub fn is_trivial(&self) -> bool {
        self.classes.iter().all(Vec::is_empty)
    }

    /// The threads for which a thread can be exchanged, itself among them if it is one of those.
    pub fn peers(&self, id: ThreadId) -> &[ThreadId] {
        self.classes.iter().flatten().find(|set| set.contains(&id)).map_or(&[], Vec::as_slice)
    }

    /// The choices of a sequence, exchanged so that threads act for the first time in order. Nothing if they do already.
    pub fn in_order(&self, sequence: &[Event]) -> Option<Vec<Choice>> {
        if self.is_trivial() {
            return None;
        }
        let mut renamed: Vec<Choice> = sequence.iter().map(|event| event.choice).collect();
        let mut changed = false;
        for set in self.classes.iter().flatten() {
            let mut met: Vec<ThreadId> = Vec::new();
            for (choice, event) in renamed.iter_mut().zip(sequence) {
                if set.contains(&event.thread()) {
                    let order = met.iter().position(|&id| id == event.thread()).unwrap_or(met.len());
                    if order == met.len() {
                        met.push(event.thread());
                    }
                    changed |= choice.thread != set[order];
                    choice.thread = set[order];
                }
            }
        }
        changed.then_some(renamed)
    }
}

/// Whether something that a step has changed mentions a thread: else, what could be exchanged still can.
fn mentions_more(interpreter: &impl Program, before: &State, state: &State) -> bool {
    let changed = before.row().iter().zip(state.row()).enumerate().filter(|(_, (before, after))| before != after);
    let zone = interpreter.machine().clock.zone.slot;
    changed.into_iter().any(|(slot, (_, &after))| slot < zone && interpreter.values().mentions_threads(after))
}

/// Whether two threads have been started and a state stays the same when they exchange their names.
fn can_exchange(interpreter: &mut impl Program, state: &State, a: ThreadId, b: ThreadId) -> bool {
    if [a, b].iter().any(|&id| interpreter.machine().thread(id).status(state) != Status::Live) {
        // Whoever starts them may do so in their order.
        return false;
    }
    let mut to: Vec<u16> = (0..interpreter.machine().threads.len() as u16).collect();
    to.swap(a.index(), b.index());
    Renamings::default().is_kept(interpreter, state, &to)
}
