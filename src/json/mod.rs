//! Reads and writes JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)).
//!
//! In: JSON text, or data with serde's traits. Out: data, or JSON text.
//!
//! [`Json`] reads fields directly from the text of a streamed event. [`lenient`] reads JSON and
//! repairs the mistakes of models. [`Value`] contains JSON that is changed or stored. [`to_json`]
//! and [`from_value_strict`] convert types that derive serde's traits.

#[cfg(test)]
mod against_serde;
mod de;
pub(crate) mod lenient;
mod literal;
mod number;
mod reader;
mod ser;
#[cfg(test)]
mod testing;
mod value;

#[cfg(any(test, fuzzing))]
pub(crate) use de::from_value;
pub(crate) use de::from_value_strict;
pub(crate) use literal::json;
pub(crate) use number::{DECIMALS, Number, UNITS, decimal};
pub(crate) use reader::{Json, end_of_strings};
pub(crate) use ser::to_json;
#[cfg(test)]
pub(crate) use testing::value_of;
pub(crate) use value::{Map, Value};
