//! What events, results and snapshots are made of, as JSON.

use super::{Map, Number, Value};

/// Can be written as JSON.
pub trait ToJson {
    /// Appends it.
    fn write(&self, to: &mut String);

    /// Whether an optional field that holds it is left out.
    fn is_absent(&self) -> bool {
        false
    }

    /// Appends its fields to an object that is being written: what `flat` fields do.
    fn write_fields(&self, _to: &mut Object<'_>) {}

    /// As a text of its own.
    fn to_json(&self) -> String
    where
        Self: Sized,
    {
        let mut text = String::new();
        self.write(&mut text);
        text
    }
}

/// An object that is being written.
pub struct Object<'a> {
    to: &'a mut String,
    is_empty: bool,
}

impl<'a> Object<'a> {
    /// Begins one.
    pub fn begin(to: &'a mut String) -> Self {
        to.push('{');
        Self { to, is_empty: true }
    }

    /// Adds a field; no escaping, for names are our own.
    pub fn field(&mut self, name: &str, value: &dyn ToJson) {
        if !self.is_empty {
            self.to.push(',');
        }
        self.is_empty = false;
        self.to.push('"');
        self.to.push_str(name);
        self.to.push_str("\":");
        value.write(self.to);
    }

    /// Adds a field, unless it holds nothing.
    pub fn optional(&mut self, name: &str, value: &dyn ToJson) {
        if !value.is_absent() {
            self.field(name, value);
        }
    }

    /// Ends it.
    pub fn end(self) {
        self.to.push('}');
    }
}

/// Appends a string. <https://www.rfc-editor.org/rfc/rfc8259#section-7>
pub fn quote(text: &str, to: &mut String) {
    to.push('"');
    let mut rest = text;
    loop {
        let at = unescaped(rest.as_bytes());
        to.push_str(rest.get(..at).unwrap_or_default());
        let Some(byte) = rest.as_bytes().get(at).copied() else { break };
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

/// How many bytes stand in a string as they are. Eight at once, for whole answers are written several times in a run.
/// <https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>
fn unescaped(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let any_below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & (ONES << 7);
    let any_is = |word: u64, byte: u8| any_below(word ^ (ONES * u64::from(byte)), 1);
    let is_plain = |eight: &&[u8; 8]| {
        let word = u64::from_le_bytes(**eight);
        any_below(word, b' ') | any_is(word, b'"') | any_is(word, b'\\') == 0
    };
    let plain = 8 * text.as_chunks().0.iter().take_while(is_plain).count();
    plain + text.iter().skip(plain).take_while(|byte| !matches!(byte, ..b' ' | b'"' | b'\\')).count()
}

impl ToJson for Value {
    fn write(&self, to: &mut String) {
        match self {
            Value::Null => to.push_str("null"),
            Value::Bool(value) => value.write(to),
            Value::Number(number) => to.push_str(number.as_str()),
            Value::String(text) => quote(text, to),
            Value::Array(elements) => elements.write(to),
            Value::Object(fields) => fields.write(to),
        }
    }
}

impl ToJson for Map {
    fn write(&self, to: &mut String) {
        to.push('{');
        for (i, (name, value)) in self.iter().enumerate() {
            if i > 0 {
                to.push(',');
            }
            quote(name, to);
            to.push(':');
            value.write(to);
        }
        to.push('}');
    }
}

impl ToJson for str {
    fn write(&self, to: &mut String) {
        quote(self, to);
    }
}

impl ToJson for &'static str {
    fn write(&self, to: &mut String) {
        quote(self, to);
    }
}

impl ToJson for String {
    fn write(&self, to: &mut String) {
        quote(self, to);
    }
}

impl ToJson for bool {
    fn write(&self, to: &mut String) {
        to.push_str(if *self { "true" } else { "false" });
    }
}

impl ToJson for u64 {
    fn write(&self, to: &mut String) {
        to.push_str(&self.to_string());
    }
}

macro_rules! as_u64 {
    ($($type:ty)*) => {
        $(impl ToJson for $type {
            fn write(&self, to: &mut String) {
                (*self as u64).write(to);
            }
        })*
    };
}

as_u64!(u16 u32 usize);

impl ToJson for Number {
    fn write(&self, to: &mut String) {
        to.push_str(self.as_str());
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn write(&self, to: &mut String) {
        match self {
            Some(value) => value.write(to),
            None => to.push_str("null"),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn write(&self, to: &mut String) {
        to.push('[');
        for (i, element) in self.iter().enumerate() {
            if i > 0 {
                to.push(',');
            }
            element.write(to);
        }
        to.push(']');
    }
}

impl<T: ToJson> ToJson for Box<T> {
    fn write(&self, to: &mut String) {
        (**self).write(to);
    }
}

/// [`ToJson`], and after `both` [`FromJson`], of a struct by its fields. `name [optional]` is left out when it holds nothing; `name [default]`
/// may be missing when it is read; the fields of `name [flat]` stand in the object itself.
macro_rules! record {
    (both $type:ident { $($field:ident $([$how:ident])?),* $(,)? }) => {
        $crate::json::record!($type { $($field $([$how])?),* });

        impl $crate::json::FromJson for $type {
            fn read(value: &$crate::json::Value, reading: &mut $crate::json::Reading) -> Self {
                reading.object(value);
                Self { $($field: $crate::json::record!(@read value reading $field $([$how])?)),* }
            }
        }
    };
    ($type:ident { $($field:ident $([$how:ident])?),* $(,)? }) => {
        impl $crate::json::ToJson for $type {
            fn write(&self, to: &mut String) {
                let mut object = $crate::json::Object::begin(to);
                self.write_fields(&mut object);
                object.end();
            }

            fn write_fields(&self, to: &mut $crate::json::Object<'_>) {
                $($crate::json::record!(@write self to $field $([$how])?);)*
            }
        }
    };
    (@write $self:ident $to:ident $field:ident $([default])?) => { $to.field(stringify!($field), &$self.$field) };
    (@write $self:ident $to:ident $field:ident [optional]) => { $to.optional(stringify!($field), &$self.$field) };
    (@write $self:ident $to:ident $field:ident [flat]) => { $self.$field.write_fields($to) };
    (@read $value:ident $reading:ident $field:ident [flat]) => { $crate::json::FromJson::read($value, $reading) };
    (@read $value:ident $reading:ident $field:ident [default]) => { $reading.field::<Option<_>>($value, stringify!($field)).unwrap_or_default() };
    (@read $value:ident $reading:ident $field:ident $([optional])?) => { $reading.field($value, stringify!($field)) };
}
pub(crate) use record;

/// An enum whose variants are words.
macro_rules! words {
    ($type:ident, $right:literal { $first:ident = $first_word:literal $(, $variant:ident = $word:literal)* $(,)? }) => {
        impl $crate::json::ToJson for $type {
            fn write(&self, to: &mut String) {
                $crate::json::quote(match self { $type::$first => $first_word $(, $type::$variant => $word)* }, to);
            }
        }

        impl $crate::json::FromJson for $type {
            fn read(value: &$crate::json::Value, reading: &mut $crate::json::Reading) -> Self {
                match value.as_str() {
                    Some($first_word) => $type::$first,
                    $(Some($word) => $type::$variant,)*
                    _ => {
                        reading.misfit($right);
                        $type::$first
                    }
                }
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Misfit, from_value, json};

    #[derive(Debug, PartialEq)]
    struct Outer {
        a: u64,
        b: Option<String>,
        c: Option<bool>,
        inner: Inner,
        list: Vec<Word>,
    }
    #[derive(Debug, PartialEq)]
    struct Inner {
        x: String,
    }
    #[derive(Debug, PartialEq)]
    enum Word {
        One,
        Two,
    }
    record!(both Outer { a, b, c [optional], inner [flat], list });
    record!(both Inner { x });
    words!(Word, "one or two" { One = "one", Two = "two" });

    #[test]
    fn a_record_goes_there_and_back() {
        let outer =
            Outer { a: 1, b: None, c: None, inner: Inner { x: "\"\\\n\r\t\u{1}\u{1f}é/".to_owned() }, list: vec![Word::One, Word::Two] };
        let text = outer.to_json();
        assert_eq!(text, r#"{"a":1,"b":null,"x":"\"\\\n\r\t\u0001\u001fé/","list":["one","two"]}"#);
        assert_eq!(from_value(&text.parse().unwrap()), Ok(outer));
    }

    #[test]
    fn an_escape_is_found_wherever_it_stands() {
        for at in 0..20 {
            for (raw, escaped) in
                [("\"", "\\\""), ("\\", "\\\\"), ("\u{1f}", "\\u001f"), ("\0", "\\u0000"), (" ", " "), ("\u{7f}", "\u{7f}"), ("é", "é")]
            {
                for filler in ["a", "!", "#", "[", "]", "ß", "\u{80}"] {
                    let (before, after) = (filler.repeat(at), filler.repeat(9));
                    assert_eq!(format!("{before}{raw}{after}").to_json(), format!("\"{before}{escaped}{after}\""));
                }
            }
        }
    }

    #[test]
    fn a_misfit_names_its_place_and_not_its_value() {
        let fits = json!({"a": 1, "x": "", "list": ["two"], "more": 1});
        assert!(from_value::<Outer>(&fits).is_ok());
        let misfit = |name: &str, value: Value| {
            let mut wrong = fits.clone();
            wrong.as_object_mut().unwrap().insert(name, value);
            let Misfit { place, right } = from_value::<Outer>(&wrong).unwrap_err();
            format!("{place}: {right}")
        };
        assert_eq!(misfit("a", json!(-1)), ".a: an integer from 0 on");
        assert_eq!(misfit("x", json!(null)), ".x: a string");
        assert_eq!(misfit("c", json!("secret")), ".c: true or false");
        assert_eq!(misfit("list", json!(["one", "secret"])), ".list[1]: one or two");
        assert_eq!(from_value::<Outer>(&json!({"a": 1, "x": ""})), Err(Misfit { place: ".list".to_owned(), right: "there" }));
        assert_eq!(from_value::<Outer>(&json!([])), Err(Misfit { place: String::new(), right: "an object" }));
    }
}
