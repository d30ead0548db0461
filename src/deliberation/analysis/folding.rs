//! Folds text, so that a quote and an answer can be compared. Folding removes typographic variants,
//! such as curly quotation marks.
//!
//! A range of the folded text can be converted to UTF-16 units of the original text.
//!
//! Folding uses Unicode's normal form NFC, not NFKC, because NFKC makes "10⁶" equal to "106".

use std::ops::Range;

use crate::blank::is_zero_width;
use crate::deliberation::analysis::characters::{is_digit, is_of_word, is_spaceless};
use crate::deliberation::analysis::markdown_link::link;
use crate::provider::UnicodeForms;

/// Maximum number of consecutive combining marks in one call of the normalization. Unicode's
/// Stream-Safe Text Format has the same limit.
const MAX_MARKS: usize = 30;
/// Maximum number of letters of a unit. The case of a unit counts, so it is kept.
const MAX_UNIT: usize = 4;

/// A folded text, which can be compared with quotes.
pub(crate) struct Folded {
    pub text: String,
    /// Offsets in `text` of the capital letters in units. A unit is a short word after a number,
    /// such as "MW".
    pub capitals: Vec<usize>,
    /// Offsets of the first character of each line.
    lines: Vec<usize>,
    /// Offsets in `text` of hyphens that were minus signs before folding.
    minuses: Vec<usize>,
    source: Normalized,
}

impl Folded {
    pub(crate) fn new(text: &str, forms: UnicodeForms) -> Self {
        let source = Normalized::new(text, forms);
        let mut folded = Self {
            text: String::with_capacity(text.len()),
            capitals: Vec::new(),
            lines: Vec::new(),
            minuses: Vec::new(),
            source: Normalized::default(),
        };
        let mut seen = 0;
        fold(&source.text, &mut |piece, range| {
            let at = folded.text.len();
            if piece != " " {
                let skipped = source.text.get(seen..range.start).unwrap_or_default();
                if skipped.contains('\n') {
                    folded.lines.push(at);
                }
                seen = range.start;
            }
            if source.text.get(range).is_some_and(|part| part == "−") {
                folded.minuses.push(at);
            }
            let is_capital = |byte: &(usize, u8)| byte.1.is_ascii_uppercase();
            let capitals = piece.bytes().enumerate().filter(is_capital);
            folded
                .capitals
                .extend(capitals.map(|(offset, _)| at + offset));
            folded.text.push_str(piece);
        });
        folded.text.truncate(folded.text.trim_end().len());
        folded.text.make_ascii_lowercase();
        folded.source = source;
        folded
    }

    /// Returns whether a line of the text starts at the offset.
    pub(super) fn is_line_start(&self, at: usize) -> bool {
        self.lines.binary_search(&at).is_ok()
    }

    /// Returns whether the hyphen at the offset replaces a minus sign.
    pub(super) fn is_minus(&self, at: usize) -> bool {
        self.minuses.binary_search(&at).is_ok()
    }

    /// Converts a range of the folded text to a byte range of the normalized text.
    pub(crate) fn source_range(&self, place: &Range<usize>) -> Range<usize> {
        let (mut at, mut found) = (0, 0..0);
        fold(&self.source.text, &mut |piece, range| {
            if at <= place.start {
                found = range.clone();
            }
            if at < place.end {
                found.end = range.end;
            }
            at += piece.len();
        });
        found
    }

    /// Converts a byte range of the normalized text to a range in UTF-16 units of the original
    /// text.
    pub(crate) fn units(&self, bytes: &Range<usize>) -> Range<usize> {
        self.source.units(bytes)
    }

    /// Returns whether the range of the normalized text is a whole sentence or a whole line.
    pub(crate) fn is_sentence(&self, bytes: &Range<usize>) -> bool {
        let text = &self.source.text;
        let is_end = |c: char| matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '\n');
        let is_mark = |c: char| {
            matches!(
                c,
                ' ' | '*' | '_' | '`' | '"' | '\'' | '“' | '”' | '‘' | '’'
            ) || matches!(c, '«' | '»' | '#' | '>' | '-' | '•')
        };
        let before = text.get(..bytes.start).unwrap_or_default();
        let after = text.get(bytes.end..).unwrap_or_default();
        let before = before.trim_end_matches(is_mark);
        let after = after.trim_start_matches(is_mark);
        let is_start = before.is_empty() || before.ends_with(is_end);
        let part = text.get(bytes.clone()).unwrap_or_default();
        is_start && (after.is_empty() || after.starts_with(is_end) || part.ends_with(is_end))
    }
}

/// A text in the normal form NFC. All letters are lower case, except in units after numbers.
#[derive(Default)]
struct Normalized {
    text: String,
    /// Parts that normalization changed. Each part has its byte range, and the length of the
    /// original in UTF-16 units.
    changed: Vec<(Range<usize>, usize)>,
}

impl Normalized {
    fn new(text: &str, forms: UnicodeForms) -> Self {
        let mut normalized = Self {
            text: String::with_capacity(text.len()),
            changed: Vec::new(),
        };
        normalized.push_cut(text, forms);
        lower_words(&mut normalized.text);
        normalized
    }

    /// Appends a text. Cuts long runs of combining marks, because NFC sorts each run in quadratic
    /// time.
    fn push_cut(&mut self, text: &str, forms: UnicodeForms) {
        let (mut start, mut marks) = (0, 0);
        for (at, c) in text.char_indices() {
            marks = if is_starter(c) { 0 } else { marks + 1 };
            if marks > MAX_MARKS {
                self.push(text.get(start..at).unwrap_or_default(), forms);
                (start, marks) = (at, 1);
            }
        }
        self.push(text.get(start..).unwrap_or_default(), forms);
    }

    /// Appends a text in its normal form. If normalization changes the text, divides the text and
    /// appends each half separately. This continues until a half is unchanged or cannot be divided.
    fn push(&mut self, text: &str, forms: UnicodeForms) {
        // ASCII is already in NFC, so the call to JavaScript is not needed.
        if text.is_ascii() {
            return self.text.push_str(text);
        }
        let composed = (forms.nfc)(text);
        let lower = (forms.lowercase)(&composed);
        if composed == text && lower.chars().count() == text.chars().count() {
            // Keep the case of ASCII letters here. The function `lower_words` changes it later.
            let cased = text.chars().zip(lower.chars());
            return self
                .text
                .extend(cased.map(|(c, lower)| if c.is_ascii() { c } else { lower }));
        }
        if let Some((first, second)) = boundary(text).and_then(|at| text.split_at_checked(at)) {
            self.push(first, forms);
            return self.push(second, forms);
        }
        let start = self.text.len();
        self.text.push_str(&lower);
        let units = text.chars().map(char::len_utf16).sum();
        self.changed.push((start..self.text.len(), units));
    }

    fn units(&self, bytes: &Range<usize>) -> Range<usize> {
        let (mut at, mut units) = (0, 0);
        let mut found = None..None;
        let mut changed = self.changed.iter().peekable();
        while at < self.text.len() {
            let (start, before) = (at, units);
            match changed.next_if(|(range, _)| range.start <= at) {
                Some((range, length)) => {
                    at = range.end.max(at);
                    units += length;
                }
                None => {
                    let Some(c) = self.text.get(at..).and_then(|rest| rest.chars().next()) else {
                        break;
                    };
                    at += c.len_utf8();
                    units += c.len_utf16();
                }
            }
            if at > bytes.start && found.start.is_none() {
                found.start = Some(before);
            }
            if start < bytes.end {
                found.end = Some(units);
            }
        }
        found.start.unwrap_or(units)..found.end.unwrap_or(units)
    }
}

/// Makes ASCII letters lower case, except in units, because "5 mW" and "5 MW" differ. A unit is up
/// to four letters after a number.
fn lower_words(text: &mut String) {
    let cased = std::mem::take(text);
    let mut last = None;
    let mut rest = cased.as_str();
    while let Some(c) = rest.chars().next() {
        let after = rest.trim_start_matches(is_of_unit);
        let word = rest.get(..rest.len() - after.len()).unwrap_or_default();
        if word.is_empty() {
            if !(c.is_whitespace() || is_emphasis(c) || is_zero_width(c)) {
                last = Some(c);
            }
            text.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        }
        let is_unit = last.is_some_and(is_digit) && word.chars().count() <= MAX_UNIT;
        if is_unit {
            text.push_str(word);
        } else {
            text.push_str(&word.to_ascii_lowercase());
        }
        // A unit may continue after a slash: "MW/km".
        let goes_on = is_unit && after.starts_with(['/', '·', '⋅', '*']);
        last = if goes_on { last } else { None };
        rest = after;
        if goes_on && let Some(c) = rest.chars().next() {
            text.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
}

fn is_of_unit(c: char) -> bool {
    c == 'µ' || is_of_word(c) && !is_digit(c) && !is_spaceless(c)
}

/// Returns a place near the middle where the text can be divided. The character at this place never
/// composes with the one before it.
fn boundary(text: &str) -> Option<usize> {
    let mut middle = text.len() / 2;
    while !text.is_char_boundary(middle) {
        middle += 1;
    }
    let (first, second) = text.split_at_checked(middle)?;
    let after = second
        .char_indices()
        .find(|(at, c)| middle + at > 0 && is_starter(*c))
        .map(|(at, _)| middle + at);
    let before = || {
        first
            .char_indices()
            .rfind(|(at, c)| *at > 0 && is_starter(*c))
            .map(|(at, _)| at)
    };
    after.or_else(before)
}

/// Returns whether a character never composes with the one before it.
fn is_starter(c: char) -> bool {
    matches!(c, '\0'..='\u{2ff}' | '\u{370}'..='\u{482}' | '\u{48a}'..='\u{590}'
        | '\u{5d0}'..='\u{5ea}' | '\u{620}'..='\u{64a}' | '\u{904}'..='\u{939}'
        | '\u{e01}'..='\u{e30}' | '\u{e40}'..='\u{e46}' | '\u{1000}'..='\u{102a}'
        | '\u{1e00}'..='\u{20cf}' | '\u{2100}'..='\u{2cee}' | '\u{2e00}'..='\u{3029}'
        | '\u{3030}'..='\u{3098}' | '\u{309b}'..='\u{a66e}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{1f000}'..='\u{1faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Folds the text. Calls `emit` with each folded piece and the byte range that it replaces.
fn fold(text: &str, emit: &mut dyn FnMut(&str, Range<usize>)) {
    let (mut at, mut previous, mut is_spaced) = (0, None, true);
    let mut last_word = None;
    // The part of a Markdown link after its text: `](url)`.
    let mut link_end = 0..0;
    while let Some(rest) = text.get(at..)
        && let Some(c) = rest.chars().next()
    {
        let end = at + c.len_utf8();
        if at == link_end.start && at < link_end.end {
            at = link_end.end;
            continue;
        }
        if let Some(after_text) = link(rest, [last_word, previous]) {
            (link_end, at) = (at + after_text.start..at + after_text.end, end);
            continue;
        }
        if c.is_whitespace() {
            if !is_spaced {
                emit(" ", at..end);
            }
            (at, previous, is_spaced) = (end, Some(c), true);
            continue;
        }
        if is_emphasis(c) || is_zero_width(c) {
            let after = rest.trim_start_matches(|c| is_emphasis(c) || is_zero_width(c));
            let end = text.len() - after.len();
            let run = text.get(at..end).unwrap_or_default();
            if !vanishes(run, [last_word, previous], after) {
                emit(run, at..end);
                previous = run.chars().next_back();
                (last_word, is_spaced) = (previous, false);
            }
            at = end;
            continue;
        }
        if matches!(c, '—' | '―') {
            // An em dash with spaces around it must fold to the same text as one without spaces.
            emit(if is_spaced { "- " } else { " - " }, at..end);
            (at, previous, last_word, is_spaced) = (end, Some(c), Some(c), true);
            continue;
        }
        let after = text.get(end..).unwrap_or_default();
        let escaped = after.chars().next().filter(char::is_ascii_punctuation);
        if let ('\\', Some(escaped)) = (c, escaped) {
            let end = end + escaped.len_utf8();
            emit(escaped.encode_utf8(&mut [0; 4]), at..end);
            (at, previous, last_word, is_spaced) = (end, Some(escaped), Some(escaped), false);
            continue;
        }
        emit(variant(c).unwrap_or(c.encode_utf8(&mut [0; 4])), at..end);
        (at, previous, last_word, is_spaced) = (end, Some(c), Some(c), false);
    }
}

/// Returns the plain form of a quotation mark, a dash or an ellipsis.
fn variant(c: char) -> Option<&'static str> {
    match c {
        '‘' | '’' | '‚' | '‛' | '‹' | '›' => Some("'"),
        '“' | '”' | '„' | '‟' | '«' | '»' => Some("\""),
        '‐'..='–' | '−' => Some("-"),
        '…' => Some("..."),
        _ => None,
    }
}

/// Returns whether folding can remove a run of emphasis marks and zero-width characters. Such a run
/// can be removed at the edge of a word. Between two digits, nothing is removed, even if a space is
/// also between the digits.
///
/// `last_word` is the last character before the run that is not a space.
fn vanishes(run: &str, [last_word, before]: [Option<char>; 2], after: &str) -> bool {
    let mut after = after.chars();
    let (next, second) = (after.next(), after.next());
    let is_number = |c: Option<char>| c.is_some_and(is_digit);
    let is_space = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let is_letter = |c: Option<char>| c.is_some_and(|c| is_of_word(c) && !is_spaceless(c));
    let has_marks = run.contains(is_emphasis);
    if is_number(before) || is_number(next) {
        let closes = matches!(next, Some('.' | ',' | ';' | ':' | '!' | '?' | ')'))
            && !is_number(second)
            && !is_letter(second);
        let opens = matches!(before, Some('(' | '"' | '“' | '['));
        let is_between = is_number(last_word) && (is_number(next) || is_number(second));
        return (is_space(before) != is_space(next) && !is_between)
            || (!is_number(next) && closes)
            || (!is_number(before) && opens);
    }
    if !has_marks {
        return true;
    }
    // In "2 * 3" and in list items, the asterisk has spaces on both sides and is not emphasis.
    let is_alone = is_space(before) && is_space(next);
    !(is_alone || is_letter(before) && is_letter(next))
}

fn is_emphasis(c: char) -> bool {
    matches!(c, '*' | '_' | '`')
}
