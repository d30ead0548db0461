//! Tests the reported cost: prices, sums, and the cost of a call.

use super::harness::{RunOutcome, analysis, answer_after, request, run, run_with_hook, scripts};
use super::scripted_provider::ScriptStep;
use crate::error::Code;
use crate::json::{Map, Value, json};
use crate::usage::Cost;

pub(super) const MODELS: [&str; 5] = ["a", "b", "c", "analyst", "writer"];

/// Prices every model at `completion` USD per output token. Prompts are free.
pub(super) fn priced(completion: &str, overrides: Value) -> Value {
    let pricing = json!({"prompt": "0", "completion": completion});
    let prices: Map = MODELS
        .iter()
        .map(|model| (model.to_string(), pricing.clone()))
        .collect();
    let mut request = request(overrides);
    request["options"] = json!({"baseURL": "http://127.0.0.1:1/v1", "prices": prices});
    request
}

pub(super) fn streams(parts: usize) -> Vec<Vec<ScriptStep>> {
    let mut acts: Vec<_> = (0..parts)
        .map(|_| ScriptStep::Text(1, "twelve bytes".into()))
        .collect();
    acts.push(ScriptStep::FinishWithUsage(
        json!({"prompt_tokens": 1, "completion_tokens": 3 * parts}),
    ));
    vec![acts]
}

pub(super) fn asked_models(outcome: &RunOutcome) -> Vec<String> {
    outcome
        .transport
        .requests
        .borrow()
        .iter()
        .map(|body| body["model"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_missing_cost_is_computed_from_the_price() {
    let bills = |usage: Value| {
        vec![vec![
            ScriptStep::Text(1, "text".into()),
            ScriptStep::FinishWithUsage(usage),
        ]]
    };
    let scripts = scripts(
        bills(json!({"prompt_tokens": 10, "completion_tokens": 5})),
        bills(json!({"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.25})),
        bills(json!({})),
    );
    let outcome = run(priced("0.001", json!({})), &scripts, None);
    let costs: Vec<_> = outcome
        .result
        .as_ref()
        .unwrap()
        .responses
        .iter()
        .map(|response| response.usage.cost)
        .collect();
    assert_eq!(
        costs,
        [Some(Cost(5_000_000_000)), Some(Cost(250_000_000_000)), None]
    );
}

#[test]
fn openrouters_list_is_loaded_once_and_the_callers_prices_take_precedence() {
    let list = json!({"data": MODELS.map(|id| json!({"id": id, "pricing": {"prompt": "0", "completion": "0.001"}}))});
    let mut scripts = scripts(
        vec![answer_after(1, "one")],
        streams(1),
        vec![answer_after(1, "three")],
    );
    scripts.push(("GET /models", vec![vec![ScriptStep::FinishWithUsage(list)]]));
    let mut request = request(json!({"max_cost": 1}));
    request["options"] =
        json!({"apiKey": "sk-key", "prices": {"b": {"prompt": "0", "completion": "0.002"}}});
    let cost_of_b = |outcome: &RunOutcome| outcome.result.as_ref().unwrap().responses[1].usage.cost;
    let mut without_tools = request.clone();
    without_tools["tools"] = json!([]);
    assert_eq!(
        cost_of_b(&run(without_tools, &scripts, None)),
        Some(Cost(6_000_000_000))
    );
    let outcome = run(request, &scripts, None);
    outcome.check();
    assert_eq!(
        cost_of_b(&outcome),
        None,
        "the cost of hosted tools is unknown"
    );
    // OpenRouter may make more calls for its server tools, and the run cannot count these calls.
    // Therefore each request contains a cost limit. The sum of these limits stays within
    // `max_cost`.
    let stated_limits: Vec<f64> = outcome
        .transport
        .requests
        .borrow()
        .iter()
        .filter_map(|body| {
            body.pointer("/stop_server_tools_when/1/max_cost_in_dollars")?
                .as_f64()
        })
        .collect();
    assert_eq!(stated_limits.len(), 4, "the writer has no tools");
    assert!(
        stated_limits[..3].iter().sum::<f64>() <= 1.0 && stated_limits[0] > 0.3,
        "{stated_limits:?}"
    );
}

#[test]
fn the_reported_cost_is_the_sum_over_all_calls() {
    let outcome = run(
        request(json!({})),
        &scripts(
            vec![answer_after(1, "a")],
            vec![answer_after(1, "b")],
            vec![answer_after(1, "c")],
        ),
        None,
    );
    let result = &outcome.events.last().unwrap()["result"];
    assert_eq!(result["usage"]["cost"], json!(0.5));
    assert_eq!(result["activity"].as_array().unwrap().len(), 5);
}

#[test]
fn the_reported_cost_is_the_exact_sum_over_activity() {
    for seed in 0..300 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let amount = |rng: &mut fastrand::Rng| {
            format!(
                "0.{:0width$}",
                rng.u32(0..1_000_000),
                width = rng.usize(10..16)
            )
        };
        let mut request = priced("0", json!({}));
        for model in MODELS {
            request["options"]["prices"][model] = json!({
                "prompt": amount(&mut rng), "completion": amount(&mut rng),
                "request": amount(&mut rng)
            });
        }
        let bill = |rng: &mut fastrand::Rng| {
            let mut usage = json!({"prompt_tokens": rng.u32(0..100_000), "completion_tokens": rng.u32(0..100_000)});
            if rng.bool() {
                usage["cost"] = amount(rng).parse().unwrap();
            }
            vec![vec![
                ScriptStep::Text(1, "text".into()),
                ScriptStep::FinishWithUsage(usage),
            ]]
        };
        let mut scripts = scripts(bill(&mut rng), bill(&mut rng), bill(&mut rng));
        scripts[4] = ("writer", bill(&mut rng));
        let outcome = run_with_hook(request.clone(), &scripts, |_, _| false);
        let result = &outcome.events.last().unwrap()["result"];
        let activity = outcome.recorder.snapshot().activity;
        let exact: u64 = activity.iter().map(|call| call.cost.unwrap().0).sum();
        assert_eq!(
            result["usage"]["cost"].as_f64().unwrap(),
            exact as f64 / 1e12,
            "seed {seed}"
        );
        let by_stage: f64 = ["panel", "analysis", "answer"]
            .iter()
            .map(|stage| {
                result["usage"]["by_stage"][*stage]["cost"]
                    .as_f64()
                    .unwrap()
            })
            .sum();
        assert!((by_stage - exact as f64 / 1e12).abs() < 1e-9);
        // Add the costs in the JSON in units of 1e-12 USD. The sum must equal the exact cost.
        let read: u64 = result["activity"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| (call["cost"].as_f64().unwrap() * 1e12).round() as u64)
            .sum();
        assert_eq!(read, exact);
    }
}

#[test]
fn every_part_of_a_request_counts_towards_its_minimum_cost() {
    let long = "x".repeat(150_000);
    // A prompt token costs 1e-6 USD here. Each of these prompts costs more than the limit.
    let rows = [
        json!({"prompt": format!("data:{long}")}),
        json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "q"}, {"type": "file", "file": {"file_data": format!("data:application/pdf;base64,{long}")}}]}]}),
        json!({"prompt": "q", "writer": {"model": "writer", "tools": [{"type": "function", "function": {"name": "f", "description": &long}}]}}),
        json!({"prompt": "q", "writer": {"model": "writer", "response_format": {"type": "json_schema", "json_schema": {"name": &long}}}}),
        json!({"prompt": "q", "writer": {"model": "writer", "extra_body": {"user": &long}}}),
        json!({"prompt": "q", "writer": {"model": "writer", "extra_body": {"seed": [1.5; 50_000].to_vec()}}}),
        json!({"messages": [{"role": "user", "type": "image_url", "content": &long}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://h/p.png"}, "text": &long}]}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://h/p.png", "detail": &long}}]}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": format!("data:image/svg+xml,{long}")}}]}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": format!("data:application/pdf;base64,{long}")}}]}]}),
        json!({"prompt": "q", "writer": {"model": "writer", "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "image_url", "image_url": {"url": "https://h"}, "description": &long}}}]}}),
        json!({"prompt": "q", "writer": {"model": "writer", "tools": [{"type": "function", "function": {"name": "f", "parameters": {"enum": [0.5; 50_000].to_vec()}}}]}}),
        json!({"messages": [{"role": "system", "content": [{"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{long}")}}, {"type": "text", "text": &long}]}, {"role": "user", "content": "q"}]}),
    ];
    for row in rows {
        let mut request = json!({"convene": false, "writer": "writer", "max_cost": 0.045});
        request
            .as_object_mut()
            .unwrap()
            .extend(row.as_object().unwrap().clone());
        request["options"] = json!({"baseURL": "http://127.0.0.1:1/v1", "prices": {"writer": {"prompt": "0.000001", "completion": "0"}}});
        let outcome = run(request, &[("writer", vec![answer_after(1, "done")])], None);
        assert_eq!(
            (
                outcome.result.as_ref().unwrap_err().code,
                asked_models(&outcome).len()
            ),
            (Code::BudgetExceeded, 0)
        );
    }
    // The data of an image does not count as text, so this prompt costs less than the limit.
    let picture = json!([{"type": "text", "text": "q"}, {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{long}")}}]);
    let request = json!({"messages": [{"role": "user", "content": picture}], "convene": false, "writer": "writer", "max_cost": 0.03,
        "options": {"baseURL": "http://127.0.0.1:1/v1", "prices": {"writer": {"prompt": "0.000001", "completion": "0"}}}});
    assert!(
        run(request, &[("writer", vec![answer_after(1, "done")])], None)
            .result
            .is_ok()
    );
}

#[test]
fn tokens_count_if_a_provider_ran_tools_and_reported_no_cost() {
    let bill = || {
        vec![vec![
            ScriptStep::Text(1, "text".into()),
            ScriptStep::FinishWithUsage(
                json!({"prompt_tokens": 1_000_000, "completion_tokens": 1}),
            ),
        ]]
    };
    let price = json!({"prompt": "0.000001", "completion": "0"});
    let prices = MODELS
        .iter()
        .map(|model| (model.to_string(), price.clone()));
    let request = json!({
        "prompt": "q", "analysis_models": ["a", "b"], "analyst": "analyst", "writer": "writer",
        "max_cost": 0.5, "tools": [{"type": "openrouter:web_search"}],
        "options": {"apiKey": "k", "prices": prices.collect::<Map>()}
    });
    let scripts = [
        ("a", bill()),
        ("b", bill()),
        ("analyst", vec![analysis()]),
        ("writer", vec![answer_after(1, "done")]),
    ];
    let outcome = run(request, &scripts, None);
    assert_eq!(
        (
            outcome.result.as_ref().unwrap_err().code,
            asked_models(&outcome).len()
        ),
        (Code::BudgetExceeded, 2)
    );
}
