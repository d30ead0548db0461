//! Decodes a response of the Messages API.
//!
//! In: the events of a stream. Out: stream parts, and the outcome of the call.
//!
//! `message_start` has the metadata and the first usage. `message_delta` has the stop reason and
//! the last usage. Between them, each content block has a start, deltas and an end. The module
//! `content` reads the blocks.

use std::borrow::Cow;
use std::mem::take;

use crate::count::Count;
use crate::json::{Json, Value};
use crate::provider::dialect::fields;
use crate::provider::dialect::finish_reason;
use crate::provider::dialect::messages::content::Content;
use crate::provider::dialect::sources::Sources;
use crate::provider::dialect::types::{CallOutcome, StreamPart};
use crate::provider::error_mapping;
use crate::usage::Cost;

/// Decodes one response.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    outcome: CallOutcome,
    content: Content,
    /// The numbers of prompt tokens that were not cached, written to the cache, and read from the
    /// cache, in this order.
    prompt_tokens: [Option<u64>; 3],
    sources: Sources,
    /// The JSON of the message in `message_start`, if the message has content.
    first_message: String,
    /// Number of blocks that have not ended.
    open_blocks: usize,
    /// Whether a stop reason was received after the last content.
    has_stop_reason: bool,
    /// Whether usage was received after the end of the last block.
    has_last_usage: bool,
    has_metadata: bool,
    is_done: bool,
}

impl Decoder {
    /// Decodes one event.
    pub(crate) fn read(&mut self, event: &str, data: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
        if self.is_done {
            return;
        }
        if data.trim() == "[DONE]" {
            return self.stop();
        }
        match Json::parse(data) {
            Some(json) => self.read_event(event, json, on),
            None => {
                self.outcome.has_unparsed_events |= data.starts_with('{');
                if event == "error" && !data.trim().is_empty() {
                    self.read_error(&data.into());
                }
            }
        }
    }

    /// Reads one event. The event's type is the field `type`. If this field is missing, the type is
    /// the event's name.
    fn read_event(&mut self, event: &str, json: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let [kind, index, block, delta, message, usage, error] = json.fields(&[
            "type",
            "index",
            "content_block",
            "delta",
            "message",
            "usage",
            "error",
        ]);
        let kind = kind.and_then(Json::str).unwrap_or(Cow::Borrowed(event));
        // Read usage first. An error may follow, and the caller pays for these tokens.
        if let Some(usage) = usage {
            self.read_usage(usage, kind != "message_start");
        }
        let error = error.filter(|error| !fields::is_placeholder(*error));
        if error.is_some() || kind == "error" || event == "error" {
            return self.read_error(&fields::value_of(error.unwrap_or(json)));
        }
        let index = index.and_then(Json::as_u64);
        match (&*kind, block, delta) {
            ("message_start", ..) => self.read_first_message(message.unwrap_or(json), on),
            // A server that ignores `stream` sends a whole message.
            ("message", ..) => self.read_message(json, on),
            ("content_block_start", Some(block), _) => {
                self.open_blocks += 1;
                self.continue_answer();
                self.content.start_block(index, block, on);
            }
            ("content_block_delta", _, Some(delta)) => {
                self.continue_answer();
                self.content.append_delta(index, delta, on);
            }
            ("content_block_stop", ..) => {
                self.open_blocks = self.open_blocks.saturating_sub(1);
                self.content.end_block(index, block, on);
            }
            ("message_delta", ..) => {
                self.sources.read(json, on);
                self.has_last_usage = usage.is_some() && self.open_blocks == 0;
                self.read_finish_reason(delta.unwrap_or_default());
            }
            ("message_stop", ..) => {
                if let Some(message) = message {
                    self.read_message(message, on);
                }
                self.stop();
            }
            _ => {}
        }
    }

    /// Reads the message at the start of a stream. The content of this message is usually empty. If
    /// there is content, it is used only if no block follows.
    fn read_first_message(&mut self, message: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let [id, model, content, usage] = message.fields(&["id", "model", "content", "usage"]);
        fields::read_metadata([id, model], &mut self.has_metadata, on);
        self.sources.read(message, on);
        if let Some(usage) = usage {
            self.read_usage(usage, false);
        }
        if content.is_some_and(|content| content.items().next().is_some()) {
            message.raw().clone_into(&mut self.first_message);
        }
        self.read_finish_reason(message);
    }

    /// Reads a whole message. If its blocks were already streamed, reads only the text that the
    /// stream did not contain.
    fn read_message(&mut self, message: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let [id, model, content, usage] = message.fields(&["id", "model", "content", "usage"]);
        fields::read_metadata([id, model], &mut self.has_metadata, on);
        if let Some(usage) = usage {
            self.read_usage(usage, false);
        }
        self.sources.read(message, on);
        self.content.read_blocks(content.unwrap_or_default(), on);
        self.read_finish_reason(message);
    }

    /// Reads the explanation of a refusal.
    fn read_refusal(&mut self, details: Option<Json<'_>>) {
        if let Some(explanation) = details.and_then(|details| details.text("explanation")) {
            self.outcome.refusal = explanation.into_owned();
        }
    }

    /// Reads the stop reason, and converts it to a finish reason of Chat Completions. Also reads
    /// the explanation of a refusal.
    fn read_finish_reason(&mut self, delta: Json<'_>) {
        let [reason, details] = delta.fields(&["stop_reason", "stop_details"]);
        self.read_refusal(details);
        let reason = reason.filter(|reason| fields::is_finish_reason(*reason));
        if let Some(reason) = reason.and_then(Json::words) {
            self.has_stop_reason = true;
            let finish_reason = match &*reason {
                "end_turn" | "stop_sequence" => "stop",
                "max_tokens" | "model_context_window_exceeded" => "length",
                "tool_use" => "tool_calls",
                "refusal" => "content_filter",
                other => other,
            };
            self.outcome.finish_reason = Some(finish_reason.to_owned());
        }
    }

    /// Reads cumulative token counts. Later usage may contain only the counts that have changed.
    /// The first count of output tokens is a placeholder, so this count is read only if `is_last`
    /// is true.
    fn read_usage(&mut self, usage: Json<'_>, is_last: bool) {
        let names = [
            "input_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
            "output_tokens",
            "output_tokens_details",
            "cost",
            "prompt_tokens",
            "completion_tokens",
        ];
        let [
            new,
            written,
            read,
            output,
            details,
            cost,
            prompt,
            completion,
        ] = usage.fields(&names);
        let (new, output) = (new.or(prompt), output.or(completion));
        for (total, count) in self.prompt_tokens.iter_mut().zip([new, written, read]) {
            let count = count.and_then(Json::as_u64);
            *total = count.filter(|count| *count > 0).or(*total).or(count);
        }
        let total = &mut self.outcome.usage;
        if is_last {
            let count = output.and_then(Json::as_u64).map(Count::from);
            total.completion_tokens = count
                .filter(|count| count.get() > 0)
                .or(total.completion_tokens)
                .or(count);
            total.reasoning_tokens = details
                .and_then(|details| details.get("thinking_tokens")?.as_u64())
                .map(Count::from)
                .or(total.reasoning_tokens);
        }
        total.cost = cost.and_then(|cost| Cost::parse(cost.raw())).or(total.cost);
    }

    /// Ends the response.
    fn stop(&mut self) {
        self.is_done = true;
        self.outcome.is_complete = true;
    }

    /// Ends the response with an error. If several errors arrive, the first error counts.
    fn read_error(&mut self, error: &Value) {
        self.is_done = true;
        self.outcome
            .error
            .get_or_insert_with(|| error_mapping::from_stream(error));
    }

    /// Returns the size of the buffered data, in bytes. Includes text that was already streamed.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.content.bytes()
    }

    /// Returns whether the answer has ended with a stop reason.
    pub(crate) fn is_complete(&self) -> bool {
        let reason = self.outcome.finish_reason.as_deref();
        let is_filtered = reason.is_some_and(finish_reason::is_filtered);
        let has_ended = self.has_stop_reason && (self.content.has_answer() || is_filtered);
        self.outcome.is_complete || has_ended
    }

    /// Records that the answer continues. The answer then ends only after another stop reason or
    /// usage.
    fn continue_answer(&mut self) {
        (self.has_stop_reason, self.has_last_usage) = (false, false);
    }

    /// Returns whether the message's end or an error was received.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Ends decoding and returns the outcome.
    pub(crate) fn finish(&mut self, on: &mut dyn FnMut(StreamPart<'_>)) -> CallOutcome {
        let message = take(&mut self.first_message);
        let content = Json::parse(&message).and_then(|message| message.get("content"));
        self.content.finish(content.unwrap_or_default(), on);
        let has_ended = self.has_stop_reason || (self.has_last_usage && self.content.has_answer());
        self.outcome.is_complete |= has_ended;
        let [new, written, read] = self.prompt_tokens;
        self.outcome.usage.prompt_tokens = new.map(|new| {
            new.saturating_add(written.unwrap_or(0))
                .saturating_add(read.unwrap_or(0))
                .into()
        });
        self.outcome.calls = self.content.tool_calls();
        if !self.outcome.calls.is_empty()
            || self.content.has_thinking()
            || self.outcome.finish_reason.as_deref() == Some("pause_turn")
        {
            self.outcome.continuation = self.content.take_values();
        }
        take(&mut self.outcome)
    }
}
