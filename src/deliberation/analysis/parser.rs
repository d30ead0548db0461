//! Parses the analyst's reply: text in, a strict [`Analysis`] or `None` out. Accepts the deviations
//! from JSON that models produce.
//!
//! The last matching object counts. An echoed answer may contain a forged object, but it precedes
//! the analyst's own.

use crate::json::{Map, Value};

use crate::deliberation::analysis::folding::is_of_word;
use crate::deliberation::analysis::quotes::QuoteFinder;
use crate::deliberation::labels::Labels;
use crate::deliberation::prompt;
use crate::json::lenient;
use crate::provider::UnicodeForms;
use crate::result::{
    Analysis, BlindSpot, Contradiction, Insight, Item, Point, Quote, Response, Stance,
};

const KINDS: [&str; 5] = [
    "consensus",
    "contradictions",
    "partial_coverage",
    "unique_insights",
    "blind_spots",
];
/// Maximum depth of wrappers such as `{"analysis": {...}}`.
pub(crate) const MAX_WRAPPERS: usize = 2;

/// Returns the list that a key names, ignoring case and underscores.
pub(crate) fn kind(key: &str) -> Option<&'static str> {
    let key = normalize_key(key);
    KINDS.into_iter().find(|kind| normalize_key(kind) == key)
}

/// Replaces labels by panelists, and verifies quotes.
pub(crate) struct AnalysisParser<'a> {
    responses: &'a [Response],
    labels: &'a Labels,
    quotes: QuoteFinder<'a>,
}

type Lists = Vec<(&'static str, Vec<Value>)>;

/// Returns the lists in the object, or in a wrapped one.
fn lists(object: Map, wrappers: usize) -> Option<Lists> {
    let (mut lists, mut inner) = (Lists::new(), None);
    for (key, value) in object {
        match (kind(&key), value) {
            (Some(kind), Value::Array(list)) => lists.push((kind, list)),
            (_, Value::Object(object)) if wrappers > 0 => {
                inner = self::lists(object, wrappers - 1).or(inner)
            }
            _ => {}
        }
    }
    if lists.is_empty() { inner } else { Some(lists) }
}

fn normalize_key(key: &str) -> String {
    key.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

impl<'a> AnalysisParser<'a> {
    /// Returns a parser.
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
        let lists = lenient::last(text, |object| lists(object, MAX_WRAPPERS))?;
        // Five empty lists are a valid analysis. Lists without any readable item are not.
        let is_explicitly_empty = KINDS.iter().all(|kind| {
            lists
                .iter()
                .any(|(other, list)| kind == other && list.is_empty())
        });
        let mut analysis = Analysis::default();
        for (kind, list) in &lists {
            list.iter()
                .filter_map(|item| self.item(kind, item))
                .for_each(|item| analysis.add(item));
        }
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

    /// Keeps a contradiction with a single stance, so that a malformed item does not drop a
    /// dissenter.
    fn contradiction(&self, item: &Value) -> Option<Contradiction> {
        let topic = item_text(item)?;
        let mut stances = Vec::new();
        for stance in field(item, &["stances", "positions", "views"])
            .map(Value::elements)
            .unwrap_or_default()
        {
            stances.append(&mut self.stances(stance));
        }
        Some(Contradiction {
            topic,
            stances,
            survived: None,
        })
    }

    /// Returns one stance for each panelist that shares it.
    fn stances(&self, item: &Value) -> Vec<Stance> {
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
        let names = field(
            item,
            &[
                "responses",
                "response",
                "panelists",
                "panelist",
                "models",
                "model",
                "labels",
                "label",
            ],
        );
        names
            .and_then(|names| panelists(names, self.labels))
            .unwrap_or_default()
    }

    /// Returns the item's quotes. A quote without a label belongs to the item's only panelist, or
    /// else to the first answer that contains it.
    fn quotes(&self, item: &Value, panelists: &[usize]) -> Vec<Quote> {
        let quoted = match field(item, &["quotes", "quote", "evidence"]) {
            Some(Value::Array(quotes)) => quotes.iter().collect::<Vec<_>>(),
            Some(one) => vec![one],
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
            // Small models copy the "..." of the example.
            quote
                .contains(is_of_word)
                .then(|| self.quotes.check(index, quote))
        };
        quoted.into_iter().filter_map(quote).collect::<Vec<_>>()
    }
}

/// Reads labels: `"A"`, `"Response A"`, `"A, B and C"`, or a list of those. Returns each panelist
/// once, or `None` if the value is neither text nor a list.
pub(crate) fn panelists(names: &Value, labels: &Labels) -> Option<Vec<usize>> {
    let mut panelists = Vec::new();
    let mut add = |text: &str| {
        for word in text.split(|c: char| !is_of_word(c)) {
            let mut letters = word.chars();
            if let (Some(label), None) = (letters.next(), letters.next()) {
                panelists.extend(
                    labels
                        .panelist(label)
                        .filter(|index| !panelists.contains(index)),
                );
            }
        }
    };
    match names {
        Value::String(text) => add(text),
        Value::Array(names) => names.iter().filter_map(Value::as_str).for_each(add),
        _ => return None,
    }
    Some(panelists)
}

/// Returns the first of these fields that an item has.
pub(crate) fn field<'a>(item: &'a Value, names: &[&str]) -> Option<&'a Value> {
    let object = item.as_object()?;
    names.iter().find_map(|name| {
        object.get(name).or_else(|| {
            Some(
                object
                    .iter()
                    .find(|(key, _)| normalize_key(key) == *name)?
                    .1,
            )
        })
    })
}

/// Returns an item's sentence: the item itself if it is a string, otherwise the field with its
/// sentence. Returns `None` for placeholders.
fn item_text(item: &Value) -> Option<String> {
    let sentence = || {
        field(
            item,
            &[
                "point",
                "insight",
                "stance",
                "topic",
                "claim",
                "description",
                "text",
                "summary",
            ],
        )?
        .as_str()
    };
    let text = item.as_str().or_else(sentence)?.trim();
    let without_punctuation = text.trim_end_matches(|c: char| !is_of_word(c));
    (!without_punctuation.is_empty()
        && !prompt::PLACEHOLDERS
            .iter()
            .any(|placeholder| is_placeholder(without_punctuation, placeholder)))
    .then(|| text.to_owned())
}

/// Returns whether an item is a placeholder of the example, or a subset of its words, such as "what
/// most say". Any letter matches a label, and a word may lack its ending.
fn is_placeholder(finding: &str, placeholder: &str) -> bool {
    let mut rest = placeholder.split(' ');
    let same = |word: &str, other: &str| match word.len() {
        1 => other.len() == 1,
        length @ 4.. => other
            .get(..length)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case(word)),
        _ => word.eq_ignore_ascii_case(other),
    };
    // "None of them" is a real item, so a placeholder must start with "what ".
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
