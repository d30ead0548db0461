//! Defines five traits, which connect the core to its environment. [`Transport`] sends requests,
//! [`Clock`] reads the time, and [`ToolRunner`] runs the caller's tools. [`KeySource`] asks the
//! caller for keys. [`EscalationJudge`] asks the caller whether the further panelists of `escalate`
//! are asked.
//!
//! In: an [`HttpRequest`] ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110)). Out: an
//! [`HttpResponse`] whose body streams.
//!
//! `web` implements the traits with `fetch`, timers and callbacks. The tests implement them with
//! scripted responses and a manual clock.

use std::cell::Cell;
use std::rc::Rc;

use futures::future::LocalBoxFuture;
use futures::stream::LocalBoxStream;

/// An HTTP request. A request with a body is a POST, and a request without a body is a GET.
#[derive(Clone, Debug)]
pub(crate) struct HttpRequest {
    /// The name of the provider whose custom `fetch` sends the request. If the runtime's own
    /// `fetch` sends the request, the name is empty.
    pub function: String,
    pub url: String,
    /// The headers, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The JSON body of a POST. `None` for a GET.
    pub body: Option<String>,
}

/// A response whose headers have arrived and whose body streams. Dropping the response closes the
/// connection, unless `keep_connection` is set.
pub(crate) struct HttpResponse {
    pub status: u16,
    /// The `content-type` header, or an empty string.
    pub content_type: String,
    /// The headers that say when to retry, such as `retry-after` and `x-ratelimit-reset`. Their
    /// names are in lower case. A browser hides these headers from other origins unless the server
    /// exposes them.
    pub wait_headers: Vec<(String, String)>,
    /// The chunks of the body. `Err` contains the reason why the body ended early.
    pub body: LocalBoxStream<'static, Result<Vec<u8>, String>>,
    /// Whether the connection stays open after the response is dropped. The reader sets this field
    /// if it does not need the rest of the body. If the server then ends the body, the connection
    /// can be used again.
    pub keep_connection: Rc<Cell<bool>>,
}

/// The reason why a request has no response.
#[derive(Debug)]
pub(crate) struct SendError {
    /// The cause, if the runtime reports it.
    pub message: String,
    /// Whether it is certain that the request did not reach the server.
    pub is_unsent: bool,
}

/// Sends HTTP requests.
pub(crate) trait Transport {
    /// Sends one request. If there is no response, fails with the reason. Dropping the future or
    /// the response cancels the request.
    fn send(
        &self,
        request: HttpRequest,
    ) -> LocalBoxFuture<'static, Result<HttpResponse, SendError>>;
}

/// Reads the time and sets timers, in milliseconds.
pub(crate) trait Clock {
    /// Returns the monotonic time since an arbitrary origin.
    fn now_ms(&self) -> u64;
    /// Returns the time since 1970-01-01 UTC. Used only for `retry-after` dates, and for prices
    /// that depend on the hour.
    fn unix_ms(&self) -> u64;
    /// Converts an [HTTP date](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7) to
    /// milliseconds since 1970-01-01 UTC.
    fn unix_ms_of(&self, date: &str) -> Option<u64>;
    /// Completes after `ms` milliseconds or later. Timers of background tabs are late, so check
    /// `now_ms` again afterwards.
    fn sleep(&self, ms: u64) -> LocalBoxFuture<'static, ()>;
}

/// Runs the caller's tools.
pub(crate) trait ToolRunner {
    /// Runs the tool `name` with `arguments`, a JSON object, for the panelist `index`.
    ///
    /// `Ok` contains JSON: `{"content": "...", "sources"?: [{"url", "title"}], "summary"?: "..."}`.
    /// `Err` contains the reason why there is no result. Dropping the future cancels the tool.
    fn call(
        &self,
        name: &str,
        arguments: &str,
        index: Option<usize>,
    ) -> LocalBoxFuture<'static, Result<String, String>>;
}

/// Asks the caller's functions for keys.
pub(crate) trait KeySource {
    /// Calls the function in the option `field`, such as `providers.mine.apiKey`. If the function
    /// fails or returns no text, returns `None`. If the future is dropped, the function's result is
    /// ignored.
    fn key(&self, field: &str) -> LocalBoxFuture<'static, Option<String>>;
}

/// Asks the caller whether the further panelists of `escalate` are asked.
pub(crate) trait EscalationJudge {
    /// Calls `shouldEscalate` with the analysis and the responses as JSON. Fails with the reason if
    /// the function fails or returns no boolean.
    fn should_escalate(
        &self,
        analysis: &str,
        responses: &str,
    ) -> LocalBoxFuture<'static, Result<bool, String>>;
}

/// The parts of the environment that the core needs.
pub(crate) struct Environment {
    /// Sends HTTP requests.
    pub transport: Box<dyn Transport>,
    /// Reads the time and sets timers.
    pub clock: Box<dyn Clock>,
    /// Runs the caller's tools.
    pub tool_runner: Box<dyn ToolRunner>,
    /// Asks the caller's functions for keys.
    pub keys: Box<dyn KeySource>,
    /// Calls the caller's `shouldEscalate`.
    pub escalation_judge: Box<dyn EscalationJudge>,
    /// Normalizes text.
    pub unicode: UnicodeForms,
}

/// Functions that normalize text. JavaScript engines contain the Unicode tables that these
/// functions need. The core has no such tables, because they would double its size.
#[derive(Clone, Copy)]
pub(crate) struct UnicodeForms {
    /// Converts text to the form [NFC](https://unicode.org/reports/tr15/).
    pub nfc: fn(&str) -> String,
    /// Converts text to lower case.
    pub lowercase: fn(&str) -> String,
}
