//! The research tools that providers host.

use serde_json::{Value, json};

use crate::provider::Host;

/// What a panelist and the analyst get when the request does not say.
pub fn default_tools(host: Host) -> Vec<Value> {
    match host {
        Host::OpenRouter => vec![json!({"type": "openrouter:web_search"}), json!({"type": "openrouter:web_fetch"})],
        Host::OpenAi | Host::Other => Vec::new(),
    }
}
