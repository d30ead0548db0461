//! OpenAI Chat Completions with OpenRouter's additions, always streamed.
//! <https://openrouter.ai/docs/api-reference/chat-completion>, <https://platform.openai.com/docs/api-reference/chat-streaming>

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

/// More calls of one turn are not read.
const MAX_CALLS: usize = 1_000;

/// Wider details are not joined, as each field is looked up: a line of 8 MiB can hold a million.
const MAX_JOINED: usize = 64;

/// Appended to the base URL.
pub const PATH: &str = "/chat/completions";

/// The request body, but for what `ask` has refused or extra.
pub fn encode(ask: &ModelRequest<'_>, vendor: Vendor) -> Map {
    let mut body = Map::new();
    let mut messages = Vec::new();
    if let Some(text) = ask.system {
        messages.push(json!({"role": "system", "content": text}));
    }
    messages.extend_from_slice(ask.messages);
    ask.steps.iter().for_each(|step| add_turns(step, &mut messages));
    body.insert("messages", Value::Array(messages));
    body.insert("model", ask.model.into());
    body.insert("stream", true.into());
    body.insert(vendor.token_limit_field(), ask.max_completion_tokens.into());
    body.set("temperature", ask.temperature.map(Value::from));
    body.set("response_format", ask.response_format.cloned());
    body.set("stop", ask.stop.cloned());
    let tools = [ask.hosted_tools, ask.functions].concat();
    if !tools.is_empty() {
        body.set("tool_choice", ask.tool_choice.cloned());
        body.insert("tools", Value::Array(tools));
    }
    if vendor == Vendor::OpenRouter {
        body.set("reasoning", ask.reasoning.map(Reasoning::to_value));
        body.set("cache_control", ask.cache_control.cloned());
        body.set("stop_server_tools_when", (!ask.hosted_tools.is_empty()).then(|| ask.stop_server_tools_when()));
    } else {
        body.set("reasoning_effort", ask.reasoning.and_then(|reasoning| reasoning.effort).map(Value::from));
        body.insert("stream_options", json!({"include_usage": true}));
    }
    body
}

/// Adds an assistant's turn and what its tools gave.
fn add_turns(step: &Step, messages: &mut Vec<Value>) {
    let call =
        |call: &ToolCall| json!({"id": &call.id, "type": "function", "function": {"name": &call.name, "arguments": &call.arguments}});
    let mut turn = Map::new();
    turn.insert("role", "assistant".into());
    turn.insert("content", if step.text.is_empty() { Value::Null } else { step.text.as_str().into() });
    turn.insert("tool_calls", step.calls.iter().map(call).collect());
    for continuation in step.continuation.iter().filter_map(Value::as_object) {
        turn.extend(continuation.clone());
    }
    messages.push(turn.into());
    for (call, result) in step.calls.iter().zip(&step.results) {
        messages.push(json!({"role": "tool", "tool_call_id": &call.id, "content": &result.content}));
    }
}

/// Reads one answer.
#[derive(Debug, Default)]
pub struct Decoder {
    ending: CallOutcome,
    calls: Vec<Call>,
    /// What has to be sent back with the results of `calls`.
    details: Vec<Value>,
    /// The bytes of `details`.
    detail_bytes: usize,
    reasoning_content: String,
    served: bool,
    done: bool,
    /// Usage was told, and nothing was said after it.
    counted: bool,
    /// Around the text of the last chunk, if that held nothing else.
    template: Option<ChunkTemplate>,
}

/// A call in the making.
#[derive(Debug)]
struct Call {
    index: Option<u64>,
    call: ToolCall,
    /// Google signs its thinking here.
    extra: Option<Value>,
}

impl Decoder {
    /// Reads the events at the beginning of `bytes` that are like the last one, and tells how many bytes they are.
    pub fn try_fast_path(&self, bytes: &[u8], on: &mut dyn FnMut(StreamPart<'_>)) -> usize {
        let mut read = 0;
        while let Some((text, length)) = self.template.as_ref().and_then(|template| template.match_next(bytes.get(read..)?)) {
            if !text.is_empty() {
                on(StreamPart::Text(&text));
            }
            read += length;
        }
        read
    }

    /// Reads one event.
    pub fn read(&mut self, _event: &str, data: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
        if self.done {
            return;
        }
        if data.trim() == "[DONE]" {
            (self.done, self.template) = (true, None);
            self.ending.complete = true;
            return;
        }
        let Some(chunk) = Json::parse(data) else {
            self.ending.has_unparsed_events |= data.starts_with('{');
            return;
        };
        let [id, model, choices, usage, error] = chunk.fields(["id", "model", "choices", "usage", "error"]);
        if !self.served {
            let (id, model) = (id.and_then(Json::words), model.and_then(Json::words));
            self.served = id.is_some() || model.is_some();
            if self.served {
                on(StreamPart::Served { id: id.as_deref(), model: model.as_deref() });
            }
        }
        // Usage first: a failed chunk may carry it, and what was spent was spent.
        if let Some(usage) = usage {
            self.ending.usage = read_usage(usage);
            (self.counted, self.template) = (true, None);
        }
        let is_counted = usage.is_some() || self.ending.complete;
        if let Some(error) = error {
            self.counted &= is_counted;
            self.fail(error);
        }
        let is_first = |choice: &Json<'_>| choice.get("index").and_then(Json::count).unwrap_or(0) == 0;
        let Some(choice) = choices.and_then(|choices| choices.items().find(is_first)) else { return };
        // A server that ignores `stream` answers with a whole message; it reads like one large delta.
        let [delta, message, finish_reason, error] = choice.fields(["delta", "message", "finish_reason", "error"]);
        self.counted &= is_counted || finish_reason.is_some();
        let is_plain = usage.is_none() && message.is_none() && finish_reason.is_none() && error.is_none() && !self.done;
        for delta in [delta, message].into_iter().flatten() {
            let alone = self.read_delta(delta, on).filter(|_| is_plain);
            self.template = alone.and_then(|text| ChunkTemplate::new(text, data));
        }
        if let Some(error) = error {
            self.fail(error);
        }
        if let Some(reason) = finish_reason.and_then(Json::words) {
            self.ending.complete = true;
            self.ending.finish_reason = Some(reason.into_owned());
        }
    }

    /// How many bytes are kept beside the pieces.
    pub fn buffered_bytes(&self) -> usize {
        let mut buffered_bytes = self.detail_bytes + self.reasoning_content.len() + self.ending.refusal.len();
        for Call { call, .. } in &self.calls {
            buffered_bytes += call.name.len() + call.arguments.len();
        }
        buffered_bytes
    }

    /// Whether a finish reason was read.
    pub fn is_complete(&self) -> bool {
        self.ending.complete
    }

    /// Whether `[DONE]` or an error was read. A finish reason alone is not the end: usage comes after it.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// What is known when the stream has ended.
    pub fn finish(&mut self) -> CallOutcome {
        if !self.calls.is_empty() {
            let mut continuation = Map::new();
            if !self.details.is_empty() {
                continuation.insert("reasoning_details", Value::Array(take(&mut self.details)));
            }
            if !self.reasoning_content.is_empty() {
                continuation.insert("reasoning_content", take(&mut self.reasoning_content).into());
            }
            if self.calls.iter().any(|call| call.extra.is_some()) {
                let raw = |Call { call, extra, .. }: &Call| json!({"id": &call.id, "type": "function", "function": {"name": &call.name, "arguments": &call.arguments}, "extra_content": extra.as_ref()});
                continuation.insert("tool_calls", self.calls.iter().map(raw).collect());
            }
            self.ending.continuation = if continuation.is_empty() { Vec::new() } else { vec![continuation.into()] };
        }
        self.ending.calls = take(&mut self.calls).into_iter().map(|call| call.call).collect::<Vec<_>>();
        // Some tell usage with every chunk.
        if !self.counted || !(self.ending.complete || self.ending.error.is_some()) {
            self.ending.usage = self.ending.usage.before_the_end();
        }
        take(&mut self.ending)
    }

    fn fail(&mut self, error: Json<'_>) {
        (self.done, self.template) = (true, None);
        let body = error.raw().parse().unwrap_or_default();
        self.ending.error.get_or_insert_with(|| error_mapping::from_stream(&body));
    }

    /// The text, where it has no escapes and the delta says nothing else.
    fn read_delta<'a>(&mut self, delta: Json<'a>, on: &mut dyn FnMut(StreamPart<'_>)) -> Option<&'a str> {
        let names = ["content", "reasoning", "reasoning_content", "reasoning_details", "refusal", "annotations", "tool_calls"];
        let [content, reasoning, reasoning_content, details, refusal, annotations, calls] = delta.fields(names);
        // Two names for one thing; where a proxy sends both, they hold the same text.
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
            self.ending.refusal.push_str(&text);
        }
        annotations.unwrap_or_default().items().for_each(|annotation| emit_citation(annotation, on));
        for call in calls.unwrap_or_default().items() {
            self.read_call(call);
        }
        let says_nothing = |field: &Option<Json<'_>>| field.is_none_or(|field| matches!(field.raw(), "[]" | "\"\""));
        let is_alone = [reasoning, reasoning_content, details, refusal, annotations, calls].iter().all(says_nothing);
        match content.filter(|_| is_alone)?.str()? {
            Cow::Borrowed(text) => Some(text),
            Cow::Owned(_) => None,
        }
    }

    /// Pieces of one call share an index; some servers give none, and each call whole.
    fn read_call(&mut self, piece: Json<'_>) {
        let [index, id, function, extra] = piece.fields(["index", "id", "function", "extra_content"]);
        let (index, id) = (index.and_then(Json::count), id.and_then(Json::words));
        let is_same = |open: &Call| if index.is_some() { open.index == index } else { id.as_ref().is_none_or(|id| open.call.id == **id) };
        let open = self.calls.iter().rposition(is_same);
        // Each piece is looked up among all: a stream of new calls must not stop a page.
        if open.is_none() && self.calls.len() >= MAX_CALLS {
            return;
        }
        let at = open.unwrap_or_else(|| {
            let made_up = || format!("call_{}", self.calls.len());
            let call = ToolCall { id: id.map_or_else(made_up, Cow::into_owned), name: String::new(), arguments: String::new() };
            self.calls.push(Call { index, call, extra: None });
            self.calls.len() - 1
        });
        let Some(open) = self.calls.get_mut(at) else { return };
        let [name, arguments] = function.unwrap_or_default().fields(["name", "arguments"]);
        open.call.name.push_str(&name.and_then(Json::str).unwrap_or_default());
        match arguments {
            Some(object) if object.raw().starts_with('{') => open.call.arguments.push_str(object.raw()),
            text => open.call.arguments.push_str(&text.and_then(Json::str).unwrap_or_default()),
        }
        if let Some(extra) = extra {
            open.extra = extra.raw().parse().ok();
        }
    }

    /// Pieces of one text are joined; the rest is kept in order.
    fn merge_reasoning_detail(&mut self, detail: Json<'_>) {
        self.detail_bytes += detail.raw().len();
        let Ok(Value::Object(detail)) = detail.raw().parse() else { return };
        let is_piece_of = |open: &Map, name: &str| {
            open.get("index") == detail.get("index")
                && open.get("type") == detail.get("type")
                && open.contains_key(name)
                && detail.contains_key(name)
        };
        let open = self.details.last_mut().and_then(Value::as_object_mut).filter(|open| open.len().max(detail.len()) <= MAX_JOINED);
        let joined = open.and_then(|open| Some((["text", "summary", "data"].into_iter().find(|name| is_piece_of(open, name))?, open)));
        let Some((name, open)) = joined else { return self.details.push(detail.into()) };
        for (field, value) in detail {
            match (open.get_mut(&field), value) {
                (Some(Value::String(text)), Value::String(more)) if field == name => text.push_str(&more),
                (_, Value::Null) => {}
                (_, value) => open.insert(&field, value),
            }
        }
    }
}

fn read_usage(usage: Json<'_>) -> CallUsage {
    let [cost, prompt, completion, details] = usage.fields(["cost", "prompt_tokens", "completion_tokens", "completion_tokens_details"]);
    CallUsage {
        cost: cost.and_then(|cost| Cost::parse(cost.raw())),
        prompt_tokens: prompt.and_then(Json::count).map(Count::from),
        completion_tokens: completion.and_then(Json::count).map(Count::from),
        reasoning_tokens: details.and_then(|details| details.get("reasoning_tokens")?.count()).map(Count::from),
    }
}

/// Nested as in the contract of chat, or flat as in Responses; proxies pass on either in both.
pub(super) fn emit_citation(annotation: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
    let [url, title] = annotation.get("url_citation").unwrap_or(annotation).fields(["url", "title"]);
    if let Some(url) = url.and_then(Json::words) {
        on(StreamPart::Source { url: &url, title: &title.and_then(Json::str).unwrap_or_default() });
    }
}

/// A tool that OpenRouter ran.
fn emit_tool(detail: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
    let [name, arguments, result] =
        detail.fields(["tool_name", "arguments", "result"]).map(|field| field.and_then(Json::str).unwrap_or_default());
    if name.is_empty() {
        return;
    }
    let [status, error, url, title] = Json::parse(&result).unwrap_or_default().fields(["status", "error", "url", "title"]);
    let failed = error.is_some() || status.is_some_and(|status| status.raw() == "\"failed\"");
    let status = if failed { ToolStatus::Failed } else { ToolStatus::Completed };
    on(StreamPart::Tool { name: &name, status, input: &arguments });
    // A page that was opened is a source, cited or not.
    if name.ends_with("web_fetch") && !failed {
        let asked_for = Json::parse(&arguments).and_then(|arguments| arguments.get("url"));
        if let Some(url) = url.or(asked_for).and_then(Json::words) {
            on(StreamPart::Source { url: &url, title: &title.and_then(Json::str).unwrap_or_default() });
        }
    }
}

/// The text of a string, or of an array of text parts as Mistral sends it.
fn text(json: Json<'_>) -> Option<Cow<'_, str>> {
    let text = if json.raw().starts_with('[') {
        let mut parts = String::new();
        json.items().for_each(|part| parts.push_str(&part.text("text").unwrap_or_default()));
        parts.into()
    } else {
        json.str()?
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
#[path = "chat_fixtures.rs"]
mod fixtures;
