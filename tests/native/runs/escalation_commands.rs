//! Tests commands such as `proceed()` during each round of a run with `escalate`.

use super::escalation::{
    Scripts, contradictions, disagreement, escalating, event, reason, scripts, stalls, with,
};
use super::harness::{
    RunHandle, RunOutcome, analysis, answer_after, run_with_hook, run_with_judge,
};
use super::resume::asked_models;
use super::scripted_provider::ScriptStep;
use crate::json::{Value, json};
use crate::result::EscalationReason;

/// Calls `proceed()` once, as soon as `model` is asked for the `nth` time.
fn proceeds_at(nth: usize, model: &'static str, request: Value, scripts: Scripts) -> RunOutcome {
    let mut done = false;
    run_with_hook(request, &scripts, |_, handle| {
        let calls = handle.recorder.activity();
        let open = calls.iter().filter(|call| call.model == model).count() == nth;
        if !done && open {
            done = handle.command(|control| control.proceed(handle.recorder.answers()));
        }
        false
    })
}

#[test]
fn proceed_answers_in_place_of_a_function_that_does_not_return() {
    let request = escalating(
        json!({"options": {"baseURL": "http://127.0.0.1:1/v1", "shouldEscalate": true}}),
    );
    let mut done = false;
    let outcome = run_with_judge(
        request,
        &scripts(vec![disagreement(1)]),
        None,
        |_, handle| {
            if !done && handle.recorder.snapshot().analysis.is_some() {
                done = handle.command(|control| control.proceed(2));
            }
            false
        },
    );
    outcome.check();
    assert_eq!(reason(&outcome), EscalationReason::NotAsked);
    assert_eq!(
        contradictions(&outcome),
        Some(1),
        "the analysis is complete"
    );
}

#[test]
fn proceed_during_the_first_panel_ends_that_panel_alone() {
    let scripts = with(scripts(vec![disagreement(1), analysis()]), "b", stalls());
    let mut done = false;
    let outcome = run_with_hook(escalating(json!({})), &scripts, |_, handle| {
        done = done || handle.command(|control| control.proceed(handle.recorder.answers()));
        false
    });
    outcome.check();
    assert_eq!(
        asked_models(&outcome),
        ["a", "b", "analyst", "c", "d", "analyst", "writer"]
    );
    assert_eq!(outcome.result.as_ref().unwrap().responses.len(), 3);
}

#[test]
fn proceed_during_the_first_analysis_prevents_the_escalation() {
    let outcome = proceeds_at(1, "analyst", escalating(json!({})), scripts(stalls()));
    outcome.check();
    assert_eq!(reason(&outcome), EscalationReason::NoAnalysis);
    assert_eq!(asked_models(&outcome), ["a", "b", "analyst", "writer"]);
    assert!(outcome.result.as_ref().unwrap().analysis.is_none());
}

#[test]
fn proceed_during_the_second_panel_keeps_the_first_analysis() {
    for further in [stalls(), vec![answer_after(1, "three")]] {
        let answered = usize::from(
            further.len() == 1 && matches!(further[0].last(), Some(ScriptStep::Finish)),
        );
        let scripts = with(
            with(scripts(vec![disagreement(2)]), "d", stalls()),
            "c",
            further,
        );
        let mut done = false;
        let outcome = run_with_hook(escalating(json!({})), &scripts, |_, handle| {
            let is_open = handle
                .recorder
                .activity()
                .iter()
                .any(|call| call.model == "d");
            if !done && is_open && handle.recorder.answers() == 2 + answered {
                done = handle.command(|control| control.proceed(handle.recorder.answers()));
            }
            false
        });
        outcome.check();
        assert!(done);
        assert_eq!(
            asked_models(&outcome),
            ["a", "b", "analyst", "c", "d", "writer"]
        );
        assert_eq!(contradictions(&outcome), Some(2));
        let result = outcome.result.as_ref().unwrap();
        assert_eq!(
            result.responses.len(),
            2 + answered,
            "a paid answer is kept"
        );
        let prompt = outcome
            .transport
            .requests
            .borrow()
            .last()
            .unwrap()
            .to_string();
        assert_eq!(
            prompt.contains("nobody has compared the others"),
            answered == 1
        );
    }
}

#[test]
fn proceed_during_the_second_analysis_keeps_the_first_one() {
    let scripts = scripts([vec![disagreement(2)], stalls()].concat());
    let outcome = proceeds_at(2, "analyst", escalating(json!({})), scripts);
    outcome.check();
    assert_eq!(contradictions(&outcome), Some(2));
    let failed = event(&outcome, "analysis.failed");
    assert_eq!(
        (failed["round"].as_u64(), failed["error"]["code"].as_str()),
        (Some(2), Some("cancelled"))
    );
    assert_eq!(outcome.result.as_ref().unwrap().responses.len(), 4);
}

#[test]
fn a_failed_member_of_the_first_round_can_restart_in_the_second() {
    let mut with_failure = scripts(vec![disagreement(1), analysis()]);
    with_failure[1].1 = vec![
        vec![ScriptStep::Status(400)],
        answer_after(15, "second try"),
    ];
    let mut restarted = false;
    let outcome = run_with_hook(escalating(json!({})), &with_failure, |_, handle| {
        let is_second = handle
            .recorder
            .activity()
            .iter()
            .any(|call| call.model == "c");
        if is_second && !restarted {
            restarted = handle.command(|control| control.retry_panelist(1));
        } else if !is_second
            && handle
                .recorder
                .activity()
                .iter()
                .any(|call| call.model == "analyst")
        {
            assert!(
                !handle.control.retry_panelist(1),
                "the first panel has closed"
            );
        }
        false
    });
    assert!(restarted);
    let result = outcome.result.as_ref().unwrap();
    let contents: Vec<_> = result
        .responses
        .iter()
        .map(|it| it.content.as_str())
        .collect();
    assert_eq!(contents, ["one", "second try", "three", "four"]);
    assert!(result.failed_models.is_empty());
    let attempts = outcome
        .events
        .iter()
        .filter(|event| event["type"] == "panelist.started" && event["index"] == 1);
    let attempts: Vec<_> = attempts
        .map(|event| event["attempt"].as_u64().unwrap())
        .collect();
    assert_eq!(attempts, [1, 2]);
    assert_eq!(contradictions(&outcome), Some(0));
}

#[test]
fn a_restarted_member_of_the_first_round_does_not_fill_the_second_quorum() {
    let mut with_failure = scripts(vec![disagreement(1), analysis()]);
    with_failure[1].1 = vec![vec![ScriptStep::Status(400)], answer_after(1, "second try")];
    let quorum = json!({"quorum": {"min_responses": 1, "grace_ms": 0}});
    let mut with_failure = with(with_failure, "d", stalls());
    with_failure[0].1 = vec![answer_after(1, "one")];
    let mut restarted = false;
    let outcome = run_with_hook(escalating(quorum), &with_failure, |_, handle| {
        let is_second = handle
            .recorder
            .activity()
            .iter()
            .any(|call| call.model == "c");
        restarted = restarted || is_second && handle.command(|control| control.retry_panelist(1));
        false
    });
    let result = outcome.result.as_ref().unwrap();
    assert_eq!(
        result
            .responses
            .iter()
            .map(|it| it.index)
            .collect::<Vec<_>>(),
        [0, 1, 2]
    );
}

#[test]
fn cancelling_each_further_member_keeps_the_first_analysis() {
    let scripts = with(
        with(scripts(vec![disagreement(1)]), "c", stalls()),
        "d",
        stalls(),
    );
    let cancel = |handle: &RunHandle<'_>| {
        for index in [2, 3] {
            handle.command(|control| control.cancel_panelist(index));
        }
    };
    let outcome = run_with_hook(escalating(json!({})), &scripts, |_, handle| {
        cancel(handle);
        false
    });
    outcome.check();
    assert_eq!(contradictions(&outcome), Some(1));
}
