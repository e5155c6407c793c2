//! How an execution can end.

/// How an execution ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ending {
    /// `main` and all threads that are not daemons have ended.
    Exit,
    /// Nothing can run, and somebody who is not a daemon is blocked.
    Deadlock,
}
