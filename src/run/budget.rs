//! How much a search may take, and what it was that ran out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// The limits of a search.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Distinct states.
    pub states: u64,
    /// Transitions in one execution.
    pub steps: u64,
    /// Bytes of memory, about.
    pub memory: u64,
    /// When to stop, if a time was given. The only limit that depends on the machine's speed.
    pub deadline: Option<Instant>,
    /// Set from outside to stop.
    pub interrupted: Arc<AtomicBool>,
    /// How many states have been reached, for whoever shows progress.
    pub progress: Arc<AtomicU64>,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { states: 5_000_000, steps: 100_000, memory: 4 << 30, deadline: None, interrupted: Arc::default(), progress: Arc::default() }
    }
}

/// What ran out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Spent {
    /// The number of states.
    States(u64),
    /// The length of an execution.
    Steps(u64),
    /// The memory, in bytes.
    Memory(u64),
    /// The time.
    Time,
    /// Somebody stopped the search.
    Interrupted,
}

impl Budget {
    /// What has run out with this many states, this many bytes used and an execution this long, when asked for the
    /// `round`th time.
    pub fn spent(&self, round: u64, states: u64, bytes: u64, steps: u64) -> Option<Spent> {
        self.progress.store(states, Ordering::Relaxed);
        if states >= self.states {
            return Some(Spent::States(self.states));
        }
        if steps > self.steps {
            return Some(Spent::Steps(self.steps));
        }
        if bytes >= self.memory {
            return Some(Spent::Memory(self.memory));
        }
        // Asking for the time is slow, but with thousands of threads a transition is slower by far.
        if round & 0xf == 0 {
            if self.interrupted.load(Ordering::Relaxed) {
                return Some(Spent::Interrupted);
            }
            if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Some(Spent::Time);
            }
        }
        None
    }
}
