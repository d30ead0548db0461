//! Tests which signed parts of a conversation are sent. The receivers are the model that signed the
//! parts, other models, and servers that have refused a part.

use crate::json::{Value, json};
use crate::provider::adaptation::Adaptation;
use crate::provider::conversation::prepare;
use crate::provider::dialect::{Dialect, ModelRequest};
use crate::provider::refusal::{LimitFault, Refusal};
use crate::provider::{Provider, Vendor};

fn provider(name: &str, dialect: Dialect) -> Provider {
    let mut provider = Provider::known(name).unwrap();
    provider.dialect = dialect;
    provider
}

/// Returns the messages in the form for the provider's model `m`.
fn prepared(provider: &Provider, messages: &Value, adaptation: &Adaptation) -> Value {
    let request = ModelRequest {
        messages: messages.elements(),
        adaptation,
        ..ModelRequest::minimal()
    };
    Value::from(prepare(provider, &request).into_owned())
}

fn learned(refusal: &Refusal) -> Adaptation {
    let mut adaptation = Adaptation::default();
    assert!(adaptation.learn(refusal, true, true));
    adaptation
}

#[test]
fn broken_calls_of_the_history_are_sent_so_that_strict_servers_take_them() {
    let ollama = provider("ollama", Dialect::Chat);
    for (arguments, sent) in [
        (json!("{\"a\": "), "{}"),
        (json!("[1]"), "{}"),
        (json!(""), "{}"),
        (json!(null), "{}"),
        (json!({"a": 1}), "{\"a\":1}"),
        (json!(" {\"a\": 1}"), " {\"a\": 1}"),
    ] {
        let function = json!({"name": "functions.alpha <x>", "arguments": arguments});
        let call = json!({"id": "c", "type": "function", "function": function});
        let messages = json!([{"role": "assistant", "content": null, "tool_calls": [call]}]);
        let sent_messages = prepared(&ollama, &messages, Adaptation::NONE);
        let function = &sent_messages[0]["tool_calls"][0]["function"];
        assert_eq!(function["arguments"], sent);
        assert_eq!(function["name"], "functions_alpha__x_");
    }
}

#[test]
fn what_a_model_signed_is_sent_to_this_model_alone() {
    let signed = json!({"provider": "ollama", "model": "m", "dialect": "chat"});
    let call = json!({
        "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"},
        "extra_content": {"google": {"thought_signature": "SIG"}}
    });
    let messages = json!([{
        "role": "assistant", "content": "Hi", "reasoning_content": "SIG",
        "thinking_blocks": [{"signature": "SIG"}], "tool_calls": [call], "signed": signed
    }]);
    let own = prepared(
        &provider("ollama", Dialect::Chat),
        &messages,
        Adaptation::NONE,
    );
    assert_eq!(own[0]["reasoning_content"], "SIG");
    assert!(own[0]["tool_calls"][0].get("extra_content").is_some());
    assert!(own[0].get("signed").is_none());
    for (name, dialect) in [
        ("llamacpp", Dialect::Chat),
        ("ollama", Dialect::Messages),
        ("ollama", Dialect::Responses),
    ] {
        let other = prepared(&provider(name, dialect), &messages, Adaptation::NONE);
        assert!(!other.to_string().contains("SIG"), "{name}: {other}");
        assert_eq!(other[0]["content"], "Hi");
        assert_eq!(other[0]["tool_calls"][0]["function"]["name"], "f");
    }
}

#[test]
fn signed_blocks_and_items_are_encoded_as_they_were() {
    let thinking = json!({"type": "thinking", "thinking": "t", "signature": "SIG"});
    let reasoning = json!({"type": "reasoning", "id": "r", "encrypted_content": "SIG"});
    let foreign = json!({"type": "item_reference", "id": "other"});
    let call = |input: Value| json!({"type": "tool_use", "id": "c", "name": "f", "input": input});
    let item = json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"a\""});
    let tool_call = json!({"id": "c", "function": {"name": "f", "arguments": "{\"a\""}});
    for (name, dialect, content, field) in [
        (
            "messages",
            Dialect::Messages,
            json!([thinking, foreign.clone(), call(json!({}))]),
            "messages",
        ),
        (
            "responses",
            Dialect::Responses,
            json!([reasoning, foreign, item]),
            "input",
        ),
    ] {
        let provider = provider("ollama", dialect);
        let signed =
            json!({"provider": "ollama", "model": "m", "dialect": name, "content": content});
        let messages = json!([
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": null, "tool_calls": [tool_call.clone()], "signed": signed},
            {"role": "tool", "tool_call_id": "c", "content": "done"}
        ]);
        let messages = prepared(&provider, &messages, Adaptation::NONE);
        let request = ModelRequest {
            messages: messages.elements(),
            ..ModelRequest::minimal()
        };
        let body = dialect.encode(&request, provider.vendor);
        let sent = body.get(field).unwrap().to_string();
        assert!(sent.contains("SIG"), "{sent}");
        assert!(!sent.contains("item_reference"), "{sent}");
        assert!(!sent.contains("{\\\"a\\\""), "broken arguments: {sent}");
        assert_eq!(sent.matches("\"f\"").count(), 1, "one call: {sent}");
    }
}

#[test]
fn developer_is_system_where_only_openai_accepts_it() {
    let messages = json!([{"role": "developer", "content": "d"}, {"role": "user", "content": "q"}]);
    let role = |name: &str, adaptation: &Adaptation| {
        let sent = prepared(&provider(name, Dialect::Chat), &messages, adaptation);
        sent[0]["role"].as_str().unwrap().to_owned()
    };
    assert_eq!(role("openai", Adaptation::NONE), "developer");
    assert_eq!(role("ollama", Adaptation::NONE), "system");
    assert_eq!(role("openai", &learned(&Refusal::DeveloperRole)), "system");
}

#[test]
fn instructions_join_the_users_message_where_no_system_role_exists() {
    let messages =
        json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "q"}]);
    let ollama = provider("ollama", Dialect::Chat);
    let sent = prepared(&ollama, &messages, &learned(&Refusal::SystemRole));
    assert_eq!(sent, json!([{"role": "user", "content": "Be brief.\n\nq"}]));
}

#[test]
fn texts_are_joined_and_refused_fields_left_out() {
    let ollama = provider("ollama", Dialect::Chat);
    let part = |text: &str| json!({"type": "text", "text": text, "cache_control": {}});
    let messages = json!([
        {"role": "user", "name": "ann", "content": [part("Which "), part("sky?"), part("Why?")]},
        {"role": "user", "content": [part("a"), {"type": "image_url", "image_url": {"url": "u"}}]}
    ]);
    let sent = prepared(&ollama, &messages, &learned(&Refusal::TextParts));
    assert_eq!(sent[0]["content"], "Which sky?\nWhy?");
    assert!(sent[1]["content"].is_array(), "a picture is no text");
    let fields = ["name", "cache_control"].map(str::to_owned).to_vec();
    let sent = prepared(
        &ollama,
        &messages,
        &learned(&Refusal::MessageFields(fields)),
    );
    assert!(!sent.to_string().contains("cache_control"));
    assert!(sent[0].get("name").is_none());
}

#[test]
fn a_limit_of_the_caller_is_renamed_and_never_left_out() {
    let refusal = Refusal::Limit("max_tokens", LimitFault::Name);
    let body = |adaptation: &Adaptation| {
        let request = ModelRequest {
            adaptation,
            ..ModelRequest::minimal()
        };
        let ollama = provider("ollama", Dialect::Chat);
        Value::from(ollama.dialect.encode(&request, ollama.vendor))
    };
    let mut adaptation = Adaptation::default();
    assert!(adaptation.learn(&refusal, false, true));
    assert_eq!(body(&adaptation)["max_completion_tokens"], 16_000);
    assert!(body(&adaptation).get("max_tokens").is_none());
    assert!(
        !adaptation.learn(&refusal, false, true),
        "the caller's stays"
    );
    assert!(
        adaptation.learn(&refusal, true, true),
        "a default is left out"
    );
    assert!(body(&adaptation).get("max_completion_tokens").is_none());
    let mut responses = Adaptation::default();
    assert!(
        !responses.learn(&refusal, false, false),
        "Responses has one name"
    );
}

#[test]
fn results_of_tools_precede_other_blocks_and_each_tool_is_declared_once() {
    let call = |name: &str| json!({"id": name, "type": "function", "function": {"name": name, "arguments": "{}"}});
    let messages = [
        json!({"role": "user", "content": "q"}),
        json!({"role": "assistant", "content": null, "tool_calls": [call("g"), call("f"), call("g")]}),
        json!({"role": "tool", "tool_call_id": "g", "content": "one"}),
        json!({"role": "user", "content": "and"}),
        json!({"role": "tool", "tool_call_id": "f", "content": "two"}),
    ];
    let request = ModelRequest {
        model: "claude-sonnet-4-5",
        messages: &messages,
        ..ModelRequest::minimal()
    };
    let sent = Value::from(Dialect::Messages.encode(&request, Vendor::Other));
    let names: Vec<&Value> = sent["tools"]
        .elements()
        .iter()
        .map(|tool| &tool["name"])
        .collect();
    assert_eq!(names, ["f", "g"]);
    let blocks = sent["messages"][2]["content"].elements();
    let ids: Vec<&Value> = blocks.iter().map(|block| &block["tool_use_id"]).collect();
    assert_eq!(ids, [&json!("g"), &json!("f"), &Value::Null]);
}
