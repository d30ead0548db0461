//! Tests plans: the provider of each model, tool sets, permits, and requests that are refused
//! before any call.

use super::tool_loop::function_tool;
use crate::json::{Value, json};
use crate::plan::{Plan, RandomInputs};
use crate::request::{Options, Request};

fn plan(request: Value, options: Value) -> Result<Plan, String> {
    let planned = Request::parse(&request)
        .and_then(|request| Plan::new(request, Options::parse(&options)?, RandomInputs::default()));
    planned.map_err(|error| error.message.clone())
}

#[test]
fn a_model_finds_its_provider_by_prefix_or_by_name() {
    let options = json!({"baseURL": "http://h/v1", "providers": {"openai": {"apiKey": "k"}, "mine": {"baseURL": "https://m.example/v1", "dialect": "messages"}, "here": {"fetch": true}}});
    let models = json!(["openai:gpt-5", "mine:x:y", {"model": "x:y", "provider": "mine"}, "llama3.2:3b", "ollama:llama3.2:3b", {"model": "m", "provider": "here", "fallbacks": ["n", "openai:o"]}]);
    let plan = plan(json!({"prompt": "q", "analysis_models": models}), options).unwrap();
    let seen: Vec<_> = plan
        .model_targets()
        .iter()
        .map(|model| format!("{} {} {}", model.name, model.provider.name, model.model))
        .collect();
    let expected = [
        "openai:gpt-5 openai gpt-5",
        "mine:x:y mine x:y",
        "x:y mine x:y",
        "llama3.2:3b h llama3.2:3b",
        "ollama:llama3.2:3b ollama llama3.2:3b",
        "m here m",
        "n here n",
        "openai:o openai o",
        "openai:gpt-5 openai gpt-5",
        "openai:gpt-5 openai gpt-5",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn providers_use_their_hosted_tools_and_callbacks_for_the_rest() {
    let options = json!({"apiKey": "k", "toolHandlers": ["web_search", "web_fetch"], "providers": {"openai": {"apiKey": "k"}, "anthropic": {"apiKey": "k"}, "xai": {"apiKey": "k"}, "google": {"apiKey": "k"}}});
    let models = json!(["a/b", "openai:o", "anthropic:c", "xai:g", "google:g", "ollama:l", {"model": "openai:o", "tools": []}]);
    let plan = plan(json!({"prompt": "q", "analysis_models": models}), options).unwrap();
    let tool_sets: Vec<_> = plan
        .panel
        .iter()
        .map(|config| &config.models[0].tool_set)
        .map(|tool_set| {
            let hosted: Vec<_> = tool_set
                .hosted
                .iter()
                .map(|tool| tool["type"].as_str().unwrap())
                .collect();
            let functions: Vec<_> = tool_set
                .functions
                .iter()
                .map(|tool| tool["function"]["name"].as_str().unwrap())
                .collect();
            format!("{} | {}", hosted.join(" "), functions.join(" "))
        })
        .collect();
    let expected = [
        "openrouter:web_search openrouter:web_fetch | ",
        "web_search | ",
        "web_search_20250305 web_fetch_20250910 | ",
        "web_search | ",
        " | web_search web_fetch",
        " | web_search web_fetch",
        " | ",
    ];
    assert_eq!(tool_sets, expected);
}

#[test]
fn providers_at_one_plain_http_host_share_its_permits() {
    let options = json!({"baseURL": "HTTP://h:1/v1", "providers": {
        "a": {"baseURL": "http://h:1/anthropic", "dialect": "messages"},
        "own": {"baseURL": "http://h:1/v1", "max_concurrency": 2},
        "far": {"baseURL": "https://h:1/v1"},
        "here": {"fetch": true},
    }});
    let models = json!(["m", "a:m", "own:m", "far:m", "here:m", "ollama:m"]);
    let plan = plan(json!({"prompt": "q", "analysis_models": models}), options).unwrap();
    let queues: Vec<_> = plan
        .panel
        .iter()
        .map(|config| config.models[0].provider.concurrency_key())
        .collect();
    let (h, local) = (("h:1", Some(6)), ("localhost:11434", Some(6)));
    assert_eq!(
        queues,
        [h, h, ("own", Some(2)), ("far", None), ("here", None), local]
    );
}

#[test]
fn invalid_plans_fail_before_any_call() {
    let table = [
        (
            json!({"prompt": "q"}),
            json!({}),
            "`apiKey` is missing; OpenRouter needs one",
        ),
        (
            json!({"prompt": "q", "analysis_models": ["openai:o"]}),
            json!({}),
            "`providers.openai.apiKey` is missing",
        ),
        (
            json!({"prompt": "q", "analysis_models": [{"model": "o", "provider": "nobody"}]}),
            json!({"apiKey": "k"}),
            "`analysis_models[0].provider` is `nobody`",
        ),
        (
            json!({"prompt": "q", "analysis_models": ["openrouter:openrouter/fusion"]}),
            json!({"apiKey": "k"}),
            "`analysis_models[0]` must not be",
        ),
        (
            json!({"prompt": "q", "analysis_models": ["ollama:l"], "tools": [{"type": "openrouter:web_search"}]}),
            json!({}),
            "`tools[0]` is not hosted by `ollama`",
        ),
        (
            json!({"prompt": "q", "analysis_models": ["ollama:l"], "tools": [function_tool("own")]}),
            json!({}),
            "`toolHandlers.own` is missing",
        ),
        (
            json!({"prompt": "q", "analysis_models": ["ollama:l"], "reasoning": {"max_tokens": 9}}),
            json!({}),
            "`reasoning.max_tokens` is for",
        ),
        (
            json!({"prompt": "q", "analysis_models": ["ollama:l"], "writer": {"model": "openai:o", "stop": "x"}}),
            json!({"providers": {"openai": {"apiKey": "k"}}}),
            "`writer.stop` does not exist",
        ),
    ];
    for (request, options, expected) in table {
        let message = plan(request.clone(), options).map(|_| ()).unwrap_err();
        assert!(message.contains(expected), "{request}: {message}");
    }
}
