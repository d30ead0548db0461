//! Tests random replies of the analyst. For any bytes, the parser returns valid data or nothing,
//! and never panics.

use fastrand::Rng;
use unicode_normalization::UnicodeNormalization;

use super::harness::UNICODE;
use crate::deliberation::analysis::item_stream::ItemStream;
use crate::deliberation::analysis::lists;
use crate::deliberation::analysis::parser::AnalysisParser;
use crate::deliberation::analysis::second_pass;
use crate::deliberation::labels::Labels;
use crate::json::{Value, value_of};
use crate::result::{Analysis, Response};
use crate::usage::CallUsage;

/// The indexes of panelists, and their answers.
const ANSWERS: [(usize, &str); 3] = [
    (0, "Water is **wet** – “always”. Café ﬁne."),
    (2, "Ice \\floats\\."),
    (5, ""),
];

const REPLIES: [&str; 6] = [
    r#"{"consensus":[{"point":"p","responses":["A","B"],"quotes":[{"response":"B","quote":"Water is wet"},{"response":"A","quote":"Ice sinks"}]}],"contradictions":[{"topic":"t","stances":[{"response":"A","stance":"s","quote":"ice floats"},{"response":"C","stance":"é","quote":"x"}]}],"partial_coverage":[{"point":"q","responses":"A and C","quotes":["cafe\u0301 fine","floats"]}],"unique_insights":[{"response":"B","insight":"i","quote":"always"}],"blind_spots":[{"point":"b"},"c"]}"#,
    "Sure {really}:\n```json\n{\"analysis\": {\"Consensus\": [\"plain\", 7, null, [\"x\"],], // why\n \"partialCoverage\": [{\"Point\": \"x\", \"labels\": \"Response A\",}], \"blindSpots\": [\"y\"]}}\n``` Done.",
    r#"{"consensus":[],"contradictions":[],"partial_coverage":[],"unique_insights":[],"blind_spots":[]}"#,
    r#"C says {"consensus":["forged"],"blind_spots":["forged"]} and I {"consensus":["mine \"quoted\" \ud83d\u00e9"],"unique_insights":[{"insight":"j","quotes":[{"quote":"wet"}]}]}"#,
    r#"{"1":["A","C"],"2":[],"3":"none","statement 4":{"responses":["B"]},"5":null}"#,
    r#"{"statements":{"1":["A"],"2":["B","C"],"7":[]}} {"8":["A"]}"#,
];

/// Texts that have a meaning in the reply's grammar.
const TOKENS: [&str; 22] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ":",
    "//",
    "\n",
    " ",
    "null",
    "-1e9",
    "\"consensus\":[",
    "\"blind_spots\"",
    "\"A\"",
    "é",
    "\u{1}",
    "\"responses\":",
    "\"quotes\":[\"wet\"]",
    "True",
    "\"1\":",
];

fn responses() -> Vec<Response> {
    let response = |(index, content): &(usize, &str)| Response {
        index: *index,
        model: format!("m{index}"),
        content: (*content).to_owned(),
        sources: Vec::new(),
        usage: CallUsage::default(),
        finish_reason: None,
        partial: false,
        error: None,
    };
    ANSWERS.iter().map(response).collect()
}

/// Returns a random reply, from random bytes to an almost valid analysis.
fn reply(rng: &mut Rng) -> String {
    let mut bytes = rng.choice(REPLIES).unwrap_or_default().as_bytes().to_vec();
    match rng.u8(..7) {
        0 => bytes = (0..rng.usize(..200)).map(|_| rng.u8(..)).collect(),
        1 => {
            bytes = (0..rng.usize(..80))
                .flat_map(|_| rng.choice(TOKENS).unwrap_or_default().bytes())
                .collect()
        }
        2 => bytes.truncate(rng.usize(..=bytes.len())),
        3 => {
            // Inserts one reply into the middle of another.
            let at = rng.usize(..=bytes.len());
            bytes.splice(at..at, rng.choice(REPLIES).unwrap_or_default().bytes());
        }
        4 => {
            let deep = rng
                .choice(["{\"a\":", "[", "{", "{\"consensus\":[", "{\"x\":[{"])
                .unwrap_or_default()
                .repeat(rng.usize(..80));
            bytes.splice(0..0, deep.bytes());
        }
        _ => {}
    }
    for _ in 0..rng.usize(..6) {
        let at = rng.usize(..=bytes.len());
        match rng.u8(..4) {
            0 if at < bytes.len() => bytes[at] = rng.u8(..),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => drop(bytes.splice(at..at, rng.choice(TOKENS).unwrap_or_default().bytes())),
            _ => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

/// Normalizes text less strictly than the parser. The code is independent of the parser's code.
fn letters(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .collect()
}

fn check_panelist(index: &Value, model: &Value) {
    let index = index.as_u64().unwrap() as usize;
    assert!(ANSWERS.iter().any(|(known, _)| *known == index));
    assert_eq!(model, &format!("m{index}"));
}

fn check_quotes(quotes: &Value) {
    for quote in quotes.as_array().unwrap() {
        let fields = keys(quote);
        let is_found = quote.get("start").is_some();
        assert_eq!(is_found, quote.get("end").is_some());
        let is_verified = quote["verified"].as_bool().unwrap();
        assert_eq!(is_verified, !fields.contains(&"reason"));
        let count = 3 + 2 * usize::from(is_found) + usize::from(!is_verified);
        assert_eq!(fields.len(), count, "{fields:?}");
        let index = quote["index"].as_u64().unwrap() as usize;
        let (_, answer) = ANSWERS.iter().find(|(known, _)| *known == index).unwrap();
        let text = quote["quote"].as_str().unwrap();
        assert!(text.contains(char::is_alphanumeric));
        if quote["verified"].as_bool().unwrap() {
            assert!(
                letters(answer).contains(&letters(text)),
                "{text} in {answer}"
            );
        }
    }
}

fn check_item(kind: &str, item: &Value) {
    let text = |name: &str| assert!(!item[name].as_str().unwrap().trim().is_empty());
    match kind {
        "consensus" | "partial_coverage" => {
            assert_eq!(keys(item), ["models", "panelists", "point", "quotes"]);
            text("point");
            let (panelists, models) = (
                item["panelists"].as_array().unwrap(),
                item["models"].as_array().unwrap(),
            );
            assert_eq!(panelists.len(), models.len());
            assert!(
                panelists
                    .windows(2)
                    .all(|pair| pair[0].as_u64() < pair[1].as_u64())
            );
            panelists
                .iter()
                .zip(models)
                .for_each(|(index, model)| check_panelist(index, model));
            check_quotes(&item["quotes"]);
        }
        "contradictions" => {
            assert_eq!(keys(item), ["stances", "topic"]);
            text("topic");
            for stance in item["stances"].as_array().unwrap() {
                assert_eq!(keys(stance), ["model", "panelist", "quotes", "stance"]);
                assert!(!stance["stance"].as_str().unwrap().is_empty());
                check_panelist(&stance["panelist"], &stance["model"]);
                check_quotes(&stance["quotes"]);
            }
        }
        "unique_insights" => {
            assert_eq!(keys(item), ["insight", "model", "panelist", "quotes"]);
            text("insight");
            check_panelist(&item["panelist"], &item["model"]);
            check_quotes(&item["quotes"]);
        }
        "blind_spots" => {
            assert_eq!(keys(item), ["point"]);
            text("point");
        }
        _ => panic!("{kind} is no list"),
    }
}

fn check_analysis(analysis: &Analysis) -> Vec<Value> {
    let value = value_of(analysis);
    assert_eq!(
        keys(&value),
        [
            "blind_spots",
            "consensus",
            "contradictions",
            "partial_coverage",
            "unique_insights"
        ]
    );
    let items = value.as_object().unwrap().iter().flat_map(|(kind, list)| {
        let tagged = |item: &Value| {
            check_item(kind, item);
            crate::json::json!({"kind": kind, "item": item})
        };
        list.as_array()
            .unwrap()
            .iter()
            .map(tagged)
            .collect::<Vec<_>>()
    });
    items.collect()
}

/// Returns the items that the parser emits while a reply arrives in the given parts.
fn items<'a>(parser: &AnalysisParser<'_>, parts: impl Iterator<Item = &'a str>) -> Vec<Value> {
    let (mut items, mut emitted) = (ItemStream::default(), Vec::new());
    for part in parts {
        items.feed(part, &mut |kind, item| {
            emitted.extend(parser.item(kind, item).map(|item| value_of(&item)))
        });
    }
    emitted
}

/// Splits text at random character boundaries. Some parts are empty.
fn parts<'a>(rng: &mut Rng, mut text: &'a str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    while !text.is_empty() {
        let end = (0..=text.len().min(rng.usize(..40)))
            .rfind(|end| text.is_char_boundary(*end))
            .unwrap_or(0);
        let (part, rest) = text.split_at(end);
        parts.push(part);
        text = rest;
    }
    parts
}

fn sorted(mut items: Vec<Value>) -> Vec<Value> {
    items.sort_by_key(Value::to_string);
    items
}

#[test]
fn any_bytes_parse_to_the_strict_shape_or_nothing() {
    let (responses, labels) = (
        responses(),
        Labels {
            order: vec![2, 0, 5],
        },
    );
    let parser = AnalysisParser::new(&responses, &labels, UNICODE);
    let mut rng = Rng::with_seed(20);
    let (mut parsed, mut streamed, mut attributed) = (0, 0, 0);
    for _ in 0..6_000 {
        let text = reply(&mut rng);
        let analysis = parser.analysis(&text);
        parsed += usize::from(
            analysis
                .as_ref()
                .is_some_and(|analysis| !check_analysis(analysis).is_empty()),
        );

        let whole = items(&parser, std::iter::once(text.as_str()));
        whole
            .iter()
            .for_each(|item| check_item(item["kind"].as_str().unwrap(), &item["item"]));
        let parts = parts(&mut rng, &text);
        assert_eq!(items(&parser, parts.into_iter()), whole, "{text}");
        streamed += usize::from(!whole.is_empty());

        let count = rng.usize(..9);
        for (number, names) in second_pass::read(&text, count).into_iter().flatten() {
            assert!((1..=count).contains(&number));
            let names = lists::panelists(&names, &labels).unwrap();
            assert!(
                names
                    .iter()
                    .all(|name| ANSWERS.iter().any(|(known, _)| known == name))
            );
            assert!(names.len() <= 3);
            attributed += 1;
        }
    }
    // Check that the generator also made valid replies.
    assert!(
        parsed > 1_000 && streamed > 1_000 && attributed > 1_000,
        "{parsed} {streamed} {attributed}"
    );
}

#[test]
fn streamed_items_of_a_valid_reply_equal_its_analysis() {
    let (responses, labels) = (
        responses(),
        Labels {
            order: vec![2, 0, 5],
        },
    );
    let parser = AnalysisParser::new(&responses, &labels, UNICODE);
    for text in &REPLIES[..3] {
        let streamed = items(&parser, std::iter::once(*text));
        assert_eq!(
            sorted(streamed),
            sorted(check_analysis(&parser.analysis(text).unwrap()))
        );
    }
}

#[test]
fn a_readable_second_reply_marks_every_item() {
    let (responses, labels) = (
        responses(),
        Labels {
            order: vec![2, 0, 5],
        },
    );
    let parser = AnalysisParser::new(&responses, &labels, UNICODE);
    let mut rng = Rng::with_seed(21);
    for _ in 0..3_000 {
        let Some(analysis) = parser.analysis(&reply(&mut rng)) else {
            continue;
        };
        let mut marked = analysis.clone();
        let count = second_pass::statements(&mut marked).len();
        let Some(named) = second_pass::read(&reply(&mut rng), count) else {
            continue;
        };
        second_pass::mark(&mut marked, &named, &labels);
        let value = value_of(&marked);
        let items = value
            .as_object()
            .unwrap()
            .values()
            .flat_map(|list| list.as_array().unwrap());
        assert!(
            items
                .into_iter()
                .all(|item| item["survived"].as_bool().is_some())
        );
    }
}

#[test]
fn replies_with_unclosed_objects_parse_in_bounded_time() {
    let (responses, labels) = (
        responses(),
        Labels {
            order: vec![2, 0, 5],
        },
    );
    let parser = AnalysisParser::new(&responses, &labels, UNICODE);
    let valid = r#"{"consensus":["FORGED"]}"#;
    for part in ["{", "{\"a\":", "{\"a\":[", "{\"", "{\"a\":\"", "{\"a\":1,"] {
        let text = format!("{valid} {}", part.repeat(60_000));
        // A search that reaches its limit may find nothing. If it finds an object, the object must
        // be the valid one.
        let found = parser.analysis(&text);
        assert!(
            found.is_none_or(|analysis| analysis.consensus.len() == 1),
            "{part}"
        );
        assert_eq!(items(&parser, std::iter::once(text.as_str())).len(), 1);
        let _ = second_pass::read(&text, 3);
    }
}
