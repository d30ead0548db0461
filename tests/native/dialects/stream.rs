//! Helpers that read the streams of `tests/fixtures`: whole, split at every byte, and damaged.

use std::fs;

use crate::provider::dialect::{CallOutcome, Dialect, StreamPart};
use crate::provider::response_reader::PartSink;
use crate::provider::sse;
use crate::provider::unread::Unread;

/// Returns the text of a file in `tests/fixtures`.
macro_rules! fixture {
    ($($path:expr),*) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/", $($path),*))
    };
}
pub(super) use fixture;

/// Maximum size of a stream that a test splits at every byte. Such a test takes quadratic time.
/// Longer streams are only read in small chunks.
const MAX_QUADRATIC_BYTES: usize = 3_200;

/// Returns all streams of a dialect. A whole response becomes a stream of one event.
fn fixtures(dialect: Dialect) -> Vec<String> {
    let name = format!("{dialect:?}").to_lowercase();
    let folder = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut streams = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        streams.push(if path.extension().is_some_and(|kind| kind == "json") {
            format!("data: {text}\n\n")
        } else {
            text
        });
    }
    assert!(streams.len() > 10, "{name} has {} fixtures", streams.len());
    streams
}

/// Fails if the result of any fixture depends on where chunks end.
pub(super) fn every_fixture_reads_the_same_at_every_split(dialect: Dialect) {
    for stream in fixtures(dialect) {
        if stream.len() <= MAX_QUADRATIC_BYTES {
            reads_the_same_at_every_split(dialect, &stream);
        } else {
            reads_the_same_in_small_chunks(dialect, &stream);
        }
    }
}

/// Fails if a damaged fixture causes a panic. See [`survives_damage`].
pub(super) fn every_fixture_survives_damage(dialect: Dialect) {
    let is_short = |stream: &String| stream.len() <= MAX_QUADRATIC_BYTES;
    for stream in fixtures(dialect).into_iter().filter(is_short) {
        survives_damage(dialect, &stream);
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
                    unread: &mut Unread::default(),
                },
            )
            .unwrap();
    }
    event_stream.finish(&mut PartSink {
        decoder: &mut decoder,
        on: &mut on,
        unread: &mut Unread::default(),
    });
    let outcome = decoder.finish(&mut on);
    (parts, outcome)
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
    reads_the_same_in_small_chunks(dialect, stream);
}

/// Fails if the result depends on the size of the chunks.
fn reads_the_same_in_small_chunks(dialect: Dialect, stream: &str) {
    let bytes = stream.as_bytes();
    let whole = read(dialect, &[bytes]);
    for size in 1..8 {
        let chunks: Vec<_> = bytes.chunks(size).collect();
        assert_eq!(read(dialect, &chunks), whole, "chunks of {size}");
    }
}

/// Cuts the stream off at every byte. Fails if the parts before the cut are not the first parts of
/// the whole stream. Also changes bytes, and fails if a changed byte causes a panic.
fn survives_damage(dialect: Dialect, stream: &str) {
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
        // Test half of the values at each position, because each test decodes the whole stream
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
