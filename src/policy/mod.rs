//! Pure decisions: what has happened and what time it is go in, what to do next comes out. No clock, no call, no waiting.

pub mod budget;
pub mod quorum;
pub mod retry;
