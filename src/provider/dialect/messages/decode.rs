//! Decodes a response of the Messages API.
//!
//! In: the events of a stream. Out: stream parts, and the outcome of the call.
//!
//! `message_start` has the metadata and the first usage, `message_delta` the stop reason and the
//! last usage. Between them, each content block has a start, deltas and an end.

use std::borrow::Cow;
use std::mem::take;

use crate::count::Count;
use crate::event::ToolStatus;
use crate::json::{Json, Value};
use crate::provider::dialect::fields;
use crate::provider::dialect::messages::block::Block;
use crate::provider::dialect::types::{CallOutcome, StreamPart};
use crate::provider::error_mapping;
use crate::usage::Cost;

/// Upper limit for the content blocks of one response. Further blocks are streamed but not stored.
const MAX_BLOCKS: usize = 1_000;

/// Decodes one response.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    outcome: CallOutcome,
    blocks: Vec<Block>,
    /// Prompt tokens: not cached, written to the cache, read from the cache.
    prompt_tokens: [Option<u64>; 3],
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
        let Some(json) = Json::parse(data) else {
            self.outcome.has_unparsed_events |= data.starts_with('{');
            if event == "error" {
                self.read_error(&data.into());
            }
            return;
        };
        let [kind, index, block, delta, message, usage, error] = json.fields([
            "type",
            "index",
            "content_block",
            "delta",
            "message",
            "usage",
            "error",
        ]);
        let kind = kind.and_then(Json::str).unwrap_or(Cow::Borrowed(event));
        // Read usage first: an error may follow, and the tokens are paid for.
        if let Some(usage) = usage {
            self.read_usage(usage, kind != "message_start");
        }
        if error.is_some() || kind == "error" || event == "error" {
            let error = error.unwrap_or(json).raw();
            return self.read_error(&error.parse().unwrap_or_else(|_| data.into()));
        }
        let index = index.and_then(Json::as_u64);
        match (&*kind, block, delta) {
            ("message_start", ..) => self.read_message(message.unwrap_or(json), on),
            // A server that ignores `stream` sends a whole message.
            ("message", ..) => self.read_message(json, on),
            ("content_block_start", Some(block), _) => self.start_block(index, block, on),
            ("content_block_delta", _, Some(delta)) => self.append_delta(index, delta, on),
            ("content_block_stop", ..) => self.end_block(index, on),
            ("message_delta", _, Some(delta)) => self.read_finish_reason(delta),
            ("message_stop", ..) => self.stop(),
            _ => {}
        }
    }

    /// Reads a message object: the start of a stream, or a whole response.
    fn read_message(&mut self, message: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let [id, model, content, usage] = message.fields(["id", "model", "content", "usage"]);
        fields::read_metadata([id, model], &mut self.has_metadata, on);
        if let Some(usage) = usage {
            self.read_usage(usage, false);
        }
        for block in content.unwrap_or_default().items() {
            self.start_block(None, block, on);
            self.end_block(None, on);
        }
        self.read_finish_reason(message);
    }

    /// Starts a block. Most blocks start empty; blocks of a whole message and tool results are
    /// complete.
    fn start_block(
        &mut self,
        index: Option<u64>,
        block: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let [text, thinking, citations] = block.fields(["text", "thinking", "citations"]);
        let [text, thinking] = [text, thinking].map(|field| field.and_then(Json::words));
        read_reasoning(&thinking, on);
        read_text(&text, on);
        for citation in citations.unwrap_or_default().items() {
            read_citation(citation, on);
        }
        // Each delta and each result is looked up among all blocks, so an endless list of blocks
        // would block the page.
        if self.blocks.len() >= MAX_BLOCKS {
            return;
        }
        let stored = Block::new(index, block);
        if let Some(tool) = stored.kind.strip_suffix("_tool_result") {
            self.read_hosted_tool(tool, block, on);
        }
        self.blocks.push(stored);
    }

    /// Reads a delta, and appends it to its block.
    fn append_delta(
        &mut self,
        index: Option<u64>,
        delta: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let [text, thinking, input, signature, citation] =
            delta.fields(["text", "thinking", "partial_json", "signature", "citation"]);
        let [text, thinking, input, signature] =
            [text, thinking, input, signature].map(|field| field.and_then(Json::words));
        read_reasoning(&thinking, on);
        read_text(&text, on);
        if let Some(citation) = citation {
            read_citation(citation, on);
        }
        let Some(block) = self.block(index) else {
            return;
        };
        for more in [text, thinking, input].into_iter().flatten() {
            block.push(&more);
        }
        if let Some(signature) = signature {
            block.push_signature(&signature);
        }
        if let Some(citation) = citation {
            block.push_citation(citation);
        }
    }

    /// Ends a block. A call of a provider's tool is reported here, when its input is complete.
    fn end_block(&mut self, index: Option<u64>, on: &mut dyn FnMut(StreamPart<'_>)) {
        if let Some(block) = self.block(index).filter(|block| block.is_hosted_call()) {
            block.report(ToolStatus::Started, on);
        }
    }

    /// Returns the last block with this index.
    fn block(&mut self, index: Option<u64>) -> Option<&mut Block> {
        self.blocks.iter_mut().rfind(|block| block.index == index)
    }

    /// Reads the result of a tool that the provider ran. After a pause, its call may be part of
    /// an earlier response.
    fn read_hosted_tool(
        &mut self,
        tool: &str,
        result: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let [id, content, is_error] = result.fields(["tool_use_id", "content", "is_error"]);
        let id = id.and_then(Json::str).unwrap_or_default();
        let [kind, url, document] = content
            .unwrap_or_default()
            .fields(["type", "url", "content"]);
        let failed = is_error.is_some_and(Json::is_true)
            || kind
                .and_then(Json::str)
                .is_some_and(|kind| kind.ends_with("_error"));
        let status = if failed {
            ToolStatus::Failed
        } else {
            ToolStatus::Completed
        };
        match self
            .blocks
            .iter_mut()
            .rfind(|block| block.is_hosted_call() && block.id == id)
        {
            Some(call) => call.report(status, on),
            None => on(StreamPart::Tool {
                name: tool,
                status,
                input: "",
            }),
        }
        // A page that was opened is a source, even if it is not cited.
        if let Some(url) = url.and_then(Json::words) {
            let title = document
                .and_then(|document| document.text("title"))
                .unwrap_or_default();
            on(StreamPart::Source {
                url: &url,
                title: &title,
            });
        }
    }

    /// Reads the explanation of a refusal.
    fn read_refusal(&mut self, details: Option<Json<'_>>) {
        if let Some(explanation) = details.and_then(|details| details.text("explanation")) {
            self.outcome.refusal = explanation.into_owned();
        }
    }

    /// Reads the stop reason, translated to that of Chat Completions, and the explanation of a
    /// refusal.
    fn read_finish_reason(&mut self, delta: Json<'_>) {
        let [reason, details] = delta.fields(["stop_reason", "stop_details"]);
        self.read_refusal(details);
        if let Some(reason) = reason.and_then(Json::words) {
            self.outcome.is_complete = true;
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

    /// Reads cumulative token counts. Only counts that changed are sent again. The first count of
    /// output tokens is a placeholder, so it counts only if `is_last`.
    fn read_usage(&mut self, usage: Json<'_>, is_last: bool) {
        let names = [
            "input_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
            "output_tokens",
            "output_tokens_details",
            "cost",
        ];
        let [new, written, read, output, details, cost] = usage.fields(names);
        for (total, count) in self.prompt_tokens.iter_mut().zip([new, written, read]) {
            *total = count.and_then(Json::as_u64).or(*total);
        }
        let total = &mut self.outcome.usage;
        if is_last {
            total.completion_tokens = output
                .and_then(Json::as_u64)
                .map(Count::from)
                .or(total.completion_tokens);
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

    /// Ends the response with an error. The first error wins.
    fn read_error(&mut self, error: &Value) {
        self.is_done = true;
        self.outcome
            .error
            .get_or_insert_with(|| error_mapping::from_stream(error));
    }

    /// Returns the size of the buffered data, in bytes. Streamed text is part of it.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.blocks.iter().map(Block::bytes).sum()
    }

    /// Returns whether a stop reason was received.
    pub(crate) fn is_complete(&self) -> bool {
        self.outcome.is_complete
    }

    /// Returns whether the end of the message or an error was received.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Ends decoding and returns the outcome.
    pub(crate) fn finish(&mut self) -> CallOutcome {
        let [new, written, read] = self.prompt_tokens;
        self.outcome.usage.prompt_tokens = new.map(|new| {
            new.saturating_add(written.unwrap_or(0))
                .saturating_add(read.unwrap_or(0))
                .into()
        });
        let calls = self.blocks.iter().filter(|block| block.is_tool_call());
        self.outcome.calls = calls.map(Block::to_tool_call).collect();
        let is_thinking = |block: &Block| block.kind.ends_with("thinking");
        if !self.outcome.calls.is_empty()
            || self.blocks.iter().any(is_thinking)
            || self.outcome.finish_reason.as_deref() == Some("pause_turn")
        {
            self.outcome.continuation = take(&mut self.blocks)
                .into_iter()
                .filter_map(Block::into_value)
                .collect::<Vec<_>>();
        }
        take(&mut self.outcome)
    }
}

/// Reads text of the answer.
fn read_text(text: &Option<Cow<'_, str>>, on: &mut dyn FnMut(StreamPart<'_>)) {
    if let Some(text) = text {
        on(StreamPart::Text(text));
    }
}

/// Reads reasoning.
fn read_reasoning(thinking: &Option<Cow<'_, str>>, on: &mut dyn FnMut(StreamPart<'_>)) {
    if let Some(thinking) = thinking {
        on(StreamPart::Reasoning(thinking));
    }
}

/// Reads a citation as a source if it refers to a web page.
fn read_citation(citation: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
    let [url, source, title] = citation
        .fields(["url", "source", "title"])
        .map(|field| field.and_then(Json::words));
    if let Some(url) = url.or(source).filter(|url| url.starts_with("http")) {
        on(StreamPart::Source {
            url: &url,
            title: &title.unwrap_or_default(),
        });
    }
}
