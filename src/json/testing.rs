//! Adds methods to [`Value`] that make tests shorter: JSON pointers, indexing and comparisons.

use std::ops::IndexMut;

use serde::Serialize;

use super::{Value, json, to_json};

/// Returns data in the form that JavaScript receives. JavaScript parses the `request` of a
/// snapshot, because the core passes it as text.
pub(crate) fn value_of(data: &impl Serialize) -> Value {
    let mut value: Value = to_json(data).parse().unwrap();
    if let Some(request) = value.get("request").and_then(Value::as_str) {
        value["request"] = request.parse().unwrap();
    }
    value
}

impl Value {
    /// Returns the value at a [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901). Does not
    /// support escapes in the pointer.
    pub(crate) fn pointer(&self, path: &str) -> Option<&Value> {
        path.split('/').skip(1).try_fold(self, |value, name| {
            name.parse()
                .ok()
                .and_then(|at| value.element(at))
                .or_else(|| value.get(name))
        })
    }

    /// Returns the value at a JSON pointer. See [`Value::pointer`].
    pub(crate) fn pointer_mut(&mut self, path: &str) -> Option<&mut Value> {
        path.split('/')
            .skip(1)
            .try_fold(self, |value, name| match value {
                Value::Array(elements) => elements.get_mut(name.parse::<usize>().ok()?),
                value => value.get_mut(name),
            })
    }

    /// Returns the value and replaces it by `null`.
    pub(crate) fn take(&mut self) -> Value {
        std::mem::take(self)
    }

    /// Returns a boolean.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns a number as a float.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        self.as_number()?.as_str().parse().ok()
    }
}

impl IndexMut<&str> for Value {
    fn index_mut(&mut self, name: &str) -> &mut Value {
        if self.is_null() {
            *self = json!({});
        }
        let fields = self.as_object_mut().unwrap();
        if !fields.contains_key(name) {
            fields.push(name.to_owned(), Value::Null);
        }
        fields.get_mut(name).unwrap()
    }
}

impl IndexMut<usize> for Value {
    fn index_mut(&mut self, at: usize) -> &mut Value {
        match self {
            Value::Array(elements) => &mut elements[at],
            _ => panic!("no array"),
        }
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        value.to_string().parse().unwrap()
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(values: [T; N]) -> Self {
        values.into_iter().map(Into::into).collect()
    }
}

impl<T: Clone + Into<Value>, const N: usize> From<&[T; N]> for Value {
    fn from(values: &[T; N]) -> Self {
        values.iter().cloned().map(Into::into).collect()
    }
}

impl<T: Clone + Into<Value>> From<&[T]> for Value {
    fn from(values: &[T]) -> Self {
        values.iter().cloned().map(Into::into).collect()
    }
}

impl<T: Clone + Into<Value>> From<&Vec<T>> for Value {
    fn from(values: &Vec<T>) -> Self {
        values.as_slice().into()
    }
}

impl From<&&str> for Value {
    fn from(text: &&str) -> Self {
        (*text).into()
    }
}

impl From<&mut String> for Value {
    fn from(text: &mut String) -> Self {
        text.as_str().into()
    }
}

macro_rules! compares {
    ($($type:ty)*) => {
        $(impl PartialEq<$type> for Value {
            fn eq(&self, other: &$type) -> bool {
                *self == json!(other.clone())
            }
        })*
    };
}

compares!(bool i32 f64 String usize);
