//! The words for clocks, for what ran out, for what a run stopped at; one thing and several.

use crate::run::budget::Spent;
use crate::step::clock::Clock;
use crate::step::trap::Cause;

/// So many of something: `1 state`, `2 states`.
pub fn plural(count: impl std::fmt::Display, word: &str) -> String {
    let count = count.to_string();
    if count == "1" { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// So many of something, with the verb: `1 thread is`, `2 threads are`.
pub fn are(count: impl Into<u64>, one: &str, several: &str) -> String {
    match count.into() {
        1 => format!("1 {one} is"),
        count => format!("{count} {several} are"),
    }
}

/// The name of a clock.
pub fn clock(clock: Clock) -> &'static str {
    match clock {
        Clock::Untimed => "untimed",
        Clock::Timed => "timed",
    }
}

/// What ran out, and how to give more.
pub fn spent_words(spent: Spent) -> String {
    match spent {
        Spent::States(1) => "1 state was reached (more with --states)".to_owned(),
        Spent::States(most) => format!("{most} states were reached (more with --states)"),
        Spent::Steps(most) => format!("an execution took {} (more with --steps)", plural(most, "step")),
        Spent::Memory(most) => format!("{} MiB of memory were used (more with --memory)", most >> 20),
        Spent::Time => "the time was up (more with --time)".to_owned(),
        Spent::Interrupted => "interrupted".to_owned(),
    }
}

/// What a run stopped at.
pub fn cause_words(cause: &Cause) -> String {
    match cause {
        Cause::Endless(most) => {
            format!(
                "this computes for ever without doing anything that other threads could see (more than {})",
                plural(most, "instruction")
            )
        }
        Cause::Queue(most) => {
            format!("a queue without maxsize grows beyond {} (`bounds: {{queue: ...}}` allows more)", plural(most, "item"))
        }
        Cause::Threads(most) => format!("more than {} created (`bounds: {{threads: ...}}` allows more)", are(*most, "thread", "threads")),
        Cause::Futures(most) => {
            format!("more than {} submitted (`bounds: {{futures: ...}}` allows more)", are(*most, "piece of work", "pieces of work"))
        }
        Cause::Unrepeatable(what) => what.clone(),
        Cause::Unsupported(what) => format!("drawloom cannot represent {what}"),
    }
}
