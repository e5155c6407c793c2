//! How an execution ends: by exit or in deadlock, with which values, which output and which errors.

use crate::kernel::machine::{Machine, Object};
use crate::kernel::state::State;
use crate::kernel::text;
use crate::kernel::thread::Status;
use crate::kernel::value::{Aspect, ObjectId, ThreadId, Word};
use crate::kernel::values::{Composite, Values};
use crate::step::ending::Ending;
use crate::step::explorable::Program;

/// How an execution has ended, if nothing can run any more.
pub fn ending(machine: &Machine, values: &Values, state: &State) -> Option<Ending> {
    if !machine.enabled(values, state).is_empty() {
        return None;
    }
    Some(if machine.has_exited(state) { Ending::Exit } else { Ending::Deadlock })
}

/// The errors that have ended threads so far.
pub fn errors(machine: &Machine, values: &Values, state: &State) -> Vec<(ThreadId, Word)> {
    let error = |word: Word| matches!(values.composite(word), Some(Composite::Error(..)));
    machine
        .threads
        .iter()
        .filter_map(|thread| match thread.status(state) {
            Status::Failed => Some((thread.id, thread.frame(state))),
            // Who has come to the end with an error has yet to go: main waits for the exit.
            Status::Live if error(thread.saved(state)) => Some((thread.id, thread.saved(state))),
            _ => None,
        })
        .collect()
}

/// The shared variables, in the order of the file.
pub fn variables(machine: &Machine) -> impl Iterator<Item = ObjectId> + '_ {
    machine.original_variables()
}

/// The value of a shared variable.
pub fn value_of(machine: &Machine, state: &State, id: ObjectId) -> Word {
    match machine.object(id) {
        Object::Variable(variable, _) => variable.read(state),
        _ => Word::UNBOUND,
    }
}

/// The pieces of output written so far, in order.
pub fn chunks(machine: &Machine, values: &Values, state: &State) -> Vec<Word> {
    let mut found = Vec::new();
    let mut next = state.get(machine.output);
    while let Some(&Composite::Output(before, text)) = values.composite(next) {
        found.push(text);
        next = before;
    }
    found.reverse();
    found
}

/// An outcome: everything that tells one end of an execution from another.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Outcome {
    /// How it ends.
    pub ending: Ending,
    /// The whole output.
    pub output: String,
    /// The final values of the shared variables.
    pub values: Vec<(String, String)>,
    /// The threads that an exception ended, with it.
    pub errors: Vec<(String, String)>,
}

/// The outcome of a state in which nothing can run any more (threads under their own names).
pub fn outcome(interpreter: &impl Program, state: &State, ending: Ending) -> Outcome {
    let (machine, values) = (interpreter.machine(), interpreter.values());
    let output = chunks(machine, values, state).into_iter().map(|chunk| shown_text(interpreter, chunk)).collect();
    let finals =
        variables(machine).map(|id| (machine.names[id.index()].clone(), shown(interpreter, value_of(machine, state, id)))).collect();
    let errors = errors(machine, values, state)
        .into_iter()
        .map(|(id, error)| (thread_name(interpreter, state, id), shown_error(interpreter, error)))
        .collect();
    Outcome { ending, output, values: finals, errors }
}

/// A thread's name as a person reads it.
pub fn thread_name(interpreter: &impl Program, state: &State, id: ThreadId) -> String {
    let machine = interpreter.machine();
    if let Some(feeder) = machine.feeders.iter().find(|feeder| feeder.thread == id) {
        return format!("feeder of {}", thread_name(interpreter, state, feeder.owner));
    }
    let given = machine.thread(id).given_name(state);
    if given.is_unbound() {
        if id == ThreadId::MAIN { "main".to_owned() } else { interpreter.shown_thread(id, Aspect::Name) }
    } else {
        shown_text(interpreter, given)
    }
}

/// A text as a person reads it.
pub fn shown_text(interpreter: &impl Program, word: Word) -> String {
    text::render(interpreter.values(), word, &|id, aspect| interpreter.shown_thread(id, aspect))
}

/// A value as a person reads it.
pub fn shown(interpreter: &impl Program, word: Word) -> String {
    interpreter.shown_value(word)
}

/// An exception as the last line of a traceback shows it.
pub fn shown_error(interpreter: &impl Program, error: Word) -> String {
    match interpreter.values().composite(error) {
        Some(Composite::Error(kind, message)) if message.is_unbound() => interpreter.error_name(*kind).to_owned(),
        Some(Composite::Error(kind, message)) => format!("{}: {}", interpreter.error_name(*kind), shown_text(interpreter, *message)),
        _ => "an error".to_owned(),
    }
}
