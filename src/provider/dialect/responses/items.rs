//! Finds the output item that an event refers to.

use std::borrow::Cow;
use std::mem::take;

use crate::json::{Json, Value, end_of_strings};
use crate::provider::dialect::responses::event::ItemRef;
use crate::provider::dialect::responses::item::Item;
use crate::result::ToolCall;

/// Maximum number of output items of one response. Each event is compared with all items, so a long
/// list of items would take quadratic time.
pub(super) const MAX_ITEMS: usize = 1_000;

/// The output items of one response.
#[derive(Debug, Default)]
pub(super) struct Items {
    items: Vec<Item>,
    /// Whether the text of any item may end with half of a surrogate pair.
    has_half_pairs: bool,
}

impl Items {
    /// Returns the position of the item that an event refers to. If the item is unknown, adds it.
    /// If there are too many items, returns `None`.
    pub(super) fn find(&mut self, kind: &str, item_ref: ItemRef<'_>) -> Option<usize> {
        let ItemRef { id, index, is_new } = item_ref;
        let is_same = |item: &Item| !id.is_empty() && item.id == id;
        let is_candidate = |item: &Item| {
            let is_other_call = kind == "function_call" && !id.is_empty() && !item.id.is_empty();
            item.kind == kind
                && item.raw.is_empty()
                && !is_other_call
                && (item.index == index || item.index.is_none() || index.is_none())
        };
        let known = self.items.iter().rposition(is_same);
        let known = known.or_else(|| {
            if is_new {
                None
            } else {
                self.items.iter().rposition(is_candidate)
            }
        });
        if known.is_none() && self.items.len() < MAX_ITEMS {
            self.items.push(Item {
                kind: kind.to_owned(),
                id: id.into_owned(),
                index,
                ..Item::default()
            });
            return Some(self.items.len() - 1);
        }
        known
    }

    /// Returns the item that an event refers to. See [`Items::find`].
    pub(super) fn item(&mut self, kind: &str, item_ref: ItemRef<'_>) -> Option<&mut Item> {
        let at = self.find(kind, item_ref)?;
        self.items.get_mut(at)
    }

    /// Returns the position of an item of the final response. If the item is unknown, adds it. If
    /// the item was already read, returns `None`.
    ///
    /// `streamed` is the number of items that arrived before the final response. If one of them has
    /// the same type, assumes that it is the same item with another id, and returns `None`.
    pub(super) fn find_open(&mut self, json: Json<'_>, streamed: usize) -> Option<usize> {
        let [kind, id, call_id] = json
            .fields(&["type", "id", "call_id"])
            .map(|name| name.and_then(Json::str).unwrap_or_default());
        let is_same = |item: &Item| {
            (!id.is_empty() && item.id == id) || (!call_id.is_empty() && item.call_id == call_id)
        };
        let known = self.items.iter().position(is_same);
        let is_streamed = |item: &Item| item.kind == kind;
        let at = if known.is_some() || self.items.iter().take(streamed).any(is_streamed) {
            known
        } else {
            let item_ref = ItemRef {
                id,
                index: None,
                is_new: true,
            };
            self.find(&kind, item_ref)
        };
        at.filter(|at| self.items.get(*at).is_some_and(|item| item.raw.is_empty()))
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Item> {
        self.items.get_mut(at)
    }

    /// Returns the text of a delta of the item at position `at`. See [`Item::read_delta`].
    pub(super) fn read_delta<'a>(&mut self, at: Option<usize>, delta: Json<'a>) -> Cow<'a, str> {
        let Some(item) = at.and_then(|at| self.items.get_mut(at)) else {
            return Cow::Borrowed("");
        };
        let text = item.read_delta(delta);
        self.has_half_pairs |= item.high.is_some();
        text
    }

    /// Ends the deltas. If the text of an item ends with half of a surrogate pair, emits U+FFFD for
    /// this item.
    pub(super) fn end_deltas(&mut self, on: &mut dyn FnMut(&mut Item, &str)) {
        if take(&mut self.has_half_pairs) {
            for item in &mut self.items {
                let rest = end_of_strings(&mut item.high);
                if !rest.is_empty() {
                    on(item, rest);
                }
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Item> {
        self.items.iter()
    }

    /// Returns the size of the tool calls, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.items
            .iter()
            .map(|item| item.name.len() + item.arguments.len())
            .sum()
    }

    /// Returns the items that the next request must send back unchanged and in order. If all items
    /// are messages and function calls, returns an empty list, because the tool loop's `Step` also
    /// contains their data.
    pub(super) fn continuation(&self) -> Vec<Value> {
        let is_incomplete_call =
            |item: &Item| item.is_tool_call() && (item.raw.is_empty() || item.call_id.is_empty());
        let is_other = |item: &Item| !matches!(&*item.kind, "message" | "function_call");
        if self.items.iter().any(is_incomplete_call) || !self.items.iter().any(is_other) {
            return Vec::new();
        }
        let items = self.items.iter().filter_map(|item| item.raw.parse().ok());
        let items: Vec<Value> = items.collect();
        // If there are no function calls, the items are sent back only if they contain encrypted
        // reasoning.
        let is_encrypted = |item: &Value| {
            let data = item.get("encrypted_content").and_then(Value::as_str);
            data.is_some_and(|data| !data.is_empty())
        };
        if !self.items.iter().any(Item::is_tool_call) && !items.iter().any(is_encrypted) {
            return Vec::new();
        }
        items
    }

    /// Takes the calls of function tools, in the order in which the model made them.
    pub(super) fn take_tool_calls(&mut self) -> Vec<ToolCall> {
        let mut calls = Vec::new();
        let items = take(&mut self.items).into_iter();
        for item in items.filter(Item::is_tool_call) {
            let ids = [item.call_id, item.id, format!("call_{}", calls.len())];
            let id = ids.into_iter().find(|id| !id.is_empty());
            calls.push(ToolCall {
                id: id.unwrap_or_default(),
                name: item.name,
                arguments: item.arguments,
            });
        }
        calls
    }
}
