//! Transfers the results of an earlier run to a new run.
//!
//! In: a snapshot and both requests. Out: [`Restored`] with the answers, the analysis and the final
//! answer that remain valid.

use super::specs::RoleSpecs;
use crate::error::{Error, Result};
use crate::request::{ModelSpec, Request, Resume};
use crate::result::{Analysis, FailedModel, Response, Source};
use crate::role::Stage;
use crate::snapshot::{Answer, PartialOutput, RunStatus, Snapshot};
use crate::usage::{Activity, Status};

/// State of an earlier run, with the panel indexes of the new run. Empty if the new run does not
/// resume another run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Restored {
    pub responses: Vec<Response>,
    /// Earlier answers of panelists that answer again. An earlier answer stands if no new one
    /// arrives.
    pub earlier: Vec<Response>,
    /// Final failures. The earlier panel had closed, so these panelists are not called again.
    pub failed: Vec<FailedModel>,
    /// All failures of the earlier run. If its panel had not closed, these panelists are called
    /// again.
    pub all_failed: Vec<FailedModel>,
    /// If `Some(None)`, the analysis failed and the earlier run continued without one. Like the
    /// next two fields, valid only if the panel brings no new answer: see [`Restored::holds_for`].
    pub analysis: Option<Option<Analysis>>,
    pub analysis_sources: Vec<Source>,
    pub answer: Option<Answer>,
    pub partial: Vec<PartialOutput>,
    pub activity: Vec<Activity>,
    /// `checks_ended` of the earlier run.
    pub checks_ended: bool,
    /// Whether the failed checks of the earlier run stand.
    pub checks_are_over: bool,
}

impl Restored {
    /// Returns what a request restores from the run that it resumes.
    pub(crate) fn of(request: &Request, specs: &RoleSpecs) -> Self {
        let accept_partial = request.quorum.is_some_and(|quorum| quorum.accept_partial);
        let resume = request.resume.as_ref();
        let restored = resume.map(|resume| Self::from_resume(resume, specs, accept_partial));
        restored.unwrap_or_default()
    }

    /// Matches the earlier panelists to the new ones by equal specification. The analysis and the
    /// final answer remain valid only for the same answers and models.
    fn from_resume(resume: &Resume, specs: &RoleSpecs, accept_partial: bool) -> Self {
        let earlier = EarlierRun::new(resume, accept_partial);
        let snapshot = &resume.snapshot;
        let is_settled = |index: usize| earlier.is_settled(index);
        let matches = match_panelists(earlier.panel(), &specs.panel, is_settled);
        let new_index = |from: usize| matches.iter().position(|before| *before == Some(from));
        let (keeps_analysis, keeps_answer) = earlier.valid_stages(specs, new_index);
        let keeps_checks = keeps_analysis && !resume.asks_verify;
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
        let all_failed = snapshot
            .failed_models
            .iter()
            .filter(|failed| !resume.rerun.contains(&failed.index));
        let analysis = || {
            let mut analysis = snapshot.analysis.clone().map(with_whole_checks);
            if let Some(analysis) = &mut analysis {
                analysis.renumber(|from| new_index(from).unwrap_or(from));
            }
            analysis
        };
        Self {
            responses: settled,
            earlier: again,
            failed: final_failures,
            all_failed: all_failed
                .filter_map(|failed| Some(failed_as(failed, new_index(failed.index)?)))
                .collect::<Vec<_>>(),
            analysis: keeps_analysis.then(analysis),
            analysis_sources: snapshot
                .analysis_sources
                .iter()
                .filter(|_| keeps_analysis)
                .cloned()
                .collect::<Vec<_>>(),
            answer: snapshot.answer.clone().filter(|_| keeps_answer),
            partial: restored_partial(&earlier, new_index),
            activity: restored_activity(snapshot, new_index),
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

    /// Returns whether the panel brought no new answer, so that the restored analysis and the
    /// restored final answer are valid.
    pub(crate) fn holds_for(&self, responses: &[Response]) -> bool {
        let earlier = self.answers();
        earlier.len() == responses.len()
            && earlier
                .iter()
                .zip(responses)
                .all(|(earlier, response)| earlier.is_same_answer(response))
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

/// The earlier run that the new run resumes.
struct EarlierRun<'a> {
    resume: &'a Resume,
    /// Whether the new run accepts texts that were cut off.
    accept_partial: bool,
    analysis_is_over: bool,
    panel_closed: bool,
}

impl<'a> EarlierRun<'a> {
    fn new(resume: &'a Resume, accept_partial: bool) -> Self {
        let snapshot = &resume.snapshot;
        let calls = || snapshot.activity.iter();
        let has_started = |stage| calls().any(|call| call.stage == stage);
        // A rerun reopens the panel, so an older call of the writer says nothing.
        let is_panel = |call: &Activity| call.stage == Stage::Panel;
        let last_panel_call = calls().rposition(is_panel).map_or(0, |last| last + 1);
        let mut since_panel = calls().skip(last_panel_call);
        let analysis_is_over = snapshot.analysis.is_some()
            || snapshot.answer.is_some()
            || since_panel.any(|call| call.stage == Stage::Answer);
        Self {
            resume,
            accept_partial,
            analysis_is_over,
            panel_closed: analysis_is_over
                || has_started(Stage::Analysis)
                || has_started(Stage::Answer),
        }
    }

    /// Returns the specifications of the panel.
    fn panel(&self) -> &'a [ModelSpec] {
        let request = &self.resume.request;
        request
            .analysis_models
            .as_deref()
            .filter(|_| request.convene)
            .unwrap_or_default()
    }

    /// Returns the answers that the new run accepts.
    fn answers(&self) -> impl Iterator<Item = &'a Response> {
        let accept_partial = self.accept_partial;
        let responses = self.resume.snapshot.responses.iter();
        responses.filter(move |response| accept_partial || !response.partial)
    }

    /// Returns the answer of a panelist.
    fn answered(&self, index: usize) -> Option<&'a Response> {
        self.answers().find(|response| response.index == index)
    }

    /// Returns the final failure of a panelist.
    fn failed(&self, index: usize) -> Option<&'a FailedModel> {
        let mut failed_models = self.resume.snapshot.failed_models.iter();
        failed_models
            .find(|failed| failed.index == index)
            .filter(|_| self.panel_closed)
    }

    /// Returns whether a panelist has a final outcome and is not called again.
    fn is_settled(&self, index: usize) -> bool {
        !self.resume.rerun.contains(&index)
            && (self.answered(index).is_some() || self.failed(index).is_some())
    }

    /// Returns whether the analysis, and whether the final answer remain valid, unless the panel
    /// brings a new answer.
    fn valid_stages(
        &self,
        specs: &RoleSpecs,
        new_index: impl Fn(usize) -> Option<usize>,
    ) -> (bool, bool) {
        let request = &self.resume.request;
        let accepted = self
            .answers()
            .filter(|answer| new_index(answer.index).is_some());
        let same_answers = accepted.count() == self.resume.snapshot.responses.len();
        let same_convene = specs.panel.is_empty() == self.panel().is_empty();
        let earlier_analyst = request
            .role_spec(&request.analyst)
            .filter(|_| request.convene);
        let same_analyst =
            without_verify(specs.analyst.as_ref()) == without_verify(earlier_analyst.as_ref());
        let same_writer = !self.resume.writes_again
            && Some(&specs.writer) == request.role_spec(&request.writer).as_ref();
        let is_valid = same_answers && same_convene && same_analyst;
        let keeps_analysis = is_valid && self.analysis_is_over;
        let keeps_answer = is_valid && same_writer && (keeps_analysis || specs.analyst.is_none());
        (keeps_analysis, keeps_answer)
    }
}

/// Returns the partial outputs of the earlier run, with the new panel indexes.
fn restored_partial(
    earlier: &EarlierRun<'_>,
    new_index: impl Fn(usize) -> Option<usize>,
) -> Vec<PartialOutput> {
    let snapshot = &earlier.resume.snapshot;
    let mut partial = snapshot.partial.clone();
    // The text of an answer that the new run does not accept is paid for, too.
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

/// Returns the specification without `verify`. Checks follow an analysis and do not change it.
fn without_verify(spec: Option<&ModelSpec>) -> Option<ModelSpec> {
    spec.map(|spec| ModelSpec {
        verify: None,
        ..spec.clone()
    })
}

/// Removes checks that do not have one verdict for each stance. A snapshot may have been edited.
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

/// Rebuilds the error of a failed panelist.
pub(crate) fn error_of(failed: &FailedModel) -> Error {
    let mut error = Error::new(failed.code, failed.error.clone());
    error.status_code = failed.status_code;
    error
}

/// Returns, for each new panelist, the index of the earlier panelist that it continues. Matches
/// finished panelists first. Prefers panelists with the same index.
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
