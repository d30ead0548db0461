//! Converts a conversation to the `input` items of the Responses API.
//!
//! In: messages in the form of Chat Completions, and the steps of a tool loop. Out: items, and
//! tools in the form of this dialect. Specification:
//! <https://platform.openai.com/docs/api-reference/responses/create#responses-create-input>

use crate::json::{Value, json};
use crate::provider::conversation::SIGNED;
use crate::provider::dialect::types::Step;
use crate::provider::registry::Vendor;
use crate::result::ToolCall;

/// Appends the items of a message. A message becomes one item and an item for each tool call. A
/// tool result becomes one item.
pub(super) fn add_message(message: &Value, vendor: Vendor, items: &mut Vec<Value>) {
    let [role, call_id] = ["role", "tool_call_id"].map(|name| text(message, name));
    let signed = message.field(SIGNED).field("content");
    if role == "assistant" && signed.is_array() {
        return add_signed(message, signed.elements(), vendor, items);
    }
    let content = message
        .get("content")
        .filter(|content| !content.is_null())
        .or_else(|| message.get("refusal"));
    let content = content
        .map(|content| self::content(role, content))
        .unwrap_or_default();
    if role == "tool" {
        return items
            .push(json!({"type": "function_call_output", "call_id": call_id, "output": content}));
    }
    if role != "assistant" || !(content.is_null() || content == "") {
        items.push(json!({"type": "message", "role": role, "content": content}));
    }
    for call in message.field("tool_calls").elements() {
        let function = call.field("function");
        items.push(function_call(
            text(call, "id"),
            text(function, "name"),
            text(function, "arguments"),
            vendor,
        ));
    }
}

/// Appends the items that a model wrote. Omits items of other types, because a client may have
/// added them.
fn add_signed(message: &Value, signed: &[Value], vendor: Vendor, items: &mut Vec<Value>) {
    let is_own = |item: &&Value| match text(item, "type") {
        "message" => text(item, "role") == "assistant",
        kind => kind == "reasoning" || kind.ends_with("_call"),
    };
    let call = |call: &Value| {
        let function = call.field("function");
        ToolCall {
            id: text(call, "id").to_owned(),
            name: text(function, "name").to_owned(),
            arguments: text(function, "arguments").to_owned(),
        }
    };
    let step = Step {
        text: text(message, "content").to_owned(),
        calls: message
            .field("tool_calls")
            .elements()
            .iter()
            .map(call)
            .collect(),
        continuation: signed.iter().filter(is_own).cloned().collect(),
        results: Vec::new(),
    };
    add_step(&step, vendor, items);
}

/// Converts the content of a message. If a model or a tool wrote the message, joins its texts to
/// one string, because OpenRouter requires types and ids for parts.
fn content(role: &str, content: &Value) -> Value {
    let Some(parts) = content.as_array() else {
        return content.clone();
    };
    match role {
        "assistant" | "tool" => texts(parts).map(Value::from),
        _ => None,
    }
    .unwrap_or_else(|| parts.iter().map(part).collect())
}

/// Returns the joined texts. If any part is not text, returns `None`.
fn texts(parts: &[Value]) -> Option<String> {
    let mut texts = String::new();
    for part in parts {
        texts.push_str(part.field("text").as_str()?);
    }
    Some(texts)
}

/// Converts a content part of a user message.
fn part(part: &Value) -> Value {
    match text(part, "type") {
        "text" => json!({"type": "input_text", "text": part.get("text")}),
        "image_url" => {
            let image = part.get("image_url");
            let field = |name| image.and_then(|image| image.get(name));
            let detail = field("detail").cloned().unwrap_or("auto".into());
            json!({"type": "input_image", "image_url": field("url").or(image), "detail": detail})
        }
        "file" => {
            let mut file = part
                .get("file")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default();
            // OpenRouter's Chat Completions accepts a URL in `file_data`. This dialect has the
            // field `file_url` for a URL, and rejects a file name with a URL.
            if file
                .get("file_data")
                .and_then(Value::as_str)
                .is_some_and(|data| data.starts_with("http"))
            {
                let url = file.remove("file_data").unwrap_or_default();
                file.remove("filename");
                file.insert("file_url", url);
            }
            file.insert("type", "input_file".into());
            file.into()
        }
        _ => part.clone(),
    }
}

/// Returns a tool call as an item.
fn function_call(id: &str, name: &str, arguments: &str, vendor: Vendor) -> Value {
    let mut call =
        json!({"type": "function_call", "call_id": id, "name": name, "arguments": arguments});
    // OpenRouter also requires an `id` for the item. OpenAI would accept an id of this form too.
    if let (Vendor::OpenRouter, Value::Object(call)) = (vendor, &mut call) {
        call.insert("id", format!("fc_{id}").into());
    }
    call
}

/// Appends an assistant's turn and its tool results. Sends back all items of the turn, because
/// OpenAI rejects reasoning without the items that followed it.
pub(super) fn add_step(step: &Step, vendor: Vendor, items: &mut Vec<Value>) {
    let is = |item: &Value, kind: &str| text(item, "type") == kind;
    // Requests ask vendors that can store responses not to store them. Therefore such a vendor
    // recognises reasoning only if the reasoning is encrypted.
    let is_known = |item: &Value| {
        !vendor.stores_responses()
            || !is(item, "reasoning")
            || !text(item, "encrypted_content").is_empty()
    };
    let has_result = |item: &&Value| {
        !is(item, "function_call")
            || step
                .calls
                .iter()
                .any(|call| text(item, "call_id") == call.id)
    };
    if step.continuation.is_empty() || !step.continuation.iter().all(is_known) {
        if !step.text.is_empty() {
            items.push(json!({"type": "message", "role": "assistant", "content": &step.text}));
        }
        for call in &step.calls {
            items.push(function_call(&call.id, &call.name, &call.arguments, vendor));
        }
    } else {
        step.continuation
            .iter()
            .filter(has_result)
            .for_each(|item| items.push(item.clone()));
    }
    for (call, result) in step.calls.iter().zip(&step.results) {
        items.push(
            json!({"type": "function_call_output", "call_id": &call.id, "output": &result.content}),
        );
    }
}

/// Moves the fields of a nested object one level up. Returns `{"type":"function","name":"f"}` for
/// the form of Chat Completions, `{"type":"function","function":{"name":"f"}}`.
pub(super) fn flat(value: &Value) -> Value {
    let kind = text(value, "type");
    let Some(inner) = value.get(kind).and_then(Value::as_object) else {
        return value.clone();
    };
    let mut flat = inner.clone();
    flat.insert("type", kind.into());
    flat.into()
}

/// Converts a function tool to the form of this dialect. If `strict` or the parameters are missing,
/// adds the defaults of Chat Completions: `strict` is false, and the function has no parameters.
pub(super) fn function(tool: &Value) -> Value {
    let mut tool = flat(tool);
    if let Value::Object(tool) = &mut tool {
        for (name, default) in [
            ("strict", json!(false)),
            ("parameters", json!({"type": "object", "properties": {}})),
        ] {
            if !tool.contains_key(name) {
                tool.insert(name, default);
            }
        }
    }
    tool
}

/// Returns a string field, or an empty string.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
