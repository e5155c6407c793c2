//! Scenarios, checked: which searches their claims need, and what they say together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use crate::check::judge::{Conclusion, Hunt, Judge};
use crate::check::outcomes::{Collected, Collector};
use crate::check::output::pattern;
use crate::check::verdict::{Evidence, Judgement, Report, Search, Verdict};
use crate::checker::Checker;
use crate::checker::hazards::hazards;
use crate::checker::portfolio::{self, Pace};
use crate::explore::simplest::{Mark, simplest};
use crate::explore::state_graph::{Options, StateGraph, Visible};
use crate::kernel::value::ThreadId;
use crate::program::interpreter::{Interpreter, Mode};
use crate::program::scenario::Scenario;
use crate::program::statement::Statement;
use crate::run::budget::Budget;
use crate::run::ending::Outcome;
use crate::run::happens_before::History;
use crate::run::schedule::{Choice, Schedule};
use crate::run::visitor::{Flow, Visit, Visitor};
use crate::step::clock::Clock;
use crate::step::trap::Stop;

/// The most states that are searched for a simplest execution, once there is one.
const POLISH: u64 = 200_000;

/// One search to be done.
struct Task<'a> {
    clock: Clock,
    /// The claims it is for, by their place in the scenario.
    claims: Vec<usize>,
    keeps_output: bool,
    /// The output it hunts for.
    hunt: Option<&'a str>,
}

/// A search and what it is done with.
struct Errand<'a> {
    scenario: &'a Arc<Scenario>,
    task: &'a Task<'a>,
    budget: &'a Budget,
}

/// What a search has come to.
struct Searched {
    judgements: Vec<(usize, Judgement)>,
    search: Search,
}

impl Checker {
    fn budget(&self, scenario: &Scenario, deadline: Option<Instant>) -> Budget {
        Budget {
            states: self.states.unwrap_or(scenario.bounds.states),
            steps: self.steps.unwrap_or(scenario.bounds.steps),
            memory: self.memory,
            deadline,
            interrupted: self.interrupted.clone(),
            progress: self.progress.clone(),
        }
    }

    /// Checks all claims of a scenario.
    pub fn check(&self, scenario: &Arc<Scenario>) -> Report {
        let deadline = self.time.map(|time| Instant::now() + time);
        let budget = self.budget(scenario, deadline);
        let mut judgements = Vec::new();
        let mut searches = Vec::new();
        for clock in [Clock::Untimed, Clock::Timed] {
            for task in tasks(scenario, clock) {
                let result = self.search(&Errand { scenario, task: &task, budget: &budget });
                judgements.extend(result.judgements);
                searches.push(result.search);
            }
        }
        judgements.sort_by_key(|(claim, _)| *claim);
        let judgements: Vec<Judgement> = judgements.into_iter().map(|(_, judgement)| judgement).collect();
        let clocks = [Clock::Untimed, Clock::Timed];
        let clocks: Vec<Clock> = clocks.into_iter().filter(|clock| judgements.iter().any(|judgement| judgement.clock == *clock)).collect();
        let dangers = hazards(scenario, &judgements, &clocks);
        Report { title: scenario.title.clone(), path: scenario.source.path.clone(), judgements, dangers, searches }
    }

    /// Every way a scenario can end on its own clock, with an execution for each.
    pub fn outcomes(&self, scenario: &Arc<Scenario>, clock: Clock) -> (Vec<Collected>, Search) {
        let deadline = self.time.map(|time| Instant::now() + time);
        let budget = self.budget(scenario, deadline);
        self.with_symmetry(|symmetry| {
            let mut interpreter = Interpreter::new(scenario.clone(), Mode { clock, keeps_output: true, symmetry });
            let mut collector = Collector::new(&interpreter);
            let options = Options { reduction: self.reduction, visible: Visible::default(), budget: budget.clone() };
            let mut graph = StateGraph::explore(&mut interpreter, options, &mut collector)?;
            let search = self.told(&mut graph, &mut interpreter, "every outcome", symmetry)?;
            let mut found = Vec::new();
            for (outcome, number, executions) in collector.into_outcomes() {
                let choices = graph.choices_to(&mut interpreter, number, None)?;
                found.push(Collected { outcome, renamings: executions, schedule: schedule(scenario, clock, choices) });
            }
            Ok((found, search))
        })
    }

    /// Every way a scenario can end, equal threads told apart, by the [`engine`](Checker::engine) of this checker. `None` if
    /// the search was cut short.
    pub fn all_outcomes(&self, scenario: &Arc<Scenario>, clock: Clock) -> Option<BTreeSet<Outcome>> {
        let budget = self.budget(scenario, None);
        self.with_symmetry(|symmetry| {
            let mut interpreter = Interpreter::new(scenario.clone(), Mode { clock, keeps_output: true, symmetry });
            let mut collector = Collector::new(&interpreter);
            let options = Options { reduction: self.reduction, visible: Visible::default(), budget: budget.clone() };
            let mut listener = |interpreter: &mut Interpreter, visit: Visit<'_>, _: Option<&History>| collector.visit(interpreter, visit);
            let searched = portfolio::explore(&mut interpreter, self.engine, options, Pace::default(), &mut listener)?;
            let complete = searched.spent.is_none() && searched.trap.is_none();
            Ok(complete.then(|| collector.all(&interpreter.threads)))
        })
    }

    /// Does something with symmetry, and once more without it if the program tells equal threads apart.
    fn with_symmetry<T>(&self, mut work: impl FnMut(bool) -> Result<T, Stop>) -> T {
        if self.symmetry
            && let Ok(done) = work(true)
        {
            return done;
        }
        work(false).unwrap_or_else(|stop| panic!("a search without symmetry stopped with {stop:?}"))
    }

    fn search(&self, errand: &Errand<'_>) -> Searched {
        let Errand { scenario, task, budget } = errand;
        let tells_apart = task.claims.iter().any(|&claim| tells_threads_apart(&scenario.claims[claim].statement));
        self.with_symmetry(|symmetry| {
            if symmetry && tells_apart {
                return Err(Stop::Asymmetric);
            }
            let mode = Mode { clock: task.clock, keeps_output: task.keeps_output, symmetry };
            let mut interpreter = Interpreter::new((*scenario).clone(), mode);
            let judge = Judge::new(scenario, &interpreter, &task.claims);
            let visible = visible(scenario, &task.claims);
            let reduction = self.reduction && task.hunt.is_none();
            let options = Options { reduction, visible, budget: (*budget).clone() };
            let (mut graph, judge) = match task.hunt {
                Some(text) => {
                    let mut hunt = Hunt { judge, text };
                    (StateGraph::explore(&mut interpreter, options, &mut hunt)?, hunt.judge)
                }
                None => {
                    let mut judge = judge;
                    (StateGraph::explore(&mut interpreter, options, &mut judge)?, judge)
                }
            };
            let purpose = task.hunt.map_or("claims".to_owned(), |text| format!("prints {:?}", text.lines().next().unwrap_or("")));
            let search = self.told(&mut graph, &mut interpreter, &purpose, symmetry)?;
            let complete = graph.spent.is_none() && graph.trap.is_none();
            let conclusions = judge.conclude(&interpreter, complete, graph.cycle.is_some())?;
            let mut judgements = Vec::new();
            for (&claim, mut conclusion) in task.claims.iter().zip(conclusions) {
                let evidence = self.evidence(errand, claim, &mut conclusion, &mut graph, &mut interpreter)?;
                judgements.push((claim, judgement(scenario, claim, conclusion, evidence, &search)));
            }
            Ok(Searched { judgements, search })
        })
    }

    /// What a search did, for the report.
    fn told(&self, graph: &mut StateGraph, interpreter: &mut Interpreter, purpose: &str, symmetry: bool) -> Result<Search, Stop> {
        let clock = interpreter.mode.clock;
        let trap = match graph.trap.clone() {
            None => None,
            Some((trap, from)) => {
                let choices = match from {
                    Some((number, choice)) => graph.choices_to(interpreter, number, Some(choice))?,
                    None => Vec::new(),
                };
                Some((trap, schedule(&interpreter.scenario, clock, choices)))
            }
        };
        Ok(Search {
            purpose: purpose.to_owned(),
            clock,
            states: graph.states(),
            transitions: graph.transitions,
            symmetry: symmetry && !interpreter.threads.classes().is_empty(),
            reduction: graph.reduces(),
            spent: graph.spent,
            trap,
        })
    }

    /// The execution that refutes or shows a claim: the simplest one, or the one that the search found.
    /// What is told of the claim is told of that execution.
    fn evidence(
        &self,
        errand: &Errand<'_>,
        claim: usize,
        conclusion: &mut Conclusion,
        graph: &mut StateGraph,
        interpreter: &mut Interpreter,
    ) -> Result<Option<Evidence>, Stop> {
        let Errand { scenario, task, budget } = errand;
        if conclusion.by_cycle
            && let Some((number, choice)) = graph.cycle
        {
            let choices = graph.choices_to(interpreter, number, Some(choice))?;
            return Ok(Some(Evidence { schedule: schedule(scenario, task.clock, choices), simplest: false, endless: true }));
        }
        let Some(number) = conclusion.state else { return Ok(None) };
        let budget = Budget { states: budget.states.min(POLISH), progress: Arc::default(), ..(*budget).clone() };
        let mut fresh = Interpreter::new((*scenario).clone(), interpreter.mode);
        let mut judge = Judge::new(scenario, &fresh, &[claim]);
        let found = simplest(&mut fresh, &budget, &mut |interpreter, state, ending| {
            let visit = Visit { state, number: 0, ending, failed: true, is_known: false };
            let flow = match &scenario.claims[claim].statement {
                // Whatever has printed something else is no way to this output.
                Statement::Prints { text, .. } => {
                    let mut hunt = Hunt { judge: judge.again(), text };
                    let flow = hunt.visit(interpreter, visit)?;
                    judge = hunt.judge;
                    flow
                }
                _ => {
                    judge = judge.again();
                    judge.visit(interpreter, visit)?
                }
            };
            Ok(match flow {
                Flow::Finish => Mark::Goal,
                Flow::Continue => Mark::Onward,
                Flow::Prune => Mark::Astray,
            })
        })?;
        let simplest = found.is_some();
        let mut printed = conclusion.printed.clone();
        let choices = match found {
            Some(choices) => {
                if let Some(case) = judge.cases.first() {
                    printed = case.printed.clone();
                    conclusion.why = case.settled.as_ref().map_or(String::new(), |(_, why, _)| why.clone());
                }
                choices
            }
            None => graph.choices_to(interpreter, number, None)?,
        };
        let choices = match printed {
            Some(text) => under_its_names(&mut fresh, choices, &text)?,
            None => choices,
        };
        Ok(Some(Evidence { schedule: schedule(scenario, task.clock, choices), simplest, endless: false }))
    }
}

/// Renames the equal threads of an execution so that it prints exactly this text, not only one that differs by names.
fn under_its_names(interpreter: &mut Interpreter, mut choices: Vec<Choice>, text: &str) -> Result<Vec<Choice>, Stop> {
    let classes = interpreter.threads.classes();
    if classes.is_empty() {
        return Ok(choices);
    }
    let mut state = interpreter.begin()?;
    for choice in &choices {
        interpreter.step(&mut state, choice.thread, choice.alternative)?;
    }
    let found = pattern(interpreter, &state).renaming_to(&interpreter.threads, &classes, text);
    let named: BTreeMap<ThreadId, ThreadId> = found.into_iter().flatten().collect();
    let mut renaming = named.clone();
    for class in &classes {
        // Whoever does not print takes one of the names that are left.
        let mut free = class.iter().filter(|name| !named.values().any(|taken| taken == *name));
        for id in class.iter().filter(|id| !named.contains_key(id)) {
            renaming.extend(free.next().map(|name| (*id, *name)));
        }
    }
    for choice in &mut choices {
        choice.thread = renaming.get(&choice.thread).copied().unwrap_or(choice.thread);
    }
    Ok(choices)
}

fn schedule(scenario: &Scenario, clock: Clock, choices: Vec<Choice>) -> Schedule {
    Schedule { program: scenario.hash(), clock, choices }
}

/// The searches that the claims on one clock need. Claims about all outputs need every output; a claim about one
/// output only needs the executions that begin like it.
fn tasks(scenario: &Scenario, clock: Clock) -> Vec<Task<'_>> {
    let claims: Vec<usize> = (0..scenario.claims.len()).filter(|&claim| scenario.claims[claim].clock == clock).collect();
    let statement = |claim: usize| &scenario.claims[claim].statement;
    let all_outputs = claims.iter().any(|&claim| matches!(statement(claim), Statement::Outputs { .. } | Statement::PrintsAlways(_)));
    let (hunted, judged): (Vec<usize>, Vec<usize>) =
        claims.into_iter().partition(|&claim| !all_outputs && matches!(statement(claim), Statement::Prints { .. }));
    let mut tasks = Vec::new();
    if !judged.is_empty() {
        tasks.push(Task { clock, claims: judged, keeps_output: all_outputs, hunt: None });
    }
    for claim in hunted {
        if let Statement::Prints { text, .. } = statement(claim) {
            tasks.push(Task { clock, claims: vec![claim], keeps_output: true, hunt: Some(text) });
        }
    }
    tasks
}

/// What claims about all states look at.
fn visible(scenario: &Scenario, claims: &[usize]) -> Visible {
    let mut visible = Visible::default();
    for &claim in claims {
        if let Statement::Always(expression) | Statement::Sometimes(expression) = &scenario.claims[claim].statement {
            visible.objects.extend(&expression.objects);
            visible.threads |= expression.looks_at_threads;
        }
    }
    visible
}

fn tells_threads_apart(statement: &Statement) -> bool {
    match statement {
        Statement::Always(expression)
        | Statement::Sometimes(expression)
        | Statement::Finally(expression)
        | Statement::Possibly(expression) => expression.tells_threads_apart,
        _ => false,
    }
}

fn judgement(scenario: &Scenario, claim: usize, conclusion: Conclusion, evidence: Option<Evidence>, search: &Search) -> Judgement {
    let claim = &scenario.claims[claim];
    let why = match (conclusion.verdict, &search.trap) {
        (Verdict::Undecided, Some(_)) => "the search stopped at a bound".to_owned(),
        (Verdict::Undecided, None) => "the budget was spent".to_owned(),
        _ => conclusion.why,
    };
    Judgement { claim: claim.name.clone(), place: claim.place, clock: claim.clock, verdict: conclusion.verdict, why, evidence }
}
