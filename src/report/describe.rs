//! What a transition did, in words.

use crate::kernel::machine::Object;
use crate::kernel::op::{Observer, Op, Question, Span, TICKS_PER_SECOND, Ticks, Wait};
use crate::kernel::state::State;
use crate::kernel::value::{ObjectId, ThreadId, Word};
use crate::run::ending::{shown, shown_error, shown_text, thread_name};
use crate::run::trace::Step;
use crate::step::explorable::Program;

/// Tells operations of one program.
pub struct Teller<'a, P> {
    /// The program.
    pub interpreter: &'a P,
    /// A state, for the names of threads.
    pub state: &'a State,
}

/// A length of time in seconds.
pub fn seconds(ticks: Ticks) -> String {
    let (whole, rest) = (ticks / TICKS_PER_SECOND, ticks % TICKS_PER_SECOND);
    let fraction = format!("{rest:06}");
    match fraction.trim_end_matches('0') {
        "" => format!("{whole} s"),
        digits => format!("{whole}.{digits} s"),
    }
}

impl<P: Program> Teller<'_, P> {
    fn object(&self, id: ObjectId) -> &str {
        &self.interpreter.machine().names[id.index()]
    }

    fn thread(&self, id: ThreadId) -> String {
        thread_name(self.interpreter, self.state, id)
    }

    fn value(&self, word: Word) -> String {
        shown(self.interpreter, word)
    }

    /// What a step did and what came of it.
    pub fn step(&self, step: &Step) -> String {
        let what = self.done(step.op, step.result.and_then(Result::ok));
        match step.result {
            Some(Err(error)) => format!("{what}: {}", shown_error(self.interpreter, error)),
            _ => what,
        }
    }

    /// An operation that was taken, and its result if it gave one.
    fn done(&self, op: Op, result: Option<Word>) -> String {
        let failed = result == Some(Word::FALSE);
        let gave = result.map_or(String::new(), |word| format!(": {}", self.value(word)));
        match op {
            Op::Read(id) => format!("reads {}{gave}", self.object(id)),
            Op::Write(id, value) => format!("writes {} = {}", self.object(id), self.value(value)),
            Op::ReadItem(id, key) => format!("reads {}[{}]{gave}", self.object(id), self.value(key)),
            Op::WriteItem(id, key, value) => format!("writes {}[{}] = {}", self.object(id), self.value(key), self.value(value)),
            Op::Append(id, value) => format!("appends {} to {}", self.value(value), self.object(id)),
            Op::Pop(id, key) => format!("takes {}[{}] out{gave}", self.object(id), self.value(key)),
            Op::Acquire(id, _) if failed => format!("fails to acquire {}", self.object(id)),
            Op::Acquire(id, _) => format!("acquires {}", self.object(id)),
            Op::Release(id, 1) => format!("releases {}", self.object(id)),
            Op::Release(id, permits) => format!("releases {permits} permits of {}", self.object(id)),
            Op::Set(id) => format!("sets {}", self.object(id)),
            Op::Clear(id) => format!("clears {}", self.object(id)),
            Op::Await(id, _) if result.is_none() => format!("begins to wait for {}", self.object(id)),
            Op::Await(id, _) | Op::Awake(id, _) if failed => format!("gives up waiting for {}", self.object(id)),
            Op::Await(id, _) => format!("sees that {} is set", self.object(id)),
            Op::Awake(id, _) => format!("is woken by {}", self.object(id)),
            Op::Enrol(id, _) => format!("waits on {} and releases its lock", self.object(id)),
            Op::Expire(id, _) => format!("gives up waiting on {}", self.object(id)),
            Op::Reacquire(id, _) if failed => format!("has its lock of {} again, without having been notified", self.object(id)),
            Op::Reacquire(id, _) => format!("was notified and has its lock of {} again", self.object(id)),
            Op::Notify(id, u32::MAX) => format!("notifies all who wait on {}", self.object(id)),
            Op::Notify(id, count) => format!("notifies {count} of those who wait on {}", self.object(id)),
            Op::Arrive(id, _) if result.is_none() => format!("arrives at {} and waits", self.object(id)),
            Op::Arrive(id, _) => format!("arrives at {} as the last", self.object(id)),
            Op::Leave(id, _) => format!("leaves {}", self.object(id)),
            Op::Abort(id) => format!("breaks {}", self.object(id)),
            Op::Reset(id) => format!("resets {}", self.object(id)),
            Op::Put(id, item, _) => format!("puts {} into {}", self.value(item), self.object(id)),
            Op::Get(id, _) => format!("gets from {}{gave}", self.object(id)),
            Op::TaskDone(id) => format!("reports a task of {} as done", self.object(id)),
            Op::JoinQueue(id) => format!("has seen all tasks of {} done", self.object(id)),
            Op::JoinedQueue(id) => format!("was woken: all tasks of {} were done", self.object(id)),
            Op::Feed(id) => format!("moves an item into the pipe of {}", self.object(id)),
            Op::Flush => "has sent everything it had put".to_owned(),
            Op::End => "ends".to_owned(),
            Op::Attach => "opens the objects it was given".to_owned(),
            Op::Query(id, observer) => format!("asks {}{gave}", self.asked(id, observer)),
            Op::Start(id) => format!("starts {}", self.thread(id)),
            Op::Join(id, _) => format!("joins {}", self.thread(id)),
            Op::JoinAll(first, count) => format!("joins {count} threads from {}", self.thread(first)),
            Op::IsAlive(id) => format!("asks whether {} is alive{gave}", self.thread(id)),
            Op::Create => "creates a thread".to_owned(),
            Op::Fire(_) if failed => "finds its timer cancelled".to_owned(),
            Op::Fire(span) => format!("fires after {}", span_in_words(span)),
            Op::Cancel(id) => format!("cancels {}", self.thread(id)),
            Op::Sleep(span) => format!("has slept {}", span_in_words(span)),
            Op::Choose(count) => format!("takes one of {count} alternatives{gave}"),
            Op::Print(text) => format!("prints {:?}", shown_text(self.interpreter, text)),
            Op::Input => format!("reads a line{gave}"),
            _ => self.done_with_pools(op, result),
        }
    }

    /// Likewise, of executors and futures, and at the end of the program.
    fn done_with_pools(&self, op: Op, result: Option<Word>) -> String {
        let failed = result == Some(Word::FALSE);
        let gave = result.map_or(String::new(), |word| format!(": {}", self.value(word)));
        match op {
            Op::Submit(id, work) => format!("submits {} to {}{gave}", self.work(work), self.object(id)),
            Op::TakeWork(id) if result == Some(Word::NONE) => format!("finds that {} is shut down and has no more work", self.object(id)),
            Op::TakeWork(id) if failed => format!("finds the next work of {} cancelled", self.object(id)),
            Op::TakeWork(id) => format!("takes work from {}{gave}", self.object(id)),
            Op::TurnIdle(id) => format!("is an idle worker of {} again", self.object(id)),
            Op::Settle(id, content, false) => format!("has done the work of <Future {}>: {}", id.0, self.value(content)),
            Op::Settle(id, content, true) => format!("fails at the work of <Future {}>: {}", id.0, shown_error(self.interpreter, content)),
            Op::Result(id, _) => format!("has the result of <Future {}>{gave}", id.0),
            Op::Exception(id, _) => format!("has the exception of <Future {}>{gave}", id.0),
            Op::NextResult(_, index) => format!("has result {index} of map(){gave}"),
            Op::AddCallback(id, _) if result == Some(Word::TRUE) => format!("finds <Future {}> done: it calls the callback itself", id.0),
            Op::AddCallback(id, _) => format!("leaves a callback with <Future {}>", id.0),
            Op::CancelFuture(id) if failed => format!("is too late to cancel <Future {}>", id.0),
            Op::CancelFuture(id) => format!("cancels <Future {}>", id.0),
            Op::QueryFuture(id, question) => format!("asks <Future {}> whether it is {}{gave}", id.0, asked_of_future(question)),
            Op::ShutDown(id, false) => format!("shuts {} down", self.object(id)),
            Op::ShutDown(id, true) => format!("shuts {} down and cancels what waits", self.object(id)),
            Op::JoinPool(id) => format!("joins the workers of {}", self.object(id)),
            Op::CloseAll => "begins to end the program: executors take no more work".to_owned(),
            _ => "the program exits".to_owned(),
        }
    }

    /// A piece of work as it would be called.
    fn work(&self, work: Word) -> String {
        let items: Vec<String> = self.interpreter.values().items(work).iter().map(|&item| self.value(item)).collect();
        let Some((function, arguments)) = items.split_first() else { return String::new() };
        let name = function.trim_start_matches("<function ").trim_end_matches('>');
        format!("{name}({})", arguments.join(", "))
    }

    fn asked(&self, id: ObjectId, observer: Observer) -> String {
        let name = self.object(id);
        match observer {
            Observer::Locked => format!("{name}.locked()"),
            Observer::IsSet => format!("{name}.is_set()"),
            Observer::Value => format!("{name}.value"),
            Observer::Size => format!("{name}.qsize()"),
            Observer::Empty => format!("{name}.empty()"),
            Observer::Full => format!("{name}.full()"),
            Observer::Unfinished => format!("{name}.unfinished_tasks"),
            Observer::Waiters => format!("{name}.waiters"),
            Observer::Arrived => format!("{name}.n_waiting"),
            Observer::Broken => format!("{name}.broken"),
        }
    }

    /// What a blocked thread waits for.
    pub fn waiting(&self, id: ThreadId, op: Op) -> String {
        let held = |object: ObjectId| match self.interpreter.machine().holder(self.state, object) {
            Some(holder) if holder == id => ", held by itself".to_owned(),
            Some(holder) if self.is_over(holder) => format!(", held by {}, which has ended", self.thread(holder)),
            Some(holder) => format!(", held by {}", self.thread(holder)),
            None => String::new(),
        };
        match op {
            Op::Acquire(object, _) => match self.interpreter.machine().object(self.interpreter.machine().lock_of(object)) {
                Object::Semaphore(..) => format!("waits for a permit of {}", self.object(object)),
                _ => format!("waits for {}{}", self.object(object), held(object)),
            },
            Op::Reacquire(object, _) | Op::Expire(object, _) => match held(object).as_str() {
                "" => format!("waits on {} for a notify", self.object(object)),
                held => format!("waits to have its lock of {} again{held}", self.object(object)),
            },
            Op::Await(object, _) | Op::Awake(object, _) => format!("waits for {} to be set", self.object(object)),
            Op::Arrive(object, _) | Op::Leave(object, _) => format!("waits at {}", self.object(object)),
            Op::Put(object, ..) => format!("waits for room in {}", self.object(object)),
            Op::Get(object, _) => format!("waits for an item in {}", self.object(object)),
            Op::JoinQueue(object) | Op::JoinedQueue(object) => format!("waits for all tasks of {} to be done", self.object(object)),
            Op::Join(other, Wait::Forever) => format!("waits for the end of {}", self.thread(other)),
            Op::JoinAll(first, count) => {
                let all = (first.0..first.0 + count).map(ThreadId).filter(|id| !self.is_over(*id)).map(|id| self.thread(id));
                format!("waits for the end of {}", all.collect::<Vec<_>>().join(", "))
            }
            Op::TakeWork(id) => format!("waits for work in {}", self.object(id)),
            Op::Result(id, _) | Op::Exception(id, _) => format!("waits for <Future {}> to be done", id.0),
            Op::NextResult(_, index) => format!("waits for result {index} of map()"),
            Op::JoinPool(id) => format!("waits for the end of the workers of {}", self.object(id)),
            Op::CloseAll => "waits at the end of the program for the threads that are not daemons".to_owned(),
            Op::Exit => "waits at the exit for the threads that are not daemons".to_owned(),
            other => format!("is at an operation that cannot be taken: {other:?}"),
        }
    }

    fn is_over(&self, id: ThreadId) -> bool {
        self.interpreter.machine().thread(id).status(self.state).is_over()
    }
}

fn asked_of_future(question: Question) -> &'static str {
    match question {
        Question::Done => "done",
        Question::Running => "running",
        Question::Cancelled => "cancelled",
    }
}

fn span_in_words(span: Span) -> String {
    if span.is_exact() { seconds(span.high) } else { format!("between {} and {}", seconds(span.low), seconds(span.high)) }
}
