//! Collects one output item of a response.
//!
//! In: the events of the item, and its whole JSON at the end. Out: a call of a function tool, or
//! stream parts for a hosted tool. Specification:
//! <https://platform.openai.com/docs/api-reference/responses/object>

use std::borrow::Cow;

use crate::event::ToolStatus;
use crate::json::Json;
use crate::provider::dialect::types::StreamPart;

/// An output item whose parts are still arriving: a message, reasoning or a tool call.
#[derive(Debug, Default)]
pub(super) struct Item {
    pub kind: String,
    pub id: String,
    pub index: Option<u64>,
    /// The bits of the content parts whose text was received. Bit 0 is for part 0. If a part has no
    /// number, all bits are set.
    pub seen_text: u64,
    /// The bits of the content parts whose citations were received.
    pub seen_citations: u64,
    /// The high surrogate at the end of the last delta, if its low surrogate has not arrived yet.
    pub high: Option<u16>,
    pub call_id: String,
    pub name: String,
    pub arguments: String,
    /// The last reported status of a hosted tool, which the provider runs.
    pub reported: Option<ToolStatus>,
    /// The JSON of the completed item.
    pub raw: String,
}

impl Item {
    /// Returns whether the item is a call of a function tool.
    pub(super) fn is_tool_call(&self) -> bool {
        self.kind == "function_call"
    }

    /// Reads the fields of a function call. These fields replace the text of the earlier deltas.
    pub(super) fn read_tool_call(&mut self, json: Json<'_>) {
        let [call_id, name, arguments] = json.fields(&["call_id", "name", "arguments"]);
        let object = arguments
            .filter(|arguments| arguments.raw().starts_with('{'))
            .map(Json::raw);
        for (value, slot) in [
            (call_id, &mut self.call_id),
            (name, &mut self.name),
            (arguments, &mut self.arguments),
        ] {
            if let Some(text) = value.and_then(Json::words) {
                *slot = text.into_owned();
            }
        }
        if let Some(object) = object {
            object.clone_into(&mut self.arguments);
        }
        if arguments.is_some_and(|arguments| arguments.raw() != "\"\"") {
            self.high = None;
        }
    }

    /// Returns the text of a delta. See [`Json::continue_str`].
    pub(super) fn read_delta<'a>(&mut self, delta: Json<'a>) -> Cow<'a, str> {
        delta.continue_str(&mut self.high).unwrap_or_default()
    }

    /// Reads a call of a hosted tool. Reports its start once, and its end once.
    pub(super) fn read_hosted_tool(
        &mut self,
        status: ToolStatus,
        json: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        if self.reported.is_some_and(|reported| {
            reported != ToolStatus::Started || status == ToolStatus::Started
        }) {
            return;
        }
        let [action, state, error, code, url, title] =
            json.fields(&["action", "status", "error", "httpStatus", "url", "title"]);
        let has_failed = state
            .and_then(Json::str)
            .is_some_and(|state| matches!(&*state, "failed" | "incomplete"));
        let has_failed = has_failed
            || error.is_some()
            || code.and_then(Json::as_u64).is_some_and(|code| code >= 400);
        let status = if status == ToolStatus::Completed && has_failed {
            ToolStatus::Failed
        } else {
            status
        };
        self.reported = Some(status);
        let name = self.kind.strip_suffix("_call").unwrap_or(&self.kind);
        on(StreamPart::Tool {
            name,
            status,
            input: &input_of(json),
        });
        // A page that the tool opened is a source, even without a citation. A page that is only a
        // search result is not a source.
        let opened_url = action
            .and_then(|action| action.get("url"))
            .or(url.filter(|_| self.kind.ends_with("web_fetch")));
        if let Some(url) = opened_url
            .filter(|_| status == ToolStatus::Completed)
            .and_then(Json::words)
        {
            on(StreamPart::Source {
                url: &url,
                title: &title.and_then(Json::str).unwrap_or_default(),
            });
        }
    }
}

/// Returns the input of a tool as JSON.
fn input_of(json: Json<'_>) -> String {
    let [action, arguments] = json.fields(&["action", "arguments"]);
    if let Some(arguments) = arguments.and_then(Json::words) {
        return arguments.into_owned();
    }
    let names = ["query", "queries", "url", "pattern"];
    let mut input = String::new();
    for (name, value) in names.into_iter().zip(action.unwrap_or(json).fields(&names)) {
        if let Some(value) = value.filter(|value| value.raw() != "\"\"") {
            let before = if input.is_empty() { "{\"" } else { ",\"" };
            input.extend([before, name, "\":", value.raw()]);
        }
    }
    if !input.is_empty() {
        input.push('}');
    }
    input
}

/// Returns the parts of a reasoning item. These are the parts of its summary, or of its full
/// reasoning if there is no summary.
pub(super) fn reasoning_parts(json: Json<'_>) -> Json<'_> {
    json.fields(&["summary", "content"])
        .into_iter()
        .flatten()
        .find(|parts| parts.items().next().is_some())
        .unwrap_or_default()
}

/// Returns whether an item of this type is a call of a hosted tool, which the provider runs.
pub(super) fn is_hosted(kind: &str) -> bool {
    kind.contains(':')
        || (kind.ends_with("_call") && !matches!(kind, "function_call" | "custom_tool_call"))
}

/// Returns the bit of a content part. See [`Item::seen_text`].
pub(super) fn bit(part: Option<u64>) -> u64 {
    part.map_or(u64::MAX, |part| 1 << part.min(63))
}
