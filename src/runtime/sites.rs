//! The places in the source of a program written in Rust that were met, by number.

use rustc_hash::FxHashMap;

use crate::runtime::request::Site;
use crate::step::place::Place;

/// The places.
#[derive(Default)]
pub struct Sites {
    known: Vec<(String, u32)>,
    numbers: FxHashMap<(String, u32), u32>,
}

impl Sites {
    /// This line of this file.
    pub fn place(&mut self, file: &str, line: u32) -> Place {
        let key = (file.to_owned(), line);
        let next = self.known.len() as u32;
        let number = *self.numbers.entry(key.clone()).or_insert(next);
        if number == next {
            self.known.push(key);
        }
        Place { start: number, end: number }
    }

    /// Where a thread has asked for something.
    pub fn at(&mut self, site: Site) -> Place {
        self.place(site.file(), site.line())
    }

    /// A place as `file:line`.
    pub fn shown(&self, place: Place) -> String {
        self.known.get(place.start as usize).map_or(String::new(), |(file, line)| format!("{file}:{line}"))
    }
}
