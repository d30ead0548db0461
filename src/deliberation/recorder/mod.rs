//! Records a run: everything that happens goes in once; events, snapshots and the result come out.

mod replay;
pub(super) mod state;

use std::cell::RefCell;
use std::rc::Rc;

use crate::count::Count;
use crate::deliberation::model_call::RoleResponse;
use crate::deliberation::recorder::state::{RoleState, RunState, tool_event};
use crate::error::Error;
use crate::event::{Event, SequencedEvent, ToolStatus};
use crate::plan::Plan;
use crate::provider::Environment;
use crate::provider::dialect::StreamPart;
use crate::result::{Analysis, FailedModel, Item, Response, Source, add_source};
use crate::role::Role;
use crate::snapshot::{Answer, RunStatus, Snapshot};
use crate::usage::{Activity, CallUsage, Status, Usage};

/// Recorder, shared by the run and the reader of its events. Holds no borrow across an await or a
/// callback.
pub(crate) struct RunRecorder {
    env: Rc<Environment>,
    began_ms: u64,
    state: RefCell<RunState>,
}

impl RunRecorder {
    /// Returns an empty recorder. An invalid request has no plan and is not stored: it may contain
    /// a key in the wrong field.
    pub(crate) fn new(env: Rc<Environment>, plan: Option<&Plan>) -> Self {
        Self {
            began_ms: env.clock.now_ms(),
            env,
            state: RefCell::new(RunState::new(plan)),
        }
    }

    fn elapsed_ms(&self) -> u64 {
        self.env.clock.now_ms().saturating_sub(self.began_ms)
    }

    fn emit(&self, state: &mut RunState, event: Event) {
        state.queue.push(event, || self.elapsed_ms());
    }

    /// Records the start of a run, and replays restored results.
    pub(crate) fn run_started(&self, plan: &Plan) {
        let state = &mut *self.state.borrow_mut();
        let event = Event::RunStarted {
            run_id: plan.run_id.clone(),
            seed: plan.seed,
            panel: plan.members(),
            analyst: plan
                .analyst
                .as_ref()
                .map(|config| config.model().to_owned()),
            writer: plan.writer.model().to_owned(),
        };
        self.emit(state, event);
        self.replay_restored(state, plan);
    }

    /// Records that a panelist waits for a permit. The panelist's timeout does not run at its first
    /// model, but does at a fallback.
    pub(crate) fn queued(&self, index: usize, model: &str) {
        let state = &mut *self.state.borrow_mut();
        let role_state = state.role_state(Role::Panelist(index));
        (role_state.model, role_state.is_open) = (model.to_owned(), true);
        self.emit(state, Event::PanelistQueued { index });
    }

    /// Records the start of an attempt and discards the text of the previous one. `order` and
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
        let role_state = state.role_state(role);
        (role_state.model, role_state.attempt, role_state.is_open) =
            (model.to_owned(), attempt, true);
        role_state.text.clear();
        role_state.sources.clear();
        // A failed panelist may have restarted.
        state
            .snapshot
            .failed_models
            .retain(|failed| Some(failed.index) != role.index());
        let model = model.to_owned();
        let event = match role {
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
            Role::Writer => Event::AnswerStarted { model, attempt },
        };
        self.emit(state, event);
    }

    /// Records the start of a call.
    pub(crate) fn call_started(&self, role: Role, provider: &str) {
        let state = &mut *self.state.borrow_mut();
        let row = state.snapshot.activity.len();
        let role_state = state.role_state(role);
        role_state.call = Some((row, self.env.clock.now_ms()));
        let call = Activity {
            stage: role.stage(),
            index: role.index(),
            model: role_state.model.clone(),
            model_served: None,
            provider: provider.to_owned(),
            generation_id: None,
            attempt: role_state.attempt,
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
                state.role_state(role).text.push_str(delta);
                // The analyst's text is JSON; events carry its items instead of deltas.
                if role != Role::Analyst {
                    state
                        .queue
                        .push_delta(role, false, delta, || self.elapsed_ms());
                }
            }
            StreamPart::Reasoning(delta) => state
                .queue
                .push_delta(role, true, delta, || self.elapsed_ms()),
            StreamPart::Source { url, title } => {
                let source = Source {
                    url: url.to_owned(),
                    title: title.to_owned(),
                };
                if add_source(&mut state.role_state(role).sources, &source) {
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
            StreamPart::Metadata { id, model } => {
                if let Some(call) = state.open_call(role) {
                    call.generation_id = id.map(str::to_owned);
                    call.model_served = model.map(str::to_owned);
                }
            }
        }
    }

    /// Records the end of a call.
    pub(crate) fn call_ended(&self, role: Role, status: Status, usage: CallUsage) {
        let state = &mut *self.state.borrow_mut();
        self.end_call(state, role, status, usage);
    }

    fn end_call(&self, state: &mut RunState, role: Role, status: Status, usage: CallUsage) {
        let began = state.role_state(role).call.map_or(0, |(_, began)| began);
        let now = self.env.clock.now_ms();
        let Some(call) = state.open_call(role) else {
            return;
        };
        (call.status, call.latency_ms) = (status, now.saturating_sub(began).into());
        call.set_usage(usage);
        state.role_state(role).call = None;
        let usage = Usage::of(&state.snapshot.activity);
        self.emit(state, Event::Usage { usage });
    }

    /// Records a call of a local tool.
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

    /// Records that a failed attempt will be followed by another. Only panelists have an event for
    /// it; `analysis.started` and `answer.started` announce the other roles' attempts.
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
        let role_state = state.role_state(role);
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

    /// Records a panelist's answer and returns its response. `model` is the requested model.
    pub(crate) fn panelist_completed(
        &self,
        index: usize,
        model: &str,
        answer: RoleResponse,
    ) -> Response {
        let state = &mut *self.state.borrow_mut();
        let role = Role::Panelist(index);
        state.clear_partials(role);
        let role_state = state.role_state(role);
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

    fn fail_panelist(&self, state: &mut RunState, index: usize, model: &str, error: Error) {
        let role = Role::Panelist(index);
        self.end_call(state, role, Status::Cancelled, CallUsage::default());
        state.save_partial(role);
        state.role_state(role).is_open = false;
        let failed = FailedModel {
            index,
            model: model.to_owned(),
            error: error.message.clone(),
            code: error.code,
            status_code: error.status_code,
        };
        state.checkpoint_count += 1;
        // The resumed run may list an earlier failure.
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

    /// Records a parsed analysis. A second pass may still mark its items.
    pub(crate) fn analysis_parsed(&self, analysis: &Analysis, sources: Vec<Source>) {
        let state = &mut *self.state.borrow_mut();
        state.snapshot.analysis_sources = sources;
        state.snapshot.analysis = Some(analysis.clone());
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
        state.role_state(Role::Analyst).is_open = false;
        state.snapshot.analysis = Some(analysis.clone());
        state.checkpoint_count += 1;
        self.emit(
            state,
            Event::AnalysisCompleted {
                analysis: analysis.clone(),
                restored: None,
            },
        );
    }

    /// Records a failed attempt at the analysis. `next` is the next model, if any.
    pub(crate) fn analysis_failed(&self, error: Error, next: Option<&str>) {
        let state = &mut *self.state.borrow_mut();
        self.end_call(
            state,
            Role::Analyst,
            Status::Cancelled,
            CallUsage::default(),
        );
        state.save_partial(Role::Analyst);
        state.role_state(Role::Analyst).is_open = false;
        state.checkpoint_count += 1;
        self.emit(
            state,
            Event::AnalysisFailed {
                error,
                next: next.map(str::to_owned),
            },
        );
    }

    /// Records the writer's answer and returns it.
    pub(crate) fn answer_completed(&self, response: RoleResponse) -> Answer {
        let state = &mut *self.state.borrow_mut();
        state.clear_partials(Role::Writer);
        let role_state = state.role_state(Role::Writer);
        role_state.close();
        let answer = Answer {
            model: role_state.model.clone(),
            content: response.output.text,
            sources: response.output.sources,
            tool_calls: response.tool_calls,
            finish_reason: response.finish_reason,
        };
        state.snapshot.answer = Some(answer.clone());
        state.checkpoint_count += 1;
        self.emit_answer(state, &answer, None);
        answer
    }

    /// Records a warning. After the run's last event, does nothing.
    pub(crate) fn warn(&self, code: &'static str, message: String) {
        let state = &mut *self.state.borrow_mut();
        if state.snapshot.status != RunStatus::Running {
            return;
        }
        self.emit(state, Event::Warning { code, message });
    }

    /// Records the end of the run. If it failed, all open roles fail with its error.
    pub(crate) fn close(&self, plan: Option<&Plan>, outcome: Result<(), Error>) {
        let state = &mut *self.state.borrow_mut();
        // An invalid request starts nothing worth a checkpoint.
        state.checkpoint_count += u32::from(plan.is_some());
        match outcome {
            Ok(()) => {
                state.snapshot.status = RunStatus::Completed;
                self.emit(state, Event::RunCompleted);
            }
            Err(error) => {
                for role in state.open_roles() {
                    if let Role::Panelist(index) = role {
                        let model = plan
                            .and_then(|plan| plan.panel.get(index))
                            .map(|config| config.model().to_owned());
                        self.fail_panelist(state, index, &model.unwrap_or_default(), error.clone());
                        continue;
                    }
                    self.end_call(state, role, Status::Cancelled, CallUsage::default());
                    state.save_partial(role);
                    if role == Role::Analyst {
                        self.emit(
                            state,
                            Event::AnalysisFailed {
                                error: error.clone(),
                                next: None,
                            },
                        );
                    }
                }
                state.snapshot.status = RunStatus::Failed;
                self.emit(state, Event::RunFailed { error });
            }
        }
    }

    /// Returns all sources of the run, each URL once, in the order panel, analyst, writer.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let state = self.state.borrow();
        let Snapshot {
            responses,
            analysis_sources,
            answer,
            ..
        } = &state.snapshot;
        let mut sources = Vec::new();
        let mut add = |more: &[Source]| {
            for source in more {
                add_source(&mut sources, source);
            }
        };
        responses.iter().for_each(|response| add(&response.sources));
        add(analysis_sources);
        answer.iter().for_each(|answer| add(&answer.sources));
        sources
    }

    /// Returns the state of the run. The text of open roles is in `partial`.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let state = self.state.borrow();
        let mut snapshot = state.snapshot.clone();
        snapshot.partial.extend(
            state
                .roles
                .iter()
                .filter(|role_state| role_state.is_open)
                .filter_map(RoleState::partial),
        );
        snapshot
    }

    /// Returns the number of panelists with an answer.
    pub(crate) fn answers(&self) -> usize {
        self.state.borrow().snapshot.responses.len()
    }

    /// Returns the number of panelists and stages that have ended. A new snapshot is worth storing
    /// when it grows.
    pub(crate) fn checkpoint_count(&self) -> u32 {
        self.state.borrow().checkpoint_count
    }

    /// Takes the pending events.
    pub(crate) fn take_events(&self) -> Vec<SequencedEvent> {
        self.state.borrow_mut().queue.drain()
    }

    /// Returns whether events are pending.
    pub(crate) fn has_events(&self) -> bool {
        !self.state.borrow().queue.is_empty()
    }
}
