//! The decoder never panics on any bytes, and its output does not depend on the chunk boundaries.
//! `cargo +nightly fuzz run decode`

#![no_main]

use libfuzzer_sys::fuzz_target;
use llm_fuse::provider::dialect::{Dialect, StreamPart};
use llm_fuse::provider::{PartSink, sse};

fn text(dialect: Dialect, chunks: &[&[u8]]) -> String {
    let mut lines = sse::Decoder::new(1 << 20);
    let mut answer = dialect.decoder();
    let mut text = String::new();
    let mut on = |piece: StreamPart<'_>| {
        if let StreamPart::Text(delta) = piece {
            text.push_str(delta);
        }
    };
    for chunk in chunks {
        let _ = lines.feed(chunk, &mut PartSink { decoder: &mut answer, on: &mut on });
    }
    lines.finish(&mut PartSink { decoder: &mut answer, on: &mut on });
    text
}

fuzz_target!(|input: (u16, &[u8])| {
    let (at, bytes) = input;
    let at = usize::from(at).min(bytes.len());
    for dialect in [Dialect::Chat, Dialect::Responses, Dialect::Messages] {
        assert_eq!(text(dialect, &[bytes]), text(dialect, &[&bytes[..at], &bytes[at..]]));
    }
});
