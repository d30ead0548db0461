//! Any text: no reader panics, and what a strict reader took is written so that it reads the same.
//! `cargo +nightly fuzz run json`

#![no_main]

use libfuzzer_sys::fuzz_target;
use llm_fuse::json::{Json, ToJson, Value, decimal, lenient};
use llm_fuse::search;

fuzz_target!(|input: (u8, &str)| {
    let (at, text) = input;
    if let Ok(value) = text.parse::<Value>() {
        let written = value.to_json();
        assert_eq!(written.parse(), Ok(value));
        assert!(Json::parse(text).is_some());
    }
    let _ = lenient::object(text);
    let _ = lenient::value(text.as_bytes());
    let _ = lenient::last(text, |object| object.get("analysis").cloned());
    let _ = decimal(text, 12);

    let (needle, text) = text.split_at_checked(at.into()).unwrap_or_default();
    assert_eq!(search::find(text, needle), text.find(needle).filter(|_| !needle.is_empty()));
});
