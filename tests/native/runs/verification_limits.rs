//! Tests the limits of checks: the budget, missing tools, unknown indexes, and servers that force
//! each reply into an output format.

use super::analyst_replies::of;
use super::harness::{answer_after, run};
use super::resume::{asked_models, resume_request, snapshot};
use super::scripted_provider::ScriptStep;
use super::verification::{
    FETCH, PAGE, SEARCH, analysis_with, check_calls, scripts_with, two, verdicts, verdicts_of,
    verify_request, with_options,
};
use crate::error::Code;
use crate::json::{Value, json};
use crate::plan::{Plan, RandomInputs};
use crate::request::{Options, Request};

#[test]
fn checks_stay_within_max_cost() {
    let price = json!({"prompt": "0.000001", "completion": "0.001"});
    let options = json!({"baseURL": "http://127.0.0.1:1/v1", "toolHandlers": ["web_search", "web_fetch"],
        "prices": {"a": &price, "b": &price, "c": &price, "analyst": &price, "writer": &price}});
    let long = "word ".repeat(2_000);
    let endless: Vec<ScriptStep> = (0..200)
        .map(|_| ScriptStep::Text(1, long.clone()))
        .collect();
    let mut request = verify_request(json!({"max_cost": 5, "max_retries": 0}));
    request
        .as_object_mut()
        .unwrap()
        .insert("options", options.clone());
    let outcome = run(request, &scripts_with(&two(), vec![endless]), None);
    outcome.check();
    assert_eq!(
        outcome.result.as_ref().unwrap_err().code,
        Code::BudgetExceeded
    );
    let failed = of(&outcome, "verification.failed");
    assert_eq!(failed.len(), 2);
    assert!(
        failed
            .iter()
            .all(|event| event["error"]["code"] == "budget_exceeded")
    );
    // With more budget, the resumed run repeats the checks.
    let mut more = resume_request(&snapshot(&outcome), json!({"max_cost": 1_000}));
    more.as_object_mut().unwrap().insert("options", options);
    let scripts = [
        ("analyst", vec![verdicts(&[])]),
        ("writer", vec![answer_after(1, "final")]),
    ];
    let resumed = run(more, &scripts, None);
    resumed.check();
    assert_eq!(verdicts_of(&resumed), [["unresolved", "unresolved"]; 2]);
}

fn refusal(request: &Value) -> String {
    let mut request = request.clone();
    let options = request.as_object_mut().unwrap().remove("options").unwrap();
    let random = RandomInputs::default();
    let plan = Request::parse(&request)
        .and_then(|request| Plan::new(request, Options::parse(&options).unwrap(), random));
    plan.unwrap_err().message.clone()
}

#[test]
fn a_check_without_tools_and_an_unknown_index_are_refused_by_name() {
    let mut without = verify_request(json!({}));
    for handlers in [json!([]), json!(["web_search"]), json!(["own"])] {
        without["options"]["toolHandlers"] = handlers;
        let message = refusal(&without);
        assert!(
            message.starts_with("`analyst.verify` needs a tool that opens web pages"),
            "{message}"
        );
    }
    let no_tools =
        verify_request(json!({"analyst": {"model": "analyst", "verify": [0], "tools": []}}));
    assert!(refusal(&no_tools).starts_with("`analyst.verify` needs"));
    let alone = verify_request(json!({"analysis_models": [{"model": "a", "verify": [0]}]}));
    assert!(refusal(&alone).contains("`analysis_models[0].verify`"));
    let finished = run(
        verify_request(json!({"analyst": "analyst"})),
        &scripts_with(&two(), vec![]),
        None,
    );
    let unknown = resume_request(&snapshot(&finished), json!({"analyst": {"verify": [0, 2]}}));
    assert!(refusal(&with_options(unknown)).starts_with("`analyst.verify` has the index 2"));
}

#[test]
fn a_default_analyst_that_fails_in_a_check_is_not_replaced_by_a_panelist() {
    let mut request = verify_request(json!({"analyst": {"verify": "contradictions"}}));
    request["analysis_models"] = json!(["a", "b", "c"]);
    let mut all = scripts_with("", vec![]);
    all[0].1 = vec![
        answer_after(1, "one"),
        answer_after(
            1,
            &analysis_with(&[("Colour", "It is blue.", "It is green.")]),
        ),
        vec![ScriptStep::Status(400)],
    ];
    let outcome = run(request, &all, None);
    outcome.check();
    let failed = of(&outcome, "verification.failed");
    assert_eq!(failed.len(), 1);
    assert_eq!(of(&outcome, "verification.started").len(), 1);
    assert!(of(&outcome, "warning").is_empty());
    let asked = asked_models(&outcome);
    assert_eq!(asked.iter().filter(|model| *model == "b").count(), 1);
}

#[test]
fn a_check_asks_for_json_when_it_has_a_page() {
    let checks = vec![
        vec![SEARCH],
        vec![FETCH],
        verdicts(&[("https://found.example", PAGE)]),
    ];
    let analysis = analysis_with(&[("Colour", "It is blue.", "It is green.")]);
    let outcome = run(
        verify_request(json!({})),
        &scripts_with(&analysis, checks),
        None,
    );
    outcome.check();
    let calls = check_calls(&outcome);
    let has_format = calls
        .iter()
        .map(|body| body.get("response_format").is_some());
    assert_eq!(has_format.collect::<Vec<_>>(), [false, false, true]);
    let tools = calls.iter().map(|body| body["tools"].as_array().unwrap());
    assert!(tools.into_iter().all(|tools| tools.len() == 2));
}

#[test]
fn a_check_that_opens_no_page_is_unresolved_even_without_json() {
    let prose = answer_after(1, "I could not find anything.");
    let outcome = run(
        verify_request(json!({})),
        &scripts_with(&two(), vec![prose.clone(), prose]),
        None,
    );
    outcome.check();
    assert_eq!(
        verdicts_of(&outcome),
        [["unresolved", "unresolved"], ["unresolved", "unresolved"]]
    );
    assert!(of(&outcome, "verification.failed").is_empty());
}
