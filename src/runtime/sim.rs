//! The simulated world: every primitive asks the machine, and the scheduler decides who goes on.

use std::any::Any;
use std::fmt::Display;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::kernel::foreign::Foreign;
use crate::kernel::object::{ObjectKind, QueueOrder};
use crate::kernel::op::{Op, Wait};
use crate::kernel::value::{ThreadId, Word};
use crate::runtime::delay::Delay;
use crate::runtime::failure::Panic;
use crate::runtime::handles::{SimBarrier, SimCondition, SimEvent, SimLock, SimQueue, SimSemaphore, SimVariable, asked};
use crate::runtime::interface::{Runtime, Value};
use crate::runtime::local::Past;
use crate::runtime::primitives::{Crew, JoinHandle, Timer};
use crate::runtime::request::{Failed, Payload, declare, now, spawn, spawn_crew, who};
use crate::runtime::shape::{span, ticks};

/// The world of a program that is checked: [`Checker::run`](crate::checker::Checker::run) hands it to the program's main
/// thread, `spawn` to the others. Outside of a check there is no use for it: asking anything panics.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Sim;

/// What a join gives that was given up.
const TIMED_OUT: Word = Word::FALSE;

/// A simulated thread, from outside.
pub struct SimJoinHandle<T> {
    thread: ThreadId,
    gives: PhantomData<fn() -> T>,
}

impl<T: Value> SimJoinHandle<T> {
    #[track_caller]
    fn wait(&self, wait: Wait) -> Option<Result<T, Panic>> {
        match asked(Op::Join(self.thread, wait), Payload::Nothing, Location::caller()) {
            (TIMED_OUT, None) => None,
            (_, Some(foreign)) => Some(match foreign.value::<T>() {
                Some(value) => Ok(value.clone()),
                None => Err(panic_of(&foreign)),
            }),
            _ => Some(Err(is_over())),
        }
    }
}

fn panic_of(foreign: &Foreign) -> Panic {
    foreign.value::<Failed>().map_or(Panic { message: String::new() }, |failed| failed.0.clone())
}

/// What is told of others only while the execution is torn down.
fn is_over() -> Panic {
    Panic { message: "the execution is over".to_owned() }
}

impl<T: Value> JoinHandle<T> for SimJoinHandle<T> {
    #[track_caller]
    fn join(self) -> Result<T, Panic> {
        self.wait(Wait::Forever).expect("a join without a timeout does not time out")
    }

    #[track_caller]
    fn join_timeout(self, timeout: Duration) -> Result<Result<T, Panic>, SimJoinHandle<T>> {
        self.wait(Wait::Upto(ticks(timeout))).ok_or(self)
    }

    #[track_caller]
    fn is_finished(&self) -> bool {
        asked(Op::IsAlive(self.thread), Payload::Nothing, Location::caller()).0 == Word::FALSE
    }
}

/// Simulated threads that are equal, from outside.
pub struct SimCrew<T> {
    first: ThreadId,
    count: u32,
    /// The body, to be dropped by whoever joins the crew.
    body: Arc<dyn Any + Send + Sync>,
    gives: PhantomData<fn() -> T>,
}

impl<T: Value + Ord> Crew<T> for SimCrew<T> {
    #[track_caller]
    fn join(self) -> Result<Vec<T>, Panic> {
        let SimCrew { first, count, body, .. } = self;
        if count == 0 {
            return Ok(Vec::new());
        }
        let (_, left) = asked(Op::JoinAll(first, count as u16), Payload::Nothing, Location::caller());
        drop(body);
        let foreign = left.ok_or_else(is_over)?;
        let values = foreign.value::<Vec<Foreign>>().ok_or_else(|| panic_of(&foreign))?;
        Ok(values.iter().filter_map(|value| value.value::<T>().cloned()).collect())
    }
}

/// A simulated timer.
pub struct SimTimer(SimJoinHandle<()>);

impl Timer for SimTimer {
    #[track_caller]
    fn cancel(&self) {
        asked(Op::Cancel(self.0.thread), Payload::Nothing, Location::caller());
    }

    #[track_caller]
    fn join(self) -> Result<(), Panic> {
        self.0.join()
    }
}

impl Sim {
    #[track_caller]
    fn start<T: Value, F>(self, name: String, daemon: bool, body: F) -> SimJoinHandle<T>
    where
        F: FnOnce(&Sim) -> T + Send + 'static,
    {
        let job = Box::new(move || Foreign::new(body(&Sim)));
        SimJoinHandle { thread: spawn(name, daemon, job, Location::caller()), gives: PhantomData }
    }
}

impl Runtime for Sim {
    type Variable<T: Value> = SimVariable<T>;
    type Lock = SimLock;
    type RLock = SimLock;
    type Semaphore = SimSemaphore;
    type Event = SimEvent;
    type Condition = SimCondition;
    type Barrier = SimBarrier;
    type Queue<T: Value> = SimQueue<T>;
    type JoinHandle<T: Value> = SimJoinHandle<T>;
    type Crew<T: Value + Ord> = SimCrew<T>;
    type Timer = SimTimer;

    fn variable<T: Value>(&self, name: impl Into<String>, first: T) -> SimVariable<T> {
        SimVariable::new(declare(name.into(), ObjectKind::Variable(Word::UNBOUND), Some(Foreign::new(first))))
    }

    fn lock(&self, name: impl Into<String>) -> SimLock {
        SimLock::new(declare(name.into(), ObjectKind::Lock, None))
    }

    fn rlock(&self, name: impl Into<String>) -> SimLock {
        SimLock::new(declare(name.into(), ObjectKind::RLock, None))
    }

    fn semaphore(&self, name: impl Into<String>, permits: u32) -> SimSemaphore {
        SimSemaphore::new(declare(name.into(), ObjectKind::Semaphore(permits), None))
    }

    fn bounded_semaphore(&self, name: impl Into<String>, permits: u32) -> SimSemaphore {
        SimSemaphore::new(declare(name.into(), ObjectKind::BoundedSemaphore(permits), None))
    }

    fn event(&self, name: impl Into<String>) -> SimEvent {
        SimEvent::new(declare(name.into(), ObjectKind::Event, None))
    }

    fn condition(&self, name: impl Into<String>) -> SimCondition {
        let name = name.into();
        let lock = declare(name.clone(), ObjectKind::RLock, None);
        SimCondition::new(declare(name, ObjectKind::Condition(lock), None), lock)
    }

    fn condition_on(&self, name: impl Into<String>, lock: &SimLock) -> SimCondition {
        SimCondition::new(declare(name.into(), ObjectKind::Condition(lock.id()), None), lock.id())
    }

    fn condition_on_rlock(&self, name: impl Into<String>, lock: &SimLock) -> SimCondition {
        self.condition_on(name, lock)
    }

    fn thread_name(&self) -> String {
        who().map_or(String::new(), |who| who.name)
    }

    fn me() -> Option<u64> {
        who().map(|who| u64::from(who.id.0))
    }

    fn past() -> Past {
        who().map_or(Past::default(), |who| Past::new(who.past.bits()))
    }

    #[track_caller]
    fn barrier(&self, name: impl Into<String>, parties: u32) -> SimBarrier {
        assert!(parties > 0, "a barrier for no threads");
        SimBarrier::new(declare(name.into(), ObjectKind::Barrier(parties), None))
    }

    fn queue<T: Value>(&self, name: impl Into<String>, maxsize: u32) -> SimQueue<T> {
        SimQueue::new(declare(name.into(), ObjectKind::Queue(QueueOrder::Fifo, maxsize), None), Foreign::new)
    }

    fn lifo_queue<T: Value>(&self, name: impl Into<String>, maxsize: u32) -> SimQueue<T> {
        SimQueue::new(declare(name.into(), ObjectKind::Queue(QueueOrder::Lifo, maxsize), None), Foreign::new)
    }

    fn priority_queue<T: Value + Ord>(&self, name: impl Into<String>, maxsize: u32) -> SimQueue<T> {
        SimQueue::new(declare(name.into(), ObjectKind::Queue(QueueOrder::Priority, maxsize), None), Foreign::ranked)
    }

    fn simple_queue<T: Value>(&self, name: impl Into<String>) -> SimQueue<T> {
        SimQueue::simple(declare(name.into(), ObjectKind::Queue(QueueOrder::Simple, 0), None), Foreign::new)
    }

    #[track_caller]
    fn spawn<T: Value, F>(&self, name: impl Into<String>, body: F) -> SimJoinHandle<T>
    where
        F: FnOnce(&Sim) -> T + Send + 'static,
    {
        self.start(name.into(), false, body)
    }

    #[track_caller]
    fn spawn_daemon<T: Value, F>(&self, name: impl Into<String>, body: F) -> SimJoinHandle<T>
    where
        F: FnOnce(&Sim) -> T + Send + 'static,
    {
        self.start(name.into(), true, body)
    }

    #[track_caller]
    fn spawn_crew<T: Value + Ord, F>(&self, name: impl Into<String>, count: u32, body: F) -> SimCrew<T>
    where
        F: Fn(&Sim) -> T + Send + Sync + 'static,
    {
        let body = Arc::new(body);
        let shared = body.clone();
        let first = match count {
            0 => ThreadId::MAIN,
            _ => spawn_crew(name.into(), count, Arc::new(move || Foreign::ranked(shared(&Sim))), Location::caller()),
        };
        SimCrew { first, count, body, gives: PhantomData }
    }

    #[track_caller]
    fn timer<F>(&self, name: impl Into<String>, delay: impl Into<Delay>, function: F) -> SimTimer
    where
        F: FnOnce(&Sim) + Send + 'static,
    {
        let (delay, site) = (delay.into(), Location::caller());
        SimTimer(self.start(name.into(), false, move |rt| {
            if asked(Op::Fire(span(delay)), Payload::Nothing, site).0 == Word::TRUE {
                function(rt);
            }
        }))
    }

    #[track_caller]
    fn sleep(&self, delay: impl Into<Delay>) {
        asked(Op::Sleep(span(delay.into())), Payload::Nothing, Location::caller());
    }

    #[track_caller]
    fn now(&self) -> Duration {
        match now() {
            Some(ticks) => Duration::from_micros(ticks.unsigned_abs()),
            None => panic!("the time is not determined: there is no clock (`Checker::timed` gives one), or a random time was slept"),
        }
    }

    #[track_caller]
    fn choice(&self, count: u32) -> u32 {
        assert!(count > 0, "a choice of nothing");
        asked(Op::Choose(count), Payload::Nothing, Location::caller()).0.as_int().map_or(0, |number| number as u32)
    }

    #[track_caller]
    fn print(&self, line: impl Display) {
        asked(Op::Print(Word::NONE), Payload::Text(format!("{line}\n")), Location::caller());
    }
}
