//! Reads a JSON object field by field. In: an object. Out: typed values. Errors contain the path of
//! the field and the rule that its value breaks.

use std::ops::RangeInclusive;

use crate::json::{Map, Value};

use super::did_you_mean::{did_you_mean, unknown_rule};
use crate::blank::is_blank;
use crate::error::{Code, Error, Result};

/// Reads one object. Stores the first error, which [`Fields::finish`] returns. The methods for
/// single fields return no errors, which makes the wasm module smaller.
pub(super) struct Fields {
    path: String,
    unread: Map,
    known: Vec<&'static str>,
    other_argument: Option<OtherArgument>,
    first_error: Option<Error>,
}

/// The other argument of `fuse()`. If the request is read, the other argument is the options. If
/// the options are read, it is the request. A caller may put a field into the wrong argument.
#[derive(Clone, Copy)]
pub(super) struct OtherArgument {
    /// The names of the fields of the other argument.
    pub names: &'static [&'static str],
    /// Returns the error text for a field that belongs in the other argument.
    pub rule: fn(&str) -> String,
}

impl Fields {
    /// Returns a reader of `value`. If `value` is not an object, fails with the message "`what`
    /// must be `right`".
    pub(super) fn new(path: &str, value: &Value, what: &str, right: &str) -> Result<Self> {
        let Value::Object(fields) = value else {
            return Err(Error::new(
                Code::InvalidRequest,
                format!("`{what}` must be {right}, got {}", describe_value(value)),
            ));
        };
        Ok(Self {
            path: path.to_owned(),
            ..Self::top_level(fields.clone())
        })
    }

    /// Returns a reader of the outermost object. The paths of its fields have no prefix.
    pub(super) fn top_level(fields: Map) -> Self {
        Self {
            path: String::new(),
            unread: fields,
            known: Vec::new(),
            other_argument: None,
            first_error: None,
        }
    }

    /// Sets the other argument of `fuse()`. If an unknown field belongs in the other argument, the
    /// error says so.
    pub(super) fn beside(&mut self, other: OtherArgument) {
        self.other_argument = Some(other);
    }

    /// Marks fields as known without reading them, because another reader reads them.
    pub(super) fn skip(&mut self, names: &[&'static str]) {
        for name in names {
            self.take(name);
        }
    }

    /// Refuses a field that other objects of this kind have. Errors do not list it as known.
    pub(super) fn refuse(&mut self, name: &str, rule: &str) {
        if self
            .unread
            .remove(name)
            .is_some_and(|value| !value.is_null())
        {
            self.reject(name, rule);
        }
    }

    /// Removes and returns a field. `null` counts as absent.
    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.unread.remove(name).filter(|value| !value.is_null())
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            [&self.path, name].join(".")
        }
    }

    fn fail(&mut self, error: Error) {
        self.first_error.get_or_insert(error);
    }

    /// Records an error for a field. The message consists of the path of the field and `rule`, such
    /// as "must be a string".
    pub(super) fn reject(&mut self, name: &str, rule: &str) {
        self.fail(Error::invalid(&self.path(name), rule));
    }

    fn type_error(&mut self, name: &str, right: &str, value: &Value) {
        self.reject(
            name,
            &format!("must be {right}, got {}", describe_value(value)),
        );
    }

    /// Reads a field with the function `read`. This function gets the field's path and value.
    pub(super) fn parse_with<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str, &Value) -> Result<T>,
    ) -> Option<T> {
        let value = self.take(name)?;
        match read(&self.path(name), &value) {
            Ok(read) => Some(read),
            Err(error) => {
                self.fail(error);
                None
            }
        }
    }

    /// Reads a string.
    pub(super) fn string(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            value => {
                self.type_error(name, "a string", &value);
                None
            }
        }
    }

    /// Reads a required string. Records an error if it is missing.
    pub(super) fn required_string(&mut self, name: &'static str) -> String {
        let text = self.string(name);
        if text.is_none() {
            self.reject(name, "is missing; it must be a string");
        }
        text.unwrap_or_default()
    }

    /// Reads a boolean.
    pub(super) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(value) => Some(value),
            value => {
                self.type_error(name, "true or false", &value);
                None
            }
        }
    }

    /// Reads an integer within a range.
    pub(super) fn integer(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        let value = self.take(name)?;
        let number = value.as_u64().filter(|number| range.contains(number));
        if number.is_none() {
            self.type_error(
                name,
                &format!("an integer from {} to {}", range.start(), range.end()),
                &value,
            );
        }
        number
    }

    /// Reads an array. Calls `read` for each element. `what` names the elements, for the error
    /// about a wrong number of elements.
    pub(super) fn array<T>(
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

    fn elements(
        &mut self,
        name: &'static str,
        count: RangeInclusive<usize>,
        what: &str,
    ) -> Option<Vec<Value>> {
        let value = self.take(name)?;
        let got = match value {
            Value::Array(values) if count.contains(&values.len()) => return Some(values),
            Value::Array(values) => values.len().to_string(),
            value => describe_value(&value),
        };
        self.reject(
            name,
            &format!(
                "must be an array of {} to {} {what}, got {got}",
                count.start(),
                count.end()
            ),
        );
        None
    }

    fn unknown_rule(&self, name: &str) -> String {
        let Some(OtherArgument { names, rule }) = self.other_argument else {
            return unknown_rule(name, &self.known);
        };
        let elsewhere = if names.contains(&name) {
            Some(name)
        } else if did_you_mean(name, &self.known).is_none() {
            did_you_mean(name, names)
        } else {
            None
        };
        elsewhere.map_or_else(|| unknown_rule(name, &self.known), rule)
    }

    /// Ends reading. Fails with the first recorded error. Also fails if the object has a field that
    /// no method has read.
    pub(super) fn finish(mut self) -> Result<()> {
        let unknown = self.unread.keys().next().cloned();
        if let Some(name) = unknown {
            self.reject(&name, &self.unknown_rule(&name));
        }
        self.first_error.map_or(Ok(()), Err)
    }
}

/// Returns a copy of an object. If the value is not an object, fails.
pub(super) fn object(path: &str, value: &Value) -> Result<Map> {
    match value {
        Value::Object(fields) => Ok(fields.clone()),
        _ => Err(Error::invalid(
            path,
            &format!("must be an object, got {}", describe_value(value)),
        )),
    }
}

/// Describes a value for an error message. The description never includes the content of a string
/// or an object, because it may be a key in the wrong field.
pub(super) fn describe_value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(text) if is_blank(text) => "a blank string".to_owned(),
        Value::String(_) => "a string".to_owned(),
        Value::Array(values) if values.is_empty() => "an empty array".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
