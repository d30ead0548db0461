//! Reads the fields that the events of a response have in common.

use std::borrow::Cow;

use crate::json::Json;

/// One event of a response.
pub(super) struct Event<'a> {
    /// The event's type. Empty for a response object that is not in an event, and for a proxy's own
    /// error.
    pub kind: Cow<'a, str>,
    /// The item that the event refers to.
    pub item: ItemRef<'a>,
    /// The position of the content part inside its item.
    pub part: Option<u64>,
    /// The text that the event adds. It is never an empty string.
    pub delta: Option<Json<'a>>,
    /// All fields of the event.
    pub json: Json<'a>,
}

/// The fields by which an event refers to an item. Some servers send no index. Some servers change
/// the id of an item with every event.
#[derive(Clone, Debug)]
pub(super) struct ItemRef<'a> {
    pub id: Cow<'a, str>,
    pub index: Option<u64>,
    /// Whether the event starts a new item.
    pub is_new: bool,
}

impl<'a> Event<'a> {
    /// Reads an event. If the JSON has no type, the type is `name`.
    pub(super) fn new(name: &'a str, json: Json<'a>) -> Self {
        let [kind, delta, id, index, part] =
            json.fields(&["type", "delta", "item_id", "output_index", "content_index"]);
        Self {
            kind: kind.and_then(Json::words).unwrap_or(Cow::Borrowed(name)),
            item: ItemRef {
                id: id.and_then(Json::str).unwrap_or_default(),
                index: index.and_then(Json::as_u64),
                is_new: false,
            },
            part: part.and_then(Json::as_u64),
            delta: delta.and_then(|delta| {
                let texts = [Some(delta), delta.get("text")];
                let is_text = |text: &Json<'_>| text.raw().len() > 2 && text.raw().starts_with('"');
                texts.into_iter().flatten().find(is_text)
            }),
            json,
        }
    }

    /// Returns the response object. This is the event's field `response`. If this field is missing,
    /// it is the event itself.
    pub(super) fn response(&self) -> Json<'a> {
        self.json.get("response").unwrap_or(self.json)
    }
}
