//! Encodes and decodes OpenAI Responses with OpenRouter's additions, always streamed and never
//! stored.
//!
//! In: a [`ModelRequest`]; later the events of a stream. Out: a request body; later stream parts
//! and the outcome of the call. Specifications:
//! <https://platform.openai.com/docs/api-reference/responses-streaming>,
//! <https://openrouter.ai/docs/api/api-reference/responses/create-responses>

mod input;
mod item;

use std::borrow::Cow;
use std::mem::take;

use crate::count::Count;
use crate::json::{Map, Value, json};

use super::{CallOutcome, ModelRequest, Step, StreamPart, chat};
use crate::event::ToolStatus;
use crate::json::Json;
use crate::provider::error_mapping;
use crate::provider::registry::Vendor;
use crate::result::ToolCall;
use crate::usage::{CallUsage, Cost};
use item::{Item, bit, is_hosted};

/// The path, to be appended to the base URL.
pub(super) const PATH: &str = "/responses";

/// Returns the request body. The caller applies `refused` and `extra_body`. This dialect has no
/// `stop`.
pub(super) fn encode(request: &ModelRequest<'_>, vendor: Vendor) -> Map {
    let mut body = Map::new();
    let mut items = Vec::new();
    request
        .messages
        .iter()
        .for_each(|message| input::add_message(message, vendor, &mut items));
    request
        .steps
        .iter()
        .for_each(|step| input::add_step(step, vendor, &mut items));
    body.insert("input", Value::Array(items));
    body.insert("model", request.model.into());
    body.insert("stream", true.into());
    // OpenAI rejects a smaller limit and names the field. The retry would then leave out the limit.
    let min_tokens = if vendor == Vendor::OpenAi { 16 } else { 0 };
    body.insert(
        "max_output_tokens",
        request.max_completion_tokens.max(min_tokens).into(),
    );
    let is_openrouter = vendor == Vendor::OpenRouter;
    body.set("instructions", request.system.map(Value::from));
    body.set("temperature", request.temperature.map(Value::from));
    body.set("reasoning", reasoning(request, vendor));
    body.set(
        "text",
        request
            .response_format
            .map(|format| json!({"format": input::flat(format)})),
    );
    set_tools(&mut body, request, vendor);
    body.set(
        "cache_control",
        request.cache_control.filter(|_| is_openrouter).cloned(),
    );
    // Without this field these vendors store the conversation for 30 days.
    body.set("store", stores(vendor).then(|| false.into()));
    // Reasoning that is not stored must be included, so that it can be sent back with the results
    // of functions.
    body.set(
        "include",
        (!request.functions.is_empty() && (is_openrouter || stores(vendor)))
            .then(|| json!(["reasoning.encrypted_content"])),
    );
    body
}

/// Returns the field `reasoning`.
fn reasoning(request: &ModelRequest<'_>, vendor: Vendor) -> Option<Value> {
    let reasoning = request.reasoning?;
    if vendor == Vendor::OpenRouter {
        return Some(reasoning.to_value());
    }
    // Do not request a summary: OpenAI rejects it for organisations that are not verified, and the
    // retry would leave out the effort too.
    reasoning.effort.map(|effort| json!({"effort": effort}))
}

/// Sets the fields that declare and limit tools.
fn set_tools(body: &mut Map, request: &ModelRequest<'_>, vendor: Vendor) {
    let mut tools = request.hosted_tools.to_vec();
    request
        .functions
        .iter()
        .for_each(|tool| tools.push(input::function(tool)));
    if !tools.is_empty() {
        body.set("tool_choice", request.tool_choice.map(input::flat));
        body.insert("tools", Value::Array(tools));
    }
    if request.hosted_tools.is_empty() {
        return;
    }
    match vendor {
        Vendor::OpenRouter => {
            body.insert("stop_server_tools_when", request.stop_server_tools_when())
        }
        Vendor::Xai => body.insert("max_turns", request.max_tool_calls.into()),
        _ => body.insert("max_tool_calls", request.max_tool_calls.into()),
    }
}

/// Returns whether the vendor stores responses by default.
fn stores(vendor: Vendor) -> bool {
    matches!(vendor, Vendor::OpenAi | Vendor::Xai)
}

/// Upper limit for the output items of one response. Each event is looked up among all items, so an
/// endless list of items would block the page.
const MAX_ITEMS: usize = 1_000;

/// Decodes one response. The API sends each text as deltas, and again in full when its part, its
/// item and the response are done. A full text is used only if no deltas arrived for it.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    outcome: CallOutcome,
    items: Vec<Item>,
    /// The item and the part of the last reasoning delta.
    last_reasoning: Option<(usize, Option<u64>)>,
    /// Whether the response's id and model have been emitted.
    has_metadata: (bool, bool),
    done: bool,
}

/// The fields by which an event refers to an item.
struct ItemRef<'a> {
    id: Cow<'a, str>,
    index: Option<u64>,
    is_new: bool,
}

impl Decoder {
    /// Decodes one event. The function is long because it is one table of the event types.
    pub(crate) fn read(&mut self, event: &str, data: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
        if self.done {
            return;
        }
        if data.trim() == "[DONE]" {
            self.done = true;
            self.outcome.complete = true;
            return;
        }
        let Some(json) = Json::parse(data) else {
            self.outcome.has_unparsed_events |= data.starts_with('{');
            return;
        };
        let [kind, delta, id, index, part] =
            json.fields(["type", "delta", "item_id", "output_index", "content_index"]);
        let kind = kind.and_then(Json::words).unwrap_or(Cow::Borrowed(event));
        let (index, part) = (index.and_then(Json::as_u64), part.and_then(Json::as_u64));
        let item_ref = ItemRef {
            id: id.and_then(Json::str).unwrap_or_default(),
            index,
            is_new: false,
        };
        let delta = delta.and_then(|delta| delta.words().or_else(|| delta.get("text")?.words()));
        match (&*kind, delta) {
            ("response.output_text.delta" | "response.content_part.delta", Some(delta)) => {
                if let Some(item) = self.item("message", item_ref) {
                    item.seen_text |= bit(part);
                    on(StreamPart::Text(&delta));
                }
            }
            ("response.refusal.delta", Some(delta)) => {
                if let Some(item) = self.item("message", item_ref) {
                    item.seen_text |= bit(part);
                    self.outcome.refusal.push_str(&delta);
                }
            }
            ("response.output_text.done" | "response.refusal.done", _) => {
                let at = self.find("message", item_ref);
                self.read_part(at, part, json, on);
            }
            ("response.content_part.done", _) => {
                if let Some(whole) = json
                    .get("part")
                    .filter(|whole| whole.text("type").as_deref() != Some("reasoning_text"))
                {
                    let at = self.find("message", item_ref);
                    self.read_part(at, part, whole, on);
                }
            }
            ("response.output_text.annotation.added", _) => {
                if let (Some(annotation), Some(item)) =
                    (json.get("annotation"), self.item("message", item_ref))
                {
                    item.seen_citations |= bit(part);
                    chat::emit_citation(annotation, on);
                }
            }
            ("response.function_call_arguments.delta", Some(delta)) => {
                if let Some(item) = self.item("function_call", item_ref) {
                    item.arguments.push_str(&delta);
                }
            }
            ("response.function_call_arguments.done", _) => {
                if let Some(item) = self.item("function_call", item_ref) {
                    item.read_call(json);
                }
            }
            ("response.output_item.added" | "response.output_item.done", _) => {
                if let Some(item) = json.get("item") {
                    let is_new = &*kind == "response.output_item.added";
                    let item_ref = ItemRef {
                        id: item.text("id").unwrap_or(item_ref.id),
                        index,
                        is_new,
                    };
                    if let Some(at) = self.find(&item.text("type").unwrap_or_default(), item_ref) {
                        self.read_item(at, item, is_new, on);
                    }
                }
            }
            ("response.web_search_call.in_progress" | "response.web_search_call.searching", _) => {
                if let Some(item) = self.item("web_search_call", item_ref) {
                    item.report(ToolStatus::Started, json, on);
                }
            }
            ("response.created", _) => self.emit_metadata(json.get("response").unwrap_or(json), on),
            (
                "response.completed"
                | "response.done"
                | "response.incomplete"
                | "response.failed"
                | "response.cancelled",
                _,
            ) => {
                self.finish_response(&kind, json.get("response").unwrap_or(json), on);
            }
            ("error" | "response.error", _) => self.fail(json),
            (_, _) if event == "error" => self.fail(json),
            (kind, Some(delta))
                if kind.starts_with("response.reasoning") && kind.ends_with(".delta") =>
            {
                let part = json.get("summary_index").and_then(Json::as_u64).or(part);
                if let Some(at) = self.find("reasoning", item_ref) {
                    self.emit_reasoning(at, part, &delta, on);
                }
            }
            // A server that ignores `stream` sends the response object. A proxy may send an error
            // in its own form.
            ("", _) => match json.get("output") {
                Some(_) => self.finish_response("", json, on),
                None if json.get("error").is_some() => self.fail(json),
                None => {}
            },
            _ => {}
        }
    }

    /// Returns the size of the buffered data, in bytes.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.outcome.refusal.len()
            + self
                .items
                .iter()
                .map(|item| item.name.len() + item.arguments.len())
                .sum::<usize>()
    }

    /// Returns whether the final response was received.
    pub(crate) fn is_complete(&self) -> bool {
        self.outcome.complete
    }

    /// Returns whether the final response, `[DONE]` or an error was received. Usage is part of the
    /// final response.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// Ends decoding and returns the outcome.
    pub(crate) fn finish(&mut self) -> CallOutcome {
        let is_call = |item: &Item| item.kind == "function_call";
        let is_incomplete_call =
            |item: &Item| is_call(item) && (item.raw.is_empty() || item.call_id.is_empty());
        let has_complete_calls =
            self.items.iter().any(is_call) && !self.items.iter().any(is_incomplete_call);
        // Messages and calls can be rebuilt from the step. If there are items of other types, send
        // all items back unchanged and in order.
        if has_complete_calls
            && self
                .items
                .iter()
                .any(|item| !matches!(&*item.kind, "message" | "function_call"))
        {
            self.outcome.continuation = self
                .items
                .iter()
                .filter_map(|item| item.raw.parse().ok())
                .collect::<Vec<_>>();
        }
        for item in take(&mut self.items).into_iter().filter(is_call) {
            let ids = [
                item.call_id,
                item.id,
                format!("call_{}", self.outcome.calls.len()),
            ];
            let id = ids
                .into_iter()
                .find(|id| !id.is_empty())
                .unwrap_or_default();
            self.outcome.calls.push(ToolCall {
                id,
                name: item.name,
                arguments: item.arguments,
            });
        }
        take(&mut self.outcome)
    }

    /// Returns the position of the item that an event refers to, and adds the item if it is
    /// unknown. Some servers send no indexes, and some change the id of an item with every event.
    fn find(&mut self, kind: &str, item_ref: ItemRef<'_>) -> Option<usize> {
        let ItemRef { id, index, is_new } = item_ref;
        let is_same = |item: &Item| !id.is_empty() && item.id == id;
        let is_candidate = |item: &Item| {
            let is_other_call = kind == "function_call" && !id.is_empty() && !item.id.is_empty();
            item.kind == kind
                && item.raw.is_empty()
                && !is_other_call
                && (item.index == index || item.index.is_none() || index.is_none())
        };
        let known = self.items.iter().rposition(is_same);
        let known = known.or_else(|| {
            if is_new {
                None
            } else {
                self.items.iter().rposition(is_candidate)
            }
        });
        if known.is_none() && self.items.len() < MAX_ITEMS {
            self.items.push(Item {
                kind: kind.to_owned(),
                id: id.into_owned(),
                index,
                ..Item::default()
            });
            return Some(self.items.len() - 1);
        }
        known
    }

    /// Returns the item that an event refers to. See [`Decoder::find`].
    fn item(&mut self, kind: &str, item_ref: ItemRef<'_>) -> Option<&mut Item> {
        let at = self.find(kind, item_ref)?;
        self.items.get_mut(at)
    }

    /// Decodes an item at its start or, with all its content, at its end.
    fn read_item(
        &mut self,
        at: usize,
        json: Json<'_>,
        is_new: bool,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let Some(item) = self.items.get_mut(at) else {
            return;
        };
        if !is_new {
            json.raw().clone_into(&mut item.raw);
        }
        let has_text = item.seen_text != 0;
        match &*item.kind {
            "function_call" => item.read_call(json),
            "message" if !is_new => {
                for (number, part) in (0..).zip(json.get("content").unwrap_or_default().items()) {
                    self.read_part(Some(at), Some(number), part, on);
                }
            }
            "reasoning" if !is_new && !has_text => {
                // If there is a summary, use it instead of the full reasoning.
                let parts = json
                    .fields(["summary", "content"])
                    .into_iter()
                    .flatten()
                    .find(|parts| parts.items().next().is_some());
                for (number, part) in (0..).zip(parts.unwrap_or_default().items()) {
                    if let Some(text) = part.get("text").and_then(Json::words) {
                        self.emit_reasoning(at, Some(number), &text, on);
                    }
                }
            }
            kind if is_hosted(kind) => item.report(
                if is_new {
                    ToolStatus::Started
                } else {
                    ToolStatus::Completed
                },
                json,
                on,
            ),
            _ => {}
        }
    }

    /// Decodes a complete content part of a message.
    fn read_part(
        &mut self,
        at: Option<usize>,
        number: Option<u64>,
        part: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let [text, refusal, annotations] = part.fields(["text", "refusal", "annotations"]);
        let Some(item) = at.and_then(|at| self.items.get_mut(at)) else {
            return;
        };
        for annotation in annotations
            .filter(|_| item.seen_citations & bit(number) == 0)
            .unwrap_or_default()
            .items()
        {
            item.seen_citations |= bit(number);
            chat::emit_citation(annotation, on);
        }
        if item.seen_text & bit(number) != 0 {
            return;
        }
        if let Some(text) = text.and_then(Json::words) {
            item.seen_text |= bit(number);
            on(StreamPart::Text(&text));
        }
        if let Some(refusal) = refusal.and_then(Json::words) {
            item.seen_text |= bit(number);
            self.outcome.refusal.push_str(&refusal);
        }
    }

    /// Emits reasoning, with a blank line between two parts.
    fn emit_reasoning(
        &mut self,
        at: usize,
        part: Option<u64>,
        text: &str,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let Some(item) = self.items.get_mut(at) else {
            return;
        };
        item.seen_text = u64::MAX;
        if self
            .last_reasoning
            .replace((at, part))
            .is_some_and(|last| last != (at, part))
        {
            on(StreamPart::Reasoning("\n\n"));
        }
        on(StreamPart::Reasoning(text));
    }

    /// Emits the response's id and model as soon as either is known.
    fn emit_metadata(&mut self, response: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let [id, model] = response
            .fields(["id", "model"])
            .map(|name| name.and_then(Json::words));
        let is_new =
            (id.is_some() && !self.has_metadata.0) || (model.is_some() && !self.has_metadata.1);
        self.has_metadata = (
            self.has_metadata.0 || id.is_some(),
            self.has_metadata.1 || model.is_some(),
        );
        if is_new {
            on(StreamPart::Served {
                id: id.as_deref(),
                model: model.as_deref(),
            });
        }
    }

    /// Decodes the final response. Content for which no deltas arrived is read from it.
    fn finish_response(
        &mut self,
        kind: &str,
        response: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        self.done = true;
        self.emit_metadata(response, on);
        let names = [
            "output",
            "output_text",
            "usage",
            "status",
            "error",
            "incomplete_details",
        ];
        let [output, text, usage, status, error, details] = response.fields(names);
        if let Some(usage) = usage {
            self.outcome.usage = read_usage(usage);
        }
        self.read_output(output.unwrap_or_default(), on);
        let has_text = self
            .items
            .iter()
            .any(|item| item.kind == "message" && item.seen_text != 0);
        if let Some(text) = text.and_then(Json::words).filter(|_| !has_text) {
            on(StreamPart::Text(&text));
        }
        let status = status.and_then(Json::words).unwrap_or(Cow::Borrowed(
            kind.strip_prefix("response.").unwrap_or(kind),
        ));
        let reason = match &*status {
            _ if error.is_some() || kind == "response.failed" => return self.fail(response),
            "failed" | "cancelled" => return self.fail(response),
            // The response continues in the background and cannot be read from this stream.
            "in_progress" | "queued" => return,
            "incomplete" => match details.and_then(|details| details.get("reason")?.words()) {
                Some(reason) if reason != "max_output_tokens" => reason,
                _ => "length".into(),
            },
            _ if self.items.iter().any(|item| item.kind == "function_call") => "tool_calls".into(),
            _ => "stop".into(),
        };
        self.outcome.complete = true;
        self.outcome.finish_reason = Some(reason.into_owned());
    }

    /// Decodes the items of the final response for which no deltas arrived.
    fn read_output(&mut self, output: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let streamed = self.items.len();
        for json in output.items().take(MAX_ITEMS) {
            let [kind, id, call_id] = json
                .fields(["type", "id", "call_id"])
                .map(|name| name.and_then(Json::str).unwrap_or_default());
            let is_same = |item: &Item| {
                (!id.is_empty() && item.id == id)
                    || (!call_id.is_empty() && item.call_id == call_id)
            };
            let known = self.items.iter().position(is_same);
            let is_known = known.is_some()
                || self
                    .items
                    .iter()
                    .take(streamed)
                    .any(|item| item.kind == kind);
            let at = if is_known {
                known
            } else {
                self.find(
                    &kind,
                    ItemRef {
                        id,
                        index: None,
                        is_new: true,
                    },
                )
            };
            if let Some(at) =
                at.filter(|at| self.items.get(*at).is_some_and(|item| item.raw.is_empty()))
            {
                self.read_item(at, json, false, on);
            }
        }
    }

    /// Ends the response with an error. The first error wins.
    fn fail(&mut self, error: Json<'_>) {
        self.done = true;
        if let Some(usage) = error.get("usage") {
            self.outcome.usage = read_usage(usage);
        }
        let body = error.raw().parse().unwrap_or_default();
        self.outcome
            .error
            .get_or_insert_with(|| error_mapping::from_stream(&body));
    }
}

/// Reads the `usage` object.
fn read_usage(usage: Json<'_>) -> CallUsage {
    let [cost, prompt, completion, details] = usage.fields([
        "cost",
        "input_tokens",
        "output_tokens",
        "output_tokens_details",
    ]);
    CallUsage {
        cost: cost.and_then(|cost| Cost::parse(cost.raw())),
        prompt_tokens: prompt.and_then(Json::as_u64).map(Count::from),
        completion_tokens: completion.and_then(Json::as_u64).map(Count::from),
        reasoning_tokens: details
            .and_then(|details| details.get("reasoning_tokens")?.as_u64())
            .map(Count::from),
    }
}

#[cfg(test)]
#[path = "responses_fixtures.rs"]
mod fixtures;
#[cfg(test)]
#[path = "responses_requests.rs"]
mod requests;
