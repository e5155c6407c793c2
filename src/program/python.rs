//! Bodies as syntax trees: Ruff's parser, its errors placed in the scenario file.

use ruff_python_ast::{Expr, Mod, Stmt};
use ruff_python_parser::{Mode, ParseError, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

use crate::program::bytecode::Place;
use crate::program::diagnostic::Diagnostic;
use crate::program::document::Text;

/// The longest body, in bytes.
const LONGEST: usize = 64 << 10;

/// Where a node of the tree stands in the file.
pub fn place_of(text: &Text, node: &impl Ranged) -> Place {
    range_in(text, node.range())
}

/// Where a range of a body stands in the file.
pub fn range_in(text: &Text, range: TextRange) -> Place {
    text.locate(range.start().to_usize(), range.end().to_usize())
}

fn mistakes(text: &Text, errors: &[ParseError]) -> Vec<Diagnostic> {
    errors.iter().map(|error| Diagnostic::new(range_in(text, error.location), lowered(&error.error.to_string()))).collect()
}

/// A message that begins like ours: in lower case.
fn lowered(message: &str) -> String {
    let mut letters = message.chars();
    match letters.next() {
        Some(first) if !message.starts_with('`') => first.to_lowercase().collect::<String>() + letters.as_str(),
        _ => message.to_owned(),
    }
}

/// The statements of a body.
///
/// # Errors
///
/// Everything the parser has to say.
pub fn statements(text: &Text) -> Result<Vec<Stmt>, Vec<Diagnostic>> {
    check_size(text)?;
    let parsed = parse_unchecked(&text.text, ParseOptions::from(Mode::Module));
    if !parsed.errors().is_empty() {
        return Err(mistakes(text, parsed.errors()));
    }
    let module = parsed.try_into_module().map(|module| module.into_syntax().body);
    Ok(module.into_iter().flatten().collect())
}

/// A single expression.
///
/// # Errors
///
/// Everything the parser has to say.
pub fn expression(text: &Text) -> Result<Expr, Vec<Diagnostic>> {
    check_size(text)?;
    let parsed = parse_unchecked(&text.text, ParseOptions::from(Mode::Expression));
    if !parsed.errors().is_empty() {
        return Err(mistakes(text, parsed.errors()));
    }
    match parsed.into_syntax() {
        Mod::Expression(expression) => Ok(*expression.body),
        Mod::Module(_) => Err(vec![Diagnostic::new(text.locate(0, text.text.len()), "this is not an expression")]),
    }
}

fn check_size(text: &Text) -> Result<(), Vec<Diagnostic>> {
    if text.text.len() <= LONGEST {
        return Ok(());
    }
    let message = format!("this body has {} bytes, more than the {LONGEST} that are read", text.text.len());
    Err(vec![Diagnostic::new(text.locate(0, 1), message)])
}
