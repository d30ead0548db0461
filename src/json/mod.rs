//! JSON, in the three ways in which the core meets it: read where it stands ([`Json`]), as models write it ([`lenient`]), and as a value
//! ([`Value`]). Our own, because serde's derives and its `Value` were a fifth of the module that every page downloads.

pub mod lenient;
mod reader;
mod record;
#[cfg(test)]
mod testing;
mod value;

pub use reader::Json;
pub use record::{FromJson, Misfit, Object, ToJson, field as record_field, quote};
pub(crate) use record::{record, words};
#[cfg(test)]
pub use testing::value_of;
pub(crate) use value::json;
pub use value::{Map, Number, Value, decimal};
