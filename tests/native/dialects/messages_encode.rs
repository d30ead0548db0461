//! Compares whole request bodies of the Messages API.

use crate::json::{Value, json};
use crate::provider::dialect::{Dialect, ModelRequest, Step, ToolResult};
use crate::provider::registry::Vendor;
use crate::request::{Reasoning, Temperature};
use crate::result::ToolCall;
use crate::usage::Cost;

fn body(request: &ModelRequest<'_>, vendor: Vendor) -> Value {
    Dialect::Messages.encode(request, vendor).into()
}

/// Returns `messages` of the encoded request body.
fn conversation(messages: Value, steps: &[Step]) -> Value {
    let messages = messages.as_array().unwrap();
    body(
        &ModelRequest {
            messages,
            steps,
            ..ModelRequest::minimal()
        },
        Vendor::Other,
    )["messages"]
        .clone()
}

fn text_message(role: &str, text: &str) -> Value {
    json!({"role": role, "content": [{"type": "text", "text": text}]})
}

fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
    ToolCall {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    }
}

#[test]
fn a_plain_prompt_sets_only_the_required_fields() {
    let messages = [json!({"role": "user", "content": "Hi"})];
    assert_eq!(
        body(
            &ModelRequest {
                model: "claude-opus-5",
                messages: &messages,
                ..ModelRequest::minimal()
            },
            Vendor::Other
        ),
        json!({"model": "claude-opus-5", "stream": true, "max_tokens": 16000, "messages": [text_message("user", "Hi")]})
    );
}

#[test]
fn every_setting_has_its_field() {
    let messages = [json!({"role": "user", "content": "Hi"})];
    let function = json!({"type": "function", "function": {"name": "own", "description": "d", "parameters": {"type": "object", "properties": {}}, "strict": true}});
    let bare = json!({"type": "function", "function": {"name": "bare"}});
    let hosted = [
        json!({"type": "web_search_20250305", "name": "web_search"}),
        json!({"type": "web_fetch_20250910", "name": "web_fetch", "max_uses": 1}),
    ];
    let format = json!({"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": {"type": "object"}}});
    let extra = json!({"metadata": {"user_id": "u"}, "max_tokens": 5});
    let request = ModelRequest {
        model: "claude-opus-5",
        system: Some("Be brief."),
        messages: &messages,
        temperature: Some(Temperature(500_000)),
        reasoning: Some(Reasoning {
            effort: Some("high"),
            max_tokens: None,
        }),
        hosted_tools: &hosted,
        functions: &[function, bare],
        tool_choice: Some(&json!("auto")),
        response_format: Some(&format),
        stop: Some(&json!("END")),
        cache_control: Some(&json!({"type": "ephemeral", "ttl": "1h"})),
        max_cost: Some(Cost(1)),
        extra_body: extra.as_object(),
        ..ModelRequest::minimal()
    };
    let expected = json!({
        "model": "claude-opus-5",
        "stream": true,
        "max_tokens": 5,
        "system": "Be brief.",
        "messages": [text_message("user", "Hi")],
        "thinking": {"type": "adaptive", "display": "summarized"},
        "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        "tools": [
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 4},
            {"type": "web_fetch_20250910", "name": "web_fetch", "max_uses": 1},
            {"name": "own", "description": "d", "input_schema": {"type": "object", "properties": {}}, "strict": true},
            {"name": "bare", "input_schema": {"type": "object"}},
        ],
        "tool_choice": {"type": "auto"},
        "stop_sequences": ["END"],
        "cache_control": {"type": "ephemeral", "ttl": "1h"},
        "metadata": {"user_id": "u"},
    });
    assert_eq!(body(&request, Vendor::Other), expected);

    let dropped = ["thinking".to_owned(), "cache_control".to_owned()];
    let mut without = expected;
    dropped
        .iter()
        .for_each(|name| drop(without.as_object_mut().unwrap().remove(name)));
    assert_eq!(
        body(
            &ModelRequest {
                dropped_params: &dropped,
                ..request
            },
            Vendor::Other
        ),
        without
    );
}

#[test]
fn an_older_claude_gets_a_thinking_budget_and_no_temperature() {
    let reasoning = Some(Reasoning {
        effort: Some("medium"),
        max_tokens: None,
    });
    let request = ModelRequest {
        model: "claude-haiku-4-5",
        temperature: Some(Temperature(500_000)),
        reasoning,
        ..ModelRequest::minimal()
    };
    let expected = json!({"model": "claude-haiku-4-5", "stream": true, "max_tokens": 16000, "messages": [], "thinking": {"type": "enabled", "budget_tokens": 8000}});
    assert_eq!(body(&request, Vendor::Other), expected);

    let expected = json!({"model": "claude-haiku-4-5", "stream": true, "max_tokens": 16000, "messages": [], "temperature": 0.5});
    assert_eq!(
        body(
            &ModelRequest {
                reasoning: None,
                ..request
            },
            Vendor::Other
        ),
        expected
    );
}

#[test]
fn openrouter_gets_limits_for_its_own_tools() {
    let hosted = [json!({"type": "openrouter:web_search"})];
    let request = ModelRequest {
        hosted_tools: &hosted,
        max_cost: Cost::parse("0.5"),
        ..ModelRequest::minimal()
    };
    let sent = body(&request, Vendor::OpenRouter);
    assert_eq!(sent["tools"], json!([{"type": "openrouter:web_search"}]));
    assert_eq!(
        sent["stop_server_tools_when"],
        json!([{"type": "step_count_is", "step_count": 4}, {"type": "max_cost", "max_cost_in_dollars": 0.5}])
    );
    assert_eq!(
        body(&request, Vendor::Other)["stop_server_tools_when"],
        Value::Null
    );
}

#[test]
fn tool_choices_are_translated() {
    let functions = [json!({"type": "function", "function": {"name": "own"}})];
    let reasoning = Some(Reasoning {
        effort: Some("high"),
        max_tokens: None,
    });
    let sent = |model, choice: Value| {
        body(
            &ModelRequest {
                model,
                functions: &functions,
                reasoning,
                tool_choice: Some(&choice),
                ..ModelRequest::minimal()
            },
            Vendor::Other,
        )
    };
    for (choice, expected, thinks) in [
        (json!("auto"), json!({"type": "auto"}), true),
        (json!("none"), json!({"type": "none"}), true),
        (json!("required"), json!({"type": "any"}), false),
        (
            json!({"type": "function", "function": {"name": "own"}}),
            json!({"type": "tool", "name": "own"}),
            false,
        ),
        (
            json!({"type": "auto", "disable_parallel_tool_use": true}),
            json!({"type": "auto", "disable_parallel_tool_use": true}),
            true,
        ),
    ] {
        let sent = sent("claude-opus-5", choice.clone());
        assert_eq!(
            (&sent["tool_choice"], sent["thinking"].is_object()),
            (&expected, thinks),
            "{choice}"
        );
        assert_eq!(
            sent["tools"],
            json!([{"name": "own", "input_schema": {"type": "object"}}])
        );
    }
    let local = sent("smollm2", json!("none"));
    assert_eq!(
        (&local["tool_choice"], &local["tools"]),
        (&Value::Null, &Value::Null),
        "tools that are off are not sent to a server that would let them be called"
    );
}

#[test]
fn a_conversation_becomes_a_system_text_and_alternating_turns() {
    let messages = json!([
        {"role": "system", "content": "One."},
        {"role": "assistant", "content": "Hello, what is it?"},
        {"role": "user", "content": [{"type": "text", "text": "This", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": " \n"}]},
        {"role": "user", "content": "and that"},
        {"role": "developer", "content": [{"type": "text", "text": "Two."}, {"type": "text", "text": "Three."}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Well"}, {"type": "refusal", "refusal": "no"}], "refusal": null},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "functions.look:0", "type": "function", "function": {"name": "look", "arguments": "{\"at\":1}"}},
            {"id": "c2", "type": "function", "function": {"name": "look", "arguments": "at 2"}},
        ]},
        {"role": "user", "content": "Wait."},
        {"role": "tool", "tool_call_id": "functions.look:0", "content": "one"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "two"}, {"type": "image_url", "image_url": {"url": "https://e.com/i.png"}}]},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": "Go on."},
    ]);
    let request = ModelRequest {
        model: "claude-opus-5",
        system: Some("Zero."),
        messages: messages.as_array().unwrap(),
        ..ModelRequest::minimal()
    };
    let sent = body(&request, Vendor::Other);
    assert_eq!(sent["system"], "Zero.\n\nOne.\n\nTwo.\n\nThree.");
    assert_eq!(
        sent["messages"],
        json!([
            text_message("user", "(The conversation begins.)"),
            text_message("assistant", "Hello, what is it?"),
            {"role": "user", "content": [{"type": "text", "text": "This", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "and that"}]},
            {"role": "assistant", "content": [
                {"type": "text", "text": "Well"},
                {"type": "text", "text": "no"},
                {"type": "tool_use", "id": "functions_look_0", "name": "look", "input": {"at": 1}},
                {"type": "tool_use", "id": "c2", "name": "look", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "functions_look_0", "content": "one"},
                {"type": "tool_result", "tool_use_id": "c2", "content": [{"type": "text", "text": "two"}, {"type": "image", "source": {"type": "url", "url": "https://e.com/i.png"}}]},
                {"type": "text", "text": "Wait."},
                {"type": "text", "text": "Go on."},
            ]},
        ])
    );
    assert_eq!(
        sent["tools"],
        json!([{"name": "look", "input_schema": {"type": "object"}}]),
        "Claude is shown no call without its tool"
    );
    assert_eq!(sent["tool_choice"], json!({"type": "none"}));
    assert_eq!(
        body(
            &ModelRequest {
                model: "smollm2",
                ..request
            },
            Vendor::Other
        )["tools"],
        Value::Null
    );
}

#[test]
fn images_and_files_become_blocks_and_a_recording_becomes_a_note() {
    let file = |file: Value| json!({"type": "file", "file": file});
    let sent = conversation(
        json!([{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "data:image/jpg;base64,AAAA", "detail": "high"}},
            {"type": "image_url", "image_url": "https://e.com/i.png"},
            file(json!({"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="})),
            file(json!({"filename": "a.txt", "file_data": "data:text/plain;charset=utf-8;base64,R3LDvMOfZSDwn5iA"})),
            file(json!({"file_data": "data:application/json;base64,eyJhIjoxfQ=="})),
            file(json!({"filename": "a.png", "file_data": "data:image/png;base64,AAAA"})),
            file(json!({"file_data": "https://e.com/a.pdf"})),
            file(json!({"file_data": "JVBERi0="})),
            file(json!({"file_id": "file_1"})),
            file(json!({"file_data": "data:text/plain;base64,%%"})),
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        ]}]),
        &[],
    );
    let base64 = |media_type: &str, data: &str| json!({"type": "base64", "media_type": media_type, "data": data});
    let plain = |data: &str| json!({"type": "text", "media_type": "text/plain", "data": data});
    assert_eq!(
        sent[0]["content"],
        json!([
            {"type": "image", "source": base64("image/jpeg", "AAAA")},
            {"type": "image", "source": {"type": "url", "url": "https://e.com/i.png"}},
            {"type": "document", "source": base64("application/pdf", "JVBERi0="), "title": "a.pdf"},
            {"type": "document", "source": plain("Grüße 😀"), "title": "a.txt"},
            {"type": "document", "source": plain("{\"a\":1}")},
            {"type": "image", "source": base64("image/png", "AAAA")},
            {"type": "document", "source": {"type": "url", "url": "https://e.com/a.pdf"}},
            {"type": "document", "source": base64("application/pdf", "JVBERi0=")},
            {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
            {"type": "document", "source": base64("text/plain", "%%")},
            {"type": "text", "text": "(An audio recording was attached here. It can't be sent to you; say so if it matters.)"},
        ])
    );
}

#[test]
fn the_continuation_is_sent_back_unchanged_before_the_results() {
    let continuation = json!([
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "Let me look."},
        {"type": "tool_use", "id": "toolu_1", "name": "own", "input": {"a": 1}},
        {"type": "tool_use", "id": "toolu_2", "name": "own", "input": {}},
    ]);
    let result = |content: &str, failed| ToolResult {
        content: content.to_owned(),
        failed,
    };
    let steps = [
        Step {
            text: "Let me look.".to_owned(),
            calls: vec![
                call("toolu_1", "own", "{\"a\":1}"),
                call("toolu_2", "own", "{"),
            ],
            continuation: continuation.as_array().unwrap().clone(),
            results: vec![
                result("found", false),
                result("`arguments` is no JSON", true),
            ],
        },
        Step {
            text: "Once more.".to_owned(),
            calls: vec![call("call:3", "own", "{\"b\":2}")],
            continuation: Vec::new(),
            results: vec![result("", false)],
        },
    ];
    assert_eq!(
        conversation(json!([{"role": "user", "content": "Hi"}]), &steps),
        json!([
            text_message("user", "Hi"),
            {"role": "assistant", "content": continuation},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "found"},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "`arguments` is no JSON", "is_error": true},
            ]},
            {"role": "assistant", "content": [{"type": "text", "text": "Once more."}, {"type": "tool_use", "id": "call_3", "name": "own", "input": {"b": 2}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_3", "content": ""}]},
        ])
    );
}

#[test]
fn a_paused_turn_is_sent_back_as_the_last_turn() {
    let search = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}});
    let found =
        json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []});
    let pause = |block: &Value| Step {
        continuation: vec![block.clone()],
        ..Step::default()
    };
    assert_eq!(
        conversation(
            json!([{"role": "user", "content": "Hi"}]),
            &[pause(&search), pause(&found)]
        ),
        json!([text_message("user", "Hi"), {"role": "assistant", "content": [search, found]}])
    );
}
