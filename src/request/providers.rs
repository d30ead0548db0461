//! `options.providers`: who answers calls, by name.

use crate::json::Value;

use super::fields::{self, Fields};
use super::options::{api_key, base_url};
use crate::error::{Error, Result};
use crate::provider::dialect::Dialect;
use crate::provider::{Host, Provider, registry};

/// Reads them all. A built-in name needs no more than its key; another one a base URL, or a function that answers.
pub fn parse(path: &str, value: &Value) -> Result<Vec<Provider>> {
    let mut providers = Vec::new();
    for (name, value) in fields::object(path, value)?.iter() {
        providers.push(read(path, name, value)?);
    }
    Ok(providers)
}

fn read(path: &str, name: &str, value: &Value) -> Result<Provider> {
    let path = &format!("{path}.{name}");
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')) {
        return Err(Error::invalid(path, "has a name that must be of small letters, digits, `_` and `-`"));
    }
    let mut fields = Fields::of(path, value, path, "an object with `baseURL`, `apiKey`, `dialect`, `headers`, `fetch`, `max_concurrency`")?;
    let given = fields.parsed("baseURL", base_url);
    let key = fields.parsed("apiKey", api_key);
    let dialect = fields.parsed("dialect", dialect);
    let headers = fields.parsed("headers", headers).unwrap_or_default();
    // A function stands here as `true`.
    let is_function = fields.boolean("fetch").unwrap_or(false);
    let max_concurrency = fields.integer("max_concurrency", 1..=1000).map(|limit| limit as usize);
    fields.finish()?;

    let known = Provider::known(name);
    let mut provider = match (&known, &given) {
        (Some(known), _) => known.clone(),
        (None, None) if !is_function => {
            let rule = format!("is missing; without it a provider is one of {}, or has a `fetch` that answers", registry::names());
            return Err(Error::invalid(&format!("{path}.baseURL"), &rule));
        }
        (None, _) => Provider {
            name: name.to_owned(),
            key_field: format!("{path}.apiKey"),
            base_url: format!("https://{}.invalid", name.replace('_', "-")),
            api_key: None,
            headers: Vec::new(),
            dialect: Dialect::Chat,
            host: Host::Other,
            is_function,
            max_concurrency: None,
            app: Default::default(),
            limits: Default::default(),
        },
    };
    if let Some((url, host)) = given {
        provider.host = Host::of(host.split(':').next().unwrap_or_default());
        provider.base_url = url;
    }
    provider.dialect = dialect.unwrap_or(provider.dialect);
    (provider.max_concurrency, provider.is_function) = (max_concurrency, is_function);
    (provider.api_key, provider.headers) = (key, headers);
    Ok(provider)
}

fn dialect(path: &str, value: &Value) -> Result<Dialect> {
    match value.as_str() {
        Some("chat") => Ok(Dialect::Chat),
        Some("responses") => Ok(Dialect::Responses),
        Some("messages") => Ok(Dialect::Messages),
        _ => Err(Error::invalid(path, "must be chat, responses or messages")),
    }
}

/// Names and values go out as they are, so a stray line end must not.
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
