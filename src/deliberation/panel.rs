//! Runs the panel: a plan in, responses out. All panelists run at the same time. After each answer,
//! the quorum policy decides whether the other panelists may continue.

use std::cell::RefCell;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, join, join_all, select};

use crate::deliberation::concurrency::ConcurrencyLimits;
use crate::deliberation::context::RunContext;
use crate::deliberation::control::StopReason;
use crate::deliberation::panelist::Panelist;
use crate::deliberation::round_panel::{MemberStart, PanelOutcome, RoundPanel};
use crate::error::{Code, Error, Result};
use crate::event::WarningCode;
use crate::notify::Notify;
use crate::plan::Plan;
use crate::policy::quorum::{Quorum, QuorumDecision};
use crate::policy::retry;
use crate::result::Response;

/// Runs the panelists of a round. Fails if all panelists of the run have failed.
pub(super) async fn run_panel(run: RunContext<'_>, panel: RoundPanel<'_>) -> Result<PanelOutcome> {
    let RunContext {
        plan, env, control, ..
    } = run;
    let count = panel.members(plan);
    if count == 0 {
        return Ok(PanelOutcome::default());
    }
    let is_of_round = move |index: usize| plan.round_of(index) == panel.round();
    let restored = plan.restored.responses.iter();
    let restored = restored.filter(|response| is_of_round(response.index));
    let limits = &ConcurrencyLimits::new(plan);
    let answered_at = &RefCell::new(restored.map(|_| env.clock.now_ms()).collect::<Vec<_>>());
    let panel_changed = &Notify::default();
    let members = plan.panel.iter().enumerate().zip(control.open_panel(count));
    let members = members.map(|((index, config), stop)| async move {
        let (start, mut attempt) = panel.start(plan, index);
        let outcome = match start {
            MemberStart::Settled(outcome) => {
                control.take_stop_reason(index);
                outcome
            }
            start => {
                let failed = match start {
                    MemberStart::Failed(error) => Some(error),
                    _ => None,
                };
                let panelist = Panelist {
                    run,
                    index,
                    config,
                    limits,
                };
                let outcome =
                    run_member(panelist, (stop, failed), &mut attempt, panel_changed).await;
                if outcome.is_ok() && is_of_round(index) {
                    answered_at.borrow_mut().push(env.clock.now_ms());
                }
                outcome
            }
        };
        panel_changed.notify_one();
        (outcome, attempt)
    });
    // Check the quorum first: restored answers may be enough without any call.
    let quorum = plan.quorum.of_round(plan.round_size(panel.round()));
    let ((), outcomes) = join(
        close_at_quorum(run, quorum, answered_at, panel_changed),
        join_all(members),
    )
    .await;
    panel_outcome(run, outcomes)
}

/// Sorts the outcomes of the panelists. Fails if all panelists failed, and warns if only one
/// answered.
fn panel_outcome(
    run: RunContext<'_>,
    outcomes: Vec<(Result<Response>, u32)>,
) -> Result<PanelOutcome> {
    let RunContext {
        plan,
        recorder,
        control,
        ..
    } = run;
    let members = outcomes.len();
    let (mut responses, mut failures, mut attempts) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (outcome, attempt)) in outcomes.into_iter().enumerate() {
        attempts.push(attempt);
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
                "only one of {members} panelists answered; there is nothing to compare it with"
            ),
        );
    }
    Ok(PanelOutcome {
        responses,
        failures,
        attempts,
        is_cut_short: control.is_cut_short(),
    })
}

/// How a call of a panelist ended.
enum MemberOutcome {
    Answered(Response),
    /// The caller restarted the panelist while it ran.
    Restarted,
    /// The panelist failed, and the caller restarted it in the same poll.
    RestartedAfterFailure,
    /// The panelist failed or was cancelled. The recorder has the error.
    Failed(Error),
}

/// Runs one panelist, including restarts, until it answers or the panel closes. A panelist that has
/// already `failed` is called only if it restarts.
async fn run_member(
    panelist: Panelist<'_>,
    (mut stop, mut failed): (Notify, Option<Error>),
    attempt: &mut u32,
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
    let (mut restarts, mut delay_ms) = (0, 0);
    loop {
        let outcome = match failed.take() {
            Some(error) => {
                control.take_stop_reason(index);
                MemberOutcome::Failed(error)
            }
            None => call_member(panelist, delay_ms, &mut stop, attempt).await,
        };
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

/// Waits for the delay, then calls the panelist until it finishes or is stopped.
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

/// Waits before a restart. Returns the error if the panelist is cancelled meanwhile. A further
/// restart does not shorten the delay and emits no event. Otherwise a caller that restarts at each
/// event would loop without a pause, and no timer could fire.
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

/// Watches the quorum. Cancels slow panelists after the grace period. Closes the panel when no
/// panelist is running.
async fn close_at_quorum(
    run: RunContext<'_>,
    quorum: Quorum,
    answered_at: &RefCell<Vec<u64>>,
    panel_changed: &Notify,
) {
    let RunContext { env, control, .. } = run;
    while control.is_any_running() {
        let now_ms = env.clock.now_ms();
        let decision = quorum.decide(&answered_at.borrow(), now_ms);
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

/// Returns the run's error if all panelists failed. A code that all errors share becomes the run's
/// code. Otherwise an exceeded budget, missing credit or a rate limit takes precedence, because the
/// caller can act on it.
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

/// Returns the error whose code becomes the code of the run's error.
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
