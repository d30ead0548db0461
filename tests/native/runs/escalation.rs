//! Tests runs with `escalate`: which panelists are called, and which of the two analyses the result
//! contains.

use super::harness::{
    RunHandle, RunOutcome, analysis, answer_after, request, run, run_with_hook, run_with_judge,
};
use super::resume::asked_models;
use super::scripted_provider::ScriptStep;
use crate::error::Code;
use crate::json::{Value, json};
use crate::result::EscalationReason;

pub(super) type Scripts = Vec<(&'static str, Vec<Vec<ScriptStep>>)>;

/// Returns a script of the analyst. Its analysis has the given number of contradictions.
pub(super) fn disagreement(contradictions: usize) -> Vec<ScriptStep> {
    let contradiction = r#"{"topic":"t","stances":[{"response":"A","stance":"s","quote":"q"}]}"#;
    let contradictions = vec![contradiction; contradictions].join(",");
    answer_after(
        5,
        &format!(
            r#"{{"consensus":[],"contradictions":[{contradictions}],"partial_coverage":[],"unique_insights":[],"blind_spots":[]}}"#
        ),
    )
}

/// Returns a request with the panel `a` and `b`. If they disagree, `c` and `d` answer in a second
/// round.
pub(super) fn escalating(extra: Value) -> Value {
    let mut own =
        json!({"analysis_models": ["a", "b"], "escalate": {"analysis_models": ["c", "d"]}});
    let fields = own.as_object_mut().unwrap();
    fields.extend(extra.as_object().unwrap().clone());
    request(own)
}

pub(super) fn scripts(analyses: Vec<Vec<ScriptStep>>) -> Scripts {
    vec![
        ("a", vec![answer_after(10, "one")]),
        ("b", vec![answer_after(20, "two")]),
        ("c", vec![answer_after(10, "three")]),
        ("d", vec![answer_after(20, "four")]),
        ("analyst", analyses),
        ("writer", vec![answer_after(5, "final")]),
    ]
}

pub(super) fn with(mut scripts: Scripts, model: &str, script: Vec<Vec<ScriptStep>>) -> Scripts {
    let place = scripts.iter_mut().find(|(name, _)| *name == model);
    place.unwrap().1 = script;
    scripts
}

pub(super) fn stalls() -> Vec<Vec<ScriptStep>> {
    vec![vec![ScriptStep::Text(1, "half".into()), ScriptStep::Stall]]
}

pub(super) fn down() -> Vec<Vec<ScriptStep>> {
    vec![vec![ScriptStep::Status(400)]]
}

pub(super) fn reason(outcome: &RunOutcome) -> EscalationReason {
    let result = outcome.result.as_ref().unwrap();
    result.escalation.unwrap().reason
}

pub(super) fn event<'a>(outcome: &'a RunOutcome, kind: &str) -> &'a Value {
    let mut events = outcome.events.iter();
    events.find(|event| event["type"] == kind).unwrap()
}

/// Returns the number of contradictions in the run's analysis.
pub(super) fn contradictions(outcome: &RunOutcome) -> Option<usize> {
    let analysis = outcome.result.as_ref().unwrap().analysis.as_ref();
    analysis.map(|analysis| analysis.contradictions.len())
}

fn started(events: &[Value], model: &str) -> bool {
    events.iter().any(|event| {
        event["model"] == model && event["type"].as_str().unwrap().ends_with(".started")
    })
}

#[test]
fn a_panel_that_disagrees_is_joined_by_the_further_members() {
    let outcome = run(
        escalating(json!({})),
        &scripts(vec![disagreement(1), analysis()]),
        None,
    );
    outcome.check();
    assert_eq!(
        asked_models(&outcome),
        ["a", "b", "analyst", "c", "d", "analyst", "writer"]
    );
    let result = outcome.result.as_ref().unwrap();
    assert_eq!(result.responses.len(), 4);
    assert_eq!(
        contradictions(&outcome),
        Some(0),
        "the second analysis stands"
    );
    assert_eq!(reason(&outcome), EscalationReason::Contradictions);
    let run_started = &outcome.events[0];
    assert_eq!(run_started["panel"].as_array().unwrap().len(), 2);
    let member = |index: u64, model: &str| json!({"index": index, "model": model, "provider": "127.0.0.1:1"});
    let further = json!([member(2, "c"), member(3, "d")]);
    assert_eq!(run_started["further"], further);
    let escalated = event(&outcome, "panel.escalated");
    assert_eq!(escalated["panel"], further);
    assert_eq!(escalated["reason"], "contradictions");
    assert_eq!(escalated["contradictions"], 1);
    let rounds = |kind: &str| {
        let events = outcome.events.iter().filter(|event| event["type"] == kind);
        events
            .map(|event| event["round"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(rounds("analysis.started"), [json!(1), json!(2)]);
    assert_eq!(rounds("analysis.completed"), [json!(1), json!(2)]);
    let analysts = result
        .activity
        .iter()
        .filter(|call| call.model == "analyst");
    assert_eq!(
        analysts.map(|call| call.round).collect::<Vec<_>>(),
        [Some(1), Some(2)]
    );
    let types = outcome.types();
    let place = |kind: &str| types.iter().position(|other| *other == kind).unwrap();
    assert!(place("analysis.completed") < place("panel.escalated"));
    let order = outcome
        .events
        .iter()
        .rfind(|event| event["type"] == "analysis.started");
    assert_eq!(order.unwrap()["order"].as_array().unwrap().len(), 4);
}

#[test]
fn a_panel_that_agrees_skips_the_further_members_alone() {
    let outcome = run(escalating(json!({})), &scripts(vec![analysis()]), None);
    outcome.check();
    assert_eq!(asked_models(&outcome), ["a", "b", "analyst", "writer"]);
    assert_eq!(reason(&outcome), EscalationReason::Agreement);
    let settled = event(&outcome, "panel.settled");
    assert_eq!(
        (
            settled["reason"].as_str(),
            settled["contradictions"].as_u64()
        ),
        (Some("agreement"), Some(0))
    );
    assert!(outcome.result.as_ref().unwrap().analysis.is_some());
}

#[test]
fn fewer_contradictions_than_the_minimum_are_agreement() {
    for (count, expected) in [
        (1, EscalationReason::Agreement),
        (2, EscalationReason::Contradictions),
    ] {
        let rule = json!({"escalate": {"analysis_models": ["c"], "min_contradictions": 2}});
        let outcome = run(
            escalating(rule),
            &scripts(vec![disagreement(count), analysis()]),
            None,
        );
        outcome.check();
        assert_eq!(reason(&outcome), expected);
    }
}

#[test]
fn the_callers_function_decides_in_place_of_the_contradictions() {
    let decided = |answer, contradictions| {
        let request = escalating(
            json!({"options": {"baseURL": "http://127.0.0.1:1/v1", "shouldEscalate": true}}),
        );
        let scripts = scripts(vec![disagreement(contradictions), analysis()]);
        let outcome = run_with_judge(request, &scripts, Some(answer), |_, _| false);
        outcome.check();
        let warned = outcome
            .events
            .iter()
            .any(|event| event["code"] == "should_escalate_failed");
        (reason(&outcome), warned)
    };
    assert_eq!(decided(Ok(true), 0), (EscalationReason::Asked, false));
    assert_eq!(decided(Ok(false), 3), (EscalationReason::NotAsked, false));
    let broken = || Err("broken".to_owned());
    assert_eq!(decided(broken(), 0), (EscalationReason::Agreement, true));
    assert_eq!(
        decided(broken(), 1),
        (EscalationReason::Contradictions, true)
    );
}

#[test]
fn a_failed_first_analysis_asks_nobody_further() {
    let refused = vec![vec![ScriptStep::Status(402)]];
    let outcome = run(escalating(json!({})), &scripts(refused), None);
    outcome.check();
    assert_eq!(asked_models(&outcome), ["a", "b", "analyst", "writer"]);
    assert_eq!(reason(&outcome), EscalationReason::NoAnalysis);
    assert!(
        event(&outcome, "panel.settled")
            .get("contradictions")
            .is_none()
    );
}

#[test]
fn the_first_analysis_stands_if_all_further_members_or_the_second_analysis_fail() {
    let all_fail = with(
        with(scripts(vec![disagreement(2)]), "c", down()),
        "d",
        down(),
    );
    let outcome = run(escalating(json!({})), &all_fail, None);
    outcome.check();
    assert_eq!(
        asked_models(&outcome),
        ["a", "b", "analyst", "c", "d", "writer"]
    );
    assert_eq!(contradictions(&outcome), Some(2));
    assert_eq!(outcome.result.as_ref().unwrap().failed_models.len(), 2);

    let analysis_fails = scripts([vec![disagreement(2)], down()].concat());
    let outcome = run(escalating(json!({})), &analysis_fails, None);
    outcome.check();
    assert_eq!(contradictions(&outcome), Some(2));
    assert_eq!(outcome.result.as_ref().unwrap().responses.len(), 4);
}

#[test]
fn the_second_pass_is_made_once_on_the_last_comparison() {
    let attribution = || answer_after(1, r#"{"1":["A"]}"#);
    let passes = |outcome: &RunOutcome| {
        let events = outcome.events.iter();
        let started = events.filter(|event| event["type"] == "analysis.started");
        started
            .map(|event| (event["round"].as_u64().unwrap(), event["pass"].as_u64()))
            .collect::<Vec<_>>()
    };
    let completed = |outcome: &RunOutcome| {
        let events = outcome.events.iter();
        let ended = events.filter(|event| event["type"] == "analysis.completed");
        ended
            .map(|event| event["round"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    let twice = || escalating(json!({"analyst": {"model": "analyst", "passes": 2}}));
    let escalated = run(
        twice(),
        &scripts(vec![disagreement(1), analysis(), attribution()]),
        None,
    );
    escalated.check();
    assert_eq!(passes(&escalated), [(1, None), (2, None), (2, Some(2))]);
    assert_eq!(completed(&escalated), [1, 2]);
    let settled = run(twice(), &scripts(vec![analysis(), attribution()]), None);
    settled.check();
    assert_eq!(passes(&settled), [(1, None), (1, Some(2))]);
    assert_eq!(completed(&settled), [1]);
    let failing = with(
        with(scripts(vec![disagreement(1), attribution()]), "c", down()),
        "d",
        down(),
    );
    let stands = run(twice(), &failing, None);
    stands.check();
    assert_eq!(passes(&stands), [(1, None), (1, Some(2))]);
    let analysis = stands.result.as_ref().unwrap().analysis.as_ref().unwrap();
    assert!(analysis.contradictions[0].survived.is_some());
}

#[test]
fn the_quorum_counts_the_answers_of_each_round() {
    let quorum = json!({"quorum": {"min_responses": 1, "grace_ms": 0}});
    let outcome = run(
        escalating(quorum),
        &scripts(vec![disagreement(1), analysis()]),
        None,
    );
    outcome.check();
    let result = outcome.result.as_ref().unwrap();
    let indexes = |list: Vec<usize>| list;
    assert_eq!(
        indexes(result.responses.iter().map(|it| it.index).collect()),
        [0, 2]
    );
    assert_eq!(
        indexes(result.failed_models.iter().map(|it| it.index).collect()),
        [1, 3]
    );
    assert!(
        result
            .failed_models
            .iter()
            .all(|failed| failed.code == Code::Cancelled)
    );
}

#[test]
fn an_empty_budget_in_the_second_round_keeps_the_first_analysis() {
    // The script step `Finish` reports a cost of 0.1 USD for each call.
    let price = json!({"prompt": "0.000001", "completion": "0.000001"});
    let names = ["a", "b", "c", "d", "analyst", "writer"];
    let prices = names.iter().map(|name| ((*name).to_owned(), price.clone()));
    let prices = Value::Object(prices.collect());
    let outcome_of = |max_cost: f64| {
        let options = json!({"baseURL": "http://127.0.0.1:1/v1", "prices": &prices});
        let request = escalating(json!({"max_cost": max_cost, "options": options}));
        run(request, &scripts(vec![disagreement(1), analysis()]), None)
    };
    let mut seen = Vec::new();
    for step in 1..=80 {
        let outcome = outcome_of(f64::from(step) / 100.0);
        outcome.check();
        let cost = &outcome.recorder.snapshot();
        let escalated = started(&outcome.events, "c");
        match &outcome.result {
            Ok(result) => {
                assert!(result.analysis.is_some() || !escalated);
                seen.push((escalated, result.responses.len(), contradictions(&outcome)));
            }
            Err(error) => assert_eq!(
                error.code,
                Code::BudgetExceeded,
                "{step}: {:?}",
                cost.status
            ),
        }
    }
    seen.dedup();
    assert!(seen.contains(&(true, 4, Some(0))), "{seen:?}");
}

#[test]
fn all_arrival_orders_of_both_rounds_keep_the_invariants() {
    let orders = [[1, 2], [2, 1]];
    for first in orders {
        for second in orders {
            for quorum in [
                json!(null),
                json!({"min_responses": 1, "grace_ms": 0}),
                json!({"min_responses": 1, "grace_ms": 3}),
            ] {
                for failing in 0..16_u32 {
                    let script = |at: u32, ms: u64| {
                        if failing & (1 << at) != 0 {
                            vec![vec![
                                ScriptStep::Text(ms, "cut".into()),
                                ScriptStep::Disconnect,
                            ]]
                        } else {
                            vec![answer_after(ms, "text")]
                        }
                    };
                    let scripts = vec![
                        ("a", script(0, first[0])),
                        ("b", script(1, first[1])),
                        ("c", script(2, second[0])),
                        ("d", script(3, second[1])),
                        ("analyst", vec![disagreement(1), analysis()]),
                        ("writer", vec![answer_after(1, "final")]),
                    ];
                    let limits = json!({"quorum": &quorum, "max_retries": 0});
                    let outcome = run(escalating(limits), &scripts, None);
                    outcome.check();
                    let Ok(result) = &outcome.result else {
                        assert_eq!(failing & 3, 3, "only a first round without an answer fails");
                        continue;
                    };
                    let has_further = result.responses.iter().any(|it| it.index >= 2);
                    assert_eq!(contradictions(&outcome), Some(usize::from(!has_further)));
                    assert_eq!(has_further, failing & 12 != 12);
                }
            }
        }
    }
}
