//! Finds Markdown links: a text that begins with `[` in, the place of the link's target out.
//!
//! Specification: <https://spec.commonmark.org/0.31.2/#links>. Links inside of links are not read.

use std::ops::Range;

use crate::deliberation::analysis::characters::{is_digit, is_of_word, is_spaceless};

/// Maximum number of bytes of the text and of the target of a Markdown link.
const MAX_LABEL: usize = 500;
const MAX_TARGET: usize = 1_500;
/// The beginnings of a link's target. Other text in parentheses may be code.
const TARGETS: [&str; 5] = ["http://", "https://", "mailto:", "/", "#"];

/// If the text begins with a Markdown link, returns the range from the end of the link's text to
/// the end of the link. The text of a link counts as if it stood there alone. If the text would
/// then join a word or a number before or after the link, it is no link here. Such a link is often
/// a footnote.
///
/// `before` is the character before the link. `last_word` is the last character before the link
/// that is not a space.
pub(super) fn link(text: &str, [last_word, before]: [Option<char>; 2]) -> Option<Range<usize>> {
    let label = text.strip_prefix('[')?;
    let mut is_escaped = false;
    let end = label.bytes().take(MAX_LABEL).position(|byte| {
        let is_end = matches!(byte, b'[' | b']') && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })?;
    let target = label.get(end..)?.strip_prefix("](")?;
    if !TARGETS.iter().any(|start| target.starts_with(start)) {
        return None;
    }
    let mut depth = 0;
    let length = target.bytes().take(MAX_TARGET).position(|byte| {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        depth < 0 || byte == b'\n'
    })?;
    let after = target.get(length..)?.strip_prefix(')')?;
    let label = label.get(..end)?;
    let joins = joins_before(label, [last_word, before]) || joins_after(label, after);
    let start = 1 + end;
    (!joins && !label.is_empty()).then(|| start..start + "](".len() + length + 1)
}

/// Returns whether the text of a link would continue a word or a number before the link. A number
/// also joins the marks that end a sentence, because "5.[2](/a)" is not the number "5.2".
fn joins_before(label: &str, [last_word, before]: [Option<char>; 2]) -> bool {
    let is_number = |c: Option<char>| c.is_some_and(is_digit);
    let is_letter = |c: Option<char>| c.is_some_and(|c| is_of_word(c) && !is_spaceless(c));
    if is_number(before) || is_letter(before) && is_letter(label.chars().next()) {
        return true;
    }
    if !is_number(label.chars().find(|c| is_of_word(*c))) {
        return false;
    }
    match before {
        None => false,
        Some(c) if c.is_whitespace() => is_number(last_word),
        Some(c) => is_letter(before) || is_closing(c),
    }
}

/// Returns whether the number at the end of a link's text would continue in the text after the
/// link.
fn joins_after(label: &str, after: &str) -> bool {
    let is_number = |c: Option<char>| c.is_some_and(is_digit);
    let mut next = after.chars();
    is_number(label.chars().rfind(|c| is_of_word(*c)))
        && match next.next() {
            Some('.' | ',') => is_number(next.next()),
            Some(c) if c.is_whitespace() => is_number(after.trim_start().chars().next()),
            c => is_number(c),
        }
}

/// Returns whether the mark can stand between the end of a sentence or a number and its footnote.
fn is_closing(c: char) -> bool {
    matches!(
        c,
        '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '"' | '\'' | '*' | '_' | '`'
    ) || matches!(c, '%' | '‰' | '°' | '…' | '”' | '’' | '»' | '“' | '‘')
        || matches!(c, '，' | '．' | '：' | '；' | '！' | '？' | '）')
}
