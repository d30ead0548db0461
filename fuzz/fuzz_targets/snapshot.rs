//! Reads any JSON as a snapshot or a part of one: no panic, and the data survives a round trip.
//! `cargo +nightly fuzz run snapshot`

#![no_main]

use libfuzzer_sys::fuzz_target;
use llm_fuse::json::{Value, from_value, from_value_strict, to_json};
use llm_fuse::request::Request;
use llm_fuse::result::{Activity, Analysis, FailedModel, Response};
use llm_fuse::snapshot::{Answer, PartialOutput, Snapshot};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Amounts beyond a float's exact range lose their last digits in the first write and none later.
fn settles<T: DeserializeOwned + Serialize>(value: &Value) {
    let Ok(data) = from_value::<T>(value) else { return };
    let again = |text: String| to_json(&from_value::<T>(&text.parse().unwrap()).unwrap());
    let written = again(to_json(&data));
    assert_eq!(again(written.clone()), written);
}

fuzz_target!(|text: &str| {
    let Ok(value) = text.parse::<Value>() else { return };
    settles::<Response>(&value);
    settles::<Analysis>(&value);
    settles::<Activity>(&value);
    settles::<FailedModel>(&value);
    settles::<PartialOutput>(&value);
    settles::<Answer>(&value);
    let _ = from_value_strict::<Snapshot>(&value);
    let mut request = llm_fuse::json::Map::new();
    request.insert("resume", value);
    let _ = Request::parse(&Value::Object(request));
});
