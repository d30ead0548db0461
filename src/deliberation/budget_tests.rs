//! Prices, and runs that may spend so much and no more.

use crate::json::{Value, json, value_of};

use crate::deliberation::tests::{Act, Play, cast, direct, play, request, says};
use crate::error::Code;
use crate::result::Status;
use crate::usage::Cost;

const MODELS: [&str; 5] = ["a", "b", "c", "judge", "pen"];

/// Every model at so many USD for a token of output; prompts are free.
pub(super) fn priced(completion: &str, more: Value) -> Value {
    let pricing = json!({"prompt": "0", "completion": completion});
    let prices: crate::json::Map = MODELS.iter().map(|model| (model.to_string(), pricing.clone())).collect();
    let mut request = request(more);
    request["options"] = json!({"baseURL": "http://127.0.0.1:1/v1", "prices": prices});
    request
}

fn chatters(pieces: usize) -> Vec<Vec<Act>> {
    let mut acts: Vec<_> = (0..pieces).map(|_| Act::Say(1, "twelve bytes".into())).collect();
    acts.push(Act::Bill(json!({"prompt_tokens": 1, "completion_tokens": 3 * pieces})));
    vec![acts]
}

fn asked(play: &Play) -> Vec<String> {
    play.stage.asked.borrow().iter().map(|body| body["model"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_price_fills_in_for_a_cost_that_the_provider_does_not_tell() {
    let bills = |usage: Value| vec![vec![Act::Say(1, "text".into()), Act::Bill(usage)]];
    let scripts = cast(
        bills(json!({"prompt_tokens": 10, "completion_tokens": 5})),
        bills(json!({"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.25})),
        bills(json!({})),
    );
    let play = play(priced("0.001", json!({})), &scripts, None);
    let costs: Vec<_> = play.outcome.as_ref().unwrap().responses.iter().map(|response| response.usage.cost).collect();
    assert_eq!(costs, [Some(Cost(5_000_000_000)), Some(Cost(250_000_000_000)), None]);
}

#[test]
fn without_a_price_for_every_model_nothing_begins() {
    let mut request = priced("0.001", json!({"max_cost": 1, "writer": {"model": "pen", "fallbacks": ["quill"]}}));
    request["options"]["prices"].as_object_mut().unwrap().remove("quill");
    let play = play(request, &[], None);
    play.check();
    let error = play.outcome.as_ref().unwrap_err();
    assert_eq!((error.code, asked(&play).len()), (Code::InvalidRequest, 0));
    assert!(error.message.contains("`max_cost`") && error.message.contains("`quill`"), "{}", error.message);
}

#[test]
fn openrouters_list_is_asked_once_and_the_callers_prices_come_first() {
    let list = json!({"data": MODELS.map(|id| json!({"id": id, "pricing": {"prompt": "0", "completion": "0.001"}}))});
    let mut scripts = cast(vec![says(1, "one")], chatters(1), vec![says(1, "three")]);
    scripts.push(("GET /models", vec![vec![Act::Bill(list)]]));
    let mut request = request(json!({"max_cost": 1}));
    request["options"] = json!({"apiKey": "sk-key", "prices": {"b": {"prompt": "0", "completion": "0.002"}}});
    let cost_of_b = |play: &Play| play.outcome.as_ref().unwrap().responses[1].usage.cost;
    let mut bare = request.clone();
    bare["tools"] = json!([]);
    assert_eq!(cost_of_b(&play(bare, &scripts, None)), Some(Cost(6_000_000_000)));
    let play = play(request, &scripts, None);
    play.check();
    assert_eq!(cost_of_b(&play), None, "what its tools cost is not known");
    // Tools may lead to calls that nobody meters, so the provider is told what they may cost: together no more than is left.
    let told: Vec<f64> = play
        .stage
        .asked
        .borrow()
        .iter()
        .filter_map(|body| body.pointer("/stop_server_tools_when/1/max_cost_in_dollars")?.as_f64())
        .collect();
    assert_eq!(told.len(), 4, "the writer has no tools");
    assert!(told[..3].iter().sum::<f64>() <= 1.0 && told[0] > 0.3, "{told:?}");
}

#[test]
fn a_call_whose_prompt_does_not_fit_is_not_made() {
    let mut request = priced("0.001", json!({"max_cost": 0.0001}));
    for model in MODELS {
        request["options"]["prices"][model]["prompt"] = json!("0.001");
    }
    let play = play(request, &[], None);
    play.check();
    assert_eq!((play.outcome.as_ref().unwrap_err().code, asked(&play).len()), (Code::BudgetExceeded, 0));
    assert!(play.recorder.snapshot().activity.is_empty());
}

#[test]
fn running_calls_are_closed_when_together_they_reach_the_limit_and_their_text_stays() {
    let scripts = cast(chatters(500), chatters(500), vec![says(1, "short")]);
    let stopped = play(priced("0.001", json!({"max_cost": 0.5})), &scripts, None);
    stopped.check();
    let error = stopped.outcome.as_ref().unwrap_err();
    assert_eq!(error.code, Code::BudgetExceeded);
    let snapshot = stopped.recorder.snapshot();
    assert_eq!((snapshot.responses.len(), snapshot.partial.len()), (1, 2));
    let said: usize = snapshot.partial.iter().map(|partial| partial.content.len()).sum();
    assert!(said as f64 / 3.0 * 0.001 <= 0.5 && said > 600, "{said} bytes");
    let cancelled = snapshot.activity.iter().filter(|call| call.status == Status::Cancelled && call.cost.is_none()).count();
    assert_eq!((cancelled, asked(&stopped).len()), (2, 3), "neither analyst nor writer fits");

    // With more money it goes on; with the same it has none left.
    let kept = value_of(&snapshot);
    let again = |max_cost: f64| {
        let mut request = priced("0.001", json!({}));
        request = json!({"options": request["options"].clone(), "resume": kept.clone(), "max_cost": max_cost});
        play(request, &cast(vec![says(1, "one")], vec![says(1, "two")], vec![says(1, "three")]), None)
    };
    let poor = again(0.2);
    assert_eq!((poor.outcome.as_ref().unwrap_err().code, asked(&poor).len()), (Code::BudgetExceeded, 0));
    let rich = again(9.0);
    assert_eq!((rich.outcome.as_ref().unwrap().answer.as_str(), asked(&rich).len()), ("final", 4));
}

#[test]
fn a_writer_that_runs_out_of_money_leaves_everything_in_the_snapshot() {
    let mut scripts = cast(vec![says(1, "one")], vec![says(1, "two")], vec![says(1, "three")]);
    scripts[4] = ("pen", chatters(1_000));
    let play = play(priced("0.001", json!({"max_cost": 1.0})), &scripts, None);
    play.check();
    assert_eq!(play.outcome.as_ref().unwrap_err().code, Code::BudgetExceeded);
    let snapshot = play.recorder.snapshot();
    assert_eq!((snapshot.responses.len(), snapshot.analysis.is_some(), snapshot.partial.len()), (3, true, 1));
}

#[test]
fn a_call_that_breaks_counts_with_what_it_said_and_not_with_early_usage() {
    let chunk = json!({"choices": [{"delta": {"content": "x".repeat(3_000)}}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    let cut = vec![Act::Send(format!("data: {chunk}\n\n")), Act::Cut];
    let mut request =
        priced("0.001", json!({"convene": false, "max_cost": 2.5, "writer": {"model": "pen", "fallbacks": ["pen", "pen", "pen"]}}));
    request.as_object_mut().unwrap().remove("analysis_models");
    request.as_object_mut().unwrap().remove("analyst");
    let broken = play(request.clone(), &[("pen", vec![cut])], None);
    broken.check();
    let snapshot = broken.recorder.snapshot();
    assert!(snapshot.activity.iter().all(|call| call.cost.is_none() && call.prompt_tokens.is_none_or(|tokens| tokens == 1.into())));
    assert_eq!((broken.outcome.as_ref().unwrap_err().code, asked(&broken).len()), (Code::BudgetExceeded, 3), "each said what costs 1 USD");

    // What the three have said counts once each.
    let again = |max_cost: f64| json!({"options": request["options"].clone(), "resume": value_of(&snapshot), "max_cost": max_cost});
    let scripts = [("pen", vec![says(1, "done")])];
    assert_eq!(asked(&play(again(3.0), &scripts, None)).len(), 0);
    assert!(play(again(3.5), &scripts, None).outcome.is_ok());
}

#[test]
fn a_fallback_that_costs_nothing_may_go_on_without_money() {
    let mut request = priced(
        "0.001",
        json!({"max_cost": 0.01, "analysis_models": [{"model": "a", "fallbacks": ["free"]}], "analyst": "free", "writer": "free"}),
    );
    request["options"]["prices"]["free"] = json!({"prompt": "0", "completion": "0"});
    let scripts = [("a", chatters(100)), ("free", chatters(2))];
    let play = play(request, &scripts, None);
    play.check();
    assert_eq!(play.outcome.as_ref().unwrap().responses[0].content, "twelve bytestwelve bytes");
}

#[test]
fn the_sum_over_activity_is_the_reported_cost_whatever_the_prices_and_bills() {
    for seed in 0..300 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let amount = |rng: &mut fastrand::Rng| format!("0.{:0width$}", rng.u32(0..1_000_000), width = rng.usize(10..16));
        let mut request = priced("0", json!({}));
        for model in MODELS {
            request["options"]["prices"][model] =
                json!({"prompt": amount(&mut rng), "completion": amount(&mut rng), "request": amount(&mut rng)});
        }
        let bill = |rng: &mut fastrand::Rng| {
            let mut usage = json!({"prompt_tokens": rng.u32(0..100_000), "completion_tokens": rng.u32(0..100_000)});
            if rng.bool() {
                usage["cost"] = amount(rng).parse().unwrap();
            }
            vec![vec![Act::Say(1, "text".into()), Act::Bill(usage)]]
        };
        let mut scripts = cast(bill(&mut rng), bill(&mut rng), bill(&mut rng));
        scripts[4] = ("pen", bill(&mut rng));
        let play = direct(request.clone(), &scripts, |_, _| false);
        let result = &play.events.last().unwrap()["result"];
        let activity = play.recorder.snapshot().activity;
        let exact: u64 = activity.iter().map(|call| call.cost.unwrap().0).sum();
        assert_eq!(result["usage"]["cost"].as_f64().unwrap(), exact as f64 / 1e12, "seed {seed}");
        let by_stage: f64 =
            ["panel", "analysis", "answer"].iter().map(|stage| result["usage"]["by_stage"][*stage]["cost"].as_f64().unwrap()).sum();
        assert!((by_stage - exact as f64 / 1e12).abs() < 1e-9);
        // A reader of the JSON who counts in whole units of 1e-12 gets the same.
        let read: u64 =
            result["activity"].as_array().unwrap().iter().map(|call| (call["cost"].as_f64().unwrap() * 1e12).round() as u64).sum();
        assert_eq!(read, exact);
    }
}

#[test]
fn everything_that_is_sent_counts_before_a_call_begins() {
    let long = "x".repeat(30_000);
    // At 1e-6 USD for a token of prompt, each of these is a hundred times the limit.
    let rows = [
        json!({"prompt": format!("data:{long}")}),
        json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "q"}, {"type": "file", "file": {"file_data": format!("data:application/pdf;base64,{long}")}}]}]}),
        json!({"prompt": "q", "writer": {"model": "pen", "tools": [{"type": "function", "function": {"name": "f", "description": &long}}]}}),
        json!({"prompt": "q", "writer": {"model": "pen", "response_format": {"type": "json_schema", "json_schema": {"name": &long}}}}),
        json!({"prompt": "q", "writer": {"model": "pen", "extra_body": {"user": &long}}}),
    ];
    for row in rows {
        let mut request = json!({"convene": false, "writer": "pen", "max_cost": 0.0001});
        request.as_object_mut().unwrap().extend(row.as_object().unwrap().clone());
        request["options"] = json!({"baseURL": "http://127.0.0.1:1/v1", "prices": {"pen": {"prompt": "0.000001", "completion": "0"}}});
        let play = play(request, &[("pen", vec![says(1, "done")])], None);
        assert_eq!((play.outcome.as_ref().unwrap_err().code, asked(&play).len()), (Code::BudgetExceeded, 0));
    }
    // A picture's data is no text.
    let picture =
        json!([{"type": "text", "text": "q"}, {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{long}")}}]);
    let request = json!({"messages": [{"role": "user", "content": picture}], "convene": false, "writer": "pen", "max_cost": 0.004,
        "options": {"baseURL": "http://127.0.0.1:1/v1", "prices": {"pen": {"prompt": "0.000001", "completion": "0"}}}});
    assert!(play(request, &[("pen", vec![says(1, "done")])], None).outcome.is_ok());
}

#[test]
fn tokens_count_where_a_provider_ran_tools_and_told_no_cost() {
    let bill = || vec![vec![Act::Say(1, "text".into()), Act::Bill(json!({"prompt_tokens": 1_000_000, "completion_tokens": 1}))]];
    let request = json!({"prompt": "q", "analysis_models": ["a", "b"], "analyst": "judge", "writer": "pen", "max_cost": 0.5, "tools": [{"type": "openrouter:web_search"}],
        "options": {"apiKey": "k", "prices": MODELS.iter().map(|model| (model.to_string(), json!({"prompt": "0.000001", "completion": "0"}))).collect::<crate::json::Map>()}});
    let scripts = [("a", bill()), ("b", bill()), ("judge", vec![crate::deliberation::tests::analysis()]), ("pen", vec![says(1, "done")])];
    let play = play(request, &scripts, None);
    assert_eq!((play.outcome.as_ref().unwrap_err().code, asked(&play).len()), (Code::BudgetExceeded, 2));
}

#[test]
fn a_refusal_costs_nothing_and_a_failure_what_it_says_or_nobody_knows() {
    let error = json!({"message": "m"});
    let billed = json!({"error": error.clone(), "usage": {"prompt_tokens": 100, "completion_tokens": 50, "cost": 0.7}});
    let counted = json!({"error": error.clone(), "usage": {"prompt_tokens": 100, "completion_tokens": 50}});
    let bare = json!({"error": error});
    for (status, body, cost) in [
        (504, &billed, Some(700_000_000_000)),
        (400, &counted, Some(50_000_000_000)),
        (504, &bare, None),
        (529, &bare, Some(0)),
        (401, &bare, Some(0)),
        (429, &bare, Some(0)),
    ] {
        let refused = vec![vec![Act::Refuse(status, body.clone())]];
        let scripts = cast(refused, vec![says(1, "two")], vec![says(1, "three")]);
        let play = play(priced("0.001", json!({"max_retries": 0})), &scripts, None);
        play.check();
        let row = play.recorder.snapshot().activity.into_iter().find(|call| call.index == Some(0)).unwrap();
        assert_eq!(row.cost, cost.map(Cost), "{status} {body}");
    }
}
