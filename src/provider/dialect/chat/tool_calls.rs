//! Collects the tool calls of a response. The parts of different calls arrive interleaved.
//!
//! In: parts of `tool_calls`. Out: whole calls, and their form for the next request.

use std::mem::take;

use crate::json::{Json, Value, end_of_strings, json};
use crate::provider::dialect::chat::signed_fields::SignedCallFields;
use crate::result::ToolCall;

/// Maximum number of tool calls of one turn. Further calls are ignored.
const MAX_CALLS: usize = 1_000;

/// Returns a tool call in the form of an assistant's message.
pub(super) fn to_value(call: &ToolCall) -> Value {
    let function = json!({"name": &call.name, "arguments": &call.arguments});
    json!({"id": &call.id, "type": "function", "function": function})
}

/// The tool calls of one response.
#[derive(Debug, Default)]
pub(super) struct ToolCalls {
    calls: Vec<PartialCall>,
    bytes: usize,
}

/// A tool call whose parts are still arriving.
#[derive(Debug)]
struct PartialCall {
    index: Option<u64>,
    call: ToolCall,
    /// Whether the provider has sent the id.
    has_id: bool,
    /// The high surrogate at the end of the arguments, if its low surrogate has not arrived yet.
    high: Option<u16>,
    brackets: Brackets,
    signed_fields: SignedCallFields,
}

impl PartialCall {
    /// Appends a piece to the arguments of the call. Returns the number of appended bytes.
    fn append(&mut self, arguments: &str) -> usize {
        self.brackets.read(arguments);
        self.call.arguments.push_str(arguments);
        arguments.len()
    }
}

/// A part of a tool call.
struct Part<'a> {
    index: Option<u64>,
    id: String,
    has_type: bool,
    name: String,
    arguments: Option<Json<'a>>,
    json: Json<'a>,
}

impl<'a> Part<'a> {
    fn new(json: Json<'a>) -> Self {
        let [index, id, kind, function] = json.fields(&["index", "id", "type", "function"]);
        let [name, arguments] = function.unwrap_or(json).fields(&["name", "arguments"]);
        let [id, name] = [id, name].map(|text| text.and_then(Json::str).unwrap_or_default());
        Self {
            index: index.and_then(Json::as_u64),
            id: id.into_owned(),
            has_type: kind.is_some(),
            name: name.into_owned(),
            arguments,
            json,
        }
    }

    /// Returns the arguments, or their first piece, as JSON text. Some servers send the arguments
    /// as a string, and others as an object.
    fn arguments_text(&self) -> String {
        let Some(arguments) = self.arguments else {
            return String::new();
        };
        let text = arguments.str().map(|text| text.into_owned());
        text.unwrap_or_else(|| arguments.raw().to_owned())
    }

    /// Returns whether the part begins a new call. If it does not, it continues `open`, an earlier
    /// call.
    ///
    /// Only a part with a name begins a call. The index and the id are not reliable. Some servers
    /// give all calls the same index, change the id with each part, or repeat the name in each
    /// part.
    fn begins_after(&self, open: &PartialCall) -> bool {
        if self.name.is_empty() {
            return false;
        }
        let is_other_name = self.name != open.call.name;
        let arguments = self.arguments.map(Json::raw).unwrap_or_default();
        let arguments = arguments.trim_start_matches('"').trim_start();
        let is_started = arguments.starts_with(['{', '[']);
        if !self.id.is_empty() && open.has_id {
            let is_same = self.id == open.call.id;
            let continues =
                !is_other_name && open.brackets.is_open() && !arguments.is_empty() && !is_started;
            return if is_same {
                is_other_name && open.brackets.is_complete()
            } else {
                !continues
            };
        }
        if open.brackets.is_complete() {
            return is_other_name || is_started;
        }
        // A part without `type` may be another piece of the name, because some servers send a name
        // in pieces.
        is_other_name
            && !open.call.name.is_empty()
            && open.call.arguments.is_empty()
            && self.has_type
    }
}

/// Counts the open brackets of a JSON text that arrives in pieces.
#[derive(Debug, Default)]
struct Brackets {
    depth: usize,
    is_string: bool,
    is_escaped: bool,
    has_closed: bool,
}

impl Brackets {
    fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.is_string => self.is_escaped = true,
                b'"' => self.is_string = !self.is_string,
                _ if self.is_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.has_closed |= self.depth == 0;
                }
                _ => {}
            }
        }
    }

    fn is_open(&self) -> bool {
        self.depth > 0
    }

    fn is_complete(&self) -> bool {
        self.has_closed && self.depth == 0
    }
}

impl ToolCalls {
    /// Reads a part of a tool call. [`Part::begins_after`] decides whether the part begins a new
    /// call.
    pub(super) fn read_tool_call(&mut self, part: Json<'_>) {
        let part = Part::new(part);
        let open = self.position(&part);
        let begins = |at: usize| {
            self.calls
                .get(at)
                .is_none_or(|open| part.begins_after(open))
        };
        let Some(at) = open.filter(|at| !begins(*at)) else {
            return self.push(&part);
        };
        let Some(open) = self.calls.get_mut(at) else {
            return;
        };
        // Ignore a part that repeats the whole call, which some servers send.
        let is_same = part.id == open.call.id && open.brackets.is_complete();
        if is_same && part.arguments_text() == open.call.arguments {
            return;
        }
        if !open.has_id && !part.id.is_empty() {
            (open.call.id, open.has_id) = (part.id.clone(), true);
        }
        self.append(at, &part);
    }

    /// Reads the tool calls of a whole message. Some of these calls may have arrived in parts
    /// before. Adds only new calls and the missing ends of arguments. `has_parts` is true if deltas
    /// contained parts of calls.
    pub(super) fn read_whole_calls(&mut self, whole_calls: Json<'_>, has_parts: bool) {
        let known = self.calls.len();
        for (position, part) in whole_calls.items().enumerate() {
            let part = Part::new(part);
            let whole = part.arguments_text();
            let is_same_id = |open: &PartialCall| open.has_id && open.call.id == part.id;
            let by_id = self.calls.iter().rposition(is_same_id);
            let is_related = |open: &PartialCall| {
                open.call.name == part.name
                    && (has_parts || whole.starts_with(&open.call.arguments))
            };
            let by_position = || {
                let open = self.calls.get(position).filter(|_| position < known)?;
                is_related(open).then_some(position)
            };
            let Some(at) = by_id.or_else(by_position) else {
                self.push(&part);
                continue;
            };
            let Some(open) = self.calls.get_mut(at) else {
                continue;
            };
            if let Some(missing) = whole.strip_prefix(&*open.call.arguments) {
                open.high = None;
                self.bytes += open.append(missing);
            }
            self.bytes += open.signed_fields.read(part.json);
        }
    }

    /// Returns the position of the call that the part may belong to.
    fn position(&self, part: &Part<'_>) -> Option<usize> {
        let by_id = || {
            (!part.id.is_empty())
                .then(|| self.calls.iter().rposition(|open| open.call.id == part.id))
                .flatten()
        };
        match part.index {
            Some(index) => self
                .calls
                .iter()
                .rposition(|open| open.index == Some(index)),
            None => by_id().or(self.calls.len().checked_sub(1)),
        }
    }

    /// Adds a call. The number of calls is limited, because each part is compared with all calls.
    /// Without the limit, a long list of calls would take quadratic time.
    fn push(&mut self, part: &Part<'_>) {
        if self.calls.len() >= MAX_CALLS {
            return;
        }
        let has_id = !part.id.is_empty() && self.calls.iter().all(|open| open.call.id != part.id);
        let id = if has_id {
            part.id.clone()
        } else {
            format!("call_{}", self.calls.len())
        };
        self.calls.push(PartialCall {
            index: part.index,
            call: ToolCall {
                id,
                name: String::new(),
                arguments: String::new(),
            },
            has_id,
            high: None,
            brackets: Brackets::default(),
            signed_fields: SignedCallFields::default(),
        });
        self.append(self.calls.len() - 1, part);
    }

    /// Appends a part to the call at position `at`.
    fn append(&mut self, at: usize, part: &Part<'_>) {
        let Some(open) = self.calls.get_mut(at) else {
            return;
        };
        if open.call.name != part.name {
            open.call.name.push_str(&part.name);
            self.bytes += part.name.len();
        }
        if let Some(arguments) = part.arguments {
            let text = match arguments.raw().as_bytes() {
                [b'{', ..] => Some(arguments.raw().into()),
                _ => arguments.continue_str(&mut open.high),
            };
            self.bytes += open.append(&text.unwrap_or_default());
        }
        self.bytes += open.signed_fields.read(part.json);
    }

    /// Returns whether the arguments of every call are complete.
    pub(super) fn are_complete(&self) -> bool {
        self.calls.iter().all(|open| open.brackets.is_complete())
    }

    /// Returns whether there are no calls.
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Returns the size of the calls, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the calls with their unknown fields, in the form of an assistant's message. If no
    /// call has unknown fields, returns `None`.
    pub(super) fn signed_value(&self) -> Option<Value> {
        let to_signed = |open: &PartialCall| {
            let mut value = to_value(&open.call);
            open.signed_fields.add_to(&mut value);
            value
        };
        let is_signed = self.calls.iter().any(|open| !open.signed_fields.is_empty());
        is_signed.then(|| self.calls.iter().map(to_signed).collect())
    }

    /// Takes the calls, in the order in which the model made them.
    pub(super) fn take(&mut self) -> Vec<ToolCall> {
        let end = |mut open: PartialCall| {
            open.call.arguments.push_str(end_of_strings(&mut open.high));
            open.call
        };
        take(&mut self.calls).into_iter().map(end).collect()
    }
}
