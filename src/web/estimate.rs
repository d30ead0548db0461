//! `estimate()` as JavaScript holds it.

use futures::FutureExt;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::drive::{Driver, Step};
use super::run;
use super::to_js;
use crate::deliberation;
use crate::error::Error;

/// What an estimate comes to.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Estimate(Box<deliberation::Estimate>),
    Error(Error),
}

/// Freed by `estimate.js` when it has its answer; never seen by users.
#[wasm_bindgen]
pub struct Estimation(Driver<Outcome>);

#[wasm_bindgen]
impl Estimation {
    /// As for a run, which it plans and does not begin.
    #[wasm_bindgen(constructor)]
    pub fn new(id: u32, request: &str, options: &str, fetch: js_sys::Function) -> Estimation {
        // An estimate runs no tool. A default `Function` would be made by `new Function`, which pages and Workers forbid.
        let world = run::world(fetch.clone(), fetch);
        let plan = run::plan(request, options, Default::default());
        let future = async move {
            let estimate = match &plan {
                Ok(plan) => deliberation::estimate(plan, &world).await,
                Err(error) => Err(error.clone()),
            };
            estimate.map_or_else(Outcome::Error, |estimate| Outcome::Estimate(Box::new(estimate)))
        };
        Estimation(Driver::new(id, future.boxed_local()))
    }

    /// Returns `{estimate}` or `{error}` once it is there, `undefined` until then.
    pub fn poll(&self) -> Result<JsValue, JsError> {
        match self.0.poll(|| true) {
            Step::Ends(outcome) => to_js(&outcome),
            Step::Waits | Step::IsDropped => Ok(JsValue::UNDEFINED),
        }
    }
}
