//! How a body runs privately: the virtual machine's loop, from one operation to the next.

use crate::kernel::error::ErrorKind;
use crate::kernel::machine::Machine;
use crate::kernel::op::Op;
use crate::kernel::state::State;
use crate::kernel::value::{ObjectId, ThreadId, Value, Word};
use crate::kernel::values::{Composite, Values};
use crate::program::bytecode::{Code, Instruction};
use crate::program::frame::Frame;
use crate::program::names::Names;
use crate::program::raised::Raised;
use crate::program::threads::Threads;
use crate::program::{collection, comparing, shape, writing};
use crate::step::place::Place;
use crate::step::trap::{Cause, Stop, Trap};

/// The most instructions between two transitions. Those that go through large values count by the values' size.
const FUEL: u64 = 2_000_000;

/// The most bytes of values that are made between two transitions.
const MOST_MADE: usize = 256 << 20;

/// The deepest nesting of calls; beyond it Python raises RecursionError.
const DEPTH: u32 = 1_000;

/// How the private computation of a thread ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pause {
    /// It asks for an operation.
    Asks(Op),
    /// Its body has ended with this result.
    Ended(Word),
    /// An exception has ended it.
    Failed(Word),
}

/// What an instruction leads to.
pub enum Next {
    /// The instruction behind it.
    Onward,
    /// Another one.
    To(u32),
    /// The operation asked for; its result is pushed.
    Ask(Op),
    /// The end of the outermost call.
    Return(Word),
}

/// What goes wrong within an instruction.
pub enum Fault {
    /// A Python exception: the word of its error object.
    Error(Word),
    /// The run stops.
    Stop(Stop),
}

/// The virtual machine while it runs one thread.
pub struct Vm<'a> {
    /// The code.
    pub code: &'a Code,
    /// The machine the thread runs on.
    pub machine: &'a Machine,
    /// The declared threads.
    pub threads: &'a Threads,
    /// The names of objects and functions.
    pub names: &'a Names,
    /// The composite values.
    pub values: &'a mut Values,
    /// The global state.
    pub state: &'a mut State,
    /// The thread.
    pub thread: ThreadId,
    /// The innermost call.
    pub frame: Frame,
    /// Threads that were started on the way and have yet to run up to their first operation.
    pub started: Vec<ThreadId>,
    /// The last exception that was raised, and the instruction that raised it first.
    pub raised: Option<(Word, u32)>,
    /// Exceptions that nobody will see.
    pub swallowed: Vec<(Word, Place)>,
    /// Whether a claim is evaluated: operations that only observe are free, others cannot occur.
    pub observing: bool,
}

impl Vm<'_> {
    /// Runs to the next operation, beginning at the current instruction.
    pub fn run(&mut self) -> Result<Pause, Stop> {
        let mut fuel = FUEL;
        let before = self.values.bytes();
        while fuel > 0 {
            let instruction = self.code.instructions[self.frame.at as usize];
            fuel = fuel.saturating_sub(1 + self.weight(instruction));
            if self.values.bytes() - before > MOST_MADE {
                let what = format!("more than {} MiB of values made in one transition", MOST_MADE >> 20);
                return Err(self.trap(Cause::Unsupported(what)));
            }
            match self.execute(instruction) {
                Ok(Next::Onward) => self.frame.at += 1,
                Ok(Next::To(target)) => self.frame.at = target,
                Ok(Next::Return(result)) => return Ok(Pause::Ended(result)),
                Ok(Next::Ask(op)) => {
                    self.frame.forget_dead(self.code.live[self.frame.at as usize]);
                    return Ok(Pause::Asks(op));
                }
                Err(Fault::Stop(stop)) => return Err(stop),
                Err(Fault::Error(error)) => {
                    if let Some(error) = self.unwind(error) {
                        return Ok(Pause::Failed(error));
                    }
                }
            }
        }
        Err(self.trap(Cause::Endless(FUEL)))
    }

    /// How much more than others an instruction takes, as far as that lies in the size of its operands.
    fn weight(&self, instruction: Instruction) -> u64 {
        if !matches!(instruction, Instruction::Builtin(..) | Instruction::Method(..) | Instruction::Binary(_) | Instruction::Compare(_)) {
            return 0;
        }
        let operands = self.frame.stack.iter().rev().take(2);
        let sizes = operands.map(|&word| match self.values.composite(word) {
            Some(Composite::List(items) | Composite::Tuple(items)) => items.len() / 8,
            Some(Composite::Dict(pairs)) => pairs.len() / 4,
            _ => 0,
        });
        sizes.sum::<usize>() as u64
    }

    /// Goes on after an operation with its result, then to the next operation.
    pub fn resume(&mut self, result: Result<Word, Word>) -> Result<Pause, Stop> {
        let finished = match result {
            Ok(word) => self.finish(word),
            Err(error) => Err(Fault::Error(error)),
        };
        match finished {
            Ok(Next::To(target)) => self.frame.at = target,
            Ok(_) => self.frame.at += 1,
            Err(Fault::Stop(stop)) => return Err(stop),
            Err(Fault::Error(error)) => {
                if let Some(error) = self.unwind(error) {
                    return Ok(Pause::Failed(error));
                }
            }
        }
        self.run()
    }

    /// Goes on at the handler of an error, in this call or a caller; gives the error back where there is none.
    fn unwind(&mut self, error: Word) -> Option<Word> {
        if self.raised.is_none_or(|(raised, _)| raised != error) {
            self.raised = Some((error, self.frame.at));
        }
        loop {
            let at = self.frame.at;
            let function = &self.code.functions[self.code.function_of[at as usize] as usize];
            if let Some(handler) = function.handlers.iter().find(|handler| (handler.start..handler.end).contains(&at)) {
                self.frame.stack.truncate(handler.depth as usize);
                self.frame.stack.push(error);
                self.frame.at = handler.target;
                return None;
            }
            match Frame::unpack(self.code, self.values, self.frame.caller) {
                Some(caller) => self.frame = caller,
                None => return Some(error),
            }
        }
    }

    /// A stop at the current instruction.
    pub fn trap(&self, cause: Cause) -> Stop {
        Stop::Trap(Trap { cause, place: self.code.places[self.frame.at as usize] })
    }

    /// A Python exception with this message.
    pub fn error(&mut self, kind: ErrorKind, message: &str) -> Fault {
        let message = if message.is_empty() { Word::UNBOUND } else { self.values.text(message) };
        Fault::Error(self.values.intern(Composite::Error(kind, message)))
    }

    /// What a pure operation raised, as this instruction's fault.
    pub fn fault(&mut self, raised: Raised) -> Fault {
        match raised {
            Raised::Error(kind, message) => Fault::Error(self.values.intern(Composite::Error(kind, message))),
            Raised::Asymmetric => Fault::Stop(Stop::Asymmetric),
            Raised::Unsupported(what) => Fault::Stop(self.trap(Cause::Unsupported(what))),
        }
    }

    /// Pops an operand.
    ///
    /// # Panics
    ///
    /// On an empty stack: a bug of the compiler.
    pub fn pop(&mut self) -> Word {
        self.frame.stack.pop().expect("the compiler balances the stack")
    }

    /// Pops this many operands, first pushed first.
    pub fn pop_many(&mut self, count: usize) -> Vec<Word> {
        let split = self.frame.stack.len() - count;
        self.frame.stack.split_off(split)
    }

    /// Pushes an operand.
    pub fn push(&mut self, word: Word) -> Result<Next, Fault> {
        self.frame.stack.push(word);
        Ok(Next::Onward)
    }

    /// Pushes the result of a pure operation.
    pub fn push_or(&mut self, result: Result<Word, Raised>) -> Result<Next, Fault> {
        match result {
            Ok(word) => self.push(word),
            Err(raised) => Err(self.fault(raised)),
        }
    }

    /// Whether a value counts as true.
    pub fn truth(&mut self, word: Word) -> Result<bool, Fault> {
        comparing::truth(self.values, word).map_err(|raised| self.fault(raised))
    }

    fn execute(&mut self, instruction: Instruction) -> Result<Next, Fault> {
        match instruction {
            Instruction::Constant(word) => self.push(word),
            Instruction::Object(id, name) => {
                self.made_here(name)?;
                self.push(Word::object(id))
            }
            Instruction::Load(local) => self.load(local),
            Instruction::Store(local) => {
                self.frame.locals[local as usize] = self.pop();
                Ok(Next::Onward)
            }
            Instruction::Unbind(local) => {
                self.frame.locals[local as usize] = Word::UNBOUND;
                Ok(Next::Onward)
            }
            Instruction::Pop | Instruction::Duplicate | Instruction::DuplicateTwo | Instruction::Swap | Instruction::RotateThree => {
                self.shuffle(instruction);
                Ok(Next::Onward)
            }
            Instruction::Jump(_)
            | Instruction::JumpIfFalse(_)
            | Instruction::JumpIfTrue(_)
            | Instruction::JumpIfFalseOrPop(_)
            | Instruction::JumpIfTrueOrPop(_)
            | Instruction::Iterate
            | Instruction::Next(_) => self.jump(instruction),
            Instruction::Call(function) => {
                let arguments = self.pop_many(self.code.functions[function as usize].parameters as usize);
                self.call(function, &arguments)
            }
            Instruction::CallValue(count) => {
                let arguments = self.pop_many(count as usize);
                let function = self.pop();
                let Value::Function(function) = function.value() else {
                    let message = format!("'{}' object is not callable", shape::type_name(self.values, function));
                    return Err(self.error(ErrorKind::TypeError, &message));
                };
                let arguments = self.bind(function, arguments)?;
                self.call(function, &arguments)
            }
            Instruction::Return => self.return_from_call(),
            Instruction::Raise | Instruction::MakeError(_) | Instruction::IsError(_) => self.handle_error(instruction),
            Instruction::Builtin(builtin, count) => self.builtin(builtin, count as usize),
            Instruction::Method(method, count) => self.method(method, count as usize),
            Instruction::Attribute(attribute) => self.attribute(attribute),
            Instruction::LoadAttribute(..)
            | Instruction::StoreAttribute(..)
            | Instruction::StoreDaemon
            | Instruction::StoreName
            | Instruction::ThreadAt(_)
            | Instruction::ThreadGroup(_) => self.execute_on_threads(instruction),
            Instruction::Read(_)
            | Instruction::Write(_)
            | Instruction::ReadItem(_)
            | Instruction::WriteItem(_)
            | Instruction::Append(_)
            | Instruction::PopItem(_) => {
                let op = self.variable_op(instruction)?;
                Ok(Next::Ask(op))
            }
            Instruction::RunWork | Instruction::Swallow | Instruction::MakeResults => self.execute_for_executors(instruction),
            Instruction::JoinGroup(group) => Ok(Next::Ask(self.threads.join_all(group))),
            Instruction::Peek(_) | Instruction::PeekLocal(..) | Instruction::CountAt(..) | Instruction::CountAtAny(_) => {
                self.observe(instruction)
            }
            _ => self.build(instruction),
        }
    }

    fn load(&mut self, local: u16) -> Result<Next, Fault> {
        let word = self.frame.locals[local as usize];
        if !word.is_unbound() {
            return self.push(word);
        }
        let function = &self.code.functions[self.code.function_of[self.frame.at as usize] as usize];
        let message = format!("cannot access local variable '{}' where it is not associated with a value", function.locals[local as usize]);
        Err(self.error(ErrorKind::UnboundLocalError, &message))
    }

    fn shuffle(&mut self, instruction: Instruction) {
        let top = self.pop();
        match instruction {
            Instruction::Duplicate => self.frame.stack.extend([top, top]),
            Instruction::DuplicateTwo => {
                let under = self.pop();
                self.frame.stack.extend([under, top, under, top]);
            }
            Instruction::Swap => {
                let under = self.pop();
                self.frame.stack.extend([top, under]);
            }
            Instruction::RotateThree => {
                let (under, third) = (self.pop(), self.pop());
                self.frame.stack.extend([top, third, under]);
            }
            _ => {}
        }
    }

    fn jump(&mut self, instruction: Instruction) -> Result<Next, Fault> {
        let to = |target: u32, jumps: bool| if jumps { Next::To(target) } else { Next::Onward };
        match instruction {
            Instruction::Jump(target) => Ok(Next::To(target)),
            Instruction::JumpIfFalse(target) => {
                let top = self.pop();
                Ok(to(target, !self.truth(top)?))
            }
            Instruction::JumpIfTrue(target) => {
                let top = self.pop();
                Ok(to(target, self.truth(top)?))
            }
            Instruction::JumpIfFalseOrPop(target) | Instruction::JumpIfTrueOrPop(target) => {
                let top = self.pop();
                let jumps = self.truth(top)? == matches!(instruction, Instruction::JumpIfTrueOrPop(_));
                if jumps {
                    self.frame.stack.push(top);
                }
                Ok(to(target, jumps))
            }
            Instruction::Iterate => {
                let iterable = self.pop();
                if matches!(self.values.composite(iterable), Some(Composite::Results(_))) {
                    self.frame.stack.extend([iterable, Word::ZERO]);
                    return Ok(Next::Onward);
                }
                match collection::items_of(self.values, iterable) {
                    Ok(items) => {
                        let items = self.values.tuple(items);
                        self.frame.stack.extend([items, Word::ZERO]);
                        Ok(Next::Onward)
                    }
                    Err(raised) => Err(self.fault(raised)),
                }
            }
            Instruction::Next(target) => {
                let (index, items) = (self.pop(), self.pop());
                let next = index.as_int().unwrap_or(0) as usize;
                if let Some(Composite::Results(futures)) = self.values.composite(items) {
                    if next == futures.len() {
                        return Ok(Next::To(target));
                    }
                    self.frame.stack.extend([items, Word::count(next as u32 + 1)]);
                    return Ok(Next::Ask(Op::NextResult(items, next as u16)));
                }
                let Some(&item) = self.values.items(items).get(next) else { return Ok(Next::To(target)) };
                self.frame.stack.extend([items, Word::count(next as u32 + 1), item]);
                Ok(Next::Onward)
            }
            other => unreachable!("{other:?} does not jump"),
        }
    }

    /// The arguments of a call through a function value, defaults filled in.
    pub fn bind(&mut self, function: u16, mut arguments: Vec<Word>) -> Result<Vec<Word>, Fault> {
        let function = &self.code.functions[function as usize];
        let parameters = function.parameters as usize;
        let given = arguments.len();
        let missing = parameters.saturating_sub(given);
        if given > parameters || missing > function.defaults.len() {
            let message = format!("{}() takes {parameters} positional arguments but {given} were given", function.name);
            return Err(self.error(ErrorKind::TypeError, &message));
        }
        arguments.extend(&function.defaults[function.defaults.len() - missing..]);
        Ok(arguments)
    }

    /// Calls a function of the program.
    pub fn call(&mut self, function: u16, arguments: &[Word]) -> Result<Next, Fault> {
        if self.frame.depth >= DEPTH {
            return Err(self.error(ErrorKind::RecursionError, "maximum recursion depth exceeded"));
        }
        let caller = self.frame.pack(self.values);
        self.frame = Frame::call(self.code, function, arguments, caller, self.frame.depth + 1);
        Ok(Next::To(self.frame.at))
    }

    fn return_from_call(&mut self) -> Result<Next, Fault> {
        let result = self.pop();
        match Frame::unpack(self.code, self.values, self.frame.caller) {
            None => Ok(Next::Return(result)),
            Some(caller) => {
                self.frame = caller;
                self.push(result)
            }
        }
    }

    fn handle_error(&mut self, instruction: Instruction) -> Result<Next, Fault> {
        let word = self.pop();
        let kind_of = |values: &Values| match values.composite(word) {
            Some(Composite::Error(kind, _)) => Some(*kind),
            _ => None,
        };
        match instruction {
            Instruction::MakeError(kind) => {
                let message = writing::error_message(self.values, self.names, kind, word).map_err(|raised| self.fault(raised))?;
                let error = self.values.intern(Composite::Error(kind, message));
                self.push(error)
            }
            Instruction::IsError(class) => {
                let caught = kind_of(self.values).is_some_and(|kind| kind.is_a(class));
                self.push(Word::bool(caught))
            }
            _ if kind_of(self.values).is_some() => Err(Fault::Error(word)),
            _ => Err(self.error(ErrorKind::TypeError, "exceptions must derive from BaseException")),
        }
    }

    /// The object in a word, if it is one.
    pub fn object_in(&self, word: Word) -> Option<ObjectId> {
        match word.value() {
            Value::Object(id) => Some(id),
            _ => None,
        }
    }
}
