//! Calls one model once.
//!
//! In: a [`ModelRequest`] and a [`Provider`]. Out: [`StreamPart`]s while the response streams, and
//! a [`CallOutcome`] or a [`CallError`] at the end. [`dialect`] links the specification of each
//! wire format.

mod chunk_template;
pub(crate) mod dialect;
pub(crate) mod error_mapping;
pub(crate) mod prices;
pub(crate) mod registry;
pub(crate) mod sse;
pub(crate) mod tools;
pub(crate) mod transport;

use std::cell::Cell;
use std::task::Poll;

use futures::StreamExt;
use futures::future::{Either, LocalBoxFuture, poll_fn, select};

use crate::error::{Code, Error, Result};
use crate::request::{Limits, Timeouts};
use crate::usage::CallUsage;
use dialect::{CallOutcome, ModelRequest, StreamPart};
pub(crate) use registry::{Provider, Vendor};
use transport::{Clock, HttpRequest, HttpResponse, ToolRunner, Transport};

/// Upper limit for the body of an error response, in bytes. The rest is not read.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// Upper limit for the text of a response, in bytes, including reasoning and tool arguments.
/// Processing needs up to forty times as much memory.
const MAX_TEXT_BYTES: usize = 8 << 20;

/// How long to wait for usage after the finish reason, in milliseconds.
const USAGE_GRACE_MS: u64 = 3_000;

/// What the core needs from its environment.
pub(crate) struct Environment {
    /// Sends HTTP requests.
    pub transport: Box<dyn Transport>,
    /// Reads the time and sets timers.
    pub clock: Box<dyn Clock>,
    /// Runs the caller's tools.
    pub tool_runner: Box<dyn ToolRunner>,
    /// Normalizes text.
    pub unicode: UnicodeForms,
}

/// Functions that normalize text. JavaScript engines contain the tables for them; including the
/// tables would double the size of the core.
#[derive(Clone, Copy)]
pub(crate) struct UnicodeForms {
    /// Converts text to the form [NFC](https://unicode.org/reports/tr15/).
    pub nfc: fn(&str) -> String,
    /// Converts text to lower case.
    pub lowercase: fn(&str) -> String,
}

/// A failed call: the error, and what was received before it.
#[derive(Debug)]
pub(crate) struct CallError {
    /// The error, without secrets.
    pub error: Error,
    /// What was received before the error, such as usage and the text of a refusal.
    pub ending: CallOutcome,
    /// Whether the provider cannot have charged for the call: it rejected the request, or the
    /// request never arrived.
    pub unbilled: bool,
    /// The field of the request body that the provider rejected by name, if any. The caller may
    /// retry without it.
    pub refused: Option<String>,
}

/// Sends one request and passes each part of the streamed response to `on`. Dropping the future
/// closes the connection.
pub(crate) async fn call(
    provider: &Provider,
    model_request: &ModelRequest<'_>,
    env: &Environment,
    timeouts: &Timeouts,
    on: &mut dyn FnMut(StreamPart<'_>),
) -> std::result::Result<CallOutcome, Box<CallError>> {
    let clock = &*env.clock;
    let request_body = provider.dialect.encode(model_request, provider.vendor);
    let request = HttpRequest {
        function: provider.custom_fetch_name(),
        url: format!("{}{}", provider.base_url, provider.dialect.path()),
        headers: provider.call_headers(),
        body: Some(request_body.to_string()),
    };
    let mut response = send(provider, request, env, timeouts.first_byte_ms).await?;
    if !(200..300).contains(&response.status) {
        let secret_bytes = provider.longest_secret();
        let body = read_error_body(&mut response, clock, timeouts.idle_ms, secret_bytes).await;
        let mut call_error = rejected_call(provider, &response, &body, clock);
        let is_optional = |name: &String| {
            let is_extra = model_request
                .extra_body
                .is_some_and(|extra| extra.contains_key(name));
            !provider.dialect.needs(name) && !is_extra
        };
        let refused = error_mapping::refused_field(&response, &body, &request_body);
        call_error.refused = refused.filter(is_optional);
        return Err(call_error);
    }
    let mut reader = ResponseReader {
        decoder: provider.dialect.decoder(),
        limits: provider.limits,
        json: None,
        bytes: 0,
        unexpected_type: None,
    };
    let result = reader.read(response, clock, timeouts, on).await;
    let mut ending = reader.decoder.finish();
    ending.refusal = provider.sanitize(&ending.refusal);
    match error_of_call(result, &ending, reader.unexpected_type) {
        Some(error) => {
            let error = provider.redact(error);
            Err(Box::new(CallError {
                error,
                ending,
                unbilled: false,
                refused: None,
            }))
        }
        None => Ok(ending),
    }
}

/// Sends a request and waits for the headers of its response, for at most `timeout_ms`.
async fn send(
    provider: &Provider,
    request: HttpRequest,
    env: &Environment,
    timeout_ms: u64,
) -> std::result::Result<HttpResponse, Box<CallError>> {
    let deadline = env.clock.sleep(timeout_ms);
    let (error, unbilled) = match select(env.transport.send(request), deadline).await {
        Either::Left((Ok(response), _)) => return Ok(response),
        Either::Left((Err(reason), _)) => (Error::new(Code::NetworkError, reason), true),
        Either::Right(_) => (timeout_error("its first byte", timeout_ms), false),
    };
    Err(Box::new(CallError {
        error: provider.redact(error),
        ending: CallOutcome::default(),
        unbilled,
        refused: None,
    }))
}

/// Returns the error of a call whose response has an error status.
fn rejected_call(
    provider: &Provider,
    response: &HttpResponse,
    body: &[u8],
    clock: &dyn Clock,
) -> Box<CallError> {
    let mut decoder = provider.dialect.decoder();
    decoder.read("error", &String::from_utf8_lossy(body), &mut |_| {});
    let usage = decoder.finish().usage;
    // After these statuses the model may have run behind a proxy, so the call may be charged.
    let may_have_run = matches!(response.status, 408 | 500 | 502 | 504 | 524);
    Box::new(CallError {
        error: provider.redact(error_mapping::from_reply(response, body, clock)),
        unbilled: usage == CallUsage::default() && !may_have_run,
        ending: CallOutcome {
            usage,
            ..CallOutcome::default()
        },
        refused: None,
    })
}

/// Returns why a call failed after a successful status, or `None` if its answer is complete.
/// `result` is that of reading the body.
fn error_of_call(
    result: Result<()>,
    ending: &CallOutcome,
    unexpected_type: Option<Error>,
) -> Option<Error> {
    match result {
        // The answer was already complete, so a later error of the connection does not matter.
        Err(error)
            if ending.complete
                && ending.error.is_none()
                && matches!(error.code, Code::NetworkError | Code::Timeout) =>
        {
            None
        }
        Err(error) => Some(error),
        Ok(()) if ending.error.is_some() => ending.error.clone(),
        Ok(()) if !ending.complete => Some(unexpected_type.unwrap_or_else(|| {
            Error::new(
                Code::NetworkError,
                "the answer was cut off: \
                 the stream ended before the provider said that it was complete",
            )
        })),
        Ok(()) => None,
    }
}

/// Reads the body of a successful response.
struct ResponseReader {
    decoder: dialect::Decoder,
    limits: Limits,
    /// The body so far, if the server ignores `stream` and sends one JSON document.
    json: Option<Vec<u8>>,
    bytes: usize,
    /// The error to return if a body of an unexpected content type contains no answer.
    unexpected_type: Option<Error>,
}

impl ResponseReader {
    /// Reads the body to its end and passes each part to `on`. The function is long because the
    /// limits and timeouts apply between the same two reads.
    async fn read(
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
        let (mut body, complete) = (response.body, response.complete);
        let mut idle_timer = IdleTimer::new(clock, timeouts);
        while !self.decoder.is_done() {
            let next = poll_fn(|cx| match body.poll_next_unpin(cx) {
                Poll::Ready(next) => Poll::Ready(Ok(next)),
                Poll::Pending => idle_timer.poll(cx).map(Err),
            });
            let chunk = match next.await? {
                Some(Ok(chunk)) => chunk,
                Some(Err(reason)) => {
                    return Err(Error::new(
                        Code::NetworkError,
                        format!("the answer was cut off: {reason}"),
                    ));
                }
                None => break,
            };
            idle_timer.chunk_arrived(self.decoder.is_complete());
            let is_within_limit = self.read_chunk(&chunk, &mut event_stream, on)?;
            self.check_text_limit(remaining_bytes.get())?;
            if !is_within_limit && !self.decoder.is_done() {
                return Err(too_long(
                    "an answer",
                    "limits.body_bytes",
                    self.limits.body_bytes,
                ));
            }
        }
        complete.set(self.decoder.is_done());
        match &self.json {
            Some(document) => self
                .decoder
                .read("", &String::from_utf8_lossy(document), on),
            None => event_stream.finish(&mut PartSink {
                decoder: &mut self.decoder,
                on,
            }),
        }
        self.check_text_limit(remaining_bytes.get())
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
    pub decoder: &'a mut dialect::Decoder,
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

/// Fails a stream that sends nothing for too long. There is one timer, set again only when it
/// fires: setting it for every chunk would cost more than reading the chunk.
struct IdleTimer<'a> {
    clock: &'a dyn Clock,
    idle_ms: u64,
    last_activity: u64,
    timer: LocalBoxFuture<'static, ()>,
}

impl<'a> IdleTimer<'a> {
    fn new(clock: &'a dyn Clock, timeouts: &Timeouts) -> Self {
        Self {
            clock,
            idle_ms: timeouts.idle_ms,
            last_activity: clock.now_ms(),
            timer: clock.sleep(timeouts.idle_ms),
        }
    }

    /// Records that a chunk arrived. If `complete` is true, the answer was complete before this
    /// chunk and only usage can follow. The timeout is then [`USAGE_GRACE_MS`], and keep-alive
    /// chunks do not extend it.
    fn chunk_arrived(&mut self, complete: bool) {
        if !complete {
            self.last_activity = self.clock.now_ms();
        } else if self.idle_ms > USAGE_GRACE_MS {
            (self.idle_ms, self.last_activity) = (USAGE_GRACE_MS, self.clock.now_ms());
            self.timer = self.clock.sleep(USAGE_GRACE_MS);
        }
    }

    /// Returns a timeout error as soon as the stream has been idle for too long.
    fn poll(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Error> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let elapsed_ms = self.clock.now_ms().saturating_sub(self.last_activity);
            if elapsed_ms >= self.idle_ms {
                return Poll::Ready(timeout_error("more of its answer", self.idle_ms));
            }
            self.timer = self.clock.sleep(self.idle_ms - elapsed_ms);
        }
        Poll::Pending
    }
}

/// Reads the body of an error response, up to [`ERROR_BODY_BYTES`] and for at most `timeout_ms`.
///
/// If the limit is reached, the body may end inside an echoed key, and half a key would not be
/// redacted. Drops the last `secret_bytes` bytes in that case.
async fn read_error_body(
    response: &mut HttpResponse,
    clock: &dyn Clock,
    timeout_ms: u64,
    secret_bytes: usize,
) -> Vec<u8> {
    let mut body = Vec::new();
    let mut deadline = clock.sleep(timeout_ms);
    while body.len() < ERROR_BODY_BYTES {
        match select(response.body.next(), deadline).await {
            Either::Left((Some(Ok(chunk)), same_deadline)) => {
                body.extend_from_slice(&chunk);
                deadline = same_deadline;
            }
            _ => break,
        }
    }
    if body.len() >= ERROR_BODY_BYTES {
        body.truncate(body.len().saturating_sub(secret_bytes));
    }
    body
}

/// Returns the error of a call that waited `limit_ms` for `what`.
fn timeout_error(what: &str, limit_ms: u64) -> Error {
    Error::new(Code::Timeout, format!("waited {limit_ms} ms for {what}"))
}

/// Returns the error for `what` that exceeds the option `limit` of `bytes` bytes.
fn too_long(what: &str, limit: &str, bytes: usize) -> Error {
    Error::new(
        Code::ProviderError,
        format!("{what} is longer than `{limit}` ({bytes} bytes)"),
    )
}
