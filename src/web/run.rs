//! A run as JavaScript holds it.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Once;

use futures::FutureExt;
use wasm_bindgen::prelude::*;

use super::clock::Clock;
use super::executor::{Progress, Task};
use super::fetch::Fetch;
use super::to_js;
use super::tool_runner::ToolRunner;
use super::unicode;
use crate::deliberation;
use crate::deliberation::control::RunControl;
use crate::deliberation::recorder::RunRecorder;
use crate::error::{Code, Error, Result};
use crate::json::{Value, to_json};
use crate::plan::{Plan, RandomInputs};
use crate::provider::Environment;
use crate::request::{Options, Request, expand_preset};
use crate::result::FusionResult;

#[wasm_bindgen(raw_module = "./registry.js")]
extern "C" {
    /// Tells JavaScript why the trap that follows happens.
    fn panicked(message: &str);
}

type Outcome = Result<FusionResult>;

const NO_RESULT: &str = "the result could not be handed to JavaScript; the snapshot holds it";

/// Freed by `run.js` when the run has ended; never seen by users.
#[wasm_bindgen]
pub struct Run {
    recorder: Rc<RunRecorder>,
    control: Rc<RunControl>,
    plan: Option<Rc<Plan>>,
    task: Task<Outcome>,
    cancelled: Cell<bool>,
    ended: Cell<bool>,
    result: Cell<Option<JsValue>>,
}

/// Data and functions of one run, as `run.js` prepared them.
#[wasm_bindgen]
impl Run {
    /// Validates and plans. A refused request is a run that fails at its first poll.
    /// `request`, `options`: JSON; `fetch`: see [`Fetch`]; `tool`: see [`ToolRunner`]; `seed`: used where the request has none.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::too_many_arguments)] // the edge: JavaScript has no struct to put them in that would cost less
    pub fn new(
        id: u32,
        request: &str,
        options: &str,
        fetch: js_sys::Function,
        tool: js_sys::Function,
        run_id: String,
        seed: f64,
        nonce: String,
    ) -> Run {
        let env = Rc::new(env(fetch, tool));
        let plan = plan(request, options, RandomInputs { run_id, seed: seed as u64, nonce }).map(Rc::new);
        let recorder = Rc::new(RunRecorder::new(env.clone(), plan.as_deref().ok()));
        let control = Rc::new(RunControl::default());
        let future = match &plan {
            Ok(plan) => {
                let (plan, recorder, control) = (plan.clone(), recorder.clone(), control.clone());
                async move { deliberation::fuse(&plan, &env, &recorder, &control).await }.boxed_local()
            }
            Err(error) => futures::future::ready(Err(error.clone())).boxed_local(),
        };
        Run {
            recorder,
            control,
            plan: plan.ok(),
            task: Task::new(id, future),
            cancelled: Cell::new(false),
            ended: Cell::new(false),
            result: Cell::new(None),
        }
    }

    /// Drives the run as far as it goes now; `true` when it is over.
    pub fn poll(&self) -> bool {
        match self.task.poll(|| !self.cancelled.get()) {
            Progress::Ready(outcome) => self.end(outcome),
            Progress::Dropped => self.end(cancelled()),
            Progress::Pending => {}
        }
        self.ended.get()
    }

    /// Closes every open connection and ends the run, at once or, from inside a poll, right after it.
    pub fn cancel(&self) {
        self.cancelled.set(true);
        if self.task.stop() {
            self.end(cancelled());
        }
    }

    /// Whether the panelist was still at work.
    #[wasm_bindgen(js_name = cancelPanelist)]
    pub fn cancel_panelist(&self, index: usize) -> bool {
        self.control.cancel_panelist(index)
    }

    /// Whether there was something to be done anew.
    #[wasm_bindgen(js_name = retryPanelist)]
    pub fn retry_panelist(&self, index: usize) -> bool {
        self.control.retry_panelist(index)
    }

    /// Whether there was something to go on from.
    pub fn proceed(&self) -> bool {
        self.control.proceed(self.recorder.answers())
    }

    /// Grows when a snapshot is worth keeping.
    #[wasm_bindgen(js_name = checkpointCount)]
    pub fn checkpoint_count(&self) -> u32 {
        self.recorder.checkpoint_count()
    }

    /// Tells the run's reader about trouble outside the core.
    pub fn warn(&self, message: String) {
        self.recorder.warn("on_snapshot_failed", message);
    }

    /// Takes the events that wait, as a JSON array; `undefined` if there are none. Text, because the engine's `JSON.parse` builds many small
    /// objects faster than calls across the boundary do (docs/decisions.md has the figures).
    pub fn take(&self) -> Option<String> {
        self.recorder.has_events().then(|| to_json(&self.recorder.take_events()))
    }

    /// Takes `FusionResult`, which `run.completed` carries; `undefined` unless the run has completed.
    pub fn result(&self) -> JsValue {
        self.result.take().unwrap_or_default()
    }

    /// Returns `FusionSnapshot`, with its `request` as JSON text: in an object built from here a field `__proto__` would be no field.
    pub fn snapshot(&self) -> std::result::Result<JsValue, JsError> {
        to_js(&self.recorder.snapshot())
    }

    /// Returns `FusionSnapshot` as JSON text in UTF-8. Cheaper than an object where nobody may ever read it.
    pub fn checkpoint(&self) -> Vec<u8> {
        to_json(&self.recorder.snapshot()).into_bytes()
    }

    fn end(&self, outcome: Outcome) {
        self.ended.set(true);
        let outcome = outcome.and_then(|result| to_js(&result).map_err(|_| Error::new(Code::UnexpectedError, NO_RESULT)));
        let outcome = outcome.map(|result| self.result.set(Some(result)));
        self.recorder.close(self.plan.as_deref(), outcome);
    }
}

/// The core's world, made of the runtime's fetch, clock and words.
pub(super) fn env(fetch: js_sys::Function, tool: js_sys::Function) -> Environment {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|info| panicked(&info.to_string()))));
    Environment {
        transport: Box::new(Fetch(fetch)),
        clock: Box::new(Clock),
        tool_runner: Box::new(ToolRunner(tool)),
        nfkc_lowercase: unicode::nfkc_lowercase,
    }
}

/// What a run would do, from the data that JavaScript prepared.
pub(super) fn plan(request: &str, options: &str, entropy: RandomInputs) -> Result<Plan> {
    let [request, options] = [request, options].map(|json| json.parse::<Value>().unwrap_or_default());
    Plan::new(Request::parse(&expand_preset(request, &options))?, Options::parse(&options)?, entropy)
}

fn cancelled() -> Outcome {
    Err(Error::new(Code::Cancelled, "the run was cancelled"))
}
