//! Calls compiled: functions, builtins, methods; their arguments bound to parameters.

use ruff_python_ast::{Arguments, Expr, ExprAttribute, ExprCall};
use ruff_text_size::Ranged;

use crate::kernel::object::ObjectKind;
use crate::kernel::value::Word;
use crate::program::bytecode::{Builtin, Instruction};
use crate::program::compiler::{Block, Compiler, Flavour};
use crate::program::diagnostic::Diagnostic;
use crate::program::executors::is_map;
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

    /// Whether the arguments of a call can be counted in a byte; says so where not.
    pub fn fits(&mut self, call: &ExprCall) -> bool {
        let fits = call.arguments.args.len() <= usize::from(u8::MAX);
        if !fits {
            self.mistake_with_help(call, format!("a call has at most {} arguments here", u8::MAX), "put them into a list");
        }
        fits
    }

    fn unknown_function(&mut self, call: &ExprCall, name: &str) {
        let way_out = match name {
            "time" | "monotonic" | "perf_counter" => Some("`now()` gives the virtual time as text"),
            "Lock" | "RLock" | "Semaphore" | "BoundedSemaphore" | "Event" | "Condition" | "Barrier" | "Queue" | "LifoQueue"
            | "PriorityQueue" | "SimpleQueue" | "local" => Some("declare it under `objects:`"),
            "dict" | "set" => Some("write it as a literal"),
            "open" | "requests" => Some("what comes from outside is declared under `calls:` or `inputs:`"),
            "ThreadPoolExecutor" | "ProcessPoolExecutor" | "JoinableQueue" => Some("declare it under `objects:`"),
            "Process" => Some("declare it under `processes:`"),
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
        if !self.fits(call) {
            return;
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
    pub fn bind<'e>(&mut self, call: &'e ExprCall, name: &str, parameters: &[&str], required: usize) -> Vec<Option<&'e Expr>> {
        let Arguments { args, keywords, .. } = &call.arguments;
        let mut bound: Vec<Option<&Expr>> = vec![None; parameters.len()];
        let before = self.mistakes.len();
        for (index, argument) in args.iter().enumerate() {
            if argument.is_starred_expr() {
                self.unsupported(argument, "`*` in a call", "write the arguments out");
                continue;
            }
            match bound.get_mut(index) {
                Some(place) => *place = Some(argument),
                None => {
                    let most = parameters.len();
                    let message = match most {
                        0 => format!("`{name}` takes no argument"),
                        1 => format!("`{name}` takes at most 1 argument"),
                        _ => format!("`{name}` takes at most {most} arguments"),
                    };
                    self.mistake(argument, message);
                    break;
                }
            }
        }
        for keyword in keywords {
            let Some(arg) = &keyword.arg else {
                self.mistake_with_help(keyword, "drawloom does not support `**` in a call", "write the arguments out");
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
        // An argument is not missed as well where one was given in a way that cannot be.
        if self.mistakes.len() == before
            && let Some(missing) = (0..required).find(|&index| bound[index].is_none())
        {
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
        if matches!(known.builtin, Builtin::List | Builtin::Tuple) && call.arguments.args.first().is_some_and(is_map) {
            return self.all_results(call, known.builtin);
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

    fn call_method(&mut self, call: &ExprCall, attribute: &ExprAttribute) {
        let name = attribute.attr.as_str();
        let declared = self.declared_object(&attribute.value);
        if let Some((_, kind)) = declared
            && !methods_of(kind).contains(&name)
        {
            return self.no_method(attribute, kind.name(), methods_of(kind));
        }
        if self.flavour == Flavour::Claim
            && !matches!(name, "locked" | "is_set" | "isSet" | "qsize" | "empty" | "full" | "is_alive")
            && !(declared.is_none() && matches!(name, "get" | "count" | "index"))
        {
            self.mistake_with_help(call, format!("a claim only observes, it cannot call `{name}`"), "look at variables and objects");
            return;
        }
        match name {
            "append" | "pop" if declared.is_none() => return self.change_in_place(call, attribute),
            "wait_for" => return self.wait_for(call, attribute),
            "submit" => return self.submit(call, attribute),
            "map" => return self.map(call, attribute),
            "shutdown" => return self.shutdown(call, attribute),
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
        let Some((which, parameters, required)) = method(name) else { return self.unknown_method(attribute) };
        // Only semaphores are released several times at once.
        let lock = matches!(declared, Some((_, ObjectKind::Lock | ObjectKind::RLock | ObjectKind::Condition(_))));
        if lock && name == "release" && !call.arguments.is_empty() {
            self.bind(call, name, &[], 0);
            return;
        }
        if name == "wait"
            && matches!(declared, Some((_, ObjectKind::Condition(_))))
            && !self.blocks.iter().any(|block| matches!(block, Block::Loop { .. }))
        {
            let place = python::place_of(self.text, call);
            self.asm.code.waits_without_loop.push(place);
        }
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

    /// A method that nothing has here.
    fn unknown_method(&mut self, attribute: &ExprAttribute) {
        if let Expr::Name(name) = &*attribute.value
            && self.private_local(&name.id).is_none()
            && self.global(&name.id).is_none()
        {
            return self.unknown(name, &name.id);
        }
        let name = attribute.attr.as_str();
        let help = match name {
            "sort" => "make a sorted list: `xs = sorted(xs)`",
            "reverse" => "make a reversed list: `xs = list(reversed(xs))`",
            "extend" | "insert" | "remove" => "make the new list: `xs = xs + [...]`",
            "update" | "setdefault" => "assign item by item: `d[key] = value`",
            "format" => "use an f-string: `f\"{x}\"`",
            _ => "",
        };
        let place = python::range_in(self.text, attribute.attr.range);
        let mistake = Diagnostic::new(place, format!("drawloom knows no method `{name}`"));
        self.mistakes.push(if help.is_empty() { mistake.did_you_mean(name, METHODS) } else { mistake.help(help) });
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
}
