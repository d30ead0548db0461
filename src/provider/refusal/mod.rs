//! Determines from an error response which part of the request the server does not accept.
//!
//! In: the body of an error response, and the request. Out: a [`Refusal`], to which the next call
//! adapts.
//!
//! `error_mapping` handles fields of the body that the next call can omit. This module handles all
//! other parts. Only the text of a refusal says which part is refused, because providers use the
//! same error code for all of them.

mod limit;

use memchr::memmem;

use crate::error::{Code, Error};
use crate::json::{Map, Value};
use crate::provider::content;
pub(crate) use limit::LimitFault;

/// Names of the fields that limit the tokens of an answer, in all dialects.
pub(crate) const LIMIT_FIELDS: [&str; 3] =
    ["max_tokens", "max_completion_tokens", "max_output_tokens"];

/// The part of a request that a server does not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The limit of the answer's tokens. Contains the name of its field.
    Limit(&'static str, LimitFault),
    /// The role `developer`.
    DeveloperRole,
    /// The role `system`.
    SystemRole,
    /// An array of text parts. The server requires a string.
    TextParts,
    /// Fields of messages, such as `reasoning_content`.
    MessageFields(Vec<String>),
}

/// A refused request.
pub(crate) struct RefusedRequest<'a> {
    pub status: u16,
    /// The text of the refusal. See [`words_of`].
    pub words: &'a str,
    /// The body of the request.
    pub sent: &'a Map,
    /// The field of the body that the refusal names.
    pub rejected_param: Option<&'a str>,
    /// The fields that the caller added to the body.
    pub extra_body: Option<&'a Map>,
}

impl RefusedRequest<'_> {
    /// Returns the part of the request that the server does not accept, if the text of the refusal
    /// names it.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        if !matches!(self.status, 400 | 402 | 413 | 422 | 429 | 500) {
            return None;
        }
        let is_bad_request = matches!(self.status, 400 | 422);
        let may_be_template = is_bad_request || self.status == 500;
        let message_fields = || {
            Some(self.message_fields())
                .filter(|fields| !fields.is_empty())
                .map(Refusal::MessageFields)
        };
        self.limit()
            .or_else(|| {
                (may_be_template && self.refuses_developer()).then_some(Refusal::DeveloperRole)
            })
            .or_else(|| is_bad_request.then(message_fields).flatten())
            .or_else(|| (may_be_template && self.needs_string()).then_some(Refusal::TextParts))
            .or_else(|| (may_be_template && self.refuses_system()).then_some(Refusal::SystemRole))
    }

    /// Returns whether the field comes from the caller's `extra_body`.
    pub(super) fn is_extra(&self, name: &str) -> bool {
        self.extra_body
            .is_some_and(|extra| extra.contains_key(name))
    }

    /// Returns a refusal of the limit of the answer's tokens.
    fn limit(&self) -> Option<Refusal> {
        let is_sent = |name: &&&str| self.sent.contains_key(name) && !self.is_extra(name);
        let field = LIMIT_FIELDS.iter().find(is_sent)?;
        let sent = self.sent.get(field)?.as_u64()?;
        let is_named = self.rejected_param == Some(*field);
        let is_other = self.rejected_param.is_some() && !is_named;
        let fault = limit::fault(self.words, sent, is_named, is_other)?;
        // The statuses 402 and 429 usually concern credit and request rates. With one of these
        // statuses, the limit is the cause only if the text says so.
        let is_possible = match self.status {
            400 | 413 | 422 => true,
            402 => matches!(fault, LimitFault::TooLarge(Some(_))) && self.has_words("afford"),
            429 => matches!(fault, LimitFault::TooLarge(Some(_))) && self.has_words("too large"),
            _ => false,
        };
        is_possible.then_some(Refusal::Limit(field, fault))
    }

    /// Returns whether the server rejects the role `developer`.
    fn refuses_developer(&self) -> bool {
        self.has_role("developer") && (self.has_words("developer") || self.has_words("role"))
    }

    /// Returns whether the server rejects the role `system`.
    fn refuses_system(&self) -> bool {
        let is_refusal = [
            "not support",
            "unsupported",
            "unexpected",
            "only user",
            "unknown",
        ]
        .iter()
        .any(|words| self.has_words(words));
        self.has_role("system") && is_refusal && self.has_words("system") && self.has_words("role")
    }

    fn has_role(&self, role: &str) -> bool {
        let has = |message: &Value| message.get("role").is_some_and(|sent| sent == role);
        self.messages().iter().any(has)
    }

    /// Returns the fields inside messages that the refusal names.
    fn message_fields(&self) -> Vec<String> {
        let is_about_messages = ["messages", "input", "assistant", "tool_calls"]
            .iter()
            .any(|name| self.has_words(name));
        let mut found = Vec::new();
        if is_about_messages {
            for message in self.messages() {
                // The field `name` of a message is optional, because it only names the author.
                // Search it here, because `name` is in `NEEDED` for functions.
                let is_new = !found.iter().any(|name| name == "name");
                if is_new && message.get("name").is_some() && is_named(self.words, "name") {
                    found.push("name".to_owned());
                }
                collect_named(message, self.words, &mut found);
            }
        }
        found
    }

    /// Returns whether the server requires a string as `content`, and the request has an array of
    /// text parts.
    fn needs_string(&self) -> bool {
        let has_parts = |message: &Value| content::joined(message.field("content")).is_some();
        self.has_words("string")
            && self.has_words("content")
            && self.messages().iter().any(has_parts)
    }

    fn messages(&self) -> &[Value] {
        let messages = self.sent.get("messages").or_else(|| self.sent.get("input"));
        messages.map(Value::elements).unwrap_or_default()
    }

    fn has_words(&self, words: &str) -> bool {
        memmem::find(self.words.as_bytes(), words.as_bytes()).is_some()
    }
}

/// Returns the part of the request that the server does not accept. `error` is an error event of a
/// stream.
pub(super) fn in_stream(error: &Error, sent: &Map, extra_body: Option<&Map>) -> Option<Refusal> {
    let is_refusal = matches!(
        error.code,
        Code::InvalidRequest | Code::ContextLengthExceeded
    );
    let refused = RefusedRequest {
        status: error.status_code.unwrap_or(400),
        words: &error.message.to_ascii_lowercase(),
        sent,
        rejected_param: None,
        extra_body,
    };
    is_refusal.then(|| refused.refusal()).flatten()
}

/// Fields of messages, content parts and tool calls that are never omitted.
const NEEDED: [&str; 24] = [
    "role",
    "content",
    "type",
    "text",
    "tool_calls",
    "tool_call_id",
    "call_id",
    "id",
    "function",
    "name",
    "arguments",
    "image_url",
    "url",
    "file",
    "file_data",
    "file_url",
    "data",
    "input_audio",
    "source",
    "input",
    "output",
    "tool_use_id",
    "status",
    "summary",
];

/// Maximum number of fields that are omitted from messages.
const MAX_MESSAGE_FIELDS: usize = 16;

/// Appends the fields in `value` that `words` name and that can be omitted. Searches at any depth.
fn collect_named(value: &Value, words: &str, found: &mut Vec<String>) {
    for element in value.elements() {
        collect_named(element, words, found);
    }
    let Some(fields) = value.as_object() else {
        return;
    };
    for (name, field) in fields.iter() {
        if found.len() < MAX_MESSAGE_FIELDS
            && !NEEDED.contains(&name.as_str())
            && !found.contains(name)
            && is_named(words, &name.to_ascii_lowercase())
        {
            found.push(name.clone());
        }
        // The values of unknown fields are the caller's data, so do not search them.
        if matches!(
            name.as_str(),
            "content" | "tool_calls" | "function" | "image_url" | "file"
        ) {
            collect_named(field, words, found);
        }
    }
}

/// Returns whether `words` name a field. The name must be a whole word. The name must also be
/// quoted, be part of a path, or contain an underscore.
fn is_named(words: &str, name: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    !name.is_empty()
        && memmem::find_iter(words.as_bytes(), name).any(|at| {
            let before = words.get(..at).and_then(|text| text.chars().next_back());
            let after = words.get(at + name.len()..);
            let after = after.and_then(|text| text.chars().next());
            let is_marked = matches!(before, Some('.' | '\'' | '"' | '`' | '[' | '/'));
            !is_word(before) && !is_word(after) && (is_marked || name.as_bytes().contains(&b'_'))
        })
}

/// Maximum depth of errors inside errors.
const MAX_DEPTH: usize = 8;

/// Returns all texts in the body of an error. Includes the texts of JSON inside a text. Converts
/// ASCII letters to lower case. If a list is the path of a field, joins its names with dots.
pub(crate) fn words_of(body: &str) -> String {
    let mut words = String::new();
    match body.parse::<Value>() {
        Ok(json) => add_words(&json, MAX_DEPTH, &mut words),
        Err(_) => words.push_str(body),
    }
    words.make_ascii_lowercase();
    words
}

fn add_words(value: &Value, depth: usize, words: &mut String) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    let line = |text: &str, words: &mut String| {
        words.push_str(text);
        words.push('\n');
    };
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            match text.parse::<Value>() {
                Ok(json) => add_words(&json, depth, words),
                Err(_) => line(text, words),
            }
        }
        Value::String(text) => line(text, words),
        Value::Array(parts) if is_path(parts) => {
            let part = |part: &Value| match part.as_str() {
                Some(name) => name.to_owned(),
                None => part.to_string(),
            };
            line(&parts.iter().map(part).collect::<Vec<_>>().join("."), words)
        }
        Value::Array(parts) => parts.iter().for_each(|part| add_words(part, depth, words)),
        // Skip `input`, in which FastAPI repeats the refused value.
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "input")
            .for_each(|(_, value)| add_words(value, depth, words)),
        _ => {}
    }
}

/// Returns whether a list is the path of a field. FastAPI sends such lists of names and positions.
fn is_path(parts: &[Value]) -> bool {
    parts.len() > 1
        && parts.iter().all(|part| {
            part.as_u64().is_some() || part.as_str().is_some_and(|name| !contains_space(name))
        })
}

fn contains_space(name: &str) -> bool {
    name.bytes().any(|byte| byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn a_name_may_stand_beside_letters_of_another_script() {
        for (words, expected) in [
            ("参数reasoning_content不支持", true),
            ("`reasoning_content`", true),
            ("xreasoning_content", false),
            ("reasoning_contents", false),
        ] {
            assert_eq!(is_named(words, "reasoning_content"), expected, "{words}");
        }
    }
}
