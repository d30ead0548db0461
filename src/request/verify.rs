//! Reads the field `analyst.verify` from JSON. Returns which contradictions the run checks.

use super::fields::describe_value;
use super::limits::MAX_CHECKS;
use crate::error::{Error, Result};
use crate::json::{Map, Value};

/// The contradictions that are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verify {
    /// The first [`MAX_CHECKS`] contradictions.
    Contradictions,
    /// The contradictions with these indexes. No index is repeated.
    Indexes(Vec<usize>),
}

impl Verify {
    /// Reads `"contradictions"`, or a list of indexes.
    pub(super) fn parse(path: &str, value: &Value) -> Result<Self> {
        let indexes = match value {
            Value::String(text) if text == "contradictions" => return Ok(Self::Contradictions),
            Value::Array(indexes) if (1..=MAX_CHECKS).contains(&indexes.len()) => indexes,
            value => {
                let rule = format!(
                    "must be \"contradictions\", or an array of 1 to {MAX_CHECKS} indexes, got {}",
                    describe_value(value)
                );
                return Err(Error::invalid(path, &rule));
            }
        };
        let mut unique = Vec::new();
        for (i, value) in indexes.iter().enumerate() {
            let index = value.as_u64().and_then(|index| usize::try_from(index).ok());
            let Some(index) = index else {
                let rule = format!(
                    "must be the index of a contradiction, got {}",
                    describe_value(value)
                );
                return Err(Error::invalid(&format!("{path}[{i}]"), &rule));
            };
            if !unique.contains(&index) {
                unique.push(index);
            }
        }
        Ok(Self::Indexes(unique))
    }
}

/// Returns whether a request has `analyst.verify`.
pub(super) fn is_asked(raw: &Map) -> bool {
    let verify = raw.get("analyst").and_then(|analyst| analyst.get("verify"));
    verify.is_some_and(|verify| !verify.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn a_list_of_indexes_is_read_once_each() {
        let read = |value: Value| Verify::parse("analyst.verify", &value);
        assert_eq!(read(json!("contradictions")), Ok(Verify::Contradictions));
        assert_eq!(read(json!([2, 0, 2])), Ok(Verify::Indexes(vec![2, 0])));
        for (wrong, named) in [
            (json!("all"), "`analyst.verify` must be"),
            (json!(true), "`analyst.verify` must be"),
            (json!([]), "`analyst.verify` must be"),
            (
                json!([0, 1, 2, 3, 4, 5, 6, 7, 8]),
                "`analyst.verify` must be",
            ),
            (json!([0, -1]), "`analyst.verify[1]` must be"),
            (json!(["0"]), "`analyst.verify[0]` must be"),
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.message.starts_with(named), "{}", error.message);
        }
    }
}
