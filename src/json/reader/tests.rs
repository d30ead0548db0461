//! Tests of `reader`.

use super::*;
use serde_json::Value;

/// Rebuilds the value with the reader under test.
fn rebuilt(json: Json<'_>) -> Value {
    match json.raw().as_bytes()[0] {
        b'{' => Value::Object(
            json.entries()
                .map(|(name, value)| {
                    (
                        Json::parse(&format!("\"{name}\""))
                            .unwrap()
                            .str()
                            .unwrap()
                            .into_owned(),
                        rebuilt(value),
                    )
                })
                .collect(),
        ),
        b'[' => json.items().map(rebuilt).collect(),
        b'"' => json.str().unwrap().into_owned().into(),
        _ => serde_json::from_str(json.raw()).unwrap(),
    }
}

#[test]
fn the_reader_agrees_with_serde_json() {
    let fixtures = [
        r#"{"a":1,"b":[true,false,null,"x\"y\\",{"c":{}}],"ü":"\u00fc\ud83d\ude00\n\t\/","n":-1.5e-7}"#,
        " [ ] ",
        "[[[[1]]],{\"a\":[]}]",
        "{ \"a\" : { \"b\" : [ 1 , 2 ] } , \"c\" : \"}\" }",
        "\"\"",
        "0",
    ];
    for text in fixtures {
        assert_eq!(
            rebuilt(Json::parse(text).unwrap()),
            serde_json::from_str::<Value>(text).unwrap(),
            "{text}"
        );
    }
}

#[test]
fn fields_are_found_and_null_is_none() {
    let json = Json::parse(r#"{"a":null,"b":"x","c":[1],"b":"y"}"#).unwrap();
    let [a, b, c, d] = json.fields(&["a", "b", "c", "d"]);
    assert_eq!(
        (a, b.and_then(Json::str).as_deref(), c.map(Json::raw), d),
        (None, Some("y"), Some("[1]"), None)
    );
    assert_eq!(Json::parse("[1]").unwrap().get("a"), None);
    assert_eq!(
        Json::parse(r#"{"a":{"b":7}}"#)
            .unwrap()
            .get("a")
            .and_then(|a| a.get("b"))
            .and_then(Json::as_u64),
        Some(7)
    );
}

#[test]
fn unmatched_brackets_and_quotes_are_errors() {
    for text in [
        "",
        "{",
        "{]",
        "[}",
        "\"",
        "\"\\\"",
        "{\"a\":1",
        "[1]]",
        "{} {}",
        "{\"a\":\"b}",
    ] {
        assert_eq!(Json::parse(text), None, "{text}");
    }
    let deep = "[".repeat(200) + &"]".repeat(200);
    assert_eq!(Json::parse(&deep), None);
}

#[test]
fn lone_surrogates_and_invalid_unicode_escapes_are_replaced() {
    for (text, expected) in [
        (r#""\ud83d""#, "\u{fffd}"),
        (r#""\ud83dx""#, "\u{fffd}x"),
        (r#""\ud83d\u0041""#, "\u{fffd}A"),
        (r#""\ude00""#, "\u{fffd}"),
        (r#""\u12""#, "\u{fffd}"),
        (r#""\uzzzz!""#, "\u{fffd}!"),
        (r#""\u123é and on""#, "\u{fffd} and on"),
        (r#""\u1😀 and on""#, "\u{fffd} and on"),
    ] {
        assert_eq!(
            Json::parse(text).unwrap().str().unwrap(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn a_surrogate_pair_may_be_split_over_two_strings() {
    for (texts, expected) in [
        (&[r#""a\ud83d""#, r#""\ude00b""#][..], "a😀b"),
        (&[r#""\uD83D""#, r#""""#, r#""\uDE00""#], "😀"),
        (&[r#""\ud83d""#, r#""\ude00\ud83d""#, r#""\ude00""#], "😀😀"),
        (&[r#""\ud83d""#, r#""x""#], "\u{fffd}x"),
        (&[r#""\ud83d""#, r#""\u0041""#], "\u{fffd}A"),
        (&[r#""\ud83d""#, r#""\ud83d\ude00""#], "\u{fffd}😀"),
        (&[r#""x\ud83d""#], "x\u{fffd}"),
        (&[r#""\\ud83d""#, r#""\ude00""#], "\\ud83d\u{fffd}"),
        (&[r#""\\\ud83d""#, r#""\ude00""#], "\\😀"),
        (&[r#""é""#, r#""a\n""#], "éa\n"),
    ] {
        let mut high = None;
        let mut read = String::new();
        for text in texts {
            let json = Json::parse(text).unwrap();
            read.push_str(&json.continue_str(&mut high).unwrap());
        }
        read.push_str(end_of_strings(&mut high));
        assert_eq!(read, expected, "{texts:?}");
    }
    assert_eq!(Json::parse("7").unwrap().continue_str(&mut None), None);
}

#[test]
fn integers_are_read_from_fractions_but_not_from_negative_numbers() {
    let count = |text: &str| Json::parse(text).unwrap().as_u64();
    assert_eq!(
        [
            count("12"),
            count("12.7"),
            count("-1"),
            count("\"3\""),
            count("true")
        ],
        [Some(12), Some(12), None, None, None]
    );
}

#[test]
fn broken_bytes_cause_no_panic() {
    let text = r#"{"a":[1,"b\u00e9\\",{"c":null}],"d":"é😀"}"#;
    for at in 0..text.len() {
        for byte in [b'"', b'{', b'}', b'[', b']', b'\\', b',', b':', b' ', b'u'] {
            let mut broken = text.as_bytes().to_vec();
            broken[at] = byte;
            let broken = String::from_utf8_lossy(&broken).into_owned();
            if let Some(json) = Json::parse(&broken) {
                walk(json);
            }
        }
    }
    fn walk(json: Json<'_>) {
        let _ = (json.str(), json.as_u64());
        json.entries().for_each(|(_, value)| walk(value));
        json.items().for_each(walk);
    }
}
