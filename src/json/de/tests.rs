//! Tests of `de`.

use super::*;
use crate::json::json;
use serde::Deserialize;

#[derive(Debug, PartialEq, Deserialize)]
struct Outer {
    a: u16,
    b: Option<String>,
    c: Option<bool>,
    inner: Inner,
    list: Vec<Word>,
    #[serde(default)]
    later: Vec<String>,
}
#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    x: String,
}
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    One,
    AndTwo,
}

#[test]
fn data_is_read_and_unknown_fields_are_ignored() {
    let value =
        json!({"a": 1, "c": null, "inner": {"x": "y"}, "list": ["one", "and_two"], "more": [{}]});
    let outer = Outer {
        a: 1,
        b: None,
        c: None,
        inner: Inner { x: "y".to_owned() },
        list: vec![Word::One, Word::AndTwo],
        later: Vec::new(),
    };
    assert_eq!(from_value(&value), Ok(outer));
}

#[test]
fn an_error_names_the_place_and_quotes_no_value() {
    let fits = json!({"a": 1, "inner": {"x": ""}, "list": []});
    assert!(from_value::<Outer>(&fits).is_ok());
    let error = |name: &str, value: Value| {
        let mut wrong = fits.clone();
        wrong.as_object_mut().unwrap().insert(name, value);
        from_value::<Outer>(&wrong).unwrap_err().to_string()
    };
    assert_eq!(error("a", json!(-1)), "`.a` must be an integer from 0 on");
    assert_eq!(error("a", json!(70_000)), "`.a` must be a smaller integer");
    assert_eq!(
        error("a", json!("secret")),
        "`.a` must be an integer from 0 on"
    );
    assert_eq!(error("b", json!(1)), "`.b` must be a string");
    assert_eq!(error("c", json!("secret")), "`.c` must be true or false");
    assert_eq!(
        error("list", json!(["one", "secret"])),
        "`.list[1]` must be one of one, and_two"
    );
    assert_eq!(
        error("list", json!([["secret"]])),
        "`.list[0]` must be one of one, and_two"
    );
    assert_eq!(error("list", json!({})), "`.list` must be an array");
    assert_eq!(
        error("later", json!(["", null])),
        "`.later[1]` must be a string"
    );
    assert_eq!(
        error("inner", json!("secret")),
        "`.inner` must be an object"
    );
    assert_eq!(
        error("inner", json!({"x": null})),
        "`.inner.x` must be a string"
    );
    assert_eq!(error("inner", json!({})), "`.inner.x` is missing");
    assert_eq!(
        from_value::<Outer>(&json!([])).unwrap_err().to_string(),
        "`` must be an object"
    );
    let unknown = from_value_strict::<Inner>(&json!({"x": "", "y": "secret"})).unwrap_err();
    assert_eq!(unknown.to_string(), "`.y` is unknown here; known are x");
}
