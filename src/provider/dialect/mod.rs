//! Encodes requests and decodes responses in each wire format.
//!
//! In: a [`ModelRequest`]; later the events of a stream. Out: the path and body of the request;
//! later [`StreamPart`]s and a [`CallOutcome`]. `types` defines them.
//!
//! Each dialect has its own folder, with a link to its specification in `mod.rs`. All of them
//! define `PATH`, `encode` (in `encode.rs`) and `Decoder` (in `decode.rs`). The decoders read each
//! kind of content in one function, whose name says what it reads:
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
//! `fields` has those that the dialects share.

mod chat;
mod fields;
mod messages;
mod responses;
mod types;

use crate::json::Map;
use crate::provider::registry::Vendor;
pub(crate) use crate::request::Dialect;
pub(crate) use types::{CallOutcome, ModelRequest, Step, StreamPart, ToolResult};

impl Dialect {
    /// Returns the path of the API, to be appended to the base URL.
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

    /// Returns whether the dialect requires the field `name`, beyond the fields that every dialect
    /// requires.
    pub(crate) fn needs(self, name: &str) -> bool {
        self == Dialect::Messages && name == "max_tokens"
    }

    /// Returns a decoder for one response.
    pub(crate) fn decoder(self) -> Decoder {
        match self {
            Dialect::Chat => Decoder::Chat(chat::Decoder::default()),
            Dialect::Messages => Decoder::Messages(messages::Decoder::default()),
            Dialect::Responses => Decoder::Responses(responses::Decoder::default()),
        }
    }
}

/// Decodes the events of one response.
#[derive(Debug)]
pub(crate) enum Decoder {
    /// [`Dialect::Chat`].
    Chat(chat::Decoder),
    /// [`Dialect::Messages`].
    Messages(messages::Decoder),
    /// [`Dialect::Responses`].
    Responses(responses::Decoder),
}

impl Decoder {
    /// Decodes the events at the beginning of `bytes` that need no parsing, and returns their
    /// length in bytes.
    pub(crate) fn try_fast_path(&self, bytes: &[u8], on: &mut dyn FnMut(StreamPart<'_>)) -> usize {
        match self {
            Decoder::Chat(decoder) => decoder.try_fast_path(bytes, on),
            // Each event of these dialects has its own number or name, so no template matches.
            Decoder::Messages(_) | Decoder::Responses(_) => 0,
        }
    }

    /// Decodes one event. Skips an event that is not JSON; if it begins like JSON, the outcome
    /// reports an unparsed event.
    pub(crate) fn read(&mut self, event: &str, data: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
        match self {
            Decoder::Chat(decoder) => decoder.read(data, on),
            Decoder::Messages(decoder) => decoder.read(event, data, on),
            Decoder::Responses(decoder) => decoder.read(event, data, on),
        }
    }

    /// Returns the size of the buffered data that no [`StreamPart`] has reported, in bytes:
    /// arguments of tools, refusals, the continuation.
    pub(crate) fn buffered_bytes(&self) -> usize {
        match self {
            Decoder::Chat(decoder) => decoder.buffered_bytes(),
            Decoder::Messages(decoder) => decoder.buffered_bytes(),
            Decoder::Responses(decoder) => decoder.buffered_bytes(),
        }
    }

    /// Returns whether the answer is complete. Usage may still follow.
    pub(crate) fn is_complete(&self) -> bool {
        match self {
            Decoder::Chat(decoder) => decoder.is_complete(),
            Decoder::Messages(decoder) => decoder.is_complete(),
            Decoder::Responses(decoder) => decoder.is_complete(),
        }
    }

    /// Returns whether nothing more will follow, so that the connection need not be read to its
    /// end.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Decoder::Chat(decoder) => decoder.is_done(),
            Decoder::Messages(decoder) => decoder.is_done(),
            Decoder::Responses(decoder) => decoder.is_done(),
        }
    }

    /// Ends decoding and returns the outcome.
    pub(crate) fn finish(&mut self) -> CallOutcome {
        match self {
            Decoder::Chat(decoder) => decoder.finish(),
            Decoder::Messages(decoder) => decoder.finish(),
            Decoder::Responses(decoder) => decoder.finish(),
        }
    }
}
