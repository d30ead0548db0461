//! Reads an object field by field, so that a refusal can name the field, its path, and what would be right.

use std::ops::RangeInclusive;

use crate::json::{Map, Value};

use crate::error::{Code, Error, Result};

/// The fields of one object that have not been read yet.
pub struct Fields {
    path: String,
    left: Map,
    known: Vec<String>,
}

impl Fields {
    /// `what` and `right` word the refusal of anything that is no object.
    pub fn of(path: &str, value: &Value, what: &str, right: &str) -> Result<Self> {
        let Value::Object(fields) = value else {
            return Err(Error::new(Code::InvalidRequest, format!("`{what}` must be {right}, got {}", kind(value))));
        };
        Ok(Self { path: path.to_owned(), left: fields.clone(), known: Vec::new() })
    }

    /// The outermost object.
    pub fn new(fields: Map) -> Self {
        Self { path: String::new(), left: fields, known: Vec::new() }
    }

    /// `null` counts as absent, as JavaScript callers use it so.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.known.push(name.to_owned());
        self.left.remove(name).filter(|value| !value.is_null())
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn refuse(&self, name: &str, right: &str, value: &Value) -> Error {
        Error::invalid(self.path(name), format!("must be {right}, got {}", kind(value)))
    }

    /// A field with a reader of its own, which is given the field's path.
    pub fn parsed<T>(&mut self, name: &str, read: impl FnOnce(&str, &Value) -> Result<T>) -> Result<Option<T>> {
        let path = self.path(name);
        self.take(name).map(|value| read(&path, &value)).transpose()
    }

    /// A string.
    pub fn string(&mut self, name: &str) -> Result<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(value) => Err(self.refuse(name, "a string", &value)),
        }
    }

    /// A string that must be there.
    pub fn required_string(&mut self, name: &str) -> Result<String> {
        let text = self.string(name)?;
        text.ok_or_else(|| Error::invalid(self.path(name), "is missing; it must be a string"))
    }

    /// A boolean.
    pub fn boolean(&mut self, name: &str) -> Result<Option<bool>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(value) => Err(self.refuse(name, "true or false", &value)),
        }
    }

    /// An integer within a range.
    pub fn integer(&mut self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match value.as_u64().filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(self.refuse(name, &format!("an integer from {} to {}", range.start(), range.end()), &value)),
        }
    }

    /// An array whose elements have a reader of their own; `what` names the elements in a refusal of their number.
    pub fn array<T>(
        &mut self,
        name: &str,
        count: RangeInclusive<usize>,
        what: &str,
        read: impl Fn(&str, &Value) -> Result<T>,
    ) -> Result<Option<Vec<T>>> {
        let path = self.path(name);
        let right = || format!("must be an array of {} to {} {what}", count.start(), count.end());
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(values)) if count.contains(&values.len()) => {
                values.iter().enumerate().map(|(i, value)| read(&format!("{path}[{i}]"), value)).collect::<Result<_>>().map(Some)
            }
            Some(Value::Array(values)) => Err(Error::invalid(path, format!("{}, got {}", right(), values.len()))),
            Some(value) => Err(Error::invalid(path, format!("{}, got {}", right(), kind(&value)))),
        }
    }

    /// Refuses what nobody asked for.
    pub fn finish(self) -> Result<()> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => Err(Error::invalid(self.path(name), format!("is unknown here; known are {}", self.known.join(", ")))),
        }
    }
}

/// Any object, as it is.
pub fn object(path: &str, value: &Value) -> Result<Map> {
    match value {
        Value::Object(fields) => Ok(fields.clone()),
        _ => Err(Error::invalid(path, format!("must be an object, got {}", kind(value)))),
    }
}

/// A value as an error message shows it. Strings and objects are only named: they may hold a key put in the wrong place.
pub fn kind(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
