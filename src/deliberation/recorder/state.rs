//! Defines the state of the recorder: the pending events, the state of each role, and the snapshot.

use crate::json::Value;

use crate::count::Count;
use crate::deliberation::event_queue::EventQueue;
use crate::error::{Code, Error};
use crate::event::{Event, ToolStatus};
use crate::plan::Plan;
use crate::result::{Response, Source};
use crate::role::Role;
use crate::snapshot::{PartialOutput, RunStatus, Snapshot};
use crate::usage::{Activity, CallUsage};

pub(crate) struct RunState {
    pub queue: EventQueue,
    pub roles: Vec<RoleState>,
    pub snapshot: Snapshot,
    /// Number of panelists and stages that have ended.
    pub checkpoint_count: u32,
    /// The setting `quorum.accept_partial`: whether a text that was cut off is accepted as the
    /// answer of a panelist.
    accept_partial: bool,
}

/// Minimum number of characters of a panelist's unfinished text. A shorter text is not accepted as
/// an answer.
const MIN_PARTIAL_CHARS: usize = 200;

/// The text of a panelist's attempt that was cut off.
pub(crate) struct CutOff {
    pub model: String,
    pub content: String,
    pub sources: Vec<Source>,
    pub usage: CallUsage,
    pub latency_ms: Count,
    /// Why the text was cut off.
    pub error: Error,
}

/// State of one role.
pub(crate) struct RoleState {
    pub role: Role,
    pub model: String,
    pub attempt: u32,
    pub text: String,
    /// Reasoning that the provider has sent as text of the answer. Empty if more text of the answer
    /// has followed.
    pub thinking: String,
    /// The event that started the attempt.
    pub started: Option<Event>,
    pub sources: Vec<Source>,
    /// The call that is running: its position in `activity`, and its start in milliseconds.
    pub call: Option<(usize, u64)>,
    pub is_open: bool,
    /// The row in `activity` of the first call of the attempt.
    pub first_call: usize,
    /// The longest text of the failed attempts that can be accepted as an answer.
    pub cut_off: Option<CutOff>,
}

impl RoleState {
    /// Ends the role's work and clears its unfinished output.
    pub(crate) fn close(&mut self) {
        self.is_open = false;
        self.cut_off = None;
        self.text.clear();
        self.thinking.clear();
        self.sources.clear();
    }
}

impl RunState {
    /// Returns the state before the first call. If the request was invalid, `plan` is `None`.
    pub(crate) fn new(plan: Option<&Plan>) -> Self {
        let restored = plan.map(|plan| plan.restored.clone()).unwrap_or_default();
        let responses = restored.answers();
        let second_analysis = restored.second_analysis.flatten();
        let snapshot = Snapshot {
            version: 1,
            run_id: plan.map(|plan| plan.run_id.clone()).unwrap_or_default(),
            seed: plan.map(|plan| plan.seed.into()),
            status: RunStatus::Running,
            request: Value::Object(plan.map(|plan| plan.request.clone()).unwrap_or_default()),
            model_is_default: plan.is_some_and(|plan| plan.model_is_default),
            responses,
            failed_models: restored.all_failed,
            partial: restored.partial,
            analysis: second_analysis.or(restored.analysis.flatten()),
            analysis_sources: restored.analysis_sources,
            escalation: restored.escalation,
            answer: restored.answer,
            activity: restored.activity,
            checks_ended: restored.checks_ended,
            analysis_open: restored.analysis_open,
            second_pass_ended: restored.second_pass_ended,
        };
        Self {
            queue: EventQueue::default(),
            roles: Vec::new(),
            snapshot,
            checkpoint_count: 0,
            accept_partial: plan.is_some_and(|plan| plan.quorum.accept_partial),
        }
    }

    /// Returns the answer of a panelist.
    pub(crate) fn response(&self, index: usize) -> Option<&Response> {
        let mut responses = self.snapshot.responses.iter();
        responses.find(|response| response.index == index)
    }

    /// Stores an answer of a panelist in place of its earlier answer. If the answer is new, drops
    /// the analysis and the final answer of the snapshot, because they do not include the new
    /// answer.
    pub(crate) fn add_response(&mut self, response: Response) {
        let index = response.index;
        let responses = &mut self.snapshot.responses;
        let at = responses.partition_point(|other| other.index < response.index);
        let earlier = responses
            .get_mut(at)
            .filter(|earlier| earlier.index == response.index);
        let is_new = !earlier
            .as_ref()
            .is_some_and(|earlier| earlier.is_same_answer(&response));
        match earlier {
            Some(earlier) => *earlier = response,
            None => responses.insert(at, response),
        }
        if is_new {
            self.snapshot.drop_stages_without(index);
        }
    }

    /// Keeps the text of a panelist's failed attempt, if the text can be accepted as an answer. The
    /// attempt must have ended with a timeout or a broken stream. The text must also be longer than
    /// the texts of earlier attempts.
    pub(crate) fn note_cut_off(&mut self, role: Role, error: &Error) {
        let is_cut_off = matches!(error.code, Code::Timeout | Code::NetworkError);
        if !self.accept_partial || !is_cut_off || role.index().is_none() {
            return;
        }
        let role_state = self.role_entry(role);
        let (first_call, text) = (role_state.first_call, role_state.text.trim().to_owned());
        let known = self.role_entry(role).cut_off.as_ref();
        let is_longest = known.is_none_or(|known| known.content.len() < text.len());
        if !is_longest || text.chars().take(MIN_PARTIAL_CHARS).count() < MIN_PARTIAL_CHARS {
            return;
        }
        let calls = self.snapshot.activity.iter().skip(first_call);
        let calls = calls.filter(|call| call.belongs_to(role));
        let latency_ms: u64 = calls.clone().map(|call| call.latency_ms.get()).sum();
        let usage = calls.map(Activity::usage).reduce(CallUsage::plus);
        let role_state = self.role_entry(role);
        role_state.cut_off = Some(CutOff {
            model: role_state.model.clone(),
            content: text,
            sources: role_state.sources.clone(),
            usage: usage.unwrap_or_default(),
            latency_ms: latency_ms.into(),
            error: error.clone(),
        });
    }

    /// Returns the state of a role. At the first call for a role, adds an empty state.
    pub(crate) fn role_entry(&mut self, role: Role) -> &mut RoleState {
        let at = self
            .roles
            .iter()
            .position(|role_state| role_state.role == role)
            .unwrap_or_else(|| {
                let (model, text, sources) = (String::new(), String::new(), Vec::new());
                self.roles.push(RoleState {
                    role,
                    model,
                    attempt: 0,
                    text,
                    thinking: String::new(),
                    started: None,
                    sources,
                    call: None,
                    is_open: false,
                    first_call: 0,
                    cut_off: None,
                });
                self.roles.len() - 1
            });
        // The index is valid: it was found or pushed above.
        #[allow(clippy::indexing_slicing)]
        &mut self.roles[at]
    }

    pub(crate) fn open_call(&mut self, role: Role) -> Option<&mut Activity> {
        let (row, _) = self.role_entry(role).call?;
        self.snapshot.activity.get_mut(row)
    }

    pub(crate) fn open_roles(&self) -> Vec<Role> {
        self.roles
            .iter()
            .filter(|role_state| role_state.is_open)
            .map(|role_state| role_state.role)
            .collect::<Vec<_>>()
    }

    pub(crate) fn save_partial(&mut self, role: Role) {
        let role_state = self.role_entry(role);
        let partial = role_state.partial();
        role_state.text.clear();
        role_state.thinking.clear();
        self.snapshot.partial.extend(partial);
    }

    pub(crate) fn clear_partials(&mut self, role: Role) {
        self.snapshot
            .partial
            .retain(|partial| (partial.stage, partial.index) != (role.stage(), role.call_index()));
    }
}

impl RoleState {
    /// Returns the text of an incomplete answer. If there is no text, returns the reasoning that
    /// was sent as text, because it may contain the answer.
    pub(crate) fn partial(&self) -> Option<PartialOutput> {
        let (stage, index) = (self.role.stage(), self.role.call_index());
        let content = [&self.text, &self.thinking]
            .into_iter()
            .find(|content| !content.is_empty())?;
        Some(PartialOutput {
            stage,
            index,
            model: self.model.clone(),
            content: content.clone(),
        })
    }
}

/// Returns the event for a tool call. Returns `None` for the writer.
pub(crate) fn tool_event(
    role: Role,
    tool: &str,
    status: ToolStatus,
    input: &str,
    summary: Option<String>,
) -> Option<Event> {
    let (tool, input) = (tool.to_owned(), input.to_owned());
    match role {
        Role::Panelist(index) => Some(Event::PanelistTool {
            index,
            tool,
            status,
            input,
            summary,
        }),
        Role::Analyst => Some(Event::AnalysisTool {
            tool,
            status,
            input,
            summary,
        }),
        Role::Verifier(index) => Some(Event::VerificationTool {
            index,
            tool,
            status,
            input,
            summary,
        }),
        Role::Writer => None,
    }
}
