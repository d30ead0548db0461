//! Tests which calls a resumed run repeats, and which results it keeps.

use super::harness::{RunOutcome, answer_after, request, run, scripts};
use super::scripted_provider::ScriptStep;
use crate::json::{Value, json, value_of};
use crate::request::Request;
use crate::result::Usage;

pub(super) fn default_scripts() -> Vec<(&'static str, Vec<Vec<ScriptStep>>)> {
    scripts(
        vec![answer_after(10, "one")],
        vec![answer_after(20, "two")],
        vec![answer_after(30, "three")],
    )
}

pub(super) fn snapshot(outcome: &RunOutcome) -> Value {
    value_of(&outcome.recorder.snapshot())
}

pub(super) fn asked_models(outcome: &RunOutcome) -> Vec<String> {
    outcome
        .transport
        .requests
        .borrow()
        .iter()
        .map(|body| body["model"].as_str().unwrap().to_owned())
        .collect()
}

pub(super) fn resume_request(snapshot: &Value, overrides: Value) -> Value {
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

#[test]
fn only_a_run_with_a_field_of_version_2_has_a_snapshot_of_version_2() {
    let version = |extra: Value| {
        let stopped = run(request(extra), &default_scripts(), Some(15));
        let stored = snapshot(&stopped);
        let resumed = run(resume_request(&stored, json!({})), &default_scripts(), None);
        assert_eq!(resumed.result.as_ref().unwrap().answer, "final");
        let again = snapshot(&resumed);
        assert_eq!(again["version"], stored["version"]);
        stored["version"].as_u64().unwrap()
    };
    let analyst = |criteria: Value| json!({"analyst": {"model": "analyst", "criteria": criteria}});
    for old in [
        json!({}),
        analyst(Value::Null),
        json!({"analyst": "analyst"}),
    ] {
        assert_eq!(version(old), 1);
    }
    assert_eq!(version(analyst(json!("Weigh safety first."))), 2);
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
        &scripts(vec![], vec![answer_after(20, "other words")], vec![]),
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
fn a_role_of_another_preset_replaces_the_role_of_the_snapshot() {
    let stopped = run(
        request(json!({"analyst": {"model": "analyst", "criteria": "Weigh safety first."}})),
        &default_scripts(),
        Some(15),
    );
    let options = json!({"presets": {"mine": {"analysis_models": ["x", "y"], "model": "m",
        "analyst": {"passes": 2}}}});
    let analyst = |extra: Value| {
        let resumed = resume_request(&snapshot(&stopped), extra);
        let read = Request::parse_with_presets(resumed, &options).unwrap();
        let spec = read.role_spec(&read.analyst).unwrap();
        (spec.model, spec.passes, spec.criteria)
    };
    let preset = json!({"preset": "mine"});
    assert_eq!(analyst(preset), ("m".to_owned(), Some(2), None));
    let with_own = json!({"preset": "mine", "analyst": {"criteria": "Be brief."}});
    let own = Some("Be brief.".into());
    assert_eq!(analyst(with_own), ("m".to_owned(), Some(2), own.clone()));
    let only_own = json!({"analyst": {"criteria": "Be brief."}});
    assert_eq!(analyst(only_own), ("analyst".to_owned(), None, own));
}
