//! Decodes streams of OpenRouter, OpenAI and llama.cpp: whole, split at every byte, and cut off at
//! every byte.

use super::super::{CallOutcome, Dialect, fixtures};
use crate::count::Count;
use crate::usage::Cost;

const OPENROUTER: &str = concat!(
    ": OPENROUTER PROCESSING\n\n",
    "data: {\"id\":\"gen-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"a/b-2\",\"provider\":\"P\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"reasoning\":\"hm \\u00e9\"},\"finish_reason\":null}]}\n\n",
    "data: {\"id\":\"gen-1\",\"model\":\"a/b-2\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Grüße 😀\"},\"finish_reason\":null}]}\n\n",
    ": OPENROUTER PROCESSING\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" a\\n\\\"b\\\"\",\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"https://e.com\",\"title\":\"E\",\"start_index\":1}},{\"type\":\"url_citation\",\"url\":\"https://f.com\"},7]}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"reasoning_details\":[{\"type\":\"reasoning.server_tool_call\",\"tool_name\":\"openrouter:web_search\",\"arguments\":\"{\\\"query\\\":\\\"q\\\"}\",\"result\":\"{\\\"status\\\":\\\"failed\\\"}\"}]}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\",\"native_finish_reason\":\"end\"}]}\n\n",
    "data: {\"id\":\"gen-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":9,\"completion_tokens_details\":{\"reasoning_tokens\":4},\"cost\":1.5e-7}}\n\n",
    "data: [DONE]\n\n",
);
const BOM_CRLF: &str = "\u{feff}data: {\"choices\":[{\"delta\":{\"content\":\"x\",\"reasoning_content\":\"r\"},\"finish_reason\":\"length\"}]}\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"cost\":-1}}\r\n\r\ndata: [DONE]\r\n\r\n";
const MID_STREAM_ERROR: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\ndata: {\"id\":\"g\",\"error\":{\"code\":429,\"message\":\"Rate limit exceeded\",\"metadata\":{\"error_type\":\"rate_limit_exceeded\"}},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n";
const ODD: &str = "data: not json\n\ndata: {\"choices\":7}\n\ndata: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"parts\"}]}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"\\ud83d\"}}]}\n\ndata: {\"choices\":[{\"message\":{\"content\":\"whole\"},\"finish_reason\":\"stop\"}]}\n\n";
/// Two calls in parts, one whole call without an index, and signed reasoning between them.
const CALLS: &str = concat!(
    "data: {\"choices\":[{\"delta\":{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"index\":0,\"text\":\"hm\"}],\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"web_search\",\"arguments\":\"\"}}]}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"index\":0,\"text\":\" so\",\"signature\":\"s\"}],\"tool_calls\":[{\"index\":1,\"id\":\"c2\",\"function\":{\"name\":\"web_fetch\",\"arguments\":\"{\\\"url\\\"\"}},{\"index\":0,\"function\":{\"arguments\":\"{\\\"query\\\":\\\"q\\\"}\"}}]}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\":1}\"}},{\"id\":\"c3\",\"function\":{\"name\":\"own\",\"arguments\":{\"a\":1}},\"extra_content\":{\"google\":{\"thought_signature\":\"t\"}}}]},\"finish_reason\":\"tool_calls\"}]}\n\n",
    "data: [DONE]\n\n",
);

fn read(stream: &str) -> (Vec<String>, CallOutcome) {
    fixtures::read(Dialect::Chat, &[stream.as_bytes()])
}

#[test]
fn openrouters_stream_yields_every_part() {
    let (parts, outcome) = read(OPENROUTER);
    assert_eq!(
        parts,
        [
            "Served { id: Some(\"gen-1\"), model: Some(\"a/b-2\") }",
            "Reasoning(\"hm é\")",
            "text Grüße 😀 a\n\"b\"",
            "Source { url: \"https://e.com\", title: \"E\" }",
            "Source { url: \"https://f.com\", title: \"\" }",
            "Tool { name: \"openrouter:web_search\", status: Failed, input: \"{\\\"query\\\":\\\"q\\\"}\" }",
        ]
    );
    assert!(outcome.complete);
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
            outcome.complete
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
    let (parts, outcome) = read(ODD);
    assert_eq!(parts, ["text parts\u{fffd}whole"]);
    assert!(outcome.complete);
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

/// Merging wide details field by field would take quadratic time in the thread that renders the
/// page.
#[test]
fn wide_reasoning_details_are_not_merged() {
    let fields: String = (0..80).map(|i| format!("\"{i:02}\":0,")).collect();
    let chunk = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"reasoning_details\":[{{{fields}\"text\":\"a\"}}]}}}}]}}\n\n"
    );
    let (_, outcome) = read(&[&*chunk, &*chunk.replace("\"0", "\"1"), CALLS].concat());
    assert_eq!(
        outcome.continuation[0]["reasoning_details"]
            .as_array()
            .map(Vec::len),
        Some(3)
    );
}

/// `data:` without a space does not match the template, so such events are parsed.
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
        fixtures::reads_the_same_at_every_split(Dialect::Chat, &compared);
    }
}

#[test]
fn every_fixture_decodes_the_same_at_every_byte_split() {
    [OPENROUTER, BOM_CRLF, MID_STREAM_ERROR, ODD, CALLS]
        .iter()
        .for_each(|stream| fixtures::reads_the_same_at_every_split(Dialect::Chat, stream));
}

#[test]
fn truncated_and_broken_streams_cause_no_panic() {
    [OPENROUTER, BOM_CRLF, MID_STREAM_ERROR, ODD, CALLS]
        .iter()
        .for_each(|stream| fixtures::survives_damage(Dialect::Chat, stream));
}
