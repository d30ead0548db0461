//! One answer of one role, in three layers: retries and fallbacks ([`attempts`]), a loop of turns
//! with tools ([`tool_loop`]), and single calls ([`turn`]).

pub mod attempts;
mod tool_loop;
mod turn;

use super::concurrency::PanelistPermit;
use crate::json::Value;
use crate::plan::{ModelTarget, RoleConfig};
use crate::provider::dialect::Step;
use crate::result::{Source, ToolCall};
use crate::usage::CallUsage;

/// Request to one role.
#[derive(Clone, Copy)]
pub struct RoleRequest<'a> {
    /// Settings of the role.
    pub config: &'a RoleConfig,
    /// Models to try, in order. A subset of the role's models.
    pub models: &'a [ModelTarget],
    /// System message.
    pub system: Option<&'a str>,
    /// The conversation.
    pub messages: &'a [Value],
    /// Output format that the provider enforces.
    pub response_format: Option<&'a Value>,
    /// Field `order` of `analysis.started`.
    pub order: &'a [usize],
    /// Field `pass` of `analysis.started`, from the second pass on.
    pub pass: Option<u32>,
    /// Creates a sink for the streamed text of each call.
    pub on_text: Option<&'a dyn Fn() -> TextSink<'a>>,
    /// Permit that a call to a provider needs.
    pub permit: Option<&'a PanelistPermit<'a>>,
}

/// Receives the streamed text of one call.
pub type TextSink<'a> = Box<dyn FnMut(&str) + 'a>;

/// Metadata of a usable answer. The recorder has its text.
pub struct RoleResponse {
    /// `stop`, `length`, ...
    pub finish_reason: Option<String>,
    /// Tool calls that the caller must run.
    pub tool_calls: Vec<ToolCall>,
    /// Usage of the calls that led to the answer.
    pub usage: CallUsage,
    /// Milliseconds from the first attempt's start to the end.
    pub latency_ms: u64,
}

/// State of the tool loop. Survives a failed call, so no tool runs twice.
#[derive(Default)]
pub struct ToolLoopState {
    /// Completed turns: their tool calls and results.
    pub steps: Vec<Step>,
    /// Request fields that the provider does not accept.
    pub dropped_params: Vec<String>,
    /// Text of the completed turns, as the recorder has it, and their sources and usage.
    pub text: String,
    pub sources: Vec<Source>,
    pub usage: CallUsage,
}

impl ToolLoopState {
    /// Returns the bytes of the role's text that belong to completed turns.
    pub fn committed_len(&self) -> usize {
        self.text.len()
    }
}
