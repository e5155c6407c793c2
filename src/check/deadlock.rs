//! Why nothing can run any more: who waits for what, held by whom, and the cycle if there is one.

use crate::kernel::machine::Machine;
use crate::kernel::op::Op;
use crate::kernel::state::State;
use crate::kernel::thread::Status;
use crate::kernel::value::ThreadId;
use crate::kernel::values::Values;

/// A thread that is blocked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocked {
    /// The thread.
    pub thread: ThreadId,
    /// The operation it cannot take.
    pub op: Op,
    /// Whether the program would end without it.
    pub daemon: bool,
    /// The threads that would have to do something for it: who holds what it wants, whose end it waits for.
    pub waits_for: Vec<ThreadId>,
}

/// A deadlock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deadlock {
    /// The blocked threads, main first. Main waiting for the end of others is left out where the program has no
    /// `main` of its own.
    pub blocked: Vec<Blocked>,
    /// Threads that wait for each other in a circle, each for the next, the last for the first; empty if there is none.
    pub cycle: Vec<ThreadId>,
}

/// Explains a state in which nothing can run and somebody who is not a daemon is blocked.
pub fn explain(machine: &Machine, values: &Values, state: &State) -> Deadlock {
    let blocked: Vec<Blocked> = machine
        .threads
        .iter()
        .filter(|thread| !machine.is_feeder(thread.id))
        .filter_map(|thread| {
            let op = machine.pending(values, state, thread.id)?;
            let daemon = thread.is_daemon(state);
            Some(Blocked { thread: thread.id, op, daemon, waits_for: needed(machine, state, thread.id, op) })
        })
        .collect();
    let cycle = cycle(&blocked);
    Deadlock { blocked, cycle }
}

/// Whose action a blocked operation waits for, as far as the state tells.
fn needed(machine: &Machine, state: &State, id: ThreadId, op: Op) -> Vec<ThreadId> {
    let live = |other: &ThreadId| machine.thread(*other).status(state) == Status::Live;
    let lock = match op {
        Op::Acquire(object, _) => Some(object),
        Op::Reacquire(condition, _) if !machine.is_lock_free(state, condition) => Some(condition),
        _ => None,
    };
    match lock {
        Some(object) => machine.holder(state, object).into_iter().collect(),
        None => machine.waits_for_end_of(state, op).into_iter().filter(|other| *other != id && live(other)).collect(),
    }
}

/// A circle of threads each of which waits for the next. A thread that waits for several is followed to each.
fn cycle(blocked: &[Blocked]) -> Vec<ThreadId> {
    let of = |id: ThreadId| blocked.iter().find(|blocked| blocked.thread == id);
    for start in blocked {
        let mut path = vec![start.thread];
        if search(&of, start.thread, &mut path) {
            return path;
        }
    }
    Vec::new()
}

/// Looks for a way back to the first thread of the path; leaves the path at the circle if there is one.
fn search<'a>(of: &dyn Fn(ThreadId) -> Option<&'a Blocked>, at: ThreadId, path: &mut Vec<ThreadId>) -> bool {
    let Some(blocked) = of(at) else { return false };
    for &next in &blocked.waits_for {
        if next == path[0] {
            return true;
        }
        if !path.contains(&next) {
            path.push(next);
            if search(of, next, path) {
                return true;
            }
            path.pop();
        }
    }
    false
}
