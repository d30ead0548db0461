//! State of the recorder: pending events, the state of each role, and the snapshot.

use crate::json::Value;

use crate::deliberation::event_queue::EventQueue;
use crate::event::{Event, ToolStatus};
use crate::plan::Plan;
use crate::result::Source;
use crate::role::Role;
use crate::snapshot::{PartialOutput, RunStatus, Snapshot};
use crate::usage::Activity;

pub(crate) struct RunState {
    pub queue: EventQueue,
    pub roles: Vec<RoleState>,
    pub snapshot: Snapshot,
    /// Number of panelists and stages that have ended.
    pub checkpoint_count: u32,
}

/// State of one role.
pub(crate) struct RoleState {
    pub role: Role,
    pub model: String,
    pub attempt: u32,
    pub text: String,
    /// Reasoning that the provider sent as text of the answer. Cleared when text follows that is
    /// not reasoning.
    pub thinking: String,
    /// The event of the attempt's start.
    pub started: Option<Event>,
    pub sources: Vec<Source>,
    /// The open call: its row in `activity` and its start in milliseconds.
    pub call: Option<(usize, u64)>,
    pub is_open: bool,
}

impl RoleState {
    /// Ends the role's work and clears its unfinished output.
    pub(crate) fn close(&mut self) {
        self.is_open = false;
        self.text.clear();
        self.thinking.clear();
        self.sources.clear();
    }
}

impl RunState {
    /// Returns the state before the first call. `plan` is `None` if the request was invalid.
    pub(crate) fn new(plan: Option<&Plan>) -> Self {
        let restored = plan.map(|plan| plan.restored.clone()).unwrap_or_default();
        let second_analysis = restored.second_analysis.flatten();
        let snapshot = Snapshot {
            version: 1,
            run_id: plan.map(|plan| plan.run_id.clone()).unwrap_or_default(),
            seed: plan.map(|plan| plan.seed.into()),
            status: RunStatus::Running,
            request: Value::Object(plan.map(|plan| plan.request.clone()).unwrap_or_default()),
            model_is_default: plan.is_some_and(|plan| plan.model_is_default),
            responses: restored.responses,
            failed_models: restored.all_failed,
            partial: restored.partial,
            analysis: second_analysis.or(restored.analysis.flatten()),
            analysis_sources: restored.analysis_sources,
            escalation: restored.escalation,
            answer: restored.answer,
            activity: restored.activity,
        };
        Self {
            queue: EventQueue::default(),
            roles: Vec::new(),
            snapshot,
            checkpoint_count: 0,
        }
    }

    /// Returns the state of a role. Adds it at the role's first use.
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
            .retain(|partial| (partial.stage, partial.index) != (role.stage(), role.index()));
    }
}

impl RoleState {
    /// Returns the text of an incomplete answer. If there is no text, returns the reasoning that
    /// was sent as text, because the model may have answered inside it.
    pub(crate) fn partial(&self) -> Option<PartialOutput> {
        let (stage, index) = (self.role.stage(), self.role.index());
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

/// Returns the event for a tool call. The writer has no such event.
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
        Role::Writer => None,
    }
}
