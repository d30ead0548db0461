//! Classifies finish reasons. Each provider has its own names for them.

/// Returns whether the provider filtered the answer.
///
/// The list contains the words of OpenAI and its gateways (`content_filter: RECITATION`), of
/// [Google](https://ai.google.dev/api/generate-content#FinishReason), of
/// [Bedrock](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html) and
/// of [Z.ai](https://docs.z.ai/api-reference/llm/chat-completion).
pub(crate) fn is_filtered(reason: &str) -> bool {
    const WORDS: [&str; 11] = [
        "safety",
        "prohibited_content",
        "blocklist",
        "spii",
        "recitation",
        "image_safety",
        "image_prohibited_content",
        "sensitive",
        "guardrail_intervened",
        "content_policy",
        "refusal",
    ];
    let is_word = |word: &str| reason.eq_ignore_ascii_case(word);
    let prefix = reason.get(.."content_filter".len());
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case("content_filter"))
        || WORDS.into_iter().any(is_word)
}

/// Returns whether the provider stopped because of a fault, so that the answer may be incomplete.
///
/// [DeepSeek](https://api-docs.deepseek.com/api/create-chat-completion) sends
/// `insufficient_system_resource`, Z.ai sends `network_error`, and vLLM and SGLang send `abort`.
pub(crate) fn has_broken_off(reason: &str) -> bool {
    const WORDS: [&str; 8] = [
        "error",
        "insufficient_system_resource",
        "abort",
        "aborted",
        "network_error",
        "server_error",
        "timeout",
        "engine_overloaded",
    ];
    WORDS.iter().any(|word| reason.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_providers_are_known() {
        for reason in [
            "content_filter",
            "content_filter: PROHIBITED_CONTENT",
            "CONTENT_FILTERED",
            "SAFETY",
            "safety",
            "sensitive",
        ] {
            assert!(is_filtered(reason) && !has_broken_off(reason), "{reason}");
        }
        for reason in ["error", "ERROR", "insufficient_system_resource", "abort"] {
            assert!(has_broken_off(reason) && !is_filtered(reason), "{reason}");
        }
        for reason in [
            "stop",
            "length",
            "eos",
            "MAX_TOKENS",
            "tool_calls",
            "",
            "inhaltsfilter é",
        ] {
            assert!(!is_filtered(reason) && !has_broken_off(reason), "{reason}");
        }
    }
}
