//! Defines the snapshot of a run, from which the run can be resumed.
//!
//! In: the state of a run. Out: plain JSON with a version, `FusionSnapshot` in `index.d.ts`. A
//! snapshot contains the request, all finished work, and the cost of every call.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::count::Count;
use crate::json::Value;
use crate::result::{Analysis, EscalationReason, FailedModel, Response, Source, ToolCall};
use crate::role::{Round, Stage};
use crate::usage::Activity;

/// The versions of the format that this library reads. Resuming fails if a snapshot has another
/// version.
pub(crate) const VERSIONS: RangeInclusive<u32> = 1..=2;

/// The request's fields that readers of version 1 do not know, as paths. `src/js/snapshot.js`
/// repeats the list.
const FIELDS_OF_VERSION_2: [&[&str]; 5] = [
    &["analyst", "criteria"],
    &["analyst", "verify"],
    &["quorum", "fail_below"],
    &["quorum", "accept_partial"],
    &["escalate"],
];

/// A snapshot of a run: `FusionSnapshot` in `index.d.ts`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub version: u32,
    pub run_id: String,
    pub seed: Option<Count>,
    pub status: RunStatus,
    /// The request as the caller wrote it. Deserializing skips this field. `request::resume` moves
    /// the field from the JSON object into the snapshot.
    #[serde(skip_deserializing)]
    pub request: Value,
    /// Whether the request's `model` is a default that the caller did not write.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub model_is_default: bool,
    pub responses: Vec<Response>,
    pub failed_models: Vec<FailedModel>,
    pub partial: Vec<PartialOutput>,
    pub analysis: Option<Analysis>,
    pub analysis_sources: Vec<Source>,
    /// How the first round ended. Present only if the request has `escalate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<StoredEscalation>,
    pub answer: Option<Answer>,
    pub activity: Vec<Activity>,
    /// Whether all checks of contradictions have ended. A failed check counts as ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub checks_ended: bool,
    /// Whether `max_cost` ended the analysis and no answer followed. A resumed run makes this
    /// analysis.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub analysis_open: bool,
    /// Whether the second pass has ended and left no marks in the analysis.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub second_pass_ended: bool,
}

impl Snapshot {
    /// Sets the analysis of a round. `round` is `None` if the request has no `escalate`.
    pub(crate) fn set_analysis(&mut self, round: Option<Round>, analysis: &Analysis) {
        self.analysis = Some(analysis.clone());
        if let (Some(round), Some(end)) = (round, &mut self.escalation) {
            end.analysis_round = round.number();
        }
    }

    /// Drops the results that do not include a panelist's new answer: the analysis, its checks and
    /// the final answer. In the second round, keeps the first analysis if it did not compare the
    /// panelist's earlier answer.
    pub(crate) fn drop_stages_without(&mut self, index: usize) {
        (self.answer, self.checks_ended, self.second_pass_ended) = (None, false, false);
        if !self.is_escalated() {
            self.escalation = None;
        }
        match &mut self.escalation {
            Some(end) if !end.compared.contains(&index) => {
                if end.analysis_round != Round::First.number() {
                    self.analysis = end.first_analysis.clone();
                    end.analysis_round = Round::First.number();
                }
            }
            end => {
                self.analysis = None;
                self.analysis_sources.clear();
                if let Some(end) = end {
                    end.analysis_round = Round::First.number();
                    end.first_analysis = None;
                    end.compared.clear();
                }
            }
        }
    }

    /// Returns whether the run has started the second round of `escalate`.
    pub(crate) fn is_escalated(&self) -> bool {
        let end = self.escalation.as_ref();
        end.is_some_and(|end| end.reason.escalates())
    }

    /// Sets the lowest version whose readers know all fields of this snapshot. Clears
    /// `second_pass_ended` if the analysis alone shows that no pass follows.
    pub(crate) fn set_version(&mut self) {
        let analysis = self.analysis.as_ref();
        let is_plain = |analysis: &Analysis| !analysis.is_empty() && !analysis.is_marked();
        self.second_pass_ended &= analysis.is_some_and(is_plain);
        self.version = self.lowest_version();
    }

    fn lowest_version(&self) -> u32 {
        let is_set = |path: &&[&str]| {
            let field = path
                .iter()
                .try_fold(&self.request, |value, name| value.get(name));
            field.is_some_and(|value| !value.is_null())
        };
        let has_round = |call: &Activity| call.round.is_some();
        if FIELDS_OF_VERSION_2.iter().any(is_set)
            || self.has_checks()
            || self.activity.iter().any(has_round)
            || self.analysis_open
            || self.second_pass_ended
        {
            2
        } else {
            1
        }
    }
}

impl Snapshot {
    /// Returns whether contradictions were checked. A resumed run keeps the checks and their calls
    /// even if its request has no `verify`.
    fn has_checks(&self) -> bool {
        let mut contradictions = self
            .analysis
            .iter()
            .flat_map(|analysis| &analysis.contradictions);
        let is_check = |call: &Activity| call.stage == Stage::Verification;
        contradictions.any(|item| item.checked.is_some())
            || self.checks_ended
            || self.activity.iter().any(is_check)
    }
}

/// How the first round of `escalate` ended. A resumed run continues from this state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredEscalation {
    pub reason: EscalationReason,
    /// The round of the snapshot's `analysis`: 1 or 2.
    pub analysis_round: u32,
    /// Indexes of the panelists whose answers the first analysis compares.
    pub compared: Vec<usize>,
    /// The first analysis, if there is a second round. If the second analysis fails, the run uses
    /// the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_analysis: Option<Analysis>,
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunStatus {
    Waiting,
    Running,
    Completed,
    Failed,
}

/// The unfinished text of a role. It is kept because its tokens are paid for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PartialOutput {
    pub stage: Stage,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    pub model: String,
    pub content: String,
}

/// The writer's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub model: String,
    pub content: String,
    pub sources: Vec<Source>,
    #[serde(default)]
    pub tool_calls: Vec<ToolCall>,
    /// The assistant's message, if it has signed parts. As with `request`, deserializing skips this
    /// field, and `request::resume` moves it from the JSON object into the snapshot.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub message: Option<Value>,
    pub finish_reason: Option<String>,
}
