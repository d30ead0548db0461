//! Collects the answer of a response: its text, reasoning, refusal and tool calls.
//!
//! In: the fields `delta` and `message` of a choice. Out: stream parts, and the data for the
//! outcome of the call.

use std::borrow::Cow;

use crate::json::{Json, Map, Value};
use crate::provider::dialect::chat::reasoning_details::ReasoningDetails;
use crate::provider::dialect::chat::signed_fields::{self, SignedFields};
use crate::provider::dialect::chat::tool_calls::ToolCalls;
use crate::provider::dialect::fields;
use crate::provider::dialect::streamed_text::{StreamedText, Texts};
use crate::provider::dialect::types::StreamPart;
use crate::result::ToolCall;

/// The names of the fields of a delta or a message.
const NAMES: [&str; 8] = [
    "content",
    "reasoning",
    "reasoning_content",
    "thinking",
    "reasoning_details",
    "refusal",
    "annotations",
    "tool_calls",
];

/// The answer of one response.
#[derive(Debug, Default)]
pub(super) struct Answer {
    text: StreamedText,
    texts: Texts,
    reasoning: StreamedText,
    /// The text of all fields `reasoning_content`. The next request must send this text back with
    /// the results of `tool_calls`.
    reasoning_content: StreamedText,
    refusal: StreamedText,
    details: ReasoningDetails,
    signed_fields: SignedFields,
    tool_calls: ToolCalls,
    /// Whether the deltas contained text, reasoning, a refusal and tool calls, in this order. If a
    /// value is false, each `message` may be a piece of this content.
    has_deltas: [bool; 4],
}

impl Answer {
    /// Reads the delta and the message of a choice. `is_last` is true if the chunk of this choice
    /// has a finish reason.
    ///
    /// If the delta contains only text without escapes, returns this text. The decoder can then
    /// make a template of the chunk.
    pub(super) fn read<'a>(
        &mut self,
        [delta, message]: [Option<Json<'a>>; 2],
        is_last: bool,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> Option<&'a str> {
        let before = self.sizes();
        let plain_text = delta.and_then(|delta| self.read_delta(delta, is_last, on));
        let mut skip = [false; 4];
        let sizes = before.into_iter().zip(self.sizes());
        for (((before, after), has_delta), skip) in sizes.zip(&mut self.has_deltas).zip(&mut skip) {
            *has_delta |= after > before;
            *skip = after > before && !is_last;
        }
        if let Some(message) = message {
            self.read_message(message, skip, on);
        }
        plain_text
    }

    /// Returns the sizes of the text, the reasoning, the refusal and the tool calls, in bytes.
    fn sizes(&self) -> [usize; 4] {
        let texts = [&self.text, &self.reasoning, &self.refusal];
        let [text, reasoning, refusal] = texts.map(|text| text.as_str().len());
        [text, reasoning, refusal, self.tool_calls.bytes()]
    }

    /// Reads the fields of a delta.
    fn read_delta<'a>(
        &mut self,
        delta: Json<'a>,
        is_last: bool,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> Option<&'a str> {
        let (found, signed) = delta.fields_and(&NAMES, &signed_fields::NAMES);
        let [
            content,
            reasoning,
            named_content,
            thinking,
            details,
            refusal,
            citations,
            calls,
        ] = found;
        self.signed_fields.read(signed);
        self.read_reasoning([reasoning, named_content, thinking], is_last, on);
        self.texts.is_interrupted |= self.details.read(details.unwrap_or_default(), on);
        self.read_content(content, is_last, on);
        add(&mut self.refusal, refusal, is_last, &mut |_| {});
        for citation in citations.unwrap_or_default().items() {
            fields::read_citation(citation, on);
        }
        for call in calls.unwrap_or_default().items() {
            self.tool_calls.read_tool_call(call);
        }
        let [_, others @ ..] = &found;
        text_alone(content, others)
    }

    /// Reads the text of an event that matches the decoder's template.
    pub(super) fn read_plain_text(&mut self, text: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        if let Some(text) = self.text.add(text) {
            self.texts.emit(&text, on);
        }
    }

    /// Reads a message. The message may be the whole answer, the answer so far or a piece of the
    /// answer.
    ///
    /// Ignores content that earlier deltas contained. `skip` is true for each kind of content that
    /// the delta of the same choice contained.
    fn read_message(
        &mut self,
        message: Json<'_>,
        skip: [bool; 4],
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let (found, signed) = message.fields_and(&NAMES, &signed_fields::NAMES);
        let [
            content,
            reasoning,
            named_content,
            thinking,
            details,
            refusal,
            citations,
            calls,
        ] = found;
        self.signed_fields.read(signed);
        let [skip_text, skip_reasoning, skip_refusal, skip_calls] = skip;
        let [has_text, has_reasoning, has_refusal, has_calls] = self.has_deltas;
        if !skip_reasoning {
            let fields = [reasoning, named_content, thinking];
            self.read_whole_reasoning(fields, content, has_reasoning, on);
        }
        if self.details.bytes() == 0 {
            self.details.read(details.unwrap_or_default(), on);
        }
        if !skip_text {
            let whole = joined(strings_in(content, ["text"]));
            if let Some(missing) = complete(&mut self.text, &whole, has_text) {
                self.texts.emit(missing, on);
            }
        }
        if !skip_refusal {
            let whole = joined(texts_of(refusal));
            complete(&mut self.refusal, &whole, has_refusal);
        }
        for citation in citations.unwrap_or_default().items() {
            fields::read_citation(citation, on);
        }
        if !skip_calls {
            let calls = calls.unwrap_or_default();
            self.tool_calls.read_whole_calls(calls, has_calls);
        }
    }

    /// Reads the reasoning of a message. The reasoning is in one of three fields, or in parts of
    /// `content`.
    fn read_whole_reasoning(
        &mut self,
        [reasoning, named_content, thinking]: [Option<Json<'_>>; 3],
        content: Option<Json<'_>>,
        has_deltas: bool,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let named_content = joined(texts_of(named_content));
        complete(&mut self.reasoning_content, &named_content, has_deltas);
        let in_parts = content.filter(|content| content.raw().starts_with('['));
        let parts = in_parts.unwrap_or_default().items();
        let [reasoning, thinking] = [reasoning, thinking].map(|field| joined(texts_of(field)));
        let in_parts = joined(parts.flat_map(|part| texts_of(part.get("thinking"))));
        let texts = [reasoning, named_content, thinking, in_parts];
        let whole = texts.into_iter().find(|text| !text.is_empty());
        let whole = whole.unwrap_or_default();
        if let Some(missing) = complete(&mut self.reasoning, &whole, has_deltas) {
            on(StreamPart::Reasoning(missing));
        }
    }

    /// Reads the text of the answer: a string, or an array of parts as Mistral sends it.
    fn read_content(
        &mut self,
        content: Option<Json<'_>>,
        is_last: bool,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let Some(content) = content.filter(|content| content.raw().starts_with(['[', '{'])) else {
            let on = &mut |text: &str| self.texts.emit(text, on);
            return add(&mut self.text, content, is_last, on);
        };
        let items = content.items().chain([content]);
        for part in items.filter(|part| !part.raw().starts_with('[')) {
            let [text, thinking] = part.fields(&["text", "thinking"]);
            let on_thinking = &mut |text: &str| on(StreamPart::Reasoning(text));
            for piece in texts_of(thinking) {
                add(&mut self.reasoning, Some(piece), false, on_thinking);
            }
            let on = &mut |text: &str| self.texts.emit(text, on);
            add(&mut self.text, text, is_last, on);
        }
    }

    /// Reads reasoning from its fields. Providers use different names. If a proxy sends several
    /// fields, they contain the same text.
    fn read_reasoning(
        &mut self,
        fields: [Option<Json<'_>>; 3],
        is_last: bool,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let [_, named_content, _] = fields;
        for piece in texts_of(named_content) {
            add(
                &mut self.reasoning_content,
                Some(piece),
                is_last,
                &mut |_| {},
            );
        }
        let is_given = |field: &Json<'_>| !matches!(field.raw(), "\"\"" | "[]" | "{}");
        let field = fields.into_iter().flatten().find(is_given);
        let on = &mut |text: &str| on(StreamPart::Reasoning(text));
        for piece in texts_of(field) {
            add(&mut self.reasoning, Some(piece), is_last, on);
        }
    }

    /// Returns whether there is text, a refusal or a tool call.
    pub(super) fn has_answer(&self) -> bool {
        let texts = [&self.text, &self.refusal];
        !self.tool_calls.is_empty() || texts.iter().any(|text| !text.as_str().is_empty())
    }

    /// Returns whether all tool calls are complete.
    pub(super) fn has_complete_calls(&self) -> bool {
        self.tool_calls.are_complete()
    }

    /// Returns the size of all data that was read, in bytes. The size grows with each piece of the
    /// answer.
    pub(super) fn bytes(&self) -> usize {
        self.text.as_str().len() + self.reasoning.as_str().len() + self.buffered_bytes()
    }

    /// Returns the size of the data that was read but is not in any emitted stream part, in bytes.
    pub(super) fn buffered_bytes(&self) -> usize {
        self.details.bytes()
            + self.signed_fields.bytes()
            + self.reasoning_content.as_str().len()
            + self.refusal.as_str().len()
            + self.tool_calls.bytes()
    }

    /// Returns the size of all output of the model, in bytes. Reasoning that was sent in several
    /// fields counts once.
    pub(super) fn written_bytes(&self) -> usize {
        let [reasoning, content] =
            [&self.reasoning, &self.reasoning_content].map(|text| text.as_str().len());
        self.text.as_str().len()
            + reasoning.max(content).max(self.details.text_bytes())
            + self.details.encrypted_bytes()
            + self.refusal.as_str().len()
            + self.tool_calls.bytes()
    }

    /// Emits the remaining text and reasoning. See [`StreamedText::end`].
    pub(super) fn finish(&mut self, on: &mut dyn FnMut(StreamPart<'_>)) {
        let [reasoning, text] = [self.reasoning.end(), self.text.end()];
        if !reasoning.is_empty() {
            on(StreamPart::Reasoning(reasoning));
        }
        if !text.is_empty() {
            on(StreamPart::Text(text));
        }
    }

    /// Takes the refusal.
    pub(super) fn take_refusal(&mut self) -> String {
        self.refusal.take()
    }

    /// Takes the tool calls. Also takes signed fields, which the next request must send back in the
    /// assistant's message.
    pub(super) fn take_calls(&mut self) -> (Vec<ToolCall>, Vec<Value>) {
        let mut fields = Map::new();
        let details = self.details.take();
        fields.set(
            "reasoning_details",
            (!details.is_empty()).then_some(Value::Array(details)),
        );
        let content = self.reasoning_content.take();
        fields.set(
            "reasoning_content",
            (!content.is_empty()).then(|| content.into()),
        );
        fields.set("tool_calls", self.tool_calls.signed_value());
        self.signed_fields.move_into(&mut fields);
        let continuation = if fields.is_empty() {
            Vec::new()
        } else {
            vec![fields.into()]
        };
        (self.tool_calls.take(), continuation)
    }
}

/// Adds a piece to a text, and emits the part that is new.
fn add(text: &mut StreamedText, piece: Option<Json<'_>>, is_last: bool, on: &mut dyn FnMut(&str)) {
    let Some(piece) = piece else { return };
    let added = if is_last {
        text.add_last(piece)
    } else {
        text.add(piece)
    };
    if let Some(added) = added {
        on(&added);
    }
}

/// Adds the text of a message and returns the part that is new. Usually `whole` begins with the
/// earlier text. If it does not, and no delta has arrived, `whole` is the next piece.
fn complete<'a>(text: &mut StreamedText, whole: &'a str, has_deltas: bool) -> Option<&'a str> {
    if has_deltas || whole.is_empty() || whole.starts_with(text.as_str()) {
        return text.complete(whole);
    }
    text.push(whole);
    Some(whole)
}

/// Returns the text of `content`, if it has no escapes and the other fields are empty.
fn text_alone<'a>(content: Option<Json<'a>>, others: &[Option<Json<'_>>]) -> Option<&'a str> {
    let is_blank =
        |field: &Option<Json<'_>>| field.is_none_or(|field| matches!(field.raw(), "[]" | "\"\""));
    match content.filter(|_| others.iter().all(is_blank))?.str()? {
        Cow::Borrowed(text) => Some(text),
        Cow::Owned(_) => None,
    }
}

/// Returns the strings in a field with reasoning or a refusal.
fn texts_of(field: Option<Json<'_>>) -> impl Iterator<Item = Json<'_>> {
    strings_in(field, ["text", "thinking", "content"])
}

/// Returns the strings in a field. The field may be a string, an object that contains a string, or
/// an array of strings and objects. `names` are the fields of an object that may contain the
/// string.
fn strings_in<'a, const N: usize>(
    field: Option<Json<'a>>,
    names: [&'static str; N],
) -> impl Iterator<Item = Json<'a>> {
    let field = field.unwrap_or_default();
    let parts = std::iter::once(field).chain(field.items());
    parts.map(move |part| {
        if part.raw().starts_with('"') {
            return part;
        }
        let texts = part.fields(&names);
        texts.into_iter().flatten().next().unwrap_or_default()
    })
}

/// Joins JSON strings to one text.
fn joined<'a>(texts: impl Iterator<Item = Json<'a>>) -> Cow<'a, str> {
    let mut joined = Cow::Borrowed("");
    for text in texts.filter_map(Json::words) {
        if joined.is_empty() {
            joined = text;
        } else {
            joined.to_mut().push_str(&text);
        }
    }
    joined
}
