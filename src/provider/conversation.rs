//! Prepares the conversation for one model. Replaces or removes parts that the model's server does
//! not accept. Removes parts that another model signed.
//!
//! In: messages in the form of Chat Completions, an [`Adaptation`] and the model. Out: the messages
//! to encode.
//!
//! Malformed arguments of earlier tool calls become an empty object, because some servers parse
//! these arguments and refuse malformed ones.

use std::borrow::Cow;

use crate::json::{Map, Value, json};
use crate::provider::adaptation::{Adaptation, SystemRole};
use crate::provider::dialect::{Dialect, ModelRequest};
use crate::provider::{Provider, content, tools};
use crate::result::ToolCall;

/// The field of an assistant's message that names the model that signed the message. This field
/// also contains the parts that the next request must send back unchanged.
pub(crate) const SIGNED: &str = "signed";

/// The model that signed a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signer<'a> {
    provider: &'a str,
    model: &'a str,
    dialect: &'static str,
}

impl<'a> Signer<'a> {
    pub(crate) fn of(provider: &'a Provider, model: &'a str) -> Self {
        Self {
            provider: &provider.name,
            model,
            dialect: provider.dialect.name(),
        }
    }

    /// Returns the value of the field [`SIGNED`] for this model.
    pub(crate) fn to_value(self) -> Map {
        let mut signed = Map::new();
        signed.add("provider", self.provider.into());
        signed.add("model", self.model.into());
        signed.add("dialect", self.dialect.into());
        signed
    }

    /// Returns whether this model has signed the message.
    fn has_signed(self, signed: &Value) -> bool {
        let is = |name: &str, value: &str| signed.get(name).is_some_and(|found| found == value);
        is("provider", self.provider) && is("model", self.model) && is("dialect", self.dialect)
    }
}

/// Returns whether the text of system messages is sent in the user's message.
pub(super) fn merges_system(provider: &Provider, request: &ModelRequest<'_>) -> bool {
    provider.dialect == Dialect::Chat && request.adaptation.system == SystemRole::User
}

/// Returns the messages of a request in the form that the model accepts.
pub(crate) fn prepare<'a>(provider: &Provider, request: &ModelRequest<'a>) -> Cow<'a, [Value]> {
    let ModelRequest {
        messages,
        adaptation,
        ..
    } = *request;
    let is_adapted = *adaptation != Adaptation::default();
    let is_plain = |message: &Value| {
        !is_adapted
            && message.get(SIGNED).is_none()
            && message.get("tool_calls").is_none()
            && (provider.vendor.accepts_developer() || !is_role(message, "developer"))
    };
    if messages.iter().all(is_plain) {
        return Cow::Borrowed(messages);
    }
    let mut prepared = Vec::with_capacity(messages.len() + 1);
    let system = request.system.filter(|_| merges_system(provider, request));
    prepared.extend(system.map(|text| json!({"role": "system", "content": text})));
    for message in messages {
        match message {
            Value::Object(message) => {
                prepared.push(prepare_message(message.clone(), provider, request).into())
            }
            other => prepared.push(other.clone()),
        }
    }
    if adaptation.system == SystemRole::User {
        prepared = merge_system(prepared);
    }
    Cow::Owned(prepared)
}

fn prepare_message(mut message: Map, provider: &Provider, request: &ModelRequest<'_>) -> Map {
    let ModelRequest {
        adaptation,
        functions,
        ..
    } = *request;
    if let Some(signed) = message.get_mut(SIGNED) {
        if Signer::of(provider, request.model).has_signed(signed) {
            repair_content(signed.get_mut("content"), functions);
        } else {
            message.retain(|name, _| UNSIGNED.contains(&name));
            remove_signatures(&mut message);
        }
    }
    if provider.dialect == Dialect::Chat {
        message.remove(SIGNED);
    }
    repair_calls(message.get_mut("tool_calls"), functions);
    let is_developer = message.get("role").is_some_and(|role| role == "developer");
    let accepts_developer =
        provider.vendor.accepts_developer() && adaptation.system == SystemRole::Usual;
    if is_developer && !accepts_developer {
        message.insert("role", "system".into());
    }
    if !adaptation.message_fields.is_empty() {
        if adaptation
            .message_fields
            .iter()
            .any(|field| field == "name")
        {
            message.remove("name");
        }
        remove_fields(&mut message, &adaptation.message_fields);
    }
    if adaptation.joins_text
        && let Some(text) = message.get("content").and_then(content::joined)
    {
        message.insert("content", text.into());
    }
    message
}

/// Fields of an assistant's message that every model accepts.
const UNSIGNED: [&str; 5] = ["role", "content", "tool_calls", "refusal", "name"];

/// Removes all fields of tool calls that some models do not accept.
fn remove_signatures(message: &mut Map) {
    let Some(Value::Array(calls)) = message.get_mut("tool_calls") else {
        return;
    };
    for call in calls.iter_mut().filter_map(Value::as_object_mut) {
        call.retain(|name, _| matches!(name, "id" | "type" | "function"));
    }
}

/// Removes fields at any depth. Does not look into the values of unknown fields.
fn remove_fields(object: &mut Map, names: &[String]) {
    let is_refused = |name: &str| name != "name" && names.iter().any(|refused| refused == name);
    object.retain(|name, _| !is_refused(name));
    for name in ["content", "tool_calls", "function", "image_url", "file"] {
        match object.get_mut(name) {
            Some(Value::Object(inner)) => remove_fields(inner, names),
            Some(Value::Array(parts)) => parts
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(|part| remove_fields(part, names)),
            _ => {}
        }
    }
}

/// Repairs the tool calls of an assistant's message, because strict servers refuse malformed
/// arguments and names.
fn repair_calls(calls: Option<&mut Value>, functions: &[Value]) {
    let Some(Value::Array(calls)) = calls else {
        return;
    };
    for function in calls.iter_mut().filter_map(|call| call.get_mut("function")) {
        repair_function(function, functions);
    }
}

/// Repairs the tool calls in signed parts: fields of Chat Completions, items of Responses or blocks
/// of Messages.
pub(crate) fn repair_signed(parts: &mut [Value], functions: &[Value]) {
    for part in parts {
        match part.get("type").and_then(Value::as_str) {
            Some("function_call") => repair_function(part, functions),
            // In a `tool_use` block, the arguments are always an object.
            Some("tool_use") => repair_name(part.as_object_mut(), functions),
            _ => repair_calls(part.get_mut("tool_calls"), functions),
        }
    }
}

fn repair_content(content: Option<&mut Value>, functions: &[Value]) {
    if let Some(Value::Array(parts)) = content {
        repair_signed(parts, functions);
    }
}

/// Replaces malformed arguments and invalid names. `function` has the fields `name` and
/// `arguments`.
fn repair_function(function: &mut Value, functions: &[Value]) {
    let Some(fields) = function.as_object_mut() else {
        return;
    };
    let text = match fields.get("arguments") {
        Some(Value::String(text)) => object_text(text).map(str::to_owned),
        Some(object @ Value::Object(_)) => Some(object.to_string()),
        _ => None,
    };
    fields.insert("arguments", text.unwrap_or_else(|| "{}".to_owned()).into());
    repair_name(Some(fields), functions);
}

fn repair_name(fields: Option<&mut Map>, functions: &[Value]) {
    let Some(fields) = fields else {
        return;
    };
    if let Some(name) = fields.get("name").and_then(Value::as_str)
        && let Cow::Owned(name) = valid_name(name, functions)
    {
        fields.insert("name", name.into());
    }
}

/// Returns a copy of a tool call with valid arguments and a valid name.
pub(crate) fn repaired(call: &ToolCall, functions: &[Value]) -> ToolCall {
    ToolCall {
        id: call.id.clone(),
        name: valid_name(&call.name, functions).into_owned(),
        arguments: object_text(&call.arguments).unwrap_or("{}").to_owned(),
    }
}

/// Returns the arguments of a tool call if they are a JSON object.
pub(crate) fn object_text(arguments: &str) -> Option<&str> {
    let is_object = arguments
        .parse::<Value>()
        .is_ok_and(|value| value.is_object());
    is_object.then_some(arguments)
}

/// Maximum number of characters in the name of a function.
const NAME_CHARS: usize = 64;

/// Returns the name in a form that servers accept: each refused character becomes `_`. If the
/// request offers a function with this name, keeps the name.
fn valid_name<'a>(name: &'a str, functions: &[Value]) -> Cow<'a, str> {
    let is_valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let is_offered = functions
        .iter()
        .any(|function| tools::function_name(function) == Some(name));
    if is_offered || (1..=NAME_CHARS).contains(&name.len()) && name.chars().all(is_valid) {
        return Cow::Borrowed(name);
    }
    let replaced = name
        .chars()
        .take(NAME_CHARS)
        .map(|c| if is_valid(c) { c } else { '_' })
        .collect::<String>();
    Cow::Owned(if replaced.is_empty() {
        "unknown".to_owned()
    } else {
        replaced
    })
}

/// Moves the text of system messages to the beginning of the user's next message.
fn merge_system(messages: Vec<Value>) -> Vec<Value> {
    let mut merged = Vec::with_capacity(messages.len());
    let mut instructions = String::new();
    for mut message in messages {
        if is_role(&message, "system") {
            let content = message.field("content");
            let text = content
                .as_str()
                .map(str::to_owned)
                .or_else(|| content::joined(content));
            instructions.push_str(&text.unwrap_or_default());
            instructions.push_str("\n\n");
            continue;
        }
        if is_role(&message, "user") && !instructions.is_empty() {
            prepend(&mut message, std::mem::take(&mut instructions));
        }
        merged.push(message);
    }
    if !instructions.is_empty() {
        merged.push(json!({"role": "user", "content": instructions.trim_end()}));
    }
    merged
}

/// Inserts text before the content of a message.
fn prepend(message: &mut Value, mut text: String) {
    match message.get_mut("content") {
        Some(Value::String(content)) => {
            text.push_str(content);
            *content = text;
        }
        Some(Value::Array(parts)) => {
            parts.insert(0, json!({"type": "text", "text": text.trim_end()}));
        }
        _ => {}
    }
}

fn is_role(message: &Value, role: &str) -> bool {
    message.get("role").is_some_and(|sent| sent == role)
}
