//! Sends requests with JavaScript's `fetch`. This is the global function or the caller's function.
//! The input is an [`HttpRequest`], and the output is an [`HttpResponse`].
//!
//! The result of `fetch` is never trusted. Every exception, rejection or unexpected value becomes
//! an `Err` with text. transport.js converts the response to plain values first.
//!
//! gloo-net is used only for headers. Its `send()` panics if a rejection is not an `Error` or if a
//! result is not a `Response`. Patched `fetch` functions produce both.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use futures::stream::{self, Stream, StreamExt};
use gloo_net::http::Headers;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, RequestInit};

use crate::provider::transport::{HttpRequest, HttpResponse, SendError, Transport};

#[wasm_bindgen(raw_module = "./transport.js")]
extern "C" {
    /// Aborts a call. Never throws. web-sys's `AbortController::abort` can throw on workerd. Its
    /// exception would pass through wasm frames, possibly in the context of another request.
    fn abort(controller: &AbortController);
}

#[wasm_bindgen]
extern "C" {
    /// Plain object that `send` in transport.js returns. Reading its fields cannot throw, even if
    /// the caller's `fetch` returned an unexpected value. gloo-net's `Response` cannot replace it,
    /// because that type expects a native response.
    type JsResponse;
    #[wasm_bindgen(method, getter)]
    fn status(this: &JsResponse) -> u16;
    #[wasm_bindgen(method, getter, js_name = contentType)]
    fn content_type(this: &JsResponse) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = waitHeaders)]
    fn wait_headers(this: &JsResponse) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn body(this: &JsResponse) -> Option<JsBody>;

    /// The class `BodyReader` in transport.js.
    type JsBody;
    /// Returns all bytes that have arrived. Returns `None` if there are none yet, and an empty
    /// vector at the end of the body. Never throws.
    #[wasm_bindgen(method)]
    fn read(this: &JsBody) -> Option<Vec<u8>>;
    /// Throws the error that ended the body, if there is one.
    #[wasm_bindgen(method, catch, js_name = checkEnd)]
    fn check_end(this: &JsBody) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn release(this: &JsBody, controller: &JsValue);
}

/// Sends requests through a JavaScript function `(url, init, controller, function) =>
/// Promise<JsResponse>`. Each call has its own controller. JavaScript can therefore abort the call
/// after the core has panicked.
pub(super) struct Fetch(pub(super) Function);

const NO_REASON: &str = "fetch failed and gave no reason";

/// Aborts the call when dropped. Passes no abort reason to JavaScript. With a reason, Node would
/// reject the promise with the reason instead of an `AbortError`.
pub(super) struct Abort {
    controller: AbortController,
    is_over: bool,
}

impl Abort {
    pub(super) fn new() -> Result<Self, JsValue> {
        Ok(Self {
            controller: AbortController::new()?,
            is_over: false,
        })
    }

    pub(super) fn controller(&self) -> &JsValue {
        self.controller.as_ref()
    }

    /// Marks the call as finished. Dropping then does not abort it.
    pub(super) fn disarm(mut self) {
        self.is_over = true;
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        if !self.is_over {
            abort(&self.controller);
        }
    }
}

impl Transport for Fetch {
    fn send(
        &self,
        request: HttpRequest,
    ) -> LocalBoxFuture<'static, Result<HttpResponse, SendError>> {
        let fetch = self.0.clone();
        async move {
            send(&fetch, request).await.map_err(|thrown| SendError {
                message: describe(&thrown, NO_REASON),
                is_unsent: get(&thrown, "isUnsent").is_ok_and(|value| value.is_truthy()),
            })
        }
        .boxed_local()
    }
}

async fn send(fetch: &Function, request: HttpRequest) -> Result<HttpResponse, JsValue> {
    let abort = Abort::new()?;
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.set(name, value);
    }
    // Set only these four fields, because workerd rejects other fields in the options of `fetch`.
    let init = RequestInit::new();
    init.set_method(if request.body.is_some() {
        "POST"
    } else {
        "GET"
    });
    init.set_headers(&headers.into_raw());
    if let Some(body) = request.body {
        init.set_body(&body.into());
    }
    init.set_signal(Some(&abort.controller.signal()));
    let promise = fetch.call4(
        &JsValue::UNDEFINED,
        &request.url.into(),
        &init,
        abort.controller(),
        &request.function.into(),
    )?;
    let promise: Promise = promise.unchecked_into();
    let response: JsResponse = JsFuture::from(promise).await?.unchecked_into();
    #[cfg(feature = "test-panic")]
    super::test_panic::panic_at(response.status());
    let keep_connection = Rc::new(Cell::new(false));
    let body = match response.body() {
        Some(body) => Body {
            body,
            is_over: false,
            abort,
            keep_connection: keep_connection.clone(),
        }
        .boxed_local(),
        None => stream::empty().boxed_local(),
    };
    Ok(HttpResponse {
        status: response.status(),
        content_type: response.content_type().unwrap_or_default(),
        wait_headers: parse_headers(&response.wait_headers().unwrap_or_default()),
        body,
        keep_connection,
    })
}

/// Parses lines of the form `name:value`.
fn parse_headers(lines: &str) -> Vec<(String, String)> {
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_owned(), value.to_owned()))
    };
    lines.lines().filter_map(header).collect()
}

/// The stream of a body. Stores no waker: when bytes arrive, JavaScript polls the root future of
/// the run. Every future then polls all its children.
struct Body {
    body: JsBody,
    is_over: bool,
    abort: Abort,
    keep_connection: Rc<Cell<bool>>,
}

impl Drop for Body {
    fn drop(&mut self) {
        if self.keep_connection.get() {
            self.abort.is_over = true;
            self.body.release(self.abort.controller());
        }
    }
}

impl Stream for Body {
    type Item = Result<Vec<u8>, String>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let Some(bytes) = self.body.read() else {
            return Poll::Pending;
        };
        if !bytes.is_empty() {
            return Poll::Ready(Some(Ok(bytes)));
        }
        self.is_over = true;
        let failure = self.body.check_end().err();
        Poll::Ready(failure.map(|thrown| Err(describe(&thrown, NO_REASON))))
    }
}

fn get(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    if !object.is_object() {
        return Err(JsValue::UNDEFINED);
    }
    Reflect::get(object, &name.into())
}

/// Describes a thrown value of any type. Includes its `cause`, which contains the actual reason in
/// Node.
pub(super) fn describe(thrown: &JsValue, fallback: &str) -> String {
    let part = |of: &JsValue, name: &str| {
        get(of, name)
            .ok()
            .and_then(|value| value.as_string())
            .filter(|text| !text.is_empty())
    };
    if let Some(text) = thrown.as_string().filter(|text| !text.is_empty()) {
        return text;
    }
    let Some(message) = part(thrown, "message").or_else(|| part(thrown, "name")) else {
        return fallback.to_owned();
    };
    let cause = get(thrown, "cause").unwrap_or(JsValue::UNDEFINED);
    match part(&cause, "message").or_else(|| part(&cause, "code")) {
        Some(cause) => format!("{message} ({cause})"),
        None => message,
    }
}
