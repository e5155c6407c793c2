//! Which names a body binds, declares global, changes in place; which labels it uses.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// The names of a body.
#[derive(Default, Debug)]
pub struct Scope {
    /// Names that are bound, each with the first place.
    pub bound: BTreeMap<String, TextRange>,
    /// Names declared `global`, each with the first place.
    pub globals: BTreeMap<String, TextRange>,
    /// Names declared `nonlocal`, each with the first place.
    pub nonlocals: BTreeMap<String, TextRange>,
    /// Names whose value is changed in place, each with the first place.
    pub changed: BTreeMap<String, TextRange>,
    /// The labels of `with label("...")`.
    pub labels: BTreeSet<String>,
}

/// The names of these statements.
pub fn of(statements: &[Stmt]) -> Scope {
    let mut scope = Scope::default();
    scope.visit_body(statements);
    scope
}

/// The label of `label("...")`.
pub fn label_of(expression: &Expr) -> Option<&str> {
    let call = expression.as_call_expr()?;
    if call.func.as_name_expr()?.id.as_str() != "label" || call.arguments.args.len() != 1 {
        return None;
    }
    Some(call.arguments.args[0].as_string_literal_expr()?.value.to_str())
}

impl Scope {
    fn bind(&mut self, name: &str, range: TextRange) {
        self.bound.entry(name.to_owned()).or_insert(range);
    }

    fn change(&mut self, container: &Expr, range: TextRange) {
        if let Expr::Name(name) = container {
            self.changed.entry(name.id.to_string()).or_insert(range);
        }
    }
}

impl<'a> Visitor<'a> for Scope {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            // The names of a nested definition are its own.
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => return,
            Stmt::Global(global) => self.globals.extend(global.names.iter().map(|name| (name.to_string(), name.range()))),
            Stmt::Nonlocal(nonlocal) => self.nonlocals.extend(nonlocal.names.iter().map(|name| (name.to_string(), name.range()))),
            Stmt::Try(tried) => {
                for handler in &tried.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    if let Some(name) = &handler.name {
                        self.bind(name.as_str(), name.range());
                    }
                }
            }
            Stmt::With(with) => {
                let labels = with.items.iter().filter_map(|item| label_of(&item.context_expr));
                self.labels.extend(labels.map(str::to_owned));
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if matches!(name.ctx, ExprContext::Store | ExprContext::Del) => self.bind(&name.id, name.range()),
            Expr::Subscript(subscript) if matches!(subscript.ctx, ExprContext::Store | ExprContext::Del) => {
                self.change(&subscript.value, subscript.range());
            }
            Expr::Call(call) => {
                if let Expr::Attribute(attribute) = &*call.func
                    && matches!(attribute.attr.as_str(), "append" | "pop")
                {
                    self.change(&attribute.value, call.range());
                }
            }
            // The names of comprehensions and lambdas are their own.
            Expr::ListComp(_) | Expr::Generator(_) | Expr::Lambda(_) => {
                let mut inner = Scope::default();
                walk_expr(&mut inner, expression);
                self.changed.extend(inner.changed);
                return;
            }
            _ => {}
        }
        walk_expr(self, expression);
    }
}
