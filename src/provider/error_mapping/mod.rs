//! Maps the errors of providers to one [`Error`].
//!
//! In: an HTTP response with an error status, an error event of a stream, or the text of a body
//! that is not a stream. Out: an [`Error`] with a code, a message and a retry delay.
//!
//! Supports [OpenRouter's error
//! format](https://openrouter.ai/docs/api/reference/errors-and-debugging), and the formats of
//! OpenAI, Azure, Anthropic, Google, AWS, Cloudflare, MiniMax, FastAPI servers and llama.cpp. Also
//! supports proxies that wrap the error of their provider or answer with an HTML page.
//!
//! `chain` collects the facts of an error. `causes`, `waits` and `refused_field` evaluate these
//! facts.

mod causes;
mod chain;
mod refused_field;
mod waits;

use memchr::memmem;

use crate::json::{Json, Map, Value};

use crate::count::Count;
use crate::error::{Code, Error};
use crate::provider::transport::{Clock, HttpResponse};
use chain::Facts;
use waits::Wait;

/// Maximum number of characters of a message. Every known message of a provider is shorter.
const MESSAGE_CHARS: usize = 500;

/// The message of an error without a text.
const NO_WORDS: &str = "the provider broke off without an explanation";

/// Returns the error for a response with status 400 or more, or for a redirect that was not
/// followed.
pub(crate) fn from_reply(reply: &HttpResponse, body: &[u8], clock: &dyn Clock) -> Error {
    let facts = Facts::of_text(&String::from_utf8_lossy(body));
    let reason = facts
        .message
        .as_deref()
        .unwrap_or("no explanation was given");
    let mut mapped = Error::new(
        causes::code(&facts, Some(reply.status)),
        format!("HTTP {}: {reason}", reply.status),
    );
    mapped.status_code = Some(reply.status);
    let headers = &reply.wait_headers;
    let resets = || waits::reset(headers).filter(|_| mapped.code == Code::RateLimited);
    let wait = facts
        .exact_wait
        .or_else(|| waits::retry_after(headers, Some(clock)))
        .or_else(|| wait_of(&facts))
        .or_else(resets);
    mapped.retry_after_ms = wait
        .and_then(|wait| wait.from(clock.unix_ms()))
        .map(Count::from);
    mapped
}

/// Returns the error for an error event of a stream with status 200. `body` is the `error` object,
/// or the object that contains it.
pub(crate) fn from_stream(body: &Value) -> Error {
    of_facts(&Facts::of(body))
}

/// Returns the error for text that a server sent in place of an answer. The boolean says whether
/// the text contains JSON. If the text is empty, an HTML page or truncated JSON, returns `None`.
pub(crate) fn from_words(words: &str) -> Option<(Error, bool)> {
    let words = words.trim();
    let is_json = chain::nested(words).is_some();
    let is_cut = !is_json && words.starts_with(['{', '[']);
    if words.is_empty() || is_cut || chain::is_markup(words) || words.contains('\0') {
        return None;
    }
    Some((of_facts(&Facts::of_text(words)), is_json))
}

/// Returns the error in a JSON document that has a message but no part of an answer. The boolean is
/// true if a field says that the document is an error. Otherwise the document may be a harmless
/// notice.
pub(crate) fn from_other_document(data: &str) -> Option<(Error, bool)> {
    let json = Json::parse(data)?;
    let object = json.items().next().unwrap_or(json);
    if is_answer(object) {
        return None;
    }
    let facts = Facts::of(&object.raw().parse().ok()?);
    facts.message.as_ref()?;
    let [
        kind,
        object_type,
        error,
        errors,
        success,
        name,
        code,
        words,
        other_words,
        detail,
    ] = object.fields(&[
        "type",
        "object",
        "error",
        "errors",
        "success",
        "error_type",
        "error_code",
        "error_message",
        "error_msg",
        "base_resp",
    ]);
    let has_name = |field: Option<Json<'_>>| {
        field
            .and_then(Json::str)
            .is_some_and(|text| text.to_ascii_lowercase().ends_with("error"))
    };
    let has_error = |field: Option<Json<'_>>| {
        field.is_some_and(|field| !matches!(field.raw(), "{}" | "[]" | "\"\"" | "false"))
    };
    let is_error = has_name(kind)
        || has_name(object_type)
        || facts.status.is_some()
        || success.is_some_and(|success| success.raw() == "false")
        || [error, errors, name, code, words, other_words, detail]
            .into_iter()
            .any(has_error);
    Some((of_facts(&facts), is_error))
}

/// Returns whether an object has a field that only answers have, or a status that means success.
fn is_answer(object: Json<'_>) -> bool {
    let [
        choices,
        output,
        content,
        delta,
        response,
        item,
        block,
        part,
        kind,
        code,
        status,
        base,
    ] = object.fields(&[
        "choices",
        "output",
        "content",
        "delta",
        "response",
        "item",
        "content_block",
        "part",
        "type",
        "code",
        "status_code",
        "base_resp",
    ]);
    let has_answer = [choices, output, content, delta, response, item, block, part]
        .into_iter()
        .flatten()
        .any(|field| !matches!(field.raw(), "[]" | "{}" | "\"\""));
    let kind = kind.and_then(Json::str).unwrap_or_default();
    let is_event = ["response.", "message", "content_block", "ping"]
        .iter()
        .any(|prefix| kind.starts_with(prefix));
    let base = base.and_then(|base| base.get("status_code"));
    let is_well = [code, status, base]
        .into_iter()
        .flatten()
        .any(|code| matches!(code.raw(), "0" | "200" | "\"0\"" | "\"200\""));
    has_answer || is_event || is_well
}

fn of_facts(facts: &Facts) -> Error {
    let status = facts
        .status
        .map(|(_, status)| status)
        .or_else(|| facts.words.iter().rev().find_map(|text| status_in(text)));
    let reason = facts.message.as_deref().unwrap_or(NO_WORDS);
    let mut mapped = Error::new(causes::code(facts, status), reason);
    mapped.status_code = status;
    match facts.exact_wait.or_else(|| wait_of(facts)) {
        Some(Wait::At(unix_ms)) => mapped.retry_at_ms = Some(unix_ms),
        Some(wait) => mapped.retry_after_ms = wait.from(0).map(Count::from),
        None => {}
    }
    mapped
}

/// Returns the HTTP status in a text such as `Error code: 429 - ...` or `[429]: ...`.
fn status_in(text: &str) -> Option<u16> {
    let mut last = "";
    let mut words = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(16);
    words.find_map(|word| {
        let is_announced = last.is_empty()
            || ["code", "status", "http", "error"]
                .iter()
                .any(|name| last.eq_ignore_ascii_case(name));
        last = word;
        let status = word
            .parse()
            .ok()
            .filter(|_| is_announced && word.len() == 3)?;
        (400..600).contains(&status).then_some(status)
    })
}

/// If the error contains the time from which a retry is allowed, converts this time to a delay.
pub(crate) fn resolve_wait(mut error: Error, clock: &dyn Clock) -> Error {
    if let Some(unix_ms) = error.retry_at_ms.take() {
        error.retry_after_ms = Wait::At(unix_ms).from(clock.unix_ms()).map(Count::from);
    }
    error
}

/// Returns the retry delay in a field of the error. If there is no such field, returns the delay in
/// the innermost message that contains a delay.
fn wait_of(facts: &Facts) -> Option<Wait> {
    let words = || {
        facts
            .words
            .iter()
            .rev()
            .find_map(|text| waits::of_words(text))
    };
    facts.wait.or_else(|| words().map(Wait::After))
}

/// Returns the request field that the provider rejected by name.
///
/// The name may be in `param`, in FastAPI's `loc`, in Google's `fieldViolations`, or in a message.
/// A short name such as `stop` is also an ordinary word. In a message, such a word counts only if
/// its position shows that it is a name.
pub(crate) fn rejected_param(reply: &HttpResponse, body: &[u8], sent: &Map) -> Option<String> {
    if !matches!(reply.status, 400 | 422) {
        return None;
    }
    let facts = Facts::of_text(&String::from_utf8_lossy(body));
    refused_field::find(&facts, sent).cloned()
}

/// Adds the address to the message of an error with status 404 or 405, because the likely cause is
/// a wrong path. If a message with status 404 contains the model's name, sets the code
/// `invalid_model` instead. Omits the query of the address, because it may contain a key.
pub(crate) fn with_address(error: Error, url: &str, model: &str) -> Error {
    if error.code != Code::InvalidRequest || !matches!(error.status_code, Some(404 | 405)) {
        return error;
    }
    let names_model =
        model.len() > 2 && memmem::find(error.message.as_bytes(), model.as_bytes()).is_some();
    if names_model && error.status_code == Some(404) {
        return error.with_code(Code::InvalidModel);
    }
    let address = url.split(['?', '#']).next().unwrap_or_default();
    // If the path contains no version, such as `/v1` or `/v1beta/openai`, add a hint. Nearly every
    // server needs a version.
    let is_version = |part: &str| {
        let mut letters = part.bytes();
        letters.next() == Some(b'v') && letters.next().is_some_and(|byte| byte.is_ascii_digit())
    };
    let is_versioned = address.split('/').skip(3).any(is_version);
    let hint = if is_versioned {
        ""
    } else {
        " (most servers need `/v1` at its end)"
    };
    let message = format!(
        "{}; is `baseURL` correct{hint}? The request went to {address}",
        clip_to(&error.message, MESSAGE_CHARS / 2)
    );
    error.with_message(message)
}

/// Shortens `text` to [`MESSAGE_CHARS`] characters. If it removes text, adds an ellipsis.
pub(crate) fn clip(text: &str) -> String {
    clip_to(text, MESSAGE_CHARS)
}

fn clip_to(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
