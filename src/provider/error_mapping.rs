//! Maps the errors of providers to one [`Error`].
//!
//! In: an HTTP response with an error status, or an error event of a stream. Out: an [`Error`] with
//! a code, a message and a retry delay. Follows [OpenRouter's error
//! format](https://openrouter.ai/docs/api/reference/errors-and-debugging), and the formats of
//! OpenAI, Anthropic, Google's compatible endpoint, FastAPI servers, llama.cpp, and proxies that
//! answer with an HTML page.

use memchr::memmem;

use crate::json::{Map, Value, decimal};

use crate::count::Count;
use crate::error::{Code, Error};
use crate::provider::transport::{Clock, HttpResponse};

/// Upper limit for a message, in characters. Every known message of a provider fits; a page or a
/// log stays readable.
const MESSAGE_CHARS: usize = 500;

/// Returns the error for a response of status 400 or higher, or for a redirect that was not
/// followed.
pub(crate) fn from_reply(reply: &HttpResponse, body: &[u8], clock: &dyn Clock) -> Error {
    let text = String::from_utf8_lossy(body);
    let json = text.parse::<Value>().unwrap_or(Value::Null);
    let error = inner(&json);
    let reason = message(error)
        .map(str::to_owned)
        .or_else(|| (!looks_like_markup(&text)).then(|| text.trim().to_owned()));
    let reason = reason
        .filter(|reason| !reason.is_empty())
        .unwrap_or_else(|| "no explanation was given".to_owned());
    let mut mapped = Error::new(
        code(&json, Some(reply.status), &reason),
        format!("HTTP {}: {reason}", reply.status),
    );
    mapped.status_code = Some(reply.status);
    mapped.retry_after_ms = retry_after_of_body(error)
        .or_else(|| retry_after_of_header(reply.retry_after.as_deref()?, clock))
        .map(Count::from);
    mapped
}

/// Returns the error for an error event of a stream that started with status 200. `body` is the
/// `error` object, or the object that contains it.
pub(crate) fn from_stream(body: &Value) -> Error {
    let error = inner(body);
    let status = status(error);
    let reason = message(error).unwrap_or("the provider broke off without an explanation");
    let mut mapped = Error::new(code(body, status, reason), reason);
    mapped.status_code = status;
    mapped.retry_after_ms = retry_after_of_body(error).map(Count::from);
    mapped
}

/// Fields that are never left out of a request: the prompt, and the limits that bound its cost.
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

/// Returns the field of the request that the provider rejected by name.
///
/// The name may stand in `param`, at the end of FastAPI's `loc`, or in the message. A short name
/// such as `stop` is also an ordinary word, so in a message it counts only in quotes.
pub(crate) fn rejected_param(reply: &HttpResponse, body: &[u8], sent: &Map) -> Option<String> {
    if !matches!(reply.status, 400 | 422) {
        return None;
    }
    let text = String::from_utf8_lossy(body);
    let json = text.parse::<Value>().unwrap_or(Value::Null);
    let error = inner(&json);
    let place = || error.get("detail")?.element(0)?.get("loc")?.element(1);
    let param = error
        .get("param")
        .or_else(place)
        .and_then(Value::as_str)
        .unwrap_or_default();
    let reason = message(error).unwrap_or(&text);
    let is_param = |name: &str| {
        param
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let names = sent
        .keys()
        .filter(|name| !name.is_empty() && !NEEDED.contains(&name.as_str()));
    // The first name in the message is the rejected field. Later names are suggestions for a
    // replacement.
    let first = || {
        names
            .clone()
            .filter_map(|name| Some((position_in(reason, name)?, name)))
            .min()
            .map(|(_, name)| name)
    };
    names
        .clone()
        .find(|name| is_param(name))
        .or_else(first)
        .cloned()
}

/// Returns the position in a message of the first place that names the field.
fn position_in(reason: &str, name: &str) -> Option<usize> {
    let find = |name: &str| {
        memmem::find_iter(reason.as_bytes(), name).find(|at| is_field_name(reason, name, *at))
    };
    // Anthropic's message calls the field `output_config` by the name of its subfield, `effort`.
    let by_alias = if name == "output_config" {
        find("effort")
    } else {
        None
    };
    find(name).into_iter().chain(by_alias).min()
}

/// Returns whether `name`, found at `at`, is the name of a field and not an ordinary word.
fn is_field_name(reason: &str, name: &str, at: usize) -> bool {
    let before = reason.get(..at).and_then(|text| text.chars().next_back());
    let after = reason
        .get(at + name.len()..)
        .and_then(|text| text.chars().next());
    let is_quote = |c: Option<char>| c.is_some_and(|c| matches!(c, '\'' | '"' | '`'));
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_distinctive = name.contains('_')
        || matches!(
            name,
            "temperature" | "reasoning" | "thinking" | "tools" | "effort"
        );
    (is_quote(before) && !is_word(after)) || (is_distinctive && !is_word(before) && !is_word(after))
}

/// Returns the `error` field, also inside an array as Google sends it. Returns the body itself if
/// there is none.
fn inner(body: &Value) -> &Value {
    let body = body.element(0).unwrap_or(body);
    body.get("error").unwrap_or(body)
}

/// Returns the message of an error.
fn message(error: &Value) -> Option<&str> {
    let named = |name| error.get(name).and_then(Value::as_str);
    let fastapi = || error.get("detail")?.element(0)?.get("msg")?.as_str();
    error
        .as_str()
        .or_else(|| named("message"))
        .or_else(|| named("detail"))
        .or_else(fastapi)
}

/// Returns the HTTP status inside an error. `code` is an integer in OpenRouter's schema and a word
/// elsewhere, so only numbers from 400 to 599 count.
fn status(error: &Value) -> Option<u16> {
    let number = ["code", "http_status", "status"]
        .iter()
        .find_map(|name| error.get(name)?.as_u64());
    number
        .and_then(|number| u16::try_from(number).ok())
        .filter(|status| (400..600).contains(status))
}

/// Returns the code of an error, from its words, its message or its status. The function is long
/// because it is one table of statuses.
fn code(body: &Value, status: Option<u16>, reason: &str) -> Code {
    let error = inner(body);
    let words = [
        error.field("metadata").field("error_type"),
        error.field("error_type"),
        // The Responses API has it beside the error.
        body.field("error_type"),
        error.field("availability").field("code"),
        error.field("details").field("error_code"),
        error.field("code"),
        error.field("type"),
    ];
    let words = || words.iter().filter_map(|word| word.as_str());
    // Providers use `server_error` for any status from 500 on. These statuses say more.
    let is_vague =
        |code: &Code| *code == Code::ProviderError && matches!(status, Some(408 | 504 | 524));
    if let Some(code) = words()
        .find_map(code_of_word)
        .filter(|code| !is_vague(code))
    {
        return code;
    }
    let reason = reason.to_ascii_lowercase();
    let mentions = |words: &str| memmem::find(reason.as_bytes(), words.as_bytes()).is_some();
    let is_too_long = [
        "context length",
        "context size",
        "exceed context limit",
        "prompt is too long",
    ]
    .iter()
    .any(|words| mentions(words));
    match status {
        None | Some(400 | 413 | 422) if is_too_long => Code::ContextLengthExceeded,
        Some(400) if mentions("credit balance is too low") => Code::InsufficientCredits,
        Some(400) if mentions("not a valid model") => Code::InvalidModel,
        Some(401) => Code::Authentication,
        Some(402) => Code::InsufficientCredits,
        Some(403) if error.field("metadata").get("reasons").is_some() => Code::ContentPolicy,
        Some(403) => Code::Permission,
        Some(404) => Code::InvalidModel,
        Some(408 | 504 | 524) => Code::Timeout,
        Some(429) => Code::RateLimited,
        Some(400..=499) => Code::InvalidRequest,
        // OpenAI uses `invalid_request_error` for nearly every error, so such words count only if
        // nothing else is known.
        None if words().any(|word| {
            word.starts_with("invalid_") || memmem::find(word.as_bytes(), b"image").is_some()
        }) =>
        {
            Code::InvalidRequest
        }
        _ => Code::ProviderError,
    }
}

/// Returns the code for a word that providers use in their errors.
fn code_of_word(word: &str) -> Option<Code> {
    Some(match word {
        "context_length_exceeded"
        | "max_tokens_exceeded"
        | "token_limit_exceeded"
        | "string_too_long"
        | "exceed_context_size_error" => Code::ContextLengthExceeded,
        "authentication" | "authentication_error" | "invalid_api_key" => Code::Authentication,
        "permission_denied" | "permission_error" => Code::Permission,
        "payment_required"
        | "insufficient_quota"
        | "billing_error"
        | "contract_spend_limit_reached"
        | "enforced_spend_limit_reached"
        | "linked_organization_billing_unavailable"
        | "linked_organization_spend_limit_reached" => Code::InsufficientCredits,
        "rate_limit_exceeded" | "rate_limit_error" => Code::RateLimited,
        "refusal" => Code::ContentPolicy,
        word if word.ends_with("policy_violation") || word.ends_with("_policy") => {
            Code::ContentPolicy
        }
        "model_not_found" | "model_deprecated" | "not_found" | "not_found_error"
        | "no_endpoints" => Code::InvalidModel,
        "request_too_large" => Code::InvalidRequest,
        "timeout" | "timeout_error" => Code::Timeout,
        "provider_overloaded"
        | "provider_unavailable"
        | "overloaded_error"
        | "server"
        | "server_error" => Code::ProviderError,
        _ => return None,
    })
}

fn retry_after_of_body(error: &Value) -> Option<u64> {
    decimal(
        error
            .get("availability")?
            .get("retry_after")?
            .as_number()?
            .as_str(),
        3,
    )
}

/// Returns the delay of a `retry-after` header in milliseconds. The header holds seconds or an HTTP
/// date.
fn retry_after_of_header(value: &str, clock: &dyn Clock) -> Option<u64> {
    if let Some(milliseconds) = decimal(value.trim(), 3) {
        return Some(milliseconds);
    }
    Some(
        clock
            .unix_ms_of(value.trim())?
            .saturating_sub(clock.unix_ms()),
    )
}

fn looks_like_markup(text: &str) -> bool {
    text.trim_start().starts_with('<')
}

/// Shortens `text` to [`MESSAGE_CHARS`] characters and marks the cut with an ellipsis.
pub(crate) fn clip(text: &str) -> String {
    match text.char_indices().nth(MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Does what `str::replace` does, with `memchr`'s search, which the core contains anyway. The
/// standard library's search would add 4 kB to the download.
pub(crate) fn replace_all(text: &str, needle: &str, by: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut end = 0;
    for at in memmem::find_iter(text.as_bytes(), needle.as_bytes()) {
        replaced.push_str(text.get(end..at).unwrap_or_default());
        replaced.push_str(by);
        end = at + needle.len();
    }
    replaced.push_str(text.get(end..).unwrap_or_default());
    replaced
}

#[cfg(test)]
mod tests {
    use super::replace_all;

    #[test]
    fn replace_all_agrees_with_the_standard_library() {
        for (text, needle) in [
            ("", "a"),
            ("a", "a"),
            ("aéaéa", "é"),
            ("aaaa", "aa"),
            ("key and key", "key"),
            ("none", "x"),
        ] {
            assert_eq!(
                replace_all(text, needle, "[key]"),
                text.replace(needle, "[key]")
            );
        }
    }
}
