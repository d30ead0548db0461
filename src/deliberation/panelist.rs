//! Calls one panelist: the conversation in, a [`Response`] out. Panelists do not see each other's
//! answers, as debate makes models conform.

use futures::future::{Either, select};
use futures::pin_mut;

use crate::deliberation::concurrency::{ConcurrencyLimits, PanelistPermit};
use crate::deliberation::context::RunContext;
use crate::deliberation::model_call::{RoleRequest, attempts};
use crate::error::{Code, Error, Result};
use crate::plan::RoleConfig;
use crate::result::Response;

/// Calls one panelist and records its outcome. `attempt` continues to count across restarts.
pub(super) async fn answer(
    run: RunContext<'_>,
    index: usize,
    config: &RoleConfig,
    limits: &ConcurrencyLimits,
    attempt: &mut u32,
) -> Result<Response> {
    let RunContext {
        plan,
        env,
        recorder,
        ..
    } = run;
    let permit = PanelistPermit::new(limits, || recorder.queued(index, config.model()));
    if let Some(model) = config.models.first() {
        permit.acquire(&model.provider).await;
    }
    let role_request = RoleRequest {
        config,
        models: &config.models,
        system: config.system.as_deref(),
        messages: &plan.messages,
        response_format: None,
        order: &[],
        pass: None,
        on_text: None,
        permit: Some(&permit),
    };
    let limit_ms = plan.timeouts.panelist_ms;
    let outcome = {
        let work = attempts::call_with_retries(run, role_request, attempt);
        pin_mut!(work);
        match select(work, env.clock.sleep(limit_ms)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(Error::new(
                Code::Timeout,
                format!("reached `timeouts.panelist_ms` ({limit_ms} ms)"),
            )),
        }
    };
    match outcome {
        Ok(answer) => Ok(recorder.panelist_completed(index, config.model(), answer)),
        Err(error) => {
            recorder.panelist_failed(index, config.model(), error.clone());
            Err(error)
        }
    }
}
