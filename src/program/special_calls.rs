//! Calls that are told otherwise than by parameters: `range`, `print`, `input`, `start`, `join`, `count`, `wait_for`.

use ruff_python_ast::{Expr, ExprAttribute, ExprCall};

use crate::kernel::value::Word;
use crate::program::bytecode::{BinaryOperator, Builtin, Comparison, Conversion, Instruction, Method};
use crate::program::compiler::{Compiler, Flavour};
use crate::program::diagnostic::Diagnostic;
use crate::program::globals::Global;
use crate::program::python;

impl Compiler<'_, '_> {
    /// Pushes the result of a call whose arguments are told otherwise.
    pub fn call_special(&mut self, call: &ExprCall, name: &str) {
        match name {
            "range" => self.range(call),
            "min" => self.variadic(call, Builtin::Min),
            "max" => self.variadic(call, Builtin::Max),
            "zip" => self.variadic(call, Builtin::Zip),
            "print" => self.print(call),
            "input" => self.input(call),
            "strftime" => self.asm.emit(Instruction::Builtin(Builtin::Now, 0)),
            "start" | "join" if call.arguments.args.is_empty() => {
                self.mistake_with_help(call, format!("`{name}` needs threads"), format!("write `{name}(worker)`"));
            }
            "start" => self.start(call),
            "join" => self.join(call),
            "count" if self.flavour == Flavour::Claim => self.count_at(call),
            _ => self.mistake_with_help(
                call,
                format!("`{name}` cannot be called here"),
                "`with label(\"...\"):` and `count(...)` in a claim can",
            ),
        }
    }

    fn range(&mut self, call: &ExprCall) {
        let arguments = &call.arguments.args;
        if arguments.is_empty() || arguments.len() > 3 || !call.arguments.keywords.is_empty() {
            self.mistake(call, "`range` takes one to three arguments");
            return;
        }
        if arguments.len() == 1 {
            self.asm.constant(Word::ZERO);
        }
        arguments.iter().for_each(|argument| self.expression(argument));
        if arguments.len() < 3 {
            self.asm.constant(Word::count(1));
        }
        self.at(call);
        self.asm.emit(Instruction::Builtin(Builtin::Range, 3));
    }

    fn variadic(&mut self, call: &ExprCall, builtin: Builtin) {
        if call.arguments.args.is_empty() || !call.arguments.keywords.is_empty() {
            self.mistake(call, "this takes arguments without keywords, at least one");
            return;
        }
        if !self.fits(call) {
            return;
        }
        call.arguments.args.iter().for_each(|argument| self.looked_into(argument));
        self.at(call);
        self.asm.emit(Instruction::Builtin(builtin, call.arguments.args.len() as u8));
    }

    /// `print`: one text, with separators and the line's end.
    fn print(&mut self, call: &ExprCall) {
        let keyword =
            |name: &str| call.arguments.keywords.iter().find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg.as_str() == name));
        for keyword in &call.arguments.keywords {
            if !keyword.arg.as_ref().is_some_and(|arg| matches!(arg.as_str(), "sep" | "end" | "flush")) {
                self.mistake_with_help(keyword, "`print` takes the keywords `sep`, `end` and `flush` here", "leave this one out");
            }
        }
        let mut parts = 0;
        for (index, argument) in call.arguments.args.iter().enumerate() {
            if index > 0 {
                self.text_or(keyword("sep").map(|keyword| &keyword.value), " ");
                parts += 1;
            }
            self.looked_into(argument);
            self.asm.emit(Instruction::Format(Conversion::Str, false));
            parts += 1;
        }
        self.text_or(keyword("end").map(|keyword| &keyword.value), "\n");
        self.asm.emit(Instruction::Concatenate(parts + 1));
        self.at(call);
        self.asm.emit(Instruction::Builtin(Builtin::Print, 1));
    }

    fn text_or(&mut self, expression: Option<&Expr>, otherwise: &str) {
        match expression {
            Some(expression) => self.expression(expression),
            None => {
                let word = self.text_word(otherwise);
                self.asm.constant(word);
            }
        }
    }

    fn input(&mut self, call: &ExprCall) {
        if let [prompt] = &*call.arguments.args {
            self.expression(prompt);
            self.asm.emit(Instruction::Format(Conversion::Str, false));
            self.at(call);
            self.asm.emit(Instruction::Builtin(Builtin::Print, 1));
            self.asm.emit(Instruction::Pop);
        } else if !call.arguments.args.is_empty() {
            self.mistake(call, "`input` takes at most one argument");
        }
        self.at(call);
        self.asm.emit(Instruction::Builtin(Builtin::Input, 0));
    }

    /// The whole group that an expression names.
    pub fn whole_group(&mut self, expression: &Expr) -> Option<u16> {
        let Expr::Name(name) = expression else { return None };
        match self.global(&name.id)? {
            Global::Group(group, true) => Some(group),
            _ => None,
        }
    }

    /// `start(a, b, ...)`: threads or whole groups, in order.
    fn start(&mut self, call: &ExprCall) {
        for argument in &call.arguments.args {
            if let Some(group) = self.whole_group(argument) {
                self.asm.emit(Instruction::ThreadGroup(group));
                self.asm.each_item(|asm| {
                    asm.bare_method(Method::Start, 0);
                    asm.emit(Instruction::Pop);
                });
            } else {
                self.expression(argument);
                self.at(call);
                self.asm.bare_method(Method::Start, 0);
                self.asm.emit(Instruction::Pop);
            }
        }
        self.asm.constant(Word::NONE);
    }

    /// `join(a, b, ...)`: threads or whole groups, in order.
    fn join(&mut self, call: &ExprCall) {
        for argument in &call.arguments.args {
            if let Some(group) = self.whole_group(argument) {
                self.at(call);
                self.asm.emit(Instruction::JoinGroup(group));
            } else {
                self.expression(argument);
                self.at(call);
                self.asm.bare_method(Method::Join, 1);
            }
            self.asm.emit(Instruction::Pop);
        }
        self.asm.constant(Word::NONE);
    }

    /// In a claim: `count(worker, at="label")` or `count(at="label")`.
    fn count_at(&mut self, call: &ExprCall) {
        let at = call.arguments.keywords.iter().find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg.as_str() == "at"));
        let label = at.and_then(|at| at.value.as_string_literal_expr()).map(|literal| literal.value.to_str().to_owned());
        let Some(label) = label else {
            self.mistake_with_help(call, "`count` needs the name of a label", "write `count(worker, at=\"critical\")`");
            return;
        };
        let Some(number) = self.asm.code.labels.iter().position(|known| *known == label) else {
            let place = python::place_of(self.text, call);
            let labels = self.asm.code.labels.clone();
            let mistake = Diagnostic::new(place, format!("no body has a block `with label(\"{label}\"):`"));
            self.mistakes.push(mistake.did_you_mean(&label, labels.iter().map(String::as_str)));
            return;
        };
        self.looks.at_threads = true;
        match &*call.arguments.args {
            [] => self.asm.emit(Instruction::CountAtAny(number as u16)),
            [Expr::Name(name)] => match self.global(&name.id) {
                Some(Global::Group(group, _)) => self.asm.emit(Instruction::CountAt(group, number as u16)),
                _ => {
                    let place = python::place_of(self.text, name);
                    let names = self.globals.names.iter().filter(|(_, (global, _))| matches!(global, Global::Group(..)));
                    let mistake = Diagnostic::new(place, format!("there are no threads `{}`", name.id));
                    let mistake = mistake.did_you_mean(&name.id, names.map(|(name, _)| name.as_str()));
                    self.mistakes.push(if mistake.helps.is_empty() { mistake.help("name one of `threads:`") } else { mistake });
                }
            },
            _ => {
                self.mistake(call, "`count` takes one group of threads, and `at`");
            }
        }
    }

    /// `condition.wait_for(predicate, timeout)`, as CPython 3.11 writes it out: wait again while the predicate is false
    /// and there is time left.
    pub fn wait_for(&mut self, call: &ExprCall, attribute: &ExprAttribute) {
        let bound = self.bind(call, "wait_for", &["predicate", "timeout"], 1);
        let [Some(predicate), timeout] = bound[..] else { return };
        let (condition, result) = (self.asm.hidden("condition"), self.asm.hidden("result"));
        let (again, end) = (self.asm.label(), self.asm.label());
        self.expression(&attribute.value);
        self.asm.emit(Instruction::Store(condition));
        let limit = timeout.map(|timeout| {
            let limit = self.asm.hidden("timeout");
            self.expression(timeout);
            self.asm.emit(Instruction::Store(limit));
            let deadline = self.asm.hidden("deadline");
            self.sum_with_clock(limit, deadline, BinaryOperator::Add);
            (limit, deadline)
        });
        self.predicate(predicate, result);
        self.asm.place_label(again);
        self.asm.emit(Instruction::Load(result));
        self.asm.jump(Instruction::JumpIfTrue, end);
        self.asm.emit(Instruction::Load(condition));
        match limit {
            Some((limit, _)) => self.asm.emit(Instruction::Load(limit)),
            None => self.asm.constant(Word::UNBOUND),
        }
        self.at(call);
        self.asm.emit(Instruction::Method(Method::Wait, 1));
        match limit {
            None => {
                self.asm.emit(Instruction::Pop);
                self.predicate(predicate, result);
                self.asm.jump(Instruction::Jump, again);
            }
            Some((limit, deadline)) => {
                let notified = self.asm.hidden("notified");
                self.asm.emit(Instruction::Store(notified));
                self.predicate(predicate, result);
                self.asm.emit(Instruction::Load(notified));
                self.asm.jump(Instruction::JumpIfFalse, end);
                self.sum_with_clock(deadline, limit, BinaryOperator::Subtract);
                self.asm.jump(Instruction::Jump, again);
            }
        }
        self.asm.place_label(end);
        self.asm.emit(Instruction::Load(result));
    }

    /// `to = from ± the clock`, or `to = from` where there is no clock.
    fn sum_with_clock(&mut self, from: u16, to: u16, operator: BinaryOperator) {
        let (untimed, end) = (self.asm.label(), self.asm.label());
        self.asm.emit(Instruction::Load(from));
        self.asm.emit(Instruction::Builtin(Builtin::Monotonic, 0));
        self.asm.emit(Instruction::Duplicate);
        self.asm.constant(Word::NONE);
        self.asm.emit(Instruction::Compare(Comparison::Is));
        self.asm.jump(Instruction::JumpIfTrue, untimed);
        self.asm.emit(Instruction::Binary(operator));
        self.asm.emit(Instruction::Store(to));
        self.asm.jump(Instruction::Jump, end);
        self.asm.place_label(untimed);
        self.asm.emit(Instruction::Pop);
        if operator == BinaryOperator::Add {
            self.asm.emit(Instruction::Store(to));
        } else {
            self.asm.emit(Instruction::Pop);
        }
        self.asm.place_label(end);
    }

    fn predicate(&mut self, predicate: &Expr, result: u16) {
        match predicate {
            Expr::Lambda(lambda) if lambda.parameters.is_none() => self.expression(&lambda.body),
            Expr::Lambda(_) => self.unsupported(predicate, "a predicate with parameters", "leave them out"),
            _ => {
                self.expression(predicate);
                self.asm.emit(Instruction::CallValue(0));
            }
        }
        self.asm.emit(Instruction::Store(result));
    }
}
