//! What events, results and snapshots are made of, as JSON and back.

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

/// Can be read from a value.
pub trait FromJson: Sized {
    /// Reads it; fields nobody knows are ignored.
    fn read(value: &Value) -> Result<Self, Misfit>;

    /// What stands for a field that is missing.
    fn missing() -> Option<Self> {
        None
    }
}

/// Where a value does not fit, as `.field[3].field`, and what would. It quotes nothing: a value is somebody's text.
#[derive(Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Misfit {
    pub place: String,
    pub right: &'static str,
}

impl Misfit {
    /// Right here.
    pub fn here(right: &'static str) -> Self {
        Self { place: String::new(), right }
    }

    fn within(self, outer: String) -> Self {
        Self { place: outer + &self.place, ..self }
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
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        to.push_str(rest.get(..at).unwrap_or_default());
        match rest.as_bytes().get(at).copied().unwrap_or_default() {
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
    to.push_str(rest);
    to.push('"');
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

impl FromJson for Map {
    fn read(value: &Value) -> Result<Self, Misfit> {
        value.as_object().cloned().ok_or(Misfit::here("an object"))
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

impl FromJson for String {
    fn read(value: &Value) -> Result<Self, Misfit> {
        value.as_str().map(str::to_owned).ok_or(Misfit::here("a string"))
    }
}

impl ToJson for bool {
    fn write(&self, to: &mut String) {
        to.push_str(if *self { "true" } else { "false" });
    }
}

impl FromJson for bool {
    fn read(value: &Value) -> Result<Self, Misfit> {
        value.as_bool().ok_or(Misfit::here("true or false"))
    }
}

impl ToJson for u64 {
    fn write(&self, to: &mut String) {
        to.push_str(&self.to_string());
    }
}

impl FromJson for u64 {
    fn read(value: &Value) -> Result<Self, Misfit> {
        value.as_u64().ok_or(Misfit::here("an integer from 0 on"))
    }
}

macro_rules! as_u64 {
    ($($type:ty)*) => {
        $(impl ToJson for $type {
            fn write(&self, to: &mut String) {
                (*self as u64).write(to);
            }
        }

        impl FromJson for $type {
            fn read(value: &Value) -> Result<Self, Misfit> {
                u64::read(value)?.try_into().map_err(|_| Misfit::here("a smaller integer"))
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

impl<T: FromJson> FromJson for Option<T> {
    fn read(value: &Value) -> Result<Self, Misfit> {
        if value.is_null() { Ok(None) } else { T::read(value).map(Some) }
    }

    fn missing() -> Option<Self> {
        Some(None)
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

impl<T: FromJson> FromJson for Vec<T> {
    fn read(value: &Value) -> Result<Self, Misfit> {
        let elements = value.as_array().ok_or(Misfit::here("an array"))?;
        let mut read = Vec::with_capacity(elements.len());
        for (i, element) in elements.iter().enumerate() {
            read.push(T::read(element).map_err(|misfit| misfit.within(format!("[{i}]")))?);
        }
        Ok(read)
    }
}

impl<T: ToJson> ToJson for Box<T> {
    fn write(&self, to: &mut String) {
        (**self).write(to);
    }
}

/// A field of an object.
pub fn field<T: FromJson>(value: &Value, name: &str) -> Result<T, Misfit> {
    let read = match value.get(name) {
        Some(value) => T::read(value),
        None => T::missing().ok_or(Misfit::here("there")),
    };
    read.map_err(|misfit| misfit.within(format!(".{name}")))
}

/// [`ToJson`], and after `both` [`FromJson`], of a struct by its fields. `name [optional]` is left out when it holds nothing; `name [default]`
/// may be missing when it is read; the fields of `name [flat]` stand in the object itself.
macro_rules! record {
    (both $type:ident { $($field:ident $([$how:ident])?),* $(,)? }) => {
        $crate::json::record!($type { $($field $([$how])?),* });

        impl $crate::json::FromJson for $type {
            fn read(value: &$crate::json::Value) -> core::result::Result<Self, $crate::json::Misfit> {
                if !value.is_object() {
                    return Err($crate::json::Misfit::here("an object"));
                }
                Ok(Self { $($field: $crate::json::record!(@read value $field $([$how])?)),* })
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
    (@read $value:ident $field:ident [flat]) => { $crate::json::FromJson::read($value)? };
    (@read $value:ident $field:ident [default]) => { $crate::json::record_field::<Option<_>>($value, stringify!($field))?.unwrap_or_default() };
    (@read $value:ident $field:ident $([optional])?) => { $crate::json::record_field($value, stringify!($field))? };
}
pub(crate) use record;

/// An enum whose variants are words.
macro_rules! words {
    ($type:ident, $right:literal { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $crate::json::ToJson for $type {
            fn write(&self, to: &mut String) {
                $crate::json::quote(match self { $($type::$variant => $word),* }, to);
            }
        }

        impl $crate::json::FromJson for $type {
            fn read(value: &$crate::json::Value) -> core::result::Result<Self, $crate::json::Misfit> {
                match value.as_str() {
                    $(Some($word) => Ok($type::$variant),)*
                    _ => Err($crate::json::Misfit::here($right)),
                }
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

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
        assert_eq!(Outer::read(&text.parse().unwrap()), Ok(outer));
    }

    #[test]
    fn a_misfit_names_its_place_and_not_its_value() {
        let fits = json!({"a": 1, "x": "", "list": ["two"], "more": 1});
        assert!(Outer::read(&fits).is_ok());
        let misfit = |name: &str, value: Value| {
            let mut wrong = fits.clone();
            wrong.as_object_mut().unwrap().insert(name, value);
            let Misfit { place, right } = Outer::read(&wrong).unwrap_err();
            format!("{place}: {right}")
        };
        assert_eq!(misfit("a", json!(-1)), ".a: an integer from 0 on");
        assert_eq!(misfit("x", json!(null)), ".x: a string");
        assert_eq!(misfit("c", json!("secret")), ".c: true or false");
        assert_eq!(misfit("list", json!(["one", "secret"])), ".list[1]: one or two");
        assert_eq!(Outer::read(&json!({"a": 1, "x": ""})), Err(Misfit { place: ".list".to_owned(), right: "there" }));
        assert_eq!(Outer::read(&json!([])), Err(Misfit::here("an object")));
    }
}
