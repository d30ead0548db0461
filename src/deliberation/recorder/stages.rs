//! Records the analysis and the final answer.

use crate::deliberation::model_call::RoleResponse;
use crate::deliberation::recorder::RunRecorder;
use crate::error::Error;
use crate::event::Event;
use crate::result::{Analysis, Item, Source, add_source};
use crate::role::Role;
use crate::snapshot::Answer;
use crate::usage::{CallUsage, Status};

impl RunRecorder {
    /// Records a parsed analysis. A second pass may still change the field `survived` of its items.
    pub(crate) fn analysis_parsed(&self, analysis: &Analysis, sources: Vec<Source>) {
        let state = &mut *self.state.borrow_mut();
        (state.snapshot.checks_ended, state.snapshot.analysis_open) = (false, false);
        state.snapshot.second_pass_ended = false;
        for source in &sources {
            add_source(&mut state.snapshot.analysis_sources, source);
        }
        state.snapshot.set_analysis(state.queue.round, analysis);
        state.checkpoint_count += 1;
    }

    /// Records one item of the analysis while the reply streams.
    pub(crate) fn analysis_item(&self, item: Item) {
        let state = &mut *self.state.borrow_mut();
        self.emit(state, Event::AnalysisItem(item));
    }

    /// Records the final analysis.
    pub(crate) fn analysis_completed(&self, analysis: &Analysis) {
        let state = &mut *self.state.borrow_mut();
        self.end_call(
            state,
            Role::Analyst,
            Status::Cancelled,
            CallUsage::default(),
        );
        state.clear_partials(Role::Analyst);
        state.role_entry(Role::Analyst).is_open = false;
        state.snapshot.set_analysis(state.queue.round, analysis);
        state.checkpoint_count += 1;
        self.emit(
            state,
            Event::AnalysisCompleted {
                analysis: analysis.clone(),
                restored: None,
            },
        );
    }

    /// Records a failed attempt at the analysis. `next` is the model of the next attempt, if any.
    pub(crate) fn analysis_failed(&self, error: Error, next: Option<&str>) {
        let state = &mut *self.state.borrow_mut();
        self.end_call(
            state,
            Role::Analyst,
            Status::Cancelled,
            CallUsage::default(),
        );
        state.save_partial(Role::Analyst);
        state.role_entry(Role::Analyst).is_open = false;
        state.checkpoint_count += 1;
        self.emit(
            state,
            Event::AnalysisFailed {
                error,
                next: next.map(str::to_owned),
            },
        );
    }

    /// Records that an analysis ended without a result. If `max_cost` ended it, the analysis is
    /// open, and a resumed run makes it.
    pub(crate) fn analysis_ended(&self, is_open: bool) {
        self.state.borrow_mut().snapshot.analysis_open = is_open;
    }

    /// Records that no second pass of the analysis follows, unless the analysis itself is open.
    pub(crate) fn second_pass_ended(&self) {
        let snapshot = &mut self.state.borrow_mut().snapshot;
        snapshot.second_pass_ended = !snapshot.analysis_open;
    }

    /// Records the writer's answer and returns it. The run went on without an open analysis, so a
    /// resumed run does not make it.
    pub(crate) fn answer_completed(&self, response: RoleResponse) -> Answer {
        let state = &mut *self.state.borrow_mut();
        state.clear_partials(Role::Writer);
        let role_state = state.role_entry(Role::Writer);
        role_state.close();
        let answer = Answer {
            model: role_state.model.clone(),
            content: response.output.text,
            sources: response.output.sources,
            tool_calls: response.tool_calls,
            message: response.message,
            finish_reason: response.finish_reason,
        };
        state.snapshot.answer = Some(answer.clone());
        state.snapshot.analysis_open = false;
        state.checkpoint_count += 1;
        self.emit_answer(state, &answer, None);
        answer
    }
}
