//! Encodes a request of the Responses API.
//!
//! In: a [`ModelRequest`]. Out: the request body.

use crate::json::{Map, Value, json};
use crate::provider::dialect::responses::input;
use crate::provider::dialect::types::ModelRequest;
use crate::provider::registry::Vendor;

/// Returns the request body. The caller applies `dropped_params` and `extra_body`. This dialect has
/// no field `stop`.
pub(crate) fn encode(request: &ModelRequest<'_>, vendor: Vendor) -> Map {
    let mut body = Map::new();
    let mut items = Vec::new();
    request
        .messages
        .iter()
        .for_each(|message| input::add_message(message, vendor, &mut items));
    request
        .steps
        .iter()
        .for_each(|step| input::add_step(step, vendor, &mut items));
    body.insert("input", Value::Array(items));
    body.insert("model", request.model.into());
    body.insert("stream", true.into());
    // OpenAI rejects a limit below 16 tokens, and its error names the field. The run would repeat
    // the call without the field, and the answer would have no limit.
    let min_tokens = if vendor == Vendor::OpenAi { 16 } else { 0 };
    body.insert(
        "max_output_tokens",
        request.max_completion_tokens.max(min_tokens).into(),
    );
    let is_openrouter = vendor == Vendor::OpenRouter;
    body.set("instructions", request.system.map(Value::from));
    body.set("temperature", request.temperature.map(Value::from));
    body.set("reasoning", reasoning(request, vendor));
    body.set(
        "text",
        request
            .response_format
            .map(|format| json!({"format": input::flat(format)})),
    );
    set_tools(&mut body, request, vendor);
    body.set(
        "cache_control",
        request.cache_control.filter(|_| is_openrouter).cloned(),
    );
    // Without this field, these vendors store the conversation for 30 days.
    body.set("store", vendor.stores_responses().then(|| false.into()));
    // Request encrypted reasoning in the response, because the vendor does not store the reasoning.
    // The next request can then send the reasoning back.
    body.set(
        "include",
        (!request.functions.is_empty() && (is_openrouter || vendor.stores_responses()))
            .then(|| json!(["reasoning.encrypted_content"])),
    );
    body
}

/// Returns the field `reasoning`.
fn reasoning(request: &ModelRequest<'_>, vendor: Vendor) -> Option<Value> {
    let reasoning = request.reasoning?;
    if vendor == Vendor::OpenRouter {
        return Some(reasoning.to_value());
    }
    // Do not request a summary, because OpenAI refuses summaries to unverified organisations. The
    // run would then repeat the call without `reasoning`, and so without the effort.
    reasoning.effort.map(|effort| json!({"effort": effort}))
}

/// Sets the fields that declare and limit tools.
fn set_tools(body: &mut Map, request: &ModelRequest<'_>, vendor: Vendor) {
    let mut tools = request.hosted_tools.to_vec();
    request
        .functions
        .iter()
        .for_each(|tool| tools.push(input::function(tool)));
    if !tools.is_empty() {
        body.set("tool_choice", request.tool_choice.map(input::flat));
        body.insert("tools", Value::Array(tools));
    }
    if request.hosted_tools.is_empty() {
        return;
    }
    match vendor {
        Vendor::OpenRouter => {
            body.insert("stop_server_tools_when", request.stop_server_tools_when())
        }
        Vendor::Xai => body.insert("max_turns", request.max_tool_calls.into()),
        _ => body.insert("max_tool_calls", request.max_tool_calls.into()),
    }
}
