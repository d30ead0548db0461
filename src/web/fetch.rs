//! The transport: one path that awaits the promise of `fetch`, global or the caller's, and trusts nothing that comes back.
//!
//! Whatever it throws, rejects with or resolves to ends as words in an `Err`; transport.js turns what it gives into native values first. `gloo-net` builds the headers; its `send()` panics on
//! rejections that are no `Error` and on values that are no `Response`, and monkey-patched fetches give both.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use futures::stream::{self, Stream, StreamExt};
use gloo_net::http::Headers;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, RequestInit};

use crate::provider::transport::{HttpRequest, HttpResponse, Transport};

#[wasm_bindgen(raw_module = "./transport.js")]
extern "C" {
    /// Never throws. `AbortController::abort` of web-sys would let an exception through wasm frames on workerd, where another request's context may
    /// be current.
    fn abort(controller: &AbortController);
}

#[wasm_bindgen]
extern "C" {
    /// What `send` in transport.js gives: plain values, so that reading them can't throw. A caller's `fetch` may give anything, which
    /// gloo-net's `Response` would take for a native one.
    type JsResponse;
    #[wasm_bindgen(method, getter)]
    fn status(this: &JsResponse) -> u16;
    #[wasm_bindgen(method, getter, js_name = contentType)]
    fn content_type(this: &JsResponse) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = retryAfter)]
    fn retry_after(this: &JsResponse) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn body(this: &JsResponse) -> Option<Bytes>;

    /// `BodyReader` in transport.js.
    type Bytes;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Bytes) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    fn release(this: &Bytes, controller: &JsValue);
}

/// Sends requests through a JavaScript function `(url, init, controller, function) => Promise<JsResponse>`; the controller is the call's own, so that
/// JavaScript can still end the call when the core cannot.
pub struct Fetch(pub Function);

const NO_REASON: &str = "fetch failed and gave no reason";

/// Ends the call when it is dropped. Without a reason: Node rejects with the reason as it is, whatever it is.
pub(super) struct Abort {
    controller: AbortController,
    is_over: bool,
}

impl Abort {
    pub(super) fn new() -> Result<Self, JsValue> {
        Ok(Self { controller: AbortController::new()?, is_over: false })
    }

    pub(super) fn controller(&self) -> &JsValue {
        self.controller.as_ref()
    }

    /// There is nothing to end any more.
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
    fn send(&self, request: HttpRequest) -> LocalBoxFuture<'static, Result<HttpResponse, String>> {
        let fetch = self.0.clone();
        async move { send(&fetch, request).await.map_err(|thrown| describe(&thrown, NO_REASON)) }.boxed_local()
    }
}

async fn send(fetch: &Function, request: HttpRequest) -> Result<HttpResponse, JsValue> {
    let abort = Abort::new()?;
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.set(name, value);
    }
    // workerd refuses other fields than these four.
    let init = RequestInit::new();
    init.set_method(if request.body.is_some() { "POST" } else { "GET" });
    init.set_headers(&headers.into_raw());
    if let Some(body) = request.body {
        init.set_body(&body.into());
    }
    init.set_signal(Some(&abort.controller.signal()));
    let promise = fetch.call4(&JsValue::UNDEFINED, &request.url.into(), &init, abort.controller(), &request.function.into())?;
    let promise: Promise = promise.unchecked_into();
    let opened: JsResponse = JsFuture::from(promise).await?.unchecked_into();
    #[cfg(feature = "test-panic")]
    super::test_panic::panic_at(opened.status());
    let complete = Rc::new(Cell::new(false));
    let body = match opened.body() {
        Some(bytes) => Body { bytes, over: false, abort, complete: complete.clone() }.boxed_local(),
        None => stream::empty().boxed_local(),
    };
    Ok(HttpResponse {
        status: opened.status(),
        content_type: opened.content_type().unwrap_or_default(),
        retry_after: opened.retry_after(),
        body,
        complete,
    })
}

/// Keeps no waker: whenever bytes come, JavaScript polls the run from its root, and everything between the root and a body polls all it holds.
struct Body {
    bytes: Bytes,
    over: bool,
    abort: Abort,
    complete: Rc<Cell<bool>>,
}

impl Drop for Body {
    fn drop(&mut self) {
        if self.complete.get() {
            self.abort.is_over = true;
            self.bytes.release(self.abort.controller());
        }
    }
}

impl Stream for Body {
    type Item = Result<Vec<u8>, String>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        let taken = self.bytes.read();
        if taken.as_ref().is_ok_and(JsValue::is_undefined) {
            return Poll::Pending;
        }
        self.over = taken.as_ref().map_or(true, JsValue::is_null);
        match taken {
            Ok(_) if self.over => Poll::Ready(None),
            Ok(bytes) => Poll::Ready(Some(Ok(Uint8Array::unchecked_from_js(bytes).to_vec()))),
            Err(thrown) => Poll::Ready(Some(Err(describe(&thrown, NO_REASON)))),
        }
    }
}

fn get(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    if !object.is_object() {
        return Err(JsValue::UNDEFINED);
    }
    Reflect::get(object, &name.into())
}

/// What was thrown, in words. In JavaScript anything can be; Node hides the interesting part in `cause`.
pub(super) fn describe(thrown: &JsValue, otherwise: &str) -> String {
    let part = |of: &JsValue, name: &str| get(of, name).ok().and_then(|value| value.as_string()).filter(|text| !text.is_empty());
    if let Some(text) = thrown.as_string().filter(|text| !text.is_empty()) {
        return text;
    }
    let Some(message) = part(thrown, "message").or_else(|| part(thrown, "name")) else {
        return otherwise.to_owned();
    };
    let cause = get(thrown, "cause").unwrap_or(JsValue::UNDEFINED);
    match part(&cause, "message").or_else(|| part(&cause, "code")) {
        Some(cause) => format!("{message} ({cause})"),
        None => message,
    }
}
