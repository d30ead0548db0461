//! The run: `plan -> panel -> analysis -> answer -> result`. [`fuse`] is the whole of it, top to bottom.
//!
//! Why the rules are as they are (blind labels, shuffled order, fences, no dissenter dropped) is told in ARCHITECTURE.md.

mod analyst;
mod concurrency;
pub mod controls;
mod estimate;
mod items;
pub mod journal;
mod lanes;
mod links;
mod panel;
mod panelist;
mod plan;
mod prompt;
mod purse;
mod reading;
mod restored;
mod seat;
mod second;
mod tool_loop;
mod turn;
mod writer;

use futures::future::{Either, select};
use futures::pin_mut;

use crate::error::{Code, Error, Result};
use crate::event::Seat;
use crate::provider::{Environment, Host};
use crate::result::{FusionResult, Kinship, Usage, family};
use controls::RunControl;
pub use estimate::{Estimate, estimate};
use journal::RunRecorder;
pub use plan::{ModelTarget, Plan, RandomInputs, RoleConfig};
use purse::CostTracker;

/// What every stage works with.
#[derive(Clone, Copy)]
struct Run<'a> {
    /// Who plays.
    plan: &'a Plan,
    /// Fetch and time.
    env: &'a Environment,
    /// Where everything is written.
    journal: &'a RunRecorder,
    /// What the caller may ask while it goes on.
    controls: &'a RunControl,
    /// What models cost, and what may still be spent.
    purse: &'a CostTracker<'a>,
}

/// Runs one deliberation. Dropping the future closes every open connection; [`RunRecorder::close`] then writes the end.
pub async fn fuse(plan: &Plan, env: &Environment, journal: &RunRecorder, controls: &RunControl) -> Result<FusionResult> {
    journal.run_started(plan);
    let purse = CostTracker::new(plan, env);
    let deliberation = deliberate(Run { plan, env, journal, controls, purse: &purse });
    pin_mut!(deliberation);
    let limit_ms = plan.timeouts.run_ms;
    match select(deliberation, env.clock.sleep(limit_ms)).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Err(Error::new(Code::Timeout, format!("the run reached `timeouts.run_ms` ({limit_ms} ms)"))),
    }
}

async fn deliberate(run: Run<'_>) -> Result<FusionResult> {
    let Run { plan, journal, purse, .. } = run;
    purse.enable_limit().await?;
    let responses = panel::run_panel(run).await?;
    let analysis = match &plan.restored.analysis {
        Some(analysis) => analysis.clone().inspect(|analysis| journal.analysis_restored(analysis)),
        None => analyst::compare(run, &responses).await,
    };
    let answer = match &plan.restored.answer {
        Some(answer) => {
            journal.answer_restored(answer);
            answer.clone()
        }
        None => writer::write(run, &responses, analysis.as_ref()).await?,
    };

    let snapshot = journal.snapshot();
    Ok(FusionResult {
        status: "ok",
        answer: answer.content,
        tool_calls: answer.tool_calls,
        analysis,
        responses,
        sources: journal.sources(),
        failed_models: snapshot.failed_models,
        usage: Usage::of(&snapshot.activity),
        activity: snapshot.activity,
        kinship: kinship(plan),
        run_id: plan.run_id.clone(),
        seed: plan.seed.into(),
    })
}

fn kinship(plan: &Plan) -> Kinship {
    let same_family_panelists = |player: &RoleConfig| {
        let related = |member: &&RoleConfig| family_of(member) == family_of(player);
        plan.panel.iter().filter(related).filter_map(|member| member.seat.index()).collect::<Vec<_>>()
    };
    Kinship { analyst: plan.analyst.as_ref().map(same_family_panelists).unwrap_or_default(), writer: same_family_panelists(&plan.writer) }
}

/// Told by whoever makes the models where that is who serves them, otherwise by the model's name there.
fn family_of(player: &RoleConfig) -> &str {
    let Some(ModelTarget { provider, model, .. }) = player.models.first() else { return "" };
    match provider.host {
        Host::OpenRouter | Host::Other => family(model),
        Host::OpenAi => "openai",
        Host::Anthropic => "anthropic",
        Host::Google => "google",
        Host::Xai => "x-ai",
    }
}

/// A random number generator of one seat's own, so that what it draws does not depend on who arrives first.
fn rng(plan: &Plan, seat: Seat) -> fastrand::Rng {
    let salt = match seat {
        Seat::Panelist(index) => index as u64,
        Seat::Analyst => 100,
        Seat::Writer => 101,
    };
    fastrand::Rng::with_seed(plan.seed.wrapping_add(salt.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod control_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod resume_tests;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tool_tests;
#[cfg(test)]
mod trust_tests;
