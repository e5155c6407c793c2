//! Which executions are looked at: one strategy a file; siblings do not know each other.

pub mod brute_force;
pub mod counting;
pub mod interchange;
pub mod known_states;
pub mod races;
pub mod random_walk;
pub mod renaming;
pub mod sampling;
pub mod simplest;
pub mod state_graph;
pub mod summary;
pub mod symmetry;
pub mod trace_tree;
pub mod wakeup;
