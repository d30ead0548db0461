//! Decodes streams of OpenAI, OpenRouter, llama.cpp and others. Each stream is decoded as a whole,
//! split at every byte, and cut off at every byte.

use super::stream::{self, fixture};
use crate::count::Count;
use crate::error::Code;
use crate::json::{Value, json};
use crate::provider::dialect::{CallOutcome, Dialect};
use crate::usage::Cost;

/// Reasoning in two parts, a search, an opened page, and an answer with a citation.
const OPENAI: &str = fixture!("responses/openai-web-search.sse");
/// A stream of OpenRouter with server tools, a nested citation and a cost. The event names are
/// those of OpenRouter's documentation. Only the final response contains the last message.
const OPENROUTER: &str = fixture!("responses/openrouter-server-tools.sse");
/// Two parallel calls with interleaved deltas. The reasoning before them must be sent back together
/// with the results of the calls.
const PARALLEL_CALLS: &str = fixture!("responses/parallel-calls.sse");
const REFUSAL: &str = fixture!("responses/refusal-repeated.sse");
/// No indexes, a different id in each event, CRLF, a BOM, and an incomplete response.
const NO_INDEXES: &str = fixture!("responses/no-indexes.sse");
/// Events with fields of unexpected types, or with unknown types.
const UNEXPECTED_TYPES: &str = fixture!("responses/unexpected-types.sse");
/// A whole response, from a server that ignores `stream` or sends nothing before the end.
const WHOLE_RESPONSE: &str = fixture!("responses/whole-response.json");
const FAILED: &str = fixture!("responses/failed.sse");
/// Recorded from llama.cpp, which sends ids of items but no indexes.
const LLAMA_TOOLS: &str = fixture!("responses/llama-tools.sse");

/// The maximum number of items that the decoder stores.
const MAX_ITEMS: usize = 1_000;

fn read(stream: &str) -> (Vec<String>, CallOutcome) {
    stream::read(Dialect::Responses, &[stream.as_bytes()])
}

/// Decodes a response twice: as a whole document, and as the last event of a stream. Fails if the
/// results differ.
fn read_document(document: &str) -> (Vec<String>, CallOutcome) {
    let last = format!("data: {{\"type\":\"response.completed\",\"response\":{document}}}\n\n");
    let whole = read(&format!("data: {document}\n\n"));
    assert_eq!(read(&last), whole);
    whole
}

fn tool(name: &str, status: &str, input: &str) -> String {
    format!("Tool {{ name: \"{name}\", status: {status}, input: {input:?} }}")
}

fn source(url: &str, title: &str) -> String {
    format!("Source {{ url: \"{url}\", title: \"{title}\" }}")
}

fn reasoning(text: &str) -> String {
    format!("Reasoning({text:?})")
}

fn metadata(id: Option<&str>, model: Option<&str>) -> String {
    format!("Metadata {{ id: {id:?}, model: {model:?} }}")
}

#[test]
fn openais_stream_yields_every_part_once() {
    let (parts, outcome) = read(OPENAI);
    let expected = [
        metadata(Some("resp_1"), Some("gpt-x-1")),
        reasoning("Plan"),
        reasoning("\n\n"),
        reasoning("Do"),
        tool("web_search", "Started", ""),
        tool(
            "web_search",
            "Completed",
            r#"{"query":"q","queries":["q"]}"#,
        ),
        tool("web_search", "Started", ""),
        tool("web_search", "Completed", r#"{"url":"https://o.com"}"#),
        source("https://o.com", ""),
        "text Grüße 😀 \"a\"\n".to_owned(),
        source("https://c.com", "C"),
    ];
    assert_eq!(parts, expected);
    assert_eq!(
        (
            outcome.finish_reason.as_deref(),
            outcome.is_complete,
            outcome.error
        ),
        (Some("stop"), true, None)
    );
    assert_eq!(
        (
            outcome.usage.prompt_tokens,
            outcome.usage.completion_tokens,
            outcome.usage.reasoning_tokens
        ),
        (
            Some(Count::from(30)),
            Some(Count::from(9)),
            Some(Count::from(4))
        )
    );
    assert!(
        outcome
            .continuation
            .iter()
            .any(|item| item["encrypted_content"].is_string()),
        "encrypted reasoning is sent back with a plain answer too"
    );
}

#[test]
fn openrouters_stream_yields_its_tools_and_the_items_of_the_final_response() {
    let (parts, outcome) = read(OPENROUTER);
    let expected = [
        metadata(Some("gen-1"), Some("a/b")),
        tool(
            "openrouter:web_fetch",
            "Started",
            r#"{"url":"https://e.com/1"}"#,
        ),
        tool(
            "openrouter:web_fetch",
            "Completed",
            r#"{"url":"https://e.com/1"}"#,
        ),
        source("https://e.com/1", "One"),
        tool(
            "openrouter:web_fetch",
            "Failed",
            r#"{"url":"https://e.com/2"}"#,
        ),
        tool("openrouter:datetime", "Completed", r#"{"timezone":"UTC"}"#),
        reasoning("hm"),
        "text Once upon".to_owned(),
        source("https://f.com", "F"),
        tool("openrouter:web_search", "Completed", r#"{"query":"late"}"#),
    ];
    assert_eq!(parts, expected);
    assert_eq!(
        (outcome.usage.cost, outcome.finish_reason.as_deref()),
        (Some(Cost(150_000)), Some("stop"))
    );
}

#[test]
fn llama_cpps_streams_and_documents_are_read() {
    let (parts, outcome) = read(LLAMA_TOOLS);
    let id = "resp_N5VZ88FGplGShQMXdmPrhpcr94F8HANs";
    assert_eq!(
        parts,
        [
            metadata(Some(id), None),
            metadata(Some(id), Some("smollm2"))
        ]
    );
    assert_eq!(
        (&*outcome.calls[0].name, &*outcome.calls[0].arguments),
        ("web_search", "{\"query\": \"sky\"}")
    );
    assert_eq!(
        (
            outcome.calls.len(),
            outcome.finish_reason.as_deref(),
            outcome.is_complete
        ),
        (1, Some("tool_calls"), true)
    );
    assert_eq!(
        (outcome.usage.prompt_tokens, outcome.usage.completion_tokens),
        (Some(Count::from(333)), Some(Count::from(31)))
    );

    let (parts, outcome) = read(fixture!("responses/llama-reasoning.sse"));
    let last_reasoning: Vec<_> = parts
        .iter()
        .filter_map(|part| part.strip_prefix("Reasoning(\"")?.strip_suffix("\")"))
        .collect();
    assert_eq!(
        (&*last_reasoning.concat(), &*parts[parts.len() - 2]),
        ("They ask for skies.\\n", "text I like skies.")
    );
    assert!(outcome.is_complete);

    let (parts, outcome) = read_document(fixture!("responses/llama-document.json"));
    assert_eq!(
        (&*parts[1], outcome.finish_reason.as_deref()),
        ("text Hello! I's", Some("stop"))
    );
}

#[test]
fn parts_of_calls_are_joined_and_the_continuation_has_the_whole_turn() {
    let (parts, outcome) = read(PARALLEL_CALLS);
    assert!(parts.is_empty(), "{parts:?}");
    let calls: Vec<_> = outcome
        .calls
        .iter()
        .map(|call| (&*call.id, &*call.name, &*call.arguments))
        .collect();
    assert_eq!(
        calls,
        [
            ("call_1", "web_search", "{\"query\":\"é\"}"),
            ("call_2", "web_fetch", "{\"url\":1}")
        ]
    );
    assert_eq!(outcome.finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(
        outcome
            .continuation
            .iter()
            .map(|item| &item["id"])
            .collect::<Vec<_>>(),
        ["rs_1", "fc_1", "fc_2"]
    );
    assert_eq!(
        outcome.continuation[0],
        json!({"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "secret"})
    );

    let without_thinking = PARALLEL_CALLS.replace("\"reasoning\"", "\"message\"");
    assert!(
        read(&without_thinking).1.continuation.is_empty(),
        "messages and calls are rebuilt from the step"
    );
}

#[test]
fn a_refusal_is_read_once() {
    let (parts, outcome) = read(REFUSAL);
    assert_eq!(
        (
            parts.len(),
            &*outcome.refusal,
            outcome.finish_reason.as_deref()
        ),
        (0, "I cannot.", Some("stop"))
    );
}

#[test]
fn texts_without_indexes_are_read_once() {
    let (parts, outcome) = read(NO_INDEXES);
    assert_eq!(parts, [reasoning("r"), "text half".to_owned()]);
    assert_eq!(
        (outcome.finish_reason.as_deref(), outcome.is_complete),
        (Some("length"), true)
    );
    assert_eq!(
        (
            outcome.usage.prompt_tokens,
            outcome.usage.completion_tokens,
            outcome.usage.cost
        ),
        (Some(Count::from(1)), Some(Count::from(2)), None)
    );
}

/// Returns the events as a stream.
fn stream_of(events: &[Value]) -> String {
    events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect()
}

#[test]
fn every_event_is_matched_to_its_item() {
    let message = |id: &str, text: &str| json!({"type": "message", "id": id, "content": [{"type": "output_text", "text": text}]});
    let done = |item: Value| json!({"type": "response.output_item.done", "item": item});
    let delta = |id: &str, arguments: &str| json!({"type": "response.function_call_arguments.delta", "item_id": id, "delta": arguments});
    let completed =
        |output: Value| json!({"type": "response.completed", "response": {"output": output}});
    let call = |id: &str, call_id: &str, arguments: &str| {
        json!({
            "type": "function_call", "id": id, "call_id": call_id, "name": "f",
            "arguments": arguments
        })
    };
    let calls = |events: &[Value]| -> Vec<(String, String)> {
        read(&stream_of(events))
            .1
            .calls
            .into_iter()
            .map(|call| (call.id, call.arguments))
            .collect()
    };
    let pair = |id: &str, arguments: &str| (id.to_owned(), arguments.to_owned());

    let text = json!({"type": "response.output_text.delta", "delta": "one"});
    let (parts, _) = read(&stream_of(&[
        text,
        done(message("a", "one")),
        done(message("b", " two")),
    ]));
    assert_eq!(
        parts,
        ["text one\n\n two"],
        "a completed item gets no further text"
    );

    let part = json!({"type": "response.content_part.done", "part": {"type": "reasoning_text", "text": "hm"}});
    let thinking = json!({"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]});
    let (parts, _) = read(&stream_of(&[part, done(thinking)]));
    assert_eq!(
        parts,
        [reasoning("hm")],
        "a reasoning part is not part of a message"
    );

    let mixed = [
        delta("x", "1"),
        delta("y", "2"),
        delta("x", "1"),
        completed(json!([call("x", "c1", ""), call("y", "c2", "")])),
    ];
    assert_eq!(calls(&mixed), [pair("c1", "11"), pair("c2", "2")]);

    let added = json!({"type": "response.output_item.added", "item": call("x", "c1", "")});
    let renamed = [
        added,
        delta("x", "{"),
        completed(json!([call("z", "c1", "{}")])),
    ];
    assert_eq!(
        calls(&renamed),
        [pair("c1", "{}")],
        "a call is identified by its `call_id`"
    );
}

#[test]
fn failed_tools_are_recognised_in_every_format() {
    let item = |name: &str, value: Value| {
        let mut item =
            json!({"type": "openrouter:web_fetch", "status": "completed", "url": "https://e.com"});
        item[name] = value;
        read(&stream_of(&[
            json!({"type": "response.output_item.done", "item": item}),
        ]))
        .0
        .len()
    };
    assert_eq!(item("httpStatus", 204.into()), 2, "the page is a source");
    for (name, value) in [
        ("httpStatus", json!(404)),
        ("error", json!("gone")),
        ("status", json!("failed")),
        ("status", json!("incomplete")),
    ] {
        assert_eq!(item(name, value.clone()), 1, "{name} {value}");
    }
}

#[test]
fn a_field_of_an_unexpected_type_is_skipped_alone() {
    let (parts, outcome) = read(UNEXPECTED_TYPES);
    assert_eq!(
        parts,
        [
            "text parts\u{fffd}".to_owned(),
            tool("web_search", "Completed", "")
        ]
    );
    assert_eq!(
        (
            outcome.is_complete,
            outcome.error,
            outcome.usage.prompt_tokens
        ),
        (true, None, None)
    );
}

#[test]
fn a_whole_response_decodes_completely() {
    let (parts, outcome) = read_document(WHOLE_RESPONSE);
    let expected = [
        metadata(Some("resp_1"), Some("m")),
        reasoning("think"),
        reasoning("\n\n"),
        reasoning("again"),
        tool(
            "web_search",
            "Failed",
            r#"{"url":"https://p.com","pattern":"x"}"#,
        ),
        source("https://c.com", "C"),
        "text whole answer".to_owned(),
    ];
    assert_eq!(parts[..5], expected[..5]);
    assert!(parts.contains(&expected[5]));
    assert_eq!(
        outcome
            .calls
            .iter()
            .map(|call| (&*call.id, &*call.name))
            .collect::<Vec<_>>(),
        [("call_1", "f"), ("fc_2", "g")]
    );
    assert_eq!(outcome.finish_reason.as_deref(), Some("tool_calls"));

    let (parts, outcome) =
        read_document(r#"{"object":"response","output":[],"output_text":"text"}"#);
    assert_eq!(
        (parts, outcome.finish_reason.as_deref()),
        (vec!["text text".to_owned()], Some("stop"))
    );
    let (_, outcome) = read(r#"data: {"object":"response","status":"in_progress","output":[]}"#);
    assert!(
        !outcome.is_complete,
        "a response in progress is not complete"
    );
}

#[test]
fn every_status_maps_to_a_finish_reason() {
    let end = |response: Value| {
        let (_, outcome) = read(&format!(
            "data: {}\n\n",
            json!({"type": "response.incomplete", "response": response})
        ));
        (outcome.finish_reason.unwrap(), outcome.is_complete)
    };
    let incomplete =
        |reason: &str| json!({"status": "incomplete", "incomplete_details": {"reason": reason}});
    assert_eq!(
        end(incomplete("max_output_tokens")),
        ("length".to_owned(), true)
    );
    assert_eq!(
        end(incomplete("content_filter")),
        ("content_filter".to_owned(), true)
    );
    assert_eq!(end(incomplete("pondering")), ("pondering".to_owned(), true));
    assert_eq!(
        end(json!({"incomplete_details": null})),
        ("length".to_owned(), true)
    );

    let (_, outcome) =
        read("data: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\ndata: [DONE]\n\n");
    assert!(outcome.is_complete);
    let (_, outcome) = read("data: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\n");
    assert!(!outcome.is_complete, "cut off");
}

#[test]
fn every_error_format_ends_the_answer() {
    let (parts, outcome) = read(FAILED);
    assert_eq!(
        parts[..],
        ["text half".to_owned(), metadata(Some("resp_1"), None)]
    );
    let error = outcome.error.unwrap();
    assert_eq!(
        (
            error.code,
            &*error.message,
            outcome.is_complete,
            outcome.usage.prompt_tokens
        ),
        (Code::RateLimited, "m", false, Some(Count::from(5)))
    );

    let shapes = [
        r#"data: {"type":"error","code":"server_error","message":"m","param":null,"sequence_number":2}"#,
        r#"data: {"type":"error","error":{"code":"server_error","message":"m"}}"#,
        r#"data: {"type":"response.error","error":{"code":"server_error","message":"m"}}"#,
        r#"data: {"type":"response.failed","response":{"error":{"code":"server_error","message":"m"}}}"#,
        r#"data: {"type":"response.failed","error":{"code":"server_error","message":"m"}}"#,
        r#"data: {"type":"response.completed","response":{"status":"failed","error":{"message":"m"},"output":[]}}"#,
        r#"data: {"error":{"code":500,"message":"m","type":"server_error"}}"#,
        "event: error\ndata: {\"code\":500,\"message\":\"m\",\"type\":\"server_error\"}",
        r#"data: {"object":"response","status":"failed","error":{"code":"server_error","message":"m"},"output":[]}"#,
    ];
    for shape in shapes {
        let (parts, outcome) = read(&format!(
            "{shape}\n\ndata: {{\"type\":\"response.output_text.delta\",\"delta\":\"x\"}}\n\n"
        ));
        let error = outcome
            .error
            .unwrap_or_else(|| panic!("no error in {shape}"));
        assert_eq!(
            (
                error.code,
                &*error.message,
                outcome.is_complete,
                parts.len()
            ),
            (Code::ProviderError, "m", false, 0),
            "{shape}"
        );
    }
    let (_, outcome) = read(
        r#"data: {"type":"response.cancelled","response":{"status":"cancelled","error":null}}"#,
    );
    assert!(outcome.error.is_some());
    let (_, outcome) =
        read(r#"data: {"error":{"message":"m"},"usage":{"input_tokens":5,"cost":0.7}}"#);
    assert_eq!(
        (outcome.usage.prompt_tokens, outcome.usage.cost),
        (Some(Count::from(5)), Cost::parse("0.7")),
        "usage next to an error counts"
    );
}

#[test]
fn items_beyond_the_limit_are_ignored() {
    let item = "data: {\"type\":\"response.output_item.added\",\"item\":{\"type\":\"function_call\",\"name\":\"f\"}}\n\n";
    let (_, outcome) = read(&item.repeat(50_000));
    assert_eq!(outcome.calls.len(), MAX_ITEMS);

    let more = |items: usize| {
        r#"{"type":"q","id":"z"},"#.repeat(items)
            + r#"{"type":"message","content":[{"text":"hi"}]}"#
    };
    let seen_text = |items: usize| {
        read_document(&format!("{{\"output\":[{}]}}", more(items)))
            .0
            .len()
    };
    assert_eq!(
        (seen_text(MAX_ITEMS - 1), seen_text(MAX_ITEMS)),
        (1, 0),
        "the limit applies to the final response too"
    );
}

#[test]
fn every_fixture_decodes_the_same_at_every_byte_split() {
    stream::every_fixture_reads_the_same_at_every_split(Dialect::Responses);
}

#[test]
fn truncated_and_broken_streams_cause_no_panic() {
    stream::every_fixture_survives_damage(Dialect::Responses);
}
