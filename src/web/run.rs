//! Exports a run to JavaScript. The input is the request and the options as JSON. The output is
//! events, snapshots and the result.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Once;

use futures::FutureExt;
use wasm_bindgen::prelude::*;

use super::clock::Clock;
use super::escalation_judge::EscalationJudge;
use super::executor::{Progress, Task};
use super::fetch::Fetch;
use super::key_source::KeySource;
use super::tool_runner::ToolRunner;
use super::unicode;
use crate::deliberation;
use crate::deliberation::control::RunControl;
use crate::deliberation::recorder::RunRecorder;
use crate::error::{Code, Error, Result};
use crate::event::WarningCode;
use crate::json::{Value, to_json};
use crate::plan::{Plan, RandomInputs};
use crate::provider::Environment;
use crate::request::{Options, Request};
use crate::result::FusionResult;

#[wasm_bindgen(raw_module = "./registry.js")]
extern "C" {
    /// Passes the panic message to JavaScript before wasm traps.
    #[wasm_bindgen(js_name = recordPanic)]
    fn record_panic(message: &str);
}

type Outcome = Result<FusionResult>;

/// Handle of one run. `run.js` frees the handle when the run has ended.
#[wasm_bindgen]
pub struct Run {
    recorder: Rc<RunRecorder>,
    control: Rc<RunControl>,
    plan: Option<Rc<Plan>>,
    task: Task<Outcome>,
    cancelled: Cell<bool>,
    ended: Cell<bool>,
    /// The `FusionResult`, as JSON.
    result: Cell<Option<String>>,
}

/// Methods for `run.js`.
#[wasm_bindgen]
impl Run {
    /// Validates the input and plans the run. If the input is invalid, the run fails at its first
    /// poll.
    ///
    /// `request` and `options` are JSON. [`Fetch`] describes `fetch`, [`ToolRunner`] describes
    /// `tool`, [`KeySource`] describes `key`, and [`EscalationJudge`] describes `should_escalate`.
    /// If the request has no seed, `seed` applies.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::too_many_arguments)]
    // This function has many arguments because a struct would cost more code at the boundary.
    pub fn new(
        id: u32,
        request: &str,
        options: &str,
        fetch: js_sys::Function,
        tool: js_sys::Function,
        key: js_sys::Function,
        should_escalate: js_sys::Function,
        run_id: String,
        seed: f64,
        nonce: String,
    ) -> Run {
        let env = Rc::new(env(fetch, tool, key, should_escalate));
        let plan = plan(
            request,
            options,
            RandomInputs {
                run_id,
                seed: seed as u64,
                nonce,
            },
        )
        .map(Rc::new);
        let recorder = Rc::new(RunRecorder::new(env.clone(), plan.as_deref().ok()));
        let control = Rc::new(RunControl::default());
        let future = match &plan {
            Ok(plan) => {
                let (plan, recorder, control) = (plan.clone(), recorder.clone(), control.clone());
                async move { deliberation::fuse(&plan, &env, &recorder, &control).await }
                    .boxed_local()
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

    /// Polls the run. Returns `true` if the run has ended.
    pub fn poll(&self) -> bool {
        match self.task.poll(|| !self.cancelled.get()) {
            Progress::Ready(outcome) => self.end(outcome),
            Progress::Dropped => self.end(cancelled()),
            Progress::Pending => {}
        }
        self.ended.get()
    }

    /// Cancels the run and closes its connections. If a poll is running, the run is cancelled right
    /// after this poll.
    pub fn cancel(&self) {
        self.cancelled.set(true);
        if self.task.stop() {
            self.end(cancelled());
        }
    }

    /// Cancels a panelist. Returns whether it was running.
    #[wasm_bindgen(js_name = cancelPanelist)]
    pub fn cancel_panelist(&self, index: usize) -> bool {
        self.control.cancel_panelist(index)
    }

    /// Restarts a failed or running panelist. Returns whether it restarted.
    #[wasm_bindgen(js_name = retryPanelist)]
    pub fn retry_panelist(&self, index: usize) -> bool {
        self.control.retry_panelist(index)
    }

    /// Continues with the answers so far. Returns `false` if there is no answer.
    pub fn proceed(&self) -> bool {
        self.control.proceed(self.recorder.answers())
    }

    /// Returns a counter that grows at each checkpoint. When the counter grows, the caller should
    /// store the new snapshot.
    #[wasm_bindgen(js_name = checkpointCount)]
    pub fn checkpoint_count(&self) -> u32 {
        self.recorder.checkpoint_count()
    }

    /// Records a warning that the caller's `onSnapshot` callback failed.
    pub fn warn(&self, message: String) {
        let message = match &self.plan {
            Some(plan) => plan.sanitize(&message),
            None => message,
        };
        self.recorder.warn(WarningCode::OnSnapshotFailed, message);
    }

    /// Takes the pending events as a JSON array. If there are none, returns `undefined`.
    ///
    /// `JSON.parse` builds many small objects faster than calls from wasm to JavaScript.
    /// docs/decisions.md has the measurements.
    pub fn take(&self) -> Option<String> {
        self.recorder
            .has_events()
            .then(|| to_json(&self.recorder.take_events()))
    }

    /// Takes the `FusionResult` for `run.completed`, as JSON. If the run has not completed, returns
    /// `undefined`.
    pub fn result(&self) -> Option<String> {
        self.result.take()
    }

    /// Returns the `FusionSnapshot` as JSON text in UTF-8. JavaScript parses the text only if a
    /// callback reads the snapshot, so text is cheaper than an object.
    pub fn snapshot(&self) -> Vec<u8> {
        self.recorder.with_snapshot(to_json).into_bytes()
    }

    fn end(&self, outcome: Outcome) {
        self.ended.set(true);
        let outcome = outcome.map(|result| self.result.set(Some(to_json(&result))));
        self.recorder.close(self.plan.as_deref(), outcome);
    }
}

/// Builds the core's environment from JavaScript functions. Installs the panic hook at the first
/// call.
pub(super) fn env(
    fetch: js_sys::Function,
    tool: js_sys::Function,
    key: js_sys::Function,
    should_escalate: js_sys::Function,
) -> Environment {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|info| record_panic(&info.to_string()))));
    Environment {
        transport: Box::new(Fetch(fetch)),
        clock: Box::new(Clock),
        tool_runner: Box::new(ToolRunner(tool)),
        keys: Box::new(KeySource(key)),
        escalation_judge: Box::new(EscalationJudge(should_escalate)),
        unicode: unicode::FORMS,
    }
}

/// Parses the JSON input and plans the run.
pub(super) fn plan(request: &str, options: &str, random: RandomInputs) -> Result<Plan> {
    let [request, options] =
        [request, options].map(|json| json.parse::<Value>().unwrap_or_default());
    // An error in a preset of the options has the preset's path only before the preset is expanded.
    let parsed_options = Options::parse(&options)?;
    let request = Request::parse_with_presets(request, &options)?;
    Plan::new(request, parsed_options, random)
}

fn cancelled() -> Outcome {
    Err(Error::new(Code::Cancelled, "the run was cancelled"))
}
