//! Statements compiled: assignments, branches, loops.

use ruff_python_ast::{ElifElseClause, Expr, Operator, Stmt, StmtAugAssign, StmtFor, StmtIf, StmtRaise, StmtWhile};
use ruff_text_size::Ranged;

use crate::kernel::error::ErrorKind;
use crate::kernel::object::ObjectKind;
use crate::kernel::value::Word;
use crate::program::bytecode::{BinaryOperator, Instruction};
use crate::program::compiler::{Block, Compiler};
use crate::program::globals::Global;
use crate::program::scope;

/// The operator of `+` and its like.
pub fn operator(operator: Operator) -> Option<BinaryOperator> {
    Some(match operator {
        Operator::Add => BinaryOperator::Add,
        Operator::Sub => BinaryOperator::Subtract,
        Operator::Mult => BinaryOperator::Multiply,
        Operator::Div => BinaryOperator::Divide,
        Operator::FloorDiv => BinaryOperator::FloorDivide,
        Operator::Mod => BinaryOperator::Modulo,
        Operator::Pow => BinaryOperator::Power,
        _ => return None,
    })
}

impl<'s> Compiler<'_, 's> {
    /// Statements, one after the other.
    pub fn statements(&mut self, statements: &'s [Stmt]) {
        for statement in statements {
            if self.enter(statement) {
                self.statement(statement);
            }
            self.leave();
        }
    }

    fn statement(&mut self, statement: &'s Stmt) {
        self.at(statement);
        match statement {
            Stmt::Expr(expression) => {
                self.expression(&expression.value);
                self.asm.emit(Instruction::Pop);
            }
            Stmt::Assign(assign) => {
                assign.targets.iter().for_each(|target| self.check_new(target, &assign.value));
                self.expression(&assign.value);
                for (index, target) in assign.targets.iter().enumerate() {
                    if index + 1 < assign.targets.len() {
                        self.asm.emit(Instruction::Duplicate);
                    }
                    self.assign(target);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.expression(value);
                    self.assign(&assign.target);
                }
            }
            Stmt::AugAssign(assign) => self.augmented(assign),
            Stmt::If(branch) => self.branch(branch),
            Stmt::While(repeat) => self.repeat(repeat),
            Stmt::For(each) => self.each(each),
            Stmt::Break(_) | Stmt::Continue(_) => self.leave_loop(statement, matches!(statement, Stmt::Break(_))),
            Stmt::Return(returned) => {
                match &returned.value {
                    Some(value) => self.expression(value),
                    None => self.asm.constant(Word::NONE),
                }
                self.leave_function();
            }
            Stmt::Assert(assert) => {
                self.expression(&assert.test);
                let holds = self.asm.label();
                self.at(assert);
                self.asm.jump(Instruction::JumpIfTrue, holds);
                match &assert.msg {
                    Some(message) => self.expression(message),
                    None => self.asm.constant(Word::UNBOUND),
                }
                self.at(assert);
                self.asm.emit(Instruction::MakeError(ErrorKind::AssertionError));
                self.asm.emit(Instruction::Raise);
                self.asm.place_label(holds);
            }
            Stmt::Raise(raise) => self.raise(raise),
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| self.delete(target)),
            Stmt::With(with) => self.with(with),
            Stmt::Try(tried) => self.tried(tried),
            // Where names come from is known here; what is global was looked up before.
            Stmt::Pass(_) | Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Import(_) | Stmt::ImportFrom(_) => {}
            other => self.unsupported_statement(other),
        }
    }

    fn unsupported_statement(&mut self, statement: &Stmt) {
        let (what, help) = match statement {
            Stmt::ClassDef(_) => ("a class", "plain values, lists and dicts can be used instead"),
            Stmt::FunctionDef(_) => ("a function inside a body", "define it under `functions:`"),
            Stmt::Match(_) => ("`match`", "use `if` and `elif`"),
            Stmt::TypeAlias(_) => ("a type alias", "leave it out"),
            _ => ("this statement", "leave it out"),
        };
        self.mistake_with_help(statement, format!("drawloom does not support {what}"), help);
    }

    /// Pops into a target.
    pub fn assign(&mut self, target: &Expr) {
        self.at(target);
        match target {
            Expr::Name(name) => self.store(target, &name.id),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts),
            Expr::List(list) => self.unpack(&list.elts),
            Expr::Subscript(subscript) => match &*subscript.value {
                Expr::Name(name) => {
                    if let Some(Global::Variable(id)) = self.global(&name.id) {
                        self.expression(&subscript.slice);
                        self.at(target);
                        self.asm.emit(Instruction::Swap);
                        self.asm.emit(Instruction::WriteItem(id));
                    } else {
                        self.expression(&subscript.value);
                        self.expression(&subscript.slice);
                        self.at(target);
                        self.asm.emit(Instruction::RotateThree);
                        self.asm.emit(Instruction::RotateThree);
                        self.asm.emit(Instruction::WithItem);
                        self.store(&*subscript.value, &name.id);
                    }
                }
                _ => self.deep_item(target),
            },
            Expr::Attribute(attribute) => {
                if let Some((id, ObjectKind::Local)) = self.declared_object(&attribute.value) {
                    let name = self.text_word(&attribute.attr);
                    self.asm.emit(Instruction::StoreAttribute(id, name));
                } else {
                    let set = match attribute.attr.as_str() {
                        "daemon" => Instruction::StoreDaemon,
                        "name" => Instruction::StoreName,
                        other => {
                            let message = format!("an attribute `{other}` cannot be assigned");
                            self.mistake_with_help(target, message, "only `local()` objects, and `name` and `daemon` of threads, can");
                            return;
                        }
                    };
                    self.expression(&attribute.value);
                    self.asm.emit(Instruction::Swap);
                    self.asm.emit(set);
                }
            }
            Expr::Starred(_) => self.mistake_with_help(target, "drawloom does not support `*` here", "take the parts by their index"),
            _ => {
                self.mistake(target, "drawloom cannot assign to this");
            }
        }
    }

    fn deep_item(&mut self, target: &Expr) {
        let help = "containers are values here: build the new one and assign it to the name";
        self.mistake_with_help(target, "an item of an item cannot be changed in place", help);
    }

    fn unpack(&mut self, targets: &[Expr]) {
        self.asm.emit(Instruction::Unpack(targets.len() as u16));
        for target in targets {
            self.assign(target);
        }
    }

    /// Pops into a name.
    pub fn store(&mut self, node: &impl Ranged, name: &str) {
        self.at(node);
        if let Some(local) = self.private_local(name) {
            self.asm.emit(Instruction::Store(local));
        } else if let Some(Global::Variable(id)) = self.global(name) {
            self.asm.emit(Instruction::Write(id));
        } else {
            // Said already where the names were declared.
            self.asm.emit(Instruction::Pop);
        }
    }

    /// A private name that is changed in place must not be another name of something: here it would be a copy.
    fn check_new(&mut self, target: &Expr, value: &Expr) {
        let Expr::Name(name) = target else { return };
        if !self.changed.contains(name.id.as_str()) || !may_be_shared(value) {
            return;
        }
        let message = format!("`{}` is changed in place in this body, so it must not begin as another name of something else", name.id);
        let help = "containers are values here, in Python both would be one: copy it, `list(...)` or `dict(...)`";
        self.mistake_with_help(value, message, help);
    }

    fn augmented(&mut self, assign: &StmtAugAssign) {
        let Some(operator) = operator(assign.op) else {
            self.mistake_with_help(assign, "drawloom does not support this operator", "use + - * / // % **");
            return;
        };
        if let Expr::Subscript(subscript) = &*assign.target {
            let Expr::Name(name) = &*subscript.value else { return self.deep_item(&assign.target) };
            if let Some(Global::Variable(id)) = self.global(&name.id) {
                self.expression(&subscript.slice);
                self.at(&*assign.target);
                self.asm.emit(Instruction::Duplicate);
                self.asm.emit(Instruction::ReadItem(id));
                self.expression(&assign.value);
                self.at(assign);
                self.asm.emit(Instruction::Binary(operator));
                self.asm.emit(Instruction::WriteItem(id));
            } else {
                self.expression(&subscript.value);
                self.expression(&subscript.slice);
                self.at(assign);
                self.asm.emit(Instruction::DuplicateTwo);
                self.asm.emit(Instruction::Item);
                self.expression(&assign.value);
                self.at(assign);
                self.asm.emit(Instruction::Binary(operator));
                self.asm.emit(Instruction::WithItem);
                self.store(&*subscript.value, &name.id);
            }
            return;
        }
        self.expression(&assign.target);
        self.expression(&assign.value);
        self.at(assign);
        self.asm.emit(Instruction::Binary(operator));
        self.assign(&assign.target);
    }

    fn delete(&mut self, target: &Expr) {
        self.at(target);
        match target {
            Expr::Name(name) => match self.private_local(&name.id) {
                Some(local) => self.asm.emit(Instruction::Unbind(local)),
                None => self.mistake_with_help(target, "a shared variable cannot be deleted", "set it to None"),
            },
            Expr::Subscript(subscript) => {
                let Expr::Name(name) = &*subscript.value else { return self.deep_item(target) };
                if let Some(Global::Variable(id)) = self.global(&name.id) {
                    self.expression(&subscript.slice);
                    self.asm.emit(Instruction::PopItem(id));
                    self.asm.emit(Instruction::Pop);
                } else {
                    self.expression(&subscript.value);
                    self.expression(&subscript.slice);
                    self.asm.emit(Instruction::WithoutItem);
                    self.asm.emit(Instruction::Pop);
                    self.store(&*subscript.value, &name.id);
                }
            }
            _ => {
                self.mistake(target, "drawloom cannot delete this");
            }
        }
    }

    fn branch(&mut self, branch: &'s StmtIf) {
        let end = self.asm.label();
        let mut next = self.asm.label();
        self.expression(&branch.test);
        self.asm.jump(Instruction::JumpIfFalse, next);
        self.statements(&branch.body);
        for ElifElseClause { test, body, .. } in &branch.elif_else_clauses {
            self.asm.jump(Instruction::Jump, end);
            self.asm.place_label(next);
            next = self.asm.label();
            if let Some(test) = test {
                self.expression(test);
                self.asm.jump(Instruction::JumpIfFalse, next);
            }
            self.statements(body);
        }
        self.asm.place_label(next);
        self.asm.place_label(end);
    }

    fn repeat(&mut self, repeat: &'s StmtWhile) {
        let (again, otherwise, end) = (self.asm.label(), self.asm.label(), self.asm.label());
        self.asm.place_label(again);
        self.expression(&repeat.test);
        self.asm.jump(Instruction::JumpIfFalse, otherwise);
        self.blocks.push(Block::Loop { end, again, kept: 0 });
        self.statements(&repeat.body);
        self.blocks.pop();
        self.asm.jump(Instruction::Jump, again);
        self.asm.place_label(otherwise);
        self.statements(&repeat.orelse);
        self.asm.place_label(end);
    }

    fn each(&mut self, each: &'s StmtFor) {
        if each.is_async {
            self.mistake_with_help(each, "drawloom does not support `async`", "leave it out: threads wait without it");
            return;
        }
        let (again, otherwise, end) = (self.asm.label(), self.asm.label(), self.asm.label());
        // The items are taken at the beginning. In Python a list that changes meanwhile would be seen to change.
        let changes = |name: &str| scope::of(&each.body).changed.contains_key(name);
        match &*each.iter {
            Expr::Name(name) if changes(&name.id) => self.expression(&each.iter),
            iterable => self.looked_into(iterable),
        }
        self.at(&*each.iter);
        self.asm.emit(Instruction::Iterate);
        self.asm.place_label(again);
        self.asm.jump(Instruction::Next, otherwise);
        self.kept += 2;
        self.assign(&each.target);
        self.blocks.push(Block::Loop { end, again, kept: 2 });
        self.statements(&each.body);
        self.blocks.pop();
        self.asm.jump(Instruction::Jump, again);
        self.kept -= 2;
        self.asm.place_label(otherwise);
        self.statements(&each.orelse);
        self.asm.place_label(end);
    }

    fn raise(&mut self, raise: &StmtRaise) {
        match (&raise.exc, self.handling) {
            (None, Some(error)) => self.asm.emit(Instruction::Load(error)),
            (None, None) => {
                let message = "there is no exception here that `raise` could raise again";
                self.mistake_with_help(raise, message, "say which: `raise ValueError(\"...\")`");
                return;
            }
            (Some(exception), _) => self.exception(exception),
        }
        self.at(raise);
        self.asm.emit(Instruction::Raise);
    }

    /// Pushes an exception: a class, a class called with a message, or a name.
    fn exception(&mut self, expression: &Expr) {
        if let Expr::Call(call) = expression
            && let Some(kind) = self.error_class(&call.func)
        {
            match (&*call.arguments.args, call.arguments.keywords.is_empty()) {
                ([], true) => self.asm.constant(Word::UNBOUND),
                ([message], true) => self.expression(message),
                _ => {
                    self.mistake(call, "an exception has at most one argument here");
                    return;
                }
            }
            self.at(expression);
            self.asm.emit(Instruction::MakeError(kind));
            return;
        }
        match self.error_class(expression) {
            Some(kind) => {
                self.asm.constant(Word::UNBOUND);
                self.asm.emit(Instruction::MakeError(kind));
            }
            None => self.expression(expression),
        }
    }

    /// The class of exceptions an expression names.
    pub fn error_class(&mut self, expression: &Expr) -> Option<ErrorKind> {
        let name = match expression {
            Expr::Name(name) => {
                if self.private.contains(name.id.as_str()) {
                    return None;
                }
                name.id.as_str()
            }
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return None,
        };
        ErrorKind::from_name(name)
    }
}

/// Whether the value of an expression may be a container that has another name as well.
fn may_be_shared(expression: &Expr) -> bool {
    match expression {
        Expr::Name(_) | Expr::Attribute(_) => true,
        Expr::Subscript(subscript) => !subscript.slice.is_slice_expr(),
        Expr::If(choice) => may_be_shared(&choice.body) || may_be_shared(&choice.orelse),
        Expr::BoolOp(chain) => chain.values.iter().any(may_be_shared),
        Expr::Call(call) => match &*call.func {
            // Of a queue, a future, a dict: what it gives has been put there by somebody.
            Expr::Attribute(attribute) => matches!(attribute.attr.as_str(), "get" | "get_nowait" | "pop" | "result"),
            _ => false,
        },
        _ => false,
    }
}
