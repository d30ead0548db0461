//! Tests of resumed runs: each stops at some moment and continues from its snapshot, after a round
//! trip through JSON.

use crate::json::{Value, json, value_of};

use crate::deliberation::recorder::RunRecorder;
use crate::deliberation::tests::{
    RunOutcome, ScriptStep, answer_after, plan, request, run, run_with_hook, scripts,
};
use crate::request::Request;
use crate::result::Usage;

fn default_scripts() -> Vec<(&'static str, Vec<Vec<ScriptStep>>)> {
    scripts(
        vec![answer_after(10, "one")],
        vec![answer_after(20, "two")],
        vec![answer_after(30, "three")],
    )
}

fn snapshot(outcome: &RunOutcome) -> Value {
    value_of(&outcome.recorder.snapshot())
}

fn asked_models(outcome: &RunOutcome) -> Vec<String> {
    outcome
        .transport
        .requests
        .borrow()
        .iter()
        .map(|body| body["model"].as_str().unwrap().to_owned())
        .collect()
}

fn resume_request(snapshot: &Value, overrides: Value) -> Value {
    let mut request = json!({ "resume": snapshot });
    request
        .as_object_mut()
        .unwrap()
        .extend(overrides.as_object().unwrap().clone());
    request
}

#[test]
fn a_resumed_run_repeats_no_finished_call() {
    let uninterrupted = run(request(json!({})), &default_scripts(), None);
    let answer = uninterrupted.result.as_ref().unwrap();
    for stop in 0..=40 {
        let stopped = run(request(json!({})), &default_scripts(), Some(stop));
        let stored = snapshot(&stopped);
        let finished: Vec<_> = [
            ("panel", "a", 0),
            ("panel", "b", 1),
            ("panel", "c", 2),
            ("analysis", "analyst", 9),
            ("answer", "writer", 9),
        ]
        .into_iter()
        .filter(|(stage, _, index)| match *stage {
            "panel" => stored["responses"]
                .as_array()
                .unwrap()
                .iter()
                .any(|response| response["index"] == *index),
            "analysis" => !stored["analysis"].is_null(),
            _ => !stored["answer"].is_null(),
        })
        .map(|(_, model, _)| model)
        .collect();
        let resumed = run(resume_request(&stored, json!({})), &default_scripts(), None);
        resumed.check();
        let result = resumed.result.as_ref().unwrap();
        let repeated: Vec<_> = asked_models(&resumed)
            .into_iter()
            .filter(|model| finished.contains(&model.as_str()))
            .collect();
        assert_eq!(repeated, Vec::<String>::new(), "stopped at {stop}");
        assert_eq!(asked_models(&resumed).len() + finished.len(), 5);
        assert_eq!(
            (&result.answer, result.responses.len(), &result.analysis),
            (&answer.answer, 3, &answer.analysis)
        );
        assert_eq!(resumed.events[0]["run_id"], stored["run_id"]);
        let restored = resumed
            .events
            .iter()
            .filter(|event| event["type"] == "panelist.completed" && event["restored"] == true)
            .count();
        assert_eq!(restored, stored["responses"].as_array().unwrap().len());
        // The cost of the earlier run is part of the total.
        assert!(result.activity.len() >= stored["activity"].as_array().unwrap().len());
        let usage = value_of(&Usage::of(&resumed.recorder.snapshot().activity));
        assert_eq!(resumed.events.last().unwrap()["result"]["usage"], usage);
    }
}

#[test]
fn resuming_a_completed_run_makes_no_call_and_changes_nothing() {
    let uninterrupted = run(request(json!({})), &default_scripts(), None);
    let stored = snapshot(&uninterrupted);
    let resumed = run(resume_request(&stored, json!({})), &[], None);
    resumed.check();
    assert_eq!(asked_models(&resumed), Vec::<String>::new());
    assert_eq!(snapshot(&resumed), stored);
}

/// Returns a random script of at most 30 ms, with an idle timeout of 20 ms.
fn random_script(rng: &mut fastrand::Rng) -> Vec<Vec<ScriptStep>> {
    let attempt = |rng: &mut fastrand::Rng| match rng.u8(0..8) {
        0 => vec![ScriptStep::Status(
            rng.choice([400, 402, 429, 500, 503]).unwrap_or(500),
        )],
        1 => vec![
            ScriptStep::Text(rng.u64(1..9), "cut".into()),
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
        let limits = json!({"timeouts": {"panelist_ms": 2_000, "idle_ms": 20, "run_ms": 60_000}, "max_retries": rng.u32(0..3)});
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
    }
}

/// Computes the expected `usage` from `activity` independently, in units of 1e-12 USD.
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

#[test]
fn a_snapshot_answer_without_tool_calls_has_none() {
    let mut stored = snapshot(&run(request(json!({})), &default_scripts(), None));
    stored["answer"]
        .as_object_mut()
        .unwrap()
        .remove("tool_calls")
        .unwrap();
    let resumed = run(resume_request(&stored, json!({})), &[], None);
    assert_eq!(
        (
            asked_models(&resumed).len(),
            resumed.result.unwrap().tool_calls.len()
        ),
        (0, 0)
    );
}

#[test]
fn changing_the_writer_or_analyst_repeats_only_the_affected_stages() {
    let stored = snapshot(&run(request(json!({})), &default_scripts(), None));
    let mut all_scripts = default_scripts();
    all_scripts.push(("writer-fallback", vec![answer_after(1, "better")]));
    all_scripts.push(("other-analyst", all_scripts[3].1.clone()));
    let resumed = run(
        resume_request(&stored, json!({"writer": "writer-fallback"})),
        &all_scripts,
        None,
    );
    assert_eq!(
        (asked_models(&resumed), resumed.result.unwrap().answer),
        (vec!["writer-fallback".to_owned()], "better".to_owned())
    );
    let resumed = run(
        resume_request(&stored, json!({"analyst": "other-analyst"})),
        &all_scripts,
        None,
    );
    assert_eq!(asked_models(&resumed), ["other-analyst", "writer"]);
}

#[test]
fn a_resumed_panel_can_add_move_and_rerun_panelists() {
    let stored = snapshot(&run(request(json!({})), &default_scripts(), None));
    let mut all_scripts = default_scripts();
    all_scripts.push(("d", vec![answer_after(1, "four")]));
    let resumed = run(
        resume_request(
            &stored,
            json!({"analysis_models": ["c", "a", "b", "d", "a"]}),
        ),
        &all_scripts,
        None,
    );
    resumed.check();
    assert_eq!(asked_models(&resumed), ["d", "a", "analyst", "writer"]);
    let contents: Vec<_> = resumed
        .result
        .as_ref()
        .unwrap()
        .responses
        .iter()
        .map(|response| response.content.as_str())
        .collect();
    assert_eq!(contents, ["three", "one", "two", "four", "one"]);
    let resumed = run(
        json!({"resume": {"snapshot": &stored, "rerun": [1]}}),
        &default_scripts(),
        None,
    );
    assert_eq!(asked_models(&resumed), ["b", "analyst", "writer"]);
    assert_eq!(resumed.result.unwrap().responses.len(), 3);
}

#[test]
fn failed_panelists_run_again_unless_the_earlier_panel_had_closed() {
    let down = || vec![vec![ScriptStep::Status(402)]];
    let stored = snapshot(&run(
        request(json!({})),
        &scripts(down(), down(), down()),
        None,
    ));
    let resumed = run(resume_request(&stored, json!({})), &default_scripts(), None);
    assert_eq!(asked_models(&resumed).len(), 5);

    let mut failing = scripts(
        down(),
        vec![answer_after(1, "two")],
        vec![answer_after(1, "three")],
    );
    failing[4] = ("writer", down());
    let stored = snapshot(&run(request(json!({})), &failing, None));
    let resumed = run(resume_request(&stored, json!({})), &default_scripts(), None);
    resumed.check();
    assert_eq!(asked_models(&resumed), ["writer"]);
    assert_eq!(resumed.result.unwrap().failed_models.len(), 1);
    let resumed = run(
        json!({"resume": {"snapshot": &stored, "rerun": [0]}}),
        &default_scripts(),
        None,
    );
    assert_eq!(asked_models(&resumed), ["a", "analyst", "writer"]);
}

#[test]
fn restored_answers_that_reach_the_quorum_need_no_panel_call() {
    let stored = snapshot(&run(request(json!({})), &default_scripts(), Some(15)));
    assert_eq!(stored["responses"].as_array().unwrap().len(), 1);
    let resumed = run(
        resume_request(&stored, json!({"quorum": {"min_responses": 1}})),
        &default_scripts(),
        None,
    );
    resumed.check();
    assert_eq!(asked_models(&resumed), ["analyst", "writer"]);
    assert_eq!(resumed.result.unwrap().failed_models.len(), 2);
}

#[test]
fn a_failed_analysis_is_not_repeated_on_resume() {
    let mut all_scripts = default_scripts();
    all_scripts[3] = ("analyst", vec![vec![ScriptStep::Status(400)]]);
    all_scripts[4] = ("writer", vec![vec![ScriptStep::Status(402)]]);
    let stored = snapshot(&run(request(json!({})), &all_scripts, None));
    assert_eq!(
        asked_models(&run(
            resume_request(&stored, json!({})),
            &default_scripts(),
            None
        )),
        ["writer"]
    );
}

#[test]
fn invalid_snapshots_and_resumes_have_clear_errors() {
    let stored = snapshot(&run(request(json!({})), &default_scripts(), None));
    let with = |path: &str, value: Value| {
        let mut broken = stored.clone();
        *broken.pointer_mut(path).unwrap() = value;
        broken
    };
    let kept_and = |name: &str| {
        let mut more = stored.clone();
        more[name] = json!("sk-secret");
        more
    };
    let without = |name: &str| {
        let mut broken = stored.clone();
        broken.as_object_mut().unwrap().remove(name);
        broken
    };
    let invalid_snapshot = [
        (json!(7), "`resume` must be an object"),
        (json!({}), "`resume` has no `version`"),
        (
            with("/version", json!(2)),
            "`resume.version` is 2; this version of llm-fuse resumes snapshots of version 1",
        ),
        (without("responses"), "`resume.responses` is missing"),
        (without("request"), "`resume.request` is missing"),
        (
            with("/responses", json!("x")),
            "`resume.responses` must be an array",
        ),
        (
            with("/responses/1", json!({"index": 1})),
            "`resume.responses[1].model` is missing",
        ),
        (
            with("/responses/1/index", json!("sk-secret")),
            "`resume.responses[1].index` must be an integer from 0 on",
        ),
        (
            with("/responses/1/index", json!(0)),
            "`resume` is damaged: panelist 0",
        ),
        (
            with("/responses/1/index", json!(9)),
            "`resume` is damaged: panelist 9",
        ),
        (
            with("/responses/1/content", json!(" ")),
            "`resume.responses` is damaged: an answer has no text",
        ),
        (
            with("/activity/0/cost", json!("free")),
            "`resume.activity[0].cost` must be an amount of USD",
        ),
        (
            with("/activity/0/cost", json!(-1)),
            "`resume.activity[0].cost` must be an amount of USD",
        ),
        (
            with("/status", json!("resting")),
            "`resume.status` must be one of waiting, running, completed, failed",
        ),
        (
            with("/analysis", json!([])),
            "`resume.analysis` must be an object",
        ),
        (
            with("/request", json!({"prompt": 5})),
            "`resume.request` is no request any more",
        ),
        (
            with("", kept_and("colour")),
            "`resume.colour` is unknown here; known are version, run_id",
        ),
        (
            with("/run_id", json!("")),
            "`resume.run_id` must not be empty",
        ),
        (
            json!({"snapshot": 7}),
            "`resume.snapshot` must be an object",
        ),
    ];
    for (broken, expected) in invalid_snapshot {
        let error = Request::parse(&resume_request(&broken, json!({}))).unwrap_err();
        assert_eq!(
            value_of(&error.code),
            "invalid_snapshot",
            "{}",
            error.message
        );
        assert!(
            error.message.starts_with(expected),
            "{} is not {expected}",
            error.message
        );
        assert!(!error.message.contains("sk-secret"));
    }
    let invalid_request = [
        (
            resume_request(&stored, json!({"prompt": "Else?"})),
            "`prompt` differs from the resumed run's",
        ),
        (
            resume_request(
                &stored,
                json!({"messages": [{"role": "user", "content": "Else?"}]}),
            ),
            "`messages` differs",
        ),
        (
            json!({"resume": {"snapshot": &stored, "rerun": [3]}}),
            "`resume.rerun` names panelist 3; the snapshot has 3",
        ),
        (
            json!({"resume": {"snapshot": &stored, "rerun": ["a"]}}),
            "`resume.rerun[0]` must be the index",
        ),
        (
            json!({"resume": {"snapshot": &stored, "again": [0]}}),
            "`resume.again` is unknown",
        ),
        (
            resume_request(&stored, json!({"colour": "red"})),
            "`colour` is unknown",
        ),
    ];
    for (wrong, expected) in invalid_request {
        let error = Request::parse(&wrong).unwrap_err();
        assert_eq!(
            value_of(&error.code),
            "invalid_request",
            "{}",
            error.message
        );
        assert!(
            error.message.starts_with(expected),
            "{} is not {expected}",
            error.message
        );
    }
    assert!(
        Request::parse(&resume_request(&stored, json!({"prompt": "Why?"}))).is_ok(),
        "the same question may be given again"
    );
}
