//! Encodes a request as Chat Completions.
//!
//! In: a [`ModelRequest`]. Out: the request body.

use crate::json::{Map, Value, json};
use crate::provider::dialect::chat::tool_calls::to_value;
use crate::provider::dialect::types::{ModelRequest, Step};
use crate::provider::registry::Vendor;
use crate::request::Reasoning;

/// Returns the request body. The caller applies `dropped_params` and `extra_body`.
pub(crate) fn encode(request: &ModelRequest<'_>, vendor: Vendor) -> Map {
    let mut body = Map::new();
    let mut messages = Vec::new();
    if let Some(text) = request.system {
        messages.push(json!({"role": "system", "content": text}));
    }
    messages.extend_from_slice(request.messages);
    request
        .steps
        .iter()
        .for_each(|step| add_turns(step, &mut messages));
    body.insert("messages", Value::Array(messages));
    body.insert("model", request.model.into());
    body.insert("stream", true.into());
    body.insert(
        vendor.token_limit_field(),
        request.max_completion_tokens.into(),
    );
    body.set("temperature", request.temperature.map(Value::from));
    body.set("response_format", request.response_format.cloned());
    body.set("stop", request.stop.cloned());
    let tools = [request.hosted_tools, request.functions].concat();
    if !tools.is_empty() {
        body.set("tool_choice", request.tool_choice.cloned());
        body.insert("tools", Value::Array(tools));
    }
    if vendor == Vendor::OpenRouter {
        body.set("reasoning", request.reasoning.map(Reasoning::to_value));
        body.set("cache_control", request.cache_control.cloned());
        body.set(
            "stop_server_tools_when",
            (!request.hosted_tools.is_empty()).then(|| request.stop_server_tools_when()),
        );
    } else {
        body.set(
            "reasoning_effort",
            request
                .reasoning
                .and_then(|reasoning| reasoning.effort)
                .map(Value::from),
        );
        body.insert("stream_options", json!({"include_usage": true}));
    }
    body
}

/// Appends an assistant's message for the step, and a message for each tool result.
fn add_turns(step: &Step, messages: &mut Vec<Value>) {
    let mut turn = Map::new();
    turn.insert("role", "assistant".into());
    turn.insert(
        "content",
        if step.text.is_empty() {
            Value::Null
        } else {
            step.text.as_str().into()
        },
    );
    turn.insert("tool_calls", step.calls.iter().map(to_value).collect());
    for continuation in step.continuation.iter().filter_map(Value::as_object) {
        turn.extend(continuation.clone());
    }
    messages.push(turn.into());
    for (call, result) in step.calls.iter().zip(&step.results) {
        messages
            .push(json!({"role": "tool", "tool_call_id": &call.id, "content": &result.content}));
    }
}
