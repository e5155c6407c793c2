//! Blocks with a way out compiled: `with`, `try`, and what `break`, `continue` and `return` leave on their way.

use ruff_python_ast::{ExceptHandler, ExceptHandlerExceptHandler, Expr, Stmt, StmtTry, StmtWith, WithItem};
use ruff_text_size::Ranged;

use crate::kernel::error::ErrorKind;
use crate::kernel::value::Word;
use crate::program::bytecode::{BinaryOperator, Instruction, Method};
use crate::program::compiler::{Block, Compiler};
use crate::program::globals::methods_of;
use crate::program::scope::label_of;

impl<'s> Compiler<'_, 's> {
    /// `with`: items from the left, each inside the one before.
    pub fn with(&mut self, with: &'s StmtWith) {
        if with.is_async {
            self.mistake_with_help(with, "drawloom does not support `async`", "leave it out: threads wait without it");
            return;
        }
        self.with_items(&with.items, &with.body);
    }

    fn with_items(&mut self, items: &'s [WithItem], body: &'s [Stmt]) {
        let Some((item, rest)) = items.split_first() else { return self.statements(body) };
        if let Some(target) = &item.optional_vars {
            self.mistake_with_help(&**target, "`as` has no use here", "leave it out");
        }
        let place = self.asm.place;
        let block = match label_of(&item.context_expr) {
            Some(label) => {
                let counter = self.asm.local(&format!(".in {label}"));
                self.count(counter, BinaryOperator::Add);
                Block::Counter { counter, region: self.asm.open_region() }
            }
            None if self.is_pool(&item.context_expr) => {
                let pool = self.asm.hidden("pool");
                self.expression(&item.context_expr);
                self.asm.emit(Instruction::Store(pool));
                Block::Pool { pool, region: self.asm.open_region() }
            }
            None => {
                self.check_lock(&item.context_expr);
                let lock = self.asm.hidden("lock");
                self.expression(&item.context_expr);
                self.asm.emit(Instruction::Duplicate);
                self.asm.emit(Instruction::Store(lock));
                self.asm.bare_method(Method::Acquire, 2);
                self.asm.emit(Instruction::Pop);
                Block::Lock { lock, region: self.asm.open_region() }
            }
        };
        self.blocks.push(block);
        self.with_items(rest, body);
        let Some(mut block) = self.blocks.pop() else { return };
        let end = self.asm.label();
        self.asm.place = place;
        self.pause(&mut block);
        self.way_out(&block);
        self.asm.jump(Instruction::Jump, end);
        self.handle(block, |compiler, block| compiler.way_out(block));
        self.asm.place_label(end);
    }

    fn check_lock(&mut self, expression: &Expr) {
        if let Some((_, kind)) = self.declared_object(expression)
            && !methods_of(kind).contains(&"acquire")
        {
            self.mistake(expression, format!("{} is not used with `with`", kind.name()));
        }
    }

    fn count(&mut self, counter: u16, operator: BinaryOperator) {
        self.asm.emit(Instruction::Load(counter));
        self.asm.constant(Word::count(1));
        self.asm.emit(Instruction::Binary(operator));
        self.asm.emit(Instruction::Store(counter));
    }

    /// The handler of a block's region: does something, then raises the exception again.
    fn handle(&mut self, block: Block<'s>, work: impl FnOnce(&mut Self, &Block<'s>)) {
        let error = self.asm.hidden("error");
        let (Block::Lock { region, .. }
        | Block::Pool { region, .. }
        | Block::Counter { region, .. }
        | Block::Finally { region, .. }
        | Block::Except { region }) = &block
        else {
            return;
        };
        self.asm.handle_region(region.clone(), self.kept);
        self.asm.emit(Instruction::Store(error));
        let outer = self.handling.replace(error);
        work(self, &block);
        self.handling = outer;
        self.asm.emit(Instruction::Load(error));
        self.asm.emit(Instruction::Raise);
    }

    /// What a block does when control leaves it, whichever way.
    fn way_out(&mut self, block: &Block<'s>) {
        match block {
            Block::Lock { lock, .. } => {
                self.asm.emit(Instruction::Load(*lock));
                self.asm.bare_method(Method::Release, 1);
                self.asm.emit(Instruction::Pop);
            }
            Block::Pool { pool, .. } => {
                self.asm.emit(Instruction::Load(*pool));
                self.asm.bare_method(Method::Shutdown, 2);
                self.asm.emit(Instruction::Method(Method::JoinWorkers, 0));
                self.asm.emit(Instruction::Pop);
            }
            Block::Counter { counter, .. } => self.count(*counter, BinaryOperator::Subtract),
            Block::Finally { body, .. } => self.statements(body),
            Block::Loop { .. } | Block::Except { .. } => {}
        }
    }

    fn pause(&mut self, block: &mut Block<'s>) {
        if let Block::Lock { region, .. }
        | Block::Pool { region, .. }
        | Block::Counter { region, .. }
        | Block::Finally { region, .. }
        | Block::Except { region } = block
        {
            self.asm.pause_region(region);
        }
    }

    fn resume(&mut self, block: &mut Block<'s>) {
        if let Block::Lock { region, .. }
        | Block::Pool { region, .. }
        | Block::Counter { region, .. }
        | Block::Finally { region, .. }
        | Block::Except { region } = block
        {
            self.asm.resume_region(region);
        }
    }

    /// Leaves the innermost blocks, as many as are given, then does something, all of it uncovered by their handlers.
    fn leaving(&mut self, count: usize, work: impl FnOnce(&mut Self)) {
        let mut left = Vec::new();
        for _ in 0..count {
            let Some(mut block) = self.blocks.pop() else { break };
            self.pause(&mut block);
            self.way_out(&block);
            left.push(block);
        }
        work(self);
        while let Some(mut block) = left.pop() {
            self.resume(&mut block);
            self.blocks.push(block);
        }
    }

    /// `break` and `continue`.
    pub fn leave_loop(&mut self, statement: &Stmt, breaks: bool) {
        let Some(inside) = self.blocks.iter().rev().position(|block| matches!(block, Block::Loop { .. })) else {
            self.mistake(statement, "there is no loop around this");
            return;
        };
        let Block::Loop { end, again, kept } = self.blocks[self.blocks.len() - 1 - inside] else { return };
        self.leaving(inside, |compiler| {
            if breaks {
                for _ in 0..kept {
                    compiler.asm.emit(Instruction::Pop);
                }
            }
            compiler.asm.jump(Instruction::Jump, if breaks { end } else { again });
        });
    }

    /// Returns the value on the stack, after leaving every block.
    pub fn leave_function(&mut self) {
        if self.blocks.iter().all(|block| matches!(block, Block::Loop { .. } | Block::Except { .. })) {
            self.asm.emit(Instruction::Return);
            return;
        }
        let result = self.asm.hidden("result");
        self.asm.emit(Instruction::Store(result));
        self.leaving(self.blocks.len(), |compiler| {
            compiler.asm.emit(Instruction::Load(result));
            compiler.asm.emit(Instruction::Return);
        });
    }

    /// `try`
    pub fn tried(&mut self, tried: &'s StmtTry) {
        if tried.is_star {
            self.mistake_with_help(tried, "drawloom does not support `except*`", "write `except`: there are no groups of exceptions");
            return;
        }
        if tried.finalbody.is_empty() {
            return self.caught(tried);
        }
        let region = self.asm.open_region();
        self.blocks.push(Block::Finally { body: &tried.finalbody, region });
        self.caught(tried);
        let Some(mut block) = self.blocks.pop() else { return };
        self.pause(&mut block);
        let end = self.asm.label();
        self.statements(&tried.finalbody);
        self.asm.jump(Instruction::Jump, end);
        self.handle(block, |compiler, block| compiler.way_out(block));
        self.asm.place_label(end);
    }

    /// The part of `try` before `finally`.
    fn caught(&mut self, tried: &'s StmtTry) {
        if tried.handlers.is_empty() {
            self.statements(&tried.body);
            return self.statements(&tried.orelse);
        }
        let end = self.asm.label();
        let region = self.asm.open_region();
        self.blocks.push(Block::Except { region });
        self.statements(&tried.body);
        let Some(mut block) = self.blocks.pop() else { return };
        self.pause(&mut block);
        self.statements(&tried.orelse);
        self.asm.jump(Instruction::Jump, end);
        self.handle(block, |compiler, _| {
            for handler in &tried.handlers {
                let ExceptHandler::ExceptHandler(handler) = handler;
                compiler.handler(handler, end);
            }
        });
        self.asm.place_label(end);
    }

    fn handler(&mut self, handler: &'s ExceptHandlerExceptHandler, end: crate::program::assembler::Label) {
        let Some(error) = self.handling else { return };
        self.at(handler);
        let (body, next) = (self.asm.label(), self.asm.label());
        if let Some(class) = &handler.type_ {
            for kind in self.classes(class) {
                self.asm.emit(Instruction::Load(error));
                self.asm.emit(Instruction::IsError(kind));
                self.asm.jump(Instruction::JumpIfTrue, body);
            }
            self.asm.jump(Instruction::Jump, next);
        }
        self.asm.place_label(body);
        let name = handler.name.as_ref().and_then(|name| self.private_local(name.as_str()));
        if let Some(local) = name {
            self.asm.emit(Instruction::Load(error));
            self.asm.emit(Instruction::Store(local));
        }
        self.statements(&handler.body);
        if let Some(local) = name {
            self.asm.emit(Instruction::Unbind(local));
        }
        self.asm.jump(Instruction::Jump, end);
        self.asm.place_label(next);
    }

    fn classes(&mut self, expression: &Expr) -> Vec<ErrorKind> {
        if let Expr::Tuple(tuple) = expression {
            return tuple.elts.iter().flat_map(|class| self.classes(class)).collect();
        }
        match self.error_class(expression) {
            Some(kind) => vec![kind],
            None => {
                let place = crate::program::python::range_in(self.text, expression.range());
                let written = &self.text.text[expression.range()];
                let mistake = crate::program::diagnostic::Diagnostic::new(place, format!("`{written}` is not a class of exceptions"));
                self.mistakes.push(mistake.did_you_mean(written, ErrorKind::ALL.map(ErrorKind::name)));
                Vec::new()
            }
        }
    }
}
