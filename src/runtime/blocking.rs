//! A world of threads that really block: every primitive built from one kind of monitor.

use std::any::Any;
use std::fmt::{self, Display};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::runtime::built::{BuiltBarrier, BuiltCondition, BuiltEvent, BuiltLock, BuiltSemaphore, BuiltVariable, in_destructor};
use crate::runtime::built_queue::BuiltQueue;
use crate::runtime::delay::Delay;
use crate::runtime::failure::Panic;
use crate::runtime::interface::{Runtime, Value};
use crate::runtime::kit::{Kit, Monitor, Patience};
use crate::runtime::local::Local;
use crate::runtime::primitives::{Crew, JoinHandle, Timer};

/// A world of blocking threads of some kind.
pub struct Blocking<K: Kit> {
    busy: Arc<Busy<K>>,
    /// How many threads there have been, main included.
    threads: Arc<AtomicUsize>,
    names: Local<String>,
    began: Option<Duration>,
}

/// The threads that have not ended and are no daemons. They are counted outside of the monitor, so that a kit that schedules
/// threads has nothing to schedule where main has joined all of them.
struct Busy<K: Kit> {
    count: AtomicUsize,
    /// Whether main has ended and waits for them.
    is_awaited: AtomicBool,
    changed: K::Monitor<()>,
}

impl<K: Kit> Clone for Blocking<K> {
    fn clone(&self) -> Blocking<K> {
        Blocking { busy: self.busy.clone(), threads: self.threads.clone(), names: self.names.clone(), began: self.began }
    }
}

impl<K: Kit> fmt::Debug for Blocking<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").field("began", &self.began).finish_non_exhaustive()
    }
}

impl<K: Kit> Default for Blocking<K> {
    fn default() -> Blocking<K> {
        Blocking::new()
    }
}

/// Counts a thread as ended when it is dropped, also by a panic.
struct Leaving<K: Kit>(Arc<Busy<K>>);

impl<K: Kit> Drop for Leaving<K> {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 && self.0.is_awaited.load(Ordering::SeqCst) {
            in_destructor(|| self.0.changed.now(|()| ()));
        }
    }
}

impl<K: Kit> Blocking<K> {
    /// A world in which nothing runs yet. Its time begins now.
    pub fn new() -> Blocking<K> {
        let busy = Busy { count: AtomicUsize::new(0), is_awaited: AtomicBool::new(false), changed: K::Monitor::new(()) };
        Blocking {
            busy: Arc::new(busy),
            threads: Arc::new(AtomicUsize::new(1)),
            names: Local::new("main".to_owned(), Self::me),
            began: K::now(),
        }
    }

    /// Runs a program to its end: main, then all threads that are not daemons.
    pub fn run<T>(main: impl FnOnce(&Blocking<K>) -> T) -> T {
        let rt = Blocking::new();
        let gave = main(&rt);
        let is_over = || rt.busy.count.load(Ordering::SeqCst) == 0;
        if !is_over() {
            rt.busy.is_awaited.store(true, Ordering::SeqCst);
            let _ = rt.busy.changed.until(Patience::Forever, |()| is_over().then_some(()));
        }
        gave
    }

    #[track_caller]
    fn start<T: Value, F>(&self, name: String, daemon: bool, body: F) -> K::Thread<T>
    where
        F: FnOnce(&Self) -> T + Send + 'static,
    {
        let (count, most) = (self.threads.fetch_add(1, Ordering::Relaxed), K::MOST_THREADS);
        assert!(count < most, "{} takes {most} threads at most, main included: there is no room for {name}", K::NAME);
        let rt = self.clone();
        let leaving = (!daemon).then(|| {
            self.busy.count.fetch_add(1, Ordering::SeqCst);
            Leaving::<K>(self.busy.clone())
        });
        K::spawn(name.clone(), move || {
            let _leaving = leaving;
            rt.names.set(name);
            body(&rt)
        })
    }
}

/// How far a timer is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ticking {
    Waiting,
    Cancelled,
    Over,
}

/// A timer.
pub struct BuiltTimer<K: Kit> {
    ticking: Arc<K::Monitor<Ticking>>,
    thread: K::Thread<()>,
}

impl<K: Kit> Timer for BuiltTimer<K> {
    fn cancel(&self) {
        self.ticking.now(|ticking| {
            if *ticking == Ticking::Waiting {
                *ticking = Ticking::Cancelled;
            }
        });
    }

    fn join(self) -> Result<(), Panic> {
        self.thread.join()
    }
}

/// Threads that do the same: each by itself, but joined together.
pub struct BuiltCrew<K: Kit, T: Value> {
    members: Vec<K::Thread<T>>,
    /// The body, to be dropped by whoever joins the crew.
    body: Arc<dyn Any + Send + Sync>,
}

impl<K: Kit, T: Value + Ord> Crew<T> for BuiltCrew<K, T> {
    fn join(self) -> Result<Vec<T>, Panic> {
        let (values, panics): (Vec<_>, Vec<_>) = self.members.into_iter().map(JoinHandle::join).partition(Result::is_ok);
        drop(self.body);
        if let Some(panic) = panics.into_iter().filter_map(Result::err).min() {
            return Err(panic);
        }
        let mut values: Vec<T> = values.into_iter().flatten().collect();
        values.sort();
        Ok(values)
    }
}

impl<K: Kit> Runtime for Blocking<K> {
    type Variable<T: Value> = BuiltVariable<K, T>;
    type Lock = BuiltLock<K>;
    type RLock = BuiltLock<K>;
    type Semaphore = BuiltSemaphore<K>;
    type Event = BuiltEvent<K>;
    type Condition = BuiltCondition<K>;
    type Barrier = BuiltBarrier<K>;
    type Queue<T: Value> = BuiltQueue<K, T>;
    type JoinHandle<T: Value> = K::Thread<T>;
    type Crew<T: Value + Ord> = BuiltCrew<K, T>;
    type Timer = BuiltTimer<K>;

    fn variable<T: Value>(&self, _: impl Into<String>, first: T) -> BuiltVariable<K, T> {
        BuiltVariable::new(first)
    }

    fn lock(&self, _: impl Into<String>) -> BuiltLock<K> {
        BuiltLock::new(false)
    }

    fn rlock(&self, _: impl Into<String>) -> BuiltLock<K> {
        BuiltLock::new(true)
    }

    fn semaphore(&self, _: impl Into<String>, permits: u32) -> BuiltSemaphore<K> {
        BuiltSemaphore::new(permits, u32::MAX)
    }

    fn bounded_semaphore(&self, _: impl Into<String>, permits: u32) -> BuiltSemaphore<K> {
        BuiltSemaphore::new(permits, permits)
    }

    fn event(&self, _: impl Into<String>) -> BuiltEvent<K> {
        BuiltEvent::cleared()
    }

    fn condition(&self, _: impl Into<String>) -> BuiltCondition<K> {
        BuiltCondition::on(BuiltLock::new(true))
    }

    fn condition_on(&self, _: impl Into<String>, lock: &BuiltLock<K>) -> BuiltCondition<K> {
        BuiltCondition::on(lock.clone())
    }

    fn condition_on_rlock(&self, _: impl Into<String>, lock: &BuiltLock<K>) -> BuiltCondition<K> {
        BuiltCondition::on(lock.clone())
    }

    fn thread_name(&self) -> String {
        self.names.get()
    }

    fn me() -> Option<u64> {
        Some(K::current())
    }

    #[track_caller]
    fn barrier(&self, _: impl Into<String>, parties: u32) -> BuiltBarrier<K> {
        assert!(parties > 0, "a barrier for no threads");
        BuiltBarrier::new(parties)
    }

    fn queue<T: Value>(&self, _: impl Into<String>, maxsize: u32) -> BuiltQueue<K, T> {
        BuiltQueue::new(maxsize, true, |items, _| items.len())
    }

    fn lifo_queue<T: Value>(&self, _: impl Into<String>, maxsize: u32) -> BuiltQueue<K, T> {
        BuiltQueue::new(maxsize, true, |_, _| 0)
    }

    fn priority_queue<T: Value + Ord>(&self, _: impl Into<String>, maxsize: u32) -> BuiltQueue<K, T> {
        BuiltQueue::new(maxsize, true, |items, item| items.partition_point(|other| other <= item))
    }

    fn simple_queue<T: Value>(&self, _: impl Into<String>) -> BuiltQueue<K, T> {
        BuiltQueue::new(0, false, |items, _| items.len())
    }

    #[track_caller]
    fn spawn<T: Value, F>(&self, name: impl Into<String>, body: F) -> K::Thread<T>
    where
        F: FnOnce(&Self) -> T + Send + 'static,
    {
        self.start(name.into(), false, body)
    }

    #[track_caller]
    fn spawn_daemon<T: Value, F>(&self, name: impl Into<String>, body: F) -> K::Thread<T>
    where
        F: FnOnce(&Self) -> T + Send + 'static,
    {
        self.start(name.into(), true, body)
    }

    #[track_caller]
    fn spawn_crew<T: Value + Ord, F>(&self, name: impl Into<String>, count: u32, body: F) -> BuiltCrew<K, T>
    where
        F: Fn(&Self) -> T + Send + Sync + 'static,
    {
        let (name, body) = (name.into(), Arc::new(body));
        let member = |_| {
            let body = body.clone();
            self.start(name.clone(), false, move |rt| body(rt))
        };
        BuiltCrew { members: (0..count).map(member).collect(), body }
    }

    #[track_caller]
    fn timer<F>(&self, name: impl Into<String>, delay: impl Into<Delay>, function: F) -> BuiltTimer<K>
    where
        F: FnOnce(&Self) + Send + 'static,
    {
        let (ticking, delay) = (Arc::new(K::Monitor::new(Ticking::Waiting)), delay.into());
        let state = ticking.clone();
        let thread = self.start(name.into(), false, move |rt| {
            let cancelled = state.until(Patience::Upto(delay.high), |ticking| (*ticking == Ticking::Cancelled).then_some(()));
            let fires = state.now(|ticking| std::mem::replace(ticking, Ticking::Over) == Ticking::Waiting);
            if cancelled.is_none() && fires {
                function(rt);
            }
        });
        BuiltTimer { ticking, thread }
    }

    fn sleep(&self, delay: impl Into<Delay>) {
        K::sleep(delay.into());
    }

    #[track_caller]
    fn now(&self) -> Duration {
        match (K::now(), self.began) {
            (Some(now), Some(began)) => now.saturating_sub(began),
            _ => panic!("{} has no time to be told", K::NAME),
        }
    }

    #[track_caller]
    fn choice(&self, count: u32) -> u32 {
        assert!(count > 0, "a choice of nothing");
        K::below(count)
    }

    fn print(&self, line: impl Display) {
        K::print(&line.to_string());
    }
}
