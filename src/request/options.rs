//! The part of `FusionOptions` that is data. Functions and signals stay in JavaScript.

use std::rc::Rc;

use crate::json::Value;

use super::fields::{self, Fields, kind};
use super::{preset, providers};
use crate::error::{Error, Result};
use crate::provider::prices::Prices;
use crate::provider::{Host, Provider};

const OPENROUTER: &str = "openrouter";

/// Validated options.
#[derive(Clone, Debug)]
pub struct Options {
    /// Answers where a model names no other.
    pub default: Rc<Provider>,
    /// The caller's own, by name.
    pub providers: Vec<Rc<Provider>>,
    /// Names of the tools that the caller runs.
    pub tool_handlers: Vec<String>,
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
        let api_key = fields.parsed("apiKey", api_key);
        let given = fields.parsed("baseURL", base_url);
        let app = fields.parsed("app", App::parse).unwrap_or_default();
        let limits = fields.parsed("limits", Limits::parse).unwrap_or_default();
        let prices = fields.parsed("prices", prices).unwrap_or_default();
        let mut providers = fields.parsed("providers", providers::parse).unwrap_or_default();
        let tool_handlers = fields.parsed("toolHandlers", tool_handlers).unwrap_or_default();
        fields.parsed("presets", preset::validate_custom);
        fields.skip(&["fetch", "signal", "onSnapshot"]);
        fields.finish()?;
        for provider in &mut providers {
            (provider.app, provider.limits) = (app.clone(), limits);
        }
        let providers: Vec<_> = providers.into_iter().map(Rc::new).collect();
        let configured = providers.iter().find(|provider| provider.name == OPENROUTER);
        let default = match (given, configured) {
            (None, Some(configured)) if api_key.is_none() => configured.clone(),
            (given, _) => Rc::new(default_provider(api_key, given, app, limits)?),
        };
        Ok(Self { default, providers, tool_handlers, prices })
    }

    /// The provider of that name: the caller's, or a built-in one.
    pub fn provider(&self, name: &str) -> Option<Rc<Provider>> {
        let own = self.providers.iter().find(|provider| provider.name == name);
        let default = [&self.default].into_iter().find(|provider| provider.name == name);
        own.or(default).cloned().or_else(|| {
            let mut known = Provider::known(name)?;
            (known.app, known.limits) = (self.default.app.clone(), self.default.limits);
            Some(Rc::new(known))
        })
    }

    /// Splits `openai:gpt-5` at its first colon, if a provider has that name; `llama3.2:3b` stays whole.
    pub fn split<'a>(&self, model: &'a str) -> Option<(Rc<Provider>, &'a str)> {
        let (name, rest) = model.split_once(':')?;
        Some((self.provider(name)?, rest)).filter(|_| !rest.is_empty())
    }
}

fn default_provider(api_key: Option<String>, given: Option<(String, String)>, app: App, limits: Limits) -> Result<Provider> {
    let mut provider = Provider::known(OPENROUTER).ok_or_else(|| Error::invalid("baseURL", "is missing"))?;
    (provider.api_key, provider.key_field) = (api_key, "apiKey".to_owned());
    (provider.app, provider.limits) = (app, limits);
    if let Some((base_url, host_name)) = given {
        provider.base_url = base_url;
        provider.host = Host::of(host_name.split(':').next().unwrap_or_default());
        if provider.host != Host::OpenRouter {
            provider.name = host_name;
        }
    }
    Ok(provider)
}

/// JavaScript sends the names only.
fn tool_handlers(path: &str, value: &Value) -> Result<Vec<String>> {
    match value {
        Value::Array(names) => Ok(names.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()),
        _ => Err(Error::invalid(path, "must be an object of functions")),
    }
}

fn prices(path: &str, value: &Value) -> Result<Prices> {
    let mut prices = Prices::default();
    for (model, pricing) in fields::object(path, value)?.iter() {
        prices.insert(&format!("{path}[\"{model}\"]"), model, pricing)?;
    }
    Ok(prices)
}

/// It goes into a header, where a stray line end would make `fetch` throw with the key in its message; and what JSON escapes would hide
/// an echo of it.
pub(super) fn api_key(path: &str, value: &Value) -> Result<String> {
    match value.as_str().map(str::trim) {
        Some(key) if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) => {
            Ok(key.to_owned())
        }
        _ => Err(Error::invalid(path, "must be a non-empty string of printable ASCII characters without spaces, quotes and backslashes")),
    }
}

/// The URL without a slash at its end, and its host with port.
pub(super) fn base_url(path: &str, value: &Value) -> Result<(String, String)> {
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
    Ok((url.trim_end_matches('/').to_owned(), host.to_owned()))
}

impl App {
    fn parse(path: &str, value: &Value) -> Result<Self> {
        let mut fields = Fields::of(path, value, path, "an object with `title`, `url`, `categories`")?;
        let app = Self {
            title: fields.parsed("title", header_text),
            url: fields.parsed("url", header_text),
            categories: fields.array("categories", 0..=10, "words", header_text).unwrap_or_default(),
        };
        fields.finish()?;
        Ok(app)
    }

    /// As OpenRouter names them.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        let mut set = |name, value: Option<String>| headers.extend(value.map(|value| (name, value)));
        set("http-referer", self.url.clone());
        set("x-openrouter-title", self.title.clone());
        set("x-openrouter-categories", (!self.categories.is_empty()).then(|| self.categories.join(",")));
        headers
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
        let mut bytes = |name, default| fields.integer(name, 1..=u64::from(u32::MAX >> 1)).map_or(default, |bytes| bytes as usize);
        let limits = Self { line_bytes: bytes("line_bytes", default.line_bytes), body_bytes: bytes("body_bytes", default.body_bytes) };
        fields.finish()?;
        Ok(limits)
    }
}
