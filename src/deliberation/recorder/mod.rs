//! The run's journal: everything that happens is written here once, and read as events, as a snapshot, and as the result.

mod replay;
pub(super) mod state;

use std::cell::RefCell;
use std::rc::Rc;

use crate::count::Count;
use crate::deliberation::recorder::state::{Lane, Page, tool_event};
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
    page: RefCell<Page>,
}

impl RunRecorder {
    /// A journal before the first call. A refused request has no plan, and is not kept: its mistake may be a key in the wrong place.
    pub fn new(env: Rc<Environment>, plan: Option<&Plan>) -> Self {
        Self { began_ms: env.clock.now_ms(), env, page: RefCell::new(Page::of(plan)) }
    }

    fn elapsed_ms(&self) -> u64 {
        self.env.clock.now_ms().saturating_sub(self.began_ms)
    }

    fn emit(&self, page: &mut Page, event: Event) {
        page.queue.push(event, || self.elapsed_ms());
    }

    /// The run begins, or goes on.
    pub fn run_started(&self, plan: &Plan) {
        let page = &mut *self.page.borrow_mut();
        let event = Event::RunStarted {
            run_id: plan.run_id.clone(),
            seed: plan.seed,
            panel: plan.members(),
            analyst: plan.analyst.as_ref().map(|player| player.model().to_owned()),
            writer: plan.writer.model().to_owned(),
        };
        self.emit(page, event);
        self.replay_restored(page, plan);
    }

    /// A panelist waits for a free connection. At its first model no clock runs yet; at a fallback its own time-out does.
    pub fn queued(&self, index: usize, model: &str) {
        let page = &mut *self.page.borrow_mut();
        let lane = page.lane(Role::Panelist(index));
        (lane.model, lane.open) = (model.to_owned(), true);
        self.emit(page, Event::PanelistQueued { index });
    }

    /// A seat tries a model; what an earlier attempt said is void. `order`, `pass`: the analyst's, see `analysis.started`.
    pub fn attempt(&self, role: Role, model: &str, attempt: u32, order: &[usize], pass: Option<u32>) {
        let page = &mut *self.page.borrow_mut();
        let lane = page.lane(role);
        (lane.model, lane.attempt, lane.open) = (model.to_owned(), attempt, true);
        lane.text.clear();
        lane.sources.clear();
        // One that had failed may have been seated again.
        page.snapshot.failed_models.retain(|failed| Some(failed.index) != role.index());
        let model = model.to_owned();
        let event = match role {
            Role::Panelist(index) => Event::PanelistStarted { index, model, attempt },
            Role::Analyst => Event::AnalysisStarted { model, attempt, order: order.to_vec(), pass },
            Role::Writer => Event::AnswerStarted { model, attempt },
        };
        self.emit(page, event);
    }

    /// A call is sent.
    pub fn call_started(&self, role: Role, provider: &str) {
        let page = &mut *self.page.borrow_mut();
        let row = page.snapshot.activity.len();
        let lane = page.lane(role);
        lane.call = Some((row, self.env.clock.now_ms()));
        let call = Activity {
            stage: role.stage(),
            index: role.index(),
            model: lane.model.clone(),
            model_served: None,
            provider: provider.to_owned(),
            generation_id: None,
            attempt: lane.attempt,
            cost: None,
            prompt_tokens: None,
            completion_tokens: None,
            reasoning_tokens: None,
            latency_ms: Count::default(),
            status: Status::Running,
        };
        page.snapshot.activity.push(call);
    }

    /// A piece of a seat's answer.
    pub fn piece(&self, role: Role, piece: StreamPart<'_>) {
        let page = &mut *self.page.borrow_mut();
        match piece {
            StreamPart::Text(delta) => {
                page.lane(role).text.push_str(delta);
                // The analyst's text is JSON in the making; it is shown as items, not as deltas.
                if role != Role::Analyst {
                    page.queue.push_delta(role, false, delta, || self.elapsed_ms());
                }
            }
            StreamPart::Reasoning(delta) => page.queue.push_delta(role, true, delta, || self.elapsed_ms()),
            StreamPart::Source { url, title } => {
                let source = Source { url: url.to_owned(), title: title.to_owned() };
                if add_source(&mut page.lane(role).sources, &source) {
                    self.emit(page, Event::source(role, source));
                }
            }
            StreamPart::Tool { name, status, input } => {
                if let Some(event) = tool_event(role, name, status, input, None) {
                    self.emit(page, event);
                }
            }
            StreamPart::Served { id, model } => {
                if let Some(call) = page.open_call(role) {
                    call.generation_id = id.map(str::to_owned);
                    call.model_served = model.map(str::to_owned);
                }
            }
        }
    }

    /// A call is over.
    pub fn call_ended(&self, role: Role, status: Status, usage: CallUsage) {
        let page = &mut *self.page.borrow_mut();
        self.end_call(page, role, status, usage);
    }

    fn end_call(&self, page: &mut Page, role: Role, status: Status, usage: CallUsage) {
        let began = page.lane(role).call.map_or(0, |(_, began)| began);
        let now = self.env.clock.now_ms();
        let Some(call) = page.open_call(role) else { return };
        (call.status, call.latency_ms) = (status, now.saturating_sub(began).into());
        call.set_usage(usage);
        page.lane(role).call = None;
        let usage = Usage::of(&page.snapshot.activity);
        self.emit(page, Event::Usage { usage });
    }

    /// The seat's visible text so far.
    pub fn text(&self, role: Role) -> String {
        self.page.borrow_mut().lane(role).text.clone()
    }

    /// What the seat has cited or opened so far.
    pub fn sources_of(&self, role: Role) -> Vec<Source> {
        self.page.borrow_mut().lane(role).sources.clone()
    }

    /// Whether the seat has said anything after the first `said` bytes.
    pub fn has_text_after(&self, role: Role, said: usize) -> bool {
        self.page.borrow_mut().lane(role).text.get(said..).is_some_and(|text| !text.trim().is_empty())
    }

    /// A tool that runs here.
    pub fn tool(&self, role: Role, name: &str, status: ToolStatus, input: &str, summary: Option<String>) {
        let page = &mut *self.page.borrow_mut();
        if let Some(event) = tool_event(role, name, status, input, summary) {
            self.emit(page, event);
        }
    }

    /// An attempt failed and another follows. Only panelists have an event for it; analyst and writer announce the next attempt.
    pub fn retrying(&self, role: Role, next_model: Option<&str>, error: Error, delay_ms: u64) {
        let page = &mut *self.page.borrow_mut();
        self.end_call(page, role, Status::Cancelled, CallUsage::default());
        page.save_partial(role);
        let lane = page.lane(role);
        if let Role::Panelist(index) = role {
            let (attempt, model) = (lane.attempt, lane.model.clone());
            let error = error.with_index(index);
            let next_model = next_model.map(str::to_owned);
            self.emit(page, Event::PanelistRetrying { index, attempt, model, next_model, error, delay_ms });
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
        let page = &mut *self.page.borrow_mut();
        let role = Role::Panelist(index);
        page.clear_partials(role);
        let lane = page.lane(role);
        lane.open = false;
        let answered_by = lane.model.clone();
        let response = Response {
            index,
            model: model.to_owned(),
            content: std::mem::take(&mut lane.text),
            sources: std::mem::take(&mut lane.sources),
            usage,
            finish_reason,
        };
        let at = page.snapshot.responses.partition_point(|other| other.index < index);
        page.snapshot.responses.insert(at, response.clone());
        let event = Event::PanelistCompleted {
            index,
            model: answered_by,
            content: response.content.clone(),
            finish_reason: response.finish_reason.clone(),
            usage,
            latency_ms: latency_ms.into(),
            restored: None,
        };
        page.checkpoint_count += 1;
        self.emit(page, event);
        response
    }

    /// A panelist has failed for good.
    pub fn panelist_failed(&self, index: usize, model: &str, error: Error) {
        let page = &mut *self.page.borrow_mut();
        self.fail_panelist(page, index, model, error);
    }

    fn fail_panelist(&self, page: &mut Page, index: usize, model: &str, error: Error) {
        let role = Role::Panelist(index);
        self.end_call(page, role, Status::Cancelled, CallUsage::default());
        page.save_partial(role);
        page.lane(role).open = false;
        let failed =
            FailedModel { index, model: model.to_owned(), error: error.message.clone(), code: error.code, status_code: error.status_code };
        page.checkpoint_count += 1;
        // It may have failed before, in the run that is resumed.
        page.snapshot.failed_models.retain(|other| other.index != index);
        let at = page.snapshot.failed_models.iter().take_while(|other| other.index < index).count();
        page.snapshot.failed_models.insert(at, failed);
        self.emit(page, Event::PanelistFailed { index, model: model.to_owned(), error: error.with_index(index) });
    }

    /// The analysis is there; a second pass may still mark it.
    pub fn analysis_parsed(&self, analysis: &Analysis) {
        let page = &mut *self.page.borrow_mut();
        page.snapshot.analysis_sources = page.lane(Role::Analyst).sources.clone();
        page.snapshot.analysis = Some(analysis.clone());
        page.checkpoint_count += 1;
    }

    /// The analyst has told one finding.
    pub fn analysis_item(&self, item: Item) {
        let page = &mut *self.page.borrow_mut();
        self.emit(page, Event::AnalysisItem(item));
    }

    /// The analysis is as it will stay.
    pub fn analysis_completed(&self, analysis: &Analysis) {
        let page = &mut *self.page.borrow_mut();
        self.end_call(page, Role::Analyst, Status::Cancelled, CallUsage::default());
        page.clear_partials(Role::Analyst);
        page.lane(Role::Analyst).open = false;
        page.snapshot.analysis = Some(analysis.clone());
        page.checkpoint_count += 1;
        self.emit(page, Event::AnalysisCompleted { analysis: analysis.clone(), restored: None });
    }

    /// An attempt at the analysis failed; `next` is the model tried now.
    pub fn analysis_failed(&self, error: Error, next: Option<&str>) {
        let page = &mut *self.page.borrow_mut();
        self.end_call(page, Role::Analyst, Status::Cancelled, CallUsage::default());
        page.save_partial(Role::Analyst);
        page.lane(Role::Analyst).open = false;
        page.checkpoint_count += 1;
        self.emit(page, Event::AnalysisFailed { error, next: next.map(str::to_owned) });
    }

    /// The writer has answered.
    pub fn answer_completed(&self, finish_reason: Option<String>, tool_calls: Vec<ToolCall>) -> Answer {
        let page = &mut *self.page.borrow_mut();
        page.clear_partials(Role::Writer);
        let lane = page.lane(Role::Writer);
        lane.open = false;
        let (model, content, sources) = (lane.model.clone(), lane.text.clone(), lane.sources.clone());
        let answer = Answer { model, content, sources, tool_calls, finish_reason };
        page.snapshot.answer = Some(answer.clone());
        page.checkpoint_count += 1;
        self.emit_answer(page, &answer, None);
        answer
    }

    /// Something the caller may want to know and that stops nothing. After the last event there is nobody to tell.
    pub fn warn(&self, code: &'static str, message: String) {
        let page = &mut *self.page.borrow_mut();
        if page.snapshot.status != RunStatus::Running {
            return;
        }
        self.emit(page, Event::Warning { code, message });
    }

    /// The run is over, well or not. Whoever was still at work has failed with it.
    pub fn close(&self, plan: Option<&Plan>, outcome: Result<(), Error>) {
        let page = &mut *self.page.borrow_mut();
        // A request that was refused has begun nothing.
        page.checkpoint_count += u32::from(plan.is_some());
        match outcome {
            Ok(()) => {
                page.snapshot.status = RunStatus::Completed;
                self.emit(page, Event::RunCompleted);
            }
            Err(error) => {
                for role in page.open_seats() {
                    if let Role::Panelist(index) = role {
                        let model = plan.and_then(|plan| plan.panel.get(index)).map(|player| player.model().to_owned());
                        self.fail_panelist(page, index, &model.unwrap_or_default(), error.clone());
                        continue;
                    }
                    self.end_call(page, role, Status::Cancelled, CallUsage::default());
                    page.save_partial(role);
                    if role == Role::Analyst {
                        self.emit(page, Event::AnalysisFailed { error: error.clone(), next: None });
                    }
                }
                page.snapshot.status = RunStatus::Failed;
                self.emit(page, Event::RunFailed { error });
            }
        }
    }

    /// Every source of the run, by URL, in the order of the panel, then the analyst's and the writer's.
    pub fn sources(&self) -> Vec<Source> {
        let page = self.page.borrow();
        let Snapshot { responses, analysis_sources, answer, .. } = &page.snapshot;
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
        let page = self.page.borrow();
        let mut snapshot = page.snapshot.clone();
        snapshot.partial.extend(page.lanes.iter().filter(|lane| lane.open).filter_map(Lane::partial));
        snapshot
    }

    /// How many panelists have answered.
    pub fn answers(&self) -> usize {
        self.page.borrow().snapshot.responses.len()
    }

    /// Counts the panelists and stages that have ended: when it grows, a snapshot is worth keeping.
    pub fn checkpoint_count(&self) -> u32 {
        self.page.borrow().checkpoint_count
    }

    /// Hands out the events that wait.
    pub fn take_events(&self) -> Vec<SequencedEvent> {
        self.page.borrow_mut().queue.take()
    }

    /// Whether events wait.
    pub fn has_events(&self) -> bool {
        !self.page.borrow().queue.is_empty()
    }
}
