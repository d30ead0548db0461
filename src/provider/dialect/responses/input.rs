//! A conversation in chat's form becomes items of this dialect.
//! <https://platform.openai.com/docs/api-reference/responses/create#responses-create-input>

use crate::json::{Value, json};

use super::Step;
use crate::provider::registry::Vendor;

/// Adds what a message of a chat is here: a message, and an item for each call, or the result of one.
pub fn add_message(message: &Value, vendor: Vendor, items: &mut Vec<Value>) {
    let [role, call_id] = ["role", "tool_call_id"].map(|name| text(message, name));
    let content = message.get("content").filter(|content| !content.is_null()).or_else(|| message.get("refusal"));
    let content = content.map(|content| self::content(role, content)).unwrap_or_default();
    if role == "tool" {
        return items.push(json!({"type": "function_call_output", "call_id": call_id, "output": content}));
    }
    if role != "assistant" || !(content.is_null() || content == "") {
        items.push(json!({"type": "message", "role": role, "content": content}));
    }
    for call in message.field("tool_calls").elements() {
        let function = call.field("function");
        items.push(function_call(text(call, "id"), text(function, "name"), text(function, "arguments"), vendor));
    }
}

/// What a model wrote or a tool gave becomes a string: parts of it have types and ids of their own here, which OpenRouter insists on.
fn content(role: &str, content: &Value) -> Value {
    let Some(parts) = content.as_array() else { return content.clone() };
    match role {
        "assistant" | "tool" => texts(parts).map(Value::from),
        _ => None,
    }
    .unwrap_or_else(|| parts.iter().map(part).collect())
}

fn texts(parts: &[Value]) -> Option<String> {
    let mut texts = String::new();
    for part in parts {
        texts.push_str(part.field("text").as_str()?);
    }
    Some(texts)
}

fn part(part: &Value) -> Value {
    match text(part, "type") {
        "text" => json!({"type": "input_text", "text": part.get("text")}),
        "image_url" => {
            let image = part.get("image_url");
            let field = |name| image.and_then(|image| image.get(name));
            json!({"type": "input_image", "image_url": field("url").or(image), "detail": field("detail").unwrap_or(&"auto".into())})
        }
        "file" => {
            let mut file = part.get("file").and_then(Value::as_object).cloned().unwrap_or_default();
            // OpenRouter's chat takes an address in this place; here it has its own, and no name beside it.
            if file.get("file_data").and_then(Value::as_str).is_some_and(|data| data.starts_with("http")) {
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

fn function_call(id: &str, name: &str, arguments: &str, vendor: Vendor) -> Value {
    let mut call = json!({"type": "function_call", "call_id": id, "name": name, "arguments": arguments});
    // OpenRouter wants the item to have an id too, in whatever form OpenAI accepts.
    if let (Vendor::OpenRouter, Value::Object(call)) = (vendor, &mut call) {
        call.insert("id", format!("fc_{id}").into());
    }
    call
}

/// Adds an assistant's turn and what its tools gave. OpenAI refuses thinking without the very items that followed it, so it all goes back.
pub fn add_step(step: &Step, vendor: Vendor, items: &mut Vec<Value>) {
    let is = |item: &Value, kind: &str| text(item, "type") == kind;
    // Thinking that was neither stored nor encrypted is known to nobody.
    let is_known = |item: &Value| !super::stores(vendor) || !is(item, "reasoning") || !text(item, "encrypted_content").is_empty();
    let has_result = |item: &&Value| !is(item, "function_call") || step.calls.iter().any(|call| text(item, "call_id") == call.id);
    if step.continuation.is_empty() || !step.continuation.iter().all(is_known) {
        if !step.text.is_empty() {
            items.push(json!({"type": "message", "role": "assistant", "content": &step.text}));
        }
        for call in &step.calls {
            items.push(function_call(&call.id, &call.name, &call.arguments, vendor));
        }
    } else {
        step.continuation.iter().filter(has_result).for_each(|item| items.push(item.clone()));
    }
    for (call, result) in step.calls.iter().zip(&step.results) {
        items.push(json!({"type": "function_call_output", "call_id": &call.id, "output": &result.content}));
    }
}

/// Where chat says `{"type": T, T: {...}}`, this dialect has it all in one object.
pub fn flat(value: &Value) -> Value {
    let kind = text(value, "type");
    let Some(inner) = value.get(kind).and_then(Value::as_object) else { return value.clone() };
    let mut flat = inner.clone();
    flat.insert("type", kind.into());
    flat.into()
}

/// In chat `strict` is off unless set, and parameters may be absent.
pub fn function(tool: &Value) -> Value {
    let mut tool = flat(tool);
    if let Value::Object(tool) = &mut tool {
        for (name, default) in [("strict", json!(false)), ("parameters", json!({"type": "object", "properties": {}}))] {
            if !tool.contains_key(name) {
                tool.insert(name, default);
            }
        }
    }
    tool
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
