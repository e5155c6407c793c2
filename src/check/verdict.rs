//! What can be said of a claim, and on what ground.

use crate::check::hazard::Hazard;
use crate::run::budget::Spent;
use crate::run::schedule::Schedule;
use crate::step::clock::Clock;
use crate::step::place::Place;
use crate::step::trap::Trap;

/// What can be said of a claim.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// It holds in every interleaving.
    Proved,
    /// It holds: an execution shows what is claimed to be possible.
    Shown,
    /// It does not hold.
    Refuted,
    /// The budget was spent, or a bound was hit, before it was decided.
    Undecided,
}

impl Verdict {
    /// Whether the claim holds.
    pub fn holds(self) -> bool {
        matches!(self, Verdict::Proved | Verdict::Shown)
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Proved => "proved",
            Verdict::Shown => "shown",
            Verdict::Refuted => "refuted",
            Verdict::Undecided => "undecided",
        }
    }
}

/// A claim and what was found out about it.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The claim's name.
    pub claim: String,
    /// Where it stands; nothing for one that goes without saying.
    pub place: Option<Place>,
    /// The clock it was checked on.
    pub clock: Clock,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in a few words; empty where the verdict says it all.
    pub why: String,
    /// The execution that refutes or shows it. `loops_from`: it goes on for ever, from that step on.
    pub evidence: Option<Evidence>,
}

/// An execution that shows something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// Its schedule.
    pub schedule: Schedule,
    /// Whether no execution that shows it has fewer preemptions, switches and steps.
    pub simplest: bool,
    /// Whether the last step leads back to an earlier state, so that it can go on for ever.
    pub endless: bool,
}

/// What a search did.
#[derive(Clone, Debug)]
pub struct Search {
    /// What it was for (`all claims`, or the text of one `prints` claim).
    pub purpose: String,
    /// The clock.
    pub clock: Clock,
    /// Distinct states.
    pub states: u64,
    /// Transitions.
    pub transitions: u64,
    /// Whether equal threads were renamed.
    pub symmetry: bool,
    /// Whether interleavings that make no difference were left out.
    pub reduction: bool,
    /// What ran out.
    pub spent: Option<Spent>,
    /// A stop, with the schedule that leads to it.
    pub trap: Option<(Trap, Schedule)>,
}

/// A hazard of a scenario, and an execution that shows it, where one does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Danger {
    /// The hazard.
    pub hazard: Hazard,
    /// The schedule of the execution.
    pub schedule: Option<Schedule>,
}

/// Everything that was found out about a scenario.
#[derive(Clone, Debug)]
pub struct Report {
    /// The scenario's title.
    pub title: String,
    /// Its path.
    pub path: String,
    /// The claims in the order of the file.
    pub judgements: Vec<Judgement>,
    /// The hazards that executions show.
    pub dangers: Vec<Danger>,
    /// The searches.
    pub searches: Vec<Search>,
}

impl Report {
    /// Whether every claim holds.
    pub fn holds(&self) -> bool {
        self.judgements.iter().all(|judgement| judgement.verdict.holds())
    }

    /// Whether a claim is refuted.
    pub fn is_refuted(&self) -> bool {
        self.judgements.iter().any(|judgement| judgement.verdict == Verdict::Refuted)
    }
}
