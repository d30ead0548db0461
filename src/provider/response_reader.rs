//! Reads the streamed response of a call within its limits and timeouts.
//!
//! In: an [`HttpResponse`] with a successful status. Out: [`StreamPart`]s while the body streams,
//! and a [`CallOutcome`] at the end. If the answer is not complete, the outcome comes with an
//! error.
//!
//! The first bytes of a body determine its kind. The `content-type` is often wrong, so only the
//! error for a body without an answer mentions it.

use std::cell::Cell;
use std::fmt::Display;
use std::task::Poll;

use futures::StreamExt;
use futures::future::poll_fn;
use futures::stream::LocalBoxStream;

use crate::error::{Code, Error, Result};
use crate::json::Json;
use crate::provider::dialect::{CallOutcome, Decoder, StreamPart};
use crate::provider::idle_timer::IdleTimer;
use crate::provider::limit_errors::too_long;
use crate::provider::registry::Provider;
use crate::provider::sse;
use crate::provider::transport::{Clock, HttpResponse};
use crate::provider::unread::Unread;
use crate::request::{Limits, Timeouts};

/// Maximum number of bytes of text in a response. Includes reasoning and tool arguments. The number
/// is limited, because processing the text takes up to forty times its size in memory.
const MAX_TEXT_BYTES: usize = 8 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The kind of a body.
#[derive(Debug)]
enum Body {
    /// The kind is unknown, because the body has only white space or the beginning of a byte order
    /// mark so far.
    Unknown(Vec<u8>),
    /// Probably one JSON document, which servers send if they ignore `stream`.
    Document(Vec<u8>),
    /// An event stream, or plain text.
    Stream,
    /// An HTML or XML page.
    Markup,
}

/// Reads the body of a successful response.
pub(super) struct ResponseReader {
    decoder: Decoder,
    limits: Limits,
    body: Body,
    bytes: usize,
    /// The `content-type` without its parameters.
    content_type: String,
    unread: Unread,
    /// Whether any text has arrived.
    has_text: bool,
    /// Whether the body is one complete JSON document.
    is_whole_document: bool,
}

impl ResponseReader {
    /// Creates a reader for a response of `provider`.
    pub(super) fn new(provider: &Provider) -> Self {
        Self {
            decoder: provider.dialect.decoder(),
            limits: provider.limits,
            body: Body::Unknown(Vec::new()),
            bytes: 0,
            content_type: String::new(),
            unread: Unread::default(),
            has_text: false,
            is_whole_document: false,
        }
    }

    /// Reads the response to its end and passes each part to `on`. Returns the outcome. If the
    /// answer is not complete, also returns the error.
    pub(super) async fn read(
        mut self,
        response: HttpResponse,
        clock: &dyn Clock,
        timeouts: &Timeouts,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> (CallOutcome, Option<Error>) {
        let result = self.read_body(response, clock, timeouts, on).await;
        let mut outcome = self.decoder.finish(on);
        let error = self.error_of_call(result, &mut outcome);
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
        let label = response.content_type.split(';').next().unwrap_or_default();
        self.content_type = label.trim().to_ascii_lowercase();
        let remaining_bytes = Cell::new(Some(MAX_TEXT_BYTES));
        let has_text = Cell::new(false);
        let on: &mut dyn FnMut(StreamPart<'_>) = &mut |part| {
            if let StreamPart::Text(text) = part {
                has_text.set(has_text.get() || !text.trim().is_empty());
            }
            let remaining = remaining_bytes.get();
            remaining_bytes.set(remaining.and_then(|bytes| bytes.checked_sub(part.bytes())));
            if remaining_bytes.get().is_some() {
                on(part);
            }
        };
        let mut event_stream = sse::Decoder::new(self.limits.line_bytes);
        let (mut body, keep_connection) = (response.body, response.keep_connection);
        let mut idle_timer = IdleTimer::new(clock, timeouts);
        let mut result = Ok(());
        while !self.decoder.is_done() && !self.unread.has_failed() {
            let chunk = match next_chunk(&mut body, &mut idle_timer).await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(error) => {
                    result = Err(error);
                    break;
                }
            };
            let was_complete = self.decoder.is_complete();
            let is_within_limit = self.read_chunk(&chunk, &mut event_stream, on)?;
            on(StreamPart::Written {
                bytes: self.decoder.written_bytes(),
            });
            idle_timer.chunk_arrived(was_complete, self.decoder.is_complete());
            self.check_text_limit(remaining_bytes.get())?;
            if !is_within_limit && !self.decoder.is_done() {
                let limit = self.limits.body_bytes;
                return Err(too_long("an answer", "limits.body_bytes", limit));
            }
        }
        keep_connection.set(result.is_ok() && self.decoder.is_done());
        self.finish_stream(event_stream, on);
        self.has_text = has_text.get();
        self.check_text_limit(remaining_bytes.get())?;
        result
    }

    /// Decodes the end of the body: a whole document, or an event that has no blank line after it.
    ///
    /// If the document is not valid JSON, decodes it as a stream. Such a document may consist of
    /// lines of JSON, or begin with a line of JSON.
    fn finish_stream(
        &mut self,
        mut event_stream: sse::Decoder,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let document = match &mut self.body {
            Body::Document(document) => std::mem::take(document),
            Body::Unknown(bytes) => std::mem::take(bytes),
            Body::Stream | Body::Markup => Vec::new(),
        };
        let mut sink = PartSink {
            decoder: &mut self.decoder,
            on,
            unread: &mut self.unread,
        };
        let text = String::from_utf8_lossy(&document);
        if Json::parse(&text).is_some() {
            self.is_whole_document = true;
            sse::Events::event(&mut sink, "", &text);
        } else {
            // Ignore the error for a line that is too long. No line is longer than the body, and
            // the length of the body was already checked.
            let _ = event_stream.feed(&document, &mut sink);
            event_stream.finish(&mut sink);
        }
    }

    /// Decodes a chunk up to the limit of the body. Returns whether the whole chunk is within the
    /// limit.
    ///
    /// If the chunk exceeds the limit, decodes only the part within the limit. A chunk may have
    /// several megabytes if a page was busy while it arrived.
    fn read_chunk(
        &mut self,
        chunk: &[u8],
        event_stream: &mut sse::Decoder,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> Result<bool> {
        let remaining_bytes = self.limits.body_bytes.saturating_sub(self.bytes);
        let accepted = chunk.get(..remaining_bytes).unwrap_or(chunk);
        self.bytes = self.bytes.saturating_add(accepted.len());
        let beginning;
        let mut rest = accepted;
        if let Body::Unknown(bytes) = &mut self.body {
            bytes.extend_from_slice(accepted);
            let Some((body, start)) = kind_of_body(bytes) else {
                return Ok(accepted.len() == chunk.len());
            };
            beginning = bytes.split_off(start);
            (self.body, rest) = (body, &beginning);
        }
        match &mut self.body {
            Body::Document(document) => document.extend_from_slice(rest),
            Body::Unknown(_) | Body::Markup => {}
            Body::Stream => {
                let mut sink = PartSink {
                    decoder: &mut self.decoder,
                    on,
                    unread: &mut self.unread,
                };
                event_stream
                    .feed(rest, &mut sink)
                    .map_err(|sse::LineTooLong| {
                        let limit = self.limits.line_bytes;
                        too_long("a line of the answer", "limits.line_bytes", limit)
                    })?;
            }
        }
        Ok(accepted.len() == chunk.len())
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

    /// Returns why a call with a successful status failed. If its answer is complete, returns
    /// `None`. `result` is an error if the body could not be read to its end.
    fn error_of_call(mut self, result: Result<()>, outcome: &mut CallOutcome) -> Option<Error> {
        let has_answer = self.has_text || !outcome.calls.is_empty() || !outcome.refusal.is_empty();
        let broke_off = match result {
            Err(error) if !matches!(error.code, Code::NetworkError | Code::Timeout) => {
                return Some(error);
            }
            Err(error) => Some(error),
            Ok(()) => None,
        };
        if let Some(error) = self.unread.take_failure().or(outcome.error.clone()) {
            return Some(error);
        }
        // A whole document is complete even without a finish reason.
        outcome.is_complete |= self.is_whole_document && has_answer;
        // `[DONE]` alone is not an answer. There must also be text or a finish reason.
        if outcome.is_complete && (has_answer || outcome.finish_reason.is_some()) {
            return None;
        }
        match self.unread.take_words() {
            Some((error, is_json)) if is_json || !has_answer => return Some(error),
            Some((words, _)) => {
                let cut_off = broke_off.unwrap_or_else(early_end);
                let message = format!("{}; it also sent: {}", cut_off.message, words.message);
                return Some(cut_off.with_message(message));
            }
            None => {}
        }
        if outcome.is_complete {
            return None;
        }
        Some(broke_off.unwrap_or_else(|| self.unexpected_body().unwrap_or_else(early_end)))
    }

    /// Returns an error if the body cannot come from this API.
    fn unexpected_body(&self) -> Option<Error> {
        let is_labelled = !matches!(&*self.content_type, "" | "text/event-stream");
        let kind = match self.body {
            Body::Markup if !is_labelled => "a page",
            Body::Document(_) if self.is_whole_document && !is_labelled => "JSON of another form",
            Body::Document(_) if !self.is_whole_document => return None,
            Body::Stream => return None,
            Body::Unknown(_) if !is_labelled => return None,
            Body::Markup | Body::Document(_) | Body::Unknown(_) => {
                &format!("`{}`", self.content_type)
            }
        };
        Some(Error::new(
            Code::ProviderError,
            format!(
                "the answer is {kind} and not an event stream; \
                 is `baseURL` the address of an OpenAI-compatible API?"
            ),
        ))
    }
}

/// Returns the next chunk. At the end of the body, returns `None`. Fails if the connection breaks
/// or a timeout passes.
fn next_chunk(
    body: &mut LocalBoxStream<'static, std::result::Result<Vec<u8>, String>>,
    idle_timer: &mut IdleTimer<'_>,
) -> impl Future<Output = Result<Option<Vec<u8>>>> {
    poll_fn(move |cx| match body.poll_next_unpin(cx) {
        Poll::Ready(next) => Poll::Ready(next.transpose().map_err(cut_off)),
        Poll::Pending => idle_timer.poll(cx).map(Err),
    })
}

/// Returns the kind of a body, and the offset at which its content begins. If more bytes are needed
/// to decide, returns `None`.
fn kind_of_body(bytes: &[u8]) -> Option<(Body, usize)> {
    let is_blank = |byte: &u8| byte.is_ascii_whitespace();
    let blanks = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|byte| is_blank(byte)).count()
    };
    let mut start = blanks(0);
    let rest = bytes.get(start..).unwrap_or_default();
    if rest.starts_with(BYTE_ORDER_MARK) {
        start = blanks(start + BYTE_ORDER_MARK.len());
    } else if BYTE_ORDER_MARK.starts_with(rest) {
        return None;
    }
    let body = match bytes.get(start)? {
        b'{' | b'[' => Body::Document(Vec::new()),
        b'<' => Body::Markup,
        _ => Body::Stream,
    };
    Some((body, start))
}

/// Decodes the events of a stream and passes the resulting [`StreamPart`]s to `on`.
pub(crate) struct PartSink<'a> {
    /// Decodes the events.
    pub decoder: &'a mut Decoder,
    /// Receives the stream parts.
    pub on: &'a mut dyn FnMut(StreamPart<'_>),
    /// Receives events and lines that are not part of the answer.
    pub unread: &'a mut Unread,
}

impl sse::Events for PartSink<'_> {
    fn try_fast_path(&mut self, bytes: &[u8]) -> usize {
        self.decoder.try_fast_path(bytes, self.on)
    }

    fn event(&mut self, event: &str, data: &str) {
        if self.decoder.is_done() {
            return;
        }
        let mut has_part = false;
        let on = &mut *self.on;
        self.decoder.read(event, data, &mut |part| {
            has_part |= !matches!(part, StreamPart::Metadata { .. });
            on(part);
        });
        if !has_part && !self.decoder.is_done() {
            self.unread.read_event(event, data);
        }
    }

    fn bare_line(&mut self, line: &str) {
        if line.starts_with('{') && Json::parse(line).is_some() {
            self.event("", line);
        } else {
            self.unread.read_line(line);
        }
    }
}

/// Returns the error for a stream that ended without an end marker.
fn early_end() -> Error {
    cut_off("the stream ended before the provider said that it was complete")
}

/// Returns the error for a stream that ended too early. `reason` is part of its message.
fn cut_off(reason: impl Display) -> Error {
    Error::new(
        Code::NetworkError,
        format!("the answer was cut off: {reason}"),
    )
}
