//! What a state becomes when its threads are renamed, and whether it becomes itself.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::kernel::clock::Time;
use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::kernel::value::{ThreadId, Word};
use crate::kernel::values::Values;
use crate::step::explorable::Program;

/// So many renamed values are remembered at most.
const MOST: usize = 1 << 20;

/// Renamings of threads (thread `i` becomes thread `to[i]`), and what values become by them.
#[derive(Default)]
pub struct Renamings {
    numbers: FxHashMap<Box<[u16]>, u32>,
    known: FxHashMap<(Word, u32), Word>,
}

impl Renamings {
    /// Renames the threads of a state.
    pub fn rename(&mut self, interpreter: &mut impl Program, state: &mut State, to: &[u16]) {
        let number = self.number(to);
        let (machine, values) = interpreter.parts();
        for slot in 0..words(machine) {
            let word = state.get(slot);
            if values.mentions_threads(word) {
                state.set(slot, self.word(values, word, to, number));
            }
        }
        let before = state.clone();
        for (from, into) in moved(machine, to).iter().flat_map(|(from, into)| from.clone().zip(into.clone())) {
            state.set(into, before.get(from));
        }
        if machine.clock.time == Time::Dense {
            machine.clock.zone.rename(state, to);
        }
    }

    /// Whether a state stays the same.
    pub fn is_kept(&mut self, interpreter: &mut impl Program, state: &State, to: &[u16]) -> bool {
        let number = self.number(to);
        let (machine, values) = interpreter.parts();
        let moved = moved(machine, to);
        // Most threads that differ do so in what is their own.
        for (slot, into) in moved.iter().flat_map(|(from, into)| from.clone().zip(into.clone())) {
            if self.word(values, state.get(slot), to, number) != state.get(into) {
                return false;
            }
        }
        for slot in 0..words(machine) {
            let word = state.get(slot);
            if values.mentions_threads(word)
                && !moved.iter().any(|(from, _)| from.contains(&slot))
                && self.word(values, word, to, number) != word
            {
                return false;
            }
        }
        if machine.clock.time != Time::Dense {
            return true;
        }
        let mut renamed = state.clone();
        machine.clock.zone.rename(&mut renamed, to);
        renamed == *state
    }

    fn number(&mut self, to: &[u16]) -> u32 {
        if self.known.len() > MOST {
            *self = Renamings::default();
        }
        if let Some(&number) = self.numbers.get(to) {
            return number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(to.into(), number);
        number
    }

    fn word(&mut self, values: &mut Values, word: Word, to: &[u16], number: u32) -> Word {
        if !values.mentions_threads(word) {
            return word;
        }
        *self.known.entry((word, number)).or_insert_with(|| values.rename(word, &|id| ThreadId(to[id.index()])))
    }

    /// About how many bytes the memory of values takes.
    pub fn bytes(&self) -> usize {
        self.known.len() * 40 + self.numbers.len() * 80
    }
}

/// The slots that are words: what comes behind them are the bounds of a zone.
pub fn words(machine: &Machine) -> usize {
    if machine.clock.time == Time::Dense { machine.clock.zone.slot } else { machine.slots }
}

/// The slots of what gets another name, and the slots where its words go.
fn moved(machine: &Machine, to: &[u16]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut moved = Vec::new();
    for thread in machine.threads.iter().filter(|thread| to[thread.id.index()] != thread.id.0) {
        let other = machine.thread(ThreadId(to[thread.id.index()]));
        moved.push((thread.slots(), other.slots()));
        moved.push((machine.own_slots(thread.id), machine.own_slots(other.id)));
    }
    moved
}
