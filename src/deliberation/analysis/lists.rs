//! Finds the lists of an analysis, such as `consensus`, in a JSON object of the analyst's reply.
//! Accepts all forms in which models write these lists.
//!
//! Takes the fields of the object. Returns the lists. An item of a list is a finding.
//!
//! In place of a list, a model may write a single finding, a string of JSON, or an object. The keys
//! of such an object are labels of answers, numbers or findings.

use crate::deliberation::labels::Labels;
use crate::json::{Map, Value, json, lenient};

use crate::deliberation::analysis::characters::is_of_word;

pub(super) const KINDS: [&str; 5] = [
    "consensus",
    "contradictions",
    "partial_coverage",
    "unique_insights",
    "blind_spots",
];
/// Maximum number of nested wrappers such as `{"analysis": {...}}`.
pub(crate) const MAX_WRAPPERS: usize = 2;
/// Maximum number of findings in one analysis, of stances in one finding, and of quotes in one
/// finding. Real analyses have at most a few dozen of them.
pub(crate) const MAX_FINDINGS: usize = 500;
/// Names of fields in which models put the whole analysis, as an object or as a string of JSON.
///
/// The list must not contain a field that holds the text of an answer. Otherwise JSON that a
/// panelist wrote would be read as the analysis.
const STRING_WRAPPERS: [&str; 7] = [
    "analysis",
    "result",
    "output",
    "json",
    "arguments",
    "parameters",
    "input",
];
/// Names of fields that contain the text of a finding.
pub(super) const SENTENCES: [&str; 13] = [
    "point",
    "insight",
    "stance",
    "topic",
    "claim",
    "description",
    "text",
    "summary",
    "position",
    "statement",
    "finding",
    "view",
    "issue",
];
/// Names of fields that say which answers a finding is about. The values are labels such as "A".
pub(super) const ANSWERS: [&str; 8] = [
    "responses",
    "response",
    "panelists",
    "panelist",
    "models",
    "model",
    "labels",
    "label",
];

pub(super) type Lists = Vec<(&'static str, Vec<Value>)>;

/// Returns the analysis list that a key names. Ignores case, underscores and a missing plural "s".
pub(crate) fn kind(key: &str) -> Option<&'static str> {
    let key = normalize_key(key);
    let singular = |name: &str| name.trim_end_matches('s').to_owned();
    KINDS
        .into_iter()
        .find(|kind| singular(&normalize_key(kind)) == singular(&key))
}

pub(super) fn normalize_key(key: &str) -> String {
    key.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Returns the lists of the analysis in an object. If the object has no such list, looks into the
/// objects inside it, down to a depth of `wrappers`.
pub(super) fn lists(object: Map, labels: &Labels, wrappers: usize) -> Option<Lists> {
    let (mut lists, mut inner) = (Lists::new(), None);
    for (key, value) in object {
        if let Some(kind) = kind(&key) {
            match list(value, labels) {
                Ok(list) => lists.push((kind, list)),
                // An object may contain a list of the same name: `{"consensus": {"consensus":
                // [..]}}`.
                Err(Value::Object(object)) if wrappers > 0 => {
                    inner = self::lists(object, labels, wrappers - 1).or(inner);
                }
                Err(_) => {}
            }
        } else if wrappers > 0 {
            let object = match value {
                Value::Object(object) => Some(object),
                Value::String(text) if STRING_WRAPPERS.contains(&&*normalize_key(&key)) => text
                    .find('{')
                    .and_then(|at| lenient::object(text.get(at..)?).ok())
                    .map(|object| object.members),
                _ => None,
            };
            inner = object
                .and_then(|object| self::lists(object, labels, wrappers - 1))
                .or(inner);
        }
    }
    if lists.is_empty() { inner } else { Some(lists) }
}

/// Returns the findings in the value of a list's field. If the value cannot be read as findings,
/// returns the value as the error.
fn list(value: Value, labels: &Labels) -> Result<Vec<Value>, Value> {
    match value {
        Value::Array(list) => Ok(list),
        Value::Null => Ok(Vec::new()),
        Value::String(text) if is_nothing(&text) => Ok(Vec::new()),
        Value::String(text) => Ok(vec![Value::String(text)]),
        Value::Object(object) if object.keys().any(|key| kind(key).is_some()) => {
            Err(Value::Object(object))
        }
        Value::Object(object) => Ok(findings(object, labels)),
        other => Err(other),
    }
}

/// Returns the findings of an object that a model wrote in place of a list.
fn findings(object: Map, labels: &Labels) -> Vec<Value> {
    let object = Value::Object(object);
    if field(&object, &SENTENCES).is_some_and(Value::is_string) {
        return vec![object];
    }
    let by_label = by_label(&object, labels);
    if !by_label.is_empty() {
        return by_label;
    }
    let fields = object.as_object().into_iter().flat_map(Map::iter);
    let finding = |(key, value): (&String, &Value)| match value {
        // The keys may be numbers: `{"1": "..", "2": {..}}`.
        _ if key.trim().parse::<u32>().is_ok() => Some(value.clone()),
        // The keys may be the texts of findings: `{"Water boils at 100 C": ["A", "B"]}`.
        Value::Array(_) | Value::String(_) if panelists(value, labels)?.is_empty() => None,
        Value::Array(_) | Value::String(_) => Some(json!({"point": key, "responses": value})),
        _ => None,
    };
    fields.filter_map(finding).collect::<Vec<_>>()
}

/// Returns the findings of an object whose keys are labels: `{"A": "sweet", "B": {..}}`.
pub(super) fn by_label(object: &Value, labels: &Labels) -> Vec<Value> {
    let mut findings = Vec::new();
    for (key, value) in object.as_object().into_iter().flat_map(Map::iter) {
        if label(key, labels).is_none() {
            continue;
        }
        let one = match value {
            Value::Array(_) => value.elements(),
            value => std::slice::from_ref(value),
        };
        for value in one.iter().take(MAX_FINDINGS) {
            match value {
                Value::String(text) => findings.push(json!({"text": text, "responses": key})),
                Value::Object(fields) => {
                    let mut fields = fields.clone();
                    fields.insert("responses", Value::from(key));
                    findings.push(Value::Object(fields));
                }
                _ => {}
            }
        }
    }
    findings
}

/// Returns the panelist to whom a label belongs. The label is `A` or `Response A`, for example.
fn label(key: &str, labels: &Labels) -> Option<usize> {
    let mut words = key
        .split(|c: char| !is_of_word(c))
        .filter(|word| !word.is_empty());
    let word = match (words.next()?, words.next(), words.next()) {
        (word, None, _) => word,
        (first, Some(word), None) if ANSWERS.contains(&&*normalize_key(first)) => word,
        _ => return None,
    };
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => labels.panelist(letter),
        _ => None,
    }
}

/// Reads labels: `"A"`, `"Response A"`, `"A, B and C"`, `1`, or a list of those. Returns each
/// panelist once. If the value is neither a text, a number nor a list, returns `None`.
pub(crate) fn panelists(names: &Value, labels: &Labels) -> Option<Vec<usize>> {
    let mut panelists = Vec::new();
    let mut add = |name: &Value| {
        let words = |text: &str| {
            let words = text.split(|c: char| !is_of_word(c)).map(str::to_owned);
            words.collect::<Vec<_>>()
        };
        let words = match name {
            Value::String(text) => words(text),
            Value::Number(number) => vec![number.as_str().to_owned()],
            _ => Vec::new(),
        };
        let letter = |word: &String| {
            let mut letters = word.chars();
            let letter = letters.next().filter(|_| letters.next().is_none())?;
            labels.panelist(letter)
        };
        // Some models number the answers from 1.
        let number = |word: &String| {
            labels
                .order
                .get(word.parse::<usize>().ok()?.checked_sub(1)?)
        };
        let mut named = words.iter().filter_map(letter).collect::<Vec<_>>();
        if named.is_empty() {
            named.extend(words.iter().filter_map(number));
        }
        for index in named {
            if !panelists.contains(&index) {
                panelists.push(index);
            }
        }
    };
    match names {
        Value::String(_) | Value::Number(_) => add(names),
        Value::Array(names) => names.iter().for_each(add),
        _ => return None,
    }
    Some(panelists)
}

/// Returns the value of the first of `names` that is a field of the item.
pub(crate) fn field<'a>(item: &'a Value, names: &[&str]) -> Option<&'a Value> {
    let object = item.as_object()?;
    names.iter().find_map(|name| {
        object.get(name).or_else(|| {
            Some(
                object
                    .iter()
                    .find(|(key, _)| normalize_key(key) == *name)?
                    .1,
            )
        })
    })
}

/// Splits a string such as `A: sweet` into its label and its text.
pub(super) fn labelled(text: &str, labels: &Labels) -> Option<Value> {
    let (head, tail) = text.split_once(':')?;
    label(head, labels)?;
    Some(json!({"text": tail.trim(), "responses": head}))
}

/// Returns whether the text says that there is no finding, as "none" does.
pub(super) fn is_nothing(text: &str) -> bool {
    let text = text
        .trim_matches(|c: char| !is_of_word(c))
        .to_ascii_lowercase();
    [
        "",
        "none",
        "n/a",
        "nil",
        "null",
        "none found",
        "none identified",
    ]
    .contains(&&*text)
}

/// Joins the lists of several JSON objects of a reply. Objects are joined only if the first object
/// is at the start of the reply, and only white space or a comma separates the objects.
///
/// If the objects cannot be joined, only the last object counts. An earlier object may be copied
/// from an answer.
#[derive(Default)]
pub(super) struct Sequence {
    has_begun: bool,
    end: Option<usize>,
    kinds: Vec<&'static str>,
    lists: Lists,
}

impl Sequence {
    /// Adds the lists of an object. `place` is the byte range of the object in `text`.
    pub(super) fn add(&mut self, text: &str, place: Option<(usize, usize)>, mut lists: Lists) {
        let gap = |from: usize, to: usize| text.get(from..to).unwrap_or("?");
        let is_space = |gap: &str| gap.chars().all(|c| c.is_whitespace() || c == ',');
        let is_first = |gap: &str| {
            let gap = gap.trim();
            let gap = gap.strip_prefix("```").unwrap_or(gap);
            let gap = gap.strip_prefix("json").unwrap_or(gap);
            gap.chars().all(|c| c.is_whitespace() || c == '[')
        };
        let follows = match (self.end, place) {
            (Some(end), Some((begin, _))) => is_space(gap(end, begin)),
            _ => false,
        };
        let is_new = lists.iter().all(|(kind, _)| !self.kinds.contains(kind));
        if !follows || !is_new {
            self.lists.clear();
            self.kinds.clear();
        }
        let begins = !self.has_begun && place.is_some_and(|(begin, _)| is_first(gap(0, begin)));
        self.has_begun = true;
        self.end = place
            .filter(|_| begins || follows && is_new)
            .map(|(_, end)| end);
        self.kinds.extend(lists.iter().map(|(kind, _)| *kind));
        self.lists.append(&mut lists);
    }

    pub(super) fn into_lists(self) -> Lists {
        self.lists
    }
}
