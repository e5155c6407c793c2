//! How the workers of executors begin: under which names, at which instruction.

use crate::kernel::pool::{Pool, Staff};
use crate::kernel::state::State;
use crate::kernel::thread::Status;
use crate::kernel::value::{ObjectId, ThreadId, Word};
use crate::program::frame::Frame;
use crate::program::interpreter::Interpreter;

impl Interpreter {
    /// Puts the workers that a `submit` has started at the beginning of their work.
    pub fn hire(&mut self, state: &mut State, id: ObjectId) -> Vec<ThreadId> {
        let (Some(pool), Some(functions)) = (self.machine.pool(id), self.scenario.code.executors) else { return Vec::new() };
        let mut hired = Vec::new();
        for worker in pool.workers() {
            let thread = self.machine.thread(worker);
            if thread.status(state) == Status::Live && thread.frame(state).is_unbound() {
                let name = self.values.text(&self.worker_name(id, pool, worker));
                thread.set_given_name(state, name);
                let frame = Frame::call(&self.scenario.code, functions.worker, &[Word::object(id)], Word::NONE, 1).pack(&mut self.values);
                thread.set_frame(state, frame);
                hired.push(worker);
            }
        }
        hired
    }

    /// CPython's name of a worker: executors of threads count themselves, processes are counted through.
    fn worker_name(&self, id: ObjectId, pool: Pool, worker: ThreadId) -> String {
        let number = worker.0 - pool.first.0;
        let before = |other: &(ObjectId, Pool)| other.0 < id && (other.1.staff == Staff::Threads) == (pool.staff == Staff::Threads);
        let (pools, workers) =
            self.machine.pools().filter(before).fold((0, 0), |(pools, workers), (_, pool)| (pools + 1, workers + pool.most));
        match pool.staff {
            Staff::Threads => format!("ThreadPoolExecutor-{pools}_{number}"),
            Staff::Forked => format!("ForkProcess-{}", workers + number + 1),
            Staff::Spawned => format!("SpawnProcess-{}", workers + number + 1),
        }
    }
}
