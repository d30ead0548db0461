//! One panelist: answers the conversation alone, without seeing the others (debate makes models conform).

use futures::future::{Either, select};
use futures::pin_mut;

use crate::deliberation::concurrency::{ConcurrencyLimits, PanelistPermit};
use crate::deliberation::context::RunContext;
use crate::deliberation::model_call::{RoleRequest, attempts};
use crate::error::{Code, Error, Result};
use crate::plan::RoleConfig;
use crate::result::Response;

/// Asks one panelist. Its failure is already in the journal when this returns it. `attempt` counts on where it is seated again.
pub async fn answer(
    run: RunContext<'_>,
    index: usize,
    player: &RoleConfig,
    limits: &ConcurrencyLimits,
    attempt: &mut u32,
) -> Result<Response> {
    let RunContext { plan, env, recorder, .. } = run;
    let permit = PanelistPermit::new(limits, || recorder.queued(index, player.model()));
    if let Some(model) = player.models.first() {
        permit.acquire(&model.provider).await;
    }
    let question = RoleRequest {
        player,
        models: &player.models,
        system: player.system.as_deref(),
        messages: &plan.messages,
        response_format: None,
        order: &[],
        pass: None,
        on_text: None,
        permit: Some(&permit),
    };
    let limit_ms = plan.timeouts.panelist_ms;
    let outcome = {
        let work = attempts::call_with_retries(run, question, attempt);
        pin_mut!(work);
        match select(work, env.clock.sleep(limit_ms)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(Error::new(Code::Timeout, format!("reached `timeouts.panelist_ms` ({limit_ms} ms)"))),
        }
    };
    match outcome {
        Ok(answered) => Ok(recorder.panelist_completed(index, player.model(), answered.finish_reason, answered.usage, answered.latency_ms)),
        Err(error) => {
            recorder.panelist_failed(index, player.model(), error.clone());
            Err(error)
        }
    }
}
