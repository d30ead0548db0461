//! A conversation in chat form, and the steps since, as the Messages API takes it: a system text apart, and turns of user and assistant
//! that alternate, each an array of content blocks. Text without a letter in it is left out, because the API refuses it.
//! <https://platform.claude.com/docs/en/build-with-claude/working-with-messages>

use memchr::memmem;

use crate::json::{Map, Value, json};

use crate::provider::dialect::{ModelRequest, Step};
use crate::result::ToolCall;

/// Goes first where the assistant would: many chats begin with its greeting, and the API wants the user's turn.
const OPENING: &str = "(The conversation begins.)";

/// Instead of a recording. A model that does not know of it would answer as if there were none.
const AUDIO: &str = "(An audio recording was attached here. It can't be sent to you; say so if it matters.)";

/// Returns the arguments of a tool call as an object, which is all that the API takes. The tool's result tells the model what else it wrote.
pub fn tool_input(arguments: &str) -> Value {
    arguments.parse().ok().filter(Value::is_object).unwrap_or_else(|| json!({}))
}

/// What a request says, so far as it is conversation.
#[derive(Debug, Default)]
pub struct Conversation {
    /// All that directs the model, wherever it stood.
    pub system: String,
    conversation: Vec<Turn>,
}

#[derive(Debug)]
struct Turn {
    role: &'static str,
    blocks: Vec<Value>,
}

impl Conversation {
    /// The conversation and its steps.
    pub fn of(ask: &ModelRequest<'_>) -> Self {
        let mut conversation = Self::default();
        conversation.append_system(ask.system.unwrap_or_default());
        ask.messages.iter().for_each(|message| conversation.add_message(message));
        ask.steps.iter().for_each(|step| conversation.add_step(step));
        if conversation.conversation.first().is_some_and(|turn| turn.role == "assistant") {
            conversation.conversation.insert(0, Turn { role: "user", blocks: vec![text(OPENING)] });
        }
        conversation
    }

    /// The tools that were called, as far as a name says what they are.
    pub fn tools(&self) -> Vec<Value> {
        let mut tools: Vec<Value> = Vec::new();
        for turn in &self.conversation {
            for block in turn.blocks.iter().filter(|block| is(block, "tool_use")) {
                let tool = json!({"name": block.field("name"), "input_schema": {"type": "object"}});
                if !tools.contains(&tool) {
                    tools.push(tool);
                }
            }
        }
        tools
    }

    /// The field `messages`.
    pub fn into_value(self) -> Value {
        self.conversation.into_iter().map(|turn| json!({"role": turn.role, "content": turn.blocks})).collect()
    }

    fn append_system(&mut self, text: &str) {
        if !self.system.is_empty() && !text.is_empty() {
            self.system.push_str("\n\n");
        }
        self.system.push_str(text);
    }

    fn add(&mut self, role: &'static str, block: Value) {
        match self.conversation.last_mut() {
            Some(turn) if turn.role == role => {
                // Results come before whatever else the user says.
                let at = if is(&block, "tool_result") {
                    turn.blocks.iter().take_while(|block| is(block, "tool_result")).count()
                } else {
                    turn.blocks.len()
                };
                turn.blocks.insert(at, block);
            }
            _ => self.conversation.push(Turn { role, blocks: vec![block] }),
        }
    }

    fn say(&mut self, role: &'static str, words: &str) {
        if !words.trim().is_empty() {
            self.add(role, text(words));
        }
    }

    fn add_message(&mut self, message: &Value) {
        let content = message.field("content");
        match string(message, "role") {
            "system" | "developer" => texts(content).into_iter().for_each(|text| self.append_system(text)),
            "assistant" => {
                texts(content).into_iter().for_each(|text| self.say("assistant", text));
                self.say("assistant", string(message, "refusal"));
                for call in message.field("tool_calls").elements() {
                    let function = call.field("function");
                    self.add("assistant", tool_use(string(call, "id"), string(function, "name"), string(function, "arguments")));
                }
            }
            "tool" => {
                let content = if content.is_array() { Value::Array(blocks(content)) } else { content.as_str().unwrap_or_default().into() };
                self.add("user", json!({"type": "tool_result", "tool_use_id": id(string(message, "tool_call_id")), "content": content}));
            }
            _ => blocks(content).into_iter().for_each(|block| self.add("user", block)),
        }
    }

    fn add_step(&mut self, step: &Step) {
        if step.continuation.is_empty() {
            self.say("assistant", &step.text);
            for ToolCall { id, name, arguments } in &step.calls {
                self.add("assistant", tool_use(id, name, arguments));
            }
        } else {
            step.continuation.iter().for_each(|block| self.add("assistant", block.clone()));
        }
        for (call, result) in step.calls.iter().zip(&step.results) {
            let mut block = json!({"type": "tool_result", "tool_use_id": id(&call.id), "content": &result.content});
            if result.failed
                && let Some(block) = block.as_object_mut()
            {
                block.insert("is_error", true.into());
            }
            self.add("user", block);
        }
    }
}

fn is(block: &Value, kind: &str) -> bool {
    block.get("type").is_some_and(|found| found == kind)
}

fn is_blank(block: &Value) -> bool {
    is(block, "text") && string(block, "text").trim().is_empty()
}

fn string<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

/// What a system message or the assistant said.
fn texts(content: &Value) -> Vec<&str> {
    let mut texts = vec![content.as_str().unwrap_or_default()];
    for part in content.elements() {
        texts.push(string(part, "text"));
        texts.push(string(part, "refusal"));
    }
    texts
}

fn tool_use(call_id: &str, name: &str, arguments: &str) -> Value {
    json!({"type": "tool_use", "id": id(call_id), "name": name, "input": tool_input(arguments)})
}

/// Others put colons and the like into theirs.
fn id(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

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

/// A part of a user's message. Where it says what of it may be cached, the block does too.
fn block(part: &Value) -> Value {
    let mut block = match string(part, "type") {
        "image_url" => {
            let url = part.field("image_url");
            json!({"type": "image", "source": source(url.as_str().unwrap_or_else(|| string(url, "url")))})
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
    // Of documents only PDF goes as bytes.
    let is_text = media_type.starts_with("text/") || media_type.ends_with("json") || media_type.ends_with("xml");
    let text = is_text.then(|| decode(string(&source, "data"))).flatten();
    let source = text.map_or(source, |text| json!({"type": "text", "media_type": "text/plain", "data": text}));
    let mut block = Map::new();
    block.insert("type", "document".into());
    block.insert("source", source);
    if !name.is_empty() {
        block.insert("title", name.into());
    }
    block.into()
}

const BASE64: &[u8] = b";base64,";

/// What a `data:` URL holds, or the address itself.
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
    json!({"type": "base64", "media_type": if media_type == "image/jpg" { "image/jpeg" } else { media_type }, "data": data})
}

/// Base64, as text. <https://www.rfc-editor.org/rfc/rfc4648>
fn decode(data: &str) -> Option<String> {
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(data.len() / 4 * 3), 0u32, 0);
    for digit in data.trim_end_matches('=').bytes().filter(|byte| !byte.is_ascii_whitespace()) {
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
