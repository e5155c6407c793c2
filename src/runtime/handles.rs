//! The simulated primitives: each method is one operation asked of the machine.

use std::marker::PhantomData;
use std::panic::Location;
use std::time::Duration;

use crate::kernel::error::ErrorKind;
use crate::kernel::foreign::Foreign;
use crate::kernel::op::{Observer, Op, Wait};
use crate::kernel::value::{ObjectId, Word};
use crate::runtime::failure::{Broken, Empty, Full};
use crate::runtime::interface::Value;
use crate::runtime::primitives::{Barrier, Condition, Event, Held, Lock, Queue, Semaphore, Variable};
use crate::runtime::request::{Payload, Site, act};
use crate::runtime::shape::ticks;

/// Asks for an operation. A mistake panics, at the place of the call.
#[track_caller]
pub fn asked(op: Op, payload: Payload, site: Site) -> (Word, Option<Foreign>) {
    act(op, payload, site).unwrap_or_else(|(_, message)| panic!("{message}"))
}

#[track_caller]
fn says(op: Op) -> bool {
    asked(op, Payload::Nothing, Location::caller()).0 == Word::TRUE
}

#[track_caller]
fn does(op: Op) {
    asked(op, Payload::Nothing, Location::caller());
}

#[track_caller]
fn counts(op: Op) -> u32 {
    asked(op, Payload::Nothing, Location::caller()).0.as_int().map_or(0, |count| count as u32)
}

fn upto(timeout: Duration) -> Wait {
    Wait::Upto(ticks(timeout))
}

/// A simulated variable.
#[derive(Debug)]
pub struct SimVariable<T> {
    id: ObjectId,
    holds: PhantomData<fn() -> T>,
}

impl<T> SimVariable<T> {
    /// A handle on it.
    pub fn new(id: ObjectId) -> SimVariable<T> {
        SimVariable { id, holds: PhantomData }
    }
}

impl<T> Clone for SimVariable<T> {
    fn clone(&self) -> SimVariable<T> {
        SimVariable::new(self.id)
    }
}

/// The value that an operation gave.
#[track_caller]
fn given<T: Value>(op: Op) -> T {
    let (_, foreign) = asked(op, Payload::Nothing, Location::caller());
    foreign.and_then(|foreign| foreign.value::<T>().cloned()).expect("the value is of the object's type")
}

impl<T: Value> Variable<T> for SimVariable<T> {
    #[track_caller]
    fn get(&self) -> T {
        given(Op::Read(self.id))
    }

    #[track_caller]
    fn set(&self, value: T) {
        asked(Op::Write(self.id, Word::NONE), Payload::Value(Foreign::new(value)), Location::caller());
    }
}

/// A simulated lock, re-entrant or not.
#[derive(Clone, Debug)]
pub struct SimLock {
    id: ObjectId,
}

impl SimLock {
    /// A handle on it.
    pub fn new(id: ObjectId) -> SimLock {
        SimLock { id }
    }

    /// Which one it is.
    pub fn id(&self) -> ObjectId {
        self.id
    }
}

impl Lock for SimLock {
    #[track_caller]
    fn acquire(&self) {
        does(Op::Acquire(self.id, Wait::Forever));
    }

    #[track_caller]
    fn try_acquire(&self) -> bool {
        says(Op::Acquire(self.id, Wait::Never))
    }

    #[track_caller]
    fn acquire_timeout(&self, timeout: Duration) -> bool {
        says(Op::Acquire(self.id, upto(timeout)))
    }

    #[track_caller]
    fn release(&self) {
        does(Op::Release(self.id, 1));
    }

    #[track_caller]
    fn is_locked(&self) -> bool {
        says(Op::Query(self.id, Observer::Locked))
    }

    fn release_held(&self, since: Site) {
        asked(Op::Release(self.id, 1), Payload::Nothing, since);
    }
}

/// A simulated semaphore.
#[derive(Clone, Debug)]
pub struct SimSemaphore {
    id: ObjectId,
}

impl SimSemaphore {
    /// A handle on it.
    pub fn new(id: ObjectId) -> SimSemaphore {
        SimSemaphore { id }
    }
}

impl Semaphore for SimSemaphore {
    #[track_caller]
    fn acquire(&self) {
        does(Op::Acquire(self.id, Wait::Forever));
    }

    #[track_caller]
    fn try_acquire(&self) -> bool {
        says(Op::Acquire(self.id, Wait::Never))
    }

    #[track_caller]
    fn acquire_timeout(&self, timeout: Duration) -> bool {
        says(Op::Acquire(self.id, upto(timeout)))
    }

    #[track_caller]
    fn release_many(&self, permits: u32) {
        does(Op::Release(self.id, permits));
    }

    #[track_caller]
    fn permits(&self) -> u32 {
        counts(Op::Query(self.id, Observer::Value))
    }
}

/// A simulated event.
#[derive(Clone, Debug)]
pub struct SimEvent {
    id: ObjectId,
}

impl SimEvent {
    /// A handle on it.
    pub fn new(id: ObjectId) -> SimEvent {
        SimEvent { id }
    }
}

impl Event for SimEvent {
    #[track_caller]
    fn set(&self) {
        does(Op::Set(self.id));
    }

    #[track_caller]
    fn clear(&self) {
        does(Op::Clear(self.id));
    }

    #[track_caller]
    fn is_set(&self) -> bool {
        says(Op::Query(self.id, Observer::IsSet))
    }

    #[track_caller]
    fn wait(&self) {
        does(Op::Await(self.id, Wait::Forever));
    }

    #[track_caller]
    fn wait_timeout(&self, timeout: Duration) -> bool {
        says(Op::Await(self.id, upto(timeout)))
    }
}

/// A simulated condition.
#[derive(Clone, Debug)]
pub struct SimCondition {
    id: ObjectId,
    lock: SimLock,
}

impl SimCondition {
    /// A handle on it and its lock.
    pub fn new(id: ObjectId, lock: ObjectId) -> SimCondition {
        SimCondition { id, lock: SimLock::new(lock) }
    }
}

impl Condition for SimCondition {
    type Lock = SimLock;

    #[track_caller]
    fn acquire(&self) {
        self.lock.acquire();
    }

    #[track_caller]
    fn release(&self) {
        self.lock.release();
    }

    #[track_caller]
    fn hold(&self) -> Held<'_, SimLock> {
        self.lock.hold()
    }

    #[track_caller]
    fn wait(&self) {
        does(Op::Enrol(self.id, Wait::Forever));
    }

    #[track_caller]
    fn wait_timeout(&self, timeout: Duration) -> bool {
        says(Op::Enrol(self.id, upto(timeout)))
    }

    #[track_caller]
    fn notify(&self, most: u32) {
        does(Op::Notify(self.id, most));
    }
}

/// A simulated barrier.
#[derive(Clone, Debug)]
pub struct SimBarrier {
    id: ObjectId,
}

impl SimBarrier {
    /// A handle on it.
    pub fn new(id: ObjectId) -> SimBarrier {
        SimBarrier { id }
    }

    #[track_caller]
    fn arrive(&self, wait: Wait) -> Result<u32, Broken> {
        match act(Op::Arrive(self.id, wait), Payload::Nothing, Location::caller()) {
            Ok((word, _)) => Ok(word.as_int().map_or(0, |place| place as u32)),
            Err(_) => Err(Broken),
        }
    }
}

impl Barrier for SimBarrier {
    #[track_caller]
    fn wait(&self) -> Result<u32, Broken> {
        self.arrive(Wait::Forever)
    }

    #[track_caller]
    fn wait_timeout(&self, timeout: Duration) -> Result<u32, Broken> {
        self.arrive(upto(timeout))
    }

    #[track_caller]
    fn abort(&self) {
        does(Op::Abort(self.id));
    }

    #[track_caller]
    fn reset(&self) {
        does(Op::Reset(self.id));
    }

    #[track_caller]
    fn waiting(&self) -> u32 {
        counts(Op::Query(self.id, Observer::Arrived))
    }

    #[track_caller]
    fn is_broken(&self) -> bool {
        says(Op::Query(self.id, Observer::Broken))
    }
}

/// A simulated queue.
#[derive(Debug)]
pub struct SimQueue<T> {
    id: ObjectId,
    counts: bool,
    wrap: fn(T) -> Foreign,
}

impl<T> Clone for SimQueue<T> {
    fn clone(&self) -> SimQueue<T> {
        SimQueue { ..*self }
    }
}

impl<T: Value> SimQueue<T> {
    /// A handle on a queue that counts unfinished tasks.
    pub fn new(id: ObjectId, wrap: fn(T) -> Foreign) -> SimQueue<T> {
        SimQueue { id, counts: true, wrap }
    }

    /// A handle on a queue that does not.
    pub fn simple(id: ObjectId, wrap: fn(T) -> Foreign) -> SimQueue<T> {
        SimQueue { id, counts: false, wrap }
    }

    #[track_caller]
    fn puts(&self, item: T, wait: Wait) -> Result<(), Full<T>> {
        let payload = Payload::Value((self.wrap)(item.clone()));
        match act(Op::Put(self.id, Word::NONE, wait), payload, Location::caller()) {
            Ok(_) => Ok(()),
            Err((ErrorKind::Full, _)) => Err(Full(item)),
            Err((_, message)) => panic!("{message}"),
        }
    }

    #[track_caller]
    fn gets(&self, wait: Wait) -> Result<T, Empty> {
        match act(Op::Get(self.id, wait), Payload::Nothing, Location::caller()) {
            Ok((_, foreign)) => foreign.and_then(|foreign| foreign.value::<T>().cloned()).ok_or(Empty),
            Err(_) => Err(Empty),
        }
    }
}

impl<T: Value> Queue<T> for SimQueue<T> {
    #[track_caller]
    fn put(&self, item: T) {
        if self.puts(item, Wait::Forever).is_err() {
            unreachable!("a put without a timeout waits for room");
        }
    }

    #[track_caller]
    fn try_put(&self, item: T) -> Result<(), Full<T>> {
        self.puts(item, Wait::Never)
    }

    #[track_caller]
    fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), Full<T>> {
        self.puts(item, upto(timeout))
    }

    #[track_caller]
    fn get(&self) -> T {
        self.gets(Wait::Forever).expect("a get without a timeout waits for an item")
    }

    #[track_caller]
    fn try_get(&self) -> Result<T, Empty> {
        self.gets(Wait::Never)
    }

    #[track_caller]
    fn get_timeout(&self, timeout: Duration) -> Result<T, Empty> {
        self.gets(upto(timeout))
    }

    #[track_caller]
    fn task_done(&self) {
        assert!(self.counts, "a simple queue does not count tasks");
        does(Op::TaskDone(self.id));
    }

    #[track_caller]
    fn join(&self) {
        assert!(self.counts, "a simple queue does not count tasks");
        does(Op::JoinQueue(self.id));
    }

    #[track_caller]
    fn len(&self) -> usize {
        counts(Op::Query(self.id, Observer::Size)) as usize
    }

    #[track_caller]
    fn is_full(&self) -> bool {
        says(Op::Query(self.id, Observer::Full))
    }
}
