//! Builds the assistant's message for an answer. The next request sends this message back to the
//! model.

use crate::json::{Map, Value, json};
use crate::plan::ModelTarget;
use crate::provider::conversation::{SIGNED, Signer};
use crate::provider::dialect::Dialect;
use crate::result::ToolCall;

/// A model's answer.
pub(super) struct Answer<'a> {
    /// The text of all turns of the tool loop.
    pub text: &'a str,
    /// The part of `text` that earlier turns of the tool loop wrote.
    pub earlier_text: &'a str,
    /// Tool calls that the caller runs.
    pub calls: &'a [ToolCall],
    /// The signed parts of the provider's response, which the next request must send back.
    pub continuation: Vec<Value>,
}

/// Returns the assistant's message for the next request. If the response has no signed parts,
/// returns `None`. Signed parts are thinking and calls with a signature of the provider.
///
/// In Chat Completions, signed parts are fields of the message. In the other dialects they are
/// blocks or items, stored in [`SIGNED`].
pub(super) fn signed_message(model: &ModelTarget, answer: Answer<'_>) -> Option<Value> {
    if answer.continuation.is_empty() {
        return None;
    }
    let mut message = plain_message(answer.text, answer.calls);
    let mut signed = Signer::of(&model.provider, &model.model).to_value();
    if model.provider.dialect == Dialect::Chat {
        for fields in answer.continuation.iter().filter_map(Value::as_object) {
            message.extend(fields.clone());
        }
    } else {
        let content = with_earlier_text(answer.continuation, answer.earlier_text);
        signed.insert("content", Value::Array(content));
    }
    message.insert(SIGNED, signed.into());
    Some(message.into())
}

/// Returns the message of an answer without signed parts.
pub(crate) fn plain_message(text: &str, calls: &[ToolCall]) -> Map {
    let mut message = Map::new();
    message.add("role", "assistant".into());
    let has_content = !text.is_empty() || calls.is_empty();
    message.add(
        "content",
        if has_content {
            text.into()
        } else {
            Value::Null
        },
    );
    if !calls.is_empty() {
        let call = |call: &ToolCall| {
            let function = json!({"name": &call.name, "arguments": &call.arguments});
            json!({"id": &call.id, "type": "function", "function": function})
        };
        message.add("tool_calls", calls.iter().map(call).collect());
    }
    message
}

/// Inserts the text of earlier turns after the thinking blocks, because Anthropic requires that a
/// message starts with its thinking blocks.
fn with_earlier_text(mut content: Vec<Value>, text: &str) -> Vec<Value> {
    if text.trim().is_empty() {
        return content;
    }
    let kind = |part: &Value| part.get("type").and_then(Value::as_str).map(str::to_owned);
    let is_block = |part: &&Value| kind(part).is_some_and(|kind| kind.ends_with("thinking"));
    let is_item = content.iter().any(|part| {
        kind(part).is_some_and(|kind| matches!(&*kind, "reasoning" | "function_call" | "message"))
    });
    let (at, part) = if is_item {
        let part = json!({"type": "message", "role": "assistant", "content": text});
        (0, part)
    } else {
        let at = content.iter().take_while(is_block).count();
        (at, json!({"type": "text", "text": text}))
    };
    content.insert(at, part);
    content
}
