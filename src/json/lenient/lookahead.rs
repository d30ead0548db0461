//! Examines the text after a place. These methods do not move the parser.

use super::words::is_of_word;
use super::{NEAR, Parser, work};

/// A quotation mark of any kind.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Mark {
    /// The length in bytes.
    pub(super) length: usize,
    pub(super) is_double: bool,
    /// Whether the mark is `"` or `'`.
    pub(super) is_plain: bool,
}

impl Mark {
    /// Returns whether the mark is `"`, which JSON uses for strings.
    pub(super) const fn is_json(self) -> bool {
        self.is_plain && self.is_double
    }
}

/// Unusual space characters that models copy from web pages.
const SPACES: [&[u8]; 8] = [
    "\u{a0}".as_bytes(),
    "\u{feff}".as_bytes(),
    "\u{180e}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{202f}".as_bytes(),
    "\u{205f}".as_bytes(),
    "\u{2060}".as_bytes(),
    "\u{3000}".as_bytes(),
];

impl Parser<'_> {
    pub(super) fn quote_at(&self, at: usize) -> Option<Mark> {
        let (length, is_double) = match (self.byte(at)?, self.byte(at + 1), self.byte(at + 2)) {
            (b'"', ..) => (1, true),
            (b'\'' | b'`', ..) => (1, false),
            (0xC2, Some(0xB4), _) => (2, false),
            (0xC2, Some(0xAB | 0xBB), _) => (2, true),
            (0xE2, Some(0x80), Some(0x98..=0x9B)) => (3, false),
            (0xE2, Some(0x80), Some(0x9C..=0x9F)) | (0xEF, Some(0xBC), Some(0x82)) => (3, true),
            _ => return None,
        };
        let is_plain = self.byte(at) != Some(b'`') && length == 1;
        Some(Mark {
            length,
            is_double,
            is_plain,
        })
    }

    /// Returns the quotation mark at `at` if it may close a string that begins with `open`.
    pub(super) fn closer_at(&self, open: Mark, at: usize) -> Option<Mark> {
        let mark = self.quote_at(at)?;
        let is_same = mark.is_double == open.is_double;
        (is_same && (mark.is_plain || !open.is_plain)).then_some(mark)
    }

    /// If a comment, an unusual space or an escape begins at `at`, returns the offset after it.
    /// Otherwise returns `at`. Called only between two tokens.
    pub(super) fn comment_end(&self, at: usize) -> usize {
        let line_end = || {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            work::count(length);
            at + length
        };
        match (self.byte(at), self.byte(at + 1)) {
            (Some(b'/'), Some(b'/')) | (Some(b'#'), _) => line_end(),
            (Some(b'/'), Some(b'*')) => {
                let rest = self.bytes.get(at + 2..).unwrap_or_default();
                let end = memchr::memmem::find(rest, b"*/");
                work::count(end.unwrap_or(rest.len()));
                end.map_or(self.bytes.len(), |end| at + end + 4)
            }
            (Some(b'\\'), Some(b'n' | b'r' | b't')) => at + 2,
            // Models copy backslashes before brackets and underscores from Markdown.
            (Some(b'\\'), Some(_)) => at + 1,
            (Some(0xC2..), _) => {
                let is_quad =
                    self.has(at, b"\xE2\x80") && self.byte(at + 2).is_some_and(|last| last <= 0x8A);
                let space = SPACES.iter().find(|space| self.has(at, space));
                at + space.map_or(if is_quad { 3 } else { 0 }, |space| space.len())
            }
            _ => at,
        }
    }

    /// Returns the offset of the first character from `at` on that is not white space. Comments
    /// count as white space.
    pub(super) fn past_space(&self, mut at: usize) -> usize {
        loop {
            while self.byte(at).is_some_and(|byte| byte.is_ascii_whitespace()) {
                at += 1;
            }
            let end = match self.byte(at) {
                Some(0xC2..) => self.comment_end(at),
                _ => at,
            };
            if end == at {
                return at;
            }
            at = end;
        }
    }

    /// Returns the offset of the first character from `at` on that is neither white space nor a
    /// comma. Comments count as white space.
    pub(super) fn past_commas(&self, mut at: usize) -> usize {
        loop {
            at = self.past_space(at);
            if !matches!(self.byte(at), Some(b',' | b';')) {
                return at;
            }
            at += 1;
        }
    }

    pub(super) fn is_comment(&self, at: usize) -> bool {
        self.has(at, b"//") || self.has(at, b"/*")
    }

    pub(super) fn is_ellipsis(&self, at: usize) -> bool {
        self.has(at, b"..") || self.has(at, "…".as_bytes())
    }

    /// Returns whether a field's name and its colon begin at `at`. Returns true for a name that is
    /// longer than [`NEAR`], because valid JSON may have such names.
    pub(super) fn is_key(&self, at: usize) -> bool {
        let Some(open) = self.quote_at(at) else {
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_$-".contains(&byte);
            let rest = self.bytes.get(at..).unwrap_or_default();
            let length = rest
                .iter()
                .take(NEAR)
                .take_while(|byte| is_name(**byte))
                .count();
            // In `b":"x"`, the quote before the name is missing.
            let has_quote = self.has(at + length, b"\":");
            let colon = self.past_space(at + length + usize::from(has_quote));
            return length > 0 && self.byte(colon) == Some(b':') && !self.has(colon, b"://");
        };
        let mut end = at + open.length;
        while end < at + NEAR {
            match self.byte(end) {
                None | Some(b'\n') => return false,
                Some(b'\\') => end += 2,
                Some(_) => match self.closer_at(open, end) {
                    Some(mark) => {
                        let colon = self.past_space(end + mark.length);
                        return matches!(self.byte(colon), Some(b':' | b'='));
                    }
                    None => end += 1,
                },
            }
        }
        true
    }

    /// Returns whether JSON may continue at `at`, the offset after a closing bracket.
    pub(super) fn is_after_bracket(&self, at: usize) -> bool {
        let next = self.past_space(at);
        work::count(next - at);
        let has_line_break = self
            .bytes
            .get(at..next)
            .is_some_and(|space| space.contains(&b'\n'));
        has_line_break
            || match self.byte(next) {
                None => true,
                Some(byte) => b",}])];`{[/#<\\".contains(&byte) || self.is_key(next),
            }
    }

    /// Returns whether a value may begin at `at`: a bracket, a quote, a number or a literal.
    pub(super) fn is_value(&self, at: usize) -> bool {
        self.quote_at(at).is_some()
            || matches!(self.byte(at), Some(b'{' | b'[' | b'-' | b'0'..=b'9'))
            || self.is_literal(at)
    }

    /// Returns whether a literal begins at `at`: `true`, `false`, `null`, or Python's spelling of
    /// one of them.
    pub(super) fn is_literal(&self, at: usize) -> bool {
        let words: [&[u8]; 6] = [b"true", b"True", b"false", b"False", b"null", b"None"];
        words
            .iter()
            .any(|word| self.has(at, word) && !self.byte(at + word.len()).is_some_and(is_of_word))
    }

    /// Returns the end of the text before `at`, without its trailing white space.
    pub(super) fn before_space(&self, mut at: usize) -> usize {
        while at > 0
            && self
                .byte(at - 1)
                .is_some_and(|byte| byte.is_ascii_whitespace())
        {
            at -= 1;
        }
        at
    }
}
