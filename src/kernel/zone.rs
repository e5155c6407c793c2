//! Dense time: which of several timers can fire first when their durations are known only to lie in intervals.
//!
//! A zone is a matrix of bounds on the differences between the times that are left on the timers: Berthomieu and
//! Menasche's state classes of time Petri nets (1983), kept as Dill's difference bounds (1989). Two timers that are
//! not bound to fire at the same instant never do (probability 0); those that are, fire in every order.

use crate::kernel::op::Span;
use crate::kernel::state::State;
use crate::kernel::value::Word;

/// A bound on a difference: twice the ticks, plus one if the bound itself is included.
type Bound = i64;

const UNBOUNDED: Bound = i64::MAX / 4;
const AT_MOST_ZERO: Bound = 1;
const BELOW_ZERO: Bound = 0;

fn at_most(ticks: i64) -> Bound {
    2 * ticks + 1
}

fn below(ticks: i64) -> Bound {
    2 * ticks
}

fn sum(left: Bound, right: Bound) -> Bound {
    if left >= UNBOUNDED || right >= UNBOUNDED { UNBOUNDED } else { (left & !1) + (right & !1) + (left & right & 1) }
}

/// The place of the matrix in the row. Line and column 0 stand for the present; line and column `i + 1` for the time
/// left on the timer of thread `i`.
#[derive(Clone, Copy, Debug)]
pub struct Zone {
    /// The slot of its first entry.
    pub slot: usize,
    /// How many threads there are.
    pub threads: usize,
}

impl Zone {
    /// How many slots the zone of this many threads takes.
    pub fn slots(threads: usize) -> usize {
        (threads + 1) * (threads + 1)
    }

    fn place(self, line: usize, column: usize) -> usize {
        self.slot + line * (self.threads + 1) + column
    }

    fn get(self, state: &State, line: usize, column: usize) -> Bound {
        state.get(self.place(line, column)).bits() as i64
    }

    fn set(self, state: &mut State, line: usize, column: usize, bound: Bound) {
        state.set(self.place(line, column), Word::from_bits(bound as u64));
    }

    /// Brings it to its first state: no timer runs.
    pub fn init(self, state: &mut State) {
        for line in 0..=self.threads {
            for column in 0..=self.threads {
                self.set(state, line, column, if line == column { AT_MOST_ZERO } else { UNBOUNDED });
            }
        }
    }

    /// Starts the timer of a thread; `running` are the timers that run already.
    pub fn start(self, state: &mut State, thread: usize, span: Span, running: &[usize]) {
        let x = thread + 1;
        let (high, low) = if span.is_exact() { (at_most(span.high), at_most(-span.low)) } else { (below(span.high), below(-span.low)) };
        self.set(state, x, 0, high);
        self.set(state, 0, x, low);
        for &other in running {
            let y = other + 1;
            // The new timer is bound to the others only through the present.
            self.set(state, x, y, sum(high, self.get(state, 0, y)));
            self.set(state, y, x, sum(self.get(state, y, 0), low));
        }
    }

    /// Forgets the timer of a thread.
    pub fn stop(self, state: &mut State, thread: usize) {
        let x = thread + 1;
        for other in 0..=self.threads {
            if other != x {
                self.set(state, x, other, UNBOUNDED);
                self.set(state, other, x, UNBOUNDED);
            }
        }
    }

    /// Whether the timer of a thread has run out at the present instant, whatever the durations are.
    pub fn is_over(self, state: &State, thread: usize) -> bool {
        self.get(state, thread + 1, 0) == AT_MOST_ZERO && self.get(state, 0, thread + 1) == AT_MOST_ZERO
    }

    /// The bound under which the timer of `thread` is the first: zero where both fire at the same instant for sure.
    fn first_bound(self, state: &State, thread: usize, other: usize) -> Bound {
        let (x, y) = (thread + 1, other + 1);
        let together = self.get(state, x, y) == AT_MOST_ZERO && self.get(state, y, x) == AT_MOST_ZERO;
        if together { AT_MOST_ZERO } else { BELOW_ZERO }
    }

    /// Whether the timer of a thread can be the first of those running to fire.
    pub fn can_be_first(self, state: &State, thread: usize, running: &[usize]) -> bool {
        // All new bounds leave `thread`, so a contradiction would be a cycle with exactly one of them.
        running
            .iter()
            .filter(|&&other| other != thread)
            .all(|&other| sum(self.first_bound(state, thread, other), self.get(state, other + 1, thread + 1)) >= AT_MOST_ZERO)
    }

    /// Lets time pass until the timer of a thread fires as the first of those running. Gives how long that was, if
    /// it is the same for all durations.
    pub fn elapse(self, state: &mut State, thread: usize, running: &[usize]) -> Option<i64> {
        let x = thread + 1;
        let others: Vec<usize> = running.iter().filter(|&&other| other != thread).map(|&other| other + 1).collect();
        let bounds: Vec<Bound> = others.iter().map(|&y| self.first_bound(state, thread, y - 1)).collect();
        let lines: Vec<usize> = std::iter::once(0).chain(others.iter().copied()).collect();
        for &column in &lines {
            let tightest = others.iter().zip(&bounds).map(|(&y, &bound)| sum(bound, self.get(state, y, column))).min();
            if let Some(bound) = tightest.filter(|&bound| bound < self.get(state, x, column)) {
                self.set(state, x, column, bound);
            }
        }
        for &line in &lines {
            for &column in &lines {
                let through = sum(self.get(state, line, x), self.get(state, x, column));
                if line != column && through < self.get(state, line, column) {
                    self.set(state, line, column, through);
                }
            }
        }
        let (high, low) = (self.get(state, x, 0), self.get(state, 0, x));
        // The new present is the moment in which the timer fires.
        for &y in &others {
            let (from, to) = (self.get(state, y, x), self.get(state, x, y));
            self.set(state, y, 0, from);
            self.set(state, 0, y, to);
        }
        self.set(state, x, 0, AT_MOST_ZERO);
        self.set(state, 0, x, AT_MOST_ZERO);
        (high & low & 1 == 1 && high >> 1 == -(low >> 1)).then_some(high >> 1)
    }

    /// What is known of the time left on the timer of a thread: both bounds, for telling threads apart.
    pub fn bounds(self, state: &State, thread: usize) -> (i64, i64) {
        (self.get(state, thread + 1, 0), self.get(state, 0, thread + 1))
    }

    /// Renames the threads: what was said of thread `i` is said of thread `to[i]`.
    pub fn rename(self, state: &mut State, to: &[u16]) {
        let before = state.clone();
        let place = |line: usize| if line == 0 { 0 } else { usize::from(to[line - 1]) + 1 };
        for line in 0..=self.threads {
            for column in 0..=self.threads {
                self.set(state, place(line), place(column), self.get(&before, line, column));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> (Zone, State) {
        let zone = Zone { slot: 0, threads: 3 };
        let mut state = State::new(Zone::slots(3));
        zone.init(&mut state);
        (zone, state)
    }

    #[test]
    fn a_short_interval_is_always_first() {
        let (zone, mut state) = zone();
        zone.start(&mut state, 0, Span { low: 0, high: 10 }, &[]);
        zone.start(&mut state, 1, Span { low: 20, high: 50 }, &[0]);
        assert!(zone.can_be_first(&state, 0, &[0, 1]));
        assert!(!zone.can_be_first(&state, 1, &[0, 1]));
    }

    #[test]
    fn overlapping_intervals_fire_in_both_orders_and_the_rest_is_remembered() {
        let (zone, mut state) = zone();
        let unit = Span { low: 0, high: 10 };
        zone.start(&mut state, 0, unit, &[]);
        zone.start(&mut state, 1, unit, &[0]);
        zone.start(&mut state, 2, Span::exactly(10), &[0, 1]);
        for first in 0..2 {
            assert!(zone.can_be_first(&state, first, &[0, 1, 2]));
        }
        assert!(!zone.can_be_first(&state, 2, &[0, 1, 2]));
        assert_eq!(zone.elapse(&mut state, 0, &[0, 1, 2]), None);
        zone.stop(&mut state, 0);
        assert!(zone.can_be_first(&state, 1, &[1, 2]));
        assert!(!zone.can_be_first(&state, 2, &[1, 2]));
    }

    #[test]
    fn equal_exact_timers_fire_together() {
        let (zone, mut state) = zone();
        zone.start(&mut state, 0, Span::exactly(10), &[]);
        zone.start(&mut state, 1, Span::exactly(10), &[0]);
        assert_eq!(zone.elapse(&mut state, 1, &[0, 1]), Some(10));
        zone.stop(&mut state, 1);
        assert!(zone.is_over(&state, 0));
    }
}
