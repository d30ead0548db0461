//! Tests tools that the run executes: results, errors, limits and retries.

use super::harness::{RunOutcome, analysis, answer_after, request, run};
use super::scripted_provider::ScriptStep;
use crate::error::Code;
use crate::json::{Value, json, value_of};

const HANDLERS: [&str; 5] = ["web_search", "web_fetch", "slow", "broken", "own"];

pub(super) fn function_tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}})
}

/// Runs a panelist with the model `a` and tools.
pub(super) fn research(script: Vec<Vec<ScriptStep>>, overrides: Value) -> RunOutcome {
    let mut request = json!({"prompt": "q", "analysis_models": ["a"], "analyst": {"model": "analyst", "tools": []}, "writer": "writer"});
    request
        .as_object_mut()
        .unwrap()
        .extend(overrides.as_object().unwrap().clone());
    request["options"] = json!({"baseURL": "http://127.0.0.1:1/v1", "toolHandlers": HANDLERS});
    let scripts = [
        ("a", script),
        ("analyst", vec![analysis()]),
        ("writer", vec![answer_after(1, "the end")]),
    ];
    run(request, &scripts, None)
}

pub(super) fn of_type<'a>(outcome: &'a RunOutcome, kind: &str) -> Vec<&'a Value> {
    outcome
        .events
        .iter()
        .filter(|event| event["type"] == kind)
        .collect()
}

pub(super) fn requests_to_a(outcome: &RunOutcome) -> Vec<Value> {
    outcome
        .transport
        .requests
        .borrow()
        .iter()
        .filter(|body| body["model"] == "a")
        .cloned()
        .collect()
}

fn results(body: &Value) -> Vec<&str> {
    body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["role"] == "tool")
        .map(|message| message["content"].as_str().unwrap())
        .collect()
}

#[test]
fn tools_run_in_parallel_and_the_model_continues_from_their_results() {
    let turn = vec![
        ScriptStep::Text(1, "Let me see. ".into()),
        ScriptStep::Call(&[
            ("web_search", r#"{"query":"q"}"#),
            ("web_fetch", r#"{"url":"https://p.example"}"#),
        ]),
    ];
    let outcome = research(vec![turn, answer_after(1, "Found it.")], json!({}));
    outcome.check();
    let result = outcome.result.as_ref().unwrap();
    assert_eq!(result.responses[0].content, "Let me see. \n\nFound it.");
    let urls: Vec<_> = result.responses[0]
        .sources
        .iter()
        .map(|source| source.url.as_str())
        .collect();
    assert_eq!(urls, ["https://found.example", "https://p.example"]);
    assert_eq!(
        result.responses[0].usage.cost.unwrap().to_number().as_str(),
        "0.2"
    );
    let tool_events: Vec<_> = of_type(&outcome, "panelist.tool")
        .iter()
        .map(|event| format!("{} {}", event["tool"], event["status"]))
        .collect();
    assert_eq!(
        tool_events
            .iter()
            .filter(|event| event.contains("started"))
            .count(),
        2
    );
    assert_eq!(
        tool_events
            .iter()
            .filter(|event| event.contains("completed"))
            .count(),
        2
    );
    let requests = requests_to_a(&outcome);
    assert_eq!(requests[0]["tools"].as_array().unwrap().len(), 2);
    assert_eq!(
        results(&requests[1]),
        ["found", r#"web_fetch {"url":"https://p.example"} Some(0)"#]
    );
    assert_eq!(requests[1]["messages"][1]["content"], "Let me see.");
}

#[test]
fn tool_errors_are_sent_to_the_model_and_count_as_a_step() {
    let calls = [
        ("web_search", "not json"),
        ("nobody", "{}"),
        ("broken", "{}"),
        ("slow", "{}"),
        ("own", ""),
        ("web_search", "[]"),
    ];
    let tools = json!({"tools": [{"type": "openrouter:web_search"}, function_tool("slow"), function_tool("broken"), function_tool("own")]});
    let outcome = research(
        vec![
            vec![ScriptStep::Call(Box::leak(Box::new(calls)))],
            answer_after(1, "anyway"),
        ],
        tools,
    );
    outcome.check();
    assert_eq!(
        outcome.result.as_ref().unwrap().responses[0].content,
        "anyway"
    );
    let requests = requests_to_a(&outcome);
    let tool_results = results(&requests[1]);
    assert!(
        tool_results[0].contains("no JSON object") && tool_results[5].contains("no JSON object"),
        "{tool_results:?}"
    );
    assert!(
        tool_results[1].contains("no tool `nobody`; there are: web_search, slow, broken, own"),
        "{tool_results:?}"
    );
    assert_eq!(
        (tool_results[2], tool_results[4]),
        ("error: out of order", "own {} Some(0)")
    );
    assert!(
        tool_results[3].contains("no result within 60000 ms"),
        "{tool_results:?}"
    );
    assert_eq!(
        of_type(&outcome, "panelist.tool")
            .iter()
            .filter(|event| event["status"] == "failed")
            .count(),
        5
    );
}

#[test]
fn the_last_turn_has_no_tools() {
    let calls_a_tool = || vec![ScriptStep::Call(&[("web_search", "{}")])];
    let outcome = research(
        vec![calls_a_tool(), calls_a_tool(), answer_after(1, "enough")],
        json!({"max_tool_calls": 2}),
    );
    outcome.check();
    let requests = requests_to_a(&outcome);
    assert_eq!(
        requests
            .iter()
            .map(|body| body["tool_choice"].clone())
            .collect::<Vec<_>>(),
        [Value::Null, Value::Null, json!("none")]
    );
    assert_eq!(
        outcome.result.as_ref().unwrap().responses[0].content,
        "enough"
    );

    // If a model calls tools despite `tool_choice`, the call is repeated without tools. If the
    // model calls a tool in this repeated call too, its response counts as empty.
    let tool_sets = |outcome: &RunOutcome| {
        requests_to_a(outcome)
            .iter()
            .map(|body| {
                (
                    body.get("tools").is_some(),
                    body.get("tool_choice").is_some(),
                )
            })
            .collect::<Vec<_>>()
    };
    let outcome = research(
        vec![calls_a_tool(), calls_a_tool(), answer_after(1, "well")],
        json!({"max_tool_calls": 1}),
    );
    outcome.check();
    assert_eq!(
        (
            &*outcome.result.as_ref().unwrap().responses[0].content,
            tool_sets(&outcome)
        ),
        ("well", vec![(true, false), (true, true), (false, false)])
    );
    assert_eq!(of_type(&outcome, "warning").len(), 0);
    let outcome = research(vec![calls_a_tool()], json!({"max_tool_calls": 1}));
    outcome.check();
    assert_eq!(
        (
            outcome.result.as_ref().unwrap_err().code,
            requests_to_a(&outcome).len()
        ),
        (Code::EmptyResponse, 3)
    );
}

#[test]
fn a_retry_between_tool_turns_keeps_the_tool_results() {
    let turn = vec![
        ScriptStep::Text(1, "Hm.".into()),
        ScriptStep::Call(&[("web_search", "{}")]),
    ];
    let outcome = research(
        vec![
            turn,
            vec![ScriptStep::Status(503)],
            answer_after(1, "Here."),
        ],
        json!({}),
    );
    outcome.check();
    let requests = requests_to_a(&outcome);
    assert_eq!(
        requests
            .iter()
            .map(|body| results(body).len())
            .collect::<Vec<_>>(),
        [0, 1, 1]
    );
    let response = &outcome.result.as_ref().unwrap().responses[0];
    assert_eq!(
        (&*response.content, response.sources.len()),
        ("Hm.\n\nHere.", 1)
    );
    let deltas: String = outcome
        .events
        .iter()
        .rev()
        .take_while(|event| event["type"] != "panelist.started")
        .filter(|event| event["type"] == "panelist.delta")
        .map(|event| event["delta"].as_str().unwrap().to_owned())
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    assert_eq!(
        deltas, "Hm.\n\nHere.",
        "the events of an attempt contain its whole answer"
    );
}

#[test]
fn each_turn_has_its_own_retry_limit() {
    let (busy, search) = (
        || vec![ScriptStep::Status(503)],
        || vec![ScriptStep::Call(&[("web_search", "{}")])],
    );
    let script = |last: Vec<Vec<ScriptStep>>| {
        [vec![busy(), search(), busy(), search(), busy()], last].concat()
    };
    let outcome = research(
        script(vec![answer_after(1, "Here.")]),
        json!({"max_retries": 1}),
    );
    outcome.check();
    assert_eq!(
        (
            outcome.result.as_ref().unwrap().responses[0]
                .content
                .as_str(),
            requests_to_a(&outcome).len()
        ),
        ("Here.", 6)
    );
    let outcome = research(
        script(vec![busy(), answer_after(1, "Here.")]),
        json!({"max_retries": 1}),
    );
    assert_eq!(
        (
            outcome.result.as_ref().unwrap_err().code,
            requests_to_a(&outcome).len()
        ),
        (Code::ProviderError, 6)
    );
}

#[test]
fn a_writers_tool_calls_go_to_the_caller_unless_all_have_a_handler() {
    let request = |tools: Value| {
        json!({"messages": [{"role": "user", "content": "q"}], "convene": false, "writer": {"model": "writer", "tools": tools, "tool_choice": "required"},
        "options": {"baseURL": "http://127.0.0.1:1/v1", "toolHandlers": ["own"]}})
    };
    let both = vec![
        vec![ScriptStep::Call(&[("own", "{\"a\":1}"), ("theirs", "{}")])],
        answer_after(1, "done"),
    ];
    let both_outcome = run(
        request(json!([function_tool("own"), function_tool("theirs")])),
        &[("writer", both)],
        None,
    );
    both_outcome.check();
    let result = both_outcome.result.as_ref().unwrap();
    let calls: Vec<_> = result
        .tool_calls
        .iter()
        .map(|call| (&*call.id, &*call.name, &*call.arguments))
        .collect();
    assert_eq!(
        (calls, &*result.answer),
        (vec![("c0", "own", "{\"a\":1}"), ("c1", "theirs", "{}")], "")
    );
    assert_eq!(of_type(&both_outcome, "answer.tool_call").len(), 2);
    assert_eq!(
        value_of(&both_outcome.recorder.snapshot())["answer"]["tool_calls"][1]["name"],
        "theirs"
    );

    let own_outcome = run(
        request(json!([function_tool("own")])),
        &[(
            "writer",
            vec![
                vec![ScriptStep::Call(&[("own", "{}")])],
                answer_after(1, "done"),
            ],
        )],
        None,
    );
    let requests = own_outcome.transport.requests.borrow();
    assert_eq!(
        (
            requests[0]["tool_choice"].clone(),
            requests[1].get("tool_choice")
        ),
        (json!("required"), None)
    );
    assert_eq!(results(&requests[1]), ["own {} None"]);
    assert_eq!(own_outcome.result.as_ref().unwrap().answer, "done");
}
