//! Implements Anthropic Messages. Responses are always streamed. OpenRouter, llama.cpp and others
//! also serve this API.
//!
//! Specifications: <https://platform.claude.com/docs/en/api/messages>,
//! <https://platform.claude.com/docs/en/build-with-claude/streaming>

mod block;
mod claude_version;
mod content;
mod conversation;
mod decode;
mod encode;

pub(super) use decode::Decoder;
pub(super) use encode::encode;

/// The path that is appended to the base URL.
pub(super) const PATH: &str = "/messages";
