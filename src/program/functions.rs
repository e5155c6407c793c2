//! The `functions:` section: the `def`s that all bodies share.

use std::collections::BTreeSet;

use ruff_python_ast::{Expr, Number, Stmt, StmtFunctionDef, UnaryOp};

use crate::kernel::value::Word;
use crate::kernel::values::Values;
use crate::program::diagnostic::Diagnostic;
use crate::program::document::Text;
use crate::program::globals::Signature;
use crate::program::python;

/// The definitions in a section, with the signature of each.
///
/// The names of those that have none because of a mistake are put with the spoiled ones.
pub fn definitions(
    text: &Text,
    values: &mut Values,
    spoiled: &mut BTreeSet<String>,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<(StmtFunctionDef, Signature)> {
    let (statements, errors) = python::recovered(text);
    if !errors.is_empty() {
        spoiled.extend(statements.iter().filter_map(Stmt::as_function_def_stmt).map(|definition| definition.name.to_string()));
        mistakes.extend(errors);
        return Vec::new();
    }
    let mut found = Vec::new();
    for statement in statements {
        match statement {
            Stmt::FunctionDef(definition) => match signature(&definition, text, values, mistakes) {
                Some(signature) => found.push((definition, signature)),
                None => {
                    spoiled.insert(definition.name.to_string());
                }
            },
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
    let mut refuse = |place, message: &str, help: &str| mistakes.push(Diagnostic::new(place, message).help(help));
    if definition.is_async {
        refuse(python::place_of(text, &definition.name), "drawloom does not support `async`", "leave it out: threads wait without it");
        return None;
    }
    if let Some(decorator) = definition.decorator_list.first() {
        refuse(python::place_of(text, decorator), "drawloom does not support decorators", "write out what it does");
        return None;
    }
    if let Some(rest) = parameters.vararg.as_ref().or(parameters.kwarg.as_ref()) {
        refuse(python::place_of(text, &**rest), "drawloom does not support `*` and `**` parameters", "give each parameter a name");
        return None;
    }
    let all: Vec<_> = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs).collect();
    let mut defaults = Vec::new();
    for parameter in &all {
        match &parameter.default {
            None if defaults.is_empty() => {}
            None => {
                let help = "put those without a default first";
                refuse(python::place_of(text, &parameter.parameter), "a parameter without a default behind one that has a default", help);
                return None;
            }
            Some(default) => match constant(default, values) {
                Some(word) => defaults.push(word),
                None => {
                    refuse(
                        python::place_of(text, &**default),
                        "a default is a constant here",
                        "use None, and make the value in the function",
                    );
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
