//! Runs a deliberation: `plan -> rounds -> answer -> result`. A round is a panel and its analysis.
//! [`fuse`] is the entry point.
//!
//! docs/decisions.md gives the reasons for blind labels, shuffled order and fences, and for keeping
//! dissenting answers.

mod adaptations;
pub(crate) mod analysis;
mod concurrency;
mod context;
pub(crate) mod control;
mod cost_limit;
mod estimate;
mod event_queue;
pub(crate) mod labels;
mod lasting_failures;
mod links;
mod model_call;
mod panel;
mod panelist;
mod prompt;
pub(crate) mod recorder;
mod role_models;
mod round_panel;
mod rounds;
mod timeout;
mod token_count;
mod writer;

use crate::error::Result;
use crate::plan::{ModelTarget, Plan, RoleConfig};
use crate::provider::Environment;
use crate::result::{FusionResult, Kinship, family};
use crate::usage::{Activity, Usage};
use adaptations::Adaptations;
use context::RunContext;
use control::RunControl;
use cost_limit::CostTracker;
pub(crate) use estimate::{Estimate, estimate};
use lasting_failures::LastingFailures;
use model_call::message::plain_message;
use recorder::RunRecorder;
use role_models::last_completed;
use timeout::with_timeout;

/// Runs one deliberation. Dropping the future closes every open connection.
///
/// The future does not record the end of the run. The caller must always call
/// [`RunRecorder::close`] with the outcome. If the caller drops the future, the outcome is an
/// error.
pub(crate) async fn fuse(
    plan: &Plan,
    env: &Environment,
    recorder: &RunRecorder,
    control: &RunControl,
) -> Result<FusionResult> {
    recorder.run_started(plan);
    let costs = CostTracker::new(plan, env);
    let adaptations = Adaptations::default();
    let lasting_failures = LastingFailures::default();
    let deliberation = deliberate(RunContext {
        plan,
        env,
        recorder,
        control,
        costs: &costs,
        adaptations: &adaptations,
        lasting_failures: &lasting_failures,
    });
    let message = "the run reached `timeouts.run_ms`";
    with_timeout(env, plan.timeouts.run_ms, message, deliberation).await
}

async fn deliberate(run: RunContext<'_>) -> Result<FusionResult> {
    let RunContext {
        plan,
        recorder,
        costs,
        ..
    } = run;
    costs.enable_limit().await?;
    let rounds = rounds::run_rounds(run).await?;
    let answer = match &plan.restored.answer {
        Some(answer) => {
            recorder.answer_restored(answer);
            answer.clone()
        }
        None => writer::write(run, &rounds).await?,
    };

    let activity = recorder.activity();
    let members = rounds.panel.asked();
    let message = answer
        .message
        .unwrap_or_else(|| plain_message(&answer.content, &answer.tool_calls).into());
    Ok(FusionResult {
        status: "ok",
        message,
        answer: answer.content,
        tool_calls: answer.tool_calls,
        analysis: rounds.analysis,
        escalation: rounds.escalation,
        responses: rounds.panel.responses,
        sources: recorder.sources(),
        failed_models: recorder.failed_models(),
        usage: Usage::of(&activity),
        kinship: kinship(plan, members, &activity),
        activity,
        run_id: plan.run_id.clone(),
        seed: plan.seed.into(),
    })
}

/// Returns the panelists of the analyst's and of the writer's family, among the first `members`.
/// Compares the models that answered, which may be fallbacks.
fn kinship(plan: &Plan, members: usize, activity: &[Activity]) -> Kinship {
    let same_family_panelists = |config: &RoleConfig| {
        let own = family_of(config, activity);
        let related = |member: &&RoleConfig| family_of(member, activity) == own;
        plan.panel
            .iter()
            .take(members)
            .filter(related)
            .filter_map(|member| member.role.index())
            .collect::<Vec<_>>()
    };
    Kinship {
        analyst: plan
            .analyst
            .as_ref()
            .map(same_family_panelists)
            .unwrap_or_default(),
        writer: same_family_panelists(&plan.writer),
    }
}

/// Returns the family of the model that answered in a role, or else of the requested model. If the
/// provider serves only its own models, the family is the vendor's; otherwise the model's name
/// determines it.
fn family_of<'a>(config: &'a RoleConfig, activity: &[Activity]) -> &'a str {
    let answered = last_completed(activity, config.role)
        .and_then(|call| config.all_models().find(|model| model.name == call.model));
    let Some(ModelTarget {
        provider, model, ..
    }) = answered.or(config.models.first())
    else {
        return "";
    };
    provider.vendor.family().unwrap_or_else(|| family(model))
}
