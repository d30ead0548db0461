//! Calls the models of one role until one model answers: a [`RoleRequest`] in, a [`RoleResponse`]
//! out. Handles retries and fallbacks.

use crate::deliberation::model_call::RoleRequest;
use crate::deliberation::model_call::RoleResponse;

use crate::deliberation::context::{RunContext, rng};
use crate::deliberation::model_call::{ToolLoopState, message, tool_loop};
use crate::error::{Code, Error, Result};
use crate::plan::ModelTarget;
use crate::policy::retry::{self, RetryAction};
use crate::provider::dialect::CallOutcome;

/// Calls models until one model answers. `attempt` is the number of the role's attempts in the run,
/// and continues over several requests.
pub(crate) async fn call_with_retries(
    run: RunContext<'_>,
    role_request: RoleRequest<'_>,
    attempt: &mut u32,
) -> Result<RoleResponse> {
    let RunContext { env, recorder, .. } = run;
    let role = role_request.config.role;
    let began_ms = env.clock.now_ms();
    let mut rng = rng(run.plan, role);
    let mut models = role_request.models.iter().peekable();
    while let Some(model) = models.next() {
        if let Some(permit) = role_request.permit {
            permit.acquire(&model.provider).await;
        }
        if let Some(web_access) = role_request.web_access {
            web_access.start_model();
        }
        let mut failures = 0;
        // If a call fails, the next attempt with this model uses the tool results in `loop_state`
        // again.
        let mut loop_state = ToolLoopState::default();
        loop {
            *attempt += 1;
            let (order, pass) = (role_request.order, role_request.pass);
            recorder.attempt(role, &model.name, *attempt, order, pass);
            let steps = loop_state.steps.len();
            let error = match tool_loop::run(run, role_request, model, &mut loop_state).await {
                Ok(call_outcome) => {
                    let latency_ms = env.clock.now_ms().saturating_sub(began_ms);
                    return Ok(response(model, loop_state, call_outcome, latency_ms));
                }
                Err(error) => error,
            };
            // A completed turn resets the count of failures, because the next turn is a new call.
            if loop_state.steps.len() > steps {
                failures = 0;
            }
            failures += 1;
            let next_model = models.peek().map(|model| model.name.as_str());
            let has_output = loop_state.turn.has_text();
            let (max, random) = (run.plan.max_retries, rng.f64());
            let action = retry::next_action(&error, failures, max, has_output, random);
            match (action, next_model) {
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
    Err(Error::new(Code::UnexpectedError, "a role without a model"))
}

/// Returns the answer of a finished tool loop.
fn response(
    model: &ModelTarget,
    loop_state: ToolLoopState,
    call_outcome: CallOutcome,
    latency_ms: u64,
) -> RoleResponse {
    let earlier_text = loop_state.committed.text.clone();
    let mut output = loop_state.committed;
    output.append(&loop_state.turn);
    let answer = message::Answer {
        text: &output.text,
        earlier_text: &earlier_text,
        calls: &call_outcome.calls,
        continuation: call_outcome.continuation,
    };
    let message = message::signed_message(model, answer);
    RoleResponse {
        output,
        message,
        finish_reason: call_outcome.finish_reason,
        tool_calls: call_outcome.calls,
        usage: loop_state.usage,
        latency_ms,
    }
}
