//! Parses the analyst's reply while it streams: text in, each item out as soon as its JSON closes.
//!
//! Reads each byte once, and once more when its item closes. The final analysis comes from the
//! whole reply. If that reading discards or repairs an object, the items emitted here may be too
//! many or too few.

use crate::json::Value;

use crate::deliberation::analysis::parser::{self, MAX_WRAPPERS};
use crate::json::lenient::{self, MAX_DEPTH};

/// Parser of one reply, with the grammar of [`lenient`].
#[derive(Default)]
pub(crate) struct ItemStream {
    /// Open objects and lists. If empty, the text is prose.
    containers: Vec<Container>,
    state: ParserState,
    /// Slashes of a comment's start read so far.
    slashes: u8,
    /// Current key or bare word.
    token: Vec<u8>,
    /// Analysis list that the last key names.
    list: Option<&'static str>,
    /// Bytes of the current item.
    element: Vec<u8>,
}

#[derive(PartialEq)]
enum Container {
    Object,
    /// The analysis list, if it is one at a permitted depth.
    List(Option<&'static str>),
}

#[derive(Clone, Copy, Default, PartialEq)]
enum ParserState {
    /// Expects a key or `}` in an object, a value or `]` in a list.
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
    /// Reads more text. Calls `on` with the list's name and each item.
    pub(crate) fn feed(&mut self, text: &str, on: &mut dyn FnMut(&'static str, &Value)) {
        for byte in text.bytes() {
            if self.containers.is_empty() || self.read(byte, on).is_none() {
                // Prose or a syntax error. The next object may start at this byte.
                *self = Self::default();
                if byte == b'{' {
                    self.containers.push(Container::Object);
                }
            }
        }
    }

    /// Reads one byte. Returns `None` on a syntax error.
    // Long because it is one `match` over all states.
    fn read(&mut self, byte: u8, on: &mut dyn FnMut(&'static str, &Value)) -> Option<()> {
        if self.state == ParserState::Word && !lenient::is_of_word(byte) {
            lenient::word(&self.token)?;
            self.end_value(on);
        }
        if !self.element.is_empty() {
            self.element.push(byte);
        }
        match self.state {
            ParserState::Word => self.token.push(byte),
            ParserState::Name { escaped } => match byte {
                b'"' if !escaped => {
                    let is_top_level = self.containers.len() <= MAX_WRAPPERS + 1
                        && self
                            .containers
                            .iter()
                            .all(|container| *container == Container::Object);
                    self.list = is_top_level
                        .then(|| parser::kind(&lenient::decoded(&self.token)))
                        .flatten();
                    self.state = ParserState::Colon;
                }
                _ => {
                    self.token.push(byte);
                    self.state = ParserState::Name {
                        escaped: byte == b'\\' && !escaped,
                    };
                }
            },
            ParserState::String { escaped } => match byte {
                b'"' if !escaped => self.end_value(on),
                _ => {
                    self.state = ParserState::String {
                        escaped: byte == b'\\' && !escaped,
                    }
                }
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
                self.state = ParserState::Value;
                return (byte == b':').then_some(());
            }
            ParserState::Value => self.start_value(byte)?,
            ParserState::Next => match (self.containers.last()?, byte) {
                (_, b',') => {}
                (Container::Object, b'"') => {
                    self.token.clear();
                    self.state = ParserState::Name { escaped: false };
                }
                (Container::Object, b'}') | (Container::List(_), b']') => {
                    self.containers.pop();
                    self.end_value(on);
                }
                (Container::Object, _) => return None,
                (Container::List(_), _) => self.start_value(byte)?,
            },
        }
        Some(())
    }

    fn start_value(&mut self, byte: u8) -> Option<()> {
        let list = self.list.take();
        if self.containers.len() > MAX_DEPTH as usize {
            return None;
        }
        if let Some(Container::List(Some(_))) = self.containers.last() {
            self.element.push(byte);
        }
        self.state = match byte {
            b'{' => {
                self.containers.push(Container::Object);
                ParserState::Next
            }
            b'[' => {
                self.containers.push(Container::List(list));
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

    /// Ends a value, and emits it if it is an item.
    fn end_value(&mut self, on: &mut dyn FnMut(&'static str, &Value)) {
        self.state = ParserState::Next;
        if let Some(Container::List(Some(kind))) = self.containers.last() {
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

    /// Returns each item with the byte offset at which it is emitted.
    fn emitted(text: &str) -> Vec<(usize, &'static str, String)> {
        let (mut items, mut emitted) = (ItemStream::default(), Vec::new());
        for (at, c) in text.char_indices() {
            items.feed(c.encode_utf8(&mut [0; 4]), &mut |kind, value| {
                emitted.push((at + c.len_utf8(), kind, value.to_string()))
            });
        }
        emitted
    }

    fn kinds_and_items(text: &str) -> Vec<(&'static str, String)> {
        emitted(text)
            .into_iter()
            .map(|(_, kind, item)| (kind, item))
            .collect()
    }

    #[test]
    fn an_item_is_emitted_with_the_byte_that_closes_it() {
        let text = r#"{"consensus":[{"point":"a]}\"é"}, "b"],"blind_spots":[{"point":"c"#;
        let closed = |what: &str| text.find(what).unwrap() + what.len();
        let expected = [
            (
                closed(r#"é"}"#),
                "consensus",
                r#"{"point":"a]}\"é"}"#.to_owned(),
            ),
            (closed(r#""b""#), "consensus", r#""b""#.to_owned()),
        ];
        assert_eq!(emitted(text), expected);
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
        assert_eq!(
            kinds_and_items(text),
            expected.map(|(kind, item)| (kind, item.to_owned()))
        );
    }

    #[test]
    fn broken_or_too_deep_json_is_prose_and_the_next_object_counts() {
        let deep =
            |depth: usize| format!("{}\"consensus\":[\"a\"]", "{\"w\":".repeat(depth - 1) + "{");
        assert_eq!(kinds_and_items(&deep(MAX_WRAPPERS + 1)).len(), 1);
        assert_eq!(kinds_and_items(&deep(MAX_WRAPPERS + 2)).len(), 0);
        for broken in [
            "{\"a\" 1",
            "{\"a\": yes ",
            "{a",
            "{\"a\":/x",
            &"{\"a\":".repeat(MAX_DEPTH as usize + 1),
            "{\"a\":[}",
        ] {
            assert_eq!(
                kinds_and_items(&format!("{broken}{{\"consensus\":[\"mine\"]}}")).len(),
                1,
                "{broken}"
            );
        }
    }
}
