//! Reads the streamed response of a call within its limits and timeouts.
//!
//! In: an [`HttpResponse`] with a successful status. Out: [`StreamPart`]s while the body streams,
//! and a [`CallOutcome`] at the end, with an error if the answer is not complete.

use std::cell::Cell;
use std::fmt::Display;
use std::task::Poll;

use futures::StreamExt;
use futures::future::poll_fn;

use crate::error::{Code, Error, Result};
use crate::provider::dialect::{CallOutcome, Decoder, StreamPart};
use crate::provider::idle_timer::IdleTimer;
use crate::provider::limit_errors::too_long;
use crate::provider::registry::Provider;
use crate::provider::sse;
use crate::provider::transport::{Clock, HttpResponse};
use crate::request::{Limits, Timeouts};

/// Upper limit for the text of a response, in bytes, including reasoning and tool arguments.
/// Processing needs up to forty times as much memory.
const MAX_TEXT_BYTES: usize = 8 << 20;

/// Reads the body of a successful response.
pub(super) struct ResponseReader {
    decoder: Decoder,
    limits: Limits,
    /// The body so far, if the server ignores `stream` and sends one JSON document.
    json: Option<Vec<u8>>,
    bytes: usize,
    /// The error to return if a body of an unexpected content type contains no answer.
    unexpected_type: Option<Error>,
}

impl ResponseReader {
    /// Creates a reader for a response of `provider`.
    pub(super) fn new(provider: &Provider) -> Self {
        Self {
            decoder: provider.dialect.decoder(),
            limits: provider.limits,
            json: None,
            bytes: 0,
            unexpected_type: None,
        }
    }

    /// Reads the response to its end and passes each part to `on`. Returns what was received, and
    /// the error if the answer is not complete.
    pub(super) async fn read(
        mut self,
        response: HttpResponse,
        clock: &dyn Clock,
        timeouts: &Timeouts,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> (CallOutcome, Option<Error>) {
        let result = self.read_body(response, clock, timeouts, on).await;
        let outcome = self.decoder.finish(on);
        let error = error_of_call(result, &outcome, self.unexpected_type);
        (outcome, error)
    }

    /// Reads the body within its limits and timeouts.
    async fn read_body(
        &mut self,
        response: HttpResponse,
        clock: &dyn Clock,
        timeouts: &Timeouts,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> Result<()> {
        self.check_content_type(&response.content_type);
        let remaining_bytes = Cell::new(Some(MAX_TEXT_BYTES));
        let on: &mut dyn FnMut(StreamPart<'_>) = &mut |part| {
            let remaining = remaining_bytes.get();
            remaining_bytes.set(remaining.and_then(|bytes| bytes.checked_sub(part.bytes())));
            if remaining_bytes.get().is_some() {
                on(part);
            }
        };
        let mut event_stream = sse::Decoder::new(self.limits.line_bytes);
        let (mut body, keep_connection) = (response.body, response.keep_connection);
        let mut idle_timer = IdleTimer::new(clock, timeouts);
        while !self.decoder.is_done() {
            let next = poll_fn(|cx| match body.poll_next_unpin(cx) {
                Poll::Ready(next) => Poll::Ready(Ok(next)),
                Poll::Pending => idle_timer.poll(cx).map(Err),
            });
            let Some(chunk) = next.await? else { break };
            let chunk = chunk.map_err(cut_off)?;
            idle_timer.chunk_arrived(self.decoder.is_complete());
            let is_within_limit = self.read_chunk(&chunk, &mut event_stream, on)?;
            self.check_text_limit(remaining_bytes.get())?;
            if !is_within_limit && !self.decoder.is_done() {
                let limit = self.limits.body_bytes;
                return Err(too_long("an answer", "limits.body_bytes", limit));
            }
        }
        keep_connection.set(self.decoder.is_done());
        self.finish_stream(event_stream, on);
        self.check_text_limit(remaining_bytes.get())
    }

    /// Decodes what remains at the end of the body: the whole document, or an event without a blank
    /// line after it.
    fn finish_stream(
        &mut self,
        mut event_stream: sse::Decoder,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let decoder = &mut self.decoder;
        match &self.json {
            Some(document) => decoder.read("", &String::from_utf8_lossy(document), on),
            None => event_stream.finish(&mut PartSink { decoder, on }),
        }
    }

    /// Decodes a chunk, up to the limit of the body, and returns whether it is within the limit.
    /// A busy page may receive several megabytes in one chunk, so the part within the limit counts.
    fn read_chunk(
        &mut self,
        chunk: &[u8],
        event_stream: &mut sse::Decoder,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> Result<bool> {
        let remaining_bytes = self.limits.body_bytes.saturating_sub(self.bytes);
        let accepted = chunk.get(..remaining_bytes).unwrap_or(chunk);
        self.bytes = self.bytes.saturating_add(accepted.len());
        match &mut self.json {
            Some(document) => document.extend_from_slice(accepted),
            None => {
                let mut sink = PartSink {
                    decoder: &mut self.decoder,
                    on,
                };
                event_stream
                    .feed(accepted, &mut sink)
                    .map_err(|sse::LineTooLong| {
                        let limit = self.limits.line_bytes;
                        too_long("a line of the answer", "limits.line_bytes", limit)
                    })?;
            }
        }
        Ok(accepted.len() == chunk.len())
    }

    /// Prepares for a JSON document or, if the body is not an event stream, for an error.
    fn check_content_type(&mut self, header: &str) {
        let content_type = header
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if content_type == "application/json" {
            self.json = Some(Vec::new());
        }
        if content_type != "text/event-stream" && !content_type.is_empty() {
            let message = format!(
                "the answer is `{content_type}` and not an event stream; \
                 is `baseURL` the address of an OpenAI-compatible API?"
            );
            self.unexpected_type = Some(Error::new(Code::ProviderError, message));
        }
    }

    /// Fails if the response has more text than [`MAX_TEXT_BYTES`].
    fn check_text_limit(&self, remaining_bytes: Option<usize>) -> Result<()> {
        if remaining_bytes.is_some() && self.decoder.buffered_bytes() <= MAX_TEXT_BYTES {
            return Ok(());
        }
        Err(Error::new(
            Code::ProviderError,
            format!("an answer has more than {MAX_TEXT_BYTES} bytes of text"),
        ))
    }
}

/// Decodes the events of a stream and passes on their parts.
pub(crate) struct PartSink<'a> {
    /// Decodes the events.
    pub decoder: &'a mut Decoder,
    /// Receives the parts.
    pub on: &'a mut dyn FnMut(StreamPart<'_>),
}

impl sse::Events for PartSink<'_> {
    fn try_fast_path(&mut self, bytes: &[u8]) -> usize {
        self.decoder.try_fast_path(bytes, self.on)
    }

    fn event(&mut self, event: &str, data: &str) {
        self.decoder.read(event, data, self.on);
    }
}

/// Returns why a call failed after a successful status, or `None` if its answer is complete.
/// `result` is that of reading the body.
fn error_of_call(
    result: Result<()>,
    outcome: &CallOutcome,
    unexpected_type: Option<Error>,
) -> Option<Error> {
    match result {
        // The answer was already complete, so a later error of the connection does not matter.
        Err(error)
            if outcome.is_complete
                && outcome.error.is_none()
                && matches!(error.code, Code::NetworkError | Code::Timeout) =>
        {
            None
        }
        Err(error) => Some(error),
        Ok(()) if outcome.error.is_some() => outcome.error.clone(),
        Ok(()) if !outcome.is_complete => Some(unexpected_type.unwrap_or_else(|| {
            cut_off("the stream ended before the provider said that it was complete")
        })),
        Ok(()) => None,
    }
}

/// Returns the error for a stream that ended too early. `reason` says why.
fn cut_off(reason: impl Display) -> Error {
    Error::new(
        Code::NetworkError,
        format!("the answer was cut off: {reason}"),
    )
}
