//! Compares the mapped errors for every known format of an error body.

use futures::future::{FutureExt, LocalBoxFuture};
use futures::stream::{self, StreamExt};

use crate::count::Count;
use crate::error::Code;
use crate::json::{Value, json};
use crate::provider::error_mapping::{from_reply, from_stream, rejected_param};
use crate::provider::transport::{Clock, HttpResponse};

pub(super) struct FixedClock;
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

pub(super) fn reply(status: u16, retry_after: Option<&str>) -> HttpResponse {
    let header = |value: &str| ("retry-after".to_owned(), value.to_owned());
    HttpResponse {
        status,
        content_type: String::new(),
        wait_headers: retry_after.into_iter().map(header).collect(),
        body: stream::empty().boxed_local(),
        keep_connection: Default::default(),
    }
}

pub(super) fn read(
    status: u16,
    retry_after: Option<&str>,
    body: &str,
) -> (Code, String, Option<u64>) {
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
            Code::InvalidRequest,
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
    let sent = json!({"model": "m", "messages": [], "temperature": 0, "reasoning_effort": "low", "stop": "x", "text": {}, "max_tokens": 1, "output_config": {}, "thinking": {}});
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
            rejected_param(&reply(400, None), body.as_bytes(), &sent).as_deref(),
            expected,
            "{body}"
        );
    }
    assert_eq!(
        rejected_param(&reply(429, None), rows[0].0.as_bytes(), &sent),
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
