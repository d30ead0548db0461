//! `baseURL` and `apiKey`, of the options and of each provider.

use super::fields::kind;
use crate::error::{Error, Result};
use crate::json::Value;

/// An absolute http: or https: URL.
#[derive(Clone, Debug)]
pub struct BaseUrl {
    /// Without a slash at its end.
    pub url: String,
    /// Lower case, with the port if there is one.
    pub host: String,
}

impl BaseUrl {
    /// Returns the host without its port.
    pub fn host_name(&self) -> &str {
        self.host.split(':').next().unwrap_or_default()
    }
}

/// It goes into a header, where a stray line end would make `fetch` throw with the key in its message; and what JSON escapes would hide
/// an echo of it.
pub fn api_key(path: &str, value: &Value) -> Result<String> {
    match value.as_str().map(str::trim) {
        Some(key) if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) => {
            Ok(key.to_owned())
        }
        _ => Err(Error::invalid(path, "must be a non-empty string of printable ASCII characters without spaces, quotes and backslashes")),
    }
}

/// Reads a base URL. Queries and credentials are errors.
pub fn base_url(path: &str, value: &Value) -> Result<BaseUrl> {
    let refuse = |why: &str| Err(Error::invalid(path, &format!("must be an absolute http: or https: URL; {why}")));
    let Some(url) = value.as_str().map(str::trim) else { return refuse(&format!("got {}", kind(value))) };
    let lower = url.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return refuse("it begins with neither");
    };
    if url.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '?' | '#' | '<' | '>' | '"')) {
        return refuse("it must have no spaces, query or fragment");
    }
    let host = rest.split('/').next().unwrap_or_default();
    if host.contains('@') {
        return refuse("it must have no credentials; the key goes into `apiKey`");
    }
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    let port_is_right = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let is_v6 = name.starts_with('[') && name.ends_with(']') && name.len() > 2;
    if name.is_empty() || !port_is_right || (!is_v6 && name.contains([':', '[', ']'])) {
        return refuse("its host or port is malformed");
    }
    Ok(BaseUrl { url: url.trim_end_matches('/').to_owned(), host: host.to_owned() })
}
