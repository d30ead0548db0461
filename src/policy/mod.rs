//! Pure decisions: events so far and the current time go in, the next action comes out. Nothing
//! here reads a clock, calls a model or waits.

pub(crate) mod budget;
pub(crate) mod escalation;
pub(crate) mod quorum;
pub(crate) mod retry;
