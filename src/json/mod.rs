//! JSON, in the three ways in which the core meets it: read where it stands ([`Json`]), as models write it ([`lenient`]), and as a value
//! ([`Value`]). Our own, because serde's derives and its `Value` were a fifth of the module that every page downloads.

#[cfg(test)]
mod against_serde;
pub mod lenient;
mod literal;
mod number;
mod reader;
mod reading;
mod record;
#[cfg(test)]
mod testing;
mod value;

pub(crate) use literal::json;
pub use number::{Number, decimal};
pub use reader::Json;
pub use reading::{FromJson, Misfit, Reading, from_value};
pub use record::{Object, ToJson, quote};
pub(crate) use record::{record, words};
#[cfg(test)]
pub use testing::value_of;
pub use value::{Map, Value};
