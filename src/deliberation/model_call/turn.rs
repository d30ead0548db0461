//! Makes one call of a model: reserves budget, records and meters the call, and checks its outcome.

use std::mem::take;

use crate::json::Value;

use crate::deliberation::context::RunContext;
use crate::deliberation::model_call::adaptations;
use crate::deliberation::model_call::{Output, RoleRequest, ToolLoopState};
use crate::error::{Code, Error, Result};
use crate::event::WarningCode;
use crate::plan::{ModelTarget, Plan};
use crate::provider::adaptation::Adaptation;
use crate::provider::dialect::{CallOutcome, Dialect, ModelRequest, StreamPart, finish_reason};
use crate::provider::refusal::LIMIT_FIELDS;
use crate::provider::{CallError, call};
use crate::role::Role;
use crate::usage::{CallUsage, Cost, Status};

/// Maximum number of request fields dropped because a provider rejects them.
const MAX_DROPPED_PARAMS: usize = 3;

/// Runs one turn. If the provider rejects a field by name, drops the field and repeats the call.
/// With `disable_tools`, the model must answer in text.
pub(super) async fn run_turn(
    run: RunContext<'_>,
    role_request: RoleRequest<'_>,
    model: &ModelTarget,
    loop_state: &mut ToolLoopState,
    disable_tools: bool,
) -> Result<CallOutcome> {
    let mut turn = take(&mut loop_state.turn);
    let outcome = repeat_call(
        run,
        role_request,
        model,
        loop_state,
        &mut turn,
        disable_tools,
    )
    .await;
    loop_state.turn = turn;
    outcome
}

async fn repeat_call(
    run: RunContext<'_>,
    mut role_request: RoleRequest<'_>,
    model: &ModelTarget,
    loop_state: &mut ToolLoopState,
    turn: &mut Output,
    disable_tools: bool,
) -> Result<CallOutcome> {
    loop {
        let sent = run.adaptations.of(model);
        let call = Call {
            role_request,
            model,
            adaptation: &sent,
            disable_tools,
        };
        let CallError {
            error,
            rejected_param,
            refusal,
            outcome: call_outcome,
            ..
        } = match call_once(run, call, loop_state, turn).await {
            Ok(call_outcome) => return Ok(call_outcome),
            Err(failure) => *failure,
        };
        let target = (role_request.config, model);
        if let Some(refusal) = refusal.filter(|_| !turn.has_text())
            && adaptations::adapt(run, target, loop_state, (&refusal, &sent))
        {
            continue;
        }
        let must_drop_tools = disable_tools
            && error.code == Code::EmptyResponse
            && !call_outcome.calls.is_empty()
            && model.provider.dialect != Dialect::Messages;
        if !matches!(
            (error.code, error.status_code),
            (Code::InvalidRequest, Some(400 | 422))
        ) {
            if !must_drop_tools || loop_state.dropped_params.iter().any(|name| name == "tools") {
                return Err(error);
            }
            // Ollama ignores `tool_choice`, so the repeat offers no tools. Anthropic supports
            // `tool_choice`, and needs the tools to read earlier results.
            loop_state
                .dropped_params
                .extend(["tools", "tool_choice"].map(str::to_owned));
            continue;
        }
        let is_format = |name: &str| matches!(name, "response_format" | "text" | "output_config");
        match rejected_param.filter(|name| {
            // A token limit bounds the cost, so it is never dropped here.
            !LIMIT_FIELDS.contains(&name.as_str())
                && loop_state.dropped_params.len() < MAX_DROPPED_PARAMS
                && !loop_state.dropped_params.contains(name)
        }) {
            Some(name) => {
                // The analysis parser also works without an enforced format.
                if role_request.config.role != Role::Analyst || !is_format(&name) {
                    let message = format!(
                        "{} refused `{name}` for {}; it was left out",
                        model.provider.name, model.name
                    );
                    run.recorder.warn(WarningCode::ParameterDropped, message);
                }
                loop_state.dropped_params.push(name);
            }
            // Many servers do not support `response_format` or its schema. Their error often does
            // not name the field.
            None if role_request.config.role == Role::Analyst
                && role_request.response_format.is_some() =>
            {
                role_request.response_format = None
            }
            None => return Err(error),
        }
    }
}

/// One call of a model.
#[derive(Clone, Copy)]
struct Call<'a, 'r> {
    role_request: RoleRequest<'r>,
    model: &'a ModelTarget,
    adaptation: &'a Adaptation,
    /// Whether the model must answer in text.
    disable_tools: bool,
}

/// Makes one call: reserves budget, streams the response, settles the cost and checks the outcome.
// Long, because the metered call is borrowed from its reservation until it is settled.
async fn call_once(
    run: RunContext<'_>,
    once: Call<'_, '_>,
    loop_state: &ToolLoopState,
    turn: &mut Output,
) -> std::result::Result<CallOutcome, Box<CallError>> {
    let RunContext {
        plan,
        env,
        recorder,
        costs,
        ..
    } = run;
    let Call {
        role_request,
        model,
        disable_tools,
        ..
    } = once;
    let config = role_request.config;
    let role = config.role;
    let unsent = |error: Error| failed(error, CallOutcome::default());
    let no_tools = Value::from("none");
    let model_request = build_request(plan, &once, loop_state, disable_tools.then_some(&no_tools));
    let metered_call = costs
        .reserve(config, model, &model_request)
        .map_err(unsent)?;
    let model_request = ModelRequest {
        max_cost: metered_call
            .as_ref()
            .map(|metered_call| metered_call.allocation()),
        ..model_request
    };
    recorder.call_started(role, &model.provider.name);
    let mut text_sink = role_request.on_text.map(|open_sink| open_sink());
    let mut on = |part: StreamPart<'_>| {
        recorder.stream_part(role, part);
        turn.add(part);
        if let Some(metered_call) = &metered_call {
            metered_call.meter(&part);
        }
        match (part, &mut text_sink) {
            (StreamPart::Text(text), Some(text_sink)) => text_sink(text),
            (StreamPart::Withdrawn { .. }, _) => {
                text_sink = role_request.on_text.map(|open_sink| open_sink());
            }
            _ => {}
        }
    };
    let call = call(
        &model.provider,
        &model_request,
        env,
        &plan.timeouts,
        &mut on,
    );
    let outcome = match &metered_call {
        Some(metered_call) => metered_call.run_within_limit(call).await,
        None => Ok(call.await),
    };
    let outcome = outcome
        .inspect_err(|_| recorder.call_ended(role, Status::Cancelled, CallUsage::default()))
        .map_err(unsent)?;
    let usage = |usage: CallUsage| {
        let reported = usage.cost;
        // Tokens do not determine the cost of hosted tools.
        let usage = if model.tool_set.hosted.is_empty() {
            costs.priced(model, usage)
        } else {
            usage
        };
        metered_call
            .iter()
            .for_each(|metered_call| metered_call.settle_usage(&usage, reported));
        usage
    };
    match outcome {
        Ok(mut call_outcome) => {
            call_outcome.usage = usage(call_outcome.usage);
            let needs_more_turns = (!disable_tools && !call_outcome.calls.is_empty())
                || is_paused(&call_outcome, loop_state, plan);
            let validity = if needs_more_turns || turn.has_text() {
                check_finish_reason(&call_outcome)
            } else {
                Err(empty_response_error(
                    &call_outcome,
                    model_request.max_completion_tokens,
                ))
            };
            let status = if validity.is_ok() {
                Status::Completed
            } else {
                Status::Failed
            };
            recorder.call_ended(role, status, call_outcome.usage);
            if call_outcome.has_unparsed_events && validity.is_ok() {
                let message = format!(
                    "{} sent something that cannot be read in the middle of {}'s answer",
                    model.provider.name, model.name
                );
                recorder.warn(WarningCode::DamagedAnswer, message);
            }
            match validity {
                Ok(()) => {
                    if disable_tools {
                        call_outcome.calls.clear();
                    }
                    Ok(call_outcome)
                }
                Err(error) => Err(failed(error, call_outcome)),
            }
        }
        Err(failure) => {
            let cost = failure
                .outcome
                .usage
                .cost
                .or(failure.unbilled.then(Cost::default));
            recorder.call_ended(
                role,
                Status::Failed,
                usage(CallUsage {
                    cost,
                    ..failure.outcome.usage
                }),
            );
            Err(failure)
        }
    }
}

/// Builds the request of one call, without a cost limit. `no_tools` overrides `tool_choice`.
fn build_request<'a>(
    plan: &'a Plan,
    call: &'a Call<'_, '_>,
    loop_state: &'a ToolLoopState,
    no_tools: Option<&'a Value>,
) -> ModelRequest<'a> {
    let Call {
        role_request,
        model,
        ..
    } = call;
    let config = role_request.config;
    // `tool_choice` applies to the first turn only. `required` would force a tool call in each turn.
    let tool_choice = config
        .tool_choice
        .as_ref()
        .filter(|_| loop_state.steps.is_empty());
    ModelRequest {
        system: role_request.system,
        messages: role_request.messages,
        steps: &loop_state.steps,
        tool_choice: no_tools.or(tool_choice),
        response_format: role_request.response_format,
        dropped_params: &loop_state.dropped_params,
        max_completion_tokens: loop_state
            .lowered_limit
            .unwrap_or(config.max_completion_tokens),
        adaptation: call.adaptation,
        ..plan.model_request(config, model)
    }
}

fn failed(error: Error, call_outcome: CallOutcome) -> Box<CallError> {
    Box::new(CallError {
        error,
        outcome: call_outcome,
        unbilled: true,
        rejected_param: None,
        refusal: None,
    })
}

/// Returns whether the provider paused a long turn (`pause_turn`), which the next call must
/// continue. Pauses count towards `max_tool_calls`, so they cannot repeat forever.
pub(super) fn is_paused(
    call_outcome: &CallOutcome,
    loop_state: &ToolLoopState,
    plan: &Plan,
) -> bool {
    let has_steps_left = loop_state.steps.len() as u64 <= plan.max_tool_calls;
    has_steps_left
        && call_outcome.finish_reason.as_deref() == Some("pause_turn")
        && !call_outcome.continuation.is_empty()
}

fn check_finish_reason(call_outcome: &CallOutcome) -> Result<()> {
    match call_outcome.finish_reason.as_deref() {
        Some(reason) if finish_reason::has_broken_off(reason) => Err(Error::new(
            Code::ProviderError,
            format!("the provider broke off with finish reason `{reason}`"),
        )),
        _ => Ok(()),
    }
}

/// Returns the error for an answer without text. The HTTP status does not matter. `limit` is the
/// token limit of the call.
fn empty_response_error(call_outcome: &CallOutcome, limit: u64) -> Error {
    match call_outcome.finish_reason.as_deref() {
        _ if !call_outcome.refusal.is_empty() => Error::new(
            Code::ContentPolicy,
            format!("the model refused: {}", call_outcome.refusal),
        ),
        Some(reason) if finish_reason::is_filtered(reason) => {
            Error::new(Code::ContentPolicy, "the provider filtered the answer out")
        }
        _ if call_outcome.has_unparsed_events => Error::new(
            Code::ProviderError,
            "the provider sent something that is no answer",
        ),
        Some("length") => Error::new(
            Code::EmptyResponse,
            format!(
                "all {limit} tokens of `max_completion_tokens` were used without producing any text"
            ),
        ),
        Some(reason) if finish_reason::has_broken_off(reason) => Error::new(
            Code::ProviderError,
            format!(
                "the provider broke off with finish reason `{reason}`, without producing any text"
            ),
        ),
        _ => Error::new(
            Code::EmptyResponse,
            "the model finished without producing any text",
        ),
    }
}
