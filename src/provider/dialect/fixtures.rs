//! Helpers for the tests of all dialects: a minimal request, and streams that are read whole, split
//! at every byte, and damaged. The last test compares the dialects.

use super::{CallOutcome, Dialect, ModelRequest, StreamPart};
use crate::provider::{PartSink, sse};

/// Returns a request that sets only limits.
pub(super) fn minimal_request() -> ModelRequest<'static> {
    ModelRequest {
        model: "m",
        system: None,
        messages: &[],
        steps: &[],
        max_completion_tokens: 16_000,
        temperature: None,
        reasoning: None,
        hosted_tools: &[],
        functions: &[],
        tool_choice: None,
        max_tool_calls: 4,
        response_format: None,
        stop: None,
        cache_control: None,
        max_cost: None,
        refused: &[],
        extra_body: None,
    }
}

/// Decodes a stream. Returns its parts, with adjacent text merged, and the outcome.
pub(super) fn read(dialect: Dialect, chunks: &[&[u8]]) -> (Vec<String>, CallOutcome) {
    let mut decoder = dialect.decoder();
    let mut event_stream = sse::Decoder::new(1 << 16);
    let mut parts: Vec<String> = Vec::new();
    let mut on = |part: StreamPart<'_>| match part {
        StreamPart::Text(text) => match parts.last_mut().filter(|last| last.starts_with("text ")) {
            Some(last) => last.push_str(text),
            None => parts.push(format!("text {text}")),
        },
        other => parts.push(format!("{other:?}")),
    };
    for chunk in chunks {
        event_stream
            .feed(
                chunk,
                &mut PartSink {
                    decoder: &mut decoder,
                    on: &mut on,
                },
            )
            .unwrap();
    }
    event_stream.finish(&mut PartSink {
        decoder: &mut decoder,
        on: &mut on,
    });
    (parts, decoder.finish())
}

/// Fails if the result depends on where chunks end.
pub(super) fn reads_the_same_at_every_split(dialect: Dialect, stream: &str) {
    let bytes = stream.as_bytes();
    let whole = read(dialect, &[bytes]);
    for at in 0..=bytes.len() {
        assert_eq!(
            read(dialect, &[&bytes[..at], &bytes[at..]]),
            whole,
            "split at {at}"
        );
    }
    for size in 1..8 {
        let chunks: Vec<_> = bytes.chunks(size).collect();
        assert_eq!(read(dialect, &chunks), whole, "chunks of {size}");
    }
}

/// Fails if a truncated stream yields anything but a prefix of the parts, or if a broken byte
/// causes a panic.
pub(super) fn survives_damage(dialect: Dialect, stream: &str) {
    let bytes = stream.as_bytes();
    let (whole, _) = read(dialect, &[bytes]);
    for at in 0..bytes.len() {
        let (cut, _) = read(dialect, &[&bytes[..at]]);
        let is_beginning = cut.len() <= whole.len()
            && cut
                .iter()
                .zip(&whole)
                .all(|(cut, whole)| whole.starts_with(cut));
        assert!(is_beginning, "cut at {at}: {cut:?}");
        // Test half of the bytes at each position, because every test decodes the whole stream
        // again.
        for byte in [0, b'"', b'{', b'\n', b'\\', 0xff]
            .into_iter()
            .skip(at % 2)
            .step_by(2)
        {
            let mut broken = bytes.to_vec();
            broken[at] = byte;
            read(dialect, &[&broken]);
        }
    }
}

/// The same answers in each dialect, from the fixtures of the loopback provider.
const ANSWERS: [(&str, [(Dialect, &str); 3]); 7] = {
    macro_rules! answer {
        ($name:literal) => {
            (
                $name,
                [
                    (
                        Dialect::Chat,
                        include_str!(concat!("../../../tests/fixtures/chat/", $name, ".sse")),
                    ),
                    (
                        Dialect::Responses,
                        include_str!(concat!("../../../tests/fixtures/responses/", $name, ".sse")),
                    ),
                    (
                        Dialect::Messages,
                        include_str!(concat!("../../../tests/fixtures/messages/", $name, ".sse")),
                    ),
                ],
            )
        };
    }
    [
        answer!("text"),
        answer!("reasoning"),
        answer!("tools"),
        answer!("hosted"),
        answer!("length"),
        answer!("refusal"),
        answer!("error"),
    ]
};

/// Decodes a stream and removes the differences that are allowed between dialects.
fn read_normalized(dialect: Dialect, stream: &str) -> (Vec<String>, CallOutcome) {
    let (parts, mut outcome) = read(dialect, &[stream.as_bytes()]);
    let mut normalized: Vec<String> = Vec::new();
    // Only some dialects report the start of a tool.
    for part in parts
        .into_iter()
        .filter(|part| !part.contains("status: Started"))
    {
        match (normalized.last_mut(), part.strip_prefix("Reasoning(\"")) {
            (Some(last), Some(more)) if last.starts_with("Reasoning") => {
                last.truncate(last.len() - 2);
                last.push_str(more);
            }
            _ => normalized.push(part),
        }
    }
    // The continuation differs in each dialect. After an error, only Chat Completions reports a
    // finish reason and a status.
    outcome.continuation.clear();
    if let Some(error) = &mut outcome.error {
        error.status_code = None;
        (outcome.finish_reason, outcome.complete) = (None, false);
    }
    (normalized, outcome)
}

#[test]
fn one_answer_is_the_same_in_every_dialect() {
    for (name, [chat, others @ ..]) in ANSWERS {
        let expected = read_normalized(chat.0, chat.1);
        for (dialect, stream) in others {
            let (parts, outcome) = read_normalized(dialect, stream);
            if (name, dialect) == ("refusal", Dialect::Messages) {
                // Anthropic sends the text of a refusal as the text of the answer.
                assert_eq!(outcome.finish_reason.as_deref(), Some("content_filter"));
            } else {
                assert_eq!((parts, outcome), expected, "{name} {dialect:?}");
            }
        }
    }
}
