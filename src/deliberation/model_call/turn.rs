//! Makes one call of a model: reserves budget, records and meters the call, and checks the outcome.

use std::mem::take;

use crate::json::Value;

use crate::deliberation::context::RunContext;
use crate::deliberation::cost_limit::MeteredCall;
use crate::deliberation::model_call::adaptations;
use crate::deliberation::model_call::output_format::output_format;
use crate::deliberation::model_call::{Output, RoleRequest, ToolLoopState};
use crate::error::{Code, Error, Result};
use crate::event::WarningCode;
use crate::plan::{ModelTarget, Plan};
use crate::provider::adaptation::Adaptation;
use crate::provider::dialect::{CallOutcome, Dialect, ModelRequest, StreamPart, finish_reason};
use crate::provider::refusal::LIMIT_FIELDS;
use crate::provider::{self, CallError};
use crate::role::Role;
use crate::usage::{CallUsage, Cost, Status};

/// Maximum number of request fields that are dropped because a provider rejects them.
const MAX_DROPPED_PARAMS: usize = 3;

/// Makes one call of the model. If the provider rejects a field by name, drops this field and
/// repeats the call. If `disable_tools` is set, the model must answer in text.
pub(super) async fn run_turn(
    run: RunContext<'_>,
    mut role_request: RoleRequest<'_>,
    model: &ModelTarget,
    loop_state: &mut ToolLoopState,
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
        let mut turn = take(&mut loop_state.turn);
        let outcome = call_once(run, call, loop_state, &mut turn).await;
        loop_state.turn = turn;
        match outcome {
            Ok(call_outcome) => return Ok(call_outcome),
            Err(failure) => role_request = prepare_repeat(run, call, loop_state, *failure)?,
        }
    }
}

/// Prepares the repetition of a failed call: changes `loop_state` and returns the next request. If
/// the call cannot be repeated, fails with the call's error.
fn prepare_repeat<'r>(
    run: RunContext<'_>,
    call: Call<'_, 'r>,
    loop_state: &mut ToolLoopState,
    failure: CallError,
) -> Result<RoleRequest<'r>> {
    let Call {
        role_request,
        model,
        ..
    } = call;
    let error = failure.error;
    let target = (role_request.config, model);
    if let Some(refusal) = failure.refusal.filter(|_| !loop_state.turn.has_text())
        && adaptations::adapt(run, target, loop_state, (&refusal, call.adaptation))
    {
        return Ok(role_request);
    }
    let is_invalid = matches!(
        (error.code, error.status_code),
        (Code::InvalidRequest, Some(400 | 422))
    );
    if !is_invalid {
        let calls_tools = error.code == Code::EmptyResponse && !failure.outcome.calls.is_empty();
        if !calls_tools || !drop_tools(call, loop_state) {
            return Err(error);
        }
        return Ok(role_request);
    }
    let may_be_dropped = |name: &String| {
        // A token limit is never dropped, because it bounds the cost.
        !LIMIT_FIELDS.contains(&name.as_str())
            && loop_state.dropped_params.len() < MAX_DROPPED_PARAMS
            && !loop_state.dropped_params.contains(name)
    };
    let is_analyst = matches!(role_request.config.role, Role::Analyst | Role::Verifier(_));
    match failure.rejected_param.filter(may_be_dropped) {
        Some(name) => {
            // Do not warn if the analyst's request loses its output format, because the analysis
            // parser works without the format.
            if !is_analyst || !is_format(&name) {
                warn_of_dropped(run, model, &name);
            }
            loop_state.dropped_params.push(name);
            Ok(role_request)
        }
        // Many servers do not support `response_format` or its schema. The error of such a server
        // often does not name the field.
        None if is_analyst && role_request.response_format.is_some() => Ok(RoleRequest {
            response_format: None,
            ..role_request
        }),
        None => Err(error),
    }
}

/// Drops the tools if the model must answer in text but called a tool. Returns whether the tools
/// were dropped.
///
/// Ollama ignores `tool_choice`, so the repeated call offers no tools. For Anthropic, keeps the
/// tools: Anthropic obeys `tool_choice`, and needs the tools if the prompt contains tool results.
fn drop_tools(call: Call<'_, '_>, loop_state: &mut ToolLoopState) -> bool {
    let has_dropped_tools = loop_state.dropped_params.iter().any(|name| name == "tools");
    let drops = call.disable_tools
        && call.model.provider.dialect != Dialect::Messages
        && !has_dropped_tools;
    if drops {
        loop_state
            .dropped_params
            .extend(["tools", "tool_choice"].map(str::to_owned));
    }
    drops
}

/// Returns whether the request field sets the output format, in any of the three API dialects.
fn is_format(name: &str) -> bool {
    matches!(name, "response_format" | "text" | "output_config")
}

fn warn_of_dropped(run: RunContext<'_>, model: &ModelTarget, name: &str) {
    let message = format!(
        "{} refused `{name}` for {}; it was left out",
        model.provider.name, model.name
    );
    run.recorder.warn(WarningCode::ParameterDropped, message);
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
async fn call_once(
    run: RunContext<'_>,
    call: Call<'_, '_>,
    loop_state: &ToolLoopState,
    turn: &mut Output,
) -> std::result::Result<CallOutcome, Box<CallError>> {
    let RunContext { plan, recorder, .. } = run;
    let config = call.role_request.config;
    let (role, model) = (config.role, call.model);
    let unsent = |error: Error| failed(error, CallOutcome::default());
    let no_tools = Value::from("none");
    let tool_choice = call.disable_tools.then_some(&no_tools);
    let model_request = build_request(plan, &call, loop_state, tool_choice);
    let metered_call = run.costs.reserve(config, model, &model_request);
    let metered_call = metered_call.map_err(unsent)?;
    let metered_call = metered_call.as_ref();
    let model_request = ModelRequest {
        max_cost: metered_call.map(MeteredCall::allocation),
        ..model_request
    };
    recorder.call_started(role, &model.provider.name);
    let mut on = part_sink(run, call.role_request, metered_call, turn);
    let (provider, timeouts) = (&model.provider, &plan.timeouts);
    let response = provider::call(provider, &model_request, run.env, timeouts, &mut on);
    let outcome = match metered_call {
        Some(metered_call) => metered_call.run_within_limit(response).await,
        None => Ok(response.await),
    };
    drop(on);
    let outcome = outcome
        .inspect_err(|_| recorder.call_ended(role, Status::Cancelled, CallUsage::default()))
        .map_err(unsent)?;
    match outcome {
        Ok(mut call_outcome) => {
            call_outcome.usage = settled(run, model, metered_call, call_outcome.usage);
            let needs_more_turns = (!call.disable_tools && !call_outcome.calls.is_empty())
                || is_paused(&call_outcome, loop_state, plan);
            let validity = if needs_more_turns || turn.has_text() {
                check_finish_reason(&call_outcome)
            } else {
                let limit = model_request.max_completion_tokens;
                Err(empty_response_error(&call_outcome, limit))
            };
            end_call(run, call, call_outcome, validity)
        }
        Err(mut failure) => {
            // The caller's own `fetch` may know the keys of all providers.
            failure.error.message = plan.sanitize(&failure.error.message);
            let usage = failure.outcome.usage;
            let cost = usage.cost.or(failure.unbilled.then(Cost::default));
            let usage = settled(run, model, metered_call, CallUsage { cost, ..usage });
            recorder.call_ended(role, Status::Failed, usage);
            Err(failure)
        }
    }
}

/// Returns a function that records, collects and meters each part of a response.
fn part_sink(
    run: RunContext<'_>,
    role_request: RoleRequest<'_>,
    metered_call: Option<&MeteredCall<'_, '_>>,
    turn: &mut Output,
) -> impl FnMut(StreamPart<'_>) {
    let role = role_request.config.role;
    let open_sink = move || role_request.on_text.map(|open_sink| open_sink());
    let mut text_sink = open_sink();
    move |part| {
        run.recorder.stream_part(role, part);
        turn.add(part);
        if let Some(metered_call) = metered_call {
            metered_call.meter(&part);
        }
        match (part, &mut text_sink) {
            (StreamPart::Text(text), Some(text_sink)) => text_sink(text),
            (StreamPart::Withdrawn { .. }, _) => text_sink = open_sink(),
            _ => {}
        }
    }
}

/// Settles the reserved budget. Returns the usage with its cost.
fn settled(
    run: RunContext<'_>,
    model: &ModelTarget,
    metered_call: Option<&MeteredCall<'_, '_>>,
    usage: CallUsage,
) -> CallUsage {
    let reported = usage.cost;
    // If the provider runs hosted tools, the number of tokens does not determine the cost.
    let usage = if model.tool_set.hosted.is_empty() {
        run.costs.priced(model, usage)
    } else {
        usage
    };
    if let Some(metered_call) = metered_call {
        metered_call.settle_usage(&usage, reported);
    }
    usage
}

/// Records the end of a call whose response was received. Fails if the response is not valid.
fn end_call(
    run: RunContext<'_>,
    call: Call<'_, '_>,
    mut call_outcome: CallOutcome,
    validity: Result<()>,
) -> std::result::Result<CallOutcome, Box<CallError>> {
    let RunContext { recorder, .. } = run;
    let role = call.role_request.config.role;
    if let Err(error) = validity {
        recorder.call_ended(role, Status::Failed, call_outcome.usage);
        return Err(failed(error, call_outcome));
    }
    recorder.call_ended(role, Status::Completed, call_outcome.usage);
    if call_outcome.has_unparsed_events {
        let message = format!(
            "{} sent something that cannot be read in the middle of {}'s answer",
            call.model.provider.name, call.model.name
        );
        recorder.warn(WarningCode::DamagedAnswer, message);
    }
    if call.disable_tools {
        call_outcome.calls.clear();
    }
    Ok(call_outcome)
}

/// Builds the request of one call, without a cost limit. `no_tools` is the value of `tool_choice`
/// that forbids tool calls. If `no_tools` is set, it replaces the caller's `tool_choice`.
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
    // `tool_choice` applies to the first turn only. Otherwise `required` would force a tool call in
    // each turn.
    let tool_choice = config
        .tool_choice
        .as_ref()
        .filter(|_| loop_state.steps.is_empty());
    ModelRequest {
        system: role_request.system,
        messages: role_request.messages,
        steps: &loop_state.steps,
        tool_choice: no_tools.or(tool_choice),
        response_format: output_format(call.role_request, model, (call.disable_tools, loop_state)),
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

/// Returns whether the provider paused a long turn (`pause_turn`). If so, the next call must
/// continue the turn. Each pause counts as one of the `max_tool_calls` steps, so pauses cannot go
/// on forever.
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

/// Returns the error for an answer without text. The response's HTTP status does not matter.
/// `limit` is the token limit of the call.
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
