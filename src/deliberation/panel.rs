//! The panel: everybody answers at once, and a policy decides after every arrival whether the rest may go on.

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

/// Seats the panel and returns the answers in its order. Fails when nobody answered.
pub async fn run_panel(run: RunContext<'_>) -> Result<Vec<Response>> {
    let RunContext { plan, env, recorder, control, .. } = run;
    if plan.panel.is_empty() {
        return Ok(Vec::new());
    }
    let limits = ConcurrencyLimits::new(plan);
    let answered_at = RefCell::new(vec![env.clock.now_ms(); plan.restored.responses.len()]);
    let arrived = Notify::default();
    let members = plan.panel.iter().enumerate().zip(control.open_panel(plan.panel.len())).map(|((index, player), seated)| {
        let (limits, answered_at, arrived) = (&limits, &answered_at, &arrived);
        async move {
            if let Some(settled) = plan.restored.panelist(index) {
                control.finish(index);
                return settled;
            }
            let outcome = run_member(run, index, player, limits, seated, arrived).await;
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
    // The steward first: answers of an earlier run may be enough, and then nobody is asked.
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
            recorder
                .warn("one_response", format!("only one of {} panelists answered; there is nothing to compare it with", plan.panel.len()));
            Ok(responses)
        }
        _ => Ok(responses),
    }
}

/// One panelist, from its seat to its answer; as long as others work it can be seated again.
async fn run_member(
    run: RunContext<'_>,
    index: usize,
    player: &RoleConfig,
    limits: &ConcurrencyLimits,
    mut stop: Notify,
    arrived: &Notify,
) -> Result<Response> {
    let RunContext { env, recorder, control, .. } = run;
    let (mut attempt, mut manual_retries, mut delay_ms) = (0, 0, 0);
    loop {
        let work = async {
            if delay_ms > 0 {
                env.clock.sleep(delay_ms).await;
            }
            panelist::answer(run, index, player, limits, &mut attempt).await
        };
        let outcome = stop.run_until(work).await;
        delay_ms = retry::manual_retry_delay(manual_retries);
        manual_retries += 1;
        let error = match (outcome, control.finish(index)) {
            (Some(Ok(response)), _) => return Ok(response),
            // It has failed in the very poll in which it was asked for anew.
            (Some(Err(_)), Some(StopReason::Restart)) => {
                stop = control.start(index);
                continue;
            }
            (Some(Err(error)), _) => error,
            (None, Some(StopReason::Restart) | None) => {
                recorder.retrying(player.role, None, Error::new(Code::Cancelled, "begun anew by `retryPanelist()`"), delay_ms);
                stop = control.start(index);
                continue;
            }
            (None, Some(StopReason::Cancel(error))) => {
                recorder.panelist_failed(index, player.model(), error.clone());
                error
            }
        };
        let called = control.await_retry(index);
        arrived.notify_one();
        called.notified().await;
        let Some(again) = control.stop_signal(index) else { return Err(error) };
        stop = again;
        if delay_ms > 0 {
            recorder.retrying(player.role, None, error, delay_ms);
        }
    }
}

/// Waits for arrivals and for the end of the grace, sends the stragglers home, and lets the panel rise when nobody works any more.
async fn watch_quorum(run: RunContext<'_>, answered_at: &RefCell<Vec<u64>>, arrived: &Notify) {
    let RunContext { plan, env, control, .. } = run;
    while control.is_any_running() {
        let now_ms = env.clock.now_ms();
        let verdict = plan.quorum.decide(&answered_at.borrow(), now_ms);
        let deadline: LocalBoxFuture<'_, ()> = match verdict {
            QuorumDecision::Wait => futures::future::pending().boxed_local(),
            QuorumDecision::WaitUntil(end_ms) => env.clock.sleep(end_ms.saturating_sub(now_ms)),
            QuorumDecision::Stop => {
                control.stop_all("stopped: enough answers were in, and the grace for stragglers was over");
                futures::future::pending().boxed_local()
            }
        };
        select(arrived.notified(), deadline).await;
    }
    control.close_panel();
}

/// One cause for all is the run's cause; being out of credit or over a rate limit is worth telling even when others failed otherwise.
fn all_failed_error(errors: &[Error]) -> Error {
    let any = |code: Code| errors.iter().find(|error| error.code == code);
    let first = errors.first();
    let shared = first.filter(|first| errors.iter().all(|error| error.code == first.code));
    let cause = shared.or_else(|| any(Code::BudgetExceeded)).or_else(|| any(Code::InsufficientCredits)).or_else(|| any(Code::RateLimited));
    let said: Vec<_> = errors.iter().enumerate().map(|(index, error)| format!("{index}: {}", error.message)).collect();
    let message = format!("every panelist failed ({})", said.join("; "));
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
    fn the_runs_code_is_the_shared_cause_or_the_one_to_act_on() {
        let code = |codes: &[Code]| {
            let errors: Vec<_> = codes.iter().map(|code| Error::new(*code, "")).collect();
            all_failed_error(&errors).code
        };
        assert_eq!(code(&[Code::Authentication, Code::Authentication]), Code::Authentication);
        assert_eq!(code(&[Code::ProviderError, Code::RateLimited]), Code::RateLimited);
        assert_eq!(code(&[Code::RateLimited, Code::InsufficientCredits]), Code::InsufficientCredits);
        assert_eq!(code(&[Code::Timeout, Code::NetworkError]), Code::AllPanelsFailed);
    }
}
