//! JSON, in the three ways in which the core meets it: read where it stands ([`Json`]), as models write it ([`lenient`]), and as a value
//! ([`Value`]). serde derives the rest of the data; [`to_json`] and [`from_value`] take it out and in.

#[cfg(test)]
mod against_serde;
mod de;
pub mod lenient;
mod literal;
mod number;
mod reader;
mod ser;
#[cfg(test)]
mod testing;
mod value;

pub use de::{DecodeError, from_value, from_value_strict};
pub(crate) use literal::json;
pub use number::{DECIMALS, Number, UNITS, decimal};
pub use reader::Json;
pub use ser::to_json;
#[cfg(test)]
pub use testing::value_of;
pub use value::{Map, Value};
