//! Pure decisions: events so far and the current time go in, the next action comes out. Nothing
//! here reads a clock, calls a model or waits.

pub mod budget;
pub mod quorum;
pub mod retry;
