//! Defines the context of a run: the references that every stage receives, and each role's random
//! numbers.

use super::adaptations::Adaptations;
use super::control::RunControl;
use super::cost_limit::CostTracker;
use super::lasting_failures::LastingFailures;
use super::recorder::RunRecorder;
use crate::plan::Plan;
use crate::provider::Environment;
use crate::role::Role;

/// References to everything that a stage needs.
#[derive(Clone, Copy)]
pub(super) struct RunContext<'a> {
    /// Models, limits and the conversation.
    pub plan: &'a Plan,
    /// Transport, clock and tools.
    pub env: &'a Environment,
    /// Records events, the snapshot and the result.
    pub recorder: &'a RunRecorder,
    /// Carries the caller's commands during the run.
    pub control: &'a RunControl,
    /// Prices and the remaining budget.
    pub costs: &'a CostTracker<'a>,
    /// The request changes that models need after refusals.
    pub adaptations: &'a Adaptations,
    /// Models that failed as the analyst and whose later calls would fail, too.
    pub lasting_failures: &'a LastingFailures,
}

/// Returns the random generator of one role. Its seed comes from the run's seed and the role, so it
/// does not depend on the order in which calls end.
pub(super) fn rng(plan: &Plan, role: Role) -> fastrand::Rng {
    let salt = match role {
        Role::Panelist(index) => index as u64,
        Role::Analyst => 100,
        Role::Writer => 101,
        Role::Verifier(index) => 1_000 + index as u64,
    };
    fastrand::Rng::with_seed(
        plan.seed
            .wrapping_add(salt.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
    )
}
