//! Wire formats. Each sibling has the same items in the same order: where its calls go ([`Dialect::path`]), what they say
//! ([`Dialect::encode`]) and how its stream is read ([`Decoder`]).

mod chat;
#[cfg(test)]
mod fixtures;
mod messages;
mod responses;

use crate::json::{Map, Value, json};

use crate::error::Error;
use crate::event::ToolStatus;
use crate::provider::registry::Vendor;
pub use crate::request::Dialect;
use crate::request::{Reasoning, Temperature};
use crate::result::ToolCall;
use crate::usage::{CallUsage, Cost};

/// What is asked of a model, in no dialect yet. What callers give is kept in the form they give it in, OpenAI's chat format: messages, function
/// tools (`{"type":"function","function":{...}}`), `tool_choice`, `response_format`, `stop`.
#[derive(Clone, Copy, Debug)]
pub struct ModelRequest<'a> {
    /// The model's name as the provider knows it.
    pub model: &'a str,
    /// Goes before the messages.
    pub system: Option<&'a str>,
    /// The conversation. It may hold system messages, and tool calls with their results, of the caller's own.
    pub messages: &'a [Value],
    /// What has happened since in this seat's own tool loop.
    pub steps: &'a [Step],
    /// Reasoning included.
    pub max_completion_tokens: u64,
    /// 0..2; the provider's default without.
    pub temperature: Option<Temperature>,
    /// The provider's default without.
    pub reasoning: Option<Reasoning<'a>>,
    /// Tools the provider runs itself, as its API takes them.
    pub hosted_tools: &'a [Value],
    /// Tools somebody here runs.
    pub functions: &'a [Value],
    /// `"auto"` where it is absent.
    pub tool_choice: Option<&'a Value>,
    /// Steps that the provider's own tools may take.
    pub max_tool_calls: u64,
    /// What the answer has to look like.
    pub response_format: Option<&'a Value>,
    /// Where the answer has to stop: a string, or an array of them.
    pub stop: Option<&'a Value>,
    /// `{"type":"ephemeral","ttl"?}`: what may be cached of the prompt.
    pub cache_control: Option<&'a Value>,
    /// What the provider's own tools may lead to, in all.
    pub max_cost: Option<Cost>,
    /// Fields of the body that the provider has refused.
    pub refused: &'a [String],
    /// Merged into the body as it is.
    pub extra_body: Option<&'a Map>,
}

impl ModelRequest<'_> {
    /// OpenRouter's field of this name: when its own tools are to stop.
    fn stop_server_tools_when(&self) -> Value {
        let mut limits = json!([{"type": "step_count_is", "step_count": self.max_tool_calls}]);
        if let Some(cost) = self.max_cost {
            limits.push(json!({"type": "max_cost", "max_cost_in_dollars": cost.to_number()}));
        }
        limits
    }
}

/// One turn of a tool loop: what the model said and asked for, and what came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// The turn's visible text.
    pub text: String,
    /// As many as `results`.
    pub calls: Vec<ToolCall>,
    /// See [`CallOutcome::continuation`].
    pub continuation: Vec<Value>,
    /// What each call gave.
    pub results: Vec<ToolResult>,
}

/// What a function tool gave the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolResult {
    /// Text, often JSON.
    pub content: String,
    /// The content says what went wrong.
    pub failed: bool,
}

/// A piece of an answer, handed on while it streams.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum StreamPart<'a> {
    /// Who answers, known once the first chunk names it.
    Served {
        id: Option<&'a str>,
        model: Option<&'a str>,
    },
    Text(&'a str),
    Reasoning(&'a str),
    Source {
        url: &'a str,
        title: &'a str,
    },
    /// A tool that the provider runs.
    Tool {
        name: &'a str,
        status: ToolStatus,
        input: &'a str,
    },
}

/// What is known of an answer when its stream has ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallOutcome {
    /// `stop`, `length`, `tool_calls`, `content_filter`, or the provider's own word.
    pub finish_reason: Option<String>,
    /// The model's words when it refused.
    pub refusal: String,
    /// Function tools the model wants to be run, in its order. Their arguments are whatever it wrote.
    pub calls: Vec<ToolCall>,
    /// What the provider wants back, unchanged, when the results of `calls` are sent to it: signed thinking and the like, in its dialect's
    /// own form. Empty where there are no calls, unless the finish reason is `pause_turn`: then the provider's own tools have kept it busy
    /// for so long that it wants to be asked to go on, with a step that has this echo and no calls.
    pub continuation: Vec<Value>,
    /// What the call cost.
    pub usage: CallUsage,
    /// The stream said that it was complete. A stream that ends without is cut.
    pub complete: bool,
    /// Something of it could not be read and is missing.
    pub has_unparsed_events: bool,
    /// The provider broke off.
    pub error: Option<Error>,
}

impl StreamPart<'_> {
    /// In bytes.
    pub fn bytes(&self) -> usize {
        match self {
            StreamPart::Served { .. } => 0,
            StreamPart::Text(text) | StreamPart::Reasoning(text) => text.len(),
            StreamPart::Source { url: one, title: other } | StreamPart::Tool { name: one, input: other, .. } => one.len() + other.len(),
        }
    }
}

impl Dialect {
    /// Appended to the base URL.
    pub fn path(self) -> &'static str {
        match self {
            Dialect::Chat => chat::PATH,
            Dialect::Messages => messages::PATH,
            Dialect::Responses => responses::PATH,
        }
    }

    /// The request body.
    pub fn encode(self, ask: &ModelRequest<'_>, vendor: Vendor) -> Map {
        let mut body = match self {
            Dialect::Chat => chat::encode(ask, vendor),
            Dialect::Messages => messages::encode(ask, vendor),
            Dialect::Responses => responses::encode(ask, vendor),
        };
        for name in ask.refused {
            body.remove(name);
        }
        body.extend(ask.extra_body.cloned().unwrap_or_default());
        body
    }

    /// Whether it takes no request without this field, beside those that no dialect can do without.
    pub fn needs(self, name: &str) -> bool {
        self == Dialect::Messages && name == "max_tokens"
    }

    /// Reads one answer.
    pub fn decoder(self) -> Decoder {
        match self {
            Dialect::Chat => Decoder::Chat(chat::Decoder::default()),
            Dialect::Messages => Decoder::Messages(messages::Decoder::default()),
            Dialect::Responses => Decoder::Responses(responses::Decoder::default()),
        }
    }
}

/// The reading of one answer.
#[derive(Debug)]
pub enum Decoder {
    /// [`Dialect::Chat`].
    Chat(chat::Decoder),
    /// [`Dialect::Messages`].
    Messages(messages::Decoder),
    /// [`Dialect::Responses`].
    Responses(responses::Decoder),
}

impl Decoder {
    /// Reads ahead what can be read without parsing, at the beginning of an event: tells how many bytes of it have been read.
    pub fn try_fast_path(&self, bytes: &[u8], on: &mut dyn FnMut(StreamPart<'_>)) -> usize {
        match self {
            Decoder::Chat(decoder) => decoder.try_fast_path(bytes, on),
            // No two of their events are alike: each says its number or its name.
            Decoder::Messages(_) | Decoder::Responses(_) => 0,
        }
    }

    /// Reads one event. What does not parse is skipped, and where it begins like an event the answer is a damaged one.
    pub fn read(&mut self, event: &str, data: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
        match self {
            Decoder::Chat(decoder) => decoder.read(event, data, on),
            Decoder::Messages(decoder) => decoder.read(event, data, on),
            Decoder::Responses(decoder) => decoder.read(event, data, on),
        }
    }

    /// How many bytes are kept that no [`StreamPart`] has told of: what tools are to be called with, refusals, what has to go back.
    pub fn buffered_bytes(&self) -> usize {
        match self {
            Decoder::Chat(decoder) => decoder.buffered_bytes(),
            Decoder::Messages(decoder) => decoder.buffered_bytes(),
            Decoder::Responses(decoder) => decoder.buffered_bytes(),
        }
    }

    /// Whether the answer is whole; usage may still follow.
    pub fn is_complete(&self) -> bool {
        match self {
            Decoder::Chat(decoder) => decoder.is_complete(),
            Decoder::Messages(decoder) => decoder.is_complete(),
            Decoder::Responses(decoder) => decoder.is_complete(),
        }
    }

    /// Whether the provider has said its last word, so that nobody needs to wait for the connection to close.
    pub fn is_done(&self) -> bool {
        match self {
            Decoder::Chat(decoder) => decoder.is_done(),
            Decoder::Messages(decoder) => decoder.is_done(),
            Decoder::Responses(decoder) => decoder.is_done(),
        }
    }

    /// What is known when the stream has ended.
    pub fn finish(&mut self) -> CallOutcome {
        match self {
            Decoder::Chat(decoder) => decoder.finish(),
            Decoder::Messages(decoder) => decoder.finish(),
            Decoder::Responses(decoder) => decoder.finish(),
        }
    }
}
