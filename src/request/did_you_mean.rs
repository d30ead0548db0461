//! Suggests a known name for an unknown name. In: a misspelt field. Out: the field that the caller
//! probably meant.
//!
//! `src/js/did-you-mean.js` has the same rules for fields that JavaScript reads.
//! `tests/fixtures/did-you-mean.json` has the test cases for both.

/// Maximum length of a name that gets a suggestion. The time grows with the square of the length.
const MAX_LENGTH: usize = 64;

/// Returns the part of an error message that follows the name of an unknown field. It contains a
/// suggestion and the known names.
pub(crate) fn unknown_rule(unknown: &str, known: &[&str]) -> String {
    let names = known.join(", ");
    match did_you_mean(unknown, known) {
        Some(name) => format!("is unknown here; did you mean `{name}`? Known are {names}"),
        None => format!("is unknown here; known are {names}"),
    }
}

/// Returns the known name that `unknown` probably means.
///
/// Tries these rules in order and returns the first name that is found:
///
/// 1. A name with the same letters, ignoring case, `_` and `-`.
/// 2. A name that differs in one or two letters.
/// 3. The name that shares the most words, if no other name shares as many.
pub(crate) fn did_you_mean<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    if unknown.len() > MAX_LENGTH {
        return None;
    }
    let letters = letters_of(unknown);
    let near = |name: &&&str| {
        let other = letters_of(name);
        let shorter = letters.len().min(other.len());
        let distance = distance(&letters, &other);
        (distance <= 2.min(shorter / 3)).then_some(distance)
    };
    let nearest = known.iter().filter(|name| near(name).is_some());
    let nearest = nearest.min_by_key(near);
    nearest.copied().or_else(|| by_words(unknown, known))
}

/// Returns the known name that shares the most words with `unknown`. If two or more names share
/// equally many words, returns `None`.
fn by_words<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    let words = words_of(unknown);
    let most = known
        .iter()
        .map(|name| shared_words(&words, &words_of(name)))
        .max()
        .filter(|most| *most > 0)?;
    let mut best = known
        .iter()
        .filter(|name| shared_words(&words, &words_of(name)) == most);
    best.next().filter(|_| best.next().is_none()).copied()
}

/// Returns the percentage of words that two names have in common. If the names are not similar,
/// returns 0.
///
/// Names are similar if one name has all words of the other. They are also similar if the longer
/// name shares two thirds of its words.
fn shared_words(words: &[String], others: &[String]) -> usize {
    let shared = words.iter().filter(|word| others.contains(word)).count();
    let shorter = words.len().min(others.len());
    let longer = words.len().max(others.len());
    if shared == 0 || (shared < shorter && 3 * shared < 2 * longer) {
        return 0;
    }
    100 * shared / longer
}

fn letters_of(name: &str) -> Vec<u8> {
    name.bytes()
        .filter(|byte| !matches!(byte, b'_' | b'-'))
        .map(|byte| byte.to_ascii_lowercase())
        .collect()
}

/// Splits `max_tokens`, `max-tokens` or `maxTokens` into words. Removes a plural `s`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for c in name.chars() {
        let is_separator = matches!(c, '_' | '-');
        if is_separator || (after_small && c.is_ascii_uppercase()) {
            words.push(String::new());
        }
        after_small = c.is_ascii_lowercase();
        if let Some(word) = words.last_mut().filter(|_| !is_separator) {
            word.push(c.to_ascii_lowercase());
        }
    }
    let singular = |word: &String| word.strip_suffix('s').unwrap_or(word).to_owned();
    words.retain(|word| !word.is_empty());
    words.iter().map(singular).collect()
}

/// Returns the minimum number of edits that turn one name into the other. An edit inserts, deletes
/// or replaces a letter, or swaps two neighbouring letters.
/// <https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance#Optimal_string_alignment_distance>
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut previous = None;
    for (i, letter) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        let mut other_previous = None;
        for (j, other) in to.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&last, j) + usize::from(letter != other);
            let mut least = replaced.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let is_swap = previous == Some(other) && other_previous == Some(letter);
            if is_swap && let Some(before) = j.checked_sub(1) {
                least = least.min(at(&before_last, before) + 1);
            }
            row.push(least);
            other_previous = Some(other);
        }
        previous = Some(letter);
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Value;

    #[test]
    fn the_cases_that_both_languages_share() {
        let table = include_str!("../../tests/fixtures/did-you-mean.json");
        let table: Value = table.parse().unwrap();
        for group in table.as_array().unwrap() {
            let known: Vec<&str> = group["known"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect();
            for (unknown, meant) in group["cases"].as_object().unwrap().iter() {
                assert_eq!(did_you_mean(unknown, &known), meant.as_str(), "{unknown}");
            }
        }
    }
}
