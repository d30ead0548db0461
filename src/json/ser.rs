//! Serializes data to JSON text.
//!
//! In: data with serde's [`Serialize`]. Out: text as [RFC
//! 8259](https://www.rfc-editor.org/rfc/rfc8259) defines it.
//!
//! serde_json is not used for two reasons. It cannot write a number by its digits ([`Number`])
//! without its own `Value`. It also escapes strings byte by byte, and a run escapes whole answers
//! several times.

use std::fmt;

use serde::ser::{self, Serialize};

use super::number::Number;
use super::value::{Map, Value};

/// The name of a newtype that contains JSON text.
const RAW: &str = "$json";

/// Returns `value` as JSON text. Never fails for data of this crate.
pub fn to_json(value: &(impl Serialize + ?Sized)) -> String {
    let mut text = String::new();
    // Only byte strings and 128-bit integers fail, and no type of this crate contains them.
    let _: Result<(), fmt::Error> = value.serialize(Serializer {
        to: &mut text,
        is_raw: false,
    });
    text
}

/// Serializes the value as JSON text, which other serializers write as a string. As a JavaScript
/// object it would lose digits of numbers and a field named `__proto__`.
impl Serialize for Value {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(RAW, &self.to_string())
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

/// Appends a string literal.
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

/// Returns the number of leading bytes that need no escape. Checks eight bytes at a time.
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

struct Serializer<'a> {
    to: &'a mut String,
    /// Whether the next string is JSON text already.
    is_raw: bool,
}

/// An array or an object that is being written.
struct Compound<'a> {
    to: &'a mut String,
    is_empty: bool,
    end: &'static str,
}

impl<'a> Serializer<'a> {
    fn begin(self, start: &str, end: &'static str) -> Result<Compound<'a>, fmt::Error> {
        self.to.push_str(start);
        Ok(Compound {
            to: self.to,
            is_empty: true,
            end,
        })
    }

    /// Starts an externally tagged variant that is an array or an object.
    fn begin_variant(
        self,
        variant: &str,
        start: &str,
        end: &'static str,
    ) -> Result<Compound<'a>, fmt::Error> {
        self.to.push('{');
        quote(variant, self.to);
        self.to.push(':');
        self.begin(start, end)
    }
}

impl Compound<'_> {
    fn separate(&mut self) {
        if !self.is_empty {
            self.to.push(',');
        }
        self.is_empty = false;
    }

    fn element(&mut self, value: &(impl Serialize + ?Sized)) -> fmt::Result {
        self.separate();
        value.serialize(Serializer {
            to: self.to,
            is_raw: false,
        })
    }

    fn field(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> fmt::Result {
        self.separate();
        quote(name, self.to);
        self.to.push(':');
        value.serialize(Serializer {
            to: self.to,
            is_raw: false,
        })
    }

    fn close(self) -> fmt::Result {
        self.to.push_str(self.end);
        Ok(())
    }
}

macro_rules! integers {
    ($($method:ident($type:ty))*) => {
        $(fn $method(self, value: $type) -> fmt::Result {
            self.to.push_str(&value.to_string());
            Ok(())
        })*
    };
}

impl<'a> ser::Serializer for Serializer<'a> {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    integers! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
    }

    fn serialize_bool(self, value: bool) -> fmt::Result {
        self.to.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> fmt::Result {
        self.serialize_f64(value.into())
    }

    /// Writes a float with 12 decimals. All floats of this crate are amounts of USD, so the 14 kB
    /// of code that print floats are not needed.
    fn serialize_f64(self, value: f64) -> fmt::Result {
        self.to.push_str(Number::rounded(value).as_str());
        Ok(())
    }

    fn serialize_char(self, value: char) -> fmt::Result {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> fmt::Result {
        if self.is_raw {
            self.to.push_str(value);
        } else {
            quote(value, self.to);
        }
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> fmt::Result {
        Err(fmt::Error)
    }

    fn serialize_none(self) -> fmt::Result {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> fmt::Result {
        value.serialize(self)
    }

    fn serialize_unit(self) -> fmt::Result {
        self.to.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> fmt::Result {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> fmt::Result {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> fmt::Result {
        value.serialize(Serializer {
            to: self.to,
            is_raw: name == RAW,
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> fmt::Result {
        let mut object = self.begin("{", "}")?;
        object.field(variant, value)?;
        object.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a>, fmt::Error> {
        self.begin("[", "]")
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'a>, fmt::Error> {
        self.begin("[", "]")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'a>, fmt::Error> {
        self.begin("[", "]")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, fmt::Error> {
        self.begin_variant(variant, "[", "]}")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a>, fmt::Error> {
        self.begin("{", "}")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'a>, fmt::Error> {
        self.begin("{", "}")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a>, fmt::Error> {
        self.begin_variant(variant, "{", "}}")
    }
}

macro_rules! elements {
    ($($compound:ident::$method:ident)*) => {
        $(impl ser::$compound for Compound<'_> {
            type Ok = ();
            type Error = fmt::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> fmt::Result {
                self.element(value)
            }

            fn end(self) -> fmt::Result {
                self.close()
            }
        })*
    };
}

elements! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! fields {
    ($($compound:ident)*) => {
        $(impl ser::$compound for Compound<'_> {
            type Ok = ();
            type Error = fmt::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> fmt::Result {
                self.field(name, value)
            }

            fn end(self) -> fmt::Result {
                self.close()
            }
        })*
    };
}

fields!(SerializeStruct SerializeStructVariant);

/// Writes maps, whose keys must be strings.
impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> fmt::Result {
        self.element(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> fmt::Result {
        self.to.push(':');
        value.serialize(Serializer {
            to: self.to,
            is_raw: false,
        })
    }

    fn end(self) -> fmt::Result {
        self.close()
    }
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
    fn derived_data_is_written_as_json() {
        let outer = |event| Outer {
            seq: 1,
            event,
            absent: None,
            null: None,
            request: json!({"__proto__": [1]}),
            list: (-1, '"', ()),
        };
        assert_eq!(
            to_json(&outer(Tagged::Began {
                at: u64::MAX,
                who: Some("é\n\u{1f}")
            })),
            r#"{"seq":1,"type":"it.began","at":18446744073709551615,"who":"é\n\u001f","null":null,"request":{"__proto__":[1]},"list":[-1,"\"",null]}"#
        );
        assert_eq!(
            to_json(&outer(Tagged::Said(Inner::BlindSpot(true)))),
            r#"{"seq":1,"type":"Said","kind":"blind_spot","item":true,"null":null,"request":{"__proto__":[1]},"list":[-1,"\"",null]}"#
        );
    }

    #[test]
    fn amounts_of_usd_keep_every_digit() {
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
    fn escapes_are_found_at_every_position() {
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
                        to_json(&format!("{before}{raw}{after}")),
                        format!("\"{before}{escaped}{after}\"")
                    );
                }
            }
        }
    }
}
