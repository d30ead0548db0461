//! Serializes data to JSON text. <https://www.rfc-editor.org/rfc/rfc8259>
//!
//! serde_json writes types that derive `Serialize`. [`Value`] has its own writer, because
//! serde_json keeps the digits of a number only in its own value type.

use std::fmt;
use std::io;

use serde::ser::{self, Serialize};
use serde_json::ser::Formatter;

use super::number::Number;
use super::value::{Map, Value};

/// Most batches of events have fewer bytes, so their text does not grow while it is written.
const USUAL_BYTES: usize = 1024;

/// Returns `value` as JSON text.
pub(crate) fn to_json(value: &(impl Serialize + ?Sized)) -> String {
    let mut text = Vec::with_capacity(USUAL_BYTES);
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Amounts);
    // Serializing fails only for a map with keys that are not strings. This crate has no such map.
    let _ = value.serialize(&mut serializer);
    String::from_utf8(text).unwrap_or_default()
}

/// Writes every fraction as an amount in USD, because the data has no other fractions. The standard
/// code, which can print any float, would add 14 kB to the download.
struct Amounts;

impl Formatter for Amounts {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(Number::rounded(value).as_str().as_bytes())
    }
}

/// Serializes the value as a string that contains JSON text. If serde built a JavaScript object
/// instead, the object would lose digits of numbers. It would also lose a field named `__proto__`.
impl Serialize for Value {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text);
        f.write_str(&text)
    }
}

impl fmt::Display for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text);
        f.write_str(&text)
    }
}

impl Value {
    fn write(&self, to: &mut String) {
        match self {
            Value::Null => to.push_str("null"),
            Value::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => to.push_str(number.as_str()),
            Value::String(text) => quote(text, to),
            Value::Array(elements) => {
                let mut separator = '[';
                for element in elements {
                    to.push(separator);
                    element.write(to);
                    separator = ',';
                }
                to.push_str(if elements.is_empty() { "[]" } else { "]" });
            }
            Value::Object(fields) => fields.write(to),
        }
    }
}

impl Map {
    fn write(&self, to: &mut String) {
        let mut separator = '{';
        for (name, value) in self.iter() {
            to.push(separator);
            quote(name, to);
            to.push(':');
            value.write(to);
            separator = ',';
        }
        to.push_str(if self.is_empty() { "{}" } else { "}" });
    }
}

/// Appends the text as a JSON string.
fn quote(text: &str, to: &mut String) {
    to.push('"');
    let mut rest = text;
    loop {
        let at = plain_prefix_len(rest.as_bytes());
        to.push_str(rest.get(..at).unwrap_or_default());
        let Some(byte) = rest.as_bytes().get(at).copied() else {
            break;
        };
        match byte {
            b'\n' => to.push_str("\\n"),
            b'\r' => to.push_str("\\r"),
            b'\t' => to.push_str("\\t"),
            byte if byte < b' ' => {
                to.push_str("\\u00");
                for digit in [byte >> 4, byte & 15] {
                    to.push(char::from_digit(digit.into(), 16).unwrap_or_default());
                }
            }
            byte => to.extend(['\\', byte.into()]),
        }
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    to.push('"');
}

/// Returns the number of leading bytes that need no escape. Checks eight bytes at once.
/// <https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>
fn plain_prefix_len(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let any_below =
        |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & (ONES << 7);
    let any_is = |word: u64, byte: u8| any_below(word ^ (ONES * u64::from(byte)), 1);
    let is_plain = |eight: &&[u8; 8]| {
        let word = u64::from_le_bytes(**eight);
        any_below(word, b' ') | any_is(word, b'"') | any_is(word, b'\\') == 0
    };
    let plain = 8 * text.as_chunks().0.iter().take_while(is_plain).count();
    plain
        + text
            .iter()
            .skip(plain)
            .take_while(|byte| !matches!(byte, ..b' ' | b'"' | b'\\'))
            .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;
    use serde::Serialize;

    #[derive(Serialize)]
    #[serde(tag = "type")]
    enum Tagged {
        #[serde(rename = "it.began")]
        Began {
            at: u64,
            who: Option<&'static str>,
        },
        Said(Inner),
    }
    #[derive(Serialize)]
    #[serde(tag = "kind", content = "item", rename_all = "snake_case")]
    enum Inner {
        BlindSpot(bool),
    }
    #[derive(Serialize)]
    struct Outer {
        seq: u16,
        #[serde(flatten)]
        event: Tagged,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<u8>,
        null: Option<u8>,
        request: Value,
        list: (i32, char, ()),
    }

    #[test]
    fn derived_data_becomes_json() {
        let outer = |event| Outer {
            seq: 1,
            event,
            absent: None,
            null: None,
            request: json!({"__proto__": [1.50]}),
            list: (-1, '"', ()),
        };
        assert_eq!(
            to_json(&outer(Tagged::Began {
                at: u64::MAX,
                who: Some("é\n\u{1f}")
            })),
            r#"{"seq":1,"type":"it.began","at":18446744073709551615,"who":"é\n\u001f","null":null,"request":"{\"__proto__\":[1.5]}","list":[-1,"\"",null]}"#
        );
        assert_eq!(
            to_json(&outer(Tagged::Said(Inner::BlindSpot(true)))),
            r#"{"seq":1,"type":"Said","kind":"blind_spot","item":true,"null":null,"request":"{\"__proto__\":[1.5]}","list":[-1,"\"",null]}"#
        );
    }

    #[test]
    fn amounts_of_money_keep_every_digit() {
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..100_000 {
            let bits = rng.u32(1..50);
            let units = rng.u64(..1 << bits);
            assert_eq!(
                to_json(&(units as f64 / 1e12)),
                Number::fixed(units, 12).as_str()
            );
        }
    }

    #[test]
    fn an_escape_is_found_wherever_it_stands() {
        for at in 0..20 {
            for (raw, escaped) in [
                ("\"", "\\\""),
                ("\\", "\\\\"),
                ("\u{1f}", "\\u001f"),
                ("\0", "\\u0000"),
                (" ", " "),
                ("\u{7f}", "\u{7f}"),
                ("é", "é"),
            ] {
                for filler in ["a", "!", "#", "[", "]", "ß", "\u{80}"] {
                    let (before, after) = (filler.repeat(at), filler.repeat(9));
                    assert_eq!(
                        json!(format!("{before}{raw}{after}")).to_string(),
                        format!("\"{before}{escaped}{after}\"")
                    );
                }
            }
        }
    }
}
