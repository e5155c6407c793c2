//! Instructions as they are put together: labels that are not placed yet, names, handlers, ways out of blocks.

use crate::kernel::value::Word;
use crate::program::bytecode::{Code, Function, Handler, Instruction, Method};
use crate::step::place::Place;

/// A place to jump to, known before it is placed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(usize);

/// Instructions that a handler covers: some stretches, with the ways out left out.
#[derive(Clone, Debug)]
pub struct Region {
    start: Option<u32>,
    stretches: Vec<(u32, u32)>,
}

/// The function that is being put together.
pub struct Assembler<'a> {
    /// The code of all functions.
    pub code: &'a mut Code,
    /// Its number.
    pub function: u16,
    /// Where the instruction comes from that is added next.
    pub place: Place,
    locals: Vec<String>,
    parameters: u16,
    handlers: Vec<Handler>,
    labels: Vec<Option<u32>>,
    patches: Vec<(usize, Label)>,
    entry: u32,
    hidden: usize,
}

impl<'a> Assembler<'a> {
    /// Begins a function with these parameters.
    pub fn begin(code: &'a mut Code, function: u16, parameters: &[String], place: Place) -> Assembler<'a> {
        let entry = code.instructions.len() as u32;
        Assembler {
            code,
            function,
            place,
            locals: parameters.to_vec(),
            parameters: parameters.len() as u16,
            handlers: Vec::new(),
            labels: Vec::new(),
            patches: Vec::new(),
            entry,
            hidden: 0,
        }
    }

    /// Adds an instruction.
    pub fn emit(&mut self, instruction: Instruction) {
        self.code.instructions.push(instruction);
        self.code.places.push(self.place);
        self.code.function_of.push(self.function);
    }

    /// Adds a constant.
    pub fn constant(&mut self, word: Word) {
        self.emit(Instruction::Constant(word));
    }

    /// Adds a method call with all its arguments left out.
    pub fn bare_method(&mut self, method: Method, parameters: u8) {
        for _ in 0..parameters {
            self.constant(Word::UNBOUND);
        }
        self.emit(Instruction::Method(method, parameters));
    }

    /// A new label.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Places a label here.
    pub fn place_label(&mut self, label: Label) {
        self.labels[label.0] = Some(self.here());
    }

    /// Adds a jump to a label: the instruction is made with a target that is filled in later.
    pub fn jump(&mut self, make: fn(u32) -> Instruction, label: Label) {
        self.patches.push((self.code.instructions.len(), label));
        self.emit(make(0));
    }

    /// Adds a loop over the items of what is on the stack: each stands there when the body begins, and is gone when it
    /// ends.
    pub fn each_item(&mut self, body: impl FnOnce(&mut Self)) {
        let (again, end) = (self.label(), self.label());
        self.emit(Instruction::Iterate);
        self.place_label(again);
        self.jump(Instruction::Next, end);
        body(self);
        self.jump(Instruction::Jump, again);
        self.place_label(end);
    }

    /// Adds what appends the value of one local to the list in another.
    pub fn append(&mut self, list: u16, item: u16) {
        self.emit(Instruction::Load(list));
        self.emit(Instruction::Load(item));
        self.emit(Instruction::WithAppended);
        self.emit(Instruction::Store(list));
    }

    fn here(&self) -> u32 {
        self.code.instructions.len() as u32
    }

    /// The number of a name, if the function has it.
    pub fn find_local(&self, name: &str) -> Option<u16> {
        self.locals.iter().position(|local| local == name).map(|index| index as u16)
    }

    /// The number of a name, which is added if it is new.
    pub fn local(&mut self, name: &str) -> u16 {
        self.find_local(name).unwrap_or_else(|| {
            self.locals.push(name.to_owned());
            self.locals.len() as u16 - 1
        })
    }

    /// A new name that no body can use.
    pub fn hidden(&mut self, purpose: &str) -> u16 {
        self.hidden += 1;
        self.local(&format!(".{purpose} {}", self.hidden))
    }

    /// The names so far.
    pub fn locals(&self) -> &[String] {
        &self.locals
    }

    /// Begins a region.
    pub fn open_region(&mut self) -> Region {
        Region { start: Some(self.here()), stretches: Vec::new() }
    }

    /// Interrupts a region: what follows is not covered.
    pub fn pause_region(&mut self, region: &mut Region) {
        if let Some(start) = region.start.take()
            && start < self.here()
        {
            region.stretches.push((start, self.here()));
        }
    }

    /// Goes on with a region.
    pub fn resume_region(&mut self, region: &mut Region) {
        region.start = Some(self.here());
    }

    /// Ends a region: its errors are handled from here on, with this much left of the operand stack.
    pub fn handle_region(&mut self, mut region: Region, depth: u16) {
        self.pause_region(&mut region);
        let target = self.here();
        self.handlers.extend(region.stretches.into_iter().map(|(start, end)| Handler { start, end, target, depth }));
    }

    /// Ends the function.
    ///
    /// # Panics
    ///
    /// If a label was used and never placed.
    pub fn finish(self, name: String, defaults: Vec<Word>) -> Function {
        for (at, label) in self.patches {
            let target = self.labels[label.0].expect("every label is placed");
            let instruction = &mut self.code.instructions[at];
            *instruction = match *instruction {
                Instruction::Jump(_) => Instruction::Jump(target),
                Instruction::JumpIfFalse(_) => Instruction::JumpIfFalse(target),
                Instruction::JumpIfTrue(_) => Instruction::JumpIfTrue(target),
                Instruction::JumpIfFalseOrPop(_) => Instruction::JumpIfFalseOrPop(target),
                Instruction::JumpIfTrueOrPop(_) => Instruction::JumpIfTrueOrPop(target),
                Instruction::Next(_) => Instruction::Next(target),
                other => unreachable!("{other:?} does not jump"),
            };
        }
        Function { name, entry: self.entry, parameters: self.parameters, defaults, locals: self.locals, handlers: self.handlers }
    }
}
