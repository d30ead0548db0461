//! Defines the [`Event`]s that a run emits: `FusionEvent` in `index.d.ts`.
//!
//! `deliberation` constructs the events. JavaScript receives them as JSON objects, each with a
//! sequence number and a time ([`SequencedEvent`]).

use crate::role::Role;
use serde::{Deserialize, Serialize};

use crate::count::Count;
use crate::error::Error;
use crate::result::{Analysis, Checked, EscalationReason, Item, Source};
use crate::usage::{CallUsage, Usage};

/// A panelist in `run.started`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PanelMember {
    /// The position in the panel. The position identifies a panelist, because two panelists may
    /// have the same model.
    pub index: usize,
    /// The model's name in the request.
    pub model: String,
    /// The provider's configured name, or the host of its base URL.
    pub provider: String,
}

/// The state of a tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ToolStatus {
    /// The model requested the call.
    Started,
    /// The tool returned a result.
    Completed,
    /// The tool returned an error.
    Failed,
}

/// An event of a run, with `type` and fields as in `index.d.ts`. [`SequencedEvent`] adds `seq` and
/// `elapsed_ms`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type")]
pub(crate) enum Event {
    #[serde(rename = "run.started")]
    RunStarted {
        run_id: String,
        seed: u64,
        panel: Vec<PanelMember>,
        /// The panelists of `escalate`, which are asked only if the panelists of the first round
        /// disagree.
        #[serde(skip_serializing_if = "Option::is_none")]
        further: Option<Vec<PanelMember>>,
        analyst: Option<String>,
        writer: String,
    },
    #[serde(rename = "panelist.queued")]
    PanelistQueued { index: usize },
    #[serde(rename = "panelist.started")]
    PanelistStarted {
        index: usize,
        model: String,
        attempt: u32,
    },
    #[serde(rename = "panelist.reasoning")]
    PanelistReasoning { index: usize, delta: String },
    #[serde(rename = "panelist.delta")]
    PanelistDelta { index: usize, delta: String },
    #[serde(rename = "panelist.tool")]
    PanelistTool {
        index: usize,
        tool: String,
        status: ToolStatus,
        input: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
    },
    #[serde(rename = "panelist.source")]
    PanelistSource {
        index: usize,
        url: String,
        title: String,
    },
    #[serde(rename = "panelist.retrying")]
    PanelistRetrying {
        index: usize,
        attempt: u32,
        model: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_model: Option<String>,
        error: Error,
        delay_ms: u64,
    },
    #[serde(rename = "panelist.completed")]
    PanelistCompleted {
        index: usize,
        model: String,
        content: String,
        finish_reason: Option<String>,
        usage: CallUsage,
        latency_ms: Count,
        #[serde(skip_serializing_if = "Option::is_none")]
        restored: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        partial: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Error>,
    },
    #[serde(rename = "panelist.failed")]
    PanelistFailed {
        index: usize,
        model: String,
        error: Error,
    },
    #[serde(rename = "panel.escalated")]
    PanelEscalated {
        panel: Vec<PanelMember>,
        reason: EscalationReason,
        #[serde(skip_serializing_if = "Option::is_none")]
        contradictions: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        restored: Option<bool>,
    },
    #[serde(rename = "panel.settled")]
    PanelSettled {
        reason: EscalationReason,
        #[serde(skip_serializing_if = "Option::is_none")]
        contradictions: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        restored: Option<bool>,
    },
    #[serde(rename = "analysis.started")]
    AnalysisStarted {
        model: String,
        attempt: u32,
        order: Vec<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pass: Option<u32>,
    },
    #[serde(rename = "analysis.reasoning")]
    AnalysisReasoning { delta: String },
    #[serde(rename = "analysis.tool")]
    AnalysisTool {
        tool: String,
        status: ToolStatus,
        input: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
    },
    #[serde(rename = "analysis.source")]
    AnalysisSource { url: String, title: String },
    #[serde(rename = "analysis.item")]
    AnalysisItem(Item),
    #[serde(rename = "analysis.completed")]
    AnalysisCompleted {
        analysis: Analysis,
        #[serde(skip_serializing_if = "Option::is_none")]
        restored: Option<bool>,
    },
    #[serde(rename = "analysis.failed")]
    AnalysisFailed {
        error: Error,
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    },
    #[serde(rename = "verification.started")]
    VerificationStarted {
        index: usize,
        model: String,
        attempt: u32,
    },
    #[serde(rename = "verification.tool")]
    VerificationTool {
        index: usize,
        tool: String,
        status: ToolStatus,
        input: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
    },
    #[serde(rename = "verification.source")]
    VerificationSource {
        index: usize,
        url: String,
        title: String,
    },
    #[serde(rename = "verification.completed")]
    VerificationCompleted {
        index: usize,
        checked: Checked,
        #[serde(skip_serializing_if = "Option::is_none")]
        restored: Option<bool>,
    },
    #[serde(rename = "verification.failed")]
    VerificationFailed { index: usize, error: Error },
    #[serde(rename = "answer.started")]
    AnswerStarted { model: String, attempt: u32 },
    #[serde(rename = "answer.reasoning")]
    AnswerReasoning { delta: String },
    #[serde(rename = "answer.delta")]
    AnswerDelta { delta: String },
    #[serde(rename = "answer.source")]
    AnswerSource { url: String, title: String },
    #[serde(rename = "answer.tool_call")]
    AnswerToolCall {
        id: String,
        name: String,
        arguments: String,
    },
    #[serde(rename = "answer.completed")]
    AnswerCompleted {
        content: String,
        finish_reason: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        restored: Option<bool>,
    },
    #[serde(rename = "usage")]
    Usage { usage: Usage },
    #[serde(rename = "warning")]
    Warning { code: WarningCode, message: String },
    /// Has no `result` field. `web::run::Run::result` passes the result to JavaScript separately.
    #[serde(rename = "run.completed")]
    RunCompleted,
    #[serde(rename = "run.failed")]
    RunFailed { error: Error },
}

/// The codes of warnings. docs/events.md describes when each code is emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WarningCode {
    OneResponse,
    DegradedPanel,
    RerunFailed,
    DefaultReplaced,
    SecondPassFailed,
    ShouldEscalateFailed,
    ParameterDropped,
    DamagedAnswer,
    LeakedFence,
    LeakedLabel,
    UnknownSource,
    OnSnapshotFailed,
}

/// An event with its sequence number and its time.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SequencedEvent {
    /// The sequence number. It counts 1, 2, 3, ... in the order in which JavaScript reads the
    /// events.
    pub seq: u64,
    /// The time since the run started, in milliseconds.
    pub elapsed_ms: u64,
    /// The event. Its fields are in the same JSON object as `seq` and `elapsed_ms`.
    #[serde(flatten)]
    pub event: Event,
    /// The round to which an event of the analyst belongs. `None` if the request has no `escalate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
}

impl Event {
    /// Returns a delta event. If `reasoning` is true, the delta is reasoning, otherwise visible
    /// text.
    ///
    /// The analyst's text is always emitted as reasoning, because it is unfinished JSON. A check of
    /// a contradiction has no delta events.
    pub(crate) fn delta(role: Role, reasoning: bool, delta: String) -> Self {
        match (role, reasoning) {
            (Role::Panelist(index), false) => Event::PanelistDelta { index, delta },
            (Role::Panelist(index), true) => Event::PanelistReasoning { index, delta },
            (Role::Analyst | Role::Verifier(_), _) => Event::AnalysisReasoning { delta },
            (Role::Writer, false) => Event::AnswerDelta { delta },
            (Role::Writer, true) => Event::AnswerReasoning { delta },
        }
    }

    /// Returns the event for a source that the model of `role` cited.
    pub(crate) fn source(role: Role, Source { url, title }: Source) -> Self {
        match role {
            Role::Panelist(index) => Event::PanelistSource { index, url, title },
            Role::Analyst => Event::AnalysisSource { url, title },
            Role::Verifier(index) => Event::VerificationSource { index, url, title },
            Role::Writer => Event::AnswerSource { url, title },
        }
    }

    /// Returns the role that an event belongs to. Returns `None` for events of the whole run.
    pub(crate) fn role(&self) -> Option<Role> {
        match self {
            Event::PanelistQueued { index }
            | Event::PanelistStarted { index, .. }
            | Event::PanelistReasoning { index, .. }
            | Event::PanelistDelta { index, .. }
            | Event::PanelistTool { index, .. }
            | Event::PanelistSource { index, .. }
            | Event::PanelistRetrying { index, .. }
            | Event::PanelistCompleted { index, .. }
            | Event::PanelistFailed { index, .. } => Some(Role::Panelist(*index)),
            Event::AnalysisStarted { .. }
            | Event::AnalysisReasoning { .. }
            | Event::AnalysisTool { .. }
            | Event::AnalysisSource { .. }
            | Event::AnalysisItem(_)
            | Event::AnalysisCompleted { .. }
            | Event::AnalysisFailed { .. } => Some(Role::Analyst),
            Event::VerificationStarted { index, .. }
            | Event::VerificationTool { index, .. }
            | Event::VerificationSource { index, .. }
            | Event::VerificationCompleted { index, .. }
            | Event::VerificationFailed { index, .. } => Some(Role::Verifier(*index)),
            Event::AnswerStarted { .. }
            | Event::AnswerReasoning { .. }
            | Event::AnswerDelta { .. }
            | Event::AnswerSource { .. }
            | Event::AnswerToolCall { .. }
            | Event::AnswerCompleted { .. } => Some(Role::Writer),
            Event::RunStarted { .. }
            | Event::PanelEscalated { .. }
            | Event::PanelSettled { .. }
            | Event::Usage { .. }
            | Event::Warning { .. }
            | Event::RunCompleted
            | Event::RunFailed { .. } => None,
        }
    }

    /// If the event is a delta, returns its text, and whether it is reasoning.
    pub(crate) fn delta_mut(&mut self) -> Option<(bool, &mut String)> {
        match self {
            Event::PanelistDelta { delta, .. } | Event::AnswerDelta { delta } => {
                Some((false, delta))
            }
            Event::PanelistReasoning { delta, .. }
            | Event::AnalysisReasoning { delta }
            | Event::AnswerReasoning { delta } => Some((true, delta)),
            _ => None,
        }
    }
}
