//! The virtual clock: timers, and how time passes when nothing else can happen.
//!
//! Code takes no time. The clock moves only when no thread can act, to the next timer; everything due at one
//! instant happens in every order. Untimed, there is no clock: a sleep is nothing, a timeout may fire at any moment.

use crate::kernel::op::{Span, Ticks};
use crate::kernel::state::State;
use crate::kernel::thread::{Status, Thread};
use crate::kernel::value::Word;
use crate::kernel::zone::Zone;

/// How time is treated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// No clock.
    Untimed,
    /// A virtual clock; every duration is known exactly.
    Exact,
    /// A virtual clock; some durations are only known to lie in an interval.
    Dense,
}

/// The clock and its place in the row.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// How time is treated.
    pub time: Time,
    /// Whether the program looks at the time; only then is it part of the state.
    pub observed: bool,
    /// The slot of the present time in ticks, `NONE` where it is not determined.
    pub now: usize,
    /// The slot that says that nothing can act before time has passed (dense time only).
    pub quiet: usize,
    /// The zone (dense time only).
    pub zone: Zone,
}

impl Clock {
    /// Brings it to its first state.
    pub fn init(self, state: &mut State) {
        state.set(self.now, Word::ZERO);
        state.set(self.quiet, Word::FALSE);
        if self.time == Time::Dense {
            self.zone.init(state);
        }
    }

    fn running(self, state: &State, threads: &[Thread]) -> Vec<usize> {
        threads.iter().filter(|thread| thread.timer(state) != Word::NONE).map(|thread| thread.id.index()).collect()
    }

    /// Starts the timer of a thread.
    pub fn start(self, state: &mut State, threads: &[Thread], thread: Thread, span: Span) {
        match self.time {
            Time::Untimed => {}
            Time::Exact => thread.set_timer(state, Word::int(span.high).unwrap_or(Word::ZERO)),
            Time::Dense => {
                let running = self.running(state, threads);
                self.zone.start(state, thread.id.index(), span, &running);
                thread.set_timer(state, Word::TRUE);
            }
        }
    }

    /// Stops the timer of a thread, if it runs.
    pub fn stop(self, state: &mut State, thread: Thread) {
        if thread.timer(state) != Word::NONE {
            thread.set_timer(state, Word::NONE);
            if self.time == Time::Dense {
                self.zone.stop(state, thread.id.index());
            }
        }
    }

    /// Whether what the thread's timer waits for can happen now. Untimed: always.
    pub fn is_due(self, state: &State, threads: &[Thread], thread: Thread) -> bool {
        match self.time {
            Time::Untimed => true,
            Time::Exact => thread.timer(state) == Word::ZERO,
            Time::Dense if thread.timer(state) == Word::NONE => false,
            Time::Dense if self.is_quiet(state) => self.zone.can_be_first(state, thread.id.index(), &self.running(state, threads)),
            Time::Dense => self.zone.is_over(state, thread.id.index()),
        }
    }

    /// Whether time must pass before anything can happen (dense time only; exact time passes by itself).
    pub fn is_quiet(self, state: &State) -> bool {
        state.get(self.quiet) == Word::TRUE
    }

    /// The thread acts: if nothing could happen before time had passed, it passes until the thread's timer fires.
    pub fn let_act(self, state: &mut State, threads: &[Thread], thread: Thread) {
        if self.time == Time::Dense && self.is_quiet(state) {
            state.set(self.quiet, Word::FALSE);
            let running = self.running(state, threads);
            let passed = self.zone.elapse(state, thread.id.index(), &running);
            self.pass(state, passed);
        }
    }

    fn pass(self, state: &mut State, ticks: Option<Ticks>) {
        if self.observed {
            let now = state.get(self.now).as_int().zip(ticks).and_then(|(now, ticks)| Word::int(now + ticks));
            state.set(self.now, now.unwrap_or(Word::NONE));
        }
    }

    /// Nothing can act: lets time pass to the next timer. Gives whether there was one.
    pub fn advance(self, state: &mut State, threads: &[Thread]) -> bool {
        match self.time {
            Time::Untimed => false,
            Time::Exact => {
                let left = |thread: &Thread, state: &State| thread.timer(state).as_int();
                let Some(next) = threads.iter().filter_map(|thread| left(thread, state)).min() else { return false };
                for &thread in threads {
                    if let Some(ticks) = left(&thread, state) {
                        thread.set_timer(state, Word::int(ticks - next).unwrap_or(Word::ZERO));
                    }
                }
                self.pass(state, Some(next));
                true
            }
            Time::Dense => {
                let waiting = threads.iter().any(|thread| thread.timer(state) != Word::NONE && thread.status(state) == Status::Live);
                state.set(self.quiet, Word::bool(waiting));
                waiting
            }
        }
    }

    /// The present time in ticks, where it is determined.
    pub fn now(self, state: &State) -> Option<Ticks> {
        if self.time == Time::Untimed { None } else { state.get(self.now).as_int() }
    }
}
