//! OpenAI Chat Completions with OpenRouter's additions, always streamed.
//! <https://openrouter.ai/docs/api-reference/chat-completion>, <https://platform.openai.com/docs/api-reference/chat-streaming>
//!
//! A chunk is read through borrowed raw values, so that one field of an unexpected type costs that field and not the chunk.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Ask, Ending, Piece};
use crate::event::ToolStatus;
use crate::provider::{Host, failure};
use crate::result::{CallUsage, Cost};

/// Appended to the base URL.
pub const PATH: &str = "/chat/completions";

#[derive(Serialize)]
struct Body<'a> {
    messages: Vec<&'a Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The request body.
pub fn encode(ask: &Ask<'_>, host: Host) -> String {
    let system = ask.system.map(|text| message("system", text));
    let messages = system.iter().chain(ask.messages).collect();
    let mut rest = Map::new();
    let mut set = |name: &str, value: Value| rest.insert(name.to_owned(), value);
    set("model", ask.model.into());
    set("stream", true.into());
    set(host.token_limit_field(), ask.max_completion_tokens.into());
    if let Some(temperature) = ask.temperature {
        set("temperature", temperature.into());
    }
    if let Some(format) = ask.response_format {
        set("response_format", format.clone());
    }
    match host {
        Host::OpenRouter => {
            if let Some(reasoning) = ask.reasoning {
                set("reasoning", reasoning.to_value());
            }
            if !ask.tools.is_empty() {
                set("tools", ask.tools.to_vec().into());
                let step_limit = [("type", "step_count_is".into()), ("step_count", ask.max_tool_calls.into())];
                let cost_limit = ask.max_cost.map(|cost| object([("type", "max_cost".into()), ("max_cost_in_dollars", cost.usd().into())]));
                set("stop_server_tools_when", [object(step_limit)].into_iter().chain(cost_limit).collect::<Vec<_>>().into());
            }
        }
        Host::OpenAi | Host::Other => {
            if let Some(effort) = ask.reasoning.and_then(|reasoning| reasoning.effort) {
                set("reasoning_effort", effort.into());
            }
            set("stream_options", object([("include_usage", true.into())]));
        }
    }
    for (name, value) in ask.extra_body.into_iter().flatten() {
        set(name, value.clone());
    }
    serde_json::to_string(&Body { messages, rest }).unwrap_or_default()
}

/// A chat message.
fn message(role: &str, content: &str) -> Value {
    object([("role", role.into()), ("content", content.into())])
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    choices: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    index: Option<&'a RawValue>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    /// A server that ignores `stream` answers with a whole message; it reads like one large delta.
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    finish_reason: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning_content: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning_details: Option<&'a RawValue>,
    #[serde(borrow)]
    refusal: Option<&'a RawValue>,
    #[serde(borrow)]
    annotations: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawUsage<'a> {
    #[serde(borrow)]
    cost: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    completion_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    completion_tokens_details: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct TokenDetails<'a> {
    #[serde(borrow)]
    reasoning_tokens: Option<&'a RawValue>,
}

/// Reads one answer.
#[derive(Debug, Default)]
pub struct Decoder {
    ending: Ending,
    served: bool,
    done: bool,
}

impl Decoder {
    /// Reads one event.
    pub fn read(&mut self, _event: &str, data: &str, on: &mut dyn FnMut(Piece<'_>)) {
        if self.done {
            return;
        }
        if data.trim() == "[DONE]" {
            self.done = true;
            self.ending.complete = true;
            return;
        }
        let Ok(chunk) = serde_json::from_str::<Chunk<'_>>(data) else { return };
        if !self.served {
            let (id, model) = (chunk.id.and_then(string), chunk.model.and_then(string));
            self.served = id.is_some() || model.is_some();
            if self.served {
                on(Piece::Served { id: id.as_deref(), model: model.as_deref() });
            }
        }
        // Usage first: a failed chunk may carry it, and what was spent was spent.
        if let Some(usage) = chunk.usage {
            self.read_usage(usage);
        }
        let choice = chunk.choices.and_then(first_choice);
        if let Some(error) = chunk.error.filter(|error| error.get() != "null") {
            self.fail(error);
        }
        let Some(choice) = choice else { return };
        for delta in [choice.delta, choice.message].into_iter().flatten() {
            if let Ok(delta) = serde_json::from_str(delta.get()) {
                self.read_delta(&delta, on);
            }
        }
        if let Some(error) = choice.error.filter(|error| error.get() != "null") {
            self.fail(error);
        }
        if let Some(reason) = choice.finish_reason.and_then(string) {
            self.ending.complete = true;
            self.ending.finish_reason = Some(reason.into_owned());
        }
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
    pub fn finish(self) -> Ending {
        self.ending
    }

    fn fail(&mut self, error: &RawValue) {
        self.done = true;
        let body = serde_json::from_str(error.get()).unwrap_or(Value::Null);
        self.ending.error.get_or_insert_with(|| failure::in_stream(&body));
    }

    fn read_usage(&mut self, usage: &RawValue) {
        if let Ok(usage) = serde_json::from_str::<RawUsage<'_>>(usage.get()) {
            self.ending.usage = CallUsage {
                cost: usage.cost.and_then(|cost| Cost::parse(cost.get())),
                prompt_tokens: usage.prompt_tokens.and_then(number),
                completion_tokens: usage.completion_tokens.and_then(number),
                reasoning_tokens: usage
                    .completion_tokens_details
                    .and_then(|details| serde_json::from_str::<TokenDetails<'_>>(details.get()).ok()?.reasoning_tokens.and_then(number)),
            };
        }
    }

    fn read_delta(&mut self, delta: &Delta<'_>, on: &mut dyn FnMut(Piece<'_>)) {
        // Two names for one thing; where a proxy sends both, they hold the same text.
        if let Some(text) = delta.reasoning.and_then(text).or_else(|| delta.reasoning_content.and_then(text)) {
            on(Piece::Reasoning(&text));
        }
        if let Some(details) = delta.reasoning_details.filter(|details| details.get().contains("server_tool_call")) {
            each(details, |detail: ServerToolCall<'_>| detail.report(on));
        }
        if let Some(text) = delta.content.and_then(text) {
            on(Piece::Text(&text));
        }
        if let Some(text) = delta.refusal.and_then(text) {
            self.ending.refusal.push_str(&text);
        }
        if let Some(annotations) = delta.annotations {
            each(annotations, |annotation: Annotation<'_>| {
                // Nested as in the contract, or flat as the Responses form that some proxies pass on.
                let flat = Citation { url: annotation.url, title: annotation.title };
                let Citation { url, title } = annotation.url_citation.unwrap_or(flat);
                if let Some(url) = url {
                    on(Piece::Source { url: &url, title: title.as_deref().unwrap_or_default() });
                }
            });
        }
    }
}

#[derive(Deserialize)]
struct Annotation<'a> {
    #[serde(borrow)]
    url_citation: Option<Citation<'a>>,
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    title: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Citation<'a> {
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    title: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct ServerToolCall<'a> {
    #[serde(borrow)]
    tool_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    arguments: Option<Cow<'a, str>>,
    #[serde(borrow)]
    result: Option<Cow<'a, str>>,
}

impl ServerToolCall<'_> {
    fn report(&self, on: &mut dyn FnMut(Piece<'_>)) {
        let Some(name) = self.tool_name.as_deref() else { return };
        let json = |text: &Option<Cow<'_, str>>| serde_json::from_str::<Value>(text.as_deref().unwrap_or_default()).unwrap_or_default();
        let result = json(&self.result);
        let failed = result.get("error").is_some() || result.get("status").and_then(Value::as_str) == Some("failed");
        let status = if failed { ToolStatus::Failed } else { ToolStatus::Completed };
        on(Piece::Tool { name, status, input: self.arguments.as_deref().unwrap_or_default() });
        // A page that was opened is a source, cited or not.
        if name.ends_with("web_fetch") && !failed {
            let arguments = json(&self.arguments);
            let field = |name: &str| result.get(name).or(arguments.get(name)).and_then(Value::as_str);
            if let Some(url) = field("url") {
                on(Piece::Source { url, title: field("title").unwrap_or_default() });
            }
        }
    }
}

/// Reads every element of an array that has the shape asked for, and passes over the others.
fn each<'a, T: Deserialize<'a>>(array: &'a RawValue, mut on: impl FnMut(T)) {
    let elements: Vec<&RawValue> = serde_json::from_str(array.get()).unwrap_or_default();
    for element in elements {
        if let Ok(element) = serde_json::from_str(element.get()) {
            on(element);
        }
    }
}

fn first_choice(choices: &RawValue) -> Option<Choice<'_>> {
    let choices: Vec<&RawValue> = serde_json::from_str(choices.get()).ok()?;
    let mut choices = choices.into_iter().filter_map(|choice| serde_json::from_str::<Choice<'_>>(choice.get()).ok());
    choices.find(|choice| choice.index.and_then(number).unwrap_or(0) == 0)
}

/// A count; some proxies compute it as a fraction.
fn number(raw: &RawValue) -> Option<u64> {
    raw.get().parse::<f64>().ok().filter(|number| *number >= 0.0).map(|number| number as u64)
}

/// A non-empty string.
fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    text(raw).filter(|text| !text.is_empty())
}

/// The text of a string, or of an array of text parts as Mistral sends it.
fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let json = raw.get();
    match json.as_bytes().first()? {
        b'"' => {
            // Nearly every delta is free of escapes and is used where it stands.
            let inner = json.get(1..json.len().checked_sub(1)?)?;
            let text = if memchr::memchr(b'\\', inner.as_bytes()).is_none() { Cow::Borrowed(inner) } else { Cow::Owned(unescape(json)) };
            (!text.is_empty()).then_some(text)
        }
        b'[' => {
            let mut joined = String::new();
            each(raw, |part: Value| joined.push_str(part.get("text").and_then(Value::as_str).unwrap_or_default()));
            (!joined.is_empty()).then_some(Cow::Owned(joined))
        }
        _ => None,
    }
}

/// JSON permits `"\ud83d"` alone, and models that are cut inside an emoji send it; a Rust string can't hold it.
fn unescape(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_else(|_| {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        lossy(&mut deserializer).unwrap_or_default()
    })
}

fn lossy(deserializer: &mut serde_json::Deserializer<serde_json::de::StrRead<'_>>) -> Option<String> {
    struct Bytes;
    impl serde::de::Visitor<'_> for Bytes {
        type Value = String;
        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a string")
        }
        fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
            Ok(String::from_utf8_lossy(bytes).into_owned())
        }
    }
    serde::Deserializer::deserialize_bytes(deserializer, Bytes).ok()
}

#[cfg(test)]
#[path = "chat_fixtures.rs"]
mod fixtures;
