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
use crate::provider::{Host, World};
use crate::result::{FusionResult, Kinship, Usage, family};
use controls::Controls;
pub use estimate::{Estimate, estimate};
use journal::Journal;
pub use plan::{Candidate, Entropy, Plan, Player};
use purse::Purse;

/// What every stage works with.
#[derive(Clone, Copy)]
struct Run<'a> {
    /// Who plays.
    plan: &'a Plan,
    /// Fetch and time.
    world: &'a World,
    /// Where everything is written.
    journal: &'a Journal,
    /// What the caller may ask while it goes on.
    controls: &'a Controls,
    /// What models cost, and what may still be spent.
    purse: &'a Purse<'a>,
}

/// Runs one deliberation. Dropping the future closes every open connection; [`Journal::close`] then writes the end.
pub async fn fuse(plan: &Plan, world: &World, journal: &Journal, controls: &Controls) -> Result<FusionResult> {
    journal.run_started(plan);
    let purse = Purse::new(plan, world);
    let deliberation = deliberate(Run { plan, world, journal, controls, purse: &purse });
    pin_mut!(deliberation);
    let limit_ms = plan.timeouts.run_ms;
    match select(deliberation, world.clock.sleep(limit_ms)).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Err(Error::new(Code::Timeout, format!("the run reached `timeouts.run_ms` ({limit_ms} ms)"))),
    }
}

async fn deliberate(run: Run<'_>) -> Result<FusionResult> {
    let Run { plan, journal, purse, .. } = run;
    purse.open().await?;
    let responses = panel::convene(run).await?;
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
    let kin_of = |player: &Player| {
        let related = |member: &&Player| family_of(member) == family_of(player);
        plan.panel.iter().filter(related).filter_map(|member| member.seat.index()).collect::<Vec<_>>()
    };
    Kinship { analyst: plan.analyst.as_ref().map(kin_of).unwrap_or_default(), writer: kin_of(&plan.writer) }
}

/// Told by whoever makes the models where that is who serves them, otherwise by the model's name there.
fn family_of(player: &Player) -> &str {
    let Some(Candidate { provider, model, .. }) = player.models.first() else { return "" };
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
