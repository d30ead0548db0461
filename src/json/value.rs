//! Defines [`Value`], a JSON value that can be built, changed and stored.
//!
//! In: JSON text, or values from Rust code. Out: the same JSON. The digits of numbers and the order
//! of fields stay unchanged.

use std::ops::Index;

use super::number::Number;

/// Any JSON value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Value>),
    Object(Map),
}

/// An object. The fields keep their order, because models write structured output in the order of
/// the schema. If a name occurs twice, the last field counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map(Vec<(String, Value)>);

static NULL: Value = Value::Null;

impl Value {
    /// Returns a field. If the field is missing or this value is not an object, returns `None`.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.as_object()?.get(name)
    }

    /// Returns a field. If the field is missing, returns `null`.
    pub(crate) fn field(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&NULL)
    }

    /// Returns an element. If the element is missing or this value is not an array, returns `None`.
    pub(crate) fn element(&self, at: usize) -> Option<&Value> {
        self.as_array()?.get(at)
    }

    /// Returns a mutable reference to a field.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.as_object_mut()?.get_mut(name)
    }

    /// Returns the text of a string.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a number that is an integer and not negative.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        self.as_number()?.as_str().parse().ok()
    }

    /// Returns a number.
    pub(crate) fn as_number(&self) -> Option<&Number> {
        match self {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Appends an element if this is an array.
    pub(crate) fn push(&mut self, element: Value) {
        if let Value::Array(elements) = self {
            elements.push(element);
        }
    }

    /// Returns the elements of an array.
    pub(crate) fn as_array(&self) -> Option<&Vec<Value>> {
        match self {
            Value::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// Returns the elements of an array. If this value is not an array, returns an empty slice.
    pub(crate) fn elements(&self) -> &[Value] {
        self.as_array().map_or(&[], Vec::as_slice)
    }

    /// Returns the fields of an object.
    pub(crate) fn as_object(&self) -> Option<&Map> {
        match self {
            Value::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// Returns a mutable reference to the fields of an object.
    pub(crate) fn as_object_mut(&mut self) -> Option<&mut Map> {
        match self {
            Value::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// Returns whether this is `null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Returns whether this is a string.
    pub(crate) fn is_string(&self) -> bool {
        matches!(self, Value::String(_))
    }

    /// Returns whether this is an array.
    pub(crate) fn is_array(&self) -> bool {
        matches!(self, Value::Array(_))
    }

    /// Returns whether this is an object.
    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Value::Object(_))
    }
}

impl Index<&str> for Value {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        self.field(name)
    }
}

impl Index<usize> for Value {
    type Output = Value;

    fn index(&self, at: usize) -> &Value {
        self.element(at).unwrap_or(&NULL)
    }
}

impl PartialEq<str> for Value {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}

impl PartialEq<u64> for Value {
    fn eq(&self, other: &u64) -> bool {
        self.as_u64() == Some(*other)
    }
}

impl Map {
    /// Returns an object without fields.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Returns a field.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// Returns a mutable reference to a field.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0
            .iter_mut()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// Returns whether a field exists.
    pub(crate) fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets a field. An existing field keeps its place.
    pub(crate) fn insert(&mut self, name: &str, value: Value) {
        match self.get_mut(name) {
            Some(old) => *old = value,
            None => self.add(name, value),
        }
    }

    /// Sets a field if `value` is `Some`.
    pub(crate) fn set(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.insert(name, value);
        }
    }

    /// Appends a field. The object must not have a field with this name. The macro `json!` calls
    /// this method.
    pub(crate) fn add(&mut self, name: &str, value: Value) {
        self.0.push((name.to_owned(), value));
    }

    /// Appends a field without searching for its name. Readers use this method, because a search
    /// for each name would take quadratic time for an object with many fields.
    pub(crate) fn push(&mut self, name: String, value: Value) {
        self.0.push((name, value));
    }

    /// Returns a mutable reference to the value of the last field.
    pub(crate) fn last_mut(&mut self) -> Option<&mut Value> {
        self.0.last_mut().map(|(_, value)| value)
    }

    /// Removes a field and returns its value.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().rposition(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    /// Keeps only the fields for which `keep` returns true.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str, &Value) -> bool) {
        self.0.retain(|(name, value)| keep(name, value));
    }

    /// Sets all fields of `other`.
    ///
    /// `other` may have very many fields. Therefore looks up each field of this object in `other`,
    /// and never a field of `other` in this object.
    pub(crate) fn extend(&mut self, other: impl IntoIterator<Item = (String, Value)>) {
        let mut other = Self::from_iter(other);
        for (name, old) in self.0.iter_mut().rev() {
            if let Some(value) = other.remove(name) {
                *old = value;
            }
        }
        self.0.append(&mut other.0);
    }

    /// Returns the name and the value of each field.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Value)> + Clone {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Returns the names of the fields.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &String> + Clone {
        self.0.iter().map(|(name, _)| name)
    }

    /// Returns the values of the fields.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().map(|(_, value)| value)
    }

    /// Returns whether there are no fields.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of fields.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Compares two objects. Ignores the order of the fields.
impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        // Equal objects usually have their fields in the same order, so compare fields at the same
        // position first. Searching for each field would take quadratic time for an object with
        // many fields.
        let is_in = |(i, (name, value)): (usize, &(String, Value))| match other.0.get(i) {
            Some((same, there)) if same == name => there == value,
            _ => other.get(name) == Some(value),
        };
        self.len() == other.len() && self.0.iter().enumerate().all(is_in)
    }
}

impl IntoIterator for Map {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(String, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Self {
        Self(fields.into_iter().collect::<Vec<_>>())
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        Value::Array(values.into_iter().collect::<Vec<_>>())
    }
}

macro_rules! from {
    ($($type:ty: |$value:ident| $made:expr;)*) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $made
            }
        })*
    };
}

from! {
    bool: |value| Value::Bool(value);
    u64: |value| Value::Number(Number::integer(value));
    u32: |value| u64::from(value).into();
    i32: |value| Value::Number(Number::integer(value));
    usize: |value| (value as u64).into();
    Number: |value| Value::Number(value);
    &Number: |value| Value::Number(value.clone());
    String: |value| Value::String(value);
    &String: |value| Value::String(value.clone());
    &str: |value| Value::String(value.to_owned());
    Map: |value| Value::Object(value);
    &Value: |value| value.clone();
    &&Value: |value| (*value).clone();
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Value::Array(values.into_iter().map(Into::into).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests;
