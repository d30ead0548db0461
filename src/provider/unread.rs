//! Stores the text of a response that is not part of the answer.
//!
//! In: events that contain no part of the answer, and lines that are not part of an event stream.
//! Out: the error that these events and lines report.
//!
//! Servers and proxies report failures in many forms, even with status 200 and in the middle of a
//! stream.

use crate::error::Error;
use crate::json::Value;
use crate::provider::error_mapping;

/// Maximum number of bytes of stored text.
const MAX_BYTES: usize = 64 * 1024;

/// The text of a response that is not part of the answer.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    /// The stored lines, which are not part of an event stream.
    lines: String,
    /// The error in an event that has a message but does not clearly report an error. The boolean
    /// is true if the event was JSON.
    notice: Option<(Error, bool)>,
    /// The error in an event that clearly reports an error.
    failure: Option<Error>,
}

impl Unread {
    /// Reads an event in which the decoder found no part of the answer.
    pub(super) fn read_event(&mut self, event: &str, data: &str) {
        let data = data.trim();
        if data.is_empty() || data == "[DONE]" || self.failure.is_some() {
            return;
        }
        let is_json = data.starts_with(['{', '[']);
        if event == "error" {
            let body = data.parse().unwrap_or_else(|()| Value::from(data));
            self.failure = Some(error_mapping::from_stream(&body));
        } else if is_json {
            match error_mapping::from_other_document(data) {
                Some((error, true)) => self.failure = Some(error),
                Some((error, false)) => self.notice = Some((error, true)),
                None => {}
            }
        } else if self.notice.is_none() {
            self.notice = error_mapping::from_words(data);
        }
    }

    /// Stores a line that is not part of an event stream.
    pub(super) fn read_line(&mut self, line: &str) {
        if self.lines.len() + line.len() < MAX_BYTES {
            self.lines.push_str(line);
            self.lines.push('\n');
        }
    }

    /// Returns whether an event has clearly reported an error. Such an event ends the response.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Takes the error of the event that clearly reported an error.
    pub(super) fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    /// Takes the error in `notice`. If there is none, returns the error in the stored lines. The
    /// boolean is true if the text was JSON.
    pub(super) fn take_words(&mut self) -> Option<(Error, bool)> {
        let notice = self.notice.take();
        notice.or_else(|| error_mapping::from_words(&self.lines))
    }
}
