//! Runs the panel: a plan in, responses out. All panelists run at once. The quorum policy decides
//! after each answer whether the others may continue.

use std::cell::RefCell;

use futures::future::{Either, LocalBoxFuture, join_all, select};
use futures::{FutureExt, pin_mut};

use crate::deliberation::concurrency::ConcurrencyLimits;
use crate::deliberation::context::RunContext;
use crate::deliberation::control::StopReason;
use crate::deliberation::panelist;
use crate::error::{Code, Error, Result};
use crate::notify::Notify;
use crate::plan::RoleConfig;
use crate::policy::quorum::QuorumDecision;
use crate::policy::retry;
use crate::result::Response;

/// Runs all panelists and returns their responses in panel order. Fails if all panelists fail.
pub(super) async fn run_panel(run: RunContext<'_>) -> Result<Vec<Response>> {
    let RunContext {
        plan,
        env,
        recorder,
        control,
        ..
    } = run;
    if plan.panel.is_empty() {
        return Ok(Vec::new());
    }
    let limits = ConcurrencyLimits::new(plan);
    let answered_at = RefCell::new(vec![env.clock.now_ms(); plan.restored.responses.len()]);
    let arrived = Notify::default();
    let members = plan
        .panel
        .iter()
        .enumerate()
        .zip(control.open_panel(plan.panel.len()))
        .map(|((index, config), stop)| {
            let (limits, answered_at, arrived) = (&limits, &answered_at, &arrived);
            async move {
                if let Some(settled) = plan.restored.panelist(index) {
                    control.finish(index);
                    return settled;
                }
                let outcome = run_member(run, index, config, limits, stop, arrived).await;
                if outcome.is_ok() {
                    answered_at.borrow_mut().push(env.clock.now_ms());
                    arrived.notify_one();
                }
                outcome
            }
        });

    let all_members = join_all(members);
    let watch_quorum = watch_quorum(run, &answered_at, &arrived);
    pin_mut!(all_members, watch_quorum);
    // Check the quorum first: restored answers may suffice without any call.
    let outcomes = match select(watch_quorum, all_members).await {
        Either::Left(((), all_members)) => all_members.await,
        Either::Right((outcomes, _)) => outcomes,
    };
    control.close_panel();

    let (mut responses, mut errors) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(response) => responses.push(response),
            Err(error) => errors.push(error),
        }
    }
    match responses.len() {
        0 => Err(all_failed_error(&errors)),
        1 if !errors.is_empty() => {
            recorder.warn(
                "one_response",
                format!(
                    "only one of {} panelists answered; there is nothing to compare it with",
                    plan.panel.len()
                ),
            );
            Ok(responses)
        }
        _ => Ok(responses),
    }
}

/// Runs one panelist, including restarts, until it answers or the panel closes.
async fn run_member(
    run: RunContext<'_>,
    index: usize,
    config: &RoleConfig,
    limits: &ConcurrencyLimits,
    mut stop: Notify,
    arrived: &Notify,
) -> Result<Response> {
    let RunContext {
        recorder, control, ..
    } = run;
    let (mut attempt, mut restarts, mut delay_ms) = (0, 0, 0);
    loop {
        let (outcome, reason) = match wait_before_restart(run, index, delay_ms, &mut stop).await {
            Some(error) => (None, Some(StopReason::Cancel(error))),
            None => {
                let work = panelist::answer(run, index, config, limits, &mut attempt);
                (stop.run_until(work).await, control.finish(index))
            }
        };
        delay_ms = retry::manual_retry_delay(restarts);
        restarts += 1;
        let error = match (outcome, reason) {
            (Some(Ok(response)), _) => return Ok(response),
            // The panelist failed in the same poll in which the caller restarted it.
            (Some(Err(_)), Some(StopReason::Restart)) => {
                stop = control.start(index);
                continue;
            }
            (Some(Err(error)), _) => error,
            (None, Some(StopReason::Restart) | None) => {
                recorder.retrying(
                    config.role,
                    None,
                    Error::new(Code::Cancelled, "restarted by `retryPanelist()`"),
                    delay_ms,
                );
                stop = control.start(index);
                continue;
            }
            (None, Some(StopReason::Cancel(error))) => {
                recorder.panelist_failed(index, config.model(), error.clone());
                error
            }
        };
        let retried = control.await_retry(index);
        arrived.notify_one();
        retried.notified().await;
        let Some(next_stop) = control.stop_signal(index) else {
            return Err(error);
        };
        stop = next_stop;
        if delay_ms > 0 {
            recorder.retrying(config.role, None, error, delay_ms);
        }
    }
}

/// Waits before a restart. Returns the error if the panelist is cancelled meanwhile. A further restart
/// neither shortens the delay nor emits an event: a caller that restarts at each event would
/// otherwise get the next event at once, and no timer would run.
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
        if let Some(StopReason::Cancel(error)) = run.control.finish(index) {
            return Some(error);
        }
        *stop = run.control.start(index);
    }
    None
}

/// Watches the quorum: cancels slow panelists after the grace, and closes the panel when none is
/// running.
async fn watch_quorum(run: RunContext<'_>, answered_at: &RefCell<Vec<u64>>, arrived: &Notify) {
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
        select(arrived.notified(), deadline).await;
    }
    control.close_panel();
}

/// Returns the run's error if all panelists failed. A code that all errors share becomes the run's
/// code. Otherwise an exceeded budget, missing credit or a rate limit takes precedence, because the
/// caller can act on it.
fn all_failed_error(errors: &[Error]) -> Error {
    let any = |code: Code| errors.iter().find(|error| error.code == code);
    let first = errors.first();
    let shared = first.filter(|first| errors.iter().all(|error| error.code == first.code));
    let cause = shared
        .or_else(|| any(Code::BudgetExceeded))
        .or_else(|| any(Code::InsufficientCredits))
        .or_else(|| any(Code::RateLimited));
    let messages: Vec<_> = errors
        .iter()
        .enumerate()
        .map(|(index, error)| format!("{index}: {}", error.message))
        .collect();
    let message = format!("every panelist failed ({})", messages.join("; "));
    match cause {
        Some(cause) => {
            let mut error = cause.clone().with_message(message);
            error.index = None;
            error
        }
        None => Error::new(Code::AllPanelsFailed, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_code_is_the_shared_one_or_one_the_caller_can_act_on() {
        let code = |codes: &[Code]| {
            let errors: Vec<_> = codes.iter().map(|code| Error::new(*code, "")).collect();
            all_failed_error(&errors).code
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
