//! Collects the reasoning details that the next request must send back with the results of tools.
//!
//! Specification: <https://openrouter.ai/docs/use-cases/reasoning-tokens>

use std::mem::take;

use crate::json::{Json, Map, Value};

/// Upper limit for the fields of a reasoning detail that is merged. Each field is looked up among
/// all others, and a line of 8 MiB can hold a million fields.
const MAX_MERGED_FIELDS: usize = 64;

/// The reasoning details of one response.
#[derive(Debug, Default)]
pub(super) struct ReasoningDetails {
    details: Vec<Value>,
    bytes: usize,
}

impl ReasoningDetails {
    /// Returns the size of the details, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes the details.
    pub(super) fn take(&mut self) -> Vec<Value> {
        take(&mut self.details)
    }

    /// Adds a detail. If it continues the text of the last detail, merges the two.
    pub(super) fn add(&mut self, detail: Json<'_>) {
        self.bytes += detail.raw().len();
        let Ok(Value::Object(detail)) = detail.raw().parse() else {
            return;
        };
        let is_continued_by = |open: &Map, name: &str| {
            open.get("index") == detail.get("index")
                && open.get("type") == detail.get("type")
                && open.contains_key(name)
                && detail.contains_key(name)
        };
        let open = self
            .details
            .last_mut()
            .and_then(Value::as_object_mut)
            .filter(|open| open.len().max(detail.len()) <= MAX_MERGED_FIELDS);
        let target = open.and_then(|open| {
            Some((
                ["text", "summary", "data", "thinking"]
                    .into_iter()
                    .find(|name| is_continued_by(open, name))?,
                open,
            ))
        });
        let Some((name, open)) = target else {
            return self.details.push(detail.into());
        };
        for (field, value) in detail {
            match (open.get_mut(&field), value) {
                (Some(Value::String(text)), Value::String(more)) if field == name => {
                    text.push_str(&more)
                }
                (_, Value::Null) => {}
                (_, value) => open.insert(&field, value),
            }
        }
    }
}
