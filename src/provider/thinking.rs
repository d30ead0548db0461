//! Finds the model's thinking in the text of an answer. Some servers leave it there, between tags.
//!
//! In: the parts of one response. Out: the same parts, but [`StreamPart::Thinking`] for the
//! thinking.
//!
//! If the text begins with an opening tag, the thinking ends at the closing tag. Later tags are
//! ordinary text.
//!
//! Some templates remove the opening tag. If a `</think>` has no opening tag, the text before this
//! tag is withdrawn ([`StreamPart::Withdrawn`]). A tag in quotes or in a code block is ordinary
//! text.
//!
//! A tag may be split over any number of deltas. Text that may be the beginning of a tag is
//! therefore held back.

use memchr::memmem;

use crate::provider::dialect::StreamPart;

/// Maximum number of bytes of text that are held back. The number is limited, because held white
/// space is read again with each delta.
const MAX_HELD_BYTES: usize = 256;

/// The tags in which models and servers write their thinking. Sources: the chat templates of
/// DeepSeek, Qwen, MiniMax, Mistral (`[THINK]`), Seed-OSS, Kimi-VL (`◁think▷`) and Nova
/// (`<thinking>`), and Google's compatible endpoint (`<thought>`).
const TAGS: [[&str; 2]; 6] = [
    ["<think>", "</think>"],
    ["<thinking>", "</thinking>"],
    ["<thought>", "</thought>"],
    ["[THINK]", "[/THINK]"],
    ["<seed:think>", "</seed:think>"],
    ["◁think▷", "◁/think▷"],
];
/// The only closing tag that is recognised without an opening tag, because some templates remove
/// its opening tag.
const LONE: &str = "</think>";
/// The opening tag of [`LONE`]. If this opening tag occurs in the middle of a text, both tags are
/// ordinary text.
const OPENING: &str = "<think>";
/// The line before and after a block of code.
const FENCE: &str = "```";

/// What the filter expects next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// White space at the start of the answer, and then a tag or text.
    #[default]
    Start,
    /// White space after an opening tag, before the thinking. The value is the matching closing
    /// tag.
    Opened(&'static str),
    /// More thinking, or its end. The value is the matching closing tag.
    Inside(&'static str),
    /// White space after a closing tag, before the answer.
    Closed,
    /// Text that is searched for tags, because it may turn out to be thinking.
    Text,
    /// Text that is no longer searched for tags.
    Plain,
}

/// Finds the thinking in the parts of one response.
#[derive(Debug, Default)]
pub(super) struct ThinkingFilter {
    state: State,
    /// Text that was received but not emitted yet.
    held: String,
    /// Number of bytes of text that were passed on in the state [`State::Text`].
    text_bytes: usize,
    /// The last emitted character.
    last: Option<char>,
    /// Whether the text is inside a block of code.
    is_code: bool,
    /// Whether a [`LONE`] tag was found and no text has followed it yet.
    is_closed_alone: bool,
}

impl ThinkingFilter {
    /// Returns the size of the text that is held back, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        self.held.len()
    }

    /// Passes a part to `on`. Holds back text that may be the beginning of a tag.
    pub(super) fn filter(&mut self, part: StreamPart<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let StreamPart::Text(delta) = part else {
            return on(part);
        };
        match self.state {
            State::Plain => on(part),
            // Most deltas contain no tag.
            State::Text if self.held.is_empty() && special_at(delta).is_none() => {
                self.emit(delta, on)
            }
            _ if self.held.is_empty() => self.read(delta, false, on),
            _ => {
                let mut text = std::mem::take(&mut self.held);
                text.push_str(delta);
                self.read(&text, false, on);
            }
        }
    }

    /// Emits the text that was held back. Must be called after the last part.
    pub(super) fn finish(&mut self, on: &mut dyn FnMut(StreamPart<'_>)) {
        let held = std::mem::take(&mut self.held);
        self.read(&held, true, on);
        if std::mem::take(&mut self.is_closed_alone) {
            self.withdraw(on);
        }
    }

    /// Reads text. If this is not the last text, holds back the beginning of a possible tag.
    fn read(&mut self, mut text: &str, is_last: bool, on: &mut dyn FnMut(StreamPart<'_>)) {
        while !text.is_empty() {
            let rest = match self.state {
                State::Start => self.read_start(text, is_last),
                State::Opened(close) => {
                    let rest = text.trim_start();
                    if !rest.is_empty() {
                        self.state = State::Inside(close);
                    }
                    Some(rest)
                }
                State::Inside(close) => self.read_inside(text, close, is_last, on),
                State::Closed => self.read_closed(text, on),
                State::Text => self.read_text(text, is_last, on),
                State::Plain => {
                    on(StreamPart::Text(text));
                    Some("")
                }
            };
            match rest {
                Some(rest) => text = rest,
                None => return self.held.push_str(text),
            }
        }
    }

    /// Reads the beginning of the answer. Returns the text that was not read. If the text may be
    /// the beginning of a tag, returns `None`, so that the caller holds the text back.
    fn read_start<'a>(&mut self, text: &'a str, is_last: bool) -> Option<&'a str> {
        let begin = text.trim_start();
        for [open, close] in TAGS {
            if let Some(rest) = begin.strip_prefix(open) {
                self.state = State::Opened(close);
                return Some(rest);
            }
        }
        // If the server sent the thinking in its own field, the text may begin with the closing
        // tag.
        if let Some(rest) = begin.strip_prefix(LONE) {
            self.state = State::Closed;
            return Some(rest);
        }
        let may_follow = |tag: &str| tag.starts_with(begin);
        let may_be_tag = may_follow(LONE) || TAGS.iter().any(|[open, _]| may_follow(open));
        if may_be_tag && !is_last && text.len() <= MAX_HELD_BYTES {
            return None;
        }
        self.state = State::Text;
        Some(text)
    }

    /// Reads thinking up to its closing tag, and returns the rest.
    fn read_inside<'a>(
        &mut self,
        text: &'a str,
        close: &'static str,
        is_last: bool,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> Option<&'a str> {
        let found = memmem::find(text.as_bytes(), close.as_bytes());
        let held = if is_last { 0 } else { overlap(text, close) };
        let (thinking, rest) = text.split_at_checked(found.unwrap_or(text.len() - held))?;
        if !thinking.is_empty() {
            on(StreamPart::Thinking(thinking));
        }
        if found.is_none() {
            self.held.push_str(rest);
            return Some("");
        }
        self.state = State::Closed;
        rest.strip_prefix(close)
    }

    /// Drops white space after a closing tag. If text follows a [`LONE`] tag, withdraws the text
    /// before this tag.
    fn read_closed<'a>(
        &mut self,
        text: &'a str,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> Option<&'a str> {
        let rest = text.trim_start();
        if !rest.is_empty() {
            self.state = State::Plain;
            if std::mem::take(&mut self.is_closed_alone) {
                self.withdraw(on);
            }
        }
        Some(rest)
    }

    /// Reads text up to the next tag, and returns the rest. Emits at most one part, because a run
    /// with `max_cost` counts each part as a token.
    fn read_text<'a>(
        &mut self,
        text: &'a str,
        is_last: bool,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> Option<&'a str> {
        let mut at = 0;
        while let Some(found) = special_at(text.get(at..)?) {
            at += found;
            let (before, rest) = text.split_at_checked(at)?;
            if let Some(after) = rest.strip_prefix(LONE) {
                let is_quoted = is_quote(before.chars().next_back().or(self.last));
                let next = after.chars().next();
                if !self.is_code && is_quoted && next.is_none() && !is_last {
                    return self.hold(before, rest, on);
                }
                let is_text = self.is_code || (is_quoted && is_quote(next));
                if !is_text {
                    (self.state, self.is_closed_alone) = (State::Closed, true);
                    self.emit(before, on);
                    return Some(after);
                }
                at += LONE.len();
            } else if rest.starts_with(OPENING) {
                self.state = State::Plain;
                break;
            } else if rest.starts_with(FENCE) {
                self.is_code = !self.is_code;
                at += FENCE.len();
            } else if !is_last
                && [LONE, OPENING, FENCE]
                    .iter()
                    .any(|tag| tag.starts_with(rest))
            {
                return self.hold(before, rest, on);
            } else {
                at += 1;
            }
        }
        self.emit(text, on);
        Some("")
    }

    /// Emits the text before a possible tag. Holds back the rest.
    fn hold(
        &mut self,
        before: &str,
        rest: &str,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) -> Option<&'static str> {
        self.emit(before, on);
        self.held.push_str(rest);
        Some("")
    }

    /// Emits text that may later turn out to be thinking.
    fn emit(&mut self, text: &str, on: &mut dyn FnMut(StreamPart<'_>)) {
        if let Some(last) = text.chars().next_back() {
            self.text_bytes += text.len();
            self.last = Some(last);
            on(StreamPart::Text(text));
        }
    }

    /// Withdraws the text that was emitted so far.
    fn withdraw(&mut self, on: &mut dyn FnMut(StreamPart<'_>)) {
        let bytes = std::mem::take(&mut self.text_bytes);
        if bytes > 0 {
            on(StreamPart::Withdrawn { bytes });
        }
    }
}

/// Returns the position of the first character that may begin a tag or the border of a code block.
fn special_at(text: &str) -> Option<usize> {
    // Most deltas are short. For these, memchr would not be faster.
    text.bytes().position(|byte| matches!(byte, b'<' | b'`'))
}

/// Returns whether a character quotes a tag.
fn is_quote(char: Option<char>) -> bool {
    char.is_some_and(|char| matches!(char, '`' | '"' | '\'' | '“' | '”' | '‘' | '’' | '«' | '»'))
}

/// Returns the length in bytes of the longest beginning of `tag` with which `text` ends.
fn overlap(text: &str, tag: &str) -> usize {
    (1..tag.len())
        .rev()
        .find(|length| {
            tag.get(..*length)
                .is_some_and(|beginning| text.ends_with(beginning))
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
