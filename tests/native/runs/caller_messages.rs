//! Tests that messages of the caller's functions contain no key and are short.

use super::analyst_replies::of;
use super::escalation::{disagreement, escalating, scripts};
use super::harness::{analysis, answer_after, run, run_with_judge};
use super::scripted_provider::ScriptStep;
use super::tool_loop::function_tool;
use crate::json::{Value, json};

/// Keys of the default provider and of a provider that no model uses. One key begins with the
/// other.
const KEYS: [&str; 2] = ["sk-secret-1234", "sk-secret-1234-of-another"];

fn options() -> Value {
    json!({
        "baseURL": "http://127.0.0.1:1/v1",
        "apiKey": KEYS[0],
        "providers": {"another": {"baseURL": "http://127.0.0.1:2/v1", "apiKey": KEYS[1]}},
        "toolHandlers": ["leaks"],
        "shouldEscalate": true
    })
}

fn assert_clean(text: &str) {
    assert!(!text.contains("sk-secret"), "{text}");
    assert!(!text.contains("-of-another"), "{text}");
    assert!(text.contains("[key]"), "{text}");
}

#[test]
fn a_message_of_should_escalate_is_short_and_has_no_key() {
    let why = format!("refused {} and {}. {}", KEYS[1], KEYS[0], "x".repeat(5_000));
    let outcome = run_with_judge(
        escalating(json!({"options": options()})),
        &scripts(vec![disagreement(1), analysis()]),
        Some(Err(why)),
        |_, _| false,
    );
    outcome.check();
    let message = of(&outcome, "warning")[0]["message"].as_str().unwrap();
    assert_clean(message);
    assert!(message.chars().count() < 600, "{}", message.len());
}

#[test]
fn an_error_of_a_tool_has_no_key_in_events_and_prompts() {
    let call = ScriptStep::Call(&[(
        "leaks",
        r#"{"a":"sk-secret-1234-of-another","b":"sk-secret-1234"}"#,
    )]);
    let request = json!({
        "prompt": "q",
        "analysis_models": [{"model": "a", "tools": [function_tool("leaks")]}],
        "analyst": {"model": "analyst", "tools": []},
        "writer": "writer",
        "options": options(),
    });
    let scripts = [
        ("a", vec![vec![call], answer_after(1, "one")]),
        ("analyst", vec![analysis()]),
        ("writer", vec![answer_after(1, "the end")]),
    ];
    let outcome = run(request, &scripts, None);
    outcome.check();
    let tools = of(&outcome, "panelist.tool");
    let failed = tools.iter().find(|event| event["status"] == "failed");
    let summary = failed.unwrap()["summary"].as_str().unwrap();
    assert_clean(summary);
    assert!(summary.chars().count() < 250, "{summary}");
    let requests = outcome.transport.requests.borrow();
    let messages = requests[1]["messages"].as_array().unwrap();
    let result = messages.iter().find(|message| message["role"] == "tool");
    assert_clean(result.unwrap()["content"].as_str().unwrap());
}
