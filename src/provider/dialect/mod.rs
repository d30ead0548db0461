//! Encodes requests and decodes responses in each wire format.
//!
//! Encoding converts a [`ModelRequest`] to the path and the body of the HTTP request. Decoding
//! converts the events of a stream to [`StreamPart`]s and a [`CallOutcome`]. `types` defines these
//! types.
//!
//! Each dialect has its own folder, with a link to its specification in `mod.rs`. Each dialect
//! defines `PATH`, `encode` and `Decoder`. Each decoder has one function for each kind of content:
//!
//! - `read`: one event
//! - `read_metadata`: the response's id and model
//! - `read_text`, `read_reasoning`, `read_refusal`, `read_citation`: the answer
//! - `read_tool_call`: a call of a function tool. In Messages, a block collects it
//! - `read_hosted_tool`: a call of a tool that the provider runs
//! - `read_usage`: tokens and cost
//! - `read_finish_reason`: why the answer ended
//! - `read_error`: an error within the stream
//!
//! `fields` and `sources` have the functions that several dialects share. `streamed_text` joins the
//! pieces of a text.

mod chat;
mod fields;
pub(crate) mod finish_reason;
mod messages;
mod responses;
mod sources;
mod streamed_text;
mod types;

use crate::json::Map;
use crate::provider::registry::Vendor;
use crate::provider::thinking::ThinkingFilter;
pub(crate) use crate::request::Dialect;
pub(crate) use types::{CallOutcome, ModelRequest, Step, StreamPart, ToolResult};

impl Dialect {
    /// Returns the path that is appended to the base URL.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Dialect::Chat => chat::PATH,
            Dialect::Messages => messages::PATH,
            Dialect::Responses => responses::PATH,
        }
    }

    /// Returns the request body.
    pub(crate) fn encode(self, request: &ModelRequest<'_>, vendor: Vendor) -> Map {
        let mut body = match self {
            Dialect::Chat => chat::encode(request, vendor),
            Dialect::Messages => messages::encode(request, vendor),
            Dialect::Responses => responses::encode(request, vendor),
        };
        request.adaptation.set_limit(&mut body);
        for name in request.dropped_params {
            body.remove(name);
        }
        body.extend(request.extra_body.cloned().unwrap_or_default());
        body
    }

    /// Returns whether this dialect, unlike the others, requires the field `name`.
    pub(crate) fn needs(self, name: &str) -> bool {
        self == Dialect::Messages && name == "max_tokens"
    }

    /// Returns a decoder for one response.
    pub(crate) fn decoder(self) -> Decoder {
        let decoder = match self {
            Dialect::Chat => DialectDecoder::Chat(chat::Decoder::default()),
            Dialect::Messages => DialectDecoder::Messages(messages::Decoder::default()),
            Dialect::Responses => DialectDecoder::Responses(responses::Decoder::default()),
        };
        Decoder {
            decoder,
            thinking: ThinkingFilter::default(),
        }
    }
}

/// Decodes the events of one response.
#[derive(Debug)]
pub(crate) struct Decoder {
    decoder: DialectDecoder,
    thinking: ThinkingFilter,
}

/// The decoder of a dialect.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one decoder for each response"
)]
enum DialectDecoder {
    Chat(chat::Decoder),
    Messages(messages::Decoder),
    Responses(responses::Decoder),
}

impl Decoder {
    /// Decodes the events at the beginning of `bytes` that need no parsing. Returns their length in
    /// bytes.
    pub(crate) fn try_fast_path(
        &mut self,
        bytes: &[u8],
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> usize {
        let Self { decoder, thinking } = self;
        match decoder {
            DialectDecoder::Chat(decoder) => {
                decoder.try_fast_path(bytes, &mut |part| thinking.filter(part, on))
            }
            // In these dialects, each event contains a different number or name. A template of the
            // previous event would never match.
            DialectDecoder::Messages(_) | DialectDecoder::Responses(_) => 0,
        }
    }

    /// Decodes one event. Skips an event that is not JSON. If the skipped event begins like JSON,
    /// the outcome reports an unparsed event.
    pub(crate) fn read(&mut self, event: &str, data: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
        let Self { decoder, thinking } = self;
        let data = without_python_quotes(data);
        let on = &mut |part: StreamPart<'_>| thinking.filter(part, on);
        match decoder {
            DialectDecoder::Chat(decoder) => decoder.read(event, data, on),
            DialectDecoder::Messages(decoder) => decoder.read(event, data, on),
            DialectDecoder::Responses(decoder) => decoder.read(event, data, on),
        }
    }

    /// Returns the size of the buffered data, in bytes. This is the data that no [`StreamPart`] has
    /// reported: arguments of tool calls, refusals and the continuation.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.thinking.held_bytes()
            + match &self.decoder {
                DialectDecoder::Chat(decoder) => decoder.buffered_bytes(),
                DialectDecoder::Messages(decoder) => decoder.buffered_bytes(),
                DialectDecoder::Responses(decoder) => decoder.buffered_bytes(),
            }
    }

    /// Returns the size of all output of the model so far, in bytes. Includes data that no
    /// [`StreamPart`] has reported.
    pub(crate) fn written_bytes(&self) -> usize {
        match &self.decoder {
            DialectDecoder::Chat(decoder) => decoder.written_bytes(),
            DialectDecoder::Messages(decoder) => decoder.buffered_bytes(),
            DialectDecoder::Responses(decoder) => decoder.written_bytes(),
        }
    }

    /// Returns whether the answer appears to be complete. Usage may still follow. If more text
    /// follows, the result becomes false again.
    pub(crate) fn is_complete(&self) -> bool {
        match &self.decoder {
            DialectDecoder::Chat(decoder) => decoder.is_complete(),
            DialectDecoder::Messages(decoder) => decoder.is_complete(),
            DialectDecoder::Responses(decoder) => decoder.is_complete(),
        }
    }

    /// Returns whether the response has ended. In this case, the rest of the connection need not be
    /// read.
    pub(crate) fn is_done(&self) -> bool {
        match &self.decoder {
            DialectDecoder::Chat(decoder) => decoder.is_done(),
            DialectDecoder::Messages(decoder) => decoder.is_done(),
            DialectDecoder::Responses(decoder) => decoder.is_done(),
        }
    }

    /// Ends decoding. Emits text that was not emitted yet, and returns the outcome.
    pub(crate) fn finish(&mut self, on: &mut dyn FnMut(StreamPart<'_>)) -> CallOutcome {
        let Self { decoder, thinking } = self;
        let filtered = &mut |part: StreamPart<'_>| thinking.filter(part, on);
        let outcome = match decoder {
            DialectDecoder::Chat(decoder) => decoder.finish(filtered),
            DialectDecoder::Messages(decoder) => decoder.finish(filtered),
            DialectDecoder::Responses(decoder) => decoder.finish(filtered),
        };
        thinking.finish(on);
        outcome
    }
}

/// Removes the quotes of Python's `repr(bytes)` from data. Some servers send such quotes by
/// mistake.
fn without_python_quotes(data: &str) -> &str {
    let inner = |quotes: [&str; 2]| {
        let [before, after] = quotes;
        data.strip_prefix(before)?.strip_suffix(after)
    };
    inner(["b'", "'"])
        .or_else(|| inner(["b\"", "\""]))
        .unwrap_or(data)
}
