//! One execution of a program written in Rust, under way: the row, and a coroutine for every thread that has begun.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::kernel::apply::{Limit, Outcome};
use crate::kernel::clock::Time;
use crate::kernel::error::ErrorKind;
use crate::kernel::foreign::Foreign;
use crate::kernel::machine::{Machine, Object};
use crate::kernel::object::ObjectKind;
use crate::kernel::op::{Op, Wait};
use crate::kernel::state::State;
use crate::kernel::thread::Status;
use crate::kernel::value::{Aspect, ObjectId, ThreadId, Word};
use crate::kernel::values::{Composite, Values};
use crate::runtime::coroutine::{Coroutine, Pool, beginning, cancel, resume};
use crate::runtime::failure::Panic;
use crate::runtime::request::{Failed, Finish, Job, Output, Payload, Reply, Request, Site, Who, discard, quieten};
use crate::runtime::shape::{QUEUE_BOUND, Shape, THREADS_BOUND};
use crate::step::clock::Clock;
use crate::step::place::Place;
use crate::step::tie::Tie;
use crate::step::trap::{Cause, Stop, Trap};

/// What a program's main thread does, to be begun again and again.
pub type Main<'p> = Arc<dyn Fn() -> Foreign + Send + Sync + 'p>;

/// A thread that has been started.
struct Running<'p> {
    job: Option<Job<'p>>,
    coroutine: Option<Coroutine<'p>>,
    /// How many objects it has created, and how many threads it has started.
    objects: u32,
    threads: u32,
}

/// The places in the source that were met, by number.
#[derive(Default)]
pub struct Sites {
    known: Vec<(String, u32)>,
    numbers: FxHashMap<(String, u32), u32>,
}

impl Sites {
    fn place(&mut self, file: &str, line: u32) -> Place {
        let key = (file.to_owned(), line);
        let next = self.known.len() as u32;
        let number = *self.numbers.entry(key.clone()).or_insert(next);
        if number == next {
            self.known.push(key);
        }
        Place { start: number, end: number }
    }

    /// A place as `file:line`.
    pub fn shown(&self, place: Place) -> String {
        self.known.get(place.start as usize).map_or(String::new(), |(file, line)| format!("{file}:{line}"))
    }
}

/// An execution.
pub struct Live<'p> {
    main: Main<'p>,
    pool: Pool<'p>,
    threads: Vec<Option<Running<'p>>>,
    /// The threads in the order in which they were started, main first.
    pub born: Vec<ThreadId>,
    /// What is known of the program.
    pub shape: Shape,
    /// The machine.
    pub machine: Machine,
    /// The values.
    pub values: Values,
    /// The row. Meaningless after a stop.
    pub state: State,
    /// The places met.
    pub sites: Sites,
    /// Where a thread stands that has observed this. What it has observed decides where it stands.
    places: FxHashMap<(ThreadId, Word), Place>,
    /// The threads that have panicked in the last step, and where.
    pub failures: Vec<(ThreadId, Place)>,
    /// What has tied threads together in the last step, in order.
    pub ties: Vec<Tie>,
    /// What the last operation gave its thread.
    pub result: Option<Result<Word, Word>>,
}

impl<'p> Live<'p> {
    /// A program that has not begun.
    pub fn new(main: Main<'p>, clock: Clock, keeps_output: bool) -> Live<'p> {
        quieten();
        let mut shape = Shape::new(clock, keeps_output);
        let machine = shape.machine();
        let state = State::new(machine.slots);
        Live {
            main,
            pool: Pool::default(),
            threads: Vec::new(),
            born: Vec::new(),
            shape,
            machine,
            values: Values::new(),
            state,
            sites: Sites::default(),
            places: FxHashMap::default(),
            failures: Vec::new(),
            ties: Vec::new(),
            result: None,
        }
    }

    /// Lays the machine out again for what has been learnt. Words and rows from before mean nothing any more.
    pub fn lay_out(&mut self) {
        self.end();
        self.machine = self.shape.machine();
        self.values = Values::new();
        self.places.clear();
    }

    /// Begins an execution; the one before is unwound.
    ///
    /// # Errors
    ///
    /// A stop on the way to the first state.
    pub fn begin(&mut self) -> Result<(), Stop> {
        self.end();
        self.failures.clear();
        self.born.clear();
        self.state = self.machine.initial(&mut self.values, &[]);
        self.threads.resize_with(self.machine.threads.len(), || None);
        let main = self.main.clone();
        self.install(ThreadId::MAIN, Box::new(move || main()), Word::NONE);
        self.settle(vec![ThreadId::MAIN])
    }

    /// Unwinds the threads that have not ended.
    pub fn end(&mut self) {
        for index in 0..self.threads.len() {
            let Some(running) = self.threads[index].take() else { continue };
            if let Some(job) = running.job {
                discard(job);
            }
            if let Some(mut coroutine) = running.coroutine {
                cancel(&mut coroutine, &mut |request| match request {
                    Request::Peek(op) => self.peek(ThreadId(index as u16), op),
                    _ => Reply::Done(Word::NONE, None),
                });
                self.pool.put_back(coroutine);
            }
        }
    }

    fn install(&mut self, id: ThreadId, job: Job<'p>, begins: Word) {
        let thread = self.machine.thread(id);
        thread.set_frame(&mut self.state, begins);
        if !(self.machine.setting.observes_life && id != ThreadId::MAIN) {
            thread.set_status(&mut self.state, Status::Live);
        } else {
            thread.set_status(&mut self.state, Status::Created);
        }
        self.born.push(id);
        self.threads[id.index()] = Some(Running { job: Some(job), coroutine: None, objects: 0, threads: 0 });
    }

    /// Takes the pending operation of an enabled thread, then runs everything private that follows.
    ///
    /// # Errors
    ///
    /// A stop on the way.
    pub fn take(&mut self, id: ThreadId, alternative: u32) -> Result<(), Stop> {
        let Some(op) = self.machine.pending(&self.values, &self.state, id) else { return Ok(()) };
        self.failures.clear();
        self.ties.clear();
        let thread = self.machine.thread(id);
        let gave = thread.frame(&self.state);
        let outcome = self.machine.apply(&mut self.values, &mut self.state, id, op, alternative);
        let result = self.outcome(id, outcome)?;
        self.result = result;
        if op == Op::Exit && thread.status(&self.state) == Status::Ended {
            thread.set_frame(&mut self.state, gave);
        }
        let mut started = Vec::new();
        if let Some(result) = result {
            if let Op::Start(other) = op {
                started.push(other);
                self.ties.push(Tie::Started(id, other));
            }
            let reply = self.answer(id, op, result);
            started.extend(self.drive(id, reply)?);
        }
        self.settle(started)
    }

    fn outcome(&mut self, id: ThreadId, outcome: Outcome) -> Result<Option<Result<Word, Word>>, Stop> {
        match outcome {
            Outcome::Done(word) => Ok(Some(Ok(word))),
            Outcome::Raised(fault) => Ok(Some(Err(self.error(fault.kind, fault.message)))),
            Outcome::Continues => Ok(None),
            Outcome::Exceeded(Limit::Queue) => Err(self.trap(id, Cause::Queue(QUEUE_BOUND))),
            Outcome::Exceeded(_) | Outcome::Failed(_) | Outcome::Asymmetric | Outcome::Item => {
                unreachable!("no such operation is asked for")
            }
        }
    }

    fn error(&mut self, kind: ErrorKind, message: &str) -> Word {
        let message = self.values.text(message);
        self.values.intern(Composite::Error(kind, message))
    }

    fn trap(&self, id: ThreadId, cause: Cause) -> Stop {
        Stop::Trap(Trap { cause, place: self.place(&self.state, id).unwrap_or_default() })
    }

    /// Where a thread stands.
    pub fn place(&self, state: &State, id: ThreadId) -> Option<Place> {
        self.places.get(&(id, self.machine.thread(id).frame(state))).copied()
    }

    /// Remembers what a thread has observed, and says it to the thread.
    fn answer(&mut self, id: ThreadId, op: Op, result: Result<Word, Word>) -> Reply {
        let (mut word, mut value) = (result.unwrap_or_else(|error| error), None);
        if let (Op::Join(other, _), Ok(_)) = (op, result) {
            (word, value) = self.last_words(other);
        } else if let Some(Composite::Foreign(foreign)) = self.values.composite(word) {
            value = Some(foreign.clone());
        }
        self.observe(id, word);
        match self.values.composite(word) {
            Some(Composite::Error(kind, message)) if result.is_err() => {
                let message = crate::kernel::text::render(&self.values, *message, &|_, _| String::new());
                Reply::Raised(*kind, message)
            }
            _ if matches!(op, Op::Start(_)) => match op {
                Op::Start(other) => Reply::Thread(other),
                _ => unreachable!("it is a start"),
            },
            _ => Reply::Done(word, value),
        }
    }

    /// What a thread has observed so far decides all it does: it is the thread's private state.
    fn observe(&mut self, id: ThreadId, word: Word) {
        let thread = self.machine.thread(id);
        let before = thread.frame(&self.state);
        let after = self.values.intern(Composite::Frame(Box::new([before, word])));
        thread.set_frame(&mut self.state, after);
    }

    /// What a thread that was joined has left: its value, or its panic; `False` if it has not ended.
    fn last_words(&mut self, id: ThreadId) -> (Word, Option<Foreign>) {
        let thread = self.machine.thread(id);
        let word = thread.frame(&self.state);
        match (thread.status(&self.state), self.values.composite(word)) {
            (Status::Ended, Some(Composite::Foreign(foreign))) => {
                let foreign = foreign.clone();
                // Only one thread can join it: nobody will ask again.
                thread.set_frame(&mut self.state, Word::UNBOUND);
                (word, Some(foreign))
            }
            (Status::Failed, Some(Composite::Error(_, message))) => {
                let message = crate::kernel::text::render(&self.values, *message, &|_, _| String::new());
                (word, Some(Foreign::new(Failed(Panic { message }))))
            }
            _ => (Word::FALSE, None),
        }
    }

    /// What an operation would give just now, without effect: for destructors that ask while a panic unwinds their thread.
    fn peek(&self, id: ThreadId, op: Op) -> Reply {
        let (mut values, mut state) = (self.values.clone(), self.state.clone());
        if !self.machine.is_enabled(&values, &state, id, op) {
            return Reply::Done(Word::FALSE, None);
        }
        match self.machine.apply(&mut values, &mut state, id, op, 0) {
            Outcome::Done(word) => match values.composite(word) {
                Some(Composite::Foreign(foreign)) => Reply::Done(word, Some(foreign.clone())),
                _ => Reply::Done(word, None),
            },
            _ => Reply::Done(Word::FALSE, None),
        }
    }

    /// Runs a thread to its next operation; gives the threads it has started.
    fn drive(&mut self, id: ThreadId, mut reply: Reply) -> Result<Vec<ThreadId>, Stop> {
        let mut started = Vec::new();
        loop {
            let output = {
                let running = self.threads[id.index()].as_mut().expect("the thread has been started");
                if let Some(job) = running.job.take() {
                    running.coroutine = Some(self.pool.start(job));
                }
                resume(running.coroutine.as_mut().expect("it has begun"), reply)
            };
            reply = match output {
                Output::Ended(finish) => {
                    if let Some(coroutine) = self.threads[id.index()].take().and_then(|running| running.coroutine) {
                        self.pool.put_back(coroutine);
                    }
                    self.finish(id, finish);
                    return if self.shape.has_grown { Err(Stop::Relaid) } else { Ok(started) };
                }
                Output::Asks(Request::Act(op, payload, site)) => match self.ask(id, op, payload, site)? {
                    Some(reply) => reply,
                    None => return Ok(started),
                },
                Output::Asks(Request::Peek(op)) => self.peek(id, op),
                Output::Asks(Request::Declare(name, kind, first)) => Reply::Object(self.declare(id, &name, kind, first)),
                Output::Asks(Request::Spawn(name, daemon, job, site)) => match self.spawn(id, &name, daemon, job)? {
                    Some(other) if self.machine.setting.observes_life => {
                        self.pend(id, Op::Start(other), site);
                        return Ok(started);
                    }
                    Some(other) => {
                        started.push(other);
                        self.ties.push(Tie::Started(id, other));
                        Reply::Thread(other)
                    }
                    // The machine has no place for it: soon the search begins again.
                    None => Reply::Thread(ThreadId::MAIN),
                },
                Output::Asks(Request::Now) => self.tell_time(id),
                Output::Asks(Request::Who) => Reply::You(self.who(id)),
            };
        }
    }

    fn tell_time(&mut self, id: ThreadId) -> Reply {
        self.shape.learn_of_time();
        let now = self.machine.clock.now(&self.state);
        self.observe(id, now.and_then(Word::int).unwrap_or(Word::NONE));
        Reply::Time(now)
    }

    fn who(&self, id: ThreadId) -> Who {
        let (thread, nobody) = (self.machine.thread(id), &|_, _| String::new());
        let name = match id {
            ThreadId::MAIN => self.shape.threads[0].clone(),
            _ => crate::kernel::text::render(&self.values, thread.given_name(&self.state), nobody),
        };
        Who { id, name, past: thread.frame(&self.state) }
    }

    /// The thread asks for an operation: gives the reply if nobody can tell when it happens, else the thread is now at it.
    fn ask(&mut self, id: ThreadId, op: Op, payload: Payload, site: Site) -> Result<Option<Reply>, Stop> {
        if matches!(op, Op::Sleep(_)) && !self.shape.sleeps() {
            return Ok(Some(Reply::Done(Word::NONE, None)));
        }
        self.shape.learn(op);
        if self.shape.has_grown {
            return Err(Stop::Relaid);
        }
        let op = match (op, payload) {
            (Op::Write(id, _), Payload::Value(value)) => Op::Write(id, self.values.intern(Composite::Foreign(value))),
            (Op::Put(id, _, wait), Payload::Value(value)) => Op::Put(id, self.values.intern(Composite::Foreign(value)), wait),
            (Op::Print(_), Payload::Text(text)) => Op::Print(self.values.text(&text)),
            (op, _) => op,
        };
        if matches!(op, Op::Join(_, Wait::Forever)) && self.machine.is_enabled(&self.values, &self.state, id, op) {
            self.ties.push(Tie::Joined(id, op));
            let outcome = self.machine.apply(&mut self.values, &mut self.state, id, op, 0);
            let result = self.outcome(id, outcome)?.expect("a join is one step");
            return Ok(Some(self.answer(id, op, result)));
        }
        self.pend(id, op, site);
        Ok(None)
    }

    fn pend(&mut self, id: ThreadId, op: Op, site: Site) {
        let thread = self.machine.thread(id);
        let word = self.values.op(op);
        thread.set_op(&mut self.state, word);
        let place = self.sites.place(site.file(), site.line());
        self.places.insert((id, thread.frame(&self.state)), place);
        self.machine.arrive(&mut self.state, id, op);
    }

    fn declare(&mut self, creator: ThreadId, name: &str, kind: ObjectKind, first: Option<Foreign>) -> ObjectId {
        let running = self.threads[creator.index()].as_mut().expect("the thread has been started");
        running.objects += 1;
        let id = self.shape.object(creator, running.objects, kind, name);
        match (self.machine.objects.get(id.index()), kind) {
            (Some(Object::Variable(variable, _)), _) => {
                let word = first.map_or(Word::NONE, |first| self.values.intern(Composite::Foreign(first)));
                variable.write(&mut self.state, word);
            }
            (Some(Object::Semaphore(semaphore, _)), ObjectKind::Semaphore(permits)) => semaphore.init(&mut self.state, permits),
            _ => {}
        }
        id
    }

    /// Makes a thread; nothing if the machine has no place for it.
    fn spawn(&mut self, parent: ThreadId, name: &str, daemon: bool, job: Job<'static>) -> Result<Option<ThreadId>, Stop> {
        let running = self.threads[parent.index()].as_mut().expect("the thread has been started");
        running.threads += 1;
        let id = self.shape.thread(parent, running.threads, daemon, name);
        let Some(&thread) = self.machine.threads.get(id.index()) else {
            discard(job);
            let fits = self.shape.threads.len() <= THREADS_BOUND as usize;
            return if fits { Ok(None) } else { Err(self.trap(parent, Cause::Threads(THREADS_BOUND))) };
        };
        let given = self.values.text(name);
        thread.set_given_name(&mut self.state, given);
        thread.set_daemon(&mut self.state, daemon);
        // What the new thread does may depend on all that its parent has observed so far.
        let begins = self.machine.thread(parent).frame(&self.state);
        let begins = self.values.intern(Composite::Frame(Box::new([begins])));
        self.install(id, job, begins);
        Ok(Some(id))
    }

    fn finish(&mut self, id: ThreadId, finish: Finish) {
        let thread = self.machine.thread(id);
        self.machine.clock.stop(&mut self.state, thread);
        let (word, failed) = match finish {
            Finish::Value(value) => (self.values.intern(Composite::Foreign(value)), false),
            Finish::Panicked(panic, place) => {
                let place = place.map_or(Place::default(), |(file, line)| self.sites.place(&file, line));
                self.failures.push((id, place));
                (self.error(ErrorKind::Exception, &panic.message), true)
            }
            Finish::Cancelled => (Word::UNBOUND, false),
        };
        if id == ThreadId::MAIN && self.machine.setting.has_daemons {
            thread.set_saved(&mut self.state, if failed { word } else { Word::UNBOUND });
            thread.set_frame(&mut self.state, if failed { Word::UNBOUND } else { word });
            let exit = self.values.op(Op::Exit);
            thread.set_op(&mut self.state, exit);
            return;
        }
        thread.end(&mut self.state, if failed { Status::Failed } else { Status::Ended }, word);
    }

    /// Runs the threads just started, ends joins that are over, and lets time pass when nothing else can happen.
    fn settle(&mut self, mut started: Vec<ThreadId>) -> Result<(), Stop> {
        loop {
            while !started.is_empty() {
                let id = started.remove(0);
                started.extend(self.drive(id, beginning())?);
            }
            let Some((id, op)) = self.finished_join() else { break };
            self.ties.push(Tie::Joined(id, op));
            let outcome = self.machine.apply(&mut self.values, &mut self.state, id, op, 0);
            if let Some(result) = self.outcome(id, outcome)? {
                let reply = self.answer(id, op, result);
                started = self.drive(id, reply)?;
            }
        }
        if self.machine.setting.time != Time::Untimed {
            let (machine, values) = (&self.machine, &self.values);
            while machine.enabled(values, &self.state).is_empty() && machine.clock.advance(&mut self.state, &machine.threads) {
                self.ties.push(Tie::Passed);
            }
        }
        Ok(())
    }

    fn finished_join(&self) -> Option<(ThreadId, Op)> {
        self.machine.threads.iter().map(|thread| thread.id).find_map(|id| {
            let op = self.machine.pending(&self.values, &self.state, id)?;
            (matches!(op, Op::Join(_, Wait::Forever)) && self.machine.is_enabled(&self.values, &self.state, id, op)).then_some((id, op))
        })
    }

    /// What a person reads for a thread that has no name in the row.
    pub fn shown_thread(&self, id: ThreadId, _: Aspect) -> String {
        self.shape.threads.get(id.index()).cloned().unwrap_or_default()
    }
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        self.end();
    }
}
