//! Tests answers with invented links, unreadable chunks, or too much text.

use super::analyst_replies::{
    ANALYSIS, last_message, of, requests_to, scripts_with_analyst, warnings,
};
use super::harness::{answer_after, request, run, scripts};
use super::scripted_provider::ScriptStep;
use crate::error::Code;
use crate::json::{Value, json};

#[test]
fn unknown_links_cause_a_warning_if_the_run_has_research_tools() {
    let links =
        "See https://made.up/page and [yours](https://yours.example/#top), https://system.example.";
    let request_with = |tools: Value| {
        request(
            json!({"tools": tools, "writer": {"model": "writer", "system": "Cite http://system.example/"},
        "prompt": "What does https://yours.example say?"}),
        )
    };
    let mut all_scripts = scripts_with_analyst(vec![answer_after(1, ANALYSIS)]);
    // A link in a panelist's text is not a source.
    all_scripts[0].1 = vec![answer_after(1, "Sources:\n- https://made.up/page")];
    all_scripts[4].1 = vec![answer_after(1, links)];
    let researched = run(
        request_with(json!([{"type": "openrouter:web_search"}])),
        &all_scripts,
        None,
    );
    assert_eq!(warnings(&researched), ["unknown_source"]);
    assert!(
        of(&researched, "warning")[0]["message"]
            .as_str()
            .unwrap()
            .ends_with(": https://made.up/page")
    );
    assert_eq!(
        researched.events.last().unwrap()["result"]["sources"],
        json!([])
    );
    assert!(!last_message(&requests_to(&researched, "analyst")[0]).contains("<sources-"));
    let offline = run(request_with(json!([])), &all_scripts, None);
    assert_eq!(warnings(&offline), Vec::<&str>::new());
}

#[test]
fn an_unreadable_chunk_is_a_warning_and_a_stream_of_only_those_fails() {
    let cut = "data: {\"choices\":[{\"delta\":{\"content\":\"NOT more, \n\n";
    let broken = vec![
        ScriptStep::Text(1, "Take 5 mg, ".into()),
        ScriptStep::Send(cut.into()),
        ScriptStep::Text(1, "daily.".into()),
        ScriptStep::Finish,
    ];
    let noise = vec![ScriptStep::Send(format!("{cut}data: [DONE]\n\n"))];
    let pinged = vec![
        ScriptStep::Send("data: ping\n\ndata:\n\n".into()),
        ScriptStep::Text(1, "three".into()),
        ScriptStep::Finish,
    ];
    let outcome = run(
        request(json!({"max_retries": 0})),
        &scripts(vec![broken], vec![noise], vec![pinged]),
        None,
    );
    outcome.check();
    let warned: Vec<_> = outcome
        .events
        .iter()
        .filter(|event| event["type"] == "warning")
        .map(|event| &event["code"])
        .collect();
    let result = outcome.result.as_ref().unwrap();
    assert_eq!(
        (warned, &*result.responses[0].content),
        (
            vec![&json!("damaged_answer"), &json!("degraded_panel")],
            "Take 5 mg, daily."
        )
    );
    assert_eq!(result.failed_models[0].code, Code::ProviderError);
}

#[test]
fn an_answer_above_the_size_limit_fails_and_keeps_its_text() {
    let million = "x".repeat(1_000_000);
    let chunk = |delta: Value| {
        ScriptStep::Send(format!(
            "data: {}\n\n",
            json!({"choices": [{"delta": delta}]})
        ))
    };
    let nine_chunks = |delta: Value| {
        vec![
            (0..9)
                .map(|_| chunk(delta.clone()))
                .chain([ScriptStep::Finish])
                .collect::<Vec<_>>(),
        ]
    };
    let call = json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": &million}}]});
    let scripts = scripts(
        nine_chunks(json!({"content": &million})),
        nine_chunks(json!({"reasoning": &million})),
        nine_chunks(call),
    );
    let outcome = run(request(json!({"max_retries": 0})), &scripts, None);
    outcome.check();
    let partial_sizes: Vec<_> = outcome
        .recorder
        .snapshot()
        .partial
        .iter()
        .map(|partial| (partial.index, partial.content.len()))
        .collect();
    assert_eq!(partial_sizes, [(Some(0), 8_000_000)]);
    let failures: Vec<_> = outcome
        .events
        .iter()
        .filter(|event| event["type"] == "panelist.failed")
        .map(|event| &event["error"])
        .collect();
    assert_eq!(failures.len(), 3);
    let expected = "an answer has more than 8388608 bytes of text";
    assert!(
        failures
            .iter()
            .all(|error| error["code"] == "provider_error"
                && error["message"].as_str().unwrap().contains(expected)),
        "{failures:?}"
    );
}
