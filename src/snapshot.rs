//! Defines the snapshot of a run, from which the run can be resumed.
//!
//! In: the state of a run. Out: plain JSON with a version: `FusionSnapshot` in `index.d.ts`. It
//! holds the request, everything that finished, and the cost of every call.

use serde::{Deserialize, Serialize};

use crate::count::Count;
use crate::json::Value;
use crate::result::{Analysis, FailedModel, Response, Source, ToolCall};
use crate::role::Stage;
use crate::usage::Activity;

/// The version of the format. Resuming fails if a snapshot has another version. Increase the number
/// with every change that makes an older snapshot unreadable.
pub(crate) const VERSION: u32 = 1;

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
    pub answer: Option<Answer>,
    pub activity: Vec<Activity>,
    /// Whether the checks of contradictions have ended, those that failed included.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub checks_ended: bool,
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
