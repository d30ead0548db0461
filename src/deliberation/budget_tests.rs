//! Tests of prices and of runs with `max_cost`.

use crate::json::{Value, json, value_of};

use crate::deliberation::tests::{
    RunOutcome, ScriptStep, answer_after, request, run, run_with_hook, scripts,
};
use crate::error::Code;
use crate::usage::Cost;
use crate::usage::Status;

const MODELS: [&str; 5] = ["a", "b", "c", "analyst", "writer"];

/// Prices every model at `completion` USD per output token. Prompts are free.
pub(super) fn priced(completion: &str, overrides: Value) -> Value {
    let pricing = json!({"prompt": "0", "completion": completion});
    let prices: crate::json::Map = MODELS
        .iter()
        .map(|model| (model.to_string(), pricing.clone()))
        .collect();
    let mut request = request(overrides);
    request["options"] = json!({"baseURL": "http://127.0.0.1:1/v1", "prices": prices});
    request
}

fn streams(parts: usize) -> Vec<Vec<ScriptStep>> {
    let mut acts: Vec<_> = (0..parts)
        .map(|_| ScriptStep::Text(1, "twelve bytes".into()))
        .collect();
    acts.push(ScriptStep::FinishWithUsage(
        json!({"prompt_tokens": 1, "completion_tokens": 3 * parts}),
    ));
    vec![acts]
}

fn asked_models(outcome: &RunOutcome) -> Vec<String> {
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
fn max_cost_without_a_price_for_every_model_fails_before_any_call() {
    let mut request = priced(
        "0.001",
        json!({"max_cost": 1, "writer": {"model": "writer", "fallbacks": ["writer-fallback"]}}),
    );
    request["options"]["prices"]
        .as_object_mut()
        .unwrap()
        .remove("writer-fallback");
    let outcome = run(request, &[], None);
    outcome.check();
    let error = outcome.result.as_ref().unwrap_err();
    assert_eq!(
        (error.code, asked_models(&outcome).len()),
        (Code::InvalidRequest, 0)
    );
    assert!(
        error.message.contains("`max_cost`") && error.message.contains("`writer-fallback`"),
        "{}",
        error.message
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
    // Hosted tools may cause calls that the run cannot meter, so each request states a limit.
    // Together the limits stay within the budget.
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
fn a_call_whose_prompt_does_not_fit_is_not_made() {
    let mut request = priced("0.001", json!({"max_cost": 0.0001}));
    for model in MODELS {
        request["options"]["prices"][model]["prompt"] = json!("0.001");
    }
    let outcome = run(request, &[], None);
    outcome.check();
    assert_eq!(
        (
            outcome.result.as_ref().unwrap_err().code,
            asked_models(&outcome).len()
        ),
        (Code::BudgetExceeded, 0)
    );
    assert!(outcome.recorder.snapshot().activity.is_empty());
}

#[test]
fn open_calls_stop_at_the_limit_and_keep_their_text() {
    let all_scripts = scripts(streams(500), streams(500), vec![answer_after(1, "short")]);
    let stopped = run(
        priced("0.001", json!({"max_cost": 0.5})),
        &all_scripts,
        None,
    );
    stopped.check();
    let error = stopped.result.as_ref().unwrap_err();
    assert_eq!(error.code, Code::BudgetExceeded);
    let snapshot = stopped.recorder.snapshot();
    assert_eq!((snapshot.responses.len(), snapshot.partial.len()), (1, 2));
    let partial_bytes: usize = snapshot
        .partial
        .iter()
        .map(|partial| partial.content.len())
        .sum();
    assert!(
        partial_bytes as f64 / 3.0 * 0.001 <= 0.5 && partial_bytes > 600,
        "{partial_bytes} bytes"
    );
    let cancelled = snapshot
        .activity
        .iter()
        .filter(|call| call.status == Status::Cancelled && call.cost.is_none())
        .count();
    assert_eq!(
        (cancelled, asked_models(&stopped).len()),
        (2, 3),
        "neither analyst nor writer fits"
    );

    // Resuming needs a higher limit.
    let kept = value_of(&snapshot);
    let resume_with = |max_cost: f64| {
        let mut request = priced("0.001", json!({}));
        request = json!({"options": request["options"].clone(), "resume": kept.clone(), "max_cost": max_cost});
        run(
            request,
            &scripts(
                vec![answer_after(1, "one")],
                vec![answer_after(1, "two")],
                vec![answer_after(1, "three")],
            ),
            None,
        )
    };
    let same_limit = resume_with(0.2);
    assert_eq!(
        (
            same_limit.result.as_ref().unwrap_err().code,
            asked_models(&same_limit).len()
        ),
        (Code::BudgetExceeded, 0)
    );
    let higher_limit = resume_with(9.0);
    assert_eq!(
        (
            higher_limit.result.as_ref().unwrap().answer.as_str(),
            asked_models(&higher_limit).len()
        ),
        ("final", 4)
    );
}

#[test]
fn a_writer_that_exceeds_the_budget_leaves_the_rest_in_the_snapshot() {
    let mut scripts = scripts(
        vec![answer_after(1, "one")],
        vec![answer_after(1, "two")],
        vec![answer_after(1, "three")],
    );
    scripts[4] = ("writer", streams(1_000));
    let outcome = run(priced("0.001", json!({"max_cost": 1.0})), &scripts, None);
    outcome.check();
    assert_eq!(
        outcome.result.as_ref().unwrap_err().code,
        Code::BudgetExceeded
    );
    let snapshot = outcome.recorder.snapshot();
    assert_eq!(
        (
            snapshot.responses.len(),
            snapshot.analysis.is_some(),
            snapshot.partial.len()
        ),
        (3, true, 1)
    );
}

#[test]
fn a_broken_call_costs_its_streamed_text_rather_than_its_early_usage() {
    let chunk = json!({"choices": [{"delta": {"content": "x".repeat(3_000)}}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    let cut = vec![
        ScriptStep::Send(format!("data: {chunk}\n\n")),
        ScriptStep::Disconnect,
    ];
    let mut request = priced(
        "0.001",
        json!({"convene": false, "max_cost": 2.5, "writer": {"model": "writer", "fallbacks": ["writer", "writer", "writer"]}}),
    );
    request.as_object_mut().unwrap().remove("analysis_models");
    request.as_object_mut().unwrap().remove("analyst");
    let broken = run(request.clone(), &[("writer", vec![cut])], None);
    broken.check();
    let snapshot = broken.recorder.snapshot();
    assert!(
        snapshot.activity.iter().all(|call| call.cost.is_none()
            && call.prompt_tokens.is_none_or(|tokens| tokens == 1.into()))
    );
    assert_eq!(
        (
            broken.result.as_ref().unwrap_err().code,
            asked_models(&broken).len()
        ),
        (Code::BudgetExceeded, 3),
        "each call streamed text worth 1 USD"
    );

    // The text of the three calls counts once each.
    let resume_with = |max_cost: f64| json!({"options": request["options"].clone(), "resume": value_of(&snapshot), "max_cost": max_cost});
    let scripts = [("writer", vec![answer_after(1, "done")])];
    assert_eq!(
        asked_models(&run(resume_with(3.0), &scripts, None)).len(),
        0
    );
    assert!(run(resume_with(3.5), &scripts, None).result.is_ok());
}

#[test]
fn a_free_fallback_continues_after_the_budget_is_used_up() {
    let mut request = priced(
        "0.001",
        json!({"max_cost": 0.01, "analysis_models": [{"model": "a", "fallbacks": ["free"]}], "analyst": "free", "writer": "free"}),
    );
    request["options"]["prices"]["free"] = json!({"prompt": "0", "completion": "0"});
    let scripts = [("a", streams(100)), ("free", streams(2))];
    let outcome = run(request, &scripts, None);
    outcome.check();
    assert_eq!(
        outcome.result.as_ref().unwrap().responses[0].content,
        "twelve bytestwelve bytes"
    );
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
            request["options"]["prices"][model] = json!({"prompt": amount(&mut rng), "completion": amount(&mut rng), "request": amount(&mut rng)});
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
        // Summing the JSON's costs in units of 1e-12 USD gives the same.
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
    let long = "x".repeat(30_000);
    // At 1e-6 USD per prompt token, each of these costs twice the limit; a picture alone costs less.
    let rows = [
        json!({"prompt": format!("data:{long}")}),
        json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "q"}, {"type": "file", "file": {"file_data": format!("data:application/pdf;base64,{long}")}}]}]}),
        json!({"prompt": "q", "writer": {"model": "writer", "tools": [{"type": "function", "function": {"name": "f", "description": &long}}]}}),
        json!({"prompt": "q", "writer": {"model": "writer", "response_format": {"type": "json_schema", "json_schema": {"name": &long}}}}),
        json!({"prompt": "q", "writer": {"model": "writer", "extra_body": {"user": &long}}}),
        json!({"prompt": "q", "writer": {"model": "writer", "extra_body": {"seed": [1.5; 10_000].to_vec()}}}),
        json!({"messages": [{"role": "user", "type": "image_url", "content": &long}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://h/p.png"}, "text": &long}]}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://h/p.png", "detail": &long}}]}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": format!("data:image/svg+xml,{long}")}}]}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": format!("data:application/pdf;base64,{long}")}}]}]}),
        json!({"prompt": "q", "writer": {"model": "writer", "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "image_url", "image_url": {"url": "https://h"}, "description": &long}}}]}}),
        json!({"prompt": "q", "writer": {"model": "writer", "tools": [{"type": "function", "function": {"name": "f", "parameters": {"enum": [0.5; 10_000].to_vec()}}}]}}),
        json!({"messages": [{"role": "system", "content": [{"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{long}")}}, {"type": "text", "text": &long}]}, {"role": "user", "content": "q"}]}),
    ];
    for row in rows {
        let mut request = json!({"convene": false, "writer": "writer", "max_cost": 0.005});
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
    // The data of an image does not count as text.
    let picture = json!([{"type": "text", "text": "q"}, {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{long}")}}]);
    let request = json!({"messages": [{"role": "user", "content": picture}], "convene": false, "writer": "writer", "max_cost": 0.004,
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
    let request = json!({"prompt": "q", "analysis_models": ["a", "b"], "analyst": "analyst", "writer": "writer", "max_cost": 0.5, "tools": [{"type": "openrouter:web_search"}],
        "options": {"apiKey": "k", "prices": MODELS.iter().map(|model| (model.to_string(), json!({"prompt": "0.000001", "completion": "0"}))).collect::<crate::json::Map>()}});
    let scripts = [
        ("a", bill()),
        ("b", bill()),
        ("analyst", vec![crate::deliberation::tests::analysis()]),
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

#[test]
fn a_failed_call_costs_its_reported_usage_and_a_rejected_one_nothing() {
    let error = json!({"message": "m"});
    let billed = json!({"error": error.clone(), "usage": {"prompt_tokens": 100, "completion_tokens": 50, "cost": 0.7}});
    let counted =
        json!({"error": error.clone(), "usage": {"prompt_tokens": 100, "completion_tokens": 50}});
    let bare = json!({"error": error});
    for (status, body, cost) in [
        (504, &billed, Some(700_000_000_000)),
        (400, &counted, Some(50_000_000_000)),
        (504, &bare, None),
        (529, &bare, Some(0)),
        (401, &bare, Some(0)),
        (429, &bare, Some(0)),
    ] {
        let refused = vec![vec![ScriptStep::Reject(status, body.clone())]];
        let scripts = scripts(
            refused,
            vec![answer_after(1, "two")],
            vec![answer_after(1, "three")],
        );
        let outcome = run(priced("0.001", json!({"max_retries": 0})), &scripts, None);
        outcome.check();
        let row = outcome
            .recorder
            .snapshot()
            .activity
            .into_iter()
            .find(|call| call.index == Some(0))
            .unwrap();
        assert_eq!(row.cost, cost.map(Cost), "{status} {body}");
    }
}
