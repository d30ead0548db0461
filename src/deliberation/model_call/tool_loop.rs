//! Runs one model with its tools: a [`RoleRequest`] in, a [`CallOutcome`] out. After each turn that
//! calls tools, another turn follows.
//!
//! The provider runs its hosted tools inside a turn. Other tools run here, through the caller's
//! callbacks. If a tool fails, hangs or does not exist, the model receives an error and the run
//! continues.

use std::cell::RefCell;
use std::mem::take;

use futures::future::{Either, join_all, select};
use futures::pin_mut;

use crate::deliberation::context::RunContext;
use crate::deliberation::model_call::turn;
use crate::deliberation::model_call::{Output, RoleRequest, ToolLoopState};
use crate::deliberation::web_access::FETCH;
use crate::error::Result;
use crate::event::ToolStatus;
use crate::json::{Json, Value};
use crate::plan::ModelTarget;
use crate::provider::conversation;
use crate::provider::dialect::{CallOutcome, Step, StreamPart, ToolResult};
use crate::provider::tools;
use crate::result::{Source, ToolCall, is_web_url};
use crate::role::Role;
use crate::usage::CallUsage;

/// Maximum number of tool calls in one turn that the core runs. Each further call fails, and the
/// model receives the error.
const MAX_PARALLEL: usize = 16;
/// Maximum number of characters of a tool's result in the prompt.
const RESULT_CHARS: usize = 100_000;
/// Maximum number of characters of a tool's error or summary in an event.
const SUMMARY_CHARS: usize = 200;

/// Continues from `loop_state` until the model answers. After `max_tool_calls` turns with tool
/// calls, makes one last turn, in which the model must not call tools.
///
/// If the model calls a tool that only the caller can run, the loop ends without an answer. The
/// `CallOutcome` then has all tool calls of that turn, because the caller must return their results
/// together.
pub(super) async fn run(
    run: RunContext<'_>,
    role_request: RoleRequest<'_>,
    model: &ModelTarget,
    loop_state: &mut ToolLoopState,
) -> Result<CallOutcome> {
    let RunContext { plan, recorder, .. } = run;
    let role = role_request.config.role;
    if !loop_state.committed.text.is_empty() {
        recorder.stream_part(role, StreamPart::Text(&loop_state.committed.text));
    }
    for Source { url, title } in &loop_state.committed.sources {
        recorder.stream_part(role, StreamPart::Source { url, title });
    }
    loop {
        loop_state.turn = Output::default();
        let disable_tools = loop_state.steps.len() as u64 >= plan.max_tool_calls;
        let call_outcome =
            turn::run_turn(run, role_request, model, loop_state, disable_tools).await?;
        loop_state.usage = sum(
            loop_state.usage,
            call_outcome.usage,
            loop_state.steps.is_empty(),
        );
        let is_local = |call: &ToolCall| is_local_tool(run, model, role, &call.name);
        let needs_more_turns = turn::is_paused(&call_outcome, loop_state, plan)
            || (!call_outcome.calls.is_empty() && call_outcome.calls.iter().all(is_local));
        if !needs_more_turns {
            return Ok(call_outcome);
        }
        let found = RefCell::new(Vec::new());
        let calls = call_outcome.calls.iter().enumerate();
        let tool_runs = calls.map(|(position, call)| {
            run_and_report(run, role_request, model, (position, call), &found)
        });
        let results = join_all(tool_runs).await;
        let mut turn = take(&mut loop_state.turn);
        found
            .take()
            .iter()
            .for_each(|source| turn.add_source(source));
        let text = turn.text.trim().to_owned();
        if !text.is_empty() && !call_outcome.calls.is_empty() {
            let separator = StreamPart::Text("\n\n");
            recorder.stream_part(role, separator);
            turn.add(separator);
        }
        loop_state.committed.append(&turn);
        loop_state
            .steps
            .push(step(text, call_outcome, results, &model.tool_set.functions));
    }
}

/// Returns a completed turn in the form in which later requests contain it.
///
/// Repairs malformed arguments, because servers parse the tool calls of earlier turns and would
/// refuse the request. The tool's result tells the model what was wrong.
fn step(
    text: String,
    call_outcome: CallOutcome,
    results: Vec<ToolResult>,
    functions: &[Value],
) -> Step {
    let mut continuation = call_outcome.continuation;
    conversation::repair_signed(&mut continuation, functions);
    let calls = call_outcome.calls.iter();
    Step {
        text,
        calls: calls
            .map(|call| conversation::repaired(call, functions))
            .collect(),
        continuation,
        results,
    }
}

/// Returns whether the core handles a tool call. If it does not, the caller must run the tool.
///
/// The core handles all calls of the panelists, the analyst and the checks. If such a call names an
/// unknown tool, the call fails. For the writer, the core handles only tools that have a handler.
fn is_local_tool(run: RunContext<'_>, model: &ModelTarget, role: Role, name: &str) -> bool {
    let has_handler = run.plan.tool_handlers.iter().any(|handler| handler == name);
    let is_offered = model
        .tool_set
        .functions
        .iter()
        .any(|tool| tools::function_name(tool) == Some(name));
    role != Role::Writer || (has_handler && is_offered)
}

async fn run_and_report(
    run: RunContext<'_>,
    role_request: RoleRequest<'_>,
    model: &ModelTarget,
    (position, call): (usize, &ToolCall),
    found: &RefCell<Vec<Source>>,
) -> ToolResult {
    let RunContext { recorder, .. } = run;
    let role = role_request.config.role;
    recorder.tool(role, &call.name, ToolStatus::Started, &call.arguments, None);
    let outcome = if position < MAX_PARALLEL {
        run_tool(run, role_request, model, call, found).await
    } else {
        Err(format!(
            "too many calls at once; at most {MAX_PARALLEL} are run"
        ))
    };
    let (status, summary, content) = match outcome {
        Ok((content, summary)) => (ToolStatus::Completed, summary, content),
        Err(why) => {
            // The error of a caller's function may contain a key.
            let why = run.plan.without_secrets(&why);
            let content = clip(format!("error: {why}"), RESULT_CHARS);
            (ToolStatus::Failed, Some(why), content)
        }
    };
    let summary = summary.map(|summary| clip(run.plan.without_secrets(&summary), SUMMARY_CHARS));
    recorder.tool(role, &call.name, status, &call.arguments, summary);
    ToolResult {
        content,
        failed: status == ToolStatus::Failed,
    }
}

/// Runs a tool. Returns the content and the summary of the tool's result. Fails with an error text
/// for the model.
async fn run_tool(
    run: RunContext<'_>,
    role_request: RoleRequest<'_>,
    model: &ModelTarget,
    call: &ToolCall,
    found: &RefCell<Vec<Source>>,
) -> std::result::Result<(String, Option<String>), String> {
    let RunContext {
        plan,
        env,
        recorder,
        ..
    } = run;
    let role = role_request.config.role;
    let arguments = checked_arguments(run, model, call)?;
    let web_access = role_request.web_access;
    let permitted = web_access
        .filter(|_| call.name == FETCH)
        .map(|web_access| web_access.permit(arguments))
        .transpose()?;
    let arguments = permitted.as_deref().unwrap_or(arguments);
    let limit_ms = plan.timeouts.idle_ms;
    let tool_call = env.tool_runner.call(&call.name, arguments, role.index());
    pin_mut!(tool_call);
    let output = match select(tool_call, env.clock.sleep(limit_ms)).await {
        Either::Left((output, _)) => output?,
        Either::Right(_) => return Err(format!("the tool gave no result within {limit_ms} ms")),
    };
    let [content, sources, summary] = Json::parse(&output)
        .unwrap_or_default()
        .fields(&["content", "sources", "summary"]);
    let sources = sources_of(sources, (&call.name, arguments));
    for Source { url, title } in &sources {
        recorder.stream_part(role, StreamPart::Source { url, title });
    }
    let content = content.and_then(Json::str).unwrap_or_default();
    let content = clip(content.into_owned(), RESULT_CHARS);
    if let Some(web_access) = web_access {
        let urls = sources.iter().map(|source| source.url.clone()).collect();
        web_access.add_result((&call.name, arguments), urls, &content);
    }
    found.borrow_mut().extend(sources);
    Ok((content, summary.and_then(Json::str).map(Into::into)))
}

/// Returns the sources of a tool's result. A page that `web_fetch` opened counts as a source, even
/// if the callback lists no sources.
fn sources_of(listed: Option<Json<'_>>, (name, arguments): (&str, &str)) -> Vec<Source> {
    let source = |source: Json<'_>| {
        Some(Source {
            url: source.text("url")?.into_owned(),
            title: source.text("title").unwrap_or_default().into_owned(),
        })
    };
    let mut sources: Vec<Source> = listed
        .unwrap_or_default()
        .items()
        .filter_map(source)
        .collect();
    if sources.is_empty()
        && name == FETCH
        && let Some(url) = Json::parse(arguments)
            .and_then(|arguments| arguments.get("url"))
            .and_then(Json::words)
    {
        sources.push(Source {
            url: url.into_owned(),
            title: String::new(),
        });
    }
    sources.retain(|source| is_web_url(&source.url));
    sources
}

/// Returns the arguments of a call. Fails if the tool does not exist or the arguments are not a
/// JSON object.
fn checked_arguments<'a>(
    run: RunContext<'_>,
    model: &ModelTarget,
    call: &'a ToolCall,
) -> std::result::Result<&'a str, String> {
    let functions = model.tool_set.functions.iter();
    let offered = functions.filter_map(tools::function_name);
    let has_handler = run.plan.tool_handlers.contains(&call.name);
    if !has_handler || !offered.clone().any(|name| name == call.name) {
        return Err(format!(
            "there is no tool `{}`; there are: {}",
            call.name,
            offered.collect::<Vec<_>>().join(", ")
        ));
    }
    let arguments = if call.arguments.trim().is_empty() {
        "{}"
    } else {
        call.arguments.as_str()
    };
    if conversation::object_text(arguments).is_none() {
        let arguments = clip(arguments.to_owned(), SUMMARY_CHARS);
        return Err(format!("the arguments are no JSON object: {arguments}"));
    }
    Ok(arguments)
}

fn clip(text: String, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{} [cut]", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Returns the sum of two usages. If a value is unknown in one of them, the sum is unknown.
fn sum(before: CallUsage, call: CallUsage, is_first: bool) -> CallUsage {
    if is_first {
        return call;
    }
    before.plus(call)
}
