//! Asks the caller's JavaScript functions for keys.

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::provider::transport;

/// Gets keys through a JavaScript function `(field) => Promise<string | undefined>`. This function,
/// `keyOf` in options.js, never throws.
pub(super) struct KeySource(pub(super) Function);

impl transport::KeySource for KeySource {
    fn key(&self, field: &str) -> LocalBoxFuture<'static, Option<String>> {
        let (key_of, field) = (self.0.clone(), JsValue::from(field));
        async move {
            let promise = key_of.call1(&JsValue::UNDEFINED, &field).ok()?;
            let promise: Promise = promise.unchecked_into();
            JsFuture::from(promise).await.ok()?.as_string()
        }
        .boxed_local()
    }
}
