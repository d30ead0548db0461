//! Transfers the results of an earlier run to a new run.
//!
//! In: the snapshot and the request of the earlier run, and the new request. Out: [`Restored`] with
//! the answers, the analyses and the final answer that remain valid.

use super::earlier_run::EarlierRun;
use super::specs::RoleSpecs;
use crate::error::{Error, Result};
use crate::request::{ModelSpec, Request, Resume};
use crate::result::{Analysis, FailedModel, Response, Source};
use crate::role::Stage;
use crate::snapshot::{Answer, PartialOutput, RunStatus, Snapshot, StoredEscalation};
use crate::usage::{Activity, Status};

/// The state of the earlier run, with the panel indexes of the new run. If the new run does not
/// resume another run, all fields are empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Restored {
    pub responses: Vec<Response>,
    /// Earlier answers of panelists that answer again. If no new answer arrives, the earlier answer
    /// remains valid.
    pub earlier: Vec<Response>,
    /// Failures of panelists whose round had ended in the earlier run. The new run does not call
    /// these panelists again.
    pub failed: Vec<FailedModel>,
    /// All failures of the earlier run. If the round of such a panelist had not ended, the new run
    /// calls the panelist again.
    pub all_failed: Vec<FailedModel>,
    /// The analysis of the first round. `Some(None)` means that the analysis failed and the earlier
    /// run continued without it. The new run uses this field only if [`Restored::holds_for_first`]
    /// returns `true`.
    pub analysis: Option<Option<Analysis>>,
    /// Indexes of the panelists whose answers the analysis of the first round compares.
    pub compared: Vec<usize>,
    /// The decision to ask or to skip the further panelists, if the request has `escalate`. The new
    /// run uses a decision to skip only if [`Restored::holds_for_first`] returns `true`.
    pub escalation: Option<StoredEscalation>,
    /// The analysis of the second round. `Some(None)` means that the earlier run continued with the
    /// first analysis. The new run uses this field only if [`Restored::holds_for`] returns `true`.
    pub second_analysis: Option<Option<Analysis>>,
    pub analysis_sources: Vec<Source>,
    /// The final answer. The new run uses this field only if [`Restored::holds_for`] returns
    /// `true`.
    pub answer: Option<Answer>,
    pub partial: Vec<PartialOutput>,
    pub activity: Vec<Activity>,
    /// Whether the checks of the earlier run have ended, and their outcomes remain valid.
    pub checks_ended: bool,
    /// `analysis_open` of the earlier run.
    pub analysis_open: bool,
    /// `second_pass_ended` of the earlier run. An answer of the earlier run also ends the pass.
    pub second_pass_ended: bool,
    /// Whether the failed checks of the earlier run stand.
    pub checks_are_over: bool,
}

impl Restored {
    /// Returns the state that a request restores from the earlier run. If the request does not
    /// resume a run, returns an empty state.
    pub(crate) fn of(request: &Request, specs: &RoleSpecs) -> Self {
        let accept_partial = request.quorum.is_some_and(|quorum| quorum.accept_partial);
        let resume = request.resume.as_ref();
        let restored = resume.map(|resume| Self::from_resume(resume, specs, accept_partial));
        restored.unwrap_or_default()
    }

    /// Matches each new panelist to an earlier panelist with the same specification. The analyses
    /// and the final answer remain valid only if the answers and the models are the same.
    ///
    /// This function is long because it lists all fields of the restored state.
    fn from_resume(resume: &Resume, specs: &RoleSpecs, accept_partial: bool) -> Self {
        let earlier = EarlierRun::new(resume, accept_partial);
        let snapshot = &resume.snapshot;
        let is_settled = |index: usize| earlier.is_settled(index);
        let matches = match_panelists(&earlier.panel, &specs.panel, is_settled);
        let new_index = |from: usize| matches.iter().position(|before| *before == Some(from));
        let valid = earlier.valid_stages(specs, new_index);
        let keeps_checks = valid.first_analysis && !resume.asks_verify;
        let failed_as = |failed: &FailedModel, index: usize| FailedModel {
            index,
            ..failed.clone()
        };
        let (mut settled, mut again, mut final_failures) = (Vec::new(), Vec::new(), Vec::new());
        for (index, from) in matches.iter().enumerate() {
            let Some(from) = *from else { continue };
            let answers = if is_settled(from) {
                final_failures.extend(earlier.failed(from).map(|failed| failed_as(failed, index)));
                &mut settled
            } else {
                &mut again
            };
            answers.extend(earlier.answered(from).map(|response| Response {
                index,
                ..response.clone()
            }));
        }
        let is_further = |index: usize| index >= specs.first_round;
        let mut answered = settled.iter().chain(&again);
        let has_further_answer = answered.any(|response| is_further(response.index));
        let escalation = earlier.escalation(specs, &valid, has_further_answer, new_index);
        let all_failed = snapshot
            .failed_models
            .iter()
            .filter(|failed| !resume.rerun.contains(&failed.index));
        let mut all_failed = all_failed
            .filter_map(|failed| Some(failed_as(failed, new_index(failed.index)?)))
            .collect::<Vec<_>>();
        let end = escalation.as_ref();
        if !end.is_some_and(|end| end.reason.escalates()) {
            final_failures.retain(|failed| !is_further(failed.index));
            all_failed.retain(|failed| !is_further(failed.index));
        }
        Self {
            responses: settled,
            earlier: again,
            failed: final_failures,
            all_failed,
            analysis: valid
                .first_analysis
                .then(|| earlier.first_analysis(new_index)),
            compared: earlier
                .compared()
                .into_iter()
                .filter_map(new_index)
                .collect(),
            second_analysis: valid
                .second_analysis
                .then(|| earlier.second_analysis(new_index)),
            escalation,
            analysis_sources: snapshot
                .analysis_sources
                .iter()
                .filter(|_| valid.first_analysis)
                .cloned()
                .collect::<Vec<_>>(),
            answer: snapshot.answer.clone().filter(|_| valid.answer),
            partial: restored_partial(&earlier, new_index),
            activity: restored_activity(snapshot, new_index),
            // An answer ends the analysis, as the run went on without it.
            analysis_open: snapshot.analysis_open && snapshot.answer.is_none(),
            second_pass_ended: valid.first_analysis && snapshot.second_pass_ended
                || earlier.has_answered_after_pass(&valid),
            checks_ended: keeps_checks && snapshot.checks_ended,
            checks_are_over: keeps_checks
                && (snapshot.checks_ended || snapshot.status == RunStatus::Completed),
        }
    }

    /// Returns all earlier answers in panel order, also those of panelists that answer again.
    pub(crate) fn answers(&self) -> Vec<Response> {
        let mut answers = self.responses.clone();
        for response in &self.earlier {
            let at = answers.partition_point(|other| other.index < response.index);
            answers.insert(at, response.clone());
        }
        answers
    }

    /// Returns whether `responses` are the answers that the restored first analysis compares.
    /// `responses` are the answers of the first round.
    pub(crate) fn holds_for_first(&self, responses: &[Response]) -> bool {
        let mut compared = self.answers();
        compared.retain(|response| self.compared.contains(&response.index));
        are_same_answers(&compared, responses)
    }

    /// Returns whether `responses` contain no new answer. In this case, the restored last analysis
    /// and the restored final answer are valid.
    pub(crate) fn holds_for(&self, responses: &[Response]) -> bool {
        are_same_answers(&self.answers(), responses)
    }

    /// Returns whether the earlier run stopped before the end of the second pass of a restored
    /// analysis. The pass of a run with an answer is not repeated.
    pub(crate) fn needs_second_pass(&self, analysis: &Analysis) -> bool {
        let is_open = !self.second_pass_ended && self.answer.is_none();
        is_open && !analysis.is_empty() && !analysis.is_marked()
    }

    /// Returns whether the further panelists were asked.
    pub(crate) fn is_escalated(&self) -> bool {
        let end = self.escalation.as_ref();
        end.is_some_and(|end| end.reason.escalates())
    }

    /// Returns the final outcome of a panelist, if the earlier run has one.
    pub(crate) fn panelist(&self, index: usize) -> Option<Result<Response>> {
        let failed = || {
            self.failed
                .iter()
                .find(|failed| failed.index == index)
                .map(|failed| Err(error_of(failed)))
        };
        self.responses
            .iter()
            .find(|response| response.index == index)
            .cloned()
            .map(Ok)
            .or_else(failed)
    }
}

fn are_same_answers(earlier: &[Response], responses: &[Response]) -> bool {
    earlier.len() == responses.len()
        && earlier
            .iter()
            .zip(responses)
            .all(|(earlier, response)| earlier.is_same_answer(response))
}

/// Returns the partial outputs of the earlier run, with the new panel indexes.
fn restored_partial(
    earlier: &EarlierRun<'_>,
    new_index: impl Fn(usize) -> Option<usize>,
) -> Vec<PartialOutput> {
    let snapshot = &earlier.resume.snapshot;
    let mut partial = snapshot.partial.clone();
    // Add the answers that the new run does not accept, because their texts are paid for.
    let is_dropped = |response: &&Response| earlier.answered(response.index).is_none();
    let dropped = snapshot.responses.iter().filter(is_dropped);
    partial.extend(dropped.map(|response| PartialOutput {
        stage: Stage::Panel,
        index: Some(response.index),
        model: response.model.clone(),
        content: response.content.clone(),
    }));
    partial.retain_mut(|partial| {
        if partial.stage != Stage::Panel {
            return true;
        }
        let index = partial.index.map(&new_index);
        partial.index = index.flatten();
        index != Some(None)
    });
    partial
}

/// Returns the calls of the earlier run, with the new panel indexes. Marks unfinished calls as
/// cancelled.
fn restored_activity(
    snapshot: &Snapshot,
    new_index: impl Fn(usize) -> Option<usize>,
) -> Vec<Activity> {
    let mut activity = snapshot.activity.clone();
    for call in &mut activity {
        if call.stage == Stage::Panel {
            call.index = call.index.and_then(&new_index);
        }
        if call.status == Status::Running {
            // The process stopped during this call, so the cost of the call is unknown.
            call.status = Status::Cancelled;
        }
    }
    activity
}

/// Rebuilds the error of a failed panelist.
pub(crate) fn error_of(failed: &FailedModel) -> Error {
    let mut error = Error::new(failed.code, failed.error.clone());
    error.status_code = failed.status_code;
    error
}

/// Returns, for each new panelist, the index of the earlier panelist whose answer or failure it
/// takes over. Matches finished panelists first. Prefers an earlier panelist with the same index.
fn match_panelists(
    before: &[ModelSpec],
    panel: &[ModelSpec],
    is_settled: impl Fn(usize) -> bool,
) -> Vec<Option<usize>> {
    let mut matches: Vec<Option<usize>> = vec![None; panel.len()];
    for (settled, same_index) in [(true, true), (true, false), (false, true), (false, false)] {
        for (index, spec) in panel.iter().enumerate() {
            let is_free = |from: usize| {
                !matches.contains(&Some(from))
                    && is_settled(from) == settled
                    && (!same_index || from == index)
            };
            let found = before
                .iter()
                .enumerate()
                .find(|(from, earlier)| is_free(*from) && *earlier == spec)
                .map(|(from, _)| from);
            if let Some(slot @ None) = matches.get_mut(index) {
                *slot = found;
            }
        }
    }
    matches
}
