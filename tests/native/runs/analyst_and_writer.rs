//! Tests the models, retries and labels of the analyst and the writer. If one of them fails, tests
//! which parts of the result remain.

use super::harness::{analysis, answer_after, plan, request, run, scripts};
use super::scripted_provider::ScriptStep;
use crate::error::Code;
use crate::json::{Value, json};
use crate::request::Temperature;

#[test]
fn a_role_without_a_model_uses_the_requests_model() {
    let plan_of = |overrides: Value| {
        let mut request = json!({"prompt": "p", "writer": {"temperature": 0.5}, "analyst": {"passes": 2}, "tools": []});
        request
            .as_object_mut()
            .unwrap()
            .extend(overrides.as_object().unwrap().clone());
        let plan = plan(&request);
        (
            plan.writer.model().to_owned(),
            plan.writer.temperature,
            plan.analyst.unwrap().model().to_owned(),
            plan.second_pass,
        )
    };
    assert_eq!(
        plan_of(json!({"model": "m"})),
        ("m".into(), Some(Temperature(500_000)), "m".into(), true)
    );
    let opus = "~anthropic/claude-opus-latest";
    assert_eq!(
        plan_of(json!({})),
        (opus.into(), Some(Temperature(500_000)), opus.into(), true)
    );
}

#[test]
fn an_unreadable_analysis_is_retried_strictly_then_with_the_fallback() {
    let prose = answer_after(1, "I think they agree.");
    let extra = json!({"analyst": {"model": "analyst", "fallbacks": ["second"]}});
    let mut all_scripts = scripts(
        vec![answer_after(1, "a")],
        vec![answer_after(1, "b")],
        vec![answer_after(1, "c")],
    );
    all_scripts[3] = ("analyst", vec![prose.clone()]);
    all_scripts.push(("second", vec![prose.clone(), analysis()]));
    let outcome = run(request(extra.clone()), &all_scripts, None);
    outcome.check();
    let failures: Vec<_> = outcome
        .events
        .iter()
        .filter(|event| event["type"] == "analysis.failed")
        .map(|event| event["next"].clone())
        .collect();
    assert_eq!(
        failures,
        [json!("analyst"), json!("second"), json!("second")]
    );
    assert!(outcome.result.as_ref().unwrap().analysis.is_some());
    let requests = outcome.transport.requests.borrow();
    let last_user = |body: &Value| {
        body["messages"].as_array().unwrap().last().unwrap()["content"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let analyst_requests: Vec<_> = requests
        .iter()
        .filter(|body| body["model"] == "analyst")
        .collect();
    assert!(
        !last_user(analyst_requests[0]).contains("could not be read")
            && last_user(analyst_requests[1]).contains("could not be read")
    );
    assert_eq!(analyst_requests[0]["temperature"], 0.0);

    all_scripts.last_mut().unwrap().1 = vec![prose];
    let outcome = run(request(extra), &all_scripts, None);
    outcome.check();
    let result = outcome.result.as_ref().unwrap();
    assert_eq!(
        (result.analysis.is_none(), result.answer.as_str()),
        (true, "final")
    );
}

#[test]
fn a_failed_writer_leaves_the_rest_in_the_snapshot() {
    let mut all_scripts = scripts(
        vec![answer_after(1, "a")],
        vec![answer_after(1, "b")],
        vec![answer_after(1, "c")],
    );
    all_scripts[4] = ("writer", vec![vec![ScriptStep::Status(401)]]);
    let outcome = run(request(json!({})), &all_scripts, None);
    outcome.check();
    let error = outcome.result.unwrap_err();
    assert_eq!(
        (error.code, error.status_code),
        (Code::WriterFailed, Some(401))
    );
    let snapshot = outcome.recorder.snapshot();
    assert_eq!(
        (snapshot.responses.len(), snapshot.analysis.is_some()),
        (3, true)
    );
}

#[test]
fn the_label_order_depends_only_on_the_seed() {
    let order = |seed: u64| {
        let outcome = run(
            request(json!({"seed": seed})),
            &scripts(
                vec![answer_after(1, "a")],
                vec![answer_after(2, "b")],
                vec![answer_after(3, "c")],
            ),
            None,
        );
        outcome
            .events
            .iter()
            .find(|event| event["type"] == "analysis.started")
            .unwrap()["order"]
            .clone()
    };
    assert_eq!(order(5), order(5));
    let orders: std::collections::BTreeSet<_> =
        (0..20).map(|seed| order(seed).to_string()).collect();
    assert!(orders.len() > 2);
}
