//! Records the panel: waits, retries, answers and failures of panelists.

use crate::deliberation::model_call::RoleResponse;
use crate::deliberation::recorder::RunRecorder;
use crate::deliberation::recorder::state::RunState;
use crate::error::Error;
use crate::event::Event;
use crate::result::{FailedModel, Response};
use crate::role::Role;
use crate::usage::{CallUsage, Status};

impl RunRecorder {
    /// Records that a panelist waits for a permit. The panelist's timeout does not run while it
    /// waits for its first model, but runs while it waits for a fallback.
    pub(crate) fn queued(&self, index: usize, model: &str) {
        let state = &mut *self.state.borrow_mut();
        let role_state = state.role_entry(Role::Panelist(index));
        (role_state.model, role_state.is_open) = (model.to_owned(), true);
        self.emit(state, Event::PanelistQueued { index });
    }

    /// Records that another attempt follows a failed attempt. Emits an event only for a panelist.
    /// For the other roles, the next `analysis.started` or `answer.started` announces the attempt.
    pub(crate) fn retrying(
        &self,
        role: Role,
        next_model: Option<&str>,
        error: Error,
        delay_ms: u64,
    ) {
        let state = &mut *self.state.borrow_mut();
        self.end_call(state, role, Status::Cancelled, CallUsage::default());
        state.save_partial(role);
        let role_state = state.role_entry(role);
        if let Role::Panelist(index) = role {
            let (attempt, model) = (role_state.attempt, role_state.model.clone());
            let error = error.with_index(index);
            let next_model = next_model.map(str::to_owned);
            self.emit(
                state,
                Event::PanelistRetrying {
                    index,
                    attempt,
                    model,
                    next_model,
                    error,
                    delay_ms,
                },
            );
        }
    }

    /// Records a panelist's answer and returns the response. `model` is the requested model.
    pub(crate) fn panelist_completed(
        &self,
        index: usize,
        model: &str,
        answer: RoleResponse,
    ) -> Response {
        let state = &mut *self.state.borrow_mut();
        let role = Role::Panelist(index);
        state.clear_partials(role);
        let role_state = state.role_entry(role);
        role_state.close();
        let answered_by = role_state.model.clone();
        let response = Response {
            index,
            model: model.to_owned(),
            content: answer.output.text,
            sources: answer.output.sources,
            usage: answer.usage,
            finish_reason: answer.finish_reason,
        };
        let at = state
            .snapshot
            .responses
            .partition_point(|other| other.index < index);
        state.snapshot.responses.insert(at, response.clone());
        let event = Event::PanelistCompleted {
            index,
            model: answered_by,
            content: response.content.clone(),
            finish_reason: response.finish_reason.clone(),
            usage: response.usage,
            latency_ms: answer.latency_ms.into(),
            restored: None,
        };
        state.checkpoint_count += 1;
        self.emit(state, event);
        response
    }

    /// Records the final failure of a panelist.
    pub(crate) fn panelist_failed(&self, index: usize, model: &str, error: Error) {
        let state = &mut *self.state.borrow_mut();
        self.fail_panelist(state, index, model, error);
    }

    pub(super) fn fail_panelist(
        &self,
        state: &mut RunState,
        index: usize,
        model: &str,
        error: Error,
    ) {
        let role = Role::Panelist(index);
        self.end_call(state, role, Status::Cancelled, CallUsage::default());
        state.save_partial(role);
        state.role_entry(role).is_open = false;
        let failed = FailedModel {
            index,
            model: model.to_owned(),
            error: error.message.clone(),
            code: error.code,
            status_code: error.status_code,
        };
        state.checkpoint_count += 1;
        // Replace an earlier failure of this panelist. The snapshot that this run resumes may
        // contain one.
        state
            .snapshot
            .failed_models
            .retain(|other| other.index != index);
        let at = state
            .snapshot
            .failed_models
            .iter()
            .take_while(|other| other.index < index)
            .count();
        state.snapshot.failed_models.insert(at, failed);
        self.emit(
            state,
            Event::PanelistFailed {
                index,
                model: model.to_owned(),
                error: error.with_index(index),
            },
        );
    }
}
