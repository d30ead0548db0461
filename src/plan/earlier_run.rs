//! Reads the run that a new run resumes.
//!
//! In: the snapshot and the request of the earlier run, and the new request. Out: the stages of the
//! earlier run that remain valid.

use super::specs::RoleSpecs;
use crate::request::{ModelSpec, Resume};
use crate::result::{Analysis, EscalationReason, FailedModel, Response};
use crate::role::{Round, Stage};
use crate::snapshot::StoredEscalation;
use crate::usage::Activity;

/// The earlier run that the new run resumes.
pub(super) struct EarlierRun<'a> {
    pub resume: &'a Resume,
    /// Whether the new run accepts texts that were cut off.
    accept_partial: bool,
    /// The specifications of the panelists. Includes the further panelists of `escalate`.
    pub panel: Vec<ModelSpec>,
    first_round: usize,
    first: Progress,
    second: Progress,
}

/// The progress of one round of the earlier run.
struct Progress {
    panel_closed: bool,
    analysis_is_over: bool,
}

/// The stages of the earlier run that remain valid if no panelist answers anew.
pub(super) struct ValidStages {
    pub first_analysis: bool,
    pub second_analysis: bool,
    pub answer: bool,
}

impl<'a> EarlierRun<'a> {
    pub(super) fn new(resume: &'a Resume, accept_partial: bool) -> Self {
        let Resume {
            snapshot, request, ..
        } = resume;
        let panel = request.listed_panel();
        let further = request.escalate.as_ref().map_or(0, |it| it.models.len());
        let calls = || snapshot.activity.iter();
        let has_started = |stage| calls().any(|call| call.stage == stage);
        // A run with `rerun` calls panelists again after the writer. Therefore ignore calls of the
        // writer before the last call of a panelist.
        let is_panel = |call: &Activity| call.stage == Stage::Panel;
        let last_panel_call = calls().rposition(is_panel).map_or(0, |last| last + 1);
        let mut since_panel = calls().skip(last_panel_call);
        // A call of the writer ends the analysis, unless the analysis needs a higher `max_cost`.
        let is_writing = since_panel.any(|call| call.stage == Stage::Answer);
        let is_answering = snapshot.answer.is_some() || is_writing && !snapshot.analysis_open;
        let end = snapshot.escalation.as_ref();
        let second_round = Some(Round::Second.number());
        let first_is_over = end.is_some() || snapshot.analysis.is_some() || is_answering;
        let second_is_over = is_answering || end.is_some_and(is_of_second_round);
        Self {
            resume,
            accept_partial,
            first_round: panel.len().saturating_sub(further),
            panel,
            first: Progress {
                panel_closed: first_is_over
                    || has_started(Stage::Analysis)
                    || has_started(Stage::Answer),
                analysis_is_over: first_is_over,
            },
            second: Progress {
                panel_closed: second_is_over
                    || is_writing
                    || calls().any(|call| call.round == second_round),
                analysis_is_over: second_is_over,
            },
        }
    }

    /// Returns the answers that the new run accepts.
    fn answers(&self) -> impl Iterator<Item = &'a Response> {
        let accept_partial = self.accept_partial;
        let responses = self.resume.snapshot.responses.iter();
        responses.filter(move |response| accept_partial || !response.partial)
    }

    /// Returns the answer of a panelist.
    pub(super) fn answered(&self, index: usize) -> Option<&'a Response> {
        self.answers().find(|response| response.index == index)
    }

    /// Returns the final failure of a panelist.
    pub(super) fn failed(&self, index: usize) -> Option<&'a FailedModel> {
        let round = if index < self.first_round {
            &self.first
        } else {
            &self.second
        };
        let mut failed_models = self.resume.snapshot.failed_models.iter();
        failed_models
            .find(|failed| failed.index == index)
            .filter(|_| round.panel_closed)
    }

    /// Returns whether a panelist has a final outcome and is not called again.
    pub(super) fn is_settled(&self, index: usize) -> bool {
        !self.resume.rerun.contains(&index)
            && (self.answered(index).is_some() || self.failed(index).is_some())
    }

    /// Returns the indexes of the panelists whose answers the first analysis compares.
    pub(super) fn compared(&self) -> Vec<usize> {
        let snapshot = &self.resume.snapshot;
        match &snapshot.escalation {
            Some(end) => end.compared.clone(),
            None => snapshot.responses.iter().map(|it| it.index).collect(),
        }
    }

    /// Returns the first analysis, with the panel indexes of the new run. If this analysis failed,
    /// returns `None`.
    pub(super) fn first_analysis(
        &self,
        new_index: impl Fn(usize) -> Option<usize>,
    ) -> Option<Analysis> {
        let snapshot = &self.resume.snapshot;
        let analysis = match &snapshot.escalation {
            Some(end) if is_of_second_round(end) => &end.first_analysis,
            _ => &snapshot.analysis,
        };
        analysis
            .as_ref()
            .map(|analysis| usable(analysis, new_index))
    }

    /// Returns the second analysis, with the panel indexes of the new run. If the earlier run
    /// continued with the first analysis, returns `None`.
    pub(super) fn second_analysis(
        &self,
        new_index: impl Fn(usize) -> Option<usize>,
    ) -> Option<Analysis> {
        let analysis = self.resume.snapshot.analysis.as_ref();
        let analysis = analysis.filter(|_| self.has_second_analysis());
        analysis.map(|analysis| usable(analysis, new_index))
    }

    /// Returns the earlier decision to ask or to skip the further panelists, if this decision
    /// remains valid. If the earlier run asked the further panelists, the decision always remains
    /// valid, because their answers are paid for.
    pub(super) fn escalation(
        &self,
        specs: &RoleSpecs,
        valid: &ValidStages,
        has_further_answer: bool,
        new_index: impl Fn(usize) -> Option<usize>,
    ) -> Option<StoredEscalation> {
        specs.escalate.as_ref()?;
        let end = self.resume.snapshot.escalation.as_ref();
        let reason = match end {
            Some(end) if end.reason.escalates() => end.reason,
            _ if has_further_answer => EscalationReason::Asked,
            Some(end) if valid.first_analysis && specs.escalate == self.resume.request.escalate => {
                end.reason
            }
            _ => return None,
        };
        let keeps_second = valid.second_analysis && self.has_second_analysis();
        let round = if keeps_second {
            Round::Second
        } else {
            Round::First
        };
        let end = end.filter(|_| valid.first_analysis);
        let compared = end.map(|end| end.compared.clone()).unwrap_or_default();
        let first_analysis = end.and_then(|end| end.first_analysis.as_ref());
        Some(StoredEscalation {
            reason,
            analysis_round: round.number(),
            compared: compared.into_iter().filter_map(&new_index).collect(),
            first_analysis: first_analysis.map(|analysis| usable(analysis, &new_index)),
        })
    }

    /// Returns the stages that remain valid if no panelist answers anew.
    pub(super) fn valid_stages(
        &self,
        specs: &RoleSpecs,
        new_index: impl Fn(usize) -> Option<usize>,
    ) -> ValidStages {
        let (request, snapshot) = (&self.resume.request, &self.resume.snapshot);
        let is_accepted =
            |index: &usize| self.answered(*index).is_some() && new_index(*index).is_some();
        let compares_same = self.compared().iter().all(|index| {
            is_accepted(index) && new_index(*index).is_some_and(|index| index < specs.first_round)
        });
        // If the run was escalated, the first round must have the same panelists in the same order.
        let same_first_round = !snapshot.is_escalated()
            || specs.first_round == self.first_round
                && (0..self.first_round).all(|index| new_index(index) == Some(index));
        let same_answers = snapshot
            .responses
            .iter()
            .all(|response| is_accepted(&response.index));
        let same_convene = specs.panel.is_empty() == self.panel.is_empty();
        let earlier_analyst = request
            .role_spec(&request.analyst)
            .filter(|_| request.convene);
        let same_analyst =
            without_verify(specs.analyst.as_ref()) == without_verify(earlier_analyst.as_ref());
        let same_writer = !self.resume.writes_again
            && Some(&specs.writer) == request.role_spec(&request.writer).as_ref();
        let is_valid = compares_same && same_first_round && same_convene && same_analyst;
        let first_analysis = is_valid && self.first.analysis_is_over;
        let second_analysis = first_analysis
            && same_answers
            && snapshot.is_escalated()
            && self.second.analysis_is_over;
        let last_analysis = if snapshot.is_escalated() {
            second_analysis
        } else {
            first_analysis
        };
        let needs_no_analysis = specs.analyst.is_none() && is_valid;
        ValidStages {
            first_analysis,
            second_analysis,
            answer: same_writer && same_answers && (last_analysis || needs_no_analysis),
        }
    }

    /// Returns whether the earlier run had two passes and has an answer, and its last analysis
    /// remains valid. The second pass has then ended. Old snapshots do not have
    /// `second_pass_ended`.
    pub(super) fn has_answered_after_pass(&self, valid: &ValidStages) -> bool {
        let Resume {
            snapshot, request, ..
        } = self.resume;
        let passes = request.analyst.as_ref().and_then(|spec| spec.passes);
        let is_valid = if snapshot.is_escalated() {
            valid.second_analysis
        } else {
            valid.first_analysis
        };
        passes == Some(2) && snapshot.answer.is_some() && is_valid
    }

    /// Returns whether the snapshot has a second analysis.
    fn has_second_analysis(&self) -> bool {
        let end = self.resume.snapshot.escalation.as_ref();
        end.is_some_and(is_of_second_round)
    }
}

/// Returns whether the analysis in the snapshot was made in the second round.
fn is_of_second_round(end: &StoredEscalation) -> bool {
    end.analysis_round == Round::Second.number()
}

/// Returns an analysis with the panel indexes of the new run. Removes damaged checks.
fn usable(analysis: &Analysis, new_index: impl Fn(usize) -> Option<usize>) -> Analysis {
    let mut analysis = with_whole_checks(analysis.clone());
    analysis.renumber(|from| new_index(from).unwrap_or(from));
    analysis
}

/// Returns the specification without `verify`. A different `verify` does not make an earlier
/// analysis invalid, because checks do not change the analysis.
fn without_verify(spec: Option<&ModelSpec>) -> Option<ModelSpec> {
    spec.map(|spec| ModelSpec {
        verify: None,
        ..spec.clone()
    })
}

/// Removes checks that do not have one verdict for each stance. Such checks occur if the caller has
/// edited the snapshot.
fn with_whole_checks(mut analysis: Analysis) -> Analysis {
    for item in &mut analysis.contradictions {
        let stances = item.stances.len();
        item.checked = item
            .checked
            .take()
            .filter(|checked| checked.stances.len() == stances);
    }
    analysis
}
