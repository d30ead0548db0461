//! Tests the commands during a run: cancel, proceed and restart.

use super::cost::priced;
use super::harness::{RunOutcome, answer_after, request, run_with_hook, scripts};
use super::scripted_provider::ScriptStep;
use crate::error::Code;
use crate::json::{Value, json};

fn stalls() -> Vec<Vec<ScriptStep>> {
    vec![vec![ScriptStep::Text(1, "half".into()), ScriptStep::Stall]]
}

fn events_of<'a>(outcome: &'a RunOutcome, kind: &str, index: u64) -> Vec<&'a Value> {
    outcome
        .events
        .iter()
        .filter(|event| event["type"] == kind && event["index"] == index)
        .collect()
}

#[test]
fn a_cancelled_panelist_fails_and_the_run_continues() {
    let all_scripts = scripts(
        vec![answer_after(10, "one")],
        stalls(),
        vec![answer_after(30, "three")],
    );
    let mut first = true;
    let outcome = run_with_hook(request(json!({})), &all_scripts, |next, handle| {
        if next > 10 && std::mem::take(&mut first) {
            assert!(
                !handle.command(|control| control.cancel_panelist(0)),
                "the panelist has answered"
            );
            assert!(
                !handle.command(|control| control.cancel_panelist(8)),
                "no such panelist"
            );
            assert!(handle.command(|control| control.cancel_panelist(1)));
            assert!(!handle.control.cancel_panelist(1), "already cancelled");
        }
        false
    });
    outcome.check();
    let result = outcome.result.as_ref().unwrap();
    assert_eq!(
        (
            result.responses.len(),
            result.failed_models[0].index,
            result.failed_models[0].code
        ),
        (2, 1, Code::Cancelled)
    );
    assert_eq!(outcome.recorder.snapshot().partial[0].content, "half");
}

#[test]
fn proceed_continues_with_the_answers_so_far_and_needs_at_least_one() {
    let all_scripts = scripts(vec![answer_after(10, "one")], stalls(), stalls());
    let mut requests = Vec::new();
    let outcome = run_with_hook(request(json!({})), &all_scripts, |_, handle| {
        if requests.last() != Some(&true) {
            requests.push(handle.command(|control| control.proceed(handle.recorder.answers())));
        }
        false
    });
    outcome.check();
    assert_eq!(
        (requests.first(), requests.last()),
        (Some(&false), Some(&true))
    );
    let result = outcome.result.as_ref().unwrap();
    assert_eq!(
        (
            result.responses.len(),
            result.failed_models.len(),
            result.answer.as_str()
        ),
        (1, 2, "final")
    );
    assert!(
        result
            .failed_models
            .iter()
            .all(|failed| failed.error.contains("proceed()"))
    );
}

#[test]
fn proceed_cancels_a_panelist_with_a_pending_restart() {
    let all_scripts = scripts(vec![answer_after(10, "one")], stalls(), stalls());
    let mut done = false;
    let outcome = run_with_hook(request(json!({})), &all_scripts, |_, handle| {
        if !done && handle.recorder.answers() > 0 {
            assert!(handle.control.retry_panelist(1));
            assert!(!handle.control.retry_panelist(1), "a restart is pending");
            done = handle.command(|control| control.proceed(handle.recorder.answers()));
        }
        false
    });
    outcome.check();
    assert_eq!(events_of(&outcome, "panelist.started", 1).len(), 1);
    assert_eq!(outcome.result.as_ref().unwrap().answer, "final");
}

#[test]
fn proceed_stops_a_running_analysis() {
    let mut all_scripts = scripts(
        vec![answer_after(1, "one")],
        vec![answer_after(1, "two")],
        vec![answer_after(1, "three")],
    );
    all_scripts[3] = ("analyst", stalls());
    let mut done = false;
    let outcome = run_with_hook(request(json!({})), &all_scripts, |next, handle| {
        if next > 100 && !done {
            done = handle.command(|control| control.proceed(handle.recorder.answers()));
        }
        false
    });
    outcome.check();
    let failed = outcome
        .events
        .iter()
        .find(|event| event["type"] == "analysis.failed")
        .unwrap();
    assert_eq!(
        (failed["error"]["code"].as_str(), failed.get("next")),
        (Some("cancelled"), None)
    );
    assert_eq!(outcome.result.as_ref().unwrap().answer, "final");
}

#[test]
fn a_failed_panelist_can_restart_while_others_run() {
    let all_scripts = scripts(
        vec![vec![ScriptStep::Status(400)], answer_after(5, "second try")],
        vec![answer_after(50, "two")],
        vec![answer_after(60, "three")],
    );
    let mut done = false;
    let outcome = run_with_hook(request(json!({})), &all_scripts, |_, handle| {
        if !done {
            done = handle.command(|control| control.retry_panelist(0));
        }
        assert!(!handle.control.retry_panelist(7));
        false
    });
    let started: Vec<_> = events_of(&outcome, "panelist.started", 0)
        .iter()
        .map(|event| event["attempt"].clone())
        .collect();
    assert_eq!(started, [json!(1), json!(2)]);
    assert_eq!(
        (
            events_of(&outcome, "panelist.failed", 0).len(),
            events_of(&outcome, "panelist.completed", 0).len()
        ),
        (1, 1)
    );
    let result = outcome.result.as_ref().unwrap();
    assert_eq!((result.responses.len(), result.failed_models.len()), (3, 0));
}

#[test]
fn repeated_manual_retries_are_delayed_exponentially() {
    let all_scripts = scripts(
        vec![vec![ScriptStep::Status(400)]],
        vec![answer_after(2_000, "two")],
        vec![answer_after(4_000, "three")],
    );
    let outcome = run_with_hook(request(json!({})), &all_scripts, |_, handle| {
        if handle.control.stop_signal(0).is_none() {
            handle.command(|control| control.retry_panelist(0));
        }
        false
    });
    let delays: Vec<_> = events_of(&outcome, "panelist.retrying", 0)
        .iter()
        .map(|event| event["delay_ms"].clone())
        .collect();
    assert_eq!(
        delays,
        [json!(500), json!(1_000), json!(2_000), json!(4_000)]
    );
    assert_eq!(events_of(&outcome, "panelist.started", 0).len(), 6);
    assert_eq!(outcome.result.as_ref().unwrap().failed_models.len(), 1);
}

#[test]
fn restarting_a_running_panelist_discards_its_text() {
    let all_scripts = scripts(
        vec![
            vec![ScriptStep::Text(1, "half".into()), ScriptStep::Stall],
            answer_after(5, "whole"),
        ],
        vec![answer_after(50, "two")],
        vec![answer_after(60, "three")],
    );
    let mut done = false;
    let outcome = run_with_hook(request(json!({})), &all_scripts, |next, handle| {
        if next >= 50 && !done {
            done = handle.command(|control| control.retry_panelist(0));
        }
        false
    });
    outcome.check();
    assert_eq!(
        events_of(&outcome, "panelist.retrying", 0)[0]["error"]["code"],
        "cancelled"
    );
    let result = outcome.result.as_ref().unwrap();
    assert_eq!(result.responses[0].content, "whole");
    let rows: Vec<_> = result
        .activity
        .iter()
        .filter(|call| call.index == Some(0))
        .map(|call| call.status)
        .collect();
    assert_eq!(
        rows,
        [
            crate::usage::Status::Cancelled,
            crate::usage::Status::Completed
        ]
    );
}

#[test]
fn a_panelist_that_fails_in_the_poll_of_its_restart_restarts() {
    let broken = vec![
        ScriptStep::Text(1, "half".into()),
        ScriptStep::DisconnectAndRestart(0),
    ];
    let all_scripts = scripts(
        vec![broken, answer_after(5, "whole")],
        vec![answer_after(50, "two")],
        vec![answer_after(60, "three")],
    );
    let outcome = run_with_hook(
        priced("0.001", json!({"max_cost": 1})),
        &all_scripts,
        |_, _| false,
    );
    let started: Vec<_> = events_of(&outcome, "panelist.started", 0)
        .iter()
        .map(|event| event["attempt"].clone())
        .collect();
    assert_eq!(started, [json!(1), json!(2)]);
    assert_eq!(
        (
            events_of(&outcome, "panelist.failed", 0).len(),
            events_of(&outcome, "panelist.completed", 0).len()
        ),
        (1, 1)
    );
    let result = outcome.result.as_ref().unwrap();
    assert_eq!(
        (
            result.responses[0].content.as_str(),
            result.responses.len(),
            result.failed_models.len()
        ),
        ("whole", 3, 0)
    );
    let snapshot = outcome.recorder.snapshot();
    assert_eq!(
        (
            snapshot.responses.len(),
            snapshot.failed_models.len(),
            snapshot.partial.len()
        ),
        (3, 0, 0)
    );
    let rows: Vec<_> = result
        .activity
        .iter()
        .filter(|call| call.index == Some(0))
        .map(|call| call.status)
        .collect();
    assert_eq!(
        rows,
        [
            crate::usage::Status::Failed,
            crate::usage::Status::Completed
        ]
    );
}

#[test]
fn no_panelist_can_restart_after_the_panel_closes() {
    let all_scripts = scripts(
        vec![vec![ScriptStep::Status(400)]],
        vec![answer_after(10, "two")],
        vec![answer_after(10, "three")],
    );
    let outcome = run_with_hook(request(json!({})), &all_scripts, |next, handle| {
        if next > 10 {
            assert!(!handle.control.retry_panelist(0));
        }
        false
    });
    outcome.check();
    assert_eq!(outcome.result.as_ref().unwrap().failed_models.len(), 1);
}
