//! What an earlier run has settled: which of its answers, and whether its analysis and its answer, still stand in this one.

use crate::error::{Error, Result};
use crate::request::{ModelSpec, Resume};
use crate::result::{Analysis, FailedModel, Response, Source};
use crate::role::Stage;
use crate::snapshot::{Answer, PartialOutput};
use crate::usage::{Activity, Status};

/// In the indexes of the run that goes on. Empty for a run that begins.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Restored {
    pub responses: Vec<Response>,
    /// Of a panel that had risen: they stay so.
    pub failed: Vec<FailedModel>,
    /// Those, and who failed while the panel still sat, to be asked again.
    pub all_failed: Vec<FailedModel>,
    /// `Some(None)`: the analyst was given up on, and the run went on without.
    pub analysis: Option<Option<Analysis>>,
    pub analysis_sources: Vec<Source>,
    pub answer: Option<Answer>,
    pub partial: Vec<PartialOutput>,
    pub activity: Vec<Activity>,
}

impl Restored {
    /// Members match by equal specification, as a multiset; analysis and answer stand only on the same answers, by the same models.
    pub fn from_resume(resume: &Resume, panel: &[ModelSpec], analyst: Option<&ModelSpec>, writer: &ModelSpec) -> Self {
        let Resume { snapshot, request: earlier, rerun } = resume;
        let has_begun = |stage| snapshot.activity.iter().any(|call| call.stage == stage);
        let analysis_is_over = snapshot.analysis.is_some() || snapshot.answer.is_some() || has_begun(Stage::Answer);
        let panel_closed = analysis_is_over || has_begun(Stage::Analysis);
        let answered = |index: usize| snapshot.responses.iter().find(|response| response.index == index);
        let failed = |index: usize| snapshot.failed_models.iter().find(|failed| failed.index == index).filter(|_| panel_closed);
        let is_settled = |index: usize| !rerun.contains(&index) && (answered(index).is_some() || failed(index).is_some());

        let before = earlier.analysis_models.as_deref().filter(|_| earlier.convene).unwrap_or_default();
        let match_panelists = match_panelists(before, panel, is_settled);
        let settled = match_panelists
            .iter()
            .enumerate()
            .filter_map(|(index, from)| Some((index, from.filter(|from| is_settled(*from))?)))
            .collect::<Vec<_>>();
        let same_panel = panel.len() == before.len() && settled.len() == panel.len() && settled.iter().all(|(index, from)| index == from);
        let same_analyst = analyst == earlier.role(&earlier.analyst).filter(|_| earlier.convene).as_ref();
        let same_writer = Some(writer) == earlier.role(&earlier.writer).as_ref();
        let keeps_analysis = same_panel && same_analyst && analysis_is_over;
        let keeps_answer = same_panel && same_writer && (keeps_analysis || (analyst.is_none() && same_analyst));

        let all_failed = snapshot.failed_models.iter().filter(|failed| !rerun.contains(&failed.index));
        let now_at = |from: usize| match_panelists.iter().position(|role| *role == Some(from));
        let (mut responses, mut still_failed) = (Vec::new(), Vec::new());
        for (index, from) in settled {
            responses.extend(answered(from).map(|response| Response { index, ..response.clone() }));
            still_failed.extend(failed(from).map(|failed| FailedModel { index, ..failed.clone() }));
        }
        let mut partial = snapshot.partial.clone();
        partial.retain_mut(|partial| {
            let index = partial.index.map(now_at);
            partial.index = index.flatten();
            index != Some(None)
        });
        let mut activity = snapshot.activity.clone();
        for call in &mut activity {
            call.index = call.index.and_then(now_at);
            if call.status == Status::Running {
                // What was open when the process died was paid for by nobody knows how much.
                call.status = Status::Cancelled;
            }
        }
        Self {
            responses,
            failed: still_failed,
            all_failed: all_failed
                .filter_map(|failed| Some(FailedModel { index: now_at(failed.index)?, ..failed.clone() }))
                .collect::<Vec<_>>(),
            analysis: keeps_analysis.then(|| snapshot.analysis.clone()),
            analysis_sources: snapshot.analysis_sources.iter().filter(|_| keeps_analysis).cloned().collect::<Vec<_>>(),
            answer: snapshot.answer.clone().filter(|_| keeps_answer),
            partial,
            activity,
        }
    }

    /// How a seat has already ended.
    pub fn panelist(&self, index: usize) -> Option<Result<Response>> {
        let failed = || self.failed.iter().find(|failed| failed.index == index).map(|failed| Err(error_of(failed)));
        self.responses.iter().find(|response| response.index == index).cloned().map(Ok).or_else(failed)
    }
}

/// The error that a failed panelist's entry was made of.
pub fn error_of(failed: &FailedModel) -> Error {
    let mut error = Error::new(failed.code, failed.error.clone());
    error.status_code = failed.status_code;
    error
}

/// For each seat of the panel, the seat of the earlier one that it continues: settled ones first, and the same place before others.
fn match_panelists(before: &[ModelSpec], panel: &[ModelSpec], is_settled: impl Fn(usize) -> bool) -> Vec<Option<usize>> {
    let mut match_panelists: Vec<Option<usize>> = vec![None; panel.len()];
    for (settled, same_place) in [(true, true), (true, false), (false, true), (false, false)] {
        for (index, spec) in panel.iter().enumerate() {
            let is_free =
                |from: usize| !match_panelists.contains(&Some(from)) && is_settled(from) == settled && (!same_place || from == index);
            let found = before.iter().enumerate().find(|(from, earlier)| is_free(*from) && *earlier == spec).map(|(from, _)| from);
            if let Some(role @ None) = match_panelists.get_mut(index) {
                *role = found;
            }
        }
    }
    match_panelists
}
