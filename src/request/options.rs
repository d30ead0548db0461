//! The part of `FusionOptions` that is data. Functions and signals stay in JavaScript.

use serde_json::Value;

use super::fields::{self, Fields, kind};
use crate::error::{Error, Result};
use crate::provider::dialect::Dialect;
use crate::provider::prices::Prices;
use crate::provider::{Host, Provider};

const OPENROUTER: &str = "https://openrouter.ai/api/v1";

/// Validated options.
#[derive(Clone, Debug)]
pub struct Options {
    /// Answers every call of the run.
    pub provider: Provider,
    /// What the caller says models cost.
    pub prices: Prices,
}

/// Attribution. <https://openrouter.ai/docs/app-attribution>
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct App {
    pub title: Option<String>,
    pub url: Option<String>,
    pub categories: Vec<String>,
}

/// How much of an answer is read.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Limits {
    pub line_bytes: usize,
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line_bytes: 8 << 20, body_bytes: 64 << 20 }
    }
}

impl Options {
    /// Reads the options; a `null` is an empty object.
    pub fn parse(value: &Value) -> Result<Self> {
        let empty = Value::Object(Default::default());
        let value = if value.is_null() { &empty } else { value };
        let mut fields = Fields::of("", value, "options", "an object")?;
        fields.not_yet(&["presets", "providers", "toolHandlers"])?;
        let api_key = fields.parsed("apiKey", api_key)?;
        let (base_url, host_name) = match fields.parsed("baseURL", base_url)? {
            Some(parsed) => parsed,
            None => base_url("baseURL", &OPENROUTER.into())?,
        };
        let host = Host::of(host_name.split(':').next().unwrap_or_default());
        let app = fields.parsed("app", App::parse)?.unwrap_or_default();
        let limits = fields.parsed("limits", Limits::parse)?.unwrap_or_default();
        let prices = fields.parsed("prices", prices)?.unwrap_or_default();
        fields.finish()?;
        if api_key.is_none() && host == Host::OpenRouter {
            return Err(Error::invalid("apiKey", "is missing; OpenRouter needs one (https://openrouter.ai/keys)"));
        }
        // Browsers open six connections to one host over HTTP/1.1, which plain http always is.
        let max_concurrency = base_url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:")).then_some(6);
        let name = if host == Host::OpenRouter { "openrouter".to_owned() } else { host_name };
        Ok(Self { provider: Provider { name, base_url, api_key, dialect: Dialect::Chat, host, max_concurrency, app, limits }, prices })
    }
}

fn prices(path: &str, value: &Value) -> Result<Prices> {
    let mut prices = Prices::default();
    for (model, pricing) in &fields::object(path, value)? {
        prices.insert(&format!("{path}[\"{model}\"]"), model, pricing)?;
    }
    Ok(prices)
}

/// It goes into a header, where a stray line end would make `fetch` throw with the key in its message; and what JSON escapes would hide
/// an echo of it.
fn api_key(path: &str, value: &Value) -> Result<String> {
    match value.as_str().map(str::trim) {
        Some(key) if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) => {
            Ok(key.to_owned())
        }
        _ => Err(Error::invalid(path, "must be a non-empty string of printable ASCII characters without spaces, quotes and backslashes")),
    }
}

/// The URL without a slash at its end, and its host with port.
fn base_url(path: &str, value: &Value) -> Result<(String, String)> {
    let refuse = |why: &str| Err(Error::invalid(path, format!("must be an absolute http: or https: URL; {why}")));
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
    Ok((url.trim_end_matches('/').to_owned(), host.to_owned()))
}

impl App {
    fn parse(path: &str, value: &Value) -> Result<Self> {
        let mut fields = Fields::of(path, value, path, "an object with `title`, `url`, `categories`")?;
        let app = Self {
            title: fields.parsed("title", header_text)?,
            url: fields.parsed("url", header_text)?,
            categories: fields.array("categories", 0..=10, "words", header_text)?.unwrap_or_default(),
        };
        fields.finish()?;
        Ok(app)
    }

    /// As OpenRouter names them.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        let categories = (!self.categories.is_empty()).then(|| self.categories.join(","));
        [("http-referer", self.url.clone()), ("x-openrouter-title", self.title.clone()), ("x-openrouter-categories", categories)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }
}

fn header_text(path: &str, value: &Value) -> Result<String> {
    match value.as_str() {
        Some(text) if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => Ok(text.to_owned()),
        _ => Err(Error::invalid(path, "must be a string of printable ASCII characters, as it becomes a header")),
    }
}

impl Limits {
    fn parse(path: &str, value: &Value) -> Result<Self> {
        let mut fields = Fields::of(path, value, path, "an object with `line_bytes`, `body_bytes`")?;
        let default = Limits::default();
        let mut bytes =
            |name: &str, default: usize| Ok(fields.integer(name, 1..=u64::from(u32::MAX >> 1))?.map_or(default, |bytes| bytes as usize));
        let limits = Self { line_bytes: bytes("line_bytes", default.line_bytes)?, body_bytes: bytes("body_bytes", default.body_bytes)? };
        fields.finish()?;
        Ok(limits)
    }
}
