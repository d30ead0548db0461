//! Searches a text for a string and replaces it.

use memchr::memmem;

/// Replaces every `needle`, as `str::replace` does. Uses the search of the crate `memchr`, which
/// the core needs for other purposes too. The search of the standard library would add 4 kB to the
/// download.
pub(crate) fn replace_all(text: &str, needle: &str, by: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut end = 0;
    for at in memmem::find_iter(text.as_bytes(), needle.as_bytes()) {
        replaced.push_str(text.get(end..at).unwrap_or_default());
        replaced.push_str(by);
        end = at + needle.len();
    }
    replaced.push_str(text.get(end..).unwrap_or_default());
    replaced
}

/// Replaces each `needle` that is a whole word, so that no ASCII letter or digit is beside it. The
/// needle should be short, because the time may grow with the product of the lengths of `text` and
/// `needle`.
pub(crate) fn replace_words(text: &str, needle: &str, by: &str) -> String {
    let bytes = text.as_bytes();
    let is_of_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let finder = memmem::Finder::new(needle.as_bytes());
    let mut replaced = String::with_capacity(text.len());
    let (mut end, mut from) = (0, 0);
    while let Some(found) = bytes.get(from..).and_then(|rest| finder.find(rest)) {
        let (at, after) = (from + found, from + found + needle.len());
        if needle.is_empty() || is_of_word(after) || at > 0 && is_of_word(at - 1) {
            // Continue the search inside this match, because the next match may overlap it.
            from = at + 1;
            continue;
        }
        replaced.push_str(text.get(end..at).unwrap_or_default());
        replaced.push_str(by);
        (end, from) = (after, after);
    }
    replaced.push_str(text.get(end..).unwrap_or_default());
    replaced
}

#[cfg(test)]
mod tests {
    use super::{replace_all, replace_words};

    #[test]
    fn replace_words_keeps_the_needle_inside_of_words() {
        for (text, needle, expected) in [
            ("Too many requests", "any", "Too many requests"),
            ("any, \"any\": any", "any", "#, \"#\": #"),
            ("anyway 1any any1 éany", "any", "anyway 1any any1 é#"),
            ("xa-a-a", "a-a", "xa-#"),
            ("none", "none", "#"),
            ("none", "", "none"),
            ("éé é", "é", "## #"),
        ] {
            assert_eq!(replace_words(text, needle, "#"), expected, "{text}");
        }
    }

    #[test]
    fn replace_all_agrees_with_the_standard_library() {
        for (text, needle) in [
            ("", "a"),
            ("a", "a"),
            ("aéaéa", "é"),
            ("aaaa", "aa"),
            ("key and key", "key"),
            ("none", "x"),
        ] {
            assert_eq!(
                replace_all(text, needle, "[key]"),
                text.replace(needle, "[key]")
            );
        }
    }
}
