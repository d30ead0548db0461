//! The context of a run, which every stage gets.

use super::control::RunControl;
use super::cost::CostTracker;
use super::recorder::RunRecorder;
use crate::plan::Plan;
use crate::provider::Environment;
use crate::role::Role;

/// Everything that a stage works with. Copied freely: it holds references only.
#[derive(Clone, Copy)]
pub struct RunContext<'a> {
    /// Models, limits and the conversation.
    pub plan: &'a Plan,
    /// Transport, clock and tools.
    pub env: &'a Environment,
    /// Records events, the snapshot and the result.
    pub recorder: &'a RunRecorder,
    /// Carries what the caller asks for while the run goes on.
    pub control: &'a RunControl,
    /// Prices, and what may still be spent.
    pub costs: &'a CostTracker<'a>,
}

/// Returns the random numbers of one role. They do not depend on the order in which calls end.
pub fn rng(plan: &Plan, role: Role) -> fastrand::Rng {
    let salt = match role {
        Role::Panelist(index) => index as u64,
        Role::Analyst => 100,
        Role::Writer => 101,
    };
    fastrand::Rng::with_seed(plan.seed.wrapping_add(salt.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}
