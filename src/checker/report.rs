//! What was found out about a program written in Rust, and how a failing test tells it.

use std::fmt::{self, Write};
use std::path::PathBuf;

use crate::check::verdict::Verdict;
use crate::checker::Engine;
use crate::checker::portfolio::Portfolio;
use crate::checker::regressions::keep;
use crate::report::words::{plural, spent_words};
use crate::run::budget::Spent;
use crate::run::schedule::Schedule;
use crate::runtime::failure::Panic;
use crate::step::ending::Ending;

/// One way a program can end, with a schedule that leads there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended<T> {
    /// By exit, or in deadlock.
    pub ending: Ending,
    /// What main gave, if it came to its end.
    pub gave: Option<T>,
    /// The threads that have panicked, by name, joined or not.
    pub panics: Vec<(String, Panic)>,
    /// What was printed.
    pub output: String,
    /// A schedule that leads there.
    pub schedule: Schedule,
}

/// What went wrong, in the simplest execution in which it does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// In one line: a deadlock with its cycle, or a panic with its message.
    pub what: String,
    /// The execution, step by step, with the lines of the source.
    pub story: String,
    /// Its schedule.
    pub schedule: Schedule,
    /// Whether no failing execution has fewer preemptions, then fewer switches, then fewer steps.
    pub simplest: bool,
}

/// What was found out about a program written in Rust.
#[derive(Clone, Debug)]
pub struct Report<T> {
    pub(in crate::checker) endings: Vec<Ended<T>>,
    pub(in crate::checker) failure: Option<Failure>,
    pub(in crate::checker) spent: Option<Spent>,
    pub(in crate::checker) trouble: Option<String>,
    pub(in crate::checker) exhaustive: bool,
    pub(in crate::checker) reduced: bool,
    pub(in crate::checker) symmetric: bool,
    pub(in crate::checker) states: u64,
    pub(in crate::checker) transitions: u64,
    pub(in crate::checker) executions: u64,
    pub(in crate::checker) engine: Option<Engine>,
    /// What the search that was not done first has done.
    pub(in crate::checker) beside: String,
    pub(in crate::checker) story: String,
    /// The file in which the schedule of the failure is to be kept.
    pub(in crate::checker) kept_in: Option<PathBuf>,
}

impl<T> Report<T> {
    /// Nothing is found out yet.
    pub(in crate::checker) fn empty(exhaustive: bool, reduced: bool) -> Report<T> {
        Report {
            endings: Vec::new(),
            failure: None,
            spent: None,
            trouble: None,
            exhaustive,
            reduced,
            symmetric: false,
            states: 0,
            transitions: 0,
            executions: 0,
            engine: None,
            beside: String::new(),
            story: String::new(),
            kept_in: None,
        }
    }

    /// What a search has done. Only the search over traces knows how many executions its answer needed; otherwise it is told how
    /// often the program was begun.
    pub(in crate::checker) fn of_search(searched: &Portfolio, trouble: Option<String>) -> Report<T> {
        let Portfolio { graph, tree, engine, spent, .. } = searched;
        let mut report = Report::empty(true, graph.reduces() || *engine == Engine::TraceTree);
        (report.spent, report.trouble, report.engine) = (*spent, trouble, Some(*engine));
        match engine {
            Engine::StateGraph => {
                (report.states, report.transitions) = (graph.states(), graph.transitions);
                if tree.transitions > 0 {
                    report.beside = format!("; the search over traces had followed {}", plural(tree.executions, "execution"));
                }
            }
            Engine::TraceTree => {
                (report.executions, report.transitions) = (tree.executions, tree.transitions);
                if graph.transitions > 0 {
                    report.beside = format!("; the search over states had seen {}", plural(graph.states(), "state"));
                }
            }
            Engine::Portfolio => (report.states, report.transitions) = (graph.states(), graph.transitions + tree.transitions),
        }
        report
    }

    /// What can be said of the claim that the program always ends, and no thread ever panics. `Proved` after an exhaustive
    /// search that was complete and found nothing else; `Refuted` with a [`failure`](Report::failure); else `Undecided`.
    pub fn verdict(&self) -> Verdict {
        match (&self.failure, self.is_complete()) {
            (Some(_), _) => Verdict::Refuted,
            (None, true) => Verdict::Proved,
            (None, false) => Verdict::Undecided,
        }
    }

    /// Whether every interleaving was covered.
    pub fn is_complete(&self) -> bool {
        self.exhaustive && self.spent.is_none() && self.trouble.is_none()
    }

    /// What went wrong, if anything did.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Every way to end that was found.
    pub fn endings(&self) -> &[Ended<T>] {
        &self.endings
    }

    /// Whether an execution was found that ends in a deadlock.
    pub fn deadlocks(&self) -> bool {
        self.endings.iter().any(|ended| ended.ending == Ending::Deadlock)
    }

    /// What main gave, in all executions that were found in which it came to its end and the program exited: each value
    /// once, in order.
    pub fn outcomes(&self) -> Vec<T>
    where
        T: Ord + Clone,
    {
        let exits = self.endings.iter().filter(|ended| ended.ending == Ending::Exit);
        let mut all: Vec<T> = exits.filter_map(|ended| ended.gave.clone()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The outputs that were found: each once, in order.
    pub fn outputs(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.endings.iter().map(|ended| ended.output.as_str()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// A schedule that ends with main giving this.
    pub fn schedule_of(&self, gave: &T) -> Option<&Schedule>
    where
        T: PartialEq,
    {
        self.endings.iter().find(|ended| ended.gave.as_ref() == Some(gave)).map(|ended| &ended.schedule)
    }

    /// The search whose answer this is; `Portfolio` if both were cut short, and what both have found is told. None for a
    /// sample and for an execution that was replayed.
    pub fn engine(&self) -> Option<Engine> {
        self.engine
    }

    /// How many distinct states were seen (none by sampling, or by a search over traces).
    pub fn states(&self) -> u64 {
        self.states
    }

    /// How many transitions were taken to find something new.
    pub fn transitions(&self) -> u64 {
        self.transitions
    }

    /// How often the program was run from its beginning, where not all it does was known by heart, by both searches if both
    /// have gone on; at random, how many executions were drawn; if the answer is that of the search over traces, how many it has
    /// followed to an end, each of another trace.
    pub fn executions(&self) -> u64 {
        self.executions
    }

    /// The execution that was replayed, step by step; empty for a search.
    pub fn story(&self) -> &str {
        &self.story
    }

    /// Gives the report, unless something went wrong.
    ///
    /// # Panics
    ///
    /// If a thread panics or the program does not end, in some execution: with the simplest such execution as its message,
    /// and the line that runs it again; its schedule is kept in a file and tried first the next time, see
    /// [`Checker::regressions`](crate::checker::Checker::regressions). If the search was to be exhaustive but was not complete. If
    /// the program does not do the same again under the same schedule.
    #[track_caller]
    pub fn unwrap(self) -> Report<T> {
        let is_fine = self.failure.is_none() && self.trouble.is_none() && (self.is_complete() || !self.exhaustive);
        assert!(is_fine, "{self}{}", self.keep());
        self
    }

    /// Keeps the schedule of the failure. Gives in words why that was not possible, if so.
    fn keep(&self) -> String {
        let (Some(file), Some(failure)) = (&self.kept_in, &self.failure) else { return String::new() };
        let kept = keep(file, &failure.schedule);
        kept.map_or_else(|error| format!("(the schedule is not kept in {}: {error})\n", file.display()), |()| String::new())
    }

    /// What was found to go wrong.
    ///
    /// # Panics
    ///
    /// If nothing was.
    #[track_caller]
    pub fn unwrap_failure(self) -> Failure {
        let told = self.to_string();
        self.failure.unwrap_or_else(|| panic!("nothing goes wrong: {told}"))
    }

    fn amount(&self) -> String {
        let executions = plural(self.executions, "execution");
        if !self.exhaustive {
            return executions;
        }
        let symmetric = if self.symmetric { ", equal threads exchanged" } else { "" };
        let reduced = if self.reduced { ", reduced" } else { "" };
        // A search over traces counts no states.
        let states = if self.states > 0 { format!("{}, ", plural(self.states, "state")) } else { String::new() };
        format!("{states}{}, {executions}{symmetric}{reduced}{}", plural(self.transitions, "transition"), self.beside)
    }
}

impl<T> fmt::Display for Report<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        match (&self.trouble, &self.failure) {
            (Some(trouble), _) => writeln!(text, "{trouble}")?,
            (None, Some(failure)) => {
                let simplest = if failure.simplest { "; the simplest such execution" } else { "" };
                writeln!(text, "{}{simplest}:", failure.what)?;
                for line in failure.story.lines() {
                    writeln!(text, "  {line}")?;
                }
                writeln!(text, "replay: Checker::replay(\"{}\").run(..)", failure.schedule)?;
            }
            (None, None) => {
                let word = if self.is_complete() { "proved: it always ends, and nobody panics" } else { "nothing went wrong" };
                writeln!(text, "{word}")?;
            }
        }
        if let Some(spent) = self.spent {
            let words = spent_words(spent);
            writeln!(text, "stopped: {}", words.split(" (more").next().unwrap_or_default())?;
        }
        write!(text, "({})", self.amount())?;
        f.write_str(&text)
    }
}
