//! Encodes and decodes Anthropic Messages, always streamed. OpenRouter, llama.cpp and others serve
//! it too.
//!
//! In: a [`ModelRequest`]; later the events of a stream. Out: a request body; later stream parts
//! and the outcome of the call. Specifications:
//! <https://platform.claude.com/docs/en/api/messages>,
//! <https://platform.claude.com/docs/en/build-with-claude/streaming>

mod claude_version;
mod conversation;

use std::borrow::Cow;
use std::mem::take;

use crate::count::Count;
use crate::json::{Map, Value, json};

use super::{CallOutcome, ModelRequest, StreamPart};
use crate::event::ToolStatus;
use crate::json::Json;
use crate::provider::error_mapping;
use crate::provider::registry::Vendor;
use crate::result::ToolCall;
use crate::usage::Cost;
use conversation::Conversation;

/// Upper limit for the content blocks of one response. Further blocks are streamed but not stored.
const MAX_BLOCKS: usize = 1_000;

/// The path, to be appended to the base URL.
pub(super) const PATH: &str = "/messages";

/// Returns the request body. The caller applies `refused` and `extra_body`.
pub(super) fn encode(request: &ModelRequest<'_>, vendor: Vendor) -> Map {
    let mut body = Map::new();
    let version = claude_version::version(request.model);
    let conversation = Conversation::of(request);
    let (tools, choice) = tools_and_choice(request, vendor, version, &conversation);
    let is_forced = !tools.is_empty() && matches!(choice_type(&choice), Some("any" | "tool"));
    // The API rejects thinking together with a forced tool call.
    let (thinking, effort) = if is_forced {
        (None, None)
    } else {
        claude_version::thinking(request, version)
    };
    let is_thinking = thinking
        .as_ref()
        .is_some_and(|thinking| thinking.get("type").is_some_and(|kind| kind != "disabled"));
    let stops_server_tools =
        vendor == Vendor::OpenRouter && !request.hosted_tools.is_empty() && !tools.is_empty();
    body.set(
        "system",
        (!conversation.system.is_empty()).then(|| conversation.system.as_str().into()),
    );
    body.set(
        "temperature",
        claude_version::temperature(request, version, is_thinking).map(Value::from),
    );
    body.set("thinking", thinking);
    body.set("output_config", output_config(request, effort));
    let stop_array = |stop: &Value| {
        if stop.is_array() {
            stop.clone()
        } else {
            json!([stop])
        }
    };
    body.set("stop_sequences", request.stop.map(stop_array));
    if !tools.is_empty() {
        body.set("tool_choice", choice);
        body.insert("tools", Value::Array(tools));
    }
    body.set("cache_control", request.cache_control.cloned());
    body.set(
        "stop_server_tools_when",
        stops_server_tools.then(|| request.stop_server_tools_when()),
    );
    body.insert("messages", conversation.into_value());
    body.insert("model", request.model.into());
    body.insert("stream", true.into());
    body.insert("max_tokens", request.max_completion_tokens.into());
    body
}

/// Returns the fields `tools` and `tool_choice`.
fn tools_and_choice(
    request: &ModelRequest<'_>,
    vendor: Vendor,
    version: Option<claude_version::Version>,
    conversation: &Conversation,
) -> (Vec<Value>, Option<Value>) {
    let choice = request.tool_choice.map(tool_choice);
    let mut tools = Vec::new();
    request
        .hosted_tools
        .iter()
        .for_each(|tool| tools.push(hosted(tool, request, vendor)));
    request
        .functions
        .iter()
        .for_each(|tool| tools.push(function(tool)));
    if version.is_some() && tools.is_empty() {
        // The API rejects tool calls in a conversation if their tools are not declared.
        return (conversation.tools(), Some(json!({"type": "none"})));
    }
    if version.is_none() && choice_type(&choice) == Some("none") {
        // llama.cpp does not know the choice `none`, so leave out the tools instead.
        tools.clear();
    }
    (tools, choice)
}

/// Returns the `type` of a tool choice.
fn choice_type(choice: &Option<Value>) -> Option<&str> {
    choice.as_ref()?.get("type")?.as_str()
}

/// Returns the field `output_config`, or `None` if it would be empty.
fn output_config(request: &ModelRequest<'_>, effort: Option<&str>) -> Option<Value> {
    let schema = request
        .response_format
        .and_then(|format| format.get("json_schema")?.get("schema"));
    let mut config = Map::new();
    config.set("effort", effort.map(Value::from));
    config.set(
        "format",
        schema.map(|schema| json!({"type": "json_schema", "schema": schema})),
    );
    (!config.is_empty()).then(|| config.into())
}

/// Returns the tool choice, converted from the form of Chat Completions.
fn tool_choice(choice: &Value) -> Value {
    match (
        choice.as_str(),
        choice
            .get("function")
            .and_then(|function| function.get("name")),
    ) {
        (Some("required"), _) => json!({"type": "any"}),
        (Some(word), _) => json!({"type": word}),
        (None, Some(name)) => json!({"type": "tool", "name": name}),
        (None, None) => choice.clone(),
    }
}

/// Returns a tool that the provider runs, with `max_uses`: Anthropic limits uses, OpenRouter limits
/// steps.
fn hosted(tool: &Value, request: &ModelRequest<'_>, vendor: Vendor) -> Value {
    let mut tool = tool.clone();
    let is_counted = |tool: &Map| {
        let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
        vendor != Vendor::OpenRouter
            && (kind.starts_with("web_search_") || kind.starts_with("web_fetch_"))
            && !tool.contains_key("max_uses")
    };
    if let Some(tool) = tool.as_object_mut().filter(|tool| is_counted(tool)) {
        tool.insert("max_uses", request.max_tool_calls.into());
    }
    tool
}

/// Returns a function tool, converted from the form of Chat Completions.
fn function(tool: &Value) -> Value {
    let Some(function) = tool.get("function") else {
        return tool.clone();
    };
    let mut tool = Map::new();
    for (name, to) in [
        ("name", "name"),
        ("description", "description"),
        ("parameters", "input_schema"),
        ("strict", "strict"),
    ] {
        tool.set(to, function.get(name).cloned());
    }
    if !tool.contains_key("input_schema") {
        tool.insert("input_schema", json!({"type": "object"}));
    }
    tool.into()
}

/// Decodes one response.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    outcome: CallOutcome,
    blocks: Vec<Block>,
    /// Prompt tokens: not cached, written to the cache, read from the cache.
    prompt_tokens: [Option<u64>; 3],
    has_metadata: bool,
    done: bool,
}

/// A content block whose parts are still arriving. All blocks of a turn are stored, because all of
/// them are sent back if the turn continues.
#[derive(Debug)]
struct Block {
    index: Option<u64>,
    kind: String,
    id: String,
    name: String,
    /// The last reported status of a tool that the provider runs.
    reported: Option<ToolStatus>,
    /// The JSON of the block at its start.
    start: String,
    /// The deltas of its text, its thinking or its input.
    added: String,
    signature: String,
    citations: Vec<String>,
}

impl Decoder {
    /// Decodes one event.
    pub(crate) fn read(&mut self, event: &str, data: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
        if self.done {
            return;
        }
        if data.trim() == "[DONE]" {
            return self.stop();
        }
        let Some(json) = Json::parse(data) else {
            self.outcome.has_unparsed_events |= data.starts_with('{');
            if event == "error" {
                self.fail(&data.into());
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
            return self.fail(
                &error
                    .unwrap_or(json)
                    .raw()
                    .parse()
                    .unwrap_or_else(|_| data.into()),
            );
        }
        let index = index.and_then(Json::as_u64);
        match (&*kind, block, delta) {
            ("message_start", ..) => self.read_message(message.unwrap_or(json), on),
            // A server that ignores `stream` sends a whole message.
            ("message", ..) => self.read_message(json, on),
            ("content_block_start", Some(block), _) => self.start_block(index, block, on),
            ("content_block_delta", _, Some(delta)) => self.append_delta(index, delta, on),
            ("content_block_stop", ..) => self.end_block(index, on),
            ("message_delta", _, Some(delta)) => self.read_reason(delta),
            ("message_stop", ..) => self.stop(),
            _ => {}
        }
    }

    /// Returns the size of the buffered data, in bytes. Streamed text is part of it.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.blocks
            .iter()
            .map(|block| block.added.len() + block.signature.len())
            .sum()
    }

    /// Returns whether a stop reason was received.
    pub(crate) fn is_complete(&self) -> bool {
        self.outcome.complete
    }

    /// Returns whether the end of the message or an error was received.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// Ends decoding and returns the outcome.
    pub(crate) fn finish(&mut self) -> CallOutcome {
        let [new, written, read] = self.prompt_tokens;
        self.outcome.usage.prompt_tokens = new.map(|new| {
            new.saturating_add(written.unwrap_or(0))
                .saturating_add(read.unwrap_or(0))
                .into()
        });
        let calls = self.blocks.iter().filter(|block| block.kind == "tool_use");
        self.outcome.calls = calls
            .map(|block| ToolCall {
                id: block.id.clone(),
                name: block.name.clone(),
                arguments: block.input().to_owned(),
            })
            .collect::<Vec<_>>();
        if !self.outcome.calls.is_empty()
            || self.outcome.finish_reason.as_deref() == Some("pause_turn")
        {
            self.outcome.continuation = take(&mut self.blocks)
                .into_iter()
                .filter_map(Block::into_value)
                .collect::<Vec<_>>();
        }
        take(&mut self.outcome)
    }

    fn stop(&mut self) {
        self.done = true;
        self.outcome.complete = true;
    }

    fn fail(&mut self, error: &Value) {
        self.done = true;
        self.outcome
            .error
            .get_or_insert_with(|| error_mapping::from_stream(error));
    }

    /// Reads a message object: the start of a stream, or a whole response.
    fn read_message(&mut self, message: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let [id, model, content, usage] = message.fields(["id", "model", "content", "usage"]);
        if !self.has_metadata {
            let (id, model) = (id.and_then(Json::words), model.and_then(Json::words));
            self.has_metadata = id.is_some() || model.is_some();
            if self.has_metadata {
                on(StreamPart::Served {
                    id: id.as_deref(),
                    model: model.as_deref(),
                });
            }
        }
        if let Some(usage) = usage {
            self.read_usage(usage, false);
        }
        for block in content.unwrap_or_default().items() {
            self.start_block(None, block, on);
            self.end_block(None, on);
        }
        self.read_reason(message);
    }

    /// Reads the stop reason and translates it to that of Chat Completions.
    fn read_reason(&mut self, delta: Json<'_>) {
        let [reason, details] = delta.fields(["stop_reason", "stop_details"]);
        if let Some(explanation) = details.and_then(|details| details.text("explanation")) {
            self.outcome.refusal = explanation.into_owned();
        }
        if let Some(reason) = reason.and_then(Json::words) {
            self.outcome.complete = true;
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

    /// Starts a block. Most blocks start empty; blocks of a whole message and tool results are
    /// complete.
    fn start_block(
        &mut self,
        index: Option<u64>,
        block: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let [kind, id, name, text, thinking, citations] =
            block.fields(["type", "id", "name", "text", "thinking", "citations"]);
        let [kind, id, name] = [kind, id, name]
            .map(|field| field.and_then(Json::str).unwrap_or_default().into_owned());
        if let Some(thinking) = thinking.and_then(Json::words) {
            on(StreamPart::Reasoning(&thinking));
        }
        if let Some(text) = text.and_then(Json::words) {
            on(StreamPart::Text(&text));
        }
        citations
            .unwrap_or_default()
            .items()
            .for_each(|citation| emit_citation(citation, on));
        // Each delta and each result is looked up among all blocks, so an endless list of blocks
        // would block the page.
        if self.blocks.len() >= MAX_BLOCKS {
            return;
        }
        if let Some(tool) = kind.strip_suffix("_tool_result") {
            self.read_tool_result(tool, block, on);
        }
        let start = block.raw().to_owned();
        let (added, signature, citations) = (String::new(), String::new(), Vec::new());
        self.blocks.push(Block {
            index,
            kind,
            id,
            name,
            reported: None,
            start,
            added,
            signature,
            citations,
        });
    }

    /// Appends a delta to its block.
    fn append_delta(
        &mut self,
        index: Option<u64>,
        delta: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let [text, thinking, input, signature, citation] =
            delta.fields(["text", "thinking", "partial_json", "signature", "citation"]);
        let block = self.blocks.iter_mut().rfind(|block| block.index == index);
        let [text, thinking, input, signature] =
            [text, thinking, input, signature].map(|field| field.and_then(Json::words));
        if let Some(thinking) = &thinking {
            on(StreamPart::Reasoning(thinking));
        }
        if let Some(text) = &text {
            on(StreamPart::Text(text));
        }
        if let Some(citation) = citation {
            emit_citation(citation, on);
        }
        let Some(block) = block else { return };
        [text, thinking, input]
            .into_iter()
            .flatten()
            .for_each(|more| block.added.push_str(&more));
        block.signature.push_str(&signature.unwrap_or_default());
        block
            .citations
            .extend(citation.map(|citation| citation.raw().to_owned()));
    }

    /// Ends a block. A call of a provider's tool is reported here, when its input is complete.
    fn end_block(&mut self, index: Option<u64>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let block = self.blocks.iter_mut().rfind(|block| block.index == index);
        if let Some(block) = block.filter(|block| block.is_hosted_call()) {
            block.report(ToolStatus::Started, on);
        }
    }

    /// Reports the result of a tool that the provider ran. After a pause, its call may be part of
    /// an earlier response.
    fn read_tool_result(
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
}

impl Block {
    fn is_hosted_call(&self) -> bool {
        self.kind.ends_with("_tool_use")
    }

    /// Reports once that the call started and once how it ended. Further reports are dropped,
    /// because each one copies the input.
    fn report(&mut self, status: ToolStatus, on: &mut dyn FnMut(StreamPart<'_>)) {
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

    /// Returns the input of a call as JSON text.
    fn input(&self) -> &str {
        if !self.added.is_empty() {
            return &self.added;
        }
        Json::parse(&self.start)
            .and_then(|start| start.get("input"))
            .map(Json::raw)
            .unwrap_or_default()
    }

    /// Returns the block as it is sent back, or `None` for blank text, which the API rejects.
    fn into_value(self) -> Option<Value> {
        let Ok(Value::Object(mut block)) = self.start.parse() else {
            return None;
        };
        if self.kind.ends_with("tool_use") {
            block.insert("input", conversation::tool_input(self.input()));
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

/// Emits a citation as a source if it refers to a web page.
fn emit_citation(citation: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
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

#[cfg(test)]
#[path = "messages_fixtures.rs"]
mod fixtures;

#[cfg(test)]
#[path = "messages_requests.rs"]
mod requests;
