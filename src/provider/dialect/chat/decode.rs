//! Decodes a response of Chat Completions.
//!
//! In: the chunks of a stream. Out: stream parts, and the outcome of the call.
//!
//! A chunk has `id`, `model`, `choices`, `usage` and `error`. The first choice has `delta`,
//! `finish_reason` and `error`. The module `answer` reads the delta.

use std::mem::take;

use crate::json::{Json, Value};
use crate::provider::chunk_template::ChunkTemplate;
use crate::provider::dialect::chat::answer::Answer;
use crate::provider::dialect::fields;
use crate::provider::dialect::finish_reason;
use crate::provider::dialect::sources::{self, Sources};
use crate::provider::dialect::types::{CallOutcome, StreamPart};
use crate::provider::error_mapping;

/// Whether the answer has ended, according to the last chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum End {
    /// The answer continues.
    #[default]
    Open,
    /// Usage was received after the last piece of the answer, and no piece contained usage.
    Usage,
    /// A finish reason was received after the last piece of the answer.
    FinishReason,
}

/// The fields of a choice.
#[derive(Clone, Copy, Debug)]
struct Choice<'a> {
    index: u64,
    delta: Option<Json<'a>>,
    /// A whole message, which servers send if they ignore `stream`.
    message: Option<Json<'a>>,
    finish_reason: Option<Json<'a>>,
    error: Option<Json<'a>>,
    usage: Option<Json<'a>>,
    source_lists: [Option<Json<'a>>; sources::NAMES.len()],
}

impl<'a> Choice<'a> {
    fn new(choice: Json<'a>) -> Self {
        let names = [
            "index",
            "delta",
            "message",
            "finish_reason",
            "finishReason",
            "error",
            "usage",
        ];
        let (found, source_lists) = choice.fields_and(&names, &sources::NAMES);
        let [
            index,
            delta,
            message,
            reason,
            camel_case_reason,
            error,
            usage,
        ] = found;
        Self {
            index: index.and_then(Json::as_u64).unwrap_or(0),
            delta,
            message,
            finish_reason: reason.or(camel_case_reason),
            error: error.filter(|error| !fields::is_placeholder(*error)),
            usage,
            source_lists,
        }
    }
}

/// Decodes one response.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    outcome: CallOutcome,
    answer: Answer,
    sources: Sources,
    has_metadata: bool,
    /// Whether a chunk had a choice with index 0.
    has_first_choice: bool,
    is_done: bool,
    end: End,
    /// Whether the chunk with the first piece of the answer had a finish reason.
    has_early_reason: bool,
    /// Whether a chunk with a piece of the answer had usage.
    has_running_usage: bool,
    /// Whether usage was reported after the last part of the answer.
    has_final_usage: bool,
    /// The template of the last chunk. If this chunk contained anything except text, `None`.
    template: Option<ChunkTemplate>,
}

impl Decoder {
    /// Decodes events at the beginning of `bytes`, as long as they match the template of the last
    /// chunk. Returns their length in bytes.
    pub(crate) fn try_fast_path(
        &mut self,
        bytes: &[u8],
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> usize {
        let mut read = 0;
        while let Some((text, length)) = self
            .template
            .as_ref()
            .and_then(|template| template.match_next(bytes.get(read..)?))
        {
            self.answer.read_plain_text(text, on);
            read += length;
        }
        read
    }

    /// Decodes one event, which contains one chunk.
    pub(crate) fn read(&mut self, event: &str, data: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
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
            if event == "error" && !data.trim().is_empty() {
                self.read_error(&data.into());
            }
            return;
        };
        let names = ["id", "model", "choices", "usage", "x_groq", "error"];
        let ([id, model, choices, usage, groq, error], source_lists) =
            chunk.fields_and(&names, &sources::NAMES);
        fields::read_metadata([id, model], &mut self.has_metadata, on);
        let choice = self.first_choice(choices.unwrap_or_default());
        // Read usage first. A chunk with an error may contain usage, and the caller pays for these
        // tokens.
        let usages = [
            usage,
            groq.and_then(|groq| groq.get("usage")),
            choice.and_then(|choice| choice.usage),
        ];
        let has_usage = usages
            .into_iter()
            .flatten()
            .any(|usage| self.read_usage(usage));
        self.sources.read_fields(source_lists, on);
        let error = error.filter(|error| !fields::is_placeholder(*error));
        if let Some(error) = error {
            self.has_final_usage &= has_usage || self.end == End::FinishReason;
            self.read_error(&fields::value_of(error));
        }
        match choice {
            Some(choice) => self.read_choice(choice, data, has_usage, on),
            None if event == "error" => self.read_error(&fields::value_of(chunk)),
            None => {
                if has_usage && !self.has_running_usage && self.end == End::Open {
                    self.end = End::Usage;
                }
            }
        }
    }

    /// Returns the first choice of a chunk. The server TGI 1.4 counts chunks in the field `index`,
    /// from 1. Therefore accepts a choice with any index until a choice with index 0 arrives.
    fn first_choice<'a>(&mut self, choices: Json<'a>) -> Option<Choice<'a>> {
        let mut all = choices.items().map(Choice::new);
        let first = all.find(|choice| choice.index == 0);
        self.has_first_choice |= first.is_some();
        let is_alone = !self.has_first_choice;
        first.or_else(|| choices.items().next().filter(|_| is_alone).map(Choice::new))
    }

    /// Reads a choice. `data` is the chunk of the choice. `has_usage` is true if this chunk
    /// contains usage.
    fn read_choice(
        &mut self,
        choice: Choice<'_>,
        data: &str,
        has_usage: bool,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let Choice {
            delta,
            message,
            finish_reason,
            error,
            ..
        } = choice;
        let is_last = finish_reason.is_some_and(fields::is_finish_reason);
        let before = self.answer.bytes();
        self.sources.read_fields(choice.source_lists, on);
        for part in [delta, message].into_iter().flatten() {
            self.sources.read(part, on);
        }
        let plain_text = self.answer.read([delta, message], is_last, on);
        if self.answer.bytes() > before {
            self.has_early_reason |= is_last && before == 0;
            self.end = End::Open;
            self.has_running_usage |= has_usage;
        } else if has_usage && !self.has_running_usage && self.end == End::Open {
            self.end = End::Usage;
        }
        self.has_final_usage &= has_usage || is_last || self.end == End::FinishReason;
        let is_plain = !has_usage
            && message.is_none()
            && finish_reason.is_none()
            && error.is_none()
            && self.end == End::Open
            && !self.is_done;
        self.template = plain_text
            .filter(|_| is_plain)
            .and_then(|text| ChunkTemplate::new(text, data));
        if let Some(error) = error {
            self.read_error(&fields::value_of(error));
        }
        if is_last {
            self.read_finish_reason(finish_reason);
        }
    }

    /// Reads the tokens and the cost. Returns whether the chunk contains tokens or a cost.
    fn read_usage(&mut self, usage: Json<'_>) -> bool {
        let is_final = self.has_final_usage;
        let has_usage = fields::read_usage(usage, &mut self.outcome.usage, is_final);
        if has_usage {
            (self.has_final_usage, self.template) = (true, None);
        }
        has_usage
    }

    /// Reads the finish reason. Usage may still follow. If a server sends a finish reason with each
    /// chunk, more of the answer may follow too.
    fn read_finish_reason(&mut self, finish_reason: Option<Json<'_>>) {
        if let Some(reason) = finish_reason.and_then(Json::words) {
            self.end = End::FinishReason;
            self.outcome.finish_reason = Some(reason.into_owned());
        }
    }

    /// Ends the response with an error. If several errors arrive, the first error counts.
    fn read_error(&mut self, error: &Value) {
        (self.is_done, self.template) = (true, None);
        self.outcome
            .error
            .get_or_insert_with(|| error_mapping::from_stream(error));
    }

    /// Returns the size of the buffered data, in bytes.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.answer.buffered_bytes()
    }

    /// Returns the size of all output of the model, in bytes.
    pub(crate) fn written_bytes(&self) -> usize {
        self.answer.written_bytes()
    }

    /// Returns whether the answer appears to be complete. Ignores a finish reason that arrived
    /// before the answer. If the server sends a finish reason with each piece, ignores all finish
    /// reasons.
    pub(crate) fn is_complete(&self) -> bool {
        let reason = self.outcome.finish_reason.as_deref();
        let is_filtered = reason.is_some_and(finish_reason::is_filtered);
        let has_answer = self.answer.has_answer() || is_filtered;
        let has_ended = self.end == End::FinishReason && has_answer && !self.has_early_reason;
        self.outcome.is_complete || has_ended
    }

    /// Returns whether `[DONE]` or an error was received. A finish reason does not end the stream,
    /// because usage follows it.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Ends decoding and returns the outcome.
    pub(crate) fn finish(&mut self, on: &mut dyn FnMut(StreamPart<'_>)) -> CallOutcome {
        self.answer.finish(on);
        self.outcome.is_complete |= match self.end {
            End::Open => false,
            End::Usage => self.answer.has_answer() && self.answer.has_complete_calls(),
            End::FinishReason => true,
        };
        (self.outcome.calls, self.outcome.continuation) = self.answer.take_calls();
        self.outcome.refusal = self.answer.take_refusal();
        // Some servers report usage with every chunk. Only the last report is final.
        if !self.has_final_usage || !(self.outcome.is_complete || self.outcome.error.is_some()) {
            self.outcome.usage = self.outcome.usage.before_the_end();
        }
        take(&mut self.outcome)
    }
}
