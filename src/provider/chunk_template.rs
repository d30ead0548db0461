//! Most events of a stream repeat the one before but for their text. Those are read by comparing, many times faster than by parsing.

use std::borrow::Cow;

use crate::json::Json;

/// An event whose only news is one string: the bytes around that string, quotes included.
#[derive(Debug)]
pub struct ChunkTemplate {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl ChunkTemplate {
    /// `text`: a part of `data`, as a string without escapes is read.
    pub fn new(text: &str, data: &str) -> Option<Self> {
        let at = (text.as_ptr() as usize).checked_sub(data.as_ptr() as usize)?;
        let (before, rest) = data.split_at_checked(at)?;
        let (inside, after) = rest.split_at_checked(text.len())?;
        let is_whole = inside == text && before.ends_with('"') && after.starts_with('"');
        is_whole.then(|| Self { before: [b"data: ", before.as_bytes()].concat(), after: [after.as_bytes(), b"\n\n"].concat() })
    }

    /// Where `bytes` begin with such an event: its string, and how long it is.
    pub fn match_next<'a>(&self, bytes: &'a [u8]) -> Option<(Cow<'a, str>, usize)> {
        let start = self.before.len();
        if !is_same(bytes.get(..start)?, &self.before) {
            return None;
        }
        let mut end = start;
        loop {
            end += match bytes.get(end)? {
                b'"' => break,
                b'\\' => 2,
                _ => 1,
            };
        }
        let whole = end + self.after.len();
        if !is_same(bytes.get(end..whole)?, &self.after) {
            return None;
        }
        if memchr::memchr2(b'\n', b'\r', bytes.get(start..end)?).is_some() {
            return None;
        }
        let string = std::str::from_utf8(bytes.get(start - 1..=end)?).ok()?;
        Some((Json::parse(string)?.str()?, whole))
    }
}

/// Compares eight bytes at a time. On wasm32 the standard library's comparison of slices goes byte by byte, and this is the hot path.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let ((one, one_rest), (other, other_rest)) = (one.as_chunks(), other.as_chunks());
    let is_same = |(one, other): (&[u8; 8], &[u8; 8])| u64::from_le_bytes(*one) == u64::from_le_bytes(*other);
    one.len() == other.len() && one_rest == other_rest && one.iter().zip(other).all(is_same)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = r#"{"id":"can","delta":{"content":"can"},"done":null}"#;

    fn frame() -> ChunkTemplate {
        let at = DATA.rfind("can").unwrap();
        ChunkTemplate::new(&DATA[at..at + 3], DATA).unwrap()
    }

    fn event(id: &str, text: &str, done: &str) -> Vec<u8> {
        format!("data: {{\"id\":\"{id}\",\"delta\":{{\"content\":\"{text}\"}},\"done\":{done}}}\n\n").into_bytes()
    }

    #[test]
    fn only_the_string_may_differ() {
        for (text, expected) in [("can", "can"), ("", ""), ("a \\\"b\\\\", "a \"b\\"), ("–\\n", "–\n")] {
            let event = event("can", text, "null");
            let longer = [&event[..], b"data: x"].concat();
            assert_eq!(frame().match_next(&longer), Some((expected.into(), event.len())), "{text}");
        }
        for (id, text, done) in [
            ("con", "can", "null"),
            ("can", "can", "true"),
            ("can", "a\",\"b\":\"c", "null"),
            ("can", "\n", "null"),
            ("can", "\\\r", "null"),
        ] {
            assert_eq!(frame().match_next(&event(id, text, done)), None, "{id} {text} {done}");
        }
    }

    #[test]
    fn a_cut_event_and_bytes_that_are_no_text_are_left_to_others() {
        let whole = event("can", "é\\\"", "null");
        for end in 0..whole.len() {
            assert_eq!(frame().match_next(&whole[..end]), None, "{end}");
        }
        let mut broken = event("can", "é", "null");
        let at = broken.iter().position(|byte| *byte == 0xC3).unwrap();
        broken[at] = 0xFF;
        assert_eq!(frame().match_next(&broken), None);
    }

    #[test]
    fn a_text_that_stands_elsewhere_makes_no_frame() {
        let elsewhere = String::from("can");
        assert!(ChunkTemplate::new(&elsewhere, DATA).is_none());
        assert!(ChunkTemplate::new(&DATA[1..3], DATA).is_none());
    }
}
