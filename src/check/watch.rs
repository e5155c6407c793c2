//! Which hazards an execution shows, told while it is run again step by step.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::deadlock::explain;
use crate::check::hazard::{Hazard, Kind};
use crate::kernel::dependence::dependent;
use crate::kernel::machine::Object;
use crate::kernel::op::{Observer, Op, Wait};
use crate::kernel::pool::Progress;
use crate::kernel::state::State;
use crate::kernel::thread::Status;
use crate::kernel::value::{ObjectId, ThreadId, Word};
use crate::program::comparing;
use crate::program::interpreter::Interpreter;
use crate::run::ending::{shown_error, thread_name};
use crate::run::schedule::Choice;
use crate::step::place::Place;
use crate::step::trap::Stop;

/// What a thread knows of a variable, and who has changed it since.
#[derive(Clone)]
struct Known {
    place: Place,
    /// The locks that were held.
    locks: BTreeSet<ObjectId>,
    /// Who has written since, and where.
    overwritten: Option<(ThreadId, Place)>,
}

/// Locks taken while others are held: by whom, where the first, where the second.
pub type Orders = BTreeMap<(ObjectId, ObjectId), BTreeMap<ThreadId, Place>>;

/// What is remembered of an execution.
#[derive(Default)]
struct Watcher {
    found: BTreeSet<Hazard>,
    reads: BTreeMap<(ThreadId, ObjectId), Known>,
    writes: BTreeMap<(ThreadId, ObjectId), Known>,
    permits: BTreeMap<(ThreadId, ObjectId), i64>,
    /// Notifies that woke nobody, or fewer than asked for: where, at which step.
    unheard: BTreeMap<ObjectId, (Place, usize)>,
    enrolled: BTreeMap<ThreadId, usize>,
    /// What counted as false among the items got, and has not been followed by another get.
    doubtful: BTreeMap<ThreadId, (ObjectId, Place)>,
    orders: Orders,
    step: usize,
}

/// The hazards of an execution, and in which order it takes locks.
///
/// # Errors
///
/// A stop on the way.
pub fn watch(interpreter: &mut Interpreter, choices: &[Choice]) -> Result<(BTreeSet<Hazard>, Orders), Stop> {
    let mut watcher = Watcher::default();
    let mut state = interpreter.begin()?;
    for choice in choices {
        let Some(op) = interpreter.machine.pending(&interpreter.values, &state, choice.thread) else { break };
        let place = interpreter.place(&state, choice.thread).unwrap_or_default();
        watcher.before(interpreter, &state, choice.thread, op, place);
        interpreter.step(&mut state, choice.thread, choice.alternative)?;
        watcher.after(interpreter, &state, choice.thread, op, place);
        watcher.step += 1;
    }
    if interpreter.machine.enabled(&interpreter.values, &state).is_empty() {
        watcher.at_the_end(interpreter, &state);
    }
    Ok((watcher.found, watcher.orders))
}

fn held(interpreter: &Interpreter, state: &State, id: ThreadId) -> BTreeSet<ObjectId> {
    let machine = &interpreter.machine;
    let is_lock = |object: &Object| matches!(object, Object::Lock(_) | Object::RLock(_));
    let locks = (0..).map(ObjectId).zip(&machine.objects).filter(|(_, object)| is_lock(object)).map(|(id, _)| id);
    locks.filter(|lock| machine.holder(state, *lock) == Some(id)).collect()
}

fn name(interpreter: &Interpreter, id: ObjectId) -> &str {
    &interpreter.machine.names[id.index()]
}

impl Watcher {
    fn tell(&mut self, kind: Kind, places: Vec<Place>, what: String) {
        self.found.insert(Hazard { kind, places, what });
    }

    fn before(&mut self, interpreter: &Interpreter, state: &State, id: ThreadId, op: Op, place: Place) {
        let machine = &interpreter.machine;
        match op {
            Op::Notify(condition, count) => {
                let waiting = match machine.object(condition) {
                    Object::Condition(condition) => condition.waiters(&interpreter.values, state).len(),
                    _ => 0,
                };
                if waiting == 0 || (count != u32::MAX && waiting < count as usize) {
                    self.unheard.insert(condition, (place, self.step));
                }
            }
            Op::Enrol(condition, _) => {
                self.enrolled.insert(id, self.step);
                if interpreter.scenario.code.waits_without_loop.contains(&place) {
                    let what = format!("{} is waited on without a loop that looks again", name(interpreter, condition));
                    self.tell(Kind::WaitWithoutLoop, vec![place], what);
                }
            }
            Op::Acquire(object, _) => {
                let lock = machine.lock_of(object);
                for other in held(interpreter, state, id) {
                    if other != lock && !matches!(machine.object(lock), Object::Semaphore(..)) {
                        self.orders.entry((other, lock)).or_default().entry(id).or_insert(place);
                    }
                }
            }
            Op::Exit => self.cut_short(interpreter, state),
            _ => {}
        }
        self.tie(interpreter, state, id, op, place);
    }

    /// Daemons that could still act when the program exits.
    fn cut_short(&mut self, interpreter: &Interpreter, state: &State) {
        let machine = &interpreter.machine;
        for id in machine.enabled(&interpreter.values, state) {
            if id != ThreadId::MAIN && !machine.is_feeder(id) {
                let place = interpreter.place(state, id).unwrap_or_default();
                let what = format!("{} is in the middle of its work when the program exits", thread_name(interpreter, state, id));
                self.tell(Kind::WorkCutShort, vec![place], what);
            }
        }
    }

    /// A timeout that is due, and an operation of another thread at the same instant that would have prevented it.
    fn tie(&mut self, interpreter: &Interpreter, state: &State, id: ThreadId, op: Op, place: Place) {
        let (machine, values) = (&interpreter.machine, &interpreter.values);
        if !machine.has_clock() || machine.clock.is_quiet(state) {
            return;
        }
        let expires = |id: ThreadId, op: Op| {
            let waits =
                matches!(op, Op::Acquire(_, Wait::Upto(_)) | Op::Await(..) | Op::Awake(..) | Op::Expire(..) | Op::Get(..) | Op::Put(..));
            waits && machine.waits_for_time(op) && machine.clock.is_due(state, &machine.threads, machine.thread(id))
        };
        for other in machine.enabled(values, state) {
            let Some(theirs) = machine.pending(values, state, other) else { continue };
            if other == id || !(expires(id, op) || expires(other, theirs)) {
                continue;
            }
            let (ours, others) = (machine.accesses(values, state, id, op), machine.accesses(values, state, other, theirs));
            if ours.iter().any(|&a| others.iter().any(|&b| dependent(a, b))) {
                let mut places = vec![place, interpreter.place(state, other).unwrap_or_default()];
                places.sort_unstable();
                let what = "a timeout and what would prevent it are due at the same instant: either may come first".to_owned();
                self.tell(Kind::TimingTie, places, what);
            }
        }
    }

    fn after(&mut self, interpreter: &mut Interpreter, state: &State, id: ThreadId, op: Op, place: Place) {
        let result = interpreter.result;
        match op {
            Op::Read(variable) => self.read(interpreter, state, id, variable, place),
            Op::Write(variable, _) => self.write(interpreter, state, id, variable, place),
            Op::Acquire(object, _) if result == Some(Ok(Word::TRUE)) => *self.permits.entry((id, object)).or_default() += 1,
            Op::Release(object, count) => *self.permits.entry((id, object)).or_default() -= i64::from(count),
            Op::Get(queue, _) => {
                self.doubtful.remove(&id);
                if let Some(Ok(item)) = result
                    && item != Word::NONE
                    && comparing::truth(&interpreter.values, item).is_ok_and(|truth| !truth)
                {
                    self.doubtful.insert(id, (queue, place));
                }
            }
            Op::TaskDone(queue) if matches!(result, Some(Err(_))) => {
                let what = format!("more tasks of {} are reported done than items were put", name(interpreter, queue));
                self.tell(Kind::TaskDoneTooOften, vec![place], what);
            }
            Op::AddCallback(..) if result == Some(Ok(Word::TRUE)) => {
                let what = "the work is done before the callback is added: the callback runs in the thread that adds it".to_owned();
                self.tell(Kind::CallbackInCaller, vec![place], what);
            }
            _ => {}
        }
        for (id, place) in interpreter.failures.clone() {
            self.failed(interpreter, state, id, place);
        }
        for (error, place) in interpreter.swallowed.clone() {
            let what = format!("a callback raises {}; it is logged, and nothing else happens", shown_error(interpreter, error));
            self.tell(Kind::SwallowedException, vec![place], what);
        }
    }

    fn read(&mut self, interpreter: &Interpreter, state: &State, id: ThreadId, variable: ObjectId, place: Place) {
        let locks = held(interpreter, state, id);
        if let Some(known) = self.writes.get(&(id, variable))
            && let Some((_, theirs)) = known.overwritten
            && !known.locks.is_empty()
            && known.locks.is_disjoint(&locks)
        {
            let lock = known.locks.iter().map(|lock| name(interpreter, *lock)).collect::<Vec<_>>().join(", ");
            let what = format!(
                "{} is written while {lock} is held and read again after it was released; another thread has written it meanwhile",
                name(interpreter, variable)
            );
            let places = vec![known.place, theirs, place];
            self.tell(Kind::StaleRead, places, what);
        }
        self.reads.insert((id, variable), Known { place, locks, overwritten: None });
    }

    fn write(&mut self, interpreter: &Interpreter, state: &State, id: ThreadId, variable: ObjectId, place: Place) {
        if let Some(Known { place: read, overwritten: Some((_, theirs)), .. }) = self.reads.remove(&(id, variable)) {
            let what = format!("{} is read and then written; another thread writes it in between", name(interpreter, variable));
            self.tell(Kind::LostUpdate, vec![read, theirs, place], what);
        }
        for ((reader, of), known) in self.reads.iter_mut().chain(self.writes.iter_mut()) {
            if *reader != id && *of == variable {
                known.overwritten.get_or_insert((id, place));
            }
        }
        let locks = held(interpreter, state, id);
        self.writes.insert((id, variable), Known { place, locks, overwritten: None });
    }

    fn failed(&mut self, interpreter: &Interpreter, state: &State, id: ThreadId, place: Place) {
        let thread = thread_name(interpreter, state, id);
        for lock in held(interpreter, state, id) {
            let what = format!("{thread} ends by an exception and keeps {}", name(interpreter, lock));
            self.tell(Kind::LockNotGivenBack, vec![place], what);
        }
        for ((_, object), count) in self.permits.clone().into_iter().filter(|((owner, _), count)| *owner == id && *count > 0) {
            if matches!(interpreter.machine.object(object), Object::Semaphore(..)) {
                let permits = if count == 1 { "a permit".to_owned() } else { format!("{count} permits") };
                let what = format!("{thread} ends by an exception and keeps {permits} of {}", name(interpreter, object));
                self.tell(Kind::PermitNotGivenBack, vec![place], what);
            }
        }
    }

    fn at_the_end(&mut self, interpreter: &Interpreter, state: &State) {
        let (machine, values) = (&interpreter.machine, &interpreter.values);
        for (id, (queue, place)) in self.doubtful.clone() {
            let left = machine.observe(values, state, queue, Observer::Size).as_int().unwrap_or(0);
            if machine.thread(id).status(state) == Status::Ended && left > 0 {
                let queue = name(interpreter, queue);
                let left = if left == 1 { "1 item is".to_owned() } else { format!("{left} items are") };
                let what = format!("an item of {queue} that counts as false ends the thread that got it; {left} left in {queue}");
                self.tell(Kind::SwallowedItem, vec![place], what);
            }
        }
        for future in &machine.futures {
            if future.progress(state) == Progress::Failed {
                let error = shown_error(interpreter, future.content(state));
                let what = format!("the work of a future raises {error}, and nobody asks for its result");
                self.tell(Kind::SwallowedException, Vec::new(), what);
            }
        }
        if !machine.has_exited(state) {
            self.in_deadlock(interpreter, state);
        }
    }

    fn in_deadlock(&mut self, interpreter: &Interpreter, state: &State) {
        let machine = &interpreter.machine;
        let deadlock = explain(machine, &interpreter.values, state);
        let place_of = |id: ThreadId| interpreter.place(state, id).unwrap_or_default();
        let main = deadlock.blocked.iter().find(|blocked| blocked.thread == ThreadId::MAIN);
        let main_is_done = main.is_none_or(|main| matches!(main.op, Op::Exit | Op::CloseAll | Op::Flush));
        let stuck: Vec<ThreadId> = deadlock
            .blocked
            .iter()
            .filter(|blocked| !blocked.daemon && blocked.thread != ThreadId::MAIN)
            .map(|blocked| blocked.thread)
            .collect();
        if interpreter.scenario.main.is_some() && main_is_done && !stuck.is_empty() {
            let names: Vec<String> = stuck.iter().map(|&id| thread_name(interpreter, state, id)).collect();
            let what = format!("main has done its last, but {} block{} for ever", listed(&names), if names.len() == 1 { "s" } else { "" });
            self.tell(Kind::NeverExits, stuck.iter().map(|&id| place_of(id)).collect(), what);
        }
        let locks = |id: ThreadId| {
            deadlock.blocked.iter().any(|blocked| blocked.thread == id && matches!(blocked.op, Op::Acquire(..) | Op::Reacquire(..)))
        };
        match &deadlock.cycle[..] {
            [] => {}
            [id] if locks(*id) => {
                let what = format!("{} waits for a lock that it holds itself", thread_name(interpreter, state, *id));
                self.tell(Kind::SelfDeadlock, vec![place_of(*id)], what);
            }
            cycle if cycle.iter().all(|id| locks(*id)) => {
                let names: Vec<String> = cycle.iter().map(|&id| thread_name(interpreter, state, id)).collect();
                let what = format!("{} each hold a lock that the next one waits for", listed(&names));
                self.tell(Kind::LockOrder, cycle.iter().map(|&id| place_of(id)).collect(), what);
            }
            _ => {}
        }
        for blocked in &deadlock.blocked {
            self.blocked(interpreter, state, blocked.thread, blocked.op);
        }
    }

    fn blocked(&mut self, interpreter: &Interpreter, state: &State, id: ThreadId, op: Op) {
        let machine = &interpreter.machine;
        let place = interpreter.place(state, id).unwrap_or_default();
        match op {
            Op::Reacquire(condition, _) if machine.holder(state, condition).is_none() => {
                let enrolled = self.enrolled.get(&id).copied().unwrap_or(0);
                if let Some(&(notify, at)) = self.unheard.get(&condition)
                    && at < enrolled
                {
                    let what = format!(
                        "a notify of {} finds too few who wait; who waits later is not woken by it, and waits for ever",
                        name(interpreter, condition)
                    );
                    self.tell(Kind::LostWakeup, vec![notify, place], what);
                }
            }
            Op::JoinQueue(queue) | Op::JoinedQueue(queue) => {
                if let Object::Queue(items) = machine.object(queue)
                    && items.size(&interpreter.values, state) == 0
                {
                    let left = items.unfinished(state);
                    let what = format!(
                        "{} is empty, but {left} of its items {} never reported done",
                        name(interpreter, queue),
                        if left == 1 { "is" } else { "are" }
                    );
                    self.tell(Kind::MissingTaskDone, vec![place], what);
                }
            }
            _ => {}
        }
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= 4 => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} others", names[..2].join(", "), names.len() - 2),
    }
}
