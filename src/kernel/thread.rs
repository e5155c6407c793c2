//! Threads: their life, and the slots in which the machine keeps what it knows of each.

use std::ops::Range;

use crate::kernel::state::State;
use crate::kernel::value::{Aspect, ThreadId, Word};
use crate::kernel::values::Values;

/// Where a thread is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// A place for a thread that may be created later.
    Free,
    /// Created, not started.
    Created,
    /// Started, not ended.
    Live,
    /// Its body has come to its end.
    Ended,
    /// An exception ended it.
    Failed,
    /// A daemon that died with the program.
    Killed,
}

impl Status {
    /// Whether the thread will never act again.
    pub fn is_over(self) -> bool {
        matches!(self, Status::Ended | Status::Failed | Status::Killed)
    }
}

/// How far a thread is in an operation that takes more than one transition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// The operation has not begun.
    Asking,
    /// Enrolled, not woken.
    Waiting,
    /// Woken.
    Notified,
    /// The timeout came first.
    Expired,
}

/// A thread's slots.
#[derive(Clone, Copy, Debug)]
pub struct Thread {
    /// The thread.
    pub id: ThreadId,
    /// Its first slot.
    pub slot: usize,
}

const STATUS: usize = 0;
const PHASE: usize = 1;
const SAVED: usize = 2;
const TIMER: usize = 3;
const OP: usize = 4;
const FRAME: usize = 5;
const LOCALS: usize = 6;
const NAME: usize = 7;
const DAEMON: usize = 8;

impl Thread {
    /// How many slots a thread owns.
    pub const SLOTS: usize = 9;

    /// Its slots.
    pub fn slots(self) -> Range<usize> {
        self.slot..self.slot + Thread::SLOTS
    }

    /// Brings it to its first state: created if it is declared, else a free place.
    pub fn init(self, state: &mut State, declared: bool, daemon: bool) {
        self.set_status(state, if declared { Status::Created } else { Status::Free });
        self.set_phase(state, Phase::Asking);
        state.set(self.slot + SAVED, Word::UNBOUND);
        state.set(self.slot + TIMER, Word::NONE);
        state.set(self.slot + DAEMON, Word::bool(daemon));
    }

    /// Where it is in its life.
    pub fn status(self, state: &State) -> Status {
        match state.count(self.slot + STATUS) {
            0 => Status::Free,
            1 => Status::Created,
            2 => Status::Live,
            3 => Status::Ended,
            4 => Status::Failed,
            _ => Status::Killed,
        }
    }

    /// Moves it on in its life.
    pub fn set_status(self, state: &mut State, status: Status) {
        state.set_count(self.slot + STATUS, status as u32);
    }

    /// How far it is in its operation.
    pub fn phase(self, state: &State) -> Phase {
        match state.count(self.slot + PHASE) {
            0 => Phase::Asking,
            1 => Phase::Waiting,
            2 => Phase::Notified,
            _ => Phase::Expired,
        }
    }

    /// Moves it on in its operation.
    pub fn set_phase(self, state: &mut State, phase: Phase) {
        state.set_count(self.slot + PHASE, phase as u32);
    }

    /// What the operation under way has to remember (how often a lock was held, a place at a barrier; for main at
    /// the exit, the error that ended it).
    pub fn saved(self, state: &State) -> Word {
        state.get(self.slot + SAVED)
    }

    /// Sets what the operation under way has to remember.
    pub fn set_saved(self, state: &mut State, word: Word) {
        state.set(self.slot + SAVED, word);
    }

    /// Its timer: `NONE` if it has none running.
    pub fn timer(self, state: &State) -> Word {
        state.get(self.slot + TIMER)
    }

    /// Sets its timer.
    pub fn set_timer(self, state: &mut State, word: Word) {
        state.set(self.slot + TIMER, word);
    }

    /// The word of the operation it asks for.
    pub fn op(self, state: &State) -> Word {
        state.get(self.slot + OP)
    }

    /// Sets the operation it asks for.
    pub fn set_op(self, state: &mut State, word: Word) {
        state.set(self.slot + OP, word);
    }

    /// What its program keeps of it; after a failure, the error.
    pub fn frame(self, state: &State) -> Word {
        state.get(self.slot + FRAME)
    }

    /// Sets what its program keeps of it.
    pub fn set_frame(self, state: &mut State, word: Word) {
        state.set(self.slot + FRAME, word);
    }

    /// Its `local()` attributes: a dict, or unbound.
    pub fn locals(self, state: &State) -> Word {
        state.get(self.slot + LOCALS)
    }

    /// Sets its `local()` attributes.
    pub fn set_locals(self, state: &mut State, word: Word) {
        state.set(self.slot + LOCALS, word);
    }

    /// Its name if it was given one while running.
    pub fn given_name(self, state: &State) -> Word {
        state.get(self.slot + NAME)
    }

    /// Gives it a name.
    pub fn set_given_name(self, state: &mut State, word: Word) {
        state.set(self.slot + NAME, word);
    }

    /// Whether the program does not wait for it.
    pub fn is_daemon(self, state: &State) -> bool {
        state.get(self.slot + DAEMON) == Word::TRUE
    }

    /// Sets whether the program does not wait for it.
    pub fn set_daemon(self, state: &mut State, daemon: bool) {
        state.set(self.slot + DAEMON, Word::bool(daemon));
    }

    /// Ends it: everything it does not need any more is forgotten, so that states merge.
    pub fn end(self, state: &mut State, status: Status, error: Word) {
        self.set_status(state, status);
        self.set_phase(state, Phase::Asking);
        self.set_saved(state, Word::UNBOUND);
        self.set_op(state, Word::UNBOUND);
        self.set_frame(state, error);
        self.set_locals(state, Word::UNBOUND);
    }
}

/// A list of threads that wait, longest first: one word, a tuple of handles.
pub fn enrol(values: &mut Values, state: &mut State, slot: usize, thread: ThreadId) {
    let mut waiters = values.items(state.get(slot)).to_vec();
    waiters.push(Word::thread(thread, Aspect::Handle));
    state.set(slot, values.tuple(waiters));
}

/// Takes a thread out of a list of waiters, if it is there.
pub fn withdraw(values: &mut Values, state: &mut State, slot: usize, thread: ThreadId) {
    let waiters = values.items(state.get(slot)).iter().copied().filter(|word| word.as_thread() != Some(thread)).collect::<Vec<_>>();
    state.set(slot, values.tuple(waiters));
}

/// Takes the longest waiting threads out of a list, at most this many.
pub fn dismiss(values: &mut Values, state: &mut State, slot: usize, most: u32) -> Vec<ThreadId> {
    let waiters = values.items(state.get(slot)).to_vec();
    let first = waiters.len().min(most as usize);
    let woken = waiters[..first].iter().filter_map(|word| word.as_thread()).collect();
    state.set(slot, values.tuple(&waiters[first..]));
    woken
}
