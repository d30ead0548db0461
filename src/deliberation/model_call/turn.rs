//! One turn of a model: the call is admitted, written down, metered and judged.

use crate::json::Value;

use crate::deliberation::context::RunContext;
use crate::deliberation::model_call::RoleRequest;
use crate::deliberation::model_call::ToolLoopState;
use crate::error::{Code, Error, Result};
use crate::plan::{ModelTarget, Plan, RoleConfig};
use crate::provider::dialect::{CallOutcome, Dialect, ModelRequest, StreamPart};
use crate::provider::{CallError, call};
use crate::request::Reasoning;
use crate::role::Role;
use crate::usage::{CallUsage, Cost, Status};

/// As many fields of one request may be left out because a provider does not take them.
const MAX_REFUSED: usize = 3;

/// Takes one turn. A field that the provider refuses by name is left out from then on, and the call repeated. `disable_tools`: whatever happens,
/// there is to be text.
pub async fn run_turn(
    run: RunContext<'_>,
    question: RoleRequest<'_>,
    model: &ModelTarget,
    progress: &mut ToolLoopState,
    disable_tools: bool,
) -> Result<CallOutcome> {
    let mut question = question;
    loop {
        let CallError { error, refused, ending, .. } = match call_once(run, question, model, progress, disable_tools).await {
            Ok(ending) => return Ok(ending),
            Err(failure) => *failure,
        };
        let must_drop_tools =
            disable_tools && error.code == Code::EmptyResponse && !ending.calls.is_empty() && model.provider.dialect != Dialect::Messages;
        if !matches!((error.code, error.status_code), (Code::InvalidRequest, Some(400 | 422))) {
            if !must_drop_tools || progress.refused.iter().any(|name| name == "tools") {
                return Err(error);
            }
            // Ollama knows no `tool_choice`; what is not offered can't be called. Claude, which needs its tools to read what they gave, knows it.
            progress.refused.extend(["tools", "tool_choice"].map(str::to_owned));
            continue;
        }
        let is_format = |name: &str| matches!(name, "response_format" | "text" | "output_config");
        match refused.filter(|name| progress.refused.len() < MAX_REFUSED && !progress.refused.contains(name)) {
            Some(name) => {
                // The reading of the analyst's reply is tolerant enough to do without.
                if question.player.role != Role::Analyst || !is_format(&name) {
                    let message = format!("{} refused `{name}` for {}; it was left out", model.provider.name, model.name);
                    run.recorder.warn("parameter_dropped", message);
                }
                progress.refused.push(name);
            }
            // Many servers know no `response_format`, or no schema in it, and say so in no clear words.
            None if question.player.role == Role::Analyst && question.response_format.is_some() => question.response_format = None,
            None => return Err(error),
        }
    }
}

async fn call_once(
    run: RunContext<'_>,
    question: RoleRequest<'_>,
    model: &ModelTarget,
    progress: &ToolLoopState,
    disable_tools: bool,
) -> std::result::Result<CallOutcome, Box<CallError>> {
    let RunContext { plan, env, recorder, costs, .. } = run;
    let player = question.player;
    let role = player.role;
    let fail = |error: Error| failed(error, CallOutcome::default());
    let none = Value::from("none");
    let ask = ModelRequest {
        model: &model.model,
        system: question.system,
        messages: question.messages,
        steps: &progress.steps,
        max_completion_tokens: player.max_completion_tokens,
        temperature: player.temperature,
        reasoning: player.reasoning.as_ref().map(Reasoning::of),
        hosted_tools: &model.offer.hosted,
        functions: &model.offer.functions,
        tool_choice: if disable_tools { Some(&none) } else { player.tool_choice.as_ref().filter(|_| progress.steps.is_empty()) },
        max_tool_calls: plan.max_tool_calls,
        response_format: question.response_format,
        stop: player.stop.as_ref(),
        cache_control: plan.cache_control.as_ref(),
        max_cost: None,
        refused: &progress.refused,
        extra_body: player.extra_body.as_ref(),
    };
    let ticket = costs.reserve(player, model, &ask).map_err(fail)?;
    let ask = ModelRequest { max_cost: ticket.as_ref().map(|ticket| ticket.allocation()), ..ask };
    recorder.call_started(role, &model.provider.name);
    let mut listener = question.on_text.map(|listen| listen());
    let mut on = |piece: StreamPart<'_>| {
        recorder.stream_part(role, piece);
        if let Some(ticket) = &ticket {
            ticket.meter(&piece);
        }
        if let (StreamPart::Text(text), Some(listener)) = (piece, &mut listener) {
            listener(text);
        }
    };
    let call = call(&model.provider, &ask, env, &plan.timeouts, &mut on);
    let outcome = match &ticket {
        Some(ticket) => ticket.run_within_limit(call).await,
        None => Ok(call.await),
    };
    let outcome = outcome.inspect_err(|_| recorder.call_ended(role, Status::Cancelled, CallUsage::default())).map_err(fail)?;
    let usage = |usage: CallUsage| {
        // What a provider's own tools cost on top is not known from tokens.
        let usage = if model.offer.hosted.is_empty() { costs.priced(model, usage) } else { usage };
        ticket.iter().for_each(|ticket| ticket.settle_usage(&usage));
        usage
    };
    match outcome {
        Ok(mut ending) => {
            ending.usage = usage(ending.usage);
            let needs_more_turns = (!disable_tools && !ending.calls.is_empty()) || is_paused(&ending, progress, plan);
            let verdict = if needs_more_turns || recorder.has_text_after(role, progress.committed_len()) {
                check_finish_reason(&ending)
            } else {
                Err(empty_response_error(&ending, player))
            };
            let status = if verdict.is_ok() { Status::Completed } else { Status::Failed };
            recorder.call_ended(role, status, ending.usage);
            if ending.has_unparsed_events && verdict.is_ok() {
                let message =
                    format!("{} sent something that cannot be read in the middle of {}'s answer", model.provider.name, model.name);
                recorder.warn("damaged_answer", message);
            }
            match verdict {
                Ok(()) => {
                    if disable_tools {
                        ending.calls.clear();
                    }
                    Ok(ending)
                }
                Err(error) => Err(failed(error, ending)),
            }
        }
        Err(failure) => {
            let cost = failure.ending.usage.cost.or(failure.unbilled.then(Cost::default));
            recorder.call_ended(role, Status::Failed, usage(CallUsage { cost, ..failure.ending.usage }));
            Err(failure)
        }
    }
}

fn failed(error: Error, ending: CallOutcome) -> Box<CallError> {
    Box::new(CallError { error, ending, unbilled: true, refused: None })
}

/// Anthropic breaks a long turn off, to be sent back as it is. One that pauses for ever is asked no more often than a model for its tools.
pub fn is_paused(ending: &CallOutcome, progress: &ToolLoopState, plan: &Plan) -> bool {
    let may_go_on = progress.steps.len() as u64 <= plan.max_tool_calls;
    may_go_on && ending.finish_reason.as_deref() == Some("pause_turn") && !ending.continuation.is_empty()
}

fn check_finish_reason(ending: &CallOutcome) -> Result<()> {
    match ending.finish_reason.as_deref() {
        Some("error") => Err(Error::new(Code::ProviderError, "the provider broke off with finish reason `error`")),
        _ => Ok(()),
    }
}

/// An answer without text is a failure, whatever its HTTP status said.
fn empty_response_error(ending: &CallOutcome, player: &RoleConfig) -> Error {
    match ending.finish_reason.as_deref() {
        _ if !ending.refusal.is_empty() => Error::new(Code::ContentPolicy, format!("the model refused: {}", ending.refusal)),
        Some("content_filter") => Error::new(Code::ContentPolicy, "the provider filtered the answer out"),
        _ if ending.has_unparsed_events => Error::new(Code::ProviderError, "the provider sent something that is no answer"),
        Some("length") => Error::new(
            Code::EmptyResponse,
            format!("all {} tokens of `max_completion_tokens` were used without producing any text", player.max_completion_tokens),
        ),
        Some("error") => Error::new(Code::ProviderError, "the provider broke off without producing any text"),
        _ => Error::new(Code::EmptyResponse, "the model finished without producing any text"),
    }
}
