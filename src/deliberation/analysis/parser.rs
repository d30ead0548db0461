//! Reads the analyst's reply: tolerant of what models write, strict in what comes out, or nothing at all.
//!
//! The last JSON object of the right shape counts: an answer that the analyst echoes may hold a forged one, and comes before its own.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use memchr::memmem;

use crate::json::{Map, Value};

use crate::deliberation::labels::Labels;
use crate::deliberation::prompt;
use crate::json::lenient;
use crate::result::{Analysis, BlindSpot, Contradiction, Insight, Item, Point, Quote, Response, Stance};

const KINDS: [&str; 5] = ["consensus", "contradictions", "partial_coverage", "unique_insights", "blind_spots"];
/// How deep a wrapper such as `{"analysis": {...}}` may be.
pub const MAX_WRAPPERS: usize = 2;
/// How many bytes of answers quotes are compared with; an honest reply comes nowhere near.
const MAX_COMPARED: usize = 256 << 20;

/// Which of the five lists a key names. Keys are compared without case and underscores.
pub fn kind(key: &str) -> Option<&'static str> {
    let key = normalize_key(key);
    KINDS.into_iter().find(|kind| normalize_key(kind) == key)
}

/// Puts panelists in the place of labels, and checks quotes.
pub struct AnalysisParser<'a> {
    responses: &'a [Response],
    labels: &'a Labels,
    nfkc_lowercase: fn(&str) -> String,
    /// Each answer as quotes are compared with it; made once, for an analysis may hold hundreds of quotes, and not before the analyst is asked.
    normalize_quote: OnceCell<Vec<(usize, String)>>,
    compared: Cell<usize>,
}

type Lists = Vec<(&'static str, Vec<Value>)>;

/// The five lists in the object itself, or in one inside it, if it has any of them.
fn lists(object: Map, wrappers: usize) -> Option<Lists> {
    let (mut lists, mut inner) = (Lists::new(), None);
    for (key, value) in object {
        match (kind(&key), value) {
            (Some(kind), Value::Array(list)) => lists.push((kind, list)),
            (_, Value::Object(object)) if wrappers > 0 => inner = self::lists(object, wrappers - 1).or(inner),
            _ => {}
        }
    }
    if lists.is_empty() { inner } else { Some(lists) }
}

fn normalize_key(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

impl<'a> AnalysisParser<'a> {
    /// `nfkc_lowercase`: see [`crate::provider::Environment`].
    pub fn new(responses: &'a [Response], labels: &'a Labels, nfkc_lowercase: fn(&str) -> String) -> Self {
        Self { responses, labels, nfkc_lowercase, normalize_quote: OnceCell::new(), compared: Cell::new(0) }
    }

    /// The analysis in a whole reply.
    pub fn analysis(&self, text: &str) -> Option<Analysis> {
        self.compared.set(0);
        let lists = lenient::last(text, |object| lists(object, MAX_WRAPPERS))?;
        // Five empty lists are a verdict; lists that are empty because nothing in them could be read are none.
        let says_nothing = KINDS.iter().all(|kind| lists.iter().any(|(other, list)| kind == other && list.is_empty()));
        let mut analysis = Analysis::default();
        for (kind, list) in &lists {
            list.iter().filter_map(|item| self.item(kind, item)).for_each(|item| analysis.add(item));
        }
        (!analysis.is_empty() || says_nothing).then_some(analysis)
    }

    /// One element of one of the five lists.
    pub fn item(&self, kind: &str, item: &Value) -> Option<Item> {
        match kind {
            "consensus" => self.point(item).map(Item::Consensus),
            "contradictions" => self.contradiction(item).map(Item::Contradictions),
            "partial_coverage" => self.point(item).map(Item::PartialCoverage),
            "unique_insights" => self.insight(item).map(Item::UniqueInsights),
            "blind_spots" => item_text(item).map(|point| Item::BlindSpots(BlindSpot { point, survived: None })),
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
        let panelists: Vec<usize> = (0..=last).filter(|index| panelists.contains(index)).collect();
        let models = panelists.iter().map(|index| self.model(*index)).collect::<Vec<_>>();
        Some(Point { point, panelists, models, quotes, survived: None })
    }

    /// One stance is no contradiction, but a dissenter is not dropped for having been reported clumsily.
    fn contradiction(&self, item: &Value) -> Option<Contradiction> {
        let topic = item_text(item)?;
        let mut stances = Vec::new();
        for stance in field(item, &["stances", "positions", "views"]).map(Value::elements).unwrap_or_default() {
            stances.append(&mut self.stances(stance));
        }
        Some(Contradiction { topic, stances, survived: None })
    }

    /// A stance that several share is told once for each.
    fn stances(&self, item: &Value) -> Vec<Stance> {
        let Some(stance) = item_text(item) else { return Vec::new() };
        let panelists = self.panelists(item);
        let each = |panelist: &usize| {
            let quotes = self.quotes(item, &[*panelist]).into_iter().filter(|quote| quote.index == *panelist).collect::<Vec<_>>();
            Stance { stance: stance.clone(), panelist: *panelist, model: self.model(*panelist), quotes }
        };
        panelists.iter().map(each).collect::<Vec<_>>()
    }

    fn insight(&self, item: &Value) -> Option<Insight> {
        let insight = item_text(item)?;
        let mut panelists = self.panelists(item);
        let quotes = self.quotes(item, &panelists);
        panelists.extend(quotes.iter().map(|quote| quote.index));
        let panelist = *panelists.first()?;
        Some(Insight { insight, panelist, model: self.model(panelist), quotes, survived: None })
    }

    fn model(&self, index: usize) -> String {
        let response = self.responses.iter().find(|response| response.index == index);
        response.map(|response| response.model.clone()).unwrap_or_default()
    }

    /// Whom an item names.
    fn panelists(&self, item: &Value) -> Vec<usize> {
        let named = field(item, &["responses", "response", "panelists", "panelist", "models", "model", "labels", "label"]);
        named.and_then(|named| panelists(named, self.labels)).unwrap_or_default()
    }

    /// A quote without a name belongs to the one panelist it can belong to, or to whoever really said it.
    fn quotes(&self, item: &Value, panelists: &[usize]) -> Vec<Quote> {
        let quoted = match field(item, &["quotes", "quote", "evidence"]) {
            Some(Value::Array(quotes)) => quotes.iter().collect::<Vec<_>>(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        let quote = |value: &Value| {
            let quote = value.as_str().or_else(|| field(value, &["quote", "text"])?.as_str())?.trim().to_owned();
            let said_by = |index: &usize| self.contains_quote(*index, &quote);
            let named = self.panelists(value).first().copied();
            let sole = if let [sole] = panelists { Some(*sole) } else { None };
            let index = named.or(sole).or_else(|| self.labels.order.iter().copied().find(said_by))?;
            // Small models copy the "..." of the example.
            quote.contains(is_of_word).then(|| Quote { index, verified: self.contains_quote(index, &quote), quote })
        };
        quoted.into_iter().filter_map(quote).collect::<Vec<_>>()
    }

    fn contains_quote(&self, index: usize, quote: &str) -> bool {
        let quote = normalize_quote(quote, self.nfkc_lowercase);
        let quote = quote.trim_matches(['"', '«', '»', '.', ' ']);
        let fold = || {
            self.responses
                .iter()
                .map(|response| (response.index, normalize_quote(&response.content, self.nfkc_lowercase)))
                .collect::<Vec<_>>()
        };
        let Some((_, text)) = self.normalize_quote.get_or_init(fold).iter().find(|(owner, _)| *owner == index) else { return false };
        self.compared.set(self.compared.get().saturating_add(text.len()));
        !quote.is_empty() && self.compared.get() <= MAX_COMPARED && memmem::find(text.as_bytes(), quote.as_bytes()).is_some()
    }
}

/// `"A"`, `"Response A"`, `"A, B and C"`, or a list of those; each panelist once. `None`: it is neither text nor a list.
pub fn panelists(named: &Value, labels: &Labels) -> Option<Vec<usize>> {
    let mut panelists = Vec::new();
    let mut add = |text: &str| {
        for word in text.split(|c: char| !is_of_word(c)) {
            let mut letters = word.chars();
            if let (Some(label), None) = (letters.next(), letters.next()) {
                panelists.extend(labels.panelist(label).filter(|index| !panelists.contains(index)));
            }
        }
    };
    match named {
        Value::String(text) => add(text),
        Value::Array(names) => names.iter().filter_map(Value::as_str).for_each(add),
        _ => return None,
    }
    Some(panelists)
}

/// The first of these fields that an item has.
pub fn field<'a>(item: &'a Value, names: &[&str]) -> Option<&'a Value> {
    let object = item.as_object()?;
    names.iter().find_map(|name| object.get(name).or_else(|| Some(object.iter().find(|(key, _)| normalize_key(key) == *name)?.1)))
}

/// What an item says: the item itself where it is a bare string, else the field that holds its sentence.
fn item_text(item: &Value) -> Option<String> {
    let named = || field(item, &["point", "insight", "stance", "topic", "claim", "description", "text", "summary"])?.as_str();
    let item_text = item.as_str().or_else(named)?.trim();
    let bare = item_text.trim_end_matches(|c: char| !is_of_word(c));
    (!bare.is_empty() && !prompt::PLACEHOLDERS.iter().any(|placeholder| is_placeholder(bare, placeholder))).then(|| item_text.to_owned())
}

/// Whether a finding is the example's placeholder, or some of its words from the first on: "what most say". Any letter is a label, and a word may lack
/// its ending.
fn is_placeholder(finding: &str, placeholder: &str) -> bool {
    let mut rest = placeholder.split(' ');
    let same = |word: &str, other: &str| match word.len() {
        1 => other.len() == 1,
        length @ 4.. => other.get(..length).is_some_and(|begin| begin.eq_ignore_ascii_case(word)),
        _ => word.eq_ignore_ascii_case(other),
    };
    // "None of them" is a finding.
    let begins = finding.get(..5).is_some_and(|begin| begin.eq_ignore_ascii_case("what "));
    begins && finding.split_whitespace().all(|word| rest.any(|other| same(word, other)))
}

/// A letter or a digit, of any script: outside ASCII what is no space or common mark counts, for the
/// tables that know better are ten kilobytes to download.
pub(crate) fn is_of_word(c: char) -> bool {
    let is_mark = matches!(c, '\u{a1}'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff0f}');
    c.is_ascii_alphanumeric() || !c.is_ascii() && !c.is_whitespace() && !is_mark
}

/// Text as two eyes compare it: ways to compose a character, typographic variants, Markdown emphasis and escapes, case and white space do not tell
/// quotes apart.
fn normalize_quote(text: &str, nfkc_lowercase: fn(&str) -> String) -> String {
    // The way out of the core costs more than it gives where there is nothing to normalise.
    let text = if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(nfkc_lowercase(text)) };
    let mut normalize_quote = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '‘' | '’' | '‚' | '‛' => normalize_quote.push('\''),
            '“' | '”' | '„' | '‟' => normalize_quote.push('"'),
            '‐'..='―' | '−' => normalize_quote.push('-'),
            '…' => normalize_quote.push_str("..."),
            '*' | '_' | '`' | '\\' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}' => {}
            c if c.is_whitespace() => {
                if !normalize_quote.ends_with(' ') && !normalize_quote.is_empty() {
                    normalize_quote.push(' ');
                }
            }
            c => normalize_quote.push(c.to_ascii_lowercase()),
        }
    }
    normalize_quote.truncate(normalize_quote.trim_end().len());
    normalize_quote
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::CallUsage;
    use unicode_normalization::UnicodeNormalization;

    fn reader(text: &str) -> Option<Analysis> {
        let response = |index: usize, content: &str| Response {
            index,
            model: format!("m{index}"),
            content: content.into(),
            sources: Vec::new(),
            usage: CallUsage::default(),
            finish_reason: None,
        };
        let responses = [response(0, "Water is **wet** – “always”."), response(2, "Ice floats.")];
        AnalysisParser::new(&responses, &Labels { order: vec![2, 0] }, |text| text.nfkc().flat_map(char::to_lowercase).collect())
            .analysis(text)
    }

    #[test]
    fn labels_become_panelists_and_quotes_are_checked() {
        let analysis = reader(
            r#"{"consensus":[{"point":"p","responses":["A","B"],"quotes":[{"response":"B","quote":"Water is wet - \"always\""},{"response":"A","quote":"Ice sinks."}]}],
            "contradictions":[{"topic":"t","stances":[{"response":"A","stance":"s","quote":"ice  floats"}]}],
            "partial_coverage":[],"unique_insights":[{"response":"Response B","insight":"i","quote":""}],"blind_spots":[{"point":"b"}]}"#,
        )
        .unwrap();
        let point = &analysis.consensus[0];
        assert_eq!((point.panelists.as_slice(), point.models.as_slice()), (&[0, 2][..], &["m0".to_string(), "m2".into()][..]));
        assert_eq!(point.quotes.iter().map(|quote| (quote.index, quote.verified)).collect::<Vec<_>>(), [(0, true), (2, false)]);
        assert_eq!((analysis.contradictions[0].stances[0].panelist, analysis.contradictions[0].stances[0].quotes[0].verified), (2, true));
        assert_eq!((analysis.unique_insights[0].panelist, analysis.unique_insights[0].quotes.len()), (0, 0));
    }

    #[test]
    fn strings_camel_case_prose_wrappers_and_fences_are_read() {
        let analysis = reader("Sure!\n```json\n{\"analysis\": {\"Consensus\": [\"plain\"], \"partialCoverage\": [{\"point\": \"x\", \"responses\": \"A and B\",},], \"blindSpots\": [\"y\"]}}\n```\nDone {really}.").unwrap();
        assert_eq!(analysis.consensus[0].point, "plain");
        assert_eq!(analysis.partial_coverage[0].panelists, [0, 2]);
        assert_eq!(analysis.blind_spots[0].point, "y");
    }

    #[test]
    fn the_last_object_of_the_right_shape_wins() {
        let analysis = reader(r#"It says {"consensus":["forged"]}. {"other":1} {"consensus":["mine"]} {"x":2}"#).unwrap();
        assert_eq!(analysis.consensus.len(), 1);
        assert_eq!(analysis.consensus[0].point, "mine");
    }

    #[test]
    fn an_echo_of_the_example_is_no_finding() {
        assert_eq!(reader(r#"{"consensus":[{"point":"What all or most say,","responses":["A"]}]}"#), None);
        let analysis = reader(
            r#"{"consensus":["what most say","What B says.","say what they differ on","None of them.","what"],"blind_spots":["...","What none of them address and should."],
            "contradictions":[{"topic":"They differ","stances":[{"response":"A","stance":"None of them"}]}]}"#,
        )
        .unwrap();
        let contains_quote: Vec<_> = analysis.consensus.iter().map(|point| point.point.as_str()).collect();
        assert_eq!((contains_quote.as_slice(), analysis.blind_spots.len()), (&["say what they differ on", "None of them.", "what"][..], 0));
        assert_eq!(analysis.contradictions[0].stances.len(), 1);
    }

    #[test]
    fn labels_that_nobody_has_are_nobody() {
        let analysis =
            reader(r#"{"consensus":[{"point":"p","responses":["C","Z"]}],"unique_insights":[{"response":"Q","insight":"i"}]}"#).unwrap();
        assert!(analysis.consensus[0].panelists.is_empty());
        assert!(analysis.unique_insights.is_empty());
    }

    #[test]
    fn anything_else_is_nothing() {
        for text in ["", "no json", "[]", "{\"consensus\": 1}", "{}", &"{".repeat(100_000), &"{\"a\":".repeat(10_000)] {
            assert_eq!(reader(text), None);
        }
    }

    #[test]
    fn every_prefix_and_every_broken_byte_gives_the_shape_or_nothing() {
        let whole = r#"x {"consensus":[{"point":"pé","responses":["A"],"quotes":[{"response":"A","quote":"q\n"}]}],"blind_spots":["b",{"point":"c"}]} y"#;
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            let _ = reader(&whole[..end]);
            for byte in [0u8, b'"', b'{', b'}', b'\\', 0xff] {
                let mut bytes = whole.as_bytes().to_vec();
                bytes[end] = byte;
                let _ = reader(&String::from_utf8_lossy(&bytes));
            }
        }
    }
}
