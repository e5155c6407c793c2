//! Which of the two clocks a program runs on.

/// The time a program runs in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Clock {
    /// A sleep takes any time, a timeout may fire at any moment.
    Untimed,
    /// A virtual clock: code takes no time, a sleep lasts exactly its time.
    Timed,
}
