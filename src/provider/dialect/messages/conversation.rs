//! Converts a conversation to the form of the Messages API.
//!
//! In: messages in the form of Chat Completions, and the steps of a tool loop. Out: a separate
//! system text, and alternating turns of the user and the assistant. Each turn is an array of
//! content blocks. Blank text is omitted, because the API rejects it. Specification:
//! <https://platform.claude.com/docs/en/build-with-claude/working-with-messages>

use memchr::memmem;

use crate::json::{Map, Value, json};
use crate::provider::conversation::SIGNED;
use crate::provider::dialect::types::{ModelRequest, Step};
use crate::result::ToolCall;

/// The user message that is added before a conversation that begins with the assistant. Many chats
/// begin with a greeting of the assistant, but the API requires a user turn first.
const OPENING: &str = "(The conversation begins.)";

/// Maximum number of tools that a request declares only because the conversation has calls of them.
/// The number is limited, because each name is compared with all others.
const MAX_DECLARED_TOOLS: usize = 1_000;

/// Replaces an audio recording. Without this text, the model would answer as if there were no
/// recording.
const AUDIO: &str =
    "(An audio recording was attached here. It can't be sent to you; say so if it matters.)";

/// Returns the arguments of a tool call as an object, because the API accepts no other form.
/// Malformed arguments become an empty object. The tool's result tells the model what was wrong.
pub(super) fn tool_input(arguments: &str) -> Value {
    arguments
        .parse()
        .ok()
        .filter(Value::is_object)
        .unwrap_or_else(|| json!({}))
}

/// The conversation of a request.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// The text of all system messages of the conversation.
    pub system: String,
    turns: Vec<Turn>,
}

#[derive(Debug)]
struct Turn {
    role: &'static str,
    /// Tool results. The API requires them before all other blocks of a user turn.
    results: Vec<Value>,
    blocks: Vec<Value>,
}

impl Turn {
    fn new(role: &'static str) -> Self {
        Self {
            role,
            results: Vec::new(),
            blocks: Vec::new(),
        }
    }

    fn add(&mut self, block: Value) {
        if is(&block, "tool_result") {
            self.results.push(block);
        } else {
            self.blocks.push(block);
        }
    }
}

impl Conversation {
    /// Converts the messages and the steps of a request.
    pub(super) fn from_request(request: &ModelRequest<'_>) -> Self {
        let mut conversation = Self::default();
        conversation.append_system(request.system.unwrap_or_default());
        request
            .messages
            .iter()
            .for_each(|message| conversation.add_message(message));
        request
            .steps
            .iter()
            .for_each(|step| conversation.add_step(step));
        if conversation
            .turns
            .first()
            .is_some_and(|turn| turn.role == "assistant")
        {
            let mut opening = Turn::new("user");
            opening.add(text(OPENING));
            conversation.turns.insert(0, opening);
        }
        conversation
    }

    /// Returns declarations of all tools that the conversation calls, sorted by name. The schemas
    /// allow any object.
    pub(super) fn tools(&self) -> Vec<Value> {
        let blocks = self.turns.iter().flat_map(|turn| &turn.blocks);
        let mut names = Vec::new();
        for block in blocks.filter(|block| is(block, "tool_use")) {
            let name = string(block, "name");
            if let Err(at) = names.binary_search(&name)
                && names.len() < MAX_DECLARED_TOOLS
            {
                names.insert(at, name);
            }
        }
        names
            .into_iter()
            .map(|name| json!({"name": name, "input_schema": {"type": "object"}}))
            .collect()
    }

    /// Returns the value of the field `messages`.
    pub(super) fn into_value(self) -> Value {
        self.turns
            .into_iter()
            .map(|mut turn| {
                turn.results.append(&mut turn.blocks);
                json!({"role": turn.role, "content": turn.results})
            })
            .collect()
    }

    /// Appends a paragraph to the system text.
    fn append_system(&mut self, text: &str) {
        if !self.system.is_empty() && !text.is_empty() {
            self.system.push_str("\n\n");
        }
        self.system.push_str(text);
    }

    /// Appends a block to the last turn. If the role changes, starts a new turn.
    fn add(&mut self, role: &'static str, block: Value) {
        match self.turns.last_mut() {
            Some(turn) if turn.role == role => turn.add(block),
            _ => {
                let mut turn = Turn::new(role);
                turn.add(block);
                self.turns.push(turn);
            }
        }
    }

    /// Appends a text block if the text is not blank.
    fn add_text(&mut self, role: &'static str, content: &str) {
        if !content.trim().is_empty() {
            self.add(role, text(content));
        }
    }

    /// Appends a message that has the form of Chat Completions.
    fn add_message(&mut self, message: &Value) {
        let content = message.field("content");
        match string(message, "role") {
            "system" | "developer" => texts(content)
                .into_iter()
                .for_each(|text| self.append_system(text)),
            "assistant" if message.field(SIGNED).field("content").is_array() => {
                let content = message.field(SIGNED).field("content").elements();
                content
                    .iter()
                    .filter(|block| is_own_block(block))
                    .for_each(|block| self.add("assistant", block.clone()));
            }
            "assistant" => {
                texts(content)
                    .into_iter()
                    .for_each(|text| self.add_text("assistant", text));
                self.add_text("assistant", string(message, "refusal"));
                for call in message.field("tool_calls").elements() {
                    let function = call.field("function");
                    self.add(
                        "assistant",
                        tool_use(
                            string(call, "id"),
                            string(function, "name"),
                            string(function, "arguments"),
                        ),
                    );
                }
            }
            "tool" => {
                let content = if content.is_array() {
                    Value::Array(blocks(content))
                } else {
                    content.as_str().unwrap_or_default().into()
                };
                self.add(
                    "user",
                    tool_result(string(message, "tool_call_id"), content),
                );
            }
            _ => blocks(content)
                .into_iter()
                .for_each(|block| self.add("user", block)),
        }
    }

    /// Appends a step of a tool loop: the assistant's turn and the tool results.
    fn add_step(&mut self, step: &Step) {
        if step.continuation.is_empty() {
            self.add_text("assistant", &step.text);
            for ToolCall {
                id,
                name,
                arguments,
            } in &step.calls
            {
                self.add("assistant", tool_use(id, name, arguments));
            }
        } else {
            step.continuation
                .iter()
                .for_each(|block| self.add("assistant", block.clone()));
        }
        for (call, result) in step.calls.iter().zip(&step.results) {
            let mut block = tool_result(&call.id, result.content.as_str().into());
            if result.failed
                && let Some(block) = block.as_object_mut()
            {
                block.insert("is_error", true.into());
            }
            self.add("user", block);
        }
    }
}

/// Returns whether a model may have written the block. Clients may send blocks of other types.
fn is_own_block(block: &Value) -> bool {
    let kind = string(block, "type");
    matches!(kind, "text" | "thinking" | "redacted_thinking")
        || kind.ends_with("tool_use")
        || (kind.ends_with("_tool_result") && kind != "tool_result")
}

/// Returns whether the block has this `type`.
fn is(block: &Value, kind: &str) -> bool {
    block.get("type").is_some_and(|found| found == kind)
}

fn is_blank(block: &Value) -> bool {
    is(block, "text") && string(block, "text").trim().is_empty()
}

/// Returns a string field, or an empty string.
fn string<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

/// Returns the texts and the refusals in a message's `content`.
fn texts(content: &Value) -> Vec<&str> {
    let mut texts = vec![content.as_str().unwrap_or_default()];
    for part in content.elements() {
        texts.push(string(part, "text"));
        texts.push(string(part, "refusal"));
    }
    texts
}

/// Returns a tool result as a content block.
fn tool_result(call_id: &str, content: Value) -> Value {
    json!({"type": "tool_result", "tool_use_id": id(call_id), "content": content})
}

fn tool_use(call_id: &str, name: &str, arguments: &str) -> Value {
    json!({"type": "tool_use", "id": id(call_id), "name": name, "input": tool_input(arguments)})
}

/// Returns an id that contains only characters that the API accepts. Ids of other providers may
/// contain other characters, such as colons.
fn id(id: &str) -> String {
    id.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect()
}

/// Converts a string or an array of content parts to content blocks.
fn blocks(content: &Value) -> Vec<Value> {
    let mut blocks = Vec::new();
    let mut add = |block: Value| {
        if !is_blank(&block) {
            blocks.push(block);
        }
    };
    add(text(content.as_str().unwrap_or_default()));
    content.elements().iter().for_each(|part| add(block(part)));
    blocks
}

/// Converts a content part of a user message, including its `cache_control`.
fn block(part: &Value) -> Value {
    let mut block = match string(part, "type") {
        "image_url" => {
            let url = part.field("image_url");
            let url = url.as_str().unwrap_or_else(|| string(url, "url"));
            json!({"type": "image", "source": source(url)})
        }
        "file" => file(part.field("file")),
        "input_audio" => text(AUDIO),
        _ => text(string(part, "text")),
    };
    if let (Some(cache_control), Some(block)) = (part.get("cache_control"), block.as_object_mut()) {
        block.insert("cache_control", cache_control.clone());
    }
    block
}

/// Converts a file to an image block or a document block.
fn file(file: &Value) -> Value {
    let (data, name) = (string(file, "file_data"), string(file, "filename"));
    let source = match string(file, "file_id") {
        "" if data.contains(':') => source(data),
        "" => json!({"type": "base64", "media_type": "application/pdf", "data": data}),
        id => json!({"type": "file", "file_id": id}),
    };
    let media_type = string(&source, "media_type");
    if media_type.starts_with("image/") {
        return json!({"type": "image", "source": source});
    }
    // The API accepts binary data only for PDF documents. Text documents are sent as text.
    let is_text = media_type.starts_with("text/")
        || media_type.ends_with("json")
        || media_type.ends_with("xml");
    let text = is_text.then(|| decode(string(&source, "data"))).flatten();
    let source = text.map_or(
        source,
        |text| json!({"type": "text", "media_type": "text/plain", "data": text}),
    );
    let mut block = Map::new();
    block.insert("type", "document".into());
    block.insert("source", source);
    if !name.is_empty() {
        block.insert("title", name.into());
    }
    block.into()
}

const BASE64: &[u8] = b";base64,";

/// Returns the `source` of a block. For a [`data:` URL](https://www.rfc-editor.org/rfc/rfc2397),
/// the source is the content of the URL. For any other URL, the source is the URL itself.
fn source(url: &str) -> Value {
    let inlined = || {
        let url = url.strip_prefix("data:")?;
        let at = memmem::find(url.as_bytes(), BASE64)?;
        Some((url.get(..at)?, url.get(at + BASE64.len()..)?))
    };
    let Some((head, data)) = inlined() else {
        return json!({"type": "url", "url": url});
    };
    let media_type = head.split(';').next().unwrap_or_default();
    let media_type = if media_type == "image/jpg" {
        "image/jpeg"
    } else {
        media_type
    };
    json!({"type": "base64", "media_type": media_type, "data": data})
}

/// Decodes [Base64](https://www.rfc-editor.org/rfc/rfc4648) to text. Accepts the standard and the
/// URL-safe alphabet. If a character is invalid, returns `None`.
fn decode(data: &str) -> Option<String> {
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(data.len() / 4 * 3), 0u32, 0);
    for digit in data
        .trim_end_matches('=')
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
    {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
