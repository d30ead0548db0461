//! Runs a deliberation: `plan -> rounds -> answer -> result`. A round is a panel and the analysis
//! of its answers. [`fuse`] is the entry point.
//!
//! docs/decisions.md explains why answers have labels instead of model names, why their order is
//! shuffled, and why prompts enclose answers in fences.

mod adaptations;
pub(crate) mod analysis;
mod concurrency;
mod context;
pub(crate) mod control;
mod cost_limit;
mod estimate;
mod event_queue;
mod forecast;
mod kinship;
pub(crate) mod labels;
mod lasting_failures;
mod links;
mod model_call;
mod panel;
mod panel_errors;
mod panelist;
mod prompt;
pub(crate) mod recorder;
mod role_models;
mod round_panel;
mod rounds;
mod timeout;
mod token_count;
mod verification;
mod web_access;
mod writer;

use crate::error::Result;
use crate::plan::Plan;
use crate::provider::Environment;
use crate::result::FusionResult;
use crate::usage::Usage;
use adaptations::Adaptations;
use context::RunContext;
use control::RunControl;
use cost_limit::CostTracker;
pub(crate) use estimate::{Estimate, estimate};
use lasting_failures::LastingFailures;
use model_call::message::plain_message;
use recorder::RunRecorder;
use timeout::with_timeout;

/// Runs one deliberation. If the future is dropped, every open connection is closed.
///
/// The future does not record the end of the run. The caller must always call
/// [`RunRecorder::close`]. If the future has ended, the caller passes its outcome to `close`. If
/// the caller has dropped the future, it passes an error.
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
    let mut rounds = rounds::run_rounds(run).await?;
    // If the resumed run has no new answer, the checks and the final answer of the snapshot are
    // valid.
    let restored = Some(&plan.restored).filter(|_| rounds.is_restored);
    if let Some(analysis) = &rounds.analysis {
        recorder.checks_restored(analysis);
    }
    let analysis = rounds.analysis.take();
    rounds.analysis = verification::run(run, &rounds.panel, analysis, restored).await;
    let answer = match restored.and_then(|restored| restored.answer.as_ref()) {
        Some(answer) => {
            recorder.answer_restored(answer);
            answer.clone()
        }
        None => writer::write(run, &rounds).await?,
    };

    let activity = recorder.activity();
    let responses = rounds.panel.responses;
    let answered: Vec<usize> = responses.iter().map(|it| it.index).collect();
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
        responses,
        sources: recorder.sources(),
        failed_models: recorder.failed_models(),
        usage: Usage::of(&activity),
        kinship: kinship::of(plan, &rounds.compared, &answered, &activity),
        activity,
        run_id: plan.run_id.clone(),
        seed: plan.seed.into(),
    })
}
