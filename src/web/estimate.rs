//! Exports `estimate()` to JavaScript: request and options as JSON in, `{estimate}` or `{error}`
//! out.

use futures::FutureExt;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::executor::{Progress, Task};
use super::run;
use super::to_js;
use crate::deliberation;
use crate::error::Error;

/// The outcome as JavaScript reads it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Estimate(Box<deliberation::Estimate>),
    Error(Error),
}

/// Handle of one estimate. `estimate.js` frees it when it has the outcome.
#[wasm_bindgen]
pub struct EstimateTask(Task<Outcome>);

#[wasm_bindgen]
impl EstimateTask {
    /// Plans a run without starting it. The arguments are those of `Run`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        id: u32,
        request: &str,
        options: &str,
        fetch: js_sys::Function,
        key: js_sys::Function,
    ) -> EstimateTask {
        // An estimate calls no other function, so `fetch` is passed in their place.
        // `Function::default()` would call `new Function`, which fails under a strict
        // Content-Security-Policy and in Workers.
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

    /// Returns `{estimate}` or `{error}` when it is ready, and `undefined` before.
    pub fn poll(&self) -> Result<JsValue, JsError> {
        match self.0.poll(|| true) {
            Progress::Ready(outcome) => to_js(&outcome),
            Progress::Pending | Progress::Dropped => Ok(JsValue::UNDEFINED),
        }
    }
}
