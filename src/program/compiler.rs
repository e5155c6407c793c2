//! A body compiled: its scope, its names, and the state that statements and expressions share.

use std::collections::BTreeSet;

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use crate::kernel::error::ErrorKind;
use crate::kernel::object::ObjectKind;
use crate::kernel::value::{ObjectId, Word};
use crate::kernel::values::Values;
use crate::program::assembler::{Assembler, Label, Region};
use crate::program::bytecode::{Code, Function, Instruction};
use crate::program::diagnostic::Diagnostic;
use crate::program::document::Text;
use crate::program::globals::{BUILTINS, Global, Globals, MODULES, SPECIAL};
use crate::program::python;
use crate::program::scope;
use crate::step::place::Place;

/// The deepest nesting of a body.
const DEEPEST: u32 = 150;

/// The most instructions of a scenario: `finally` is compiled for every way into it, and ways multiply where it is nested.
const MOST_INSTRUCTIONS: usize = 1 << 20;

/// The most private names of a body, those counted that blocks need for themselves.
const MOST_NAMES: usize = 10_000;

/// What kind of text is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flavour {
    /// A body of a thread, or `main`: shared variables are meant wherever they are named.
    Body,
    /// A function: Python's rules for `global` hold.
    Function,
    /// An expression of a claim: it observes and changes nothing.
    Claim,
}

/// A block that control may leave early, and what must be done on the way out.
pub enum Block<'s> {
    /// A loop: where `break` and `continue` go, and what it keeps on the operand stack.
    Loop {
        /// Behind it.
        end: Label,
        /// At its next round.
        again: Label,
        /// Operands it keeps.
        kept: u16,
    },
    /// `with lock:`: the local that holds the lock.
    Lock {
        /// The local.
        lock: u16,
        /// What is covered.
        region: Region,
    },
    /// `with pool:`: the local that holds the executor.
    Pool {
        /// The local.
        pool: u16,
        /// What is covered.
        region: Region,
    },
    /// `with label(...)`: the local that counts.
    Counter {
        /// The local.
        counter: u16,
        /// What is covered.
        region: Region,
    },
    /// `try: ... finally:`: the statements of `finally`.
    Finally {
        /// The statements.
        body: &'s [Stmt],
        /// What is covered.
        region: Region,
    },
    /// The body of a `try` with `except`, which does nothing on the way out.
    Except {
        /// What is covered.
        region: Region,
    },
}

/// What a claim looks at.
#[derive(Clone, Default, Debug)]
pub struct Looks {
    /// Shared variables and objects.
    pub objects: BTreeSet<ObjectId>,
    /// Whether it looks at threads.
    pub at_threads: bool,
    /// Whether it tells equal threads apart.
    pub tells_apart: bool,
    /// The private names it looks at: the function of the body, and the name's number there.
    pub locals: Vec<(u16, u16)>,
}

/// What compiling has to work with.
pub struct Workshop<'w> {
    /// Where constants are kept.
    pub values: &'w mut Values,
    /// The code so far.
    pub code: &'w mut Code,
    /// The declared names.
    pub globals: &'w Globals,
    /// The function of each thread group's body, once it is compiled.
    pub bodies: &'w [u16],
    /// The mistakes found.
    pub mistakes: &'w mut Vec<Diagnostic>,
}

/// The compiler of one function.
pub struct Compiler<'w, 's> {
    /// The function that is put together.
    pub asm: Assembler<'w>,
    /// Where constants are kept.
    pub values: &'w mut Values,
    /// The declared names.
    pub globals: &'w Globals,
    /// The function of each thread group's body.
    pub bodies: &'w [u16],
    /// The mistakes found.
    pub mistakes: &'w mut Vec<Diagnostic>,
    /// The text it comes from.
    pub text: &'s Text,
    /// What kind of text that is.
    pub flavour: Flavour,
    /// The names that are private.
    pub private: BTreeSet<String>,
    /// Names of comprehensions and lambdas that hide others, innermost last.
    pub shadows: Vec<(String, u16)>,
    /// The blocks around the present place, innermost last.
    pub blocks: Vec<Block<'s>>,
    /// What loops around the present place keep on the operand stack.
    pub kept: u16,
    /// The local with the exception that is being handled.
    pub handling: Option<u16>,
    /// Whether `random()` may stand here: inside the argument of a sleep.
    pub sleeping: bool,
    /// The statement that is compiled leaves nothing on the stack.
    pub depth: u32,
    /// Whether it was said that there are too many instructions.
    long: bool,
    /// What a claim looks at.
    pub looks: Looks,
    /// Names that are changed in place, and may therefore not be copied.
    pub changed: BTreeSet<String>,
}

/// Compiles the statements of a body or function.
pub fn compile_statements(
    shop: Workshop<'_>,
    number: u16,
    name: &str,
    parameters: &[String],
    statements: &[Stmt],
    text: &Text,
    flavour: Flavour,
) -> Function {
    let place = text.locate(0, text.text.len());
    let scope = scope::of(statements);
    let mut compiler = Compiler::new(shop, number, parameters, text, flavour, place);
    compiler.declare(&scope, parameters);
    compiler.statements(statements);
    compiler.asm.constant(Word::NONE);
    compiler.asm.emit(Instruction::Return);
    compiler.asm.finish(name.to_owned(), Vec::new())
}

/// Compiles an expression of a claim. Gives what it looks at, too.
pub fn compile_claim(shop: Workshop<'_>, number: u16, name: &str, expression: &Expr, text: &Text) -> (Function, Looks) {
    let place = text.locate(0, text.text.len());
    let mut compiler = Compiler::new(shop, number, &[], text, Flavour::Claim, place);
    compiler.expression(expression);
    compiler.asm.emit(Instruction::Return);
    let looks = std::mem::take(&mut compiler.looks);
    (compiler.asm.finish(name.to_owned(), Vec::new()), looks)
}

impl<'w, 's> Compiler<'w, 's> {
    fn new(shop: Workshop<'w>, number: u16, parameters: &[String], text: &'s Text, flavour: Flavour, place: Place) -> Compiler<'w, 's> {
        Compiler {
            asm: Assembler::begin(shop.code, number, parameters, place),
            values: shop.values,
            globals: shop.globals,
            bodies: shop.bodies,
            mistakes: shop.mistakes,
            text,
            flavour,
            private: parameters.iter().cloned().collect(),
            shadows: Vec::new(),
            blocks: Vec::new(),
            kept: 0,
            handling: None,
            sleeping: false,
            depth: 0,
            long: false,
            looks: Looks::default(),
            changed: BTreeSet::new(),
        }
    }

    /// Decides which of the names that are bound are private.
    fn declare(&mut self, scope: &scope::Scope, parameters: &[String]) {
        for (name, range) in &scope.bound {
            let place = python::range_in(self.text, *range);
            let shared = self.globals.get(name);
            if scope.nonlocals.contains_key(name) {
                self.private.insert(name.clone());
                continue;
            }
            if scope.globals.contains_key(name) && shared.is_none() {
                if !self.globals.spoiled.contains(name) {
                    let mistake = Diagnostic::new(place, format!("`{name}` is not declared in `vars`"));
                    let names = self.globals.names.keys().map(String::as_str);
                    let mistake = mistake.did_you_mean(name, names);
                    let declare = format!("declare it: `vars: {{{name}: ...}}`");
                    self.mistakes.push(if mistake.helps.is_empty() { mistake.help(declare) } else { mistake });
                }
                continue;
            }
            match shared {
                Some(Global::Variable(_)) if self.flavour == Flavour::Body || scope.globals.contains_key(name) => {}
                Some(Global::Variable(_)) if !parameters.contains(name) => {
                    let message = format!("`{name}` is a shared variable, but in a function this makes a private name of it, as in Python");
                    self.mistakes.push(Diagnostic::new(place, message).help(format!("add `global {name}` to the function")));
                }
                Some(_) if !parameters.contains(name) => {
                    self.mistakes.push(Diagnostic::new(place, format!("`{name}` is declared already, choose another name here")));
                }
                _ => {
                    self.private.insert(name.clone());
                }
            }
        }
        for (name, range) in &scope.nonlocals {
            let place = python::range_in(self.text, *range);
            let mistake = Diagnostic::new(place, "`nonlocal` has no use here: functions do not stand inside each other");
            self.mistakes.push(mistake.help(format!("a shared variable is meant by `global {name}`")));
        }
        for (name, range) in scope.globals.iter().filter(|(name, _)| parameters.contains(name)) {
            let place = python::range_in(self.text, *range);
            let mistake = Diagnostic::new(place, format!("`{name}` is a parameter, it cannot be global as well"));
            self.mistakes.push(mistake.help("give the parameter another name"));
        }
        for (name, range) in &scope.changed {
            if self.globals.get(name).is_none() || self.private.contains(name) {
                if parameters.contains(name) {
                    let place = python::range_in(self.text, *range);
                    let message =
                        format!("`{name}` is a parameter: changing it in place would change the caller's value in Python, but not here");
                    self.mistakes
                        .push(Diagnostic::new(place, message).help(format!("copy it first, `own = list({name})`, and return the copy")));
                }
                self.changed.insert(name.clone());
            }
        }
        // Labels count from zero, and are looked at from outside.
        for label in &scope.labels {
            if !self.asm.code.labels.contains(label) {
                self.asm.code.labels.push(label.clone());
            }
            let counter = self.asm.local(&format!(".in {label}"));
            self.asm.constant(Word::ZERO);
            self.asm.emit(Instruction::Store(counter));
        }
    }

    /// Says what is wrong at a node.
    pub fn mistake(&mut self, node: &impl Ranged, message: impl Into<String>) -> &mut Diagnostic {
        let place = python::place_of(self.text, node);
        self.mistakes.push(Diagnostic::new(place, message));
        self.mistakes.last_mut().expect("it was just added")
    }

    /// Says what is wrong at a node, and the way out.
    pub fn mistake_with_help(&mut self, node: &impl Ranged, message: impl Into<String>, help: impl Into<String>) {
        let help = help.into();
        self.mistake(node, message).helps.push(help);
    }

    /// Instructions added from here on come from this node.
    pub fn at(&mut self, node: &impl Ranged) {
        self.asm.place = python::place_of(self.text, node);
    }

    /// Goes one level deeper; says so and gives `false` where that is too deep.
    pub fn enter(&mut self, node: &impl Ranged) -> bool {
        self.depth += 1;
        if self.depth == DEEPEST {
            self.mistake_with_help(
                node,
                format!("this is nested more than {DEEPEST} levels deep"),
                "take it apart: give parts of it names",
            );
        }
        let long = self.asm.code.instructions.len() > MOST_INSTRUCTIONS || self.asm.locals().len() > MOST_NAMES;
        if long && !self.long {
            self.long = true;
            let message = format!("up to here, more than {MOST_INSTRUCTIONS} instructions or {MOST_NAMES} names: too much for a scenario");
            self.mistake_with_help(node, message, "`finally` inside `finally` makes many: call functions in them");
        }
        self.depth < DEEPEST && !long
    }

    /// Comes back up.
    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The local that a name means, if it is private.
    pub fn private_local(&mut self, name: &str) -> Option<u16> {
        if let Some((_, local)) = self.shadows.iter().rev().find(|(shadow, _)| shadow == name) {
            return Some(*local);
        }
        self.private.contains(name).then(|| self.asm.local(name))
    }

    /// What a name means that is not private.
    pub fn global(&mut self, name: &str) -> Option<Global> {
        if self.shadows.iter().any(|(shadow, _)| shadow == name) || self.private.contains(name) {
            return None;
        }
        self.globals.get(name)
    }

    /// Whether a name is one of Python's modules here.
    pub fn is_module(&self, name: &str) -> bool {
        MODULES.contains(&name) && !self.private.contains(name) && self.globals.get(name).is_none()
    }

    /// Says that a name means nothing, with what may have been meant.
    pub fn unknown(&mut self, node: &impl Ranged, name: &str) {
        if self.globals.spoiled.contains(name) {
            return;
        }
        let place = python::place_of(self.text, node);
        let declared = self.globals.names.keys().map(String::as_str);
        let private = self.private.iter().map(String::as_str);
        let spoiled = self.globals.spoiled.iter().map(String::as_str);
        let candidates = declared.chain(spoiled).chain(private).chain(BUILTINS).chain(SPECIAL).chain(ErrorKind::ALL.map(ErrorKind::name));
        let mistake = Diagnostic::new(place, format!("there is no `{name}` here")).did_you_mean(name, candidates);
        self.mistakes.push(mistake);
    }

    /// The object a name is declared as, with its kind.
    pub fn declared_object(&mut self, expression: &Expr) -> Option<(ObjectId, ObjectKind)> {
        let Expr::Name(name) = expression else { return None };
        match self.global(&name.id)? {
            Global::Object(id) => Some((id, self.globals.kind(id))),
            _ => None,
        }
    }

    /// A literal's word.
    pub fn text_word(&mut self, letters: &str) -> Word {
        self.values.text(letters)
    }
}
