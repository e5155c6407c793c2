//! How texts are put together, with threads' names and numbers kept symbolic inside them.

use crate::kernel::text::pieces_of;
use crate::kernel::value::{Aspect, ThreadId, Word};
use crate::kernel::values::{Piece, Values};
use crate::program::raised::{Raised, fits_text, type_error};
use crate::program::shape::{Shape, shape};

/// Collects a text piece by piece, up to the size that a text may have.
#[derive(Default)]
pub struct Builder {
    pieces: Vec<Piece>,
    letters: String,
    size: usize,
}

impl Builder {
    /// Adds letters.
    ///
    /// # Errors
    ///
    /// `Unsupported` if the text gets too long; so do the others.
    pub fn letters(&mut self, letters: &str) -> Result<(), Raised> {
        self.size += letters.len();
        fits_text(self.size)?;
        self.letters.push_str(letters);
        Ok(())
    }

    /// Adds a thread's name or number.
    ///
    /// # Errors
    ///
    /// As [`Builder::letters`].
    pub fn thread(&mut self, thread: ThreadId, aspect: Aspect) -> Result<(), Raised> {
        self.size += size_of::<Piece>();
        fits_text(self.size)?;
        self.flush();
        self.pieces.push(Piece::Thread(thread, aspect));
        Ok(())
    }

    /// Adds a piece.
    ///
    /// # Errors
    ///
    /// As [`Builder::letters`].
    pub fn piece(&mut self, piece: &Piece) -> Result<(), Raised> {
        match piece {
            Piece::Letters(letters) => self.letters(letters),
            Piece::Thread(thread, aspect) => self.thread(*thread, *aspect),
        }
    }

    /// The pieces collected.
    pub fn finish(mut self) -> Vec<Piece> {
        self.flush();
        self.pieces
    }

    fn flush(&mut self) {
        if !self.letters.is_empty() {
            self.pieces.push(Piece::Letters(std::mem::take(&mut self.letters).into()));
        }
    }
}

/// The word of a text of pieces. A text that is just a thread's name is that name's own word, so that equal texts
/// stay equal words.
pub fn from_pieces(values: &mut Values, pieces: Vec<Piece>) -> Word {
    match pieces[..] {
        [Piece::Thread(thread, Aspect::Name)] => Word::thread(thread, Aspect::Name),
        _ => values.text_of(pieces),
    }
}

/// The concatenation of texts (f-strings, `+`).
///
/// # Errors
///
/// `TypeError` if one is no text, `Unsupported` if the result is too long.
pub fn concatenate(values: &mut Values, texts: &[Word]) -> Result<Word, Raised> {
    let mut builder = Builder::default();
    for &text in texts {
        match shape(values, text) {
            Shape::Text(pieces) => pieces.iter().try_for_each(|piece| builder.piece(piece))?,
            Shape::Name(thread) => builder.thread(thread, Aspect::Name)?,
            other => {
                let message = format!("can only concatenate str (not \"{}\") to str", other.type_name());
                return Err(type_error(values, &message));
            }
        }
    }
    Ok(from_pieces(values, builder.finish()))
}

/// The text `times` over.
///
/// # Errors
///
/// `Unsupported` if the result is too long.
pub fn repeated(values: &mut Values, text: Word, times: usize) -> Result<Word, Raised> {
    let pieces = pieces_of(values, text).unwrap_or_default();
    let mut builder = Builder::default();
    for _ in 0..if pieces.is_empty() { 0 } else { times } {
        pieces.iter().try_for_each(|piece| builder.piece(piece))?;
    }
    Ok(from_pieces(values, builder.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text::render;
    use crate::program::raised::MAX_TEXT;

    #[test]
    fn names_stay_symbolic_in_a_concatenation() {
        let mut values = Values::new();
        let name = Word::thread(ThreadId(2), Aspect::Name);
        let tail = values.text(" ran");
        let empty = values.text("");
        let text = concatenate(&mut values, &[name, tail]).unwrap();
        assert_eq!(render(&values, text, &|thread, aspect| format!("{aspect:?}{}", thread.0)), "Name2 ran");
        assert_eq!(concatenate(&mut values, &[empty, name, empty]), Ok(name), "a name alone is its own word");
        assert_eq!(concatenate(&mut values, &[]), Ok(empty));
        let twice = repeated(&mut values, text, 2).unwrap();
        assert_eq!(concatenate(&mut values, &[text, text]), Ok(twice));
    }

    #[test]
    fn a_text_is_bounded() {
        let mut values = Values::new();
        let letter = values.text("é");
        assert!(repeated(&mut values, letter, MAX_TEXT / 2).is_ok());
        assert!(matches!(repeated(&mut values, letter, usize::MAX), Err(Raised::Unsupported(_))));
        let empty = values.text("");
        assert_eq!(repeated(&mut values, empty, usize::MAX), Ok(empty));
        assert!(matches!(concatenate(&mut values, &[Word::ZERO]), Err(Raised::Error(..))));
    }
}
