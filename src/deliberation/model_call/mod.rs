//! One answer of one role: retries and fallbacks ([`attempts`]), each a loop of turns with tools ([`tool_loop`]), each turn one call
//! ([`turn`]).

pub mod attempts;
mod tool_loop;
mod turn;

use super::concurrency::PanelistPermit;
use crate::json::Value;
use crate::plan::{ModelTarget, RoleConfig};
use crate::provider::dialect::Step;
use crate::result::{Source, ToolCall};
use crate::usage::CallUsage;

/// What a seat is asked.
#[derive(Clone, Copy)]
pub struct RoleRequest<'a> {
    /// Who is asked.
    pub player: &'a RoleConfig,
    /// Of the player's models, those to try, in order.
    pub models: &'a [ModelTarget],
    /// Goes before the messages.
    pub system: Option<&'a str>,
    /// The conversation.
    pub messages: &'a [Value],
    /// What the answer has to look like.
    pub response_format: Option<&'a Value>,
    /// For `analysis.started`.
    pub order: &'a [usize],
    /// So is this, from the second pass on.
    pub pass: Option<u32>,
    /// Gives whoever is to hear a call's text while it streams.
    pub on_text: Option<&'a dyn Fn() -> TextSink<'a>>,
    /// Where the seat has to wait for a free connection.
    pub permit: Option<&'a PanelistPermit<'a>>,
}

/// Hears the text of one call, piece by piece.
pub type TextSink<'a> = Box<dyn FnMut(&str) + 'a>;

/// A usable answer; its text is in the journal.
pub struct RoleResponse {
    /// `stop`, `length`, ...
    pub finish_reason: Option<String>,
    /// Calls of tools that nobody here runs.
    pub tool_calls: Vec<ToolCall>,
    /// Of the calls that led to the answer.
    pub usage: CallUsage,
    /// From the first attempt's start to the end.
    pub latency_ms: u64,
}

/// How far an answer has come. It outlives the failure of a call, so that nothing is searched twice.
#[derive(Default)]
pub struct ToolLoopState {
    /// The turns that have ended in tool calls, with what these gave.
    pub steps: Vec<Step>,
    /// Fields that the provider does not take.
    pub refused: Vec<String>,
    /// What those turns said, as the seat's text has it, and what they cited or opened.
    pub text: String,
    pub sources: Vec<Source>,
    pub usage: CallUsage,
}

impl ToolLoopState {
    /// How much of the seat's text belongs to turns that have ended, in bytes.
    pub fn committed_len(&self) -> usize {
        self.text.len()
    }
}
