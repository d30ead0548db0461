//! Decodes a response of the Responses API.
//!
//! In: the events of a stream. Out: stream parts, and the outcome of the call.
//!
//! The API sends each text as deltas. The API then repeats the full text at the end of the content
//! part, the item and the response. The decoder uses a full text only if no deltas arrived for this
//! text.

use std::mem::take;

use crate::event::ToolStatus;
use crate::json::{Json, Value};
use crate::provider::dialect::fields;
use crate::provider::dialect::responses::event::{Event, ItemRef};
use crate::provider::dialect::responses::item::{bit, is_hosted, reasoning_parts};
use crate::provider::dialect::responses::items::Items;
use crate::provider::dialect::sources::Sources;
use crate::provider::dialect::streamed_text::Texts;
use crate::provider::dialect::types::{CallOutcome, StreamPart};
use crate::provider::error_mapping;

/// Decodes one response.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    pub(super) outcome: CallOutcome,
    pub(super) items: Items,
    pub(super) sources: Sources,
    texts: Texts,
    /// The size of the text and the reasoning, in bytes. Includes encrypted reasoning.
    streamed_bytes: usize,
    /// The position of the last item with text.
    last_text: Option<usize>,
    /// Where the last reasoning delta belongs: the position of its item, and the number of its
    /// content part.
    last_reasoning: Option<(usize, Option<u64>)>,
    /// Whether the response's id and model have been emitted.
    pub(super) has_metadata: (bool, bool),
    pub(super) is_done: bool,
}

impl Decoder {
    /// Decodes one event.
    pub(crate) fn read(&mut self, event: &str, data: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
        if self.is_done {
            return;
        }
        if data.trim() == "[DONE]" {
            self.is_done = true;
            self.outcome.is_complete = true;
            return;
        }
        match Json::parse(data) {
            Some(json) => self.read_event(Event::new(event, json), event == "error", on),
            None => {
                self.outcome.has_unparsed_events |= data.starts_with('{');
                if event == "error" && !data.trim().is_empty() {
                    self.fail(&data.into());
                }
            }
        }
    }

    /// Reads one event by its type.
    // This function is long because it is one table of the event types.
    fn read_event(&mut self, event: Event<'_>, is_error: bool, on: &mut dyn FnMut(StreamPart<'_>)) {
        let (kind, part, json) = (&*event.kind, event.part, event.json);
        if !kind.ends_with(".delta") {
            self.end_deltas(on);
        }
        match (kind, event.delta) {
            ("response.created", _) => self.read_metadata(event.response(), on),
            ("response.output_text.delta" | "response.content_part.delta", Some(delta)) => {
                let at = self.items.find("message", event.item);
                let delta = self.items.read_delta(at, delta);
                self.read_text(at, part, &delta, on);
            }
            ("response.refusal.delta", Some(delta)) => {
                let at = self.items.find("message", event.item);
                let delta = self.items.read_delta(at, delta);
                self.read_refusal(at, part, &delta);
            }
            ("response.output_text.done" | "response.refusal.done", _) => {
                let at = self.items.find("message", event.item);
                self.read_message_part(at, part, json, on);
            }
            ("response.content_part.done", _) => {
                let is_message =
                    |whole: &Json<'_>| whole.text("type").as_deref() != Some("reasoning_text");
                if let Some(whole) = json.get("part").filter(is_message) {
                    let at = self.items.find("message", event.item);
                    self.read_message_part(at, part, whole, on);
                }
            }
            ("response.output_text.annotation.added", _) => {
                if let Some(annotation) = json.get("annotation") {
                    let at = self.items.find("message", event.item);
                    self.read_citation(at, part, annotation, on);
                }
            }
            ("response.function_call_arguments.delta", Some(delta)) => {
                let at = self.items.find("function_call", event.item);
                let delta = self.items.read_delta(at, delta);
                if let Some(item) = at.and_then(|at| self.items.get_mut(at)) {
                    item.arguments.push_str(&delta);
                }
            }
            ("response.function_call_arguments.done", _) => {
                if let Some(item) = self.items.item("function_call", event.item) {
                    item.read_tool_call(json);
                }
            }
            ("response.web_search_call.in_progress" | "response.web_search_call.searching", _) => {
                if let Some(item) = self.items.item("web_search_call", event.item) {
                    item.read_hosted_tool(ToolStatus::Started, json, on);
                }
            }
            ("response.output_item.added", _) => self.read_item_event(event, true, on),
            ("response.output_item.done", _) => self.read_item_event(event, false, on),
            (
                "response.completed"
                | "response.done"
                | "response.incomplete"
                | "response.failed"
                | "response.cancelled",
                _,
            ) => self.read_final_response(kind, event.response(), on),
            ("error" | "response.error", _) => self.read_error(json),
            (_, _) if is_error => self.read_error(json),
            (kind, Some(delta))
                if kind.starts_with("response.reasoning") && kind.ends_with(".delta") =>
            {
                let part = json.get("summary_index").and_then(Json::as_u64).or(part);
                let at = self.items.find("reasoning", event.item);
                let delta = self.items.read_delta(at, delta);
                self.read_reasoning(at, part, &delta, on);
            }
            // An event without a type. A server that ignores `stream` sends the whole response
            // object. A proxy may send an error.
            ("", _) if json.get("output").is_some() => self.read_final_response("", json, on),
            ("", _)
                if json
                    .get("error")
                    .is_some_and(|error| !fields::is_placeholder(error)) =>
            {
                self.read_error(json)
            }
            _ => {}
        }
    }

    /// Reads the start or the end of an item.
    fn read_item_event(
        &mut self,
        event: Event<'_>,
        is_new: bool,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let Some(item) = event.json.get("item") else {
            return;
        };
        let item_ref = ItemRef {
            id: item.text("id").unwrap_or(event.item.id),
            index: event.item.index,
            is_new,
        };
        let kind = item.text("type").unwrap_or_default();
        if let Some(at) = self.items.find(&kind, item_ref) {
            self.read_item(at, item, is_new, on);
        }
    }

    /// Reads an item. An item is often incomplete in its first event. In its last event, the item
    /// has all its content.
    pub(super) fn read_item(
        &mut self,
        at: usize,
        json: Json<'_>,
        is_new: bool,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let Some(item) = self.items.get_mut(at) else {
            return;
        };
        if !is_new {
            json.raw().clone_into(&mut item.raw);
            let encrypted = json.get("encrypted_content").and_then(Json::str);
            self.streamed_bytes += encrypted.map_or(0, |text| text.len());
        }
        let has_text = item.seen_text != 0;
        match &*item.kind {
            "function_call" => item.read_tool_call(json),
            "message" if !is_new => {
                for (number, part) in (0..).zip(json.get("content").unwrap_or_default().items()) {
                    self.read_message_part(Some(at), Some(number), part, on);
                }
            }
            "reasoning" if !is_new && !has_text => {
                for (number, part) in (0..).zip(reasoning_parts(json).items()) {
                    if let Some(text) = part.get("text").and_then(Json::words) {
                        self.read_reasoning(Some(at), Some(number), &text, on);
                    }
                }
            }
            kind if is_hosted(kind) => {
                let status = if is_new {
                    ToolStatus::Started
                } else {
                    ToolStatus::Completed
                };
                item.read_hosted_tool(status, json, on);
            }
            _ => {}
        }
    }

    /// Reads a complete content part of a message.
    fn read_message_part(
        &mut self,
        at: Option<usize>,
        number: Option<u64>,
        part: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let [text, refusal, annotations] = part.fields(&["text", "refusal", "annotations"]);
        let Some(item) = at.and_then(|at| self.items.get_mut(at)) else {
            return;
        };
        let has_citations = item.seen_citations & bit(number) != 0;
        let has_text = item.seen_text & bit(number) != 0;
        if let Some(annotations) = annotations.filter(|_| !has_citations) {
            for annotation in annotations.items() {
                self.read_citation(at, number, annotation, on);
            }
        }
        if has_text {
            return;
        }
        if let Some(text) = text.and_then(Json::words) {
            self.read_text(at, number, &text, on);
        }
        if let Some(refusal) = refusal.and_then(Json::words) {
            self.read_refusal(at, number, &refusal);
        }
    }

    /// Reads text of the item at position `at`. Emits a blank line between the texts of two
    /// messages.
    fn read_text(
        &mut self,
        at: Option<usize>,
        part: Option<u64>,
        text: &str,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let Some((at, item)) = at.and_then(|at| Some((at, self.items.get_mut(at)?))) else {
            return;
        };
        item.seen_text |= bit(part);
        if text.is_empty() {
            return;
        }
        self.texts.is_interrupted = self.last_text.is_some_and(|last| last != at);
        self.last_text = Some(at);
        self.streamed_bytes += text.len();
        self.texts.emit(text, on);
    }

    /// Reads a part of the text of a refusal.
    fn read_refusal(&mut self, at: Option<usize>, part: Option<u64>, text: &str) {
        if let Some(item) = at.and_then(|at| self.items.get_mut(at)) {
            item.seen_text |= bit(part);
            self.outcome.refusal.push_str(text);
        }
    }

    /// Reads a citation.
    fn read_citation(
        &mut self,
        at: Option<usize>,
        part: Option<u64>,
        annotation: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        if let Some(item) = at.and_then(|at| self.items.get_mut(at)) {
            item.seen_citations |= bit(part);
            fields::read_citation(annotation, on);
        }
    }

    /// Reads reasoning. Emits a blank line between two content parts.
    fn read_reasoning(
        &mut self,
        at: Option<usize>,
        part: Option<u64>,
        text: &str,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let Some((at, item)) = at.and_then(|at| Some((at, self.items.get_mut(at)?))) else {
            return;
        };
        item.seen_text = u64::MAX;
        if text.is_empty() {
            return;
        }
        self.streamed_bytes += text.len();
        let last = self.last_reasoning.replace((at, part));
        if last.is_some_and(|last| last != (at, part)) {
            on(StreamPart::Reasoning("\n\n"));
        }
        on(StreamPart::Reasoning(text));
    }

    /// Reads the tokens and the cost.
    pub(super) fn read_usage(&mut self, usage: Json<'_>) {
        fields::read_usage(usage, &mut self.outcome.usage, true);
    }

    /// Reads an error, and the usage that was sent with the error.
    pub(super) fn read_error(&mut self, error: Json<'_>) {
        if let Some(usage) = error.get("usage") {
            self.read_usage(usage);
        }
        self.fail(&fields::value_of(error));
    }

    /// Ends the response with an error. If several errors arrive, the first error counts.
    fn fail(&mut self, error: &Value) {
        self.is_done = true;
        self.outcome
            .error
            .get_or_insert_with(|| error_mapping::from_stream(error));
    }

    /// Returns the size of the buffered data, in bytes.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.outcome.refusal.len() + self.items.bytes()
    }

    /// Returns the size of all output of the model, in bytes.
    pub(crate) fn written_bytes(&self) -> usize {
        self.streamed_bytes + self.buffered_bytes()
    }

    /// Returns whether the final response was received.
    pub(crate) fn is_complete(&self) -> bool {
        self.outcome.is_complete
    }

    /// Returns whether the final response, `[DONE]` or an error was received. The final response
    /// contains the usage.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Ends the deltas. If a text ends with half of a surrogate pair, emits U+FFFD for this half.
    fn end_deltas(&mut self, on: &mut dyn FnMut(StreamPart<'_>)) {
        let refusal = &mut self.outcome.refusal;
        self.items.end_deltas(&mut |item, rest| match &*item.kind {
            "message" if refusal.is_empty() => on(StreamPart::Text(rest)),
            "message" => refusal.push_str(rest),
            "reasoning" => on(StreamPart::Reasoning(rest)),
            _ => item.arguments.push_str(rest),
        });
    }

    /// Ends decoding and returns the outcome.
    pub(crate) fn finish(&mut self, on: &mut dyn FnMut(StreamPart<'_>)) -> CallOutcome {
        self.end_deltas(on);
        self.outcome.continuation = self.items.continuation();
        self.outcome.calls = self.items.take_tool_calls();
        take(&mut self.outcome)
    }
}
