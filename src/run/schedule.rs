//! Schedules: the sequence of choices that makes an execution what it is, and its text.
//!
//! The text is `d1-HASH-u: 0*2 1*1 m?3`: the format's version, the program's hash, the clock (`u`ntimed or `t`imed),
//! then who acts: thread 0 two transitions, thread 1 one, main one transition that takes alternative 3.

use std::fmt;

use crate::kernel::value::ThreadId;
use crate::step::clock::Clock;

/// One choice: which thread acts, and which way it takes where there are several.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Choice {
    /// The thread.
    pub thread: ThreadId,
    /// The way.
    pub alternative: u32,
}

/// A schedule, with what it belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// The hash of the program it was made for.
    pub program: u32,
    /// The clock it was made for.
    pub clock: Clock,
    /// The choices.
    pub choices: Vec<Choice>,
}

/// Why a text is not a schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// The byte at which it stops being one.
    pub at: usize,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a schedule: {} (at character {})", self.what, self.at + 1)
    }
}

impl std::error::Error for Malformed {}

/// The most transitions a schedule may have: more than any bound on steps allows.
const LONGEST: u64 = 10_000_000;

/// How a thread is written in a schedule: `m` for main, else its number from 0.
pub fn thread_token(thread: ThreadId) -> String {
    if thread == ThreadId::MAIN { "m".to_owned() } else { (thread.0 - 1).to_string() }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = if self.clock == Clock::Untimed { 'u' } else { 't' };
        write!(f, "d1-{:08x}-{clock}:", self.program)?;
        let mut rest = self.choices.as_slice();
        while let Some(first) = rest.first() {
            let thread = thread_token(first.thread);
            if first.alternative > 0 {
                write!(f, " {thread}?{}", first.alternative)?;
                rest = &rest[1..];
            } else {
                let length = rest.iter().take_while(|choice| *choice == first).count();
                write!(f, " {thread}*{length}")?;
                rest = &rest[length..];
            }
        }
        Ok(())
    }
}

impl Schedule {
    /// Reads a schedule's text.
    ///
    /// # Errors
    ///
    /// Where and why it is not one.
    pub fn parse(text: &str) -> Result<Schedule, Malformed> {
        let fail = |at: usize, what: &str| Malformed { at, what: what.to_owned() };
        let header = text.find(':').ok_or_else(|| fail(0, "it begins with a header like `d1-3fa29c1e-u:`"))?;
        let mut parts = text[..header].trim_start().splitn(3, '-');
        match parts.next() {
            Some("d1") => {}
            Some(other) if other.starts_with('d') && other[1..].parse::<u32>().is_ok() => {
                return Err(fail(0, &format!("its format is `{other}`, this drawloom reads `d1`")));
            }
            _ => return Err(fail(0, "it begins with a header like `d1-3fa29c1e-u:`")),
        }
        let hash = parts.next().filter(|hash| hash.len() == 8).and_then(|hash| u32::from_str_radix(hash, 16).ok());
        let program = hash.ok_or_else(|| fail(3, "the program's hash has eight hexadecimal digits"))?;
        let clock = match parts.next() {
            Some("u") => Clock::Untimed,
            Some("t") => Clock::Timed,
            _ => return Err(fail(header.saturating_sub(1), "the clock is `u` (untimed) or `t` (timed)")),
        };
        let mut choices = Vec::new();
        let mut at = header + 1;
        for token in text[header + 1..].split(' ') {
            if !token.trim().is_empty() {
                read_token(token.trim(), &mut choices).map_err(|what| fail(at, &what))?;
            }
            at += token.len() + 1;
        }
        Ok(Schedule { program, clock, choices })
    }
}

fn read_token(token: &str, choices: &mut Vec<Choice>) -> Result<(), String> {
    let wrong = || format!("`{token}` is neither `THREAD*TIMES` nor `THREAD?ALTERNATIVE`");
    let split = token.find(['*', '?']).ok_or_else(wrong)?;
    let thread = match &token[..split] {
        "m" => ThreadId::MAIN,
        number => ThreadId(number.parse::<u16>().ok().and_then(|number| number.checked_add(1)).ok_or_else(wrong)?),
    };
    let number: u64 = token[split + 1..].parse().map_err(|_| wrong())?;
    if token.as_bytes()[split] == b'?' {
        let alternative = u32::try_from(number).map_err(|_| wrong())?;
        choices.push(Choice { thread, alternative });
        return Ok(());
    }
    if number == 0 || choices.len() as u64 + number > LONGEST {
        return Err(format!("`{token}`: a schedule has between 1 and {LONGEST} transitions"));
    }
    choices.extend(std::iter::repeat_n(Choice { thread, alternative: 0 }, number as usize));
    Ok(())
}

/// How much a schedule asks of its reader: preemptions (a thread is left that could have gone on), switches, steps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Cost {
    /// Switches away from a thread that was enabled.
    pub preemptions: u32,
    /// Switches from one thread to another.
    pub switches: u32,
    /// Transitions.
    pub steps: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_its_text() {
        let text = "d1-3fa29c1e-t: 0*2 1*1 m?3 11*1";
        let schedule = Schedule::parse(text).unwrap();
        assert_eq!(schedule.choices.len(), 5);
        assert_eq!(schedule.to_string(), text);
    }

    #[test]
    fn what_is_no_schedule_is_told_where() {
        for (text, at) in [
            ("", 0),
            ("0*1", 0),
            ("d2-3fa29c1e-u: 0*1", 0),
            ("d1-xyz-u: 0*1", 3),
            ("d1-3fa29c1e-x: 0*1", 12),
            ("d1-3fa29c1e-u: 0*1 1", 19),
            ("d1-3fa29c1e-u: 0*0", 15),
            ("d1-3fa29c1e-u: 0*99999999999", 15),
            ("d1-3fa29c1e-u: -1*2", 15),
            ("d1-3fa29c1e-u: 65535*2", 15),
        ] {
            assert_eq!(Schedule::parse(text).unwrap_err().at, at, "{text}");
        }
    }
}
