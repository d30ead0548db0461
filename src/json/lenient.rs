//! Reads JSON as models write it.
//!
//! In: text with trailing commas, line breaks in strings, comments, Python's `None`, or a truncated
//! end. Out: a [`Value`]. The strict reader is the same parser; it fails if anything had to be
//! repaired. Follows [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259) otherwise.

use std::str::FromStr;

use super::number::Number;
use super::reader::unescape;
use super::value::{Map, Value};

/// Limit of nesting. Deeper than any analysis, and small enough for every stack.
pub(crate) const MAX_DEPTH: u32 = 32;

/// Limit of nesting for the strict reader: the same as serde_json's.
const MAX_STRICT_DEPTH: u32 = 127;

/// Upper limit for the bytes that are read more than once. A response of only braces would
/// otherwise take seconds.
const MAX_RESCANNED: usize = 4 << 20;

/// An object found in a text.
pub(crate) struct Object {
    /// The fields of the object.
    pub members: Map,
    /// The length in bytes.
    pub length: usize,
    /// Whether the text ended inside the object.
    pub cut: bool,
}

/// Reads the object at the beginning of `text`. If there is none, returns the number of bytes that
/// were read to find out.
///
/// If the text ends inside the object, open arrays and objects are closed. An unfinished string is
/// dropped, because half a sentence is not what the model meant.
pub(crate) fn object(text: &str) -> Result<Object, usize> {
    let mut parser = Parser::new(text.as_bytes(), MAX_DEPTH);
    match parser.value(0) {
        Some(Value::Object(members)) => Ok(Object {
            members,
            length: parser.at,
            cut: parser.cut,
        }),
        _ => Err(parser.at),
    }
}

/// Reads one complete value.
pub(crate) fn value(bytes: &[u8]) -> Option<Value> {
    let mut parser = Parser::new(bytes, MAX_DEPTH);
    parser.value(0).filter(|_| !parser.cut)
}

/// Reads a text that is exactly one value of valid JSON.
pub(super) fn strict(text: &str) -> Option<Value> {
    let mut parser = Parser::new(text.as_bytes(), MAX_STRICT_DEPTH);
    let value = parser.value(0)?;
    parser.skip_space();
    (!parser.cut && !parser.repaired && parser.at == text.len()).then_some(value)
}

/// Parses strictly: fails on everything that [`object`] would repair.
impl FromStr for Value {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        strict(text).ok_or(())
    }
}

/// Returns what `pick` returns for the last object in `text` for which it returns anything. Earlier
/// objects may be echoes of the prompt.
///
/// Returns `None` if more than [`MAX_RESCANNED`] bytes would be read again.
pub(crate) fn last<T>(text: &str, mut pick: impl FnMut(Map) -> Option<T>) -> Option<T> {
    let (mut found, mut at, mut budget) = (None, 0, MAX_RESCANNED);
    while let Some(brace) = text.get(at..).and_then(|rest| rest.find('{')) {
        at += brace;
        let (step, rescanned) = match object(text.get(at..)?) {
            Ok(Object {
                members,
                length,
                cut,
            }) => {
                found = pick(members).or(found);
                // An unclosed object may have swallowed a complete object after it, so search
                // inside it too.
                if cut { (1, length) } else { (length, 0) }
            }
            Err(looked_at) => (1, looked_at),
        };
        at += step.max(1);
        budget = budget.checked_sub(rescanned)?;
    }
    found
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    max_depth: u32,
    /// Whether the text ended inside the last value.
    cut: bool,
    /// Whether something was repaired.
    repaired: bool,
}

/// The methods return `None` for a syntax error. The end of the text is not a syntax error.
impl<'a> Parser<'a> {
    fn new(bytes: &'a [u8], max_depth: u32) -> Self {
        Self {
            bytes,
            at: 0,
            max_depth,
            cut: false,
            repaired: false,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte.is_ascii_whitespace() {
                self.at += 1;
            } else if self
                .bytes
                .get(self.at..)
                .is_some_and(|rest| rest.starts_with(b"//"))
            {
                self.repaired = true;
                while self.peek().is_some_and(|byte| byte != b'\n') {
                    self.at += 1;
                }
            } else {
                return;
            }
        }
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        self.skip_space();
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
            Some(b'"') => self.string().map(Value::String),
            Some(_) => self.word(),
        }
    }

    fn members(&mut self, depth: u32) -> Option<Value> {
        let mut object = Map::new();
        self.at += 1;
        for i in 0.. {
            let commas = self.skip_commas();
            match self.peek() {
                None => {
                    self.cut = true;
                    break;
                }
                Some(b'}') => {
                    self.at += 1;
                    self.repaired |= commas > 0;
                    break;
                }
                Some(b'"') => {
                    self.repaired |= commas != usize::from(i > 0);
                    let name = self.string()?;
                    self.skip_space();
                    match self.peek() {
                        None => self.cut = true,
                        Some(b':') => self.at += 1,
                        Some(_) => return None,
                    }
                    let value = self.value(depth + 1)?;
                    if !self.cut || value.is_array() || value.is_object() {
                        object.push(name, value);
                    }
                }
                Some(_) => return None,
            }
        }
        Some(Value::Object(object))
    }

    fn elements(&mut self, depth: u32) -> Option<Value> {
        let mut elements = Vec::new();
        self.at += 1;
        for i in 0.. {
            let commas = self.skip_commas();
            match self.peek() {
                None => {
                    self.cut = true;
                    break;
                }
                Some(b']') => {
                    self.at += 1;
                    self.repaired |= commas > 0;
                    break;
                }
                Some(_) => {
                    self.repaired |= commas != usize::from(i > 0);
                    let element = self.value(depth + 1)?;
                    let has_whole_parts =
                        element.as_object().is_some_and(|object| !object.is_empty());
                    if !self.cut || has_whole_parts {
                        elements.push(element);
                    }
                }
            }
        }
        Some(Value::Array(elements))
    }

    fn skip_commas(&mut self) -> usize {
        let mut count = 0;
        self.skip_space();
        while self.peek() == Some(b',') {
            count += 1;
            self.at += 1;
            self.skip_space();
        }
        count
    }

    /// Reads a string from its first quote to its last.
    fn string(&mut self) -> Option<String> {
        self.at += 1;
        let begin = self.at;
        loop {
            match self.peek() {
                Some(b'"') => break,
                None => {
                    self.cut = true;
                    break;
                }
                Some(b'\\') => {
                    self.repaired |= !self.bytes.get(self.at + 1..).is_some_and(is_escape);
                    self.at = (self.at + 2).min(self.bytes.len());
                }
                Some(byte) => {
                    self.repaired |= byte < b' ';
                    self.at += 1;
                }
            }
        }
        let string = decoded(self.bytes.get(begin..self.at)?);
        self.at = (self.at + 1).min(self.bytes.len());
        Some(string)
    }

    /// Reads a number or a word: `true`, `null`, Python's `None`. Any other word is a syntax error.
    fn word(&mut self) -> Option<Value> {
        let begin = self.at;
        while self.peek().is_some_and(is_of_word) {
            self.at += 1;
        }
        let raw = self.bytes.get(begin..self.at)?;
        let word = word(raw);
        self.repaired |= word
            .as_ref()
            .is_some_and(|word| word.to_string().as_bytes() != raw);
        if word.is_none() && self.at > begin && self.peek().is_none() {
            self.cut = true;
            return Some(Value::Null);
        }
        word
    }
}

/// Returns the string whose escaped form, without quotes, is `raw`.
pub(crate) fn decoded(raw: &[u8]) -> String {
    unescape(&String::from_utf8_lossy(raw))
}

/// Returns whether `after` begins with a valid escape, without its backslash.
fn is_escape(after: &[u8]) -> bool {
    match after {
        [b'u', digits @ ..] => digits
            .get(..4)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        [first, ..] => b"\"\\/bfnrt".contains(first),
        [] => false,
    }
}

/// Returns whether a byte can belong to a [`word`].
pub(crate) fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// Reads a number, `true`, `false` or `null`, also in Python's spelling.
pub(crate) fn word(bytes: &[u8]) -> Option<Value> {
    match std::str::from_utf8(bytes).ok()? {
        "true" | "True" => Some(Value::Bool(true)),
        "false" | "False" => Some(Value::Bool(false)),
        "null" | "None" => Some(Value::Null),
        number => Number::parse(number)
            .or_else(|| repaired(number))
            .map(Value::Number),
    }
}

/// Reads numbers that JSON does not allow: `+1`, `007`, `.5`, `1.`.
fn repaired(number: &str) -> Option<Number> {
    let (sign, digits) = number
        .strip_prefix('-')
        .map_or(("", number), |digits| ("-", digits));
    let is_number = digits
        .trim_start_matches('+')
        .trim_start_matches('.')
        .starts_with(|c: char| c.is_ascii_digit());
    let digits = digits.trim_start_matches(['+', '0']).trim_end_matches('.');
    let zero = if digits.starts_with(|c: char| c.is_ascii_digit()) {
        ""
    } else {
        "0"
    };
    Number::parse(&[sign, zero, digits].join("")).filter(|_| is_number)
}

#[cfg(test)]
mod tests;
