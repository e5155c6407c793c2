//! Queues: `Queue`, `LifoQueue`, `PriorityQueue`, `SimpleQueue`.
//!
//! Source: CPython 3.11 `Lib/queue.py`. Every method runs under the queue's own lock, so each is one transition; who
//! of several waiters is served is open, and newcomers may overtake them. Deviation: a priority queue is kept
//! sorted, where CPython keeps a heap; an item whose comparison raises stays in the queue as there, at its end.

use crate::kernel::error::{ErrorKind, Fault};
use crate::kernel::object::QueueOrder;
use crate::kernel::state::State;
use crate::kernel::value::{ObjectId, ThreadId, Word};
use crate::kernel::values::Values;

/// Why two values could not be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Incomparable {
    /// Python raises an exception.
    Raised(Fault),
    /// The answer would tell equal threads apart.
    Asymmetric,
}

/// How a program compares values: whether the first is smaller.
pub type Less = fn(&mut Values, Word, Word) -> Result<bool, Incomparable>;

/// What moves the items that one process puts into one queue into its pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Feeder {
    /// The thread it is in the machine. Its buffer lies in its frame slot.
    pub thread: ThreadId,
    /// The queue.
    pub queue: ObjectId,
    /// The process: its only thread, or main.
    pub owner: ThreadId,
}

/// A queue.
#[derive(Clone, Copy, Debug)]
pub struct Queue {
    /// The slot of its items (a tuple, next to be got first); the number of unfinished tasks stands behind it, then the
    /// number of items that were put and not got (which are not the same where there is a pipe).
    pub slot: usize,
    /// In which order it gives its items back.
    pub order: QueueOrder,
    /// How many items it holds at most; 0 means any number.
    pub maxsize: u32,
}

impl Queue {
    /// How many slots a queue owns.
    pub const SLOTS: usize = 3;

    /// Brings it to its first state.
    pub fn init(self, values: &mut Values, state: &mut State) {
        state.set(self.slot, values.tuple([]));
        state.set_count(self.slot + 1, 0);
        state.set_count(self.slot + 2, 0);
    }

    /// Its items, next to be got first.
    pub fn items<'a>(self, values: &'a Values, state: &State) -> &'a [Word] {
        values.items(state.get(self.slot))
    }

    /// How many items it holds.
    pub fn size(self, values: &Values, state: &State) -> u32 {
        self.items(values, state).len() as u32
    }

    /// Whether it holds as many as it may.
    pub fn is_full(self, values: &Values, state: &State) -> bool {
        let size = if self.order.is_piped() { self.underway(state) } else { self.size(values, state) };
        self.maxsize > 0 && size >= self.maxsize
    }

    /// How many items were put and not got, where there is a pipe.
    pub fn underway(self, state: &State) -> u32 {
        state.count(self.slot + 2)
    }

    /// Counts an item that was put and is not in the pipe yet.
    pub fn count_put(self, state: &mut State) {
        state.set_count(self.slot + 2, self.underway(state) + 1);
        if self.order == QueueOrder::PipedJoinable {
            state.set_count(self.slot + 1, self.unfinished(state) + 1);
        }
    }

    /// An item arrives in the pipe.
    pub fn receive(self, values: &mut Values, state: &mut State, item: Word) {
        let mut items = self.items(values, state).to_vec();
        items.push(item);
        state.set(self.slot, values.tuple(items));
    }

    /// How many items have been put and not been reported done.
    pub fn unfinished(self, state: &State) -> u32 {
        state.count(self.slot + 1)
    }

    /// Puts an item in.
    ///
    /// # Errors
    ///
    /// TypeError from a priority queue if the item cannot be compared; the item stays in the queue, uncounted.
    pub fn put(self, values: &mut Values, state: &mut State, item: Word, less: Less) -> Result<(), Incomparable> {
        let mut items = self.items(values, state).to_vec();
        let mut result = Ok(());
        match self.order {
            QueueOrder::Fifo | QueueOrder::Simple | QueueOrder::Piped | QueueOrder::PipedJoinable => items.push(item),
            QueueOrder::Lifo => items.insert(0, item),
            QueueOrder::Priority => {
                let mut place = 0;
                while place < items.len() {
                    match less(values, item, items[place]) {
                        Ok(true) => break,
                        Ok(false) => place += 1,
                        Err(error) => {
                            result = Err(error);
                            place = items.len();
                        }
                    }
                }
                items.insert(place, item);
            }
        }
        state.set(self.slot, values.tuple(items));
        if result.is_ok() && self.order != QueueOrder::Simple {
            state.set_count(self.slot + 1, self.unfinished(state) + 1);
        }
        result
    }

    /// Takes the next item out; there must be one.
    pub fn get(self, values: &mut Values, state: &mut State) -> Word {
        let items = self.items(values, state).to_vec();
        state.set(self.slot, values.tuple(&items[1..]));
        if self.order.is_piped() {
            state.set_count(self.slot + 2, self.underway(state) - 1);
        }
        items[0]
    }

    /// Counts an item as done.
    ///
    /// # Errors
    ///
    /// ValueError if more are reported done than were put.
    pub fn task_done(self, state: &mut State) -> Result<(), Fault> {
        match self.unfinished(state) {
            0 => Err(Fault::new(ErrorKind::ValueError, "task_done() called too many times")),
            count => {
                state.set_count(self.slot + 1, count - 1);
                Ok(())
            }
        }
    }
}
