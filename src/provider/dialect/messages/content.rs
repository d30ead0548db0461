//! Reads the content blocks of a response.
//!
//! In: the starts, deltas and ends of blocks, and whole messages. Out: stream parts, and the tool
//! calls and blocks that the next request needs.

use std::borrow::Cow;
use std::mem::take;

use crate::event::ToolStatus;
use crate::json::{Json, Value};
use crate::provider::dialect::messages::block::Block;
use crate::provider::dialect::streamed_text::Texts;
use crate::provider::dialect::types::StreamPart;
use crate::result::ToolCall;

/// Maximum number of content blocks of one response that are stored. The parts of further blocks
/// are emitted, but these blocks are not stored.
const MAX_BLOCKS: usize = 1_000;

/// The content of one response.
#[derive(Debug, Default)]
pub(super) struct Content {
    blocks: Vec<Block>,
    texts: Texts,
}

impl Content {
    /// Reads the content of a whole message. If its blocks were already streamed, reads only the
    /// text that the stream did not contain.
    pub(super) fn read_blocks(&mut self, content: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let known = self.blocks.len();
        for (at, block) in content.items().enumerate() {
            if at < known {
                self.complete_block(at, block, on);
            } else {
                self.start_block(None, block, on);
                self.end_block(None, None, on);
            }
        }
    }

    /// Starts a block. Most blocks are empty at their start. Tool results and the blocks of a whole
    /// message are already complete.
    pub(super) fn start_block(
        &mut self,
        index: Option<u64>,
        block: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let [text, thinking, citations] = block.fields(&["text", "thinking", "citations"]);
        let [text, thinking] = [text, thinking].map(|field| field.and_then(Json::words));
        self.texts.is_interrupted |= block.text("type").as_deref() != Some("text");
        read_reasoning(&thinking, on);
        self.texts.emit(&text.unwrap_or_default(), on);
        for citation in citations.unwrap_or_default().items() {
            read_citation(citation, on);
        }
        // Store a limited number of blocks, because each delta and each tool result is compared
        // with all blocks.
        if self.blocks.len() >= MAX_BLOCKS {
            return;
        }
        let stored = Block::new(index, block);
        if let Some(tool) = stored.kind.strip_suffix("_tool_result") {
            self.read_hosted_tool(tool, block, on);
        }
        self.blocks.push(stored);
    }

    /// Returns whether any block contains thinking. The next request must send thinking back.
    pub(super) fn has_thinking(&self) -> bool {
        self.blocks
            .iter()
            .any(|block| block.kind.ends_with("thinking"))
    }

    /// Reads a delta and appends it to its block.
    pub(super) fn append_delta(
        &mut self,
        index: Option<u64>,
        delta: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let [text, thinking, input, signature, citation] =
            delta.fields(&["text", "thinking", "partial_json", "signature", "citation"]);
        let block = self.blocks.iter_mut().rfind(|block| block.index == index);
        let mut block = block;
        let mut read = |delta: Option<Json<'_>>| match (&mut block, delta) {
            (_, None) => String::new(),
            (Some(block), Some(delta)) => block.read_delta(delta).into_owned(),
            (None, Some(delta)) => delta.str().unwrap_or_default().into_owned(),
        };
        let [text, thinking, _] = [text, thinking, input].map(&mut read);
        if !thinking.is_empty() {
            on(StreamPart::Reasoning(&thinking));
        }
        self.texts.emit(&text, on);
        if let Some(citation) = citation {
            read_citation(citation, on);
        }
        let Some(block) = block else {
            return;
        };
        if let Some(signature) = signature.and_then(Json::str) {
            block.push_signature(&signature);
        }
        if let Some(citation) = citation {
            block.push_citation(citation);
        }
    }

    /// Ends a block. If the block is a call of a hosted tool, reports the call, because its input
    /// is now complete. If the server repeats the whole block at its end, `whole` is this block.
    pub(super) fn end_block(
        &mut self,
        index: Option<u64>,
        whole: Option<Json<'_>>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let Some(at) = self.blocks.iter().rposition(|block| block.index == index) else {
            return;
        };
        self.end_texts(at, on);
        if let Some(whole) = whole {
            self.complete_block(at, whole, on);
        }
        if let Some(block) = self
            .blocks
            .get_mut(at)
            .filter(|block| block.is_hosted_call())
        {
            block.report(ToolStatus::Started, on);
        }
    }

    /// Emits the text of the block at position `at` that was not emitted yet.
    fn end_texts(&mut self, at: usize, on: &mut dyn FnMut(StreamPart<'_>)) {
        let Some(block) = self.blocks.get_mut(at) else {
            return;
        };
        let rest = block.end();
        match &*block.kind {
            "text" => self.texts.emit(&rest, on),
            "thinking" if !rest.is_empty() => on(StreamPart::Reasoning(&rest)),
            _ => {}
        }
    }

    /// Emits the part of the whole block that its deltas did not contain.
    fn complete_block(&mut self, at: usize, whole: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        let kind = whole.text("type").unwrap_or_default();
        let known = self.blocks.get_mut(at).filter(|known| known.kind == kind);
        match known.and_then(|known| known.complete(whole)) {
            Some(missing) if kind == "text" => self.texts.emit(&missing, on),
            Some(missing) if !missing.is_empty() => on(StreamPart::Reasoning(&missing)),
            _ => {}
        }
    }

    /// Reads the result of a hosted tool. If the provider paused the turn after the tool call, the
    /// call is in an earlier response.
    fn read_hosted_tool(
        &mut self,
        tool: &str,
        result: Json<'_>,
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let [id, content, is_error] = result.fields(&["tool_use_id", "content", "is_error"]);
        let id = id.and_then(Json::str).unwrap_or_default();
        let [kind, url, document] = content
            .unwrap_or_default()
            .fields(&["type", "url", "content"]);
        let failed = is_error.is_some_and(Json::is_true)
            || kind
                .and_then(Json::str)
                .is_some_and(|kind| kind.ends_with("_error"));
        let status = if failed {
            ToolStatus::Failed
        } else {
            ToolStatus::Completed
        };
        match self
            .blocks
            .iter_mut()
            .rfind(|block| block.is_hosted_call() && block.id == id)
        {
            Some(call) => call.report(status, on),
            None => on(StreamPart::Tool {
                name: tool,
                status,
                input: "",
            }),
        }
        // A page that the tool opened is a source, even without a citation.
        if let Some(url) = url.and_then(Json::words) {
            let title = document
                .and_then(|document| document.text("title"))
                .unwrap_or_default();
            on(StreamPart::Source {
                url: &url,
                title: &title,
            });
        }
    }

    /// Emits all text that was not emitted yet. `first` is the content of `message_start`. If no
    /// block followed `message_start`, reads this content.
    pub(super) fn finish(&mut self, first: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        if self.blocks.is_empty() {
            self.read_blocks(first, on);
        }
        for at in 0..self.blocks.len() {
            self.end_texts(at, on);
        }
    }

    /// Returns whether there is text or a tool call.
    pub(super) fn has_answer(&self) -> bool {
        self.texts.has_text || self.blocks.iter().any(Block::is_tool_call)
    }

    /// Returns the size of the blocks, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.blocks.iter().map(Block::bytes).sum()
    }

    /// Returns the calls of function tools.
    pub(super) fn tool_calls(&self) -> Vec<ToolCall> {
        let calls = self.blocks.iter().filter(|block| block.is_tool_call());
        calls.map(Block::to_tool_call).collect()
    }

    /// Takes the blocks, in the form for the next request.
    pub(super) fn take_values(&mut self) -> Vec<Value> {
        let blocks = take(&mut self.blocks).into_iter();
        blocks.filter_map(Block::into_value).collect()
    }
}

fn read_reasoning(thinking: &Option<Cow<'_, str>>, on: &mut dyn FnMut(StreamPart<'_>)) {
    if let Some(thinking) = thinking {
        on(StreamPart::Reasoning(thinking));
    }
}

/// Emits a citation as a source if it refers to a web page.
fn read_citation(citation: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
    let [url, source, title] = citation
        .fields(&["url", "source", "title"])
        .map(|field| field.and_then(Json::words));
    if let Some(url) = url.or(source).filter(|url| url.starts_with("http")) {
        on(StreamPart::Source {
            url: &url,
            title: &title.unwrap_or_default(),
        });
    }
}
