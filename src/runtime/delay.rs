//! How long a thread sleeps: a time known exactly, or any time between two bounds.

use std::time::Duration;

/// A length of time that is known exactly, or only to lie between two bounds. Made from a [`Duration`], from seconds, or
/// by [`Runtime::uniform`](crate::runtime::interface::Runtime::uniform).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delay {
    /// The shortest it can be.
    pub low: Duration,
    /// What it stays below; if `low` is the same, what it is.
    pub high: Duration,
}

impl Delay {
    /// A time between `low` and `high` seconds, `high` excluded unless both are the same.
    ///
    /// # Panics
    ///
    /// If a bound is negative or no finite number, or `high` is below `low`.
    #[track_caller]
    pub fn between(low: f64, high: f64) -> Delay {
        assert!(low <= high, "a delay between {low} and {high} seconds: the first bound must not be above the second");
        Delay { low: seconds(low), high: seconds(high) }
    }

    /// Whether it is known exactly.
    pub fn is_exact(self) -> bool {
        self.low == self.high
    }
}

#[track_caller]
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_else(|error| panic!("a delay of {seconds} seconds: {error}"))
}

impl From<Duration> for Delay {
    fn from(duration: Duration) -> Delay {
        Delay { low: duration, high: duration }
    }
}

/// From seconds.
///
/// # Panics
///
/// If they are negative or no finite number.
impl From<f64> for Delay {
    #[track_caller]
    fn from(number: f64) -> Delay {
        Delay::from(seconds(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_made_of_seconds_and_durations() {
        assert_eq!(Delay::from(1.5), Delay::from(Duration::from_millis(1500)));
        assert!(Delay::from(2.0).is_exact());
        let open = Delay::between(0.0, 1.0);
        assert_eq!((open.low, open.high, open.is_exact()), (Duration::ZERO, Duration::from_secs(1), false));
        assert!(std::panic::catch_unwind(|| Delay::between(1.0, 0.0)).is_err());
    }
}
