//! Reads the response object. The last event of a stream contains this object. If a server ignores
//! `stream`, its response consists only of this object.

use std::borrow::Cow;

use crate::json::Json;
use crate::provider::dialect::fields;
use crate::provider::dialect::responses::decode::Decoder;
use crate::provider::dialect::responses::item::Item;
use crate::provider::dialect::responses::items::MAX_ITEMS;
use crate::provider::dialect::types::StreamPart;

impl Decoder {
    /// Reads the response's id and model. If one of them was missing until now, emits both.
    pub(super) fn read_metadata(&mut self, response: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let [id, model] = response
            .fields(&["id", "model"])
            .map(|name| name.and_then(Json::words));
        let is_new =
            (id.is_some() && !self.has_metadata.0) || (model.is_some() && !self.has_metadata.1);
        self.has_metadata = (
            self.has_metadata.0 || id.is_some(),
            self.has_metadata.1 || model.is_some(),
        );
        if is_new {
            on(StreamPart::Metadata {
                id: id.as_deref(),
                model: model.as_deref(),
            });
        }
    }

    /// Reads the final response. Includes content for which no deltas arrived.
    pub(super) fn read_final_response(
        &mut self,
        kind: &str,
        response: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        self.is_done = true;
        self.read_metadata(response, on);
        let [output, text, usage, status, error] =
            response.fields(&["output", "output_text", "usage", "status", "error"]);
        if let Some(usage) = usage {
            self.read_usage(usage);
        }
        self.read_output(output.unwrap_or_default(), on);
        self.sources.read(response, on);
        let is_text = |item: &Item| item.kind == "message" && item.seen_text != 0;
        let has_text = self.items.iter().any(is_text);
        if let Some(text) = text.and_then(Json::words).filter(|_| !has_text) {
            on(StreamPart::Text(&text));
        }
        let status = status.and_then(Json::words).unwrap_or(Cow::Borrowed(
            kind.strip_prefix("response.").unwrap_or(kind),
        ));
        if error.is_some_and(|error| !fields::is_placeholder(error))
            || kind == "response.failed"
            || matches!(&*status, "failed" | "cancelled")
        {
            return self.read_error(response);
        }
        self.read_finish_reason(&status, response);
    }

    /// Reads those items of the final response for which no deltas arrived.
    fn read_output(&mut self, output: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let streamed = self.items.len();
        for json in output.items().take(MAX_ITEMS) {
            if let Some(at) = self.items.find_open(json, streamed) {
                self.read_item(at, json, false, on);
            }
        }
    }

    /// Reads the status of the response, and converts it to a finish reason of Chat Completions.
    fn read_finish_reason(&mut self, status: &str, response: Json<'_>) {
        let details = response.get("incomplete_details");
        let reason = match status {
            // The response continues in the background. This stream does not contain the rest.
            "in_progress" | "queued" => return,
            "incomplete" => match details.and_then(|details| details.get("reason")?.words()) {
                Some(reason) if reason != "max_output_tokens" => reason,
                _ => "length".into(),
            },
            _ if self.items.iter().any(Item::is_tool_call) => "tool_calls".into(),
            _ => "stop".into(),
        };
        self.outcome.is_complete = true;
        self.outcome.finish_reason = Some(reason.into_owned());
    }
}
