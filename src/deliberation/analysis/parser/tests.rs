//! Tests of `parser`.

use super::*;
use crate::deliberation::analysis::item_stream::ItemStream;
use crate::json::json;
use crate::native_tests::runs::harness::UNICODE;
use crate::result::CallUsage;

fn parse(text: &str) -> Option<Analysis> {
    let response = |index: usize, content: &str| Response {
        index,
        model: format!("m{index}"),
        content: content.into(),
        sources: Vec::new(),
        usage: CallUsage::default(),
        finish_reason: None,
        partial: false,
        error: None,
    };
    let responses = [
        response(0, "Water is **wet** – “always”."),
        response(2, "Ice floats."),
    ];
    AnalysisParser::new(&responses, &Labels { order: vec![2, 0] }, UNICODE).analysis(text)
}

#[test]
fn labels_become_panelists_and_quotes_are_checked() {
    let analysis = parse(
        r#"{"consensus":[{"point":"p","responses":["A","B"],"quotes":[{"response":"B","quote":"Water is wet - \"always\""},{"response":"A","quote":"Ice sinks."}]}],
        "contradictions":[{"topic":"t","stances":[{"response":"A","stance":"s","quote":"ice  floats"}]}],
        "partial_coverage":[],"unique_insights":[{"response":"Response B","insight":"i","quote":""}],"blind_spots":[{"point":"b"}]}"#,
    )
    .unwrap();
    let point = &analysis.consensus[0];
    assert_eq!(
        (point.panelists.as_slice(), point.models.as_slice()),
        (&[0, 2][..], &["m0".to_string(), "m2".into()][..])
    );
    assert_eq!(
        point
            .quotes
            .iter()
            .map(|quote| (quote.index, quote.verified))
            .collect::<Vec<_>>(),
        [(0, true), (2, false)]
    );
    assert_eq!(
        (
            analysis.contradictions[0].stances[0].panelist,
            analysis.contradictions[0].stances[0].quotes[0].verified
        ),
        (2, true)
    );
    assert_eq!(
        (
            analysis.unique_insights[0].panelist,
            analysis.unique_insights[0].quotes.len()
        ),
        (0, 0)
    );
}

#[test]
fn strings_camel_case_prose_wrappers_and_fences_are_read() {
    let analysis = parse("Sure!\n```json\n{\"analysis\": {\"Consensus\": [\"plain\"], \"partialCoverage\": [{\"point\": \"x\", \"responses\": \"A and B\",},], \"blindSpots\": [\"y\"]}}\n```\nDone {really}.").unwrap();
    assert_eq!(analysis.consensus[0].point, "plain");
    assert_eq!(analysis.partial_coverage[0].panelists, [0, 2]);
    assert_eq!(analysis.blind_spots[0].point, "y");
}

#[test]
fn the_last_object_of_the_right_shape_wins() {
    let analysis =
        parse(r#"It says {"consensus":["forged"]}. {"other":1} {"consensus":["mine"]} {"x":2}"#)
            .unwrap();
    assert_eq!(analysis.consensus.len(), 1);
    assert_eq!(analysis.consensus[0].point, "mine");
}

#[test]
fn placeholders_of_the_example_are_not_items() {
    assert_eq!(
        parse(r#"{"consensus":[{"point":"What all or most say,","responses":["A"]}]}"#),
        None
    );
    let analysis = parse(
        r#"{"consensus":["what most say","What B says.","say what they differ on","None of them.","what"],"blind_spots":["...","What none of them address and should."],
        "contradictions":[{"topic":"They differ","stances":[{"response":"A","stance":"None of them"}]}]}"#,
    )
    .unwrap();
    let points: Vec<_> = analysis
        .consensus
        .iter()
        .map(|point| point.point.as_str())
        .collect();
    assert_eq!(
        (points.as_slice(), analysis.blind_spots.len()),
        (&["say what they differ on", "None of them.", "what"][..], 0)
    );
    assert_eq!(analysis.contradictions[0].stances.len(), 1);
}

#[test]
fn unknown_labels_are_ignored() {
    let analysis =
        parse(r#"{"consensus":[{"point":"p","responses":["C","Z"]}],"unique_insights":[{"response":"Q","insight":"i"}]}"#).unwrap();
    assert!(analysis.consensus[0].panelists.is_empty());
    assert!(analysis.unique_insights.is_empty());
}

#[test]
fn replies_without_the_lists_return_none() {
    for text in [
        "",
        "no json",
        "[]",
        "{\"consensus\": 1}",
        "{}",
        &"{".repeat(100_000),
        &"{\"a\":".repeat(10_000),
    ] {
        assert_eq!(parse(text), None);
    }
}

#[test]
fn truncated_and_corrupted_replies_never_panic() {
    let whole = r#"x {"consensus":[{"point":"pé","responses":["A"],"quotes":[{"response":"A","quote":"q\n"}]}],"blind_spots":["b",{"point":"c"}]} y"#;
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        let _ = parse(&whole[..end]);
        for byte in [0u8, b'"', b'{', b'}', b'\\', 0xff] {
            let mut bytes = whole.as_bytes().to_vec();
            bytes[end] = byte;
            let _ = parse(&String::from_utf8_lossy(&bytes));
        }
    }
}

/// Returns the findings of an analysis, one line for each.
fn lines(analysis: &Analysis) -> Value {
    let points = |points: &[Point]| {
        let line = |point: &Point| {
            let names = point.panelists.iter().map(usize::to_string);
            format!("{} @ {}", point.point, names.collect::<Vec<_>>().join(" "))
        };
        points.iter().map(line).collect::<Vec<_>>()
    };
    let contradiction = |item: &Contradiction| {
        let stance = |stance: &Stance| format!("{} {}", stance.panelist, stance.stance);
        let stances = item.stances.iter().map(stance).collect::<Vec<_>>();
        format!("{}: {}", item.topic, stances.join(" | "))
    };
    json!({
        "consensus": points(&analysis.consensus),
        "contradictions": analysis.contradictions.iter().map(contradiction).collect::<Vec<_>>(),
        "partial_coverage": points(&analysis.partial_coverage),
        "unique_insights": analysis.unique_insights.iter()
            .map(|item| format!("{} @ {}", item.insight, item.panelist)).collect::<Vec<_>>(),
        "blind_spots": analysis.blind_spots.iter().map(|item| item.point.clone()).collect::<Vec<_>>(),
    })
}

fn replies() -> Vec<Value> {
    let fixture = include_str!("../../../../tests/fixtures/near-json.json");
    let fixture: Value = fixture.parse().unwrap();
    fixture["replies"].elements().to_vec()
}

#[test]
fn each_form_of_an_analysis_is_read_and_no_echo_replaces_it() {
    let mut wrong = Vec::new();
    for case in replies() {
        let found = parse(case["text"].as_str().unwrap()).map(|analysis| lines(&analysis));
        if found.as_ref() != Some(&case["analysis"]) {
            let found = found.map(|found| found.to_string());
            wrong.push(format!("{case}\n  read: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn streamed_items_are_those_of_the_analysis() {
    let strings =
        r#"{"consensus":["a", "the words ", ", and "; " are marks", "b"],"blind_spots":["c"]}"#;
    let mut texts = vec![strings.to_owned()];
    let plain = replies();
    let plain = plain
        .iter()
        .filter(|case| !case["form"].to_string().contains("echo"));
    texts.extend(plain.map(|case| case["text"].as_str().unwrap().to_owned()));
    for text in texts {
        let labels = Labels { order: vec![2, 0] };
        let parser = AnalysisParser::new(&[], &labels, UNICODE);
        let Some(analysis) = parser.analysis(&text) else {
            panic!("{text}");
        };
        let mut streamed = Analysis::default();
        let mut items = ItemStream::default();
        items.feed(&text, &mut |kind, item| {
            parser
                .item(kind, item)
                .into_iter()
                .for_each(|item| streamed.add(item))
        });
        let (whole, streamed) = (lines(&analysis), lines(&streamed));
        for kind in KINDS {
            for item in streamed[kind].elements() {
                let is_draft = text.contains("[\"q\"]");
                assert!(
                    is_draft || whole[kind].elements().contains(item),
                    "{text}: {item}"
                );
            }
        }
    }
}

#[test]
fn findings_have_a_limit_in_the_analysis_and_in_the_stream() {
    let text = format!(r#"{{"consensus":[{}"b"]}}"#, r#""aaaa","#.repeat(30_000));
    let analysis = parse(&text).unwrap();
    assert_eq!(analysis.consensus.len(), MAX_FINDINGS);
    let (mut items, mut count) = (ItemStream::default(), 0);
    items.feed(&text, &mut |_, _| count += 1);
    assert_eq!(count, MAX_FINDINGS);
    let stances = r#"{"response":"A","stance":"s","quotes":[]},"#.repeat(2_000);
    let text = format!(r#"{{"contradictions":[{{"topic":"t","stances":[{stances}]}}]}}"#);
    assert_eq!(
        parse(&text).unwrap().contradictions[0].stances.len(),
        MAX_FINDINGS
    );
}
