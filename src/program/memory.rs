//! What a thread can reach by name: shared variables, in a process its own copies; thread-local attributes; other threads.

use crate::kernel::error::ErrorKind;
use crate::kernel::local;
use crate::kernel::op::Op;
use crate::kernel::text;
use crate::kernel::value::Word;
use crate::program::bytecode::Instruction;
use crate::program::vm::{Fault, Next, Vm};
use crate::step::trap::Stop;

impl Vm<'_> {
    /// The operation on a shared variable that an instruction asks for.
    pub fn variable_op(&mut self, instruction: Instruction) -> Result<Op, Fault> {
        let (Instruction::Read(id)
        | Instruction::Write(id)
        | Instruction::ReadItem(id)
        | Instruction::WriteItem(id)
        | Instruction::Append(id)
        | Instruction::PopItem(id)) = instruction
        else {
            unreachable!("{instruction:?} does not use a variable")
        };
        if self.machine.setting.spawns && self.machine.is_process(self.thread) {
            let name = self.machine.names[id.index()].clone();
            let name = self.values.text(&name);
            self.made_here(name)?;
        }
        let variable = self.machine.own(self.thread, id);
        Ok(match instruction {
            Instruction::Write(_) => Op::Write(variable, self.pop()),
            Instruction::ReadItem(_) => Op::ReadItem(variable, self.pop()),
            Instruction::WriteItem(_) => {
                let (value, key) = (self.pop(), self.pop());
                Op::WriteItem(variable, key, value)
            }
            Instruction::Append(_) => Op::Append(variable, self.pop()),
            Instruction::PopItem(_) => Op::Pop(variable, self.pop()),
            _ => Op::Read(variable),
        })
    }

    /// What main has made under `if __name__ == '__main__':` is not there in a process that was spawned.
    pub fn made_here(&mut self, name: Word) -> Result<(), Fault> {
        if !self.machine.setting.spawns || !self.machine.is_process(self.thread) {
            return Ok(());
        }
        let name = text::render(self.values, name, &|_, _| String::new());
        Err(self.error(ErrorKind::NameError, &format!("name '{name}' is not defined")))
    }

    /// What an instruction does with threads and their attributes.
    pub fn execute_on_threads(&mut self, instruction: Instruction) -> Result<Next, Fault> {
        let thread = self.machine.thread(self.thread);
        match instruction {
            Instruction::LoadAttribute(object, name) => match local::load(self.values, self.state, thread, object, name) {
                Some(word) => self.push(word),
                None => {
                    let name = text::render(self.values, name, &|_, _| String::new());
                    let message = format!("'_thread._local' object has no attribute '{name}'");
                    Err(self.error(ErrorKind::AttributeError, &message))
                }
            },
            Instruction::StoreAttribute(object, name) => {
                let word = self.pop();
                local::store(self.values, self.state, thread, object, name, word);
                Ok(Next::Onward)
            }
            Instruction::ThreadAt(group) => {
                let number = self.pop();
                self.thread_at(group, number)
            }
            Instruction::ThreadGroup(group) if self.threads.is_symbolic(group) && self.is_told_apart(group) => {
                // The first and the last of them would be names for threads that are not equal any more.
                Err(Fault::Stop(Stop::Asymmetric))
            }
            Instruction::ThreadGroup(group) => {
                let members = self.threads.members(group).map(|id| self.threads.handle(id)).collect::<Vec<_>>();
                let tuple = self.values.tuple(members);
                self.push(tuple)
            }
            _ => self.configure(instruction),
        }
    }
}
