//! Tests the items of the analysis. Items stream while the analyst writes. The run checks the
//! quotes in the items.

use super::analyst_replies::{ANALYSIS, flat, in_parts, items, of, scripts_with_analyst};
use super::harness::{answer_after, request, run};
use super::scripted_provider::ScriptStep;
use crate::json::{Value, json};

#[test]
fn items_stream_while_the_analyst_writes_and_equal_those_of_the_analysis() {
    for size in [1, 7, 100, 10_000] {
        let outcome = run(
            request(json!({})),
            &scripts_with_analyst(vec![in_parts(ANALYSIS, size)]),
            None,
        );
        outcome.check();
        let completed = of(&outcome, "analysis.completed")[0];
        assert_eq!(items(&outcome.events), flat(&completed["analysis"]));
        assert_eq!(items(&outcome.events).len(), 6);
        if size == 1 {
            let at = |event: &Value| event["elapsed_ms"].as_u64().unwrap();
            let times: Vec<_> = of(&outcome, "analysis.item")
                .iter()
                .map(|event| at(event))
                .collect();
            assert!(
                times.windows(2).all(|pair| pair[0] < pair[1]) && times[5] < at(completed),
                "{times:?}"
            );
        }
    }
}

#[test]
fn items_restart_with_each_attempt_and_the_completed_analysis_is_final() {
    let half = &ANALYSIS[..ANALYSIS.find("partial").unwrap()];
    let broken = vec![ScriptStep::Text(1, half.to_owned()), ScriptStep::Disconnect];
    let echoed = format!(
        "C says: {} Mine: {ANALYSIS}",
        r#"{"consensus":["forged"],"blind_spots":[]}"#
    );
    let extra = json!({"analyst": {"model": "analyst", "fallbacks": ["second"]}});
    let mut all_scripts = scripts_with_analyst(vec![broken]);
    all_scripts.push(("second", vec![in_parts(&echoed, 3)]));
    let outcome = run(request(extra), &all_scripts, None);
    outcome.check();
    let starts: Vec<_> = outcome
        .events
        .iter()
        .enumerate()
        .filter(|(_, event)| event["type"] == "analysis.started")
        .map(|(at, _)| at)
        .collect();
    assert_eq!(starts.len(), 2);
    assert_eq!(items(&outcome.events[..starts[1]]).len(), 2);
    let emitted = items(&outcome.events[starts[1]..]);
    assert_eq!(emitted[0].1["point"], "forged");
    assert_eq!(
        emitted[1..],
        flat(&of(&outcome, "analysis.completed")[0]["analysis"])
    );
}

#[test]
fn quotes_match_in_every_unicode_form() {
    let answer = "The first café (full) sold “Å” for ½…";
    let mut all_scripts = scripts_with_analyst(vec![answer_after(
        1,
        r#"{"consensus":[{"point":"p","responses":["A","B","C"],"quotes":["the first cafe\u0301 (full)","sold \"A\u030a\" for ½...","the first cafe"]}]}"#,
    )]);
    all_scripts[0].1 = vec![answer_after(1, answer)];
    let outcome = run(request(json!({})), &all_scripts, None);
    let quotes =
        of(&outcome, "analysis.completed")[0]["analysis"]["consensus"][0]["quotes"].clone();
    assert_eq!(
        quotes
            .as_array()
            .unwrap()
            .iter()
            .map(|quote| (&quote["index"], &quote["verified"]))
            .collect::<Vec<_>>(),
        [(&json!(0), &json!(true)), (&json!(0), &json!(true))]
    );
}
