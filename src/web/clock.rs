//! Implements the core's clock with JavaScript's timers and dates.

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::*;

use crate::notify::Notify;

#[wasm_bindgen]
extern "C" {
    /// Returns `performance.now()`. web-sys has this function only in `Window` and
    /// `WorkerGlobalScope`. Node has no such types, so the function is declared here.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// Clock that uses `performance.now()`, `Date` and `setTimeout`.
pub(super) struct Clock;

impl crate::provider::transport::Clock for Clock {
    fn now_ms(&self) -> u64 {
        now() as u64
    }

    fn unix_ms(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    fn unix_ms_of(&self, date: &str) -> Option<u64> {
        let ms = js_sys::Date::parse(date);
        (ms >= 0.0).then_some(ms as u64)
    }

    fn sleep(&self, ms: u64) -> LocalBoxFuture<'static, ()> {
        // If the delay needed more than 31 bits, `setTimeout` would fire immediately.
        let (ms, fired) = (ms.min(i32::MAX as u64) as u32, Notify::default());
        let timer = Timeout::new(ms, {
            let fired = fired.clone();
            move || fired.notify_one()
        });
        async move {
            fired.notified().await;
            drop(timer);
        }
        .boxed_local()
    }
}
