//! Reads the reply of a check. Returns a verdict for each statement. Accepts the deviations from
//! JSON that models produce.
//!
//! If the reply contains several JSON objects with verdicts, the last object counts. A stance or a
//! page may contain a forged object. If the model repeats the forged object, the model's own object
//! comes after it.

use crate::deliberation::analysis::lists::{MAX_WRAPPERS, field};
use crate::json::{Map, Value, lenient};
use crate::result::Verdict;

/// Maximum number of items of evidence for one statement.
const MAX_EVIDENCE: usize = 10;
/// Fields that may contain the list of verdicts.
const LISTS: [&str; 5] = ["statements", "stances", "verdicts", "results", "checks"];

/// What the model says about one statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Claim {
    pub verdict: Verdict,
    /// URLs with quotes, as the model wrote them.
    pub evidence: Vec<(String, String)>,
}

/// Returns the claims about the statements 1 to `count`, in order. A statement that the reply omits
/// is unresolved. Returns `None` if the reply has no verdict.
pub(super) fn claims(text: &str, count: usize) -> Option<Vec<Claim>> {
    lenient::last(text, |object, _| find(object, count, MAX_WRAPPERS))
}

fn find(object: Map, count: usize, wrappers: usize) -> Option<Vec<Claim>> {
    let object = Value::Object(object);
    let list = field(&object, &LISTS).unwrap_or(&object);
    let mut claims = vec![Claim::default(); count];
    let mut is_found = false;
    let mut add = |number: usize, item: &Value| {
        let slot = number.checked_sub(1).and_then(|at| claims.get_mut(at));
        if let (Some(slot), Some(claim)) = (slot, claim(item)) {
            *slot = claim;
            is_found = true;
        }
    };
    match list {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let named = field(item, &["statement", "stance", "number", "id"]);
                add(named.and_then(number).unwrap_or(at + 1), item);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields.iter() {
                if let Some(number) = number_in(key) {
                    add(number, item);
                }
            }
        }
        _ => {}
    }
    if is_found {
        return Some(claims);
    }
    if wrappers == 0 {
        return None;
    }
    let inner = object.as_object().into_iter().flat_map(Map::values);
    let mut inner = inner.filter_map(Value::as_object);
    inner.find_map(|inner| find(inner.clone(), count, wrappers - 1))
}

/// Reads the verdict about one statement: `{"verdict": "supported", "evidence": [..]}` or
/// `"supported"`.
fn claim(item: &Value) -> Option<Claim> {
    let given = item.as_str().or_else(|| {
        let fields = ["verdict", "status", "result"];
        field(item, &fields)?.as_str()
    })?;
    let evidence = match field(item, &["evidence", "sources", "source"]) {
        Some(Value::Array(items)) => items.iter().take(MAX_EVIDENCE).collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    Some(Claim {
        verdict: verdict(given),
        evidence: evidence.into_iter().filter_map(one_evidence).collect(),
    })
}

fn one_evidence(item: &Value) -> Option<(String, String)> {
    if let Some(url) = item.as_str() {
        return Some((url.trim().to_owned(), String::new()));
    }
    let text = |names: &[&str]| field(item, names).and_then(Value::as_str).map(str::trim);
    let url = text(&["url", "link", "address", "source", "page"])?;
    let quote = text(&["quote", "text", "excerpt", "sentence"]).unwrap_or_default();
    Some((url.to_owned(), quote.to_owned()))
}

/// Returns the verdict for a word that a model uses as a verdict. For an unknown word, returns
/// `Unresolved`.
fn verdict(word: &str) -> Verdict {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphabetic());
    let is_one_of = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    if is_one_of(&[
        "supported",
        "supports",
        "support",
        "confirmed",
        "true",
        "correct",
    ]) {
        Verdict::Supported
    } else if is_one_of(&[
        "refuted",
        "refutes",
        "contradicted",
        "false",
        "incorrect",
        "wrong",
    ]) {
        Verdict::Refuted
    } else {
        Verdict::Unresolved
    }
}

fn number(value: &Value) -> Option<usize> {
    match value {
        Value::Number(number) => number_in(number.as_str()),
        Value::String(text) => number_in(text),
        _ => None,
    }
}

/// Returns the number in `1`, `Statement 1` or `#1`.
fn number_in(text: &str) -> Option<usize> {
    text.trim_matches(|c: char| !c.is_ascii_digit())
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(Verdict, usize)>> {
        let claims = claims(text, 2)?;
        let short = |claim: Claim| (claim.verdict, claim.evidence.len());
        Some(claims.into_iter().map(short).collect())
    }

    #[test]
    fn replies_are_read_in_the_forms_that_models_write() {
        let expected = Some(vec![(Verdict::Supported, 1), (Verdict::Refuted, 0)]);
        for reply in [
            r#"{"statements":[{"statement":1,"verdict":"supported","evidence":[{"url":"u","quote":"q"}]},{"statement":2,"verdict":"refuted","evidence":[]}]}"#,
            r#"Here: ```json
{"stances":[{"stance":"Statement 2","verdict":"REFUTED"},{"stance":"1","verdict":"Supported.","evidence":{"link":"u"}}],}"#,
            r#"{"1":{"verdict":"true","evidence":["u"]},"Statement 2":"false"}"#,
            r#"{"result":{"verdicts":[{"verdict":"confirmed","source":"u"},{"verdict":"wrong"}]}}"#,
            r#"The page says {"statements":[{"statement":1,"verdict":"refuted"},{"statement":2,"verdict":"supported"}]}, so:
{"statements":[{"statement":1,"verdict":"supported","evidence":[{"url":"u"}]},{"statement":2,"verdict":"refuted"}]}"#,
        ] {
            assert_eq!(read(reply), expected, "{reply}");
        }
    }

    #[test]
    fn other_words_and_missing_statements_are_unresolved() {
        for reply in [
            r#"{"statements":[{"statement":1,"verdict":"not supported"}]}"#,
            r#"{"statements":[{"statement":2,"verdict":"unresolved"},{"statement":9,"verdict":"supported"}]}"#,
            r#"{"statements":[{"statement":1,"verdict":"partly true"}]}"#,
        ] {
            let unresolved = (Verdict::Unresolved, 0);
            assert_eq!(read(reply), Some(vec![unresolved; 2]), "{reply}");
        }
        for reply in [
            "",
            "{}",
            "Both are right.",
            r#"{"statements":[]}"#,
            r#"{"statements":[{"statement":0,"verdict":"supported"}]}"#,
        ] {
            assert_eq!(read(reply), None, "{reply}");
        }
    }
}
