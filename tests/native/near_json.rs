//! Tests the lenient JSON reader with the malformed JSON that models write. The cases are in
//! `tests/fixtures/near-json.json`.

use crate::json::{Map, Value, lenient};

fn cases(group: &str) -> Vec<Value> {
    let fixture: Value = include_str!("../fixtures/near-json.json").parse().unwrap();
    fixture[group].elements().to_vec()
}

fn last(text: &str) -> Option<Value> {
    lenient::last(text, |object, _| Some(Value::Object(object)))
}

/// Compares JSON values. Compares numbers as floats, because the reader keeps their digits as text.
fn is_same(value: &Value, other: &Value) -> bool {
    match (value, other) {
        (Value::Number(_), Value::Number(_)) => value.as_f64() == other.as_f64(),
        (Value::Array(_), Value::Array(_)) => {
            let (value, other) = (value.elements(), other.elements());
            value.len() == other.len()
                && value
                    .iter()
                    .zip(other)
                    .all(|(value, other)| is_same(value, other))
        }
        (Value::Object(value), Value::Object(other)) => {
            value.len() == other.len()
                && value
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| is_same(value, other)))
        }
        _ => value == other,
    }
}

#[test]
fn each_form_has_its_value() {
    let cases = cases("values");
    assert!(cases.len() >= 120, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let text = case["text"].as_str().unwrap();
        // In a truncated text, an outer object is not closed, but an inner object may be. The
        // reader would return the inner object. Therefore accept only objects that contain the
        // first field of the outer object.
        let first = case["value"].as_object().unwrap().keys().next().unwrap();
        let is_searched =
            |object: &Map| case["form"] != "a cut object" || object.contains_key(first);
        let found = lenient::last(text, |object, _| {
            is_searched(&object).then_some(Value::Object(object))
        });
        if !found
            .as_ref()
            .is_some_and(|found| is_same(found, &case["value"]))
        {
            let found = found.map(|found| found.to_string());
            wrong.push(format!("{case}\n  read: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_object_is_not_read() {
    for case in cases("nothing") {
        assert_eq!(last(case["text"].as_str().unwrap()), None, "{case}");
    }
}

#[test]
fn the_strict_reader_refuses_every_form_and_reads_every_value() {
    for case in cases("values") {
        let text = case["text"].as_str().unwrap();
        let is_json = serde_json::from_str::<serde_json::Value>(text).is_ok();
        // serde_json refuses half of a surrogate pair, although JSON allows it.
        let is_json = is_json || text.contains(r"\ud83d");
        assert_eq!(text.parse::<Value>().is_ok(), is_json, "{case}");
        // Both readers return the same value for valid JSON.
        let json = case["value"].to_string();
        assert_eq!(json.parse().as_ref(), Ok(&case["value"]));
        assert_eq!(last(&json).as_ref(), Some(&case["value"]), "{json}");
    }
}

#[test]
fn valid_json_reads_as_the_strict_reader_reads_it() {
    let mut rng = fastrand::Rng::with_seed(11);
    for _ in 0..4_000 {
        let json = format!("{{\"k\":{}}}", random(&mut rng, 0));
        let text = format!("So: {json} That is all.");
        let strict = json.parse::<Value>().unwrap();
        assert_eq!(last(&json).as_ref(), Some(&strict), "{json}");
        assert_eq!(last(&text).as_ref(), Some(&strict), "{text}");
    }
}

/// Returns random valid JSON. The strings in this JSON contain characters that the reader would
/// repair outside a string.
fn random(rng: &mut fastrand::Rng, depth: u32) -> String {
    const PIECES: [&str; 20] = [
        "a", " ", ",", ":", "{", "}", "[", "]", "'", "“", "”", "`", "\\\"", "\\\\", "\\n", "//",
        "/*", "#", "...", "key",
    ];
    let string = |rng: &mut fastrand::Rng| {
        let length = rng.usize(0..30);
        let text: String = (0..length)
            .map(|_| PIECES[rng.usize(0..PIECES.len())])
            .collect();
        format!("\"{text}\"")
    };
    let space = [" ", "", "\n  ", "\t"][rng.usize(0..4)];
    match rng.u32(0..if depth > 3 { 3 } else { 6 }) {
        0 => ["-1.5e3", "0", "true", "null", "12"][rng.usize(0..5)].to_owned(),
        1 | 2 => string(rng),
        3 => {
            let items: Vec<_> = (0..rng.usize(0..4))
                .map(|_| random(rng, depth + 1))
                .collect();
            format!(
                "[{space}{}{space}]",
                items.join(&format!("{space},{space}"))
            )
        }
        _ => {
            let field = |i: usize, rng: &mut fastrand::Rng| {
                let name = string(rng);
                // Make each name unique, because objects with duplicate names compare as different.
                let name = format!("\"{i}{}", name.trim_start_matches('"'));
                let name = if name.ends_with('"') && name.len() > 2 {
                    name
                } else {
                    format!("\"{i}\"")
                };
                format!("{name}{space}:{space}{}", random(rng, depth + 1))
            };
            let fields: Vec<_> = (0..rng.usize(0..4)).map(|i| field(i, rng)).collect();
            format!(
                "{{{space}{}{space}}}",
                fields.join(&format!("{space},{space}"))
            )
        }
    }
}

#[test]
fn no_cut_and_no_changed_byte_panics() {
    for case in cases("values") {
        let text = case["text"].as_str().unwrap();
        for (end, _) in text.char_indices() {
            let _ = last(&text[..end]);
            for byte in ["\"", "{", "}", "\\", "'", ",", ":", "“"] {
                let _ = last(&[&text[..end], byte, &text[end..]].concat());
            }
        }
    }
}
