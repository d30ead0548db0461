//! Runs with `escalate` together with checks of contradictions, `quorum.fail_below` and
//! `quorum.accept_partial`.

use super::escalation::{Scripts, disagreement, down, escalating, scripts, with};
use super::harness::{RunOutcome, analysis, answer_after, run, run_with_hook};
use super::quorum::{breaks_after, warnings};
use super::resume::{asked_models, resume_request, snapshot};
use super::verification::{FETCH, PAGE, SEARCH, analysis_with, options, verdicts, with_options};
use crate::error::Code;
use crate::json::{Value, json};
use crate::role::Stage;
use crate::usage::{Activity, Status};

const URL: &str = "https://found.example/";

fn verifying() -> Value {
    escalating(json!({
        "analyst": {"model": "analyst", "verify": "contradictions"},
        "analysis_models": [{"model": "a", "tools": []}, {"model": "b", "tools": []}],
        "escalate": {"analysis_models": [{"model": "c", "tools": []}, {"model": "d", "tools": []}]},
        "options": options()
    }))
}

/// Returns scripts in which the analyst first makes `analyses` analyses with one contradiction, and
/// then checks this contradiction.
fn scripts_with(analyses: usize) -> Scripts {
    let contradiction = analysis_with(&[("Colour", "It is blue.", "It is green.")]);
    let mut analyst = vec![answer_after(5, &contradiction); analyses];
    analyst.extend([vec![SEARCH], vec![FETCH], verdicts(&[(URL, PAGE)])]);
    scripts(analyst)
}

fn count(outcome: &RunOutcome, stage: Stage) -> usize {
    let calls = outcome.result.as_ref().unwrap().activity.iter();
    let is_counted = |call: &&Activity| call.stage == stage && call.status == Status::Completed;
    calls.filter(is_counted).count()
}

fn is_checked(outcome: &RunOutcome) -> bool {
    let result = outcome.result.as_ref().unwrap();
    let items = &result.analysis.as_ref().unwrap().contradictions;
    !items.is_empty() && items.iter().all(|item| item.checked.is_some())
}

#[test]
fn only_the_last_analysis_is_checked_and_a_resumed_run_repeats_nothing() {
    let whole = run(verifying(), &scripts_with(2), None);
    whole.check();
    assert!(is_checked(&whole));
    let at = |kind: &str| {
        let mut events = whole.events.iter();
        events.rposition(|event| event["type"] == kind).unwrap()
    };
    assert!(at("analysis.completed") < at("verification.started"));
    assert!(at("verification.completed") < at("answer.started"));
    assert_eq!(count(&whole, Stage::Analysis), 2);
    let resumed = run(
        resume_request(&snapshot(&whole), json!({})),
        &scripts_with(0),
        None,
    );
    resumed.check();
    assert_eq!(asked_models(&resumed), [] as [&str; 0]);
    assert!(is_checked(&resumed));
}

#[test]
fn a_run_with_checks_resumes_from_each_point_of_both_rounds() {
    for stop in 0..=90 {
        let stored = snapshot(&run(verifying(), &scripts_with(2), Some(stop)));
        let analyses = match (&stored["analysis"], &stored["escalation"]["analysis_round"]) {
            (Value::Null, _) => 2,
            (_, round) if *round == 2 => 0,
            _ => 1,
        };
        let resumed = run(
            with_options(resume_request(&stored, json!({}))),
            &scripts_with(analyses),
            None,
        );
        resumed.check();
        assert!(is_checked(&resumed), "{stop}");
        assert_eq!(count(&resumed, Stage::Panel), 4, "{stop}");
        assert_eq!(count(&resumed, Stage::Analysis), 2, "{stop}");
        assert_eq!(count(&resumed, Stage::Answer), 1, "{stop}");
    }
}

#[test]
fn fail_below_concerns_the_first_round_alone() {
    let request =
        || escalating(json!({"quorum": {"min_responses": 2, "fail_below": 2}, "max_retries": 0}));
    let failing = with(scripts(vec![disagreement(1)]), "c", down());
    let outcome = run(request(), &with(failing, "d", down()), None);
    outcome.check();
    let result = outcome.result.as_ref().unwrap();
    assert_eq!(result.responses.len(), 2);
    assert_eq!(result.analysis.as_ref().unwrap().contradictions.len(), 1);
    let warnings = warnings(&outcome);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let too_few = with(
        scripts(vec![disagreement(1)]),
        "b",
        vec![breaks_after(30, "")],
    );
    let error = run(request(), &too_few, None).result.unwrap_err();
    assert_eq!(error.code, Code::QuorumNotMet);
    assert!(
        error.message.contains("of 2 panelists"),
        "{}",
        error.message
    );
}

#[test]
fn a_text_that_was_cut_off_in_the_first_round_restarts_in_the_second_one() {
    let request = escalating(json!({"quorum": {"accept_partial": true}, "max_retries": 0}));
    let again = vec![
        breaks_after(1, &"é".repeat(300)),
        answer_after(30, "two again"),
    ];
    let scripts = with(scripts(vec![disagreement(1), analysis()]), "b", again);
    for restarts in [true, false] {
        let mut restarted = !restarts;
        let outcome = run_with_hook(request.clone(), &scripts, |_, handle| {
            let is_escalated = handle.recorder.snapshot().escalation.is_some();
            if is_escalated && !restarted {
                restarted = handle.command(|control| control.retry_panelist(1));
            }
            false
        });
        let result = outcome.result.as_ref().unwrap();
        assert_eq!(result.responses.len(), 4);
        assert_eq!(result.responses[1].partial, !restarts);
        let calls = asked_models(&outcome);
        let calls = calls.iter().filter(|model| *model == "b").count();
        assert_eq!(calls, 1 + usize::from(restarts));
        // A restart has an end of its own, and the last end has the result.
        let is_end = |event: &&Value| event["type"] == "panelist.completed" && event["index"] == 1;
        let ends: Vec<_> = outcome.events.iter().filter(is_end).collect();
        assert_eq!(ends.len(), 1 + usize::from(restarts));
        let last = ends.last().unwrap()["content"].as_str().unwrap();
        assert_eq!(last, result.responses[1].content);
    }
}
