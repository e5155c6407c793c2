//! What threads may still do: sets of uses, remembered a state, for persistent sets.
//!
//! Source: the dynamic persistent sets of stateful partial-order reduction (Yang, Chen, Gopalakrishnan, Kirby, 2008),
//! after Flanagan and Godefroid (2005). Here a thread is added where what it may do *after* a step can conflict with
//! that step; a blocked member brings in only those that may enable it.

use rustc_hash::FxHashMap;

use crate::kernel::access::Access;
use crate::kernel::dependence::conflict;

/// How many different uses are told apart; a program with more is explored without reduction.
const MOST: usize = 256;

/// A set of uses.
pub type Uses = [u64; MOST / 64];

/// No use.
pub const NO_USES: Uses = [0; MOST / 64];

/// The union of two sets, in place.
pub fn unite(into: &mut Uses, other: &Uses) {
    for (word, more) in into.iter_mut().zip(other) {
        *word |= more;
    }
}

/// Whether two sets have something in common.
pub fn meet(a: &Uses, b: &Uses) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

/// What each thread may do from a state on.
pub type Summary = Box<[Uses]>;

/// The key of a summary.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SummaryKey(u32);

impl SummaryKey {
    /// Anything may happen: the summary of a state whose future is not known.
    pub const ANYTHING: SummaryKey = SummaryKey(0);
    /// The state's future is still being explored.
    pub const OPEN: SummaryKey = SummaryKey(u32::MAX);
}

/// The uses seen so far, and which of them conflict.
#[derive(Default)]
pub struct Universe {
    accesses: Vec<Access>,
    numbers: FxHashMap<Access, usize>,
    conflicts: Vec<Uses>,
    /// Whether there were too many.
    pub overflowed: bool,
}

impl Universe {
    fn number(&mut self, access: Access) -> Option<usize> {
        if let Some(&number) = self.numbers.get(&access) {
            return Some(number);
        }
        let number = self.accesses.len();
        if number == MOST {
            self.overflowed = true;
            return None;
        }
        self.numbers.insert(access, number);
        self.accesses.push(access);
        let mut row = NO_USES;
        for (other, &later) in self.accesses.iter().enumerate() {
            if conflict(access, later) {
                row[other / 64] |= 1 << (other % 64);
            }
            if other < number && conflict(later, access) {
                self.conflicts[other][number / 64] |= 1 << (number % 64);
            }
        }
        self.conflicts.push(row);
        Some(number)
    }

    /// These uses as a set.
    pub fn set(&mut self, accesses: &[Access]) -> Uses {
        let mut uses = NO_USES;
        for &access in accesses {
            if let Some(number) = self.number(access) {
                uses[number / 64] |= 1 << (number % 64);
            }
        }
        uses
    }

    /// Everything that conflicts with one of these uses when it comes before it.
    pub fn conflicting(&self, uses: &Uses) -> Uses {
        let mut found = NO_USES;
        for number in members(uses) {
            unite(&mut found, &self.conflicts[number]);
        }
        found
    }

    /// The uses in a set.
    pub fn accesses<'a>(&'a self, uses: &'a Uses) -> impl Iterator<Item = Access> + 'a {
        members(uses).map(|number| self.accesses[number])
    }
}

fn members(uses: &Uses) -> impl Iterator<Item = usize> + '_ {
    uses.iter().enumerate().flat_map(|(index, &word)| {
        // Each step takes the lowest bit away.
        let rests = std::iter::successors(Some(word), |rest| Some(rest & rest.wrapping_sub(1))).take_while(|rest| *rest != 0);
        rests.map(move |rest| index * 64 + rest.trailing_zeros() as usize)
    })
}

/// The summaries, each kept once.
#[derive(Default)]
pub struct Summaries {
    all: Vec<Summary>,
    keys: FxHashMap<Summary, SummaryKey>,
}

impl Summaries {
    /// The key of a summary.
    pub fn intern(&mut self, summary: Summary) -> SummaryKey {
        if let Some(&key) = self.keys.get(&summary) {
            return key;
        }
        let key = SummaryKey(self.all.len() as u32 + 1);
        self.all.push(summary.clone());
        self.keys.insert(summary, key);
        key
    }

    /// The summary with this key; nothing if anything may happen.
    pub fn get(&self, key: SummaryKey) -> Option<&Summary> {
        self.all.get((key.0 as usize).wrapping_sub(1))
    }

    /// About how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.all.first().map_or(0, |summary| 2 * self.all.len() * (summary.len() * size_of::<Uses>() + 48))
    }
}
