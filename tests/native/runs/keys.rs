//! Tests keys that a function of the caller returns.

use super::harness::{answer_after, run};
use super::scripted_provider::ScriptStep;
use crate::json::{Value, json};

fn ask(provider: &str, scripts: Vec<Vec<ScriptStep>>) -> super::harness::RunOutcome {
    let mut providers = json!({});
    let entry = json!({"baseURL": "https://p.example/v1", "apiKey": true});
    providers.as_object_mut().unwrap().insert(provider, entry);
    let request = json!({
        "prompt": "q",
        "convene": false,
        "writer": format!("{provider}:m"),
        "max_retries": 1,
        "timeouts": {"first_byte_ms": 5000},
        "options": {"providers": providers},
    });
    run(request, &[("m", scripts)], None)
}

#[test]
fn each_request_has_a_key_of_its_own() {
    let outcome = ask(
        "mine",
        vec![vec![ScriptStep::Status(503)], answer_after(1, "yes")],
    );
    assert_eq!(outcome.result.unwrap().answer, "yes");
    let requests = outcome.transport.requests.borrow();
    assert_eq!(requests.len(), 2);
}

#[test]
fn a_failed_function_is_an_authentication_error_without_a_request() {
    let outcome = ask("broken", vec![answer_after(1, "no")]);
    let error = outcome.result.unwrap_err();
    assert_eq!(
        (error.code, &*error.message),
        (
            crate::error::Code::Authentication,
            "the function `providers.broken.apiKey` returned no key"
        )
    );
    assert!(outcome.transport.requests.borrow().is_empty());
}

#[test]
fn a_function_that_never_settles_ends_with_the_time_for_the_first_byte() {
    let outcome = ask("stuck", vec![answer_after(1, "no")]);
    let error = outcome.result.unwrap_err();
    assert_eq!(error.code, crate::error::Code::Timeout);
    assert_eq!(
        error.message,
        "waited 5000 ms for the key of `providers.stuck.apiKey`"
    );
    assert!(outcome.transport.requests.borrow().is_empty());
    let text = Value::Array(outcome.events).to_string();
    assert!(!text.contains("key-of"), "{text}");
}
