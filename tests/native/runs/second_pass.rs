//! Tests the analyst's second pass, which marks the items that survive. Covers the marks, failures,
//! attempts and `proceed()`.

use super::analyst_replies::{
    ANALYSIS, flat, items, last_message, of, requests_to, scripts_with_analyst, warnings,
};
use super::harness::{answer_after, request, run, run_with_hook};
use super::scripted_provider::ScriptStep;
use crate::json::{Value, json};

#[test]
fn the_second_pass_marks_items_that_hold_in_reversed_order() {
    // The second pass gets the answers in reversed order, so "A" in this reply is "C" in the first
    // pass. The keys are the numbers of the statements:
    //
    // - 1: the consensus.
    // - 2: the partial coverage.
    // - 3 and 4: the stances.
    // - 5: the insight.
    // - 6 and 7: the blind spots.
    let second_reply =
        r#"{"1":["A","B","C"],"2":["B","C"],"3":["C"],"4":[],"5":["A"],"6":[],"7":["B"]}"#;
    let extra = json!({"analyst": {"model": "analyst", "passes": 2}, "tools": [{"type": "openrouter:web_search"}]});
    let outcome = run(
        request(extra),
        &scripts_with_analyst(vec![
            answer_after(1, ANALYSIS),
            answer_after(1, second_reply),
        ]),
        None,
    );
    outcome.check();
    let completed = of(&outcome, "analysis.completed");
    assert_eq!(completed.len(), 1);
    let survived: Vec<_> = flat(&completed[0]["analysis"])
        .iter()
        .map(|(_, item)| item["survived"].as_bool().unwrap())
        .collect();
    assert_eq!(survived, [true, false, true, true, true, false]);
    let stances = &completed[0]["analysis"]["contradictions"][0]["stances"];
    assert!(stances[0].get("survived").is_none());
    assert_eq!(items(&outcome.events).len(), 6, "items are emitted once");

    let started = of(&outcome, "analysis.started");
    assert!(started[0].get("pass").is_none());
    assert_eq!(
        (
            &started[1]["pass"],
            &started[1]["attempt"],
            &started[1]["model"]
        ),
        (&json!(2), &json!(2), &json!("analyst"))
    );
    let order = |at: usize| started[at]["order"].as_array().unwrap().clone();
    assert_eq!(order(1), order(0).into_iter().rev().collect::<Vec<_>>());

    let analyst_requests = requests_to(&outcome, "analyst");
    let second_prompt = last_message(&analyst_requests[1]);
    assert!(
        second_prompt.contains("1. All agree.\n2. Only one covers this.\n3. The degree: much\n4. The degree: little\n5. A rare view.\n")
    );
    assert_eq!(
        (
            &analyst_requests[1]["temperature"],
            analyst_requests[0].get("tools").is_some(),
            analyst_requests[1].get("tools")
        ),
        (&json!(0.0), true, None)
    );
    assert_eq!(
        analyst_requests[1]["response_format"]["json_schema"]["schema"]["required"]
            .as_array()
            .unwrap()
            .len(),
        7
    );
    let first_prompt = last_message(&analyst_requests[0]);
    let answer_of = |words: &str, label: char| {
        let body = words
            .split(&format!("label=\"{label}\">\n"))
            .nth(1)
            .unwrap();
        body.split('\n').next().unwrap().to_owned()
    };
    assert_eq!(
        (answer_of(&first_prompt, 'A'), answer_of(&first_prompt, 'C')),
        (
            answer_of(&second_prompt, 'C'),
            answer_of(&second_prompt, 'A')
        )
    );

    let writer = last_message(&requests_to(&outcome, "writer")[0]);
    assert_eq!(writer.matches("[did not hold in a second pass]").count(), 2);
    assert!(writer.contains("- The degree: much (A); little (C) [did not hold in a second pass]"));
}

#[test]
fn without_a_second_pass_nothing_is_marked() {
    for extra in [
        json!({}),
        json!({"analyst": {"model": "analyst", "passes": 1}}),
    ] {
        let outcome = run(
            request(extra),
            &scripts_with_analyst(vec![answer_after(1, ANALYSIS)]),
            None,
        );
        assert!(
            !Value::from(outcome.events.clone())
                .to_string()
                .contains("survived")
        );
        assert_eq!(requests_to(&outcome, "analyst").len(), 1);
    }
}

#[test]
fn a_second_pass_that_fails_leaves_the_analysis_as_it_was() {
    let single_pass = run(
        request(json!({})),
        &scripts_with_analyst(vec![answer_after(1, ANALYSIS)]),
        None,
    );
    let analysis = &of(&single_pass, "analysis.completed")[0]["analysis"];
    let failures = [
        answer_after(1, "I would rather not."),
        vec![ScriptStep::Status(401)],
        vec![
            ScriptStep::Text(1, "{\"1\":".to_owned()),
            ScriptStep::Disconnect,
        ],
        vec![ScriptStep::Finish],
    ];
    for failure in failures {
        let extra = json!({"analyst": {"model": "analyst", "passes": 2, "fallbacks": ["second"]}});
        let mut all_scripts = scripts_with_analyst(vec![answer_after(1, ANALYSIS), failure]);
        all_scripts.push(("second", vec![answer_after(1, ANALYSIS)]));
        let outcome = run(request(extra), &all_scripts, None);
        outcome.check();
        assert_eq!(&of(&outcome, "analysis.completed")[0]["analysis"], analysis);
        assert_eq!(
            (warnings(&outcome), of(&outcome, "analysis.failed").len()),
            (vec!["second_pass_failed"], 0)
        );
        assert_eq!(
            (
                requests_to(&outcome, "second").len(),
                outcome.result.is_ok()
            ),
            (0, true)
        );
    }
}

#[test]
fn the_second_pass_uses_the_model_of_the_first_and_counts_its_attempts() {
    let extra = json!({"analyst": {"model": "analyst", "passes": 2, "fallbacks": ["second"]}, "max_retries": 1});
    let mut all_scripts = scripts_with_analyst(vec![vec![ScriptStep::Status(401)]]);
    all_scripts.push((
        "second",
        vec![
            answer_after(1, ANALYSIS),
            vec![ScriptStep::Status(503)],
            answer_after(1, r#"{"1":["A","B","C"]}"#),
        ],
    ));
    let outcome = run(request(extra), &all_scripts, None);
    outcome.check();
    assert_eq!(
        (
            requests_to(&outcome, "analyst").len(),
            requests_to(&outcome, "second").len()
        ),
        (1, 3)
    );
    assert_eq!(
        of(&outcome, "analysis.completed")[0]["analysis"]["consensus"][0]["survived"],
        true
    );
    assert_eq!(
        of(&outcome, "analysis.started")
            .iter()
            .filter(|event| event["pass"] == 2)
            .count(),
        2
    );
}

#[test]
fn stopping_the_second_pass_keeps_the_first_analysis() {
    let all_scripts = scripts_with_analyst(vec![
        answer_after(1, ANALYSIS),
        vec![ScriptStep::Text(1, "{".to_owned()), ScriptStep::Stall],
    ]);
    let request_with = || request(json!({"analyst": {"model": "analyst", "passes": 2}}));
    let stopped = run(request_with(), &all_scripts, Some(20));
    stopped.check();
    assert_eq!(
        stopped
            .recorder
            .snapshot()
            .analysis
            .unwrap()
            .consensus
            .len(),
        1
    );

    let proceeded = run_with_hook(request_with(), &all_scripts, |next, handle| {
        if next > 20 {
            handle.command(|control| control.proceed(3));
        }
        false
    });
    proceeded.check();
    let result = proceeded.result.as_ref().unwrap();
    assert_eq!(
        (
            result.analysis.as_ref().unwrap().consensus[0].survived,
            result.answer.as_str()
        ),
        (None, "final")
    );
    assert_eq!(warnings(&proceeded), ["second_pass_failed"]);
    assert!(
        result
            .activity
            .iter()
            .all(|call| call.status != crate::usage::Status::Running)
    );
}

#[test]
fn criteria_are_in_the_prompts_of_both_passes_and_in_no_other() {
    let criteria = "Weigh safety above style.";
    let extra = json!({"analyst": {"model": "analyst", "passes": 2, "criteria": criteria}});
    let second_reply = answer_after(1, r#"{"1":["A","B","C"]}"#);
    let outcome = run(
        request(extra),
        &scripts_with_analyst(vec![answer_after(1, ANALYSIS), second_reply]),
        None,
    );
    outcome.check();
    let analyst = requests_to(&outcome, "analyst");
    assert_eq!(analyst.len(), 2);
    for body in &analyst {
        let prompt = last_message(body);
        let (before, _) = prompt.split_once(criteria).unwrap();
        assert!(before.contains("</response-"), "outside of the fences");
    }
    for model in ["a", "writer"] {
        let bodies = Value::from(requests_to(&outcome, model)).to_string();
        assert!(!bodies.contains(criteria), "{model}");
    }
}
