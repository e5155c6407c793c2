//! Programs written in Rust, checked: every interleaving, some at random, or one again.

use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use crate::check::deadlock::explain;
use crate::check::results::{Found, Results, panic_of};
use crate::checker::portfolio::{self, Pace};
use crate::checker::regressions::{Regressions, known};
use crate::checker::report::{Ended, Failure, Report};
use crate::checker::{Checker, Engine};
use crate::explore::simplest::{Mark, simplest};
use crate::explore::state_graph::{Options, Visible};
use crate::kernel::foreign::Foreign;
use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::kernel::value::ThreadId;
use crate::report::story;
use crate::report::words::cause_words;
use crate::run::budget::Budget;
use crate::run::ending::{errors, thread_name};
use crate::run::execution::Execution;
use crate::run::happens_before::History;
use crate::run::schedule::{Choice, Schedule};
use crate::run::visitor::{Flow, Visit};
use crate::runtime::interface::Value;
use crate::runtime::shape::NEEDS;
use crate::runtime::sim::Sim;
use crate::runtime::simulation::Simulation;
use crate::step::clock::Clock;
use crate::step::ending::Ending;
use crate::step::explorable::Program;
use crate::step::trap::{Cause, Stop, Trap};

/// The most transitions of one execution, unless said otherwise.
const STEPS: u64 = 10_000;

/// The most states that are searched for a simplest failing execution, once there is one.
const POLISH: u64 = 20_000;

impl Checker {
    /// A checker that covers every interleaving: another name for [`Checker::new`], for programs written in Rust.
    ///
    /// ```
    /// use drawloom::{Checker, JoinHandle, Lock, Runtime, Variable};
    ///
    /// let report = Checker::exhaustive().run(|rt| {
    ///     let (count, lock) = (rt.variable("count", 0), rt.lock("lock"));
    ///     let workers = ["ann", "bob"].map(|name| {
    ///         let (count, lock) = (count.clone(), lock.clone());
    ///         rt.spawn(name, move |_| {
    ///             let _held = lock.hold();
    ///             count.set(count.get() + 1);
    ///         })
    ///     });
    ///     for worker in workers {
    ///         worker.join().unwrap();
    ///     }
    ///     count.get()
    /// });
    /// assert_eq!(report.unwrap().outcomes(), [2]);
    /// ```
    pub fn exhaustive() -> Checker {
        Checker::new()
    }

    /// Runs programs written in Rust on this schedule. Each line of a failing test that begins with `replay:` says which.
    ///
    /// # Panics
    ///
    /// If the text is not a schedule.
    #[track_caller]
    pub fn replay(schedule: &str) -> Replay {
        match Schedule::parse(schedule) {
            Ok(schedule) => Replay { choices: Picks::Schedule(schedule) },
            // Not by a closure: it would be told as the place of the mistake.
            Err(malformed) => panic!("{malformed}: {schedule}"),
        }
    }

    /// Runs programs written in Rust by picks: at every step, the pick (modulo their number) says which of the threads that
    /// can go on goes on; 0 is the one that acted last. After the last pick it is always 0. So any list of numbers is a
    /// schedule, a shorter list and smaller numbers are a simpler one: made for `proptest`, which shrinks both.
    pub fn picks(picks: impl Into<Vec<u32>>) -> Replay {
        Replay { choices: Picks::Numbers(picks.into()) }
    }

    /// The virtual clock, for programs written in Rust: code takes no time, a sleep lasts as long as it says, everything due at
    /// one instant happens in every order. Otherwise a sleep takes any time, and a timeout fires at any moment. (A scenario
    /// says itself on which clock a claim is made.)
    pub fn timed(mut self) -> Checker {
        self.clock = Clock::Timed;
        self
    }

    /// Another file in which the schedules are kept on which programs written in Rust have failed. If nothing is said they are
    /// kept beside the source file that runs the check: those of `tests/it.rs` in `tests/it.regressions`.
    ///
    /// A schedule is kept when [`Report::unwrap`] fails because of it. The next time the schedules of a program are tried first,
    /// so that what is still wrong is told at once. Programs with the same objects and threads share theirs. Commit the file.
    pub fn regressions(mut self, file: impl Into<PathBuf>) -> Checker {
        self.regressions = Regressions::File(file.into());
        self
    }

    /// Schedules on which programs written in Rust have failed are not kept, and none are tried first: for checks that are
    /// to fail.
    pub fn without_regressions(mut self) -> Checker {
        self.regressions = Regressions::Nowhere;
        self
    }

    /// Covers every interleaving of a program written in Rust: a closure that is main, and is called again and again.
    ///
    /// The states are distinct rows of the machine, in which a thread is all that it has observed. What a thread does after
    /// what it has observed is remembered: the program is run only where that is not known, to which end the state is reached
    /// again from the beginning.
    ///
    /// # Panics
    ///
    /// If a thread overflows its stack of 256 KiB.
    #[track_caller]
    pub fn run<T: Value>(&self, program: impl Fn(&Sim) -> T + Send + Sync) -> Report<T> {
        let mut simulation = Simulation::new(Arc::new(|| Foreign::new(program(&Sim))), self.clock, true);
        if !self.symmetry {
            simulation.tell_apart();
        }
        let file = self.regressions.file(Location::caller());
        if let Some(report) = file.as_deref().and_then(|file| failing_again(file, &simulation, &program)) {
            return report;
        }
        Report { kept_in: file, ..self.explore(&mut simulation) }
    }

    fn explore<T: Value>(&self, simulation: &mut Simulation<'_>) -> Report<T> {
        let budget = self.budget_of_closure();
        loop {
            let (mut of_states, mut of_traces, mut ways) = (Results::default(), Results::default(), Vec::new());
            let options = Options { reduction: self.reduction, visible: Visible::default(), budget: budget.clone() };
            let mut listener = |simulation: &mut Simulation<'_>, visit: Visit<'_>, history: Option<&History>| {
                match (visit.ending.filter(|_| !visit.is_known), history) {
                    (Some(ending), None) => {
                        of_states.add(simulation, visit.state, ending, visit.number);
                    }
                    (Some(ending), Some(history)) => {
                        if of_traces.add(simulation, visit.state, ending, ways.len() as u32) {
                            ways.push(history.choices().collect::<Vec<Choice>>());
                        }
                    }
                    (None, _) => {}
                }
                Ok(Flow::Continue)
            };
            let mut searched = match portfolio::explore(simulation, self.engine, options, Pace::default(), &mut listener) {
                Ok(searched) => searched,
                Err(Stop::Asymmetric) => {
                    simulation.tell_apart();
                    continue;
                }
                Err(_) => continue,
            };
            // Where both searches are told of, what both have found is told once.
            let more = if searched.engine == Engine::Portfolio { of_traces.without(&of_states) } else { of_traces.found };
            let mut ended = Vec::new();
            if searched.engine != Engine::TraceTree {
                for found in of_states.found {
                    let choices = searched.graph.choices_to(simulation, found.state, None).unwrap_or_default();
                    ended.push((found, choices));
                }
            }
            if searched.engine != Engine::StateGraph {
                ended.extend(more.into_iter().map(|found| {
                    let choices = ways[found.state as usize].clone();
                    (found, choices)
                }));
            }
            let symmetric = !simulation.classes().is_empty();
            let report = Report { symmetric, ..Report::of_search(&searched, searched.trap.as_ref().map(words)) };
            return finish(report, simulation, ended, &budget);
        }
    }

    pub(in crate::checker) fn budget_of_closure(&self) -> Budget {
        Budget {
            states: self.states.unwrap_or(Budget::default().states),
            steps: self.steps.unwrap_or(STEPS),
            memory: self.memory,
            deadline: self.time.map(|time| Instant::now() + time),
            interrupted: self.interrupted.clone(),
            progress: self.progress.clone(),
        }
    }
}

/// What comes of the first schedule in a file that was made for this program and on which it still fails.
pub(in crate::checker) fn failing_again<T: Value>(
    file: &Path,
    simulation: &Simulation<'_>,
    program: &(impl Fn(&Sim) -> T + Send + Sync),
) -> Option<Report<T>> {
    let schedules = known(file, simulation.hash(), simulation.clock());
    let mut reports = schedules.into_iter().map(|schedule| Replay { choices: Picks::Schedule(schedule) }.run(program));
    reports.find(|report| report.failure().is_some())
}

#[derive(Clone, Debug)]
enum Picks {
    Schedule(Schedule),
    Numbers(Vec<u32>),
}

/// Runs programs on one schedule: see [`Checker::replay`] and [`Checker::picks`].
#[derive(Clone, Debug)]
pub struct Replay {
    choices: Picks,
}

impl Replay {
    /// Runs a program. The [`story`](Report::story) tells the execution, whether it fails or not.
    ///
    /// # Panics
    ///
    /// If a thread overflows its stack of 256 KiB.
    pub fn run<T: Value>(&self, program: impl Fn(&Sim) -> T + Send + Sync) -> Report<T> {
        let (report, fits) = self.lead(&program, 0);
        if fits {
            return report;
        }
        // What is one step and what is two depends on what the program asks for in any execution. Where the schedule comes
        // from all are known; on the way that it leads, something may never be asked for.
        let again = (1..NEEDS).map(|needs| self.lead(&program, needs)).find(|(_, fits)| *fits);
        again.map_or(report, |(report, _)| report)
    }

    /// Runs a program that is taken to need this of the machine. Gives also whether there is nothing to be said against it.
    fn lead<T: Value>(&self, program: &(impl Fn(&Sim) -> T + Send + Sync), needs: u32) -> (Report<T>, bool) {
        let clock = if let Picks::Schedule(schedule) = &self.choices { schedule.clock } else { Clock::Untimed };
        let mut simulation = Simulation::new(Arc::new(move || Foreign::new(program(&Sim))), clock, true);
        simulation.assume(needs);
        simulation.take_by_heart(false);
        let mut report = Report::empty(false, false);
        loop {
            let led = Execution::begin(&mut simulation).and_then(|mut execution| {
                let stale = match &self.choices {
                    Picks::Schedule(schedule) => follow(&mut execution, &schedule.choices)?,
                    Picks::Numbers(numbers) => pick(&mut execution, numbers)?,
                };
                let told = told(&execution);
                let choices: Vec<Choice> = execution.trace.iter().map(|step| step.choice).collect();
                Ok((stale, told, execution.ending(), execution.state, choices))
            });
            match led {
                Err(Stop::Relaid) => {}
                Err(Stop::Trap(trap)) => {
                    report.trouble = Some(words(&trap));
                    return (report, true);
                }
                Err(Stop::Asymmetric) => unreachable!("a single execution takes no threads for equal"),
                Ok((stale, story, ending, state, choices)) => {
                    let other = matches!(&self.choices, Picks::Schedule(schedule) if schedule.program != simulation.hash());
                    let made = if other { " (it was made for a program with other objects and threads)" } else { "" };
                    let fits = stale.is_none() || other || matches!(self.choices, Picks::Numbers(_));
                    report.trouble = stale.map(|stale| stale + made);
                    report.story = story;
                    report.executions = 1;
                    report.transitions = choices.len() as u64;
                    let schedule = schedule(&mut simulation, &choices);
                    let mut results = Results::default();
                    results.add(&simulation, &state, ending.unwrap_or(Ending::Exit), 0);
                    report.failure = what_fails(&simulation, &state, ending).map(|what| {
                        let (story, schedule) = (report.story.clone(), schedule.clone());
                        Failure { what, story, schedule, simplest: false }
                    });
                    if ending.is_some() {
                        report.endings = results.found.into_iter().map(|found| end_of(found, schedule.clone())).collect();
                    }
                    return (report, fits);
                }
            }
        }
    }
}

/// Follows a schedule whose threads are numbered in the order in which they are started. Gives why it does not fit, if so.
fn follow(execution: &mut Execution<'_, Simulation<'_>>, choices: &[Choice]) -> Result<Option<String>, Stop> {
    for choice in choices {
        let born = execution.interpreter.born();
        // A thread that is not there yet has no number: the execution says so.
        let thread = born.get(choice.thread.index()).copied().unwrap_or(ThreadId(u16::MAX));
        if let Err(stale) = execution.replay(&[Choice { thread, ..*choice }])? {
            return Ok(Some(stale.to_string()));
        }
    }
    Ok(None)
}

/// Follows picks, and then goes on without a switch as long as possible.
fn pick(execution: &mut Execution<'_, Simulation<'_>>, picks: &[u32]) -> Result<Option<String>, Stop> {
    for step in 0..STEPS as usize {
        let mut enabled = execution.enabled();
        if enabled.is_empty() {
            return Ok(None);
        }
        let last = execution.trace.last().map(|step| step.choice.thread);
        enabled.sort_by_key(|&(id, _)| (Some(id) != last, id));
        let ways: Vec<Choice> = enabled
            .iter()
            .flat_map(|&(thread, op)| (0..Machine::alternatives(op)).map(move |alternative| Choice { thread, alternative }))
            .collect();
        let pick = picks.get(step).copied().unwrap_or(0) as usize % ways.len();
        execution.take(ways[pick])?;
    }
    Ok(Some(format!("the execution has not ended after {STEPS} steps")))
}

/// Why a search has stopped, in words.
pub(in crate::checker) fn words(trap: &Trap) -> String {
    match &trap.cause {
        Cause::Queue(most) => format!("a queue without maxsize grows beyond {most} items"),
        Cause::Threads(most) => format!("more than {most} threads are started"),
        cause => cause_words(cause),
    }
}

fn end_of<T>(found: Found<T>, schedule: Schedule) -> Ended<T> {
    Ended { ending: found.ending, gave: found.gave, panics: found.panics, output: found.output, schedule }
}

/// Completes a report: a schedule for every end, and the simplest failing execution if any fails.
pub(in crate::checker) fn finish<T: Value>(
    mut report: Report<T>,
    simulation: &mut Simulation<'_>,
    ended: Vec<(Found<T>, Vec<Choice>)>,
    budget: &Budget,
) -> Report<T> {
    let fails = |found: &Found<T>| found.ending == Ending::Deadlock || !found.panics.is_empty();
    let failing = ended.iter().find(|(found, _)| fails(found)).map(|(_, choices)| choices.clone());
    for (found, choices) in ended {
        let schedule = schedule(simulation, &choices);
        report.endings.push(end_of(found, schedule));
    }
    if let Some(choices) = failing
        && simulation.flaw.is_none()
    {
        report.failure = failure(simulation, choices, budget);
    }
    if report.engine != Some(Engine::TraceTree) {
        report.executions = simulation.executions;
    }
    if let Some(flaw) = &simulation.flaw {
        report.trouble = Some(flaw.clone());
    }
    report
}

/// The simplest failing execution; if the search for it takes too long, the one that is known.
fn failure(simulation: &mut Simulation<'_>, known: Vec<Choice>, budget: &Budget) -> Option<Failure> {
    let budget = Budget { states: budget.states.min(POLISH), progress: Arc::new(AtomicU64::new(0)), ..budget.clone() };
    let found = loop {
        let searched = simplest(simulation, &budget, &mut |simulation: &mut Simulation<'_>, state: &mut State, ending| {
            let fails = ending == Some(Ending::Deadlock) || !errors(simulation.machine(), simulation.values(), state).is_empty();
            Ok(if fails { Mark::Goal } else { Mark::Onward })
        });
        match searched {
            Err(Stop::Relaid) => {}
            other => break other.ok().flatten(),
        }
    };
    let simplest = found.is_some();
    let choices = found.unwrap_or(known);
    let schedule = schedule(simulation, &choices);
    let mut execution = Execution::begin(simulation).ok()?;
    execution.replay(&choices).ok()?.ok()?;
    let (story, ending, state) = (told(&execution), execution.ending(), execution.state);
    let what = what_fails(simulation, &state, ending)?;
    Some(Failure { what, story, schedule, simplest })
}

/// The execution step by step, and how it has ended if it has.
fn told(execution: &Execution<'_, Simulation<'_>>) -> String {
    let mut text = story::steps(execution);
    if execution.ending().is_some() {
        text += &story::ending(execution);
    } else {
        for (id, error) in errors(execution.interpreter.machine(), execution.interpreter.values(), &execution.state) {
            let name = thread_name(execution.interpreter, &execution.state, id);
            text += &format!("panic in {name}: {}\n", panic_of(execution.interpreter, error).message);
        }
    }
    text
}

/// What goes wrong in a state, in one line.
fn what_fails(simulation: &Simulation<'_>, state: &State, ending: Option<Ending>) -> Option<String> {
    let (machine, values) = (simulation.machine(), simulation.values());
    let name = |id: ThreadId| thread_name(simulation, state, id);
    let panics = errors(machine, values, state);
    if let Some(&(id, error)) = panics.first() {
        return Some(format!("panic in {}: {}", name(id), panic_of(simulation, error).message));
    }
    if ending != Some(Ending::Deadlock) {
        return None;
    }
    let cycle = explain(machine, values, state).cycle;
    match cycle.first() {
        Some(&first) => Some(format!("deadlock: {}", cycle.iter().chain([&first]).map(|&id| name(id)).collect::<Vec<_>>().join(" -> "))),
        None => Some("deadlock: nobody is left who could wake who waits".to_owned()),
    }
}

/// The schedule of these choices. Its threads are numbered in the order in which they are started in it, so that it means
/// the same to whoever has learnt of the threads in another order.
fn schedule(simulation: &mut Simulation<'_>, choices: &[Choice]) -> Schedule {
    let (program, clock) = (simulation.hash(), simulation.clock());
    let numbered = Execution::begin(simulation).and_then(|mut execution| {
        let _ = execution.replay(choices)?;
        let born = execution.interpreter.born();
        let number = |id: ThreadId| born.iter().position(|&other| other == id).map_or(id, |place| ThreadId(place as u16));
        Ok(choices.iter().map(|choice| Choice { thread: number(choice.thread), ..*choice }).collect())
    });
    Schedule { program, clock, choices: numbered.unwrap_or_else(|_| choices.to_vec()) }
}
