//! Records attempts and calls: their start, their streamed parts, their tools and their end.

use crate::count::Count;
use crate::deliberation::recorder::RunRecorder;
use crate::deliberation::recorder::state::{RunState, tool_event};
use crate::event::{Event, ToolStatus};
use crate::provider::dialect::StreamPart;
use crate::result::{Source, add_source};
use crate::role::{Role, Round};
use crate::usage::{Activity, CallUsage, Status, Usage};

impl RunRecorder {
    /// Records the start of an attempt and discards the text of the previous attempt. `order` and
    /// `pass` are fields of `analysis.started`.
    pub(crate) fn attempt(
        &self,
        role: Role,
        model: &str,
        attempt: u32,
        order: &[usize],
        pass: Option<u32>,
    ) {
        let state = &mut *self.state.borrow_mut();
        let first_call = state.snapshot.activity.len();
        let role_state = state.role_entry(role);
        (role_state.model, role_state.attempt, role_state.is_open) =
            (model.to_owned(), attempt, true);
        role_state.first_call = first_call;
        role_state.text.clear();
        role_state.thinking.clear();
        role_state.sources.clear();
        // A restarted panelist no longer counts as failed.
        state
            .snapshot
            .failed_models
            .retain(|failed| Some(failed.index) != role.index());
        let model = model.to_owned();
        let started = match role {
            Role::Panelist(index) => Event::PanelistStarted {
                index,
                model,
                attempt,
            },
            Role::Analyst => Event::AnalysisStarted {
                model,
                attempt,
                order: order.to_vec(),
                pass,
            },
            Role::Verifier(index) => Event::VerificationStarted {
                index,
                model,
                attempt,
            },
            Role::Writer => Event::AnswerStarted { model, attempt },
        };
        state.role_entry(role).started = Some(started.clone());
        self.emit(state, started);
    }

    /// Records that the last `bytes` bytes of the text were reasoning.
    ///
    /// First emits the event that started the attempt once more, so that readers of the events
    /// discard the earlier deltas and sources. Then emits the deltas and sources that are still
    /// valid.
    fn withdraw(&self, state: &mut RunState, role: Role, bytes: usize) {
        let role_state = state.role_entry(role);
        let rest = role_state.text.len().saturating_sub(bytes);
        let at = role_state.text.ceil_char_boundary(rest);
        role_state.thinking = role_state.text.split_off(at);
        let (text, thinking) = (role_state.text.clone(), role_state.thinking.clone());
        let (started, sources) = (role_state.started.clone(), role_state.sources.clone());
        if let Some(started) = started {
            self.emit(state, started);
        }
        for source in sources {
            self.emit(state, Event::source(role, source));
        }
        for (is_reasoning, delta) in [(false, text), (true, thinking)] {
            if !delta.is_empty() && (is_reasoning || role != Role::Analyst) && has_deltas(role) {
                state
                    .queue
                    .push_delta(role, is_reasoning, &delta, || self.elapsed_ms());
            }
        }
    }

    /// Records the start of a call.
    pub(crate) fn call_started(&self, role: Role, provider: &str) {
        let state = &mut *self.state.borrow_mut();
        let row = state.snapshot.activity.len();
        let round = state.queue.round.map(Round::number);
        let role_state = state.role_entry(role);
        role_state.thinking.clear();
        role_state.call = Some((row, self.env.clock.now_ms()));
        let call = Activity {
            stage: role.stage(),
            index: role.call_index(),
            model: role_state.model.clone(),
            model_served: None,
            provider: provider.to_owned(),
            generation_id: None,
            attempt: role_state.attempt,
            round: round.filter(|_| role == Role::Analyst),
            cost: None,
            prompt_tokens: None,
            completion_tokens: None,
            reasoning_tokens: None,
            latency_ms: Count::default(),
            status: Status::Running,
        };
        state.snapshot.activity.push(call);
    }

    /// Records a streamed part of a role's answer.
    pub(crate) fn stream_part(&self, role: Role, part: StreamPart<'_>) {
        let state = &mut *self.state.borrow_mut();
        match part {
            StreamPart::Text(delta) => {
                let role_state = state.role_entry(role);
                role_state.thinking.clear();
                role_state.text.push_str(delta);
                // The analyst's text is JSON. Events contain the items of the analysis instead of
                // this text.
                if role != Role::Analyst && has_deltas(role) {
                    state
                        .queue
                        .push_delta(role, false, delta, || self.elapsed_ms());
                }
            }
            StreamPart::Reasoning(delta) => self.reasoning(state, role, delta),
            StreamPart::Thinking(delta) => {
                state.role_entry(role).thinking.push_str(delta);
                self.reasoning(state, role, delta);
            }
            StreamPart::Withdrawn { bytes } => self.withdraw(state, role, bytes),
            StreamPart::Source { url, title } => {
                let source = Source {
                    url: url.to_owned(),
                    title: title.to_owned(),
                };
                if add_source(&mut state.role_entry(role).sources, &source) {
                    self.emit(state, Event::source(role, source));
                }
            }
            StreamPart::Tool {
                name,
                status,
                input,
            } => {
                if let Some(event) = tool_event(role, name, status, input, None) {
                    self.emit(state, event);
                }
            }
            StreamPart::Written { .. } => {}
            StreamPart::Metadata { id, model } => {
                if let Some(call) = state.open_call(role) {
                    call.generation_id = id.map(str::to_owned);
                    call.model_served = model.map(str::to_owned);
                }
            }
        }
    }

    fn reasoning(&self, state: &mut RunState, role: Role, delta: &str) {
        if has_deltas(role) {
            state
                .queue
                .push_delta(role, true, delta, || self.elapsed_ms());
        }
    }

    /// Records the end of a call.
    pub(crate) fn call_ended(&self, role: Role, status: Status, usage: CallUsage) {
        let state = &mut *self.state.borrow_mut();
        self.end_call(state, role, status, usage);
    }

    pub(super) fn end_call(
        &self,
        state: &mut RunState,
        role: Role,
        status: Status,
        usage: CallUsage,
    ) {
        let began = state.role_entry(role).call.map_or(0, |(_, began)| began);
        let now = self.env.clock.now_ms();
        let Some(call) = state.open_call(role) else {
            return;
        };
        (call.status, call.latency_ms) = (status, now.saturating_sub(began).into());
        call.set_usage(usage);
        state.role_entry(role).call = None;
        let usage = Usage::of(&state.snapshot.activity);
        self.emit(state, Event::Usage { usage });
    }

    /// Records the call of a tool that this library runs.
    pub(crate) fn tool(
        &self,
        role: Role,
        name: &str,
        status: ToolStatus,
        input: &str,
        summary: Option<String>,
    ) {
        let state = &mut *self.state.borrow_mut();
        if let Some(event) = tool_event(role, name, status, input, summary) {
            self.emit(state, event);
        }
    }
}

/// Returns whether the text of a role is emitted while it streams. The text of a check of a
/// contradiction is not emitted, because it is unfinished JSON.
fn has_deltas(role: Role) -> bool {
    !matches!(role, Role::Verifier(_))
}
