//! Deserializes data from a [`Value`].
//!
//! In: a [`Value`] and a type with serde's [`Deserialize`]. Out: the data, or a [`DecodeError`]
//! with the place and the broken rule.
//!
//! An error never quotes a value, because the value may be a key in the wrong field. The default
//! error constructors of serde quote values. They also print floats, and the code for this would
//! make the download larger.

use std::fmt::Display;

use serde::de::{
    self, Deserialize, DeserializeSeed, Expected, IntoDeserializer, Unexpected, Visitor,
};

use super::value::{Map, Value};

/// Returns the data that `value` holds. Ignores unknown fields.
#[cfg(any(test, fuzzing))]
pub(crate) fn from_value<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<T, Box<DecodeError>> {
    T::deserialize(Deserializer {
        value,
        is_strict: false,
    })
}

/// Returns the data that `value` holds. Fails if the outermost object has an unknown field.
pub(crate) fn from_value_strict<'a, T: Deserialize<'a>>(
    value: &'a Value,
) -> Result<T, Box<DecodeError>> {
    T::deserialize(Deserializer {
        value,
        is_strict: true,
    })
}

/// The reason why a value does not fit a type.
#[derive(Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The place inside the value, for example `.field[3].field`.
    pub path: String,
    /// The rule that the value breaks, such as "must be a string". The path and the rule together
    /// are the message.
    pub rule: String,
}

impl DecodeError {
    fn new(rule: String) -> Box<Self> {
        Box::new(Self {
            path: String::new(),
            rule,
        })
    }

    fn must_be(what: impl Display) -> Box<Self> {
        Self::new(format!("must be {what}"))
    }

    /// Puts `place` in front of the path.
    fn inside(mut self: Box<Self>, place: &str) -> Box<Self> {
        self.path.insert_str(0, place);
        self
    }

    /// Adds the index of an array element to the beginning of the path.
    fn in_element(self: Box<Self>, at: usize) -> Box<Self> {
        self.inside(&format!("[{at}]"))
    }
}

impl Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` {}", self.path, self.rule)
    }
}

impl std::error::Error for DecodeError {}

/// The error is boxed, so a `Result` moves only one pointer.
impl de::Error for Box<DecodeError> {
    fn custom<T: Display>(rule: T) -> Self {
        DecodeError::new(rule.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        DecodeError::must_be(expected)
    }

    /// Called by serde's code if an integer is too large for its type. [`Deserializer`] itself
    /// makes all other checks.
    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        DecodeError::must_be("a smaller integer")
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        DecodeError::must_be(format_args!("one of {}", expected.join(", ")))
    }

    /// Serde calls this if a field is missing and its type does not allow `null`. The length is
    /// that of a sequence, because [`Deserializer`] passes the fields of a struct as a sequence.
    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        DecodeError::new("is missing".to_owned())
    }
}

#[derive(Clone, Copy)]
struct Deserializer<'de> {
    value: &'de Value,
    is_strict: bool,
}

impl<'de> Deserializer<'de> {
    fn integer<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Box<DecodeError>> {
        match self.value.as_u64() {
            Some(integer) => visitor.visit_u64(integer),
            None => Err(DecodeError::must_be("an integer from 0 on")),
        }
    }

    fn string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Box<DecodeError>> {
        match self.value {
            Value::String(text) => visitor.visit_borrowed_str(text),
            _ => Err(DecodeError::must_be("a string")),
        }
    }

    /// Returns the object. If `is_strict`, fails on a field whose name is not in `names`.
    fn fields(self, names: &[&str]) -> Result<&'de Map, Box<DecodeError>> {
        let Value::Object(fields) = self.value else {
            return Err(DecodeError::must_be("an object"));
        };
        let unknown = fields
            .keys()
            .find(|name| self.is_strict && !names.contains(&name.as_str()));
        match unknown {
            Some(name) => Err(DecodeError::new(format!(
                "is unknown here; known are {}",
                names.join(", ")
            ))
            .inside(&format!(".{name}"))),
            None => Ok(fields),
        }
    }
}

/// Defines the methods `$method`, each of which calls the method `$reader`.
macro_rules! by {
    ($reader:ident: $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Box<DecodeError>> {
            self.$reader(visitor)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Deserializer<'de> {
    type Error = Box<DecodeError>;

    by!(integer: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64);
    by!(string: deserialize_str deserialize_string);

    /// Passes only the values of the fields to the derived visitor, in the order of the struct's
    /// fields.
    ///
    /// If the names were passed too, the visitor would have twice the code, because it would store
    /// an `Option` for each field.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Box<DecodeError>> {
        let mut fields = Fields {
            object: self.fields(names)?,
            names: names.iter(),
            current: "",
        };
        visitor
            .visit_seq(&mut fields)
            .map_err(|error| fields.at_current(error))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Box<DecodeError>> {
        match self.value {
            Value::Bool(value) => visitor.visit_bool(*value),
            _ => Err(DecodeError::must_be("true or false")),
        }
    }

    /// Passes the digits of the number to the visitor. A cost is therefore never converted to a
    /// float.
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Box<DecodeError>> {
        match self.value {
            Value::Number(number) => visitor.visit_str(number.as_str()),
            _ => Err(DecodeError::must_be(&visitor as &dyn Expected)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Box<DecodeError>> {
        if self.value.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Box<DecodeError>> {
        match self.value {
            Value::Array(elements) => visitor.visit_seq(Elements { elements, at: 0 }),
            _ => Err(DecodeError::must_be("an array")),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Box<DecodeError>> {
        visitor.visit_newtype_struct(self)
    }

    /// Reads an enum without data. The value is the name of the variant.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Box<DecodeError>> {
        match self.value.as_str() {
            Some(name) if variants.contains(&name) => visitor.visit_enum(name.into_deserializer()),
            _ => Err(de::Error::unknown_variant("", variants)),
        }
    }

    /// Fails, because every type of this crate requests a specific type.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Box<DecodeError>> {
        Err(DecodeError::must_be("of a known type"))
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 f32 char bytes byte_buf unit unit_struct tuple tuple_struct map identifier
        ignored_any
    }
}

/// The fields of an object, in the order of the struct's fields.
struct Fields<'de> {
    object: &'de Map,
    names: std::slice::Iter<'static, &'static str>,
    /// The name of the last field that was read.
    current: &'static str,
}

impl Fields<'_> {
    /// Adds the name of the current field to the path of an error.
    fn at_current(&self, error: Box<DecodeError>) -> Box<DecodeError> {
        error.inside(&format!(".{}", self.current))
    }
}

impl<'de> de::SeqAccess<'de> for Fields<'de> {
    type Error = Box<DecodeError>;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Box<DecodeError>> {
        self.current = self.names.next().copied().unwrap_or_default();
        let field = self.object.get(self.current);
        let read = seed.deserialize(Deserializer {
            value: field.unwrap_or(&Value::Null),
            is_strict: false,
        });
        // An absent field was read as `null` above. If its type does not allow `null`, report the
        // end of the sequence. The derived code then uses a default value, or fails with
        // `invalid_length`.
        match read {
            Err(_) if field.is_none() => Ok(None),
            read => read.map(Some),
        }
    }
}

struct Elements<'de> {
    elements: &'de [Value],
    at: usize,
}

impl<'de> de::SeqAccess<'de> for Elements<'de> {
    type Error = Box<DecodeError>;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Box<DecodeError>> {
        let Some(value) = self.elements.get(self.at) else {
            return Ok(None);
        };
        let at = self.at;
        self.at += 1;
        seed.deserialize(Deserializer {
            value,
            is_strict: false,
        })
        .map(Some)
        .map_err(|error| error.in_element(at))
    }
}

#[cfg(test)]
mod tests;
