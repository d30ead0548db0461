//! Implements OpenAI Chat Completions with OpenRouter's additions. Responses are always streamed.
//!
//! Specifications: <https://openrouter.ai/docs/api-reference/chat-completion>,
//! <https://platform.openai.com/docs/api-reference/chat-streaming>

mod answer;
mod decode;
mod encode;
mod reasoning_details;
mod signed_fields;
mod tool_calls;

pub(super) use decode::Decoder;
pub(super) use encode::encode;

/// The path that is appended to the base URL.
pub(super) const PATH: &str = "/chat/completions";
