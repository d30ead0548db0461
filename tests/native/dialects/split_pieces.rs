//! Tests characters that are split over two deltas, and parts of tool calls that are hard to
//! assign.

use super::deviations::{chat, delta, read_events};
use crate::provider::dialect::Dialect;

/// Returns the decoded tool calls of a Chat Completions stream. Each delta has one of `parts` as
/// `tool_calls`.
fn calls(parts: &[&str]) -> Vec<[String; 3]> {
    let chunks: Vec<_> = parts
        .iter()
        .map(|part| delta(&format!("\"tool_calls\":[{part}]")))
        .collect();
    let events: Vec<_> = chunks.iter().map(|chunk| &**chunk).collect();
    let (_, outcome) = chat(&[&events[..], &["[DONE]"]].concat());
    let calls = outcome.calls.into_iter();
    calls
        .map(|call| [call.id, call.name, call.arguments])
        .collect()
}

fn owned<const N: usize>(calls: [[&str; 3]; N]) -> Vec<[String; 3]> {
    calls.map(|call| call.map(str::to_owned)).to_vec()
}

#[test]
fn a_surrogate_pair_split_over_two_deltas_is_one_character() {
    for (field, part) in [
        ("content", "text a😀b"),
        ("reasoning", "Reasoning(\"a\")Reasoning(\"😀b\")"),
        ("reasoning_content", "Reasoning(\"a\")Reasoning(\"😀b\")"),
        ("thinking", "Reasoning(\"a\")Reasoning(\"😀b\")"),
    ] {
        let [one, two] =
            [r"a\ud83d", r"\ude00b"].map(|text| delta(&format!("\"{field}\":\"{text}\"")));
        let (parts, _) = chat(&[&one, &two, "[DONE]"]);
        assert_eq!(parts.concat(), part, "{field}");
    }
    let (_, outcome) = chat(&[
        &delta(r#""refusal":"\ud83d""#),
        &delta(r#""refusal":"\ude00""#),
    ]);
    assert_eq!(outcome.refusal, "😀");
    let [one, two] = [
        r#"[{"type":"text","text":"\ud83d"}]"#,
        r#"[{"text":"\ude00"}]"#,
    ];
    let [one, two] = [one, two].map(|parts| delta(&format!("\"content\":{parts}")));
    assert_eq!(chat(&[&one, &two]).0, ["text 😀"]);
    assert_eq!(
        calls(&[
            r#"{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\":\"\ud83d"}}"#,
            r#"{"index":1,"id":"d","function":{"name":"f","arguments":"{\"a\":\"\ud83d"}}"#,
            r#"{"index":0,"function":{"arguments":"\ude00\"}"}}"#,
            r#"{"index":1,"function":{"arguments":"\ude01\"}"}}"#,
        ]),
        owned([["c", "f", "{\"a\":\"😀\"}"], ["d", "f", "{\"a\":\"😁\"}"]])
    );
    let messages = |kind: &str, field: &str| {
        let start = format!(
            r#"{{"type":"content_block_start","index":0,"content_block":{{"type":"{kind}","id":"t","name":"f"}}}}"#
        );
        let [one, two] = [r"a\ud83d", r"\ude00b"].map(|text| {
            format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"{field}":"{text}"}}}}"#)
        });
        let (parts, outcome) = read_events(Dialect::Messages, &[&start, &one, &two]);
        parts.concat() + outcome.calls.first().map_or("", |call| &call.arguments)
    };
    assert_eq!(messages("text", "text"), "text a😀b");
    assert_eq!(
        messages("thinking", "thinking"),
        "Reasoning(\"a\")Reasoning(\"😀b\")"
    );
    assert_eq!(messages("tool_use", "partial_json"), "a😀b");
    let responses = |kind: &str| {
        let [one, two] = [r"a\ud83d", r"\ude00b"]
            .map(|text| format!(r#"{{"type":"response.{kind}.delta","delta":"{text}"}}"#));
        let (parts, outcome) = read_events(Dialect::Responses, &[&one, &two]);
        let arguments = outcome.calls.first().map_or("", |call| &call.arguments);
        parts.concat() + arguments + &outcome.refusal
    };
    assert_eq!(responses("output_text"), "text a😀b");
    assert_eq!(
        responses("reasoning_text"),
        "Reasoning(\"a\")Reasoning(\"😀b\")"
    );
    assert_eq!(responses("function_call_arguments"), "a😀b");
    assert_eq!(responses("refusal"), "a😀b");
}

#[test]
fn half_a_surrogate_pair_at_the_end_is_replaced() {
    assert_eq!(
        chat(&[&delta(r#""content":"a\ud83d""#)]).0,
        ["text a\u{fffd}"]
    );
    let broken = r#"{"type":"response.output_text.delta","delta":"a\ud83d"}"#;
    let (parts, _) = read_events(Dialect::Responses, &[broken]);
    assert_eq!(parts, ["text a\u{fffd}"]);
}

/// Tests the decoder's fast path. After the first plain chunk, later chunks match its template and
/// are not parsed as JSON.
#[test]
fn split_characters_and_tags_survive_the_template() {
    let plain = |text: &str| delta(&format!("\"content\":\"{text}\""));
    let (parts, _) = chat(&[
        &plain("x"),
        &plain(r"a\ud83d"),
        &plain(r"\ude00b"),
        &plain("</th"),
        &plain("ink>"),
        &plain(r"\n"),
        &plain("c"),
        "[DONE]",
    ]);
    assert_eq!(parts, ["text xa😀b", "Withdrawn { bytes: 7 }", "text c"]);
}

#[test]
fn whole_calls_after_their_parts_are_not_read_again() {
    let part = r#"{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a\":1}"}}"#;
    let other = r#"{"index":1,"id":"d","function":{"name":"f","arguments":"{\"a\":2}"}}"#;
    let anonymous = part.replace("\"id\":\"c\",", "");
    for (after, expected) in [
        (format!("{{\"message\":{{\"tool_calls\":[{part}]}}}}"), 1),
        (
            format!("{{\"message\":{{\"tool_calls\":[{anonymous}]}}}}"),
            1,
        ),
        (
            format!("{{\"message\":{{\"tool_calls\":[{part},{other}]}}}}"),
            2,
        ),
        (format!("{{\"delta\":{{\"tool_calls\":[{part}]}}}}"), 1),
    ] {
        let first = delta(&format!("\"tool_calls\":[{part}]"));
        let last = format!("{{\"choices\":[{after}]}}");
        let (_, outcome) = chat(&[&first, &last, "[DONE]"]);
        assert_eq!(outcome.calls.len(), expected, "{after}");
        assert_eq!(outcome.calls[0].arguments, "{\"a\":1}", "{after}");
    }
}

#[test]
fn each_part_belongs_to_its_call() {
    // The second part contains the id and the rest of the name.
    assert_eq!(
        calls(&[
            r#"{"index":0,"function":{"name":"get_"}}"#,
            r#"{"index":0,"id":"c","function":{"name":"time","arguments":"{}"}}"#,
        ]),
        owned([["c", "get_time", "{}"]])
    );
    // Each part repeats the name and has another id.
    assert_eq!(
        calls(&[
            r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"a\""}}"#,
            r#"{"index":0,"id":"b","function":{"name":"f","arguments":":1}"}}"#,
        ]),
        owned([["a", "f", "{\"a\":1}"]])
    );
    // The parts have no index. The second part has a new id but no name, so it belongs to the first
    // call.
    assert_eq!(
        calls(&[
            r#"{"id":"a","function":{"name":"f","arguments":""}}"#,
            r#"{"id":"b","function":{"arguments":"{\"x\":\"}\"}"}}"#,
            r#"{"id":"c","function":{"name":"g","arguments":""}}"#,
        ]),
        owned([["a", "f", "{\"x\":\"}\"}"], ["c", "g", ""]])
    );
    // The two calls have no arguments and no ids.
    assert_eq!(
        calls(&[
            r#"{"index":0,"type":"function","function":{"name":"f","arguments":""}}"#,
            r#"{"index":0,"type":"function","function":{"name":"g","arguments":""}}"#,
        ]),
        owned([["call_0", "f", ""], ["call_1", "g", ""]])
    );
    // If two calls have the same id, the second receives another id.
    assert_eq!(
        calls(&[
            r#"{"id":"a","function":{"name":"f","arguments":"{}"}}"#,
            r#"{"id":"a","function":{"name":"g","arguments":"{}"}}"#,
        ]),
        owned([["a", "f", "{}"], ["call_1", "g", "{}"]])
    );
}
