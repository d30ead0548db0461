//! Implements OpenAI Responses with OpenRouter's additions. Responses are always streamed and never
//! stored.
//!
//! Specifications: <https://platform.openai.com/docs/api-reference/responses-streaming>,
//! <https://openrouter.ai/docs/api/api-reference/responses/create-responses>

mod decode;
mod encode;
mod event;
mod final_response;
mod input;
mod item;
mod items;

pub(super) use decode::Decoder;
pub(super) use encode::encode;

/// The path that is appended to the base URL.
pub(super) const PATH: &str = "/responses";
