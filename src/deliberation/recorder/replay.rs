//! Replays restored results: the outcomes of an earlier run in, events with `restored: true` out.

use crate::count::Count;
use crate::deliberation::recorder::{RunRecorder, RunState};
use crate::event::Event;
use crate::plan::Plan;
use crate::plan::restore::error_of;
use crate::result::{Analysis, Response, ToolCall};
use crate::role::Role;
use crate::snapshot::Answer;
use crate::usage::{Status, Usage};

impl RunRecorder {
    /// Emits the restored outcomes of the panel.
    pub(super) fn replay_restored(&self, state: &mut RunState, plan: &Plan) {
        for failed in &plan.restored.failed {
            let (index, model) = (failed.index, failed.model.clone());
            self.emit(
                state,
                Event::PanelistFailed {
                    index,
                    model,
                    error: error_of(failed).with_index(index),
                },
            );
        }
        for response in &plan.restored.responses {
            let Response {
                index,
                content,
                finish_reason,
                usage,
                model,
                ..
            } = response.clone();
            let mut calls = plan.restored.activity.iter();
            let answered = calls.rfind(|call| {
                call.belongs_to(Role::Panelist(index)) && call.status == Status::Completed
            });
            let (model, latency_ms) = answered.map_or((model, Count::default()), |call| {
                (call.model.clone(), call.latency_ms)
            });
            self.emit(
                state,
                Event::PanelistCompleted {
                    index,
                    model,
                    content,
                    finish_reason,
                    usage,
                    latency_ms,
                    restored: Some(true),
                },
            );
        }
        if !plan.restored.activity.is_empty() {
            let usage = Usage::of(&state.snapshot.activity);
            self.emit(state, Event::Usage { usage });
        }
    }

    /// Emits the restored analysis.
    pub(crate) fn analysis_restored(&self, analysis: &Analysis) {
        let state = &mut *self.state.borrow_mut();
        state.snapshot.analysis = Some(analysis.clone());
        self.emit(
            state,
            Event::AnalysisCompleted {
                analysis: analysis.clone(),
                restored: Some(true),
            },
        );
    }

    /// Emits the restored answer.
    pub(crate) fn answer_restored(&self, answer: &Answer) {
        let state = &mut *self.state.borrow_mut();
        self.emit_answer(state, answer, Some(true));
    }

    /// Emits a complete answer. First emits the tool calls that the caller must run.
    pub(super) fn emit_answer(
        &self,
        state: &mut RunState,
        answer: &Answer,
        restored: Option<bool>,
    ) {
        let Answer {
            content,
            finish_reason,
            tool_calls,
            ..
        } = answer.clone();
        for ToolCall {
            id,
            name,
            arguments,
        } in tool_calls
        {
            self.emit(
                state,
                Event::AnswerToolCall {
                    id,
                    name,
                    arguments,
                },
            );
        }
        self.emit(
            state,
            Event::AnswerCompleted {
                content,
                finish_reason,
                restored,
            },
        );
    }
}
