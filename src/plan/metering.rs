//! Checks that a run with `max_cost` can count the cost of everything that its requests contain.

use crate::error::{Error, Result};
use crate::json::{Map, Value};

/// Fields of `extra_body` that the run can meter. They add no other cost than the tokens of the
/// prompt and of the answer.
///
/// The list contains all fields that `llm-fuse/handler` passes on, except `plugins`. Plugins run
/// tools.
const METERED_FIELDS: [&str; 33] = [
    "chat_template_kwargs",
    "data_collection",
    "enable_thinking",
    "frequency_penalty",
    "include",
    "keep_alive",
    "logit_bias",
    "logprobs",
    "metadata",
    "min_p",
    "options",
    "parallel_tool_calls",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_retention",
    "provider",
    "reasoning",
    "reasoning_effort",
    "repetition_penalty",
    "safety_identifier",
    "safety_settings",
    "seed",
    "session_id",
    "store",
    "text",
    "thinking",
    "top_a",
    "top_k",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// Fields of OpenRouter's `provider` that select hosts by something other than the price. The
/// selected host may be more expensive than the host in the price list.
const HOST_FIELDS: [&str; 7] = [
    "ignore",
    "only",
    "order",
    "preferred_max_latency",
    "preferred_min_throughput",
    "quantizations",
    "sort",
];

/// Fails if `extra_body` has a field whose cost the run cannot count.
pub(super) fn check_extra_body(path: &str, extra: &Map) -> Result<()> {
    let refuse = |name: &str| {
        Err(Error::invalid(
            &format!("{path}.extra_body.{name}"),
            "can't stand beside `max_cost`, which it could exceed",
        ))
    };
    let is_unmetered = |name: &&String| !METERED_FIELDS.contains(&name.as_str());
    if let Some(name) = extra.keys().find(is_unmetered) {
        return refuse(name);
    }
    let preferences = extra.get("provider").and_then(Value::as_object);
    let selects_host = |name: &&str| preferences.is_some_and(|fields| fields.contains_key(name));
    match HOST_FIELDS.iter().find(|name| selects_host(name)) {
        Some(name) => refuse(&format!("provider.{name}")),
        None => Ok(()),
    }
}

/// Fails if a message refers to a file or a recording by URL or id, because the size of such data
/// is unknown. Allows URLs of pictures, because the cost of a picture has an upper limit.
pub(super) fn check_messages(messages: &[Value]) -> Result<()> {
    for (i, message) in messages.iter().enumerate() {
        for (j, part) in message.field("content").elements().iter().enumerate() {
            if let Some(field) = unmetered_reference(part) {
                return Err(Error::invalid(
                    &format!("messages[{i}].content[{j}].{field}"),
                    "can't stand beside `max_cost`: its size is unknown; send the data as a `data:` URL",
                ));
            }
        }
    }
    Ok(())
}

/// Returns the field of a content part that refers to data outside the request.
fn unmetered_reference(part: &Value) -> Option<&'static str> {
    let starts_with = |value: &Value, prefix: &str| {
        value.as_str().is_some_and(|text| {
            text.get(..prefix.len())
                .is_some_and(|start| start == prefix)
        })
    };
    match part.field("type").as_str()? {
        "image_url" => {
            let url = part.field("image_url").field("url");
            let is_countable = starts_with(url, "https:") || starts_with(url, "data:");
            (!is_countable).then_some("image_url.url")
        }
        "file" => {
            let is_inline = starts_with(part.field("file").field("file_data"), "data:");
            let names_another = part.field("file").as_object().is_some_and(|file| {
                file.keys()
                    .any(|name| !matches!(name.as_str(), "filename" | "file_data"))
            });
            (!is_inline || names_another).then_some("file")
        }
        // If the data contains a colon, it is a URL, because Base64 contains no colons.
        "input_audio" => part
            .field("input_audio")
            .field("data")
            .as_str()
            .is_none_or(|data| data.contains(':'))
            .then_some("input_audio.data"),
        _ => None,
    }
}
