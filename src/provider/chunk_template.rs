//! Recognises events that differ from the previous event only in one string.
//!
//! In: the bytes of a stream. Out: the string and the length of each matching event. Most events of
//! a text stream match. Comparing bytes is many times faster than parsing JSON.

use crate::json::Json;

/// The bytes of an event before and after its string. They include the `data: ` prefix, the quotes
/// and the blank line.
#[derive(Debug)]
pub(super) struct ChunkTemplate {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl ChunkTemplate {
    /// Creates a template. `data` is the JSON of an event. `text` is a slice of `data` and contains
    /// no escapes. If `text` is not the whole content of a JSON string in `data`, returns `None`.
    pub(super) fn new(text: &str, data: &str) -> Option<Self> {
        let at = (text.as_ptr() as usize).checked_sub(data.as_ptr() as usize)?;
        let (before, rest) = data.split_at_checked(at)?;
        let (inside, after) = rest.split_at_checked(text.len())?;
        let is_whole_string = inside == text && before.ends_with('"') && after.starts_with('"');
        is_whole_string.then(|| Self {
            before: [b"data: ", before.as_bytes()].concat(),
            after: [after.as_bytes(), b"\n\n"].concat(),
        })
    }

    /// If `bytes` begin with a matching event, returns its string, and the length of the event in
    /// bytes.
    pub(super) fn match_next<'a>(&self, bytes: &'a [u8]) -> Option<(Json<'a>, usize)> {
        let start = self.before.len();
        if !is_same(bytes.get(..start)?, &self.before) {
            return None;
        }
        let mut end = start;
        let mut is_escaped = false;
        loop {
            match bytes.get(end)? {
                b'\n' | b'\r' => return None,
                _ if is_escaped => is_escaped = false,
                b'"' => break,
                byte => is_escaped = *byte == b'\\',
            }
            end += 1;
        }
        let whole = end + self.after.len();
        if !is_same(bytes.get(end..whole)?, &self.after) {
            return None;
        }
        let string = std::str::from_utf8(bytes.get(start - 1..=end)?).ok()?;
        Some((Json::string(string)?, whole))
    }
}

/// Returns whether two slices are equal. Compares eight bytes at once, because this function runs
/// for every event. On wasm32, the standard library compares byte by byte.
fn is_same(left: &[u8], right: &[u8]) -> bool {
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks(), right.as_chunks());
    let is_same = |(left, right): (&[u8; 8], &[u8; 8])| {
        u64::from_le_bytes(*left) == u64::from_le_bytes(*right)
    };
    left.len() == right.len() && left_rest == right_rest && left.iter().zip(right).all(is_same)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = r#"{"id":"can","delta":{"content":"can"},"done":null}"#;

    fn template() -> ChunkTemplate {
        let at = DATA.rfind("can").unwrap();
        ChunkTemplate::new(&DATA[at..at + 3], DATA).unwrap()
    }

    fn event(id: &str, text: &str, done: &str) -> Vec<u8> {
        format!(
            "data: {{\"id\":\"{id}\",\"delta\":{{\"content\":\"{text}\"}},\"done\":{done}}}\n\n"
        )
        .into_bytes()
    }

    #[test]
    fn an_event_matches_if_only_its_string_differs() {
        for (text, expected) in [
            ("can", "can"),
            ("", ""),
            ("a \\\"b\\\\", "a \"b\\"),
            ("–\\n", "–\n"),
        ] {
            let event = event("can", text, "null");
            let longer = [&event[..], b"data: x"].concat();
            assert_eq!(
                template()
                    .match_next(&longer)
                    .map(|(text, length)| (text.str().unwrap(), length)),
                Some((expected.into(), event.len())),
                "{text}"
            );
        }
        for (id, text, done) in [
            ("con", "can", "null"),
            ("can", "can", "true"),
            ("can", "a\",\"b\":\"c", "null"),
            ("can", "\n", "null"),
            ("can", "\\\r", "null"),
        ] {
            assert_eq!(
                template().match_next(&event(id, text, done)),
                None,
                "{id} {text} {done}"
            );
        }
    }

    #[test]
    fn incomplete_events_and_invalid_utf8_do_not_match() {
        let whole = event("can", "é\\\"", "null");
        for end in 0..whole.len() {
            assert_eq!(template().match_next(&whole[..end]), None, "{end}");
        }
        let mut broken = event("can", "é", "null");
        let at = broken.iter().position(|byte| *byte == 0xC3).unwrap();
        broken[at] = 0xFF;
        assert_eq!(template().match_next(&broken), None);
    }

    #[test]
    fn a_text_outside_the_data_makes_no_template() {
        let elsewhere = String::from("can");
        assert!(ChunkTemplate::new(&elsewhere, DATA).is_none());
        assert!(ChunkTemplate::new(&DATA[1..3], DATA).is_none());
    }
}
