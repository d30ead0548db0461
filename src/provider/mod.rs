//! One call to one model: the request's bytes out, the pieces of the answer in.

mod chunk_template;
pub mod dialect;
pub mod error_mapping;
pub mod prices;
pub mod registry;
pub mod sse;
pub mod tools;
pub mod transport;

use std::cell::Cell;
use std::task::Poll;

use futures::StreamExt;
use futures::future::{Either, LocalBoxFuture, poll_fn, select};

use crate::error::{Code, Error, Result};
use crate::request::{Limits, Timeouts};
use dialect::{CallOutcome, ModelRequest, StreamPart};
pub use registry::{Provider, Vendor};
use transport::{Clock, HttpRequest, HttpResponse, ToolRunner, Transport};

/// More of an error's body is not read.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// More text than this is no answer, thinking and arguments of tools included: all that is made of it takes forty times its bytes.
const MAX_TEXT_BYTES: usize = 8 << 20;

/// How long usage may take to follow a finish reason.
const USAGE_GRACE_MS: u64 = 3_000;

/// What the core needs of the world outside.
pub struct Environment {
    /// Sends requests.
    pub transport: Box<dyn Transport>,
    /// Knows the time.
    pub clock: Box<dyn Clock>,
    /// Runs tools.
    pub tool_runner: Box<dyn ToolRunner>,
    /// Unicode's normalisation form NFKC, in small letters; every JavaScript engine has the tables, which would make the core twice as large.
    pub nfkc_lowercase: fn(&str) -> String,
}

/// Why a call gave no complete answer, with what was known by then.
#[derive(Debug)]
pub struct CallError {
    /// The reason.
    pub error: Error,
    /// Usage and refusal as far as they had come.
    pub ending: CallOutcome,
    /// Nobody can have billed it: it was turned away, or never got through.
    pub unbilled: bool,
    /// The field of the body that the provider does not take, where it named one.
    pub refused: Option<String>,
}

/// Sends one request and hands on the pieces of its answer. Dropping the future closes the connection.
pub async fn call(
    provider: &Provider,
    ask: &ModelRequest<'_>,
    env: &Environment,
    timeouts: &Timeouts,
    on: &mut dyn FnMut(StreamPart<'_>),
) -> std::result::Result<CallOutcome, Box<CallError>> {
    let fail = |error: Error, unbilled| {
        Box::new(CallError { error: provider.redact(error), ending: CallOutcome::default(), unbilled, refused: None })
    };
    let clock = &*env.clock;
    let sent = provider.dialect.encode(ask, provider.vendor);
    let request = HttpRequest {
        function: provider.custom_fetch_name(),
        url: format!("{}{}", provider.base_url, provider.dialect.path()),
        headers: provider.call_headers(),
        body: Some(sent.to_string()),
    };
    let deadline = clock.sleep(timeouts.first_byte_ms);
    let reply = match select(env.transport.send(request), deadline).await {
        Either::Left((Ok(reply), _)) => reply,
        Either::Left((Err(reason), _)) => return Err(fail(Error::new(Code::NetworkError, reason), true)),
        Either::Right(_) => return Err(fail(timeout_error("its first byte", timeouts.first_byte_ms), false)),
    };
    if !(200..300).contains(&reply.status) {
        let (reply, mut body) = read_error_body(reply, clock, timeouts.idle_ms).await;
        if body.len() >= ERROR_BODY_BYTES {
            // The cut may go through an echoed key, whose half would not be recognised.
            body.truncate(body.len().saturating_sub(provider.longest_secret()));
        }
        let can_do_without = |name: &String| !provider.dialect.needs(name) && !ask.extra_body.is_some_and(|extra| extra.contains_key(name));
        let refused = error_mapping::refused_field(&reply, &body, &sent).filter(can_do_without);
        let mut decoder = provider.dialect.decoder();
        decoder.read("error", &String::from_utf8_lossy(&body), &mut |_| {});
        let usage = decoder.finish().usage;
        // A proxy that gives up may have had the model at work; what was spent was spent.
        let unbilled = usage == Default::default() && !matches!(reply.status, 408 | 500 | 502 | 504 | 524);
        let mut failure = fail(error_mapping::from_reply(&reply, &body, clock), unbilled);
        (failure.refused, failure.ending.usage) = (refused, usage);
        return Err(failure);
    }
    let mut reading =
        ResponseReader { decoder: provider.dialect.decoder(), limits: provider.limits, json: None, bytes: 0, unexpected_type: None };
    let outcome = reading.read(reply, clock, timeouts, on).await;
    let mut ending = reading.decoder.finish();
    ending.refusal = provider.sanitize(&ending.refusal);
    let error = match outcome {
        // It was all there; how the connection ended after that does not take it back.
        Err(error) if ending.complete && ending.error.is_none() && matches!(error.code, Code::NetworkError | Code::Timeout) => None,
        Err(error) => Some(error),
        Ok(()) if ending.error.is_some() => ending.error.clone(),
        Ok(()) if !ending.complete => Some(reading.unexpected_type.unwrap_or_else(|| {
            Error::new(Code::NetworkError, "the answer was cut off: the stream ended before the provider said that it was complete")
        })),
        Ok(()) => None,
    };
    match error {
        Some(error) => Err(Box::new(CallError { error: provider.redact(error), ending, unbilled: false, refused: None })),
        None => Ok(ending),
    }
}

struct ResponseReader {
    decoder: dialect::Decoder,
    limits: Limits,
    /// The body so far, where a server that ignores `stream` sends one JSON document.
    json: Option<Vec<u8>>,
    bytes: usize,
    /// What to say if no answer was found in a body of the wrong type.
    unexpected_type: Option<Error>,
}

impl ResponseReader {
    async fn read(
        &mut self,
        reply: HttpResponse,
        clock: &dyn Clock,
        timeouts: &Timeouts,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> Result<()> {
        let kind = reply.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind == "application/json" {
            self.json = Some(Vec::new());
        }
        if kind != "text/event-stream" && !kind.is_empty() {
            let what = format!("the answer is `{kind}` and not an event stream; is `baseURL` the address of an OpenAI-compatible API?");
            self.unexpected_type = Some(Error::new(Code::ProviderError, what));
        }
        let remaining_bytes = Cell::new(Some(MAX_TEXT_BYTES));
        let on: &mut dyn FnMut(StreamPart<'_>) = &mut |piece| {
            remaining_bytes.set(remaining_bytes.get().and_then(|remaining_bytes| remaining_bytes.checked_sub(piece.bytes())));
            if remaining_bytes.get().is_some() {
                on(piece);
            }
        };
        let mut lines = sse::Decoder::new(self.limits.line_bytes);
        let (mut body, complete) = (reply.body, reply.complete);
        let mut watch = IdleTimer::new(clock, timeouts);
        while !self.decoder.is_done() {
            let next = poll_fn(|cx| match body.poll_next_unpin(cx) {
                Poll::Ready(next) => Poll::Ready(Ok(next)),
                Poll::Pending => watch.poll(cx).map(Err),
            });
            let chunk = match next.await? {
                Some(Ok(chunk)) => chunk,
                Some(Err(reason)) => return Err(Error::new(Code::NetworkError, format!("the answer was cut off: {reason}"))),
                None => break,
            };
            watch.chunk_arrived(self.decoder.is_complete());
            // What is within the limit counts, however much came with it: a busy page gets megabytes at once.
            let within = chunk.get(..self.limits.body_bytes.saturating_sub(self.bytes)).unwrap_or(&chunk);
            self.bytes = self.bytes.saturating_add(within.len());
            match &mut self.json {
                Some(document) => document.extend_from_slice(within),
                None => lines
                    .feed(within, &mut PartSink { decoder: &mut self.decoder, on })
                    .map_err(|sse::LineTooLong| too_long("a line of the answer", "limits.line_bytes", self.limits.line_bytes))?,
            }
            self.check(remaining_bytes.get())?;
            if within.len() < chunk.len() && !self.decoder.is_done() {
                return Err(too_long("an answer", "limits.body_bytes", self.limits.body_bytes));
            }
        }
        complete.set(self.decoder.is_done());
        match &self.json {
            Some(document) => self.decoder.read("", &String::from_utf8_lossy(document), on),
            None => lines.finish(&mut PartSink { decoder: &mut self.decoder, on }),
        }
        self.check(remaining_bytes.get())
    }

    fn check(&self, remaining_bytes: Option<usize>) -> Result<()> {
        if remaining_bytes.is_some() && self.decoder.buffered_bytes() <= MAX_TEXT_BYTES {
            return Ok(());
        }
        Err(Error::new(Code::ProviderError, format!("an answer has more than {MAX_TEXT_BYTES} bytes of text")))
    }
}

/// What the events of a stream become.
pub struct PartSink<'a> {
    /// Reads them.
    pub decoder: &'a mut dialect::Decoder,
    /// Is handed the pieces.
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

/// The two clocks of a stream. One timer, re-armed only when it rings: arming it for every chunk would cost more than reading one.
struct IdleTimer<'a> {
    clock: &'a dyn Clock,
    idle_ms: u64,
    last_activity: u64,
    timer: LocalBoxFuture<'static, ()>,
}

impl<'a> IdleTimer<'a> {
    fn new(clock: &'a dyn Clock, timeouts: &Timeouts) -> Self {
        Self { clock, idle_ms: timeouts.idle_ms, last_activity: clock.now_ms(), timer: clock.sleep(timeouts.idle_ms) }
    }

    /// `complete`: the answer was whole before this chunk. Only usage is still to come, and keep-alives don't buy it more time.
    fn chunk_arrived(&mut self, complete: bool) {
        if !complete {
            self.last_activity = self.clock.now_ms();
        } else if self.idle_ms > USAGE_GRACE_MS {
            (self.idle_ms, self.last_activity) = (USAGE_GRACE_MS, self.clock.now_ms());
            self.timer = self.clock.sleep(USAGE_GRACE_MS);
        }
    }

    fn poll(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Error> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let silent = self.clock.now_ms().saturating_sub(self.last_activity);
            if silent >= self.idle_ms {
                return Poll::Ready(timeout_error("more of its answer", self.idle_ms));
            }
            self.timer = self.clock.sleep(self.idle_ms - silent);
        }
        Poll::Pending
    }
}

async fn read_error_body(mut reply: HttpResponse, clock: &dyn Clock, patience_ms: u64) -> (HttpResponse, Vec<u8>) {
    let mut read = Vec::new();
    let mut deadline = clock.sleep(patience_ms);
    while read.len() < ERROR_BODY_BYTES {
        match select(reply.body.next(), deadline).await {
            Either::Left((Some(Ok(chunk)), rest)) => {
                read.extend_from_slice(&chunk);
                deadline = rest;
            }
            _ => break,
        }
    }
    (reply, read)
}

fn timeout_error(what: &str, limit_ms: u64) -> Error {
    Error::new(Code::Timeout, format!("waited {limit_ms} ms for {what}"))
}

fn too_long(what: &str, limit: &str, bytes: usize) -> Error {
    Error::new(Code::ProviderError, format!("{what} is longer than `{limit}` ({bytes} bytes)"))
}
