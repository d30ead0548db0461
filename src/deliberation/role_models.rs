//! Chooses the models of the analyst and the writer after the panel.
//!
//! In: a role's plan and the panel's outcome. Out: [`RoleModels`].
//!
//! If the caller chose no model for a role, the role has a default model. Often, a panelist has the
//! same model. If that panelist failed, the default would fail too, after the panel was paid.

use crate::deliberation::context::RunContext;
use crate::deliberation::panel::PanelOutcome;
use crate::error::Error;
use crate::event::WarningCode;
use crate::plan::{ModelTarget, RoleConfig};
use crate::policy::retry;
use crate::role::Role;
use crate::usage::{Activity, Status};

/// The models that a role tries, in order.
pub(super) struct RoleModels<'a> {
    role: Role,
    /// Name of the role's first planned model.
    requested: &'a str,
    /// Models that the plan gives the role. Empty if the default is known to fail and has no
    /// fallback.
    pub planned: &'a [ModelTarget],
    /// Models of panelists that answered. Empty if the caller chose the role's model.
    pub substitutes: Vec<&'a ModelTarget>,
    /// The panelist's error, if the default is known to fail.
    pub known_failure: Option<&'a Error>,
}

impl<'a> RoleModels<'a> {
    /// Chooses the models of `config`. Omits the default if it failed in the panel and would fail
    /// again, and another model answered.
    pub(super) fn after_panel(
        run: RunContext<'_>,
        config: &'a RoleConfig,
        panel: &'a PanelOutcome,
    ) -> Self {
        let activity = run.recorder.activity();
        let answered_with = |index: usize, model: &ModelTarget| {
            panel
                .responses
                .iter()
                .any(|response| response.index == index)
                && last_completed(&activity, Role::Panelist(index))
                    .is_none_or(|call| call.model == model.name)
        };
        let default = config.models.first();
        let is_default = |model: &ModelTarget| default.is_some_and(|own| own.is_same_model(model));
        let mut substitutes: Vec<&ModelTarget> = Vec::new();
        let mut default_answered = false;
        for substitute in &config.substitutes {
            let model = &substitute.model;
            if !answered_with(substitute.panelist, model) {
                continue;
            }
            if is_default(model) {
                default_answered = true;
            } else if !substitutes.iter().any(|other| other.is_same_model(model)) {
                substitutes.push(model);
            }
        }
        let failed_for_good = |(index, error): &(usize, Error)| {
            let config = run.plan.panel.get(*index);
            let model = config.and_then(|config| config.models.first());
            model.is_some_and(is_default) && !retry::may_serve_later(error)
        };
        let mut failures = panel.failures.iter();
        let known_failure = failures
            .find(|failure| failed_for_good(failure))
            .filter(|_| !default_answered && !substitutes.is_empty())
            .map(|(_, error)| error);
        let planned = &config.models;
        let skipped = usize::from(known_failure.is_some());
        Self {
            role: config.role,
            requested: config.model(),
            planned: planned.get(skipped..).unwrap_or_default(),
            substitutes,
            known_failure,
        }
    }

    /// Warns that a substitute replaces the default, which failed with `error`.
    pub(super) fn warn_of(&self, run: RunContext<'_>, substitute: &ModelTarget, error: &Error) {
        let (role, field) = match self.role {
            Role::Writer => ("writer", "writer"),
            _ => ("analyst", "analyst"),
        };
        let message = format!(
            "`{}`, the default of the {role}, failed ({}); `{}`, which answered in the panel, \
             replaces it. Set `{field}` or `model` to choose the model",
            self.requested, error.message, substitute.name
        );
        run.recorder.warn(WarningCode::DefaultReplaced, message);
    }
}

/// Returns the last completed call of a role, which is the call of the model that answered.
pub(super) fn last_completed(activity: &[Activity], role: Role) -> Option<&Activity> {
    activity
        .iter()
        .rfind(|call| call.belongs_to(role) && call.status == Status::Completed)
}
