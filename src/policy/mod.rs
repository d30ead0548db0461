//! Makes decisions without I/O. In: earlier events and the current time. Out: the next action.
//! These modules read no clock, call no model and never wait.

pub(crate) mod budget;
pub(crate) mod escalation;
pub(crate) mod quorum;
pub(crate) mod retry;
