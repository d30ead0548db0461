//! Reads fields directly from JSON text, without building a value.
//!
//! In: the text of one value. Out: its fields as strings, integers or further [`Json`] texts.
//! Converts only the fields that the caller requests, because most fields of a streamed chunk are
//! not needed. Format: <https://www.rfc-editor.org/rfc/rfc8259>
//!
//! [`Json::parse`] checks that brackets and quotes match. Scalars are checked when they are read. A
//! malformed field is read as `None`, and the other fields stay readable.

use std::borrow::Cow;

use super::number::decimal;

/// The text of one value, without surrounding white space. The default is an empty text, which has
/// no fields and no elements.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Json<'a>(&'a str);

impl<'a> Json<'a> {
    /// Returns the text of one value. If there is not exactly one value, or if its brackets do not
    /// match, returns `None`.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_ascii();
        (!text.is_empty() && end_of(text.as_bytes(), 0)? == text.len()).then_some(Self(text))
    }

    /// Returns `text` as a string, without the checks of [`Json::parse`]. The caller must know that
    /// `text` is one JSON string.
    pub(crate) fn string(text: &'a str) -> Option<Self> {
        let json = Self(text);
        json.quoted().map(|_| json)
    }

    /// Returns the text.
    pub(crate) fn raw(self) -> &'a str {
        self.0
    }

    /// Returns the named fields of an object. Finds all of them in one pass. A field is `None` if
    /// it is missing, if it is `null`, or if the value is not an object.
    pub(crate) fn fields<const N: usize>(self, names: &[&str; N]) -> [Option<Self>; N] {
        let mut found = [None; N];
        self.find(&mut [(names, &mut found)]);
        found
    }

    /// Returns the fields of two lists of names. Finds all of them in one pass. See
    /// [`Json::fields`].
    pub(crate) fn fields_and<const N: usize, const M: usize>(
        self,
        names: &[&str; N],
        other_names: &[&str; M],
    ) -> ([Option<Self>; N], [Option<Self>; M]) {
        let (mut found, mut others) = ([None; N], [None; M]);
        self.find(&mut [(names, &mut found), (other_names, &mut others)]);
        (found, others)
    }

    /// Finds the fields of each list of names. This function is separate from its generic callers,
    /// so that the compiled code contains it only once.
    fn find(self, lists: &mut [(&[&str], &mut [Option<Self>])]) {
        for (name, value) in self.entries() {
            for (names, found) in &mut *lists {
                for (wanted, slot) in names.iter().zip(&mut **found) {
                    if name == *wanted {
                        *slot = (value.0 != "null").then_some(value);
                    }
                }
            }
        }
    }

    /// Returns one field.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        let [value] = self.fields(&[name]);
        value
    }

    /// Returns the string in a field.
    pub(crate) fn text(self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name)?.str()
    }

    /// Returns the names and the values of an object's fields. The names keep their escapes. If the
    /// value is not an object, the iterator is empty.
    pub(crate) fn entries(self) -> impl Iterator<Item = (&'a str, Self)> {
        let mut members = Members::of(self.0, b'{', b'}');
        std::iter::from_fn(move || {
            let name = members.value()?.quoted()?;
            members.expect(b':')?;
            let value = members.value()?;
            members.separate();
            Some((name, value))
        })
    }

    /// Returns the elements of an array. If the value is not an array, the iterator is empty.
    pub(crate) fn items(self) -> impl Iterator<Item = Self> {
        let mut members = Members::of(self.0, b'[', b']');
        std::iter::from_fn(move || {
            let value = members.value()?;
            members.separate();
            Some(value)
        })
    }

    /// Returns the text between the quotes of a string. Keeps its escapes.
    fn quoted(self) -> Option<&'a str> {
        // Compare bytes, because this code runs for every string. A comparison with a `char`
        // pattern is many times slower.
        match self.0.as_bytes() {
            [b'"', .., b'"'] => self.0.get(1..self.0.len() - 1),
            _ => None,
        }
    }

    /// Returns the string. If the value is not a string, returns `None`.
    pub(crate) fn str(self) -> Option<Cow<'a, str>> {
        let inner = self.quoted()?;
        // Most deltas have no escapes and need no copy.
        Some(if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
            Cow::Borrowed(inner)
        } else {
            Cow::Owned(unescape(inner))
        })
    }

    /// Returns the string as the continuation of an earlier string. If the value is not a string,
    /// returns `None`.
    ///
    /// Some servers split a character outside the basic plane between two strings. The first string
    /// then ends with the escape of the high surrogate. The second string begins with the escape of
    /// the low surrogate.
    ///
    /// `high` is the high surrogate at the end of the earlier string. Call [`end_of_strings`] after
    /// the last string.
    pub(crate) fn continue_str(self, high: &mut Option<u16>) -> Option<Cow<'a, str>> {
        let inner = self.quoted()?;
        let is_plain = high.is_none() && memchr::memchr(b'\\', inner.as_bytes()).is_none();
        if is_plain || inner.is_empty() {
            return Some(Cow::Borrowed(inner));
        }
        let mut text = String::new();
        let mut rest = inner;
        if let Some(first) = high.take() {
            let low = escaped_unit(inner).filter(|low| (0xDC00..0xE000).contains(low));
            if low.is_some() {
                rest = inner.get(6..).unwrap_or_default();
            }
            let units = std::iter::once(first).chain(low);
            text.extend(
                char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)),
            );
        }
        let at = rest.len().saturating_sub(6);
        let tail = rest.get(at..).unwrap_or_default();
        let slashes = rest
            .bytes()
            .take(at)
            .rev()
            .take_while(|byte| *byte == b'\\');
        let last = escaped_unit(tail).filter(|unit| (0xD800..0xDC00).contains(unit));
        if let Some(last) = last.filter(|_| slashes.count() % 2 == 0) {
            *high = Some(last);
            rest = rest.get(..at).unwrap_or_default();
        }
        text.push_str(&unescape(rest));
        Some(Cow::Owned(text))
    }

    /// Returns the string. If the string is empty or the value is not a string, returns `None`.
    pub(crate) fn words(self) -> Option<Cow<'a, str>> {
        self.str().filter(|text| !text.is_empty())
    }

    /// Returns a number that is not negative, rounded down to an integer. Rounding is needed,
    /// because some proxies compute token counts as fractions.
    pub(crate) fn as_u64(self) -> Option<u64> {
        self.0
            .parse()
            .ok()
            .or_else(|| decimal(self.0, 3).map(|thousandths| thousandths / 1000))
    }

    /// Returns whether the value is `true`.
    pub(crate) fn is_true(self) -> bool {
        self.0 == "true"
    }
}

/// Returns the text to append after the last call of [`Json::continue_str`]. If the last string
/// ended with a high surrogate, this text is U+FFFD. Otherwise this text is empty.
pub(crate) fn end_of_strings(high: &mut Option<u16>) -> &'static str {
    high.take().map_or("", |_| "\u{fffd}")
}

/// If `text` begins with an escape such as `\u00e9`, returns its UTF-16 code unit.
fn escaped_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

/// Iterates over the members of an object or an array. The brackets in the text must match.
struct Members<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Members<'a> {
    fn of(text: &'a str, open: u8, close: u8) -> Self {
        let inner = match text.as_bytes() {
            [first, .., last] if *first == open && *last == close => text.get(1..text.len() - 1),
            _ => None,
        };
        Self {
            text: inner.unwrap_or_default(),
            at: 0,
        }
    }

    fn skip_space(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !byte.is_ascii_whitespace() {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn value(&mut self) -> Option<Json<'a>> {
        self.skip_space()?;
        let start = self.at;
        self.at = end_of(self.text.as_bytes(), start)?;
        self.text
            .get(start..self.at)
            .filter(|value| !value.is_empty())
            .map(Json)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.skip_space()? == byte).then(|| self.at += 1)
    }

    /// Skips a comma. If there is no comma, moves to the end of the text, so that the iteration
    /// ends.
    fn separate(&mut self) {
        if self.expect(b',').is_none() {
            self.at = self.text.len();
        }
    }
}

/// Returns the end of the value that begins at `at`.
fn end_of(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => end_of_string(bytes, at),
        b'{' | b'[' => end_of_nest(bytes, at),
        _ => {
            let rest = bytes.get(at..)?;
            let length = rest.iter().position(|byte| {
                matches!(byte, b',' | b':' | b'"' | b'{' | b'[' | b'}' | b']')
                    || byte.is_ascii_whitespace()
            });
            Some(at + length.unwrap_or(rest.len()))
        }
    }
}

/// Returns the end of the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        // Most strings are short. For these, a loop is faster than memchr.
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Returns the end of an object or an array. Stores one bit for each level of nesting, which says
/// whether the level is an object. If the nesting has more levels than the bits, returns `None`.
fn end_of_nest(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut depth, mut braces) = (start, 0u32, 0u128);
    loop {
        match *bytes.get(at)? {
            b'"' => {
                at = end_of_string(bytes, at)?;
                continue;
            }
            byte @ (b'{' | b'[') => {
                depth += 1;
                if depth > u128::BITS {
                    return None;
                }
                braces = braces << 1 | u128::from(byte == b'{');
            }
            byte @ (b'}' | b']') => {
                if (braces & 1 == 1) != (byte == b'}') {
                    return None;
                }
                braces >>= 1;
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Decodes the escapes of a string.
///
/// JSON allows half of a surrogate pair, and models send a half if they are cut off inside an
/// emoji. This function replaces the half by U+FFFD, because a Rust string cannot contain it.
/// Unknown escapes are kept, because models write LaTeX.
pub(super) fn unescape(inner: &str) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let mut chars = after.chars();
        let escape = chars.next();
        rest = chars.as_str();
        match escape {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('u') => {
                let unit = |rest: &str| {
                    rest.get(..4)
                        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                };
                let high = unit(rest);
                // The four bytes after `\u` may end inside a character. In this case, also skip the
                // rest of this character.
                rest = (4..8).find_map(|at| rest.get(at..)).unwrap_or_default();
                let low = rest
                    .strip_prefix("\\u")
                    .and_then(unit)
                    .filter(|low| (0xDC00..0xE000).contains(low));
                let code = match (high, low) {
                    (Some(high @ 0xD800..0xDC00), Some(low)) => {
                        rest = rest.get(6..).unwrap_or_default();
                        Some(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
                    }
                    (high, _) => high,
                };
                text.push(
                    code.and_then(char::from_u32)
                        .unwrap_or(char::REPLACEMENT_CHARACTER),
                );
            }
            Some(other @ ('"' | '\\' | '/')) => text.push(other),
            Some(other) => text.extend(['\\', other]),
            None => {}
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests;
