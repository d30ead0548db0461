//! Produces one answer of one role, in three layers: retries and fallbacks ([`attempts`]), a loop
//! of turns with tools ([`tool_loop`]), and single calls ([`turn`]).

pub(super) mod adaptations;
pub(super) mod attempts;
pub(super) mod message;
mod output_format;
mod tool_loop;
mod turn;

use super::concurrency::PanelistPermit;
use super::web_access::WebAccess;
use crate::json::Value;
use crate::plan::{ModelTarget, RoleConfig};
use crate::provider::dialect::{Step, StreamPart};
use crate::result::{Source, ToolCall, add_source};
use crate::usage::CallUsage;

/// Request to one role.
#[derive(Clone, Copy)]
pub(super) struct RoleRequest<'a> {
    /// Settings of the role.
    pub config: &'a RoleConfig,
    /// Models to try, in order. The list may contain only some of the role's models.
    pub models: &'a [ModelTarget],
    /// System message.
    pub system: Option<&'a str>,
    /// The conversation.
    pub messages: &'a [Value],
    /// The format of the reply, as in Chat Completions.
    pub response_format: Option<&'a Value>,
    /// The field `order` of the event `analysis.started`.
    pub order: &'a [usize],
    /// The field `pass` of the event `analysis.started`. `None` in the first pass.
    pub pass: Option<u32>,
    /// Creates a sink for the streamed text of each call.
    pub on_text: Option<&'a dyn Fn() -> TextSink<'a>>,
    /// Holds the permit that a call of a panelist or a check needs. `None` for the other roles.
    pub permit: Option<&'a PanelistPermit<'a>>,
    /// Limits which pages the model may open, for checks.
    pub web_access: Option<&'a WebAccess>,
}

/// Receives the streamed text of one call.
pub(super) type TextSink<'a> = Box<dyn FnMut(&str) + 'a>;

/// The answer of a role.
pub(crate) struct RoleResponse {
    /// The text and the sources.
    pub output: Output,
    /// Why the provider ended the answer, such as `stop` or `length`.
    pub finish_reason: Option<String>,
    /// The assistant's message for the next request. `None` if the message needs nothing except the
    /// text and the tool calls.
    pub message: Option<Value>,
    /// Tool calls that the caller must run.
    pub tool_calls: Vec<ToolCall>,
    /// Usage of all calls that led to the answer.
    pub usage: CallUsage,
    /// Milliseconds from the start of the first attempt to the end of the answer.
    pub latency_ms: u64,
}

/// Text and sources of an answer, or of a part of an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Output {
    /// The visible text.
    pub text: String,
    /// The sources. Contains each URL once.
    pub sources: Vec<Source>,
}

impl Output {
    /// Appends a streamed part.
    pub(crate) fn add(&mut self, part: StreamPart<'_>) {
        match part {
            StreamPart::Text(text) => self.text.push_str(text),
            StreamPart::Source { url, title } => self.add_source(&Source {
                url: url.to_owned(),
                title: title.to_owned(),
            }),
            StreamPart::Withdrawn { bytes } => {
                let rest = self.text.len().saturating_sub(bytes);
                self.text.truncate(self.text.ceil_char_boundary(rest));
            }
            _ => {}
        }
    }

    /// Adds a source if its URL is new.
    pub(crate) fn add_source(&mut self, source: &Source) {
        add_source(&mut self.sources, source);
    }

    /// Appends another output.
    pub(crate) fn append(&mut self, other: &Output) {
        self.text.push_str(&other.text);
        other
            .sources
            .iter()
            .for_each(|source| self.add_source(source));
    }

    /// Returns whether the text is more than white space.
    pub(crate) fn has_text(&self) -> bool {
        !self.text.trim().is_empty()
    }
}

/// State of the tool loop. If a call fails, the next attempt continues with this state, so no tool
/// runs twice.
#[derive(Default)]
pub(super) struct ToolLoopState {
    /// Completed turns: their tool calls and results.
    pub steps: Vec<Step>,
    /// Names of request fields that the provider does not accept.
    pub dropped_params: Vec<String>,
    /// The server's maximum number of tokens, if the server has refused the default limit as too
    /// high.
    pub lowered_limit: Option<u64>,
    /// Number of calls that were repeated after a refusal.
    pub repeats: u32,
    /// Output of the completed turns.
    pub committed: Output,
    /// Output of the current turn.
    pub turn: Output,
    /// Usage of the completed turns.
    pub usage: CallUsage,
}
