//! The `claims:` section: what is claimed, its expressions compiled.

use crate::kernel::error::ErrorKind;
use crate::kernel::value::{ObjectId, Word};
use crate::kernel::values::Values;
use crate::program::bytecode::Code;
use crate::program::compiler::{Workshop, compile_claim};
use crate::program::diagnostic::Diagnostic;
use crate::program::document::{Key, Kind, Node, Text};
use crate::program::globals::{Global, Globals};
use crate::program::python;
use crate::program::sections::{clock, number, text, value};
use crate::program::statement::{Claim, Expression, Frequency, Statement};
use crate::step::clock::Clock;
use crate::step::ending::Ending;
use crate::step::place::Place;

const STATEMENTS: [&str; 10] =
    ["always", "sometimes", "finally", "possibly", "outcomes", "prints", "outputs", "deadlock", "errors", "ends"];

/// Reads claims.
pub struct Reader<'a> {
    /// Where constants are kept.
    pub values: &'a mut Values,
    /// The code so far.
    pub code: &'a mut Code,
    /// The declared names.
    pub globals: &'a Globals,
    /// The function of each thread group's body.
    pub bodies: &'a [u16],
    /// The mistakes found.
    pub mistakes: &'a mut Vec<Diagnostic>,
    /// The scenario's clock.
    pub clock: Clock,
    /// The private names that claims look at: function and number.
    pub looked_at: Vec<(u16, u16)>,
}

impl Reader<'_> {
    /// All claims: those that are written, and the two that go without saying.
    pub fn claims(&mut self, section: Option<&Node>) -> Vec<Claim> {
        let mut found = Vec::new();
        match section.map(|node| (&node.kind, node)) {
            Some((Kind::List(items), _)) => {
                for item in items {
                    found.extend(self.claim(item));
                }
            }
            None | Some((Kind::Null, _)) => {}
            Some((_, node)) => {
                let message = format!("`claims` is a list, this is {}", node.what());
                self.mistakes.push(Diagnostic::new(node.place, message).help("begin each claim with `- `"));
            }
        }
        let explicit = |wanted: fn(&Statement) -> bool| found.iter().any(|claim| claim.clock == self.clock && wanted(&claim.statement));
        let mut unsaid = Vec::new();
        if !explicit(|statement| matches!(statement, Statement::Deadlock(_)))
            && !found.iter().any(|claim| expects_deadlock(claim, self.clock))
        {
            unsaid.push(("deadlock: never", Statement::Deadlock(Frequency::Never)));
        }
        if !explicit(|statement| matches!(statement, Statement::Errors(_) | Statement::ErrorsOf(_))) {
            unsaid.push(("errors: never", Statement::Errors(Frequency::Never)));
        }
        let unsaid = unsaid.into_iter().map(|(name, statement)| Claim { name: name.to_owned(), statement, clock: self.clock, place: None });
        found.extend(unsaid);
        found
    }

    fn claim(&mut self, node: &Node) -> Option<Claim> {
        let Kind::Map(entries) = &node.kind else {
            self.mistakes
                .push(Diagnostic::new(node.place, format!("a claim is a map, this is {}", node.what())).help("write `- finally: x == 0`"));
            return None;
        };
        let mut claim_clock = self.clock;
        let (mut name, mut ends, mut stated) = (None, None, None::<(&Key, &Node)>);
        let alone = entries.len() == 1;
        for (key, value) in entries {
            match key.text.as_str() {
                "clock" => claim_clock = clock(value, self.mistakes)?,
                "name" => name = text(value, "a name", self.mistakes).map(|text| text.text.clone()),
                "ends" if !alone && entries.iter().any(|(key, _)| matches!(key.text.as_str(), "prints" | "outputs")) => {
                    ends = Some((self.ending(value)?, value.place));
                }
                "eventually" | "leads to" => {
                    let mistake = Diagnostic::new(key.place, format!("`{}` is not supported yet", key.text));
                    self.mistakes.push(mistake.help("`finally` and `ends: always` say part of it"));
                    return None;
                }
                statement if STATEMENTS.contains(&statement) => {
                    if let Some((other, _)) = stated {
                        let message = format!("one claim states one thing, this states `{}` and `{}`", other.text, key.text);
                        self.mistakes.push(Diagnostic::new(key.place, message).help("begin a new claim with `- `"));
                        return None;
                    }
                    stated = Some((key, value));
                }
                other => {
                    let all = STATEMENTS.into_iter().chain(["name", "clock"]);
                    let mistake = Diagnostic::new(key.place, format!("there is no claim `{other}`")).did_you_mean(other, all);
                    let known = format!("the claims are {}", STATEMENTS.join(", "));
                    self.mistakes.push(if mistake.helps.is_empty() { mistake.help(known) } else { mistake });
                    return None;
                }
            }
        }
        let Some((key, value)) = stated else {
            self.mistakes
                .push(Diagnostic::new(node.place, "this claim states nothing").help(format!("the claims are {}", STATEMENTS.join(", "))));
            return None;
        };
        let statement = self.statement(key, value, ends)?;
        let written = self.written(key, value, ends.map(|(ending, _)| ending));
        Some(Claim { name: name.unwrap_or(written), statement, clock: claim_clock, place: Some(key.place) })
    }

    /// A claim's own text on one line.
    fn written(&self, key: &Key, node: &Node, ends: Option<Ending>) -> String {
        let shown = match &node.kind {
            Kind::Text(text) => first_line(&text.text),
            Kind::Map(entries) if key.text == "prints" => entries.first().map_or(String::new(), |(kind, node)| match &node.kind {
                Kind::Text(text) => format!("{}: {}", kind.text, first_line(&text.text)),
                _ => format!("{}: …", kind.text),
            }),
            Kind::Map(entries) => {
                let shown: Vec<String> = entries.iter().map(|(key, node)| format!("{}: {}", key.text, inline(node))).collect();
                format!("{{{}}}", shown.join(", "))
            }
            _ => inline(node),
        };
        let ending = match ends {
            None => "",
            Some(Ending::Exit) => ", ends: exit",
            Some(Ending::Deadlock) => ", ends: deadlock",
        };
        format!("{}: {shown}{ending}", key.text)
    }

    fn statement(&mut self, key: &Key, node: &Node, ends: Option<(Ending, Place)>) -> Option<Statement> {
        Some(match key.text.as_str() {
            "always" => Statement::Always(self.expression(node)?),
            "sometimes" => Statement::Sometimes(self.expression(node)?),
            "finally" => Statement::Finally(self.expression(node)?),
            "possibly" => Statement::Possibly(self.expression(node)?),
            "outcomes" => self.outcomes(node)?,
            "prints" => self.prints(node, ends)?,
            "outputs" => Statement::Outputs {
                count: number(node, "`outputs`", 0, u64::MAX >> 1, self.mistakes)?,
                ends: ends.map(|(ending, _)| ending),
            },
            "deadlock" => Statement::Deadlock(self.frequency("deadlock", node, &["never", "possible", "certain"])?),
            "ends" => Statement::Ends(self.frequency("ends", node, &["always", "possible", "never"])?),
            _ => self.errors(node)?,
        })
    }

    fn expression(&mut self, node: &Node) -> Option<Expression> {
        let made;
        let text = match &node.kind {
            Kind::Text(text) => text,
            Kind::Bool(_) | Kind::Int(_) => {
                made = Text::nowhere(if matches!(node.kind, Kind::Bool(true)) { "True" } else { "False" }, node.place);
                &made
            }
            _ => {
                let mistake = Diagnostic::new(node.place, format!("a claim's expression is a text, this is {}", node.what()));
                self.mistakes.push(mistake.help("write it as in Python: `x == 0`"));
                return None;
            }
        };
        let tree = match python::expression(text) {
            Ok(tree) => tree,
            Err(found) => {
                self.mistakes.extend(found);
                return None;
            }
        };
        let number = self.code.functions.len() as u16;
        let shop = Workshop { values: self.values, code: self.code, globals: self.globals, bodies: self.bodies, mistakes: self.mistakes };
        let (function, looks) = compile_claim(shop, number, &format!("claim {number}"), &tree, text);
        self.code.functions.push(function);
        self.looked_at.extend(&looks.locals);
        Some(Expression {
            function: number,
            text: text.text.clone(),
            objects: looks.objects.into_iter().collect(),
            looks_at_threads: looks.at_threads,
            tells_threads_apart: looks.tells_apart,
        })
    }

    fn variable(&mut self, key: &Key) -> Option<ObjectId> {
        match self.globals.get(&key.text) {
            Some(Global::Variable(id)) => Some(id),
            _ => {
                let variables = self.globals.names.iter().filter(|(_, (global, _))| matches!(global, Global::Variable(_)));
                let names: Vec<&str> = variables.map(|(name, _)| name.as_str()).collect();
                let mistake = Diagnostic::new(key.place, format!("there is no shared variable `{}`", key.text));
                let mistake = mistake.did_you_mean(&key.text, names.iter().copied());
                let known = format!("the shared variables are {}", names.join(", "));
                let mistake = if mistake.helps.is_empty() && !names.is_empty() { mistake.help(known) } else { mistake };
                if !self.globals.spoiled.contains(&key.text) {
                    self.mistakes.push(mistake);
                }
                None
            }
        }
    }

    fn outcomes(&mut self, node: &Node) -> Option<Statement> {
        match &node.kind {
            Kind::Map(entries) => {
                let mut found = Vec::new();
                for (key, node) in entries {
                    let id = self.variable(key)?;
                    let Kind::List(items) = &node.kind else {
                        let message = format!("the outcomes of a variable are a list of values, this is {}", node.what());
                        self.mistakes.push(Diagnostic::new(node.place, message).help(format!("write `{}: [...]`", key.text)));
                        return None;
                    };
                    found.push((id, items.iter().map(|item| value(item, self.values, self.mistakes)).collect()));
                }
                Some(Statement::Outcomes(found))
            }
            Kind::List(rows) => self.joint_outcomes(rows),
            _ => {
                let message = format!("`outcomes` is a map of lists or a list of maps, this is {}", node.what());
                self.mistakes.push(Diagnostic::new(node.place, message).help("write `outcomes: {data: [0, 1]}`"));
                None
            }
        }
    }

    fn joint_outcomes(&mut self, rows: &[Node]) -> Option<Statement> {
        let mut variables: Vec<ObjectId> = Vec::new();
        let mut found = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let Kind::Map(entries) = &row.kind else {
                self.mistakes.push(Diagnostic::new(row.place, format!("a joint outcome is a map, this is {}", row.what())));
                return None;
            };
            let ids = entries.iter().map(|(key, _)| self.variable(key)).collect::<Option<Vec<_>>>()?;
            if index == 0 {
                variables = ids.clone();
            }
            let place = |id: &ObjectId| ids.iter().position(|other| other == id);
            let order: Option<Vec<usize>> = variables.iter().map(place).collect();
            match order.filter(|order| order.len() == ids.len()) {
                Some(order) => {
                    found.push(order.into_iter().map(|at| value(&entries[at].1, self.values, self.mistakes)).collect::<Vec<Word>>())
                }
                None => {
                    self.mistakes.push(Diagnostic::new(row.place, "every joint outcome names the same variables"));
                    return None;
                }
            }
        }
        Some(Statement::JointOutcomes(variables, found))
    }

    fn prints(&mut self, node: &Node, ends: Option<(Ending, Place)>) -> Option<Statement> {
        let ending = ends.map(|(ending, _)| ending);
        match &node.kind {
            Kind::Map(entries) if entries.len() == 1 => match (entries[0].0.text.as_str(), &entries[0].1) {
                ("never", node) => Some(Statement::Prints { text: output(node, self.mistakes)?, ends: ending, never: true }),
                ("always", Node { kind: Kind::List(items), .. }) => {
                    let texts = items.iter().map(|item| output(item, self.mistakes)).collect::<Option<Vec<_>>>()?;
                    Some(Statement::PrintsAlways(texts))
                }
                (other, _) => {
                    let mistake = Diagnostic::new(entries[0].0.place, "`prints` is a text, or `always: [...]`, or `never: TEXT`");
                    self.mistakes.push(mistake.did_you_mean(other, ["always", "never"]));
                    None
                }
            },
            _ => Some(Statement::Prints { text: output(node, self.mistakes)?, ends: ending, never: false }),
        }
    }

    fn ending(&mut self, node: &Node) -> Option<Ending> {
        match node.as_text().map(|text| text.text.as_str()) {
            Some("exit") => Some(Ending::Exit),
            Some("deadlock") => Some(Ending::Deadlock),
            other => {
                let mistake = Diagnostic::new(node.place, "an execution ends by `exit` or in `deadlock`");
                self.mistakes.push(mistake.did_you_mean(other.unwrap_or(""), ["exit", "deadlock"]));
                None
            }
        }
    }

    fn frequency(&mut self, what: &str, node: &Node, words: &[&'static str; 3]) -> Option<Frequency> {
        match node.as_text().map(|text| text.text.as_str()).filter(|word| words.contains(word)) {
            Some("never") => Some(Frequency::Never),
            Some("possible") => Some(Frequency::Possible),
            Some(_) => Some(Frequency::Certain),
            None => {
                let mistake = Diagnostic::new(node.place, format!("`{what}` is {}, {} or {}", words[0], words[1], words[2]));
                let word = node.as_text().map_or("", |text| &text.text);
                self.mistakes.push(mistake.did_you_mean(word, words.iter().copied()));
                None
            }
        }
    }

    fn errors(&mut self, node: &Node) -> Option<Statement> {
        let Kind::Map(entries) = &node.kind else {
            return self.frequency("errors", node, &["never", "possible", "certain"]).map(Statement::Errors);
        };
        let mut found = Vec::new();
        for (key, node) in entries {
            let Some(kind) = ErrorKind::from_name(&key.text) else {
                let mistake = Diagnostic::new(key.place, format!("`{}` is not a class of exceptions", key.text));
                self.mistakes.push(mistake.did_you_mean(&key.text, ErrorKind::ALL.map(ErrorKind::name)));
                return None;
            };
            found.push((kind, self.frequency(&key.text, node, &["never", "possible", "certain"])?));
        }
        Some(Statement::ErrorsOf(found))
    }
}

/// Whether a claim is about an execution that deadlocks, so that it need not be said that there is none.
fn expects_deadlock(claim: &Claim, clock: Clock) -> bool {
    claim.clock == clock
        && matches!(
            claim.statement,
            Statement::Prints { ends: Some(Ending::Deadlock), never: false, .. }
                | Statement::Outputs { ends: Some(Ending::Deadlock), count: 1.. }
                | Statement::Ends(Frequency::Never)
        )
}

/// A whole output: a text that ends with a line's end, as a block `|` does.
fn output(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Option<String> {
    let text = match &node.kind {
        Kind::Null => return Some(String::new()),
        Kind::Int(number) => return Some(format!("{number}\n")),
        _ => {
            let before = mistakes.len();
            let found = text(node, "an output", mistakes);
            mistakes[before..].iter_mut().for_each(|mistake| mistake.helps.push("write it as a block: `prints: |`".to_owned()));
            found?
        }
    };
    let mut output = text.text.clone();
    if !output.is_empty() && !output.ends_with('\n') {
        output.push('\n');
    }
    Some(output)
}

fn first_line(text: &str) -> String {
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("").to_owned();
    if lines.next().is_some() { format!("{first} …") } else { first }
}

/// A value on one line, as it was written.
fn inline(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Int(number) => number.to_string(),
        Kind::Float(number) => number.to_string(),
        Kind::Text(text) => first_line(&text.text),
        Kind::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Kind::Map(entries) => {
            format!("{{{}}}", entries.iter().map(|(key, node)| format!("{}: {}", key.text, inline(node))).collect::<Vec<_>>().join(", "))
        }
    }
}
