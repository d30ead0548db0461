//! Tests random runs with random commands: every invariant must hold, and every snapshot must
//! resume.

use super::harness::{plan, request, run_with_hook, scripts};
use super::resume::{asked_models, default_scripts, resume_request, snapshot};
use super::scripted_provider::ScriptStep;
use crate::deliberation::recorder::RunRecorder;
use crate::json::{Value, json, value_of};
use crate::result::Usage;

/// Returns a random script that takes at most 30 ms. The runs have an idle timeout of 20 ms.
fn random_script(rng: &mut fastrand::Rng) -> Vec<Vec<ScriptStep>> {
    let attempt = |rng: &mut fastrand::Rng| match rng.u8(0..8) {
        0 => vec![ScriptStep::Status(
            rng.choice([400, 402, 429, 500, 503]).unwrap_or(500),
        )],
        1 => vec![
            // With `accept_partial`, a text of this kind counts as an answer if it is long enough.
            ScriptStep::Text(rng.u64(1..9), "cut ".repeat(rng.usize(1..100))),
            ScriptStep::Disconnect,
        ],
        2 => vec![
            ScriptStep::Text(rng.u64(1..9), "stalled".into()),
            ScriptStep::Stall,
        ],
        3 => vec![ScriptStep::Finish],
        _ => vec![
            ScriptStep::Text(rng.u64(1..9), "one ".into()),
            ScriptStep::Text(rng.u64(1..9), "two".into()),
            ScriptStep::Finish,
        ],
    };
    (0..rng.usize(1..4)).map(|_| attempt(rng)).collect()
}

#[test]
fn random_runs_with_random_commands_keep_all_invariants() {
    for seed in 0..600 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut scripts = scripts(
            random_script(&mut rng),
            random_script(&mut rng),
            random_script(&mut rng),
        );
        if rng.bool() {
            scripts[3].1.insert(0, random_script(&mut rng).remove(0));
            scripts[4].1.insert(0, random_script(&mut rng).remove(0));
        }
        let mut limits = json!({"timeouts": {"panelist_ms": 2_000, "idle_ms": 20, "run_ms": 60_000}, "max_retries": rng.u32(0..3)});
        if rng.bool() {
            limits["quorum"] = json!({"fail_below": rng.u32(1..4), "accept_partial": rng.bool()});
        }
        let fail_below = limits.pointer("/quorum/fail_below").and_then(Value::as_u64);
        let stop_at = rng.bool().then(|| rng.u64(0..60));
        let retries = rng.bool();
        let outcome = run_with_hook(request(limits), &scripts, |next, handle| {
            match rng.u8(0..40) {
                0 => drop(handle.command(|control| control.cancel_panelist(rng.usize(0..4)))),
                1 => drop(handle.command(|control| control.proceed(handle.recorder.answers()))),
                2 if retries => {
                    handle.command(|control| control.retry_panelist(rng.usize(0..4)));
                }
                _ => {}
            }
            stop_at.is_some_and(|at| at < next)
        });
        if !retries {
            outcome.check();
        }
        assert_eq!(outcome.transport.open.get(), 0);
        if let Ok(result) = &outcome.result {
            let answers = result.responses.len() as u64;
            assert!(answers >= fail_below.unwrap_or(1), "seed {seed}");
        }
        let stored = snapshot(&outcome);
        assert_eq!(
            value_of(&Usage::of(&outcome.recorder.snapshot().activity)),
            sum(&stored["activity"]),
            "seed {seed}"
        );

        let plan = plan(&json!({ "resume": &stored }));
        let mut unchanged =
            value_of(&RunRecorder::new(outcome.env.clone(), Some(&plan)).snapshot());
        unchanged["status"] = stored["status"].clone();
        assert_eq!(unchanged, stored, "seed {seed}");

        let resumed = run_with_hook(
            resume_request(&stored, json!({})),
            &default_scripts(),
            |_, _| false,
        );
        resumed.check();
        let settled: Vec<_> = stored["responses"]
            .as_array()
            .unwrap()
            .iter()
            .map(|response| response["model"].as_str().unwrap())
            .collect();
        assert!(
            asked_models(&resumed)
                .iter()
                .all(|model| !settled.contains(&model.as_str())),
            "seed {seed}"
        );
        rerun_at_random(&mut rng, &snapshot(&resumed));
    }
}

/// Asks some panelists again, with random answers. If an answer changes, the analysis and the final
/// answer change too. Otherwise they stay the same.
fn rerun_at_random(rng: &mut fastrand::Rng, stored: &Value) {
    let scripts = scripts(random_script(rng), random_script(rng), random_script(rng));
    let indexes: Vec<usize> = (0..3).filter(|_| rng.bool()).collect();
    let timeouts = json!({"panelist_ms": 2_000, "idle_ms": 20, "run_ms": 60_000});
    let resume = json!({"snapshot": stored, "rerun": indexes});
    let request = json!({"resume": resume, "timeouts": timeouts, "max_retries": 0});
    let outcome = run_with_hook(request, &scripts, |_, _| false);
    outcome.check();
    let words = |snapshot: &Value| -> Vec<_> {
        let responses = snapshot["responses"].as_array().unwrap().iter();
        responses
            .map(|response| (response["index"].clone(), response["content"].clone()))
            .collect()
    };
    let again = snapshot(&outcome);
    let asked = asked_models(&outcome);
    let is_new = words(&again) != words(stored);
    assert_eq!(asked.contains(&"analyst".to_owned()), is_new, "{asked:?}");
    assert_eq!(asked.contains(&"writer".to_owned()), is_new, "{asked:?}");
    assert!(words(&again).len() >= words(stored).len(), "no answer lost");
}

/// Computes the expected `usage` from `activity`, in units of 1e-12 USD. Does not use the code of
/// the run.
fn sum(activity: &Value) -> Value {
    let stage = |stage: Option<&str>| {
        let calls: Vec<_> = activity
            .as_array()
            .unwrap()
            .iter()
            .filter(|call| stage.is_none_or(|stage| call["stage"] == stage))
            .collect();
        let known: Vec<f64> = calls
            .iter()
            .filter_map(|call| call["cost"].as_f64())
            .collect();
        let cost = known
            .iter()
            .map(|cost| (cost * 1e12).round() as i128)
            .sum::<i128>() as f64
            / 1e12;
        let tokens = |name: &str| {
            calls
                .iter()
                .filter_map(|call| call[name].as_u64())
                .sum::<u64>()
        };
        json!({
            "cost": (known.len() == calls.len()).then_some(cost),
            "cost_so_far": cost,
            "unknown_calls": calls.len() - known.len(),
            "prompt_tokens": tokens("prompt_tokens"),
            "completion_tokens": tokens("completion_tokens"),
            "reasoning_tokens": tokens("reasoning_tokens"),
        })
    };
    let mut sum = stage(None);
    sum["by_stage"] = json!({"panel": stage(Some("panel")), "analysis": stage(Some("analysis")), "answer": stage(Some("answer"))});
    sum
}
