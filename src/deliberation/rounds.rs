//! Runs the rounds of a run. Takes a plan. Returns the final responses and the final analysis.
//!
//! A round is a panel and the comparison of its answers. A run without `escalate` has one round. A
//! run with `escalate` has a second round if the panelists of the first round disagree. The second
//! round receives the outcome of the first round, asks the further panelists, and compares all
//! answers again.

use crate::deliberation::analysis::{self, Comparison};
use crate::deliberation::context::RunContext;
use crate::deliberation::panel;
use crate::deliberation::round_panel::{PanelOutcome, RoundPanel};
use crate::error::Result;
use crate::event::WarningCode;
use crate::json::to_json;
use crate::plan::{EscalationRule, Plan};
use crate::policy::escalation::decide;
use crate::result::{Analysis, Escalation, EscalationReason, Response};
use crate::role::Round;

/// The outcome of all rounds.
pub(super) struct RoundsOutcome {
    pub panel: PanelOutcome,
    pub analysis: Option<Analysis>,
    /// Indexes of the panelists whose answers the analysis compares.
    pub compared: Vec<usize>,
    /// Whether the further panelists were asked. `None` if the request has no `escalate`.
    pub escalation: Option<Escalation>,
    /// Whether the answers and the analysis come from the earlier run, which this run resumes.
    pub is_restored: bool,
}

impl RoundsOutcome {
    /// Returns the outcome of all rounds. `analysis` is the analysis of the answers in `compared`.
    fn new(panel: PanelOutcome, analysis: Option<Analysis>, compared: &[Response]) -> Self {
        Self {
            compared: compared.iter().map(|response| response.index).collect(),
            panel,
            analysis,
            escalation: None,
            is_restored: false,
        }
    }
}

/// Runs the first round. If the request has `escalate` and the panelists of the first round
/// disagree, also runs the second round. Fails if all panelists fail.
pub(super) async fn run_rounds(run: RunContext<'_>) -> Result<RoundsOutcome> {
    let RunContext { plan, recorder, .. } = run;
    let Some(rule) = plan.escalation else {
        let panel = panel::run_panel(run, RoundPanel::First).await?;
        let comparison = first_comparison(run, &panel).await;
        return Ok(settle(run, panel, comparison).await);
    };
    recorder.round_started(Round::First);
    let is_escalated = plan.restored.is_escalated();
    let panel = if is_escalated {
        restored_first_panel(plan)
    } else {
        panel::run_panel(run, RoundPanel::First).await?
    };
    // If the earlier run has already asked the further panelists, this run need not decide that, so
    // it needs no first analysis.
    let mut comparison = if is_escalated && plan.restored.analysis.is_none() {
        None
    } else {
        first_comparison(run, &panel).await
    };
    // The second pass comes later, and only if the further panelists are skipped. Without a second
    // pass, the first analysis is now complete.
    if let Some(comparison) = comparison.as_mut().filter(|_| !plan.second_pass) {
        comparison.complete(run);
    }
    // If the resumed run has no new answer, the decision in the snapshot is valid.
    let restored = plan.restored.escalation.as_ref();
    let restored =
        restored.filter(|_| is_escalated || plan.restored.holds_for_first(&panel.responses));
    let reason = match restored {
        Some(restored) => restored.reason,
        None => decide_on_escalation(run, rule, &panel, comparison.as_ref()).await,
    };
    if let Some(comparison) = comparison.as_mut().filter(|_| reason.escalates()) {
        comparison.complete(run);
    }
    let contradictions = comparison.as_ref().map(count_contradictions);
    let compared = panel.responses.iter().map(|response| response.index);
    recorder.first_round_ended(plan, reason, contradictions, compared.collect());
    let outcome = if reason.escalates() {
        second_round(run, panel, comparison).await?
    } else {
        settle(run, panel, comparison).await
    };
    Ok(RoundsOutcome {
        escalation: Some(reason.into()),
        ..outcome
    })
}

/// Returns the outcome of the first round of a run that was resumed in its second round.
fn restored_first_panel(plan: &Plan) -> PanelOutcome {
    let mut panel = PanelOutcome {
        attempts: vec![0; plan.first_round],
        ..PanelOutcome::default()
    };
    let end = plan.restored.escalation.as_ref();
    // Answers that these panelists gave after the first comparison belong to the second round.
    let is_compared = |index: usize| end.is_some_and(|end| end.compared.contains(&index));
    let mut compared = plan.restored.answers();
    compared.retain(|response| is_compared(response.index));
    panel.responses = compared;
    for index in 0..plan.first_round {
        if let Some(Err(error)) = plan.restored.panelist(index) {
            panel.failures.push((index, error));
        }
    }
    panel
}

/// Compares the answers of the first round, or restores the comparison.
async fn first_comparison(run: RunContext<'_>, panel: &PanelOutcome) -> Option<Comparison> {
    let restored = &run.plan.restored;
    let analysis = restored.analysis.as_ref();
    match analysis.filter(|_| restored.holds_for_first(&panel.responses)) {
        Some(restored) => restored
            .clone()
            .map(|analysis| Comparison::restored(run, Round::First, analysis, &panel.responses)),
        None => analysis::compare(run, panel, 0).await,
    }
}

/// Returns the outcome of a run that ends after the first round.
async fn settle(
    run: RunContext<'_>,
    panel: PanelOutcome,
    comparison: Option<Comparison>,
) -> RoundsOutcome {
    let restored = &run.plan.restored;
    let has_analysis = restored.analysis.is_some() || run.plan.analyst.is_none();
    let is_restored = has_analysis && restored.holds_for_first(&panel.responses);
    RoundsOutcome {
        is_restored,
        ..conclude(run, panel, comparison).await
    }
}

/// Returns the outcome with the analysis of the last round.
async fn conclude(
    run: RunContext<'_>,
    panel: PanelOutcome,
    comparison: Option<Comparison>,
) -> RoundsOutcome {
    let analysis = match comparison {
        Some(comparison) => Some(comparison.finish(run, &panel).await),
        None => None,
    };
    let compared = panel.responses.clone();
    RoundsOutcome::new(panel, analysis, &compared)
}

/// Runs the second round after the panel and the comparison of the first round.
///
/// The run keeps the first analysis in three cases: no further panelist answers, `proceed()` ends
/// the second round, or the second analysis fails.
async fn second_round(
    run: RunContext<'_>,
    first: PanelOutcome,
    first_comparison: Option<Comparison>,
) -> Result<RoundsOutcome> {
    let RunContext { plan, recorder, .. } = run;
    recorder.round_started(Round::Second);
    let panel = panel::run_panel(run, RoundPanel::Second(&first)).await?;
    let holds = plan.restored.holds_for(&panel.responses);
    let restored = plan.restored.second_analysis.as_ref().filter(|_| holds);
    let is_in = |responses: &[Response], response: &Response| {
        responses.iter().any(|other| other.is_same_answer(response))
    };
    let has_new_answer = !panel.responses.iter().all(|it| is_in(&first.responses, it));
    // If a panelist has answered again, the first analysis compares an older answer and is not
    // valid.
    let first_stands = first.responses.iter().all(|it| is_in(&panel.responses, it));
    let Some(comparison) = first_comparison.filter(|_| first_stands) else {
        let comparison = second_comparison(run, &panel, restored, 0).await;
        return Ok(RoundsOutcome {
            is_restored: restored.is_some(),
            ..conclude(run, panel, comparison).await
        });
    };
    let keeps_first = match restored {
        Some(restored) => restored.is_none(),
        None => panel.is_cut_short || !has_new_answer,
    };
    if keeps_first {
        let is_restored = holds && comparison.is_restored();
        // If `proceed()` ended the second round, the run makes no second pass.
        let analysis = if panel.is_cut_short {
            recorder.second_pass_ended();
            comparison.analysis
        } else {
            recorder.round_started(Round::First);
            comparison.finish(run, &first).await
        };
        return Ok(RoundsOutcome {
            is_restored,
            ..RoundsOutcome::new(panel, Some(analysis), &first.responses)
        });
    }
    let Some(second) = second_comparison(run, &panel, restored, comparison.attempts()).await else {
        recorder.second_pass_ended();
        let analysis = Some(comparison.analysis);
        return Ok(RoundsOutcome::new(panel, analysis, &first.responses));
    };
    Ok(RoundsOutcome {
        is_restored: restored.is_some(),
        ..conclude(run, panel, Some(second)).await
    })
}

/// Compares all answers. `restored` is the comparison of the snapshot. If it is present, returns it
/// and compares nothing. `attempts` is the number of the analyst's attempts in the first round.
async fn second_comparison(
    run: RunContext<'_>,
    panel: &PanelOutcome,
    restored: Option<&Option<Analysis>>,
    attempts: u32,
) -> Option<Comparison> {
    match restored {
        Some(restored) => restored
            .clone()
            .map(|analysis| Comparison::restored(run, Round::Second, analysis, &panel.responses)),
        None => analysis::compare(run, panel, attempts).await,
    }
}

/// Decides whether the further panelists are asked.
async fn decide_on_escalation(
    run: RunContext<'_>,
    rule: EscalationRule,
    panel: &PanelOutcome,
    comparison: Option<&Comparison>,
) -> EscalationReason {
    let asked = match comparison.filter(|_| rule.asks_caller) {
        Some(comparison) => ask_caller(run, &comparison.analysis, &panel.responses).await,
        None => None,
    };
    let contradictions = comparison.map(count_contradictions);
    decide(contradictions, rule.min_contradictions, asked)
}

/// Calls the caller's function `shouldEscalate`. If this function fails, warns and returns `None`.
/// If the caller calls `proceed()` first, returns `false`.
async fn ask_caller(
    run: RunContext<'_>,
    analysis: &Analysis,
    responses: &[Response],
) -> Option<bool> {
    let RunContext {
        env,
        recorder,
        control,
        ..
    } = run;
    let answer = env
        .escalation_judge
        .should_escalate(&to_json(analysis), &to_json(&responses));
    match control.analysis(answer).await {
        Some(Ok(answer)) => Some(answer),
        Some(Err(why)) => {
            let why = run.plan.sanitize(&why);
            let message = format!("`shouldEscalate` failed, so the contradictions decide: {why}");
            recorder.warn(WarningCode::ShouldEscalateFailed, message);
            None
        }
        None => Some(false),
    }
}

fn count_contradictions(comparison: &Comparison) -> usize {
    comparison.analysis.contradictions.len()
}
