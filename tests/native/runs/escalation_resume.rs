//! Resumes runs with `escalate` from each point, and random runs with random commands.

use super::escalation::{Scripts, disagreement, down, escalating, scripts, with};
use super::harness::{RunOutcome, analysis, answer_after, plan, run, run_with_hook};
use super::resume::{asked_models, resume_request, snapshot};
use super::scripted_provider::ScriptStep;
use crate::deliberation::recorder::RunRecorder;
use crate::json::{Value, json, value_of};
use crate::request::Request;

/// Returns the scripts for a run that continues from `stored`.
fn rest_of(stored: &Value) -> Scripts {
    let has_first = !stored["analysis"].is_null();
    scripts(if has_first {
        vec![analysis()]
    } else {
        vec![disagreement(1), analysis()]
    })
}

/// Returns the models of the finished calls in a stored run: calls for the panelists' answers, the
/// analyses and the final answer.
fn finished(stored: &Value) -> Vec<String> {
    let responses = stored["responses"].as_array().unwrap().iter();
    let mut finished: Vec<_> = responses
        .map(|response| response["model"].as_str().unwrap().to_owned())
        .collect();
    let analyses = match (&stored["analysis"], &stored["escalation"]["analysis_round"]) {
        (Value::Null, _) => 0,
        (_, round) => round.as_u64().unwrap_or(1),
    };
    finished.extend((0..analyses).map(|_| "analyst".to_owned()));
    finished.extend((!stored["answer"].is_null()).then(|| "writer".to_owned()));
    finished
}

#[test]
fn a_run_resumes_from_each_point_of_both_rounds_and_repeats_no_finished_call() {
    let whole = run(
        escalating(json!({})),
        &scripts(vec![disagreement(1), analysis()]),
        None,
    );
    let expected = whole.result.as_ref().unwrap();
    let mut points = Vec::new();
    for stop in 0..=70 {
        let stopped = run(
            escalating(json!({})),
            &scripts(vec![disagreement(1), analysis()]),
            Some(stop),
        );
        let stored = snapshot(&stopped);
        let done = finished(&stored);
        points.push(done.len());
        let resumed = run(resume_request(&stored, json!({})), &rest_of(&stored), None);
        resumed.check();
        let result = resumed.result.as_ref().unwrap();
        let mut calls = [done, asked_models(&resumed)].concat();
        calls.sort();
        assert_eq!(
            calls,
            ["a", "analyst", "analyst", "b", "c", "d", "writer"],
            "stopped at {stop}: {stored}"
        );
        assert_eq!(
            (&result.answer, result.responses.len(), &result.analysis),
            (&expected.answer, 4, &expected.analysis)
        );
        assert_eq!(result.escalation, expected.escalation);
        let plan = plan(&json!({ "resume": &stored }));
        let unchanged = RunRecorder::new(resumed.env.clone(), Some(&plan)).snapshot();
        let mut unchanged = value_of(&unchanged);
        unchanged["status"] = stored["status"].clone();
        assert_eq!(unchanged, stored);
    }
    points.dedup();
    assert_eq!(points, [0, 1, 2, 3, 4, 5, 6, 7], "each point was tested");
}

#[test]
fn a_restored_run_replays_both_rounds_and_makes_no_call() {
    for analyses in [vec![disagreement(1), analysis()], vec![analysis()]] {
        let whole = run(escalating(json!({})), &scripts(analyses), None);
        let stored = snapshot(&whole);
        let resumed = run(resume_request(&stored, json!({})), &[], None);
        resumed.check();
        assert_eq!(asked_models(&resumed), Vec::<String>::new());
        assert_eq!(snapshot(&resumed), stored);
        let kinds = |outcome: &RunOutcome| {
            let wanted = ["analysis.completed", "panel.escalated", "panel.settled"];
            let events = outcome.events.iter();
            let wanted = events.filter(|event| {
                let kind = event["type"].as_str().unwrap();
                wanted.contains(&kind)
            });
            let described = wanted.map(|event| {
                let restored = event.get("restored").is_some();
                (event["type"].to_string(), event["round"].as_u64(), restored)
            });
            described.collect::<Vec<_>>()
        };
        let replayed: Vec<_> = kinds(&whole)
            .into_iter()
            .map(|(kind, round, _)| (kind, round, true))
            .collect();
        assert_eq!(kinds(&resumed), replayed);
    }
}

#[test]
fn a_rerun_of_a_further_member_keeps_the_first_round() {
    let whole = run(
        escalating(json!({})),
        &scripts(vec![disagreement(1), analysis()]),
        None,
    );
    let stored = snapshot(&whole);
    let again = |index: usize| json!({"resume": {"snapshot": &stored, "rerun": [index]}});
    let other = |model: &str| {
        let other = vec![answer_after(10, "another answer")];
        with(scripts(vec![analysis()]), model, other)
    };
    let resumed = run(again(3), &other("d"), None);
    resumed.check();
    assert_eq!(asked_models(&resumed), ["d", "analyst", "writer"]);
    // The answers of the second round are paid for. Therefore the analyst compares all four answers
    // once, and the analysis of the first round is not repeated.
    let resumed = run(again(0), &other("a"), None);
    resumed.check();
    assert_eq!(asked_models(&resumed), ["a", "analyst", "writer"]);
    assert_eq!(resumed.result.unwrap().responses.len(), 4);
}

#[test]
fn a_rerun_without_a_new_answer_keeps_both_rounds() {
    let whole = run(
        escalating(json!({})),
        &scripts(vec![disagreement(1), analysis()]),
        None,
    );
    let stored = snapshot(&whole);
    for (index, model) in [(0, "a"), (3, "d")] {
        for script in [down(), vec![answer_after(10, ["one", "four"][index / 3])]] {
            let again = json!({"resume": {"snapshot": &stored, "rerun": [index]}});
            let resumed = run(again, &with(scripts(vec![]), model, script), None);
            resumed.check();
            assert_eq!(asked_models(&resumed), [model]);
            assert_eq!(resumed.result.as_ref().unwrap().responses.len(), 4);
            assert_eq!(snapshot(&resumed)["escalation"], stored["escalation"]);
        }
    }
}

#[test]
fn a_first_analysis_that_lacks_a_new_answer_does_not_stand() {
    let whole = run(
        escalating(json!({})),
        &scripts(vec![disagreement(1), analysis()]),
        None,
    );
    let again = json!({"resume": {"snapshot": snapshot(&whole), "rerun": [0]}});
    let other = with(
        scripts(vec![answer_after(1, "no analysis")]),
        "a",
        vec![answer_after(10, "another answer")],
    );
    let resumed = run(again, &other, None);
    resumed.check();
    assert!(resumed.result.unwrap().analysis.is_none());
}

#[test]
fn escalate_can_be_added_to_a_finished_run() {
    let plain = || super::harness::request(json!({"analysis_models": ["a", "b"]}));
    let add = json!({"escalate": {"analysis_models": ["c"]}});
    let disagreeing = snapshot(&run(plain(), &scripts(vec![disagreement(1)]), None));
    let resumed = run(
        resume_request(&disagreeing, add.clone()),
        &scripts(vec![analysis()]),
        None,
    );
    resumed.check();
    assert_eq!(asked_models(&resumed), ["c", "analyst", "writer"]);
    let agreeing = snapshot(&run(plain(), &scripts(vec![analysis()]), None));
    let resumed = run(
        resume_request(&agreeing, add),
        &scripts(vec![analysis()]),
        None,
    );
    resumed.check();
    // The earlier panel agrees, so `c` is not asked, and the run keeps its final answer.
    assert_eq!(asked_models(&resumed), [] as [&str; 0]);
    assert_eq!(resumed.result.unwrap().answer, "final");
}

#[test]
fn answers_of_a_panel_that_becomes_smaller_are_compared_as_further_ones() {
    let plain = super::harness::request(json!({"analysis_models": ["a", "b", "c"]}));
    let stored = snapshot(&run(plain, &scripts(vec![analysis()]), None));
    let smaller = json!({"analysis_models": ["a", "b"], "escalate": {"analysis_models": ["c"]}});
    let resumed = run(
        resume_request(&stored, smaller),
        &scripts(vec![analysis()]),
        None,
    );
    resumed.check();
    assert_eq!(asked_models(&resumed), ["analyst", "writer"]);
    assert_eq!(resumed.result.unwrap().responses.len(), 3);
}

#[test]
fn an_answer_after_a_restart_in_the_second_round_is_compared_after_a_resume() {
    let mut failing = scripts(vec![disagreement(1), analysis()]);
    failing[1].1 = vec![vec![ScriptStep::Status(400)], answer_after(1, "second try")];
    failing[2].1 = vec![vec![ScriptStep::Status(400)]];
    failing[3].1 = vec![vec![ScriptStep::Stall]];
    let mut restarted = false;
    let stopped = run_with_hook(escalating(json!({})), &failing, |next, handle| {
        let is_second = handle
            .recorder
            .activity()
            .iter()
            .any(|call| call.model == "c");
        let restarts =
            is_second && !restarted && handle.command(|control| control.retry_panelist(1));
        restarted |= restarts;
        !restarts && restarted && next > 1_000
    });
    let stored = snapshot(&stopped);
    assert_eq!(stored["escalation"]["compared"], json!([0]));
    assert_eq!(stored["responses"].as_array().unwrap().len(), 2);
    let mut down = scripts(vec![analysis()]);
    for further in [2, 3] {
        down[further].1 = vec![vec![ScriptStep::Status(400)]];
    }
    let resumed = run(resume_request(&stored, json!({})), &down, None);
    resumed.check();
    assert_eq!(asked_models(&resumed), ["c", "d", "analyst", "writer"]);
    let analysis = resumed.result.unwrap().analysis.unwrap();
    assert!(
        analysis.contradictions.is_empty(),
        "the second analysis stands"
    );
}

/// Returns a random script of at most 30 ms.
fn random_script(rng: &mut fastrand::Rng) -> Vec<Vec<ScriptStep>> {
    let attempt = |rng: &mut fastrand::Rng| match rng.u8(0..6) {
        0 => vec![ScriptStep::Status(
            rng.choice([400, 429, 500]).unwrap_or(500),
        )],
        1 => vec![
            ScriptStep::Text(rng.u64(1..9), "cut".into()),
            ScriptStep::Disconnect,
        ],
        2 => vec![
            ScriptStep::Text(rng.u64(1..9), "stalled".into()),
            ScriptStep::Stall,
        ],
        _ => answer_after(rng.u64(1..20), "text"),
    };
    (0..rng.usize(1..3)).map(|_| attempt(rng)).collect()
}

#[test]
fn random_runs_with_random_commands_keep_all_invariants() {
    let mut escalated = 0;
    for seed in 0..500 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut all = scripts(vec![disagreement(rng.usize(0..3)), analysis()]);
        for script in all.iter_mut().take(4) {
            script.1 = random_script(&mut rng);
        }
        if rng.u8(0..4) == 0 {
            let at = rng.usize(4..6);
            all[at].1.insert(0, random_script(&mut rng).remove(0));
        }
        let limits = json!({
            "timeouts": {"panelist_ms": 2_000, "idle_ms": 20, "run_ms": 60_000},
            "max_retries": rng.u32(0..2),
            "analyst": {"model": "analyst", "passes": rng.u64(1..3)},
            "quorum": rng.bool().then(|| json!({"min_responses": 1, "grace_ms": rng.u64(0..10)})),
        });
        let stop_at = rng.bool().then(|| rng.u64(0..80));
        let retries = rng.bool();
        let outcome = run_with_hook(escalating(limits), &all, |next, handle| {
            match rng.u8(0..30) {
                0 => drop(handle.command(|control| control.cancel_panelist(rng.usize(0..5)))),
                1 => drop(handle.command(|control| control.proceed(handle.recorder.answers()))),
                2..6 if retries => {
                    handle.command(|control| control.retry_panelist(rng.usize(0..5)));
                }
                _ => {}
            }
            stop_at.is_some_and(|at| at < next)
        });
        if !retries {
            outcome.check();
        }
        assert_eq!(outcome.transport.open.get(), 0);
        escalated += usize::from(outcome.types().contains(&"panel.escalated"));
        let stored = snapshot(&outcome);
        let plan = plan(&json!({ "resume": &stored }));
        let mut unchanged =
            value_of(&RunRecorder::new(outcome.env.clone(), Some(&plan)).snapshot());
        unchanged["status"] = stored["status"].clone();
        assert_eq!(unchanged, stored, "seed {seed}");
        let resumed = run_with_hook(
            resume_request(&stored, json!({})),
            &rest_of(&stored),
            |_, _| false,
        );
        resumed.check();
        let settled = stored["responses"].as_array().unwrap().iter();
        let settled: Vec<_> = settled
            .map(|response| response["model"].as_str().unwrap())
            .collect();
        let asked = asked_models(&resumed);
        assert!(
            asked.iter().all(|model| !settled.contains(&model.as_str())),
            "seed {seed}: {asked:?}"
        );
        let analyses = asked.iter().filter(|model| *model == "analyst").count();
        let is_decided = stored["escalation"]["reason"].as_str();
        if !stored["analysis"].is_null() && is_decided.is_some_and(|it| it != "contradictions") {
            assert_eq!(analyses, 0, "seed {seed}");
        }
        assert!(resumed.result.is_ok() || settled.is_empty(), "seed {seed}");
    }
    assert!(escalated > 80, "{escalated}");
}

#[test]
fn a_damaged_end_of_the_first_round_is_refused() {
    let whole = run(
        escalating(json!({})),
        &scripts(vec![disagreement(1), analysis()]),
        None,
    );
    for (path, value, named) in [
        (
            "/escalation/analysis_round",
            json!(7),
            "`resume.escalation.analysis_round` must be 1 or 2",
        ),
        (
            "/escalation/compared",
            json!([0, 9]),
            "`resume.escalation.compared` is damaged",
        ),
    ] {
        let mut broken = snapshot(&whole);
        *broken.pointer_mut(path).unwrap() = value;
        let error = Request::parse(&json!({ "resume": broken })).unwrap_err();
        assert!(error.message.starts_with(named), "{}", error.message);
    }
}
