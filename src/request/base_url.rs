//! Parses the fields `baseURL` and `apiKey` of the options and of each provider. In: a JSON value.
//! Out: a [`BaseUrl`] or an [`ApiKey`].

use super::fields::describe_value;
use crate::error::{Error, Result};
use crate::json::Value;

/// An absolute URL with `http:` or `https:`.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    /// The URL without its query and without a trailing slash.
    pub url: String,
    /// The query with its `?`, or an empty string. It may contain a key.
    pub query: String,
    /// The host in lower case. If the URL has a port, includes the port.
    pub host: String,
}

impl BaseUrl {
    /// Returns the host without its port.
    pub(crate) fn host_name(&self) -> &str {
        self.host.split(':').next().unwrap_or_default()
    }
}

/// An API key of the options.
#[derive(Clone, Debug)]
pub(crate) enum ApiKey {
    /// A key that is the same for every call.
    Fixed(String),
    /// The key differs between calls. A function of the caller returns it.
    Function,
}

/// Reads `apiKey`. `true` stands for a function of the caller.
pub(super) fn api_key(path: &str, value: &Value) -> Result<ApiKey> {
    if matches!(value, Value::Bool(true)) {
        return Ok(ApiKey::Function);
    }
    let key = value.as_str().and_then(key_text);
    key.map(ApiKey::Fixed).ok_or_else(|| {
        Error::invalid(
            path,
            "must be a non-empty string of printable ASCII characters without spaces, quotes and backslashes, \
             or a function that returns one",
        )
    })
}

/// Removes space around a key. If the key is empty, is not printable ASCII, or contains a space, a
/// quote or a backslash, returns `None`.
///
/// The key becomes a header. If the key contained a line break, `fetch` would throw an error that
/// contains the key. If it contained quotes or backslashes, JSON would escape them, and the
/// redaction of keys would not find the escaped form.
pub(crate) fn key_text(text: &str) -> Option<String> {
    let key = text.trim();
    let is_printable = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    let is_valid = !key.is_empty() && key.bytes().all(is_printable);
    is_valid.then(|| key.to_owned())
}

/// Reads a base URL. Fails if it has a fragment or credentials.
pub(super) fn base_url(path: &str, value: &Value) -> Result<BaseUrl> {
    let reject = |why: &str| {
        Err(Error::invalid(
            path,
            &format!("must be an absolute http: or https: URL; {why}"),
        ))
    };
    let Some(url) = value.as_str().map(str::trim) else {
        return reject(&format!("got {}", describe_value(value)));
    };
    let query_at = url.find('?').unwrap_or(url.len());
    let (address, query) = url.split_at_checked(query_at).unwrap_or((url, ""));
    let lower = address.to_ascii_lowercase();
    let Some(rest) = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"))
    else {
        return reject("it begins with neither");
    };
    if url
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '#' | '<' | '>' | '"'))
    {
        return reject("it must have no spaces or fragment");
    }
    let host = rest.split('/').next().unwrap_or_default();
    if host.contains('@') {
        return reject("it must have no credentials; the key goes into `apiKey`");
    }
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    let is_port_valid = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let is_ipv6 = name.starts_with('[') && name.ends_with(']') && name.len() > 2;
    if name.is_empty() || !is_port_valid || (!is_ipv6 && name.contains([':', '[', ']'])) {
        return reject("its host or port is malformed");
    }
    Ok(BaseUrl {
        url: address.trim_end_matches('/').to_owned(),
        query: if query == "?" {
            String::new()
        } else {
            query.to_owned()
        },
        host: host.to_owned(),
    })
}
