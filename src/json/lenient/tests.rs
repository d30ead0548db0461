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
fn malformed_numbers_are_repaired_and_signs_are_errors() {
    let numbers = read("{\"a\": [+1, 007, .5, 1., -.5, 0, 00]}").map(|value| value.to_string());
    assert_eq!(numbers.as_deref(), Some(r#"{"a":[1,7,0.5,1,-0.5,0,0]}"#));
    for text in ["{\"a\": +}", "{\"a\": -}", "{\"a\": @}", "{\"a\": {b}}"] {
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
    for text in ["", "[1]", "{really}", "{ to open", "{\"a\": @}", "{:}"] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(
        object("{\"a\": 1} and more")
            .ok()
            .map(|object| object.length),
        Some(8)
    );
    assert_eq!(read(&"{\"a\":".repeat(1000)), None);
}

/// Each test text begins with one of these strings. Repeated [`PIECES`] follow.
const HEADS: [&str; 9] = [
    "",
    "{\"a\":\"",
    "{\"a\":[",
    "{a: ",
    "{a: b",
    "{\"a\":[\"x \"",
    "{\"a\":'",
    "{\"a\":[{\"b\":\"",
    "{\"a\":\"{\"b\":\"",
];
const PIECES: [&str; 58] = [
    "{",
    "{\"",
    "{\"a\":\"",
    "\"a\":\"b",
    "\"\"",
    "\" \"",
    "\",",
    "\",\"a",
    "\",\"",
    "{a:",
    "[",
    "(",
    "//",
    "/*",
    "'",
    "“",
    "`",
    "\\\"",
    "{\\\"",
    "\\n",
    "\\",
    "+\"",
    "\"+\"",
    "a,",
    ",",
    ";",
    "{\"a\":[\"x {\"",
    "\n\"a,",
    "\n\"",
    "\n",
    "...",
    "…",
    "{&quot;",
    "} ",
    "}",
    "},",
    "\"}",
    "\"]",
    "\" }",
    "\"} ,",
    "]",
    "# ",
    "#",
    "\u{a0}",
    " ",
    "0x",
    "a",
    "a(",
    "a:",
    "a\":",
    "\"x\\\"",
    "\"\"a",
    "\"\"\"a",
    "/",
    "\"a b",
    "\" a ",
    "=>",
    "{\"a\"{\"",
];

/// Finds the text for which `read` looks at the most bytes for each byte of the text. Returns this
/// ratio and the text.
fn worst(heads: &[&str], length: usize, read: impl Fn(&str)) -> (usize, String) {
    let mut worst = (0, String::new());
    for head in heads {
        for (i, piece) in PIECES.iter().enumerate() {
            // Test each piece alone, and with each of two other pieces.
            for other in [
                "",
                PIECES[(i * 7 + 3) % PIECES.len()],
                PIECES[(i * 11 + 20) % PIECES.len()],
            ] {
                let both = [*piece, other].concat();
                for tail in ["", "x"] {
                    let text = [*head, &both.repeat(length / both.len()), tail].concat();
                    work::take();
                    read(&text);
                    let steps = work::take() / text.len();
                    if steps > worst.0 {
                        worst = (steps, format!("{head} {both} {tail}"));
                    }
                }
            }
        }
    }
    worst
}

#[test]
fn an_object_is_read_in_linear_time() {
    let (steps, text) = worst(&HEADS, 1_500, |text| {
        let _ = object(text);
    });
    assert!(steps <= 40, "{steps} {text}");
}

#[test]
fn the_last_object_is_found_in_linear_time() {
    let (steps, text) = worst(&HEADS[..2], 3_000, |text| {
        let _ = last(text, |members, _| members.contains_key("a").then_some(()));
    });
    assert!(steps <= 1_300, "{steps} {text}");
}
