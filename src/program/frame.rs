//! The private state of a thread between two transitions: where it is in its code, its names, its operands.

use crate::kernel::value::Word;
use crate::kernel::values::{Composite, Values};
use crate::program::bytecode::Code;

/// A call under way. Between transitions it is one word: a composite value, kept once, so that equal private states
/// are equal words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The instruction it is at.
    pub at: u32,
    /// How many calls it is inside of.
    pub depth: u32,
    /// The frame of the caller, or `NONE`.
    pub caller: Word,
    /// Its names.
    pub locals: Vec<Word>,
    /// Its operand stack.
    pub stack: Vec<Word>,
}

const HEAD: usize = 3;

impl Frame {
    /// The frame of a function that is about to begin. Parameters that no argument is given for stay unbound.
    pub fn call(code: &Code, function: u16, arguments: &[Word], caller: Word, depth: u32) -> Frame {
        let function = &code.functions[function as usize];
        let mut locals = vec![Word::UNBOUND; function.locals.len()];
        locals[..arguments.len()].copy_from_slice(arguments);
        Frame { at: function.entry, depth, caller, locals, stack: Vec::new() }
    }

    /// Packs it into a word.
    pub fn pack(&self, values: &mut Values) -> Word {
        let mut words = Vec::with_capacity(HEAD + self.locals.len() + self.stack.len());
        words.extend([Word::count(self.at), Word::count(self.depth), self.caller]);
        words.extend(&self.locals);
        words.extend(&self.stack);
        values.intern(Composite::Frame(words.into()))
    }

    /// Unpacks it again; `None` for a word that is not a frame.
    pub fn unpack(code: &Code, values: &Values, word: Word) -> Option<Frame> {
        let Some(Composite::Frame(words)) = values.composite(word) else { return None };
        let at = words[0].as_int()? as u32;
        let split = HEAD + code.functions[code.function_of[at as usize] as usize].locals.len();
        Some(Frame {
            at,
            depth: words[1].as_int()? as u32,
            caller: words[2],
            locals: words[HEAD..split].to_vec(),
            stack: words[split..].to_vec(),
        })
    }

    /// Forgets the names that are not read any more after this instruction.
    pub fn forget_dead(&mut self, live: u64) {
        for (index, local) in self.locals.iter_mut().enumerate().take(64) {
            if live & (1 << index) == 0 {
                *local = Word::UNBOUND;
            }
        }
    }
}

/// The frames of a thread, innermost first.
pub fn frames(code: &Code, values: &Values, word: Word) -> Vec<Frame> {
    let mut found = Vec::new();
    let mut next = word;
    while let Some(frame) = Frame::unpack(code, values, next) {
        next = frame.caller;
        found.push(frame);
    }
    found
}
