//! Compares whole request bodies of the Responses API.

use crate::json::{Value, json};
use crate::provider::dialect::{Dialect, ModelRequest, Step, ToolResult};
use crate::provider::registry::Vendor;
use crate::request::{Reasoning, Temperature};
use crate::result::ToolCall;
use crate::usage::Cost;

const VENDORS: [Vendor; 4] = [
    Vendor::OpenRouter,
    Vendor::OpenAi,
    Vendor::Xai,
    Vendor::Other,
];

fn body(request: &ModelRequest<'_>, vendor: Vendor) -> Value {
    Dialect::Responses.encode(request, vendor).into()
}

/// Returns `input` of the encoded request body.
fn input(messages: Value, steps: &[Step], vendor: Vendor) -> Value {
    let messages = messages.as_array().unwrap();
    body(
        &ModelRequest {
            messages,
            steps,
            ..ModelRequest::minimal()
        },
        vendor,
    )["input"]
        .clone()
}

fn message(role: &str, content: impl Into<Value>) -> Value {
    json!({"type": "message", "role": role, "content": content.into()})
}

fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
    ToolCall {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    }
}

fn tool_result(content: &str) -> ToolResult {
    ToolResult {
        content: content.to_owned(),
        failed: false,
    }
}

#[test]
fn a_plain_prompt_sets_only_the_required_fields() {
    let messages = [json!({"role": "user", "content": "Hi"})];
    let request = ModelRequest {
        messages: &messages,
        ..ModelRequest::minimal()
    };
    let plain = json!({"model": "m", "stream": true, "max_output_tokens": 16_000, "input": [message("user", "Hi")]});
    assert_eq!(body(&request, Vendor::Other), plain);
    assert_eq!(body(&request, Vendor::OpenRouter), plain);
    let mut unstored = plain;
    unstored["store"] = false.into();
    assert_eq!(body(&request, Vendor::OpenAi), unstored);
}

#[test]
fn every_setting_has_its_field_for_each_vendor() {
    let messages = [json!({"role": "user", "content": "Hi"})];
    let (tools, functions) = (
        [json!({"type": "web_search"})],
        [json!({"type": "function", "function": {"name": "f"}})],
    );
    let (choice, cache) = (
        json!({"type": "function", "function": {"name": "f"}}),
        json!({"type": "ephemeral"}),
    );
    let format = json!({"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": {"type": "object"}}});
    let request = ModelRequest {
        system: Some("Be brief."),
        messages: &messages,
        temperature: Some(Temperature(500_000)),
        reasoning: Some(Reasoning {
            effort: Some("high"),
            max_tokens: Some(9),
        }),
        hosted_tools: &tools,
        functions: &functions,
        tool_choice: Some(&choice),
        response_format: Some(&format),
        stop: Some(&choice),
        cache_control: Some(&cache),
        max_cost: Some(Cost(500_000_000_000)),
        ..ModelRequest::minimal()
    };
    let common = json!({
        "model": "m",
        "stream": true,
        "max_output_tokens": 16_000,
        "instructions": "Be brief.",
        "input": [message("user", "Hi")],
        "temperature": 0.5,
        "text": {"format": {"type": "json_schema", "name": "n", "strict": true, "schema": {"type": "object"}}},
        "tools": [
            {"type": "web_search"},
            {"type": "function", "name": "f", "strict": false, "parameters": {"type": "object", "properties": {}}},
        ],
        "tool_choice": {"type": "function", "name": "f"},
    });
    let own = [
        json!({
            "reasoning": {"effort": "high", "max_tokens": 9},
            "cache_control": {"type": "ephemeral"},
            "include": ["reasoning.encrypted_content"],
            "stop_server_tools_when": [{"type": "step_count_is", "step_count": 4}, {"type": "max_cost", "max_cost_in_dollars": 0.5}],
        }),
        json!({"reasoning": {"effort": "high"}, "max_tool_calls": 4, "store": false, "include": ["reasoning.encrypted_content"]}),
        json!({"reasoning": {"effort": "high"}, "max_turns": 4, "store": false, "include": ["reasoning.encrypted_content"]}),
        json!({"reasoning": {"effort": "high"}, "max_tool_calls": 4}),
    ];
    for (vendor, own) in VENDORS.into_iter().zip(own) {
        let mut expected = common.as_object().unwrap().clone();
        expected.extend(own.as_object().unwrap().clone());
        assert_eq!(body(&request, vendor), Value::from(expected), "{vendor:?}");
    }
}

#[test]
fn fields_without_a_setting_are_not_sent() {
    let choice = json!("none");
    let budget = Some(Reasoning {
        effort: None,
        max_tokens: Some(9),
    });
    let request = ModelRequest {
        tool_choice: Some(&choice),
        reasoning: budget,
        ..ModelRequest::minimal()
    };
    let sent = body(&request, Vendor::Other);
    assert_eq!(
        sent,
        json!({"model": "m", "stream": true, "max_output_tokens": 16_000, "input": []})
    );
    let request = ModelRequest {
        max_completion_tokens: 1,
        ..ModelRequest::minimal()
    };
    assert_eq!(
        VENDORS.map(|vendor| body(&request, vendor)["max_output_tokens"].as_u64()),
        [Some(1), Some(16), Some(1), Some(1)]
    );
    let dropped = ["max_output_tokens".to_owned()];
    let extra = json!({"store": true, "top_p": 1});
    let request = ModelRequest {
        dropped_params: &dropped,
        extra_body: extra.as_object(),
        ..ModelRequest::minimal()
    };
    assert_eq!(
        body(&request, Vendor::OpenAi),
        json!({"model": "m", "stream": true, "input": [], "store": true, "top_p": 1})
    );
}

#[test]
fn functions_formats_and_tool_choices_are_flat() {
    let given =
        json!({"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true});
    let mut flat = given.clone();
    flat["type"] = "function".into();
    let functions = [json!({"type": "function", "function": given}), flat.clone()];
    let request = ModelRequest {
        functions: &functions,
        ..ModelRequest::minimal()
    };
    assert_eq!(
        body(&request, Vendor::Other)["tools"],
        json!([&flat, &flat]),
        "already flat is as good"
    );

    for word in ["auto", "none", "required"] {
        let choice = json!(word);
        assert_eq!(
            body(
                &ModelRequest {
                    tool_choice: Some(&choice),
                    ..request
                },
                Vendor::Other
            )["tool_choice"],
            word
        );
    }
    for kind in ["json_object", "text"] {
        let format = json!({"type": kind});
        assert_eq!(
            body(
                &ModelRequest {
                    response_format: Some(&format),
                    ..request
                },
                Vendor::Other
            )["text"],
            json!({"format": {"type": kind}})
        );
    }
}

#[test]
fn a_conversation_keeps_its_parts_calls_and_results() {
    let messages = json!([
        {"role": "system", "content": "S"},
        {"role": "developer", "content": [{"type": "text", "text": "D"}]},
        {"role": "user", "content": [
            {"type": "text", "text": "Look"},
            {"type": "image_url", "image_url": {"url": "https://i.com/1.png", "detail": "low"}},
            {"type": "image_url", "image_url": "data:image/png;base64,AA=="},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
            {"type": "file", "file": {"filename": "b.pdf", "file_data": "https://f.com/b.pdf"}},
            {"type": "file", "file": {"file_id": "file-1"}},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        ]},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{\"a\":1}"}},
        ]},
        {"role": "tool", "tool_call_id": "c1", "content": "one"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "t"}, {"type": "text", "text": "wo"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Do"}, {"type": "text", "text": "ne."}]},
        {"role": "assistant", "content": null, "refusal": "No."},
        {"role": "user", "content": "And?"},
    ]);
    let expected = json!([
        message("system", "S"),
        message("developer", json!([{"type": "input_text", "text": "D"}])),
        message("user", json!([
            {"type": "input_text", "text": "Look"},
            {"type": "input_image", "image_url": "https://i.com/1.png", "detail": "low"},
            {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "auto"},
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="},
            {"type": "input_file", "file_url": "https://f.com/b.pdf"},
            {"type": "input_file", "file_id": "file-1"},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        ])),
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call", "call_id": "c2", "name": "g", "arguments": "{\"a\":1}"},
        {"type": "function_call_output", "call_id": "c1", "output": "one"},
        {"type": "function_call_output", "call_id": "c2", "output": "two"},
        message("assistant", "Done."),
        message("assistant", "No."),
        message("user", "And?"),
    ]);
    assert_eq!(input(messages.clone(), &[], Vendor::OpenAi), expected);
    assert_eq!(input(messages.clone(), &[], Vendor::Other), expected);
    assert_eq!(
        input(messages, &[], Vendor::OpenRouter)[3]["id"],
        "fc_c1",
        "its schema wants one"
    );
}

#[test]
fn a_step_is_sent_back_unchanged_or_rebuilt() {
    let thinking =
        json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "secret"});
    let search = json!({"type": "web_search_call", "id": "ws_1", "status": "completed"});
    let raw = |id: &str| json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": "f", "arguments": "{}"});
    let made =
        |id: &str| json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{}"});
    let result = |id: &str, output: &str| json!({"type": "function_call_output", "call_id": id, "output": output});
    let step = Step {
        text: "Let me see.".to_owned(),
        calls: vec![call("c1", "f", "{}"), call("c2", "f", "{}")],
        continuation: vec![],
        results: vec![
            tool_result("one"),
            ToolResult {
                content: "broken".to_owned(),
                failed: true,
            },
        ],
    };
    let results = [result("c1", "one"), result("c2", "broken")];
    let rebuilt = json!([
        message("assistant", "Let me see."),
        made("c1"),
        made("c2"),
        &results[0],
        &results[1]
    ]);
    assert_eq!(
        input(json!([]), std::slice::from_ref(&step), Vendor::OpenAi),
        rebuilt
    );

    let continuation = vec![thinking.clone(), search.clone(), raw("c1"), raw("c2")];
    let as_it_came = json!([
        &thinking,
        &search,
        raw("c1"),
        raw("c2"),
        &results[0],
        &results[1]
    ]);
    let echoing = Step {
        continuation: continuation.clone(),
        ..step.clone()
    };
    for vendor in VENDORS {
        assert_eq!(
            input(json!([]), std::slice::from_ref(&echoing), vendor),
            as_it_came,
            "{vendor:?}"
        );
    }

    let one_result = Step {
        continuation,
        calls: vec![call("c1", "f", "{}")],
        results: vec![tool_result("one")],
        ..step.clone()
    };
    assert_eq!(
        input(json!([]), &[one_result], Vendor::OpenAi),
        json!([&thinking, &search, raw("c1"), &results[0]]),
        "a call without a result is refused"
    );

    let unknown = vec![
        json!({"type": "reasoning", "id": "rs_1", "summary": []}),
        raw("c1"),
        raw("c2"),
    ];
    let unencrypted = Step {
        continuation: unknown.clone(),
        ..step
    };
    assert_eq!(
        input(
            json!([]),
            std::slice::from_ref(&unencrypted),
            Vendor::OpenAi
        ),
        rebuilt,
        "OpenAI has not stored it"
    );
    assert_eq!(
        input(json!([]), &[unencrypted], Vendor::Other)[0],
        unknown[0]
    );
}
