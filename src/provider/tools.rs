//! Converts research tools to the form of each provider.
//!
//! In: the `tools` of a request, in OpenRouter's form. Out: a [`ToolSet`]. If a provider does not
//! host a tool but the caller has a callback for the tool, the tool becomes a function tool.
//!
//! The forms follow the documentation of the providers:
//!
//! <https://openrouter.ai/docs/guides/features/server-tools>,
//! <https://developers.openai.com/api/docs/guides/tools-web-search>,
//! <https://docs.claude.com/en/docs/agents-and-tools/tool-use/web-search-tool>,
//! <https://docs.x.ai/docs/guides/tools/search-tools>

use memchr::memmem;

use crate::json::{Map, Value, json};

use crate::provider::{Provider, Vendor};
use crate::request::Dialect;

const SEARCH: &str = "openrouter:web_search";
const FETCH: &str = "openrouter:web_fetch";

/// Returns the default tools of the panel and the analyst.
pub(crate) fn default_tools() -> Vec<Value> {
    vec![json!({"type": SEARCH}), json!({"type": FETCH})]
}

/// The tools of a model at one provider.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ToolSet {
    /// Hosted tools, which the provider runs. They have the form of the provider's API.
    pub hosted: Vec<Value>,
    /// Function tools, which this library or its caller runs. They have the form of Chat
    /// Completions.
    pub functions: Vec<Value>,
    /// Positions of the request's tools that neither the provider nor the caller can run.
    pub unsupported: Vec<usize>,
}

impl ToolSet {
    /// Creates the tool set of `provider`.
    ///
    /// `tools` are valid entries of the request. `handlers` are the names of the caller's
    /// callbacks. `max_uses` is the maximum number of uses of a tool. It has no effect with a
    /// provider that does not count uses.
    pub(crate) fn for_provider(
        tools: &[Value],
        provider: &Provider,
        handlers: &[String],
        max_uses: u64,
    ) -> Self {
        let mut set = Self::default();
        let has = |kind: &str| tools.iter().any(|tool| kind_of(tool) == kind);
        for (position, tool) in tools.iter().enumerate() {
            let kind = kind_of(tool);
            let parameters = tool.get("parameters").and_then(Value::as_object);
            if kind == "function" {
                set.functions.push(tool.clone());
            } else if let Some(hosted) = hosted(provider, kind, tool, parameters, max_uses) {
                set.hosted.push(hosted);
            } else if kind == FETCH && searches_by_itself(provider) && has(SEARCH) {
                // Add nothing, because the provider's search tool also opens pages.
            } else if let Some(function) = function(kind, handlers) {
                set.functions.push(function);
            } else {
                set.unsupported.push(position);
            }
        }
        set
    }

    /// Returns the tools that search the web or open pages.
    pub(crate) fn web_tools(&self) -> Self {
        let is_hosted = |tool: &&Value| {
            let kind = kind_of(tool).as_bytes();
            [&b"web_search"[..], b"web_fetch"]
                .iter()
                .any(|name| memmem::find(kind, name).is_some())
        };
        let is_function =
            |tool: &&Value| matches!(function_name(tool), Some("web_search" | "web_fetch"));
        Self {
            hosted: self.hosted.iter().filter(is_hosted).cloned().collect(),
            functions: self.functions.iter().filter(is_function).cloned().collect(),
            unsupported: Vec::new(),
        }
    }

    /// Returns whether any tool returns the content of pages. The function tool `web_search` does
    /// not, because it returns only excerpts.
    pub(crate) fn opens_pages(&self) -> bool {
        let mut functions = self.functions.iter();
        !self.hosted.is_empty() || functions.any(|tool| function_name(tool) == Some("web_fetch"))
    }

    /// Returns whether there are no tools.
    pub(crate) fn is_empty(&self) -> bool {
        self.hosted.is_empty() && self.functions.is_empty()
    }
}

/// Returns the name of a function tool.
pub(crate) fn function_name(tool: &Value) -> Option<&str> {
    tool.get("function")?.get("name")?.as_str()
}

fn kind_of(tool: &Value) -> &str {
    tool.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn searches_by_itself(provider: &Provider) -> bool {
    matches!(
        (provider.vendor, provider.dialect),
        (Vendor::OpenAi | Vendor::Xai, Dialect::Responses)
    )
}

/// Returns the tool in the form of the provider's API. If the provider does not host the tool,
/// returns `None`.
// This function is long because it is one table of providers.
fn hosted(
    provider: &Provider,
    kind: &str,
    tool: &Value,
    parameters: Option<&Map>,
    max_uses: u64,
) -> Option<Value> {
    let parameter = |name: &str| {
        parameters
            .and_then(|parameters| parameters.get(name))
            .cloned()
    };
    let copy_parameters = |names: &[(&str, &str)], into: &mut Value| {
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
            copy_parameters(
                &[
                    ("search_context_size", "search_context_size"),
                    ("user_location", "user_location"),
                ],
                &mut search,
            );
            let mut filters = json!({});
            copy_parameters(&[("allowed_domains", "allowed_domains")], &mut filters);
            if let Some(fields) = search.as_object_mut().filter(|_| filters != json!({})) {
                fields.insert("filters", filters);
            }
            Some(search)
        }
        (Vendor::Anthropic, Dialect::Messages) if kind == SEARCH || kind == FETCH => {
            let (version, name) = if kind == SEARCH {
                ("web_search_20250305", "web_search")
            } else {
                ("web_fetch_20250910", "web_fetch")
            };
            let mut anthropic = json!({"type": version, "name": name, "max_uses": max_uses});
            let names = [
                ("max_uses", "max_uses"),
                ("allowed_domains", "allowed_domains"),
                ("excluded_domains", "blocked_domains"),
                ("blocked_domains", "blocked_domains"),
            ];
            copy_parameters(&names, &mut anthropic);
            let own_parameter = if kind == SEARCH {
                "user_location"
            } else {
                "max_content_tokens"
            };
            copy_parameters(&[(own_parameter, own_parameter)], &mut anthropic);
            Some(anthropic)
        }
        _ => None,
    }
}

/// Returns the tool as a function tool. If the caller has no callback for the tool, returns `None`.
fn function(kind: &str, handlers: &[String]) -> Option<Value> {
    let (name, description, argument, meaning) = match kind {
        SEARCH => (
            "web_search",
            "Searches the web. Returns titles, addresses and excerpts of pages.",
            "query",
            "What to search for",
        ),
        FETCH => (
            "web_fetch",
            "Opens a web page and returns its text.",
            "url",
            "The absolute address of the page, http or https",
        ),
        _ => return None,
    };
    handlers.iter().any(|handler| handler == name).then(|| {
        let mut properties = json!({argument: {"type": "string", "description": meaning}});
        if let Some(properties) = properties.as_object_mut().filter(|_| kind == FETCH) {
            let meaning = "Where to read on: the number that the end of a long page names";
            let offset = json!({"type": "integer", "description": meaning});
            properties.insert("offset", offset);
        }
        let parameters = json!({
            "type": "object",
            "properties": properties,
            "required": [argument],
            "additionalProperties": false
        });
        json!({
            "type": "function",
            "function": {"name": name, "description": description, "parameters": parameters}
        })
    })
}
