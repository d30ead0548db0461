//! Tests checks of contradictions: verdicts, evidence, tools, failures and `proceed()`.

use super::analyst_replies::{last_message, of, requests_to};
use super::harness::{RunOutcome, answer_after, plan, request, run, run_with_hook, scripts};
use super::resume::{asked_models, resume_request, snapshot};
use super::scripted_provider::ScriptStep;
use crate::deliberation::recorder::RunRecorder;
use crate::json::{Value, json, value_of};

type Script = Vec<Vec<ScriptStep>>;

/// The text of the page that the scripted `web_fetch` returns.
pub(super) const PAGE: &str = r#"web_fetch {"url":"https://found.example"} None"#;
pub(super) const SEARCH: ScriptStep = ScriptStep::Call(&[("web_search", r#"{"query":"sky"}"#)]);
pub(super) const FETCH: ScriptStep =
    ScriptStep::Call(&[("web_fetch", r#"{"url":"https://found.example/"}"#)]);

/// An analysis with contradictions of two stances each.
pub(super) fn analysis_with(contradictions: &[(&str, &str, &str)]) -> String {
    let contradictions: Value = contradictions
        .iter()
        .map(|(topic, one, other)| {
            json!({"topic": topic, "stances": [
                {"response": "A", "stance": one, "quote": ""},
                {"response": "B", "stance": other, "quote": ""}
            ]})
        })
        .collect();
    json!({"consensus": [], "contradictions": contradictions, "partial_coverage": [],
        "unique_insights": [], "blind_spots": []})
    .to_string()
}

pub(super) fn two() -> String {
    analysis_with(&[
        ("Colour", "It is blue.", "It is green."),
        ("Cause", "Dust.", "Air."),
    ])
}

/// A reply that supports the first statement and refutes the second.
pub(super) fn verdicts(evidence: &[(&str, &str)]) -> Vec<ScriptStep> {
    let evidence: Value = evidence
        .iter()
        .map(|(url, quote)| json!({"url": url, "quote": quote}))
        .collect();
    let reply = json!({"statements": [
        {"statement": 1, "verdict": "supported", "evidence": &evidence},
        {"statement": 2, "verdict": "refuted", "evidence": &evidence}
    ]});
    answer_after(1, &reply.to_string())
}

pub(super) fn verify_request(extra: Value) -> Value {
    let mut request = request(json!({
        "analyst": {"model": "analyst", "verify": "contradictions"},
        "analysis_models": [{"model": "a", "tools": []}, {"model": "b", "tools": []}, {"model": "c", "tools": []}]
    }));
    let fields = request.as_object_mut().unwrap();
    fields.extend(extra.as_object().unwrap().clone());
    fields.insert("options", options());
    request
}

pub(super) fn options() -> Value {
    json!({"baseURL": "http://127.0.0.1:1/v1", "toolHandlers": ["web_search", "web_fetch", "own"]})
}

/// Scripts of a run in which `checks` follow the analysis.
pub(super) fn scripts_with(analysis: &str, checks: Script) -> Vec<(&'static str, Script)> {
    let mut all = scripts(
        vec![answer_after(1, "one")],
        vec![answer_after(2, "two")],
        vec![answer_after(3, "three")],
    );
    let mut analyst = vec![answer_after(1, analysis)];
    analyst.extend(checks);
    all[3] = ("analyst", analyst);
    all
}

/// Calls a tool after a delay.
pub(super) fn later(ms: u64, call: ScriptStep) -> Vec<ScriptStep> {
    vec![ScriptStep::Text(ms, "Let me see.".into()), call]
}

/// The calls of two checks that run in parallel. The calls of both checks alternate. The second
/// check is slower.
pub(super) fn two_checks(reply: &[(&str, &str)]) -> Script {
    vec![
        later(1, SEARCH),
        later(1, SEARCH),
        later(1, FETCH),
        later(3, FETCH),
        verdicts(reply),
        verdicts(reply),
    ]
}

pub(super) fn contradictions(outcome: &RunOutcome) -> Vec<Value> {
    let result = value_of(outcome.result.as_ref().unwrap());
    let list = &result["analysis"]["contradictions"];
    list.as_array().cloned().unwrap_or_default()
}

/// Returns the verdicts of each contradiction. Sorts them by name, because the prompt contains the
/// stances in random order.
pub(super) fn verdicts_of(outcome: &RunOutcome) -> Vec<Vec<String>> {
    let verdicts = |item: &Value| {
        let stances = item["checked"]["stances"].as_array();
        let mut verdicts: Vec<_> = stances
            .into_iter()
            .flatten()
            .map(|stance| stance["verdict"].as_str().unwrap().to_owned())
            .collect();
        verdicts.sort();
        verdicts
    };
    contradictions(outcome).iter().map(verdicts).collect()
}

pub(super) fn check_calls(outcome: &RunOutcome) -> Vec<Value> {
    requests_to(outcome, "analyst")
        .into_iter()
        .filter(|body| {
            body["messages"]
                .to_string()
                .contains("You check statements")
        })
        .collect()
}

#[test]
fn contradictions_are_checked_side_by_side_and_the_writer_reads_the_outcome() {
    let reply = [
        ("https://FOUND.example/", PAGE),
        ("https://found.example", "It is red as rust."),
    ];
    let outcome = run(
        verify_request(json!({})),
        &scripts_with(&two(), two_checks(&reply)),
        None,
    );
    outcome.check();
    let evidence = json!([
        {"url": "https://found.example", "quote": PAGE, "verified": true},
        {"url": "https://found.example", "quote": "It is red as rust.", "verified": false}
    ]);
    for item in contradictions(&outcome) {
        for stance in item["checked"]["stances"].as_array().unwrap() {
            assert_eq!(stance["evidence"], evidence);
        }
    }
    assert_eq!(verdicts_of(&outcome), [["refuted", "supported"]; 2]);

    let kinds: Vec<_> = outcome
        .types()
        .into_iter()
        .filter(|kind| kind.starts_with("verification"))
        .map(|kind| kind.trim_start_matches("verification.").to_owned())
        .collect();
    assert_eq!(kinds[..2], ["started", "started"], "side by side");
    assert_eq!(kinds.iter().filter(|kind| *kind == "completed").count(), 2);
    assert!(kinds.iter().any(|kind| kind == "tool") && kinds.iter().any(|kind| kind == "source"));
    let position = |kind: &str| {
        outcome
            .types()
            .iter()
            .position(|other| *other == kind)
            .unwrap()
    };
    assert!(position("analysis.completed") < position("verification.started"));
    assert!(position("verification.completed") < position("answer.started"));

    let result = value_of(outcome.result.as_ref().unwrap());
    let stages: Vec<_> = result["activity"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|call| call["stage"] == "verification")
        .map(|call| call["index"].as_u64().unwrap())
        .collect();
    assert_eq!(stages, [0, 1, 0, 1, 0, 1]);
    assert_eq!(
        result["usage"]["by_stage"]["verification"]["prompt_tokens"],
        6
    );
    assert_eq!(result["usage"]["by_stage"]["analysis"]["prompt_tokens"], 1);
    let sources = result["sources"].as_array().unwrap();
    assert_eq!(
        sources,
        &[json!({"url": "https://found.example", "title": "Found"})]
    );

    let prompt = last_message(&requests_to(&outcome, "writer")[0]);
    let fenced = prompt.split("<analysis-n0nce>\n").nth(1).unwrap();
    let fenced = fenced.split("</analysis-n0nce>").next().unwrap();
    assert!(
        fenced.contains("[checked: supported; https://found.example \"web_fetch"),
        "{fenced}"
    );
    assert!(fenced.contains("\"It is red as rust.\" (the page does not contain this quote)"));
    assert!(
        prompt.contains("<sources-n0nce>\n- https://found.example\n"),
        "{prompt}"
    );
}

#[test]
fn a_check_is_blind_has_only_web_tools_and_needs_evidence() {
    let tool = |name: &str| json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}});
    let search = json!({"type": "openrouter:web_search"});
    let fetch = json!({"type": "openrouter:web_fetch"});
    let extra = json!({"tools": [tool("own"), search, fetch], "max_tool_calls": 1});
    let checks = vec![vec![SEARCH], verdicts(&[("https://found.example", PAGE)])];
    let analysis = analysis_with(&[("Colour", "It is blue.", "It is green.")]);
    let outcome = run(
        verify_request(extra),
        &scripts_with(&analysis, checks),
        None,
    );
    outcome.check();
    // The search found the page, but nothing opened it.
    assert_eq!(verdicts_of(&outcome), [["unresolved", "unresolved"]]);
    assert_eq!(
        contradictions(&outcome)[0]["checked"]["stances"][0]["evidence"],
        json!([])
    );
    let calls = check_calls(&outcome);
    let names = |body: &Value| {
        let tools = body["tools"].as_array().unwrap().iter();
        let names = tools.map(|tool| tool["function"]["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&calls[0]), ["web_search", "web_fetch"]);
    assert_eq!((calls.len(), &calls[1]["tool_choice"]), (2, &json!("none")));
    let prompt = last_message(&calls[0]);
    for hidden in ["\"a\"", "Response", "Panelist", "model"] {
        assert!(!prompt.contains(hidden), "{hidden}: {prompt}");
    }
    assert!(prompt.contains("<statements-n0nce>\nTopic: Colour\n1. It is "));
    assert_eq!(calls[0]["temperature"], json!(0.0));
    // The last call must not open a page, so its reply must be JSON.
    assert_eq!(calls[0].get("response_format"), None);
    let format = &calls[1]["response_format"];
    assert_eq!(format["json_schema"]["name"], "verification");
}

#[test]
fn a_failed_check_changes_nothing_else() {
    let mut checks = two_checks(&[]);
    checks[4] = answer_after(1, "The page is long.");
    let outcome = run(
        verify_request(json!({})),
        &scripts_with(&two(), checks),
        None,
    );
    outcome.check();
    let list = contradictions(&outcome);
    assert!(list[0].get("checked").is_none());
    assert_eq!(verdicts_of(&outcome)[1], ["unresolved", "unresolved"]);
    let failed = of(&outcome, "verification.failed");
    assert_eq!(failed.len(), 1);
    assert_eq!(
        (&failed[0]["index"], &failed[0]["error"]["code"]),
        (&json!(0), &json!("provider_error"))
    );
    assert!(failed[0]["error"].get("index").is_none());
    assert_eq!(outcome.result.as_ref().unwrap().answer, "final");

    // A resumed run repeats neither the finished nor the failed check.
    let resumed = run(
        with_options(resume_request(&snapshot(&outcome), json!({}))),
        &[],
        None,
    );
    resumed.check();
    assert_eq!(contradictions(&resumed), list);
    assert_eq!(of(&resumed, "verification.completed")[0]["restored"], true);
}

#[test]
fn a_check_without_a_reply_ends_at_its_timeout_and_tries_the_fallbacks() {
    let extra = json!({
        "analyst": {"model": "analyst", "verify": [0], "fallbacks": ["spare"]},
        "timeouts": {"panelist_ms": 500}, "max_retries": 0
    });
    let mut scripts = scripts_with(&two(), vec![vec![ScriptStep::Status(500)]]);
    scripts.push(("spare", vec![verdicts(&[])]));
    let outcome = run(verify_request(extra.clone()), &scripts, None);
    outcome.check();
    let started = of(&outcome, "verification.started");
    let models: Vec<_> = started
        .iter()
        .map(|event| event["model"].as_str().unwrap())
        .collect();
    assert_eq!(models, ["analyst", "spare"]);
    assert_eq!(
        verdicts_of(&outcome),
        [vec!["unresolved", "unresolved"], vec![]]
    );

    let stalled = run(
        verify_request(extra),
        &scripts_with(&two(), vec![vec![ScriptStep::Stall]]),
        None,
    );
    stalled.check();
    assert_eq!(
        of(&stalled, "verification.failed")[0]["error"]["code"],
        "timeout"
    );
    assert!(stalled.result.is_ok());
}

#[test]
fn proceed_ends_the_checks_and_keeps_those_that_have_ended() {
    let checks = vec![verdicts(&[]), vec![ScriptStep::Stall]];
    let mut proceeded = false;
    let outcome = run_with_hook(
        verify_request(json!({})),
        &scripts_with(&two(), checks),
        |_, handle| {
            let checked = handle.recorder.snapshot().analysis.is_some_and(|analysis| {
                analysis
                    .contradictions
                    .iter()
                    .any(|item| item.checked.is_some())
            });
            if checked && !proceeded {
                proceeded = handle.command(|control| control.proceed(handle.recorder.answers()));
                assert!(proceeded);
            }
            false
        },
    );
    outcome.check();
    assert!(proceeded);
    assert_eq!(
        of(&outcome, "verification.failed")[0]["error"]["code"],
        "cancelled"
    );
    let list = contradictions(&outcome);
    assert!(list[0].get("checked").is_some() && list[1].get("checked").is_none());
    assert_eq!(outcome.result.as_ref().unwrap().answer, "final");
}

pub(super) fn with_options(mut request: Value) -> Value {
    request
        .as_object_mut()
        .unwrap()
        .insert("options", options());
    request
}

#[test]
fn hosted_tools_give_evidence_that_is_not_compared() {
    let cited =
        json!({"choices": [{"delta": {"content": ""}}], "citations": ["https://hosted.example/p"]});
    let mut reply = vec![ScriptStep::Send(format!("data: {cited}\n\n"))];
    reply.extend(verdicts(&[
        ("https://hosted.example/p", "Any words at all."),
        ("https://memory.example", "x"),
    ]));
    let mut request = verify_request(json!({}));
    request
        .as_object_mut()
        .unwrap()
        .insert("options", json!({"apiKey": "k"}));
    let analysis = analysis_with(&[("Colour", "It is blue.", "It is green.")]);
    let outcome = run(request, &scripts_with(&analysis, vec![reply]), None);
    outcome.check();
    assert_eq!(verdicts_of(&outcome), [["refuted", "supported"]]);
    let expected = json!([{"url": "https://hosted.example/p", "quote": "Any words at all.", "verified": null}]);
    assert_eq!(
        contradictions(&outcome)[0]["checked"]["stances"][0]["evidence"],
        expected
    );
}
