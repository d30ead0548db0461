//! Encodes and decodes OpenAI Chat Completions with OpenRouter's additions, always streamed.
//!
//! In: a [`ModelRequest`]; later the chunks of a stream. Out: a request body; later stream parts
//! and the outcome of the call. Specifications:
//! <https://openrouter.ai/docs/api-reference/chat-completion>,
//! <https://platform.openai.com/docs/api-reference/chat-streaming>

use std::borrow::Cow;
use std::mem::take;

use crate::count::Count;
use crate::json::{Map, Value, json};

use super::{CallOutcome, ModelRequest, Step, StreamPart};
use crate::event::ToolStatus;
use crate::json::Json;
use crate::provider::chunk_template::ChunkTemplate;
use crate::provider::error_mapping;
use crate::provider::registry::Vendor;
use crate::request::Reasoning;
use crate::result::ToolCall;
use crate::usage::{CallUsage, Cost};

/// Upper limit for the tool calls of one turn. Further calls are ignored.
const MAX_CALLS: usize = 1_000;

/// Upper limit for the fields of a reasoning detail that is merged. Each field is looked up among
/// all others, and a line of 8 MiB can hold a million fields.
const MAX_MERGED_FIELDS: usize = 64;

/// The path, to be appended to the base URL.
pub(super) const PATH: &str = "/chat/completions";

/// Returns the request body. The caller applies `refused` and `extra_body`.
pub(super) fn encode(request: &ModelRequest<'_>, vendor: Vendor) -> Map {
    let mut body = Map::new();
    let mut messages = Vec::new();
    if let Some(text) = request.system {
        messages.push(json!({"role": "system", "content": text}));
    }
    messages.extend_from_slice(request.messages);
    request
        .steps
        .iter()
        .for_each(|step| add_turns(step, &mut messages));
    body.insert("messages", Value::Array(messages));
    body.insert("model", request.model.into());
    body.insert("stream", true.into());
    body.insert(
        vendor.token_limit_field(),
        request.max_completion_tokens.into(),
    );
    body.set("temperature", request.temperature.map(Value::from));
    body.set("response_format", request.response_format.cloned());
    body.set("stop", request.stop.cloned());
    let tools = [request.hosted_tools, request.functions].concat();
    if !tools.is_empty() {
        body.set("tool_choice", request.tool_choice.cloned());
        body.insert("tools", Value::Array(tools));
    }
    if vendor == Vendor::OpenRouter {
        body.set("reasoning", request.reasoning.map(Reasoning::to_value));
        body.set("cache_control", request.cache_control.cloned());
        body.set(
            "stop_server_tools_when",
            (!request.hosted_tools.is_empty()).then(|| request.stop_server_tools_when()),
        );
    } else {
        body.set(
            "reasoning_effort",
            request
                .reasoning
                .and_then(|reasoning| reasoning.effort)
                .map(Value::from),
        );
        body.insert("stream_options", json!({"include_usage": true}));
    }
    body
}

/// Appends an assistant message for the turn, and a message for each tool result.
fn add_turns(step: &Step, messages: &mut Vec<Value>) {
    let mut turn = Map::new();
    turn.insert("role", "assistant".into());
    turn.insert(
        "content",
        if step.text.is_empty() {
            Value::Null
        } else {
            step.text.as_str().into()
        },
    );
    turn.insert("tool_calls", step.calls.iter().map(call_value).collect());
    for continuation in step.continuation.iter().filter_map(Value::as_object) {
        turn.extend(continuation.clone());
    }
    messages.push(turn.into());
    for (call, result) in step.calls.iter().zip(&step.results) {
        messages
            .push(json!({"role": "tool", "tool_call_id": &call.id, "content": &result.content}));
    }
}

/// Returns a tool call in the form of an assistant message.
fn call_value(call: &ToolCall) -> Value {
    let function = json!({"name": &call.name, "arguments": &call.arguments});
    json!({"id": &call.id, "type": "function", "function": function})
}

/// Decodes one response.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    outcome: CallOutcome,
    calls: Vec<Call>,
    /// The reasoning details that the next request must send back with the results of `calls`.
    details: Vec<Value>,
    /// The size of `details` in bytes.
    detail_bytes: usize,
    reasoning_content: String,
    has_metadata: bool,
    done: bool,
    /// Usage was reported, and no part of the answer followed it.
    has_final_usage: bool,
    /// The template of the last chunk, if that chunk contained only text.
    template: Option<ChunkTemplate>,
}

/// A tool call whose parts are still arriving.
#[derive(Debug)]
struct Call {
    index: Option<u64>,
    call: ToolCall,
    /// Google's signature of the reasoning.
    extra: Option<Value>,
}

impl Decoder {
    /// Decodes the events at the beginning of `bytes` that match the last chunk, and returns their
    /// length in bytes.
    pub(crate) fn try_fast_path(&self, bytes: &[u8], on: &mut dyn FnMut(StreamPart<'_>)) -> usize {
        let mut read = 0;
        while let Some((text, length)) = self
            .template
            .as_ref()
            .and_then(|template| template.match_next(bytes.get(read..)?))
        {
            if !text.is_empty() {
                on(StreamPart::Text(&text));
            }
            read += length;
        }
        read
    }

    /// Decodes one event.
    pub(crate) fn read(&mut self, _event: &str, data: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
        if self.done {
            return;
        }
        if data.trim() == "[DONE]" {
            (self.done, self.template) = (true, None);
            self.outcome.complete = true;
            return;
        }
        let Some(chunk) = Json::parse(data) else {
            self.outcome.has_unparsed_events |= data.starts_with('{');
            return;
        };
        let [id, model, choices, usage, error] =
            chunk.fields(["id", "model", "choices", "usage", "error"]);
        self.emit_metadata(id, model, on);
        // Read usage first: a chunk with an error may contain it, and its tokens are paid for.
        if let Some(usage) = usage {
            self.outcome.usage = read_usage(usage);
            (self.has_final_usage, self.template) = (true, None);
        }
        let is_usage_final = usage.is_some() || self.outcome.complete;
        if let Some(error) = error {
            self.has_final_usage &= is_usage_final;
            self.fail(error);
        }
        let is_first =
            |choice: &Json<'_>| choice.get("index").and_then(Json::as_u64).unwrap_or(0) == 0;
        let Some(choice) = choices.and_then(|choices| choices.items().find(is_first)) else {
            return;
        };
        // A server that ignores `stream` sends a whole message. It is decoded like one large delta.
        let [delta, message, finish_reason, error] =
            choice.fields(["delta", "message", "finish_reason", "error"]);
        self.has_final_usage &= is_usage_final || finish_reason.is_some();
        let is_plain = usage.is_none()
            && message.is_none()
            && finish_reason.is_none()
            && error.is_none()
            && !self.done;
        for delta in [delta, message].into_iter().flatten() {
            let plain_text = self.read_delta(delta, on).filter(|_| is_plain);
            self.template = plain_text.and_then(|text| ChunkTemplate::new(text, data));
        }
        if let Some(error) = error {
            self.fail(error);
        }
        if let Some(reason) = finish_reason.and_then(Json::words) {
            self.outcome.complete = true;
            self.outcome.finish_reason = Some(reason.into_owned());
        }
    }

    /// Returns the size of the buffered data, in bytes.
    pub(crate) fn buffered_bytes(&self) -> usize {
        let mut buffered_bytes =
            self.detail_bytes + self.reasoning_content.len() + self.outcome.refusal.len();
        for Call { call, .. } in &self.calls {
            buffered_bytes += call.name.len() + call.arguments.len();
        }
        buffered_bytes
    }

    /// Returns whether a finish reason was received.
    pub(crate) fn is_complete(&self) -> bool {
        self.outcome.complete
    }

    /// Returns whether `[DONE]` or an error was received. A finish reason is not the end, because
    /// usage follows it.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// Ends decoding and returns the outcome.
    pub(crate) fn finish(&mut self) -> CallOutcome {
        if !self.calls.is_empty() {
            let mut continuation = Map::new();
            if !self.details.is_empty() {
                continuation.insert("reasoning_details", Value::Array(take(&mut self.details)));
            }
            if !self.reasoning_content.is_empty() {
                continuation.insert(
                    "reasoning_content",
                    take(&mut self.reasoning_content).into(),
                );
            }
            if self.calls.iter().any(|call| call.extra.is_some()) {
                let raw = |Call { call, extra, .. }: &Call| {
                    let mut value = call_value(call);
                    if let Some(fields) = value.as_object_mut() {
                        fields.insert("extra_content", extra.as_ref().into());
                    }
                    value
                };
                continuation.insert("tool_calls", self.calls.iter().map(raw).collect());
            }
            self.outcome.continuation = if continuation.is_empty() {
                Vec::new()
            } else {
                vec![continuation.into()]
            };
        }
        self.outcome.calls = take(&mut self.calls)
            .into_iter()
            .map(|call| call.call)
            .collect::<Vec<_>>();
        // Some servers report usage with every chunk. Such a report is final only at the end.
        if !self.has_final_usage || !(self.outcome.complete || self.outcome.error.is_some()) {
            self.outcome.usage = self.outcome.usage.before_the_end();
        }
        take(&mut self.outcome)
    }

    /// Ends the response with an error. The first error wins.
    fn fail(&mut self, error: Json<'_>) {
        (self.done, self.template) = (true, None);
        let body = error.raw().parse().unwrap_or_default();
        self.outcome
            .error
            .get_or_insert_with(|| error_mapping::from_stream(&body));
    }

    /// Decodes a delta. If it contains only text and the text has no escapes, returns that text for
    /// a template. The function is long because it is one list of fields.
    fn read_delta<'a>(
        &mut self,
        delta: Json<'a>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> Option<&'a str> {
        let names = [
            "content",
            "reasoning",
            "reasoning_content",
            "reasoning_details",
            "refusal",
            "annotations",
            "tool_calls",
        ];
        let [
            content,
            reasoning,
            reasoning_content,
            details,
            refusal,
            annotations,
            calls,
        ] = delta.fields(names);
        // Providers use either name. If a proxy sends both, they hold the same text.
        let named_content = reasoning_content.and_then(text);
        if let Some(text) = &named_content {
            self.reasoning_content.push_str(text);
        }
        if let Some(text) = reasoning.and_then(text).or(named_content) {
            on(StreamPart::Reasoning(&text));
        }
        for detail in details.unwrap_or_default().items() {
            if detail.text("type").as_deref() == Some("reasoning.server_tool_call") {
                emit_tool(detail, on);
            }
            self.merge_reasoning_detail(detail);
        }
        if let Some(text) = content.and_then(text) {
            on(StreamPart::Text(&text));
        }
        if let Some(text) = refusal.and_then(text) {
            self.outcome.refusal.push_str(&text);
        }
        annotations
            .unwrap_or_default()
            .items()
            .for_each(|annotation| emit_citation(annotation, on));
        for call in calls.unwrap_or_default().items() {
            self.read_call(call);
        }
        let others = [
            reasoning,
            reasoning_content,
            details,
            refusal,
            annotations,
            calls,
        ];
        text_alone(content, &others)
    }

    /// Emits the response's id and model as soon as either is known.
    fn emit_metadata(
        &mut self,
        id: Option<Json<'_>>,
        model: Option<Json<'_>>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        if self.has_metadata {
            return;
        }
        let (id, model) = (id.and_then(Json::words), model.and_then(Json::words));
        self.has_metadata = id.is_some() || model.is_some();
        if self.has_metadata {
            on(StreamPart::Served {
                id: id.as_deref(),
                model: model.as_deref(),
            });
        }
    }

    /// Decodes a part of a tool call. Parts of one call share an index. Some servers send no index,
    /// but whole calls.
    fn read_call(&mut self, part: Json<'_>) {
        let [index, id, function, extra] =
            part.fields(["index", "id", "function", "extra_content"]);
        let (index, id) = (index.and_then(Json::as_u64), id.and_then(Json::words));
        let is_same = |open: &Call| {
            if index.is_some() {
                open.index == index
            } else {
                id.as_ref().is_none_or(|id| open.call.id == **id)
            }
        };
        let open = self.calls.iter().rposition(is_same);
        // Each part is looked up among all calls, so an endless list of calls would block the page.
        if open.is_none() && self.calls.len() >= MAX_CALLS {
            return;
        }
        let at = open.unwrap_or_else(|| {
            let generated_id = || format!("call_{}", self.calls.len());
            let call = ToolCall {
                id: id.map_or_else(generated_id, Cow::into_owned),
                name: String::new(),
                arguments: String::new(),
            };
            self.calls.push(Call {
                index,
                call,
                extra: None,
            });
            self.calls.len() - 1
        });
        let Some(open) = self.calls.get_mut(at) else {
            return;
        };
        let [name, arguments] = function.unwrap_or_default().fields(["name", "arguments"]);
        open.call
            .name
            .push_str(&name.and_then(Json::str).unwrap_or_default());
        match arguments {
            Some(object) if object.raw().starts_with('{') => {
                open.call.arguments.push_str(object.raw())
            }
            text => open
                .call
                .arguments
                .push_str(&text.and_then(Json::str).unwrap_or_default()),
        }
        if let Some(extra) = extra {
            open.extra = extra.raw().parse().ok();
        }
    }

    /// Stores a reasoning detail. If it continues the text of the last detail, merges the two.
    fn merge_reasoning_detail(&mut self, detail: Json<'_>) {
        self.detail_bytes += detail.raw().len();
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
                ["text", "summary", "data"]
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

/// Returns the text of `content` if it has no escapes and all `others` are empty.
fn text_alone<'a>(content: Option<Json<'a>>, others: &[Option<Json<'_>>]) -> Option<&'a str> {
    let is_blank =
        |field: &Option<Json<'_>>| field.is_none_or(|field| matches!(field.raw(), "[]" | "\"\""));
    match content.filter(|_| others.iter().all(is_blank))?.str()? {
        Cow::Borrowed(text) => Some(text),
        Cow::Owned(_) => None,
    }
}

/// Reads the `usage` object.
fn read_usage(usage: Json<'_>) -> CallUsage {
    let [cost, prompt, completion, details] = usage.fields([
        "cost",
        "prompt_tokens",
        "completion_tokens",
        "completion_tokens_details",
    ]);
    CallUsage {
        cost: cost.and_then(|cost| Cost::parse(cost.raw())),
        prompt_tokens: prompt.and_then(Json::as_u64).map(Count::from),
        completion_tokens: completion.and_then(Json::as_u64).map(Count::from),
        reasoning_tokens: details
            .and_then(|details| details.get("reasoning_tokens")?.as_u64())
            .map(Count::from),
    }
}

/// Emits a citation as a source. Its fields are nested as in Chat Completions or flat as in
/// Responses; proxies use both forms in both dialects.
pub(super) fn emit_citation(annotation: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
    let [url, title] = annotation
        .get("url_citation")
        .unwrap_or(annotation)
        .fields(["url", "title"]);
    if let Some(url) = url.and_then(Json::words) {
        on(StreamPart::Source {
            url: &url,
            title: &title.and_then(Json::str).unwrap_or_default(),
        });
    }
}

/// Emits a call of a tool that OpenRouter ran.
fn emit_tool(detail: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
    let [name, arguments, result] = detail
        .fields(["tool_name", "arguments", "result"])
        .map(|field| field.and_then(Json::str).unwrap_or_default());
    if name.is_empty() {
        return;
    }
    let [status, error, url, title] = Json::parse(&result)
        .unwrap_or_default()
        .fields(["status", "error", "url", "title"]);
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
    // A page that was opened is a source, even if it is not cited.
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

/// Returns the text of a string, or of an array of text parts as Mistral sends it. Returns `None`
/// if it is empty.
fn text(json: Json<'_>) -> Option<Cow<'_, str>> {
    let text = if json.raw().starts_with('[') {
        let mut parts = String::new();
        json.items()
            .for_each(|part| parts.push_str(&part.text("text").unwrap_or_default()));
        parts.into()
    } else {
        json.str()?
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
#[path = "chat_fixtures.rs"]
mod fixtures;
