//! Collects one content block of a response.
//!
//! In: the block's JSON from its start event, and its deltas. Out: a tool call, or the block for
//! the next request.

use std::borrow::Cow;
use std::mem::take;

use crate::event::ToolStatus;
use crate::json::{Json, Value, end_of_strings};
use crate::provider::dialect::messages::conversation::tool_input;
use crate::provider::dialect::types::StreamPart;
use crate::result::ToolCall;

/// A content block whose parts are still arriving. All blocks of a turn are stored. If the turn
/// continues, the next request sends all these blocks back.
#[derive(Debug)]
pub(super) struct Block {
    /// The position that the provider gave to the block.
    pub index: Option<u64>,
    /// The `type` of the block.
    pub kind: String,
    /// The id of a tool call.
    pub id: String,
    name: String,
    /// The last reported status of a hosted tool, which the provider runs.
    reported: Option<ToolStatus>,
    /// The block's JSON from its start event.
    start: String,
    /// The joined deltas of the block's text, thinking or input.
    added: String,
    signature: String,
    citations: Vec<String>,
    /// The high surrogate at the end of the last delta, if its low surrogate has not arrived yet.
    high: Option<u16>,
    repeated: Repeated,
}

/// The text in the start event of a block. The deltas may repeat this text.
#[derive(Debug, Default)]
struct Repeated {
    text: String,
    /// The number of bytes of the text that the deltas have repeated so far.
    bytes: usize,
}

impl Repeated {
    /// Removes the part of a delta that repeats the text of the start event. Returns the rest of
    /// the delta.
    fn remove_from<'a>(&mut self, delta: Cow<'a, str>) -> Cow<'a, str> {
        let (seen, rest) = self.text.split_at_checked(self.bytes).unwrap_or_default();
        if rest.is_empty() {
            return delta;
        }
        if rest.starts_with(&*delta) {
            self.bytes += delta.len();
            if self.bytes == self.text.len() {
                *self = Self::default();
            }
            return Cow::Borrowed("");
        }
        let added = match delta.strip_prefix(rest) {
            Some(added) => added.to_owned(),
            // The deltas begin like the text, but do not repeat it. Emit the earlier deltas, which
            // were not emitted yet.
            None => [seen, &*delta].concat(),
        };
        *self = Self::default();
        Cow::Owned(added)
    }

    /// Returns deltas that were not emitted yet, because they might have repeated the text of the
    /// start event.
    fn end(&mut self) -> String {
        let Self { mut text, bytes } = take(self);
        text.truncate(text.floor_char_boundary(bytes));
        text
    }
}

impl Block {
    pub(super) fn new(index: Option<u64>, json: Json<'_>) -> Self {
        let [kind, id, name, text, thinking] = json
            .fields(&["type", "id", "name", "text", "thinking"])
            .map(|field| field.and_then(Json::str).unwrap_or_default().into_owned());
        let text = if text.is_empty() { thinking } else { text };
        Self {
            index,
            kind,
            id,
            name,
            reported: None,
            start: json.raw().to_owned(),
            added: String::new(),
            signature: String::new(),
            citations: Vec::new(),
            high: None,
            repeated: Repeated { text, bytes: 0 },
        }
    }

    /// Reads a delta of the text, the thinking or the input. Appends the part that is new and
    /// returns it.
    pub(super) fn read_delta<'a>(&mut self, delta: Json<'a>) -> Cow<'a, str> {
        let delta = delta.continue_str(&mut self.high).unwrap_or_default();
        let added = self.repeated.remove_from(delta);
        self.push(&added);
        added
    }

    /// Appends and returns the deltas that [`Repeated`] has not returned yet.
    pub(super) fn end(&mut self) -> String {
        let mut rest = self.repeated.end();
        rest.push_str(end_of_strings(&mut self.high));
        self.push(&rest);
        rest
    }

    /// Appends the part of the whole block that the deltas did not contain, and returns it.
    pub(super) fn complete(&mut self, whole: Json<'_>) -> Option<String> {
        if !matches!(&*self.kind, "text" | "thinking") {
            return None;
        }
        let whole = whole.text(&self.kind)?;
        let start = Json::parse(&self.start).and_then(|start| start.text(&self.kind));
        let missing = whole
            .strip_prefix(&*start.unwrap_or_default())?
            .strip_prefix(&*self.added)?
            .to_owned();
        self.high = None;
        self.push(&missing);
        Some(missing)
    }

    /// Appends a delta of the text, the thinking or the input.
    fn push(&mut self, delta: &str) {
        self.added.push_str(delta);
    }

    pub(super) fn push_signature(&mut self, signature: &str) {
        self.signature.push_str(signature);
    }

    pub(super) fn push_citation(&mut self, citation: Json<'_>) {
        self.citations.push(citation.raw().to_owned());
    }

    /// Returns the size of the deltas, in bytes. Encrypted thinking has no deltas, so its whole
    /// block counts.
    pub(super) fn bytes(&self) -> usize {
        let encrypted = if self.kind == "redacted_thinking" {
            self.start.len()
        } else {
            0
        };
        self.added.len() + self.signature.len() + encrypted
    }

    /// Returns whether the block is a call of a function tool.
    pub(super) fn is_tool_call(&self) -> bool {
        self.kind == "tool_use"
    }

    /// Returns the block as a call of a function tool.
    pub(super) fn to_tool_call(&self) -> ToolCall {
        ToolCall {
            id: self.id.clone(),
            name: self.name.clone(),
            arguments: self.input().to_owned(),
        }
    }

    /// Returns whether the block is a call of a hosted tool, which the provider runs.
    pub(super) fn is_hosted_call(&self) -> bool {
        self.kind.ends_with("_tool_use")
    }

    /// Reports the start of the tool call once, and its end once. Drops further reports, because
    /// each report copies the input.
    pub(super) fn report(&mut self, status: ToolStatus, on: &mut dyn FnMut(StreamPart<'_>)) {
        if self.reported.is_some_and(|reported| {
            reported != ToolStatus::Started || status == ToolStatus::Started
        }) {
            return;
        }
        self.reported = Some(status);
        on(StreamPart::Tool {
            name: &self.name,
            status,
            input: self.input(),
        });
    }

    /// Returns the input of a tool call as JSON text.
    fn input(&self) -> &str {
        if !self.added.is_empty() {
            return &self.added;
        }
        Json::parse(&self.start)
            .and_then(|start| start.get("input"))
            .map(Json::raw)
            .unwrap_or_default()
    }

    /// Returns the block for the next request. If the text of the block is blank, returns `None`,
    /// because the API rejects such a block.
    pub(super) fn into_value(self) -> Option<Value> {
        let Ok(Value::Object(mut block)) = self.start.parse() else {
            return None;
        };
        if self.kind.ends_with("tool_use") {
            block.insert("input", tool_input(self.input()));
            return Some(block.into());
        }
        for (name, more) in [(&*self.kind, self.added), ("signature", self.signature)] {
            match block.get_mut(name) {
                Some(Value::String(text)) => text.push_str(&more),
                _ if more.is_empty() => {}
                _ => block.insert(name, more.into()),
            }
        }
        let mut citations = block
            .get("citations")
            .map(Value::elements)
            .unwrap_or_default()
            .to_vec();
        for citation in &self.citations {
            if let Ok(citation) = citation.parse() {
                citations.push(citation);
            }
        }
        block.set(
            "citations",
            (!citations.is_empty()).then_some(Value::Array(citations)),
        );
        let is_blank = self.kind == "text"
            && block
                .get("text")
                .and_then(Value::as_str)
                .is_none_or(|text| text.trim().is_empty());
        (!is_blank).then(|| block.into())
    }
}
