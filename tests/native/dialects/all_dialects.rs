//! Compares the dialects. If all dialects send the same answer, the decoders must return the same
//! parts and the same outcome.

use super::stream::{fixture, read};
use crate::provider::dialect::{CallOutcome, Dialect};

/// Each row is one answer in all three dialects, from the fixtures of the loopback provider.
const ANSWERS: [(&str, [(Dialect, &str); 3]); 7] = {
    macro_rules! answer {
        ($name:literal) => {
            (
                $name,
                [
                    (Dialect::Chat, fixture!("chat/", $name, ".sse")),
                    (Dialect::Responses, fixture!("responses/", $name, ".sse")),
                    (Dialect::Messages, fixture!("messages/", $name, ".sse")),
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
        (outcome.finish_reason, outcome.is_complete) = (None, false);
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
