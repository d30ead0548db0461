//! Exports `estimate()` to JavaScript. The input is the request and the options as JSON. The output
//! is `{estimate}` or `{error}`.

use futures::FutureExt;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::executor::{Progress, Task};
use super::run;
use super::to_js;
use crate::deliberation;
use crate::error::Error;

/// The outcome, in the form that JavaScript receives.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Estimate(Box<deliberation::Estimate>),
    Error(Error),
}

/// Handle of one estimate. `estimate.js` frees the handle when it has the outcome.
#[wasm_bindgen]
pub struct EstimateTask(Task<Outcome>);

#[wasm_bindgen]
impl EstimateTask {
    /// Starts an estimate, which plans a run without starting it. `id`, `request`, `options`,
    /// `fetch` and `key` are the same as for `Run`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        id: u32,
        request: &str,
        options: &str,
        fetch: js_sys::Function,
        key: js_sys::Function,
    ) -> EstimateTask {
        // An estimate calls only `fetch` and `key`. `run::env` requires two more functions, which
        // are never called, so pass `fetch` for both. `Function::default()` would call `new
        // Function`, which fails in Workers and under a strict Content-Security-Policy.
        let env = run::env(fetch.clone(), fetch.clone(), key, fetch);
        let plan = run::plan(request, options, Default::default());
        let future = async move {
            let estimate = match &plan {
                Ok(plan) => deliberation::estimate(plan, &env).await,
                Err(error) => Err(error.clone()),
            };
            estimate.map_or_else(Outcome::Error, |estimate| {
                Outcome::Estimate(Box::new(estimate))
            })
        };
        EstimateTask(Task::new(id, future.boxed_local()))
    }

    /// Returns `{estimate}` or `{error}` if the outcome is ready, otherwise `undefined`.
    pub fn poll(&self) -> Result<JsValue, JsError> {
        match self.0.poll(|| true) {
            Progress::Ready(outcome) => to_js(&outcome),
            Progress::Pending | Progress::Dropped => Ok(JsValue::UNDEFINED),
        }
    }
}
