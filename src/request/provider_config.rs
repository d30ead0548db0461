//! `options.providers`: the providers that the caller configures, by name.

use crate::json::Value;

use super::base_url::{BaseUrl, api_key, base_url};
use super::fields::{self, Fields};
use crate::error::{Error, Result};

/// A wire format. The set is closed, so it is an enum with one `match` per operation (`provider::dialect`) and no trait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI Chat Completions, and OpenRouter's superset of it.
    Chat,
    /// Anthropic Messages.
    Messages,
    /// OpenAI Responses, and OpenRouter's superset of it.
    Responses,
}

/// One entry of `options.providers`, validated by itself. `plan` makes a provider of it.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Lower-case ASCII letters, digits, `_` and `-`.
    pub name: String,
    /// The field in the options, for error messages.
    pub path: String,
    /// Required unless the name is a built-in one or the provider is a function.
    pub base_url: Option<BaseUrl>,
    /// Sent as the dialect wants it.
    pub api_key: Option<String>,
    /// The built-in provider's, or Chat.
    pub dialect: Option<Dialect>,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    /// A `fetch` of the caller answers instead of the network.
    pub is_function: bool,
    /// Panelists that may call it at a time.
    pub max_concurrency: Option<usize>,
}

/// Reads all entries.
pub fn parse(path: &str, value: &Value) -> Result<Vec<ProviderConfig>> {
    let mut providers = Vec::new();
    for (name, value) in fields::object(path, value)?.iter() {
        providers.push(read(path, name, value)?);
    }
    Ok(providers)
}

fn read(path: &str, name: &str, value: &Value) -> Result<ProviderConfig> {
    let path = &format!("{path}.{name}");
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')) {
        return Err(Error::invalid(path, "has a name that must be of small letters, digits, `_` and `-`"));
    }
    let mut fields = Fields::of(path, value, path, "an object with `baseURL`, `apiKey`, `dialect`, `headers`, `fetch`, `max_concurrency`")?;
    let config = ProviderConfig {
        name: name.to_owned(),
        path: path.clone(),
        base_url: fields.parsed("baseURL", base_url),
        api_key: fields.parsed("apiKey", api_key),
        dialect: fields.parsed("dialect", dialect),
        headers: fields.parsed("headers", headers).unwrap_or_default(),
        // JavaScript replaces the function by `true`.
        is_function: fields.boolean("fetch").unwrap_or(false),
        max_concurrency: fields.integer("max_concurrency", 1..=1000).map(|limit| limit as usize),
    };
    fields.finish()?;
    Ok(config)
}

fn dialect(path: &str, value: &Value) -> Result<Dialect> {
    match value.as_str() {
        Some("chat") => Ok(Dialect::Chat),
        Some("responses") => Ok(Dialect::Responses),
        Some("messages") => Ok(Dialect::Messages),
        _ => Err(Error::invalid(path, "must be chat, responses or messages")),
    }
}

/// Reads headers. They are sent unchanged, so a line end in a value is an error.
fn headers(path: &str, value: &Value) -> Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    for (name, value) in fields::object(path, value)?.iter() {
        let is_token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        match value.as_str() {
            Some(text) if is_token && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => {
                headers.push((name.to_ascii_lowercase(), text.trim().to_owned()));
            }
            _ => {
                return Err(Error::invalid(
                    &format!("{path}[\"{name}\"]"),
                    "must be a header's name with a string of printable ASCII characters",
                ));
            }
        }
    }
    Ok(headers)
}
