//! Tests parameters that a provider refuses by name.

use super::harness::{answer_after, run};
use super::scripted_provider::ScriptStep;
use super::tool_loop::{of_type, requests_to_a, research};
use crate::error::Code;
use crate::json::json;

#[test]
fn a_parameter_that_is_rejected_by_name_is_dropped_with_a_warning() {
    let refuse = |field: &str| {
        vec![ScriptStep::Reject(
            400,
            json!({"error": {"message": format!("Unsupported parameter: '{field}'"), "param": field}}),
        )]
    };
    let outcome = research(
        vec![
            refuse("temperature"),
            refuse("reasoning_effort"),
            answer_after(1, "fine"),
        ],
        json!({"temperature": 1, "reasoning": {"effort": "low"}}),
    );
    outcome.check();
    let requests = requests_to_a(&outcome);
    let has: Vec<_> = requests
        .iter()
        .map(|body| {
            (
                body.get("temperature").is_some(),
                body.get("reasoning_effort").is_some(),
            )
        })
        .collect();
    assert_eq!(has, [(true, true), (false, true), (false, false)]);
    let warned: Vec<_> = of_type(&outcome, "warning")
        .iter()
        .map(|event| event["code"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(warned, ["parameter_dropped", "parameter_dropped"]);
    assert_eq!(
        of_type(&outcome, "panelist.started").len(),
        1,
        "no attempt was lost"
    );

    // The call fails if the provider refuses a required field. It also fails if the provider
    // refuses a field that the repeated call no longer contains.
    for field in ["model", "temperature"] {
        let outcome = research(vec![refuse(field)], json!({"temperature": 1}));
        assert_eq!(
            outcome.result.as_ref().unwrap_err().code,
            Code::InvalidRequest
        );
    }
}

#[test]
fn a_token_limit_that_the_dialect_requires_is_not_dropped() {
    let message = "max_tokens: 64001 > 64000, which is the maximum";
    let request = json!({"prompt": "q", "analysis_models": [{"provider": "mine", "model": "a"}], "analyst": "analyst", "writer": "writer",
        "options": {"baseURL": "http://127.0.0.1:1/v1", "providers": {"mine": {"baseURL": "http://127.0.0.1:2/v1", "dialect": "messages"}}}});
    let outcome = run(
        request,
        &[(
            "a",
            vec![vec![ScriptStep::Reject(
                400,
                json!({"error": {"message": message}}),
            )]],
        )],
        None,
    );
    assert_eq!(
        requests_to_a(&outcome).len(),
        1,
        "the call is not repeated without a limit"
    );
    assert!(outcome.result.unwrap_err().message.contains(message));
}
