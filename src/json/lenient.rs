//! Reads JSON as models write it.
//!
//! In: text with unquoted keys, comments, unescaped quotes, missing commas, Python's `None`, or a
//! truncated end. Out: a [`Value`]. All other rules are those of [RFC
//! 8259](https://www.rfc-editor.org/rfc/rfc8259).
//!
//! The strict reader uses the same parser, but fails where the lenient reader would make its first
//! repair.
//!
//! The reader looks ahead at most [`NEAR`] bytes, not counting white space. Therefore its time
//! grows linearly with the length of the text.

mod containers;
mod ends;
mod lookahead;
mod quotes;
mod search;
mod words;
mod work;

use std::str::FromStr;

use super::reader::unescape;
use super::value::{Map, Value};

pub(crate) use search::last;
pub(crate) use words::{is_of_word, word};

/// Maximum depth of nesting in the lenient reader. No known analysis is nested as deeply. At this
/// depth, the parser's recursion fits into the stack of every runtime.
pub(crate) const MAX_DEPTH: u32 = 32;

/// Maximum depth of nesting in the strict reader. serde_json has the same limit.
const MAX_STRICT_DEPTH: u32 = 127;

/// Maximum number of values that the lenient reader keeps. The limit bounds the memory, because a
/// value of two bytes in the text, such as `1,`, takes 50 bytes in memory.
const MAX_VALUES: usize = 20_000;

/// Maximum number of bytes that are read ahead to decide what a quote or a comma means.
pub(crate) const NEAR: usize = 80;

/// An object found in a text.
pub(crate) struct Object {
    /// The fields of the object.
    pub members: Map,
    /// The length in bytes.
    pub length: usize,
    /// Whether the text ended inside the object.
    pub cut: bool,
    /// Whether the object contains a name without a value.
    has_stray: bool,
    /// The strings that contain `{`. The module `search` skips the strings in [`Strings::whole`].
    strings: Strings,
}

/// The strings that contain `{`, in one object.
#[derive(Default)]
struct Strings {
    /// Positions of strings in double quotes that contain no other quote. No object begins inside
    /// such a string.
    whole: Vec<(usize, usize)>,
    /// Whether any string contains `{` and has an uncertain end.
    doubtful: bool,
}

/// The result if a text is not an object.
#[derive(Default)]
pub(crate) struct NoObject {
    length: usize,
    strings: Strings,
}

/// Reads the JSON object at the beginning of `text`.
///
/// If the text ends inside the object, closes all open arrays and objects. Drops an unfinished
/// string, because half a sentence may be misleading.
pub(crate) fn object(text: &str) -> Result<Object, NoObject> {
    let mut parser = Parser::new(text.as_bytes(), MAX_DEPTH, false);
    match parser.value(0, Place::Field) {
        Some(Value::Object(members)) => Ok(Object {
            members,
            length: parser.at,
            cut: parser.cut,
            has_stray: parser.has_stray,
            strings: parser.strings,
        }),
        _ => Err(NoObject {
            length: parser.at,
            strings: parser.strings,
        }),
    }
}

/// Reads one complete value.
pub(crate) fn value(bytes: &[u8]) -> Option<Value> {
    let mut parser = Parser::new(bytes, MAX_DEPTH, false);
    parser.value(0, Place::Element).filter(|_| !parser.cut)
}

/// Reads a text that is exactly one value of valid JSON.
pub(super) fn strict(text: &str) -> Option<Value> {
    let mut parser = Parser::new(text.as_bytes(), MAX_STRICT_DEPTH, true);
    let value = parser.value(0, Place::Element)?;
    parser.skip_space()?;
    (!parser.cut && parser.at == text.len()).then_some(value)
}

/// Parses strictly: fails wherever [`object`] would make a repair.
impl FromStr for Value {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        strict(text).ok_or(())
    }
}

/// The place of a value. It determines which characters may follow the value.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// The name of a field.
    Key,
    /// The value of a field.
    Field,
    /// An element of an array.
    Element,
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    max_depth: u32,
    /// Whether a repair is an error.
    is_strict: bool,
    /// Whether the text ended inside the last value.
    cut: bool,
    /// Numbers of open objects and arrays.
    objects: u32,
    arrays: u32,
    /// Number of values that were kept.
    kept: usize,
    /// Whether a name without a value was read.
    has_stray: bool,
    strings: Strings,
}

/// The methods return `None` for a syntax error. If the text ends early, they set `cut` instead.
impl<'a> Parser<'a> {
    fn new(bytes: &'a [u8], max_depth: u32, is_strict: bool) -> Self {
        Self {
            bytes,
            at: 0,
            max_depth,
            is_strict,
            cut: false,
            objects: 0,
            arrays: 0,
            kept: 0,
            has_stray: false,
            strings: Strings::default(),
        }
    }

    /// Fails if the reader is strict. Called before each repair.
    fn repair(&self) -> Option<()> {
        (!self.is_strict).then_some(())
    }

    /// Counts a value. Returns whether the value can be kept.
    fn keep(&mut self) -> bool {
        self.kept += 1;
        self.is_strict || self.kept <= MAX_VALUES
    }

    fn peek(&self) -> Option<u8> {
        self.byte(self.at)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        work::count(1);
        self.bytes.get(at).copied()
    }

    fn has(&self, at: usize, text: &[u8]) -> bool {
        work::count(1);
        self.bytes
            .get(at..)
            .is_some_and(|rest| rest.starts_with(text))
    }

    /// Skips white space. The lenient reader also skips comments.
    fn skip_space(&mut self) -> Option<()> {
        loop {
            while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
                self.at += 1;
            }
            let end = self.comment_end(self.at);
            if end == self.at {
                return Some(());
            }
            self.repair()?;
            self.at = end;
        }
    }

    fn value(&mut self, depth: u32, place: Place) -> Option<Value> {
        self.skip_space()?;
        if depth > self.max_depth {
            return None;
        }
        match self.peek() {
            None => {
                self.cut = true;
                Some(Value::Null)
            }
            Some(b'{') => self.members(depth),
            Some(b'[') => self.elements(depth),
            Some(b'(') => self.tuple(depth),
            Some(b',' | b'}' | b';') if place == Place::Field => {
                self.repair()?;
                Some(Value::Null)
            }
            Some(_) if self.quote_at(self.at).is_some() => self.string(place).map(Value::String),
            Some(_) => self.word(depth, place),
        }
    }

    /// Reads `("a", "b")` as an array, and `("a")` as its only value.
    fn tuple(&mut self, depth: u32) -> Option<Value> {
        self.repair()?;
        match self.elements(depth)? {
            Value::Array(mut only) if only.len() == 1 && !self.cut => only.pop(),
            elements => Some(elements),
        }
    }
}

/// Decodes the escapes of a string. `raw` is the string without its quotes.
pub(crate) fn decoded(raw: &[u8]) -> String {
    unescape(&String::from_utf8_lossy(raw))
}

#[cfg(test)]
mod tests;
