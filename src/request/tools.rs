//! Validates tools and the writer's output options. The input is JSON, and the output is the same
//! JSON. A tool is one of OpenRouter's server tools or a function tool of the caller.

use crate::json::Value;

use super::fields::{self, Fields, describe_value};
use crate::error::{Error, Result};

/// Validates a research tool of the panel or the analyst.
pub(super) fn research(path: &str, value: &Value) -> Result<Value> {
    if value.get("type").and_then(Value::as_str) == Some("function") {
        return function(path, value);
    }
    let mut fields = Fields::new(
        path,
        value,
        path,
        "an object such as {\"type\": \"openrouter:web_search\"}",
    )?;
    let kind = fields.required_string("type");
    if kind == "openrouter:fusion" {
        fields.reject(
            "type",
            "must not be `openrouter:fusion`: a panel does not convene panels",
        );
    }
    if !kind.starts_with("openrouter:") {
        let right = "it must be `function`, or one of OpenRouter's server tools such as `openrouter:web_search`";
        fields.reject("type", &format!("is `{kind}`; {right}"));
    }
    fields.parse_with("parameters", fields::object);
    fields.finish()?;
    Ok(value.clone())
}

/// Validates a function tool in the form of Chat Completions.
/// <https://platform.openai.com/docs/api-reference/chat/create#chat-create-tools>
pub(super) fn function(path: &str, value: &Value) -> Result<Value> {
    let right = "a function tool such as {\"type\": \"function\", \"function\": {\"name\": \"...\", \"parameters\": {}}}";
    let mut fields = Fields::new(path, value, path, right)?;
    if fields.required_string("type") != "function" {
        fields.reject("type", "must be `function`");
    }
    let name = |path: &str, value: &Value| {
        let mut fields = Fields::new(path, value, path, "an object with `name`")?;
        let name = fields.required_string("name");
        if name.is_empty()
            || name.len() > 64
            || !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        {
            fields.reject("name", "must be 1 to 64 letters, digits, `_` or `-`");
        }
        fields.string("description");
        fields.parse_with("parameters", fields::object);
        fields.boolean("strict");
        fields.finish()
    };
    if fields.parse_with("function", name).is_none() {
        fields.reject("function", "is missing");
    }
    fields.finish()?;
    Ok(value.clone())
}

/// Validates `tool_choice`. It is `"auto"`, `"none"`, `"required"`, or the function that the model
/// must call.
pub(super) fn choice(path: &str, value: &Value) -> Result<Value> {
    let function_name = || {
        value
            .get("type")?
            .as_str()
            .filter(|kind| *kind == "function")
            .and(value.get("function")?.get("name")?.as_str())
    };
    match value.as_str() {
        Some("auto" | "none" | "required") => Ok(value.clone()),
        None if function_name().is_some() => Ok(value.clone()),
        _ => Err(Error::invalid(
            path,
            "must be auto, none, required, or {\"type\": \"function\", \"function\": {\"name\": \"...\"}}",
        )),
    }
}

/// Validates `response_format`: `{"type": "text" | "json_object" | "json_schema", ...}`.
pub(super) fn response_format(path: &str, value: &Value) -> Result<Value> {
    let is_schema = || {
        value
            .get("json_schema")
            .and_then(|schema| schema.get("name"))
            .is_some_and(Value::is_string)
    };
    match value.get("type").and_then(Value::as_str) {
        Some("text" | "json_object") => Ok(value.clone()),
        Some("json_schema") if is_schema() => Ok(value.clone()),
        _ => Err(Error::invalid(
            path,
            "must be {\"type\": \"text\"}, {\"type\": \"json_object\"} or {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"...\", \"schema\": {}}}",
        )),
    }
}

/// Validates `stop`: a string, or 1 to 4 strings.
pub(super) fn stop(path: &str, value: &Value) -> Result<Value> {
    let is_word = |value: &Value| value.as_str().is_some_and(|word| !word.is_empty());
    match value {
        Value::Array(words) if (1..=4).contains(&words.len()) && words.iter().all(is_word) => {
            Ok(value.clone())
        }
        value if is_word(value) => Ok(value.clone()),
        _ => Err(Error::invalid(
            path,
            &format!(
                "must be a string, or an array of 1 to 4 strings, none of them empty, got {}",
                describe_value(value)
            ),
        )),
    }
}

/// Validates `cache_control`: `{"type": "ephemeral", "ttl"?: "5m" | "1h"}`.
pub(super) fn cache_control(path: &str, value: &Value) -> Result<Value> {
    let mut fields = Fields::new(
        path,
        value,
        path,
        "an object such as {\"type\": \"ephemeral\"}",
    )?;
    if fields.required_string("type") != "ephemeral" {
        fields.reject("type", "must be `ephemeral`");
    }
    if fields
        .string("ttl")
        .is_some_and(|ttl| ttl != "5m" && ttl != "1h")
    {
        fields.reject("ttl", "must be 5m or 1h");
    }
    fields.finish()?;
    Ok(value.clone())
}
