//! The panel: everybody answers at once, and a policy decides after every arrival whether the rest may go on.

use std::cell::RefCell;

use futures::future::{Either, LocalBoxFuture, join_all, select};
use futures::{FutureExt, pin_mut};

use super::concurrency::ConcurrencyLimits;
use super::controls::Dismissal;
use super::{Player, Run, panelist};
use crate::error::{Code, Error, Result};
use crate::notify::Notify;
use crate::policy::quorum::Verdict;
use crate::policy::retry;
use crate::result::Response;

/// Seats the panel and returns the answers in its order. Fails when nobody answered.
pub async fn convene(run: Run<'_>) -> Result<Vec<Response>> {
    let Run { plan, world, journal, controls, .. } = run;
    if plan.panel.is_empty() {
        return Ok(Vec::new());
    }
    let limits = ConcurrencyLimits::new(plan);
    let answered_at = RefCell::new(vec![world.clock.now_ms(); plan.restored.responses.len()]);
    let arrived = Notify::default();
    let members = plan.panel.iter().enumerate().zip(controls.open(plan.panel.len())).map(|((index, player), seated)| {
        let (limits, answered_at, arrived) = (&limits, &answered_at, &arrived);
        async move {
            if let Some(settled) = plan.restored.panelist(index) {
                controls.rise(index);
                return settled;
            }
            let outcome = member(run, index, player, limits, seated, arrived).await;
            if outcome.is_ok() {
                answered_at.borrow_mut().push(world.clock.now_ms());
                arrived.notify_one();
            }
            outcome
        }
    });

    let everybody = join_all(members);
    let steward = steward(run, &answered_at, &arrived);
    pin_mut!(everybody, steward);
    // The steward first: answers of an earlier run may be enough, and then nobody is asked.
    let outcomes = match select(steward, everybody).await {
        Either::Left(((), everybody)) => everybody.await,
        Either::Right((outcomes, _)) => outcomes,
    };
    controls.close();

    let (mut responses, mut errors) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(response) => responses.push(response),
            Err(error) => errors.push(error),
        }
    }
    match responses.len() {
        0 => Err(nobody_answered(&errors)),
        1 if !errors.is_empty() => {
            journal
                .warn("one_response", format!("only one of {} panelists answered; there is nothing to compare it with", plan.panel.len()));
            Ok(responses)
        }
        _ => Ok(responses),
    }
}

/// One panelist, from its seat to its answer; as long as others work it can be seated again.
async fn member(
    run: Run<'_>,
    index: usize,
    player: &Player,
    limits: &ConcurrencyLimits,
    mut stop: Notify,
    arrived: &Notify,
) -> Result<Response> {
    let Run { world, journal, controls, .. } = run;
    let (mut attempt, mut recalls, mut delay_ms) = (0, 0, 0);
    loop {
        let work = async {
            if delay_ms > 0 {
                world.clock.sleep(delay_ms).await;
            }
            panelist::answer(run, index, player, limits, &mut attempt).await
        };
        let outcome = stop.run_until(work).await;
        delay_ms = retry::recall(recalls);
        recalls += 1;
        let error = match (outcome, controls.rise(index)) {
            (Some(Ok(response)), _) => return Ok(response),
            // It has failed in the very poll in which it was asked for anew.
            (Some(Err(_)), Some(Dismissal::Again)) => {
                stop = controls.seat(index);
                continue;
            }
            (Some(Err(error)), _) => error,
            (None, Some(Dismissal::Again) | None) => {
                journal.retrying(player.seat, None, Error::new(Code::Cancelled, "begun anew by `retryPanelist()`"), delay_ms);
                stop = controls.seat(index);
                continue;
            }
            (None, Some(Dismissal::Home(error))) => {
                journal.panelist_failed(index, player.model(), error.clone());
                error
            }
        };
        let called = controls.bench(index);
        arrived.notify_one();
        called.notified().await;
        let Some(again) = controls.seated(index) else { return Err(error) };
        stop = again;
        if delay_ms > 0 {
            journal.retrying(player.seat, None, error, delay_ms);
        }
    }
}

/// Waits for arrivals and for the end of the grace, sends the stragglers home, and lets the panel rise when nobody works any more.
async fn steward(run: Run<'_>, answered_at: &RefCell<Vec<u64>>, arrived: &Notify) {
    let Run { plan, world, controls, .. } = run;
    while controls.is_anyone_working() {
        let now_ms = world.clock.now_ms();
        let verdict = plan.quorum.decide(&answered_at.borrow(), now_ms);
        let patience: LocalBoxFuture<'_, ()> = match verdict {
            Verdict::Wait => futures::future::pending().boxed_local(),
            Verdict::WaitUntil(end_ms) => world.clock.sleep(end_ms.saturating_sub(now_ms)),
            Verdict::Stop => {
                controls.dismiss_all("stopped: enough answers were in, and the grace for stragglers was over");
                futures::future::pending().boxed_local()
            }
        };
        select(arrived.notified(), patience).await;
    }
    controls.close();
}

/// One cause for all is the run's cause; being out of credit or over a rate limit is worth telling even when others failed otherwise.
fn nobody_answered(errors: &[Error]) -> Error {
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
            nobody_answered(&errors).code
        };
        assert_eq!(code(&[Code::Authentication, Code::Authentication]), Code::Authentication);
        assert_eq!(code(&[Code::ProviderError, Code::RateLimited]), Code::RateLimited);
        assert_eq!(code(&[Code::RateLimited, Code::InsufficientCredits]), Code::InsufficientCredits);
        assert_eq!(code(&[Code::Timeout, Code::NetworkError]), Code::AllPanelsFailed);
    }
}
