//! Reads an object field by field, so that a refusal can name the field, its path, and what would be right.

use std::ops::RangeInclusive;

use crate::json::{Map, Value};

use crate::error::{Code, Error, Result};

/// The fields of one object that have not been read yet. The first refusal is kept and told at the end, so that a reader of twenty fields has
/// one way out and not twenty, each of which would be code to download.
pub struct Fields {
    path: String,
    left: Map,
    known: Vec<&'static str>,
    refused: Option<Error>,
}

impl Fields {
    /// `what` and `right` word the refusal of anything that is no object.
    pub fn of(path: &str, value: &Value, what: &str, right: &str) -> Result<Self> {
        let Value::Object(fields) = value else {
            return Err(Error::new(Code::InvalidRequest, format!("`{what}` must be {right}, got {}", kind(value))));
        };
        Ok(Self { path: path.to_owned(), ..Self::new(fields.clone()) })
    }

    /// The outermost object.
    pub fn new(fields: Map) -> Self {
        Self { path: String::new(), left: fields, known: Vec::new(), refused: None }
    }

    /// Fields that somebody else has read.
    pub fn skip(&mut self, names: &[&'static str]) {
        for name in names {
            self.take(name);
        }
    }

    /// `null` counts as absent, as JavaScript callers use it so.
    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.left.remove(name).filter(|value| !value.is_null())
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { [&self.path, name].join(".") }
    }

    fn fail(&mut self, error: Error) {
        self.refused.get_or_insert(error);
    }

    /// Refuses a field; `rule` completes the sentence "`field` ...".
    pub fn refuse(&mut self, name: &str, rule: &str) {
        self.fail(Error::invalid(&self.path(name), rule));
    }

    fn misfit(&mut self, name: &str, right: &str, value: &Value) {
        self.refuse(name, &format!("must be {right}, got {}", kind(value)));
    }

    /// A field with a reader of its own, which is given the field's path.
    pub fn parsed<T>(&mut self, name: &'static str, read: impl FnOnce(&str, &Value) -> Result<T>) -> Option<T> {
        let value = self.take(name)?;
        match read(&self.path(name), &value) {
            Ok(read) => Some(read),
            Err(error) => {
                self.fail(error);
                None
            }
        }
    }

    /// A string.
    pub fn string(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            value => {
                self.misfit(name, "a string", &value);
                None
            }
        }
    }

    /// A string that must be there.
    pub fn required_string(&mut self, name: &'static str) -> String {
        let text = self.string(name);
        if text.is_none() {
            self.refuse(name, "is missing; it must be a string");
        }
        text.unwrap_or_default()
    }

    /// A boolean.
    pub fn boolean(&mut self, name: &'static str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(value) => Some(value),
            value => {
                self.misfit(name, "true or false", &value);
                None
            }
        }
    }

    /// An integer within a range.
    pub fn integer(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.take(name)?;
        let number = value.as_u64().filter(|number| range.contains(number));
        if number.is_none() {
            self.misfit(name, &format!("an integer from {} to {}", range.start(), range.end()), &value);
        }
        number
    }

    /// An array whose elements have a reader of their own; `what` names the elements in a refusal of their number.
    pub fn array<T>(
        &mut self,
        name: &'static str,
        count: RangeInclusive<usize>,
        what: &str,
        read: impl Fn(&str, &Value) -> Result<T>,
    ) -> Option<Vec<T>> {
        let values = self.elements(name, count, what)?;
        let path = self.path(name);
        let mut list = Vec::with_capacity(values.len());
        for (i, value) in values.iter().enumerate() {
            match read(&format!("{path}[{i}]"), value) {
                Ok(read) => list.push(read),
                Err(error) => self.fail(error),
            }
        }
        Some(list)
    }

    fn elements(&mut self, name: &'static str, count: RangeInclusive<usize>, what: &str) -> Option<Vec<Value>> {
        let value = self.take(name)?;
        let got = match value {
            Value::Array(values) if count.contains(&values.len()) => return Some(values),
            Value::Array(values) => values.len().to_string(),
            value => kind(&value),
        };
        self.refuse(name, &format!("must be an array of {} to {} {what}, got {got}", count.start(), count.end()));
        None
    }

    /// Refuses what was refused, or what nobody asked for.
    pub fn finish(mut self) -> Result<()> {
        let unknown = self.left.keys().next().cloned();
        if let Some(name) = unknown {
            self.refuse(&name, &format!("is unknown here; known are {}", self.known.join(", ")));
        }
        self.refused.map_or(Ok(()), Err)
    }
}

/// Any object, as it is.
pub fn object(path: &str, value: &Value) -> Result<Map> {
    match value {
        Value::Object(fields) => Ok(fields.clone()),
        _ => Err(Error::invalid(path, &format!("must be an object, got {}", kind(value)))),
    }
}

/// A value as an error message shows it. Strings and objects are only named: they may hold a key put in the wrong place.
pub fn kind(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(_) => "a string".to_owned(),
        Value::Array(values) if values.is_empty() => "an empty array".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
