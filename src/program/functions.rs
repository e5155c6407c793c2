//! The `functions:` section: the `def`s that all bodies share.

use ruff_python_ast::{Expr, Number, Stmt, StmtFunctionDef, UnaryOp};

use crate::kernel::value::Word;
use crate::kernel::values::Values;
use crate::program::diagnostic::Diagnostic;
use crate::program::document::Text;
use crate::program::globals::Signature;
use crate::program::python;

/// The definitions in a section, with the signature of each.
pub fn definitions(text: &Text, values: &mut Values, mistakes: &mut Vec<Diagnostic>) -> Vec<(StmtFunctionDef, Signature)> {
    let statements = match python::statements(text) {
        Ok(statements) => statements,
        Err(found) => {
            mistakes.extend(found);
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for statement in statements {
        match statement {
            Stmt::FunctionDef(definition) => {
                if let Some(signature) = signature(&definition, text, values, mistakes) {
                    found.push((definition, signature));
                }
            }
            Stmt::Import(_) | Stmt::ImportFrom(_) | Stmt::Pass(_) => {}
            Stmt::Expr(expression) if expression.value.is_string_literal_expr() => {}
            other => {
                let place = python::place_of(text, &other);
                mistakes.push(
                    Diagnostic::new(place, "only `def`s stand under `functions:`").help("what runs stands under `threads:` or `main:`"),
                );
            }
        }
    }
    found
}

fn signature(definition: &StmtFunctionDef, text: &Text, values: &mut Values, mistakes: &mut Vec<Diagnostic>) -> Option<Signature> {
    let parameters = &definition.parameters;
    let mut refuse = |place, message: &str| mistakes.push(Diagnostic::new(place, message));
    if definition.is_async {
        refuse(python::place_of(text, &definition.name), "drawloom does not support `async`");
        return None;
    }
    if let Some(decorator) = definition.decorator_list.first() {
        refuse(python::place_of(text, decorator), "drawloom does not support decorators");
        return None;
    }
    if let Some(rest) = parameters.vararg.as_ref().or(parameters.kwarg.as_ref()) {
        refuse(python::place_of(text, &**rest), "drawloom does not support `*` and `**` parameters");
        return None;
    }
    let all: Vec<_> = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs).collect();
    let mut defaults = Vec::new();
    for parameter in &all {
        match &parameter.default {
            None if defaults.is_empty() => {}
            None => {
                refuse(python::place_of(text, &parameter.parameter), "a parameter without a default behind one that has a default");
                return None;
            }
            Some(default) => match constant(default, values) {
                Some(word) => defaults.push(word),
                None => {
                    refuse(python::place_of(text, &**default), "a default is a constant here");
                    return None;
                }
            },
        }
    }
    let parameters = all.iter().map(|parameter| parameter.parameter.name.to_string()).collect();
    Some(Signature { name: definition.name.to_string(), parameters, defaults })
}

/// The value of a literal.
fn constant(expression: &Expr, values: &mut Values) -> Option<Word> {
    match expression {
        Expr::NoneLiteral(_) => Some(Word::NONE),
        Expr::BooleanLiteral(literal) => Some(Word::bool(literal.value)),
        Expr::StringLiteral(literal) => Some(values.text(literal.value.to_str())),
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(number) => number.as_i64().and_then(Word::int),
            Number::Float(number) => Some(values.float(*number)),
            Number::Complex { .. } => None,
        },
        Expr::UnaryOp(unary) if unary.op == UnaryOp::USub => {
            constant(&unary.operand, values)?.as_int().and_then(|number| Word::int(-number))
        }
        Expr::Tuple(tuple) => {
            let items = tuple.elts.iter().map(|item| constant(item, values)).collect::<Option<Vec<_>>>()?;
            Some(values.tuple(items))
        }
        _ => None,
    }
}
