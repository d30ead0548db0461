//! Reads fields that several dialects have in common.

use crate::count::Count;
use crate::error::Error;
use crate::json::{Json, Value};
use crate::provider::dialect::types::StreamPart;
use crate::provider::error_mapping;
use crate::usage::{CallUsage, Cost};

/// Emits the id and the model of a response as soon as either is known, and sets `has_metadata`.
/// Emits nothing if `has_metadata` is set.
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

/// Emits a citation as a source. Its fields are nested as in Chat Completions or flat as in
/// Responses; proxies use both forms in both dialects.
pub(super) fn read_citation(annotation: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
    let [url, title] = annotation
        .get("url_citation")
        .unwrap_or(annotation)
        .fields(["url", "title"]);
    if let Some(url) = url.and_then(Json::words) {
        on(StreamPart::Source {
            url: &url,
            title: &title.and_then(Json::str).unwrap_or_default(),
        });
    }
}

/// Reads a `usage` object into `total`, and returns whether it has any tokens or a cost. An object
/// without them erases nothing. `is_final` tells whether the counts of `total` are those of the
/// whole answer. Proxies use the names of Chat Completions and of Responses in both dialects.
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
    ] = usage.fields(names);
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

/// Returns whether a finish reason is one, and not a placeholder.
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

/// Returns whether an `error` is empty. Some servers send one with each chunk.
pub(super) fn is_placeholder(error: Json<'_>) -> bool {
    let is_blank = |json: Json<'_>| {
        matches!(json.raw(), "null" | "false" | "0" | "[]" | "{}")
            || json.str().is_some_and(|text| text.trim().is_empty())
    };
    let is_object = error.raw().starts_with('{');
    is_blank(error) || is_object && error.entries().all(|(_, value)| is_blank(value))
}

/// Returns a field as a value. Returns its text if it is no valid JSON.
pub(super) fn value_of(json: Json<'_>) -> Value {
    json.raw().parse().unwrap_or_else(|_| json.raw().into())
}

/// The words of events that are no part of an answer. Gateways report errors in many forms, with
/// status 200.
#[derive(Debug, Default)]
pub(super) struct Words {
    error: Option<Value>,
}

impl Words {
    /// Reads an event without an answer. Returns an error if the event says that it is one. Keeps
    /// other words, which count only if there is no answer.
    pub(super) fn read(&mut self, event: Json<'_>) -> Option<Value> {
        if self.error.is_some() {
            return None;
        }
        let [
            kind,
            object,
            success,
            code,
            error_code,
            status,
            base,
            errors,
            detail,
        ] = event.fields([
            "type",
            "object",
            "success",
            "code",
            "error_code",
            "status",
            "base_resp",
            "errors",
            "detail",
        ]);
        let first_error = errors.and_then(|errors| errors.items().next());
        let base_code = base.and_then(|base| base.get("status_code"));
        let texts = event.fields(["message", "msg", "error_msg", "error_message"]);
        let [message, msg, error_msg, error_message] = texts;
        let words = [
            message,
            msg,
            detail
                .and_then(|detail| detail.items().next()?.get("msg"))
                .or(detail),
            first_error.and_then(|error| error.get("message")),
            error_msg,
            base.and_then(|base| base.get("status_msg")),
            error_message,
        ];
        let words = words.into_iter().flatten().find_map(Json::words)?;
        let named = [kind, object].map(|name| name.and_then(Json::str).unwrap_or_default());
        if named
            .iter()
            .any(|name| matches!(&**name, "ping" | "heartbeat" | "keepalive"))
        {
            return None;
        }
        let nested_code = first_error.and_then(|error| error.get("code"));
        let codes = [code, error_code, base_code, nested_code, status];
        let code = codes
            .into_iter()
            .flatten()
            .find(|code| is_error_code(*code));
        let is_failure = success.is_some_and(|success| success.raw() == "false");
        let is_error = code.is_some()
            || is_failure
            || error_msg.or(error_message).is_some()
            || named.iter().any(|name| name == "error");
        if base_code.is_some_and(|code| !is_error_code(code)) && !is_error {
            return None;
        }
        let mut body = value_of(event);
        if let Some(fields) = body.as_object_mut() {
            if message.and_then(Json::words).is_none() {
                fields.insert("message", words.as_ref().into());
            }
            if let Some(code) = code {
                fields.insert("code", value_of(code));
            }
        }
        if is_error {
            return Some(body);
        }
        self.error = Some(body);
        None
    }

    /// Takes the error for an answer without a finish reason.
    pub(super) fn take_error(&mut self) -> Option<Error> {
        self.error
            .take()
            .map(|error| error_mapping::from_stream(&error))
    }
}

/// Returns whether a code is that of an error: neither 0, nor an HTTP status of success, nor a word
/// for it.
fn is_error_code(code: Json<'_>) -> bool {
    let text = code.str().unwrap_or_else(|| code.raw().into());
    let number = text.parse::<u64>().ok();
    let is_success = number.is_some_and(|number| number == 0 || (200..300).contains(&number));
    let words = [
        "",
        "ok",
        "success",
        "succeeded",
        "completed",
        "null",
        "false",
        "true",
    ];
    !is_success && !words.iter().any(|word| text.eq_ignore_ascii_case(word))
}
