//! Reads fields that several dialects have in common.

use crate::count::Count;
use crate::json::Json;
use crate::provider::dialect::types::StreamPart;
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

/// Reads a `usage` object. `names` are the dialect's names of its cost, its prompt tokens, its
/// completion tokens, and the object that contains `reasoning_tokens`.
pub(super) fn read_usage(usage: Json<'_>, names: [&str; 4]) -> CallUsage {
    let [cost, prompt, completion, details] = usage.fields(names);
    CallUsage {
        cost: cost.and_then(|cost| Cost::parse(cost.raw())),
        prompt_tokens: prompt.and_then(Json::as_u64).map(Count::from),
        completion_tokens: completion.and_then(Json::as_u64).map(Count::from),
        reasoning_tokens: details
            .and_then(|details| details.get("reasoning_tokens")?.as_u64())
            .map(Count::from),
    }
}
