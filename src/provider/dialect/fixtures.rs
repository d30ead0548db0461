//! What the tests of every dialect share: a plain question, and streams that are read whole, at every byte split, and damaged.

use super::{CallOutcome, Dialect, ModelRequest, StreamPart};
use crate::provider::{PartSink, sse};

/// Nothing but a limit.
pub fn ask() -> ModelRequest<'static> {
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

/// The pieces, adjacent text merged, and the ending.
pub fn read(dialect: Dialect, chunks: &[&[u8]]) -> (Vec<String>, CallOutcome) {
    let mut decoder = dialect.decoder();
    let mut lines = sse::Decoder::new(1 << 16);
    let mut pieces: Vec<String> = Vec::new();
    let mut on = |piece: StreamPart<'_>| match piece {
        StreamPart::Text(text) => match pieces.last_mut().filter(|last| last.starts_with("text ")) {
            Some(last) => last.push_str(text),
            None => pieces.push(format!("text {text}")),
        },
        other => pieces.push(format!("{other:?}")),
    };
    for chunk in chunks {
        lines.feed(chunk, &mut PartSink { decoder: &mut decoder, on: &mut on }).unwrap();
    }
    lines.finish(&mut PartSink { decoder: &mut decoder, on: &mut on });
    (pieces, decoder.finish())
}

/// Where a chunk ends must not show.
pub fn reads_the_same_at_every_split(dialect: Dialect, stream: &str) {
    let bytes = stream.as_bytes();
    let whole = read(dialect, &[bytes]);
    for at in 0..=bytes.len() {
        assert_eq!(read(dialect, &[&bytes[..at], &bytes[at..]]), whole, "split at {at}");
    }
    for size in 1..8 {
        let chunks: Vec<_> = bytes.chunks(size).collect();
        assert_eq!(read(dialect, &chunks), whole, "chunks of {size}");
    }
}

/// What was cut off is missing and nothing else; no byte is a panic.
pub fn survives_damage(dialect: Dialect, stream: &str) {
    let bytes = stream.as_bytes();
    let (whole, _) = read(dialect, &[bytes]);
    for at in 0..bytes.len() {
        let (cut, _) = read(dialect, &[&bytes[..at]]);
        let is_beginning = cut.len() <= whole.len() && cut.iter().zip(&whole).all(|(cut, whole)| whole.starts_with(cut));
        assert!(is_beginning, "cut at {at}: {cut:?}");
        // Half of them here and half of them next door: a stream is read anew for each.
        for byte in [0, b'"', b'{', b'\n', b'\\', 0xff].into_iter().skip(at % 2).step_by(2) {
            let mut broken = bytes.to_vec();
            broken[at] = byte;
            read(dialect, &[&broken]);
        }
    }
}

/// The same answers in each dialect, as the loopback provider gives them.
const ANSWERS: [(&str, [(Dialect, &str); 3]); 7] = {
    macro_rules! answer {
        ($name:literal) => {
            (
                $name,
                [
                    (Dialect::Chat, include_str!(concat!("../../../tests/fixtures/chat/", $name, ".sse"))),
                    (Dialect::Responses, include_str!(concat!("../../../tests/fixtures/responses/", $name, ".sse"))),
                    (Dialect::Messages, include_str!(concat!("../../../tests/fixtures/messages/", $name, ".sse"))),
                ],
            )
        };
    }
    [answer!("text"), answer!("reasoning"), answer!("tools"), answer!("hosted"), answer!("length"), answer!("refusal"), answer!("error")]
};

/// What is told of an answer, however it is cut into pieces.
fn told(dialect: Dialect, stream: &str) -> (Vec<String>, CallOutcome) {
    let (pieces, mut ending) = read(dialect, &[stream.as_bytes()]);
    let mut told: Vec<String> = Vec::new();
    // Only some dialects say that a tool was begun.
    for piece in pieces.into_iter().filter(|piece| !piece.contains("status: Started")) {
        match (told.last_mut(), piece.strip_prefix("Reasoning(\"")) {
            (Some(last), Some(more)) if last.starts_with("Reasoning") => {
                last.truncate(last.len() - 2);
                last.push_str(more);
            }
            _ => told.push(piece),
        }
    }
    // Each sends something else back; and where an answer breaks off, chat alone gives it a finish reason and a status.
    ending.continuation.clear();
    if let Some(error) = &mut ending.error {
        error.status_code = None;
        (ending.finish_reason, ending.complete) = (None, false);
    }
    (told, ending)
}

#[test]
fn one_answer_is_the_same_in_every_dialect() {
    for (name, [chat, others @ ..]) in ANSWERS {
        let expected = told(chat.0, chat.1);
        for (dialect, stream) in others {
            let (pieces, ending) = told(dialect, stream);
            if (name, dialect) == ("refusal", Dialect::Messages) {
                // Anthropic has no words for a refusal but those of the answer.
                assert_eq!(ending.finish_reason.as_deref(), Some("content_filter"));
            } else {
                assert_eq!((pieces, ending), expected, "{name} {dialect:?}");
            }
        }
    }
}
