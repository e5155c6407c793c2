//! Executors: pools of workers, the queue of work each has, and the futures that work is asked for by.

use crate::kernel::state::State;
use crate::kernel::value::{ThreadId, Word};
use crate::kernel::values::Values;

/// What a pool's workers are. That also decides when they are started: one at a `submit` that finds no idle worker, or,
/// forked processes, all at the first `submit`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Staff {
    /// Threads (`ThreadPoolExecutor`).
    Threads,
    /// Processes, forked (`ProcessPoolExecutor`).
    Forked,
    /// Processes, spawned (`ProcessPoolExecutor`).
    Spawned,
}

/// Whether a pool takes work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gate {
    /// It does.
    Open,
    /// `shutdown` was called.
    ShutDown,
    /// The program is about to exit.
    Exiting,
}

/// A pool.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// The slot of its queue of futures (a tuple, next first); idle workers, started workers and the gate stand behind.
    pub slot: usize,
    /// Its first worker.
    pub first: ThreadId,
    /// How many workers it has at most.
    pub most: u16,
    /// What they are.
    pub staff: Staff,
}

impl Pool {
    /// How many slots a pool owns.
    pub const SLOTS: usize = 4;

    /// Brings it to its first state.
    pub fn init(self, values: &mut Values, state: &mut State) {
        state.set(self.slot, values.tuple([]));
        for offset in 1..Pool::SLOTS {
            state.set_count(self.slot + offset, 0);
        }
    }

    /// The futures whose work waits, next first.
    pub fn queue<'a>(self, values: &'a Values, state: &State) -> &'a [Word] {
        values.items(state.get(self.slot))
    }

    /// Sets the futures whose work waits.
    pub fn set_queue(self, values: &mut Values, state: &mut State, futures: &[Word]) {
        state.set(self.slot, values.tuple(futures));
    }

    /// How many of its workers have counted themselves as idle.
    pub fn idle(self, state: &State) -> u32 {
        state.count(self.slot + 1)
    }

    /// Sets how many of its workers are idle.
    pub fn set_idle(self, state: &mut State, count: u32) {
        state.set_count(self.slot + 1, count);
    }

    /// How many of its workers have been started.
    pub fn started(self, state: &State) -> u32 {
        state.count(self.slot + 2)
    }

    /// Sets how many of its workers have been started.
    pub fn set_started(self, state: &mut State, count: u32) {
        state.set_count(self.slot + 2, count);
    }

    /// Whether it takes work.
    pub fn gate(self, state: &State) -> Gate {
        match state.count(self.slot + 3) {
            0 => Gate::Open,
            1 => Gate::ShutDown,
            _ => Gate::Exiting,
        }
    }

    /// Closes it. `shutdown` leaves its mark also when the program is about to exit: `submit` looks for that first.
    pub fn close(self, state: &mut State, gate: Gate) {
        if self.gate(state) == Gate::Open || gate == Gate::ShutDown {
            state.set_count(self.slot + 3, gate as u32);
        }
    }

    /// Its workers, started or not.
    pub fn workers(self) -> impl Iterator<Item = ThreadId> {
        (self.first.0..self.first.0 + self.most).map(ThreadId)
    }

    /// Whether a thread is one of its workers.
    pub fn employs(self, id: ThreadId) -> bool {
        (self.first.0..self.first.0 + self.most).contains(&id.0)
    }
}

/// Where a future is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// A place for a future that may be made later.
    Free,
    /// Its work waits.
    Pending,
    /// Its work is being done.
    Running,
    /// Its work was cancelled before it began.
    Cancelled,
    /// Its work has given a result.
    Finished,
    /// Its work has raised an exception that nobody has looked at.
    Failed,
    /// Its work has raised an exception, and somebody has asked for it.
    FailedAndSeen,
}

/// A future's slots: progress, work (later the result or the error), callbacks.
#[derive(Clone, Copy, Debug)]
pub struct Future {
    /// Its first slot.
    pub slot: usize,
}

impl Future {
    /// How many slots a future owns.
    pub const SLOTS: usize = 3;

    /// Makes it a future of this work, which waits.
    pub fn begin(self, values: &mut Values, state: &mut State, work: Word) {
        self.set_progress(state, Progress::Pending);
        state.set(self.slot + 1, work);
        self.set_callbacks(values, state, &[]);
    }

    /// Where it is in its life.
    pub fn progress(self, state: &State) -> Progress {
        match state.count(self.slot) {
            0 => Progress::Free,
            1 => Progress::Pending,
            2 => Progress::Running,
            3 => Progress::Cancelled,
            4 => Progress::Finished,
            5 => Progress::Failed,
            _ => Progress::FailedAndSeen,
        }
    }

    /// Moves it on in its life.
    pub fn set_progress(self, state: &mut State, progress: Progress) {
        state.set_count(self.slot, progress as u32);
    }

    /// Whether nothing more will become of it.
    pub fn is_done(self, state: &State) -> bool {
        !matches!(self.progress(state), Progress::Free | Progress::Pending | Progress::Running)
    }

    /// Its work, a tuple of a function and its arguments; once it is done, its result or error.
    pub fn content(self, state: &State) -> Word {
        state.get(self.slot + 1)
    }

    /// The functions to be called when it is done, a tuple.
    pub fn callbacks(self, state: &State) -> Word {
        state.get(self.slot + 2)
    }

    /// Sets the functions to be called when it is done.
    pub fn set_callbacks(self, values: &mut Values, state: &mut State, callbacks: &[Word]) {
        state.set(self.slot + 2, values.tuple(callbacks));
    }

    /// Says what came of its work. Gives the callbacks.
    pub fn settle(self, state: &mut State, progress: Progress, content: Word) -> Word {
        let callbacks = self.callbacks(state);
        self.set_progress(state, progress);
        state.set(self.slot + 1, content);
        state.set(self.slot + 2, Word::UNBOUND);
        callbacks
    }
}
