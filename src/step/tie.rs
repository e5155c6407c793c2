//! What ties threads together in a step besides its operation: starts, joins that are over, time that passes.

use crate::kernel::op::Op;
use crate::kernel::value::ThreadId;

/// Something private in a step by which later operations depend on earlier ones, without a use that would say so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tie {
    /// The first thread has started the second.
    Started(ThreadId, ThreadId),
    /// The thread has come past this join, of threads that are over.
    Joined(ThreadId, Op),
    /// Nothing could happen any more at this instant, and time has passed.
    Passed,
}
