//! Reads the field `content` of a message.

use crate::json::Value;

/// Returns the joined text of `content`, if `content` is an array of text parts only.
pub(super) fn joined(content: &Value) -> Option<String> {
    let parts = content.as_array().filter(|parts| !parts.is_empty())?;
    let mut text = String::new();
    for part in parts {
        let kind = part.get("type").and_then(Value::as_str).unwrap_or("text");
        let more = part.get("text").and_then(Value::as_str)?;
        if !matches!(kind, "text" | "input_text" | "output_text") {
            return None;
        }
        let is_apart = text.ends_with(char::is_whitespace) || more.starts_with(char::is_whitespace);
        if !text.is_empty() && !more.is_empty() && !is_apart {
            text.push('\n');
        }
        text.push_str(more);
    }
    Some(text)
}
