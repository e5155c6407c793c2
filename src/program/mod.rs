//! What is run: scenarios, and the virtual machine that runs their bodies.

pub mod bytecode;
pub mod scenario;
pub mod statement;
