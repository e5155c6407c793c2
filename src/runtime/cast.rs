//! The threads of a program written in Rust that really run: of each its job, and once it has begun its coroutine.

use std::sync::Arc;

use crate::kernel::foreign::Foreign;
use crate::kernel::op::Op;
use crate::kernel::value::ThreadId;
use crate::runtime::coroutine::{Coroutine, Pool, cancel, resume};
use crate::runtime::request::{Body, Job, Output, Reply, discard};

/// What a program's main thread does, to be begun again and again.
pub type Main<'p> = Arc<dyn Fn() -> Foreign + Send + Sync + 'p>;

/// A thread that has been started.
struct Running<'p> {
    job: Option<Job<'p>>,
    coroutine: Option<Coroutine<'p>>,
    /// What its crew does. Held until it is over: no member must be the last who holds what the body has captured, for that one
    /// would do what the destructors ask for, and the others would not.
    body: Option<Body<'p>>,
    /// How many objects it has created, and how many threads it has started.
    objects: u32,
    threads: u32,
}

/// The threads of one execution.
pub struct Cast<'p> {
    main: Main<'p>,
    pool: Pool<'p>,
    threads: Vec<Option<Running<'p>>>,
}

impl<'p> Cast<'p> {
    /// Nobody runs yet.
    pub fn new(main: Main<'p>) -> Cast<'p> {
        Cast { main, pool: Pool::default(), threads: Vec::new() }
    }

    /// Has main ready to run, of a program of so many threads.
    pub fn begin(&mut self, threads: usize) {
        self.threads.resize_with(threads, || None);
        let main = self.main.clone();
        self.install(ThreadId::MAIN, Box::new(move || main()));
    }

    /// Has a thread ready to run.
    pub fn install(&mut self, id: ThreadId, job: Job<'p>) {
        self.threads[id.index()] = Some(Running { job: Some(job), coroutine: None, body: None, objects: 0, threads: 0 });
    }

    /// Has a thread of a crew ready to run.
    pub fn install_member(&mut self, id: ThreadId, body: &Body<'p>) {
        let own = body.clone();
        self.install(id, Box::new(move || own()));
        self.running(id).body = Some(body.clone());
    }

    fn running(&mut self, id: ThreadId) -> &mut Running<'p> {
        self.threads[id.index()].as_mut().expect("the thread has been started")
    }

    /// As how manieth object a thread creates its next one.
    pub fn next_object(&mut self, id: ThreadId) -> u32 {
        let running = self.running(id);
        running.objects += 1;
        running.objects
    }

    /// As how manieth thread a thread starts its next one.
    pub fn next_thread(&mut self, id: ThreadId) -> u32 {
        let running = self.running(id);
        running.threads += 1;
        running.threads
    }

    /// Lets a thread go on until it asks for something or ends.
    pub fn go_on(&mut self, id: ThreadId, reply: Reply) -> Output {
        let running = self.threads[id.index()].as_mut().expect("the thread has been started");
        if let Some(job) = running.job.take() {
            running.coroutine = Some(self.pool.start(job));
        }
        let output = resume(running.coroutine.as_mut().expect("it has begun"), reply);
        if let Output::Ended(_) = output
            && let Some(running) = self.threads[id.index()].take()
        {
            running.coroutine.into_iter().for_each(|coroutine| self.pool.put_back(coroutine));
            running.body.into_iter().for_each(discard);
        }
        output
    }

    /// Unwinds the threads that have not ended. `look` says what an operation would give, if a destructor asks.
    pub fn end(&mut self, look: &dyn Fn(ThreadId, Op) -> Reply) {
        for index in 0..self.threads.len() {
            let Some(running) = self.threads[index].take() else { continue };
            if let Some(job) = running.job {
                discard(job);
            }
            if let Some(mut coroutine) = running.coroutine {
                cancel(&mut coroutine, &mut |op| look(ThreadId(index as u16), op));
                self.pool.put_back(coroutine);
            }
            running.body.into_iter().for_each(discard);
        }
    }
}
