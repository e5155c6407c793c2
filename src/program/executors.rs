//! Executors compiled: `submit`, `map`, `shutdown`, and what their workers do.

use ruff_python_ast::{Expr, ExprAttribute, ExprCall};

use crate::kernel::error::ErrorKind;
use crate::kernel::object::ObjectKind;
use crate::kernel::value::Word;
use crate::program::assembler::Assembler;
use crate::program::bytecode::{BinaryOperator, Builtin, Code, Comparison, ExecutorFunctions, Function, Instruction, Method};
use crate::program::compiler::Compiler;
use crate::program::globals::Globals;
use crate::step::place::Place;

impl Compiler<'_, '_> {
    /// `pool.submit(function, argument, ...)`
    pub fn submit(&mut self, call: &ExprCall, attribute: &ExprAttribute) {
        if call.arguments.args.is_empty() || !call.arguments.keywords.is_empty() {
            let help = "write `pool.submit(work, 1, 2)`";
            return self.mistake_with_help(call, "`submit` takes a function and its arguments, without keywords", help);
        }
        self.expression(&attribute.value);
        for argument in &call.arguments.args {
            self.looked_into(argument);
        }
        self.asm.emit(Instruction::MakeTuple(call.arguments.args.len() as u16));
        self.at(call);
        self.asm.emit(Instruction::Method(Method::Submit, 1));
    }

    /// `pool.map(function, iterable, ...)`: submits everything at once; what it gives waits for the results, one by one.
    pub fn map(&mut self, call: &ExprCall, attribute: &ExprAttribute) {
        let [function, iterables @ ..] = &*call.arguments.args else {
            self.mistake(call, "`map` takes a function and what it is applied to");
            return;
        };
        if let Some(keyword) = call.arguments.keywords.iter().find(|keyword| keyword.arg.as_ref().is_none_or(|arg| arg != "chunksize")) {
            self.mistake(keyword, "`map` takes no keyword here but `chunksize`");
        }
        if iterables.is_empty() {
            self.mistake(call, "`map` needs something to apply its function to");
            return;
        }
        let [pool, work, arguments, future, found] =
            ["pool", "work", "arguments", "future", "found"].map(|purpose| self.asm.hidden(purpose));
        self.expression(&attribute.value);
        self.asm.emit(Instruction::Store(pool));
        self.expression(function);
        self.asm.emit(Instruction::Store(work));
        iterables.iter().for_each(|iterable| self.looked_into(iterable));
        self.asm.emit(Instruction::Builtin(Builtin::Zip, iterables.len() as u8));
        self.asm.emit(Instruction::MakeList(0));
        self.asm.emit(Instruction::Store(found));
        self.at(call);
        self.asm.each_item(|asm| {
            asm.emit(Instruction::Store(arguments));
            asm.emit(Instruction::Load(pool));
            asm.emit(Instruction::Load(work));
            asm.emit(Instruction::MakeTuple(1));
            asm.emit(Instruction::Load(arguments));
            asm.emit(Instruction::Binary(BinaryOperator::Add));
            asm.emit(Instruction::Method(Method::Submit, 1));
            asm.emit(Instruction::Store(future));
            asm.append(found, future);
        });
        self.asm.emit(Instruction::Load(found));
        self.asm.emit(Instruction::MakeResults);
    }

    /// `pool.shutdown(wait=True, cancel_futures=False)`
    pub fn shutdown(&mut self, call: &ExprCall, attribute: &ExprAttribute) {
        let bound = self.bind(call, "shutdown", &["wait", "cancel_futures"], 0);
        self.expression(&attribute.value);
        for argument in &bound {
            match argument {
                Some(argument) => self.expression(argument),
                None => self.asm.constant(Word::UNBOUND),
            }
        }
        self.at(call);
        self.asm.emit(Instruction::Method(Method::Shutdown, 2));
        self.asm.emit(Instruction::Method(Method::JoinWorkers, 0));
    }

    /// `list(pool.map(...))`, `tuple(pool.map(...))`: waits for all results.
    pub fn all_results(&mut self, call: &ExprCall, which: Builtin) {
        let [results] = &*call.arguments.args else { return };
        let (item, found) = (self.asm.hidden("item"), self.asm.hidden("found"));
        self.asm.emit(Instruction::MakeList(0));
        self.asm.emit(Instruction::Store(found));
        self.expression(results);
        self.at(call);
        self.asm.each_item(|asm| {
            asm.emit(Instruction::Store(item));
            asm.append(found, item);
        });
        self.asm.emit(Instruction::Load(found));
        self.asm.emit(Instruction::Builtin(which, 1));
    }

    /// Whether an expression is a pool that is declared.
    pub fn is_pool(&mut self, expression: &Expr) -> bool {
        self.declared_object(expression).is_some_and(|(_, kind)| matches!(kind, ObjectKind::Pool(..)))
    }
}

/// Whether a call is `something.map(...)`.
pub fn is_map(expression: &Expr) -> bool {
    matches!(expression, Expr::Call(call) if matches!(&*call.func, Expr::Attribute(attribute) if attribute.attr.as_str() == "map"))
}

/// Adds the functions that executors need, if the scenario declares one.
pub fn add_functions(code: &mut Code, globals: &Globals) {
    let pool = globals.objects.iter().find(|declaration| matches!(declaration.kind, ObjectKind::Pool(..)));
    let Some(pool) = pool else { return };
    let place = globals.names.get(&pool.name).map_or(Place::default(), |(_, place)| *place);
    let first = code.functions.len() as u16;
    let functions = ExecutorFunctions { worker: first, callback: first + 1, callbacks: first + 2 };
    let worker = worker(Assembler::begin(code, first, &["pool".to_owned()], place), functions);
    code.functions.push(worker);
    let parameters = ["function", "future"].map(str::to_owned);
    let callback = callback(Assembler::begin(code, first + 1, &parameters, place));
    code.functions.push(callback);
    let callbacks = callbacks(Assembler::begin(code, first + 2, &["functions", "future"].map(str::to_owned), place), functions);
    code.functions.push(callbacks);
    code.executors = Some(functions);
}

/// What a worker does: takes work, does it, says what came of it, calls the callbacks, counts itself idle; until there
/// will be no more.
fn worker(mut asm: Assembler<'_>, functions: ExecutorFunctions) -> Function {
    let (pool, future, content) = (0, asm.hidden("future"), asm.hidden("content"));
    let [again, end, idle, settled] = std::array::from_fn(|_| asm.label());
    asm.place_label(again);
    asm.emit(Instruction::Load(pool));
    asm.emit(Instruction::Method(Method::TakeWork, 0));
    asm.emit(Instruction::Duplicate);
    asm.emit(Instruction::Store(future));
    asm.constant(Word::NONE);
    asm.emit(Instruction::Compare(Comparison::Is));
    asm.jump(Instruction::JumpIfTrue, end);
    asm.emit(Instruction::Load(future));
    asm.jump(Instruction::JumpIfFalse, idle);
    let mut region = asm.open_region();
    asm.emit(Instruction::Load(future));
    asm.emit(Instruction::RunWork);
    asm.pause_region(&mut region);
    asm.emit(Instruction::Store(content));
    settle(&mut asm, future, content, false);
    asm.jump(Instruction::Jump, settled);
    asm.handle_region(region, 0);
    asm.emit(Instruction::Store(content));
    settle(&mut asm, future, content, true);
    asm.place_label(settled);
    call_each(&mut asm, future, functions);
    asm.place_label(idle);
    asm.emit(Instruction::Load(pool));
    asm.emit(Instruction::Method(Method::TurnIdle, 0));
    asm.emit(Instruction::Pop);
    asm.jump(Instruction::Jump, again);
    asm.place_label(end);
    asm.constant(Word::NONE);
    asm.emit(Instruction::Return);
    asm.finish("a worker".to_owned(), Vec::new())
}

fn settle(asm: &mut Assembler<'_>, future: u16, content: u16, failed: bool) {
    asm.emit(Instruction::Load(future));
    asm.emit(Instruction::Load(content));
    asm.constant(Word::bool(failed));
    asm.emit(Instruction::Method(Method::Settle, 2));
}

/// Calls the callbacks on the stack, one after the other.
fn call_each(asm: &mut Assembler<'_>, future: u16, functions: ExecutorFunctions) {
    asm.each_item(|asm| {
        asm.emit(Instruction::Load(future));
        asm.emit(Instruction::Call(functions.callback));
        asm.emit(Instruction::Pop);
    });
}

/// Calls a function with a future; an `Exception` is logged and forgotten, everything else ends the thread.
fn callback(mut asm: Assembler<'_>) -> Function {
    let (function, future, error) = (0, 1, asm.hidden("error"));
    let again = asm.label();
    let mut region = asm.open_region();
    asm.emit(Instruction::Load(function));
    asm.emit(Instruction::Load(future));
    asm.emit(Instruction::CallValue(1));
    asm.pause_region(&mut region);
    asm.emit(Instruction::Pop);
    asm.constant(Word::NONE);
    asm.emit(Instruction::Return);
    asm.handle_region(region, 0);
    asm.emit(Instruction::Store(error));
    asm.emit(Instruction::Load(error));
    asm.emit(Instruction::IsError(ErrorKind::Exception));
    asm.jump(Instruction::JumpIfFalse, again);
    asm.emit(Instruction::Load(error));
    asm.emit(Instruction::Swallow);
    asm.constant(Word::NONE);
    asm.emit(Instruction::Return);
    asm.place_label(again);
    asm.emit(Instruction::Load(error));
    asm.emit(Instruction::Raise);
    asm.finish("a callback".to_owned(), Vec::new())
}

/// Calls several functions with a future, and gives `True`.
fn callbacks(mut asm: Assembler<'_>, functions: ExecutorFunctions) -> Function {
    let (list, future) = (0, 1);
    asm.emit(Instruction::Load(list));
    call_each(&mut asm, future, functions);
    asm.constant(Word::TRUE);
    asm.emit(Instruction::Return);
    asm.finish("callbacks".to_owned(), Vec::new())
}
