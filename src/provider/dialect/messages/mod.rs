//! Anthropic Messages, always streamed. OpenRouter, llama.cpp and others serve it too.
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

/// The path, to be appended to the base URL.
pub(super) const PATH: &str = "/messages";
