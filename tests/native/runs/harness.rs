//! Runs a plan with a scripted provider and a fake clock, without real delays. Checks the
//! invariants of every run.

use futures::FutureExt;
use futures::future::FusedFuture;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use unicode_normalization::UnicodeNormalization;

use super::scripted_provider::{FakeClock, MockTransport, ScriptStep};
use crate::deliberation::control::RunControl;
use crate::deliberation::fuse;
use crate::deliberation::recorder::RunRecorder;
use crate::error::{Code, Error};
use crate::json::{Value, json, value_of};
use crate::plan::{Plan, RandomInputs};
use crate::provider::{Environment, UnicodeForms};
use crate::request::{Options, Request};
use crate::result::FusionResult;

pub(super) struct RunOutcome {
    pub transport: MockTransport,
    pub env: Rc<Environment>,
    pub recorder: Rc<RunRecorder>,
    pub events: Vec<Value>,
    pub result: Result<FusionResult, Error>,
}

/// The parts of a run that a test may use until the run ends.
pub(super) struct RunHandle<'a> {
    pub control: &'a RunControl,
    pub recorder: &'a RunRecorder,
    has_acted: Cell<bool>,
}

impl RunHandle<'_> {
    /// Runs a command. If the command has an effect, the run is polled again before the clock
    /// advances.
    pub(super) fn command(&self, command: impl FnOnce(&RunControl) -> bool) -> bool {
        let done = command(self.control);
        self.has_acted.set(done);
        done
    }
}

/// The Unicode functions that JavaScript provides to the core in a page.
pub(crate) const UNICODE: UnicodeForms = UnicodeForms {
    nfc: |text| text.nfc().collect(),
    lowercase: str::to_lowercase,
};

pub(super) fn answer_after(ms: u64, text: &str) -> Vec<ScriptStep> {
    vec![ScriptStep::Text(ms, text.to_owned()), ScriptStep::Finish]
}

pub(super) fn analysis() -> Vec<ScriptStep> {
    answer_after(
        1,
        r#"{"consensus":[{"point":"p","responses":["A"],"quotes":[]}],"contradictions":[],"partial_coverage":[],"unique_insights":[],"blind_spots":[]}"#,
    )
}

/// Plans a run. The request may have the field `options`.
pub(super) fn plan(request: &Value) -> Plan {
    let random = RandomInputs {
        run_id: "run_1".into(),
        seed: 7,
        nonce: "n0nce".into(),
    };
    let mut request = request.clone();
    // A request with tools needs OpenRouter, because only OpenRouter hosts research tools.
    let default_options = if request.get("tools").is_some() {
        json!({"apiKey": "k"})
    } else {
        json!({"baseURL": "http://127.0.0.1:1/v1"})
    };
    let options = request
        .as_object_mut()
        .unwrap()
        .remove("options")
        .unwrap_or(default_options);
    Plan::new(
        Request::parse(&request).unwrap(),
        Options::parse(&options).unwrap(),
        random,
    )
    .unwrap()
}

/// Runs a request until the run ends, or cancels the run at `cancel_at`. While the run is pending,
/// advances the clock to the next timer.
pub(super) fn run(
    request: Value,
    scripts: &[(&str, Vec<Vec<ScriptStep>>)],
    cancel_at: Option<u64>,
) -> RunOutcome {
    run_with_hook(request, scripts, |next, _| {
        cancel_at.is_some_and(|at| at < next)
    })
}

/// Runs a request like [`run`]. Before the clock advances, calls `stop` with the new time. `stop`
/// may give commands, which take effect before the clock advances. If `stop` returns true, the run
/// is cancelled.
pub(super) fn run_with_hook(
    request: Value,
    scripts: &[(&str, Vec<Vec<ScriptStep>>)],
    stop: impl FnMut(u64, &RunHandle<'_>) -> bool,
) -> RunOutcome {
    run_with_judge(request, scripts, None, stop)
}

/// Runs a request like [`run_with_hook`]. The caller's function `shouldEscalate` returns
/// `should_escalate`. If this is `None`, the function never returns.
pub(super) fn run_with_judge(
    request: Value,
    scripts: &[(&str, Vec<Vec<ScriptStep>>)],
    should_escalate: Option<Result<bool, String>>,
    mut stop: impl FnMut(u64, &RunHandle<'_>) -> bool,
) -> RunOutcome {
    let clock = FakeClock::default();
    let transport = MockTransport {
        clock: clock.clone(),
        scripts: Rc::new(RefCell::new(
            scripts
                .iter()
                .map(|(model, script)| (model.to_string(), script.clone()))
                .collect(),
        )),
        requests: Rc::default(),
        open: Rc::default(),
        control: Rc::default(),
        should_escalate,
    };
    let env = Rc::new(Environment {
        transport: Box::new(transport.clone()),
        clock: Box::new(clock.clone()),
        tool_runner: Box::new(transport.clone()),
        keys: Box::new(transport.clone()),
        escalation_judge: Box::new(transport.clone()),
        unicode: UNICODE,
    });
    let plan = plan(&request);
    let recorder = Rc::new(RunRecorder::new(env.clone(), Some(&plan)));
    let control = transport.control.clone();
    let mut future = fuse(&plan, &env, &recorder, &control).boxed_local().fuse();
    let mut cx = Context::from_waker(Waker::noop());
    let outcome = loop {
        // These futures store no wakers. If one panelist changes the state, another panelist
        // notices the change only at its next poll. Therefore poll three times.
        let polls = [(); 3].map(|()| {
            if future.is_terminated() {
                Poll::Pending
            } else {
                future.poll_unpin(&mut cx)
            }
        });
        if let Some(Poll::Ready(outcome)) = polls.into_iter().find(Poll::is_ready) {
            break outcome;
        }
        let next = clock
            .timers
            .borrow()
            .iter()
            .copied()
            .filter(|timer| *timer > clock.now.get())
            .min()
            .expect("the run is pending and no timer is set");
        let handle = RunHandle {
            control: &control,
            recorder: &recorder,
            has_acted: Cell::new(false),
        };
        if stop(next, &handle) {
            break Err(Error::new(Code::Cancelled, "cancelled"));
        }
        if handle.has_acted.get() {
            continue;
        }
        clock.now.set(next);
    };
    drop(future);
    recorder.close(
        Some(&plan),
        outcome.as_ref().map(|_| ()).map_err(Clone::clone),
    );
    let mut events = value_of(&recorder.take_events())
        .as_array()
        .unwrap()
        .clone();
    // Add the result to the last event, as `run.js` does.
    if let (Ok(result), Some(last)) = (&outcome, events.last_mut()) {
        last["result"] = value_of(result);
    }
    RunOutcome {
        transport,
        env,
        recorder,
        events,
        result: outcome,
    }
}

impl RunOutcome {
    pub(super) fn types(&self) -> Vec<&str> {
        self.events
            .iter()
            .map(|event| event["type"].as_str().unwrap())
            .collect()
    }

    /// Checks the invariants of every run.
    pub(super) fn check(&self) {
        let seqs: Vec<_> = self
            .events
            .iter()
            .map(|event| event["seq"].as_u64().unwrap())
            .collect();
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
        let ends = self
            .types()
            .iter()
            .filter(|kind| matches!(**kind, "run.completed" | "run.failed"))
            .count();
        assert_eq!(ends, 1);
        for index in 0..8u64 {
            let count = |kind: &str| {
                let of_kind = |event: &&Value| event["type"] == kind && event["index"] == index;
                self.events.iter().filter(of_kind).count()
            };
            let ended = count("panelist.completed") + count("panelist.failed");
            // For a restored panelist, the run emits `panelist.completed` without
            // `panelist.started`.
            assert!(
                ended <= 1 && ended >= count("panelist.started").min(1),
                "panelist {index} ends once"
            );
            let ended = count("verification.completed") + count("verification.failed");
            assert!(
                ended <= 1 && ended >= count("verification.started").min(1),
                "check {index} ends once"
            );
        }
        self.check_rounds();
        assert_eq!(self.transport.open.get(), 0, "no call left open");
        let snapshot = self.recorder.snapshot();
        let completed = self
            .types()
            .iter()
            .filter(|kind| **kind == "panelist.completed")
            .count();
        assert_eq!(snapshot.responses.len(), completed, "no answer lost");
        let mut ended: Vec<_> = snapshot
            .responses
            .iter()
            .map(|response| response.index)
            .collect();
        ended.extend(snapshot.failed_models.iter().map(|failed| failed.index));
        ended.sort_unstable();
        assert!(
            ended.windows(2).all(|pair| pair[0] < pair[1]),
            "a panelist is listed twice: {ended:?}"
        );
    }
}

impl RunOutcome {
    /// Checks the invariants of a run with `escalate`, and that other runs have no rounds.
    fn check_rounds(&self) {
        let first_of = |is_wanted: &dyn Fn(&Value) -> bool| self.events.iter().position(is_wanted);
        let is_of = |event: &Value, kind: &str| event["type"] == kind;
        let started = &self.events[0];
        let has_escalate = started.get("further").is_some();
        let panel = started["panel"].as_array().map_or(0, Vec::len) as u64;
        let escalated_at = first_of(&|event| is_of(event, "panel.escalated"));
        let settled_at = first_of(&|event| is_of(event, "panel.settled"));
        let decisions = self
            .events
            .iter()
            .filter(|event| is_of(event, "panel.escalated") || is_of(event, "panel.settled"));
        assert!(decisions.count() <= usize::from(has_escalate));
        let decided_at = escalated_at.or(settled_at);
        for (at, event) in self.events.iter().enumerate() {
            let kind = event["type"].as_str().unwrap();
            if kind.starts_with("analysis.") {
                assert_eq!(event.get("round").is_some(), has_escalate, "{event}");
                let is_second = event["round"] == 2;
                assert!(!is_second || escalated_at.is_some_and(|escalated| escalated < at));
            } else {
                assert!(event.get("round").is_none(), "{event}");
            }
            let is_further = event["index"].as_u64().is_some_and(|index| index >= panel);
            if is_further && kind.starts_with("panelist.") {
                assert!(
                    escalated_at.is_some_and(|escalated| escalated < at),
                    "{event}"
                );
            }
            if kind.starts_with("answer.") && has_escalate {
                assert!(decided_at.is_some_and(|decided| decided < at), "{event}");
            }
        }
        if let Ok(result) = &self.result {
            let asked = result.escalation.map(|escalation| escalation.escalated);
            let expected = has_escalate.then_some(escalated_at.is_some());
            assert_eq!(asked, expected);
        }
    }
}

pub(super) fn request(extra: Value) -> Value {
    let mut request = json!({"prompt": "Why?", "analysis_models": ["a", "b", "c"], "analyst": "analyst", "writer": "writer", "seed": 1});
    request
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    request
}

pub(super) fn scripts(
    a: Vec<Vec<ScriptStep>>,
    b: Vec<Vec<ScriptStep>>,
    c: Vec<Vec<ScriptStep>>,
) -> Vec<(&'static str, Vec<Vec<ScriptStep>>)> {
    vec![
        ("a", a),
        ("b", b),
        ("c", c),
        ("analyst", vec![analysis()]),
        ("writer", vec![answer_after(1, "final")]),
    ]
}
