//! Runs with `max_cost`: what is not called, what is cut off, and what remains.

use super::cost::{MODELS, asked_models, priced, streams};
use super::harness::{answer_after, run, scripts};
use super::scripted_provider::ScriptStep;
use crate::error::Code;
use crate::json::{json, value_of};
use crate::usage::{Cost, Status};

#[test]
fn max_cost_without_a_price_for_every_model_fails_before_any_call() {
    let mut request = priced(
        "0.001",
        json!({"max_cost": 1, "writer": {"model": "writer", "fallbacks": ["writer-fallback"]}}),
    );
    request["options"]["prices"]
        .as_object_mut()
        .unwrap()
        .remove("writer-fallback");
    let outcome = run(request, &[], None);
    outcome.check();
    let error = outcome.result.as_ref().unwrap_err();
    assert_eq!(
        (error.code, asked_models(&outcome).len()),
        (Code::InvalidRequest, 0)
    );
    assert!(
        error.message.contains("`max_cost`") && error.message.contains("`writer-fallback`"),
        "{}",
        error.message
    );
}

#[test]
fn a_call_whose_prompt_does_not_fit_is_not_made() {
    let mut request = priced("0.001", json!({"max_cost": 0.0001}));
    for model in MODELS {
        request["options"]["prices"][model]["prompt"] = json!("0.001");
    }
    let outcome = run(request, &[], None);
    outcome.check();
    assert_eq!(
        (
            outcome.result.as_ref().unwrap_err().code,
            asked_models(&outcome).len()
        ),
        (Code::BudgetExceeded, 0)
    );
    assert!(outcome.recorder.snapshot().activity.is_empty());
}

#[test]
fn open_calls_stop_at_the_limit_and_keep_their_text() {
    let all_scripts = scripts(streams(500), streams(500), vec![answer_after(1, "short")]);
    let stopped = run(
        priced("0.001", json!({"max_cost": 0.5})),
        &all_scripts,
        None,
    );
    stopped.check();
    let error = stopped.result.as_ref().unwrap_err();
    assert_eq!(error.code, Code::BudgetExceeded);
    let snapshot = stopped.recorder.snapshot();
    assert_eq!((snapshot.responses.len(), snapshot.partial.len()), (1, 2));
    let partial_bytes: usize = snapshot
        .partial
        .iter()
        .map(|partial| partial.content.len())
        .sum();
    assert!(
        partial_bytes as f64 / 3.0 * 0.001 <= 0.5 && partial_bytes > 600,
        "{partial_bytes} bytes"
    );
    let cancelled = snapshot
        .activity
        .iter()
        .filter(|call| call.status == Status::Cancelled && call.cost.is_none())
        .count();
    assert_eq!(
        (cancelled, asked_models(&stopped).len()),
        (2, 3),
        "neither analyst nor writer fits"
    );

    // Resuming needs a higher limit.
    let kept = value_of(&snapshot);
    let resume_with = |max_cost: f64| {
        let mut request = priced("0.001", json!({}));
        request = json!({"options": request["options"].clone(), "resume": kept.clone(), "max_cost": max_cost});
        run(
            request,
            &scripts(
                vec![answer_after(1, "one")],
                vec![answer_after(1, "two")],
                vec![answer_after(1, "three")],
            ),
            None,
        )
    };
    let same_limit = resume_with(0.2);
    assert_eq!(
        (
            same_limit.result.as_ref().unwrap_err().code,
            asked_models(&same_limit).len()
        ),
        (Code::BudgetExceeded, 0)
    );
    let higher_limit = resume_with(9.0);
    assert_eq!(
        (
            higher_limit.result.as_ref().unwrap().answer.as_str(),
            asked_models(&higher_limit).len()
        ),
        ("final", 4)
    );
}

#[test]
fn a_writer_that_exceeds_the_budget_leaves_the_rest_in_the_snapshot() {
    let mut scripts = scripts(
        vec![answer_after(1, "one")],
        vec![answer_after(1, "two")],
        vec![answer_after(1, "three")],
    );
    scripts[4] = ("writer", streams(1_000));
    let outcome = run(priced("0.001", json!({"max_cost": 1.0})), &scripts, None);
    outcome.check();
    assert_eq!(
        outcome.result.as_ref().unwrap_err().code,
        Code::BudgetExceeded
    );
    let snapshot = outcome.recorder.snapshot();
    assert_eq!(
        (
            snapshot.responses.len(),
            snapshot.analysis.is_some(),
            snapshot.partial.len()
        ),
        (3, true, 1)
    );
}

#[test]
fn a_broken_call_costs_its_streamed_text_rather_than_its_early_usage() {
    let chunk = json!({"choices": [{"delta": {"content": "x".repeat(3_000)}}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    let cut = vec![
        ScriptStep::Send(format!("data: {chunk}\n\n")),
        ScriptStep::Disconnect,
    ];
    let mut request = priced(
        "0.001",
        json!({"convene": false, "max_cost": 2.5, "writer": {"model": "writer", "fallbacks": ["writer", "writer", "writer"]}}),
    );
    request.as_object_mut().unwrap().remove("analysis_models");
    request.as_object_mut().unwrap().remove("analyst");
    let broken = run(request.clone(), &[("writer", vec![cut])], None);
    broken.check();
    let snapshot = broken.recorder.snapshot();
    assert!(
        snapshot.activity.iter().all(|call| call.cost.is_none()
            && call.prompt_tokens.is_none_or(|tokens| tokens == 1.into()))
    );
    assert_eq!(
        (
            broken.result.as_ref().unwrap_err().code,
            asked_models(&broken).len()
        ),
        (Code::BudgetExceeded, 3),
        "each call streamed text worth 1 USD"
    );

    // The text of the three calls counts once each.
    let resume_with = |max_cost: f64| json!({"options": request["options"].clone(), "resume": value_of(&snapshot), "max_cost": max_cost});
    let scripts = [("writer", vec![answer_after(1, "done")])];
    assert_eq!(
        asked_models(&run(resume_with(3.0), &scripts, None)).len(),
        0
    );
    assert!(run(resume_with(3.5), &scripts, None).result.is_ok());
}

#[test]
fn a_free_fallback_continues_after_the_budget_is_used_up() {
    let mut request = priced(
        "0.001",
        json!({"max_cost": 0.01, "analysis_models": [{"model": "a", "fallbacks": ["free"]}], "analyst": "free", "writer": "free"}),
    );
    request["options"]["prices"]["free"] = json!({"prompt": "0", "completion": "0"});
    let scripts = [("a", streams(100)), ("free", streams(2))];
    let outcome = run(request, &scripts, None);
    outcome.check();
    assert_eq!(
        outcome.result.as_ref().unwrap().responses[0].content,
        "twelve bytestwelve bytes"
    );
}

#[test]
fn a_failed_call_costs_its_reported_usage_and_a_rejected_one_nothing() {
    let error = json!({"message": "m"});
    let billed = json!({"error": error.clone(), "usage": {"prompt_tokens": 100, "completion_tokens": 50, "cost": 0.7}});
    let counted =
        json!({"error": error.clone(), "usage": {"prompt_tokens": 100, "completion_tokens": 50}});
    let bare = json!({"error": error});
    for (status, body, cost) in [
        (504, &billed, Some(700_000_000_000)),
        (400, &counted, Some(50_000_000_000)),
        (504, &bare, None),
        (529, &bare, Some(0)),
        (401, &bare, Some(0)),
        (429, &bare, Some(0)),
    ] {
        let refused = vec![vec![ScriptStep::Reject(status, body.clone())]];
        let scripts = scripts(
            refused,
            vec![answer_after(1, "two")],
            vec![answer_after(1, "three")],
        );
        let outcome = run(priced("0.001", json!({"max_retries": 0})), &scripts, None);
        outcome.check();
        let row = outcome
            .recorder
            .snapshot()
            .activity
            .into_iter()
            .find(|call| call.index == Some(0))
            .unwrap();
        assert_eq!(row.cost, cost.map(Cost), "{status} {body}");
    }
}
