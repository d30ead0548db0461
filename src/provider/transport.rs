//! Defines the four traits through which the core reaches its environment: [`Transport`] sends
//! requests, [`Clock`] reads the time, [`ToolRunner`] runs the caller's tools, [`KeySource`] asks
//! the caller for keys.
//!
//! In: an [`HttpRequest`] ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110)). Out: an
//! [`HttpResponse`] whose body streams. `web` implements the traits with `fetch`, timers and
//! callbacks. The tests implement them with scripted responses and a clock set by hand.

use std::cell::Cell;
use std::rc::Rc;

use futures::future::LocalBoxFuture;
use futures::stream::LocalBoxStream;

/// An HTTP request: a POST if it has a body, otherwise a GET.
#[derive(Clone, Debug)]
pub(crate) struct HttpRequest {
    /// The name of the provider whose custom `fetch` sends the request. Empty for the runtime's own
    /// `fetch`.
    pub function: String,
    /// The absolute URL.
    pub url: String,
    /// The headers, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The JSON body of a POST.
    pub body: Option<String>,
}

/// A response whose headers have arrived and whose body streams. Dropping it closes the connection,
/// unless `keep_connection` is set.
pub(crate) struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The `content-type` header, or an empty string.
    pub content_type: String,
    /// The headers that say when to retry, such as `retry-after` and `x-ratelimit-reset`, with
    /// names in lower case. Browsers hide them from other origins unless the server exposes them.
    pub wait_headers: Vec<(String, String)>,
    /// The chunks of the body. `Err` holds a message that says why the body ended early.
    pub body: LocalBoxStream<'static, Result<Vec<u8>, String>>,
    /// Set to true once the rest of the body is not needed. The body may then end by itself, so
    /// that the connection can be reused.
    pub keep_connection: Rc<Cell<bool>>,
}

/// Why a request has no response.
#[derive(Debug)]
pub(crate) struct SendError {
    /// The cause, as far as the runtime tells it.
    pub message: String,
    /// Whether the request cannot have reached the server.
    pub is_unsent: bool,
}

/// Sends HTTP requests.
pub(crate) trait Transport {
    /// Sends one request. `Err` says why there is no response. Dropping the
    /// future or the response cancels the request.
    fn send(
        &self,
        request: HttpRequest,
    ) -> LocalBoxFuture<'static, Result<HttpResponse, SendError>>;
}

/// Reads the time and sets timers, in milliseconds.
pub(crate) trait Clock {
    /// Returns the monotonic time since an arbitrary origin.
    fn now_ms(&self) -> u64;
    /// Returns the time since 1970-01-01 UTC. Use it only for `retry-after` dates and for prices
    /// that depend on the hour.
    fn unix_ms(&self) -> u64;
    /// Returns the time of an [HTTP date](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7), on
    /// the scale of `unix_ms`.
    fn unix_ms_of(&self, date: &str) -> Option<u64>;
    /// Completes after `ms` milliseconds or later. Background tabs delay timers, so check `now_ms`
    /// again afterwards.
    fn sleep(&self, ms: u64) -> LocalBoxFuture<'static, ()>;
}

/// Runs the caller's tools.
pub(crate) trait ToolRunner {
    /// Runs the tool `name` with `arguments`, a JSON object, for the panelist `index`.
    ///
    /// `Ok` holds JSON: `{"content": "...", "sources"?: [{"url", "title"}], "summary"?: "..."}`.
    /// `Err` holds a message that says why there is no result. Dropping the future cancels the
    /// tool.
    fn call(
        &self,
        name: &str,
        arguments: &str,
        index: Option<usize>,
    ) -> LocalBoxFuture<'static, Result<String, String>>;
}

/// Asks the caller's functions for keys.
pub(crate) trait KeySource {
    /// Calls the function in the option `field`, such as `providers.mine.apiKey`. Returns `None` if
    /// the function fails or returns no text. If the future is dropped, the result is ignored.
    fn key(&self, field: &str) -> LocalBoxFuture<'static, Option<String>>;
}

/// Asks the caller whether further panelists answer.
pub(crate) trait EscalationJudge {
    /// Calls `shouldEscalate` with the analysis and the responses as JSON. Fails with the reason if
    /// the function fails or returns no boolean.
    fn should_escalate(
        &self,
        analysis: &str,
        responses: &str,
    ) -> LocalBoxFuture<'static, Result<bool, String>>;
}

/// What the core needs from its environment.
pub(crate) struct Environment {
    /// Sends HTTP requests.
    pub transport: Box<dyn Transport>,
    /// Reads the time and sets timers.
    pub clock: Box<dyn Clock>,
    /// Runs the caller's tools.
    pub tool_runner: Box<dyn ToolRunner>,
    /// Asks the caller's functions for keys.
    pub keys: Box<dyn KeySource>,
    /// Asks the caller's `shouldEscalate`.
    pub escalation_judge: Box<dyn EscalationJudge>,
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
