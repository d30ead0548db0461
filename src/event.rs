//! What a run tells while it goes on: the [`Event`] union.

use crate::error::Error;
use crate::json::{Object, ToJson, record, words};
use crate::result::{Analysis, CallUsage, FusionResult, Item, Source, Usage};

/// Who an event, a call or a text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// A panelist, by index.
    Panelist(usize),
    /// The one who compares.
    Analyst,
    /// The one who writes the final answer.
    Writer,
}

/// A member of the panel, as `run.started` announces it.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its identity: the same model may sit twice.
    pub index: usize,
    /// As asked for.
    pub model: String,
    /// `"openrouter"`, or the host of the base URL.
    pub provider: String,
}

record!(Member { index, model, provider });

/// How far a tool call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolStatus {
    /// Asked for.
    Started,
    /// Gave a result.
    Completed,
    /// Gave an error.
    Failed,
}

words!(ToolStatus, "`started`, `completed` or `failed`" { Started = "started", Completed = "completed", Failed = "failed" });

/// `type` and fields as in `index.d.ts`; `seq` and `elapsed_ms` are added by [`Numbered`].
#[derive(Clone, Debug)]
#[allow(missing_docs)] // index.d.ts documents every field, for the people who meet them
pub enum Event {
    RunStarted {
        run_id: String,
        seed: u64,
        panel: Vec<Member>,
        analyst: Option<String>,
        writer: String,
    },
    PanelistQueued {
        index: usize,
    },
    PanelistStarted {
        index: usize,
        model: String,
        attempt: u32,
    },
    PanelistReasoning {
        index: usize,
        delta: String,
    },
    PanelistDelta {
        index: usize,
        delta: String,
    },
    PanelistTool {
        index: usize,
        tool: String,
        status: ToolStatus,
        input: String,
        summary: Option<String>,
    },
    PanelistSource {
        index: usize,
        url: String,
        title: String,
    },
    PanelistRetrying {
        index: usize,
        attempt: u32,
        model: String,
        next_model: Option<String>,
        error: Error,
        delay_ms: u64,
    },
    PanelistCompleted {
        index: usize,
        model: String,
        content: String,
        finish_reason: Option<String>,
        usage: CallUsage,
        latency_ms: u64,
        restored: Option<bool>,
    },
    PanelistFailed {
        index: usize,
        model: String,
        error: Error,
    },
    AnalysisStarted {
        model: String,
        attempt: u32,
        order: Vec<usize>,
        pass: Option<u32>,
    },
    AnalysisReasoning {
        delta: String,
    },
    AnalysisTool {
        tool: String,
        status: ToolStatus,
        input: String,
        summary: Option<String>,
    },
    AnalysisSource {
        url: String,
        title: String,
    },
    AnalysisItem(Item),
    AnalysisCompleted {
        analysis: Analysis,
        restored: Option<bool>,
    },
    AnalysisFailed {
        error: Error,
        next: Option<String>,
    },
    AnswerStarted {
        model: String,
        attempt: u32,
    },
    AnswerReasoning {
        delta: String,
    },
    AnswerDelta {
        delta: String,
    },
    AnswerSource {
        url: String,
        title: String,
    },
    AnswerToolCall {
        id: String,
        name: String,
        arguments: String,
    },
    AnswerCompleted {
        content: String,
        finish_reason: Option<String>,
        restored: Option<bool>,
    },
    Usage {
        usage: Usage,
    },
    Warning {
        code: &'static str,
        message: String,
    },
    RunCompleted {
        result: Box<FusionResult>,
    },
    RunFailed {
        error: Error,
    },
}

impl ToJson for Event {
    fn write(&self, to: &mut String) {
        let mut object = Object::begin(to);
        self.write_fields(&mut object);
        object.end();
    }

    fn write_fields(&self, to: &mut Object<'_>) {
        let (kind, fields): (&'static str, &[(&str, &dyn ToJson)]) = match self {
            Event::RunStarted { run_id, seed, panel, analyst, writer } => {
                ("run.started", &[("run_id", run_id), ("seed", seed), ("panel", panel), ("analyst", analyst), ("writer", writer)])
            }
            Event::PanelistQueued { index } => ("panelist.queued", &[("index", index)]),
            Event::PanelistStarted { index, model, attempt } => {
                ("panelist.started", &[("index", index), ("model", model), ("attempt", attempt)])
            }
            Event::PanelistReasoning { index, delta } => ("panelist.reasoning", &[("index", index), ("delta", delta)]),
            Event::PanelistDelta { index, delta } => ("panelist.delta", &[("index", index), ("delta", delta)]),
            Event::PanelistTool { index, tool, status, input, summary } => {
                ("panelist.tool", &[("index", index), ("tool", tool), ("status", status), ("input", input), ("summary?", summary)])
            }
            Event::PanelistSource { index, url, title } => ("panelist.source", &[("index", index), ("url", url), ("title", title)]),
            Event::PanelistRetrying { index, attempt, model, next_model, error, delay_ms } => (
                "panelist.retrying",
                &[
                    ("index", index),
                    ("attempt", attempt),
                    ("model", model),
                    ("next_model?", next_model),
                    ("error", error),
                    ("delay_ms", delay_ms),
                ],
            ),
            Event::PanelistCompleted { index, model, content, finish_reason, usage, latency_ms, restored } => (
                "panelist.completed",
                &[
                    ("index", index),
                    ("model", model),
                    ("content", content),
                    ("finish_reason", finish_reason),
                    ("usage", usage),
                    ("latency_ms", latency_ms),
                    ("restored?", restored),
                ],
            ),
            Event::PanelistFailed { index, model, error } => ("panelist.failed", &[("index", index), ("model", model), ("error", error)]),
            Event::AnalysisStarted { model, attempt, order, pass } => {
                ("analysis.started", &[("model", model), ("attempt", attempt), ("order", order), ("pass?", pass)])
            }
            Event::AnalysisReasoning { delta } => ("analysis.reasoning", &[("delta", delta)]),
            Event::AnalysisTool { tool, status, input, summary } => {
                ("analysis.tool", &[("tool", tool), ("status", status), ("input", input), ("summary?", summary)])
            }
            Event::AnalysisSource { url, title } => ("analysis.source", &[("url", url), ("title", title)]),
            Event::AnalysisItem(item) => {
                to.field("type", &"analysis.item");
                return item.write_fields(to);
            }
            Event::AnalysisCompleted { analysis, restored } => ("analysis.completed", &[("analysis", analysis), ("restored?", restored)]),
            Event::AnalysisFailed { error, next } => ("analysis.failed", &[("error", error), ("next?", next)]),
            Event::AnswerStarted { model, attempt } => ("answer.started", &[("model", model), ("attempt", attempt)]),
            Event::AnswerReasoning { delta } => ("answer.reasoning", &[("delta", delta)]),
            Event::AnswerDelta { delta } => ("answer.delta", &[("delta", delta)]),
            Event::AnswerSource { url, title } => ("answer.source", &[("url", url), ("title", title)]),
            Event::AnswerToolCall { id, name, arguments } => ("answer.tool_call", &[("id", id), ("name", name), ("arguments", arguments)]),
            Event::AnswerCompleted { content, finish_reason, restored } => {
                ("answer.completed", &[("content", content), ("finish_reason", finish_reason), ("restored?", restored)])
            }
            Event::Usage { usage } => ("usage", &[("usage", usage)]),
            Event::Warning { code, message } => ("warning", &[("code", code), ("message", message)]),
            Event::RunCompleted { result } => ("run.completed", &[("result", result)]),
            Event::RunFailed { error } => ("run.failed", &[("error", error)]),
        };
        to.field("type", &kind);
        for (name, value) in fields {
            match name.strip_suffix('?') {
                Some(name) => to.optional(name, *value),
                None => to.field(name, *value),
            }
        }
    }
}

/// An event as it is handed out.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// 1, 2, 3, ... in the order of reading.
    pub seq: u64,
    /// Since the run began.
    pub elapsed_ms: u64,
    /// The rest.
    pub event: Event,
}

/// A batch as a JSON array, the form in which it crosses into JavaScript.
pub fn to_json(batch: &[Numbered]) -> String {
    let mut json = String::from("[");
    for Numbered { seq, elapsed_ms, event } in batch {
        if json.len() > 1 {
            json.push(',');
        }
        let mut object = Object::begin(&mut json);
        object.field("seq", seq);
        object.field("elapsed_ms", elapsed_ms);
        event.write_fields(&mut object);
        object.end();
    }
    json.push(']');
    json
}

impl Event {
    /// A piece of visible text or, where `reasoning`, of thinking. The analyst's text is JSON in the making and shown only as thinking is.
    pub(crate) fn delta(seat: Seat, reasoning: bool, delta: String) -> Self {
        match (seat, reasoning) {
            (Seat::Panelist(index), false) => Event::PanelistDelta { index, delta },
            (Seat::Panelist(index), true) => Event::PanelistReasoning { index, delta },
            (Seat::Analyst, _) => Event::AnalysisReasoning { delta },
            (Seat::Writer, false) => Event::AnswerDelta { delta },
            (Seat::Writer, true) => Event::AnswerReasoning { delta },
        }
    }

    /// A source that a seat's model cited.
    pub fn source(seat: Seat, Source { url, title }: Source) -> Self {
        match seat {
            Seat::Panelist(index) => Event::PanelistSource { index, url, title },
            Seat::Analyst => Event::AnalysisSource { url, title },
            Seat::Writer => Event::AnswerSource { url, title },
        }
    }

    pub(crate) fn seat(&self) -> Option<Seat> {
        match self {
            Event::PanelistQueued { index }
            | Event::PanelistStarted { index, .. }
            | Event::PanelistReasoning { index, .. }
            | Event::PanelistDelta { index, .. }
            | Event::PanelistTool { index, .. }
            | Event::PanelistSource { index, .. }
            | Event::PanelistRetrying { index, .. }
            | Event::PanelistCompleted { index, .. }
            | Event::PanelistFailed { index, .. } => Some(Seat::Panelist(*index)),
            Event::AnalysisStarted { .. }
            | Event::AnalysisReasoning { .. }
            | Event::AnalysisTool { .. }
            | Event::AnalysisSource { .. }
            | Event::AnalysisItem(_)
            | Event::AnalysisCompleted { .. }
            | Event::AnalysisFailed { .. } => Some(Seat::Analyst),
            Event::AnswerStarted { .. }
            | Event::AnswerReasoning { .. }
            | Event::AnswerDelta { .. }
            | Event::AnswerSource { .. }
            | Event::AnswerToolCall { .. }
            | Event::AnswerCompleted { .. } => Some(Seat::Writer),
            Event::RunStarted { .. }
            | Event::Usage { .. }
            | Event::Warning { .. }
            | Event::RunCompleted { .. }
            | Event::RunFailed { .. } => None,
        }
    }

    /// Whether it is thinking, and the text, where the event is a delta.
    pub(crate) fn delta_mut(&mut self) -> Option<(bool, &mut String)> {
        match self {
            Event::PanelistDelta { delta, .. } | Event::AnswerDelta { delta } => Some((false, delta)),
            Event::PanelistReasoning { delta, .. } | Event::AnalysisReasoning { delta } | Event::AnswerReasoning { delta } => {
                Some((true, delta))
            }
            _ => None,
        }
    }
}
