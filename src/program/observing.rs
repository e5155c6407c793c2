//! What the expressions of claims see of a state, without changing it.

use crate::kernel::error::ErrorKind;
use crate::kernel::machine::Object;
use crate::kernel::value::{ThreadId, Word};
use crate::program::bytecode::Instruction;
use crate::program::frame::frames;
use crate::program::vm::{Fault, Next, Vm};

impl Vm<'_> {
    /// An expression of a claim: what it sees of the state.
    pub fn observe(&mut self, instruction: Instruction) -> Result<Next, Fault> {
        match instruction {
            Instruction::Peek(id) => {
                let word = match self.machine.object(id) {
                    Object::Variable(variable, _) => variable.read(self.state),
                    _ => Word::object(id),
                };
                self.push(word)
            }
            Instruction::PeekLocal(group, local) => {
                let number = self.pop();
                let Some(id) = self.threads.numbered(group, number) else {
                    return Err(self.error(ErrorKind::IndexError, "there is no thread with this number"));
                };
                self.peek_local(id, self.threads.function(group), local)
            }
            Instruction::CountAt(group, label) => {
                let inside = self.threads.members(group).filter(|&id| self.is_at(id, label)).count();
                self.push(Word::count(inside as u32))
            }
            Instruction::CountAtAny(label) => {
                let inside = self.machine.threads.iter().filter(|thread| self.is_at(thread.id, label)).count();
                self.push(Word::count(inside as u32))
            }
            other => unreachable!("{other:?} does not observe"),
        }
    }

    fn peek_local(&mut self, id: ThreadId, function: u16, local: u16) -> Result<Next, Fault> {
        let word = self.machine.thread(id).frame(self.state);
        let value = frames(self.code, self.values, word)
            .into_iter()
            .find(|frame| self.code.function_of[frame.at as usize] == function)
            .map_or(Word::UNBOUND, |frame| frame.locals[local as usize]);
        // A private name that is not bound yet, or not any more, is None to a claim.
        self.push(if value.is_unbound() { Word::NONE } else { value })
    }

    fn is_at(&self, id: ThreadId, label: u16) -> bool {
        let name = format!(".in {}", self.code.labels[label as usize]);
        frames(self.code, self.values, self.machine.thread(id).frame(self.state)).iter().any(|frame| {
            let function = &self.code.functions[self.code.function_of[frame.at as usize] as usize];
            function.locals.iter().position(|local| *local == name).is_some_and(|index| frame.locals[index].as_int().is_some_and(|n| n > 0))
        })
    }
}
