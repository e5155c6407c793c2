//! Processes: memory of their own, and the pipes behind `multiprocessing.Queue`.
//!
//! A process is a thread that has its own copy of every shared variable. Source: CPython 3.11 `Lib/multiprocessing/queues.py`:
//! `put` leaves an item in a buffer of its process; that process's feeder moves it into the pipe, from which everybody
//! gets; a process does not end before its buffers are empty. Deviations: getters do not hold the pipe's lock while they
//! wait, an item always fits into the pipe, `notify` does not wait for the woken.

use crate::kernel::apply::Outcome;
use crate::kernel::machine::{Machine, Object};
use crate::kernel::op::Op;
use crate::kernel::pool::Staff;
use crate::kernel::queue::{Feeder, Queue};
use crate::kernel::state::State;
use crate::kernel::thread::{Phase, Status, Thread};
use crate::kernel::value::{ObjectId, ThreadId, Word};
use crate::kernel::values::{Composite, Values};

impl Machine {
    /// Whether there are processes apart from main's.
    pub fn has_processes(&self) -> bool {
        self.memories.iter().any(|memory| *memory > 0)
    }

    /// Whether a thread is a process of its own.
    pub fn is_process(&self, id: ThreadId) -> bool {
        self.memories.get(id.index()).is_some_and(|memory| *memory > 0)
    }

    /// The process a thread belongs to, told by its thread.
    pub fn process_of(&self, id: ThreadId) -> ThreadId {
        if self.is_process(id) { id } else { ThreadId::MAIN }
    }

    /// The shared variable that a thread means: in a process, its own copy.
    pub fn own(&self, id: ThreadId, variable: ObjectId) -> ObjectId {
        match self.memories.get(id.index()) {
            Some(&memory) if memory > 0 && variable.index() < self.variables => {
                ObjectId((self.copies + (memory as usize - 1) * self.variables + variable.index()) as u16)
            }
            _ => variable,
        }
    }

    /// The slots of a process's own variables.
    pub fn own_slots(&self, id: ThreadId) -> std::ops::Range<usize> {
        let slot = |object: Option<&Object>| match object {
            Some(Object::Variable(variable, _)) => variable.slot,
            _ => 0,
        };
        if !self.is_process(id) || self.variables == 0 {
            return 0..0;
        }
        let first = slot(self.objects.get(self.own(id, ObjectId(0)).index()));
        first..first + self.variables
    }

    /// The variables of main, which a process copies when it is forked.
    pub fn original_variables(&self) -> impl Iterator<Item = ObjectId> + use<> {
        (0..self.variables as u16).map(ObjectId)
    }

    /// Forks a process: it begins with the values that main's variables have now. Spawned, it begins anew.
    pub fn fork(&self, state: &mut State, id: ThreadId) {
        if !self.is_process(id) || self.setting.spawns {
            return;
        }
        for variable in self.original_variables() {
            if let (Object::Variable(from, _), Object::Variable(to, _)) = (self.object(variable), self.object(self.own(id, variable))) {
                to.write(state, from.read(state));
            }
        }
    }

    /// Whether a `submit` to this pool forks its workers now.
    pub fn forks(&self, state: &State, pool: ObjectId) -> bool {
        self.pool(pool).is_some_and(|pool| pool.staff == Staff::Forked && pool.started(state) == 0)
    }

    /// Whether a thread is a feeder.
    pub fn is_feeder(&self, id: ThreadId) -> bool {
        self.feeders.first().is_some_and(|first| id >= first.thread)
    }

    /// The feeders of a process.
    pub fn feeders_of(&self, owner: ThreadId) -> impl Iterator<Item = Feeder> + '_ {
        self.feeders.iter().copied().filter(move |feeder| feeder.owner == owner)
    }

    /// The feeder that takes what a thread puts into a queue, if the queue has a pipe.
    pub fn feeder(&self, id: ThreadId, queue: ObjectId) -> Option<Feeder> {
        let owner = self.process_of(id);
        self.feeders.iter().copied().find(|feeder| feeder.owner == owner && feeder.queue == queue)
    }

    /// The items that a feeder has not moved yet.
    pub fn buffer<'a>(&self, values: &'a Values, state: &State, feeder: Feeder) -> &'a [Word] {
        values.items(self.thread(feeder.thread).frame(state))
    }

    /// Whether a process has put items that are not in the pipe yet.
    pub fn has_unsent(&self, values: &Values, state: &State, owner: ThreadId) -> bool {
        self.feeders_of(owner).any(|feeder| !self.buffer(values, state, feeder).is_empty())
    }

    /// Brings the feeders to their first state.
    pub fn begin_feeders(&self, values: &mut Values, state: &mut State) {
        for feeder in &self.feeders {
            let thread = self.thread(feeder.thread);
            thread.set_status(state, Status::Live);
            thread.set_daemon(state, true);
            let op = values.op(Op::Feed(feeder.queue));
            thread.set_op(state, op);
            let empty = values.tuple([]);
            thread.set_frame(state, empty);
        }
    }

    /// Puts an item into the buffer of a process.
    pub fn post(&self, values: &mut Values, state: &mut State, feeder: Feeder, queue: Queue, item: Word) {
        let mut buffer = self.buffer(values, state, feeder).to_vec();
        buffer.push(item);
        let buffer = values.tuple(buffer);
        self.thread(feeder.thread).set_frame(state, buffer);
        queue.count_put(state);
    }

    /// A feeder moves its next item into the pipe.
    pub fn feed(&self, values: &mut Values, state: &mut State, thread: Thread, id: ObjectId) -> Outcome {
        let Object::Queue(queue) = self.object(id) else { return Outcome::Continues };
        let buffer = values.items(thread.frame(state)).to_vec();
        let Some((first, rest)) = buffer.split_first() else { return Outcome::Continues };
        let rest = values.tuple(rest);
        thread.set_frame(state, rest);
        queue.receive(values, state, *first);
        Outcome::Continues
    }

    /// Wakes those who wait for all tasks of a queue with a pipe, once the last is done.
    pub fn wake_joiners(&self, values: &Values, state: &mut State, id: ObjectId) {
        for thread in &self.threads {
            let waits = matches!(values.composite(thread.op(state)), Some(Composite::Op(Op::JoinQueue(queue))) if *queue == id);
            if waits && thread.phase(state) == Phase::Waiting {
                thread.set_phase(state, Phase::Notified);
            }
        }
    }
}
