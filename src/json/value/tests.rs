//! Tests of `value`.

use super::*;
use crate::json::json;

#[test]
fn the_macro_builds_the_same_value_as_the_reader() {
    let (name, list) = ("n", vec!["a", "b"]);
    let built = json!({
        "a": [1, null, {"b": name}, [], true], "c": {}, "d": list,
        "e": Some(2u64), "f": None::<bool>, "g": 1 + 1
    });
    let text = r#"{"a":[1,null,{"b":"n"},[],true],"c":{},"d":["a","b"],"e":2,"f":null,"g":2}"#;
    assert_eq!(built.to_string(), text);
    assert_eq!(text.parse(), Ok(built));
}

#[test]
fn as_u64_returns_integers_only() {
    assert_eq!(
        [
            json!(7).as_u64(),
            json!(-7).as_u64(),
            "7.0".parse::<Value>().unwrap().as_u64()
        ],
        [Some(7), None, None]
    );
}

#[test]
fn fields_keep_their_order_and_the_last_of_a_name_counts() {
    let mut value: Value = r#"{"z":1,"a":2,"z":3}"#.parse().unwrap();
    assert_eq!(value["z"], 3);
    let fields = value.as_object_mut().unwrap();
    fields.insert("a", json!(4));
    fields.insert("m", json!(5));
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["z", "a", "z", "m"]);
    assert_eq!(
        (fields.remove("z"), fields.remove("q")),
        (Some(json!(3)), None)
    );
    assert_eq!(json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}));
    assert_ne!(json!({"a": 1}), json!({"a": 1, "b": null}));
}

#[test]
fn extending_a_map_keeps_the_places_of_its_fields() {
    let mut map = Map::from_iter([("a".to_owned(), json!(1)), ("b".to_owned(), json!(2))]);
    map.extend(Map::from_iter([
        ("c".to_owned(), json!(3)),
        ("a".to_owned(), json!(4)),
    ]));
    assert_eq!(map.to_string(), r#"{"a":4,"b":2,"c":3}"#);
}

/// If each field were searched for, this test would need 10^11 comparisons, which take minutes.
#[test]
fn wide_objects_are_merged_and_compared_in_linear_time() {
    let wide = || {
        (0..300_000)
            .map(|i| (format!("{i:07}"), Value::Null))
            .collect::<Map>()
    };
    let mut map = Map::from_iter([("a".to_owned(), json!(1)), ("0000001".to_owned(), json!(2))]);
    map.extend(wide());
    assert_eq!(
        (map.len(), map.get("0000001")),
        (300_001, Some(&Value::Null))
    );
    assert!(wide() == wide());
}
