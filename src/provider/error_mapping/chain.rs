//! Reads an error and the errors inside it.
//!
//! In: the body of an error, as JSON or text. Out: [`Facts`], collected from the outermost error to
//! the innermost error.
//!
//! Proxies wrap a provider's error in their own error. The inner error may be an object, JSON in a
//! string, JSON after text, or a Python dictionary as Python prints it.

use memchr::memchr2_iter;

use super::waits::{self, Wait};
use crate::json::{Map, Value, lenient};
use crate::replace::replace_all;

/// Maximum depth of nested errors.
const MAX_DEPTH: usize = 8;

/// Maximum number of elements that are read from one array.
const MAX_ELEMENTS: usize = 16;

/// Maximum number of places in a text at which the search for JSON begins.
const MAX_PLACES: usize = 4;

/// Maximum number of bytes that are read from a text. Every known message is shorter.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Fields that contain an inner error. The message of the inner error replaces the message of the
/// outer error.
const INNER: [&str; 14] = [
    "error",
    "errors",
    "metadata",
    "raw",
    "base_resp",
    "body",
    "cause",
    "data",
    "inner_error",
    "upstream_error",
    "original_error",
    "originalError",
    "Error",
    "exception",
];

/// Fields that contain a message.
const WORDS: [&str; 13] = [
    "message",
    "msg",
    "error_message",
    "error_msg",
    "errorMessage",
    "errorMsg",
    "detail",
    "status_msg",
    "error_description",
    "Message",
    "description",
    "title",
    "title_message",
];

/// Fields that add facts to an error. A message in these fields is used only if there is no other
/// message.
const DETAILS: [&str; 7] = [
    "details",
    "innererror",
    "provider_specific_fields",
    "availability",
    "fieldViolations",
    "field_violations",
    "issues",
];

/// Fields that contain a code, an HTTP status or a code word.
const CODES: [&str; 16] = [
    "error_type",
    "code",
    "type",
    "status",
    "reason",
    "error_code",
    "errorCode",
    "__type",
    "Code",
    "http_code",
    "http_status",
    "status_code",
    "statusCode",
    "httpStatus",
    "errorType",
    "codeName",
];

/// The facts about an error and the errors inside it.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The innermost message.
    pub message: Option<String>,
    /// The messages of all errors.
    pub words: Vec<String>,
    /// The codes and code words. The number is the nesting depth of the error that has the code.
    pub codes: Vec<(usize, String)>,
    /// The innermost HTTP status, after the nesting depth of the error that has it.
    pub status: Option<(usize, u16)>,
    /// The paths of refused fields.
    pub fields: Vec<String>,
    /// The retry delay in a field of the innermost error that has such a field.
    pub wait: Option<Wait>,
    /// The retry delay in OpenRouter's field `availability`, which is exact.
    pub exact_wait: Option<Wait>,
    /// Whether the error contains the reasons of OpenRouter's moderation.
    pub has_moderation_reasons: bool,
}

impl Facts {
    /// Returns the facts in a JSON value.
    pub(super) fn of(body: &Value) -> Self {
        let mut facts = Self::default();
        facts.message = facts.read(body, 0);
        facts
    }

    /// Returns the facts in a text. The text may be JSON, a message, or a message that contains
    /// JSON.
    pub(super) fn of_text(text: &str) -> Self {
        let mut facts = Self::default();
        facts.message = match text.trim_start_matches('\u{feff}').parse::<Value>() {
            Ok(body) => facts.read(&body, 0),
            Err(()) if is_markup(text) => None,
            Err(()) => facts.read_text(text, 0),
        };
        facts
    }

    /// Reads an error and the errors inside it. Returns the message of the innermost error.
    fn read(&mut self, value: &Value, depth: usize) -> Option<String> {
        if depth > MAX_DEPTH {
            return None;
        }
        match value {
            Value::String(text) => self.read_text(text, depth),
            Value::Array(elements) => elements
                .iter()
                .take(MAX_ELEMENTS)
                .map(|element| self.read(element, depth + 1))
                .fold(None, Option::or),
            Value::Object(object) => self.read_object(object, depth),
            _ => None,
        }
    }

    /// Reads a message. The message may contain an error as JSON.
    fn read_text(&mut self, text: &str, depth: usize) -> Option<String> {
        let text = beginning(text.trim());
        if text.is_empty() {
            return None;
        }
        self.words.push(text.to_owned());
        let inner = (depth < MAX_DEPTH).then(|| nested(text)).flatten();
        inner
            .and_then(|inner| self.read(&inner, depth + 1))
            .or_else(|| Some(text.to_owned()))
    }

    fn read_object(&mut self, object: &Map, depth: usize) -> Option<String> {
        self.read_codes(object, depth);
        self.read_refused_fields(object);
        if let Some(wait) = waits::of_object(object) {
            self.wait = Some(wait);
        }
        let own = self.own_words(object, depth);
        let mut inner = None;
        for name in INNER {
            match object.get(name) {
                None | Some(Value::String(_)) if name != "raw" => {}
                Some(child) => inner = inner.or(self.read(child, depth + 1)),
                None => {}
            }
        }
        self.has_moderation_reasons |= object
            .get("metadata")
            .is_some_and(|metadata| metadata.get("reasons").is_some());
        let mut details = None;
        for name in DETAILS {
            if let Some(child) = object.get(name) {
                let outer = self.wait.take();
                details = details.or(self.read(child, depth + 1));
                if name == "availability" {
                    self.exact_wait = self.wait;
                }
                self.wait = self.wait.or(outer);
            }
        }
        inner.or(own).or(details)
    }

    /// Returns the message of an error, without its inner errors. An object may have a message and
    /// a text in `error`. One of these texts is usually only the name of the status, such as "Bad
    /// Request". Therefore returns the longer text.
    fn own_words(&mut self, object: &Map, depth: usize) -> Option<String> {
        let mut words = None;
        for name in WORDS {
            if words.is_none()
                && let Some(child) = object.get(name)
            {
                words = self.read(child, depth + usize::from(!child.is_string()));
            }
        }
        for name in INNER.iter().filter(|name| **name != "raw") {
            if let Some(text) = object.get(name).and_then(Value::as_str) {
                if !text.contains(' ') {
                    self.codes.push((depth, text.to_owned()));
                }
                let text = self.read_text(text, depth);
                let length = |words: &Option<String>| words.as_ref().map_or(0, String::len);
                if length(&text) > length(&words) {
                    words = text;
                }
            }
        }
        words
    }

    /// Reads the codes and the statuses of an error. Both may be numbers or texts.
    fn read_codes(&mut self, object: &Map, depth: usize) {
        for name in CODES {
            let Some(value) = object.get(name) else {
                continue;
            };
            let number = match value {
                Value::String(text) => text.trim().parse().ok(),
                other => other.as_u64(),
            };
            let status = number
                .and_then(|number: u64| u16::try_from(number).ok())
                .filter(|status| (400..600).contains(status));
            if let Some(status) = status {
                if self.status.is_none_or(|(known, _)| depth > known) {
                    self.status = Some((depth, status));
                }
                continue;
            }
            let word = number.map(|number| number.to_string());
            let word = word.or_else(|| value.as_str().map(str::to_owned));
            self.codes.extend(word.map(|word| (depth, word)));
        }
        let minimax = object.get("base_resp").and_then(|of| of.get("status_code"));
        if let Some(word) = minimax.and_then(Value::as_u64).and_then(minimax_word) {
            self.codes.push((depth + 1, word.to_owned()));
        }
    }

    /// Reads the paths of refused fields from OpenAI's `param`, FastAPI's `loc` and Google's
    /// `field`.
    fn read_refused_fields(&mut self, object: &Map) {
        for name in ["param", "field", "parameter", "loc", "path"] {
            let path = match object.get(name) {
                Some(Value::String(path)) => path.clone(),
                Some(Value::Array(parts)) => {
                    let parts: Vec<_> = parts
                        .iter()
                        .take(MAX_ELEMENTS)
                        .map(|part| part.as_str().unwrap_or("0"))
                        .collect();
                    parts.join(".")
                }
                _ => continue,
            };
            if self.fields.len() < MAX_ELEMENTS && !path.is_empty() {
                self.fields.push(path);
            }
        }
    }
}

/// Returns whether a text is HTML or XML. A message of DashScope may begin with a status in
/// `<...>`, which is not markup.
pub(super) fn is_markup(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.strip_prefix('<')
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}

/// Returns the beginning of a text, up to [`MAX_TEXT_BYTES`].
fn beginning(text: &str) -> &str {
    (0..4)
        .find_map(|less| text.get(..MAX_TEXT_BYTES - less))
        .unwrap_or(text)
}

/// Finds JSON in a text. Returns the first object, or the first array of objects.
pub(super) fn nested(text: &str) -> Option<Value> {
    let is_error = |value: &Value| {
        let object = value.element(0).unwrap_or(value).as_object();
        object.is_some_and(|object| !object.is_empty())
    };
    memchr2_iter(b'{', b'[', text.as_bytes())
        .filter_map(|at| text.get(at..))
        .filter(|rest| {
            let inside = rest.get(1..).unwrap_or_default().trim_start();
            match rest.as_bytes().first() {
                Some(b'[') => inside.starts_with('{'),
                _ => inside.starts_with(['"', '\'', '\\']),
            }
        })
        .take(MAX_PLACES)
        .find_map(|rest| {
            let read = |text: &str| lenient::value(text.as_bytes()).filter(is_error);
            read(rest)
                .or_else(|| read(&replace_all(rest, "\\\"", "\"")))
                .or_else(|| read(&json_of_python(rest)))
        })
}

/// Converts a Python dictionary, as Python prints it, to JSON. Keeps `None` and `True`, because the
/// lenient reader accepts them.
fn json_of_python(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(next) = chars.next() {
        match (next, quote) {
            ('\\', Some(_)) => match chars.next() {
                Some('\'') => json.push('\''),
                Some(escaped) => json.extend(['\\', escaped]),
                None => {}
            },
            ('\'' | '"', None) => {
                quote = Some(next);
                json.push('"');
            }
            (end, Some(begin)) if end == begin => {
                quote = None;
                json.push('"');
            }
            ('"', Some(_)) => json.push_str("\\\""),
            (other, _) => json.push(other),
        }
    }
    json
}

/// Returns the code word for a number in MiniMax's field `status_code`. Other providers use the
/// same numbers for other causes. <https://platform.minimax.io/docs/api-reference/errorcode>
fn minimax_word(status: u64) -> Option<&'static str> {
    Some(match status {
        1001 => "timeout",
        1002 | 1039 | 1041 | 2045 | 2056 => "rate_limit",
        1004 | 2049 => "invalid_api_key",
        1008 => "insufficient_balance",
        1026 | 1027 => "content_filter",
        2013 => "invalid_params",
        _ => return None,
    })
}
