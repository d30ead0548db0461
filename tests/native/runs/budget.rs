//! Tests runs with `max_cost`: which calls the run does not make, which calls it cuts off, and what
//! the snapshot contains.

use super::cost::{MODELS, asked_models, priced, streams};
use super::harness::{answer_after, run, scripts};
use super::scripted_provider::ScriptStep;
use crate::error::Code;
use crate::json::{Value, json, value_of};
use crate::usage::{Cost, Status};

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

    // A resumed run needs a higher limit, because the snapshot contains the cost so far.
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

    // The three calls have cost 3 USD. The resumed run must not count these 3 USD twice.
    let (options, resume) = (request["options"].clone(), value_of(&snapshot));
    let resume_with = |max_cost: f64| json!({"options": options.clone(), "resume": resume.clone(), "max_cost": max_cost});
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

/// Runs a writer that costs 0.001 USD per token, with a limit of 0.5 USD. Returns the error's code.
fn writer_with_limit(base_url: &str, dialect: &str, chunks: Vec<Value>) -> Option<Code> {
    let mut steps: Vec<ScriptStep> = chunks
        .iter()
        .map(|chunk| ScriptStep::Send(format!("data: {chunk}\n\n")))
        .collect();
    // If the run stops the call during the wait of 1 ms, the disconnect does not happen.
    steps.extend([ScriptStep::Text(1, String::new()), ScriptStep::Disconnect]);
    let prices = json!({"p:writer": {"prompt": "0", "completion": "0.001"}});
    let provider = json!({"baseURL": base_url, "dialect": dialect, "apiKey": "k"});
    let tools =
        json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]);
    let request = json!({
        "prompt": "q", "convene": false, "max_cost": 0.5, "max_retries": 0,
        "writer": {"model": "p:writer", "tools": tools},
        "options": {"providers": {"p": provider}, "prices": prices}
    });
    let outcome = run(request, &[("writer", vec![steps])], None);
    outcome.result.as_ref().err().map(|error| error.code)
}

#[test]
fn all_that_a_model_writes_is_metered() {
    let part = "x".repeat(300);
    let chat = |delta: Value| json!({"choices": [{"index": 0, "delta": delta}]});
    let call = |name: &str| json!([{"index": 0, "id": "c", "function": {"name": name, "arguments": &part}}]);
    let details = |kind: &str, field: &str| {
        let mut detail = json!({"type": kind, "index": 0});
        detail[field] = json!(&part);
        json!({"reasoning_details": [detail]})
    };
    let block =
        |block: Value| json!({"type": "content_block_start", "index": 0, "content_block": block});
    let tool_use = block(json!({"type": "tool_use", "id": "c", "name": "f", "input": {}}));
    let input = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": &part}});
    let redacted = block(json!({"type": "redacted_thinking", "data": &part}));
    let arguments = json!({"type": "response.function_call_arguments.delta", "item_id": "c", "output_index": 0, "delta": &part});
    let refusal = json!({"type": "response.refusal.delta", "item_id": "c", "output_index": 0, "content_index": 0, "delta": &part});
    let encrypted = |i: usize| json!({"type": "response.output_item.done", "output_index": i, "item": {"type": "reasoning", "id": format!("r{i}"), "summary": [], "encrypted_content": &part}});
    type Chunk<'a> = Box<dyn Fn(usize) -> Value + 'a>;
    let rows: [(&str, Chunk<'_>); 10] = [
        ("chat", Box::new(|_| chat(json!({"content": &part})))),
        (
            "chat",
            Box::new(|i| chat(json!({"tool_calls": call(if i == 0 { "f" } else { "" })}))),
        ),
        ("chat", Box::new(|_| chat(json!({"refusal": &part})))),
        (
            "chat",
            Box::new(|_| chat(details("reasoning.encrypted", "data"))),
        ),
        (
            "chat",
            Box::new(|_| chat(details("reasoning.text", "text"))),
        ),
        (
            "messages",
            Box::new(|i| {
                if i == 0 {
                    tool_use.clone()
                } else {
                    input.clone()
                }
            }),
        ),
        ("messages", Box::new(|_| redacted.clone())),
        ("responses", Box::new(|_| arguments.clone())),
        ("responses", Box::new(|_| refusal.clone())),
        ("responses", Box::new(encrypted)),
    ];
    for (row, (dialect, chunk)) in rows.iter().enumerate() {
        let code = |count: usize| {
            let chunks = (0..count).map(chunk).collect();
            writer_with_limit("http://127.0.0.1:1/v1", dialect, chunks)
        };
        // A chunk has 100 tokens, which cost 0.1 USD. The fifth chunk reaches the limit.
        assert_eq!(code(3), Some(Code::NetworkError), "row {row}");
        assert_eq!(code(7), Some(Code::BudgetExceeded), "row {row}");
    }
}

#[test]
fn reasoning_in_several_fields_is_metered_once() {
    let part = "x".repeat(300);
    let detail = json!([{"type": "reasoning.text", "index": 0, "text": &part}]);
    let delta =
        json!({"reasoning": &part, "reasoning_content": &part, "reasoning_details": detail});
    let chunk = json!({"choices": [{"index": 0, "delta": delta}]});
    let code = |count: usize| {
        writer_with_limit(
            "http://127.0.0.1:1/v1",
            "chat",
            [&chunk].repeat(count).into_iter().cloned().collect(),
        )
    };
    assert_eq!(code(4), Some(Code::NetworkError));
    assert_eq!(code(6), Some(Code::BudgetExceeded));
}

/// Returns whether `max_cost` permits a call with this one message. A prompt token costs 1e-6 USD.
fn fits(model: &str, content: Value, extra: Value, max_cost: f64) -> bool {
    let price = json!({"prompt": "0.000001", "completion": "0"});
    let mut prices = json!({});
    prices[model] = price;
    let mut request = json!({
        "messages": [{"role": "user", "content": content}], "convene": false, "writer": model,
        "max_cost": max_cost, "options": {"baseURL": "http://127.0.0.1:1/v1", "prices": prices}
    });
    request
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    let outcome = run(request, &[(model, vec![answer_after(1, "done")])], None);
    outcome.result.is_ok()
}

#[test]
fn a_picture_counts_as_the_most_that_its_model_bills() {
    let picture = |detail: &str| json!([{"type": "image_url", "image_url": {"url": "https://h/p", "detail": detail}}]);
    for (model, detail, tokens) in [
        ("m", "high", 25_000),
        ("m", "low", 25_000),
        ("openai/gpt-4.1", "low", 3_000),
        ("openai/gpt-4o-mini", "high", 50_000),
        ("openai/gpt-4o-mini", "low", 3_000),
    ] {
        let fits = |tokens: u64| fits(model, picture(detail), json!({}), tokens as f64 / 1e6);
        assert!(!fits(tokens), "{model} {detail}");
        assert!(fits(tokens + 300), "{model} {detail}");
    }
}

#[test]
fn a_prompt_that_is_cached_counts_at_the_price_of_writes() {
    let text = "x".repeat(30_000);
    let part = |control: Value| json!([{"type": "text", "text": &text, "cache_control": control}]);
    let cases = [
        (json!(&text), json!({}), 10_000),
        (
            json!(format!("{text}\"cache_control\":{{\"ttl\":\"1h\"}}")),
            json!({}),
            10_000,
        ),
        (part(json!({"type": "ephemeral"})), json!({}), 12_500),
        (
            part(json!({"type": "ephemeral", "ttl": "5m"})),
            json!({}),
            12_500,
        ),
        (
            part(json!({"type": "ephemeral", "ttl": "1h"})),
            json!({}),
            20_000,
        ),
        // Only OpenRouter and the dialect `messages` receive the request's `cache_control`.
        (
            json!(&text),
            json!({"cache_control": {"type": "ephemeral", "ttl": "1h"}}),
            10_000,
        ),
    ];
    for (content, extra, tokens) in cases {
        let fits = |tokens: u64| fits("m", content.clone(), extra.clone(), tokens as f64 / 1e6);
        assert!(!fits(tokens), "{extra} {tokens}");
        assert!(fits(tokens + 300), "{extra} {tokens}");
    }
}
