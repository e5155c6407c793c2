//! The machine: which objects and threads there are, where each lies in the row, and how the row begins.

use crate::kernel::barrier::Barrier;
use crate::kernel::clock::{Clock, Time};
use crate::kernel::condition::Condition;
use crate::kernel::event::Event;
use crate::kernel::lock::{Lock, RLock};
use crate::kernel::object::{Declaration, ObjectKind};
use crate::kernel::op::{Observer, Op, Ticks};
use crate::kernel::pool::{Future, Pool, Staff};
use crate::kernel::queue::{Feeder, Less, Queue};
use crate::kernel::semaphore::Semaphore;
use crate::kernel::state::State;
use crate::kernel::thread::{Phase, Status, Thread};
use crate::kernel::value::{ObjectId, ThreadId, Word};
use crate::kernel::values::{Composite, Values};
use crate::kernel::variable::Variable;
use crate::kernel::zone::Zone;

/// An object and its place in the row.
#[derive(Clone, Copy, Debug)]
pub enum Object {
    /// A shared variable and its first value.
    Variable(Variable, Word),
    /// A lock.
    Lock(Lock),
    /// A re-entrant lock.
    RLock(RLock),
    /// A semaphore and its first number of permits.
    Semaphore(Semaphore, u32),
    /// An event.
    Event(Event),
    /// A condition.
    Condition(Condition),
    /// A barrier.
    Barrier(Barrier),
    /// A queue.
    Queue(Queue),
    /// Thread-local attributes; they lie with the threads.
    Local,
    /// An executor.
    Pool(Pool),
}

/// What decides how a program is run, apart from its code.
#[derive(Clone, Debug)]
pub struct Setting {
    /// How time is treated.
    pub time: Time,
    /// Whether the program looks at the time.
    pub observes_time: bool,
    /// Whether the output is part of the state.
    pub keeps_output: bool,
    /// Whether somebody clears an event, so that waiters have to enrol.
    pub clears_events: bool,
    /// Whether somebody asks if a thread is alive, or joins one with a timeout: starts and ends can be told.
    pub observes_life: bool,
    /// Whether the end of a thread is an operation of its own then.
    pub ends_are_seen: bool,
    /// Whether somebody may join a thread, or start it again, without knowing whether it was started: then starts and joins
    /// are transitions.
    pub joins_are_seen: bool,
    /// Whether others than main create threads: then it is a transition, for main as well.
    pub creates_elsewhere: bool,
    /// Whether there can be daemons, so that the program's exit is a transition.
    pub has_daemons: bool,
    /// Whether processes are spawned, not forked: they begin anew, without what main has made.
    pub spawns: bool,
    /// Whether main has a body of its own; without one it waits for the declared threads.
    pub has_main: bool,
    /// The most items in a queue without `maxsize`.
    pub queue_bound: u32,
    /// How values are compared in a priority queue.
    pub less: Less,
}

/// How many threads and futures there can be.
#[derive(Clone, Debug)]
pub struct Crew {
    /// Threads that are there from the start, main included.
    pub declared: usize,
    /// Places for threads created later.
    pub later: usize,
    /// Places for futures, where there are pools.
    pub futures: usize,
    /// The declared threads that are processes of their own.
    pub processes: Vec<ThreadId>,
}

/// A line that is typed while the program runs.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// The line, a text.
    pub text: Word,
    /// The line with its end, as the terminal echoes it.
    pub echo: Word,
    /// How long it takes to be typed.
    pub after: Ticks,
}

/// The machine. It is fixed; what changes is the [`State`].
#[derive(Clone, Debug)]
pub struct Machine {
    /// How it is run.
    pub setting: Setting,
    /// The objects.
    pub objects: Vec<Object>,
    /// The names of the objects.
    pub names: Vec<String>,
    /// The kinds of the objects, by Python's names.
    pub kinds: Vec<&'static str>,
    /// The threads: main, those declared, and places for those created later.
    pub threads: Vec<Thread>,
    /// How many of the threads are there from the start (main included).
    pub declared: usize,
    /// How many places for threads created later follow them; the workers of pools stand behind.
    pub later: usize,
    /// The futures.
    pub futures: Vec<Future>,
    /// Of each thread, whose variables it means: 0 for main's, else the number of a process.
    pub memories: Vec<u16>,
    /// How many of the objects are shared variables; they come first.
    pub variables: usize,
    /// Where the copies of the variables begin, process by process.
    pub copies: usize,
    /// The feeders; their threads come last.
    pub feeders: Vec<Feeder>,
    /// The slot of the number of futures made.
    pub submitted: usize,
    /// The slot that says that main has begun to end the program.
    pub ending: usize,
    /// The lines that are typed.
    pub inputs: Vec<Line>,
    /// The clock.
    pub clock: Clock,
    /// The slot of the output.
    pub output: usize,
    /// The slot of the number of lines typed.
    pub typed: usize,
    /// The slot of the number of threads created.
    pub created: usize,
    /// How many slots a row has.
    pub slots: usize,
}

impl Machine {
    /// Lays out the row for these objects and threads.
    pub fn new(objects: &[Declaration], crew: Crew, inputs: Vec<Line>, setting: Setting) -> Machine {
        let mut next = 0;
        let mut take = |slots: usize| {
            next += slots;
            next - slots
        };
        let mut workers = crew.declared + crew.later;
        let mut places: Vec<Object> = objects.iter().map(|declaration| Machine::place(declaration.kind, &mut take, &mut workers)).collect();
        let futures = if workers > crew.declared + crew.later { crew.futures } else { 0 };
        let (memories, processes) = memories(&places, workers, &crew.processes);
        let variables = objects.iter().take_while(|declaration| matches!(declaration.kind, ObjectKind::Variable(_))).count();
        let mut names: Vec<String> = objects.iter().map(|declaration| declaration.name.clone()).collect();
        let mut kinds: Vec<&'static str> = objects.iter().map(|declaration| declaration.kind.name()).collect();
        let copies = places.len();
        for process in &processes {
            for declaration in &objects[..variables] {
                places.push(Machine::place(declaration.kind, &mut take, &mut workers));
                names.push(format!("{} of process {}", declaration.name, process.0));
                kinds.push(declaration.kind.name());
            }
        }
        let feeders = feeders(objects, &processes, workers);
        let total = workers + feeders.len();
        let threads = (0..total).map(|id| Thread { id: ThreadId(id as u16), slot: take(Thread::SLOTS) }).collect();
        let futures = (0..futures).map(|_| Future { slot: take(Future::SLOTS) }).collect();
        let [output, typed, created, submitted, ending, now, quiet] = std::array::from_fn(|_| take(1));
        let zone = Zone { slot: take(if setting.time == Time::Dense { Zone::slots(total) } else { 0 }), threads: total };
        let clock = Clock { time: setting.time, observed: setting.observes_time, now, quiet, zone };
        Machine {
            setting,
            objects: places,
            names,
            kinds,
            threads,
            declared: crew.declared,
            later: crew.later,
            futures,
            memories,
            variables,
            copies,
            feeders,
            submitted,
            ending,
            inputs,
            clock,
            output,
            typed,
            created,
            slots: next,
        }
    }

    fn place(kind: ObjectKind, take: &mut impl FnMut(usize) -> usize, workers: &mut usize) -> Object {
        match kind {
            ObjectKind::Variable(first) => Object::Variable(Variable { slot: take(Variable::SLOTS) }, first),
            ObjectKind::Lock => Object::Lock(Lock { slot: take(Lock::SLOTS) }),
            ObjectKind::RLock => Object::RLock(RLock { slot: take(RLock::SLOTS) }),
            ObjectKind::Semaphore(permits) => Object::Semaphore(Semaphore { slot: take(Semaphore::SLOTS), bound: None }, permits),
            ObjectKind::BoundedSemaphore(permits) => {
                Object::Semaphore(Semaphore { slot: take(Semaphore::SLOTS), bound: Some(permits) }, permits)
            }
            ObjectKind::Event => Object::Event(Event { slot: take(Event::SLOTS) }),
            ObjectKind::Condition(lock) => Object::Condition(Condition { slot: take(Condition::SLOTS), lock }),
            ObjectKind::Barrier(parties) => Object::Barrier(Barrier { slot: take(Barrier::SLOTS), parties }),
            ObjectKind::Queue(order, maxsize) => Object::Queue(Queue { slot: take(Queue::SLOTS), order, maxsize }),
            ObjectKind::Local => Object::Local,
            ObjectKind::Pool(most, staff) => {
                let first = ThreadId(*workers as u16);
                *workers += most as usize;
                Object::Pool(Pool { slot: take(Pool::SLOTS), first, most, staff })
            }
        }
    }

    /// The row before anything has happened: no thread is started, `daemons` says which declared threads are daemons.
    pub fn initial(&self, values: &mut Values, daemons: &[bool]) -> State {
        let mut state = State::new(self.slots);
        for object in &self.objects {
            match *object {
                Object::Variable(variable, first) => variable.write(&mut state, first),
                Object::Lock(lock) => lock.init(&mut state),
                Object::RLock(lock) => lock.init(&mut state),
                Object::Semaphore(semaphore, permits) => semaphore.init(&mut state, permits),
                Object::Event(event) => event.init(&mut state),
                Object::Condition(condition) => condition.init(values, &mut state),
                Object::Barrier(barrier) => barrier.init(&mut state),
                Object::Queue(queue) => queue.init(values, &mut state),
                Object::Local => {}
                Object::Pool(pool) => pool.init(values, &mut state),
            }
        }
        for thread in &self.threads {
            let index = thread.id.index();
            thread.init(&mut state, index < self.declared, daemons.get(index).copied().unwrap_or(false));
        }
        self.begin_feeders(values, &mut state);
        state.set(self.output, Word::NONE);
        state.set_count(self.typed, 0);
        state.set_count(self.created, 0);
        state.set_count(self.submitted, 0);
        state.set(self.ending, Word::FALSE);
        for future in &self.futures {
            state.set_count(future.slot, 0);
        }
        self.clock.init(&mut state);
        state
    }

    /// An object.
    pub fn object(&self, id: ObjectId) -> Object {
        self.objects[id.index()]
    }

    /// A thread.
    pub fn thread(&self, id: ThreadId) -> Thread {
        self.threads[id.index()]
    }

    /// The lock that is meant by an object: a condition means its lock.
    pub fn lock_of(&self, id: ObjectId) -> ObjectId {
        match self.object(id) {
            Object::Condition(condition) => condition.lock,
            _ => id,
        }
    }

    /// Whether nobody holds the lock (a condition means its lock).
    pub fn is_lock_free(&self, state: &State, id: ObjectId) -> bool {
        match self.object(self.lock_of(id)) {
            Object::Lock(lock) => lock.is_free(state),
            Object::RLock(lock) => lock.is_free(state),
            _ => true,
        }
    }

    /// Who holds the lock.
    pub fn holder(&self, state: &State, id: ObjectId) -> Option<ThreadId> {
        match self.object(self.lock_of(id)) {
            Object::Lock(lock) => lock.holder(state),
            Object::RLock(lock) => lock.owner(state),
            _ => None,
        }
    }

    /// Whether this thread may wait on, or notify, a condition with this lock. As in CPython, a plain lock counts as
    /// owned if anybody holds it.
    pub fn owns(&self, state: &State, id: ObjectId, thread: ThreadId) -> bool {
        match self.object(self.lock_of(id)) {
            Object::Lock(lock) => !lock.is_free(state),
            Object::RLock(lock) => lock.owner(state) == Some(thread),
            _ => false,
        }
    }

    /// What an observer says now. `UNBOUND` where the object has no such observer.
    pub fn observe(&self, values: &Values, state: &State, id: ObjectId, observer: Observer) -> Word {
        match (self.object(id), observer) {
            (Object::Lock(_) | Object::RLock(_) | Object::Condition(_), Observer::Locked) => Word::bool(!self.is_lock_free(state, id)),
            (Object::Semaphore(semaphore, _), Observer::Value) => Word::count(semaphore.permits(state)),
            (Object::Event(event), Observer::IsSet) => Word::bool(event.is_set(state)),
            (Object::Event(_), Observer::Waiters) => Word::count(self.waiters_of_event(values, state, id).len() as u32),
            (Object::Condition(condition), Observer::Waiters) => Word::count(condition.waiters(values, state).len() as u32),
            (Object::Queue(queue), Observer::Size) => Word::count(queue.size(values, state)),
            (Object::Queue(queue), Observer::Empty) => Word::bool(queue.size(values, state) == 0),
            (Object::Queue(queue), Observer::Full) => Word::bool(queue.is_full(values, state)),
            (Object::Queue(queue), Observer::Unfinished) => Word::count(queue.unfinished(state)),
            (Object::Barrier(barrier), Observer::Arrived) => Word::count(barrier.waiting(state)),
            (Object::Barrier(barrier), Observer::Broken) => Word::bool(barrier.is_broken(state)),
            _ => Word::UNBOUND,
        }
    }

    /// The threads that have enrolled to wait for an event and were not woken yet.
    pub fn waiters_of_event(&self, values: &Values, state: &State, id: ObjectId) -> Vec<ThreadId> {
        let waits = |thread: &&Thread| {
            thread.phase(state) == Phase::Waiting
                && matches!(values.composite(thread.op(state)), Some(Composite::Op(Op::Await(event, _))) if *event == id)
        };
        self.threads.iter().filter(waits).map(|thread| thread.id).collect()
    }

    /// Whether the program has ended by exit: main and every thread that is not a daemon are over.
    pub fn has_exited(&self, state: &State) -> bool {
        self.thread(ThreadId::MAIN).status(state).is_over() && self.only_daemons_left(state)
    }

    /// Whether every declared thread that is not a daemon is over (main apart).
    pub fn declared_are_over(&self, state: &State) -> bool {
        self.threads[1..self.declared].iter().all(|thread| thread.status(state).is_over() || thread.is_daemon(state))
    }

    /// Whether no thread but main and daemons is alive.
    pub fn only_daemons_left(&self, state: &State) -> bool {
        self.threads[1..].iter().all(|thread| thread.status(state) != Status::Live || thread.is_daemon(state))
    }
}

/// Of each thread, whose variables it means; and the threads that have variables of their own.
fn memories(places: &[Object], threads: usize, declared: &[ThreadId]) -> (Vec<u16>, Vec<ThreadId>) {
    let mut processes = declared.to_vec();
    for object in places {
        if let Object::Pool(pool) = object
            && pool.staff != Staff::Threads
        {
            processes.extend(pool.workers());
        }
    }
    let mut memories = vec![0; threads];
    for (memory, process) in (1..).zip(&processes) {
        memories[process.index()] = memory;
    }
    (memories, processes)
}

/// A feeder for every process and every queue with a pipe.
fn feeders(objects: &[Declaration], processes: &[ThreadId], first: usize) -> Vec<Feeder> {
    let piped = |declaration: &Declaration| matches!(declaration.kind, ObjectKind::Queue(order, _) if order.is_piped());
    let queues: Vec<ObjectId> = (0..).map(ObjectId).zip(objects).filter(|(_, declaration)| piped(declaration)).map(|(id, _)| id).collect();
    let owners = [ThreadId::MAIN].into_iter().chain(processes.iter().copied());
    let pairs = owners.flat_map(|owner| queues.iter().map(move |&queue| (owner, queue)));
    (first as u16..).map(ThreadId).zip(pairs).map(|(thread, (owner, queue))| Feeder { thread, queue, owner }).collect()
}
