//! One execution of a program written in Rust, under way: the row, and who says what each thread does next.
//!
//! Who says so is the thread itself, on its coroutine; or, step by step, the [`Histories`]: where all threads that go on in a
//! step have been seen before with what they have observed, the step is taken by heart, and nothing of the program is run.

use std::collections::VecDeque;

use crate::kernel::apply::{Limit, Outcome};
use crate::kernel::clock::Time;
use crate::kernel::error::ErrorKind;
use crate::kernel::machine::{Machine, Object};
use crate::kernel::op::Op;
use crate::kernel::state::State;
use crate::kernel::thread::Status;
use crate::kernel::value::{Aspect, ThreadId, Word};
use crate::kernel::values::{Composite, Values};
use crate::runtime::cast::{Cast, Main};
use crate::runtime::crews::left_by_all;
use crate::runtime::histories::{Answer, Deed, Histories};
use crate::runtime::request::{Reply, quieten};
use crate::runtime::shape::{QUEUE_BOUND, Shape};
use crate::runtime::sites::Sites;
use crate::step::clock::Clock;
use crate::step::place::Place;
use crate::step::tie::Tie;
use crate::step::trap::{Cause, Stop, Trap};

/// Why a step was not taken to its end.
pub enum Halt {
    /// A stop on the way.
    Stop(Stop),
    /// It is not known by heart what a thread does next.
    Unknown,
    /// This thread did something before, and now does something else, though it has observed the same.
    Differs(ThreadId, Deed, Deed),
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Halt {
        Halt::Stop(stop)
    }
}

/// An execution.
pub struct Live<'p> {
    /// The threads that really run.
    pub cast: Cast<'p>,
    /// Whether the present step is taken by heart.
    by_heart: bool,
    /// What is known of the program.
    pub shape: Shape,
    /// The machine.
    pub machine: Machine,
    /// The values.
    pub values: Values,
    /// What the threads have observed, and what they do then.
    pub histories: Histories,
    /// The row. Meaningless after a halt.
    pub state: State,
    /// The places met.
    pub sites: Sites,
    /// The threads that are there since the last step, in order.
    pub born: Vec<ThreadId>,
    /// The threads that have panicked in the last step, and where.
    pub failures: Vec<(ThreadId, Place)>,
    /// What has tied threads together in the last step, in order.
    pub ties: Vec<Tie>,
    /// What the last operation gave its thread.
    pub result: Option<Result<Word, Word>>,
    /// The threads that are to begin in this step.
    beginning: VecDeque<ThreadId>,
    /// Whether a thread has ended in this step, so that joins may be over.
    some_ended: bool,
}

impl<'p> Live<'p> {
    /// A program that has not begun.
    pub fn new(main: Main<'p>, clock: Clock, keeps_output: bool) -> Live<'p> {
        quieten();
        let mut shape = Shape::new(clock, keeps_output);
        let machine = shape.machine();
        let state = State::new(machine.slots);
        Live {
            cast: Cast::new(main),
            by_heart: false,
            shape,
            machine,
            values: Values::new(),
            histories: Histories::default(),
            state,
            sites: Sites::default(),
            born: Vec::new(),
            failures: Vec::new(),
            ties: Vec::new(),
            result: None,
            beginning: VecDeque::new(),
            some_ended: false,
        }
    }

    /// Lays the machine out again for what has been learnt. Words and rows from before mean nothing any more.
    pub fn lay_out(&mut self) {
        self.end();
        self.machine = self.shape.machine();
        self.values = Values::new();
        self.histories.clear();
    }

    /// Begins an execution; the one before is unwound.
    ///
    /// # Errors
    ///
    /// A halt on the way to the first state.
    pub fn begin(&mut self) -> Result<(), Halt> {
        self.end();
        self.begin_step();
        self.state = self.machine.initial(&mut self.values, &[]);
        self.cast.begin(self.machine.threads.len());
        self.install(ThreadId::MAIN, Histories::NOTHING);
        self.beginning.push_back(ThreadId::MAIN);
        self.settle()
    }

    /// Unwinds the threads that have not ended.
    fn end(&mut self) {
        let Live { cast, machine, values, state, .. } = self;
        cast.end(&|id, op| {
            let word = look(machine, values, state, id, op);
            let value = values
                .composite(word)
                .and_then(|composite| if let Composite::Foreign(value) = composite { Some(value.clone()) } else { None });
            Reply::Done(word, value)
        });
    }

    fn begin_step(&mut self) {
        self.born.clear();
        self.failures.clear();
        self.ties.clear();
        self.beginning.clear();
        self.some_ended = false;
    }

    fn install(&mut self, id: ThreadId, history: Word) {
        let thread = self.machine.thread(id);
        thread.set_frame(&mut self.state, history);
        let waits_for_start = self.machine.setting.observes_life && id != ThreadId::MAIN;
        thread.set_status(&mut self.state, if waits_for_start { Status::Created } else { Status::Live });
        self.born.push(id);
    }

    /// Takes a step by heart from this row, and leaves the execution where it stands.
    ///
    /// # Errors
    ///
    /// A halt on the way; `Unknown` if it takes the program to know what comes. The row means nothing then.
    pub fn recall(&mut self, state: &mut State, id: ThreadId, alternative: u32) -> Result<(), Halt> {
        std::mem::swap(&mut self.state, state);
        self.by_heart = true;
        let taken = self.take(id, alternative);
        self.by_heart = false;
        std::mem::swap(&mut self.state, state);
        taken
    }

    /// Takes the pending operation of an enabled thread, then does everything private that follows.
    ///
    /// # Errors
    ///
    /// A halt on the way.
    pub fn take(&mut self, id: ThreadId, alternative: u32) -> Result<(), Halt> {
        let Some(op) = self.machine.pending(&self.values, &self.state, id) else { return Ok(()) };
        self.begin_step();
        let thread = self.machine.thread(id);
        let gave = thread.frame(&self.state);
        let outcome = self.machine.apply(&mut self.values, &mut self.state, id, op, alternative);
        self.result = self.outcome(id, outcome)?;
        if op == Op::Exit {
            self.some_ended = true;
            if thread.status(&self.state) == Status::Ended {
                thread.set_frame(&mut self.state, gave);
            }
        }
        if let Some(result) = self.result {
            if let Op::Start(other) = op {
                self.start(id, other);
            }
            let answer = self.answer(id, op, result);
            self.drive(id, answer)?;
        }
        self.settle()
    }

    fn start(&mut self, by: ThreadId, other: ThreadId) {
        self.beginning.push_back(other);
        self.ties.push(Tie::Started(by, other));
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

    /// The word of an error.
    pub fn error(&mut self, kind: ErrorKind, message: &str) -> Word {
        let message = self.values.text(message);
        self.values.intern(Composite::Error(kind, message))
    }

    /// A stop because of a thread.
    pub fn trap(&self, id: ThreadId, cause: Cause) -> Stop {
        Stop::Trap(Trap { cause, place: self.place(&self.state, id).unwrap_or_default() })
    }

    /// Where a thread stands.
    pub fn place(&self, state: &State, id: ThreadId) -> Option<Place> {
        self.histories.place(self.machine.thread(id).frame(state))
    }

    /// What a thread is told of its operation; it is remembered as observed.
    fn answer(&mut self, id: ThreadId, op: Op, result: Result<Word, Word>) -> Answer {
        let answer = match (op, result) {
            (Op::Join(other, _), Ok(_)) => Answer::Left(self.last_words(other)),
            (Op::JoinAll(first, count), Ok(_)) => Answer::Left(self.last_words_of_all(first, count)),
            (Op::Start(other), Ok(_)) => Answer::Thread(other),
            (_, Ok(word)) => Answer::Gave(word),
            (_, Err(error)) => Answer::Raised(error),
        };
        self.observe(
            id,
            match answer {
                Answer::Left(word) => word,
                _ => result.unwrap_or_else(|error| error),
            },
        );
        answer
    }

    /// What a thread has observed so far decides all it does: it is the thread's private state.
    fn observe(&mut self, id: ThreadId, word: Word) {
        let thread = self.machine.thread(id);
        let after = self.histories.after(thread.frame(&self.state), word);
        thread.set_frame(&mut self.state, after);
    }

    /// What a thread that was joined has left: its value, or its panic; `False` if it has not ended.
    fn last_words(&mut self, id: ThreadId) -> Word {
        let thread = self.machine.thread(id);
        let word = thread.frame(&self.state);
        match thread.status(&self.state) {
            Status::Ended => {
                // Only one thread can join it: nobody will ask again.
                thread.set_frame(&mut self.state, Word::UNBOUND);
                word
            }
            Status::Failed => word,
            _ => Word::FALSE,
        }
    }

    /// What the threads of a crew have left, once they are over: not who has left what.
    fn last_words_of_all(&mut self, first: ThreadId, count: u16) -> Word {
        let words = (first.0..first.0 + count).map(|id| self.last_words(ThreadId(id))).collect();
        left_by_all(&mut self.values, words)
    }

    /// Has a thread go on, to its next operation or its end.
    fn drive(&mut self, id: ThreadId, mut answer: Answer) -> Result<(), Halt> {
        let (mut history, mut index) = (self.machine.thread(id).frame(&self.state), 0);
        loop {
            let deed = if self.by_heart {
                self.histories.deed(history, index).ok_or(Halt::Unknown)?
            } else {
                let deed = self.next(id, answer)?;
                if let Some(before) = self.histories.learn(history, index, deed) {
                    return Err(Halt::Differs(id, before, deed));
                }
                deed
            };
            index += 1;
            match self.perform(id, deed)? {
                Some(told) => answer = told,
                None => return Ok(()),
            }
            let now = self.machine.thread(id).frame(&self.state);
            if now != history {
                (history, index) = (now, 0);
            }
        }
    }

    /// What a deed does to the row. Gives what the thread is told, if it goes on.
    fn perform(&mut self, id: ThreadId, deed: Deed) -> Result<Option<Answer>, Stop> {
        match deed {
            Deed::Creates(object, word) => {
                match self.machine.objects.get(object.index()) {
                    Some(Object::Variable(variable, _)) => variable.write(&mut self.state, word),
                    Some(Object::Semaphore(semaphore, _)) if semaphore.bound.is_none() => {
                        semaphore.init(&mut self.state, word.as_int().map_or(0, |permits| permits as u32));
                    }
                    _ => {}
                }
                Ok(Some(Answer::Object(object)))
            }
            Deed::Spawns(other, name, daemon, _) => {
                let Some(&thread) = self.machine.threads.get(other.index()) else { return Ok(Some(Answer::Thread(other))) };
                thread.set_given_name(&mut self.state, name);
                thread.set_daemon(&mut self.state, daemon);
                let parent = self.machine.thread(id).frame(&self.state);
                let begins = self.histories.after(parent, Word::thread(other, Aspect::Handle));
                self.install(other, begins);
                if self.machine.setting.observes_life {
                    let (op, word) = (Op::Start(other), self.values.op(Op::Start(other)));
                    return self.pend(id, op, word);
                }
                self.start(id, other);
                Ok(Some(Answer::Thread(other)))
            }
            Deed::SpawnsCrew(first, count, _) => {
                self.begin_crew(id, first, count);
                Ok(Some(Answer::Thread(first)))
            }
            Deed::AsksTime => {
                let now = self.machine.clock.now(&self.state);
                self.observe(id, now.and_then(Word::int).unwrap_or(Word::NONE));
                Ok(Some(Answer::Time(now)))
            }
            Deed::Looks(op) => {
                let word = look(&self.machine, &self.values, &self.state, id, op);
                self.observe(id, word);
                Ok(Some(Answer::Gave(word)))
            }
            Deed::Asks(op, word, _) => self.pend(id, op, word),
            Deed::Ends(word) => {
                self.bury(id, word, false);
                Ok(None)
            }
            Deed::Panics(error, place) => {
                self.failures.push((id, place));
                self.bury(id, error, true);
                Ok(None)
            }
        }
    }

    /// The threads of a crew begin, all at once: nobody can ask whether one of them is alive.
    fn begin_crew(&mut self, parent: ThreadId, first: ThreadId, count: u16) {
        let members = first.index()..first.index() + count as usize;
        if members.end > self.machine.threads.len() {
            return;
        }
        let is_equal = self.shape.crews.of(first).is_some_and(|crew| crew.is_equal);
        let before = self.machine.thread(parent).frame(&self.state);
        for member in members.map(|index| ThreadId(index as u16)) {
            let born_as = if is_equal { first } else { member };
            let begins = self.histories.after(before, Word::thread(born_as, Aspect::Handle));
            self.install(member, begins);
            self.machine.thread(member).set_status(&mut self.state, Status::Live);
            self.start(parent, member);
        }
    }

    /// The thread is now at an operation, or past it at once if that is a join that nobody can tell.
    fn pend(&mut self, id: ThreadId, op: Op, word: Word) -> Result<Option<Answer>, Stop> {
        if self.machine.is_private(&self.values, &self.state, id, op) {
            return self.pass(id, op);
        }
        self.machine.thread(id).set_op(&mut self.state, word);
        self.machine.arrive(&mut self.state, id, op);
        Ok(None)
    }

    /// Takes a join that is over.
    fn pass(&mut self, id: ThreadId, op: Op) -> Result<Option<Answer>, Stop> {
        self.ties.push(Tie::Joined(id, op));
        let outcome = self.machine.apply(&mut self.values, &mut self.state, id, op, 0);
        Ok(self.outcome(id, outcome)?.map(|result| self.answer(id, op, result)))
    }

    fn bury(&mut self, id: ThreadId, word: Word, failed: bool) {
        self.some_ended = true;
        let thread = self.machine.thread(id);
        self.machine.clock.stop(&mut self.state, thread);
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
    fn settle(&mut self) -> Result<(), Halt> {
        loop {
            while let Some(id) = self.beginning.pop_front() {
                self.drive(id, Answer::Begins)?;
            }
            let Some((id, op)) = self.finished_join() else { break };
            if let Some(answer) = self.pass(id, op)? {
                self.drive(id, answer)?;
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

    /// A join that is over. One that was not when it was asked for can only be over if a thread has ended since.
    fn finished_join(&self) -> Option<(ThreadId, Op)> {
        if !self.some_ended {
            return None;
        }
        self.machine.threads.iter().map(|thread| thread.id).find_map(|id| {
            let op = self.machine.pending(&self.values, &self.state, id)?;
            self.machine.is_private(&self.values, &self.state, id, op).then_some((id, op))
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

/// What an operation would give just now, without effect: for destructors that ask while their thread is unwound.
fn look(machine: &Machine, values: &Values, state: &State, id: ThreadId, op: Op) -> Word {
    let (mut values, mut state) = (values.clone(), state.clone());
    if !machine.is_enabled(&values, &state, id, op) {
        return Word::FALSE;
    }
    match machine.apply(&mut values, &mut state, id, op, 0) {
        Outcome::Done(word) => word,
        _ => Word::FALSE,
    }
}
