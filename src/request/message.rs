//! Validates conversations in OpenAI's chat format. In: JSON. Out: the same messages. Checks only
//! the fields that a run needs. <https://platform.openai.com/docs/api-reference/chat/create>

use crate::json::{Value, json};

use super::fields::describe_value;
use crate::error::{Error, Result};

const ROLES: [&str; 5] = ["system", "developer", "user", "assistant", "tool"];
const PARTS: [&str; 4] = ["text", "image_url", "file", "input_audio"];

/// Returns a user message.
pub(super) fn user_message(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

/// Reads a conversation. The last message must be a user or tool message, because providers reject
/// a conversation that ends with an assistant's message.
pub(super) fn parse_all(path: &str, value: &Value) -> Result<Vec<Value>> {
    let messages = match value {
        Value::Array(messages) if !messages.is_empty() => messages,
        _ => {
            return Err(Error::invalid(
                path,
                &format!(
                    "must be an array of at least one message, got {}",
                    describe_value(value)
                ),
            ));
        }
    };
    for (i, message) in messages.iter().enumerate() {
        check(&format!("{path}[{i}]"), message)?;
    }
    match messages.last().and_then(role) {
        Some("user" | "tool") => Ok(messages.clone()),
        last => Err(Error::invalid(
            path,
            &format!(
                "must end in a message of the user, not of role `{}`",
                last.unwrap_or_default()
            ),
        )),
    }
}

/// Returns whether the last message is a tool result. Such a conversation can be continued only by
/// the model that called the tool.
pub(super) fn ends_in_tool_result(messages: &[Value]) -> bool {
    messages.last().and_then(role) == Some("tool")
}

pub(super) fn role(message: &Value) -> Option<&str> {
    message.get("role").and_then(Value::as_str)
}

fn check(path: &str, message: &Value) -> Result<()> {
    let role = role(message).filter(|role| ROLES.contains(role));
    let Some(role) = role else {
        return Err(Error::invalid(
            &format!("{path}.role"),
            &format!("must be one of {}", ROLES.join(", ")),
        ));
    };
    if role == "tool" && !message.get("tool_call_id").is_some_and(Value::is_string) {
        return Err(Error::invalid(
            &format!("{path}.tool_call_id"),
            "is missing; it names the call that this is the result of",
        ));
    }
    let path = format!("{path}.content");
    match message.get("content") {
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(parts)) if !parts.is_empty() => {
            for (i, part) in parts.iter().enumerate() {
                let kind = part.get("type").and_then(Value::as_str);
                if !kind.is_some_and(|kind| PARTS.contains(&kind)) {
                    return Err(Error::invalid(
                        &format!("{path}[{i}].type"),
                        &format!("must be one of {}", PARTS.join(", ")),
                    ));
                }
            }
            Ok(())
        }
        // An assistant's message may have tool calls and no content.
        None | Some(Value::Null) if role == "assistant" => Ok(()),
        other => Err(Error::invalid(
            &path,
            &format!(
                "must be a string or an array of parts, got {}",
                describe_value(other.unwrap_or(&Value::Null))
            ),
        )),
    }
}
