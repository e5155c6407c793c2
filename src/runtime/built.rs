//! The primitives built from monitors, whatever kind of threads the monitors are for.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::thread::panicking;
use std::time::Duration;

use crate::runtime::failure::Broken;
use crate::runtime::interface::Value;
use crate::runtime::kit::{Cell, Kit, Monitor, Patience};
use crate::runtime::primitives::{Barrier, Condition, Event, Held, Lock, Semaphore, Variable};

/// Does what a destructor has to do. While a panic unwinds the thread, its world may be over, and another panic would end the
/// process.
pub fn in_destructor(what: impl FnOnce()) {
    if panicking() {
        let _ = catch_unwind(AssertUnwindSafe(what));
    } else {
        what();
    }
}

/// Declares a handle: a shared monitor of some state, cheap to clone.
macro_rules! handle {
    ($(#[$about:meta])* $name:ident<K $(, $item:ident)?> of $state:ty) => {
        $(#[$about])*
        pub struct $name<K: Kit $(, $item: Value)?> {
            monitor: Arc<K::Monitor<$state>>,
        }

        impl<K: Kit $(, $item: Value)?> Clone for $name<K $(, $item)?> {
            fn clone(&self) -> Self {
                $name { monitor: self.monitor.clone() }
            }
        }
    };
}

/// A variable.
pub struct BuiltVariable<K: Kit, T: Value> {
    cell: Arc<K::Cell<T>>,
}

impl<K: Kit, T: Value> Clone for BuiltVariable<K, T> {
    fn clone(&self) -> Self {
        BuiltVariable { cell: self.cell.clone() }
    }
}

impl<K: Kit, T: Value> BuiltVariable<K, T> {
    /// With its first value.
    pub fn new(first: T) -> BuiltVariable<K, T> {
        BuiltVariable { cell: Arc::new(K::Cell::new(first)) }
    }
}

impl<K: Kit, T: Value> Variable<T> for BuiltVariable<K, T> {
    fn get(&self) -> T {
        self.cell.get()
    }

    fn set(&self, new: T) {
        self.cell.set(new);
    }
}

/// Who holds a lock, and how often.
struct Holding {
    holder: Option<u64>,
    times: u32,
    reentrant: bool,
}

impl Holding {
    /// Whether this thread may do what only a holder may. A plain lock does not ask who its holder is.
    fn is_of(&self, thread: u64) -> bool {
        if self.reentrant { self.holder == Some(thread) } else { self.holder.is_some() }
    }
}

handle! {
    /// A lock, re-entrant or not.
    BuiltLock<K> of Holding
}

impl<K: Kit> BuiltLock<K> {
    /// Held by nobody.
    pub fn new(reentrant: bool) -> BuiltLock<K> {
        BuiltLock { monitor: Arc::new(K::Monitor::new(Holding { holder: None, times: 0, reentrant })) }
    }

    fn take(&self, patience: Patience, times: u32) -> bool {
        let me = K::current();
        let taken = self.monitor.until(patience, |holding| {
            let open = holding.holder.is_none() || (holding.reentrant && holding.holder == Some(me));
            open.then(|| {
                holding.holder = Some(me);
                holding.times += times;
            })
        });
        taken.is_some()
    }

    /// Gives it back, however often it is held; nothing if the thread does not hold it.
    fn leave(&self) -> Option<u32> {
        let me = K::current();
        self.monitor.now(|holding| {
            holding.is_of(me).then(|| {
                holding.holder = None;
                std::mem::take(&mut holding.times)
            })
        })
    }

    fn is_mine(&self) -> bool {
        let me = K::current();
        self.monitor.now(|holding| holding.is_of(me))
    }
}

impl<K: Kit> Lock for BuiltLock<K> {
    fn acquire(&self) {
        self.take(Patience::Forever, 1);
    }

    fn try_acquire(&self) -> bool {
        self.take(Patience::Never, 1)
    }

    fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.take(Patience::Upto(timeout), 1)
    }

    #[track_caller]
    fn release(&self) {
        let me = K::current();
        let released = self.monitor.now(|holding| {
            let mine = holding.is_of(me);
            if mine {
                holding.times -= 1;
                if holding.times == 0 {
                    holding.holder = None;
                }
            }
            mine
        });
        assert!(released, "release of a lock that is not held");
    }

    fn is_locked(&self) -> bool {
        self.monitor.now(|holding| holding.holder.is_some())
    }

    fn release_held(&self, _: &'static Location<'static>) {
        in_destructor(|| self.release());
    }
}

/// Permits, and the most there may be.
struct Permits {
    free: u32,
    most: u32,
}

handle! {
    /// A semaphore.
    BuiltSemaphore<K> of Permits
}

impl<K: Kit> BuiltSemaphore<K> {
    /// With these permits.
    pub fn new(free: u32, most: u32) -> BuiltSemaphore<K> {
        BuiltSemaphore { monitor: Arc::new(K::Monitor::new(Permits { free, most })) }
    }

    fn take(&self, patience: Patience) -> bool {
        self.monitor.until(patience, |permits| (permits.free > 0).then(|| permits.free -= 1)).is_some()
    }
}

impl<K: Kit> Semaphore for BuiltSemaphore<K> {
    fn acquire(&self) {
        self.take(Patience::Forever);
    }

    fn try_acquire(&self) -> bool {
        self.take(Patience::Never)
    }

    fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.take(Patience::Upto(timeout))
    }

    #[track_caller]
    fn release_many(&self, more: u32) {
        assert!(more > 0, "a release of no permits");
        let fits = self.monitor.now(|permits| {
            let fits = permits.free.checked_add(more).is_some_and(|free| free <= permits.most);
            if fits {
                permits.free += more;
            }
            fits
        });
        assert!(fits, "semaphore released too many times");
    }

    fn permits(&self) -> u32 {
        self.monitor.now(|permits| permits.free)
    }
}

/// A flag; how often it has been set wakes those who waited before it was cleared again.
#[derive(Default)]
struct Flag {
    is_set: bool,
    times: u64,
}

handle! {
    /// An event.
    BuiltEvent<K> of Flag
}

impl<K: Kit> BuiltEvent<K> {
    /// Not set.
    pub fn cleared() -> BuiltEvent<K> {
        BuiltEvent { monitor: Arc::new(K::Monitor::new(Flag::default())) }
    }

    fn wait_for(&self, patience: Patience) -> bool {
        let mut begun = None;
        let seen = self.monitor.until(patience, |flag| (flag.is_set || *begun.get_or_insert(flag.times) != flag.times).then_some(()));
        seen.is_some()
    }
}

impl<K: Kit> Event for BuiltEvent<K> {
    fn set(&self) {
        self.monitor.now(|flag| {
            flag.is_set = true;
            flag.times += 1;
        });
    }

    fn clear(&self) {
        self.monitor.now(|flag| flag.is_set = false);
    }

    fn is_set(&self) -> bool {
        self.monitor.now(|flag| flag.is_set)
    }

    fn wait(&self) {
        self.wait_for(Patience::Forever);
    }

    fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_for(Patience::Upto(timeout))
    }
}

/// Who waits on a condition, by ticket, longest first; and who was woken.
#[derive(Default)]
struct Waiting {
    next: u64,
    enrolled: VecDeque<u64>,
    woken: Vec<u64>,
}

/// A condition.
pub struct BuiltCondition<K: Kit> {
    lock: BuiltLock<K>,
    waiting: Arc<K::Monitor<Waiting>>,
}

impl<K: Kit> Clone for BuiltCondition<K> {
    fn clone(&self) -> BuiltCondition<K> {
        BuiltCondition { lock: self.lock.clone(), waiting: self.waiting.clone() }
    }
}

impl<K: Kit> BuiltCondition<K> {
    /// Nobody waits.
    pub fn on(lock: BuiltLock<K>) -> BuiltCondition<K> {
        BuiltCondition { lock, waiting: Arc::new(K::Monitor::new(Waiting::default())) }
    }

    #[track_caller]
    fn wait_for(&self, patience: Patience) -> bool {
        assert!(self.lock.is_mine(), "a wait on a condition whose lock is not held");
        let ticket = self.waiting.now(|waiting| {
            waiting.next += 1;
            waiting.enrolled.push_back(waiting.next);
            waiting.next
        });
        let times = self.lock.leave().unwrap_or(1);
        let is_woken = |waiting: &mut Waiting| {
            let place = waiting.woken.iter().position(|&woken| woken == ticket)?;
            waiting.woken.swap_remove(place);
            Some(())
        };
        let notified = self.waiting.until(patience, is_woken).is_some();
        self.lock.take(Patience::Forever, times);
        if !notified {
            // A notify that came too late is swallowed.
            self.waiting.now(|waiting| {
                waiting.enrolled.retain(|&other| other != ticket);
                waiting.woken.retain(|&other| other != ticket);
            });
        }
        notified
    }
}

impl<K: Kit> Condition for BuiltCondition<K> {
    type Lock = BuiltLock<K>;

    fn acquire(&self) {
        self.lock.acquire();
    }

    #[track_caller]
    fn release(&self) {
        self.lock.release();
    }

    #[track_caller]
    fn hold(&self) -> Held<'_, BuiltLock<K>> {
        self.lock.hold()
    }

    #[track_caller]
    fn wait(&self) {
        self.wait_for(Patience::Forever);
    }

    #[track_caller]
    fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_for(Patience::Upto(timeout))
    }

    #[track_caller]
    fn notify(&self, most: u32) {
        assert!(self.lock.is_mine(), "a notify on a condition whose lock is not held");
        self.waiting.now(|waiting| {
            let count = waiting.enrolled.len().min(most as usize);
            waiting.woken.extend(waiting.enrolled.drain(..count));
        });
    }
}

/// What a barrier does just now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    Filling,
    Draining,
    Resetting,
    Broken,
}

/// A barrier's state, and how many threads are inside.
struct Meeting {
    parties: u32,
    doing: Doing,
    inside: u32,
}

handle! {
    /// A barrier.
    BuiltBarrier<K> of Meeting
}

impl<K: Kit> BuiltBarrier<K> {
    /// For this many threads.
    pub fn new(parties: u32) -> BuiltBarrier<K> {
        BuiltBarrier { monitor: Arc::new(K::Monitor::new(Meeting { parties, doing: Doing::Filling, inside: 0 })) }
    }

    fn wait_for(&self, patience: Patience) -> Result<u32, Broken> {
        let place = self.monitor.until(Patience::Forever, |meeting| match meeting.doing {
            Doing::Filling => {
                meeting.inside += 1;
                if meeting.inside == meeting.parties {
                    meeting.doing = Doing::Draining;
                }
                Some(Ok(meeting.inside - 1))
            }
            Doing::Broken => Some(Err(Broken)),
            Doing::Draining | Doing::Resetting => None,
        });
        let place = place.expect("a wait without a timeout does not time out")?;
        let _ = self.monitor.until(patience, |meeting| (meeting.doing != Doing::Filling).then_some(()));
        self.monitor.now(|meeting| {
            let was = meeting.doing;
            if was == Doing::Filling {
                meeting.doing = Doing::Broken;
            }
            meeting.inside -= 1;
            if meeting.inside == 0 && matches!(was, Doing::Draining | Doing::Resetting) {
                meeting.doing = Doing::Filling;
            }
            if was == Doing::Draining { Ok(place) } else { Err(Broken) }
        })
    }
}

impl<K: Kit> Barrier for BuiltBarrier<K> {
    fn wait(&self) -> Result<u32, Broken> {
        self.wait_for(Patience::Forever)
    }

    fn wait_timeout(&self, timeout: Duration) -> Result<u32, Broken> {
        self.wait_for(Patience::Upto(timeout))
    }

    fn abort(&self) {
        self.monitor.now(|meeting| meeting.doing = Doing::Broken);
    }

    fn reset(&self) {
        self.monitor.now(|meeting| {
            meeting.doing = match (meeting.inside, meeting.doing) {
                (0, _) => Doing::Filling,
                (_, Doing::Draining) => Doing::Draining,
                _ => Doing::Resetting,
            };
        });
    }

    fn waiting(&self) -> u32 {
        self.monitor.now(|meeting| if meeting.doing == Doing::Filling { meeting.inside } else { 0 })
    }

    fn is_broken(&self) -> bool {
        self.monitor.now(|meeting| meeting.doing == Doing::Broken)
    }
}
