//! The run's journal: everything that happens is written here once, and read as events, as a snapshot, and as the result.

mod replay;
pub(super) mod state;

use std::cell::RefCell;
use std::rc::Rc;

use crate::count::Count;
use crate::deliberation::recorder::state::{RoleState, RunState, tool_event};
use crate::error::Error;
use crate::event::{Event, SequencedEvent, ToolStatus};
use crate::plan::Plan;
use crate::provider::Environment;
use crate::provider::dialect::StreamPart;
use crate::result::{Analysis, FailedModel, Item, Response, Source, ToolCall, add_source};
use crate::role::Role;
use crate::snapshot::{Answer, RunStatus, Snapshot};
use crate::usage::{Activity, CallUsage, Status, Usage};

/// Shared by the run, which writes, and its reader. Nothing is held borrowed across an await or a callback.
pub struct RunRecorder {
    env: Rc<Environment>,
    began_ms: u64,
    state: RefCell<RunState>,
}

impl RunRecorder {
    /// A journal before the first call. A refused request has no plan, and is not kept: its mistake may be a key in the wrong place.
    pub fn new(env: Rc<Environment>, plan: Option<&Plan>) -> Self {
        Self { began_ms: env.clock.now_ms(), env, state: RefCell::new(RunState::of(plan)) }
    }

    fn elapsed_ms(&self) -> u64 {
        self.env.clock.now_ms().saturating_sub(self.began_ms)
    }

    fn emit(&self, state: &mut RunState, event: Event) {
        state.queue.push(event, || self.elapsed_ms());
    }

    /// The run begins, or goes on.
    pub fn run_started(&self, plan: &Plan) {
        let state = &mut *self.state.borrow_mut();
        let event = Event::RunStarted {
            run_id: plan.run_id.clone(),
            seed: plan.seed,
            panel: plan.members(),
            analyst: plan.analyst.as_ref().map(|player| player.model().to_owned()),
            writer: plan.writer.model().to_owned(),
        };
        self.emit(state, event);
        self.replay_restored(state, plan);
    }

    /// A panelist waits for a free connection. At its first model no clock runs yet; at a fallback its own time-out does.
    pub fn queued(&self, index: usize, model: &str) {
        let state = &mut *self.state.borrow_mut();
        let role_state = state.role_state(Role::Panelist(index));
        (role_state.model, role_state.open) = (model.to_owned(), true);
        self.emit(state, Event::PanelistQueued { index });
    }

    /// A seat tries a model; what an earlier attempt said is void. `order`, `pass`: the analyst's, see `analysis.started`.
    pub fn attempt(&self, role: Role, model: &str, attempt: u32, order: &[usize], pass: Option<u32>) {
        let state = &mut *self.state.borrow_mut();
        let role_state = state.role_state(role);
        (role_state.model, role_state.attempt, role_state.open) = (model.to_owned(), attempt, true);
        role_state.text.clear();
        role_state.sources.clear();
        // One that had failed may have been seated again.
        state.snapshot.failed_models.retain(|failed| Some(failed.index) != role.index());
        let model = model.to_owned();
        let event = match role {
            Role::Panelist(index) => Event::PanelistStarted { index, model, attempt },
            Role::Analyst => Event::AnalysisStarted { model, attempt, order: order.to_vec(), pass },
            Role::Writer => Event::AnswerStarted { model, attempt },
        };
        self.emit(state, event);
    }

    /// A call is sent.
    pub fn call_started(&self, role: Role, provider: &str) {
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

    /// A piece of a seat's answer.
    pub fn stream_part(&self, role: Role, stream_part: StreamPart<'_>) {
        let state = &mut *self.state.borrow_mut();
        match stream_part {
            StreamPart::Text(delta) => {
                state.role_state(role).text.push_str(delta);
                // The analyst's text is JSON in the making; it is shown as items, not as deltas.
                if role != Role::Analyst {
                    state.queue.push_delta(role, false, delta, || self.elapsed_ms());
                }
            }
            StreamPart::Reasoning(delta) => state.queue.push_delta(role, true, delta, || self.elapsed_ms()),
            StreamPart::Source { url, title } => {
                let source = Source { url: url.to_owned(), title: title.to_owned() };
                if add_source(&mut state.role_state(role).sources, &source) {
                    self.emit(state, Event::source(role, source));
                }
            }
            StreamPart::Tool { name, status, input } => {
                if let Some(event) = tool_event(role, name, status, input, None) {
                    self.emit(state, event);
                }
            }
            StreamPart::Served { id, model } => {
                if let Some(call) = state.open_call(role) {
                    call.generation_id = id.map(str::to_owned);
                    call.model_served = model.map(str::to_owned);
                }
            }
        }
    }

    /// A call is over.
    pub fn call_ended(&self, role: Role, status: Status, usage: CallUsage) {
        let state = &mut *self.state.borrow_mut();
        self.end_call(state, role, status, usage);
    }

    fn end_call(&self, state: &mut RunState, role: Role, status: Status, usage: CallUsage) {
        let began = state.role_state(role).call.map_or(0, |(_, began)| began);
        let now = self.env.clock.now_ms();
        let Some(call) = state.open_call(role) else { return };
        (call.status, call.latency_ms) = (status, now.saturating_sub(began).into());
        call.set_usage(usage);
        state.role_state(role).call = None;
        let usage = Usage::of(&state.snapshot.activity);
        self.emit(state, Event::Usage { usage });
    }

    /// The seat's visible text so far.
    pub fn text(&self, role: Role) -> String {
        self.state.borrow_mut().role_state(role).text.clone()
    }

    /// What the seat has cited or opened so far.
    pub fn sources_of(&self, role: Role) -> Vec<Source> {
        self.state.borrow_mut().role_state(role).sources.clone()
    }

    /// Whether the seat has said anything after the first `said` bytes.
    pub fn has_text_after(&self, role: Role, said: usize) -> bool {
        self.state.borrow_mut().role_state(role).text.get(said..).is_some_and(|text| !text.trim().is_empty())
    }

    /// A tool that runs here.
    pub fn tool(&self, role: Role, name: &str, status: ToolStatus, input: &str, summary: Option<String>) {
        let state = &mut *self.state.borrow_mut();
        if let Some(event) = tool_event(role, name, status, input, summary) {
            self.emit(state, event);
        }
    }

    /// An attempt failed and another follows. Only panelists have an event for it; analyst and writer announce the next attempt.
    pub fn retrying(&self, role: Role, next_model: Option<&str>, error: Error, delay_ms: u64) {
        let state = &mut *self.state.borrow_mut();
        self.end_call(state, role, Status::Cancelled, CallUsage::default());
        state.save_partial(role);
        let role_state = state.role_state(role);
        if let Role::Panelist(index) = role {
            let (attempt, model) = (role_state.attempt, role_state.model.clone());
            let error = error.with_index(index);
            let next_model = next_model.map(str::to_owned);
            self.emit(state, Event::PanelistRetrying { index, attempt, model, next_model, error, delay_ms });
        }
    }

    /// A panelist has answered. `model`: as asked for.
    pub fn panelist_completed(
        &self,
        index: usize,
        model: &str,
        finish_reason: Option<String>,
        usage: CallUsage,
        latency_ms: u64,
    ) -> Response {
        let state = &mut *self.state.borrow_mut();
        let role = Role::Panelist(index);
        state.clear_partials(role);
        let role_state = state.role_state(role);
        role_state.open = false;
        let answered_by = role_state.model.clone();
        let response = Response {
            index,
            model: model.to_owned(),
            content: std::mem::take(&mut role_state.text),
            sources: std::mem::take(&mut role_state.sources),
            usage,
            finish_reason,
        };
        let at = state.snapshot.responses.partition_point(|other| other.index < index);
        state.snapshot.responses.insert(at, response.clone());
        let event = Event::PanelistCompleted {
            index,
            model: answered_by,
            content: response.content.clone(),
            finish_reason: response.finish_reason.clone(),
            usage,
            latency_ms: latency_ms.into(),
            restored: None,
        };
        state.checkpoint_count += 1;
        self.emit(state, event);
        response
    }

    /// A panelist has failed for good.
    pub fn panelist_failed(&self, index: usize, model: &str, error: Error) {
        let state = &mut *self.state.borrow_mut();
        self.fail_panelist(state, index, model, error);
    }

    fn fail_panelist(&self, state: &mut RunState, index: usize, model: &str, error: Error) {
        let role = Role::Panelist(index);
        self.end_call(state, role, Status::Cancelled, CallUsage::default());
        state.save_partial(role);
        state.role_state(role).open = false;
        let failed =
            FailedModel { index, model: model.to_owned(), error: error.message.clone(), code: error.code, status_code: error.status_code };
        state.checkpoint_count += 1;
        // It may have failed before, in the run that is resumed.
        state.snapshot.failed_models.retain(|other| other.index != index);
        let at = state.snapshot.failed_models.iter().take_while(|other| other.index < index).count();
        state.snapshot.failed_models.insert(at, failed);
        self.emit(state, Event::PanelistFailed { index, model: model.to_owned(), error: error.with_index(index) });
    }

    /// The analysis is there; a second pass may still mark it.
    pub fn analysis_parsed(&self, analysis: &Analysis) {
        let state = &mut *self.state.borrow_mut();
        state.snapshot.analysis_sources = state.role_state(Role::Analyst).sources.clone();
        state.snapshot.analysis = Some(analysis.clone());
        state.checkpoint_count += 1;
    }

    /// The analyst has told one finding.
    pub fn analysis_item(&self, item: Item) {
        let state = &mut *self.state.borrow_mut();
        self.emit(state, Event::AnalysisItem(item));
    }

    /// The analysis is as it will stay.
    pub fn analysis_completed(&self, analysis: &Analysis) {
        let state = &mut *self.state.borrow_mut();
        self.end_call(state, Role::Analyst, Status::Cancelled, CallUsage::default());
        state.clear_partials(Role::Analyst);
        state.role_state(Role::Analyst).open = false;
        state.snapshot.analysis = Some(analysis.clone());
        state.checkpoint_count += 1;
        self.emit(state, Event::AnalysisCompleted { analysis: analysis.clone(), restored: None });
    }

    /// An attempt at the analysis failed; `next` is the model tried now.
    pub fn analysis_failed(&self, error: Error, next: Option<&str>) {
        let state = &mut *self.state.borrow_mut();
        self.end_call(state, Role::Analyst, Status::Cancelled, CallUsage::default());
        state.save_partial(Role::Analyst);
        state.role_state(Role::Analyst).open = false;
        state.checkpoint_count += 1;
        self.emit(state, Event::AnalysisFailed { error, next: next.map(str::to_owned) });
    }

    /// The writer has answered.
    pub fn answer_completed(&self, finish_reason: Option<String>, tool_calls: Vec<ToolCall>) -> Answer {
        let state = &mut *self.state.borrow_mut();
        state.clear_partials(Role::Writer);
        let role_state = state.role_state(Role::Writer);
        role_state.open = false;
        let (model, content, sources) = (role_state.model.clone(), role_state.text.clone(), role_state.sources.clone());
        let answer = Answer { model, content, sources, tool_calls, finish_reason };
        state.snapshot.answer = Some(answer.clone());
        state.checkpoint_count += 1;
        self.emit_answer(state, &answer, None);
        answer
    }

    /// Something the caller may want to know and that stops nothing. After the last event there is nobody to tell.
    pub fn warn(&self, code: &'static str, message: String) {
        let state = &mut *self.state.borrow_mut();
        if state.snapshot.status != RunStatus::Running {
            return;
        }
        self.emit(state, Event::Warning { code, message });
    }

    /// The run is over, well or not. Whoever was still at work has failed with it.
    pub fn close(&self, plan: Option<&Plan>, outcome: Result<(), Error>) {
        let state = &mut *self.state.borrow_mut();
        // A request that was refused has begun nothing.
        state.checkpoint_count += u32::from(plan.is_some());
        match outcome {
            Ok(()) => {
                state.snapshot.status = RunStatus::Completed;
                self.emit(state, Event::RunCompleted);
            }
            Err(error) => {
                for role in state.open_seats() {
                    if let Role::Panelist(index) = role {
                        let model = plan.and_then(|plan| plan.panel.get(index)).map(|player| player.model().to_owned());
                        self.fail_panelist(state, index, &model.unwrap_or_default(), error.clone());
                        continue;
                    }
                    self.end_call(state, role, Status::Cancelled, CallUsage::default());
                    state.save_partial(role);
                    if role == Role::Analyst {
                        self.emit(state, Event::AnalysisFailed { error: error.clone(), next: None });
                    }
                }
                state.snapshot.status = RunStatus::Failed;
                self.emit(state, Event::RunFailed { error });
            }
        }
    }

    /// Every source of the run, by URL, in the order of the panel, then the analyst's and the writer's.
    pub fn sources(&self) -> Vec<Source> {
        let state = self.state.borrow();
        let Snapshot { responses, analysis_sources, answer, .. } = &state.snapshot;
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

    /// What has happened so far. An open member's text is in `partial`.
    pub fn snapshot(&self) -> Snapshot {
        let state = self.state.borrow();
        let mut snapshot = state.snapshot.clone();
        snapshot.partial.extend(state.roles.iter().filter(|role_state| role_state.open).filter_map(RoleState::partial));
        snapshot
    }

    /// How many panelists have answered.
    pub fn answers(&self) -> usize {
        self.state.borrow().snapshot.responses.len()
    }

    /// Counts the panelists and stages that have ended: when it grows, a snapshot is worth keeping.
    pub fn checkpoint_count(&self) -> u32 {
        self.state.borrow().checkpoint_count
    }

    /// Hands out the events that wait.
    pub fn take_events(&self) -> Vec<SequencedEvent> {
        self.state.borrow_mut().queue.drain()
    }

    /// Whether events wait.
    pub fn has_events(&self) -> bool {
        !self.state.borrow().queue.is_empty()
    }
}
