//! A run as data: versioned plain JSON that says what was asked, what finished and what it cost.

use crate::json::{Value, record, words};

use crate::result::{Activity, Analysis, FailedModel, Response, Source, Stage, ToolCall};

/// Raised when the shape changes; an older or newer one is refused when a run is resumed.
pub const VERSION: u32 = 1;

/// `FusionSnapshot`.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // index.d.ts documents every field, for the people who meet them
pub struct Snapshot {
    pub version: u32,
    pub run_id: String,
    pub seed: Option<u64>,
    pub status: RunStatus,
    pub request: Value,
    pub responses: Vec<Response>,
    pub failed_models: Vec<FailedModel>,
    pub partial: Vec<Partial>,
    pub analysis: Option<Analysis>,
    pub analysis_sources: Vec<Source>,
    pub answer: Option<Answer>,
    pub activity: Vec<Activity>,
}

record!(Snapshot {
    version,
    run_id,
    seed,
    status,
    request,
    responses,
    failed_models,
    partial,
    analysis,
    analysis_sources,
    answer,
    activity,
});

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RunStatus {
    Waiting,
    Running,
    Completed,
    Failed,
}

words!(RunStatus, "`waiting`, `running`, `completed` or `failed`" {
    Waiting = "waiting",
    Running = "running",
    Completed = "completed",
    Failed = "failed",
});

/// Text of a member that did not finish, kept because it was paid for.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Partial {
    pub stage: Stage,
    pub index: Option<usize>,
    pub model: String,
    pub content: String,
}

record!(both Partial { stage, index [optional], model, content });

/// The writer's answer.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Answer {
    pub model: String,
    pub content: String,
    pub sources: Vec<Source>,
    pub tool_calls: Vec<ToolCall>,
    pub finish_reason: Option<String>,
}

record!(both Answer { model, content, sources, tool_calls [default], finish_reason });
