//! Which claims hold, judged state by state while a search goes on.

use std::collections::BTreeSet;

use num_bigint::BigUint;

use crate::check::output::{Pattern, are_ambiguous, pattern};
use crate::check::verdict::Verdict;
use crate::kernel::state::State;
use crate::kernel::value::{ObjectId, ThreadId, Word};
use crate::kernel::values::Composite;
use crate::program::bytecode::Comparison;
use crate::program::comparing;
use crate::program::interpreter::Interpreter;
use crate::program::scenario::Scenario;
use crate::program::statement::{Expression, Frequency, Statement};
use crate::run::ending::{errors, shown, shown_error, thread_name, value_of};
use crate::run::visitor::{Flow, Visit, Visitor};
use crate::step::ending::Ending;
use crate::step::trap::{Cause, Stop, Trap};

/// The most outputs that are written out to be counted.
const WRITTEN_OUT: u64 = 200_000;

/// What has been found out about one claim.
#[derive(Clone, Default)]
pub struct Case {
    /// The claim's place in the scenario.
    pub claim: usize,
    /// Decided by a state that was seen: the verdict, why, and the state's number.
    pub settled: Option<(Verdict, String, u32)>,
    /// The final values seen, for `outcomes`: one set a variable, or one for all together.
    seen: Vec<BTreeSet<Word>>,
    /// The classes of errors that have been seen.
    errors_seen: BTreeSet<usize>,
    /// The outputs seen.
    outputs: BTreeSet<Pattern>,
    /// The output that settles the claim: an execution that shows it has to print exactly this.
    pub printed: Option<String>,
}

/// What a claim comes to.
pub struct Conclusion {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub why: String,
    /// The number of a state that shows it.
    pub state: Option<u32>,
    /// Whether the search's cycle shows it.
    pub by_cycle: bool,
    /// What an execution that shows it has to print.
    pub printed: Option<String>,
}

/// Judges claims.
pub struct Judge<'a> {
    scenario: &'a Scenario,
    classes: Vec<Vec<ThreadId>>,
    /// The claims that are judged.
    pub cases: Vec<Case>,
}

impl<'a> Judge<'a> {
    /// A judge of these claims.
    pub fn new(scenario: &'a Scenario, interpreter: &Interpreter, claims: &[usize]) -> Judge<'a> {
        let cases = claims.iter().map(|&claim| Case { claim, ..Case::default() }).collect();
        Judge { scenario, classes: interpreter.threads.classes(), cases }
    }

    /// A judge of the same claims that has seen nothing yet.
    pub fn again(&self) -> Judge<'a> {
        let cases = self.cases.iter().map(|case| Case { claim: case.claim, ..Case::default() }).collect();
        Judge { scenario: self.scenario, classes: self.classes.clone(), cases }
    }

    fn look(&self, case: &mut Case, interpreter: &mut Interpreter, visit: &mut Visit<'_>) -> Result<(), Stop> {
        let exits = visit.ending == Some(Ending::Exit);
        let settled = match &self.scenario.claims[case.claim].statement {
            Statement::Always(expression) => self.breaks(interpreter, visit.state, expression)?,
            Statement::Sometimes(expression) => self.shows(interpreter, visit.state, expression)?,
            Statement::Finally(expression) if exits => self.breaks(interpreter, visit.state, expression)?,
            Statement::Possibly(expression) if exits => self.shows(interpreter, visit.state, expression)?,
            Statement::Outcomes(expected) if exits => self.outcomes(case, interpreter, visit.state, expected)?,
            Statement::JointOutcomes(variables, expected) if exits => {
                self.joint_outcomes(case, interpreter, visit.state, variables, expected)?
            }
            Statement::Prints { text, ends, never } if visit.ending.is_some_and(|ending| ends.is_none_or(|ends| ends == ending)) => {
                let matches = pattern(interpreter, visit.state).begins(&interpreter.threads, &self.classes, text, true);
                case.printed = matches.then(|| text.clone());
                matches.then(|| if *never { (Verdict::Refuted, String::new()) } else { (Verdict::Shown, String::new()) })
            }
            Statement::PrintsAlways(expected) if visit.ending.is_some() => {
                case.printed = self.prints_other(interpreter, visit.state, expected)?;
                case.printed.as_ref().map(|text| (Verdict::Refuted, format!("prints {text:?}")))
            }
            Statement::Outputs { ends, .. } if visit.ending.is_some_and(|ending| ends.is_none_or(|ends| ends == ending)) => {
                case.outputs.insert(pattern(interpreter, visit.state).normalized(&self.classes));
                None
            }
            Statement::Deadlock(frequency) => by_frequency(*frequency, visit.ending.map(|ending| ending == Ending::Deadlock)),
            Statement::Ends(frequency) => by_frequency(*frequency, visit.ending.map(|ending| ending == Ending::Exit)),
            Statement::Errors(_) | Statement::ErrorsOf(_) => look_at_errors(self.scenario, case, interpreter, visit),
            _ => None,
        };
        case.settled = settled.map(|(verdict, why)| (verdict, why, visit.number));
        Ok(())
    }

    fn holds(&self, interpreter: &mut Interpreter, state: &mut State, expression: &Expression) -> Result<bool, Stop> {
        let place = self.scenario.code.places[self.scenario.code.functions[expression.function as usize].entry as usize];
        let fail = |what: String| Stop::Trap(Trap { cause: Cause::Unsupported(what), place });
        match interpreter.evaluate(state, expression.function)? {
            Ok(word) => comparing::truth(&interpreter.values, word).map_err(|_| Stop::Asymmetric),
            Err(error) => Err(fail(format!("the claim raises {}", shown_error(interpreter, error)))),
        }
    }

    fn breaks(&self, interpreter: &mut Interpreter, state: &mut State, expression: &Expression) -> Result<Option<(Verdict, String)>, Stop> {
        let holds = self.holds(interpreter, state, expression)?;
        Ok((!holds).then(|| (Verdict::Refuted, self.values_in(interpreter, state, expression))))
    }

    fn shows(&self, interpreter: &mut Interpreter, state: &mut State, expression: &Expression) -> Result<Option<(Verdict, String)>, Stop> {
        Ok(self.holds(interpreter, state, expression)?.then(|| (Verdict::Shown, String::new())))
    }

    /// The values of the shared variables an expression looks at.
    fn values_in(&self, interpreter: &Interpreter, state: &State, expression: &Expression) -> String {
        let variables = expression.objects.iter().map(|&id| (id, value_of(&interpreter.machine, state, id)));
        let shown = variables
            .filter(|(_, word)| !word.is_unbound())
            .map(|(id, word)| format!("{} is {}", interpreter.machine.names[id.index()], shown(interpreter, word)));
        shown.collect::<Vec<_>>().join(", ")
    }

    /// A final value. One that mentions equal threads cannot be compared while they may be renamed.
    fn final_value(&self, interpreter: &Interpreter, state: &State, id: ObjectId) -> Result<Word, Stop> {
        let word = value_of(&interpreter.machine, state, id);
        if !self.classes.is_empty() && interpreter.values.mentions_threads(word) { Err(Stop::Asymmetric) } else { Ok(word) }
    }

    fn outcomes(
        &self,
        case: &mut Case,
        interpreter: &mut Interpreter,
        state: &State,
        expected: &[(ObjectId, Vec<Word>)],
    ) -> Result<Option<(Verdict, String)>, Stop> {
        case.seen.resize(expected.len(), BTreeSet::new());
        for (index, (id, allowed)) in expected.iter().enumerate() {
            let value = self.final_value(interpreter, state, *id)?;
            match allowed.iter().find(|&&allowed| equal(interpreter, allowed, value)) {
                Some(&found) => case.seen[index].insert(found),
                None => {
                    let why = format!("{} ends as {}", interpreter.machine.names[id.index()], shown(interpreter, value));
                    return Ok(Some((Verdict::Refuted, why)));
                }
            };
        }
        Ok(None)
    }

    fn joint_outcomes(
        &self,
        case: &mut Case,
        interpreter: &mut Interpreter,
        state: &State,
        variables: &[ObjectId],
        expected: &[Vec<Word>],
    ) -> Result<Option<(Verdict, String)>, Stop> {
        case.seen.resize(1, BTreeSet::new());
        let found = variables.iter().map(|&id| self.final_value(interpreter, state, id)).collect::<Result<Vec<_>, _>>()?;
        let same = |row: &Vec<Word>, interpreter: &mut Interpreter| row.iter().zip(&found).all(|(&a, &b)| equal(interpreter, a, b));
        match expected.iter().position(|row| same(row, interpreter)) {
            Some(row) => {
                case.seen[0].insert(Word::count(row as u32));
                Ok(None)
            }
            None => {
                let pairs = variables.iter().zip(&found);
                let pairs = pairs.map(|(id, &word)| format!("{} as {}", interpreter.machine.names[id.index()], shown(interpreter, word)));
                Ok(Some((Verdict::Refuted, format!("ends with {}", pairs.collect::<Vec<_>>().join(", ")))))
            }
        }
    }

    /// An output that is not among the expected ones, equal threads under any of their names.
    fn prints_other(&self, interpreter: &Interpreter, state: &State, expected: &[String]) -> Result<Option<String>, Stop> {
        let written = pattern(interpreter, state);
        if written.renamings(&self.classes) > BigUint::from(WRITTEN_OUT) {
            return Err(Stop::Asymmetric);
        }
        let mut texts = BTreeSet::new();
        written.texts(&interpreter.threads, &self.classes, &mut texts);
        Ok(texts.into_iter().find(|text| !expected.contains(text)))
    }

    /// What the claims come to. `complete`: nothing was left out. `endless`: the search has met a cycle.
    ///
    /// # Errors
    ///
    /// `Asymmetric`: outputs cannot be counted while equal threads may be renamed.
    pub fn conclude(&self, interpreter: &Interpreter, complete: bool, endless: bool) -> Result<Vec<Conclusion>, Stop> {
        self.cases.iter().map(|case| self.conclude_case(case, interpreter, complete, endless)).collect()
    }

    fn conclude_case(&self, case: &Case, interpreter: &Interpreter, complete: bool, endless: bool) -> Result<Conclusion, Stop> {
        if let Some((verdict, why, state)) = &case.settled {
            return Ok(Conclusion {
                verdict: *verdict,
                why: why.clone(),
                state: Some(*state),
                by_cycle: false,
                printed: case.printed.clone(),
            });
        }
        let conclusion = |verdict: Verdict, why: String| Conclusion { verdict, why, state: None, by_cycle: false, printed: None };
        let statement = &self.scenario.claims[case.claim].statement;
        let certain = matches!(
            statement,
            Statement::Deadlock(Frequency::Certain) | Statement::Ends(Frequency::Certain) | Statement::Errors(Frequency::Certain)
        );
        if certain && endless {
            let why = "an execution goes on for ever".to_owned();
            return Ok(Conclusion { verdict: Verdict::Refuted, why, state: None, by_cycle: true, printed: None });
        }
        if !complete {
            return Ok(conclusion(Verdict::Undecided, String::new()));
        }
        Ok(match statement {
            Statement::Sometimes(_) | Statement::Possibly(_) | Statement::Prints { never: false, .. } => {
                conclusion(Verdict::Refuted, "no execution does".to_owned())
            }
            Statement::Deadlock(Frequency::Possible) | Statement::Ends(Frequency::Possible) | Statement::Errors(Frequency::Possible) => {
                conclusion(Verdict::Refuted, "no execution does".to_owned())
            }
            Statement::ErrorsOf(expected) => match missing_errors(case, expected) {
                Some(why) => conclusion(Verdict::Refuted, why),
                None => conclusion(Verdict::Proved, String::new()),
            },
            Statement::Outcomes(expected) => match self.missing_value(case, interpreter, expected) {
                Some(why) => conclusion(Verdict::Refuted, why),
                None => conclusion(Verdict::Proved, String::new()),
            },
            Statement::JointOutcomes(_, expected) => {
                let seen = case.seen.first().map_or(0, BTreeSet::len);
                if seen == expected.len() {
                    conclusion(Verdict::Proved, String::new())
                } else {
                    let why = match expected.len() {
                        1 => "this outcome is not possible".to_owned(),
                        all => format!("only {seen} of these {all} outcomes are possible"),
                    };
                    conclusion(Verdict::Refuted, why)
                }
            }
            Statement::Outputs { count, .. } => {
                let found = self.count_outputs(case, interpreter)?;
                if found == BigUint::from(*count) {
                    conclusion(Verdict::Proved, String::new())
                } else {
                    conclusion(Verdict::Refuted, format!("there are {found}"))
                }
            }
            _ => conclusion(Verdict::Proved, String::new()),
        })
    }

    fn missing_value(&self, case: &Case, interpreter: &Interpreter, expected: &[(ObjectId, Vec<Word>)]) -> Option<String> {
        expected.iter().enumerate().find_map(|(index, (id, allowed))| {
            let seen = case.seen.get(index);
            let missing = allowed.iter().find(|word| seen.is_none_or(|seen| !seen.contains(word)))?;
            Some(format!("{} never ends as {}", interpreter.machine.names[id.index()], shown(interpreter, *missing)))
        })
    }

    fn count_outputs(&self, case: &Case, interpreter: &Interpreter) -> Result<BigUint, Stop> {
        let total: BigUint = case.outputs.iter().map(|output| output.renamings(&self.classes)).sum();
        if !self.classes.is_empty() && !are_ambiguous(&case.outputs, &interpreter.threads, &self.classes) {
            return Ok(total);
        }
        if total > BigUint::from(WRITTEN_OUT) {
            return Err(Stop::Asymmetric);
        }
        let mut texts = BTreeSet::new();
        for output in &case.outputs {
            output.texts(&interpreter.threads, &self.classes, &mut texts);
        }
        Ok(BigUint::from(texts.len()))
    }
}

impl Visitor<Interpreter> for Judge<'_> {
    fn visit(&mut self, interpreter: &mut Interpreter, mut visit: Visit<'_>) -> Result<Flow, Stop> {
        let mut cases = std::mem::take(&mut self.cases);
        for case in cases.iter_mut().filter(|case| case.settled.is_none()) {
            self.look(case, interpreter, &mut visit)?;
        }
        let settled = cases.iter().all(|case| case.settled.is_some());
        self.cases = cases;
        Ok(if settled { Flow::Finish } else { Flow::Continue })
    }
}

/// Python's `==`.
fn equal(interpreter: &mut Interpreter, left: Word, right: Word) -> bool {
    left == right || comparing::compare(&mut interpreter.values, Comparison::Equal, left, right).unwrap_or(false)
}

/// For something that is known at the end of an execution: whether it happens, how often it should.
fn by_frequency(frequency: Frequency, happens: Option<bool>) -> Option<(Verdict, String)> {
    match (frequency, happens?) {
        (Frequency::Never, true) | (Frequency::Certain, false) => Some((Verdict::Refuted, String::new())),
        (Frequency::Possible, true) => Some((Verdict::Shown, String::new())),
        _ => None,
    }
}

fn look_at_errors(scenario: &Scenario, case: &mut Case, interpreter: &Interpreter, visit: &Visit<'_>) -> Option<(Verdict, String)> {
    if !visit.failed && visit.ending.is_none() {
        return None;
    }
    let found = errors(&interpreter.machine, &interpreter.values, visit.state);
    let told =
        |(id, error): &(ThreadId, Word)| format!("{} in {}", shown_error(interpreter, *error), thread_name(interpreter, visit.state, *id));
    match &scenario.claims[case.claim].statement {
        Statement::Errors(frequency) => match (frequency, found.first()) {
            (Frequency::Never, Some(first)) => Some((Verdict::Refuted, told(first))),
            (Frequency::Possible, Some(first)) => Some((Verdict::Shown, told(first))),
            (Frequency::Certain, None) if visit.ending.is_some() => Some((Verdict::Refuted, "an execution ends without".to_owned())),
            _ => None,
        },
        Statement::ErrorsOf(expected) => {
            for error in &found {
                let Some(Composite::Error(kind, _)) = interpreter.values.composite(error.1) else { continue };
                match expected.iter().position(|(class, _)| kind.is_a(*class)) {
                    Some(index) if expected[index].1 != Frequency::Never => {
                        case.errors_seen.insert(index);
                    }
                    _ => return Some((Verdict::Refuted, told(error))),
                }
            }
            visit.ending?;
            let missing = |(class, frequency): &&(_, Frequency)| {
                *frequency == Frequency::Certain
                    && !found.iter().any(
                        |(_, error)| matches!(interpreter.values.composite(*error), Some(Composite::Error(kind, _)) if kind.is_a(*class)),
                    )
            };
            expected.iter().find(missing).map(|(class, _)| (Verdict::Refuted, format!("an execution ends without {}", class.name())))
        }
        _ => None,
    }
}

fn missing_errors(case: &Case, expected: &[(crate::kernel::error::ErrorKind, Frequency)]) -> Option<String> {
    let missing = |(index, (_, frequency)): &(usize, &(_, Frequency))| *frequency != Frequency::Never && !case.errors_seen.contains(index);
    expected.iter().enumerate().find(missing).map(|(_, (class, _))| format!("{} is never raised", class.name()))
}

/// Looks for one output: leaves out every state whose output is not its beginning.
pub struct Hunt<'a> {
    /// The judge of the one claim.
    pub judge: Judge<'a>,
    /// The output.
    pub text: &'a str,
}

impl Visitor<Interpreter> for Hunt<'_> {
    fn visit(&mut self, interpreter: &mut Interpreter, visit: Visit<'_>) -> Result<Flow, Stop> {
        let begun = pattern(interpreter, visit.state);
        if !begun.begins(&interpreter.threads, &self.judge.classes, self.text, false) {
            return Ok(Flow::Prune);
        }
        self.judge.visit(interpreter, visit)
    }
}
