//! Collects one text of a response. Its pieces arrive in order. Some servers also send the whole
//! text with or after the pieces.
//!
//! In: JSON strings. Out: the text that each of them adds.

use std::borrow::Cow;

use crate::json::{Json, end_of_strings};
use crate::provider::dialect::types::StreamPart;

/// A model may write a shorter text twice, so it does not count as a repetition.
const MIN_REPEATED_BYTES: usize = 8;

/// The texts of one answer. Texts with a search or another block between them are separate.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Whether there is text.
    pub has_text: bool,
    /// Whether something else followed the last text.
    pub is_interrupted: bool,
    ends_line: bool,
}

impl Texts {
    /// Emits text. Emits a blank line first if other content separates it from the last text.
    pub(super) fn emit(&mut self, text: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
        if text.is_empty() {
            return;
        }
        let is_apart = self.has_text && self.is_interrupted;
        if is_apart && !self.ends_line && !text.starts_with('\n') {
            on(StreamPart::Text("\n\n"));
        }
        on(StreamPart::Text(text));
        (self.has_text, self.is_interrupted) = (true, false);
        self.ends_line = text.as_bytes().last() == Some(&b'\n');
    }
}

/// A text whose pieces are still arriving.
#[derive(Debug, Default)]
pub(super) struct StreamedText {
    text: String,
    /// The high surrogate at the end of the last piece.
    high: Option<u16>,
    pieces: usize,
}

impl StreamedText {
    /// Returns the text so far.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Adds a piece and returns its text. Returns `None` if it is empty or not a string.
    pub(super) fn add<'a>(&mut self, piece: Json<'a>) -> Option<Cow<'a, str>> {
        let text = piece
            .continue_str(&mut self.high)
            .filter(|text| !text.is_empty())?;
        self.text.push_str(&text);
        self.pieces += 1;
        Some(text)
    }

    /// Adds the last piece. Returns `None` if it repeats the whole text, as some servers do.
    pub(super) fn add_last<'a>(&mut self, piece: Json<'a>) -> Option<Cow<'a, str>> {
        let is_long = self.pieces > 1 && self.text.len() >= MIN_REPEATED_BYTES;
        if is_long && self.high.is_none() && piece.str().is_some_and(|text| text == self.text) {
            return None;
        }
        self.add(piece)
    }

    /// Adds a whole text and returns the part that the pieces lack. Returns the whole text if there
    /// are no pieces, and nothing if the text differs from them.
    pub(super) fn complete<'a>(&mut self, whole: &'a str) -> Option<&'a str> {
        let missing = whole
            .strip_prefix(self.text.as_str())
            .filter(|missing| !missing.is_empty())?;
        self.text.push_str(missing);
        self.high = None;
        Some(missing)
    }

    /// Adds text that the decoder made.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Ends the text and returns its last character, if only half of it was received.
    pub(super) fn end(&mut self) -> &'static str {
        let rest = end_of_strings(&mut self.high);
        self.text.push_str(rest);
        rest
    }

    /// Takes the text.
    pub(super) fn take(&mut self) -> String {
        self.end();
        std::mem::take(&mut self.text)
    }
}
