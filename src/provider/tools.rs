//! Research tools: the same request in every provider's words. What a provider does not host becomes a function tool, where the caller
//! brings a callback for it.
//!
//! <https://openrouter.ai/docs/guides/features/server-tools>, <https://developers.openai.com/api/docs/guides/tools-web-search>,
//! <https://docs.claude.com/en/docs/agents-and-tools/tool-use/web-search-tool>, <https://docs.x.ai/docs/guides/tools/search-tools>

use crate::json::{Map, Value, json};

use crate::provider::{Provider, Vendor};
use crate::request::Dialect;

const SEARCH: &str = "openrouter:web_search";
const FETCH: &str = "openrouter:web_fetch";

/// What panel and analyst get when the request does not say.
pub fn default_tools() -> Vec<Value> {
    vec![json!({"type": SEARCH}), json!({"type": FETCH})]
}

/// What one provider's models are offered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolSet {
    /// Run by the provider; as its API takes them.
    pub hosted: Vec<Value>,
    /// Run here; in chat's form.
    pub functions: Vec<Value>,
    /// Positions of those that nobody runs.
    pub unsupported: Vec<usize>,
}

impl ToolSet {
    /// `tools`: entries that the request was read from; `handlers`: names of the caller's callbacks; `max_uses`: for providers that count uses.
    pub fn of(tools: &[Value], provider: &Provider, handlers: &[String], max_uses: u64) -> Self {
        let mut offer = Self::default();
        let has = |kind: &str| tools.iter().any(|tool| kind_of(tool) == kind);
        for (position, tool) in tools.iter().enumerate() {
            let kind = kind_of(tool);
            let parameters = tool.get("parameters").and_then(Value::as_object);
            if kind == "function" {
                offer.functions.push(tool.clone());
            } else if let Some(hosted) = hosted(provider, kind, tool, parameters, max_uses) {
                offer.hosted.push(hosted);
            } else if kind == FETCH && searches_by_itself(provider) && has(SEARCH) {
                // Their search opens pages, too.
            } else if let Some(function) = function(kind, handlers) {
                offer.functions.push(function);
            } else {
                offer.unsupported.push(position);
            }
        }
        offer
    }

    /// Whether there is nothing to call.
    pub fn is_empty(&self) -> bool {
        self.hosted.is_empty() && self.functions.is_empty()
    }
}

/// The name of a function tool.
pub fn function_name(tool: &Value) -> Option<&str> {
    tool.get("function")?.get("name")?.as_str()
}

fn kind_of(tool: &Value) -> &str {
    tool.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn searches_by_itself(provider: &Provider) -> bool {
    matches!((provider.vendor, provider.dialect), (Vendor::OpenAi | Vendor::Xai, Dialect::Responses))
}

/// The tool as the provider hosts it, if it does.
fn hosted(provider: &Provider, kind: &str, tool: &Value, parameters: Option<&Map>, max_uses: u64) -> Option<Value> {
    let parameter = |name: &str| parameters.and_then(|parameters| parameters.get(name)).cloned();
    let renamed = |names: &[(&str, &str)], into: &mut Value| {
        for (from, to) in names {
            if let (Some(value), Some(fields)) = (parameter(from), into.as_object_mut()) {
                fields.insert(to, value);
            }
        }
    };
    match (provider.vendor, provider.dialect) {
        (Vendor::OpenRouter, _) => Some(tool.clone()),
        (Vendor::OpenAi | Vendor::Xai, Dialect::Responses) if kind == SEARCH => {
            let mut search = json!({"type": "web_search"});
            renamed(&[("search_context_size", "search_context_size"), ("user_location", "user_location")], &mut search);
            let mut filters = json!({});
            renamed(&[("allowed_domains", "allowed_domains")], &mut filters);
            if let Some(fields) = search.as_object_mut().filter(|_| filters != json!({})) {
                fields.insert("filters", filters);
            }
            Some(search)
        }
        (Vendor::Anthropic, Dialect::Messages) if kind == SEARCH || kind == FETCH => {
            let (version, name) = if kind == SEARCH { ("web_search_20250305", "web_search") } else { ("web_fetch_20250910", "web_fetch") };
            let mut anthropic = json!({"type": version, "name": name, "max_uses": max_uses});
            let names = [
                ("max_uses", "max_uses"),
                ("allowed_domains", "allowed_domains"),
                ("excluded_domains", "blocked_domains"),
                ("blocked_domains", "blocked_domains"),
            ];
            renamed(&names, &mut anthropic);
            let own = if kind == SEARCH { "user_location" } else { "max_content_tokens" };
            renamed(&[(own, own)], &mut anthropic);
            Some(anthropic)
        }
        _ => None,
    }
}

/// The tool as one that we run.
fn function(kind: &str, handlers: &[String]) -> Option<Value> {
    let (name, description, argument, meaning) = match kind {
        SEARCH => ("web_search", "Searches the web. Returns titles, addresses and excerpts of pages.", "query", "What to search for"),
        FETCH => ("web_fetch", "Opens a web page and returns its text.", "url", "The absolute address of the page, http or https"),
        _ => return None,
    };
    handlers.iter().any(|handler| handler == name).then(|| {
        json!({"type": "function", "function": {"name": name, "description": description, "parameters": {
            "type": "object", "properties": {argument: {"type": "string", "description": meaning}}, "required": [argument], "additionalProperties": false
        }}})
    })
}
