//! Runs the panel: a plan in, responses out. All panelists run at the same time. After each answer,
//! the quorum policy decides whether the other panelists may continue.

use std::cell::RefCell;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, join, join_all, select};

use crate::deliberation::concurrency::ConcurrencyLimits;
use crate::deliberation::context::RunContext;
use crate::deliberation::control::StopReason;
use crate::deliberation::panelist::Panelist;
use crate::error::{Code, Error, Result};
use crate::event::WarningCode;
use crate::notify::Notify;
use crate::plan::Plan;
use crate::policy::quorum::QuorumDecision;
use crate::policy::retry;
use crate::result::Response;

/// The responses and the failures of a panel, both in the order of the panel.
#[derive(Default)]
pub(super) struct PanelOutcome {
    pub responses: Vec<Response>,
    /// Indexes of the panelists that failed, with their errors.
    pub failures: Vec<(usize, Error)>,
}

/// Runs all panelists. Fails if all panelists fail.
pub(super) async fn run_panel(run: RunContext<'_>) -> Result<PanelOutcome> {
    let RunContext {
        plan, env, control, ..
    } = run;
    if plan.panel.is_empty() {
        return Ok(PanelOutcome::default());
    }
    let limits = &ConcurrencyLimits::new(plan);
    let answered_at = &RefCell::new(vec![env.clock.now_ms(); plan.restored.responses.len()]);
    let panel_changed = &Notify::default();
    let members = plan
        .panel
        .iter()
        .enumerate()
        .zip(control.open_panel(plan.panel.len()))
        .map(|((index, config), stop)| async move {
            let outcome = match plan.restored.panelist(index) {
                Some(settled) => {
                    control.take_stop_reason(index);
                    settled
                }
                None => {
                    let panelist = Panelist {
                        run,
                        index,
                        config,
                        limits,
                    };
                    let outcome = run_member(panelist, stop, panel_changed).await;
                    if outcome.is_ok() {
                        answered_at.borrow_mut().push(env.clock.now_ms());
                    }
                    outcome
                }
            };
            panel_changed.notify_one();
            outcome
        });
    // `close_at_quorum` is polled first, because restored answers may already meet the quorum.
    let ((), outcomes) = join(
        close_at_quorum(run, answered_at, panel_changed),
        join_all(members),
    )
    .await;
    panel_outcome(run, outcomes)
}

/// Separates responses from failures. Fails if all panelists failed. Warns if only one panelist
/// answered.
fn panel_outcome(run: RunContext<'_>, outcomes: Vec<Result<Response>>) -> Result<PanelOutcome> {
    let RunContext { plan, recorder, .. } = run;
    let (mut responses, mut failures) = (Vec::new(), Vec::new());
    for (index, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Ok(response) => responses.push(response),
            Err(error) => failures.push((index, error)),
        }
    }
    if responses.is_empty() {
        return Err(all_failed_error(plan, &failures));
    }
    if responses.len() == 1 && !failures.is_empty() {
        recorder.warn(
            WarningCode::OneResponse,
            format!(
                "only one of {} panelists answered; there is nothing to compare it with",
                plan.panel.len()
            ),
        );
    }
    Ok(PanelOutcome {
        responses,
        failures,
    })
}

/// The outcome of a panelist's call.
enum MemberOutcome {
    Answered(Response),
    /// The caller restarted the panelist during the call.
    Restarted,
    /// The panelist failed, and the caller restarted it in the same poll.
    RestartedAfterFailure,
    /// The panelist failed or was cancelled. The error is already recorded.
    Failed(Error),
}

/// Runs one panelist and its restarts, until it answers or the panel closes.
async fn run_member(
    panelist: Panelist<'_>,
    mut stop: Notify,
    panel_changed: &Notify,
) -> Result<Response> {
    let Panelist {
        run, index, config, ..
    } = panelist;
    let RunContext {
        recorder, control, ..
    } = run;
    let retrying =
        |error: Error, delay_ms: u64| recorder.retrying(config.role, None, error, delay_ms);
    let (mut attempt, mut restarts, mut delay_ms) = (0, 0, 0);
    loop {
        let outcome = call_member(panelist, delay_ms, &mut stop, &mut attempt).await;
        delay_ms = retry::manual_retry_delay(restarts);
        restarts += 1;
        let error = match outcome {
            MemberOutcome::Answered(response) => return Ok(response),
            MemberOutcome::Restarted => {
                let error = Error::new(Code::Cancelled, "restarted by `retryPanelist()`");
                retrying(error, delay_ms);
                stop = control.start(index);
                continue;
            }
            MemberOutcome::RestartedAfterFailure => {
                stop = control.start(index);
                continue;
            }
            MemberOutcome::Failed(error) => error,
        };
        let retried = control.await_retry(index);
        panel_changed.notify_one();
        retried.notified().await;
        let Some(next_stop) = control.stop_signal(index) else {
            return Err(error);
        };
        stop = next_stop;
        if delay_ms > 0 {
            retrying(error, delay_ms);
        }
    }
}

/// Waits for the delay. Then calls the panelist until it finishes or is stopped.
async fn call_member(
    panelist: Panelist<'_>,
    delay_ms: u64,
    stop: &mut Notify,
    attempt: &mut u32,
) -> MemberOutcome {
    let Panelist {
        run, index, config, ..
    } = panelist;
    let cancelled = |error: Error| {
        run.recorder
            .panelist_failed(index, config.model(), error.clone());
        MemberOutcome::Failed(error)
    };
    if let Some(error) = wait_before_restart(run, index, delay_ms, stop).await {
        return cancelled(error);
    }
    let outcome = stop.run_until(panelist.answer(attempt)).await;
    let stop_reason = run.control.take_stop_reason(index);
    match (outcome, stop_reason) {
        (Some(Ok(response)), _) => MemberOutcome::Answered(response),
        (Some(Err(_)), Some(StopReason::Restart)) => MemberOutcome::RestartedAfterFailure,
        (Some(Err(error)), _) => MemberOutcome::Failed(error),
        (None, Some(StopReason::Cancel(error))) => cancelled(error),
        (None, Some(StopReason::Restart) | None) => MemberOutcome::Restarted,
    }
}

/// Waits before a restart. If the panelist is cancelled meanwhile, returns the error.
///
/// Another restart during the delay has no effect and emits no event. Otherwise a caller that
/// restarts at each event would loop without a pause, and no timer could fire.
async fn wait_before_restart(
    run: RunContext<'_>,
    index: usize,
    delay_ms: u64,
    stop: &mut Notify,
) -> Option<Error> {
    if delay_ms == 0 {
        return None;
    }
    let mut delay = run.env.clock.sleep(delay_ms);
    while stop.run_until(&mut delay).await.is_none() {
        if let Some(StopReason::Cancel(error)) = run.control.take_stop_reason(index) {
            return Some(error);
        }
        *stop = run.control.start(index);
    }
    None
}

/// Watches the quorum. Cancels slow panelists after the grace period, and closes the panel when no
/// panelist is running.
async fn close_at_quorum(
    run: RunContext<'_>,
    answered_at: &RefCell<Vec<u64>>,
    panel_changed: &Notify,
) {
    let RunContext {
        plan, env, control, ..
    } = run;
    while control.is_any_running() {
        let now_ms = env.clock.now_ms();
        let decision = plan.quorum.decide(&answered_at.borrow(), now_ms);
        let deadline: LocalBoxFuture<'_, ()> = match decision {
            QuorumDecision::Wait => futures::future::pending().boxed_local(),
            QuorumDecision::WaitUntil(end_ms) => env.clock.sleep(end_ms.saturating_sub(now_ms)),
            QuorumDecision::Stop => {
                control.stop_all(
                    "stopped: enough answers were in, and the grace for stragglers was over",
                );
                futures::future::pending().boxed_local()
            }
        };
        select(panel_changed.notified(), deadline).await;
    }
    control.close_panel();
}

/// Returns the run's error if all panelists failed.
///
/// If all errors have the same code, it becomes the run's code. Otherwise an exceeded budget,
/// missing credit or a rate limit has precedence, because the caller can act on these.
fn all_failed_error(plan: &Plan, failures: &[(usize, Error)]) -> Error {
    let errors = || failures.iter().map(|(_, error)| error);
    let message = |(index, error): &(usize, Error)| {
        format!("{}: {}", plan.panelist_name(*index), error.message)
    };
    let messages: Vec<_> = failures.iter().map(message).collect();
    let message = format!("every panelist failed ({})", messages.join("; "));
    let cause = shared_cause(errors);
    match cause {
        Some(cause) => {
            let mut error = cause.clone().with_message(message);
            error.index = None;
            error
        }
        None => Error::new(Code::AllPanelsFailed, message),
    }
}

/// Returns the panelist's error whose code becomes the run's code.
fn shared_cause<'a, I: Iterator<Item = &'a Error>>(errors: impl Fn() -> I) -> Option<&'a Error> {
    let any = |code: Code| errors().find(|error| error.code == code);
    let first = errors().next();
    let shared = first.filter(|first| errors().all(|error| error.code == first.code));
    shared
        .or_else(|| any(Code::BudgetExceeded))
        .or_else(|| any(Code::InsufficientCredits))
        .or_else(|| any(Code::RateLimited))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_code_is_the_shared_one_or_one_the_caller_can_act_on() {
        let code = |codes: &[Code]| {
            let errors: Vec<_> = codes.iter().map(|code| Error::new(*code, "")).collect();
            shared_cause(|| errors.iter()).map_or(Code::AllPanelsFailed, |error| error.code)
        };
        assert_eq!(
            code(&[Code::Authentication, Code::Authentication]),
            Code::Authentication
        );
        assert_eq!(
            code(&[Code::ProviderError, Code::RateLimited]),
            Code::RateLimited
        );
        assert_eq!(
            code(&[Code::RateLimited, Code::InsufficientCredits]),
            Code::InsufficientCredits
        );
        assert_eq!(
            code(&[Code::Timeout, Code::NetworkError]),
            Code::AllPanelsFailed
        );
    }
}
