//! `estimate()` as JavaScript holds it.

use futures::FutureExt;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::executor::{Progress, Task};
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
pub struct EstimateTask(Task<Outcome>);

#[wasm_bindgen]
impl EstimateTask {
    /// As for a run, which it plans and does not begin.
    #[wasm_bindgen(constructor)]
    pub fn new(id: u32, request: &str, options: &str, fetch: js_sys::Function) -> EstimateTask {
        // An estimate runs no tool. A default `Function` would be made by `new Function`, which pages and Workers forbid.
        let env = run::env(fetch.clone(), fetch);
        let plan = run::plan(request, options, Default::default());
        let future = async move {
            let estimate = match &plan {
                Ok(plan) => deliberation::estimate(plan, &env).await,
                Err(error) => Err(error.clone()),
            };
            estimate.map_or_else(Outcome::Error, |estimate| Outcome::Estimate(Box::new(estimate)))
        };
        EstimateTask(Task::new(id, future.boxed_local()))
    }

    /// Returns `{estimate}` or `{error}` once it is there, `undefined` until then.
    pub fn poll(&self) -> Result<JsValue, JsError> {
        match self.0.poll(|| true) {
            Progress::Ready(outcome) => to_js(&outcome),
            Progress::Pending | Progress::Dropped => Ok(JsValue::UNDEFINED),
        }
    }
}
