//! Collects fields of a message that the next request must send back. The modules `tool_calls` and
//! `reasoning_details` collect tool calls and reasoning.
//!
//! `extra_content` contains [Google's
//! signatures](https://ai.google.dev/gemini-api/docs/thought-signatures) of a text.
//! [LiteLLM](https://docs.litellm.ai/docs/reasoning_content) sends `provider_specific_fields` and
//! `thinking_blocks`.

use crate::json::{Json, Map, Value};
use crate::provider::dialect::chat::reasoning_details::ReasoningDetails;

/// The names of the fields that are collected.
pub(super) const NAMES: [&str; 3] = [
    "extra_content",
    "provider_specific_fields",
    "thinking_blocks",
];

/// The collected fields of one response.
#[derive(Debug, Default)]
pub(super) struct SignedFields {
    extra_content: Option<Value>,
    provider_specific_fields: Option<Value>,
    thinking_blocks: ReasoningDetails,
    bytes: usize,
}

impl SignedFields {
    /// Reads the fields [`NAMES`] of a delta.
    pub(super) fn read(&mut self, [extra, specific, blocks]: [Option<Json<'_>>; NAMES.len()]) {
        for (json, slot) in [
            (extra, &mut self.extra_content),
            (specific, &mut self.provider_specific_fields),
        ] {
            if let Some(json) =
                json.filter(|json| json.raw().starts_with('{') && json.raw() != "{}")
            {
                self.bytes += json.raw().len();
                *slot = json.raw().parse().ok();
            }
        }
        for block in blocks.unwrap_or_default().items() {
            self.thinking_blocks.add(block);
        }
    }

    /// Returns the size of the fields, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.thinking_blocks.bytes()
    }

    /// Moves the fields into a message.
    pub(super) fn move_into(&mut self, message: &mut Map) {
        message.set("extra_content", self.extra_content.take());
        message.set(
            "provider_specific_fields",
            self.provider_specific_fields.take(),
        );
        let blocks = self.thinking_blocks.take();
        message.set(
            "thinking_blocks",
            (!blocks.is_empty()).then_some(Value::Array(blocks)),
        );
    }
}

/// Maximum number of unknown fields of a tool call. The number is limited, because each field is
/// compared with all others.
const MAX_CALL_FIELDS: usize = 16;

/// Fields of a tool call that OpenAI's API does not have, such as Google's signature of the
/// reasoning. The next request must send these fields back.
#[derive(Debug, Default)]
pub(super) struct SignedCallFields {
    call: Map,
    function: Map,
}

impl SignedCallFields {
    /// Reads the unknown fields of a part of a tool call, and returns their size in bytes. If a
    /// later part repeats a field, its value replaces the earlier value.
    pub(super) fn read(&mut self, part: Json<'_>) -> usize {
        let known = ["index", "id", "type", "function", "name", "arguments"];
        let function = part.get("function").unwrap_or_default();
        add_unknown(&mut self.call, part, &known)
            + add_unknown(&mut self.function, function, &["name", "arguments"])
    }

    /// Returns whether the call has no unknown fields.
    pub(super) fn is_empty(&self) -> bool {
        self.call.is_empty() && self.function.is_empty()
    }

    /// Adds the fields to a tool call of an assistant's message.
    pub(super) fn add_to(&self, call: &mut Value) {
        if let Some(fields) = call.as_object_mut() {
            fields.extend(self.call.clone());
        }
        if let Some(fields) = call.get_mut("function").and_then(Value::as_object_mut) {
            fields.extend(self.function.clone());
        }
    }
}

/// Adds the fields of `json` whose names are not in `known`, and returns their size in bytes.
fn add_unknown(fields: &mut Map, json: Json<'_>, known: &[&str]) -> usize {
    let mut bytes = 0;
    for (name, value) in json.entries().filter(|(name, _)| !known.contains(name)) {
        let is_blank = matches!(value.raw(), "null" | "{}" | "[]" | "\"\"");
        let is_full = fields.len() >= MAX_CALL_FIELDS && !fields.contains_key(name);
        if is_blank || is_full {
            continue;
        }
        if let Ok(value) = value.raw().parse() {
            fields.insert(name, value);
        }
        bytes += value.raw().len();
    }
    bytes
}
