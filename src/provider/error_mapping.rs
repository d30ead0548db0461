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
pub fn from_reply(reply: &HttpResponse, body: &[u8], clock: &dyn Clock) -> Error {
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
pub fn from_stream(body: &Value) -> Error {
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
pub fn refused_field(reply: &HttpResponse, body: &[u8], sent: &Map) -> Option<String> {
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
pub fn clip(text: &str) -> String {
    match text.char_indices().nth(MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Does what `str::replace` does, with `memchr`'s search, which the core contains anyway. The
/// standard library's search would add 4 kB to the download.
pub fn replace_all(text: &str, needle: &str, by: &str) -> String {
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
    use super::*;

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
    use crate::json::json;
    use futures::future::{FutureExt, LocalBoxFuture};
    use futures::stream::{self, StreamExt};

    struct FixedClock;
    impl Clock for FixedClock {
        fn now_ms(&self) -> u64 {
            0
        }
        fn unix_ms(&self) -> u64 {
            784_111_777_000 // Sun, 06 Nov 1994 08:49:37 GMT
        }
        fn unix_ms_of(&self, date: &str) -> Option<u64> {
            let date = httpdate::parse_http_date(date).ok()?;
            date.duration_since(std::time::UNIX_EPOCH)
                .ok()?
                .as_millis()
                .try_into()
                .ok()
        }
        fn sleep(&self, _: u64) -> LocalBoxFuture<'static, ()> {
            futures::future::pending().boxed_local()
        }
    }

    fn reply(status: u16, retry_after: Option<&str>) -> HttpResponse {
        let retry_after = retry_after.map(str::to_owned);
        HttpResponse {
            status,
            content_type: String::new(),
            retry_after,
            body: stream::empty().boxed_local(),
            complete: Default::default(),
        }
    }

    fn read(status: u16, retry_after: Option<&str>, body: &str) -> (Code, String, Option<u64>) {
        let error = from_reply(&reply(status, retry_after), body.as_bytes(), &FixedClock);
        (
            error.code,
            error.message.clone(),
            error.retry_after_ms.map(Count::get),
        )
    }

    #[test]
    fn every_error_format_maps_to_its_code_and_message() {
        let rows: &[(u16, &str, Code, &str)] = &[
            (
                401,
                r#"{"error":{"code":401,"message":"Missing Authentication header"}}"#,
                Code::Authentication,
                "Missing Authentication header",
            ),
            (
                402,
                r#"{"error":{"code":402,"message":"Insufficient credits"}}"#,
                Code::InsufficientCredits,
                "Insufficient credits",
            ),
            (
                403,
                r#"{"error":{"message":"flagged","metadata":{"reasons":["violence"]}}}"#,
                Code::ContentPolicy,
                "flagged",
            ),
            (403, r#"{"error":{"message":"no"}}"#, Code::Permission, "no"),
            (
                400,
                r#"{"error":{"message":"x","metadata":{"error_type":"context_length_exceeded"}}}"#,
                Code::ContextLengthExceeded,
                "x",
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"too big","type":"exceed_context_size_error"}}"#,
                Code::ContextLengthExceeded,
                "too big",
            ),
            (
                400,
                r#"{"error":{"http_status":400,"error_type":"not_found","message":"m","availability":{"code":"model_not_found"}}}"#,
                Code::InvalidModel,
                "m",
            ),
            (
                400,
                r#"{"error":{"message":"foo is not a valid model ID","code":400}}"#,
                Code::InvalidModel,
                "foo is not a valid model ID",
            ),
            (
                429,
                r#"{"error":"slow down"}"#,
                Code::RateLimited,
                "slow down",
            ),
            (
                422,
                r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#,
                Code::InvalidRequest,
                "field required",
            ),
            (
                404,
                r#"{"detail":"Not Found"}"#,
                Code::InvalidModel,
                "Not Found",
            ),
            (
                400,
                r#"[{"error":{"code":400,"message":"google","status":"INVALID_ARGUMENT"}}]"#,
                Code::InvalidRequest,
                "google",
            ),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"},"request_id":"r"}"#,
                Code::ContextLengthExceeded,
                "prompt is too long: 9 tokens > 8 maximum",
            ),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 7 + 2 > 8"}}"#,
                Code::ContextLengthExceeded,
                "input length and `max_tokens` exceed context limit: 7 + 2 > 8",
            ),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#,
                Code::InsufficientCredits,
                "Your credit balance is too low to access the API.",
            ),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"`temperature` is deprecated for this model."}}"#,
                Code::InvalidRequest,
                "`temperature` is deprecated for this model.",
            ),
            (
                401,
                r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
                Code::Authentication,
                "invalid x-api-key",
            ),
            (
                402,
                r#"{"type":"error","error":{"type":"billing_error","message":"m"}}"#,
                Code::InsufficientCredits,
                "m",
            ),
            (
                404,
                r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-9"}}"#,
                Code::InvalidModel,
                "model: claude-9",
            ),
            (
                413,
                r#"{"type":"error","error":{"type":"request_too_large","message":"m"}}"#,
                Code::InvalidRequest,
                "m",
            ),
            (
                429,
                r#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#,
                Code::RateLimited,
                "m",
            ),
            (
                429,
                r#"{"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
                Code::InsufficientCredits,
                "m",
            ),
            (
                500,
                r#"{"type":"error","error":{"type":"api_error","message":"m"}}"#,
                Code::ProviderError,
                "m",
            ),
            (
                504,
                r#"{"type":"error","error":{"type":"timeout_error","message":"m"}}"#,
                Code::Timeout,
                "m",
            ),
            (
                504,
                r#"{"error":{"type":"server_error","message":"m","param":null,"code":null}}"#,
                Code::Timeout,
                "m",
            ),
            (
                529,
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                Code::ProviderError,
                "Overloaded",
            ),
            (
                503,
                "upstream connect error",
                Code::ProviderError,
                "upstream connect error",
            ),
            (
                502,
                "<html><body>Bad gateway</body></html>",
                Code::ProviderError,
                "no explanation was given",
            ),
            (524, "", Code::Timeout, "no explanation was given"),
            (302, "", Code::ProviderError, "no explanation was given"),
        ];
        for (status, body, code, message) in rows {
            let (read_code, read_message, _) = read(*status, None, body);
            assert_eq!(
                (read_code, read_message),
                (*code, format!("HTTP {status}: {message}")),
                "{body}"
            );
        }
    }

    #[test]
    fn the_rejected_field_is_found_in_every_format() {
        let sent = crate::json::json!({"model": "m", "messages": [], "temperature": 0, "reasoning_effort": "low", "stop": "x", "text": {}, "max_tokens": 1, "output_config": {}, "thinking": {}});
        let Value::Object(sent) = sent else { panic!() };
        let rows = [
            (
                r#"{"error":{"message":"Unsupported parameter","param":"reasoning_effort","code":"unsupported_parameter"}}"#,
                Some("reasoning_effort"),
            ),
            (
                r#"{"error":{"message":"Invalid schema","param":"text.format.schema"}}"#,
                Some("text"),
            ),
            (
                r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0 with this model."}}"#,
                Some("temperature"),
            ),
            (
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"temperature: Extra inputs are not permitted"}}"#,
                Some("temperature"),
            ),
            (
                r#"[{"error":{"code":400,"message":"Unknown name \"reasoning_effort\": Cannot find field."}}]"#,
                Some("reasoning_effort"),
            ),
            (
                r#"{"detail":[{"loc":["body","max_tokens"],"msg":"extra fields"}]}"#,
                Some("max_tokens"),
            ),
            (
                r#"{"error":{"message":"`stop` is not supported"}}"#,
                Some("stop"),
            ),
            (
                r#"{"error":{"message":"please stop it, and use messages"}}"#,
                None,
            ),
            (r#"{"error":{"message":"bad","param":"model"}}"#, None),
            (r#"{"error":{"message":"my_temperature_x"}}"#, None),
            (
                r#"{"error":{"message":"\"thinking.type.enabled\" is not supported. Use \"output_config.effort\"."}}"#,
                Some("thinking"),
            ),
            (
                r#"{"error":{"message":"This model does not support the effort parameter."}}"#,
                Some("output_config"),
            ),
            ("nonsense", None),
        ];
        for (body, expected) in rows {
            assert_eq!(
                refused_field(&reply(400, None), body.as_bytes(), &sent).as_deref(),
                expected,
                "{body}"
            );
        }
        assert_eq!(
            refused_field(&reply(429, None), rows[0].0.as_bytes(), &sent),
            None
        );
    }

    #[test]
    fn retry_after_is_read_from_the_body_or_the_header_as_seconds_or_a_date() {
        let body = r#"{"error":{"message":"m","availability":{"retry_after":3}}}"#;
        assert_eq!(read(429, Some("9"), body).2, Some(3000));
        assert_eq!(read(429, Some("1.5"), "").2, Some(1500));
        assert_eq!(
            read(429, Some("Sun, 06 Nov 1994 08:49:40 GMT"), "").2,
            Some(3000)
        );
        assert_eq!(
            read(429, Some("Sun, 06 Nov 1994 08:40:00 GMT"), "").2,
            Some(0)
        );
        assert_eq!(read(429, Some("soon"), "").2, None);
    }

    #[test]
    fn errors_of_a_stream_have_numeric_or_textual_codes() {
        let number = from_stream(&json!({"code": 429, "message": "m"}));
        assert_eq!(
            (number.code, number.status_code),
            (Code::RateLimited, Some(429))
        );
        let word = from_stream(&json!({"code": "server_error", "message": "m"}));
        assert_eq!((word.code, word.status_code), (Code::ProviderError, None));
        assert_eq!(from_stream(&Value::Null).code, Code::ProviderError);
        for (kind, message, code) in [
            ("overloaded_error", "Overloaded", Code::ProviderError),
            ("api_error", "m", Code::ProviderError),
            ("not_found_error", "m", Code::InvalidModel),
            ("request_too_large", "m", Code::InvalidRequest),
            ("invalid_request_error", "m", Code::InvalidRequest),
            (
                "invalid_request_error",
                "prompt is too long",
                Code::ContextLengthExceeded,
            ),
        ] {
            let error =
                from_stream(&json!({"type": "error", "error": {"type": kind, "message": message}}));
            assert_eq!((error.code, error.status_code), (code, None), "{kind}");
        }
    }

    #[test]
    fn every_error_format_of_the_responses_api_maps_to_its_code() {
        let rows = [
            (
                json!({"type": "error", "code": "rate_limit_exceeded", "message": "m", "param": null, "sequence_number": 2}),
                Code::RateLimited,
            ),
            (
                json!({"type": "error", "code": null, "message": "m"}),
                Code::ProviderError,
            ),
            (
                json!({"type": "error", "error": {"type": "invalid_request_error", "code": "context_length_exceeded", "message": "m"}}),
                Code::ContextLengthExceeded,
            ),
            (
                json!({"type": "response.error", "error": {"code": "insufficient_quota", "message": "m"}}),
                Code::InsufficientCredits,
            ),
            (
                json!({"status": "failed", "error": {"code": "server_error", "message": "m"}, "error_type": "timeout"}),
                Code::Timeout,
            ),
            (
                json!({"status": "failed", "error": {"code": "invalid_prompt", "message": "m"}}),
                Code::InvalidRequest,
            ),
            (
                json!({"status": "failed", "error": {"code": "failed_to_download_image", "message": "m"}}),
                Code::InvalidRequest,
            ),
            (
                json!({"status": "failed", "error": {"code": "image_content_policy_violation", "message": "m"}}),
                Code::ContentPolicy,
            ),
            (
                json!({"status": "failed", "error": {"code": "bio_policy", "message": "m"}}),
                Code::ContentPolicy,
            ),
            (
                json!({"status": "failed", "error": {"code": "vector_store_timeout", "message": "m"}}),
                Code::ProviderError,
            ),
        ];
        for (body, code) in rows {
            let error = from_stream(&body);
            assert_eq!((error.code, &*error.message), (code, "m"), "{body}");
        }
        assert_eq!(
            from_stream(&json!({"status": "failed", "error": null})).message,
            "the provider broke off without an explanation"
        );
        let body = r#"{"error":{"code":400,"message":"m"},"error_type":"context_length_exceeded"}"#;
        assert_eq!(read(400, None, body).0, Code::ContextLengthExceeded);
    }
}
