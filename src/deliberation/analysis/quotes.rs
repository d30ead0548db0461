//! Checks quotes: a quote and a panelist's answer in, its place and the verdict out.
//!
//! A quote never stands for another number. Only typographic variants, case, white space, emphasis
//! at the edge of a word and escapes are ignored; see `folding`.

use std::cell::{Cell, OnceCell};
use std::ops::Range;

use memchr::memmem;

use crate::deliberation::analysis::folding::{
    Folded, is_digit, is_of_word, is_spaceless, is_zero_width,
};
use crate::provider::UnicodeForms;
use crate::result::{Analysis, Quote, QuoteReason, Response};

/// Maximum bytes of answers searched for quotes. An honest reply needs far less.
const MAX_COMPARED: usize = 256 << 20;
/// A shorter quote may stand anywhere by chance.
const MIN_WORDS: usize = 3;
/// The same in scripts without spaces.
const MIN_CHARS: usize = 12;

/// Finds quotes in the answers.
pub(crate) struct QuoteFinder<'a> {
    responses: &'a [Response],
    forms: UnicodeForms,
    /// Folded answers. Computed once, at the first quote, because an analysis may have hundreds.
    answers: OnceCell<Vec<(usize, Folded)>>,
    compared: Cell<usize>,
}

impl<'a> QuoteFinder<'a> {
    pub(crate) fn new(responses: &'a [Response], forms: UnicodeForms) -> Self {
        Self {
            responses,
            forms,
            answers: OnceCell::new(),
            compared: Cell::new(0),
        }
    }

    /// Starts a new reply: the limit of searched bytes counts from zero.
    pub(crate) fn reset(&self) {
        self.compared.set(0);
    }

    /// Returns whether the panelist's answer contains the quote.
    pub(crate) fn is_found(&self, index: usize, quote: &str) -> bool {
        self.find(index, &self.folded_quote(quote)).is_some()
    }

    /// Returns the quote with its place in the panelist's answer and the verdict.
    pub(crate) fn check(&self, index: usize, quote: String) -> Quote {
        let folded = self.folded_quote(&quote);
        let found = self.find(index, &folded);
        let reason = match &found {
            None => Some(QuoteReason::NotFound),
            Some(found) if is_short(&folded) && !found.is_sentence => Some(QuoteReason::TooShort),
            Some(_) => None,
        };
        Quote {
            index,
            quote,
            verified: reason.is_none(),
            start: found
                .as_ref()
                .map(|found| (found.units.start as u64).into()),
            end: found.as_ref().map(|found| (found.units.end as u64).into()),
            reason,
        }
    }

    fn folded_quote(&self, quote: &str) -> String {
        let folded = Folded::new(quote, self.forms).text;
        let is_edge = |c: char| matches!(c, '"' | '\'' | ' ');
        let end = folded.trim_end_matches(|c| is_edge(c) || c == '.');
        let start = end.trim_start_matches(is_edge);
        let without_dots = start.trim_start_matches('.').trim_start_matches(is_edge);
        // ".5" is another number than "5".
        let is_decimal = without_dots.starts_with(is_digit);
        if is_decimal { start } else { without_dots }.to_owned()
    }

    fn find(&self, index: usize, quote: &str) -> Option<Found> {
        let fold_all = || {
            let fold =
                |response: &Response| (response.index, Folded::new(&response.content, self.forms));
            self.responses.iter().map(fold).collect::<Vec<_>>()
        };
        let answers = self.answers.get_or_init(fold_all);
        let (_, answer) = answers.iter().find(|(owner, _)| *owner == index)?;
        if quote.is_empty() {
            return None;
        }
        self.compared
            .set(self.compared.get().saturating_add(answer.text.len()));
        if self.compared.get() > MAX_COMPARED {
            return None;
        }
        let place = memmem::find_iter(answer.text.as_bytes(), quote.as_bytes())
            .map(|start| start..start + quote.len())
            .find(|place| is_whole(&answer.text, place))?;
        let bytes = answer.source_range(&place);
        Some(Found {
            is_sentence: answer.is_sentence(&bytes),
            units: answer.units(&bytes),
        })
    }
}

/// A quote's place in the answer, in UTF-16 units.
struct Found {
    units: Range<usize>,
    is_sentence: bool,
}

/// Checks all quotes again, for example those of a snapshot.
pub(crate) fn check_again(analysis: &mut Analysis, responses: &[Response], forms: UnicodeForms) {
    let finder = QuoteFinder::new(responses, forms);
    let check = |quotes: &mut Vec<Quote>| {
        for quote in quotes {
            *quote = finder.check(quote.index, std::mem::take(&mut quote.quote));
        }
    };
    for point in analysis
        .consensus
        .iter_mut()
        .chain(&mut analysis.partial_coverage)
    {
        check(&mut point.quotes);
    }
    for contradiction in &mut analysis.contradictions {
        for stance in &mut contradiction.stances {
            check(&mut stance.quotes);
        }
    }
    for insight in &mut analysis.unique_insights {
        check(&mut insight.quotes);
    }
}

fn is_short(quote: &str) -> bool {
    if quote.contains(is_spaceless) {
        return quote.chars().filter(|c| is_of_word(*c)).count() < MIN_CHARS;
    }
    let words = quote.split(' ').filter(|word| word.contains(is_of_word));
    words.count() < MIN_WORDS
}

/// Returns whether the place begins and ends where a word or a number does.
fn is_whole(text: &str, place: &Range<usize>) -> bool {
    let quote = text.get(place.clone()).unwrap_or_default();
    let before = text.get(..place.start).unwrap_or_default();
    let after = text.get(place.end..).unwrap_or_default();
    let is_share = quote.ends_with(is_digit) && after.trim_start().starts_with(['%', '‰']);
    let is_fraction = quote.starts_with(is_digit) && before.ends_with(['.', ',']);
    !is_share
        && !is_fraction
        && is_edge(&mut before.chars().rev(), &mut quote.chars())
        && is_edge(&mut after.chars(), &mut quote.chars().rev())
}

/// Returns whether no word and no number goes on from the quote's edge. Both iterators lead away
/// from the edge: `outside` from the quote, `inside` into it.
fn is_edge(
    outside: &mut dyn Iterator<Item = char>,
    inside: &mut dyn Iterator<Item = char>,
) -> bool {
    let mut inside = inside.peekable();
    let (Some(first), Some(next)) = (inside.peek().copied(), outside.next()) else {
        return true;
    };
    let second = outside.next();
    let goes_on = second.is_some_and(|second| is_of_word(second) || is_digit(second));
    if is_zero_width(next) || matches!(next, '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}') {
        return false;
    }
    if is_digit(first) {
        // "10 000": a group of three digits after a space.
        let digits = inside.take_while(|c| is_digit(*c)).count();
        let group = 1 + outside.take_while(|c| is_digit(*c)).count();
        let has_group = second.is_some_and(is_digit) && (digits == 3 || group == 3);
        return match next {
            ' ' => !has_group,
            '.' | ',' | ':' | ';' | '\'' | '"' | '(' | ')' => !second.is_some_and(is_digit),
            '-' | '+' | '±' | '~' | '≈' | '<' | '>' | '≤' | '≥' | '^' | '*' | '_' | '`' | '/'
            | '⁄' | '∕' | '√' | '×' | '·' | '⋅' | '%' | '‰' | '\\' => false,
            _ => !is_digit(next) && (!is_of_word(next) || is_spaceless(next)),
        };
    }
    if is_of_word(first) && !is_spaceless(first) {
        return match next {
            '-' | '\'' | '*' | '_' | '`' => !goes_on,
            _ => is_spaceless(next) || !is_of_word(next) && !is_digit(next),
        };
    }
    true
}

#[cfg(test)]
mod tests;
