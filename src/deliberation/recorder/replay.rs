//! Emits the events of a resumed run for what the earlier run has finished. These events have
//! `restored: true`.

use crate::deliberation::recorder::panel::{answered_by, completed};
use crate::deliberation::recorder::{RunRecorder, RunState};
use crate::event::Event;
use crate::plan::Plan;
use crate::plan::restore::error_of;
use crate::result::{Analysis, ToolCall};
use crate::role::Round;
use crate::snapshot::Answer;

impl RunRecorder {
    /// Emits the restored outcomes of the panelists of a round.
    pub(super) fn replay_restored(&self, state: &mut RunState, plan: &Plan, round: Round) {
        let is_of_round = |index: usize| plan.round_of(index) == round;
        let failed = plan.restored.failed.iter();
        for failed in failed.filter(|failed| is_of_round(failed.index)) {
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
        let responses = plan.restored.responses.iter();
        for response in responses.filter(|response| is_of_round(response.index)) {
            let (model, latency_ms) = answered_by(&plan.restored.activity, response);
            self.emit(state, completed(response, model, latency_ms, Some(true)));
        }
    }

    /// Emits the restored analysis.
    pub(crate) fn analysis_restored(&self, analysis: &Analysis) {
        let state = &mut *self.state.borrow_mut();
        let stored = state.snapshot.escalation.as_ref();
        let stored_round = stored.map(|end| Some(end.analysis_round));
        // If the snapshot has the analysis of the second round, do not replace it by the analysis
        // of the first round.
        if stored_round.is_none_or(|stored| stored == state.queue.round.map(Round::number)) {
            state.snapshot.analysis = Some(analysis.clone());
        }
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
