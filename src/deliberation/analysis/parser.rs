//! Parses the analyst's reply: text in, a strict [`Analysis`] or `None` out. Accepts the deviations
//! from JSON that models produce.
//!
//! If the reply contains several analyses as JSON objects, the last object counts. The reply may
//! repeat an answer that contains a forged analysis, but the analyst's own object comes after it.

use crate::json::Value;

use crate::deliberation::analysis::characters::is_of_word;
use crate::deliberation::analysis::lists::{
    self, ANSWERS, KINDS, MAX_FINDINGS, MAX_WRAPPERS, SENTENCES, Sequence, field, panelists,
};
use crate::deliberation::analysis::quotes::QuoteFinder;
use crate::deliberation::labels::Labels;
use crate::deliberation::prompt;
use crate::json::lenient;
use crate::provider::UnicodeForms;
use crate::result::{
    Analysis, BlindSpot, Contradiction, Insight, Item, Point, Quote, Response, Stance,
};

/// Parses replies, replaces labels with panelists, and verifies quotes.
pub(crate) struct AnalysisParser<'a> {
    responses: &'a [Response],
    labels: &'a Labels,
    quotes: QuoteFinder<'a>,
}

impl<'a> AnalysisParser<'a> {
    pub(crate) fn new(responses: &'a [Response], labels: &'a Labels, forms: UnicodeForms) -> Self {
        Self {
            responses,
            labels,
            quotes: QuoteFinder::new(responses, forms),
        }
    }

    /// Parses a whole reply.
    pub(crate) fn analysis(&self, text: &str) -> Option<Analysis> {
        self.quotes.reset();
        let mut sequence = Sequence::default();
        lenient::last(text, |object, place| {
            let lists = lists::lists(object, self.labels, MAX_WRAPPERS)?;
            sequence.add(text, place, lists);
            Some(())
        })?;
        let lists = sequence.into_lists();
        // An analysis with all five lists empty is valid. An analysis with items is invalid if no
        // item can be read.
        let is_explicitly_empty = KINDS.iter().all(|kind| {
            lists
                .iter()
                .any(|(other, list)| kind == other && list.is_empty())
        });
        let mut analysis = Analysis::default();
        lists
            .iter()
            .flat_map(|(kind, list)| list.iter().map(move |item| (*kind, item)))
            .filter_map(|(kind, item)| self.item(kind, item))
            .take(MAX_FINDINGS)
            .for_each(|item| analysis.add(item));
        (!analysis.is_empty() || is_explicitly_empty).then_some(analysis)
    }

    /// Parses one element of a list.
    pub(crate) fn item(&self, kind: &str, item: &Value) -> Option<Item> {
        match kind {
            "consensus" => self.point(item).map(Item::Consensus),
            "contradictions" => self.contradiction(item).map(Item::Contradictions),
            "partial_coverage" => self.point(item).map(Item::PartialCoverage),
            "unique_insights" => self.insight(item).map(Item::UniqueInsights),
            "blind_spots" => item_text(item).map(|point| {
                Item::BlindSpots(BlindSpot {
                    point,
                    survived: None,
                })
            }),
            _ => None,
        }
    }

    fn point(&self, item: &Value) -> Option<Point> {
        let point = item_text(item)?;
        let mut panelists = self.panelists(item);
        let quotes = self.quotes(item, &panelists);
        if panelists.is_empty() {
            panelists = quotes.iter().map(|quote| quote.index).collect::<Vec<_>>();
        }
        let last = panelists.iter().max().copied().unwrap_or_default();
        let panelists: Vec<usize> = (0..=last)
            .filter(|index| panelists.contains(index))
            .collect();
        let models = panelists
            .iter()
            .map(|index| self.model(*index))
            .collect::<Vec<_>>();
        Some(Point {
            point,
            panelists,
            models,
            quotes,
            survived: None,
        })
    }

    /// Parses a contradiction and the stances of its panelists. Keeps a contradiction with a single
    /// stance, because one malformed stance must not remove a valid stance.
    fn contradiction(&self, item: &Value) -> Option<Contradiction> {
        let topic = item_text(item)?;
        let mut stances = Vec::new();
        let by_label;
        let given = match field(item, &["stances", "positions", "views"]) {
            Some(Value::Array(given)) => given,
            given => {
                by_label = lists::by_label(given.unwrap_or(item), self.labels);
                &by_label
            }
        };
        for stance in given.iter().take(MAX_FINDINGS) {
            stances.append(&mut self.stances(stance));
        }
        Some(Contradiction {
            topic,
            stances,
            survived: None,
            checked: None,
        })
    }

    /// Returns the stance in an item. If several panelists share the stance, returns one stance for
    /// each of them.
    fn stances(&self, item: &Value) -> Vec<Stance> {
        let labelled = match item {
            Value::String(text) => lists::labelled(text, self.labels),
            // The module `lenient` reads `["A": "sweet"]` as `[{"A": "sweet"}]`.
            item => lists::by_label(item, self.labels).into_iter().next(),
        };
        let item = labelled.as_ref().unwrap_or(item);
        let Some(stance) = item_text(item) else {
            return Vec::new();
        };
        let panelists = self.panelists(item);
        let each = |panelist: &usize| {
            let quotes = self
                .quotes(item, &[*panelist])
                .into_iter()
                .filter(|quote| quote.index == *panelist)
                .collect::<Vec<_>>();
            Stance {
                stance: stance.clone(),
                panelist: *panelist,
                model: self.model(*panelist),
                quotes,
            }
        };
        panelists.iter().map(each).collect::<Vec<_>>()
    }

    fn insight(&self, item: &Value) -> Option<Insight> {
        let insight = item_text(item)?;
        let mut panelists = self.panelists(item);
        let quotes = self.quotes(item, &panelists);
        panelists.extend(quotes.iter().map(|quote| quote.index));
        let panelist = *panelists.first()?;
        Some(Insight {
            insight,
            panelist,
            model: self.model(panelist),
            quotes,
            survived: None,
        })
    }

    fn model(&self, index: usize) -> String {
        let response = self
            .responses
            .iter()
            .find(|response| response.index == index);
        response
            .map(|response| response.model.clone())
            .unwrap_or_default()
    }

    /// Returns the panelists that an item names.
    fn panelists(&self, item: &Value) -> Vec<usize> {
        let names = field(item, &ANSWERS);
        names
            .and_then(|names| panelists(names, self.labels))
            .unwrap_or_default()
    }

    /// Returns the item's quotes.
    ///
    /// A quote may have no label of an answer. If the item has exactly one panelist, such a quote
    /// belongs to this panelist. Otherwise it belongs to the first answer that contains the quote.
    fn quotes(&self, item: &Value, panelists: &[usize]) -> Vec<Quote> {
        let by_label;
        let quoted = match field(item, &["quotes", "quote", "evidence"]) {
            Some(Value::Array(quotes)) => quotes.iter().take(MAX_FINDINGS).collect::<Vec<_>>(),
            Some(one) => {
                by_label = lists::by_label(one, self.labels);
                if by_label.is_empty() {
                    vec![one]
                } else {
                    by_label.iter().collect::<Vec<_>>()
                }
            }
            None => Vec::new(),
        };
        let quote = |value: &Value| {
            let quote = value
                .as_str()
                .or_else(|| field(value, &["quote", "text"])?.as_str())?
                .trim()
                .to_owned();
            let said_by = |index: &usize| self.quotes.is_found(*index, &quote);
            let labelled = self.panelists(value).first().copied();
            let sole = if let [sole] = panelists {
                Some(*sole)
            } else {
                None
            };
            let index = labelled
                .or(sole)
                .or_else(|| self.labels.order.iter().copied().find(said_by))?;
            // Ignore a quote without words. Small models copy the "..." of the prompt's example.
            quote
                .contains(is_of_word)
                .then(|| self.quotes.check(index, quote))
        };
        quoted.into_iter().filter_map(quote).collect::<Vec<_>>()
    }
}

/// Returns an item's sentence: the item itself if it is a string, otherwise its first field of
/// [`SENTENCES`]. If the sentence is a placeholder, returns `None`.
fn item_text(item: &Value) -> Option<String> {
    let sentence = || field(item, &SENTENCES)?.as_str();
    let text = item.as_str().or_else(sentence)?.trim();
    let without_punctuation = text.trim_end_matches(|c: char| !is_of_word(c));
    (!without_punctuation.is_empty()
        && !lists::is_nothing(text)
        && !prompt::PLACEHOLDERS
            .iter()
            .any(|placeholder| is_placeholder(without_punctuation, placeholder)))
    .then(|| text.to_owned())
}

/// Returns whether a finding repeats a placeholder of the prompt's example. The finding may omit
/// words of the placeholder, such as "what most say" for "what all or most say".
///
/// A single letter in the placeholder is a label, and any other letter matches it. A word of at
/// least four letters may be the beginning of a placeholder's word.
fn is_placeholder(finding: &str, placeholder: &str) -> bool {
    let mut rest = placeholder.split(' ');
    let same = |word: &str, other: &str| match word.len() {
        1 => other.len() == 1,
        length @ 4.. => other
            .get(..length)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case(word)),
        _ => word.eq_ignore_ascii_case(other),
    };
    // "None of them" is a real finding, so a placeholder must start with "what ".
    let has_prefix = finding
        .get(..5)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("what "));
    has_prefix
        && finding
            .split_whitespace()
            .all(|word| rest.any(|other| same(word, other)))
}

#[cfg(test)]
mod tests;
