//! Equal threads: renaming them so that states which differ only in who is who become one.
//!
//! Threads of one declaration run the same code from the same names; their own names and numbers stay symbolic, so a
//! permutation of them carries a state to one with the same future. A body that tells them apart ends the search
//! with `Asymmetric`, and it begins again without this. Sources: Ip and Dill, scalarsets in Murφ (1996).

use rustc_hash::FxHashMap;

use crate::explore::renaming::{Renamings, words};
use crate::kernel::clock::Time;
use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::kernel::value::{Aspect, ThreadId, Value, Word};
use crate::kernel::values::{Composite, Piece, Values};
use crate::run::schedule::Choice;
use crate::step::explorable::Program;
use crate::step::trap::Stop;

/// Finds for every state the renaming that leads to the representative of its orbit.
///
/// Threads are sorted by what can be seen of each: its own slots and every mention of it elsewhere. Threads that look
/// the same keep their order; where they are told apart only by mentions of each other, two members of an orbit may
/// keep different representatives: that costs states, never soundness.
#[derive(Default)]
pub struct Symmetry {
    classes: Vec<Vec<ThreadId>>,
    /// Whether states are renamed at all: else threads are only compared.
    renames: bool,
    looks: FxHashMap<(Word, ThreadId), u64>,
    renamings: Renamings,
}

fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0x9e37_79b9_7f4a_7c15) * u128::from(b | 1);
    (product as u64).rotate_left(29) ^ (product >> 64) as u64
}

impl Symmetry {
    /// The symmetry of a program.
    pub fn new(interpreter: &impl Program) -> Symmetry {
        Symmetry { classes: interpreter.classes(), renames: interpreter.goes_on_renamed(), ..Symmetry::default() }
    }

    /// Whether there is none.
    pub fn is_trivial(&self) -> bool {
        self.classes.is_empty()
    }

    fn renames_nothing(&self) -> bool {
        self.is_trivial() || !self.renames
    }

    /// Renames the threads of a state to its representative. Gives for every thread its new name, or nothing if
    /// all keep theirs.
    pub fn normalize(&mut self, interpreter: &mut impl Program, state: &mut State) -> Option<Vec<u16>> {
        if self.renames_nothing() {
            return None;
        }
        let mut to: Option<Vec<u16>> = None;
        let mentions = mentions(interpreter, state);
        for index in 0..self.classes.len() {
            let class = std::mem::take(&mut self.classes[index]);
            // Mentions by threads of the class itself are left out: they would have to be renamed first.
            let machine = interpreter.machine();
            let own = machine.thread(class[0]).slot..machine.thread(class[class.len() - 1]).slots().end;
            let others: Vec<usize> = mentions.iter().copied().filter(|slot| !own.contains(slot)).collect();
            let mut order: Vec<(u64, ThreadId)> = class.iter().map(|&id| (self.look(interpreter, state, &others, id), id)).collect();
            order.sort_by_key(|&(look, _)| look);
            if order.iter().zip(&class).any(|((_, id), place)| id != place) {
                let to = to.get_or_insert_with(|| (0..interpreter.machine().threads.len() as u16).collect());
                for ((_, id), place) in order.iter().zip(&class) {
                    for (from, into) in together(interpreter.machine(), *id, *place) {
                        to[from.index()] = into.0;
                    }
                }
            }
            self.classes[index] = class;
        }
        if let Some(to) = &to {
            self.renamings.rename(interpreter, state, to);
        }
        to
    }

    /// The renaming that swaps two threads, if they are equal and the state stays as it is.
    pub fn twins(&mut self, interpreter: &mut impl Program, state: &State, a: ThreadId, b: ThreadId) -> Option<Vec<u16>> {
        let swap = self.swap(interpreter.machine(), a, b)?;
        self.renamings.is_kept(interpreter, state, &swap).then_some(swap)
    }

    /// The renaming that swaps two equal threads, each with what moves its items, or two movers of the items of two equal
    /// threads; nothing if they are not equal.
    fn swap(&self, machine: &Machine, a: ThreadId, b: ThreadId) -> Option<Vec<u16>> {
        let owner = |id: ThreadId| machine.feeders.iter().find(|feeder| feeder.thread == id).map_or(id, |feeder| feeder.owner);
        let (first, second) = (owner(a), owner(b));
        if first == second || !self.classes.iter().any(|class| class.contains(&first) && class.contains(&second)) {
            return None;
        }
        let mut to: Vec<u16> = (0..machine.threads.len() as u16).collect();
        together(machine, first, second).for_each(|(from, into)| to.swap(from.index(), into.index()));
        (to[a.index()] == b.0).then_some(to)
    }

    /// What can be seen of a thread in a state, as a hash.
    fn look(&mut self, interpreter: &impl Program, state: &State, mentions: &[usize], id: ThreadId) -> u64 {
        let machine = interpreter.machine();
        let mut look = 1;
        let feeders = machine.feeders_of(id).flat_map(|feeder| machine.thread(feeder.thread).slots());
        for slot in machine.thread(id).slots().chain(machine.own_slots(id)).chain(feeders) {
            look = mix(look, self.look_of(interpreter.values(), state.get(slot), id));
        }
        for &slot in mentions {
            look = mix(look, slot as u64 ^ self.look_of(interpreter.values(), state.get(slot), id));
        }
        if machine.clock.time == Time::Dense {
            let (high, low) = machine.clock.zone.bounds(state, id.index());
            look = mix(mix(look, high as u64), low as u64);
        }
        look
    }

    /// What can be seen of a thread in a value: where it is mentioned, and everything that mentions nobody.
    fn look_of(&mut self, values: &Values, word: Word, id: ThreadId) -> u64 {
        if !values.mentions_threads(word) {
            return word.bits();
        }
        if let Value::Thread(thread, aspect) = word.value() {
            return mention(thread, aspect, id);
        }
        if let Some(&look) = self.looks.get(&(word, id)) {
            return look;
        }
        let mut look = 2;
        match values.shared(word).as_deref() {
            Some(Composite::Text(pieces)) => {
                for piece in pieces {
                    look = match piece {
                        Piece::Letters(letters) => letters.bytes().fold(look, |look, byte| mix(look, u64::from(byte))),
                        Piece::Thread(thread, aspect) => mix(look, mention(*thread, *aspect, id)),
                    };
                }
            }
            Some(composite) => {
                composite.for_each_word(|word| look = mix(look, self.look_of(values, word, id)));
                if let Some(thread) = values.thread_of_op(word) {
                    look = mix(look, mention(thread, Aspect::Handle, id));
                }
                look = mix(look, composite.kind());
            }
            None => {}
        }
        self.looks.insert((word, id), look);
        look
    }

    /// About how many bytes the memory of looks takes.
    pub fn bytes(&self) -> usize {
        self.looks.len() * 48 + self.renamings.bytes()
    }
}

/// What gets whose name when one of two equal threads gets the other's: a process goes with what moves its items.
fn together(machine: &Machine, from: ThreadId, into: ThreadId) -> impl Iterator<Item = (ThreadId, ThreadId)> + '_ {
    let feeders = machine.feeders_of(from).zip(machine.feeders_of(into));
    std::iter::once((from, into)).chain(feeders.map(|(feeder, other)| (feeder.thread, other.thread)))
}

/// The slots that mention threads.
fn mentions(interpreter: &impl Program, state: &State) -> Vec<usize> {
    let (machine, values) = (interpreter.machine(), interpreter.values());
    (0..words(machine)).filter(|&slot| values.mentions_threads(state.get(slot))).collect()
}

fn mention(thread: ThreadId, aspect: Aspect, id: ThreadId) -> u64 {
    mix(3 + aspect as u64, u64::from(thread == id) + 7)
}

/// Rewrites choices among representatives of orbits into choices among the threads themselves.
///
/// # Errors
///
/// Never for choices that a search with this symmetry has taken.
pub fn own_names(interpreter: &mut impl Program, symmetry: &mut Symmetry, path: &[Choice]) -> Result<Vec<Choice>, Stop> {
    if symmetry.renames_nothing() {
        return Ok(path.to_vec());
    }
    let threads = interpreter.machine().threads.len() as u16;
    let mut state = interpreter.begin()?;
    // `to[i]`: the name that thread i has in the representative.
    let mut to: Vec<u16> = (0..threads).collect();
    let mut choices = Vec::new();
    for step in std::iter::once(None).chain(path.iter().map(Some)) {
        if let Some(step) = step {
            let own = to.iter().position(|&name| name == step.thread.0).expect("a renaming is a permutation");
            let choice = Choice { thread: ThreadId(own as u16), alternative: step.alternative };
            choices.push(choice);
            // The last step may lead into a trap: it belongs to the schedule all the same.
            if interpreter.step(&mut state, choice.thread, choice.alternative).is_err() {
                break;
            }
        }
        let mut representative = state.clone();
        symmetry.renamings.rename(interpreter, &mut representative, &to);
        if let Some(more) = symmetry.normalize(interpreter, &mut representative) {
            for name in &mut to {
                *name = more[*name as usize];
            }
        }
    }
    Ok(choices)
}
