//! Reads strings. A string may contain unescaped quotes. It ends at the first quote after which the
//! text continues as JSON.

use super::lookahead::Mark;
use super::{NEAR, Parser, Place, decoded, work};

/// The quotes inside the current string.
#[derive(Default)]
struct Inner {
    count: usize,
    last: usize,
    /// Whether the last inner quote began a quoted word, as in `"the "big" one"`.
    is_open: bool,
    /// The number of open brackets, if the string contains quoted JSON.
    brackets: usize,
}

/// The meaning of a quote in a string.
enum Verdict {
    Inner,
    End,
    /// The string has no closing quote. It ended at `end`, before this quote. Reading continues at
    /// `next`.
    EndedBefore {
        end: usize,
        next: usize,
    },
}

impl Parser<'_> {
    /// Reads a string. If `+` joins further strings to it, reads these too.
    pub(super) fn string(&mut self, place: Place) -> Option<String> {
        let mut text = self.one_string(place)?;
        while !self.is_strict && !self.cut {
            let plus = self.past_space(self.at);
            let next = self.past_space(plus + 1);
            if self.byte(plus) != Some(b'+') || self.quote_at(next).is_none() {
                break;
            }
            self.at = next;
            text.push_str(&self.one_string(place)?);
        }
        Some(text)
    }

    fn one_string(&mut self, place: Place) -> Option<String> {
        let open = self.quote_at(self.at)?;
        if !open.is_json() {
            self.repair()?;
        }
        if !self.is_strict
            && let Some((begin, end)) = self.wrapped()
        {
            let quotes = begin - self.at;
            self.at = end + quotes;
            return Some(self.finished(begin, end, false));
        }
        self.at += open.length;
        let begin = self.at;
        let mut inner = Inner::default();
        loop {
            let Some(byte) = self.peek() else {
                return Some(self.unclosed(begin, open.is_json() && inner.count == 0));
            };
            if byte == b'\\' {
                if !self.bytes.get(self.at + 1..).is_some_and(is_escape) {
                    self.repair()?;
                }
                self.at = (self.at + 2).min(self.bytes.len());
            } else if let Some(mark) = self.closer_at(open, self.at) {
                let verdict = if self.is_strict {
                    Verdict::End
                } else {
                    self.judge(begin, mark, place, &inner)
                };
                let (end, next) = match verdict {
                    Verdict::End => (self.at, self.at + mark.length),
                    Verdict::EndedBefore { end, next } => (end, next),
                    Verdict::Inner => {
                        inner = self.with_inner(inner, begin, mark);
                        self.at += mark.length;
                        continue;
                    }
                };
                self.at = next;
                return Some(self.finished(begin, end, open.is_json() && inner.count == 0));
            } else {
                if byte < b' ' {
                    self.repair()?;
                }
                inner.brackets = self.brackets_after(byte, inner.brackets);
                self.at += 1;
            }
        }
    }

    /// If a string with two or three quotes on each side begins here, as in CSV and Python, returns
    /// its span. The span excludes these quotes. If the string contains another quote, returns
    /// `None`.
    fn wrapped(&self) -> Option<(usize, usize)> {
        let rest = self.bytes.get(self.at..)?;
        let quote = *rest.first()?;
        let width = |rest: &[u8]| rest.iter().take(3).take_while(|b| **b == quote).count();
        let quotes = width(rest);
        let text = rest.get(quotes..)?;
        if quotes < 2 || text.first().is_none_or(|byte| b" \n:,}]".contains(byte)) {
            return None;
        }
        let length = memchr::memchr(quote, text)?;
        work::count(length);
        let end = self.at + quotes + length;
        let next = self.past_space(end + quotes);
        let is_end = matches!(self.byte(next), None | Some(b':' | b',' | b'}' | b']'));
        (is_end && width(text.get(length..)?) == quotes).then_some((self.at + quotes, end))
    }

    fn with_inner(&self, inner: Inner, begin: usize, mark: Mark) -> Inner {
        let is_before_word = self
            .byte(self.at + mark.length)
            .is_some_and(|next| !next.is_ascii_whitespace() && !b",.;:!?)]}".contains(&next));
        let is_after_gap = self.at == begin
            || self
                .byte(self.at - 1)
                .is_some_and(|last| last.is_ascii_whitespace() || b"([{".contains(&last));
        Inner {
            count: inner.count + 1,
            last: self.at,
            is_open: is_before_word && is_after_gap,
            ..inner
        }
    }

    /// Returns the decoded string between two offsets. If the string contains `{`, adds the string
    /// to `self.strings`. `is_sure` is true if the string has double quotes around it and contains
    /// no other quote.
    fn finished(&mut self, begin: usize, end: usize, is_sure: bool) -> String {
        let raw = self.bytes.get(begin..end).unwrap_or_default();
        work::count(raw.len());
        if memchr::memchr(b'{', raw).is_some() {
            if is_sure {
                self.strings.whole.push((begin, end));
            } else {
                self.strings.doubtful = true;
            }
        }
        if self.is_strict {
            decoded(raw)
        } else {
            decoded(&without_needless_escapes(raw))
        }
    }

    /// Ends a string that has no closing quote before the end of the text. If the text ends with
    /// the brackets of all open containers, only the quote is missing. Otherwise the string was cut
    /// off.
    fn unclosed(&mut self, begin: usize, is_sure: bool) -> String {
        let raw = self.bytes.get(begin..).unwrap_or_default();
        let is_end = |byte: &&u8| byte.is_ascii_whitespace() || b"}])`".contains(byte);
        let tail = raw.iter().rev().take_while(is_end).count();
        work::count(tail);
        let text = raw.len() - tail;
        let brackets = raw.get(text..).unwrap_or_default();
        let count = |closers: &[u8]| {
            let closers = brackets.iter().filter(|byte| closers.contains(byte));
            closers.count() as u32
        };
        if !self.is_strict && text > 0 && count(b"}") == self.objects && count(b"])") == self.arrays
        {
            self.at = begin + text;
            return self.finished(begin, begin + text, is_sure);
        }
        self.cut = true;
        // The string is valid up to the end of the text, so no object begins inside it.
        if is_sure && raw.iter().all(|byte| *byte >= b' ') {
            self.strings.whole.push((begin, self.bytes.len()));
        }
        decoded(raw)
    }

    /// Decides the meaning of the quote at the current place.
    fn judge(&self, begin: usize, mark: Mark, place: Place, inner: &Inner) -> Verdict {
        let quote = self.at;
        let after = quote + mark.length;
        if let Some(verdict) = self.ended_on_earlier_line(begin, after, place) {
            return verdict;
        }
        let next = self.past_space(after);
        if inner.count > 0 && inner.brackets > 0 && self.is_quoted_json(next, inner.brackets) {
            return Verdict::Inner;
        }
        let is_end = match place {
            Place::Key => {
                if self.byte(quote.wrapping_sub(1)) == Some(b':')
                    && quote > begin
                    && self.byte(next) != Some(b':')
                {
                    // In `"key:"value"`, the quote after the name is missing.
                    let end = quote - 1;
                    return Verdict::EndedBefore { end, next: end };
                }
                match self.byte(next) {
                    None => true,
                    Some(b'"') if self.byte(next + 1) == Some(b':') => false,
                    Some(byte) => b":=,}]".contains(&byte) || self.is_value(next),
                }
            }
            Place::Field => {
                if self.byte(next) == Some(b':')
                    && inner.count > 0
                    && let Some(end) = self.end_before_key(begin, inner.last, next)
                {
                    let next = inner.last;
                    return Verdict::EndedBefore { end, next };
                }
                self.ends_field(after, next, inner.is_open)
            }
            Place::Element => self.ends_element(after, next, inner.is_open),
        };
        if is_end { Verdict::End } else { Verdict::Inner }
    }

    /// Counts the open brackets of JSON inside a string. Counts a `{` only before a key or inside
    /// other open brackets.
    fn brackets_after(&self, byte: u8, open: usize) -> usize {
        match byte {
            b'{' => {
                let quote = self.past_space(self.at + 1);
                let is_word = |byte: u8| byte.is_ascii_alphanumeric();
                let is_json =
                    self.quote_at(quote).is_some() && self.byte(quote + 1).is_some_and(is_word);
                open + usize::from(is_json)
            }
            b'[' if open > 0 => open + 1,
            b'}' | b']' => open.saturating_sub(1),
            _ => open,
        }
    }

    /// Returns whether the quote before `next` is part of JSON inside the string. `open` is the
    /// number of brackets that this inner JSON has opened.
    fn is_quoted_json(&self, next: usize, open: usize) -> bool {
        let (mut at, mut closed) = (next, 0);
        while closed <= open && matches!(self.byte(at), Some(b'}' | b']')) {
            closed += 1;
            at = self.past_space(at + 1);
        }
        match self.byte(at) {
            None => false,
            Some(b'`') => closed == 0,
            Some(_) => closed <= open,
        }
    }

    /// Returns whether the string ended on an earlier line without a closing quote. In this case,
    /// the current quote is the first character of its line, and begins a new key or element.
    fn ended_on_earlier_line(&self, begin: usize, after: usize, place: Place) -> Option<Verdict> {
        let end = self.before_space(self.at).max(begin);
        if end == begin || !self.has_line_break(end, self.at) {
            return None;
        }
        let has_comma = self.byte(end - 1) == Some(b',');
        let is_next = match place {
            Place::Key => false,
            Place::Field => self.is_key(self.at),
            Place::Element => {
                let is_word = |byte: u8| byte.is_ascii_alphanumeric();
                has_comma && self.byte(after).is_some_and(is_word)
            }
        };
        is_next.then_some(Verdict::EndedBefore {
            end: end - usize::from(has_comma),
            next: self.at,
        })
    }

    /// Returns the end of a string whose closing quote is missing before a key: `"b,"c":"d"`. `key`
    /// is the offset of the quote before the key. `colon` is the offset of the colon after the key.
    fn end_before_key(&self, begin: usize, key: usize, colon: usize) -> Option<usize> {
        let end = self.before_space(key).checked_sub(1)?;
        let is_key = colon - key <= NEAR
            && end > begin
            && self.byte(end) == Some(b',')
            && self.is_value(self.past_space(colon + 1));
        is_key.then_some(end)
    }

    pub(super) fn has_line_break(&self, from: usize, to: usize) -> bool {
        work::count(to - from);
        self.bytes
            .get(from..to)
            .is_some_and(|space| space.contains(&b'\n'))
    }
}

/// Returns whether `after`, the text after a backslash, begins with a valid escape.
fn is_escape(after: &[u8]) -> bool {
    match after {
        [b'u', digits @ ..] => digits
            .get(..4)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        [first, ..] => b"\"\\/bfnrt".contains(first),
        [] => false,
    }
}

/// Removes backslashes before apostrophes, backticks and line breaks, because JSON does not allow
/// these escapes.
fn without_needless_escapes(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            text.push(byte);
            continue;
        }
        match bytes.next() {
            Some(plain @ (b'\'' | b'`' | b'\n')) => text.push(plain),
            Some(other) => text.extend([b'\\', other]),
            None => text.push(b'\\'),
        }
    }
    text
}
