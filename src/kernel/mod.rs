//! The simulated machine: pure state, no input or output, no randomness, no threads.

pub mod access;
pub mod apply;
pub mod barrier;
pub mod clock;
pub mod condition;
pub mod dependence;
pub mod enabled;
pub mod error;
pub mod event;
pub mod foreign;
pub mod local;
pub mod lock;
pub mod machine;
pub mod object;
pub mod op;
pub mod pool;
pub mod process;
pub mod queue;
pub mod semaphore;
pub mod state;
pub mod thread;
pub mod value;
pub mod values;
pub mod variable;
pub mod work;
pub mod zone;
