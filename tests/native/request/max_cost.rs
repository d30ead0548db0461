//! Tests `max_cost`. If the run could not count the cost of a part of the request, the request is
//! refused.

use crate::json::{Value, json};
use crate::plan::{Plan, RandomInputs};
use crate::request::{Options, Request};

fn refusal(request: Value) -> String {
    let options = Options::parse(&json!({"apiKey": "k"})).unwrap();
    let plan = Request::parse(&request)
        .and_then(|request| Plan::new(request, options, RandomInputs::default()));
    plan.map(|_| String::new())
        .unwrap_or_else(|error| error.message.clone())
}

#[test]
fn what_is_outside_the_request_is_refused() {
    let refused = [
        (
            json!({"type": "image_url", "image_url": {"url": "http://h/p.png"}}),
            "image_url.url",
        ),
        (
            json!({"type": "image_url", "image_url": {"url": "HTTPS://h/p.png"}}),
            "image_url.url",
        ),
        (
            json!({"type": "image_url", "image_url": "https://h/p.png"}),
            "image_url.url",
        ),
        (
            json!({"type": "file", "file": {"file_data": "https://h/f.pdf"}}),
            "file",
        ),
        (
            json!({"type": "file", "file": {"file_data": " data:application/pdf;base64,AA"}}),
            "file",
        ),
        (
            json!({"type": "file", "file": {"file_id": "file-1"}}),
            "file",
        ),
        (
            json!({"type": "file", "file": {"file_data": "data:a/b,AA", "file_url": "https://h"}}),
            "file",
        ),
        (
            json!({"type": "input_audio", "input_audio": {"data": "https://h/a.mp3"}}),
            "input_audio.data",
        ),
    ];
    let request = |part: &Value| {
        let content = vec![json!({"type": "text", "text": "q"}), part.clone()];
        let messages = json!([{"role": "user", "content": content}]);
        json!({"messages": messages, "model": "a", "convene": false})
    };
    for (part, field) in refused {
        let mut request = request(&part);
        assert_eq!(refusal(request.clone()), "", "without max_cost: {part}");
        request["max_cost"] = json!(1);
        let message = refusal(request);
        let expected = format!("`messages[0].content[1].{field}` can't stand beside `max_cost`");
        assert!(message.starts_with(&expected), "{part}: {message}");
    }
    for part in [
        json!({"type": "image_url", "image_url": {"url": "https://h/p.png"}}),
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}),
        json!({"type": "file", "file": {"filename": "f", "file_data": "data:a/b;base64,AA"}}),
        json!({"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}}),
    ] {
        let mut request = request(&part);
        request["max_cost"] = json!(1);
        assert_eq!(refusal(request), "", "{part}");
    }
}

#[test]
fn extra_body_has_only_fields_whose_cost_is_counted() {
    let request = |name: &str| {
        let mut extra = json!({});
        extra[name] = json!(1);
        let writer = json!({"model": "a", "extra_body": extra});
        json!({"prompt": "q", "convene": false, "max_cost": 1, "writer": writer})
    };
    for name in [
        "best_of",
        "max_tokens",
        "models",
        "plugins",
        "prediction",
        "service_tier",
        "tools",
        "num_ctx",
        "input",
    ] {
        let message = refusal(request(name));
        let expected = format!("`writer.extra_body.{name}` can't stand beside `max_cost`");
        assert!(message.starts_with(&expected), "{name}: {message}");
    }
    for name in [
        "top_p",
        "provider",
        "web_search_options",
        "seed",
        "logit_bias",
    ] {
        assert_eq!(refusal(request(name)), "", "{name}");
    }
}

#[test]
fn hosts_are_not_selected_by_anything_but_the_price() {
    let request = |name: &str| {
        let mut provider = json!({});
        provider[name] = json!(["x"]);
        let panel = json!([{"model": "a", "extra_body": {"provider": provider}}]);
        json!({"prompt": "q", "analysis_models": panel, "model": "b", "max_cost": 1})
    };
    for name in ["ignore", "only", "order", "quantizations", "sort"] {
        let message = refusal(request(name));
        let expected =
            format!("`analysis_models[0].extra_body.provider.{name}` can't stand beside");
        assert!(message.starts_with(&expected), "{name}: {message}");
        let mut without_limit = request(name);
        without_limit["max_cost"] = Value::Null;
        assert_eq!(refusal(without_limit), "", "{name}");
    }
    for name in ["zdr", "data_collection", "allow_fallbacks", "max_price"] {
        assert_eq!(refusal(request(name)), "", "{name}");
    }
}
