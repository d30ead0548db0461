//! Records the panel: waits, retries, answers and failures of panelists.

use crate::count::Count;
use crate::deliberation::model_call::RoleResponse;
use crate::deliberation::recorder::RunRecorder;
use crate::deliberation::recorder::state::{CutOff, RunState};
use crate::error::Error;
use crate::event::{Event, WarningCode};
use crate::result::{FailedModel, Response};
use crate::role::Role;
use crate::usage::{Activity, CallUsage, Status};

impl RunRecorder {
    /// Records that a panelist waits for a permit. The panelist's timeout does not run before the
    /// call of its first model. The timeout runs while the panelist waits for the permit of a
    /// fallback.
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
        state.note_cut_off(role, &error);
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
            partial: false,
            error: None,
        };
        let event = completed(&response, answered_by, answer.latency_ms.into(), None);
        state.add_response(response.clone());
        state.checkpoint_count += 1;
        self.emit(state, event);
        response
    }

    /// Records that a panelist failed. Returns the answer that the run uses nevertheless, if there
    /// is one. This is an earlier answer of the panelist, or a text that was cut off. The run uses
    /// such a text only with `quorum.accept_partial`.
    pub(crate) fn panelist_failed(
        &self,
        index: usize,
        model: &str,
        error: Error,
    ) -> Option<Response> {
        let state = &mut *self.state.borrow_mut();
        let role = Role::Panelist(index);
        self.end_call(state, role, Status::Cancelled, CallUsage::default());
        state.note_cut_off(role, &error);
        let cut_off = state.role_entry(role).cut_off.take();
        let earlier = state.response(index);
        let is_best = |cut_off: &CutOff| {
            earlier.is_none_or(|earlier| {
                earlier.partial && earlier.content.len() < cut_off.content.len()
            })
        };
        match cut_off.filter(is_best) {
            Some(cut_off) => Some(self.panelist_cut_off(state, index, model, cut_off)),
            None => self.fail_panelist(state, index, model, error),
        }
    }

    /// Records that a panelist's text counts as its answer, although the text was cut off.
    fn panelist_cut_off(
        &self,
        state: &mut RunState,
        index: usize,
        model: &str,
        cut_off: CutOff,
    ) -> Response {
        let role = Role::Panelist(index);
        state.clear_partials(role);
        state.role_entry(role).close();
        let response = Response {
            index,
            model: model.to_owned(),
            content: cut_off.content,
            sources: cut_off.sources,
            usage: cut_off.usage,
            finish_reason: None,
            partial: true,
            error: Some(cut_off.error.with_index(index)),
        };
        state.add_response(response.clone());
        state.checkpoint_count += 1;
        let event = completed(&response, cut_off.model, cut_off.latency_ms, None);
        self.emit(state, event);
        response
    }

    /// Records the failure of a panelist. If the panelist has answered before, its earlier answer
    /// remains valid. The function returns this answer.
    pub(super) fn fail_panelist(
        &self,
        state: &mut RunState,
        index: usize,
        model: &str,
        error: Error,
    ) -> Option<Response> {
        let role = Role::Panelist(index);
        self.end_call(state, role, Status::Cancelled, CallUsage::default());
        if let Some(earlier) = state.response(index).cloned() {
            state.role_entry(role).close();
            let message = format!(
                "panelist {} ({model}) did not answer again: {}; its earlier answer stands",
                index + 1,
                error.message
            );
            let code = WarningCode::RerunFailed;
            self.emit(state, Event::Warning { code, message });
            state.checkpoint_count += 1;
            let (model, latency_ms) = answered_by(&state.snapshot.activity, &earlier);
            self.emit(state, completed(&earlier, model, latency_ms, Some(true)));
            return Some(earlier);
        }
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
        // Replace an earlier failure of this panelist, which may come from the snapshot that the
        // run resumes.
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
        None
    }
}

/// Returns the event of an answer. `model` is the model that answered.
pub(super) fn completed(
    response: &Response,
    model: String,
    latency_ms: Count,
    restored: Option<bool>,
) -> Event {
    Event::PanelistCompleted {
        index: response.index,
        model,
        content: response.content.clone(),
        finish_reason: response.finish_reason.clone(),
        usage: response.usage,
        latency_ms,
        restored,
        partial: response.partial.then_some(true),
        error: response.error.clone(),
    }
}

/// Returns the model that gave an answer, and the latency of its call. If no call has completed,
/// returns the requested model and 0.
pub(super) fn answered_by(activity: &[Activity], response: &Response) -> (String, Count) {
    let role = Role::Panelist(response.index);
    let is_answer = |call: &&Activity| call.belongs_to(role) && call.status == Status::Completed;
    let call = activity.iter().rfind(is_answer);
    call.map_or((response.model.clone(), Count::default()), |call| {
        (call.model.clone(), call.latency_ms)
    })
}
