//! A text within a text. The standard library's search is fast and, with what it says when it panics, 6 kB of the module; ours is
//! linear too, so that no model can make it slow.

/// Where `needle` begins first, in bytes; one without a letter is nowhere. <https://en.wikipedia.org/wiki/Knuth-Morris-Pratt_algorithm>
pub fn find(text: &str, needle: &str) -> Option<usize> {
    let needle = needle.as_bytes();
    // For each beginning of the needle, how much of its end is a shorter beginning again.
    let mut borders = vec![0];
    let mut matched = 0;
    for byte in needle.iter().skip(1) {
        matched = matched_with(*byte, matched, needle, &borders);
        borders.push(matched);
    }
    let (first, text) = (*needle.first()?, text.as_bytes());
    let (mut at, mut matched) = (0, 0);
    loop {
        if matched == 0 {
            at += memchr::memchr(first, text.get(at..)?)?;
        }
        matched = matched_with(*text.get(at)?, matched, needle, &borders);
        at += 1;
        if matched == needle.len() {
            return Some(at - matched);
        }
    }
}

/// Eight bytes at a time; the comparison that Rust has for wasm goes one by one.
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    let ((one, one_rest), (other, other_rest)) = (one.as_chunks(), other.as_chunks());
    let is_same = |(one, other): (&[u8; 8], &[u8; 8])| u64::from_le_bytes(*one) == u64::from_le_bytes(*other);
    one.len() == other.len() && one_rest == other_rest && one.iter().zip(other).all(is_same)
}

fn matched_with(byte: u8, mut matched: usize, needle: &[u8], borders: &[usize]) -> usize {
    while needle.get(matched) != Some(&byte) {
        match matched.checked_sub(1).and_then(|last| borders.get(last)) {
            Some(shorter) => matched = *shorter,
            None => return 0,
        }
    }
    matched + 1
}

/// What is before the first `needle`, and what after it.
pub fn split<'a>(text: &'a str, needle: &str) -> Option<(&'a str, &'a str)> {
    let at = find(text, needle)?;
    Some((text.get(..at)?, text.get(at + needle.len()..)?))
}

/// Whether `needle` is in it.
pub fn contains(text: &str, needle: &str) -> bool {
    find(text, needle).is_some()
}

/// Where `needle` is in it, and what comes after; one after the other, not overlapping.
pub fn occurrences<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = split(rest, needle)?.1;
        Some((text.len() - rest.len() - needle.len(), rest))
    })
}

/// With `by` in place of each `needle`.
pub fn replaced(text: &str, needle: &str, by: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = split(rest, needle) {
        replaced.push_str(before);
        replaced.push_str(by);
        rest = after;
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Few letters make many near misses.
    #[test]
    fn it_finds_what_the_standard_library_finds() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..20_000 {
            let mut word = |longest| (0..random.usize(..longest)).map(|_| if random.bool() { 'a' } else { 'é' }).collect::<String>();
            let (text, needle) = (word(20), word(6));
            let needle = needle + "a";
            assert_eq!(find(&text, &needle), text.find(&needle), "{needle:?} in {text:?}");
            let ours: Vec<_> = occurrences(&text, &needle).map(|(at, _)| at).collect();
            assert_eq!(ours, text.match_indices(&needle).map(|(at, _)| at).collect::<Vec<_>>(), "{needle:?} in {text:?}");
            assert_eq!(replaced(&text, &needle, "-"), text.replace(&needle, "-"));
        }
    }

    /// One by one from each place would be 10^11 comparisons.
    #[test]
    fn a_hostile_text_takes_linear_time() {
        let text = "a".repeat(1_000_000);
        let needle = "a".repeat(300_000) + "b";
        assert!(!contains(&text, &needle));
    }

    #[test]
    fn nothing_is_nowhere() {
        assert_eq!((find("a", ""), replaced("a", "", "-").as_str()), (None, "a"));
    }
}
