//! Encodes a request of the Messages API.
//!
//! In: a [`ModelRequest`]. Out: the request body.

use crate::json::{Map, Value, json};
use crate::provider::dialect::messages::claude_version;
use crate::provider::dialect::messages::conversation::Conversation;
use crate::provider::dialect::types::ModelRequest;
use crate::provider::registry::Vendor;

/// Returns the request body. The caller applies `dropped_params` and `extra_body`.
pub(crate) fn encode(request: &ModelRequest<'_>, vendor: Vendor) -> Map {
    let mut body = Map::new();
    let version = claude_version::version(request.model);
    let conversation = Conversation::from_request(request);
    let (tools, choice) = tools_and_choice(request, vendor, version, &conversation);
    let stops_server_tools =
        vendor == Vendor::OpenRouter && !request.hosted_tools.is_empty() && !tools.is_empty();
    body.set(
        "system",
        (!conversation.system.is_empty()).then(|| conversation.system.as_str().into()),
    );
    set_reasoning(&mut body, request, version, forces_tool(&tools, &choice));
    let stop_array = |stop: &Value| {
        if stop.is_array() {
            stop.clone()
        } else {
            json!([stop])
        }
    };
    body.set("stop_sequences", request.stop.map(stop_array));
    if !tools.is_empty() {
        body.set("tool_choice", choice);
        body.insert("tools", Value::Array(tools));
    }
    body.set("cache_control", request.cache_control.cloned());
    body.set(
        "stop_server_tools_when",
        stops_server_tools.then(|| request.stop_server_tools_when()),
    );
    body.insert("messages", conversation.into_value());
    body.insert("model", request.model.into());
    body.insert("stream", true.into());
    body.insert("max_tokens", request.max_completion_tokens.into());
    body
}

/// Sets the fields for thinking, effort, temperature and format. If a tool call is forced, omits
/// thinking, because the API rejects both together.
fn set_reasoning(
    body: &mut Map,
    request: &ModelRequest<'_>,
    version: Option<claude_version::Version>,
    forces_tool: bool,
) {
    let (thinking, effort) = if forces_tool {
        (None, None)
    } else {
        claude_version::thinking(request, version)
    };
    let is_thinking = thinking
        .as_ref()
        .is_some_and(|thinking| thinking.get("type").is_some_and(|kind| kind != "disabled"));
    body.set(
        "temperature",
        claude_version::temperature(request, version, is_thinking).map(Value::from),
    );
    body.set("thinking", thinking);
    body.set("output_config", output_config(request, effort));
}

/// Returns the fields `tools` and `tool_choice`.
fn tools_and_choice(
    request: &ModelRequest<'_>,
    vendor: Vendor,
    version: Option<claude_version::Version>,
    conversation: &Conversation,
) -> (Vec<Value>, Option<Value>) {
    let choice = request.tool_choice.map(tool_choice);
    let mut tools = Vec::new();
    request
        .hosted_tools
        .iter()
        .for_each(|tool| tools.push(hosted(tool, request, vendor)));
    request
        .functions
        .iter()
        .for_each(|tool| tools.push(function(tool)));
    if version.is_some() && tools.is_empty() {
        // If a conversation has tool calls, the API requires declarations of their tools.
        return (conversation.tools(), Some(json!({"type": "none"})));
    }
    if version.is_none() && choice_type(&choice) == Some("none") {
        // llama.cpp does not support the choice `none`, so omit the tools instead.
        tools.clear();
    }
    (tools, choice)
}

/// Returns whether the model must call a tool.
fn forces_tool(tools: &[Value], choice: &Option<Value>) -> bool {
    !tools.is_empty() && matches!(choice_type(choice), Some("any" | "tool"))
}

/// Returns the `type` of a tool choice.
fn choice_type(choice: &Option<Value>) -> Option<&str> {
    choice.as_ref()?.get("type")?.as_str()
}

/// Returns the field `output_config`. If the field would be empty, returns `None`.
fn output_config(request: &ModelRequest<'_>, effort: Option<&str>) -> Option<Value> {
    let schema = request
        .response_format
        .and_then(|format| format.get("json_schema")?.get("schema"));
    let mut config = Map::new();
    config.set("effort", effort.map(Value::from));
    config.set(
        "format",
        schema.map(|schema| json!({"type": "json_schema", "schema": schema})),
    );
    (!config.is_empty()).then(|| config.into())
}

/// Converts a tool choice from the form of Chat Completions.
fn tool_choice(choice: &Value) -> Value {
    match (
        choice.as_str(),
        choice
            .get("function")
            .and_then(|function| function.get("name")),
    ) {
        (Some("required"), _) => json!({"type": "any"}),
        (Some(word), _) => json!({"type": word}),
        (None, Some(name)) => json!({"type": "tool", "name": name}),
        (None, None) => choice.clone(),
    }
}

/// Returns a hosted tool with the field `max_uses`. For OpenRouter, omits this field, because the
/// request limits the number of steps in another field.
fn hosted(tool: &Value, request: &ModelRequest<'_>, vendor: Vendor) -> Value {
    let mut tool = tool.clone();
    let is_counted = |tool: &Map| {
        let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
        vendor != Vendor::OpenRouter
            && (kind.starts_with("web_search_") || kind.starts_with("web_fetch_"))
            && !tool.contains_key("max_uses")
    };
    if let Some(tool) = tool.as_object_mut().filter(|tool| is_counted(tool)) {
        tool.insert("max_uses", request.max_tool_calls.into());
    }
    tool
}

/// Converts a function tool from the form of Chat Completions.
fn function(tool: &Value) -> Value {
    let Some(function) = tool.get("function") else {
        return tool.clone();
    };
    let mut tool = Map::new();
    for (name, to) in [
        ("name", "name"),
        ("description", "description"),
        ("parameters", "input_schema"),
        ("strict", "strict"),
    ] {
        tool.set(to, function.get(name).cloned());
    }
    if !tool.contains_key("input_schema") {
        tool.insert("input_schema", json!({"type": "object"}));
    }
    tool.into()
}
