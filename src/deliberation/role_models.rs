//! Chooses the models of the analyst and the writer after the panel.
//!
//! Takes a role's plan and the panel's outcome. Returns [`RoleModels`].
//!
//! If the caller chose no model for a role, the role has a default model. Often a panelist has the
//! same model. If this panelist failed, the role would fail with the default model, too, and the
//! run would lose the paid answers of the panel. The same applies to the writer, if its model
//! failed as the analyst. In these cases, models of panelists that answered replace the default
//! model.

use crate::deliberation::context::RunContext;
use crate::deliberation::lasting_failures::Failure;
use crate::deliberation::round_panel::PanelOutcome;
use crate::error::{Code, Error};
use crate::event::WarningCode;
use crate::plan::{ModelTarget, RoleConfig};
use crate::policy::retry;
use crate::role::Role;
use crate::usage::{Activity, Cost, Status};

/// The models that a role tries, in order.
pub(super) struct RoleModels<'a> {
    config: &'a RoleConfig,
    /// Models of the request. If the default model would fail and has no fallback, the list is
    /// empty.
    pub planned: &'a [ModelTarget],
    /// Models of panelists that answered. If the caller chose a model for the role, the list is
    /// empty.
    pub substitutes: Vec<&'a ModelTarget>,
    /// The earlier failure of the default model. `None` if a call of the default model may succeed.
    pub known_failure: Option<Failure>,
}

impl<'a> RoleModels<'a> {
    /// Chooses the models of `config`. Omits models that failed before, as a panelist or as the
    /// analyst, and would fail again. If there is no other model, keeps the default model.
    pub(super) fn after_panel(
        run: RunContext<'_>,
        config: &'a RoleConfig,
        panel: &PanelOutcome,
    ) -> Self {
        let (substitutes, default_answered) = substitutes(run, config, panel);
        let failed_in_panel = |default: &ModelTarget| {
            let failed_for_good = |(index, error): &&(usize, Error)| {
                let config = run.plan.panel.get(*index);
                let model = config.and_then(|config| config.models.first());
                model.is_some_and(|model| model.is_same_model(default))
                    && !retry::may_serve_later(error)
            };
            let mut failures = panel.failures.iter().filter(|_| !default_answered);
            failures.find(failed_for_good).map(|(_, error)| Failure {
                model: default.clone(),
                error: error.clone(),
            })
        };
        let default = config.models.first().filter(|_| !substitutes.is_empty());
        let known_failure = default.and_then(|default| {
            let failed_in_role = run.lasting_failures.of(default);
            failed_in_role.or_else(|| failed_in_panel(default))
        });
        let skipped = usize::from(known_failure.is_some());
        Self {
            config,
            planned: config.models.get(skipped..).unwrap_or_default(),
            substitutes,
            known_failure,
        }
    }

    /// Warns that a substitute replaces the model `failed` because of `error`.
    pub(super) fn warn_of(
        &self,
        run: RunContext<'_>,
        substitute: &ModelTarget,
        (failed, error): (&ModelTarget, &Error),
    ) {
        let role = match self.config.role {
            Role::Writer => "writer",
            _ => "analyst",
        };
        let default = self.config.model();
        let part = if failed.name == default {
            format!("the default of the {role}")
        } else {
            format!("called instead of `{default}`, the default of the {role}")
        };
        let message = format!(
            "`{}`, {part}, failed ({}); `{}`, which answered in the panel, replaces it. Set \
             `{role}` or `model` to choose the model",
            failed.name, error.message, substitute.name
        );
        run.recorder.warn(WarningCode::DefaultReplaced, message);
    }
}

/// Returns the models of panelists that answered, without duplicates. Also returns whether the
/// role's default model is one of these models. Excludes the role's own models and models that
/// would fail again.
fn substitutes<'a>(
    run: RunContext<'_>,
    config: &'a RoleConfig,
    panel: &PanelOutcome,
) -> (Vec<&'a ModelTarget>, bool) {
    let activity = run.recorder.activity();
    let answered_with = |index: usize, model: &ModelTarget| {
        let mut responses = panel.responses.iter();
        responses.any(|response| response.index == index)
            && last_completed(&activity, Role::Panelist(index))
                .is_none_or(|call| call.model == model.name)
    };
    let default = config.models.first();
    let mut substitutes: Vec<&ModelTarget> = Vec::new();
    let mut default_answered = false;
    for substitute in &config.substitutes {
        let model = &substitute.model;
        if !answered_with(substitute.panelist, model) {
            continue;
        }
        default_answered |= default.is_some_and(|default| default.is_same_model(model));
        let mut others = config.models.iter().chain(substitutes.iter().copied());
        let is_known = others.any(|other| other.is_same_model(model));
        if !is_known && run.lasting_failures.of(model).is_none() {
            substitutes.push(model);
        }
    }
    (substitutes, default_answered)
}

/// Returns whether a failed substitute may have cost money. The substitute has cost money if it
/// answered, or if the cost of one of its calls is unknown or not zero. `calls_before` is the
/// number of calls before the substitute's first call.
///
/// A run pays for at most one substitute of each role. Therefore, after a substitute that may have
/// cost money, no further substitute is called.
pub(super) fn may_be_paid(run: RunContext<'_>, calls_before: usize, error: &Error) -> bool {
    let activity = run.recorder.activity();
    let mut calls = activity.iter().skip(calls_before);
    error.code == Code::EmptyResponse || calls.any(|call| call.cost != Some(Cost(0)))
}

/// Returns the last completed call of a role. The model of this call gave the role's answer.
pub(super) fn last_completed(activity: &[Activity], role: Role) -> Option<&Activity> {
    activity
        .iter()
        .rfind(|call| call.belongs_to(role) && call.status == Status::Completed)
}
