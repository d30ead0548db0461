//! No reader panics on any text, and JSON from the strict reader survives a round trip.
//! `cargo +nightly fuzz run json`

#![no_main]

use libfuzzer_sys::fuzz_target;
use llm_fuse::json::{Json, Value, decimal, lenient, to_json};

fuzz_target!(|text: &str| {
    if let Ok(value) = text.parse::<Value>() {
        let written = to_json(&value);
        assert_eq!(written, value.to_string());
        assert_eq!(written.parse(), Ok(value));
        assert!(Json::parse(text).is_some());
    }
    let _ = lenient::object(text);
    let _ = lenient::value(text.as_bytes());
    let _ = lenient::last(text, |object| object.get("analysis").cloned());
    let _ = decimal(text, 12);
});
