//! Tests the errors of requests and options: the message must name the path of the wrong field.

use crate::json::{Value, json};

use crate::error::Code;
use crate::request::{Options, Request};

fn refusal(request: Value) -> String {
    let error = Request::parse(&request).map(|_| ()).unwrap_err();
    assert_eq!(error.code, Code::InvalidRequest);
    error.message.clone()
}

#[test]
fn every_request_error_names_its_field() {
    let with = |field: &str, value: Value| {
        let mut request = json!({"prompt": "p"});
        request[field] = value;
        request
    };
    let table = [
        (json!({}), "`prompt` is missing"),
        (json!(7), "`the request` must be a string"),
        (json!(""), "`prompt` must not be empty"),
        (
            json!({"prompt": "p", "messages": []}),
            "`messages` must be an array of at least one",
        ),
        (
            json!({"prompt": "p", "messages": [{"role": "user", "content": "q"}]}),
            "`prompt` and `messages` exclude each other",
        ),
        (
            json!({"messages": [{"role": "assistant", "content": "q"}]}),
            "`messages` must end in a message of the user",
        ),
        (
            json!({"messages": [{"role": "robot", "content": "q"}]}),
            "`messages[0].role` must be one of",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "video"}]}]}),
            "`messages[0].content[0].type` must be one of",
        ),
        (
            with("analysis_models", json!([])),
            "`analysis_models` must be an array of 1 to 8 models, got 0",
        ),
        (
            json!({"prompt": "p", "analysis_models": ["a"; 8].to_vec(), "escalate": {"analysis_models": ["b"]}}),
            "`analysis_models` must be an array of 1 to 7 models, got 8",
        ),
        (json!({"prompt": " \u{200b}"}), "`prompt` must not be empty"),
        (
            with("model", json!("\u{feff}")),
            "`model` must be a model's name, got a blank string",
        ),
        (
            with("analyst", json!({"criteria": " \n "})),
            "`analyst.criteria` must be a text of 1 to 4000 characters, got a blank string",
        ),
        (
            with("analyst", json!({"criteria": "\u{200b}\u{2060} \u{feff}"})),
            "`analyst.criteria` must be a text of 1 to 4000 characters, got a blank string",
        ),
        (
            with("analyst", json!({"colour": 1})),
            "`analyst.colour` is unknown here; known are model, provider, reasoning, \
             max_completion_tokens, tools, passes, verify, criteria, fallbacks, extra_body",
        ),
        (
            with("analyst", json!({"system": "s"})),
            "`analyst.system` is not the caller's to set",
        ),
        (with("analysis_models", json!(["a"; 9].to_vec())), "got 9"),
        (
            with("analysis_models", json!([{"model": "a", "temperature": 3}])),
            "`analysis_models[0].temperature` must be a number from 0 to 2, got 3",
        ),
        (
            with("analysis_models", json!([{"temperature": 1}])),
            "`analysis_models[0].model` is missing",
        ),
        (
            with("analysis_models", json!(["openrouter/fusion-flash:free"])),
            "`analysis_models[0]` must not be",
        ),
        (
            with("model", json!("OpenRouter/Fusion")),
            "`model` must not be",
        ),
        (
            with(
                "analyst",
                json!({"model": "a", "fallbacks": ["openrouter/fusion"]}),
            ),
            "`analyst.fallbacks[0]` must not be",
        ),
        (
            with("analyst", json!({"model": "a", "temperature": 1})),
            "`analyst.temperature` is not the caller's to set",
        ),
        (
            with("analyst", json!({"model": "a", "passes": 3})),
            "`analyst.passes` must be an integer from 1 to 2, got 3",
        ),
        (
            with("writer", json!({"model": "a", "passes": 2})),
            "`writer.passes` is unknown here",
        ),
        (
            with(
                "writer",
                json!({"model": "a", "tools": [{"type": "openrouter:web_search"}]}),
            ),
            "`writer.tools[0]",
        ),
        (
            with(
                "writer",
                json!({"model": "a", "tools": [{"type": "function", "function": {"name": "a b"}}]}),
            ),
            "`writer.tools[0].function.name` must be",
        ),
        (
            with("writer", json!({"model": "a", "tool_choice": "always"})),
            "`writer.tool_choice` must be auto",
        ),
        (
            with(
                "writer",
                json!({"model": "a", "response_format": {"type": "xml"}}),
            ),
            "`writer.response_format` must be",
        ),
        (
            with("writer", json!({"model": "a", "stop": []})),
            "`writer.stop` must be a string",
        ),
        (
            with("analyst", json!({"model": "a", "stop": "x"})),
            "`analyst.stop` is unknown here",
        ),
        (
            with("preset", json!("general-slow")),
            "`preset` must be one of general-high",
        ),
        (
            with("temperature", json!(2.1)),
            "`temperature` must be a number from 0 to 2",
        ),
        (
            with("max_tool_calls", json!(0)),
            "`max_tool_calls` must be an integer from 1 to 16, got 0",
        ),
        (with("max_tool_calls", json!(17)), "`max_tool_calls`"),
        (with("seed", json!(9007199254740992u64)), "`seed`"),
        (
            with("convene", json!("no")),
            "`convene` must be true or false, got a string",
        ),
        (
            with("reasoning", json!({"effort": "huge"})),
            "`reasoning.effort` must be one of max",
        ),
        (
            with("tools", json!([{"type": "openrouter:fusion"}])),
            "`tools[0].type` must not be",
        ),
        (
            with("tools", json!([{"type": "function"}])),
            "`tools[0].function` is missing",
        ),
        (
            with("tools", json!([{"type": "web_search"}])),
            "`tools[0].type` is `web_search`",
        ),
        (
            with("timeouts", json!({"idle": 1})),
            "`timeouts.idle` is unknown here; did you mean `idle_ms`?",
        ),
        (
            with("quorum", json!({"min_responses": 9})),
            "`quorum.min_responses`",
        ),
        (
            with("cache_control", json!({})),
            "`cache_control.type` is missing",
        ),
        (
            with("cache_control", json!({"type": "ephemeral", "ttl": "2h"})),
            "`cache_control.ttl` must be 5m or 1h",
        ),
        (
            json!({"messages": [{"role": "tool", "tool_call_id": "c", "content": "r"}]}),
            "`messages` ends in a tool's result",
        ),
        (
            json!({"messages": [{"role": "tool", "content": "r"}], "convene": false}),
            "`messages[0].tool_call_id` is missing",
        ),
        (
            with("promt", json!("x")),
            "`promt` is unknown here; did you mean `prompt`? Known are prompt, ",
        ),
        (with("rezume", json!("x")), "convene, resume"),
        (
            json!({"messages": []}),
            "at least one message, got an empty array",
        ),
    ];
    for (request, expected) in table {
        let message = refusal(request.clone());
        assert!(message.contains(expected), "{request}: {message}");
    }
}

#[test]
fn every_options_error_names_its_field() {
    let table = [
        (json!({"apiKey": "a b"}), "`apiKey` must be"),
        (
            json!({"apiKey": "k", "baseURL": "openrouter.ai"}),
            "`baseURL` must be an absolute",
        ),
        (json!({"apiKey": "k", "baseURL": "http://"}), "`baseURL`"),
        (
            json!({"apiKey": "k", "baseURL": "http://u:p@h/v1"}),
            "credentials",
        ),
        (
            json!({"apiKey": "k", "baseURL": "http://h:99999"}),
            "`baseURL`",
        ),
        (json!({"baseURL": "http://h?x#y"}), "`baseURL`"),
        (json!({"baseURL": "http://h/v1#y"}), "`baseURL`"),
        (json!({"baseURL": "http://h/v1?x y"}), "`baseURL`"),
        (json!({"baseURL": "http://?x"}), "`baseURL`"),
        (json!({"baseURL": "http://u:p@h?x=@"}), "`baseURL`"),
        (
            json!({"apiKey": "k", "limits": {"line_bytes": 0}}),
            "`limits.line_bytes`",
        ),
        (
            json!({"apiKey": "k", "onsnapshot": true}),
            "presets, fetch, flush_ms, signal, onSnapshot",
        ),
        (
            json!({"apiKey": "k", "app": {"title": "a\nb"}}),
            "`app.title`",
        ),
        (json!({"providers": []}), "`providers` must be an object"),
        (
            json!({"providers": {"Mine": {}}}),
            "`providers.Mine` has a name",
        ),
        (
            json!({"providers": {"mine": {"baseURL": "ftp://h"}}}),
            "`providers.mine.baseURL` must be an absolute",
        ),
        (
            json!({"providers": {"openai": {"apiKey": "a b"}}}),
            "`providers.openai.apiKey` must be",
        ),
        (
            json!({"providers": {"openai": {"dialect": "grpc"}}}),
            "`providers.openai.dialect` must be chat, responses or messages",
        ),
        (
            json!({"providers": {"openai": {"headers": {"x": "a\nb"}}}}),
            "`providers.openai.headers[\"x\"]` must be",
        ),
        (
            json!({"providers": {"openai": {"max_concurrency": 0}}}),
            "`providers.openai.max_concurrency`",
        ),
        (
            json!({"providers": {"openai": {"key": "k"}}}),
            "`providers.openai.key` is unknown here",
        ),
        (
            json!({"presets": {"mine": {}}}),
            "`presets.mine.analysis_models` is missing",
        ),
        (
            json!({"presets": {"mine": {"analysis_models": [7]}}}),
            "`presets.mine.analysis_models[0]` must be",
        ),
        (json!({"apikey": "k"}), "`apikey` is unknown here"),
    ];
    for (options, expected) in table {
        let message = Options::parse(&options)
            .map(|_| ())
            .unwrap_err()
            .message
            .clone();
        assert!(message.contains(expected), "{options}: {message}");
    }
    for url in [
        "https://openrouter.ai/api/v1/",
        "http://[::1]:8080/v1",
        "HTTP://localhost",
    ] {
        assert!(
            Options::parse(&json!({"apiKey": "k", "baseURL": url})).is_ok(),
            "{url}"
        );
    }
}
