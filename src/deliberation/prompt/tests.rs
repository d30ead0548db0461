//! Tests of `prompt`.

use super::*;
use crate::json::json;
use crate::result::CallUsage;

fn response(index: usize, content: &str) -> Response {
    let source = Source {
        url: "https://example.com/a".into(),
        title: "A".into(),
    };
    Response {
        index,
        model: format!("vendor/model-{index}"),
        content: content.into(),
        sources: vec![source],
        usage: CallUsage::default(),
        finish_reason: None,
    }
}

#[test]
fn the_analyst_prompt_has_shuffled_labels_and_no_model_names() {
    let labels = Labels { order: vec![1, 0] };
    let conversation = [
        json!({"role": "system", "content": "Be a pirate."}),
        json!({"role": "user", "content": "Why?"}),
    ];
    let messages = for_analyst(
        &conversation,
        &[response(0, "zero"), response(1, "one")],
        &labels,
        "n0nce",
        false,
    );
    assert_eq!(messages.len(), 1);
    let text = messages[0]["content"].as_str().unwrap();
    assert!(text.starts_with("Why?"));
    assert!(text.contains(
        "<response-n0nce label=\"A\">\none\n</response-n0nce>\n<sources-n0nce label=\"A\">\n- https://example.com/a A\n</sources-n0nce>"
    ));
    assert!(text.contains("<response-n0nce label=\"B\">\nzero"));
    assert!(!text.contains("vendor"), "model names are hidden");
    assert!(!text.contains("pirate"));
}

#[test]
fn image_parts_stay_and_a_text_part_is_added() {
    let picture = json!({"type": "image_url", "image_url": {"url": "data:,"}});
    let conversation =
        [json!({"role": "user", "content": [&picture, {"type": "text", "text": "What is it?"}]})];
    let messages = for_writer(
        &conversation,
        &[response(0, "a cat")],
        None,
        &Labels { order: vec![0] },
        "n",
    );
    let parts = messages[0]["content"].as_array().unwrap();
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[0], picture);
}

#[test]
fn the_schema_is_json() {
    assert!(RESPONSE_FORMAT.parse::<Value>().is_ok());
}
