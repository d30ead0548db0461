//! The three things the core cannot do by itself: send a request, know what time it is, and run a caller's tool.
//! `web` implements them with fetch, timers and callbacks, the tests with scripts and a clock that they turn by hand.

use std::cell::Cell;
use std::rc::Rc;

use futures::future::LocalBoxFuture;
use futures::stream::LocalBoxStream;

/// A POST with a JSON body, or a GET without one.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// The provider whose own `fetch` sends it, or nothing.
    pub function: String,
    /// Absolute.
    pub url: String,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    /// JSON. None: a GET.
    pub body: Option<String>,
}

/// An answer whose headers are in and whose body is on its way. Dropping it closes the connection, unless it was `complete`.
pub struct HttpResponse {
    /// 200, 429, ...
    pub status: u16,
    /// The `content-type` header, or an empty string.
    pub content_type: String,
    /// The `retry-after` header. Browsers hide it from other origins unless the server exposes it.
    pub retry_after: Option<String>,
    /// Chunks as they arrive; `Err` says in words how the body broke off.
    pub body: LocalBoxStream<'static, Result<Vec<u8>, String>>,
    /// Set when nothing of interest follows: the body is then left to end by itself, so that the next call finds the connection open.
    pub complete: Rc<Cell<bool>>,
}

/// Sends requests. `Err` says in words why there is no answer; dropping the future, or the reply, aborts the call.
pub trait Transport {
    /// Sends one request.
    fn send(&self, request: HttpRequest) -> LocalBoxFuture<'static, Result<HttpResponse, String>>;
}

/// Knows the time, in milliseconds.
pub trait Clock {
    /// Monotonic, from any origin.
    fn now_ms(&self) -> u64;
    /// Since 1970, for `retry-after` dates only.
    fn unix_ms(&self) -> u64;
    /// What an HTTP date says, in the milliseconds of `unix_ms`.
    fn unix_ms_of(&self, date: &str) -> Option<u64>;
    /// Resolves after `ms`; may be late (background tabs), so whoever waits looks at `now_ms` again.
    fn sleep(&self, ms: u64) -> LocalBoxFuture<'static, ()>;
}

/// Runs the caller's tools.
pub trait ToolRunner {
    /// Runs one. `arguments`: a JSON object. `Ok`: `{"content": "...", "sources"?: [{"url", "title"}], "summary"?: "..."}` as JSON; `Err` says in
    /// words why there is no result. Dropping the future tells the tool to stop.
    fn call(&self, name: &str, arguments: &str, index: Option<usize>) -> LocalBoxFuture<'static, Result<String, String>>;
}
