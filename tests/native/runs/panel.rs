//! Tests the panel: every order of arrival, quorum, timeouts, retries and fallbacks.

use super::harness::{answer_after, request, run, scripts};
use super::scripted_provider::ScriptStep;
use crate::error::Code;
use crate::json::{Value, json};

#[test]
fn every_order_of_arrival_with_and_without_grace_and_cancel() {
    // The arrival times of three panelists in every order. Several panelists may arrive at the same
    // time.
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
            (Some(2), 60_025, timeout()),
            (Some(3), 60_025, timeout()),
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
