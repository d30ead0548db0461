//! Defines the properties that the fuzz targets in `fuzz/` check. Compiled only for `cargo fuzz`,
//! so the modules of the crate stay private.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json::{self, Json, Map, Value, from_value, from_value_strict, lenient, to_json};
use crate::provider::dialect::{Dialect, StreamPart};
use crate::provider::response_reader::PartSink;
use crate::provider::sse;
use crate::provider::unread::Unread;
use crate::request::Request;
use crate::result::{Activity, Analysis, FailedModel, Response};
use crate::snapshot::{Answer, PartialOutput, Snapshot};

/// Decodes bytes in every dialect. The decoders must not panic. The output must be the same
/// wherever the bytes are split.
pub fn decode(bytes: &[u8], at: usize) {
    let (head, tail) = bytes.split_at(at.min(bytes.len()));
    for dialect in [Dialect::Chat, Dialect::Responses, Dialect::Messages] {
        let whole = decoded_text(dialect, &[bytes]);
        assert_eq!(whole, decoded_text(dialect, &[head, tail]));
    }
}

fn decoded_text(dialect: Dialect, chunks: &[&[u8]]) -> String {
    let mut lines = sse::Decoder::new(1 << 20);
    let mut decoder = dialect.decoder();
    let mut text = String::new();
    let mut on = |part: StreamPart<'_>| match part {
        StreamPart::Text(delta) => text.push_str(delta),
        StreamPart::Withdrawn { bytes } => text.truncate(text.len() - bytes),
        _ => {}
    };
    for chunk in chunks {
        let mut sink = PartSink {
            decoder: &mut decoder,
            on: &mut on,
            unread: &mut Unread::default(),
        };
        let _ = lines.feed(chunk, &mut sink);
    }
    lines.finish(&mut PartSink {
        decoder: &mut decoder,
        on: &mut on,
        unread: &mut Unread::default(),
    });
    decoder.finish(&mut on);
    text
}

/// Reads text with every JSON parser of the crate. No parser may panic. If the strict parser
/// accepts the text, the value must be the same after it is written and read again.
pub fn json(text: &str) {
    if let Ok(value) = text.parse::<Value>() {
        assert_eq!(value.to_string().parse(), Ok(value));
        assert!(Json::parse(text).is_some());
    }
    let _ = lenient::object(text);
    let _ = lenient::value(text.as_bytes());
    let _ = lenient::last(text, |object, _| object.get("analysis").cloned());
    let _ = json::decimal(text, 12);
}

/// Reads any JSON as a snapshot or as a part of a snapshot. The readers must not panic, and the
/// data must survive a round trip.
pub fn snapshot(text: &str) {
    let Ok(value) = text.parse::<Value>() else {
        return;
    };
    settles::<Response>(&value);
    settles::<Analysis>(&value);
    settles::<Activity>(&value);
    settles::<FailedModel>(&value);
    settles::<PartialOutput>(&value);
    settles::<Answer>(&value);
    let _ = from_value_strict::<Snapshot>(&value);
    let mut request = Map::new();
    request.insert("resume", value);
    let _ = Request::parse(&Value::Object(request));
}

/// Writes and reads the data twice, and checks that the second time changes nothing. The first time
/// may change costs, because a float does not hold all their digits.
fn settles<T: DeserializeOwned + Serialize>(value: &Value) {
    let Ok(data) = from_value::<T>(value) else {
        return;
    };
    let first = to_json(&data);
    let reread = first
        .parse()
        .ok()
        .and_then(|json| from_value::<T>(&json).ok());
    let second = reread.as_ref().map(to_json).unwrap_or_default();
    let reread = second
        .parse()
        .ok()
        .and_then(|json| from_value::<T>(&json).ok());
    assert_eq!(reread.as_ref().map(to_json), Some(second));
}
