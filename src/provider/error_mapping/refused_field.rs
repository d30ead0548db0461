//! Finds the request field that a provider rejected by name.
//!
//! In: the [`Facts`] of an error, and the body of the request. Out: the name of a field of this
//! body.
//!
//! Providers write the name in `snake_case`, in `camelCase` or as a path. Often only the message
//! contains the name.

use super::chain::Facts;
use crate::json::Map;

/// Fields that are never omitted from a request: the prompt, and the limits that bound the cost.
const NEEDED: [&str; 9] = [
    "model",
    "messages",
    "input",
    "stream",
    "system",
    "instructions",
    "max_tool_calls",
    "max_turns",
    "stop_server_tools_when",
];

/// Short field names that are not ordinary words.
const DISTINCTIVE: [&str; 6] = [
    "temperature",
    "reasoning",
    "thinking",
    "tools",
    "effort",
    "logprobs",
];

/// Words that stand before a field name, as in "the parameter stop".
const ANNOUNCES: [&str; 8] = [
    "parameter",
    "parameters",
    "argument",
    "field",
    "option",
    "property",
    "key",
    "param",
];

/// Other names that servers use for fields. Each name is written in lower-case letters, and has a
/// list of the fields that it may mean.
const OTHER_NAMES: [(&str, &[&str]); 8] = [
    ("reasoningeffort", &["reasoning", "output_config"]),
    (
        "effort",
        &["output_config", "reasoning_effort", "reasoning"],
    ),
    ("responseformat", &["text", "output_config"]),
    ("outputformat", &["output_config"]),
    ("jsonschema", &["response_format", "text"]),
    ("stopsequences", &["stop"]),
    ("includeusage", &["stream_options"]),
    ("generationconfig", &[]),
];

/// Returns the name of the rejected field of the request.
pub(super) fn find<'a>(facts: &Facts, sent: &'a Map) -> Option<&'a String> {
    let fields = Fields(
        sent.keys()
            .filter(|name| !name.is_empty())
            .map(|name| (letters(name), name))
            .collect(),
    );
    facts
        .fields
        .iter()
        .find_map(|path| fields.of_path(path))
        .or_else(|| {
            facts
                .words
                .iter()
                .rev()
                .find_map(|text| fields.in_text(text))
        })
        .filter(|name| !NEEDED.contains(&name.as_str()))
}

/// The names of the request's fields. Each pair has the result of [`letters`] for a name, and the
/// name itself.
struct Fields<'a>(Vec<(String, &'a String)>);

impl<'a> Fields<'a> {
    /// Returns the field with this name. Accepts any spelling.
    fn of_name(&self, name: &str) -> Option<&'a String> {
        let plain = letters(name);
        let known = |plain: &str| self.0.iter().find(|(field, _)| field == plain);
        if let Some((_, field)) = known(&plain).filter(|_| !plain.is_empty()) {
            return Some(field);
        }
        let (_, meant) = OTHER_NAMES.iter().find(|(other, _)| *other == plain)?;
        let mut meant = meant.iter().filter_map(|name| known(&letters(name)));
        meant.next().map(|(_, field)| *field)
    }

    /// Returns the field at a path such as `body.stream_options` or `text.format.schema`. If the
    /// path begins with a field in [`NEEDED`], such as `messages[0].name`, returns `None`.
    fn of_path(&self, path: &str) -> Option<&'a String> {
        let mut names = path.split(['.', '[', ']', '/', '"', '\'', '`']);
        let field = names.find_map(|name| self.of_name(name))?;
        (!NEEDED.contains(&field.as_str())).then_some(field)
    }

    /// Returns the first field of the request whose name occurs in a text. Later names in the text
    /// may be suggested replacements.
    fn in_text(&self, text: &str) -> Option<&'a String> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let mut at = 0;
        let mut last_word = "";
        while let Some(begin) = text.get(at..).and_then(|rest| rest.find(is_word)) {
            let start = at + begin;
            let rest = text.get(start..)?;
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at_checked(end)?;
            let before = text.get(..start)?;
            if is_name(before, word, after, last_word)
                && let Some(field) = self.of_name(word)
                && !NEEDED.contains(&field.as_str())
            {
                return Some(field);
            }
            last_word = word;
            at = start + end;
        }
        None
    }
}

/// Returns whether a word is used as a name in the text, and not as an ordinary word.
fn is_name(before: &str, word: &str, after: &str, last_word: &str) -> bool {
    let (previous, next) = (before.chars().next_back(), after.chars().next());
    let is_quote = |c: Option<char>| c.is_some_and(|c| matches!(c, '\'' | '"' | '`'));
    let is_in_brackets = previous == Some('[') && next == Some(']');
    let has_inner_capital = word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && word.bytes().any(|byte| byte.is_ascii_lowercase());
    let is_distinctive = word.contains('_') || has_inner_capital || DISTINCTIVE.contains(&word);
    // A name may be the last word of a text, as in "Unsupported argument: stop". It may also be the
    // first word, as in "stop: Extra inputs are not permitted".
    let is_last = before.trim_end().ends_with(':')
        && after
            .chars()
            .all(|c| c.is_ascii_punctuation() || c.is_whitespace());
    let is_first = before.trim().is_empty() && after.starts_with(": ");
    let is_announced = ANNOUNCES
        .iter()
        .any(|announcing| last_word.eq_ignore_ascii_case(announcing))
        && before.ends_with([' ', '\'', '"', '`']);
    is_quote(previous) || is_in_brackets || is_distinctive || is_last || is_first || is_announced
}

/// Returns the letters and digits of a name, in lower case.
fn letters(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
