//! Finds Markdown links: a text that begins with `[` in, the place of the link's target out.
//!
//! Specification: <https://spec.commonmark.org/0.31.2/#links>. Links inside of links are not read.

use std::ops::Range;

use crate::deliberation::analysis::characters::is_digit;

/// Maximum number of bytes of the text and of the target of a Markdown link.
const MAX_LABEL: usize = 500;
const MAX_TARGET: usize = 1_500;
/// The beginnings of a link's target. Other text in parentheses may be code.
const TARGETS: [&str; 5] = ["http://", "https://", "mailto:", "/", "#"];

/// If the text begins with a Markdown link, returns the range from the end of the link's text to
/// the end of the link. The text of a link counts as if it stood there alone. If the text would
/// then join a number before or after the link, it is no link here.
pub(super) fn link(text: &str, previous: Option<char>) -> Option<Range<usize>> {
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
    let is_number = |c: Option<char>| c.is_some_and(is_digit);
    let joins = is_number(previous)
        || is_number(label.chars().next_back()) && {
            let mut after = after.chars();
            let next = after.next();
            is_number(next) || matches!(next, Some('.' | ',')) && is_number(after.next())
        };
    let start = 1 + end;
    (!joins && !label.is_empty()).then(|| start..start + "](".len() + length + 1)
}
