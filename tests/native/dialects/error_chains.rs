//! Tests errors inside errors, absurdly long retry delays, and the different ways in which servers
//! write the name of a refused field.

use super::error_mapping::{FixedClock, read, reply};
use crate::error::Code;
use crate::json::{Value, json};
use crate::provider::error_mapping::{from_reply, from_stream, rejected_param};

#[test]
fn the_innermost_error_decides() {
    let rows = [
        (
            json!({"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "{\"error\":{\"message\":\"Slow.\",\"code\":429}}"}}}),
            Code::RateLimited,
            "Slow.",
        ),
        (
            json!({"error": {"message": "litellm.RateLimitError: Slow. Try later."}}),
            Code::RateLimited,
            "litellm.RateLimitError: Slow. Try later.",
        ),
        (
            json!({"error": "{'message': \"It's long\", 'code': 'context_length_exceeded', 'x': None}"}),
            Code::ContextLengthExceeded,
            "It's long",
        ),
        (
            json!({"message": "Bad gateway", "errors": [{"message": "No.", "extensions": {}, "code": "UNAUTHENTICATED"}]}),
            Code::Authentication,
            "No.",
        ),
        (
            json!({"error": "invalid_api_key", "error_description": "The key is gone."}),
            Code::Authentication,
            "The key is gone.",
        ),
        (
            json!({"error": {"message": "<400> InternalError.Algo.DataInspectionFailed: No."}}),
            Code::ContentPolicy,
            "<400> InternalError.Algo.DataInspectionFailed: No.",
        ),
        (
            json!({"error": {"message": "Error code: 402 - no words"}}),
            Code::InsufficientCredits,
            "Error code: 402 - no words",
        ),
    ];
    for (body, code, message) in rows {
        let error = from_stream(&body);
        assert_eq!((error.code, &*error.message), (code, message), "{body}");
    }
}

#[test]
fn errors_inside_of_errors_are_bounded() {
    let mut deep = json!({"message": "in"});
    for _ in 0..60 {
        deep = json!({"error": deep});
    }
    from_stream(&deep);
    let mut text = "{\"message\":\"in\"}".to_owned();
    for _ in 0..12 {
        text = json!({"message": text}).to_string();
    }
    from_stream(&Value::from(text.as_str()));
    let braces = "{\"".repeat(100_000);
    from_stream(&Value::from(braces.as_str()));
    let quotes = "{'".repeat(100_000);
    from_stream(&json!({"error": {"message": quotes}}));
}

#[test]
fn a_wait_that_cannot_be_meant_is_ignored() {
    for header in ["99999999", "9e30", "-5", "1e9999999999"] {
        assert_eq!(read(429, Some(header), "").2, None, "{header}");
    }
    // The large numbers are Unix times, before and after the time of `FixedClock`.
    let body = |wait: &str| format!("{{\"error\":{{\"message\":\"m\",\"retry_after\":{wait}}}}}");
    for (wait, expected) in [
        ("1.5", Some(1_500)),
        ("\"12s\"", Some(12_000)),
        ("\"soon\"", None),
        ("null", None),
        ("1e18", None),
    ] {
        assert_eq!(read(429, None, &body(wait)).2, expected, "{wait}");
    }
}

#[test]
fn the_rejected_field_is_found_in_other_spellings() {
    let sent = json!({"model": "m", "messages": [], "stream_options": {}, "stop": "x", "response_format": {}, "max_tokens": 1});
    let Value::Object(sent) = sent else { panic!() };
    for (body, expected) in [
        (
            r#"{"error":"Unsupported parameter: streamOptions"}"#,
            Some("stream_options"),
        ),
        (r#"{"error":"maxTokens is too large"}"#, Some("max_tokens")),
        (
            r#"{"error":"Argument not supported on this model: stop"}"#,
            Some("stop"),
        ),
        (
            r#"{"error":"The parameter stop is not supported."}"#,
            Some("stop"),
        ),
        (
            r#"{"error":"Please stop. The stream has ended: sorry"}"#,
            None,
        ),
        (
            r#"{"detail":[{"loc":["body","messages",0,"stop"],"msg":"m"},{"loc":["body","stop"],"msg":"m"}]}"#,
            Some("stop"),
        ),
        (
            r#"{"error":{"details":[{"fieldViolations":[{"field":"response_format.type"}]}]}}"#,
            Some("response_format"),
        ),
        (
            r#"{"error":{"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"param\":\"stop\"}}"}}}"#,
            Some("stop"),
        ),
    ] {
        assert_eq!(
            rejected_param(&reply(400, None), body.as_bytes(), &sent).as_deref(),
            expected,
            "{body}"
        );
    }
}
