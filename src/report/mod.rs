//! Telling: pure functions from what was found out to text and JSON.

pub mod describe;
pub mod json;
pub mod story;
pub mod table;
pub mod trouble;
