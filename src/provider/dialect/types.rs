//! Defines the data that every dialect encodes and decodes.

use crate::error::Error;
use crate::event::ToolStatus;
use crate::json::{Map, Value, json};
use crate::provider::adaptation::Adaptation;
use crate::request::{Reasoning, Temperature};
use crate::result::ToolCall;
use crate::usage::{CallUsage, Cost};

/// A request to a model, independent of the dialect.
///
/// Messages, function tools, `tool_choice`, `response_format` and `stop` are the caller's values.
/// They have the form of [Chat
/// Completions](https://platform.openai.com/docs/api-reference/chat/create). A function tool is
/// `{"type":"function","function":{...}}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModelRequest<'a> {
    /// The model's name at the provider.
    pub model: &'a str,
    /// The system message. It comes before `messages`.
    pub system: Option<&'a str>,
    /// The caller's conversation. It may contain system messages, and tool calls with their
    /// results.
    pub messages: &'a [Value],
    /// The steps of this role's tool loop so far.
    pub steps: &'a [Step],
    /// The token limit of the answer, including reasoning.
    pub max_completion_tokens: u64,
    /// The temperature, from 0 to 2. If absent, the provider's default applies.
    pub temperature: Option<Temperature>,
    /// The reasoning settings. If absent, the provider's defaults apply.
    pub reasoning: Option<Reasoning<'a>>,
    /// Hosted tools, which the provider runs. They have the form of the provider's API.
    pub hosted_tools: &'a [Value],
    /// Function tools, which this library or its caller runs.
    pub functions: &'a [Value],
    /// The tool choice. If absent, the provider decides (`"auto"`).
    pub tool_choice: Option<&'a Value>,
    /// The maximum number of calls of hosted tools.
    pub max_tool_calls: u64,
    /// The required format of the answer.
    pub response_format: Option<&'a Value>,
    /// The stop sequences: a string, or an array of strings.
    pub stop: Option<&'a Value>,
    /// The cache settings for the prompt: `{"type":"ephemeral","ttl"?}`.
    pub cache_control: Option<&'a Value>,
    /// The maximum total cost of hosted tools.
    pub max_cost: Option<Cost>,
    /// Names of fields that the provider has rejected. The body omits them.
    pub dropped_params: &'a [String],
    /// The changes that the server's earlier refusals require.
    pub adaptation: &'a Adaptation,
    /// Additional fields of the body. They are sent unchanged.
    pub extra_body: Option<&'a Map>,
}

impl ModelRequest<'_> {
    /// Returns a request with only the required fields.
    #[cfg(test)]
    pub(crate) fn minimal() -> Self {
        Self {
            model: "m",
            system: None,
            messages: &[],
            steps: &[],
            max_completion_tokens: 16_000,
            temperature: None,
            reasoning: None,
            hosted_tools: &[],
            functions: &[],
            tool_choice: None,
            max_tool_calls: 4,
            response_format: None,
            stop: None,
            cache_control: None,
            max_cost: None,
            dropped_params: &[],
            adaptation: Adaptation::NONE,
            extra_body: None,
        }
    }

    /// Returns the value of the field `stop_server_tools_when`, which limits OpenRouter's own
    /// tools.
    pub(super) fn stop_server_tools_when(&self) -> Value {
        let mut limits = json!([{"type": "step_count_is", "step_count": self.max_tool_calls}]);
        if let Some(cost) = self.max_cost {
            limits.push(json!({"type": "max_cost", "max_cost_in_dollars": cost.to_number()}));
        }
        limits
    }
}

/// One step of a tool loop: the model's turn and its tool results.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Step {
    /// The visible text of the turn.
    pub text: String,
    /// The tool calls of the turn. Each call has one element in `results`.
    pub calls: Vec<ToolCall>,
    /// Parts of the turn that the next request must send back unchanged. See
    /// [`CallOutcome::continuation`].
    pub continuation: Vec<Value>,
    /// The result of each tool call.
    pub results: Vec<ToolResult>,
}

/// The result of a function tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ToolResult {
    /// The text for the model. It is often JSON.
    pub content: String,
    /// Whether the tool failed. If so, `content` describes the error.
    pub failed: bool,
}

/// A part of a streamed response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StreamPart<'a> {
    /// The id of the response, and the model that answers. Emitted as soon as a chunk contains the
    /// id or the model.
    Metadata {
        id: Option<&'a str>,
        model: Option<&'a str>,
    },
    Text(&'a str),
    Reasoning(&'a str),
    /// Reasoning that was sent inside the text of the answer, between tags.
    Thinking(&'a str),
    /// Reports that the last `bytes` bytes of the emitted text were reasoning and do not belong to
    /// the answer.
    Withdrawn {
        bytes: usize,
    },
    Source {
        url: &'a str,
        title: &'a str,
    },
    /// The size of all output of the model so far, in bytes. It includes text, reasoning, refusals,
    /// tool arguments and encrypted reasoning. Emitted after each chunk of the body.
    Written {
        bytes: usize,
    },
    /// A call of a hosted tool, which the provider runs.
    Tool {
        name: &'a str,
        status: ToolStatus,
        input: &'a str,
    },
}

impl StreamPart<'_> {
    /// Returns the number of bytes of text in the part.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            StreamPart::Metadata { .. }
            | StreamPart::Withdrawn { .. }
            | StreamPart::Written { .. } => 0,
            StreamPart::Text(text) | StreamPart::Reasoning(text) | StreamPart::Thinking(text) => {
                text.len()
            }
            StreamPart::Source {
                url: first,
                title: second,
            }
            | StreamPart::Tool {
                name: first,
                input: second,
                ..
            } => first.len() + second.len(),
        }
    }
}

/// The outcome of a call. It is known when the stream has ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CallOutcome {
    /// The reason why the answer ended: `stop`, `length`, `tool_calls`, `content_filter`, or the
    /// provider's own value.
    pub finish_reason: Option<String>,
    /// The model's explanation if it refused to answer. Otherwise empty.
    pub refusal: String,
    /// The calls of function tools, in the order in which the model made them. Their arguments may
    /// be invalid JSON.
    pub calls: Vec<ToolCall>,
    /// Parts such as signed reasoning, in the form of the dialect. The next request must send them
    /// back unchanged in the assistant's message.
    ///
    /// The finish reason `pause_turn` means that the provider has paused a long series of hosted
    /// tool calls. To resume the turn, add a [`Step`] with this continuation and without calls to
    /// the next request.
    pub continuation: Vec<Value>,
    /// The usage of the call.
    pub usage: CallUsage,
    /// Whether the stream reported its end. Without this report, the stream was cut off.
    pub is_complete: bool,
    /// Whether an event could not be parsed. If so, a part of the answer may be missing.
    pub has_unparsed_events: bool,
    /// The error that the provider sent within the stream.
    pub error: Option<Error>,
}
