//! Reads numbers, literals, and strings without quotes.

use super::{Parser, Place, work};
use crate::json::number::Number;
use crate::json::value::Value;

impl Parser<'_> {
    /// Reads a number, a literal or an unquoted string.
    pub(super) fn word(&mut self, depth: u32, place: Place) -> Option<Value> {
        let begin = self.at;
        let is_of_word = |byte| is_of_word(byte) || byte == b'_' && !self.is_strict;
        let rest = self.bytes.get(begin..)?;
        let length = rest.iter().take_while(|byte| is_of_word(**byte)).count();
        work::count(length);
        let raw = rest.get(..length)?;
        let end = begin + length;
        if self.is_strict {
            self.at = end;
            return word(raw).filter(|word| word.to_string().as_bytes() == raw);
        }
        let next = self.past_space(end);
        let is_whole = match self.byte(next) {
            None => true,
            Some(byte) => {
                b",}]);#\\".contains(&byte)
                    || self.is_comment(next)
                    || next > end && !byte.is_ascii_alphanumeric() && !byte.is_ascii_punctuation()
                    || next > end && self.is_value(next)
                    || place == Place::Field && next > end && self.is_key(next)
                    || byte == b'"'
                    || byte == b'{'
            }
        };
        if is_whole && let Some(value) = word(raw).or_else(|| other(raw)) {
            // In `12345"`, the quote before the value is missing.
            let after = self.past_space(end + 1);
            let is_stray = self.byte(end) == Some(b'"')
                && matches!(self.byte(after), None | Some(b',' | b'}' | b']'));
            self.at = end + usize::from(is_stray);
            return Some(value);
        }
        if length > 0 && self.byte(end) == Some(b'(') && self.is_value(self.past_space(end + 1)) {
            return self.argument(end + 1, depth, place);
        }
        self.unquoted(place)
    }

    /// Reads the argument of a function call: `ISODate("..")`, `callback({..})`.
    fn argument(&mut self, at: usize, depth: u32, place: Place) -> Option<Value> {
        self.at = at;
        let value = self.value(depth + 1, place)?;
        self.skip_space()?;
        if self.peek() == Some(b')') {
            self.at += 1;
        }
        Some(value)
    }

    /// Reads a string without quotes.
    fn unquoted(&mut self, place: Place) -> Option<Value> {
        let begin = self.at;
        let Some(end) = self.unquoted_end(begin, place)? else {
            self.at = self.bytes.len();
            self.cut = true;
            return Some(Value::Null);
        };
        let text = self.bytes.get(begin..end)?.trim_ascii();
        let text = text.strip_suffix(b"\"").unwrap_or(text);
        let is_text = text.iter().any(u8::is_ascii_alphanumeric) || !text.is_ascii();
        self.at = end + usize::from(self.byte(end) == Some(b'"') && !self.is_key(end));
        is_text.then(|| Value::String(String::from_utf8_lossy(text).into_owned()))
    }

    /// Returns the end of a string without quotes. If the text ends inside the string, returns
    /// `Some(None)`.
    fn unquoted_end(&self, begin: usize, place: Place) -> Option<Option<usize>> {
        let mut end = begin;
        loop {
            match self.byte(end) {
                None => return Some(None),
                Some(b'\n' | b'}' | b']') => break,
                Some(b',') if place == Place::Element => break,
                Some(b',') => {
                    let next = self.past_commas(end);
                    let is_end = matches!(self.byte(next), None | Some(b'}' | b']'));
                    if is_end || self.is_key(next) {
                        break;
                    }
                    let space = self.bytes.get(end..next)?;
                    work::count(space.len());
                    if let Some(line_break) = memchr::memchr(b'\n', space) {
                        return Some(Some(end + line_break));
                    }
                    end = next;
                    continue;
                }
                Some(b'{' | b'[') => return None,
                Some(b'"') => {
                    let next = self.past_space(end + 1);
                    let is_end = matches!(self.byte(next), None | Some(b',' | b'}' | b']'));
                    if is_end || self.is_key(end) {
                        break;
                    }
                }
                Some(b'/') if end > begin && self.is_comment(end) && self.is_after_space(end) => {
                    break;
                }
                Some(_) => {}
            }
            end += 1;
        }
        Some(Some(end))
    }

    fn is_after_space(&self, at: usize) -> bool {
        self.before_space(at) < at
    }
}

/// Returns whether a byte can belong to a [`word`].
pub(crate) fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// Reads a number, `true`, `false` or `null`. Accepts Python's spelling.
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

/// Reads words and numbers in the syntax of other languages: `undefined`, `NaN`, `0x1F`, `1_000`,
/// `1e`.
fn other(bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    let unsigned = text.trim_start_matches(['+', '-']);
    match unsigned {
        "undefined" | "NaN" | "nan" | "Infinity" | "inf" | "NULL" | "Null" | "nil" => {
            return Some(Value::Null);
        }
        "TRUE" => return Some(Value::Bool(true)),
        "FALSE" => return Some(Value::Bool(false)),
        _ => {}
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(digits) = unsigned.strip_prefix("0x").or(unsigned.strip_prefix("0X")) {
        return u64::from_str_radix(digits, 16).ok().map(Value::from);
    }
    let digits = text.replace('_', "");
    let digits = digits.trim_end_matches(['e', 'E', '+', '-']);
    Number::parse(digits).map(Value::Number)
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
