//! Tests how a refusal of the token limit is read. The messages are those of real servers.

use crate::json::json;
use crate::provider::refusal::{LimitFault, Refusal, RefusedRequest, words_of};

/// Returns the fault that a refusal reports. The refused request has a limit of 16,000 in
/// `max_tokens`.
fn fault(status: u16, body: &str) -> Option<LimitFault> {
    let sent = json!({"model": "m", "max_tokens": 16_000, "messages": []});
    let request = RefusedRequest {
        status,
        words: &words_of(body),
        sent: sent.as_object()?,
        rejected_param: None,
        extra_body: None,
    };
    match request.refusal()? {
        Refusal::Limit("max_tokens", fault) => Some(fault),
        _ => None,
    }
}

#[test]
fn the_allowed_tokens_are_read_from_the_words() {
    let rows = [
        (
            "This model's maximum context length is 8192 tokens. However, you requested 16000 output tokens and your prompt contains at least 12 input tokens, for a total of at least 16012 tokens.",
            8180,
        ),
        (
            "Requested token count exceeds the model's maximum context length of 8192 tokens. You requested a total of 16012 tokens: 12 tokens from the input messages and 16000 tokens for the completion.",
            8180,
        ),
        (
            "Prompt contains 12 tokens and 16000 draft tokens, too large for model with 8192 maximum context length",
            8180,
        ),
        (
            "This endpoint's maximum context length is 8192 tokens. However, you requested about 16312 tokens (12 of text input, 300 of tool input, 16000 in the output).",
            7880,
        ),
        (
            "This model's maximum context length is 4097 tokens, however you requested 16171 tokens (121 in your prompt; 50 in the functions, 16000 for the completion).",
            3926,
        ),
        (
            "Please reduce the length of the messages or completion. Current length is 16012 while limit is 8192",
            8180,
        ),
        (
            "Invalid request: Your request exceeded model token limit: 8192 (requested: 16012)",
            8180,
        ),
        (
            "too many tokens: max tokens must be less than or equal to 4096 - received 16000.",
            4096,
        ),
        ("Range of max_tokens should be [1, 8192]", 8192),
        (
            "Unable to submit request because it has a maxOutputTokens value of 16000 but the supported range is from 1 (inclusive) to 8193 (exclusive).",
            8192,
        ),
        (
            "Invalid 'max_output_tokens': integer above maximum value. Expected a value <= 4096, but got 16000 instead.",
            4096,
        ),
        ("#/max_tokens: 16000 is not less or equal to 8,192", 8192),
        ("max_tokens must be less than 8192", 8191),
        (
            "Requested generation length 16000 is not possible! The provided prompt is 12 tokens long, so generating 16000 tokens requires a sequence length of 16012, but the maximum supported sequence length is just 8192!",
            8180,
        ),
        (
            "The sum of prompt length (12) and max_tokens (16000) should not exceed max_num_tokens (8192)",
            8180,
        ),
        (
            "max_tokens: 16000 > 8192, which is the maximum allowed number of output tokens for claude-3-5-haiku-20241022",
            8192,
        ),
        (
            "The maximum tokens you requested exceeds the model limit of 2048. Try again with a maximum tokens value that is lower than 2048.",
            2047,
        ),
    ];
    for (words, tokens) in rows {
        let body = json!({"error": {"message": words, "code": 400}}).to_string();
        assert_eq!(
            fault(400, &body),
            Some(LimitFault::TooLarge(Some(tokens))),
            "{words}"
        );
        let wrapped =
            json!({"error": {"message": "Provider returned error", "metadata": {"raw": body}}});
        assert_eq!(
            fault(400, &wrapped.to_string()),
            Some(LimitFault::TooLarge(Some(tokens))),
            "wrapped: {words}"
        );
    }
}

#[test]
fn a_limit_that_credit_or_a_rate_does_not_allow_is_lowered() {
    let credit = r#"{"error":{"message":"This request requires more credits, or fewer max_tokens. You requested up to 16000 tokens, but can only afford 3000.","code":402}}"#;
    assert_eq!(fault(402, credit), Some(LimitFault::TooLarge(Some(3000))));
    let rate = r#"{"error":{"message":"Request too large for gpt-4 on tokens per min (TPM): Limit 10000, Requested 16012. The input or output tokens must be reduced.","code":"rate_limit_exceeded"}}"#;
    assert_eq!(fault(429, rate), Some(LimitFault::TooLarge(Some(9988))));
    let used = r#"{"error":{"message":"Rate limit reached on tokens per min (TPM): Limit 10000, Used 9000, Requested 3000. Please try again in 12s."}}"#;
    assert_eq!(fault(429, used), None);
}

#[test]
fn other_refusals_are_not_about_the_limit() {
    for words in [
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 204308 tokens. Please reduce the length of the messages.",
        "This model's maximum prompt length is 8192 but the request contains 14000 tokens.",
        "Too many images: at most 10 images may be provided, you requested 12",
        "`max_tokens` must be greater than `thinking.budget_tokens`",
        "Invalid 'max_tokens': integer below minimum value. Expected a value >= 16, but got 1 instead.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "Invalid JSON at line 5 column 19",
    ] {
        let body = json!({"error": {"message": words}}).to_string();
        assert_eq!(fault(400, &body), None, "{words}");
    }
}

#[test]
fn a_name_that_is_not_known_is_not_a_limit_that_is_too_large() {
    for body in [
        r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":"max_tokens"}}"#,
        r#"{"detail":[{"type":"extra_forbidden","loc":["body","max_tokens"],"msg":"Extra inputs are not permitted","input":16000}]}"#,
        r#"{"code":"invalid","error":"The model does not support parameter maxTokens."}"#,
        r#"{"message":"[{'type': 'extra_forbidden', 'loc': ('body', 'max_tokens'), 'msg': 'Extra inputs are not permitted', 'input': 16000}]"}"#,
        r#"{"detail":"Unsupported parameter: max_tokens"}"#,
    ] {
        assert_eq!(fault(400, body), Some(LimitFault::Name), "{body}");
    }
}
