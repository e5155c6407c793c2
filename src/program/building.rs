//! Instructions that make values of values: sums, comparisons, texts, containers, their items.

use crate::kernel::value::Word;
use crate::program::bytecode::Instruction;
use crate::program::raised::Raised;
use crate::program::vm::{Fault, Next, Vm};
use crate::program::{arithmetic, collection, comparing, formatting, sequence, text};

impl Vm<'_> {
    /// Values made of values.
    pub fn build(&mut self, instruction: Instruction) -> Result<Next, Fault> {
        let result = match instruction {
            Instruction::Unary(operator) => {
                let operand = self.pop();
                arithmetic::unary(self.values, operator, operand)
            }
            Instruction::Binary(operator) => {
                let (right, left) = (self.pop(), self.pop());
                arithmetic::binary(self.values, operator, left, right)
            }
            Instruction::Compare(comparison) => {
                let (right, left) = (self.pop(), self.pop());
                comparing::compare(self.values, comparison, left, right).map(Word::bool)
            }
            Instruction::Format(conversion, with_spec) => {
                let spec = with_spec.then(|| self.pop());
                let word = self.pop();
                formatting::format(self.values, self.names, word, conversion, spec)
            }
            Instruction::Concatenate(count) => {
                let parts = self.pop_many(count as usize);
                text::concatenate(self.values, &parts)
            }
            Instruction::MakeTuple(count) => {
                let items = self.pop_many(count as usize);
                sequence::tuple(self.values, items)
            }
            Instruction::MakeList(count) => {
                let items = self.pop_many(count as usize);
                sequence::list(self.values, items)
            }
            Instruction::MakeDict(count) => self.make_dict(count as usize),
            Instruction::Item => {
                let (key, container) = (self.pop(), self.pop());
                collection::item(self.values, self.names, container, key)
            }
            Instruction::Slice => {
                let (step, stop, start, sequence) = (self.pop(), self.pop(), self.pop(), self.pop());
                sequence::slice(self.values, sequence, start, stop, step)
            }
            Instruction::WithItem => {
                let (value, key, container) = (self.pop(), self.pop(), self.pop());
                collection::with_item(self.values, container, key, value)
            }
            Instruction::WithAppended => {
                let (value, list) = (self.pop(), self.pop());
                collection::with_appended(self.values, list, value)
            }
            Instruction::WithoutItem => {
                let (key, container) = (self.pop(), self.pop());
                collection::without_item(self.values, self.names, container, key).map(|(container, item)| {
                    self.frame.stack.push(container);
                    item
                })
            }
            Instruction::Unpack(count) => {
                let sequence = self.pop();
                return match collection::unpack(self.values, sequence, count as usize) {
                    Ok(items) => {
                        self.frame.stack.extend(items.iter().rev());
                        Ok(Next::Onward)
                    }
                    Err(raised) => Err(self.fault(raised)),
                };
            }
            other => unreachable!("{other:?} does not build a value"),
        };
        self.push_or(result)
    }

    fn make_dict(&mut self, count: usize) -> Result<Word, Raised> {
        let pairs: Vec<(Word, Word)> = self.pop_many(2 * count).chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        collection::dict(self.values, &pairs)
    }
}
