//! Calls compiled: functions, builtins, methods; their arguments bound to parameters.

use ruff_python_ast::{Arguments, Expr, ExprAttribute, ExprCall};
use ruff_text_size::Ranged;

use crate::kernel::value::Word;
use crate::program::bytecode::{BinaryOperator, Builtin, Comparison, Conversion, Instruction, Method};
use crate::program::compiler::{Compiler, Flavour};
use crate::program::diagnostic::Diagnostic;
use crate::program::globals::{Global, METHODS, SPECIAL, builtin, method, methods_of};
use crate::program::python;

impl Compiler<'_, '_> {
    /// Pushes the result of a call.
    pub fn call(&mut self, call: &ExprCall) {
        match &*call.func {
            Expr::Name(name) => self.call_name(call, &name.id),
            Expr::Attribute(attribute) => match self.module_member(attribute) {
                Some(member) => self.call_name(call, &member),
                None => self.call_method(call, attribute),
            },
            _ => {
                self.mistake(call, "drawloom calls functions by name only");
            }
        }
    }

    /// `sleep` of `time.sleep`.
    fn module_member(&mut self, attribute: &ExprAttribute) -> Option<String> {
        let outermost = match &*attribute.value {
            Expr::Name(name) => name,
            Expr::Attribute(inner) => inner.value.as_name_expr()?,
            _ => return None,
        };
        self.is_module(&outermost.id).then(|| attribute.attr.to_string())
    }

    fn call_name(&mut self, call: &ExprCall, name: &str) {
        if let Some(local) = self.private_local(name) {
            self.asm.emit(Instruction::Load(local));
            return self.call_value(call);
        }
        match self.global(name) {
            Some(Global::Function(number)) => return self.call_function(call, number),
            Some(Global::Variable(_)) => {
                self.expression(&call.func);
                return self.call_value(call);
            }
            Some(_) => {
                self.mistake(call, format!("`{name}` cannot be called"));
                return;
            }
            None => {}
        }
        if self.flavour == Flavour::Claim && !self.observes(name) {
            self.mistake_with_help(call, format!("a claim only observes, it cannot call `{name}`"), "look at variables and objects");
            return;
        }
        match builtin(name) {
            Some(known) => self.call_builtin(call, name, &known),
            None if SPECIAL.contains(&name) => self.call_special(call, name),
            None => self.unknown_function(call, name),
        }
    }

    fn observes(&self, name: &str) -> bool {
        matches!(
            name,
            "len"
                | "sum"
                | "sorted"
                | "any"
                | "all"
                | "abs"
                | "min"
                | "max"
                | "range"
                | "str"
                | "int"
                | "list"
                | "tuple"
                | "bool"
                | "count"
                | "zip"
                | "enumerate"
                | "repr"
                | "round"
        )
    }

    fn unknown_function(&mut self, call: &ExprCall, name: &str) {
        let way_out = match name {
            "time" | "monotonic" | "perf_counter" => Some("`now()` gives the virtual time as text"),
            "Lock" | "RLock" | "Semaphore" | "BoundedSemaphore" | "Event" | "Condition" | "Barrier" | "Queue" | "LifoQueue"
            | "PriorityQueue" | "SimpleQueue" | "local" => Some("declare it under `objects:`"),
            "dict" | "set" => Some("write it as a literal"),
            "open" | "requests" => Some("what comes from outside is declared under `inputs:`"),
            "ThreadPoolExecutor" | "ProcessPoolExecutor" | "Process" | "JoinableQueue" => Some("not supported yet"),
            _ => None,
        };
        match way_out {
            Some(help) => self.mistake_with_help(&*call.func, format!("`{name}` cannot be called in a body"), help),
            None => self.unknown(&*call.func, name),
        }
    }

    fn call_value(&mut self, call: &ExprCall) {
        if !call.arguments.keywords.is_empty() {
            self.mistake(&call.arguments, "a function in a variable is called without keywords");
        }
        for argument in &call.arguments.args {
            self.expression(argument);
        }
        self.at(call);
        self.asm.emit(Instruction::CallValue(call.arguments.args.len() as u8));
    }

    fn call_function(&mut self, call: &ExprCall, number: u16) {
        if self.flavour == Flavour::Claim {
            self.mistake_with_help(call, "a claim only observes, it cannot call functions", "look at variables and objects");
            return;
        }
        let signature = self.globals.signatures[number as usize].clone();
        let parameters: Vec<&str> = signature.parameters.iter().map(String::as_str).collect();
        let required = parameters.len() - signature.defaults.len();
        let bound = self.bind(call, &signature.name, &parameters, required);
        for (index, argument) in bound.iter().enumerate() {
            match argument {
                Some(argument) => self.expression(argument),
                None => self.asm.constant(signature.defaults.get(index.wrapping_sub(required)).copied().unwrap_or(Word::UNBOUND)),
            }
        }
        self.at(call);
        self.asm.emit(Instruction::Call(number));
    }

    /// Binds arguments to parameters; those left out are `None`. Says what does not fit.
    fn bind<'e>(&mut self, call: &'e ExprCall, name: &str, parameters: &[&str], required: usize) -> Vec<Option<&'e Expr>> {
        let Arguments { args, keywords, .. } = &call.arguments;
        let mut bound: Vec<Option<&Expr>> = vec![None; parameters.len()];
        for (index, argument) in args.iter().enumerate() {
            if argument.is_starred_expr() {
                self.unsupported(argument, "`*` in a call", "write the arguments out");
                continue;
            }
            match bound.get_mut(index) {
                Some(place) => *place = Some(argument),
                None => {
                    let most = parameters.len();
                    self.mistake(argument, format!("`{name}` takes at most {most} argument{}", if most == 1 { "" } else { "s" }));
                    break;
                }
            }
        }
        for keyword in keywords {
            let Some(arg) = &keyword.arg else {
                self.mistake(keyword, "drawloom does not support `**` in a call");
                continue;
            };
            let wanted = if arg.as_str() == "function" && name == "Timer" { "function" } else { arg.as_str() };
            match parameters.iter().position(|parameter| *parameter == wanted) {
                Some(index) if bound[index].is_none() => bound[index] = Some(&keyword.value),
                Some(_) => {
                    self.mistake(keyword, format!("`{arg}` is given twice"));
                }
                None => {
                    let place = python::range_in(self.text, arg.range());
                    let mistake = Diagnostic::new(place, format!("`{name}` has no parameter `{arg}`"));
                    self.mistakes.push(mistake.did_you_mean(arg.as_str(), parameters.iter().copied()));
                }
            }
        }
        if let Some(missing) = (0..required).find(|&index| bound[index].is_none()) {
            self.mistake(call, format!("`{name}` needs its argument `{}`", parameters[missing]));
        }
        bound
    }

    fn call_builtin(&mut self, call: &ExprCall, name: &str, known: &crate::program::globals::Known) {
        if matches!(known.builtin, Builtin::Random | Builtin::Uniform) && !self.sleeping {
            let help = "use `randint(a, b)` or `choice([...])`: their results are explored one by one";
            self.mistake_with_help(call, format!("`{name}()` can be any real number: it may only stand in the argument of `sleep`"), help);
        }
        let thread_group = matches!(known.builtin, Builtin::Thread);
        let parameters: Vec<&str> = if thread_group { vec!["target", "name", "args", "daemon"] } else { known.parameters.to_vec() };
        if thread_group && !call.arguments.args.is_empty() {
            self.mistake_with_help(call, "`Thread` takes its arguments by keyword", "write `Thread(target=f, args=(1,))`");
            return;
        }
        let bound = self.bind(call, name, &parameters, known.required);
        let outer = self.sleeping;
        self.sleeping |= known.builtin == Builtin::Sleep;
        let empty = matches!(known.builtin, Builtin::List | Builtin::Tuple);
        for argument in &bound {
            match argument {
                Some(argument) => self.looked_into(argument),
                None if empty => self.asm.emit(Instruction::MakeTuple(0)),
                None => self.asm.constant(Word::UNBOUND),
            }
        }
        self.sleeping = outer;
        self.at(call);
        self.asm.emit(Instruction::Builtin(known.builtin, bound.len() as u8));
    }

    fn call_special(&mut self, call: &ExprCall, name: &str) {
        match name {
            "range" => self.range(call),
            "min" => self.variadic(call, Builtin::Min),
            "max" => self.variadic(call, Builtin::Max),
            "zip" => self.variadic(call, Builtin::Zip),
            "print" => self.print(call),
            "input" => self.input(call),
            "strftime" => self.asm.emit(Instruction::Builtin(Builtin::Now, 0)),
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
                self.mistake(keyword, "`print` takes the keywords `sep`, `end` and `flush` here");
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
    fn whole_group(&mut self, expression: &Expr) -> Option<u16> {
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
                let (again, end) = (self.asm.label(), self.asm.label());
                self.asm.emit(Instruction::ThreadGroup(group));
                self.asm.emit(Instruction::Iterate);
                self.asm.place_label(again);
                self.asm.jump(Instruction::Next, end);
                self.asm.bare_method(Method::Start, 0);
                self.asm.emit(Instruction::Pop);
                self.asm.jump(Instruction::Jump, again);
                self.asm.place_label(end);
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
                _ => self.mistake_with_help(call, format!("`{}` is no group of threads", name.id), "name one of `threads:`"),
            },
            _ => {
                self.mistake(call, "`count` takes one group of threads, and `at`");
            }
        }
    }

    fn call_method(&mut self, call: &ExprCall, attribute: &ExprAttribute) {
        let name = attribute.attr.as_str();
        let declared = self.declared_object(&attribute.value);
        if let Some((_, kind)) = declared
            && !methods_of(kind).contains(&name)
        {
            return self.no_method(attribute, kind.name(), methods_of(kind));
        }
        if self.flavour == Flavour::Claim
            && !matches!(name, "locked" | "is_set" | "isSet" | "qsize" | "empty" | "full" | "is_alive" | "get" | "count" | "index")
        {
            self.mistake_with_help(call, format!("a claim only observes, it cannot call `{name}`"), "look at variables and objects");
            return;
        }
        match name {
            "append" | "pop" if declared.is_none() => return self.change_in_place(call, attribute),
            "wait_for" => return self.wait_for(call, attribute),
            "setDaemon" | "setName" => return self.set_by_call(call, attribute),
            "getName" | "isDaemon" => {
                self.expression(&attribute.value);
                let which = if name == "getName" { "name" } else { "daemon" };
                let attribute = crate::program::globals::attribute(which).expect("it is known");
                return self.asm.emit(Instruction::Attribute(attribute));
            }
            _ => {}
        }
        if let Some(group) = self.whole_group(&attribute.value)
            && matches!(name, "start" | "join")
        {
            let _ = group;
            let Expr::Name(group) = &*attribute.value else { return };
            let help = format!("write `{name}({0})` for all of them, or `{0}[0].{name}()` for one", group.id);
            return self.mistake_with_help(call, format!("`{}` is several threads", group.id), help);
        }
        let Some((which, parameters, required)) = method(name) else { return self.no_method(attribute, "a value", &METHODS) };
        let bound = self.bind(call, name, parameters, required);
        self.looked_into(&attribute.value);
        for argument in &bound {
            match argument {
                Some(argument) => self.expression(argument),
                None => self.asm.constant(Word::UNBOUND),
            }
        }
        self.at(call);
        self.asm.emit(Instruction::Method(which, bound.len() as u8));
    }

    fn no_method(&mut self, attribute: &ExprAttribute, kind: &str, known: &[&str]) {
        let place = python::range_in(self.text, attribute.attr.range);
        let mut mistake = Diagnostic::new(place, format!("{kind} has no method `{}`", attribute.attr));
        mistake = mistake.did_you_mean(attribute.attr.as_str(), known.iter().copied());
        if mistake.helps.is_empty() && known.len() < 12 && !known.is_empty() {
            mistake = mistake.help(format!("it has {}", known.join(", ")));
        }
        self.mistakes.push(mistake);
    }

    /// `xs.append(x)` and `xs.pop()`: of a shared variable a transition, of a private name a new value.
    fn change_in_place(&mut self, call: &ExprCall, attribute: &ExprAttribute) {
        let Expr::Name(name) = &*attribute.value else {
            let help = "containers are values here: build the new one and assign it to the name";
            return self.mistake_with_help(call, "only a list with a name can be changed in place", help);
        };
        let appends = attribute.attr.as_str() == "append";
        let argument = match (&*call.arguments.args, call.arguments.keywords.is_empty()) {
            ([argument], true) => Some(argument),
            ([], true) if !appends => None,
            _ => {
                self.mistake(call, format!("`{}` takes one argument", attribute.attr));
                return;
            }
        };
        let shared = match self.global(&name.id) {
            Some(Global::Variable(id)) => Some(id),
            _ => {
                self.looked_into(&attribute.value);
                None
            }
        };
        match argument {
            Some(argument) => self.expression(argument),
            None => self.asm.constant(Word::int(-1).unwrap_or(Word::ZERO)),
        }
        self.at(call);
        match (shared, appends) {
            (Some(id), true) => self.asm.emit(Instruction::Append(id)),
            (Some(id), false) => self.asm.emit(Instruction::PopItem(id)),
            (None, true) => {
                self.asm.emit(Instruction::WithAppended);
                self.store(name, &name.id);
            }
            (None, false) => {
                self.asm.emit(Instruction::WithoutItem);
                self.asm.emit(Instruction::Swap);
                self.store(name, &name.id);
            }
        }
        if appends {
            self.asm.constant(Word::NONE);
        }
    }

    fn set_by_call(&mut self, call: &ExprCall, attribute: &ExprAttribute) {
        let [argument] = &*call.arguments.args else {
            self.mistake(call, format!("`{}` takes one argument", attribute.attr));
            return;
        };
        self.expression(&attribute.value);
        self.expression(argument);
        self.at(call);
        self.asm.emit(if attribute.attr.as_str() == "setName" { Instruction::StoreName } else { Instruction::StoreDaemon });
        self.asm.constant(Word::NONE);
    }

    /// `condition.wait_for(predicate, timeout)`, as CPython 3.11 writes it out: wait again while the predicate is false
    /// and there is time left.
    fn wait_for(&mut self, call: &ExprCall, attribute: &ExprAttribute) {
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
