//! Parses server-sent events.
//!
//! In: chunks of bytes. Out: the `event` and `data` fields of each event. Follows the HTML
//! standard:
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>
//!
//! Lines end in LF, CR or CRLF, even if a chunk ends between CR and LF. A byte order mark is
//! skipped. Invalid UTF-8 is replaced by U+FFFD.
//!
//! The fields `id` and `retry` are ignored, because they serve to reconnect, and a POST cannot
//! reconnect. llama.cpp sends a field `error`. The parser passes it on as an event with the name
//! `error`.
//!
//! All other lines are not part of an event stream. The parser passes these lines to
//! [`Events::bare_line`], because servers and proxies write the reason of a failure into the
//! stream.

use std::borrow::Cow;

use memchr::memchr2;

/// The error for a line that exceeds the limit. The rest of the stream cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LineTooLong;

/// Receives the events of a stream.
pub(crate) trait Events {
    /// Reads whole events from the beginning of `bytes` without parsing them. Returns their length
    /// in bytes. The parser calls this method at each place where an event may begin.
    fn try_fast_path(&mut self, _bytes: &[u8]) -> usize {
        0
    }

    /// Receives one parsed event.
    fn event(&mut self, event: &str, data: &str);

    /// Receives a line that is not part of an event stream.
    fn bare_line(&mut self, _line: &str) {}
}

/// The state of the parser between chunks.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// The beginning of a line that has not ended.
    line: Vec<u8>,
    event: String,
    /// The data lines of the current event, joined by LF.
    data: Option<String>,
    /// Whether the last byte was a CR. A following LF then belongs to the same line break.
    after_cr: bool,
    /// Whether no line has been read yet. Only in this case, a byte order mark may follow.
    at_start: bool,
    line_limit: usize,
}

impl Decoder {
    /// Creates a parser. `line_limit` is the longest accepted line, in bytes.
    pub(crate) fn new(line_limit: usize) -> Self {
        Self {
            line: Vec::new(),
            event: String::new(),
            data: None,
            after_cr: false,
            at_start: true,
            line_limit,
        }
    }

    /// Parses a chunk. Passes each event to `on` as soon as it is complete. Fails if a line exceeds
    /// the limit.
    pub(crate) fn feed(&mut self, chunk: &[u8], on: &mut dyn Events) -> Result<(), LineTooLong> {
        let mut rest = chunk;
        while !rest.is_empty() {
            if std::mem::take(&mut self.after_cr) && rest.first() == Some(&b'\n') {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            if self.is_between_events() {
                let fast_path_bytes = on.try_fast_path(rest.get(..self.line_limit).unwrap_or(rest));
                rest = rest.get(fast_path_bytes..).unwrap_or_default();
                if fast_path_bytes > 0 {
                    continue;
                }
            }
            let Some(end) = memchr2(b'\n', b'\r', rest) else {
                self.line.extend_from_slice(rest);
                return if self.line.len() > self.line_limit {
                    Err(LineTooLong)
                } else {
                    Ok(())
                };
            };
            let (line, tail) = rest.split_at_checked(end).unwrap_or_default();
            self.after_cr = tail.first() == Some(&b'\r');
            rest = tail.get(1..).unwrap_or_default();
            if self.line.len() + line.len() > self.line_limit {
                return Err(LineTooLong);
            }
            if self.line.is_empty() {
                self.read_line(line, rest, on);
            } else {
                // Copy only a line that spans several chunks, and copy each chunk only once. In
                // this way, the total time grows linearly.
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                self.read_line(&whole, rest, on);
            }
        }
        Ok(())
    }

    fn is_between_events(&self) -> bool {
        self.line.is_empty() && self.event.is_empty() && self.data.is_none() && !self.at_start
    }

    /// Ends the stream. Passes the last event to `on`, even if no blank line follows the event. The
    /// standard drops such an event, but several servers omit the blank line.
    pub(crate) fn finish(&mut self, on: &mut dyn Events) {
        let line = std::mem::take(&mut self.line);
        self.read_line(&line, b"", on);
        self.dispatch(on);
    }

    fn read_line(&mut self, mut line: &[u8], rest: &[u8], on: &mut dyn Events) {
        if std::mem::take(&mut self.at_start) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch(on);
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => (
                line.get(..colon).unwrap_or_default(),
                line.get(colon + 1..).unwrap_or_default(),
            ),
            None => (line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                let value = text(value);
                let blank_line_next = !self.after_cr && matches!(rest.first(), Some(b'\n' | b'\r'));
                match &mut self.data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(&value);
                    }
                    // The event has only this line, so its data needs no copy. Most events are of
                    // this kind.
                    None if blank_line_next => {
                        on.event(&self.event, &value);
                        self.event.clear();
                    }
                    None => self.data = Some(value.into_owned()),
                }
            }
            b"event" => self.event = text(value).into_owned(),
            b"error" if !value.is_empty() => on.event("error", &text(value)),
            // An empty name means that the line begins with a colon, so it is a comment.
            b"id" | b"retry" | b"" => {}
            _ => on.bare_line(&text(line)),
        }
    }

    fn dispatch(&mut self, on: &mut dyn Events) {
        if let Some(data) = self.data.take() {
            on.event(&self.event, &data);
        }
        self.event.clear();
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    // Try the strict conversion first, because it checks several bytes at once. The lossy
    // conversion checks one byte at a time.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunks: &[&[u8]]) -> Vec<(String, String)> {
        let mut decoder = Decoder::new(64);
        let mut events = Vec::new();
        for chunk in chunks {
            decoder.feed(chunk, &mut events).unwrap();
        }
        decoder.finish(&mut events);
        events
    }

    /// Reads `data: s` in the fast path, and stores the event that the parser would report.
    impl Events for Vec<(String, String)> {
        fn try_fast_path(&mut self, bytes: &[u8]) -> usize {
            let known = b"data: s\n\n";
            if !bytes.starts_with(known) {
                return 0;
            }
            self.event("", "s");
            known.len()
        }

        fn event(&mut self, event: &str, data: &str) {
            self.push((event.into(), data.into()));
        }
    }

    const STREAMS: &[(&str, &[(&str, &str)])] = &[
        ("data: a\n\ndata:b\n\n", &[("", "a"), ("", "b")]),
        ("\u{feff}data: bom\r\n\r\n", &[("", "bom")]),
        (
            "data: cr\r\rdata: two\rdata: lines\r\r",
            &[("", "cr"), ("", "two\nlines")],
        ),
        (": OPENROUTER PROCESSING\n\ndata: x\n\n", &[("", "x")]),
        (
            "event: ping\ndata: {}\n\nevent: late\n\ndata: y\n\n",
            &[("ping", "{}"), ("", "y")],
        ),
        ("data: z\nevent: after\n\n", &[("after", "z")]),
        ("id: 1\nretry: +5\nunknown\ndata\n\n", &[("", "")]),
        (
            "data:  two spaces é 漢 😀\n\n",
            &[("", " two spaces é 漢 😀")],
        ),
        ("data: no blank line", &[("", "no blank line")]),
        ("data: one\ndata: more", &[("", "one\nmore")]),
        (
            "data: s\n\ndata: s\n\n: s\ndata: s\n\nevent: e\ndata: s\n\ndata: s\ndata: s\n\n",
            &[("", "s"), ("", "s"), ("", "s"), ("e", "s"), ("", "s\ns")],
        ),
    ];

    #[test]
    fn every_stream_parses_the_same_at_any_two_splits() {
        for (stream, expected) in STREAMS {
            let bytes = stream.as_bytes();
            let expected: Vec<_> = expected
                .iter()
                .map(|(e, d)| (e.to_string(), d.to_string()))
                .collect();
            for first in 0..=bytes.len() {
                for second in first..=bytes.len() {
                    let chunks = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                    assert_eq!(read(&chunks), expected, "{stream:?} at {first}, {second}");
                }
            }
        }
    }

    #[test]
    fn invalid_utf8_is_replaced_by_u_fffd() {
        assert_eq!(
            read(&[b"data: a\xffb\n\n"]),
            [(String::new(), "a\u{fffd}b".to_string())]
        );
    }

    #[test]
    fn a_line_beyond_the_limit_is_an_error() {
        let long = [b'x'; 65];
        assert_eq!(
            Decoder::new(64).feed(&long, &mut Vec::new()),
            Err(LineTooLong)
        );
        let mut decoder = Decoder::new(64);
        assert_eq!(decoder.feed(&long[..40], &mut Vec::new()), Ok(()));
        assert_eq!(
            decoder.feed(b"0123456789012345678901234\n", &mut Vec::new()),
            Err(LineTooLong)
        );
    }
}
