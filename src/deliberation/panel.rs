//! The panel: everybody answers at once, and a policy decides after every arrival whether the rest may go on.

use std::cell::RefCell;

use futures::channel::mpsc;
use futures::future::{AbortHandle, Abortable, Either, LocalBoxFuture, join_all, select};
use futures::{FutureExt, StreamExt, pin_mut};

use super::slots::Slots;
use super::{Run, panelist};
use crate::error::{Code, Error, Result};
use crate::policy::quorum::Verdict;
use crate::result::Response;

/// Seats the panel and returns the answers in its order. Fails when nobody answered.
pub async fn convene(run: Run<'_>) -> Result<Vec<Response>> {
    let Run { plan, world, journal } = run;
    if plan.panel.is_empty() {
        return Ok(Vec::new());
    }
    let slots = Slots::new(plan.provider.max_concurrency);
    let answered_at = RefCell::new(Vec::new());
    let (arrived, arrivals) = mpsc::unbounded();
    let (members, handles): (Vec<_>, Vec<_>) = plan
        .panel
        .iter()
        .enumerate()
        .map(|(index, player)| {
            let (handle, registration) = AbortHandle::new_pair();
            let work = Abortable::new(panelist::answer(run, index, player, &slots), registration);
            let (answered_at, arrived) = (&answered_at, arrived.clone());
            let member = async move {
                let outcome = work.await.unwrap_or_else(|_aborted| {
                    let error = Error::new(Code::Cancelled, "stopped: enough answers were in, and the grace for stragglers was over");
                    journal.panelist_failed(index, player.model(), error.clone());
                    Err(error)
                });
                if outcome.is_ok() {
                    answered_at.borrow_mut().push(world.clock.now_ms());
                }
                let _ = arrived.unbounded_send(());
                outcome
            };
            (member, handle)
        })
        .unzip();

    let everybody = join_all(members);
    let steward = steward(run, &answered_at, arrivals, handles);
    pin_mut!(everybody, steward);
    let outcomes = match select(everybody, steward).await {
        Either::Left((outcomes, _)) => outcomes,
        Either::Right(((), everybody)) => everybody.await,
    };

    let (responses, errors): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    let responses: Vec<Response> = responses.into_iter().flatten().collect();
    let errors: Vec<Error> = errors.into_iter().filter_map(Result::err).collect();
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

/// Waits for arrivals and for the end of the grace, and sends the stragglers home.
async fn steward(run: Run<'_>, answered_at: &RefCell<Vec<u64>>, mut arrivals: mpsc::UnboundedReceiver<()>, handles: Vec<AbortHandle>) {
    let clock = &run.world.clock;
    loop {
        let now_ms = clock.now_ms();
        let verdict = run.plan.quorum.decide(&answered_at.borrow(), now_ms);
        let patience: LocalBoxFuture<'_, ()> = match verdict {
            Verdict::Wait => futures::future::pending().boxed_local(),
            Verdict::WaitUntil(end_ms) => clock.sleep(end_ms.saturating_sub(now_ms)),
            Verdict::Stop => return handles.iter().for_each(AbortHandle::abort),
        };
        select(arrivals.next(), patience).await;
    }
}

/// One cause for all is the run's cause; being out of credit or over a rate limit is worth telling even when others failed otherwise.
fn nobody_answered(errors: &[Error]) -> Error {
    let any = |code: Code| errors.iter().find(|error| error.code == code);
    let first = errors.first();
    let shared = first.filter(|first| errors.iter().all(|error| error.code == first.code));
    let cause = shared.or_else(|| any(Code::InsufficientCredits)).or_else(|| any(Code::RateLimited));
    let said: Vec<_> = errors.iter().enumerate().map(|(index, error)| format!("{index}: {}", error.message)).collect();
    let message = format!("every panelist failed ({})", said.join("; "));
    match cause {
        Some(cause) => Error { message, index: None, ..cause.clone() },
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
