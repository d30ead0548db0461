//! Reads the analyst's reply: tolerant of what models write, strict in what comes out, or nothing at all.
//!
//! The last JSON object of the right shape counts: an answer that the analyst echoes may hold a forged one, and comes before its own.

use serde_json::{Map, Value};

use super::prompt::Labels;
use super::{lenient, prompt};
use crate::result::{Analysis, BlindSpot, Contradiction, Insight, Point, Quote, Response, Stance};

/// More objects than this are not looked at: a reply of nothing but braces must not cost seconds.
const MAX_CANDIDATES: usize = 2_000;
const KEYS: [&str; 5] = ["consensus", "contradictions", "partialcoverage", "uniqueinsights", "blindspots"];
/// Nor more text than this, all of them together.
const MAX_SCANNED: usize = 16 << 20;
/// How deep a wrapper such as `{"analysis": {...}}` may be.
const MAX_WRAPPERS: u32 = 2;

/// The analysis in `text`, with labels replaced by who sat behind them.
pub fn read(text: &str, responses: &[Response], labels: &Labels) -> Option<Analysis> {
    let mut found = None;
    let (mut at, mut scanned) = (0, 0);
    for _ in 0..MAX_CANDIDATES {
        if scanned > MAX_SCANNED {
            break;
        }
        let Some(brace) = text.get(at..).and_then(|rest| rest.find('{')) else { break };
        at += brace;
        match text.get(at..).and_then(lenient::object) {
            Some((object, length)) => {
                found = lists(object, MAX_WRAPPERS).or(found);
                at += length.max(1);
            }
            None => {
                scanned += text.len() - at;
                at += 1;
            }
        }
    }
    let found = found?;
    let folded = responses.iter().map(|response| (response.index, folded(&response.content))).collect();
    let analysis = Reader { responses, labels, folded }.analysis(&found);
    // Five empty lists are a verdict; lists that are empty because nothing in them could be read are none.
    let said_something = found.values().any(|list| list.as_array().is_some_and(|items| !items.is_empty()));
    (!analysis.is_empty() || (found.len() >= KEYS.len() && !said_something)).then_some(analysis)
}

/// The object itself, or one inside it, if it has any of the five keys as a list. Keys are compared without case and underscores.
fn lists(object: Map<String, Value>, wrappers: u32) -> Option<Map<String, Value>> {
    let object: Map<String, Value> = object.into_iter().map(|(key, value)| (plain(&key), value)).collect();
    if KEYS.iter().any(|key| object.get(*key).is_some_and(Value::is_array)) {
        return Some(object);
    }
    let mut inner = object.into_iter().filter_map(|(_, value)| match value {
        Value::Object(inner) if wrappers > 0 => lists(inner, wrappers - 1),
        _ => None,
    });
    inner.next_back()
}

fn plain(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

struct Reader<'a> {
    responses: &'a [Response],
    labels: &'a Labels,
    /// Each answer as quotes are compared with it; made once, for an analysis may hold hundreds of quotes.
    folded: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn analysis(&self, lists: &Map<String, Value>) -> Analysis {
        let list = |key: &str| lists.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Analysis {
            consensus: list("consensus").iter().filter_map(|item| self.point(item)).collect(),
            contradictions: list("contradictions").iter().filter_map(|item| self.contradiction(item)).collect(),
            partial_coverage: list("partialcoverage").iter().filter_map(|item| self.point(item)).collect(),
            unique_insights: list("uniqueinsights").iter().filter_map(|item| self.insight(item)).collect(),
            blind_spots: list("blindspots").iter().filter_map(words).map(|point| BlindSpot { point }).collect(),
        }
    }

    fn point(&self, item: &Value) -> Option<Point> {
        let point = words(item)?;
        let mut panelists = self.panelists(item);
        let quotes = self.quotes(item, &panelists);
        if panelists.is_empty() {
            panelists = quotes.iter().map(|quote| quote.index).collect();
        }
        panelists.sort_unstable();
        panelists.dedup();
        let models = panelists.iter().map(|index| self.model(*index)).collect();
        Some(Point { point, panelists, models, quotes })
    }

    /// One stance is no contradiction, but a dissenter is not dropped for having been reported clumsily.
    fn contradiction(&self, item: &Value) -> Option<Contradiction> {
        let topic = words(item)?;
        let stances = field(item, &["stances", "positions", "views"]).and_then(Value::as_array);
        let stances = stances.into_iter().flatten().flat_map(|stance| self.stances(stance)).collect();
        Some(Contradiction { topic, stances })
    }

    /// A stance that several share is told once for each.
    fn stances(&self, item: &Value) -> Vec<Stance> {
        let Some(stance) = words(item) else { return Vec::new() };
        let panelists = self.panelists(item);
        let each = |panelist: &usize| {
            let quotes = self.quotes(item, &[*panelist]).into_iter().filter(|quote| quote.index == *panelist).collect();
            Stance { stance: stance.clone(), panelist: *panelist, model: self.model(*panelist), quotes }
        };
        panelists.iter().map(each).collect()
    }

    fn insight(&self, item: &Value) -> Option<Insight> {
        let insight = words(item)?;
        let mut panelists = self.panelists(item);
        let quotes = self.quotes(item, &panelists);
        panelists.extend(quotes.iter().map(|quote| quote.index));
        let panelist = *panelists.first()?;
        Some(Insight { insight, panelist, model: self.model(panelist), quotes })
    }

    fn model(&self, index: usize) -> String {
        let response = self.responses.iter().find(|response| response.index == index);
        response.map(|response| response.model.clone()).unwrap_or_default()
    }

    /// `"A"`, `"Response A"`, `"A, B and C"`, or a list of those.
    fn panelists(&self, item: &Value) -> Vec<usize> {
        let named = field(item, &["responses", "response", "panelists", "panelist", "models", "model", "labels", "label"]);
        let mut panelists = Vec::new();
        let mut add = |text: &str| {
            for word in text.split(|c: char| !c.is_alphanumeric()) {
                let mut letters = word.chars();
                if let (Some(label), None) = (letters.next(), letters.next()) {
                    panelists.extend(self.labels.panelist(label));
                }
            }
        };
        match named {
            Some(Value::String(text)) => add(text),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).for_each(add),
            _ => {}
        }
        let mut seen = Vec::new();
        panelists.retain(|index| {
            !seen.contains(index) && {
                seen.push(*index);
                true
            }
        });
        panelists
    }

    /// A quote without a name belongs to the one panelist it can belong to, or to whoever really said it.
    fn quotes(&self, item: &Value, panelists: &[usize]) -> Vec<Quote> {
        let quoted = match field(item, &["quotes", "quote", "evidence"]) {
            Some(Value::Array(quotes)) => quotes.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        let quote = |value: &Value| {
            let quote = value.as_str().or_else(|| field(value, &["quote", "text"])?.as_str())?.trim().to_owned();
            let said_by = |index: &usize| self.said(*index, &quote);
            let named = self.panelists(value).first().copied();
            let sole = if let [sole] = panelists { Some(*sole) } else { None };
            let index = named.or(sole).or_else(|| self.labels.order.iter().copied().find(said_by))?;
            // Small models copy the "..." of the example.
            quote.contains(char::is_alphanumeric).then(|| Quote { index, verified: self.said(index, &quote), quote })
        };
        quoted.into_iter().filter_map(quote).collect()
    }

    fn said(&self, index: usize, quote: &str) -> bool {
        let quote = folded(quote.trim_matches(['"', '“', '”', '«', '»', '…', '.', ' ']));
        let text = self.folded.iter().find(|(owner, _)| *owner == index);
        !quote.is_empty() && text.is_some_and(|(_, text)| text.contains(&quote))
    }
}

fn field<'a>(item: &'a Value, names: &[&str]) -> Option<&'a Value> {
    let object = item.as_object()?;
    names.iter().find_map(|name| object.get(*name).or_else(|| Some(object.iter().find(|(key, _)| plain(key) == *name)?.1)))
}

/// What an item says: the item itself where it is a bare string, else the field that holds its sentence.
fn words(item: &Value) -> Option<String> {
    let named = || field(item, &["point", "insight", "stance", "topic", "claim", "description", "text", "summary"])?.as_str();
    let words = item.as_str().or_else(named)?.trim();
    let bare = words.trim_end_matches(|c: char| !c.is_alphanumeric());
    let is_echo = prompt::PLACEHOLDERS.iter().any(|placeholder| placeholder.eq_ignore_ascii_case(bare));
    (!words.is_empty() && !is_echo).then(|| words.to_owned())
}

/// Text as two eyes compare it: typographic variants, Markdown emphasis, case and white space do not tell quotes apart.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '‘' | '’' | '‚' | '‛' => folded.push('\''),
            '“' | '”' | '„' | '‟' => folded.push('"'),
            '‐'..='―' | '−' => folded.push('-'),
            '…' => folded.push_str("..."),
            '*' | '_' | '`' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}' => {}
            c if c.is_whitespace() => {
                if !folded.ends_with(' ') && !folded.is_empty() {
                    folded.push(' ');
                }
            }
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::CallUsage;

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
        read(text, &responses, &Labels { order: vec![2, 0] })
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
        let analysis = reader(r#"{"consensus":["what all or most say","real"],"blind_spots":["..."]}"#).unwrap();
        assert_eq!(analysis.consensus.len(), 1);
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
