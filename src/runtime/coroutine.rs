//! The stacks that simulated threads run on: taken from a pool, resumed, unwound when an execution is over.

use std::panic::{AssertUnwindSafe, catch_unwind};

use generator::{Generator, Gn};

use crate::kernel::op::Op;
use crate::kernel::value::Word;
use crate::runtime::request::{Job, Output, Reply, Request, cancelling, enter, run};

/// The size of a stack in words: 256 KiB.
const STACK: usize = 0x8000;

/// A thread's stack, and how far it has come.
pub type Coroutine<'p> = Generator<'p, Reply, Output>;

/// Stacks that are not in use. Making one costs far more than using it again.
#[derive(Default)]
pub struct Pool<'p> {
    idle: Vec<Coroutine<'p>>,
}

impl<'p> Pool<'p> {
    /// A coroutine at the beginning of this job.
    pub fn start(&mut self, job: Job<'p>) -> Coroutine<'p> {
        match self.idle.pop() {
            Some(mut coroutine) => {
                coroutine.init_code(move || run(job));
                coroutine
            }
            None => Gn::new_opt(STACK, move || run(job)),
        }
    }

    /// Keeps a coroutine that has ended for later.
    pub fn put_back(&mut self, coroutine: Coroutine<'p>) {
        if coroutine.is_done() {
            self.idle.push(coroutine);
        }
    }
}

/// Lets a coroutine go on until it asks for something or ends.
///
/// # Panics
///
/// If the thread has overflowed its stack.
pub fn resume(coroutine: &mut Coroutine<'_>, reply: Reply) -> Output {
    enter(true);
    let output = catch_unwind(AssertUnwindSafe(|| coroutine.raw_send(Some(reply))));
    enter(false);
    match output {
        Ok(output) => output.expect("a coroutine that is resumed has not ended"),
        Err(_) => panic!("a thread of the program has overflowed its stack of {} KiB", STACK * size_of::<usize>() / 1024),
    }
}

/// Unwinds a coroutine. `look` says what an operation would give, if a destructor asks.
pub fn cancel(coroutine: &mut Coroutine<'_>, look: &mut dyn FnMut(Op) -> Reply) {
    if coroutine.is_done() {
        // It has overflowed its stack: there is nothing to be unwound any more.
        return;
    }
    cancelling(true);
    let mut reply = Reply::Cancel;
    while let Output::Asks(request) = resume(coroutine, reply) {
        reply = match request {
            Request::Peek(op) => look(op),
            _ => Reply::Done(Word::NONE, None),
        };
    }
    cancelling(false);
}

/// The reply that begins a thread.
pub fn beginning() -> Reply {
    Reply::Done(Word::NONE, None)
}
