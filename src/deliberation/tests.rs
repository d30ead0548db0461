//! Tests of whole runs with a scripted transport and a fake clock: every order of arrival, without
//! real delays.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::json::{Value, json, value_of};
use futures::FutureExt;
use futures::future::FusedFuture;
use unicode_normalization::UnicodeNormalization;

use crate::deliberation::control::RunControl;
use crate::deliberation::fuse;
pub(super) use crate::deliberation::mock::{FakeClock, MockTransport, ScriptStep};
use crate::deliberation::recorder::RunRecorder;
use crate::error::{Code, Error};
use crate::plan::{Plan, RandomInputs};
use crate::provider::Environment;
use crate::request::Temperature;
use crate::request::{Options, Request};
use crate::result::FusionResult;

pub(super) struct RunOutcome {
    pub transport: MockTransport,
    pub env: Rc<Environment>,
    pub recorder: Rc<RunRecorder>,
    pub events: Vec<Value>,
    pub result: Result<FusionResult, Error>,
}

/// What a test may use during a run.
pub(super) struct RunHandle<'a> {
    pub control: &'a RunControl,
    pub recorder: &'a RunRecorder,
    has_acted: Cell<bool>,
}

impl RunHandle<'_> {
    /// Runs a command. If it applies, polls the run again before the clock advances.
    pub(super) fn command(&self, command: impl FnOnce(&RunControl) -> bool) -> bool {
        let done = command(self.control);
        self.has_acted.set(done);
        done
    }
}

pub(super) fn answer_after(ms: u64, text: &str) -> Vec<ScriptStep> {
    vec![ScriptStep::Text(ms, text.to_owned()), ScriptStep::Finish]
}

pub(super) fn analysis() -> Vec<ScriptStep> {
    answer_after(
        1,
        r#"{"consensus":[{"point":"p","responses":["A"],"quotes":[]}],"contradictions":[],"partial_coverage":[],"unique_insights":[],"blind_spots":[]}"#,
    )
}

/// Plans a run. `options` may stand inside the request.
pub(super) fn plan(request: &Value) -> Plan {
    let random = RandomInputs {
        run_id: "run_1".into(),
        seed: 7,
        nonce: "n0nce".into(),
    };
    let mut request = request.clone();
    // Only OpenRouter hosts research tools.
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

/// Runs to the end or until `cancel_at`. Advances the clock to the next timer whenever the run is
/// pending.
pub(super) fn run(
    request: Value,
    scripts: &[(&str, Vec<Vec<ScriptStep>>)],
    cancel_at: Option<u64>,
) -> RunOutcome {
    run_with_hook(request, scripts, |next, _| {
        cancel_at.is_some_and(|at| at < next)
    })
}

/// Calls `stop` before each advance of the clock, with the new time. Commands that it gives apply
/// before the advance.
pub(super) fn run_with_hook(
    request: Value,
    scripts: &[(&str, Vec<Vec<ScriptStep>>)],
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
    };
    let nfkc_lowercase = |text: &str| text.nfkc().flat_map(char::to_lowercase).collect();
    let env = Rc::new(Environment {
        transport: Box::new(transport.clone()),
        clock: Box::new(clock.clone()),
        tool_runner: Box::new(transport.clone()),
        nfkc_lowercase,
    });
    let plan = plan(&request);
    let recorder = Rc::new(RunRecorder::new(env.clone(), Some(&plan)));
    let control = transport.control.clone();
    let mut future = fuse(&plan, &env, &recorder, &control).boxed_local().fuse();
    let mut cx = Context::from_waker(Waker::noop());
    let outcome = loop {
        // Futures here store no wakers, so a panelist may see a change by another one only at the
        // next poll.
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
    // `run.js` adds the result in the same way.
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
            // Restored panelists end without a start.
            assert!(
                ended <= 1 && ended >= count("panelist.started").min(1),
                "panelist {index} ends once"
            );
        }
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

#[test]
fn a_role_without_a_model_uses_the_requests_model() {
    let plan_of = |overrides: Value| {
        let mut request = json!({"prompt": "p", "writer": {"temperature": 0.5}, "analyst": {"passes": 2}, "tools": []});
        request
            .as_object_mut()
            .unwrap()
            .extend(overrides.as_object().unwrap().clone());
        let plan = plan(&request);
        (
            plan.writer.model().to_owned(),
            plan.writer.temperature,
            plan.analyst.unwrap().model().to_owned(),
            plan.second_pass,
        )
    };
    assert_eq!(
        plan_of(json!({"model": "m"})),
        ("m".into(), Some(Temperature(500_000)), "m".into(), true)
    );
    let opus = "~anthropic/claude-opus-latest";
    assert_eq!(
        plan_of(json!({})),
        (opus.into(), Some(Temperature(500_000)), opus.into(), true)
    );
}

#[test]
fn every_order_of_arrival_with_and_without_grace_and_cancel() {
    // Simultaneous arrivals are included.
    let orders = (0..27).map(|order| [1 + order / 9, 1 + order / 3 % 3, 1 + order % 3]);
    let orders =
        orders.filter(|order| order.contains(&1) && (order.contains(&2) || !order.contains(&3)));
    let quorum = |min_responses: u64, grace_ms: u64| json!({"quorum": {"min_responses": min_responses, "grace_ms": grace_ms}});
    let mut requests = vec![
        json!({}),
        quorum(1, 0),
        quorum(1, 5),
        quorum(1, 15),
        quorum(2, 5),
    ];
    requests.extend([5, 15, 25].map(|ms| json!({"timeouts": {"panelist_ms": ms}})));
    requests.extend([5, 15, 25, 31].map(|ms| json!({"timeouts": {"run_ms": ms}})));
    for delays in orders {
        for extra in &requests {
            for cancel_at in [None, Some(0), Some(10), Some(15), Some(21), Some(31)] {
                let [a, b, c] = delays.map(|delay| vec![answer_after(delay * 10, "answer")]);
                let outcome = run(request(extra.clone()), &scripts(a, b, c), cancel_at);
                outcome.check();
                if let (Ok(result), None) = (&outcome.result, extra.get("timeouts")) {
                    assert_eq!(result.answer, "final");
                    assert_eq!(result.responses.len() + result.failed_models.len(), 3);
                }
            }
        }
    }
}

#[test]
fn slow_panelists_stop_after_the_grace() {
    let extra = json!({"quorum": {"min_responses": 2, "grace_ms": 5}});
    let all_scripts = scripts(
        vec![answer_after(10, "one")],
        vec![answer_after(20, "two")],
        vec![vec![ScriptStep::Text(1, "half".into()), ScriptStep::Stall]],
    );
    let outcome = run(request(extra), &all_scripts, None);
    outcome.check();
    let result = outcome.result.as_ref().unwrap();
    assert_eq!(result.responses.len(), 2);
    assert_eq!(
        (result.failed_models[0].index, result.failed_models[0].code),
        (2, Code::Cancelled)
    );
    let snapshot = outcome.recorder.snapshot();
    assert_eq!(snapshot.partial[0].content, "half");
}

#[test]
fn the_default_timeouts_leave_time_for_research() {
    let keeps_alive = |minutes: usize| vec![ScriptStep::Text(59_999, String::new()); minutes];
    let (mut slow, mut writer) = (keeps_alive(4), keeps_alive(3));
    slow.extend(answer_after(59_999, "late"));
    let extra = json!({"analysis_models": ["a", "b", "c", "d"]});
    let half = ScriptStep::Text(1, "half".into());
    let mut all_scripts = scripts(
        vec![slow],
        vec![keeps_alive(9)],
        vec![vec![half.clone(), ScriptStep::Stall]],
    );
    all_scripts.push(("d", vec![vec![ScriptStep::Stall]]));
    writer.push(half);
    writer.extend(keeps_alive(9));
    all_scripts[4] = ("writer", vec![writer]);
    let outcome = run(request(extra), &all_scripts, None);
    outcome.check();
    let ended = |kind: &str| -> Vec<_> {
        let is_kind = |event: &&Value| event["type"] == kind;
        let code = |event: &Value| event.pointer("/error/code").cloned().unwrap_or_default();
        outcome
            .events
            .iter()
            .filter(is_kind)
            .map(|event| {
                (
                    event["index"].as_u64(),
                    event["elapsed_ms"].as_u64().unwrap(),
                    code(event),
                )
            })
            .collect()
    };
    let timeout = || json!("timeout");
    assert_eq!(
        ended("panelist.failed"),
        [
            (Some(3), 60_000, timeout()),
            (Some(2), 60_001, timeout()),
            (Some(1), 300_000, timeout())
        ]
    );
    assert_eq!(
        ended("panelist.completed"),
        [(Some(0), 299_995, Value::Null)]
    );
    assert_eq!(ended("run.failed"), [(None, 600_000, timeout())]);
}

#[test]
fn retry_jitter_depends_on_the_seed_and_differs_between_panelists() {
    let delays = |seed: u64| -> Vec<_> {
        let busy = || vec![vec![ScriptStep::Status(429)]];
        let outcome = run(
            request(json!({"seed": seed})),
            &scripts(busy(), busy(), busy()),
            None,
        );
        let retrying = outcome
            .events
            .iter()
            .filter(|event| event["type"] == "panelist.retrying");
        retrying
            .map(|event| {
                (
                    event["index"].as_u64().unwrap(),
                    event["delay_ms"].as_u64().unwrap(),
                )
            })
            .collect()
    };
    assert_eq!((delays(5), delays(5).len()), (delays(5), 6));
    assert_ne!(delays(5), delays(6));
    let first: std::collections::BTreeSet<_> =
        delays(5)[..3].iter().map(|(_, delay)| *delay).collect();
    assert_eq!(
        first.len(),
        3,
        "simultaneous failures retry at different times"
    );
}

#[test]
fn transient_errors_are_retried_before_the_fallback() {
    let extra = json!({"analysis_models": [{"model": "a", "fallbacks": ["b"]}], "max_retries": 1});
    let all_scripts = scripts(
        vec![vec![ScriptStep::Status(503)]],
        vec![answer_after(1, "from b")],
        vec![],
    );
    let outcome = run(request(extra), &all_scripts, None);
    outcome.check();
    let requests: Vec<_> = outcome
        .transport
        .requests
        .borrow()
        .iter()
        .map(|body| body["model"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(requests, ["a", "a", "b", "analyst", "writer"]);
    let retrying: Vec<_> = outcome
        .events
        .iter()
        .filter(|event| event["type"] == "panelist.retrying")
        .collect();
    assert_eq!(retrying.len(), 2);
    assert_eq!(retrying[1]["next_model"], "b");
    let response = &outcome.result.as_ref().unwrap().responses[0];
    assert_eq!(
        (response.model.as_str(), response.content.as_str()),
        ("a", "from b")
    );
}

#[test]
fn a_broken_stream_fails_and_keeps_its_text() {
    let all_scripts = scripts(
        vec![vec![
            ScriptStep::Text(1, "paid for".into()),
            ScriptStep::Disconnect,
        ]],
        vec![answer_after(1, "b")],
        vec![answer_after(1, "c")],
    );
    let outcome = run(request(json!({})), &all_scripts, None);
    outcome.check();
    let failed = &outcome.result.as_ref().unwrap().failed_models[0];
    assert_eq!((failed.index, failed.code), (0, Code::NetworkError));
    assert_eq!(outcome.recorder.snapshot().partial[0].content, "paid for");
}

#[test]
fn an_unreadable_analysis_is_retried_strictly_then_with_the_fallback() {
    let prose = answer_after(1, "I think they agree.");
    let extra = json!({"analyst": {"model": "analyst", "fallbacks": ["second"]}});
    let mut all_scripts = scripts(
        vec![answer_after(1, "a")],
        vec![answer_after(1, "b")],
        vec![answer_after(1, "c")],
    );
    all_scripts[3] = ("analyst", vec![prose.clone()]);
    all_scripts.push(("second", vec![prose.clone(), analysis()]));
    let outcome = run(request(extra.clone()), &all_scripts, None);
    outcome.check();
    let failures: Vec<_> = outcome
        .events
        .iter()
        .filter(|event| event["type"] == "analysis.failed")
        .map(|event| event["next"].clone())
        .collect();
    assert_eq!(
        failures,
        [json!("analyst"), json!("second"), json!("second")]
    );
    assert!(outcome.result.as_ref().unwrap().analysis.is_some());
    let requests = outcome.transport.requests.borrow();
    let last_user = |body: &Value| {
        body["messages"].as_array().unwrap().last().unwrap()["content"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let analyst_requests: Vec<_> = requests
        .iter()
        .filter(|body| body["model"] == "analyst")
        .collect();
    assert!(
        !last_user(analyst_requests[0]).contains("could not be read")
            && last_user(analyst_requests[1]).contains("could not be read")
    );
    assert_eq!(analyst_requests[0]["temperature"], 0.0);

    all_scripts.last_mut().unwrap().1 = vec![prose];
    let outcome = run(request(extra), &all_scripts, None);
    outcome.check();
    let result = outcome.result.as_ref().unwrap();
    assert_eq!(
        (result.analysis.is_none(), result.answer.as_str()),
        (true, "final")
    );
}

#[test]
fn a_failed_writer_leaves_the_rest_in_the_snapshot() {
    let mut all_scripts = scripts(
        vec![answer_after(1, "a")],
        vec![answer_after(1, "b")],
        vec![answer_after(1, "c")],
    );
    all_scripts[4] = ("writer", vec![vec![ScriptStep::Status(401)]]);
    let outcome = run(request(json!({})), &all_scripts, None);
    outcome.check();
    let error = outcome.result.unwrap_err();
    assert_eq!(
        (error.code, error.status_code),
        (Code::WriterFailed, Some(401))
    );
    let snapshot = outcome.recorder.snapshot();
    assert_eq!(
        (snapshot.responses.len(), snapshot.analysis.is_some()),
        (3, true)
    );
}

#[test]
fn one_answer_is_a_warning_and_no_answer_an_error() {
    let down = || vec![vec![ScriptStep::Status(402)]];
    let outcome = run(
        request(json!({})),
        &scripts(down(), vec![answer_after(1, "b")], down()),
        None,
    );
    outcome.check();
    assert!(outcome.types().contains(&"warning"));
    let outcome = run(request(json!({})), &scripts(down(), down(), down()), None);
    outcome.check();
    assert_eq!(outcome.result.unwrap_err().code, Code::InsufficientCredits);
}

#[test]
fn the_reported_cost_is_the_sum_over_all_calls() {
    let outcome = run(
        request(json!({})),
        &scripts(
            vec![answer_after(1, "a")],
            vec![answer_after(1, "b")],
            vec![answer_after(1, "c")],
        ),
        None,
    );
    let result = &outcome.events.last().unwrap()["result"];
    assert_eq!(result["usage"]["cost"], json!(0.5));
    assert_eq!(result["activity"].as_array().unwrap().len(), 5);
}

#[test]
fn the_label_order_depends_only_on_the_seed() {
    let order = |seed: u64| {
        let outcome = run(
            request(json!({"seed": seed})),
            &scripts(
                vec![answer_after(1, "a")],
                vec![answer_after(2, "b")],
                vec![answer_after(3, "c")],
            ),
            None,
        );
        outcome
            .events
            .iter()
            .find(|event| event["type"] == "analysis.started")
            .unwrap()["order"]
            .clone()
    };
    assert_eq!(order(5), order(5));
    let orders: std::collections::BTreeSet<_> =
        (0..20).map(|seed| order(seed).to_string()).collect();
    assert!(orders.len() > 2);
}
