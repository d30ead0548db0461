//! Checks quotes. Takes a quote and a panelist's answer. Returns the quote's place in the answer,
//! and whether the quote is verified.
//!
//! A quote never matches a different number. The comparison ignores only typographic variants,
//! case, white space, backslash escapes, and emphasis at the edge of a word. See the module
//! `folding`.

use std::cell::{Cell, OnceCell};
use std::ops::Range;

use memchr::memmem;

use crate::deliberation::analysis::characters::{is_digit, is_of_word, is_spaceless};
use crate::deliberation::analysis::edges::is_whole;
use crate::deliberation::analysis::folding::Folded;
use crate::provider::UnicodeForms;
use crate::result::{Analysis, Quote, QuoteReason, Response};

/// Maximum number of bytes that are searched for the quotes of one reply. A real reply needs far
/// less.
const MAX_COMPARED: usize = 256 << 20;
/// The cost of checking one possible place of a quote, counted as searched bytes.
const COST_OF_PLACE: usize = 128;
/// Minimum number of words of a verified quote. A shorter quote may occur in an answer by chance.
const MIN_WORDS: usize = 3;
/// Minimum number of characters of a verified quote, in scripts without spaces between words.
const MIN_CHARS: usize = 12;

/// Finds quotes in the answers.
pub(crate) struct QuoteFinder<'a> {
    /// The texts in which quotes are searched. A quote names its text by the text's index.
    texts: Vec<(usize, &'a str)>,
    forms: UnicodeForms,
    /// The folded form of each text; see the module `folding`. The texts are folded only once,
    /// because an analysis may have hundreds of quotes.
    answers: OnceCell<Vec<(usize, Folded)>>,
    compared: Cell<usize>,
}

impl<'a> QuoteFinder<'a> {
    /// Returns a finder that searches the answers of panelists.
    pub(crate) fn new(responses: &'a [Response], forms: UnicodeForms) -> Self {
        let text = |response: &'a Response| (response.index, response.content.as_str());
        Self::in_texts(responses.iter().map(text).collect(), forms)
    }

    /// Returns a finder that searches the given texts.
    pub(crate) fn in_texts(texts: Vec<(usize, &'a str)>, forms: UnicodeForms) -> Self {
        Self {
            texts,
            forms,
            answers: OnceCell::new(),
            compared: Cell::new(0),
        }
    }

    /// Starts a new reply: resets the count of searched bytes.
    pub(crate) fn reset(&self) {
        self.compared.set(0);
    }

    /// Returns whether the panelist's answer contains the quote.
    pub(crate) fn is_found(&self, index: usize, quote: &str) -> bool {
        self.find(index, &FoldedQuote::new(quote, self.forms))
            .is_some()
    }

    /// Returns the quote with its place in the panelist's answer, and whether the quote is
    /// verified.
    pub(crate) fn check(&self, index: usize, quote: String) -> Quote {
        let folded = FoldedQuote::new(&quote, self.forms);
        let found = self.find(index, &folded);
        let reason = match &found {
            None => Some(QuoteReason::NotFound),
            Some(found) if is_short(&folded.text) && !found.is_sentence => {
                Some(QuoteReason::TooShort)
            }
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

    /// Counts searched bytes. If the sum exceeds the limit, returns `None`.
    fn count(&self, bytes: usize) -> Option<()> {
        let compared = self.compared.get().saturating_add(bytes);
        self.compared.set(compared);
        (compared <= MAX_COMPARED).then_some(())
    }

    fn find(&self, index: usize, quote: &FoldedQuote) -> Option<Found> {
        let fold_all = || {
            let fold = |(index, text): &(usize, &str)| (*index, Folded::new(text, self.forms));
            self.texts.iter().map(fold).collect::<Vec<_>>()
        };
        let answers = self.answers.get_or_init(fold_all);
        let (_, answer) = answers.iter().find(|(owner, _)| *owner == index)?;
        if quote.text.is_empty() {
            return None;
        }
        self.count(answer.text.len())?;
        let place = memmem::find_iter(answer.text.as_bytes(), quote.text.as_bytes())
            .map(|start| start..start + quote.text.len())
            .map_while(|place| self.count(COST_OF_PLACE).map(|()| place))
            .find(|place| quote.has_units_of(answer, place) && is_whole(answer, place))?;
        let bytes = answer.source_range(&place);
        Some(Found {
            is_sentence: answer.is_sentence(&bytes),
            units: answer.units(&bytes),
        })
    }
}

/// A folded quote without the quotation marks, spaces and dots around it.
struct FoldedQuote {
    text: String,
    /// The offset of the first digit, if the quote has one.
    digit: Option<usize>,
    capitals: Vec<usize>,
}

impl FoldedQuote {
    fn new(quote: &str, forms: UnicodeForms) -> Self {
        let folded = Folded::new(quote, forms);
        let is_edge = |c: char| matches!(c, '"' | '\'' | ' ');
        let end = folded.text.trim_end_matches(|c| is_edge(c) || c == '.');
        let start = end.trim_start_matches(is_edge);
        let without_dots = start.trim_start_matches('.').trim_start_matches(is_edge);
        // Keep the dot of ".5", because ".5" and "5" are different numbers.
        let is_decimal = without_dots.starts_with(is_digit);
        let text = if is_decimal { start } else { without_dots };
        let removed = end.len() - text.len();
        let capitals = folded.capitals.iter();
        Self {
            digit: text.find(is_digit),
            capitals: capitals.filter_map(|at| at.checked_sub(removed)).collect(),
            text: text.to_owned(),
        }
    }

    /// Returns whether the units in the quote have the same case as in the answer, because "5 mW"
    /// and "5 MW" differ.
    fn has_units_of(&self, answer: &Folded, place: &Range<usize>) -> bool {
        let Some(digit) = self.digit else {
            return true;
        };
        let capitals = &answer.capitals;
        let first = capitals.partition_point(|at| *at < place.start + digit);
        let found = capitals.iter().skip(first);
        let found = found.take_while(|at| **at < place.end);
        found
            .map(|at| at - place.start)
            .eq(self.capitals.iter().copied())
    }
}

/// The place of a quote in the answer, in UTF-16 units.
struct Found {
    units: Range<usize>,
    is_sentence: bool,
}

/// Checks all quotes of an analysis again, for example after it was read from a snapshot.
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

#[cfg(test)]
mod tests;
