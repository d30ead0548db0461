//! One answer of a model, in as many turns as its tools take. Tools that the provider hosts run inside a turn; the others run here, through the
//! caller's callbacks. A tool that fails, hangs or does not exist costs the model a step, not the run.

use crate::deliberation::model_call::ToolLoopState;
use futures::future::{Either, join_all, select};
use futures::pin_mut;

use crate::count::Count;
use crate::deliberation::context::RunContext;
use crate::deliberation::model_call::RoleRequest;
use crate::deliberation::model_call::turn;
use crate::error::Result;
use crate::event::ToolStatus;
use crate::json::{Json, Value};
use crate::plan::ModelTarget;
use crate::provider::dialect::{CallOutcome, Step, StreamPart, ToolResult};
use crate::provider::tools;
use crate::result::{Source, ToolCall};
use crate::role::Role;
use crate::usage::{CallUsage, Cost};

/// Calls of one turn that are run; a model that asks for more is told so.
const MAX_PARALLEL: usize = 16;
/// More of a tool's result is not shown to the model.
const RESULT_CHARS: usize = 100_000;
/// Of a failure or a summary, in an event.
const SUMMARY_CHARS: usize = 200;

/// Goes on from `progress` until there is an answer. After `max_tool_calls` steps there is one last turn without tools. Calls of tools that
/// nobody here runs end the answer too; they are in the `CallOutcome`, with the others of their turn, as their results belong together.
pub async fn run(
    run: RunContext<'_>,
    question: RoleRequest<'_>,
    model: &ModelTarget,
    progress: &mut ToolLoopState,
) -> Result<(CallOutcome, CallUsage)> {
    let RunContext { plan, recorder, .. } = run;
    let role = question.player.role;
    if !progress.text.is_empty() {
        recorder.stream_part(role, StreamPart::Text(&progress.text));
    }
    for Source { url, title } in &progress.sources {
        recorder.stream_part(role, StreamPart::Source { url, title });
    }
    loop {
        let disable_tools = progress.steps.len() as u64 >= plan.max_tool_calls;
        let ending = turn::run_turn(run, question, model, progress, disable_tools).await?;
        progress.usage = sum(progress.usage, ending.usage, progress.steps.is_empty());
        let is_ours = |call: &ToolCall| is_local_tool(run, model, role, &call.name);
        let needs_more_turns = turn::is_paused(&ending, progress, plan) || (!ending.calls.is_empty() && ending.calls.iter().all(is_ours));
        if !needs_more_turns {
            return Ok((ending, progress.usage));
        }
        let results = join_all(ending.calls.iter().enumerate().map(|(position, call)| result(run, role, model, position, call))).await;
        let text = recorder.text(role).get(progress.committed_len()..).unwrap_or_default().trim().to_owned();
        if !text.is_empty() && !ending.calls.is_empty() {
            recorder.stream_part(role, StreamPart::Text("\n\n"));
        }
        (progress.text, progress.sources) = (recorder.text(role), recorder.sources_of(role));
        progress.steps.push(Step { text, calls: ending.calls, continuation: ending.continuation, results });
    }
}

/// Researchers may call what is not there, and are told; a writer's calls of what we do not run are the caller's to answer.
fn is_local_tool(run: RunContext<'_>, model: &ModelTarget, role: Role, name: &str) -> bool {
    let has_handler = run.plan.tool_handlers.iter().any(|handler| handler == name);
    let is_offered = model.offer.functions.iter().any(|tool| tools::function_name(tool) == Some(name));
    role != Role::Writer || (has_handler && is_offered)
}

async fn result(run: RunContext<'_>, role: Role, model: &ModelTarget, position: usize, call: &ToolCall) -> ToolResult {
    let RunContext { recorder, .. } = run;
    recorder.tool(role, &call.name, ToolStatus::Started, &call.arguments, None);
    let outcome = if position < MAX_PARALLEL {
        run_tool(run, role, model, call).await
    } else {
        Err(format!("too many calls at once; at most {MAX_PARALLEL} are run"))
    };
    let (status, summary, content) = match outcome {
        Ok((content, summary)) => (ToolStatus::Completed, summary, content),
        Err(why) => (ToolStatus::Failed, Some(why.clone()), format!("error: {why}")),
    };
    let summary = summary.map(|summary| clip(summary, SUMMARY_CHARS));
    recorder.tool(role, &call.name, status, &call.arguments, summary);
    ToolResult { content: clip(content, RESULT_CHARS), failed: status == ToolStatus::Failed }
}

/// The content for the model, and a summary. What goes wrong is told to the model in words.
async fn run_tool(
    run: RunContext<'_>,
    role: Role,
    model: &ModelTarget,
    call: &ToolCall,
) -> std::result::Result<(String, Option<String>), String> {
    let RunContext { plan, env, recorder, .. } = run;
    let offered = model.offer.functions.iter().filter_map(tools::function_name);
    if !offered.clone().any(|name| name == call.name) || !plan.tool_handlers.contains(&call.name) {
        return Err(format!("there is no tool `{}`; there are: {}", call.name, offered.collect::<Vec<_>>().join(", ")));
    }
    let arguments = if call.arguments.trim().is_empty() { "{}" } else { call.arguments.as_str() };
    if !arguments.parse::<Value>().is_ok_and(|arguments| arguments.is_object()) {
        return Err("the arguments are no JSON object".to_owned());
    }
    let limit_ms = plan.timeouts.idle_ms;
    let working = env.tool_runner.call(&call.name, arguments, role.index());
    pin_mut!(working);
    let told = match select(working, env.clock.sleep(limit_ms)).await {
        Either::Left((told, _)) => told?,
        Either::Right(_) => return Err(format!("the tool gave no result within {limit_ms} ms")),
    };
    let [content, sources, summary] = Json::parse(&told).unwrap_or_default().fields(["content", "sources", "summary"]);
    let mut found = 0;
    for source in sources.unwrap_or_default().items() {
        if let Some(url) = source.text("url") {
            found += 1;
            recorder.stream_part(role, StreamPart::Source { url: &url, title: &source.text("title").unwrap_or_default() });
        }
    }
    // A page that was opened is a source, also where the callback does not say so.
    if found == 0
        && call.name == "web_fetch"
        && let Some(url) = Json::parse(arguments).and_then(|arguments| arguments.get("url")).and_then(Json::words)
    {
        recorder.stream_part(role, StreamPart::Source { url: &url, title: "" });
    }
    Ok((content.and_then(Json::str).unwrap_or_default().into_owned(), summary.and_then(Json::str).map(Into::into)))
}

fn clip(text: String, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{} [cut]", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// What is unknown of one is unknown of all.
fn sum(before: CallUsage, call: CallUsage, is_first: bool) -> CallUsage {
    if is_first {
        return call;
    }
    let add = |a: Option<Count>, b: Option<Count>| a.zip(b).map(|(a, b)| a.get().saturating_add(b.get()).into());
    CallUsage {
        cost: before.cost.zip(call.cost).map(|(before, call)| Cost(before.0.saturating_add(call.0))),
        prompt_tokens: add(before.prompt_tokens, call.prompt_tokens),
        completion_tokens: add(before.completion_tokens, call.completion_tokens),
        reasoning_tokens: add(before.reasoning_tokens, call.reasoning_tokens),
    }
}
