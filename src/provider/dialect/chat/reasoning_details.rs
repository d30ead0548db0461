//! Collects reasoning details. The next request must send them back with the tool results.
//!
//! Specification: <https://openrouter.ai/docs/use-cases/reasoning-tokens>

use std::mem::take;

use crate::event::ToolStatus;
use crate::json::{Json, Map, Value};
use crate::provider::dialect::types::StreamPart;

/// Maximum number of fields of a reasoning detail. A detail with more fields is not merged with
/// another detail. Merging compares each field with all others, and a line of 8 MiB can contain a
/// million fields.
const MAX_MERGED_FIELDS: usize = 64;

/// The reasoning details of one response.
#[derive(Debug, Default)]
pub(super) struct ReasoningDetails {
    details: Vec<Value>,
    bytes: usize,
    text_bytes: usize,
    encrypted_bytes: usize,
}

impl ReasoningDetails {
    /// Returns the size of the details, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the size of the readable reasoning, in bytes.
    pub(super) fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// Returns the size of the encrypted reasoning, in bytes. No stream part contains it.
    pub(super) fn encrypted_bytes(&self) -> usize {
        self.encrypted_bytes
    }

    /// Takes the details.
    pub(super) fn take(&mut self) -> Vec<Value> {
        take(&mut self.details)
    }

    /// Reads the field `reasoning_details`. Returns whether a detail is a call of a tool that
    /// OpenRouter ran.
    pub(super) fn read(&mut self, details: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) -> bool {
        let mut has_call = false;
        for detail in details.items() {
            if detail.text("type").as_deref() == Some("reasoning.server_tool_call") {
                has_call = true;
                read_hosted_tool(detail, on);
            }
            self.add(detail);
        }
        has_call
    }

    /// Adds a detail. If the detail continues the text of the last detail, merges both.
    pub(super) fn add(&mut self, detail: Json<'_>) {
        self.bytes += detail.raw().len();
        let Ok(Value::Object(detail)) = detail.raw().parse() else {
            return;
        };
        let length = |name: &str| detail.get(name).and_then(Value::as_str).map_or(0, str::len);
        self.text_bytes += length("text") + length("summary");
        self.encrypted_bytes += length("data");
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

/// Reads the call of a tool that OpenRouter ran.
fn read_hosted_tool(detail: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
    let [name, arguments, result] = detail
        .fields(&["tool_name", "arguments", "result"])
        .map(|field| field.and_then(Json::str).unwrap_or_default());
    if name.is_empty() {
        return;
    }
    let [status, error, url, title] = Json::parse(&result)
        .unwrap_or_default()
        .fields(&["status", "error", "url", "title"]);
    let failed = error.is_some() || status.is_some_and(|status| status.raw() == "\"failed\"");
    let status = if failed {
        ToolStatus::Failed
    } else {
        ToolStatus::Completed
    };
    on(StreamPart::Tool {
        name: &name,
        status,
        input: &arguments,
    });
    // A page that the tool opened is a source, even without a citation.
    if name.ends_with("web_fetch") && !failed {
        let asked_for = Json::parse(&arguments).and_then(|arguments| arguments.get("url"));
        if let Some(url) = url.or(asked_for).and_then(Json::words) {
            on(StreamPart::Source {
                url: &url,
                title: &title.and_then(Json::str).unwrap_or_default(),
            });
        }
    }
}
