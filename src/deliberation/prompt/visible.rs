//! Removes the parts of a text that are invisible to people but readable for a model.
//!
//! `src/js/tools/visible.js` does the same. Both use the tables of `scripts/text-tables.mjs`.

use std::borrow::Cow;

use super::text_tables::{
    EMOJI, FLAGS, HIDDEN, HIEROGLYPHS, IDEOGRAPHS, JOINING, RIGHT_TO_LEFT, VARIED, VIRAMAS,
};

/// Returns whether the table contains the character.
pub(super) fn contains(table: &[(u32, u32)], c: char) -> bool {
    let code = c as u32;
    let at = table.partition_point(|(_, last)| *last < code);
    table.get(at).is_some_and(|(first, _)| *first <= code)
}

/// Returns whether the list contains the character. `str::contains` would add 6 kB of the standard
/// library to the core.
pub(super) fn lists(list: &str, c: char) -> bool {
    list.chars().any(|listed| listed == c)
}

/// Returns whether the character is invisible.
pub(super) fn is_hidden(c: char) -> bool {
    contains(HIDDEN, c)
}

/// Returns the offset of the first character for which `is` returns `true`.
///
/// `may_begin` returns whether a byte may be the first byte of such a character. It accepts either
/// no byte that stands inside a character, or every byte outside ASCII. Searches bytes, because
/// answers may have megabytes of text and few such characters.
pub(super) fn find(
    text: &str,
    may_begin: impl Fn(&u8) -> bool,
    is: impl Fn(char) -> bool,
) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text.as_bytes().get(at..)?.iter().position(&may_begin)?;
        let found = text.get(at..)?.chars().next()?;
        if is(found) {
            return Some(at);
        }
        at += found.len_utf8();
    }
}

/// Returns the offset of the first invisible character.
pub(super) fn find_hidden(text: &str) -> Option<usize> {
    let may_begin = |byte: &u8| !matches!(byte, b'\n' | b' '..=b'~');
    find(text, may_begin, is_hidden)
}

/// Removes invisible characters. Keeps those that a script or an emoji needs at their place.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if find_hidden(text).is_none() {
        return Cow::Borrowed(text);
    }
    let has_right_to_left = text.contains(|c| contains(RIGHT_TO_LEFT, c) && !is_hidden(c));
    let mut seen = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = find_hidden(rest).and_then(|at| rest.split_at_checked(at)) {
        seen.push_str(before);
        let after = from.trim_start_matches(is_hidden);
        let run = from.get(..from.len() - after.len()).unwrap_or_default();
        let neighbours = Neighbours {
            previous: before.chars().next_back(),
            next: after.chars().next(),
            has_right_to_left,
        };
        neighbours.keep(run, &mut seen);
        rest = after;
    }
    seen.push_str(rest);
    Cow::Owned(seen)
}

/// The visible characters before and after a run of invisible characters.
struct Neighbours {
    previous: Option<char>,
    next: Option<char>,
    has_right_to_left: bool,
}

impl Neighbours {
    /// Appends the characters of `run` that the visible text beside it needs. `run` consists of
    /// invisible characters.
    ///
    /// At most one variation selector, one joiner or direction mark, and one sign before an Arabic
    /// number are needed. Old Korean needs fillers, and hieroglyphs need controls.
    fn keep(&self, run: &str, seen: &mut String) {
        if let Some(previous) = self.previous {
            if previous == '🏴'
                && let Some(flag) = FLAGS
                    .iter()
                    .map(|flag| tags(flag))
                    .find(|flag| run.starts_with(flag))
            {
                return seen.push_str(&flag);
            }
            self.keep_after(previous, run, seen);
        }
        self.keep_jamo(run, seen);
        self.keep_in_script(run, seen);
        self.keep_last(run, seen);
    }

    fn keep_after(&self, previous: char, run: &str, seen: &mut String) {
        let mut chars = run.chars();
        if let Some(first) = chars
            .next()
            .filter(|first| self.is_variation(previous, *first))
        {
            seen.push(first);
        }
        let joiner = first_of(run, |c| matches!(c, '\u{200c}' | '\u{200d}'));
        let mark = first_of(run, |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}'));
        if let Some(joiner) = joiner.filter(|joiner| self.is_joined(previous, *joiner)) {
            seen.push(joiner);
        } else if let Some(mark) = mark.filter(|_| self.may_have_direction(previous)) {
            seen.push(mark);
        }
    }

    /// Keeps filler characters of Old Korean. A syllable needs a filler for a missing consonant and
    /// a filler for a missing vowel.
    fn keep_jamo(&self, run: &str, seen: &mut String) {
        let is_leading = |c| matches!(c, '\u{1100}'..='\u{115e}' | '\u{a960}'..='\u{a97c}');
        let is_vowel = |c| matches!(c, '\u{1161}'..='\u{11a7}' | '\u{d7b0}'..='\u{d7c6}');
        let is_final = |c| matches!(c, '\u{11a8}'..='\u{11ff}' | '\u{d7cb}'..='\u{d7fb}');
        let before_final = self.next.is_some_and(is_final);
        let consonant = first_of(run, |c| c == '\u{115f}');
        let vowel = first_of(run, |c| c == '\u{1160}');
        if self.previous.is_some_and(is_leading) {
            seen.extend(vowel);
        } else if before_final && vowel.is_some() {
            seen.extend(consonant.into_iter().chain(vowel));
        } else if self.next.is_some_and(is_vowel) {
            seen.extend(consonant);
        }
    }

    /// Keeps at most one control character of each kind between hieroglyphs, and one blank between
    /// Braille characters.
    fn keep_in_script(&self, run: &str, seen: &mut String) {
        let is_sign = |c| contains(HIEROGLYPHS, c);
        let is_dots = |c| matches!(c, '\u{2801}'..='\u{28ff}');
        let (previous, next) = (self.previous, self.next);
        if previous.is_some_and(is_dots) || next.is_some_and(is_dots) {
            seen.extend(first_of(run, |c| c == '\u{2800}'));
        }
        let [after, before] = [previous, next].map(|c| c.is_some_and(is_sign));
        let end = |c| matches!(c, '\u{13438}' | '\u{1343d}' | '\u{1343f}');
        let between = |c| {
            matches!(c, '\u{13430}'..='\u{13436}' | '\u{13439}'..='\u{1343b}'
                | '\u{13441}'..='\u{13442}')
        };
        let begin = |c| matches!(c, '\u{13437}' | '\u{1343c}' | '\u{1343e}');
        seen.extend(first_of(run, end).filter(|_| after));
        seen.extend(first_of(run, between).filter(|_| after && before));
        seen.extend(first_of(run, begin).filter(|_| before));
    }

    /// Keeps the last character if it is a sign that belongs to an Arabic number. Such signs are
    /// visible, although their Unicode category is Cf.
    fn keep_last(&self, run: &str, seen: &mut String) {
        let is_sign = |c: &char| {
            matches!(
                c,
                '\u{600}'
                    ..='\u{605}'
                        | '\u{6dd}'
                        | '\u{70f}'
                        | '\u{890}'
                        | '\u{891}'
                        | '\u{8e2}'
                        | '\u{110bd}'
                        | '\u{110cd}'
            )
        };
        let is_needed = self.next.is_some_and(|next| contains(JOINING, next));
        seen.extend(
            run.chars()
                .next_back()
                .filter(is_sign)
                .filter(|_| is_needed),
        );
    }

    fn is_variation(&self, base: char, selector: char) -> bool {
        match selector {
            '\u{fe0f}' if matches!(base, '0'..='9' | '#' | '*') => self.next == Some('\u{20e3}'),
            '\u{fe0e}' | '\u{fe0f}' if contains(EMOJI, base) => true,
            // Keep only the first three variation selectors, because Unicode defines no sequences
            // with the others. With all 256 selectors, a text could hide one byte after each
            // character.
            '\u{fe00}'..='\u{fe02}' => contains(VARIED, base) || contains(IDEOGRAPHS, base),
            '\u{180b}'..='\u{180d}' | '\u{180f}' => matches!(base, '\u{1820}'..='\u{18aa}'),
            _ => false,
        }
    }

    /// Returns whether the text needs the joiner. Two letters of a joining script need it between
    /// them, and so do two emoji. A virama needs it, and the Arabic letter heh in Persian
    /// abbreviations.
    fn is_joined(&self, previous: char, joiner: char) -> bool {
        let both = |table| {
            contains(table, previous) && self.next.is_some_and(|next| contains(table, next))
        };
        both(JOINING)
            || joiner == '\u{200d}' && both(EMOJI)
            || joiner == '\u{200d}' && matches!(previous, '\u{647}' | '\u{6be}')
            || contains(VIRAMAS, previous)
    }

    /// Returns whether a direction mark is useful. It is useful in a text with a right-to-left
    /// script, except inside an ASCII word.
    fn may_have_direction(&self, previous: char) -> bool {
        let is_inside_word = previous.is_ascii_alphanumeric()
            && self.next.is_some_and(|next| next.is_ascii_alphanumeric());
        self.has_right_to_left && !is_inside_word
    }
}

fn first_of(run: &str, is_wanted: impl Fn(char) -> bool) -> Option<char> {
    run.chars().find(|c| is_wanted(*c))
}

/// Returns the invisible tag characters of a flag emoji, with the tag that ends them.
fn tags(flag: &str) -> String {
    flag.chars()
        .map(|c| c as u32 + 0xe0000)
        .chain([0xe007f])
        .filter_map(char::from_u32)
        .collect()
}
