//! Tests of `lenient`.

use super::*;
use crate::json::json;

fn read(text: &str) -> Option<Value> {
    object(text)
        .ok()
        .map(|object| Value::Object(object.members))
}

#[test]
fn mistakes_of_models_are_repaired() {
    assert_eq!(
        read("{\"a\": [1, 2,], \"b\": {\"c\": \"d\",},}"),
        Some(json!({"a": [1, 2], "b": {"c": "d"}}))
    );
    assert_eq!(
        read("{\"a\": \"two\nlines\" // why\n}"),
        Some(json!({"a": "two\nlines"}))
    );
    assert_eq!(
        read("{\"a\": None, \"b\": True}"),
        Some(json!({"a": null, "b": true}))
    );
    assert_eq!(
        read("{\"a\": \"bad \\x escape\"}"),
        Some(json!({"a": "bad \\x escape"}))
    );
    assert_eq!(
        read("{\"a\": \"\\u00e9 \\\"q\\\"\"}"),
        Some(json!({"a": "é \"q\""}))
    );
}

#[test]
fn malformed_numbers_are_repaired_and_words_are_errors() {
    let numbers = read("{\"a\": [+1, 007, .5, 1., -.5, 0, 00]}").map(|value| value.to_string());
    assert_eq!(numbers.as_deref(), Some(r#"{"a":[1,7,0.5,1,-0.5,0,0]}"#));
    for text in [
        "{\"a\": +}",
        "{\"a\": e5}",
        "{\"a\": inf}",
        "{\"a\": 1e}",
        "{\"a\": -}",
        "{\"a\": }",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn the_strict_reader_fails_if_anything_needs_repair() {
    for text in [
        "{}",
        " [1, \"a\\u00e9\\n\", {\"b\": null}] ",
        "\"x\"",
        "-0.5e-7",
        "true",
    ] {
        assert!(strict(text).is_some(), "{text}");
    }
    let wrong = [
        "",
        "{",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "[1]]",
        "\"a\nb\"",
        "\"\\x\"",
        "\"\\u12\"",
        "None",
        "+1",
        "01",
        "[1] //",
        "{\"a\" 1}",
        "\"a",
    ];
    for text in wrong {
        assert_eq!(strict(text), None, "{text}");
    }
    assert!(strict(&("[".repeat(100) + &"]".repeat(100))).is_some());
    assert_eq!(strict(&("[".repeat(9_000) + &"]".repeat(9_000))), None);
}

#[test]
fn a_truncated_object_is_closed_without_its_last_string() {
    assert_eq!(
        read("{\"a\": [{\"b\": \"c\"}, {\"b\": \"d"),
        Some(json!({"a": [{"b": "c"}]}))
    );
    assert_eq!(read("{\"a\": [\"x\", "), Some(json!({"a": ["x"]})));
    assert_eq!(read("{\"a\": [\"x\", nul"), Some(json!({"a": ["x"]})));
}

#[test]
fn text_that_is_not_an_object_is_none() {
    for text in ["", "[1]", "{a: 1}", "{\"a\" 1}", "{\"a\": @}"] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(
        object("{\"a\": 1} and more").map(|object| object.length),
        Ok(8)
    );
    assert_eq!(read(&"{\"a\":".repeat(1000)), None);
}
