//! Defines the snapshot of a run, from which the run can be resumed.
//!
//! In: the state of a run. Out: plain JSON with a version: `FusionSnapshot` in `index.d.ts`. It
//! holds the request, everything that finished, and the cost of every call.

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
const FIELDS_OF_VERSION_2: [&[&str]; 4] = [
    &["analyst", "criteria"],
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
    /// The request as the caller wrote it. Deserializing skips this field, because the reader has
    /// already taken it from the object.
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
    /// The end of the first round, if the request has `escalate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<StoredEscalation>,
    pub answer: Option<Answer>,
    pub activity: Vec<Activity>,
}

impl Snapshot {
    /// Sets the analysis of a round. `round` is `None` if the request has no `escalate`.
    pub(crate) fn set_analysis(&mut self, round: Option<Round>, analysis: &Analysis) {
        self.analysis = Some(analysis.clone());
        if let (Some(round), Some(end)) = (round, &mut self.escalation) {
            end.analysis_round = round.number();
        }
    }

    /// Returns the lowest version whose readers know all fields of this snapshot.
    pub(crate) fn lowest_version(&self) -> u32 {
        let is_set = |path: &&[&str]| {
            let field = path
                .iter()
                .try_fold(&self.request, |value, name| value.get(name));
            field.is_some_and(|value| !value.is_null())
        };
        if FIELDS_OF_VERSION_2.iter().any(is_set) {
            2
        } else {
            1
        }
    }
}

/// The end of the first round, from which a resumed run continues.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredEscalation {
    pub reason: EscalationReason,
    /// The round of the snapshot's `analysis`: 1 or 2.
    pub analysis_round: u32,
    /// Indexes of the panelists whose answers the first analysis compares.
    pub compared: Vec<usize>,
    /// The first analysis, if the further panelists are asked. It stands if the second one fails.
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

/// The text of a panelist that did not finish. It is kept because its tokens are paid for.
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
    /// The assistant's message, if it has signed parts. The reader takes this field from the
    /// object, like the request.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub message: Option<Value>,
    pub finish_reason: Option<String>,
}
