//! Random threads of programs in Rust: what each does, with all primitives.

use std::time::Duration;

use drawloom::{Barrier, Condition, Event, JoinHandle, Lock, Queue, Runtime, Semaphore, Variable};
use proptest::prelude::*;

/// One step of a random thread. What it reads goes into its own sum, what it writes comes from there.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Read(usize),
    Write(usize),
    Hold,
    TryHold,
    Release,
    HoldAgain,
    Take,
    TryTake,
    Give,
    Set,
    Clear,
    Await,
    AwaitAWhile,
    Put,
    TryPut,
    Get,
    TryGet,
    GetAWhile,
    WaitForNotify,
    WaitAWhile,
    Notify,
    Meet,
    Choose,
    Print,
    Sleep,
    SleepSomehow,
    SpawnReader,
    PanicIfOdd,
}

/// Any step.
pub fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => prop_oneof![(0..2_usize).prop_map(Act::Read), (0..2_usize).prop_map(Act::Write)],
        2 => prop::sample::select(vec![Act::Hold, Act::TryHold, Act::Release, Act::HoldAgain, Act::Take, Act::TryTake, Act::Give]),
        2 => prop::sample::select(vec![Act::Set, Act::Clear, Act::Await, Act::AwaitAWhile, Act::Put, Act::TryPut, Act::Get, Act::TryGet, Act::GetAWhile]),
        1 => prop::sample::select(vec![Act::WaitForNotify, Act::WaitAWhile, Act::Notify, Act::Meet]),
        1 => prop::sample::select(vec![Act::Choose, Act::Print, Act::Sleep, Act::SleepSomehow, Act::SpawnReader, Act::PanicIfOdd]),
    ]
}

/// What the threads share.
pub struct World<R: Runtime> {
    variables: [R::Variable<u32>; 2],
    lock: R::Lock,
    again: R::RLock,
    permits: R::Semaphore,
    event: R::Event,
    queue: R::Queue<u32>,
    condition: R::Condition,
    barrier: R::Barrier,
}

impl<R: Runtime> Clone for World<R> {
    fn clone(&self) -> World<R> {
        World {
            variables: self.variables.clone(),
            lock: self.lock.clone(),
            again: self.again.clone(),
            permits: self.permits.clone(),
            event: self.event.clone(),
            queue: self.queue.clone(),
            condition: self.condition.clone(),
            barrier: self.barrier.clone(),
        }
    }
}

impl<R: Runtime> World<R> {
    /// Nothing has happened yet.
    pub fn new(rt: &R) -> World<R> {
        World {
            variables: ["x", "y"].map(|name| rt.variable(name, 0)),
            lock: rt.lock("lock"),
            again: rt.rlock("again"),
            permits: rt.bounded_semaphore("permits", 1),
            event: rt.event("event"),
            queue: rt.queue("queue", 1),
            condition: rt.condition("condition"),
            barrier: rt.barrier("barrier", 2),
        }
    }

    /// Takes these steps; `number` is where the sum begins. Gives the sum.
    pub fn run(&self, rt: &R, number: u32, acts: &[Act]) -> u32 {
        let soon = Duration::from_secs(1);
        let mut sum = number;
        let mut guards = Vec::new();
        for act in acts {
            match act {
                Act::Read(index) => sum += self.variables[*index].get(),
                Act::Write(index) => self.variables[*index].set(sum),
                Act::Hold => self.lock.acquire(),
                Act::TryHold => sum += u32::from(self.lock.try_acquire()),
                Act::Release => self.lock.release(),
                Act::HoldAgain => guards.push(self.again.hold()),
                Act::Take => self.permits.acquire(),
                Act::TryTake => sum += u32::from(self.permits.try_acquire()),
                Act::Give => self.permits.release(),
                Act::Set => self.event.set(),
                Act::Clear => self.event.clear(),
                Act::Await => self.event.wait(),
                Act::AwaitAWhile => sum += u32::from(self.event.wait_timeout(soon)),
                Act::Put => self.queue.put(sum),
                Act::TryPut => sum += u32::from(self.queue.try_put(sum).is_ok()),
                Act::Get => sum += self.queue.get(),
                Act::TryGet => sum += self.queue.try_get().unwrap_or(1),
                Act::GetAWhile => sum += self.queue.get_timeout(soon).unwrap_or(1),
                Act::WaitForNotify => {
                    let _held = self.condition.hold();
                    self.condition.wait();
                }
                Act::WaitAWhile => {
                    let _held = self.condition.hold();
                    sum += u32::from(self.condition.wait_timeout(soon));
                }
                Act::Notify => {
                    let _held = self.condition.hold();
                    self.condition.notify_one();
                }
                Act::Meet => sum += self.barrier.wait().unwrap_or(7),
                Act::Choose => sum += rt.choice(2),
                Act::Print => rt.print(sum),
                Act::Sleep => rt.sleep(1.0),
                Act::SleepSomehow => rt.sleep(rt.uniform(0.0, 2.0)),
                Act::SpawnReader => {
                    let variable = self.variables[0].clone();
                    let extra = rt.variable("extra", sum);
                    let child = rt.spawn("reader", move |_| {
                        extra.set(extra.get() + variable.get());
                        extra.get()
                    });
                    sum += child.join().unwrap_or(0);
                }
                Act::PanicIfOdd => assert!(sum.is_multiple_of(2), "odd"),
            }
        }
        sum
    }
}
