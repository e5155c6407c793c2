//! Which names of a function are still read after each instruction: the others are forgotten, so that states merge.

use crate::program::bytecode::{Code, Function, Handler, Instruction};

fn bit(local: u16) -> u64 {
    if local < 64 { 1 << local } else { 0 }
}

/// Fills in [`Code::live`]. `kept` gives, for each function, the names that are never forgotten.
pub fn analyse(code: &mut Code, kept: &[u64]) {
    code.live = vec![u64::MAX; code.instructions.len()];
    for (index, function) in code.functions.iter().enumerate() {
        let start = function.entry as usize;
        let end = (start..code.instructions.len()).find(|&at| code.function_of[at] as usize != index).unwrap_or(code.instructions.len());
        let live = live_after(&code.instructions[start..end], start as u32, function, kept[index]);
        code.live[start..end].copy_from_slice(&live);
    }
}

/// Backward data flow to a fixed point.
fn live_after(instructions: &[Instruction], start: u32, function: &Function, kept: u64) -> Vec<u64> {
    let count = instructions.len();
    let (mut before, mut after) = (vec![kept; count + 1], vec![kept; count]);
    let mut changed = true;
    while changed {
        changed = false;
        for at in (0..count).rev() {
            let mut live = kept;
            for next in successors(instructions[at], start + at as u32, &function.handlers) {
                live |= before[((next - start) as usize).min(count)];
            }
            let used = match instructions[at] {
                Instruction::Load(local) => live | bit(local),
                Instruction::Store(local) | Instruction::Unbind(local) => live & !bit(local) | kept,
                _ => live,
            };
            changed |= after[at] != live || before[at] != used;
            after[at] = live;
            before[at] = used;
        }
    }
    after
}

/// Where control can go from an instruction, handlers included.
fn successors(instruction: Instruction, at: u32, handlers: &[Handler]) -> Vec<u32> {
    let mut next = match instruction {
        Instruction::Jump(target) => vec![target],
        Instruction::JumpIfFalse(target)
        | Instruction::JumpIfTrue(target)
        | Instruction::JumpIfFalseOrPop(target)
        | Instruction::JumpIfTrueOrPop(target)
        | Instruction::Next(target) => vec![at + 1, target],
        Instruction::Return | Instruction::Raise => Vec::new(),
        _ => vec![at + 1],
    };
    next.extend(handlers.iter().filter(|handler| (handler.start..handler.end).contains(&at)).map(|handler| handler.target));
    next
}
