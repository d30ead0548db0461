//! `estimate()` as JavaScript holds it.

use futures::FutureExt;
use wasm_bindgen::prelude::*;

use super::drive::{Driver, Step};
use super::run;
use crate::deliberation;
use crate::json::Object;

/// Freed by `estimate.js` when it has its answer; never seen by users.
#[wasm_bindgen]
pub struct Estimation(Driver<String>);

#[wasm_bindgen]
impl Estimation {
    /// As for a run, which it plans and does not begin.
    #[wasm_bindgen(constructor)]
    pub fn new(id: u32, request: &str, options: &str, fetch: js_sys::Function) -> Estimation {
        // An estimate runs no tool. A default `Function` would be made by `new Function`, which pages and Workers forbid.
        let world = run::world(fetch.clone(), fetch);
        let plan = run::plan(request, options, Default::default());
        let future = async move {
            let outcome = match &plan {
                Ok(plan) => deliberation::estimate(plan, &world).await,
                Err(error) => Err(error.clone()),
            };
            let mut told = String::new();
            let mut object = Object::begin(&mut told);
            match &outcome {
                Ok(estimate) => object.field("estimate", estimate),
                Err(error) => object.field("error", error),
            }
            object.end();
            told
        };
        Estimation(Driver::new(id, future.boxed_local()))
    }

    /// `{estimate}` or `{error}` as JSON, once it is there.
    pub fn poll(&self) -> Option<String> {
        match self.0.poll(|| true) {
            Step::Ends(told) => Some(told),
            Step::Waits | Step::IsDropped => None,
        }
    }
}
