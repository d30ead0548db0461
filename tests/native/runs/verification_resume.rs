//! Resumes runs with checks: from each point, after the end, and in random runs.

use super::analyst_replies::{last_message, of, requests_to};
use super::harness::{answer_after, plan, run, run_with_hook};
use super::resume::{asked_models, resume_request, snapshot};
use super::scripted_provider::ScriptStep;
use super::verification::{
    FETCH, PAGE, SEARCH, check_calls, contradictions, later, scripts_with, two, two_checks,
    verdicts, verify_request, with_options,
};
use crate::deliberation::recorder::RunRecorder;
use crate::json::{Value, json, value_of};

type Script = Vec<Vec<ScriptStep>>;

#[test]
fn a_run_resumes_from_each_point_and_repeats_no_finished_check() {
    let reply = [("https://found.example", PAGE)];
    let scripts = || scripts_with(&two(), two_checks(&reply));
    let whole = run(verify_request(json!({})), &scripts(), None);
    let expected = contradictions(&whole);
    let mut stops_in_checks = 0;
    for stop in 0..=16 {
        let stopped = run(verify_request(json!({})), &scripts(), Some(stop));
        stopped.check();
        let stored = snapshot(&stopped);
        assert_eq!(stored["version"], 2);
        let done = stored["analysis"]["contradictions"].as_array();
        let done = done
            .into_iter()
            .flatten()
            .filter(|item| item.get("checked").is_some())
            .count();
        let has_analysis = !stored["analysis"].is_null();
        stops_in_checks += usize::from(has_analysis && done < 2);
        // If a check has no outcome yet, the resumed run makes all three calls of this check again.
        let mut analyst: Script = Vec::new();
        if !has_analysis {
            analyst.push(answer_after(1, &two()));
        }
        let open = 2 - done;
        for step in [later(1, SEARCH), later(1, FETCH), verdicts(&reply)] {
            analyst.extend((0..open).map(|_| step.clone()));
        }
        analyst.push(vec![ScriptStep::Stall]);
        let mut again = scripts();
        again[3] = ("analyst", analyst);
        let resumed = run(
            with_options(resume_request(&stored, json!({}))),
            &again,
            None,
        );
        resumed.check();
        assert_eq!(contradictions(&resumed), expected, "stopped at {stop}");
        assert_eq!(check_calls(&resumed).len(), 3 * open, "stopped at {stop}");
        assert_eq!(resumed.result.as_ref().unwrap().answer, "final");
    }
    assert!(stops_in_checks > 2, "{stops_in_checks}");
}

#[test]
fn a_finished_run_is_checked_without_another_answer() {
    let mut plain = verify_request(json!({"analyst": {"model": "analyst", "passes": 1}}));
    let finished = run(plain.clone(), &scripts_with(&two(), vec![]), None);
    let stored = snapshot(&finished);
    assert_eq!(stored["version"], 1);
    let reply = [("https://found.example", PAGE)];
    let analyst = vec![vec![SEARCH], vec![FETCH], verdicts(&reply)];
    let verify = json!({"analyst": {"verify": [1]}});
    let scripts = [
        ("analyst", analyst.clone()),
        ("writer", vec![answer_after(1, "again")]),
    ];
    let checked = run(
        with_options(resume_request(&stored, verify.clone())),
        &scripts,
        None,
    );
    checked.check();
    assert_eq!(asked_models(&checked), ["analyst"; 3]);
    let result = checked.result.as_ref().unwrap();
    assert_eq!(result.answer, "final");
    let list = contradictions(&checked);
    assert!(list[0].get("checked").is_none() && list[1].get("checked").is_some());
    assert_eq!(snapshot(&checked)["request"]["analyst"]["passes"], 1);

    // A further run checks the other contradiction. The outcome of the first check stays.
    let other = json!({"analyst": {"verify": "contradictions"}, "writer": "writer"});
    let both = run(
        with_options(resume_request(&snapshot(&checked), other)),
        &scripts,
        None,
    );
    both.check();
    assert_eq!(
        asked_models(&both),
        ["analyst", "analyst", "analyst", "writer"]
    );
    assert_eq!(contradictions(&both)[1], list[1]);
    assert_eq!(both.result.as_ref().unwrap().answer, "again");
    let prompt = last_message(&requests_to(&both, "writer")[0]);
    assert_eq!(prompt.matches("[checked: ").count(), 4);

    // A run that only makes checks can be stopped at any point. A resumed run then makes the
    // missing checks.
    for stop in 0..6 {
        let stopped = run(
            with_options(resume_request(&stored, verify.clone())),
            &scripts,
            Some(stop),
        );
        let again = run(
            with_options(resume_request(&snapshot(&stopped), json!({}))),
            &scripts,
            None,
        );
        again.check();
        assert_eq!(contradictions(&again), list, "stopped at {stop}");
        assert!(asked_models(&again).iter().all(|model| model == "analyst"));
    }

    // A resumed run without `verify` keeps the earlier checks. Therefore its snapshot still has
    // version 2.
    plain = with_options(resume_request(
        &snapshot(&checked),
        json!({"analyst": {"model": "analyst", "passes": 1}}),
    ));
    let kept = run(plain, &[], None);
    assert_eq!(contradictions(&kept), list);
    assert_eq!(snapshot(&kept)["version"], 2);
}

#[test]
fn an_edited_snapshot_keeps_only_whole_checks() {
    let finished = run(
        verify_request(json!({})),
        &scripts_with(&two(), vec![verdicts(&[])]),
        None,
    );
    let mut stored = snapshot(&finished);
    let checks = &mut stored["analysis"]["contradictions"][0]["checked"]["stances"];
    *checks = json!([{"verdict": "supported", "evidence": []}]);
    let plan = plan(&with_options(resume_request(&stored, json!({}))));
    let analysis = plan.restored.analysis.unwrap().unwrap();
    let kept: Vec<_> = analysis
        .contradictions
        .iter()
        .map(|item| item.checked.is_some())
        .collect();
    assert_eq!(kept, [false, true]);
}

/// Returns a random script for a check. The script takes at most 30 ms.
fn random_check(rng: &mut fastrand::Rng) -> Vec<ScriptStep> {
    match rng.u8(0..8) {
        0 => vec![ScriptStep::Status(
            rng.choice([400, 429, 500]).unwrap_or(500),
        )],
        1 => vec![
            ScriptStep::Text(rng.u64(1..9), "cut".into()),
            ScriptStep::Disconnect,
        ],
        2 => vec![ScriptStep::Text(1, "stalled".into()), ScriptStep::Stall],
        3 => answer_after(rng.u64(1..9), "No idea."),
        4 => later(rng.u64(1..9), SEARCH),
        5 => later(rng.u64(1..9), FETCH),
        _ => verdicts(&[("https://found.example", PAGE)]),
    }
}

#[test]
fn random_runs_with_checks_keep_all_invariants() {
    let mut kept = 0;
    for seed in 0..200 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let checks = (0..8).map(|_| random_check(&mut rng)).collect();
        let extra = json!({"timeouts": {"panelist_ms": 2_000, "idle_ms": 20, "run_ms": 60_000},
            "max_retries": rng.u32(0..3)});
        let stop_at = rng.bool().then(|| rng.u64(0..60));
        let outcome = run_with_hook(
            verify_request(extra),
            &scripts_with(&two(), checks),
            |next, handle| {
                if rng.u8(0..20) == 0 {
                    handle.command(|control| control.proceed(handle.recorder.answers()));
                }
                stop_at.is_some_and(|at| at < next)
            },
        );
        outcome.check();
        let stored = snapshot(&outcome);
        let plan = plan(&with_options(json!({ "resume": &stored })));
        let recorder = RunRecorder::new(outcome.env.clone(), Some(&plan));
        let mut unchanged = value_of(&recorder.snapshot());
        unchanged["status"] = stored["status"].clone();
        assert_eq!(unchanged, stored, "seed {seed}");

        let mut again = scripts_with(&two(), vec![verdicts(&[])]);
        if !stored["analysis"].is_null() {
            again[3].1.remove(0);
        }
        let resumed = run(
            with_options(resume_request(&stored, json!({}))),
            &again,
            None,
        );
        resumed.check();
        let before = stored["analysis"]["contradictions"].as_array();
        let before: Vec<&Value> = before.into_iter().flatten().collect();
        for (item, before) in contradictions(&resumed).iter().zip(before) {
            if let Some(checked) = before.get("checked") {
                assert_eq!(item["checked"], *checked, "seed {seed}");
                kept += 1;
            }
        }
        // Each check that has not ended needs one call. If all checks have ended, the resumed run
        // makes no call.
        let ended = stored["status"] == "completed" || stored.get("checks_ended").is_some();
        let open = contradictions(&resumed).len()
            - of(&resumed, "verification.completed")
                .iter()
                .filter(|event| event["restored"] == true)
                .count();
        let expected = if ended { 0 } else { open };
        assert_eq!(check_calls(&resumed).len(), expected, "seed {seed}");
    }
    assert!(kept > 100, "{kept}");
}

#[test]
fn a_new_answer_is_compared_and_checked_again() {
    let finished = run(
        verify_request(json!({})),
        &scripts_with(&two(), vec![verdicts(&[])]),
        None,
    );
    let stored = snapshot(&finished);
    let again = |text: &str| {
        let rerun = json!({"resume": {"snapshot": &stored, "rerun": [0]}});
        let mut scripts = scripts_with(&two(), vec![verdicts(&[])]);
        scripts[0].1 = vec![answer_after(1, text)];
        let outcome = run(with_options(rerun), &scripts, None);
        outcome.check();
        assert_eq!(snapshot(&outcome)["checks_ended"], true);
        check_calls(&outcome).len()
    };
    assert_eq!(again("one"), 0, "the same answer");
    assert_eq!(again("another"), 2);
}

#[test]
fn a_restored_verdict_without_a_web_page_is_unresolved() {
    let checks = two_checks(&[("https://found.example", PAGE)]);
    let outcome = run(
        verify_request(json!({})),
        &scripts_with(&two(), checks),
        None,
    );
    let stored = snapshot(&outcome).to_string();
    let stored: Value = stored
        .replace(
            "\"url\":\"https://found.example\"",
            "\"url\":\"data:text/html,x\"",
        )
        .parse()
        .unwrap();
    let resumed = run(with_options(resume_request(&stored, json!({}))), &[], None);
    resumed.check();
    let list = contradictions(&resumed);
    let stances = list[0]["checked"]["stances"].as_array().unwrap();
    assert_eq!(stances.len(), 2);
    for stance in stances {
        assert_eq!(stance["verdict"], "unresolved");
        assert_eq!(stance["evidence"], json!([]));
    }
}
