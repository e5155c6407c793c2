//! What a running thread asks for, as a deed; and what it is told, as the reply that its coroutine is resumed with.

use crate::kernel::error::ErrorKind;
use crate::kernel::foreign::Foreign;
use crate::kernel::object::ObjectKind;
use crate::kernel::op::Op;
use crate::kernel::text::render;
use crate::kernel::value::{ThreadId, Word};
use crate::kernel::values::Composite;
use crate::runtime::crews::values_of_all;
use crate::runtime::failure::Panic;
use crate::runtime::histories::{Answer, Deed};
use crate::runtime::live::Live;
use crate::runtime::request::{Body, Failed, Finish, Job, Output, Payload, Reply, Request, Site, Who, discard};
use crate::runtime::shape::THREADS_BOUND;
use crate::step::place::Place;
use crate::step::trap::{Cause, Stop};

impl Live<'_> {
    /// Runs a thread until it does something that others can tell.
    pub fn next(&mut self, id: ThreadId, answer: Answer) -> Result<Deed, Stop> {
        let mut reply = self.reply(answer);
        loop {
            let deed = match self.cast.go_on(id, reply) {
                Output::Ended(finish) => {
                    let deed = self.finish(finish);
                    if self.shape.has_grown {
                        return Err(Stop::Relaid);
                    }
                    deed
                }
                Output::Asks(Request::Act(Op::Sleep(_), ..)) if !self.shape.sleeps() => {
                    reply = Reply::Done(Word::NONE, None);
                    continue;
                }
                Output::Asks(Request::Act(op, payload, site)) => self.ask(op, payload, site)?,
                Output::Asks(Request::Peek(op)) => Deed::Looks(op),
                Output::Asks(Request::Declare(name, kind, first)) => self.declare(id, &name, kind, first)?,
                Output::Asks(Request::Spawn(name, daemon, job, site)) => self.spawn(id, &name, daemon, job, site)?,
                Output::Asks(Request::SpawnCrew(name, count, body, site)) => self.spawn_crew(id, &name, count, body, site)?,
                Output::Asks(Request::Who) => {
                    reply = Reply::You(self.who(id));
                    continue;
                }
                Output::Asks(Request::Now) => {
                    self.shape.learn_of_time();
                    Deed::AsksTime
                }
            };
            return Ok(deed);
        }
    }

    fn ask(&mut self, op: Op, payload: Payload, site: Site) -> Result<Deed, Stop> {
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
        Ok(Deed::Asks(op, self.values.op(op), self.sites.at(site)))
    }

    fn declare(&mut self, creator: ThreadId, name: &str, kind: ObjectKind, first: Option<Foreign>) -> Result<Deed, Stop> {
        if self.shape.tell_apart(creator) {
            return Err(Stop::Relaid);
        }
        let id = self.shape.object(creator, self.cast.next_object(creator), kind, name);
        let word = match (kind, first) {
            (ObjectKind::Semaphore(permits), _) => Word::count(permits),
            (_, Some(first)) => self.values.intern(Composite::Foreign(first)),
            _ => Word::NONE,
        };
        Ok(Deed::Creates(id, word))
    }

    /// If the machine has no place for a new thread, it is not made: soon the search begins again.
    fn spawn(&mut self, parent: ThreadId, name: &str, daemon: bool, job: Job<'static>, site: Site) -> Result<Deed, Stop> {
        if self.shape.tell_apart(parent) {
            discard(job);
            return Err(Stop::Relaid);
        }
        let id = self.shape.thread(parent, self.cast.next_thread(parent), daemon, name);
        if id.index() < self.machine.threads.len() {
            self.cast.install(id, job);
        } else {
            discard(job);
            if self.shape.threads.len() > THREADS_BOUND as usize {
                return Err(self.trap(parent, Cause::Threads(THREADS_BOUND)));
            }
        }
        Ok(Deed::Spawns(id, self.values.text(name), daemon, self.sites.at(site)))
    }

    fn spawn_crew(&mut self, parent: ThreadId, name: &str, count: u32, body: Body<'static>, site: Site) -> Result<Deed, Stop> {
        let was_equal = self.shape.tell_apart(parent);
        let first = self.shape.crew(parent, self.cast.next_thread(parent), count, name);
        let most = self.machine.threads.len();
        if let Some(first) = first.filter(|first| !was_equal && first.index() + count as usize <= most) {
            (0..count as u16).for_each(|number| self.cast.install_member(ThreadId(first.0 + number), &body));
        }
        discard(body);
        match first {
            _ if was_equal => Err(Stop::Relaid),
            None => Err(self.trap(parent, Cause::Threads(THREADS_BOUND))),
            Some(first) => Ok(Deed::SpawnsCrew(first, count as u16, self.sites.at(site))),
        }
    }

    fn finish(&mut self, finish: Finish) -> Deed {
        match finish {
            Finish::Value(value) => Deed::Ends(self.values.intern(Composite::Foreign(value))),
            Finish::Panicked(panic, place) => {
                let place = place.map_or(Place::default(), |(file, line)| self.sites.place(&file, line));
                Deed::Panics(self.error(ErrorKind::Exception, &panic.message), place)
            }
            Finish::Cancelled => Deed::Ends(Word::UNBOUND),
        }
    }

    /// Who a thread is: nothing that it has not observed.
    fn who(&self, id: ThreadId) -> Who {
        let thread = self.machine.thread(id);
        let name = match self.shape.crews.of(id) {
            Some(crew) => crew.name.clone(),
            None if id == ThreadId::MAIN => self.shape.threads[0].clone(),
            None => self.letters(thread.given_name(&self.state)),
        };
        Who { id, name, past: thread.frame(&self.state) }
    }

    /// An answer as the thread itself is given it.
    fn reply(&self, answer: Answer) -> Reply {
        match answer {
            Answer::Begins => Reply::Done(Word::NONE, None),
            Answer::Object(id) => Reply::Object(id),
            Answer::Thread(id) => Reply::Thread(id),
            Answer::Time(now) => Reply::Time(now),
            Answer::Gave(word) | Answer::Raised(word) | Answer::Left(word) => match (answer, self.values.composite(word)) {
                (_, Some(Composite::Foreign(foreign))) => Reply::Done(word, Some(foreign.clone())),
                (Answer::Left(_), Some(Composite::Tuple(words))) => {
                    Reply::Done(word, Some(Foreign::new(values_of_all(&self.values, words))))
                }
                (Answer::Raised(_), Some(Composite::Error(kind, message))) => Reply::Raised(*kind, self.letters(*message)),
                (Answer::Left(_), Some(Composite::Error(_, message))) => {
                    let panic = Panic { message: self.letters(*message) };
                    Reply::Done(word, Some(Foreign::new(Failed(panic))))
                }
                _ => Reply::Done(word, None),
            },
        }
    }

    fn letters(&self, text: Word) -> String {
        render(&self.values, text, &|_, _| String::new())
    }
}
