//! Telling: pure functions from what was found out to text and JSON.

pub mod describe;
#[cfg(feature = "cli")]
pub mod json;
pub mod story;
#[cfg(feature = "scenarios")]
pub mod table;
#[cfg(feature = "scenarios")]
pub mod trouble;
pub mod words;
