//! Runs the panel: a plan in, responses out. All panelists run at the same time. After each answer,
//! the quorum policy decides whether the other panelists may continue.

use std::cell::RefCell;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, join, join_all, select};

use crate::deliberation::concurrency::ConcurrencyLimits;
use crate::deliberation::context::RunContext;
use crate::deliberation::control::StopReason;
use crate::deliberation::panelist::{Failure, Panelist};
use crate::error::{Code, Error, Result};
use crate::event::WarningCode;
use crate::json::to_json;
use crate::notify::Notify;
use crate::plan::Plan;
use crate::policy::quorum::QuorumDecision;
use crate::policy::retry;
use crate::result::Response;

/// The responses and the failures of a panel, each in panel order.
#[derive(Default)]
pub(super) struct PanelOutcome {
    pub responses: Vec<Response>,
    /// Indexes of the panelists that failed, with their errors.
    pub failures: Vec<(usize, Error)>,
}

/// The panelists that have answered, with the time in milliseconds, in the order of arrival.
type AnswerTimes = RefCell<Vec<(usize, u64)>>;

/// Runs all panelists. Fails if fewer answer than `quorum.fail_below`.
pub(super) async fn run_panel(run: RunContext<'_>) -> Result<PanelOutcome> {
    let RunContext {
        plan, env, control, ..
    } = run;
    if plan.panel.is_empty() {
        return Ok(PanelOutcome::default());
    }
    let limits = &ConcurrencyLimits::new(plan);
    let began_ms = env.clock.now_ms();
    let stops = control.open_panel(plan.panel.len(), plan.quorum.fail_below);
    let settled: Vec<_> = (0..plan.panel.len())
        .map(|index| plan.restored.panelist(index))
        .collect();
    let is_answered = |(_, outcome): &(usize, &Option<Result<Response>>)| {
        outcome.as_ref().is_some_and(Result::is_ok)
    };
    let answered = settled.iter().enumerate().filter(is_answered);
    let answered_at = &RefCell::new(answered.map(|(index, _)| (index, began_ms)).collect());
    let panel_changed = &Notify::default();
    let members = plan.panel.iter().enumerate().zip(stops).zip(settled);
    let members: Vec<_> = members
        .map(|(((index, config), stop), settled)| {
            if settled.is_some() {
                control.take_stop_reason(index);
            }
            let panelist = Panelist {
                run,
                index,
                config,
                limits,
            };
            async move {
                let outcome = match settled {
                    Some(settled) => settled,
                    None => run_member(panelist, stop, answered_at, panel_changed).await,
                };
                panel_changed.notify_one();
                outcome
            }
        })
        .collect();
    // Check the quorum first: restored answers may be enough without any call.
    let (given_up, outcomes) = join(
        close_at_quorum(run, answered_at, panel_changed),
        join_all(members),
    )
    .await;
    panel_outcome(run, outcomes, &given_up)
}

/// Sorts the outcomes of the panelists. Fails if too few answered. Warns if only one answered, or if
/// some failed. `given_up` has the panelists that were stopped because the others had failed.
fn panel_outcome(
    run: RunContext<'_>,
    outcomes: Vec<Result<Response>>,
    given_up: &[usize],
) -> Result<PanelOutcome> {
    let RunContext { plan, recorder, .. } = run;
    let (mut responses, mut failures) = (Vec::new(), Vec::new());
    for (index, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Ok(response) => responses.push(response),
            Err(error) => failures.push((index, error)),
        }
    }
    if responses.is_empty() {
        return Err(all_failed_error(plan, &failures, given_up));
    }
    if plan.quorum.is_out_of_reach(responses.len()) {
        return Err(quorum_not_met(plan, responses.len(), &failures));
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
    if responses.len() > 1 {
        warn_of_missing(run, responses.len(), &failures);
    }
    Ok(PanelOutcome {
        responses,
        failures,
    })
}

/// Warns of panelists that failed. The caller's own commands and quorum are no reason to warn.
fn warn_of_missing(run: RunContext<'_>, answered: usize, failures: &[(usize, Error)]) {
    let missing = failures
        .iter()
        .filter(|(_, error)| error.code != Code::Cancelled)
        .map(|(index, error)| {
            let code = to_json(&error.code);
            let name = run.plan.panelist_name(*index);
            format!("{name}: {}", code.trim_matches('"'))
        })
        .collect::<Vec<_>>();
    if missing.is_empty() {
        return;
    }
    let message = format!(
        "{answered} of {} panelists answered; missing: {}",
        run.plan.panel.len(),
        missing.join(", ")
    );
    run.recorder.warn(WarningCode::DegradedPanel, message);
}

/// How a call of a panelist ended.
enum MemberOutcome {
    Answered(Response),
    /// The caller restarted the panelist while it ran.
    Restarted,
    /// The panelist failed, and the caller restarted it in the same poll.
    RestartedAfterFailure,
    /// The panelist failed or was cancelled. The recorder has the error.
    Failed(Failure),
}

/// Runs one panelist, including restarts, until it answers or the panel closes.
async fn run_member(
    panelist: Panelist<'_>,
    mut stop: Notify,
    answered_at: &AnswerTimes,
    panel_changed: &Notify,
) -> Result<Response> {
    let Panelist {
        run, index, config, ..
    } = panelist;
    let RunContext {
        env,
        recorder,
        control,
        ..
    } = run;
    let mark_answered = || {
        let mut answers = answered_at.borrow_mut();
        if answers.iter().all(|(other, _)| *other != index) {
            answers.push((index, env.clock.now_ms()));
        }
    };
    let retrying =
        |error: Error, delay_ms: u64| recorder.retrying(config.role, None, error, delay_ms);
    let (mut attempt, mut restarts, mut delay_ms) = (0, 0, 0);
    loop {
        let outcome = call_member(panelist, delay_ms, &mut stop, &mut attempt).await;
        delay_ms = retry::manual_retry_delay(restarts);
        restarts += 1;
        let Failure { error, kept } = match outcome {
            MemberOutcome::Answered(response) => {
                mark_answered();
                return Ok(response);
            }
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
            MemberOutcome::Failed(failure) => failure,
        };
        if kept.is_some() {
            mark_answered();
        }
        let retried = control.await_retry(index);
        panel_changed.notify_one();
        retried.notified().await;
        let Some(next_stop) = control.stop_signal(index) else {
            return kept.ok_or(error);
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
    let Panelist { run, index, .. } = panelist;
    let cancelled = |error: Error| MemberOutcome::Failed(panelist.failure(error));
    if let Some(error) = wait_before_restart(run, index, delay_ms, stop).await {
        return cancelled(error);
    }
    let outcome = stop.run_until(panelist.answer(attempt)).await;
    let stop_reason = run.control.take_stop_reason(index);
    match (outcome, stop_reason) {
        (Some(Ok(response)), _) => MemberOutcome::Answered(response),
        (Some(Err(_)), Some(StopReason::Restart)) => MemberOutcome::RestartedAfterFailure,
        (Some(Err(failure)), _) => MemberOutcome::Failed(failure),
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

/// Watches the quorum. Cancels slow panelists after the grace period, or if too few panelists can
/// still answer. Closes the panel when no panelist is running. Returns the panelists that were
/// cancelled because too few could answer.
async fn close_at_quorum(
    run: RunContext<'_>,
    answered_at: &AnswerTimes,
    panel_changed: &Notify,
) -> Vec<usize> {
    let RunContext {
        plan,
        env,
        recorder,
        control,
        ..
    } = run;
    let members = || 0..plan.panel.len();
    let may_answer = |index: &usize| control.is_running(*index) || recorder.has_answer(*index);
    let mut given_up = Vec::new();
    while control.is_any_running() {
        if given_up.is_empty()
            && plan
                .quorum
                .is_out_of_reach(members().filter(may_answer).count())
        {
            given_up = members()
                .filter(|index| control.is_running(*index))
                .collect();
            control.stop_all("stopped: too few panelists can still answer for `quorum.fail_below`");
        }
        let now_ms = env.clock.now_ms();
        let arrivals: Vec<u64> = answered_at.borrow().iter().map(|(_, at)| *at).collect();
        let decision = plan.quorum.decide(&arrivals, now_ms);
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
    given_up
}

/// Returns the run's error if some panelists answered, but fewer than `quorum.fail_below`.
fn quorum_not_met(plan: &Plan, answered: usize, failures: &[(usize, Error)]) -> Error {
    let message = format!(
        "only {answered} of {} panelists answered, and `quorum.fail_below` is {} ({})",
        plan.panel.len(),
        plan.quorum.fail_below,
        messages(plan, failures)
    );
    Error::new(Code::QuorumNotMet, message)
}

/// Returns the messages of failed panelists.
fn messages(plan: &Plan, failures: &[(usize, Error)]) -> String {
    let message = |(index, error): &(usize, Error)| {
        format!("{}: {}", plan.panelist_name(*index), error.message)
    };
    failures.iter().map(message).collect::<Vec<_>>().join("; ")
}

/// Returns the run's error if all panelists failed. A code that all errors share becomes the run's
/// code. Otherwise an exceeded budget, missing credit or a rate limit takes precedence, because the
/// caller can act on it. `given_up` has the panelists that were stopped because the others had
/// failed. They do not change the code.
fn all_failed_error(plan: &Plan, failures: &[(usize, Error)], given_up: &[usize]) -> Error {
    let is_cause = |(index, _): &&(usize, Error)| !given_up.contains(index);
    let errors = || failures.iter().filter(is_cause).map(|(_, error)| error);
    let message = format!("every panelist failed ({})", messages(plan, failures));
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
