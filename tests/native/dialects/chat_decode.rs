//! Decodes streams of OpenRouter, OpenAI and llama.cpp. Each stream is decoded as a whole, split at
//! every byte, and cut off at every byte.

use super::stream;
use super::stream::fixture;
use crate::count::Count;
use crate::provider::dialect::{CallOutcome, Dialect};
use crate::usage::Cost;

const OPENROUTER: &str = fixture!("chat/openrouter.sse");
const BOM_CRLF: &str = fixture!("chat/bom-crlf.sse");
const MID_STREAM_ERROR: &str = fixture!("chat/mid-stream-error.sse");
const UNEXPECTED_TYPES: &str = fixture!("chat/unexpected-types.sse");
/// A stream with three tool calls. Two calls arrive in parts. The third call arrives as a whole,
/// without an index. Signed reasoning stands between the calls.
const PARALLEL_CALLS: &str = fixture!("chat/parallel-calls.sse");

fn read(stream: &str) -> (Vec<String>, CallOutcome) {
    stream::read(Dialect::Chat, &[stream.as_bytes()])
}

#[test]
fn openrouters_stream_yields_every_part() {
    let (parts, outcome) = read(OPENROUTER);
    assert_eq!(
        parts,
        [
            "Metadata { id: Some(\"gen-1\"), model: Some(\"a/b-2\") }",
            "Reasoning(\"hm é\")",
            "text Grüße 😀 a\n\"b\"",
            "Source { url: \"https://e.com\", title: \"E\" }",
            "Source { url: \"https://f.com\", title: \"\" }",
            "Tool { name: \"openrouter:web_search\", status: Failed, input: \"{\\\"query\\\":\\\"q\\\"}\" }",
        ]
    );
    assert!(outcome.is_complete);
    assert_eq!(outcome.finish_reason.as_deref(), Some("stop"));
    assert_eq!(outcome.usage.cost, Some(Cost(150_000)));
    assert_eq!(
        (
            outcome.usage.prompt_tokens,
            outcome.usage.completion_tokens,
            outcome.usage.reasoning_tokens
        ),
        (
            Some(Count::from(3)),
            Some(Count::from(9)),
            Some(Count::from(4))
        )
    );
}

#[test]
fn a_cost_of_minus_one_is_unknown_and_an_error_ends_the_answer() {
    let (parts, outcome) = read(BOM_CRLF);
    assert_eq!(parts, ["Reasoning(\"r\")", "text x"]);
    assert_eq!(
        (
            outcome.usage.cost,
            outcome.usage.prompt_tokens,
            outcome.is_complete
        ),
        (None, Some(Count::from(1)), true)
    );

    let (parts, outcome) = read(MID_STREAM_ERROR);
    assert_eq!(parts[0], "text half");
    let error = outcome.error.unwrap();
    assert_eq!(
        (error.code, error.status_code),
        (crate::error::Code::RateLimited, Some(429))
    );
}

#[test]
fn a_field_of_an_unexpected_type_is_skipped_alone() {
    let (parts, outcome) = read(UNEXPECTED_TYPES);
    assert_eq!(parts, ["text parts\u{fffd}"]);
    assert!(outcome.is_complete);
}

#[test]
fn token_counts_are_final_only_at_the_end_of_the_stream() {
    let text = |more: &str| {
        format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"x\"}}}}]{more}}}\n\n")
    };
    let usage =
        |tokens: u64| format!(",\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":{tokens}}}");
    let end = |more: &str| {
        format!("data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"stop\"}}]{more}}}\n\n")
    };
    let alone = |tokens| format!("data: {{\"choices\":[]{}}}\n\n", usage(tokens));
    let error = |more: &str| format!("data: {{\"error\":{{\"message\":\"m\"}}{more}}}\n\n");
    let (running, done) = (text(&usage(1)), "data: [DONE]\n\n");
    for (stream, tokens) in [
        (running.clone(), None),
        (running.clone() + &error(""), None),
        (running.clone() + &error(&usage(2)), Some(2)),
        (running.clone() + &text("") + &text("") + &end(""), None),
        (alone(1) + &text("") + &text("") + &end("") + done, None),
        (running.clone() + &end(""), Some(1)),
        (running.clone() + &end(&usage(2)), Some(2)),
        (text("") + &end("") + &alone(2), Some(2)),
        (text("") + &end("") + &alone(2) + &error(""), Some(2)),
        (text("") + &alone(2) + done, Some(2)),
    ] {
        let counted = read(&stream).1.usage;
        assert_eq!(
            (counted.prompt_tokens, counted.completion_tokens),
            (Some(Count::from(9)), tokens.map(Count::from)),
            "{stream}"
        );
    }
    let cost = running.replace("\"prompt", "\"cost\":0.5,\"prompt");
    assert_eq!(
        read(&cost).1.usage.cost,
        Cost::parse("0.5"),
        "a reported cost is final"
    );
}

#[test]
fn parts_of_calls_are_joined_and_the_continuation_is_kept() {
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
            ("c1", "web_search", "{\"query\":\"q\"}"),
            ("c2", "web_fetch", "{\"url\":1}"),
            ("c3", "own", "{\"a\":1}")
        ]
    );
    let continuation = &outcome.continuation[0];
    assert_eq!(
        continuation["reasoning_details"],
        crate::json::json!([{"type": "reasoning.text", "index": 0, "text": "hm so", "signature": "s"}])
    );
    assert_eq!(
        continuation["tool_calls"][2]["extra_content"]["google"]["thought_signature"],
        "t"
    );
}

/// The decoder does not merge reasoning details that have many fields. Merging would take quadratic
/// time and block the page.
#[test]
fn wide_reasoning_details_are_not_merged() {
    let fields: String = (0..80).map(|i| format!("\"{i:02}\":0,")).collect();
    let chunk = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"reasoning_details\":[{{{fields}\"text\":\"a\"}}]}}}}]}}\n\n"
    );
    let (_, outcome) = read(&[&*chunk, &*chunk.replace("\"0", "\"1"), PARALLEL_CALLS].concat());
    assert_eq!(
        outcome.continuation[0]["reasoning_details"]
            .as_array()
            .map(Vec::len),
        Some(3)
    );
}

/// The decoder reads most text chunks with a template of the previous chunk, without parsing JSON.
/// Compares this path with the parser. A `data:` without a space never matches the template.
#[test]
fn chunks_matched_by_the_template_decode_as_if_parsed() {
    let texts = ["a", "b\\n", "", "\\ud83d\\ude00", "\\\"é\\\"", "c"];
    let around = [
        (
            r#"{"id":"g","model":"m","choices":[{"index":0,"delta":{"content":""#,
            r#""},"finish_reason":null}]}"#,
        ),
        (
            r#"{"choices":[{"delta":{"content":""#,
            r#"","tool_calls":[],"refusal":"","reasoning":null}}]}"#,
        ),
        (
            r#"{"choices":[{"delta":{"content":""#,
            r#"","refusal":"no"}}]}"#,
        ),
        (
            r#"{"choices":[{"delta":{"content":""#,
            r#"","reasoning":"hm"}}]}"#,
        ),
        (
            r#"{"choices":[{"delta":{"content":""#,
            r#"","tool_calls":[{"index":0,"id":"c","function":{"arguments":"x"}}]}}]}"#,
        ),
        (
            r#"{"choices":[{"delta":{"content":""#,
            r#"","annotations":[{"url":"https://e.com"}]}}]}"#,
        ),
        (
            r#"{"choices":[{"index":1,"delta":{"content":""#,
            r#""}},{"index":0,"delta":{"content":"other"}}]}"#,
        ),
        (r#"{"choices":[{"message":{"content":""#, r#""}}]}"#),
        (
            r#"{"choices":[{"delta":{"content":""#,
            r#""}}],"usage":{"prompt_tokens":1}}"#,
        ),
        (
            r#"{"choices":[{"delta":{"content":""#,
            r#""},"finish_reason":"stop"}]}"#,
        ),
        (
            r#"{"choices":[{"delta":{"content":"a"}}],"error":{"code":500,"message":""#,
            r#""}}"#,
        ),
    ];
    for (before, after) in around {
        let stream = |data: &str| {
            texts
                .map(|text| format!("{data}{before}{text}{after}\n\n"))
                .concat()
        };
        let (compared, parsed) = (stream("data: "), stream("data:"));
        assert_eq!(read(&compared), read(&parsed), "{before}{after}");
        stream::reads_the_same_at_every_split(Dialect::Chat, &compared);
    }
}

#[test]
fn every_fixture_decodes_the_same_at_every_byte_split() {
    stream::every_fixture_reads_the_same_at_every_split(Dialect::Chat);
}

#[test]
fn truncated_and_broken_streams_cause_no_panic() {
    stream::every_fixture_survives_damage(Dialect::Chat);
}
