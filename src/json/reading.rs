//! What snapshots are made of, from JSON.

use super::{Map, Value};

/// Can be read from a value.
pub trait FromJson: Sized {
    /// Whether a field that is missing is read as if it were `null`.
    const MAY_BE_MISSING: bool = false;

    /// Reads it; fields nobody knows are ignored. What does not fit is told to `reading`, and what is then returned means nothing: with a
    /// way out at each field, every record would have to know how to drop each beginning of itself, which is code to download.
    fn read(value: &Value, reading: &mut Reading) -> Self;
}

/// The whole of a value, or its first misfit.
pub fn from_value<T: FromJson>(value: &Value) -> Result<T, Misfit> {
    let mut reading = Reading { place: String::new(), misfit: None };
    let read = T::read(value, &mut reading);
    match reading.misfit {
        None => Ok(read),
        Some(misfit) => Err(misfit),
    }
}

/// Where a value does not fit, as `.field[3].field`, and what would. It quotes nothing: a value is somebody's text.
#[derive(Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Misfit {
    pub place: String,
    pub right: &'static str,
}

/// How far a value has been read.
pub struct Reading {
    place: String,
    misfit: Option<Misfit>,
}

static NULL: Value = Value::Null;

impl Reading {
    /// What is being read does not fit. The first time counts.
    pub fn misfit(&mut self, right: &'static str) {
        if self.misfit.is_none() {
            self.misfit = Some(Misfit { place: self.place.clone(), right });
        }
    }

    /// What was read, or a misfit and what stands for it.
    pub fn or_misfit<T: Default>(&mut self, read: Option<T>, right: &'static str) -> T {
        if read.is_none() {
            self.misfit(right);
        }
        read.unwrap_or_default()
    }

    /// Must be an object.
    pub fn object(&mut self, value: &Value) {
        if !value.is_object() {
            self.misfit("an object");
        }
    }

    /// A field of an object.
    pub fn field<T: FromJson>(&mut self, object: &Value, name: &str) -> T {
        let outer = self.place.len();
        let value = self.enter(object, name, T::MAY_BE_MISSING);
        let read = T::read(value, self);
        self.place.truncate(outer);
        read
    }

    fn enter<'a>(&mut self, object: &'a Value, name: &str, may_be_missing: bool) -> &'a Value {
        self.place.push('.');
        self.place.push_str(name);
        let value = object.get(name);
        if value.is_none() && !may_be_missing {
            self.misfit("there");
        }
        value.unwrap_or(&NULL)
    }
}

impl FromJson for Map {
    fn read(value: &Value, reading: &mut Reading) -> Self {
        reading.or_misfit(value.as_object().cloned(), "an object")
    }
}

impl FromJson for String {
    fn read(value: &Value, reading: &mut Reading) -> Self {
        reading.or_misfit(value.as_str().map(str::to_owned), "a string")
    }
}

impl FromJson for bool {
    fn read(value: &Value, reading: &mut Reading) -> Self {
        reading.or_misfit(value.as_bool(), "true or false")
    }
}

impl FromJson for u64 {
    fn read(value: &Value, reading: &mut Reading) -> Self {
        reading.or_misfit(value.as_u64(), "an integer from 0 on")
    }
}

macro_rules! from_u64 {
    ($($type:ty)*) => {
        $(impl FromJson for $type {
            fn read(value: &Value, reading: &mut Reading) -> Self {
                let read = u64::read(value, reading).try_into().ok();
                reading.or_misfit(read, "a smaller integer")
            }
        })*
    };
}

from_u64!(u16 u32 usize);

impl<T: FromJson> FromJson for Option<T> {
    const MAY_BE_MISSING: bool = true;

    fn read(value: &Value, reading: &mut Reading) -> Self {
        if value.is_null() { None } else { Some(T::read(value, reading)) }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn read(value: &Value, reading: &mut Reading) -> Self {
        let mut list = Vec::new();
        match value {
            Value::Array(elements) => {
                let outer = reading.place.len();
                for (i, element) in elements.iter().enumerate() {
                    reading.place.push_str(&format!("[{i}]"));
                    list.push(T::read(element, reading));
                    reading.place.truncate(outer);
                }
            }
            _ => reading.misfit("an array"),
        }
        list
    }
}
