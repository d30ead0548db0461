//! Decodes a response of Chat Completions.
//!
//! In: the chunks of a stream. Out: stream parts, and the outcome of the call.
//!
//! A chunk has `id`, `model`, `choices`, `usage` and `error`. The first choice has `delta`,
//! `finish_reason` and `error`. [`Decoder::read_delta`] is the list of the fields of a delta.

use std::borrow::Cow;
use std::mem::take;

use crate::event::ToolStatus;
use crate::json::{Json, Map, Value};
use crate::provider::chunk_template::ChunkTemplate;
use crate::provider::dialect::chat::reasoning_details::ReasoningDetails;
use crate::provider::dialect::chat::signed_fields::SignedFields;
use crate::provider::dialect::chat::tool_calls::ToolCalls;
use crate::provider::dialect::fields;
use crate::provider::dialect::types::{CallOutcome, StreamPart};
use crate::provider::error_mapping;

/// Decodes one response.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    outcome: CallOutcome,
    tool_calls: ToolCalls,
    reasoning_details: ReasoningDetails,
    /// The text of the fields `reasoning_content`, which the next request must send back with the
    /// results of `tool_calls`.
    reasoning_content: String,
    signed_fields: SignedFields,
    has_metadata: bool,
    is_done: bool,
    /// Usage was reported, and no part of the answer followed it.
    has_final_usage: bool,
    /// The template of the last chunk, if that chunk contained only text.
    template: Option<ChunkTemplate>,
}

impl Decoder {
    /// Decodes the events at the beginning of `bytes` that match the last chunk, and returns their
    /// length in bytes.
    pub(crate) fn try_fast_path(&self, bytes: &[u8], on: &mut dyn FnMut(StreamPart<'_>)) -> usize {
        let mut read = 0;
        while let Some((text, length)) = self
            .template
            .as_ref()
            .and_then(|template| template.match_next(bytes.get(read..)?))
        {
            if !text.is_empty() {
                on(StreamPart::Text(&text));
            }
            read += length;
        }
        read
    }

    /// Decodes one event: a chunk.
    pub(crate) fn read(&mut self, data: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
        if self.is_done {
            return;
        }
        if data.trim() == "[DONE]" {
            (self.is_done, self.template) = (true, None);
            self.outcome.is_complete = true;
            return;
        }
        let Some(chunk) = Json::parse(data) else {
            self.outcome.has_unparsed_events |= data.starts_with('{');
            return;
        };
        let [id, model, choices, usage, error] =
            chunk.fields(["id", "model", "choices", "usage", "error"]);
        fields::read_metadata([id, model], &mut self.has_metadata, on);
        // Read usage first: a chunk with an error may contain it, and its tokens are paid for.
        if let Some(usage) = usage {
            self.read_usage(usage);
        }
        if let Some(error) = error {
            self.has_final_usage &= usage.is_some() || self.outcome.is_complete;
            self.read_error(error);
        }
        let is_first =
            |choice: &Json<'_>| choice.get("index").and_then(Json::as_u64).unwrap_or(0) == 0;
        if let Some(choice) = choices.and_then(|choices| choices.items().find(is_first)) {
            self.read_choice(choice, data, usage.is_some(), on);
        }
    }

    /// Reads a choice. `data` is its chunk, and `has_usage` tells whether the chunk contains usage.
    fn read_choice(
        &mut self,
        choice: Json<'_>,
        data: &str,
        has_usage: bool,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        // A server that ignores `stream` sends a whole message. It is decoded like one large delta.
        let [delta, message, finish_reason, error] =
            choice.fields(["delta", "message", "finish_reason", "error"]);
        self.has_final_usage &= has_usage || self.outcome.is_complete || finish_reason.is_some();
        let is_plain = !has_usage
            && message.is_none()
            && finish_reason.is_none()
            && error.is_none()
            && !self.is_done;
        for delta in [delta, message].into_iter().flatten() {
            self.signed_fields.read(delta);
            let plain_text = self.read_delta(delta, on).filter(|_| is_plain);
            self.template = plain_text.and_then(|text| ChunkTemplate::new(text, data));
        }
        if let Some(error) = error {
            self.read_error(error);
        }
        self.read_finish_reason(finish_reason);
    }

    /// Reads the fields of a delta. If it contains only text and the text has no escapes, returns
    /// that text for a template.
    fn read_delta<'a>(
        &mut self,
        delta: Json<'a>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> Option<&'a str> {
        let names = [
            "content",
            "reasoning",
            "reasoning_content",
            "reasoning_details",
            "refusal",
            "annotations",
            "tool_calls",
        ];
        let all @ [
            content,
            reasoning,
            named_content,
            details,
            refusal,
            citations,
            calls,
        ] = delta.fields(names);
        self.read_reasoning(reasoning, named_content, on);
        self.read_reasoning_details(details.unwrap_or_default(), on);
        read_text(content, on);
        self.read_refusal(refusal);
        for citation in citations.unwrap_or_default().items() {
            fields::read_citation(citation, on);
        }
        for call in calls.unwrap_or_default().items() {
            self.tool_calls.read_tool_call(call);
        }
        let [_, others @ ..] = &all;
        text_alone(content, others)
    }

    /// Reads reasoning. Providers use either name. If a proxy sends both, they hold the same text.
    fn read_reasoning(
        &mut self,
        reasoning: Option<Json<'_>>,
        reasoning_content: Option<Json<'_>>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let reasoning_content = reasoning_content.and_then(text_of);
        if let Some(text) = &reasoning_content {
            self.reasoning_content.push_str(text);
        }
        if let Some(text) = reasoning.and_then(text_of).or(reasoning_content) {
            on(StreamPart::Reasoning(&text));
        }
    }

    /// Reads signed reasoning, and the calls of OpenRouter's own tools, which are part of it.
    fn read_reasoning_details(&mut self, details: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        for detail in details.items() {
            if detail.text("type").as_deref() == Some("reasoning.server_tool_call") {
                read_hosted_tool(detail, on);
            }
            self.reasoning_details.add(detail);
        }
    }

    /// Reads text of a refusal.
    fn read_refusal(&mut self, refusal: Option<Json<'_>>) {
        if let Some(text) = refusal.and_then(text_of) {
            self.outcome.refusal.push_str(&text);
        }
    }

    /// Reads the tokens and the cost.
    fn read_usage(&mut self, usage: Json<'_>) {
        let names = [
            "cost",
            "prompt_tokens",
            "completion_tokens",
            "completion_tokens_details",
        ];
        self.outcome.usage = fields::read_usage(usage, names);
        (self.has_final_usage, self.template) = (true, None);
    }

    /// Reads the finish reason. Usage may still follow.
    fn read_finish_reason(&mut self, finish_reason: Option<Json<'_>>) {
        if let Some(reason) = finish_reason.and_then(Json::words) {
            self.outcome.is_complete = true;
            self.outcome.finish_reason = Some(reason.into_owned());
        }
    }

    /// Ends the response with an error. The first error wins.
    fn read_error(&mut self, error: Json<'_>) {
        (self.is_done, self.template) = (true, None);
        let body = error.raw().parse().unwrap_or_default();
        self.outcome
            .error
            .get_or_insert_with(|| error_mapping::from_stream(&body));
    }

    /// Returns the size of the buffered data, in bytes.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.reasoning_details.bytes()
            + self.signed_fields.bytes()
            + self.reasoning_content.len()
            + self.outcome.refusal.len()
            + self.tool_calls.bytes()
    }

    /// Returns whether a finish reason was received.
    pub(crate) fn is_complete(&self) -> bool {
        self.outcome.is_complete
    }

    /// Returns whether `[DONE]` or an error was received. A finish reason is not the end, because
    /// usage follows it.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Ends decoding and returns the outcome.
    pub(crate) fn finish(&mut self) -> CallOutcome {
        self.outcome.continuation = self.continuation();
        self.outcome.calls = self.tool_calls.take();
        // Some servers report usage with every chunk. Such a report is final only at the end.
        if !self.has_final_usage || !(self.outcome.is_complete || self.outcome.error.is_some()) {
            self.outcome.usage = self.outcome.usage.before_the_end();
        }
        take(&mut self.outcome)
    }

    /// Returns the fields that the next request must add to the assistant message.
    fn continuation(&mut self) -> Vec<Value> {
        let mut fields = Map::new();
        let details = self.reasoning_details.take();
        fields.set(
            "reasoning_details",
            (!details.is_empty()).then_some(Value::Array(details)),
        );
        let content = take(&mut self.reasoning_content);
        fields.set(
            "reasoning_content",
            (!content.is_empty()).then(|| content.into()),
        );
        fields.set("tool_calls", self.tool_calls.signed_value());
        self.signed_fields.move_into(&mut fields);
        if fields.is_empty() {
            Vec::new()
        } else {
            vec![fields.into()]
        }
    }
}

/// Returns the text of `content` if it has no escapes and all `others` are empty.
fn text_alone<'a>(content: Option<Json<'a>>, others: &[Option<Json<'_>>]) -> Option<&'a str> {
    let is_blank =
        |field: &Option<Json<'_>>| field.is_none_or(|field| matches!(field.raw(), "[]" | "\"\""));
    match content.filter(|_| others.iter().all(is_blank))?.str()? {
        Cow::Borrowed(text) => Some(text),
        Cow::Owned(_) => None,
    }
}

/// Reads text of the answer.
fn read_text(content: Option<Json<'_>>, on: &mut dyn FnMut(StreamPart<'_>)) {
    if let Some(text) = content.and_then(text_of) {
        on(StreamPart::Text(&text));
    }
}

/// Reads a call of a tool that OpenRouter ran.
fn read_hosted_tool(detail: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
    let [name, arguments, result] = detail
        .fields(["tool_name", "arguments", "result"])
        .map(|field| field.and_then(Json::str).unwrap_or_default());
    if name.is_empty() {
        return;
    }
    let [status, error, url, title] = Json::parse(&result)
        .unwrap_or_default()
        .fields(["status", "error", "url", "title"]);
    let failed = error.is_some() || status.is_some_and(|status| status.raw() == "\"failed\"");
    let status = if failed {
        ToolStatus::Failed
    } else {
        ToolStatus::Completed
    };
    on(StreamPart::Tool {
        name: &name,
        status,
        input: &arguments,
    });
    // A page that was opened is a source, even if it is not cited.
    if name.ends_with("web_fetch") && !failed {
        let asked_for = Json::parse(&arguments).and_then(|arguments| arguments.get("url"));
        if let Some(url) = url.or(asked_for).and_then(Json::words) {
            on(StreamPart::Source {
                url: &url,
                title: &title.and_then(Json::str).unwrap_or_default(),
            });
        }
    }
}

/// Returns the text of a string, or of an array of text parts as Mistral sends it. Returns `None`
/// if it is empty.
fn text_of(json: Json<'_>) -> Option<Cow<'_, str>> {
    let text = if json.raw().starts_with('[') {
        let mut parts = String::new();
        json.items()
            .for_each(|part| parts.push_str(&part.text("text").unwrap_or_default()));
        parts.into()
    } else {
        json.str()?
    };
    (!text.is_empty()).then_some(text)
}
