//! A run as data: versioned plain JSON that says what was asked, what finished and what it cost.

use serde::{Deserialize, Serialize};

use crate::count::Count;
use crate::json::Value;
use crate::result::{Analysis, FailedModel, Response, Source, ToolCall};
use crate::role::Stage;
use crate::usage::Activity;

/// Raised when the shape changes; an older or newer one is refused when a run is resumed.
pub const VERSION: u32 = 1;

/// `FusionSnapshot`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // index.d.ts documents every field, for the people who meet them
pub struct Snapshot {
    pub version: u32,
    pub run_id: String,
    pub seed: Option<Count>,
    pub status: RunStatus,
    /// Any JSON: whoever deserializes takes it out first.
    #[serde(skip_deserializing)]
    pub request: Value,
    pub responses: Vec<Response>,
    pub failed_models: Vec<FailedModel>,
    pub partial: Vec<PartialOutput>,
    pub analysis: Option<Analysis>,
    pub analysis_sources: Vec<Source>,
    pub answer: Option<Answer>,
    pub activity: Vec<Activity>,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum RunStatus {
    Waiting,
    Running,
    Completed,
    Failed,
}

/// Text of a member that did not finish, kept because it was paid for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PartialOutput {
    pub stage: Stage,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    pub model: String,
    pub content: String,
}

/// The writer's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Answer {
    pub model: String,
    pub content: String,
    pub sources: Vec<Source>,
    #[serde(default)]
    pub tool_calls: Vec<ToolCall>,
    pub finish_reason: Option<String>,
}
