//! Maps an earlier run to the new run: a snapshot and both requests in, [`Restored`] out.
//! [`Restored`] holds the answers, analysis and final answer that remain valid.

use super::specs::RoleSpecs;
use crate::error::{Error, Result};
use crate::request::{ModelSpec, Resume};
use crate::result::{Analysis, EscalationReason, FailedModel, Response, Source};
use crate::role::{Round, Stage};
use crate::snapshot::{Answer, PartialOutput, Snapshot, StoredEscalation};
use crate::usage::{Activity, Status};

/// Restored state, with the panel indexes of the new run. Empty for a run that does not resume.
#[derive(Clone, Debug, Default)]
pub(crate) struct Restored {
    pub responses: Vec<Response>,
    /// Final failures. The earlier panel had closed, so these panelists are not called again.
    pub failed: Vec<FailedModel>,
    /// All failures. If the earlier panel had not closed, these panelists are called again.
    pub all_failed: Vec<FailedModel>,
    /// The analysis of the first round. If `Some(None)`, the analysis failed and the earlier run
    /// continued without one.
    pub analysis: Option<Option<Analysis>>,
    /// The end of the first round, if the request has `escalate`.
    pub escalation: Option<StoredEscalation>,
    /// The analysis of the second round. If `Some(None)`, the first analysis stands.
    pub second_analysis: Option<Option<Analysis>>,
    pub analysis_sources: Vec<Source>,
    pub answer: Option<Answer>,
    pub partial: Vec<PartialOutput>,
    pub activity: Vec<Activity>,
}

impl Restored {
    /// Matches the earlier panelists to the new ones by equal specification. The analysis and the
    /// final answer remain valid only for the same answers and models.
    pub(crate) fn from_resume(resume: &Resume, specs: &RoleSpecs) -> Self {
        let earlier = EarlierRun::new(resume);
        let snapshot = &resume.snapshot;
        let is_settled = |index: usize| earlier.is_settled(index);
        let matches = match_panelists(&earlier.panel, &specs.panel, is_settled);
        let settled = matches
            .iter()
            .enumerate()
            .filter_map(|(index, from)| Some((index, from.filter(|from| is_settled(*from))?)))
            .collect::<Vec<_>>();
        let valid = earlier.valid_stages(specs, &matches);
        let new_index = |from: usize| matches.iter().position(|before| *before == Some(from));
        let failed_as = |failed: &FailedModel, index: usize| FailedModel {
            index,
            ..failed.clone()
        };
        let (mut responses, mut final_failures) = (Vec::new(), Vec::new());
        for (index, from) in settled {
            responses.extend(earlier.answered(from).map(|response| Response {
                index,
                ..response.clone()
            }));
            final_failures.extend(earlier.failed(from).map(|failed| failed_as(failed, index)));
        }
        let is_further = |index: usize| index >= specs.first_round;
        let has_further_answer = responses.iter().any(|response| is_further(response.index));
        let escalation = earlier.escalation(specs, &valid, has_further_answer);
        let all_failed = snapshot
            .failed_models
            .iter()
            .filter(|failed| !resume.rerun.contains(&failed.index));
        let mut all_failed = all_failed
            .filter_map(|failed| Some(failed_as(failed, new_index(failed.index)?)))
            .collect::<Vec<_>>();
        if !escalation
            .as_ref()
            .is_some_and(|end| end.reason.escalates())
        {
            final_failures.retain(|failed| !is_further(failed.index));
            all_failed.retain(|failed| !is_further(failed.index));
        }
        Self {
            responses,
            failed: final_failures,
            all_failed,
            analysis: valid.first_analysis.then(|| earlier.first_analysis()),
            second_analysis: valid.second_analysis.then(|| earlier.second_analysis()),
            escalation,
            analysis_sources: snapshot
                .analysis_sources
                .iter()
                .filter(|_| valid.first_analysis)
                .cloned()
                .collect::<Vec<_>>(),
            answer: snapshot.answer.clone().filter(|_| valid.answer),
            partial: restored_partial(snapshot, new_index),
            activity: restored_activity(snapshot, new_index),
        }
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

/// The run that the new run resumes.
struct EarlierRun<'a> {
    resume: &'a Resume,
    /// The specifications of the panel, with the further panelists.
    panel: Vec<ModelSpec>,
    first_round: usize,
    first: Progress,
    second: Progress,
}

/// How far a round of the earlier run came.
#[derive(Default)]
struct Progress {
    panel_closed: bool,
    analysis_is_over: bool,
}

/// The stages of the earlier run that remain valid.
#[derive(Default)]
struct ValidStages {
    first_analysis: bool,
    second_analysis: bool,
    answer: bool,
}

impl<'a> EarlierRun<'a> {
    fn new(resume: &'a Resume) -> Self {
        let Resume {
            snapshot, request, ..
        } = resume;
        let panel = request.listed_panel();
        let further = request.escalate.as_ref().map_or(0, |it| it.models.len());
        let has_called = |stage| snapshot.activity.iter().any(|call| call.stage == stage);
        let is_answering = snapshot.answer.is_some() || has_called(Stage::Answer);
        let end = snapshot.escalation.as_ref();
        let mut analysts = snapshot.activity.iter();
        let second_round = Some(Round::Second.number());
        let first_is_over = end.is_some() || snapshot.analysis.is_some() || is_answering;
        let second_is_over = is_answering || end.is_some_and(is_of_second_round);
        Self {
            resume,
            first_round: panel.len().saturating_sub(further),
            panel,
            first: Progress {
                panel_closed: first_is_over || has_called(Stage::Analysis),
                analysis_is_over: first_is_over,
            },
            second: Progress {
                panel_closed: second_is_over || analysts.any(|call| call.round == second_round),
                analysis_is_over: second_is_over,
            },
        }
    }

    /// Returns the answer of a panelist.
    fn answered(&self, index: usize) -> Option<&'a Response> {
        let mut responses = self.resume.snapshot.responses.iter();
        responses.find(|response| response.index == index)
    }

    /// Returns the final failure of a panelist.
    fn failed(&self, index: usize) -> Option<&'a FailedModel> {
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

    /// Returns whether a panelist has a final outcome and need not answer again.
    fn is_settled(&self, index: usize) -> bool {
        !self.resume.rerun.contains(&index)
            && (self.answered(index).is_some() || self.failed(index).is_some())
    }

    /// Returns the first analysis, or `None` if it failed.
    fn first_analysis(&self) -> Option<Analysis> {
        let snapshot = &self.resume.snapshot;
        match &snapshot.escalation {
            Some(end) if is_of_second_round(end) => end.first_analysis.clone(),
            _ => snapshot.analysis.clone(),
        }
    }

    /// Returns the second analysis, or `None` if the first one stands.
    fn second_analysis(&self) -> Option<Analysis> {
        let snapshot = &self.resume.snapshot;
        let end = snapshot.escalation.as_ref();
        end.filter(|end| is_of_second_round(end))?;
        snapshot.analysis.clone()
    }

    /// Returns the end of the first round, if it remains valid. A run that has asked its further
    /// panelists stays escalated: their answers are paid for.
    fn escalation(
        &self,
        specs: &RoleSpecs,
        valid: &ValidStages,
        has_further_answer: bool,
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
        let keeps_second = valid.second_analysis && end.is_some_and(is_of_second_round);
        let round = if keeps_second {
            Round::Second
        } else {
            Round::First
        };
        let end = end.filter(|_| valid.first_analysis);
        Some(StoredEscalation {
            reason,
            analysis_round: round.number(),
            compared: end.map(|end| end.compared.clone()).unwrap_or_default(),
            first_analysis: end.and_then(|end| end.first_analysis.clone()),
        })
    }

    /// Returns the stages that remain valid. `matches` has the earlier index of each panelist.
    fn valid_stages(&self, specs: &RoleSpecs, matches: &[Option<usize>]) -> ValidStages {
        let request = &self.resume.request;
        let is_escalated = self.is_escalated();
        let is_same = |index: usize| matches.get(index) == Some(&Some(index));
        // A panelist of the first round may have been restarted during the second round.
        let may_be_running = |index: usize| is_escalated && !self.resume.rerun.contains(&index);
        let same_first = specs.first_round == self.first_round
            && (0..self.first_round)
                .all(|index| is_same(index) && (self.is_settled(index) || may_be_running(index)));
        let same_panel = same_first
            && specs.panel.len() == self.panel.len()
            && (0..self.panel.len()).all(|index| is_same(index) && self.is_settled(index));
        let same_analyst = specs.analyst.as_ref()
            == request
                .role_spec(&request.analyst)
                .filter(|_| request.convene)
                .as_ref();
        let same_writer = Some(&specs.writer) == request.role_spec(&request.writer).as_ref();
        let first_analysis = same_first && same_analyst && self.first.analysis_is_over;
        let second_analysis =
            first_analysis && same_panel && is_escalated && self.second.analysis_is_over;
        let last_analysis = match &specs.escalate {
            None => first_analysis,
            Some(_) if is_escalated => second_analysis,
            escalate => {
                first_analysis
                    && self.resume.snapshot.escalation.is_some()
                    && *escalate == request.escalate
            }
        };
        let needs_no_analysis = specs.analyst.is_none() && same_first && same_analyst;
        ValidStages {
            first_analysis,
            second_analysis,
            answer: same_writer && (last_analysis || needs_no_analysis),
        }
    }

    fn is_escalated(&self) -> bool {
        let end = self.resume.snapshot.escalation.as_ref();
        end.is_some_and(|end| end.reason.escalates())
    }
}

/// Returns whether the snapshot's analysis is that of the second round.
fn is_of_second_round(end: &StoredEscalation) -> bool {
    end.analysis_round == Round::Second.number()
}

/// Returns the earlier run's partial outputs with the new indexes.
fn restored_partial(
    snapshot: &Snapshot,
    new_index: impl Fn(usize) -> Option<usize>,
) -> Vec<PartialOutput> {
    let mut partial = snapshot.partial.clone();
    partial.retain_mut(|partial| {
        let index = partial.index.map(&new_index);
        partial.index = index.flatten();
        index != Some(None)
    });
    partial
}

/// Returns the earlier run's calls with the new indexes. Calls that were running become cancelled.
fn restored_activity(
    snapshot: &Snapshot,
    new_index: impl Fn(usize) -> Option<usize>,
) -> Vec<Activity> {
    let mut activity = snapshot.activity.clone();
    for call in &mut activity {
        call.index = call.index.and_then(&new_index);
        if call.status == Status::Running {
            // The process stopped during this call, so its cost is unknown.
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

/// Returns, for each new panelist, the index of the earlier panelist that it continues. Finished
/// panelists are matched first. Panelists with the same index are matched before others.
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
