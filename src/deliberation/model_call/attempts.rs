//! One seat at work: its model, the repeats of a call that may pass, and its fallbacks.

use crate::deliberation::model_call::RoleRequest;
use crate::deliberation::model_call::RoleResponse;

use crate::deliberation::context::{RunContext, rng};
use crate::deliberation::model_call::{ToolLoopState, tool_loop};
use crate::error::{Code, Error, Result};
use crate::policy::retry::{self, RetryAction};

/// Asks until a model answers. `attempt` counts on over several questions to one seat.
pub async fn call_with_retries(run: RunContext<'_>, question: RoleRequest<'_>, attempt: &mut u32) -> Result<RoleResponse> {
    let RunContext { plan, env, recorder, .. } = run;
    let role = question.player.role;
    let began_ms = env.clock.now_ms();
    let mut rng = rng(plan, role);
    let mut models = question.models.iter().peekable();
    while let Some(model) = models.next() {
        if let Some(permit) = question.permit {
            permit.acquire(&model.provider).await;
        }
        let mut failures = 0;
        // What its tools have found survives the failure of a call.
        let mut progress = ToolLoopState::default();
        loop {
            *attempt += 1;
            recorder.attempt(role, &model.name, *attempt, question.order, question.pass);
            let steps = progress.steps.len();
            let error = match tool_loop::run(run, question, model, &mut progress).await {
                Ok((ending, usage)) => {
                    let latency_ms = env.clock.now_ms().saturating_sub(began_ms);
                    return Ok(RoleResponse { finish_reason: ending.finish_reason, tool_calls: ending.calls, usage, latency_ms });
                }
                Err(error) => error,
            };
            // Another turn is another call.
            failures = if progress.steps.len() > steps { 1 } else { failures + 1 };
            let next_model = models.peek().map(|model| model.name.as_str());
            let has_begun = recorder.has_text_after(role, progress.committed_len());
            match (retry::next_action(&error, failures, plan.max_retries, has_begun, rng.f64()), next_model) {
                (RetryAction::Retry { delay_ms }, _) => {
                    recorder.retrying(role, None, error, delay_ms);
                    env.clock.sleep(delay_ms).await;
                }
                (RetryAction::NextModel, Some(_)) => {
                    recorder.retrying(role, next_model, error, 0);
                    break;
                }
                (RetryAction::NextModel, None) => return Err(error),
            }
        }
    }
    Err(Error::new(Code::UnexpectedError, "a seat without a model"))
}
