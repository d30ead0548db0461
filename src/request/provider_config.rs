//! Parses `options.providers`. In: an object with one entry for each name. Out: a list of
//! [`ProviderConfig`].

use crate::json::Value;

use super::base_url::{ApiKey, BaseUrl, api_key, base_url};
use super::fields::{self, Fields};
use crate::error::{Error, Result};

/// A wire format. This is an enum and not a trait, because callers cannot add formats.
/// `provider::dialect` has one `match` for each operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// OpenAI Chat Completions, with OpenRouter's additions.
    Chat,
    /// Anthropic Messages.
    Messages,
    /// OpenAI Responses, with OpenRouter's additions.
    Responses,
}

impl Dialect {
    /// Returns the dialect's name in options and in the table of providers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Messages => "messages",
            Self::Responses => "responses",
        }
    }

    /// Returns the dialect that has this name in options and in the table of providers.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "chat" => Some(Self::Chat),
            "messages" => Some(Self::Messages),
            "responses" => Some(Self::Responses),
            _ => None,
        }
    }
}

/// One validated entry of `options.providers`. `plan` builds a provider from it.
#[derive(Clone, Debug)]
pub(crate) struct ProviderConfig {
    /// The name: lower-case ASCII letters, digits, `_` and `-`.
    pub name: String,
    /// The path of the entry in the options, for error messages.
    pub path: String,
    /// The base URL. If `None`, the base URL of the built-in provider with this name is used.
    pub base_url: Option<BaseUrl>,
    /// The API key. The dialect defines the header that contains it.
    pub api_key: Option<ApiKey>,
    /// The dialect. If `None`, the dialect of the built-in provider with this name is used. If
    /// there is no such provider, [`Dialect::Chat`] is used.
    pub dialect: Option<Dialect>,
    /// Additional headers, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// Whether the entry has a `fetch` function of the caller. This function then sends or answers
    /// the requests.
    pub is_function: bool,
    /// Maximum number of panelists that call the provider at the same time.
    pub max_concurrency: Option<usize>,
}

/// Reads all entries.
pub(super) fn parse(path: &str, value: &Value) -> Result<Vec<ProviderConfig>> {
    let mut providers = Vec::new();
    for (name, value) in fields::object(path, value)?.iter() {
        providers.push(read(path, name, value)?);
    }
    Ok(providers)
}

fn read(path: &str, name: &str, value: &Value) -> Result<ProviderConfig> {
    let path = &format!("{path}.{name}");
    if name.is_empty()
        || !name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
        })
    {
        return Err(Error::invalid(
            path,
            "has a name that must be of small letters, digits, `_` and `-`",
        ));
    }
    let mut fields = Fields::new(
        path,
        value,
        path,
        "an object with `baseURL`, `apiKey`, `dialect`, `headers`, `fetch`, `max_concurrency`",
    )?;
    let config = ProviderConfig {
        name: name.to_owned(),
        path: path.clone(),
        base_url: fields.parse_with("baseURL", base_url),
        api_key: fields.parse_with("apiKey", api_key),
        dialect: fields.parse_with("dialect", dialect),
        headers: fields.parse_with("headers", headers).unwrap_or_default(),
        // JavaScript replaces the caller's function by `true`.
        is_function: fields.boolean("fetch").unwrap_or(false),
        max_concurrency: fields
            .integer("max_concurrency", 1..=1000)
            .map(|limit| limit as usize),
    };
    fields.finish()?;
    Ok(config)
}

fn dialect(path: &str, value: &Value) -> Result<Dialect> {
    let named = value.as_str().and_then(Dialect::named);
    named.ok_or_else(|| Error::invalid(path, "must be chat, responses or messages"))
}

/// Reads headers. Fails if a name or a value contains characters that a header must not contain,
/// such as a line break.
fn headers(path: &str, value: &Value) -> Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    for (name, value) in fields::object(path, value)?.iter() {
        let is_token = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
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
