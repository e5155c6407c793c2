//! What methods of executors and futures ask for, and how their answers are taken.

use crate::kernel::error::ErrorKind;
use crate::kernel::op::{Op, Question};
use crate::kernel::value::{FutureId, ObjectId, Value, Word};
use crate::kernel::values::Composite;
use crate::program::bytecode::{Instruction, Method};
use crate::program::vm::{Fault, Next, Vm};
use crate::program::{methods, shape};
use crate::step::trap::Cause;

impl Vm<'_> {
    /// Calls a method of an executor.
    pub fn pool_op(&mut self, pool: ObjectId, method: Method, arguments: &[Word]) -> Result<Op, Fault> {
        let argument = |index: usize| arguments.get(index).copied().unwrap_or(Word::UNBOUND);
        if self.machine.is_process(self.thread) && !matches!(method, Method::TakeWork | Method::TurnIdle) {
            return Err(Fault::Stop(self.trap(Cause::Unsupported("an executor that is used within a process".to_owned()))));
        }
        Ok(match method {
            Method::Submit => {
                let function = self.values.items(argument(0)).first().copied().unwrap_or(Word::NONE);
                if !matches!(function.value(), Value::Function(_)) {
                    let message = format!("'{}' object is not callable", shape::type_name(self.values, function));
                    return Err(self.error(ErrorKind::TypeError, &message));
                }
                Op::Submit(pool, argument(0))
            }
            Method::Shutdown => {
                let cancels = if argument(1).is_unbound() { false } else { self.truth(argument(1))? };
                // What it gives says whether the workers are waited for.
                let waits = if argument(0).is_unbound() { true } else { self.truth(argument(0))? };
                self.frame.stack.push(if waits { Word::object(pool) } else { Word::NONE });
                Op::ShutDown(pool, cancels)
            }
            Method::JoinWorkers => Op::JoinPool(pool),
            Method::TakeWork => Op::TakeWork(pool),
            Method::TurnIdle => Op::TurnIdle(pool),
            _ => return Err(self.no_attribute(pool, method)),
        })
    }

    /// Calls a method of a future.
    pub fn future_op(&mut self, future: FutureId, method: Method, arguments: &[Word]) -> Result<Op, Fault> {
        let argument = |index: usize| arguments.get(index).copied().unwrap_or(Word::UNBOUND);
        Ok(match method {
            Method::Result => Op::Result(future, self.patience(argument(0))?),
            Method::Exception => Op::Exception(future, self.patience(argument(0))?),
            Method::Done => Op::QueryFuture(future, Question::Done),
            Method::Running => Op::QueryFuture(future, Question::Running),
            Method::Cancelled => Op::QueryFuture(future, Question::Cancelled),
            Method::Cancel => {
                self.frame.stack.push(Word::future(future));
                Op::CancelFuture(future)
            }
            Method::AddDoneCallback => {
                self.frame.stack.extend([argument(0), Word::future(future)]);
                Op::AddCallback(future, argument(0))
            }
            Method::Settle => {
                let failed = argument(1) == Word::TRUE;
                Op::Settle(future, argument(0), failed)
            }
            _ => {
                let message = format!("'Future' object has no attribute '{}'", methods::name(method));
                return Err(self.error(ErrorKind::AttributeError, &message));
            }
        })
    }

    /// Takes the answer to a method whose operands are still on the stack; `None` for any other method.
    pub fn finish_pool_method(&mut self, method: Method, result: Word) -> Option<Result<Next, Fault>> {
        let functions = self.code.executors?;
        match method {
            Method::Shutdown => Some(Ok(Next::Onward)),
            Method::AddDoneCallback => {
                let (future, function) = (self.pop(), self.pop());
                if result == Word::TRUE {
                    return Some(self.call(functions.callback, &[function, future]));
                }
                Some(self.push(Word::NONE))
            }
            Method::Cancel if matches!(self.frame.stack.last().map(|word| word.value()), Some(Value::Future(_))) => {
                let future = self.pop();
                if result == Word::FALSE || self.values.items(result).is_empty() {
                    return Some(self.push(Word::bool(result != Word::FALSE)));
                }
                Some(self.call(functions.callbacks, &[result, future]))
            }
            _ => None,
        }
    }

    /// What only executors need of the instructions.
    pub fn execute_for_executors(&mut self, instruction: Instruction) -> Result<Next, Fault> {
        let word = self.pop();
        match instruction {
            Instruction::RunWork => {
                let work = word.as_future().map_or(Word::NONE, |id| self.machine.future(id).content(self.state));
                let items = self.values.items(work).to_vec();
                let Some((Value::Function(function), arguments)) = items.split_first().map(|(first, rest)| (first.value(), rest)) else {
                    return Err(self.error(ErrorKind::TypeError, "'NoneType' object is not callable"));
                };
                let arguments = self.bind(function, arguments.to_vec())?;
                self.call(function, &arguments)
            }
            Instruction::MakeResults => {
                let futures = self.values.items(word).into();
                let results = self.values.intern(Composite::Results(futures));
                self.push(results)
            }
            _ => {
                let raised = self.raised.map_or(self.frame.at, |(_, at)| at);
                self.swallowed.push((word, self.code.places[raised as usize]));
                Ok(Next::Onward)
            }
        }
    }
}
