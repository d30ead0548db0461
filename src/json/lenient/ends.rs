//! Decides from the text after a quote whether the quote ends its string.

use super::{NEAR, Parser};

impl Parser<'_> {
    /// Returns whether a quote ends a field's value.
    ///
    /// `after` is the offset after the quote. `next` is the offset of the next character that is
    /// not white space. `is_open` is true if the previous quote began a quoted word inside the
    /// string.
    pub(super) fn ends_field(&self, after: usize, next: usize, is_open: bool) -> bool {
        let Some(byte) = self.byte(next) else {
            return true;
        };
        match byte {
            b'}' => self.objects + self.arrays < 2 || self.is_after_bracket(next + 1),
            b']' | b')' => !is_open && self.is_after_bracket(next + 1),
            b',' | b';' => {
                let following = self.past_commas(next);
                match self.byte(following) {
                    None | Some(b'}' | b']' | b'#') => true,
                    Some(b'{') => !is_open,
                    Some(_) => {
                        self.is_key(following)
                            || self.is_comment(following)
                            || self.is_ellipsis(following)
                    }
                }
            }
            b'+' => self.quote_at(self.past_space(next + 1)).is_some(),
            b'/' => self.is_comment(next),
            b'#' => next > after,
            b'`' => self.has(next, b"```"),
            _ if self.quote_at(next).is_some() => self.is_key(next),
            _ => self.has_line_break(after, next) && self.is_key(next),
        }
    }

    /// Returns whether a quote ends an element of an array.
    pub(super) fn ends_element(&self, after: usize, next: usize, is_open: bool) -> bool {
        let Some(byte) = self.byte(next) else {
            return true;
        };
        let is_after_space = self
            .byte(self.at.wrapping_sub(1))
            .is_some_and(|last| last.is_ascii_whitespace());
        match byte {
            b']' => self.is_after_bracket(next + 1),
            b'}' | b')' => !is_open && self.is_after_bracket(next + 1),
            b',' | b';' => {
                let following = self.past_commas(next);
                match self.byte(following) {
                    None | Some(b']' | b'}' | b'#') => true,
                    Some(_) if self.is_comment(following) || self.is_ellipsis(following) => true,
                    Some(b'(') => !is_open,
                    Some(_) if is_open => self.is_whole_element(following),
                    Some(_) => self.is_value(following) || self.is_last_word(following),
                }
            }
            b'+' => self.quote_at(self.past_space(next + 1)).is_some(),
            b'/' => self.is_comment(next),
            b'#' => next > after,
            b':' => !is_open && self.is_value(self.past_space(next + 1)),
            b'{' | b'[' => !is_open && !is_after_space,
            _ if self.quote_at(next).is_some() => {
                let is_before_word = self
                    .byte(next + 1)
                    .is_some_and(|byte| byte.is_ascii_alphanumeric());
                !is_open && !is_after_space && is_before_word
            }
            _ if is_open || is_after_space => false,
            _ if self.is_value(next) => {
                let rest = self.bytes.get(next..).unwrap_or_default();
                let is_of_number = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'.';
                let length = rest.iter().take(NEAR).take_while(is_of_number).count();
                matches!(
                    self.byte(self.past_space(next + length)),
                    None | Some(b',' | b']')
                )
            }
            _ => false,
        }
    }

    /// Returns whether the string at `at` is followed by the next element or by the array's end. If
    /// the string is longer than [`NEAR`], returns true, because a quoted word inside a string is
    /// shorter.
    fn is_whole_element(&self, at: usize) -> bool {
        let Some(open) = self.quote_at(at) else {
            return false;
        };
        let begin = at + open.length;
        let mark = (begin..begin + NEAR).find_map(|end| Some((end, self.closer_at(open, end)?)));
        let Some((end, mark)) = mark else {
            return true;
        };
        let next = self.past_space(end + mark.length);
        match self.byte(next) {
            None => true,
            Some(b']') => self.is_after_bracket(next + 1),
            Some(b',') => self.is_value(self.past_commas(next)),
            Some(_) => false,
        }
    }

    /// Returns whether the text ends with a short word at `at`, such as a truncated literal.
    fn is_last_word(&self, at: usize) -> bool {
        let rest = self.bytes.get(at..).unwrap_or_default();
        rest.len() < 6 && rest.iter().all(u8::is_ascii_alphabetic)
    }
}
