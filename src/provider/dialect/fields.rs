//! Reads fields that several dialects have in common.

use crate::count::Count;
use crate::json::{Json, Value};
use crate::provider::dialect::types::StreamPart;
use crate::usage::{CallUsage, Cost};

/// Emits the id and the model of a response if at least one of them is present, and sets
/// `has_metadata`. If `has_metadata` is already true, emits nothing.
pub(super) fn read_metadata(
    [id, model]: [Option<Json<'_>>; 2],
    has_metadata: &mut bool,
    on: &mut dyn FnMut(StreamPart<'_>),
) {
    if *has_metadata {
        return;
    }
    let (id, model) = (id.and_then(Json::words), model.and_then(Json::words));
    *has_metadata = id.is_some() || model.is_some();
    if *has_metadata {
        on(StreamPart::Metadata {
            id: id.as_deref(),
            model: model.as_deref(),
        });
    }
}

/// Emits a citation as a source. In Chat Completions, the fields of a citation are in an inner
/// object. In Responses, they are not. Proxies use both forms in both dialects.
pub(super) fn read_citation(annotation: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
    let [url, title] = annotation
        .get("url_citation")
        .unwrap_or(annotation)
        .fields(&["url", "title"]);
    if let Some(url) = url.and_then(Json::words) {
        on(StreamPart::Source {
            url: &url,
            title: &title.and_then(Json::str).unwrap_or_default(),
        });
    }
}

/// Reads a `usage` object into `total`. Returns whether the object has any tokens or a cost.
/// Missing values do not change `total`.
///
/// `is_final` is true if `total` contains usage that was reported after the whole answer. Proxies
/// use the field names of Chat Completions and of Responses in both dialects.
pub(super) fn read_usage(usage: Json<'_>, total: &mut CallUsage, is_final: bool) -> bool {
    let names = [
        "cost",
        "prompt_tokens",
        "input_tokens",
        "completion_tokens",
        "output_tokens",
        "completion_tokens_details",
        "output_tokens_details",
        "reasoning_tokens",
    ];
    let [
        cost,
        prompt,
        input,
        completion,
        output,
        details,
        other_details,
        reasoning,
    ] = usage.fields(&names);
    let count = |json: Option<Json<'_>>| json.and_then(Json::as_u64).map(Count::from);
    let is_given = |count: &Count| count.get() > 0;
    let either = |one, other| count(one).filter(is_given).or(count(other)).or(count(one));
    let cost = cost.and_then(|cost| Cost::parse(cost.raw()));
    let (prompt, completion) = (either(prompt, input), either(completion, output));
    let details = details.or(other_details);
    let reasoning =
        count(details.and_then(|details| details.get("reasoning_tokens"))).or(count(reasoning));
    let counts = [prompt, completion, reasoning];
    if counts.iter().flatten().all(|count| !is_given(count)) && cost.unwrap_or_default().0 == 0 {
        if *total == CallUsage::default() {
            (total.cost, total.prompt_tokens) = (cost, prompt);
            (total.completion_tokens, total.reasoning_tokens) = (completion, reasoning);
        }
        return false;
    }
    let last = if is_final {
        *total
    } else {
        total.before_the_end()
    };
    *total = CallUsage {
        cost: cost.filter(|cost| cost.0 > 0).or(last.cost).or(cost),
        prompt_tokens: prompt.filter(is_given).or(last.prompt_tokens).or(prompt),
        completion_tokens: completion
            .filter(is_given)
            .or(last.completion_tokens)
            .or(completion),
        reasoning_tokens: reasoning.or(last.reasoning_tokens),
    };
    true
}

/// Returns whether the value is a finish reason. Some servers send placeholders instead.
pub(super) fn is_finish_reason(reason: Json<'_>) -> bool {
    const PLACEHOLDERS: [&str; 8] = [
        "null",
        "none",
        "nil",
        "undefined",
        "unspecified",
        "finish_reason_unspecified",
        "in_progress",
        "not_finished",
    ];
    let is_placeholder = |reason: &str| {
        PLACEHOLDERS
            .iter()
            .any(|word| reason.eq_ignore_ascii_case(word))
    };
    reason
        .words()
        .is_some_and(|reason| !is_placeholder(&reason))
}

/// Returns whether an `error` is empty. Some servers send an empty error with each chunk.
pub(super) fn is_placeholder(error: Json<'_>) -> bool {
    let is_blank = |json: Json<'_>| {
        matches!(json.raw(), "null" | "false" | "0" | "[]" | "{}")
            || json.str().is_some_and(|text| text.trim().is_empty())
    };
    let is_object = error.raw().starts_with('{');
    is_blank(error) || is_object && error.entries().all(|(_, value)| is_blank(value))
}

/// Returns a field as a value. If its text is not valid JSON, returns the text.
pub(super) fn value_of(json: Json<'_>) -> Value {
    json.raw().parse().unwrap_or_else(|_| json.raw().into())
}
