//! Collects the fields of a message that the next request must send back, beside the calls and the
//! reasoning.
//!
//! `extra_content` has [Google's signatures](https://ai.google.dev/gemini-api/docs/thought-signatures)
//! of a text. `provider_specific_fields` and `thinking_blocks` are
//! [LiteLLM's](https://docs.litellm.ai/docs/reasoning_content).

use crate::json::{Json, Map, Value};
use crate::provider::dialect::chat::reasoning_details::ReasoningDetails;

/// The fields of one response.
#[derive(Debug, Default)]
pub(super) struct SignedFields {
    extra_content: Option<Value>,
    provider_specific_fields: Option<Value>,
    thinking_blocks: ReasoningDetails,
    bytes: usize,
}

impl SignedFields {
    /// Reads the fields of a delta.
    pub(super) fn read(&mut self, delta: Json<'_>) {
        let [extra, specific, blocks] = delta.fields([
            "extra_content",
            "provider_specific_fields",
            "thinking_blocks",
        ]);
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
