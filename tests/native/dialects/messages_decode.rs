//! Decodes streams of Anthropic, OpenRouter and llama.cpp. Each stream is decoded as a whole, split
//! at every byte, and cut off at every byte.

use super::stream;
use super::stream::fixture;
use crate::count::Count;
use crate::error::Code;
use crate::event::ToolStatus;
use crate::json::{Value, json};
use crate::provider::dialect::{CallOutcome, Dialect, StreamPart};
use crate::usage::Cost;

/// Thinking, an answer with all kinds of citations, and usage whose token counts grow.
const CITATIONS: &str = fixture!("messages/citations.sse");
/// A search, a failed search, and an opened page.
const WEB_TOOLS: &str = fixture!("messages/web-tools.sse");
/// Signed and redacted thinking, a text, and parallel calls. The last call has no input.
const PARALLEL_CALLS: &str = fixture!("messages/parallel-calls.sse");
/// A stream that pauses after the call of a hosted tool. `AFTER_PAUSE` is the next stream, which
/// begins with the tool's result.
const PAUSE: &str = fixture!("messages/pause.sse");
const AFTER_PAUSE: &str = fixture!("messages/after-pause.sse");
const REFUSAL: &str = fixture!("messages/refusal-explained.sse");
const OVERLOADED: &str = fixture!("messages/overloaded.sse");
const OPENROUTER: &str = fixture!("messages/openrouter-cost.sse");
/// Recorded from llama-server.
const LLAMA_CPP: &str = fixture!("messages/llama-text.sse");
/// Unknown events, blocks and deltas, fields of unexpected types, and a block without a start.
const UNEXPECTED_TYPES: &str = fixture!("messages/unexpected-types.sse");
/// The response of a server that ignores `stream`.
const WHOLE_MESSAGE: &str = fixture!("messages/whole-message.json");

/// The maximum number of blocks that the decoder stores.
const MAX_BLOCKS: usize = 1_000;

fn read(stream: &str) -> (Vec<String>, CallOutcome) {
    stream::read(Dialect::Messages, &[stream.as_bytes()])
}

#[test]
fn anthropics_stream_yields_every_part() {
    let (parts, outcome) = read(CITATIONS);
    assert_eq!(
        parts,
        [
            "Metadata { id: Some(\"msg_1\"), model: Some(\"claude-opus-5\") }",
            "Reasoning(\"hm é\")",
            "text Grüße 😀",
            "Source { url: \"https://e.com\", title: \"E\" }",
            "Source { url: \"https://f.com\", title: \"\" }",
        ]
    );
    assert_eq!(
        (
            outcome.finish_reason.as_deref(),
            outcome.is_complete,
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
    assert!(outcome.calls.is_empty());
    assert_eq!(
        outcome.continuation[0]["type"], "thinking",
        "signed thinking is sent back with a plain answer too"
    );
}

#[test]
fn the_providers_own_tools_are_reported_and_an_opened_page_is_a_source() {
    let (parts, outcome) = read(WEB_TOOLS);
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
    let (_, outcome) = read(PARALLEL_CALLS);
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
    let (_, outcome) = read(PAUSE);
    assert_eq!(
        (
            outcome.finish_reason.as_deref(),
            outcome.is_complete,
            outcome.calls.len()
        ),
        (Some("pause_turn"), true, 0)
    );
    assert_eq!(
        Value::from(outcome.continuation),
        json!([{"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_fetch", "input": {"url": "https://e.com"}}])
    );

    let (parts, outcome) = read(AFTER_PAUSE);
    assert_eq!(
        parts,
        ["Tool { name: \"web_fetch\", status: Failed, input: \"\" }"]
    );
    assert_eq!(outcome.finish_reason.as_deref(), Some("length"));
}

#[test]
fn a_refusal_has_an_explanation() {
    let (parts, outcome) = read(REFUSAL);
    assert_eq!(parts.len(), 1);
    assert_eq!(
        (outcome.finish_reason.as_deref(), &*outcome.refusal),
        (Some("content_filter"), "This may do harm.")
    );
}

#[test]
fn openrouters_cost_is_read() {
    let (_, outcome) = read(OPENROUTER);
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
    let message_start = CITATIONS.split_inclusive("\n\n").next().unwrap();
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
        let usage = read(&format!("{message_start}{end}")).1.usage;
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
        "Metadata { id: Some(\"chatcmpl-lIIyntkgj2uYUwVFU3ZnOUmT4nFG1e5d\"), model: Some(\"smollm2\") }"
    );
    assert_eq!(parts[1..], ["text Hello! I'sure I'm not what I'm supposed"]);
    assert_eq!(
        (outcome.finish_reason.as_deref(), outcome.is_complete),
        (Some("length"), true)
    );
    assert_eq!(
        (outcome.usage.prompt_tokens, outcome.usage.completion_tokens),
        (Some(Count::from(33)), Some(Count::from(12)))
    );
}

#[test]
fn errors_are_recognised_in_every_format() {
    let (parts, outcome) = read(OVERLOADED);
    assert_eq!((&*parts[1], outcome.is_complete), ("text half", false));
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
    let (parts, outcome) = read(UNEXPECTED_TYPES);
    let metadata = "Metadata { id: None, model: Some(\"m\") }";
    assert_eq!(
        parts,
        [
            metadata,
            "text \u{fffd}!",
            "Tool { name: \"web_fetch\", status: Completed, input: \"\" }"
        ]
    );
    assert_eq!(
        (outcome.finish_reason.as_deref(), outcome.is_complete),
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
    decoder.read("", WHOLE_MESSAGE, &mut |part| {
        parts.push(format!("{part:?}"))
    });
    assert_eq!(
        parts,
        [
            "Metadata { id: Some(\"msg_6\"), model: Some(\"claude-opus-5\") }",
            "Reasoning(\"hm\")",
            "Tool { name: \"web_search\", status: Started, input: \"{\\\"query\\\":\\\"q\\\"}\" }",
            "Tool { name: \"web_search\", status: Completed, input: \"{\\\"query\\\":\\\"q\\\"}\" }",
            "Text(\"whole\")",
            "Source { url: \"https://e.com\", title: \"E\" }",
        ]
    );
    assert!(decoder.is_complete());
    let outcome = decoder.finish(&mut |_| {});
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
    let code = outcome.error.map(|error| error.code);
    assert_eq!(
        code,
        Some(Code::Authentication),
        "a line of JSON is an event"
    );
    let mut decoder = Dialect::Messages.decoder();
    decoder.read(
        "",
        "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"m\"}}",
        &mut |_| {},
    );
    assert_eq!(
        decoder.finish(&mut |_| {}).error.unwrap().code,
        Code::Authentication
    );
}

#[test]
fn the_response_is_complete_at_the_stop_reason_and_done_at_message_stop() {
    let mut decoder = Dialect::Messages.decoder();
    let mut states = Vec::new();
    for data in REFUSAL
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
    {
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

/// Returns the event that starts a hosted tool's call with an input of `length` bytes.
fn hosted_call(index: usize, id: &str, length: usize) -> String {
    let block = json!({"type": "server_tool_use", "id": id, "name": "web_search", "input": {"q": "x".repeat(length)}});
    json!({"type": "content_block_start", "index": index, "content_block": block}).to_string()
}

fn hosted_result(index: usize, id: &str) -> String {
    let block = json!({"type": "web_search_tool_result", "tool_use_id": id, "content": []});
    json!({"type": "content_block_start", "index": index, "content_block": block}).to_string()
}

/// Returns the tool statuses that the decoder reports, and the total length of the inputs.
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
    assert_eq!(tool_reports(&[document.to_string()]).0.len(), MAX_BLOCKS);
}

#[test]
fn results_without_a_call_take_linear_time_up_to_the_limit_of_blocks() {
    let mut events: Vec<_> = (0..400)
        .map(|index| hosted_call(index, &format!("a{index}"), 20_000))
        .collect();
    events.extend((400..8_400).map(|index| hosted_result(index, "z")));
    assert_eq!(tool_reports(&events).0.len(), MAX_BLOCKS - 400);
}

#[test]
fn every_fixture_decodes_the_same_at_every_byte_split() {
    stream::every_fixture_reads_the_same_at_every_split(Dialect::Messages);
}

#[test]
fn truncated_and_broken_streams_cause_no_panic() {
    stream::every_fixture_survives_damage(Dialect::Messages);
}
