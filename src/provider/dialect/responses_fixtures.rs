//! Decodes streams of OpenAI, OpenRouter, llama.cpp and others: whole, split at every byte, and cut
//! off at every byte.

use crate::count::Count;
use crate::json::{Value, json};

use super::super::{CallOutcome, Dialect, fixtures};
use crate::error::Code;
use crate::usage::Cost;

macro_rules! sse {
    ($($event:literal,)*) => { concat!($("data: ", $event, "\n\n"),*) };
}

/// Reasoning in two parts, a search, an opened page, and an answer with a citation.
const OPENAI: &str = r#"event: response.created
data: {"type":"response.created","response":{"id":"resp_1","status":"in_progress","model":"gpt-x-1"}}

event: response.output_item.added
data: {"type":"response.output_item.added","output_index":0,"item":{"id":"r","type":"reasoning","summary":[]}}

data: {"type":"response.reasoning_summary_text.delta","item_id":"r","output_index":0,"summary_index":0,"delta":"Plan"}

data: {"type":"response.reasoning_summary_text.delta","item_id":"r","output_index":0,"summary_index":1,"delta":"Do"}

data: {"type":"response.output_item.done","output_index":0,"item":{"id":"r","type":"reasoning","encrypted_content":"g","summary":[{"type":"summary_text","text":"Plan"},{"type":"summary_text","text":"Do"}]}}

event: response.output_item.added
data: {"type":"response.output_item.added","output_index":1,"item":{"id":"w1","type":"web_search_call","status":"in_progress"}}

data: {"type":"response.web_search_call.in_progress","output_index":1,"item_id":"w1"}

data: {"type":"response.web_search_call.completed","output_index":1,"item_id":"w1"}

data: {"type":"response.output_item.done","output_index":1,"item":{"id":"w1","type":"web_search_call","status":"completed","action":{"type":"search","query":"q","queries":["q"],"sources":[{"type":"url","url":"https://f.com"}]}}}

data: {"type":"response.web_search_call.searching","output_index":2,"item_id":"w2"}

data: {"type":"response.output_item.done","output_index":2,"item":{"id":"w2","type":"web_search_call","status":"completed","action":{"type":"open_page","url":"https://o.com"}}}

event: response.output_item.added
data: {"type":"response.output_item.added","output_index":3,"item":{"id":"m","type":"message"}}

data: {"type":"response.output_text.delta","item_id":"m","output_index":3,"content_index":0,"delta":"Grüße 😀"}

data: {"type":"response.output_text.delta","item_id":"m","output_index":3,"content_index":0,"delta":" \"a\"\n"}

data: {"type":"response.output_text.annotation.added","item_id":"m","output_index":3,"content_index":0,"annotation":{"type":"url_citation","title":"C","url":"https://c.com"}}

data: {"type":"response.output_text.done","item_id":"m","output_index":3,"content_index":0,"text":"Grüße 😀 \"a\"\n"}

data: {"type":"response.content_part.done","item_id":"m","output_index":3,"content_index":0,"part":{"type":"output_text","text":"Grüße 😀 \"a\"\n"}}

data: {"type":"response.output_item.done","output_index":3,"item":{"id":"m","type":"message","content":[{"type":"output_text","text":"Grüße 😀 \"a\"\n"}]}}

data: {"type":"response.completed","response":{"id":"resp_1","status":"completed","error":null,"output":[{"id":"r","type":"reasoning","summary":[{"type":"summary_text","text":"Plan"},{"type":"summary_text","text":"Do"}]},{"id":"w1","type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}},{"id":"w2","type":"web_search_call","status":"completed","action":{"type":"open_page","url":"https://o.com"}},{"id":"m","type":"message","content":[{"type":"output_text","text":"Grüße 😀 \"a\"\n"}]}],"usage":{"input_tokens":30,"output_tokens":9,"output_tokens_details":{"reasoning_tokens":4}}}}

"#;

/// OpenRouter: server tools, the event names of its documentation, a nested citation, and a cost.
/// Only the final response contains the last message.
const OPENROUTER: &str = r#": OPENROUTER PROCESSING

data: {"type":"response.created","response":{"id":"gen-1","model":"a/b","status":"in_progress"}}

data: {"type":"response.output_item.added","output_index":0,"item":{"type":"openrouter:web_fetch","id":"wf_1","status":"in_progress","url":"https://e.com/1"}}

data: {"type":"response.output_item.done","output_index":0,"item":{"type":"openrouter:web_fetch","id":"wf_1","status":"completed","url":"https://e.com/1","title":"One","httpStatus":200}}

data: {"type":"response.output_item.done","output_index":1,"item":{"type":"openrouter:web_fetch","id":"wf_2","status":"completed","url":"https://e.com/2","error":"HTTP 404","httpStatus":404}}

data: {"type":"response.output_item.done","output_index":2,"item":{"type":"openrouter:datetime","id":"dt_1","status":"completed","arguments":"{\"timezone\":\"UTC\"}"}}

data: {"type":"response.reasoning_text.delta","output_index":3,"item_id":"rs_1","content_index":0,"delta":"hm"}

data: {"type":"response.content_part.delta","output_index":4,"content_index":0,"delta":"Once "}

data: {"type":"response.content_part.delta","output_index":4,"content_index":0,"delta":{"type":"output_text","text":"upon"}}

data: {"type":"response.output_text.annotation.added","annotation":{"type":"url_citation","url_citation":{"url":"https://f.com","title":"F"}}}

data: {"type":"response.done","response":{"id":"gen-1","status":"completed","output":[{"type":"openrouter:web_search","id":"ws_1","status":"completed","action":{"type":"search","query":"late"}},{"type":"message","id":"msg_other","content":[{"type":"output_text","text":"Once upon"}]}],"usage":{"input_tokens":3,"output_tokens":2,"cost":1.5e-7}}}

data: [DONE]

"#;

/// Two parallel calls with interleaved deltas, after reasoning that must be sent back with their
/// results.
const CALLS: &str = sse![
    r#"{"type":"response.output_item.done","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"secret"}}"#,
    r#"{"type":"response.output_item.added","output_index":1,"item":{"id":"fc_1","type":"function_call","status":"in_progress","call_id":"call_1","name":"web_search","arguments":""}}"#,
    r#"{"type":"response.output_item.added","output_index":2,"item":{"id":"fc_2","type":"function_call","status":"in_progress","call_id":"call_2","name":"web_fetch","arguments":""}}"#,
    r#"{"type":"response.function_call_arguments.delta","item_id":"fc_2","output_index":2,"delta":"{\"url\""}"#,
    r#"{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"{\"query\":"}"#,
    r#"{"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":1,"arguments":"{\"query\":\"é\"}"}"#,
    r#"{"type":"response.output_item.done","output_index":1,"item":{"id":"fc_1","type":"function_call","status":"completed","call_id":"call_1","name":"web_search","arguments":"{\"query\":\"é\"}"}}"#,
    r#"{"type":"response.output_item.done","output_index":2,"item":{"id":"fc_2","type":"function_call","status":"completed","call_id":"call_2","name":"web_fetch","arguments":{"url":1}}}"#,
    r#"{"type":"response.completed","response":{"status":"completed","output":[{"id":"rs_1","type":"reasoning","summary":[]},{"id":"fc_1","type":"function_call","call_id":"call_1","name":"web_search","arguments":"{\"query\":\"é\"}"},{"id":"fc_9","type":"function_call","call_id":"call_2","name":"web_fetch","arguments":"{\"url\":1}"}]}}"#,
];

const REFUSAL: &str = sse![
    r#"{"type":"response.refusal.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"I can"}"#,
    r#"{"type":"response.refusal.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"not."}"#,
    r#"{"type":"response.refusal.done","item_id":"msg_1","output_index":0,"content_index":0,"refusal":"I cannot."}"#,
    r#"{"type":"response.output_item.done","output_index":0,"item":{"id":"msg_1","type":"message","content":[{"type":"refusal","refusal":"I cannot."}]}}"#,
    r#"{"type":"response.completed","response":{"status":"completed","output":[{"id":"msg_1","type":"message","content":[{"type":"refusal","refusal":"I cannot."}]}]}}"#,
];

/// No indexes, a different id in each event, CRLF, a BOM, and an incomplete response.
const LOOSE: &str = "\u{feff}data: {\"type\":\"response.reasoning.delta\",\"delta\":\"r\"}\r\n\r\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"a\",\"delta\":\"ha\"}\r\n\r\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"b\",\"delta\":\"lf\"}\r\n\r\ndata: {\"type\":\"response.output_text.done\",\"item_id\":\"c\",\"text\":\"half\"}\r\n\r\ndata: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"message\",\"id\":\"d\",\"content\":[{\"type\":\"output_text\",\"text\":\"half\"}]}}\r\n\r\ndata: {\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"max_output_tokens\"},\"output\":[{\"type\":\"message\",\"id\":\"e\",\"content\":[{\"type\":\"output_text\",\"text\":\"half\"}]}],\"usage\":{\"input_tokens\":1.0,\"output_tokens\":2,\"cost\":-1}}}\r\n\r\n";

/// Events with fields of unexpected types, or with unknown types.
const ODD: &str = sse![
    r#"not json"#,
    r#"{"type":7,"delta":"x"}"#,
    r#"[1]"#,
    r#"{"type":"response.unheard_of","delta":"x","error":{"message":"of something else"}}"#,
    r#"{"type":"response.output_item.added","output_index":-1,"item":"x"}"#,
    r#"{"type":"response.output_item.done","item":{"type":"message","content":"x"}}"#,
    r#"{"type":"response.output_text.delta","output_index":"0","content_index":{},"delta":"par"}"#,
    r#"{"type":"response.output_text.delta","output_index":"0","delta":7}"#,
    r#"{"type":"response.output_text.delta","delta":"ts\ud83d"}"#,
    r#"{"type":"response.output_text.annotation.added","annotation":[7]}"#,
    r#"{"type":"response.content_part.done","part":{"type":"reasoning_text","text":"no"}}"#,
    r#"{"type":"response.output_item.done","item":{"type":"web_search_call","id":null,"status":9,"action":"look"}}"#,
    r#"{"type":"response.completed","response":{"id":5,"output":[7,{"type":"reasoning","summary":"s"}],"usage":{"input_tokens":"3","output_tokens":-2,"output_tokens_details":[]}}}"#,
];

/// A whole response, from a server that ignores `stream` or sends nothing before the end.
const DOCUMENT: &str = r#"{"id":"resp_1","object":"response","created_at":1,"status":"completed","error":null,"model":"m","output":[{"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"think"},{"type":"reasoning_text","text":"again"}]},{"type":"web_search_call","id":"ws_1","status":"failed","action":{"type":"find_in_page","url":"https://p.com","pattern":"x"}},{"type":"message","id":"msg_1","content":[{"type":"output_text","text":"who","annotations":[{"type":"url_citation","url":"https://c.com","title":"C"}]},{"type":"output_text","text":"le"}]},{"type":"message","id":"msg_2","content":[{"type":"output_text","text":" answer"}]},{"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"{}"},{"type":"function_call","id":"fc_2","name":"g","arguments":""}],"usage":{"input_tokens":1,"output_tokens":2}}"#;

const FAILED: &str = sse![
    r#"{"type":"response.output_text.delta","delta":"half"}"#,
    r#"{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"m"},"error_type":"rate_limit_exceeded","output":[],"usage":{"input_tokens":5}}}"#,
    r#"{"type":"response.output_text.delta","delta":"nobody listens"}"#,
];

/// Recorded from llama.cpp, which sends ids of items but no indexes.
const LLAMA_TOOLS: &str = include_str!("../../../tests/fixtures/responses/llama-tools.sse");

const ALL: [&str; 9] = [
    OPENAI,
    OPENROUTER,
    CALLS,
    REFUSAL,
    LOOSE,
    ODD,
    DOCUMENT,
    FAILED,
    LLAMA_TOOLS,
];

fn read(stream: &str) -> (Vec<String>, CallOutcome) {
    fixtures::read(Dialect::Responses, &[stream.as_bytes()])
}

/// Decodes a whole response: as a document, and as the last event of a stream. Fails if the two
/// differ.
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
    format!("Served {{ id: {id:?}, model: {model:?} }}")
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
            outcome.complete,
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
        outcome.continuation.is_empty(),
        "without calls there is no continuation"
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
            outcome.complete
        ),
        (1, Some("tool_calls"), true)
    );
    assert_eq!(
        (outcome.usage.prompt_tokens, outcome.usage.completion_tokens),
        (Some(Count::from(333)), Some(Count::from(31)))
    );

    let (parts, outcome) = read(include_str!(
        "../../../tests/fixtures/responses/llama-reasoning.sse"
    ));
    let last_reasoning: Vec<_> = parts
        .iter()
        .filter_map(|part| part.strip_prefix("Reasoning(\"")?.strip_suffix("\")"))
        .collect();
    assert_eq!(
        (&*last_reasoning.concat(), &*parts[parts.len() - 2]),
        ("They ask for skies.\\n", "text I like skies.")
    );
    assert!(outcome.complete);

    let (parts, outcome) = read_document(include_str!(
        "../../../tests/fixtures/responses/llama-document.json"
    ));
    assert_eq!(
        (&*parts[1], outcome.finish_reason.as_deref()),
        ("text Hello! I's", Some("stop"))
    );
}

#[test]
fn parts_of_calls_are_joined_and_the_continuation_has_the_whole_turn() {
    let (parts, outcome) = read(CALLS);
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

    let without_thinking = CALLS.replace("\"reasoning\"", "\"message\"");
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
    let (parts, outcome) = read(LOOSE);
    assert_eq!(parts, [reasoning("r"), "text half".to_owned()]);
    assert_eq!(
        (outcome.finish_reason.as_deref(), outcome.complete),
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
fn stream(events: &[Value]) -> String {
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
    let call = |id: &str, call_id: &str, arguments: &str| json!({"type": "function_call", "id": id, "call_id": call_id, "name": "f", "arguments": arguments});
    let calls = |events: &[Value]| -> Vec<(String, String)> {
        read(&stream(events))
            .1
            .calls
            .into_iter()
            .map(|call| (call.id, call.arguments))
            .collect()
    };
    let pair = |id: &str, arguments: &str| (id.to_owned(), arguments.to_owned());

    let text = json!({"type": "response.output_text.delta", "delta": "one"});
    let (parts, _) = read(&stream(&[
        text,
        done(message("a", "one")),
        done(message("b", " two")),
    ]));
    assert_eq!(
        parts,
        ["text one two"],
        "a completed item gets no further text"
    );

    let part = json!({"type": "response.content_part.done", "part": {"type": "reasoning_text", "text": "hm"}});
    let thinking = json!({"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]});
    let (parts, _) = read(&stream(&[part, done(thinking)]));
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
        read(&stream(&[
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
    let (parts, outcome) = read(ODD);
    assert_eq!(
        parts,
        [
            "text parts\u{fffd}".to_owned(),
            tool("web_search", "Completed", "")
        ]
    );
    assert_eq!(
        (outcome.complete, outcome.error, outcome.usage.prompt_tokens),
        (true, None, None)
    );
}

#[test]
fn a_whole_response_decodes_completely() {
    let (parts, outcome) = read_document(DOCUMENT);
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
    assert!(!outcome.complete, "a response in progress is not complete");
}

#[test]
fn every_status_maps_to_a_finish_reason() {
    let end = |response: Value| {
        let (_, outcome) = read(&format!(
            "data: {}\n\n",
            json!({"type": "response.incomplete", "response": response})
        ));
        (outcome.finish_reason.unwrap(), outcome.complete)
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
    assert!(outcome.complete);
    let (_, outcome) = read("data: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\n");
    assert!(!outcome.complete, "cut off");
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
            outcome.complete,
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
            (error.code, &*error.message, outcome.complete, parts.len()),
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
    assert_eq!(outcome.calls.len(), super::MAX_ITEMS);

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
        (seen_text(super::MAX_ITEMS - 1), seen_text(super::MAX_ITEMS)),
        (1, 0),
        "the limit applies to the final response too"
    );
}

#[test]
fn every_fixture_decodes_the_same_at_every_byte_split() {
    ALL.iter()
        .for_each(|stream| fixtures::reads_the_same_at_every_split(Dialect::Responses, stream));
}

#[test]
fn truncated_and_broken_streams_cause_no_panic() {
    ALL.iter()
        .for_each(|stream| fixtures::survives_damage(Dialect::Responses, stream));
}
