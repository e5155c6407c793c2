//! Thread-local attributes: `local()` objects, whose attributes every thread has for itself.
//!
//! Source: CPython 3.11 `Modules/_threadmodule.c`: a dict a thread, made on first access, freed with the thread.
//! Using them is private: no transition.

use crate::kernel::state::State;
use crate::kernel::thread::Thread;
use crate::kernel::value::{ObjectId, Word};
use crate::kernel::values::{Composite, Values};

/// A thread's attribute of a `local()` object, if it is bound.
pub fn load(values: &mut Values, state: &State, thread: Thread, object: ObjectId, name: Word) -> Option<Word> {
    let key = values.tuple([Word::object(object), name]);
    match values.composite(thread.locals(state)) {
        Some(Composite::Dict(pairs)) => pairs.iter().find(|pair| pair.0 == key).map(|pair| pair.1),
        _ => None,
    }
}

/// Binds a thread's attribute of a `local()` object.
pub fn store(values: &mut Values, state: &mut State, thread: Thread, object: ObjectId, name: Word, value: Word) {
    let key = values.tuple([Word::object(object), name]);
    let mut pairs = match values.composite(thread.locals(state)) {
        Some(Composite::Dict(pairs)) => pairs.to_vec(),
        _ => Vec::new(),
    };
    match pairs.iter_mut().find(|pair| pair.0 == key) {
        Some(pair) => pair.1 = value,
        None => {
            pairs.push((key, value));
            // The order of binding cannot be seen: one order, one word.
            pairs.sort_unstable();
        }
    }
    let dict = values.intern(Composite::Dict(pairs.into()));
    thread.set_locals(state, dict);
}
