//! Which hazards there are: known ways in which concurrent programs go wrong, each with its name.

use crate::step::place::Place;

/// A way in which concurrent programs go wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A variable is read and written, and another thread writes it in between.
    LostUpdate,
    /// A value is read again after the lock was released under which it was written.
    StaleRead,
    /// Locks are taken in opposite orders.
    LockOrder,
    /// A thread waits for a lock that it holds itself.
    SelfDeadlock,
    /// Two names mean one lock.
    OneLockTwoNames,
    /// A thread ends by an exception and keeps a lock.
    LockNotGivenBack,
    /// A thread ends by an exception and keeps a permit.
    PermitNotGivenBack,
    /// A notify finds nobody to wake, and who waits later waits for ever.
    LostWakeup,
    /// A thread waits on a condition without looking again at what it waits for.
    WaitWithoutLoop,
    /// Main has done its last, but the program does not exit.
    NeverExits,
    /// An item that counts as false is taken for the mark of the end.
    SwallowedItem,
    /// An item is never reported done, and somebody waits for it.
    MissingTaskDone,
    /// More items are reported done than were put.
    TaskDoneTooOften,
    /// A daemon is in the middle of its work when the program exits.
    WorkCutShort,
    /// An exception that nobody will hear of.
    SwallowedException,
    /// A callback runs in the thread that adds it.
    CallbackInCaller,
    /// Who of two that are due at one instant comes first decides.
    TimingTie,
}

impl Kind {
    /// Every kind, in the order of the definition.
    pub const ALL: [Kind; 17] = [
        Kind::LostUpdate,
        Kind::StaleRead,
        Kind::LockOrder,
        Kind::SelfDeadlock,
        Kind::OneLockTwoNames,
        Kind::LockNotGivenBack,
        Kind::PermitNotGivenBack,
        Kind::LostWakeup,
        Kind::WaitWithoutLoop,
        Kind::NeverExits,
        Kind::SwallowedItem,
        Kind::MissingTaskDone,
        Kind::TaskDoneTooOften,
        Kind::WorkCutShort,
        Kind::SwallowedException,
        Kind::CallbackInCaller,
        Kind::TimingTie,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::LostUpdate => "lost update",
            Kind::StaleRead => "stale read",
            Kind::LockOrder => "lock order",
            Kind::SelfDeadlock => "self-deadlock",
            Kind::OneLockTwoNames => "one lock, two names",
            Kind::LockNotGivenBack => "lock not given back",
            Kind::PermitNotGivenBack => "permit not given back",
            Kind::LostWakeup => "lost wakeup",
            Kind::WaitWithoutLoop => "wait without a loop",
            Kind::NeverExits => "never exits",
            Kind::SwallowedItem => "swallowed item",
            Kind::MissingTaskDone => "missing task_done",
            Kind::TaskDoneTooOften => "task_done too often",
            Kind::WorkCutShort => "work cut short",
            Kind::SwallowedException => "swallowed exception",
            Kind::CallbackInCaller => "callback in its caller",
            Kind::TimingTie => "timing tie",
        }
    }
}

/// A hazard that an execution shows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Hazard {
    /// Which.
    pub kind: Kind,
    /// The places in the scenario that it is about.
    pub places: Vec<Place>,
    /// What happens, in a few words.
    pub what: String,
}
