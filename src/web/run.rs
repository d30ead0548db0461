//! A run as JavaScript holds it.
//!
//! Each run is polled by its own JavaScript, in its own request's context, and no executor is shared: wasm-bindgen's is one queue for the
//! whole instance, which on workerd sends one user's calls inside another user's request after a panic, and whose panics no `catch` sees.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::task::{Context, Poll, Wake, Waker};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use serde_json::Value;
use wasm_bindgen::prelude::*;

use super::clock::Clock;
use super::fetch::Fetch;
use super::text::nfkc;
use crate::deliberation::controls::Controls;
use crate::deliberation::journal::Journal;
use crate::deliberation::{self, Entropy, Plan};
use crate::error::{Code, Error, Result};
use crate::event;
use crate::provider::World;
use crate::request::{Options, Request};
use crate::result::FusionResult;

#[wasm_bindgen(raw_module = "./host.js")]
extern "C" {
    /// Asks JavaScript to call [`Run::poll`] soon, in this run's context.
    fn wake(run: u32);
    /// Tells JavaScript why the trap that follows happens.
    fn panicked(message: &str);
}

type Outcome = Result<FusionResult>;

/// Freed by `run.js` when the run has ended; never seen by users.
#[wasm_bindgen]
pub struct Run {
    journal: Rc<Journal>,
    controls: Rc<Controls>,
    plan: Option<Rc<Plan>>,
    /// Taken out while it is polled, so that a callback may cancel the run that calls it.
    future: RefCell<Option<LocalBoxFuture<'static, Outcome>>>,
    signal: Arc<Signal>,
    cancelled: Cell<bool>,
    ended: Cell<bool>,
}

/// Data and functions of one run, as `run.js` prepared them.
#[wasm_bindgen]
impl Run {
    /// Validates and plans. A refused request is a run that fails at its first poll.
    /// `request`, `options`: plain data; `fetch`: see [`Fetch`]; `seed`: used where the request has none.
    #[wasm_bindgen(constructor)]
    pub fn new(id: u32, request: JsValue, options: JsValue, fetch: js_sys::Function, run_id: String, seed: f64, nonce: String) -> Run {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| std::panic::set_hook(Box::new(|info| panicked(&info.to_string()))));

        let world = Rc::new(World { transport: Box::new(Fetch(fetch)), clock: Box::new(Clock), nfkc });
        let read = |value: JsValue| serde_wasm_bindgen::from_value::<Value>(value).unwrap_or(Value::Null);
        let entropy = Entropy { run_id, seed: seed as u64, nonce };
        let plan = Request::parse(&read(request)).and_then(|request| Plan::new(request, Options::parse(&read(options))?, entropy));
        let plan = plan.map(Rc::new);
        let journal = Rc::new(Journal::new(world.clone(), plan.as_deref().ok()));
        let controls = Rc::new(Controls::default());
        let future = match &plan {
            Ok(plan) => {
                let (plan, journal, controls) = (plan.clone(), journal.clone(), controls.clone());
                async move { deliberation::fuse(&plan, &world, &journal, &controls).await }.boxed_local()
            }
            Err(error) => futures::future::ready(Err(error.clone())).boxed_local(),
        };
        Run {
            journal,
            controls,
            plan: plan.ok(),
            future: RefCell::new(Some(future)),
            signal: Arc::new(Signal { run: id, woken: AtomicBool::new(false) }),
            cancelled: Cell::new(false),
            ended: Cell::new(false),
        }
    }

    /// Drives the run as far as it goes now; `true` when it is over.
    pub fn poll(&self) -> bool {
        let Some(mut future) = self.future.take() else { return self.ended.get() };
        self.signal.woken.store(false, Ordering::Relaxed);
        let waker = Waker::from(self.signal.clone());
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(outcome) => self.end(outcome),
            Poll::Pending if self.cancelled.get() => {
                drop(future);
                self.end(cancelled());
            }
            Poll::Pending => *self.future.borrow_mut() = Some(future),
        }
        self.ended.get()
    }

    /// Closes every open connection and ends the run, at once or, from inside a poll, right after it.
    pub fn cancel(&self) {
        self.cancelled.set(true);
        if let Some(future) = self.future.take() {
            drop(future);
            self.end(cancelled());
        }
    }

    /// Whether the panelist was still at work.
    #[wasm_bindgen(js_name = cancelPanelist)]
    pub fn cancel_panelist(&self, index: usize) -> bool {
        self.controls.cancel_panelist(index)
    }

    /// Whether there was something to be done anew.
    #[wasm_bindgen(js_name = retryPanelist)]
    pub fn retry_panelist(&self, index: usize) -> bool {
        self.controls.retry_panelist(index)
    }

    /// Whether there was something to go on from.
    pub fn proceed(&self) -> bool {
        self.controls.proceed(self.journal.answers())
    }

    /// Grows when a snapshot is worth keeping.
    pub fn milestones(&self) -> u32 {
        self.journal.milestones()
    }

    /// Tells the run's reader about trouble outside the core.
    pub fn warn(&self, message: String) {
        self.journal.warn("on_snapshot_failed", message);
    }

    /// The events that wait, as a JSON array; nothing where there are none.
    pub fn take(&self) -> Option<String> {
        self.journal.has_events().then(|| event::to_json(&self.journal.take_events()))
    }

    /// `FusionSnapshot` as JSON.
    pub fn snapshot(&self) -> String {
        serde_json::to_string(&self.journal.snapshot()).unwrap_or_default()
    }

    fn end(&self, outcome: Outcome) {
        self.ended.set(true);
        self.journal.close(self.plan.as_deref(), outcome);
    }
}

fn cancelled() -> Outcome {
    Err(Error::new(Code::Cancelled, "the run was cancelled"))
}

struct Signal {
    run: u32,
    woken: AtomicBool,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // One crossing for all the chunks that arrive before the next poll.
        if !self.woken.swap(true, Ordering::Relaxed) {
            wake(self.run);
        }
    }
}
