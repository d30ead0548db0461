//! Helpers for tests whose analyst gives a scripted reply.

use super::harness::{RunOutcome, answer_after, scripts};
use super::scripted_provider::ScriptStep;
use crate::json::Value;
use crate::result::Analysis;

type Script = Vec<Vec<ScriptStep>>;

/// An analysis that names the panelists by the letters that the seed of [`request`] gives them.
/// Every answer contains "blue".
pub(super) const ANALYSIS: &str = include_str!("../../fixtures/analyst/reply.json");

pub(super) fn scripts_with_analyst(analyst: Script) -> Vec<(&'static str, Script)> {
    let mut all_scripts = scripts(
        vec![answer_after(1, "It is blue, says a.")],
        vec![answer_after(2, "It is blue, says b.")],
        vec![answer_after(3, "It is blue, says c.")],
    );
    all_scripts[3] = ("analyst", analyst);
    all_scripts
}

/// Returns steps that stream `text` in parts of `size` characters, one part each millisecond.
pub(super) fn in_parts(text: &str, size: usize) -> Vec<ScriptStep> {
    let chars: Vec<char> = text.chars().collect();
    let pieces = chars
        .chunks(size)
        .map(|piece| ScriptStep::Text(1, piece.iter().collect()));
    pieces.chain([ScriptStep::Finish]).collect()
}

pub(super) fn of<'a>(outcome: &'a RunOutcome, kind: &str) -> Vec<&'a Value> {
    outcome
        .events
        .iter()
        .filter(|event| event["type"] == kind)
        .collect()
}

pub(super) fn items(events: &[Value]) -> Vec<(String, Value)> {
    let items = events
        .iter()
        .filter(|event| event["type"] == "analysis.item");
    items
        .map(|event| {
            (
                event["kind"].as_str().unwrap().to_owned(),
                event["item"].clone(),
            )
        })
        .collect()
}

pub(super) fn flat(analysis: &Value) -> Vec<(String, Value)> {
    let kinds = [
        "consensus",
        "contradictions",
        "partial_coverage",
        "unique_insights",
        "blind_spots",
    ];
    let list = |kind: &str| {
        analysis[kind]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (kind.to_owned(), item.clone()))
            .collect::<Vec<_>>()
    };
    kinds.into_iter().flat_map(list).collect()
}

pub(super) fn requests_to(outcome: &RunOutcome, model: &str) -> Vec<Value> {
    outcome
        .transport
        .requests
        .borrow()
        .iter()
        .filter(|body| body["model"] == model)
        .cloned()
        .collect()
}

pub(super) fn last_message(body: &Value) -> String {
    body["messages"].as_array().unwrap().last().unwrap()["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

pub(super) fn warnings(outcome: &RunOutcome) -> Vec<&str> {
    of(outcome, "warning")
        .iter()
        .map(|event| event["code"].as_str().unwrap())
        .collect()
}
