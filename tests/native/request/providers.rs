//! Tests the URL and the headers of requests to a provider, and which secrets are hidden in
//! messages.

use crate::json::{Value, json};
use crate::plan::{Plan, RandomInputs};
use crate::provider::Provider;
use crate::request::{Options, Request};

/// Plans a run of one model. Returns the model's provider, and the name of the model in calls to
/// this provider.
fn planned(model: Value, options: Value) -> (Provider, String) {
    let request = json!({"prompt": "q", "convene": false, "writer": model});
    let plan = Plan::new(
        Request::parse(&request).unwrap(),
        Options::parse(&options).unwrap(),
        RandomInputs::default(),
    )
    .unwrap();
    let target = &plan.writer.models[0];
    ((*target.provider).clone(), target.model.clone())
}

fn provider(dialect: &str, base_url: &str) -> Provider {
    let options = json!({"providers": {"p": {"baseURL": base_url, "dialect": dialect, "apiKey": "key-12345678"}}});
    planned(json!("p:m"), options).0
}

fn header(provider: &Provider, name: &str) -> Option<String> {
    let mut headers = provider.call_headers().into_iter();
    headers
        .find(|header| header.0 == name)
        .map(|header| header.1)
}

#[test]
fn the_path_is_appended_before_the_query() {
    let cases = [
        ("http://h/v1", "http://h/v1/chat/completions"),
        ("http://h/v1///", "http://h/v1/chat/completions"),
        ("http://h?a=b", "http://h/chat/completions?a=b"),
        ("http://h/?a=b/", "http://h/chat/completions?a=b/"),
        ("http://h/v1?", "http://h/v1/chat/completions"),
        (
            "http://h/v1/?a=1&a=2&a=1",
            "http://h/v1/chat/completions?a=1&a=2&a=1",
        ),
        (
            "http://h/v1?a=b?c=d@e:f",
            "http://h/v1/chat/completions?a=b?c=d@e:f",
        ),
        (
            "http://[::1]:8080?a=[::2]",
            "http://[::1]:8080/chat/completions?a=[::2]",
        ),
        (
            "http://[::1]/v1/chat/completions",
            "http://[::1]/v1/chat/completions",
        ),
        (
            "http://h/v1/chat/completions",
            "http://h/v1/chat/completions",
        ),
        (
            "http://h/v1/chat/completions//?a=b",
            "http://h/v1/chat/completions?a=b",
        ),
        (
            "HTTP://H/V1/Chat/Completions",
            "HTTP://H/V1/Chat/Completions",
        ),
        (
            "http://h/v1/completions",
            "http://h/v1/completions/chat/completions",
        ),
        (
            "http://h/v1/messages",
            "http://h/v1/messages/chat/completions",
        ),
        (
            "http://h/v1?to=/chat/completions",
            "http://h/v1/chat/completions?to=/chat/completions",
        ),
        ("http://h/ä/v1", "http://h/ä/v1/chat/completions"),
    ];
    for (base_url, url) in cases {
        assert_eq!(provider("chat", base_url).url(), url, "{base_url}");
    }
    for (dialect, base_url, url) in [
        ("messages", "http://messages", "http://messages/messages"),
        ("messages", "http://h/messages?a=b", "http://h/messages?a=b"),
        (
            "responses",
            "http://responses?a=b",
            "http://responses/responses?a=b",
        ),
        (
            "responses",
            "http://h/v1/responses/",
            "http://h/v1/responses",
        ),
    ] {
        assert_eq!(provider(dialect, base_url).url(), url);
    }
}

#[test]
fn an_address_has_no_query() {
    let provider = provider("chat", "http://h/v1/chat/completions?key=a");
    assert_eq!(provider.address(), "http://h/v1/chat/completions");
    assert_eq!(provider.models_url(), "http://h/v1/models?key=a");
    assert_eq!(provider.concurrency_key(), ("h", Some(6)));
}

#[test]
fn messages_hide_every_form_of_a_query() {
    let provider = provider("chat", "http://h/v1?v=2&key=se%2Fcret%2Bkey&key-12345678=x");
    let text =
        "bad se%2Fcret%2Bkey, se/cret+key, v=2&key=se/cret+key&key-12345678=x, key-12345678=x";
    assert_eq!(provider.sanitize(text), "bad [key], [key], [key], [key]");
}

#[test]
fn azure_gets_a_key_in_its_own_header_and_a_token_as_bearer() {
    for (key, name, value) in [
        ("key-12345678", "api-key", "key-12345678"),
        ("eyJa.b", "api-key", "eyJa.b"),
        ("eyJa.b.c", "authorization", "Bearer eyJa.b.c"),
    ] {
        for dialect in ["chat", "responses", "messages"] {
            for base_url in [
                "https://gateway.example/v1",
                "https://r.openai.azure.com/openai/v1",
            ] {
                let azure = json!({"baseURL": base_url, "dialect": dialect, "apiKey": key});
                let (provider, model) =
                    planned(json!("azure:m:1"), json!({"providers": {"azure": azure}}));
                assert_eq!(header(&provider, name).as_deref(), Some(value));
                let others = ["api-key", "authorization", "x-api-key"]
                    .into_iter()
                    .filter(|other| *other != name);
                for other in others {
                    assert_eq!(header(&provider, other), None, "{other}");
                }
                assert_eq!(model, "m:1");
            }
        }
    }
}

#[test]
fn cloudflare_takes_a_bearer_token_in_all_dialects() {
    let base_url = "https://api.cloudflare.com/client/v4/accounts/a/ai/v1";
    for dialect in ["chat", "responses", "messages"] {
        let options = json!({"providers": {"cloudflare": {"baseURL": base_url, "dialect": dialect, "apiKey": "k"}}});
        let (provider, _) = planned(json!("cloudflare:@cf/meta/llama-3.1-8b-instruct"), options);
        assert_eq!(
            header(&provider, "authorization").as_deref(),
            Some("Bearer k")
        );
        assert_eq!(header(&provider, "x-api-key"), None);
        assert!(provider.url().starts_with(base_url));
    }
}

#[test]
fn an_address_with_an_account_must_be_given() {
    for (name, form) in [
        ("azure", "https://{resource}.openai.azure.com/openai/v1"),
        (
            "cloudflare",
            "https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1",
        ),
    ] {
        let mut providers = json!({});
        let entry = json!({"apiKey": "k"});
        providers.as_object_mut().unwrap().insert(name, entry);
        let request = json!({"prompt": "q", "convene": false, "writer": format!("{name}:m")});
        let error = Plan::new(
            Request::parse(&request).unwrap(),
            Options::parse(&json!({"providers": providers})).unwrap(),
            RandomInputs::default(),
        )
        .unwrap_err();
        let rule = format!("`providers.{name}.baseURL` is missing; it has the form `{form}`");
        assert_eq!(error.message, rule);
        let mut providers = json!({});
        providers
            .as_object_mut()
            .unwrap()
            .insert(name, json!({"fetch": true}));
        let (provider, _) = planned(json!(format!("{name}:m")), json!({"providers": providers}));
        assert_eq!(provider.base_url, format!("https://{name}.invalid"));
    }
}

#[test]
fn a_name_that_needs_an_entry_is_a_prefix_only_with_one() {
    let options = json!({"baseURL": "http://localhost:11434/v1"});
    for name in [
        "azure",
        "perplexity",
        "mistral",
        "groq",
        "deepseek",
        "cerebras",
        "together",
        "cloudflare",
    ] {
        let model = format!("{name}:7b");
        let (provider, whole) = planned(json!(model.clone()), options.clone());
        assert_eq!((&*provider.name, whole), ("localhost:11434", model.clone()));
        let ollama = planned(json!(format!("ollama:{model}")), options.clone());
        assert_eq!((&*ollama.0.name, ollama.1), ("ollama", model.clone()));
        let mut providers = json!({});
        let entry = json!({"apiKey": "k", "baseURL": "https://p.example/v1"});
        providers.as_object_mut().unwrap().insert(name, entry);
        let (provider, rest) = planned(json!(model), json!({"providers": providers}));
        assert_eq!((&*provider.name, &*rest), (name, "7b"));
    }
}

#[test]
fn the_limit_has_the_name_that_the_documents_have() {
    for (name, field) in [
        ("azure", "max_completion_tokens"),
        ("groq", "max_completion_tokens"),
        ("cerebras", "max_completion_tokens"),
        ("mistral", "max_tokens"),
        ("deepseek", "max_tokens"),
        ("together", "max_tokens"),
        ("cloudflare", "max_tokens"),
    ] {
        assert_eq!(
            Provider::known(name).unwrap().vendor.token_limit_field(),
            field,
            "{name}"
        );
    }
}
