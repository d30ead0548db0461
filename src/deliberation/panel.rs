//! Runs the panel: a plan in, responses out. All panelists run at the same time. After each answer,
//! the quorum policy decides whether the other panelists may continue.

use std::cell::RefCell;

use futures::FutureExt;
use futures::future::{LocalBoxFuture, join, join_all, select};

use crate::deliberation::concurrency::ConcurrencyLimits;
use crate::deliberation::context::RunContext;
use crate::deliberation::control::StopReason;
use crate::deliberation::panel_errors::{all_failed_error, quorum_not_met};
use crate::deliberation::panelist::{Failure, Panelist};
use crate::deliberation::round_panel::{MemberStart, PanelOutcome, RoundPanel};
use crate::error::{Code, Error, Result};
use crate::event::WarningCode;
use crate::json::to_json;
use crate::notify::Notify;
use crate::plan::Plan;
use crate::policy::quorum::{Quorum, QuorumDecision};
use crate::policy::retry;
use crate::result::Response;

/// The panelists of the round that have answered, in the order of arrival. Each entry has the
/// panelist's index and the time of its answer in milliseconds.
type AnswerTimes = RefCell<Vec<(usize, u64)>>;

/// Runs the panelists of a round. Fails if all panelists of the run have failed, or if fewer than
/// `quorum.fail_below` answer in the first round.
pub(super) async fn run_panel(run: RunContext<'_>, panel: RoundPanel<'_>) -> Result<PanelOutcome> {
    let RunContext {
        plan, env, control, ..
    } = run;
    let count = panel.members(plan);
    if count == 0 {
        return Ok(PanelOutcome::default());
    }
    let is_of_round = move |index: usize| plan.round_of(index) == panel.round();
    let limits = &ConcurrencyLimits::new(plan);
    let quorum = panel.quorum(plan);
    let stops = control.open_panel(count, quorum.fail_below);
    let starts: Vec<_> = (0..count).map(|index| panel.start(plan, index)).collect();
    let answered_at = &restored_answers(plan, panel, &starts, env.clock.now_ms());
    let panel_changed = &Notify::default();
    let members = plan.panel.iter().enumerate().zip(stops).zip(starts);
    let members: Vec<_> = members
        .map(|(((index, config), stop), (start, mut attempt))| {
            if matches!(start, MemberStart::Settled(_)) {
                control.take_stop_reason(index);
            }
            let panelist = Panelist {
                run,
                index,
                config,
                limits,
            };
            // The quorum counts only answers of this round, so panelists of the other round record
            // no time.
            let answered_at = Some(answered_at).filter(|_| is_of_round(index));
            async move {
                let failed = match start {
                    MemberStart::Settled(outcome) => {
                        panel_changed.notify_one();
                        return (outcome, attempt);
                    }
                    MemberStart::Failed(failure) => Some(failure),
                    MemberStart::Call => None,
                };
                let state = (stop, failed);
                let outcome =
                    run_member(panelist, state, &mut attempt, answered_at, panel_changed).await;
                panel_changed.notify_one();
                (outcome, attempt)
            }
        })
        .collect();
    // `close_at_quorum` is polled first, because restored answers may already meet the quorum. It
    // sees the last outcome in the next poll. So JavaScript takes a checkpoint with this outcome
    // before the analyst is asked.
    let (given_up, outcomes) = join(
        close_at_quorum(run, (quorum, count), answered_at, panel_changed),
        join_all(members),
    )
    .await;
    panel_outcome(run, panel, outcomes, &given_up)
}

/// Returns the panelists of the round that answered in the run that is resumed. The quorum counts
/// their answers as if they had arrived at `now_ms`.
fn restored_answers(
    plan: &Plan,
    panel: RoundPanel<'_>,
    starts: &[(MemberStart, u32)],
    now_ms: u64,
) -> AnswerTimes {
    let is_answered = |(index, (start, _)): &(usize, &(MemberStart, u32))| {
        plan.round_of(*index) == panel.round() && matches!(start, MemberStart::Settled(Ok(_)))
    };
    let answered = starts.iter().enumerate().filter(is_answered);
    RefCell::new(answered.map(|(index, _)| (index, now_ms)).collect())
}

/// Sorts the outcomes of the panelists. Fails if too few answered. Warns if only one answered, or
/// if some failed. `given_up` has the panelists that were stopped because the others had failed.
fn panel_outcome(
    run: RunContext<'_>,
    panel: RoundPanel<'_>,
    outcomes: Vec<(Result<Response>, u32)>,
    given_up: &[usize],
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
        return Err(all_failed_error(plan, &failures, given_up));
    }
    if panel.quorum(plan).is_out_of_reach(responses.len()) {
        return Err(quorum_not_met(plan, responses.len(), &failures));
    }
    if responses.len() == 1 && !failures.is_empty() {
        recorder.warn(
            WarningCode::OneResponse,
            format!(
                "only one of {members} panelists answered; there is nothing to compare it with"
            ),
        );
    }
    if responses.len() > 1 {
        let is_of_round = |index: usize| plan.round_of(index) == panel.round();
        let failures = failures.iter().filter(|(index, _)| is_of_round(*index));
        warn_of_missing(run, (responses.len(), members), failures);
    }
    Ok(PanelOutcome {
        responses,
        failures,
        attempts,
        is_cut_short: control.is_cut_short(),
    })
}

/// Warns of panelists that failed in this round. Does not warn of panelists that were cancelled by
/// a command of the caller or by the quorum.
fn warn_of_missing<'a>(
    run: RunContext<'_>,
    (answered, asked): (usize, usize),
    failures: impl Iterator<Item = &'a (usize, Error)>,
) {
    let missing = failures
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
        "{answered} of {asked} panelists answered; missing: {}",
        missing.join(", ")
    );
    run.recorder.warn(WarningCode::DegradedPanel, message);
}

/// The outcome of a panelist's call.
enum MemberOutcome {
    Answered(Response),
    /// The caller restarted the panelist during the call.
    Restarted,
    /// The panelist failed. The caller restarted it before the failure was handled.
    RestartedAfterFailure,
    /// The panelist failed or was cancelled. The error is already recorded.
    Failed(Failure),
}

/// Runs one panelist and its restarts, until it answers or the panel closes. `failed` is an earlier
/// failure of the panelist. With `failed`, the panelist is called only if the caller restarts it.
/// This function is long because it handles each outcome of a call.
async fn run_member(
    panelist: Panelist<'_>,
    (mut stop, mut failed): (Notify, Option<Failure>),
    attempt: &mut u32,
    answered_at: Option<&AnswerTimes>,
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
        let Some(answered_at) = answered_at else {
            return;
        };
        let mut answers = answered_at.borrow_mut();
        if answers.iter().all(|(other, _)| *other != index) {
            answers.push((index, env.clock.now_ms()));
        }
    };
    let retrying =
        |error: Error, delay_ms: u64| recorder.retrying(config.role, None, error, delay_ms);
    let (mut restarts, mut delay_ms) = (0, 0);
    loop {
        let outcome = match failed.take() {
            Some(failure) => {
                control.take_stop_reason(index);
                MemberOutcome::Failed(failure)
            }
            None => call_member(panelist, delay_ms, &mut stop, attempt).await,
        };
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

/// Waits for `delay_ms` milliseconds. Then calls the panelist until it finishes or is stopped.
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

/// Waits before a restart. If the panelist is cancelled during the delay, returns the error.
///
/// A further restart during the delay has no effect and emits no event. Otherwise a caller that
/// calls `retryPanelist()` at each event would restart the panelist endlessly, and no timer could
/// fire.
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
    (quorum, members): (Quorum, usize),
    answered_at: &AnswerTimes,
    panel_changed: &Notify,
) -> Vec<usize> {
    let RunContext {
        env,
        recorder,
        control,
        ..
    } = run;
    let members = || 0..members;
    let may_answer = |index: &usize| control.is_running(*index) || recorder.has_answer(*index);
    let mut given_up = Vec::new();
    while control.is_any_running() {
        if given_up.is_empty() && quorum.is_out_of_reach(members().filter(may_answer).count()) {
            given_up = members()
                .filter(|index| control.is_running(*index))
                .collect();
            control.stop_all("stopped: too few panelists can still answer for `quorum.fail_below`");
        }
        let now_ms = env.clock.now_ms();
        let arrivals: Vec<u64> = answered_at.borrow().iter().map(|(_, at)| *at).collect();
        let decision = quorum.decide(&arrivals, now_ms);
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
