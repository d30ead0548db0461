//! Checks contradictions on web pages. Takes an [`Analysis`]. Returns the same analysis, in which
//! the checked contradictions have the field `checked`.
//!
//! In each check, the analyst's model uses its web tools. The model sees the stances without names,
//! in a fence and in shuffled order. All checks run at the same time. If a check fails, its
//! contradiction has no `checked`, and the run continues.

mod call;
mod parser;
mod prompt;

use futures::future::join_all;

use crate::deliberation::concurrency::ConcurrencyLimits;
use crate::deliberation::context::RunContext;
use crate::deliberation::round_panel::PanelOutcome;
use crate::error::{Code, Error, Result};
use crate::plan::restore::Restored;
use crate::result::{Analysis, Checked};
use call::Check;

/// Checks the contradictions that the plan chooses and that have not been checked. Returns the
/// analysis with the outcomes. `restored` is the state of the earlier run, if it is still valid. If
/// all checks of the earlier run have ended, makes no checks.
pub(super) async fn run(
    run: RunContext<'_>,
    panel: &PanelOutcome,
    analysis: Option<Analysis>,
    restored: Option<&Restored>,
) -> Option<Analysis> {
    let mut analysis = analysis?;
    let are_over = restored.is_some_and(|restored| restored.checks_are_over);
    let Some(verifier) = run.plan.verifier.as_ref().filter(|_| !are_over) else {
        return Some(analysis);
    };
    let indexes = verifier.open_checks(&analysis);
    if indexes.is_empty() {
        return Some(analysis);
    }
    let limits = &ConcurrencyLimits::new(run.plan);
    run.costs.start_checks(indexes.len());
    let stops = run.control.open_checks(indexes.len());
    let checks = indexes.iter().zip(stops).filter_map(|(index, stop)| {
        let check = Check {
            run,
            panel,
            index: *index,
            contradiction: analysis.contradictions.get(*index)?,
            limits,
        };
        let stopped = || {
            let message = "stopped by `proceed()`: the contradiction is not checked";
            Err(Error::new(Code::Cancelled, message))
        };
        Some(async move {
            let outcome = stop.run_until(check.outcome()).await;
            (
                check.index,
                recorded(check, outcome.unwrap_or_else(stopped)),
            )
        })
    });
    let outcomes = join_all(checks).await;
    run.control.close_checks();
    // If the budget was used up, do not record the end. A resumed run with a higher `max_cost` then
    // repeats the failed checks.
    let is_out_of_budget = |error: &Error| error.code == Code::BudgetExceeded;
    let mut failures = outcomes
        .iter()
        .filter_map(|(_, outcome)| outcome.as_ref().err());
    if !failures.any(is_out_of_budget) {
        run.recorder.checks_ended();
    }
    for (index, outcome) in outcomes {
        if let Some(contradiction) = analysis.contradictions.get_mut(index) {
            contradiction.checked = outcome.ok();
        }
    }
    Some(analysis)
}

/// Records the outcome of a check and returns it.
fn recorded(check: Check<'_>, outcome: Result<Checked>) -> Result<Checked> {
    let (recorder, index) = (check.run.recorder, check.index);
    match &outcome {
        Ok(checked) => recorder.verification_completed(index, checked),
        Err(error) => recorder.verification_failed(index, error.clone()),
    }
    outcome
}
