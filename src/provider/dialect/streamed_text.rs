//! Collects one text of a response. The pieces of the text arrive in order. Some servers also send
//! the whole text, in place of the last piece or after it.
//!
//! In: JSON strings. Out: the text that each string adds.

use std::borrow::Cow;

use crate::json::{Json, end_of_strings};
use crate::provider::dialect::types::StreamPart;

/// Minimum length of a last piece that is taken for a repetition of the whole text. A model may
/// write a shorter text twice.
const MIN_REPEATED_BYTES: usize = 8;

/// The texts of one answer. Other blocks, such as searches, may stand between two texts.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Whether the answer has any text.
    pub has_text: bool,
    /// Whether another block followed the last text.
    pub is_interrupted: bool,
    ends_line: bool,
}

impl Texts {
    /// Emits text. If another block separates this text from the last text, emits a blank line
    /// first.
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
    /// The high surrogate at the end of the last piece, if its low surrogate has not arrived yet.
    high: Option<u16>,
    pieces: usize,
}

impl StreamedText {
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Adds a piece and returns its text. If the piece is empty or not a string, returns `None`.
    pub(super) fn add<'a>(&mut self, piece: Json<'a>) -> Option<Cow<'a, str>> {
        let text = piece
            .continue_str(&mut self.high)
            .filter(|text| !text.is_empty())?;
        self.text.push_str(&text);
        self.pieces += 1;
        Some(text)
    }

    /// Adds the last piece and returns its text. Some servers repeat the whole text in the last
    /// piece. In this case, returns `None`.
    pub(super) fn add_last<'a>(&mut self, piece: Json<'a>) -> Option<Cow<'a, str>> {
        let is_long = self.pieces > 1 && self.text.len() >= MIN_REPEATED_BYTES;
        if is_long && self.high.is_none() && piece.str().is_some_and(|text| text == self.text) {
            return None;
        }
        self.add(piece)
    }

    /// Compares the text so far with the whole text. Adds and returns the end that is missing. If
    /// the whole text does not begin with the text so far, returns `None`.
    pub(super) fn complete<'a>(&mut self, whole: &'a str) -> Option<&'a str> {
        let missing = whole
            .strip_prefix(self.text.as_str())
            .filter(|missing| !missing.is_empty())?;
        self.text.push_str(missing);
        self.high = None;
        Some(missing)
    }

    /// Appends text whose escapes are already decoded.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Ends the text. If only half of the last character was received, returns U+FFFD.
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
