//! Tests that a client's request can name only providers that the server allows.

use crate::json::{Value, json};
use crate::plan::{Plan, RandomInputs};
use crate::request::{Options, Request};

/// Returns the message of the refusal, or an empty string.
fn refusal(request: &Value, client: Value) -> String {
    let mine = json!({"mine": {"baseURL": "http://h/v1"}});
    let options = json!({"apiKey": "k", "providers": mine, "clientProviders": client});
    let plan = Request::parse(request)
        .and_then(|request| Plan::new(request, Options::parse(&options)?, RandomInputs::default()));
    plan.map(|_| String::new())
        .unwrap_or_else(|error| error.message.clone())
}

#[test]
fn every_model_field_of_a_client_is_checked() {
    let base = json!({"prompt": "q", "analysis_models": ["a"], "analyst": "b", "writer": "c"});
    let rows = [
        (
            "analysis_models",
            json!(["ollama:x"]),
            "`analysis_models[0]`",
        ),
        (
            "analysis_models",
            json!(["a", "\u{85}ollama:x"]),
            "`analysis_models[1]`",
        ),
        (
            "analysis_models",
            json!([{"model": "x", "provider": "ollama"}]),
            "`analysis_models[0].provider`",
        ),
        (
            "analysis_models",
            json!([{"model": "a", "fallbacks": ["b", " lmstudio:x"]}]),
            "`analysis_models[0].fallbacks[1]`",
        ),
        ("analyst", json!("llamacpp:x"), "`analyst.model`"),
        (
            "analyst",
            json!({"model": "a", "fallbacks": ["openai:x"]}),
            "`analyst.fallbacks[0]`",
        ),
        ("writer", json!("\u{3000}ollama:x"), "`writer.model`"),
        (
            "writer",
            json!({"model": "a", "provider": "ollama"}),
            "`writer.provider`",
        ),
        (
            "writer",
            json!({"model": "a", "fallbacks": ["ollama:x"]}),
            "`writer.fallbacks[0]`",
        ),
    ];
    for (name, value, field) in rows {
        let mut request = base.clone();
        request[name] = value;
        let message = refusal(&request, json!({"allowed": ["mine"]}));
        assert!(message.starts_with(field), "{request}: {message}");
        assert!(message.ends_with("which is not served here"), "{message}");
        let except = [
            "analysis_models",
            "analyst.model",
            "analyst.fallbacks",
            "writer",
        ];
        let own = json!({"allowed": [], "except": except.to_vec()});
        let message = refusal(&request, own);
        assert!(
            !message.ends_with("which is not served here"),
            "{request}: {message}"
        );
    }
    for writer in [
        "mine:x",
        "x",
        "openrouter:x",
        "llama3.2:3b",
        "OLLAMA:x",
        "ollama :x",
        "ollama:",
    ] {
        let mut request = base.clone();
        request["writer"] = json!(writer);
        assert_eq!(
            refusal(&request, json!({"allowed": ["mine"]})),
            "",
            "{writer}"
        );
    }
    // `except` lists the fields that the server has set. An entry matches only a field with the
    // same whole name. It does not match a field whose name begins with the entry.
    let panelist = json!({"model": "a", "provider": "ollama"});
    let request = json!({"prompt": "q", "analysis_models": [panelist], "model": "b"});
    let except = ["analysis", "analysis_models[0].pro"];
    let client = json!({"allowed": [], "except": except.to_vec()});
    let message = refusal(&request, client);
    let field = "`analysis_models[0].provider`";
    assert!(message.starts_with(field), "{message}");
}

#[test]
fn models_of_a_resumed_snapshot_are_checked() {
    let request = json!({"prompt": "q", "analysis_models": ["ollama:x"], "model": "a"});
    let snapshot = json!({
        "version": 1, "run_id": "r", "seed": 1, "status": "failed", "request": request,
        "responses": [], "failed_models": [], "partial": [], "activity": [],
        "analysis": null, "analysis_sources": [], "answer": null
    });
    let message = refusal(&json!({"resume": snapshot}), json!({"allowed": []}));
    assert!(
        message.starts_with("`analysis_models[0]` names the provider `ollama`"),
        "{message}"
    );
}

#[test]
fn the_option_itself_is_checked() {
    for (client, expected) in [
        (json!({}), "`clientProviders.allowed` is missing"),
        (
            json!({"allowed": [7]}),
            "`clientProviders.allowed[0]` must be a name",
        ),
        (
            json!({"allowed": [], "exept": []}),
            "`clientProviders.exept` is unknown here",
        ),
    ] {
        let message = refusal(&json!("q"), client);
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn a_clients_model_does_not_go_to_the_servers_provider() {
    let local = json!({"model": "x", "provider": "ollama"});
    let with_fallback = json!({"model": "x", "provider": "ollama", "fallbacks": ["c/d"]});
    let request = |analyst: &Value, writer: &Value| json!({"prompt": "q", "analysis_models": ["a"], "analyst": analyst, "writer": writer});
    let refused = |request: &Value, own: &[&str]| {
        let client = json!({"allowed": ["mine"], "except": own.to_vec()});
        refusal(request, client)
    };
    let plain = json!("b");
    let own = ["analyst", "writer.provider"];
    let message = refused(&request(&plain, &local), &own);
    let rule = "would go to the provider `ollama`, which is not served here";
    assert_eq!(message, format!("`writer.model` {rule}"));
    let message = refused(&request(&local, &plain), &["analyst.provider", "writer"]);
    assert_eq!(message, format!("`analyst.model` {rule}"));
    let own = ["analyst", "writer.provider", "writer.model"];
    let message = refused(&request(&plain, &with_fallback), &own);
    assert_eq!(message, format!("`writer.fallbacks[0]` {rule}"));
    assert_eq!(
        refused(&request(&local, &with_fallback), &["analyst", "writer"]),
        ""
    );
    // If a provider is allowed, the client may use any of its models.
    let mine = json!({"model": "x", "provider": "mine", "fallbacks": ["c/d"]});
    assert_eq!(
        refused(
            &request(&mine, &mine),
            &["writer.provider", "analyst.provider"]
        ),
        ""
    );
}
