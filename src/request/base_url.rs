//! Parses `baseURL` and `apiKey`: a JSON value in, a [`BaseUrl`] or a key out. Both the options and
//! each provider have these fields.

use super::fields::describe_value;
use crate::error::{Error, Result};
use crate::json::Value;

/// An absolute http: or https: URL.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    /// The whole URL, without a trailing slash.
    pub url: String,
    /// Host in lower case, with the port if the URL has one.
    pub host: String,
}

impl BaseUrl {
    /// Returns the host without its port.
    pub(crate) fn host_name(&self) -> &str {
        self.host.split(':').next().unwrap_or_default()
    }
}

/// Reads an API key. Fails unless it is non-empty printable ASCII without spaces, quotes and
/// backslashes.
///
/// The key becomes a header: a line end would make `fetch` throw an error that contains the key.
/// JSON escapes quotes and backslashes, so a redaction of the key would not find the escaped form.
pub(super) fn api_key(path: &str, value: &Value) -> Result<String> {
    match value.as_str().map(str::trim) {
        Some(key)
            if !key.is_empty()
                && key
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) =>
        {
            Ok(key.to_owned())
        }
        _ => Err(Error::invalid(
            path,
            "must be a non-empty string of printable ASCII characters without spaces, quotes and backslashes",
        )),
    }
}

/// Reads a base URL. Fails if it has a query, a fragment or credentials.
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
    let lower = url.to_ascii_lowercase();
    let Some(rest) = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"))
    else {
        return reject("it begins with neither");
    };
    if url.chars().any(|c| {
        c.is_whitespace() || c.is_control() || matches!(c, '\\' | '?' | '#' | '<' | '>' | '"')
    }) {
        return reject("it must have no spaces, query or fragment");
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
        url: url.trim_end_matches('/').to_owned(),
        host: host.to_owned(),
    })
}
