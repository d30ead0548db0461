//! Decodes streams that deviate from the specifications. Real servers and gateways send such
//! streams. Each stream is also split at every byte.

use super::stream;
use crate::error::Code;
use crate::provider::dialect::{CallOutcome, Dialect};

/// Decodes a stream of events, and checks that the result does not depend on its splits.
pub(super) fn read_events(dialect: Dialect, events: &[&str]) -> (Vec<String>, CallOutcome) {
    let stream: String = events
        .iter()
        .map(|data| format!("data: {data}\n\n"))
        .collect();
    stream::reads_the_same_at_every_split(dialect, &stream);
    stream::read(dialect, &[stream.as_bytes()])
}

pub(super) fn chat(events: &[&str]) -> (Vec<String>, CallOutcome) {
    read_events(Dialect::Chat, events)
}

/// Returns a chunk whose delta has these fields.
pub(super) fn delta(fields: &str) -> String {
    format!("{{\"choices\":[{{\"index\":0,\"delta\":{{{fields}}}}}]}}")
}

#[test]
fn whole_messages_beside_and_after_deltas_add_only_what_is_missing() {
    let message = |fields: &str| format!("{{\"choices\":[{{\"message\":{{{fields}}}}}]}}");
    let ended = |chunk: String| chunk.replace("}}]}", "},\"finish_reason\":\"stop\"}]}");
    for (events, expected) in [
        // If the message has more text than the deltas, the decoder adds the missing text.
        (
            vec![delta(r#""content":"ab""#), message(r#""content":"abcd""#)],
            "text abcd",
        ),
        // If the message differs from the deltas, only the deltas count.
        (
            vec![delta(r#""content":"ab""#), message(r#""content":"AB""#)],
            "text ab",
        ),
        // Messages without deltas contain either the whole text so far or the next piece.
        (
            vec![message(r#""content":"ab""#), message(r#""content":"abcd""#)],
            "text abcd",
        ),
        (
            vec![message(r#""content":"ab""#), message(r#""content":"cd""#)],
            "text abcd",
        ),
        // If the last delta repeats the whole text, it adds nothing. Very short texts are not
        // compared.
        (
            vec![
                delta(r#""content":"one two""#),
                delta(r#""content":" three""#),
                ended(delta(r#""content":"one two three""#)),
            ],
            "text one two three",
        ),
        (
            vec![
                delta(r#""content":"ha""#),
                delta(r#""content":" ha""#),
                ended(delta(r#""content":"ha ha""#)),
            ],
            "text ha haha ha",
        ),
        // If two deltas before the last delta have the same text, both count.
        (
            vec![
                delta(r#""content":"one two three""#),
                delta(r#""content":"one two three""#),
            ],
            "text one two threeone two three",
        ),
        // Mistral sends a list of parts. Here the whole message repeats the list.
        (
            vec![
                delta(r#""content":[{"type":"thinking","thinking":"hm"}]"#),
                delta(r#""content":"a""#),
                message(
                    r#""content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"a"}]"#,
                ),
            ],
            "Reasoning(\"hm\")text a",
        ),
    ] {
        let events: Vec<_> = events.iter().map(|event| &**event).collect();
        assert_eq!(chat(&events).0.concat(), expected, "{events:?}");
    }
}

#[test]
fn a_finish_reason_counts_once_the_answer_has_begun() {
    let reason = |reason: &str| {
        format!("{{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"{reason}\"}}]}}")
    };
    let (text, stop) = (delta(r#""content":"a""#), reason("stop"));
    let usage = r#"{"choices":[],"usage":{"completion_tokens":1}}"#;
    for (events, expected) in [
        (vec![&*text, &stop], (true, Some("stop"))),
        (vec![&*stop, &text], (false, Some("stop"))),
        (vec![&*text, &stop, &text], (false, Some("stop"))),
        (vec![&*text, &stop, &text, &text], (false, Some("stop"))),
        (vec![&*stop], (true, Some("stop"))),
        (vec![&*text, usage], (true, None)),
        (vec![usage, &*text], (false, None)),
        (vec![&*text, usage, &text], (false, None)),
        (vec![usage], (false, None)),
    ] {
        let (_, outcome) = chat(&events);
        assert_eq!(
            (outcome.is_complete, outcome.finish_reason.as_deref()),
            expected,
            "{events:?}"
        );
    }
    for placeholder in [
        "null",
        "None",
        "",
        "in_progress",
        "FINISH_REASON_UNSPECIFIED",
    ] {
        let (_, outcome) = chat(&[&text, &reason(placeholder)]);
        assert_eq!(
            (outcome.is_complete, outcome.finish_reason),
            (false, None),
            "{placeholder}"
        );
    }
    let mut decoder = Dialect::Chat.decoder();
    let mut states = Vec::new();
    for event in [&stop, &text, &stop, &text, &reason("length")] {
        decoder.read("", event, &mut |_| {});
        states.push(decoder.is_complete());
    }
    assert_eq!(states, [false, false, true, false, true]);
}

#[test]
fn blocks_of_messages_are_read_once() {
    let start = |fields: &str| {
        format!("{{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{{{fields}}}}}")
    };
    let add = |fields: &str| {
        format!("{{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{{fields}}}}}")
    };
    let stop = "{\"type\":\"content_block_stop\",\"index\":0}".to_owned();
    let text = |text: &str| add(&format!("\"text\":\"{text}\""));
    let first = |text: &str| start(&format!("\"type\":\"text\",\"text\":\"{text}\""));
    let whole = |kind: &str| {
        format!(
            "{{\"type\":\"{kind}\",\"message\":{{\"content\":[{{\"type\":\"text\",\"text\":\"abc\"}}]}},\
             \"content\":[{{\"type\":\"text\",\"text\":\"abc\"}}]}}"
        )
    };
    for (events, expected) in [
        (vec![first("abc"), text("abc"), stop.clone()], "text abc"),
        (
            vec![first("abc"), text("a"), text("bcd"), stop.clone()],
            "text abcd",
        ),
        (vec![first("ab"), text("c"), stop.clone()], "text abc"),
        (
            vec![first("ab"), text("a"), text("c"), stop.clone()],
            "text abac",
        ),
        (vec![first("ab"), text("a"), stop.clone()], "text aba"),
        (vec![first(""), text("ab"), whole("message")], "text abc"),
        (
            vec![first(""), text("x"), stop.clone(), whole("message")],
            "text x",
        ),
        (
            vec![first(""), text("ab"), stop.clone(), whole("message_stop")],
            "text abc",
        ),
        (
            vec![whole("message_start"), "[DONE]".to_owned()],
            "text abc",
        ),
        (
            vec![whole("message_start"), first(""), text("abc"), stop.clone()],
            "text abc",
        ),
        (
            vec![
                start("\"type\":\"thinking\",\"thinking\":\"hm\""),
                add("\"thinking\":\"hm\""),
                stop.clone(),
            ],
            "Reasoning(\"hm\")",
        ),
    ] {
        let events: Vec<_> = events.iter().map(|event| &**event).collect();
        let (parts, _) = read_events(Dialect::Messages, &events);
        assert_eq!(parts.concat(), expected, "{events:?}");
    }
}

#[test]
fn sources_beside_the_answer_are_read_once_each() {
    let lists = r#""citations":["https://a.e/1","ftp://no",{"uri":"HTTP://b.e"}],"search_results":[{"url":"https://a.e/1","title":"A"}]"#;
    let chunk = |lists: &str| format!("{{\"choices\":[],{lists}}}");
    let expected = [
        "Source { url: \"https://a.e/1\", title: \"A\" }",
        "Source { url: \"https://a.e/1\", title: \"\" }",
        "Source { url: \"HTTP://b.e\", title: \"\" }",
    ];
    assert_eq!(chat(&[&chunk(lists), &chunk(lists)]).0, expected);
    let nested = [
        delta(&format!("\"context\":{{{lists}}}")),
        format!("{{\"choices\":[{{{lists}}}]}}"),
        format!("{{\"choices\":[{{\"message\":{{{lists}}}}}]}}"),
        format!("{{\"search_info\":{{{lists}}}}}"),
    ];
    for chunk in nested {
        assert_eq!(chat(&[&chunk]).0, expected, "{chunk}");
    }
    let message = format!("{{\"type\":\"message\",{lists}}}");
    assert_eq!(read_events(Dialect::Messages, &[&message]).0, expected);
    let response = format!("{{\"type\":\"response.completed\",\"response\":{{{lists}}}}}");
    assert_eq!(read_events(Dialect::Responses, &[&response]).0, expected);
    let zhipu = r#"{"choices":[],"web_search":[{"link":"https://z.e","title":"Z"}]}"#;
    assert_eq!(
        chat(&[zhipu]).0,
        ["Source { url: \"https://z.e\", title: \"Z\" }"]
    );
}

#[test]
fn empty_errors_are_no_errors() {
    for error in [
        "{}",
        "[]",
        "\"\"",
        "false",
        r#"{"message":"","code":null,"type":""}"#,
    ] {
        for (dialect, event) in [
            (
                Dialect::Chat,
                r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"error":E}"#,
            ),
            (
                Dialect::Chat,
                r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop","error":E}]}"#,
            ),
            (
                Dialect::Messages,
                r#"{"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn","error":E}"#,
            ),
            (
                Dialect::Responses,
                r#"{"output":[],"output_text":"a","status":"completed","error":E}"#,
            ),
        ] {
            let (parts, outcome) = read_events(dialect, &[&event.replace('E', error)]);
            assert_eq!(parts, ["text a"], "{event} {error}");
            assert_eq!(
                (outcome.is_complete, outcome.error),
                (true, None),
                "{event} {error}"
            );
        }
    }
}
