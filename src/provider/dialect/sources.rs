//! Reads the lists of sources that providers send with the answer.
//!
//! In: an object, such as a chunk, a choice or a message. Out: one [`StreamPart::Source`] for each
//! web page.
//!
//! Specifications:
//! - `citations`, `search_results`:
//!   <https://docs.perplexity.ai/api-reference/chat-completions-post>,
//!   <https://docs.x.ai/docs/guides/live-search>
//! - `web_search`: <https://docs.z.ai/api-reference/llm/chat-completion>
//! - `context.citations`:
//!   <https://learn.microsoft.com/azure/ai-foundry/openai/references/on-your-data>

use std::borrow::Cow;

use crate::json::Json;
use crate::provider::dialect::types::StreamPart;

/// The number of lists. [`NAMES`] begins with the lists that contain titles, because the first
/// title of a page is kept.
const LISTS: usize = 5;
/// The names of the lists. The last two names are of objects that may contain such lists.
pub(super) const NAMES: [&str; LISTS + 2] = [
    "search_results",
    "search_sources",
    "web_search",
    "references",
    "citations",
    "context",
    "search_info",
];
/// Maximum number of sources that are read from the lists of one response. The number is limited,
/// because each source is compared with all others.
const MAX_LISTED: usize = 10_000;

/// Reads the lists of one response.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The last list of each name. Some providers repeat the same list with each chunk.
    last: [String; LISTS],
    count: usize,
}

impl Sources {
    /// Reads the lists in an object and in the objects inside it.
    pub(super) fn read(&mut self, json: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
        self.read_fields(json.fields(&NAMES), on);
    }

    /// Reads the fields [`NAMES`] of an object.
    pub(super) fn read_fields(
        &mut self,
        fields: [Option<Json<'_>>; NAMES.len()],
        on: &mut dyn FnMut(StreamPart<'_>),
    ) {
        let [lists @ .., context, info] = fields;
        self.read_lists(lists, on);
        for nested in [context, info].into_iter().flatten() {
            let [lists @ .., _, _] = nested.fields(&NAMES);
            self.read_lists(lists, on);
        }
    }

    fn read_lists(&mut self, lists: [Option<Json<'_>>; LISTS], on: &mut dyn FnMut(StreamPart<'_>)) {
        for (list, last) in lists.into_iter().zip(&mut self.last) {
            let Some(list) = list.filter(|list| list.raw() != last) else {
                continue;
            };
            list.raw().clone_into(last);
            for item in list.items() {
                self.count += 1;
                if self.count > MAX_LISTED {
                    return;
                }
                emit(item, on);
            }
        }
    }
}

/// Emits a source. `item` is a URL, or an object with a URL.
fn emit(item: Json<'_>, on: &mut dyn FnMut(StreamPart<'_>)) {
    let item = item.get("url_citation").unwrap_or(item);
    let [url, uri, link, title] = item
        .fields(&["url", "uri", "link", "title"])
        .map(|field| field.and_then(Json::words));
    let url = url.or(uri).or(link).or_else(|| item.words());
    let is_page = |url: &Cow<'_, str>| {
        let url = url.to_ascii_lowercase();
        url.starts_with("http://") || url.starts_with("https://")
    };
    if let Some(url) = url.filter(is_page) {
        on(StreamPart::Source {
            url: &url,
            title: &title.unwrap_or_default(),
        });
    }
}
