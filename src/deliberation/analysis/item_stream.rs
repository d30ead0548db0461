//! Parses the analyst's reply while it streams. Emits each item of the analysis as soon as the
//! item's JSON is complete.
//!
//! Reads each byte of the reply once. When an item is complete, parses the bytes of the item again.
//!
//! The final analysis comes from another parser, which reads the whole reply and can repair more
//! syntax errors. Therefore this parser stops at the first syntax error inside an analysis.

use crate::json::Value;

use crate::deliberation::analysis::lists::{self, MAX_FINDINGS, MAX_WRAPPERS};
use crate::json::lenient::{self, MAX_DEPTH, NEAR};

/// Parses one reply. Accepts the same deviations from JSON as the module [`lenient`], except those
/// for which a parser must read ahead.
#[derive(Default)]
pub(crate) struct ItemStream {
    /// The objects and lists that are open at the current byte. If the list is empty, the byte is
    /// prose outside of the JSON.
    containers: Vec<Container>,
    state: ParserState,
    /// Number of slashes read at the start of a `//` comment in the JSON.
    slashes: u8,
    /// The current key or unquoted word.
    token: Vec<u8>,
    /// The name of the analysis's list that the last key names, such as `consensus`.
    list: Option<&'static str>,
    /// Bytes of the current item.
    element: Vec<u8>,
    /// The last item. The parser emits it after the following text shows that the item is complete.
    pending: Option<(&'static str, Value)>,
    /// Whether a key of the current object named an analysis list.
    has_list: bool,
    /// The number of items emitted.
    emitted: usize,
    /// Whether the parser has stopped, because of a syntax error or at the maximum number of items.
    is_silent: bool,
}

#[derive(PartialEq)]
enum Container {
    Object,
    /// A JSON list. If it is an analysis list at a permitted depth, contains the name of the list.
    List(Option<&'static str>),
}

#[derive(Clone, Copy, Default, PartialEq)]
enum ParserState {
    /// Expects a key or `}` in an object, or a value or `]` in a list.
    #[default]
    Next,
    /// Expects a comma, `}` or `]`.
    Separator,
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
    /// Reads the next part of the reply. Calls `on` for each complete item, with the name of the
    /// item's list.
    pub(crate) fn feed(&mut self, text: &str, on: &mut dyn FnMut(&'static str, &Value)) {
        for byte in text.bytes() {
            if self.is_silent {
                return;
            }
            if self.containers.is_empty() || self.read(byte, on).is_none() {
                // The byte belongs to prose or is a syntax error. The next object may start at this
                // byte.
                if self.containers.is_empty() {
                    self.flush(on);
                }
                *self = Self {
                    is_silent: self.has_list && !self.containers.is_empty(),
                    emitted: self.emitted,
                    ..Self::default()
                };
                if byte == b'{' {
                    self.containers.push(Container::Object);
                }
            }
        }
    }

    /// Reads one byte. Returns `None` on a syntax error.
    fn read(&mut self, byte: u8, on: &mut dyn FnMut(&'static str, &Value)) -> Option<()> {
        if self.state == ParserState::Word && !lenient::is_of_word(byte) {
            lenient::word(&self.token)?;
            self.end_value();
        }
        if !self.element.is_empty() {
            self.element.push(byte);
        }
        match self.state {
            ParserState::Word => self.token.push(byte),
            ParserState::Name { escaped } => match byte {
                b'"' if !escaped => self.end_name()?,
                _ => {
                    self.token.push(byte);
                    self.state = ParserState::Name {
                        escaped: byte == b'\\' && !escaped,
                    };
                }
            },
            ParserState::String { escaped } => match byte {
                b'"' if !escaped => self.end_value(),
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
            ParserState::Separator if !matches!(byte, b',' | b'}' | b']') => return None,
            ParserState::Next | ParserState::Separator => self.read_in_container(byte, on)?,
        }
        Some(())
    }

    /// Ends a key. If the key names an analysis list, the next value is this list.
    fn end_name(&mut self) -> Option<()> {
        if self.token.len() >= NEAR {
            return None;
        }
        let mut containers = self.containers.iter();
        let is_top_level = self.containers.len() <= MAX_WRAPPERS + 1
            && containers.all(|container| *container == Container::Object);
        self.list = is_top_level
            .then(|| lists::kind(&lenient::decoded(&self.token)))
            .flatten();
        self.has_list |= self.list.is_some();
        self.state = ParserState::Colon;
        Some(())
    }

    /// Reads a byte of an object or a list that is outside of its keys and values.
    fn read_in_container(
        &mut self,
        byte: u8,
        on: &mut dyn FnMut(&'static str, &Value),
    ) -> Option<()> {
        match (self.containers.last()?, byte) {
            (_, b',') => {
                self.flush_if_complete(on);
                self.state = ParserState::Next;
            }
            (Container::Object, b'"') => {
                self.token.clear();
                self.state = ParserState::Name { escaped: false };
            }
            (Container::Object, b'}') | (Container::List(_), b']') => {
                self.flush_if_complete(on);
                self.containers.pop();
                self.end_value();
            }
            (Container::Object, _) => return None,
            (Container::List(_), _) => {
                self.start_value(byte)?;
                self.flush(on);
            }
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

    /// Ends a value. If the value is an item, keeps it until [`Self::flush`].
    fn end_value(&mut self) {
        self.state = ParserState::Separator;
        if let Some(Container::List(Some(kind))) = self.containers.last() {
            self.pending = lenient::value(&self.element).map(|value| (*kind, value));
            self.element.clear();
        }
    }

    /// Emits the pending item, unless the item is a string and not an object. A comma or a bracket
    /// after such a string may still be a part of the string.
    fn flush_if_complete(&mut self, on: &mut dyn FnMut(&'static str, &Value)) {
        let is_in_list = matches!(self.containers.last(), Some(Container::List(Some(_))));
        if !is_in_list || !matches!(self.pending, Some((_, Value::String(_)))) {
            self.flush(on);
        }
    }

    /// Emits the pending item.
    fn flush(&mut self, on: &mut dyn FnMut(&'static str, &Value)) {
        if let Some((kind, item)) = self.pending.take() {
            on(kind, &item);
            self.emitted += 1;
            self.is_silent = self.emitted >= MAX_FINDINGS;
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
    fn an_item_is_emitted_as_soon_as_the_text_after_it_shows_that_it_is_complete() {
        let text = r#"{"consensus":[{"point":"a]}\"é"}, "b"],"blind_spots":[{"point":"c"#;
        let closed = |what: &str| text.find(what).unwrap() + what.len();
        let expected = [
            (
                closed(r#"é"},"#),
                "consensus",
                r#"{"point":"a]}\"é"}"#.to_owned(),
            ),
            // The parser emits a string only after the next characters show that the string has
            // ended.
            (closed(r#""b"],"#), "consensus", r#""b""#.to_owned()),
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
        let deep = |depth: usize| {
            format!(
                "{}\"consensus\":[\"a\"],",
                "{\"w\":".repeat(depth - 1) + "{"
            )
        };
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
