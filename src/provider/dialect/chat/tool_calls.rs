//! Collects the tool calls of a response, whose parts arrive interleaved.
//!
//! In: parts of `tool_calls`. Out: whole calls, and the form in which the next request sends them
//! back.

use std::borrow::Cow;
use std::mem::take;

use crate::json::{Json, Map, Value, json};
use crate::result::ToolCall;

/// Upper limit for the tool calls of one turn. Further calls are ignored.
const MAX_CALLS: usize = 1_000;

/// Returns a tool call in the form of an assistant message.
pub(super) fn to_value(call: &ToolCall) -> Value {
    let function = json!({"name": &call.name, "arguments": &call.arguments});
    json!({"id": &call.id, "type": "function", "function": function})
}

/// The tool calls of one response.
#[derive(Debug, Default)]
pub(super) struct ToolCalls {
    calls: Vec<PartialCall>,
}

/// A tool call whose parts are still arriving.
#[derive(Debug)]
struct PartialCall {
    index: Option<u64>,
    call: ToolCall,
    /// Fields beyond those of OpenAI, such as Google's signature of the reasoning. The next request
    /// must send them back.
    extra: Map,
    /// The same of the field `function`.
    function_extra: Map,
    extra_bytes: usize,
}

/// Upper limit for the unknown fields of a call. Each field is looked up among all others.
const MAX_EXTRA_FIELDS: usize = 16;

impl PartialCall {
    /// Reads the fields that OpenAI does not have. A later part replaces a field.
    fn read_extra(&mut self, part: Json<'_>, function: Json<'_>) {
        let known = ["index", "id", "type", "function"];
        self.extra_bytes += add_unknown(&mut self.extra, part, &known);
        let known = ["name", "arguments"];
        self.extra_bytes += add_unknown(&mut self.function_extra, function, &known);
    }
}

/// Adds the fields of `json` that are not `known`, and returns their size in bytes.
fn add_unknown(extra: &mut Map, json: Json<'_>, known: &[&str]) -> usize {
    let mut bytes = 0;
    for (name, value) in json.entries().filter(|(name, _)| !known.contains(name)) {
        let is_blank = matches!(value.raw(), "null" | "{}" | "[]" | "\"\"");
        let is_full = extra.len() >= MAX_EXTRA_FIELDS && !extra.contains_key(name);
        if is_blank || is_full {
            continue;
        }
        if let Ok(value) = value.raw().parse() {
            extra.insert(name, value);
        }
        bytes += value.raw().len();
    }
    bytes
}

impl ToolCalls {
    /// Reads a part of a tool call. Parts of one call share an index. Some servers send no index,
    /// but whole calls.
    pub(super) fn read_tool_call(&mut self, part: Json<'_>) {
        let [index, id, function] = part.fields(["index", "id", "function"]);
        let (index, id) = (index.and_then(Json::as_u64), id.and_then(Json::words));
        let Some(open) = self.open_call(index, id) else {
            return;
        };
        let function = function.unwrap_or_default();
        let [name, arguments] = function.fields(["name", "arguments"]);
        open.call
            .name
            .push_str(&name.and_then(Json::str).unwrap_or_default());
        match arguments {
            Some(object) if object.raw().starts_with('{') => {
                open.call.arguments.push_str(object.raw())
            }
            text => open
                .call
                .arguments
                .push_str(&text.and_then(Json::str).unwrap_or_default()),
        }
        open.read_extra(part, function);
    }

    /// Returns the call that a part belongs to, and adds the call if it is new. Returns `None` if
    /// there are too many calls.
    fn open_call(
        &mut self,
        index: Option<u64>,
        id: Option<Cow<'_, str>>,
    ) -> Option<&mut PartialCall> {
        let is_same = |open: &PartialCall| {
            if index.is_some() {
                open.index == index
            } else {
                id.as_ref().is_none_or(|id| open.call.id == **id)
            }
        };
        let open = self.calls.iter().rposition(is_same);
        // Each part is looked up among all calls, so an endless list of calls would block the page.
        if open.is_none() && self.calls.len() >= MAX_CALLS {
            return None;
        }
        let at = open.unwrap_or_else(|| {
            let generated_id = || format!("call_{}", self.calls.len());
            let call = ToolCall {
                id: id.map_or_else(generated_id, Cow::into_owned),
                name: String::new(),
                arguments: String::new(),
            };
            self.calls.push(PartialCall {
                index,
                call,
                extra: Map::new(),
                function_extra: Map::new(),
                extra_bytes: 0,
            });
            self.calls.len() - 1
        });
        self.calls.get_mut(at)
    }

    /// Returns the size of the calls, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.calls
            .iter()
            .map(|call| call.call.name.len() + call.call.arguments.len() + call.extra_bytes)
            .sum()
    }

    /// Returns the calls with their unknown fields, in the form of an assistant message. Returns
    /// `None` if no call has such fields.
    pub(super) fn signed_value(&self) -> Option<Value> {
        let to_signed = |call: &PartialCall| {
            let mut value = to_value(&call.call);
            if let Some(fields) = value.as_object_mut() {
                fields.extend(call.extra.clone());
            }
            if let Some(function) = value.get_mut("function").and_then(Value::as_object_mut) {
                function.extend(call.function_extra.clone());
            }
            value
        };
        let is_signed = self
            .calls
            .iter()
            .any(|call| !call.extra.is_empty() || !call.function_extra.is_empty());
        is_signed.then(|| self.calls.iter().map(to_signed).collect())
    }

    /// Takes the calls, in the model's order.
    pub(super) fn take(&mut self) -> Vec<ToolCall> {
        take(&mut self.calls)
            .into_iter()
            .map(|call| call.call)
            .collect()
    }
}
