//! What a transition did, in words.

use crate::kernel::machine::Object;
use crate::kernel::op::{Observer, Op, Span, TICKS_PER_SECOND, Ticks, Wait};
use crate::kernel::state::State;
use crate::kernel::value::{ObjectId, ThreadId, Word};
use crate::program::explorable::Program;
use crate::program::interpreter::Interpreter;
use crate::run::ending::{shown, shown_error, shown_text, thread_name};
use crate::run::trace::Step;

/// Tells operations of one program.
pub struct Teller<'a, P = Interpreter> {
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
            Op::Exit => "the program exits".to_owned(),
        }
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
            Op::JoinQueue(object) => format!("waits for all tasks of {} to be done", self.object(object)),
            Op::Join(other, Wait::Forever) => format!("waits for the end of {}", self.thread(other)),
            Op::JoinAll(first, count) => {
                let all = (first.0..first.0 + count).map(ThreadId).filter(|id| !self.is_over(*id)).map(|id| self.thread(id));
                format!("waits for the end of {}", all.collect::<Vec<_>>().join(", "))
            }
            Op::Exit => "waits at the exit for the threads that are not daemons".to_owned(),
            other => format!("is at an operation that cannot be taken: {other:?}"),
        }
    }

    fn is_over(&self, id: ThreadId) -> bool {
        self.interpreter.machine().thread(id).status(self.state).is_over()
    }
}

fn span_in_words(span: Span) -> String {
    if span.is_exact() { seconds(span.high) } else { format!("between {} and {}", seconds(span.low), seconds(span.high)) }
}
