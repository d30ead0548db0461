//! Decodes streams of Anthropic, OpenRouter and llama.cpp: whole, split at every byte, and cut off
//! at every byte.

use crate::count::Count;
use crate::json::{Value, json};

use super::super::{CallOutcome, Dialect, StreamPart, fixtures};
use crate::error::Code;
use crate::event::ToolStatus;
use crate::usage::Cost;

/// Thinking, an answer with all kinds of citations, and growing token counts.
const ANSWER: &[&str] = &[
    r#"{"type":"message_start","message":{"id":"msg_1","model":"claude-opus-5","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":7,"output_tokens":1}}}"#,
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
    r#"{"type":"ping"}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm \u00e9"}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}"#,
    r#"{"type":"content_block_stop","index":0}"#,
    r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":"","citations":[]}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Gr\u00fc\u00dfe 😀"}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://e.com","title":"E","cited_text":"c","encrypted_index":"i"}}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","document_title":"A","cited_text":"c"}}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"search_result_location","source":"https://f.com","title":null}}}"#,
    r#"{"type":"content_block_stop","index":1}"#,
    r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null},"usage":{"input_tokens":50,"cache_read_input_tokens":null,"output_tokens":20,"output_tokens_details":{"thinking_tokens":6}}}"#,
    r#"{"type":"message_stop"}"#,
];
/// A search, a failed search, and an opened page.
const TOOLS: &[&str] = &[
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"query\""}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":":\"q\"}"}}"#,
    r#"{"type":"content_block_stop","index":0}"#,
    r#"{"type":"content_block_start","index":1,"content_block":{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","title":"E","url":"https://e.com","encrypted_content":"x"}]}}"#,
    r#"{"type":"content_block_stop","index":1}"#,
    r#"{"type":"content_block_start","index":2,"content_block":{"type":"server_tool_use","id":"srvtoolu_2","name":"web_search","input":{"query":"r"}}}"#,
    r#"{"type":"content_block_stop","index":2}"#,
    r#"{"type":"content_block_start","index":3,"content_block":{"type":"web_search_tool_result","tool_use_id":"srvtoolu_2","content":{"type":"web_search_tool_result_error","error_code":"max_uses_exceeded"}}}"#,
    r#"{"type":"content_block_start","index":4,"content_block":{"type":"server_tool_use","id":"srvtoolu_3","name":"web_fetch","input":{"url":"https://e.com/a"}}}"#,
    r#"{"type":"content_block_stop","index":4}"#,
    r#"{"type":"content_block_start","index":5,"content_block":{"type":"web_fetch_tool_result","tool_use_id":"srvtoolu_3","content":{"type":"web_fetch_result","url":"https://e.com/a","content":{"type":"document","title":"A"}}}}"#,
    r#"{"type":"message_delta","delta":{"stop_reason":"stop_sequence"}}"#,
];
/// Signed and redacted thinking, a text, and parallel calls. The last call has no input.
const CALLS: &[&str] = &[
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"so"}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" it is"}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s1"}}"#,
    r#"{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"secret"}}"#,
    r#"{"type":"content_block_start","index":2,"content_block":{"type":"text","text":"\n"}}"#,
    r#"{"type":"content_block_start","index":3,"content_block":{"type":"text","text":"I"}}"#,
    r#"{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":" look."}}"#,
    r#"{"type":"content_block_delta","index":3,"delta":{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://e.com","title":null}}}"#,
    r#"{"type":"content_block_start","index":4,"content_block":{"type":"tool_use","id":"toolu_1","name":"own","input":{},"caller":{"type":"direct"}}}"#,
    r#"{"type":"content_block_start","index":5,"content_block":{"type":"tool_use","id":"toolu_2","name":"own","input":{}}}"#,
    r#"{"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}"#,
    r#"{"type":"content_block_delta","index":5,"delta":{"type":"input_json_delta","partial_json":"{\"b"}}"#,
    r#"{"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"1}"}}"#,
    r#"{"type":"content_block_start","index":6,"content_block":{"type":"tool_use","id":"toolu_3","name":"bare","input":{}}}"#,
    r#"{"type":"content_block_stop","index":6}"#,
    r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}"#,
    r#"{"type":"message_stop"}"#,
];
/// The result of this call is part of the next response, which is the fixture `AFTER_PAUSE`.
const PAUSE: &[&str] = &[
    r#"{"type":"message_start","message":{"id":"msg_3","model":"claude-opus-5","usage":{"input_tokens":1,"output_tokens":1}}}"#,
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"srvtoolu_1","name":"web_fetch","input":{}}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"url\":\"https://e.com\"}"}}"#,
    r#"{"type":"content_block_stop","index":0}"#,
    r#"{"type":"message_delta","delta":{"stop_reason":"pause_turn"},"usage":{"output_tokens":5}}"#,
    r#"{"type":"message_stop"}"#,
];
const AFTER_PAUSE: &[&str] = &[
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"web_fetch_tool_result","tool_use_id":"srvtoolu_1","content":{"type":"web_fetch_tool_result_error","error_code":"url_not_accessible"}}}"#,
    r#"{"type":"content_block_stop","index":0}"#,
    r#"{"type":"message_delta","delta":{"stop_reason":"model_context_window_exceeded"},"usage":{"output_tokens":5}}"#,
    r#"{"type":"message_stop"}"#,
];
const REFUSAL: &[&str] = &[
    r#"{"type":"message_start","message":{"id":"msg_4","model":"claude-opus-5","usage":{"input_tokens":4,"output_tokens":0}}}"#,
    r#"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","category":"bio","explanation":"This may do harm."}},"usage":{"output_tokens":0}}"#,
    r#"{"type":"message_stop"}"#,
];
const OVERLOADED: &[&str] = &[
    r#"{"type":"message_start","message":{"id":"msg_5","model":"claude-opus-5","usage":{"input_tokens":4,"output_tokens":1}}}"#,
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"half"}}"#,
    r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#,
];
const OPENROUTER: &[&str] = &[
    r#"{"type":"message_start","message":{"id":"gen-1","type":"message","model":"z-ai/glm-5","provider":"P","content":[],"usage":{"input_tokens":0,"output_tokens":0}}}"#,
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"","citations":null}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}"#,
    r#"{"type":"content_block_stop","index":0}"#,
    r#"{"type":"message_delta","delta":{"container":null,"stop_details":null,"stop_reason":"max_tokens","stop_sequence":null},"usage":{"input_tokens":12,"output_tokens":4,"cache_creation_input_tokens":null,"cache_read_input_tokens":null,"output_tokens_details":null,"server_tool_use":null,"cost":1.5e-7}}"#,
    r#"{"type":"message_stop","openrouter_metadata":{"attempt":1}}"#,
];
/// Recorded from llama-server, with five deltas removed.
const LLAMA_CPP: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"chatcmpl-22XcZeFGeqgVt6C7q30CDRuwMtb6xerA\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"smollm2\",\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"cache_read_input_tokens\":0,\"input_tokens\":20,\"output_tokens\":0}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"!\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" with\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":8}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);
/// Unknown events, blocks and deltas, fields of unexpected types, and a block without a start.
const ODD: &[&str] = &[
    "not json",
    r#"{"type":"message_start","message":7}"#,
    r#"{"type":"message_start","message":{"id":7,"model":"m","usage":{"input_tokens":"many","output_tokens":2}}}"#,
    r#"{"type":"content_block_start","index":"first","content_block":{"type":7}}"#,
    r#"{"type":"content_block_start","index":1,"content_block":{"type":"hologram","text":7,"citations":[7,{"url":7}]}}"#,
    r#"{"type":"content_block_delta","index":1,"delta":{"type":"light_delta","photons":3}}"#,
    r#"{"type":"content_block_delta","index":9,"delta":{"type":"text_delta","text":"\ud83d","thinking":7}}"#,
    r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"!"}}"#,
    r#"{"type":"content_block_start","content_block":{"type":"web_fetch_tool_result","tool_use_id":7,"content":"text"}}"#,
    r#"{"type":"content_block_stop","index":5}"#,
    r#"{"type":"applause"}"#,
    r#"{"type":"message_delta","delta":{"stop_reason":"bored","stop_details":"none"},"usage":{"output_tokens":3,"cost":-1,"output_tokens_details":7}}"#,
];
/// The response of a server that ignores `stream`.
const DOCUMENT: &str = r#"{"id":"msg_6","type":"message","role":"assistant","model":"claude-opus-5","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]},{"type":"text","text":"whole","citations":[{"type":"web_search_result_location","url":"https://e.com","title":"E"}]},{"type":"tool_use","id":"toolu_1","name":"own","input":{"a":1}}],"stop_reason":"tool_use","stop_details":null,"error":null,"usage":{"input_tokens":3,"output_tokens":9}}"#;

/// Returns the events as a stream with `event:` lines, as Anthropic sends it.
fn sse(events: &[&str]) -> String {
    let kind = |data: &str| {
        data.parse::<Value>()
            .ok()
            .and_then(|json| Some(json["type"].as_str()?.to_owned()))
            .unwrap_or_default()
    };
    events
        .iter()
        .map(|data| format!("event: {}\ndata: {data}\n\n", kind(data)))
        .collect()
}

fn read(stream: &str) -> (Vec<String>, CallOutcome) {
    fixtures::read(Dialect::Messages, &[stream.as_bytes()])
}

#[test]
fn anthropics_stream_yields_every_part() {
    let (parts, outcome) = read(&sse(ANSWER));
    assert_eq!(
        parts,
        [
            "Served { id: Some(\"msg_1\"), model: Some(\"claude-opus-5\") }",
            "Reasoning(\"hm é\")",
            "text Grüße 😀",
            "Source { url: \"https://e.com\", title: \"E\" }",
            "Source { url: \"https://f.com\", title: \"\" }",
        ]
    );
    assert_eq!(
        (
            outcome.finish_reason.as_deref(),
            outcome.complete,
            outcome.error
        ),
        (Some("stop"), true, None)
    );
    let usage = outcome.usage;
    assert_eq!(
        (
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.reasoning_tokens,
            usage.cost
        ),
        (
            Some(Count::from(60)),
            Some(Count::from(20)),
            Some(Count::from(6)),
            None
        )
    );
    assert!(
        outcome.calls.is_empty() && outcome.continuation.is_empty(),
        "without calls there is no continuation"
    );
}

#[test]
fn the_providers_own_tools_are_reported_and_an_opened_page_is_a_source() {
    let (parts, outcome) = read(&sse(TOOLS));
    assert_eq!(
        parts,
        [
            "Tool { name: \"web_search\", status: Started, input: \"{\\\"query\\\":\\\"q\\\"}\" }",
            "Tool { name: \"web_search\", status: Completed, input: \"{\\\"query\\\":\\\"q\\\"}\" }",
            "Tool { name: \"web_search\", status: Started, input: \"{\\\"query\\\":\\\"r\\\"}\" }",
            "Tool { name: \"web_search\", status: Failed, input: \"{\\\"query\\\":\\\"r\\\"}\" }",
            "Tool { name: \"web_fetch\", status: Started, input: \"{\\\"url\\\":\\\"https://e.com/a\\\"}\" }",
            "Tool { name: \"web_fetch\", status: Completed, input: \"{\\\"url\\\":\\\"https://e.com/a\\\"}\" }",
            "Source { url: \"https://e.com/a\", title: \"A\" }",
        ]
    );
    assert_eq!(outcome.finish_reason.as_deref(), Some("stop"));
}

#[test]
fn parts_of_calls_are_joined_and_the_continuation_has_the_whole_turn() {
    let (_, outcome) = read(&sse(CALLS));
    assert_eq!(outcome.finish_reason.as_deref(), Some("tool_calls"));
    let calls: Vec<_> = outcome
        .calls
        .iter()
        .map(|call| (&*call.id, &*call.name, &*call.arguments))
        .collect();
    assert_eq!(
        calls,
        [
            ("toolu_1", "own", "{\"a\":1}"),
            ("toolu_2", "own", "{\"b"),
            ("toolu_3", "bare", "{}")
        ]
    );
    assert_eq!(
        Value::from(outcome.continuation),
        json!([
            {"type": "thinking", "thinking": "so it is", "signature": "s1"},
            {"type": "redacted_thinking", "data": "secret"},
            {"type": "text", "text": "I look.", "citations": [{"type": "web_search_result_location", "url": "https://e.com", "title": null}]},
            {"type": "tool_use", "id": "toolu_1", "name": "own", "input": {"a": 1}, "caller": {"type": "direct"}},
            {"type": "tool_use", "id": "toolu_2", "name": "own", "input": {}},
            {"type": "tool_use", "id": "toolu_3", "name": "bare", "input": {}},
        ])
    );
}

#[test]
fn a_paused_turn_has_a_continuation() {
    let (_, outcome) = read(&sse(PAUSE));
    assert_eq!(
        (
            outcome.finish_reason.as_deref(),
            outcome.complete,
            outcome.calls.len()
        ),
        (Some("pause_turn"), true, 0)
    );
    assert_eq!(
        Value::from(outcome.continuation),
        json!([{"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_fetch", "input": {"url": "https://e.com"}}])
    );

    let (parts, outcome) = read(&sse(AFTER_PAUSE));
    assert_eq!(
        parts,
        ["Tool { name: \"web_fetch\", status: Failed, input: \"\" }"]
    );
    assert_eq!(outcome.finish_reason.as_deref(), Some("length"));
}

#[test]
fn a_refusal_has_an_explanation() {
    let (parts, outcome) = read(&sse(REFUSAL));
    assert_eq!(parts.len(), 1);
    assert_eq!(
        (outcome.finish_reason.as_deref(), &*outcome.refusal),
        (Some("content_filter"), "This may do harm.")
    );
}

#[test]
fn openrouters_cost_is_read() {
    let (_, outcome) = read(&sse(OPENROUTER));
    assert_eq!(
        (
            outcome.usage.cost,
            outcome.usage.prompt_tokens,
            outcome.usage.reasoning_tokens
        ),
        (Some(Cost(150_000)), Some(Count::from(12)), None)
    );
    assert_eq!(outcome.finish_reason.as_deref(), Some("length"));
}

#[test]
fn output_tokens_are_known_only_at_the_end() {
    for (end, tokens) in [
        ("", None),
        ("data: {\"type\":\"message_stop\"}\n\n", None),
        (
            "data: {\"type\":\"error\",\"error\":{\"message\":\"m\"}}\n\n",
            None,
        ),
        (
            "data: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":5}}\n\n",
            Some(5),
        ),
        (
            "data: {\"type\":\"error\",\"error\":{\"message\":\"m\"},\"usage\":{\"output_tokens\":5}}\n\n",
            Some(5),
        ),
    ] {
        let usage = read(&(sse(&ANSWER[..1]) + end)).1.usage;
        assert_eq!(
            (usage.prompt_tokens, usage.completion_tokens),
            (Some(Count::from(20)), tokens.map(Count::from)),
            "{end}"
        );
    }
}

#[test]
fn llama_cpps_stream_is_read() {
    let (parts, outcome) = read(LLAMA_CPP);
    assert_eq!(
        parts[0],
        "Served { id: Some(\"chatcmpl-22XcZeFGeqgVt6C7q30CDRuwMtb6xerA\"), model: Some(\"smollm2\") }"
    );
    assert_eq!(parts[1..], ["text Hello! with"]);
    assert_eq!(
        (outcome.finish_reason.as_deref(), outcome.complete),
        (Some("length"), true)
    );
    assert_eq!(
        (outcome.usage.prompt_tokens, outcome.usage.completion_tokens),
        (Some(Count::from(20)), Some(Count::from(8)))
    );
}

#[test]
fn errors_are_recognised_in_every_format() {
    let (parts, outcome) = read(&sse(OVERLOADED));
    assert_eq!((&*parts[1], outcome.complete), ("text half", false));
    assert_eq!(outcome.usage.prompt_tokens, Some(Count::from(4)));
    let error = outcome.error.unwrap();
    assert_eq!(
        (error.code, &*error.message),
        (Code::ProviderError, "Overloaded")
    );

    for (stream, code, message) in [
        (
            "data: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"m\"}}\n\n",
            Code::RateLimited,
            "m",
        ),
        (
            "data: {\"error\":{\"code\":429,\"message\":\"m\"}}\n\n",
            Code::RateLimited,
            "m",
        ),
        ("data: {\"error\":\"m\"}\n\n", Code::ProviderError, "m"),
        (
            "event: error\ndata: {\"message\":\"m\",\"code\":402}\n\n",
            Code::InsufficientCredits,
            "m",
        ),
        (
            "event: error\ndata: upstream is gone\n\n",
            Code::ProviderError,
            "upstream is gone",
        ),
        ("event: error\ndata: gone\n\n", Code::ProviderError, "gone"),
        (
            "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"error_type\":\"context_length_exceeded\",\"message\":\"m\"}}\n\n",
            Code::ContextLengthExceeded,
            "m",
        ),
    ] {
        let error = read(stream).1.error.expect(stream);
        assert_eq!((error.code, &*error.message), (code, message), "{stream}");
    }
}

#[test]
fn a_field_of_an_unexpected_type_is_skipped_alone() {
    let (parts, outcome) = read(&sse(ODD));
    let served = "Served { id: None, model: Some(\"m\") }";
    assert_eq!(
        parts,
        [
            served,
            "text \u{fffd}!",
            "Tool { name: \"web_fetch\", status: Completed, input: \"\" }"
        ]
    );
    assert_eq!(
        (outcome.finish_reason.as_deref(), outcome.complete),
        (Some("bored"), true)
    );
    assert_eq!(
        (
            outcome.usage.prompt_tokens,
            outcome.usage.completion_tokens,
            outcome.usage.cost
        ),
        (None, Some(Count::from(3)), None)
    );
}

#[test]
fn a_whole_message_decodes_like_one_large_event() {
    let mut decoder = Dialect::Messages.decoder();
    let mut parts = Vec::new();
    decoder.read("", DOCUMENT, &mut |part| parts.push(format!("{part:?}")));
    assert_eq!(
        parts,
        [
            "Served { id: Some(\"msg_6\"), model: Some(\"claude-opus-5\") }",
            "Reasoning(\"hm\")",
            "Tool { name: \"web_search\", status: Started, input: \"{\\\"query\\\":\\\"q\\\"}\" }",
            "Tool { name: \"web_search\", status: Completed, input: \"{\\\"query\\\":\\\"q\\\"}\" }",
            "Text(\"whole\")",
            "Source { url: \"https://e.com\", title: \"E\" }",
        ]
    );
    assert!(decoder.is_complete());
    let outcome = decoder.finish();
    assert_eq!(
        (
            outcome.usage.prompt_tokens,
            outcome.usage.completion_tokens,
            outcome.continuation.len()
        ),
        (Some(Count::from(3)), Some(Count::from(9)), 5)
    );
    assert_eq!(
        (
            &*outcome.calls[0].arguments,
            outcome.finish_reason.as_deref()
        ),
        ("{\"a\":1}", Some("tool_calls"))
    );

    let (_, outcome) = read(
        "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"m\"}}",
    );
    assert_eq!(outcome.error, None, "a body without `data:` has no events");
    let mut decoder = Dialect::Messages.decoder();
    decoder.read(
        "",
        "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"m\"}}",
        &mut |_| {},
    );
    assert_eq!(decoder.finish().error.unwrap().code, Code::Authentication);
}

#[test]
fn the_response_is_complete_at_the_stop_reason_and_done_at_message_stop() {
    let mut decoder = Dialect::Messages.decoder();
    let mut states = Vec::new();
    for data in REFUSAL {
        decoder.read("", data, &mut |_| {});
        states.push((decoder.is_complete(), decoder.is_done()));
    }
    assert_eq!(states, [(false, false), (true, false), (true, true)]);

    for word in ["[DONE]", " [DONE] "] {
        let mut decoder = Dialect::Messages.decoder();
        decoder.read("", word, &mut |_| {});
        assert!(
            decoder.is_complete() && decoder.is_done(),
            "[DONE] ends this dialect too"
        );
    }
}

/// Returns the start of a call of a provider's tool, with an input of `length` bytes.
fn hosted_call(index: usize, id: &str, length: usize) -> String {
    let block = json!({"type": "server_tool_use", "id": id, "name": "web_search", "input": {"q": "x".repeat(length)}});
    json!({"type": "content_block_start", "index": index, "content_block": block}).to_string()
}

fn hosted_result(index: usize, id: &str) -> String {
    let block = json!({"type": "web_search_tool_result", "tool_use_id": id, "content": []});
    json!({"type": "content_block_start", "index": index, "content_block": block}).to_string()
}

/// Returns the reported statuses, and the total length of the reported inputs.
fn tool_reports(events: &[String]) -> (Vec<ToolStatus>, usize) {
    let mut decoder = Dialect::Messages.decoder();
    let (mut statuses, mut length) = (Vec::new(), 0);
    for data in events {
        decoder.read("", data, &mut |part| {
            if let StreamPart::Tool { status, input, .. } = part {
                statuses.push(status);
                length += input.len();
            }
        });
    }
    (statuses, length)
}

#[test]
fn a_call_is_reported_once_at_its_start_and_once_at_its_end() {
    let mut events = vec![hosted_call(0, "a", 10_000)];
    let stop = json!({"type": "content_block_stop", "index": 0}).to_string();
    for index in 1..100 {
        events.extend([stop.clone(), hosted_result(index, "a"), stop.clone()]);
    }
    let (statuses, length) = tool_reports(&events);
    assert_eq!(statuses, [ToolStatus::Started, ToolStatus::Completed]);
    assert!(length < 21_000, "{length}");

    let document = json!({"type": "message", "content": vec![json!({"type": "server_tool_use", "id": "a", "name": "web_search", "input": {}}); 3_000]});
    assert_eq!(
        tool_reports(&[document.to_string()]).0.len(),
        super::MAX_BLOCKS
    );
}

#[test]
fn results_without_a_call_take_linear_time_up_to_the_limit_of_blocks() {
    let mut events: Vec<_> = (0..400)
        .map(|index| hosted_call(index, &format!("a{index}"), 20_000))
        .collect();
    events.extend((400..8_400).map(|index| hosted_result(index, "z")));
    assert_eq!(tool_reports(&events).0.len(), super::MAX_BLOCKS - 400);
}

fn streams() -> Vec<String> {
    let mut streams: Vec<_> = [
        ANSWER,
        TOOLS,
        CALLS,
        PAUSE,
        AFTER_PAUSE,
        REFUSAL,
        OVERLOADED,
        OPENROUTER,
        ODD,
    ]
    .map(sse)
    .into();
    // Some proxies send no `event:` lines, end the stream with `[DONE]`, or use CRLF.
    streams.push(
        OPENROUTER
            .iter()
            .map(|data| format!("data: {data}\r\n\r\n"))
            .collect::<String>()
            + "data: [DONE]\r\n\r\n",
    );
    streams.push(format!("data: {DOCUMENT}\n\n"));
    streams.push(LLAMA_CPP.to_owned());
    streams
}

#[test]
fn every_fixture_decodes_the_same_at_every_byte_split() {
    streams()
        .iter()
        .for_each(|stream| fixtures::reads_the_same_at_every_split(Dialect::Messages, stream));
}

#[test]
fn truncated_and_broken_streams_cause_no_panic() {
    streams()
        .iter()
        .for_each(|stream| fixtures::survives_damage(Dialect::Messages, stream));
}
