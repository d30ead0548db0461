//! Makes pure decisions: earlier events and the current time in, the next action out. These modules
//! read no clock, call no model and never wait.

pub(crate) mod budget;
pub(crate) mod escalation;
pub(crate) mod quorum;
pub(crate) mod retry;
