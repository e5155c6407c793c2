//! Bodies as syntax trees: Ruff's parser, its errors placed in the scenario file.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Expr, Mod, Stmt};
use ruff_python_parser::{LexicalErrorType, Mode, ParseError, ParseErrorType, ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

use crate::program::diagnostic::Diagnostic;
use crate::program::document::Text;
use crate::step::place::Place;

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

/// What is wrong, without what only follows from it: one mistake a line, none behind a text or bracket that is left open.
fn mistakes(text: &Text, parsed: &Parsed<Mod>) -> Vec<Diagnostic> {
    let mut errors: Vec<&ParseError> = parsed.errors().iter().collect();
    errors.sort_by_key(|error| (error.location.start(), error.location.end()));
    let is_open = |error: &&&ParseError| match &error.error {
        ParseErrorType::Lexical(error) => matches!(error, LexicalErrorType::UnclosedStringError | LexicalErrorType::FStringError(_)),
        _ => false,
    };
    let open = errors.iter().find(is_open).map(|error| error.location.start());
    let bracket = if errors.is_empty() || open.is_some() { None } else { open_bracket(parsed) };
    errors.retain(|error| open.is_none_or(|open| error.location.start() <= open));
    errors.retain(|error| bracket.is_none_or(|bracket| error.location.start() < bracket.start()));
    // At the end everything that is still open is missed once more.
    let end = text.text.trim_end().len();
    let first = errors.first().map(|error| error.location);
    errors.retain(|error| error.location.start().to_usize() <= end || Some(error.location) == first);
    errors.dedup_by(|next, error| {
        let bytes = text.text.as_bytes();
        let between = error.location.start().to_usize().min(bytes.len())..next.location.start().to_usize().min(bytes.len());
        !bytes[between].contains(&b'\n')
    });
    let mut found: Vec<Diagnostic> = errors.into_iter().map(|error| mistake(text, error)).collect();
    found.extend(bracket.map(|range| Diagnostic::new(range_in(text, range), "this bracket is never closed")));
    found
}

fn mistake(text: &Text, error: &ParseError) -> Diagnostic {
    let mistake = Diagnostic::new(range_in(text, error.location), lowered(&error.error.to_string()));
    let (before, behind) = text.text.split_at(error.location.start().to_usize().min(text.text.len()));
    let indented_with_tab = || text.text.lines().any(|line| line[..line.len() - line.trim_start().len()].contains('\t'));
    if before.ends_with('&') || behind.starts_with("&&") {
        mistake.help("Python writes `and`")
    } else if before.ends_with('|') || behind.starts_with("||") {
        mistake.help("Python writes `or`")
    } else if behind.starts_with('!') && !behind.starts_with("!=") {
        mistake.help("Python writes `not`")
    } else if behind.starts_with('=') && matches!(error.error, ParseErrorType::UnexpectedExpressionToken) {
        mistake.help("`==` compares")
    } else if error.error.to_string().contains("ndent") && indented_with_tab() {
        mistake.help("indent with blanks only: somewhere in this body there is a tab")
    } else {
        mistake
    }
}

/// The innermost bracket that is still open at the end.
fn open_bracket(parsed: &Parsed<Mod>) -> Option<TextRange> {
    let mut open: Vec<(TokenKind, TextRange)> = Vec::new();
    for token in parsed.tokens() {
        let opening = match token.kind() {
            kind @ (TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace) => {
                open.push((kind, token.range()));
                continue;
            }
            TokenKind::Rpar => TokenKind::Lpar,
            TokenKind::Rsqb => TokenKind::Lsqb,
            TokenKind::Rbrace => TokenKind::Lbrace,
            _ => continue,
        };
        // A bracket that closes another kind is a mistake the parser tells better.
        if open.pop()?.0 != opening {
            return None;
        }
    }
    open.pop().map(|(_, range)| range)
}

/// A message that begins like ours: in lower case.
fn lowered(message: &str) -> String {
    let mut letters = message.chars();
    match letters.next() {
        Some(first) if !message.starts_with('`') => first.to_lowercase().collect::<String>() + letters.as_str(),
        _ => message.to_owned(),
    }
}

/// The statements of a body, as far as they can be made out, and everything that is wrong with them.
pub fn recovered(text: &Text) -> (Vec<Stmt>, Vec<Diagnostic>) {
    if let Err(found) = check_size(text) {
        return (Vec::new(), found);
    }
    let parsed = parse_unchecked(&text.text, ParseOptions::from(Mode::Module));
    let found = mistakes(text, &parsed);
    let module = parsed.try_into_module().map(|module| module.into_syntax().body);
    (module.into_iter().flatten().collect(), found)
}

/// A single expression.
///
/// # Errors
///
/// Everything the parser has to say.
pub fn expression(text: &Text) -> Result<Expr, Vec<Diagnostic>> {
    check_size(text)?;
    let parsed = parse_unchecked(&text.text, ParseOptions::from(Mode::Expression));
    let found = mistakes(text, &parsed);
    if !found.is_empty() {
        return Err(found);
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
