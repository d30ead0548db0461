//! Who answers calls: a provider, and those that are known by name.

use crate::error::Error;
use crate::provider::error_mapping::{self, replace_all};
use crate::request::Dialect;
use crate::request::{App, Limits};

/// Whose API it is, where that changes what a request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Hosts web tools, takes attribution and its own `reasoning` object.
    OpenRouter,
    /// Refuses `max_tokens` for its reasoning models.
    OpenAi,
    /// Wants a header from browsers.
    Anthropic,
    /// Gemini's OpenAI-compatible endpoint.
    Google,
    /// Takes OpenAI's names.
    Xai,
    /// Any other compatible server; older ones know only `max_tokens`.
    Other,
}

/// A provider that needs no configuration but a key, where it needs one.
struct BuiltinProvider {
    name: &'static str,
    base_url: &'static str,
    dialect: Dialect,
    vendor: Vendor,
}

/// Browsers open as many connections to one host over HTTP/1.1.
const BROWSER_CONNECTIONS: usize = 6;

/// The sources of each row are in README.md, "Providers".
const BUILTIN_PROVIDERS: [BuiltinProvider; 8] = [
    BuiltinProvider { name: "openrouter", base_url: "https://openrouter.ai/api/v1", dialect: Dialect::Chat, vendor: Vendor::OpenRouter },
    BuiltinProvider { name: "openai", base_url: "https://api.openai.com/v1", dialect: Dialect::Responses, vendor: Vendor::OpenAi },
    BuiltinProvider { name: "anthropic", base_url: "https://api.anthropic.com/v1", dialect: Dialect::Messages, vendor: Vendor::Anthropic },
    BuiltinProvider {
        name: "google",
        base_url: "https://generativelanguage.googleapis.com/v1beta/openai",
        dialect: Dialect::Chat,
        vendor: Vendor::Google,
    },
    BuiltinProvider { name: "xai", base_url: "https://api.x.ai/v1", dialect: Dialect::Responses, vendor: Vendor::Xai },
    BuiltinProvider { name: "ollama", base_url: "http://localhost:11434/v1", dialect: Dialect::Chat, vendor: Vendor::Other },
    BuiltinProvider { name: "lmstudio", base_url: "http://localhost:1234/v1", dialect: Dialect::Chat, vendor: Vendor::Other },
    BuiltinProvider { name: "llamacpp", base_url: "http://localhost:8080/v1", dialect: Dialect::Chat, vendor: Vendor::Other },
];

/// As they stand in a refusal.
pub fn names() -> String {
    BUILTIN_PROVIDERS.map(|known| known.name).join(", ")
}

impl Vendor {
    /// Told from the host part of the base URL.
    pub fn of(name: &str) -> Self {
        let is = |domain: &str| name == domain || name.strip_suffix(domain).is_some_and(|sub| sub.ends_with('.'));
        let known = BUILTIN_PROVIDERS.iter().filter(|known| known.vendor != Vendor::Other).find(|known| {
            let rest = known.base_url.strip_prefix("https://").unwrap_or(known.base_url);
            is(rest.split('/').next().unwrap_or(rest))
        });
        known.map_or(Vendor::Other, |known| known.vendor)
    }

    /// What the token limit of Chat Completions is called there.
    pub fn token_limit_field(self) -> &'static str {
        match self {
            Vendor::OpenRouter | Vendor::OpenAi | Vendor::Xai => "max_completion_tokens",
            Vendor::Anthropic | Vendor::Google | Vendor::Other => "max_tokens",
        }
    }
}

/// Who answers calls.
#[derive(Clone, Debug)]
pub struct Provider {
    /// In events and activity: its configured or built-in name, or the host of the base URL.
    pub name: String,
    /// The option that its key goes into.
    pub key_field: String,
    /// Without a slash at its end.
    pub base_url: String,
    /// Kept out of every error.
    pub api_key: Option<String>,
    /// Sent with every call, and kept out of every error too: keys travel under many names.
    pub headers: Vec<(String, String)>,
    /// The wire format.
    pub dialect: Dialect,
    /// Whose API it is.
    pub vendor: Vendor,
    /// The caller's function answers instead of the network.
    pub is_function: bool,
    /// Panelists at work at a time, where the caller says so; see [`Provider::concurrency_key`].
    pub max_concurrency: Option<usize>,
    /// Attribution, for OpenRouter.
    pub app: App,
    /// How much of an answer is read.
    pub limits: Limits,
}

impl Provider {
    /// The built-in provider of that name, without a key.
    pub fn known(name: &str) -> Option<Self> {
        let known = BUILTIN_PROVIDERS.iter().find(|known| known.name == name)?;
        Some(Self {
            name: name.to_owned(),
            key_field: format!("providers.{name}.apiKey"),
            base_url: known.base_url.to_owned(),
            api_key: None,
            headers: Vec::new(),
            dialect: known.dialect,
            vendor: known.vendor,
            is_function: false,
            max_concurrency: None,
            app: App::default(),
            limits: Limits::default(),
        })
    }

    /// Its name, where the caller's function answers. The default provider may be called the same, and its key is not for that function.
    pub fn custom_fetch_name(&self) -> String {
        if self.is_function { self.name.clone() } else { String::new() }
    }

    /// Whether a call can only be turned away. Custom headers may hold a key under another name.
    pub fn is_missing_key(&self) -> bool {
        self.vendor != Vendor::Other && self.api_key.is_none() && self.headers.is_empty() && !self.is_function
    }

    /// Of a call.
    pub fn call_headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let mut set = |name: &str, value: String| headers.push((name.to_owned(), value));
        // Anthropic's dialect names its own headers; OpenRouter takes it with the ordinary one.
        let is_messages = self.dialect == Dialect::Messages && self.vendor != Vendor::OpenRouter;
        if is_messages {
            set("anthropic-version", "2023-06-01".to_owned());
        }
        if self.vendor == Vendor::Anthropic {
            // Without it the API answers no page. <https://docs.claude.com/en/api/client-sdks>
            set("anthropic-dangerous-direct-browser-access", "true".to_owned());
        }
        match &self.api_key {
            Some(key) if is_messages => set("x-api-key", key.clone()),
            Some(key) => set("authorization", format!("Bearer {key}")),
            None => {}
        }
        // Elsewhere a browser's preflight may be refused because of them.
        if self.vendor == Vendor::OpenRouter {
            self.app.headers().into_iter().for_each(|(name, value)| set(name, value));
        }
        headers.extend_from_slice(&self.headers);
        headers
    }

    /// Where its panelists wait, and how many may be at work. Plain http is HTTP/1.1, of which browsers open so many connections to one host,
    /// by whatever names it is called here.
    pub fn concurrency_key(&self) -> (&str, Option<usize>) {
        let is_plain = self.base_url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"));
        let host = self.base_url.split('/').nth(2).filter(|_| is_plain);
        match (self.max_concurrency, host) {
            (None, Some(host)) => (host, Some(BROWSER_CONNECTIONS)),
            (limit, _) => (&self.name, limit),
        }
    }

    /// The longest secret, in bytes: where a text is cut, that much before the cut may hold half of one.
    pub fn longest_secret(&self) -> usize {
        self.secrets().iter().map(|secret| secret.len()).max().unwrap_or(0)
    }

    fn secrets(&self) -> Vec<&str> {
        let mut secrets = Vec::new();
        secrets.extend(self.api_key.as_deref().filter(|key| !key.is_empty()));
        for (_, value) in &self.headers {
            // A key may follow a word such as `Bearer`. What is short is such a word, or `true`, and no key.
            secrets.extend(value.split(' ').filter(|word| word.len() >= 8));
        }
        secrets
    }

    /// Providers quote what they were sent, the key too; it goes before the message is shortened, which could leave half of it.
    pub fn redact(&self, mut error: Error) -> Error {
        error.message = self.sanitize(&error.message);
        error
    }

    /// A provider's words, without secrets and not too many.
    pub fn sanitize(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets() {
            text = replace_all(&text, secret, "[key]");
        }
        error_mapping::clip(&text)
    }
}
