//! Time in JavaScript.

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::*;

use crate::notify::Notify;

#[wasm_bindgen]
extern "C" {
    /// web-sys reaches `Performance` through `Window` and `WorkerGlobalScope` only, which Node does not have.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// `performance.now()` and `setTimeout`.
pub struct Clock;

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
        // setTimeout fires at once for what is beyond 31 bits.
        let (ms, rang) = (ms.min(i32::MAX as u64) as u32, Notify::default());
        let timer = Timeout::new(ms, {
            let rang = rang.clone();
            move || rang.notify_one()
        });
        async move {
            rang.notified().await;
            drop(timer);
        }
        .boxed_local()
    }
}
