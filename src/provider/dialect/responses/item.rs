//! One item of an answer, in the making: a message, thinking, a call of a function, or of a tool that the provider runs.

use crate::event::ToolStatus;
use crate::json::Json;
use crate::provider::dialect::StreamPart;

/// A message, thinking or a call, in the making.
#[derive(Debug, Default)]
pub struct Item {
    pub kind: String,
    pub id: String,
    pub index: Option<u64>,
    /// One bit for each part of which something was heard; all of them where parts are not numbered.
    pub seen_text: u64,
    /// The same for sources.
    pub seen_citations: u64,
    pub call_id: String,
    pub name: String,
    pub arguments: String,
    /// What was last told of a tool that the provider runs.
    pub reported: Option<ToolStatus>,
    /// As it was when it was done.
    pub raw: String,
}

impl Item {
    /// What there is of a call replaces what there was: it comes in pieces first, and whole in the end.
    pub fn read_call(&mut self, json: Json<'_>) {
        let [call_id, name, arguments] = json.fields(["call_id", "name", "arguments"]);
        let object = arguments.filter(|arguments| arguments.raw().starts_with('{')).map(Json::raw);
        for (value, slot) in [(call_id, &mut self.call_id), (name, &mut self.name), (arguments, &mut self.arguments)] {
            if let Some(words) = value.and_then(Json::words) {
                *slot = words.into_owned();
            }
        }
        if let Some(object) = object {
            object.clone_into(&mut self.arguments);
        }
    }

    /// Tells once that a tool of the provider was begun, and once how it ended.
    pub fn report(&mut self, status: ToolStatus, json: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        if self.reported.is_some_and(|reported| reported != ToolStatus::Started || status == ToolStatus::Started) {
            return;
        }
        let [action, state, error, code, url, title] = json.fields(["action", "status", "error", "httpStatus", "url", "title"]);
        let is_bad = state.and_then(Json::str).is_some_and(|state| matches!(&*state, "failed" | "incomplete"));
        let is_bad = is_bad || error.is_some() || code.and_then(Json::count).is_some_and(|code| code >= 400);
        let status = if status == ToolStatus::Completed && is_bad { ToolStatus::Failed } else { status };
        self.reported = Some(status);
        let name = self.kind.strip_suffix("_call").unwrap_or(&self.kind);
        on(StreamPart::Tool { name, status, input: &input_of(json) });
        // A page that was opened is a source, cited or not; one that a search has merely found is none.
        let opened = action.and_then(|action| action.get("url")).or(url.filter(|_| self.kind.ends_with("web_fetch")));
        if let Some(url) = opened.filter(|_| status == ToolStatus::Completed).and_then(Json::words) {
            on(StreamPart::Source { url: &url, title: &title.and_then(Json::str).unwrap_or_default() });
        }
    }
}

/// What a tool was asked, as JSON.
fn input_of(json: Json<'_>) -> String {
    let [action, arguments] = json.fields(["action", "arguments"]);
    if let Some(arguments) = arguments.and_then(Json::words) {
        return arguments.into_owned();
    }
    let names = ["query", "queries", "url", "pattern"];
    let mut input = String::new();
    for (name, value) in names.into_iter().zip(action.unwrap_or(json).fields(names)) {
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

pub fn is_hosted(kind: &str) -> bool {
    kind.contains(':') || (kind.ends_with("_call") && !matches!(kind, "function_call" | "custom_tool_call"))
}

pub fn bit(part: Option<u64>) -> u64 {
    part.map_or(u64::MAX, |part| 1 << part.min(63))
}
