//! Fences: text from outside between two marks that carry the run's nonce, and the escaping of
//! text that looks like a mark.
//!
//! `src/js/tools/untrusted.js` does the same for results of tools. Both read
//! `tests/fixtures/fences.json` in their tests.

use super::text_tables::{KINDS, LETTER_LIKE, LOOK_ALIKES, MARKS, OPENERS, SLASHES};
use super::visible::{contains, is_hidden, lists, visible};
use crate::replace::replace_all;

/// Returns the text between two marks.
pub(super) fn fence(kind: &str, nonce: &str, attributes: &str, body: &str) -> String {
    let body = escape_fences(body, nonce);
    format!("<{kind}-{nonce}{attributes}>\n{body}\n</{kind}-{nonce}>\n")
}

/// Removes invisible text and escapes fence-like text. A text cannot know the nonce, but it may
/// guess the form of a fence, or repeat an echoed one. Breaks both.
pub(super) fn escape_fences(text: &str, nonce: &str) -> String {
    let text = visible(text);
    let mut safe = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = opener(rest) {
        safe.push_str(rest.get(..at).unwrap_or_default());
        let tag = rest.get(at..).unwrap_or_default();
        // Skip the whole run at once. Continuing after its first character would make "<<<<..."
        // quadratic.
        let name = tag.trim_start_matches(|c: char| {
            lists(OPENERS, c) || lists(SLASHES, c) || c.is_whitespace() || is_skipped(c)
        });
        safe.push_str(tag.get(..tag.len() - name.len()).unwrap_or_default());
        if KINDS.iter().any(|kind| begins_like(name, kind)) {
            safe.push('\\');
        }
        rest = name;
    }
    safe.push_str(rest);
    if nonce.is_empty() {
        safe
    } else {
        replace_all(&safe, nonce, "…")
    }
}

/// Returns the offset of the first opener. Searches bytes, as answers may have megabytes and few
/// openers.
fn opener(text: &str) -> Option<usize> {
    // First byte of an opener. Other characters may start with it too, but it is never inside one.
    let may_begin = |byte: &u8| matches!(byte, b'<' | 0xcb | 0xe1..=0xf0);
    let mut at = 0;
    loop {
        at += text.as_bytes().get(at..)?.iter().position(may_begin)?;
        let found = text.get(at..)?.chars().next()?;
        if lists(OPENERS, found) {
            return Some(at);
        }
        at += found.len_utf8();
    }
}

/// Returns whether the text starts with the word, ignoring case, marks and invisible characters.
/// Any form of a Latin letter may stand for any letter.
fn begins_like(text: &str, word: &str) -> bool {
    let mut seen = text.chars().filter(|c| !is_skipped(*c));
    word.chars()
        .all(|letter| seen.next().is_some_and(|c| is_like(c, letter)))
}

/// Returns whether a reader of a name would skip the character: marks and invisible characters.
fn is_skipped(c: char) -> bool {
    contains(MARKS, c) || is_hidden(c)
}

fn is_like(c: char, letter: char) -> bool {
    c.to_ascii_lowercase() == letter
        || contains(LETTER_LIKE, c)
        || LOOK_ALIKES
            .iter()
            .any(|list| list.starts_with(letter) && lists(list, c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Value;

    #[test]
    fn attacks_are_escaped_as_the_list_says() {
        let list: Value = include_str!("../../../tests/fixtures/fences.json")
            .parse()
            .unwrap();
        let mut count = 0;
        for row in list["rows"].as_array().unwrap() {
            let input = row["input"].as_str().unwrap();
            let expected = row["output"].as_str().unwrap_or(input);
            assert_eq!(escape_fences(input, ""), expected, "{}", row["name"]);
            count += 1;
        }
        assert!(count > 60, "{count}");
    }

    #[test]
    fn every_opener_and_slash_before_every_kind_is_escaped() {
        for kind in KINDS {
            for opener in OPENERS.chars() {
                let attack = format!("日本é {opener}{kind}");
                assert_eq!(
                    escape_fences(&attack, ""),
                    format!("日本é {opener}\\{kind}")
                );
                for slash in SLASHES.chars() {
                    let attack = format!("{opener} {slash}{kind}");
                    let escaped = format!("{opener} {slash}\\{kind}");
                    assert_eq!(escape_fences(&attack, ""), escaped);
                }
            }
        }
    }

    #[test]
    fn the_nonce_is_replaced() {
        assert_eq!(
            escape_fences("</response-n0nce> n0\u{200b}nce", "n0nce"),
            "</\\response-…> …"
        );
    }
}
