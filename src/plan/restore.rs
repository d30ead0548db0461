//! Maps an earlier run to the new run: a snapshot and both requests in, [`Restored`] out.
//! [`Restored`] holds the answers, analysis and final answer that remain valid.

use super::specs::RoleSpecs;
use crate::error::{Error, Result};
use crate::request::{ModelSpec, Resume};
use crate::result::{Analysis, FailedModel, Response, Source};
use crate::role::Stage;
use crate::snapshot::{Answer, PartialOutput, RunStatus, Snapshot};
use crate::usage::{Activity, Status};

/// Restored state, with the panel indexes of the new run. Empty for a run that does not resume.
#[derive(Clone, Debug, Default)]
pub(crate) struct Restored {
    pub responses: Vec<Response>,
    /// Final failures. The earlier panel had closed, so these panelists are not called again.
    pub failed: Vec<FailedModel>,
    /// All failures. If the earlier panel had not closed, these panelists are called again.
    pub all_failed: Vec<FailedModel>,
    /// If `Some(None)`, the analysis failed and the earlier run continued without one.
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
    /// Matches the earlier panelists to the new ones by equal specification. The analysis and the
    /// final answer remain valid only for the same answers and models.
    pub(crate) fn from_resume(resume: &Resume, specs: &RoleSpecs) -> Self {
        let earlier = EarlierRun::new(resume);
        let snapshot = &resume.snapshot;
        let is_settled = |index: usize| earlier.is_settled(index);
        let matches = match_panelists(earlier.panel(), &specs.panel, is_settled);
        let settled = matches
            .iter()
            .enumerate()
            .filter_map(|(index, from)| Some((index, from.filter(|from| is_settled(*from))?)))
            .collect::<Vec<_>>();
        let (keeps_analysis, keeps_answer) = earlier.valid_stages(specs, &settled);
        let checks_ended = snapshot.checks_ended && keeps_analysis;
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
        let all_failed = snapshot
            .failed_models
            .iter()
            .filter(|failed| !resume.rerun.contains(&failed.index));
        Self {
            responses,
            failed: final_failures,
            all_failed: all_failed
                .filter_map(|failed| Some(failed_as(failed, new_index(failed.index)?)))
                .collect::<Vec<_>>(),
            analysis: keeps_analysis.then(|| snapshot.analysis.clone().map(with_whole_checks)),
            analysis_sources: snapshot
                .analysis_sources
                .iter()
                .filter(|_| keeps_analysis)
                .cloned()
                .collect::<Vec<_>>(),
            answer: snapshot.answer.clone().filter(|_| keeps_answer),
            partial: restored_partial(snapshot, new_index),
            activity: restored_activity(snapshot, new_index),
            checks_ended: checks_ended && !resume.asks_verify,
            checks_are_over: keeps_analysis
                && !resume.asks_verify
                && (checks_ended || snapshot.status == RunStatus::Completed),
        }
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
    analysis_is_over: bool,
    panel_closed: bool,
}

impl<'a> EarlierRun<'a> {
    fn new(resume: &'a Resume) -> Self {
        let snapshot = &resume.snapshot;
        let has_started = |stage| snapshot.activity.iter().any(|call| call.stage == stage);
        let analysis_is_over =
            snapshot.analysis.is_some() || snapshot.answer.is_some() || has_started(Stage::Answer);
        Self {
            resume,
            analysis_is_over,
            panel_closed: analysis_is_over || has_started(Stage::Analysis),
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

    /// Returns the answer of a panelist.
    fn answered(&self, index: usize) -> Option<&'a Response> {
        let mut responses = self.resume.snapshot.responses.iter();
        responses.find(|response| response.index == index)
    }

    /// Returns the final failure of a panelist.
    fn failed(&self, index: usize) -> Option<&'a FailedModel> {
        let mut failed_models = self.resume.snapshot.failed_models.iter();
        failed_models
            .find(|failed| failed.index == index)
            .filter(|_| self.panel_closed)
    }

    /// Returns whether a panelist has a final outcome and need not answer again.
    fn is_settled(&self, index: usize) -> bool {
        !self.resume.rerun.contains(&index)
            && (self.answered(index).is_some() || self.failed(index).is_some())
    }

    /// Returns whether the analysis, and whether the final answer remain valid. `settled` has the
    /// new and the earlier index of each settled panelist.
    fn valid_stages(&self, specs: &RoleSpecs, settled: &[(usize, usize)]) -> (bool, bool) {
        let RoleSpecs {
            panel,
            analyst,
            writer,
        } = specs;
        let request = &self.resume.request;
        let same_panel = panel.len() == self.panel().len()
            && settled.len() == panel.len()
            && settled.iter().all(|(index, from)| index == from);
        let earlier_analyst = request
            .role_spec(&request.analyst)
            .filter(|_| request.convene);
        let same_analyst =
            without_verify(analyst.as_ref()) == without_verify(earlier_analyst.as_ref());
        let same_writer = !self.resume.writes_again
            && Some(writer) == request.role_spec(&request.writer).as_ref();
        let keeps_analysis = same_panel && same_analyst && self.analysis_is_over;
        let keeps_answer =
            same_panel && same_writer && (keeps_analysis || (analyst.is_none() && same_analyst));
        (keeps_analysis, keeps_answer)
    }
}

/// Returns the earlier run's partial outputs with the new indexes.
fn restored_partial(
    snapshot: &Snapshot,
    new_index: impl Fn(usize) -> Option<usize>,
) -> Vec<PartialOutput> {
    let mut partial = snapshot.partial.clone();
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

/// Returns the earlier run's calls with the new indexes. Calls that were running become cancelled.
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
            // The process stopped during this call, so its cost is unknown.
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
