//! A scenario as something that can be explored: what searches ask of it, answered by its interpreter.

use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::kernel::value::{Aspect, ThreadId, Value, Word};
use crate::kernel::values::Values;
use crate::program::interpreter::Interpreter;
use crate::program::writing;
use crate::step::clock::Clock;
use crate::step::explorable::Program;
use crate::step::place::Place;
use crate::step::tie::Tie;
use crate::step::trap::Stop;

impl Program for Interpreter {
    fn machine(&self) -> &Machine {
        &self.machine
    }

    fn values(&self) -> &Values {
        &self.values
    }

    fn parts(&mut self) -> (&Machine, &mut Values) {
        (&self.machine, &mut self.values)
    }

    fn classes(&self) -> Vec<Vec<ThreadId>> {
        self.threads.classes()
    }

    fn begin(&mut self) -> Result<State, Stop> {
        self.begin()
    }

    fn step(&mut self, state: &mut State, id: ThreadId, alternative: u32) -> Result<(), Stop> {
        self.step(state, id, alternative)
    }

    fn failures(&self) -> &[(ThreadId, Place)] {
        &self.failures
    }

    fn ties(&self) -> &[Tie] {
        &self.ties
    }

    fn result(&self) -> Option<Result<Word, Word>> {
        self.result
    }

    fn place(&self, state: &State, id: ThreadId) -> Option<Place> {
        self.place(state, id)
    }

    fn line(&self, place: Place) -> String {
        self.scenario.source.line(place)
    }

    fn hash(&self) -> u32 {
        self.scenario.hash()
    }

    fn clock(&self) -> Clock {
        self.mode.clock
    }

    fn has_main(&self) -> bool {
        self.scenario.main.is_some()
    }

    fn shown_thread(&self, id: ThreadId, aspect: Aspect) -> String {
        self.threads.shown(id, aspect)
    }

    fn shown_value(&self, word: Word) -> String {
        match word.value() {
            Value::Unbound => "unbound".to_owned(),
            _ => writing::shown(&self.values, &self.names, word, &|id, aspect| self.threads.shown(id, aspect)),
        }
    }
}
