//! The analyst's findings while its reply still streams: each is handed out as soon as its JSON closes.
//!
//! Every byte is looked at once, and once more when the finding it belongs to is read. What counts in the end is the reading of the whole
//! reply; where that takes back an object, or mends one, the findings told here were too many or too few.

use crate::json::Value;

use crate::deliberation::analysis::parser::{self, MAX_WRAPPERS};
use crate::json::lenient::{self, MAX_DEPTH};

/// Reads one reply, piece by piece, by the grammar of [`lenient`].
#[derive(Default)]
pub struct ItemStream {
    /// What is open. Nothing: prose.
    open: Vec<Open>,
    expects: ParserState,
    /// How much of a comment's two slashes was read.
    slashes: u8,
    /// A name, or a word.
    token: Vec<u8>,
    /// Which of the five lists the last name names.
    named: Option<&'static str>,
    /// The finding that is being written.
    element: Vec<u8>,
}

#[derive(PartialEq)]
enum Open {
    Object,
    /// Which of the five it is, if it is one and stands where they count.
    List(Option<&'static str>),
}

#[derive(Clone, Copy, Default, PartialEq)]
enum ParserState {
    /// In an object a name or its end, in a list a value or its end.
    #[default]
    Next,
    Colon,
    Value,
    Name {
        escaped: bool,
    },
    String {
        escaped: bool,
    },
    Word,
}

impl ItemStream {
    /// Reads on. `on` gets each list and finding.
    pub fn feed(&mut self, text: &str, on: &mut dyn FnMut(&'static str, &Value)) {
        for byte in text.bytes() {
            if self.open.is_empty() || self.read(byte, on).is_none() {
                // Prose, or no JSON after all. The next object may begin right here.
                *self = Self::default();
                if byte == b'{' {
                    self.open.push(Open::Object);
                }
            }
        }
    }

    /// `None` is a syntax error.
    fn read(&mut self, byte: u8, on: &mut dyn FnMut(&'static str, &Value)) -> Option<()> {
        if self.expects == ParserState::Word && !lenient::is_of_word(byte) {
            lenient::word(&self.token)?;
            self.ended(on);
        }
        if !self.element.is_empty() {
            self.element.push(byte);
        }
        match self.expects {
            ParserState::Word => self.token.push(byte),
            ParserState::Name { escaped } => match byte {
                b'"' if !escaped => {
                    let counts = self.open.len() <= MAX_WRAPPERS + 1 && self.open.iter().all(|open| *open == Open::Object);
                    self.named = counts.then(|| parser::kind(&lenient::decoded(&self.token))).flatten();
                    self.expects = ParserState::Colon;
                }
                _ => {
                    self.token.push(byte);
                    self.expects = ParserState::Name { escaped: byte == b'\\' && !escaped };
                }
            },
            ParserState::String { escaped } => match byte {
                b'"' if !escaped => self.ended(on),
                _ => self.expects = ParserState::String { escaped: byte == b'\\' && !escaped },
            },
            _ if self.slashes == 2 => {
                if byte == b'\n' {
                    self.slashes = 0;
                }
            }
            _ if byte == b'/' => self.slashes += 1,
            _ if self.slashes == 1 => return None,
            _ if byte.is_ascii_whitespace() => {}
            ParserState::Colon => {
                self.expects = ParserState::Value;
                return (byte == b':').then_some(());
            }
            ParserState::Value => self.begin(byte)?,
            ParserState::Next => match (self.open.last()?, byte) {
                (_, b',') => {}
                (Open::Object, b'"') => {
                    self.token.clear();
                    self.expects = ParserState::Name { escaped: false };
                }
                (Open::Object, b'}') | (Open::List(_), b']') => {
                    self.open.pop();
                    self.ended(on);
                }
                (Open::Object, _) => return None,
                (Open::List(_), _) => self.begin(byte)?,
            },
        }
        Some(())
    }

    fn begin(&mut self, byte: u8) -> Option<()> {
        let named = self.named.take();
        if self.open.len() > MAX_DEPTH as usize {
            return None;
        }
        if let Some(Open::List(Some(_))) = self.open.last() {
            self.element.push(byte);
        }
        self.expects = match byte {
            b'{' => {
                self.open.push(Open::Object);
                ParserState::Next
            }
            b'[' => {
                self.open.push(Open::List(named));
                ParserState::Next
            }
            b'"' => ParserState::String { escaped: false },
            _ if lenient::is_of_word(byte) => {
                self.token.clear();
                self.token.push(byte);
                ParserState::Word
            }
            _ => return None,
        };
        Some(())
    }

    /// A value has ended.
    fn ended(&mut self, on: &mut dyn FnMut(&'static str, &Value)) {
        self.expects = ParserState::Next;
        if let Some(Open::List(Some(kind))) = self.open.last() {
            if let Some(value) = lenient::value(&self.element) {
                on(kind, &value);
            }
            self.element.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told, and after how many bytes.
    fn told(text: &str) -> Vec<(usize, &'static str, String)> {
        let (mut items, mut told) = (ItemStream::default(), Vec::new());
        for (at, c) in text.char_indices() {
            items.feed(c.encode_utf8(&mut [0; 4]), &mut |kind, value| told.push((at + c.len_utf8(), kind, value.to_string())));
        }
        told
    }

    fn kinds_and_items(text: &str) -> Vec<(&'static str, String)> {
        told(text).into_iter().map(|(_, kind, item)| (kind, item)).collect()
    }

    #[test]
    fn a_finding_is_told_with_the_byte_that_closes_it() {
        let text = r#"{"consensus":[{"point":"a]}\"é"}, "b"],"blind_spots":[{"point":"c"#;
        let closed = |what: &str| text.find(what).unwrap() + what.len();
        let expected =
            [(closed(r#"é"}"#), "consensus", r#"{"point":"a]}\"é"}"#.to_owned()), (closed(r#""b""#), "consensus", r#""b""#.to_owned())];
        assert_eq!(told(text), expected);
    }

    #[test]
    fn prose_wrappers_other_spellings_comments_and_several_objects_are_read() {
        let text =
            "Sure {really}: ```json {\"analysis\": // now\n {\"partialCoverage\": [1, [\"no\"], None, \"a\",], \"Blind-Spots\" : [\"b\"]}}
            ``` then {\"consensus\":{\"consensus\":[\"c\"]}} {\"list\":[{\"consensus\":[\"not mine\"]}]}";
        let expected = [
            ("partial_coverage", "1"),
            ("partial_coverage", "[\"no\"]"),
            ("partial_coverage", "null"),
            ("partial_coverage", "\"a\""),
            ("blind_spots", "\"b\""),
            ("consensus", "\"c\""),
        ];
        assert_eq!(kinds_and_items(text), expected.map(|(kind, item)| (kind, item.to_owned())));
    }

    #[test]
    fn what_is_too_deep_or_broken_is_prose_and_the_next_object_counts() {
        let deep = |depth: usize| format!("{}\"consensus\":[\"a\"]", "{\"w\":".repeat(depth - 1) + "{");
        assert_eq!(kinds_and_items(&deep(MAX_WRAPPERS + 1)).len(), 1);
        assert_eq!(kinds_and_items(&deep(MAX_WRAPPERS + 2)).len(), 0);
        for broken in ["{\"a\" 1", "{\"a\": yes ", "{a", "{\"a\":/x", &"{\"a\":".repeat(MAX_DEPTH as usize + 1), "{\"a\":[}"] {
            assert_eq!(kinds_and_items(&format!("{broken}{{\"consensus\":[\"mine\"]}}")).len(), 1, "{broken}");
        }
    }
}
