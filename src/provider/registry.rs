//! Defines [`Provider`], the target of calls, and the built-in providers.
//!
//! In: a built-in name or the caller's configuration. Out: URL, headers and limits of each call.
//! docs/providers.md links the documentation of each provider.

use std::sync::LazyLock;

use crate::error::Error;
use crate::json::Value;
use crate::provider::error_mapping::{self, replace_all};
use crate::request::Dialect;
use crate::request::{App, Limits};

/// The vendor of an API, for the fields and headers that differ between vendors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vendor {
    /// OpenRouter: hosts web tools, and accepts attribution headers and its own `reasoning` object.
    OpenRouter,
    /// OpenAI: rejects `max_tokens` for its reasoning models.
    OpenAi,
    /// Anthropic: requires an extra header in browsers.
    Anthropic,
    /// Google: Gemini's OpenAI-compatible endpoint.
    Google,
    /// xAI: accepts OpenAI's field names.
    Xai,
    /// Any other compatible server. Older ones know only `max_tokens`.
    Other,
}

/// A provider that is known by name and needs at most an API key.
struct BuiltinProvider {
    name: String,
    base_url: String,
    dialect: Dialect,
    vendor: Vendor,
}

/// The number of connections that a browser opens to one host over HTTP/1.1.
const BROWSER_CONNECTIONS: usize = 6;

/// Returns the built-in providers. docs/providers.md links the source of each row.
fn builtin_providers() -> &'static [BuiltinProvider] {
    static PROVIDERS: LazyLock<Vec<BuiltinProvider>> = LazyLock::new(|| {
        let table = include_str!("../data/providers.json").parse::<Value>();
        let table = table.unwrap_or_default();
        let rows = table.elements().iter().map(BuiltinProvider::of_row);
        rows.collect()
    });
    &PROVIDERS
}

impl BuiltinProvider {
    fn of_row(row: &Value) -> Self {
        let text = |name: &str| row.field(name).as_str().unwrap_or_default();
        Self {
            name: text("name").to_owned(),
            base_url: text("base_url").to_owned(),
            dialect: Dialect::named(text("dialect")).unwrap_or(Dialect::Chat),
            vendor: match text("vendor") {
                "openrouter" => Vendor::OpenRouter,
                "openai" => Vendor::OpenAi,
                "anthropic" => Vendor::Anthropic,
                "google" => Vendor::Google,
                "xai" => Vendor::Xai,
                _ => Vendor::Other,
            },
        }
    }
}

/// Returns the names of the built-in providers, for error messages.
pub(crate) fn names() -> String {
    let names: Vec<_> = builtin_providers()
        .iter()
        .map(|builtin| &*builtin.name)
        .collect();
    names.join(", ")
}

impl Vendor {
    /// Returns the vendor of a host name: that of the base URL.
    pub(crate) fn of(name: &str) -> Self {
        let is = |domain: &str| {
            name == domain
                || name
                    .strip_suffix(domain)
                    .is_some_and(|sub| sub.ends_with('.'))
        };
        let builtin = builtin_providers()
            .iter()
            .filter(|builtin| builtin.vendor != Vendor::Other)
            .find(|builtin| {
                let rest = builtin
                    .base_url
                    .strip_prefix("https://")
                    .unwrap_or(&builtin.base_url);
                is(rest.split('/').next().unwrap_or(rest))
            });
        builtin.map_or(Vendor::Other, |builtin| builtin.vendor)
    }

    /// Returns whether the vendor's models know the role `developer`. Every server knows `system`.
    pub(crate) fn knows_developer(self) -> bool {
        matches!(self, Vendor::OpenAi | Vendor::OpenRouter)
    }

    /// Returns whether the vendor stores responses of the Responses API by default.
    pub(crate) fn stores_responses(self) -> bool {
        matches!(self, Vendor::OpenAi | Vendor::Xai)
    }

    /// Returns the field of Chat Completions that limits the tokens of the answer.
    pub(crate) fn token_limit_field(self) -> &'static str {
        match self {
            Vendor::OpenRouter | Vendor::OpenAi | Vendor::Xai => "max_completion_tokens",
            Vendor::Anthropic | Vendor::Google | Vendor::Other => "max_tokens",
        }
    }
}

/// The target of calls: an API with its key, headers and limits.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    /// The name in events and activity: the configured or built-in name, or the host of the base
    /// URL.
    pub name: String,
    /// The path of the option that holds the key, for error messages.
    pub key_field: String,
    /// The base URL, without a slash at its end.
    pub base_url: String,
    /// The API key. Error messages never contain it.
    pub api_key: Option<String>,
    /// Headers of every call. They may hold keys under any name, so error messages never contain
    /// their values.
    pub headers: Vec<(String, String)>,
    /// The wire format.
    pub dialect: Dialect,
    /// The vendor of the API.
    pub vendor: Vendor,
    /// Whether a custom `fetch` of the caller replaces the network.
    pub is_function: bool,
    /// The number of panelists that may run at the same time, if the caller limits it. See
    /// [`Provider::concurrency_key`].
    pub max_concurrency: Option<usize>,
    /// The attribution headers for OpenRouter.
    pub app: App,
    /// The limits on the size of a response.
    pub limits: Limits,
}

impl Provider {
    /// Returns the built-in provider of this name, without a key.
    pub(crate) fn known(name: &str) -> Option<Self> {
        let builtin = builtin_providers()
            .iter()
            .find(|builtin| builtin.name == name)?;
        Some(Self {
            name: name.to_owned(),
            key_field: format!("providers.{name}.apiKey"),
            base_url: builtin.base_url.clone(),
            api_key: None,
            headers: Vec::new(),
            dialect: builtin.dialect,
            vendor: builtin.vendor,
            is_function: false,
            max_concurrency: None,
            app: App::default(),
            limits: Limits::default(),
        })
    }

    /// Returns the URL of a call. The base URL may be the whole address of the API.
    pub(crate) fn call_url(&self) -> String {
        let path = self.dialect.path();
        format!(
            "{}{path}",
            self.base_url.strip_suffix(path).unwrap_or(&self.base_url)
        )
    }

    /// Returns the name if the caller's custom `fetch` sends the requests, otherwise an empty
    /// string. The default provider may have the same name, and its key must not reach that
    /// function.
    pub(crate) fn custom_fetch_name(&self) -> String {
        if self.is_function {
            self.name.clone()
        } else {
            String::new()
        }
    }

    /// Returns whether every call would be rejected for lack of a key. Custom headers may hold a
    /// key under another name.
    pub(crate) fn is_missing_key(&self) -> bool {
        self.vendor != Vendor::Other
            && self.api_key.is_none()
            && self.headers.is_empty()
            && !self.is_function
    }

    /// Returns the headers of a call.
    pub(crate) fn call_headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let mut set = |name: &str, value: String| headers.push((name.to_owned(), value));
        // Messages uses headers of its own. OpenRouter accepts Messages with the usual header.
        let is_messages = self.dialect == Dialect::Messages && self.vendor != Vendor::OpenRouter;
        if is_messages {
            set("anthropic-version", "2023-06-01".to_owned());
        }
        if self.vendor == Vendor::Anthropic {
            // Without this header the API rejects requests from web pages.
            // <https://docs.claude.com/en/api/client-sdks>
            set(
                "anthropic-dangerous-direct-browser-access",
                "true".to_owned(),
            );
        }
        match &self.api_key {
            Some(key) if is_messages => set("x-api-key", key.clone()),
            Some(key) => set("authorization", format!("Bearer {key}")),
            None => {}
        }
        // Send these only to OpenRouter. Other servers may reject them in a browser's preflight
        // request.
        if self.vendor == Vendor::OpenRouter {
            self.app
                .headers()
                .into_iter()
                .for_each(|(name, value)| set(name, value));
        }
        headers.extend_from_slice(&self.headers);
        headers
    }

    /// Returns the key under which panelists wait for a permit, and the number of permits.
    ///
    /// If the base URL is plain `http`, the key is the host. Such a connection is HTTP/1.1, and a
    /// browser opens only a few of them to one host, whatever the providers are called.
    pub(crate) fn concurrency_key(&self) -> (&str, Option<usize>) {
        let is_plain = self
            .base_url
            .get(..5)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"));
        let host = self.base_url.split('/').nth(2).filter(|_| is_plain);
        match (self.max_concurrency, host) {
            (None, Some(host)) => (host, Some(BROWSER_CONNECTIONS)),
            (limit, _) => (&self.name, limit),
        }
    }

    /// Returns the length of the longest secret, in bytes. If a text is cut, that many bytes before
    /// the cut may contain part of a secret.
    pub(crate) fn longest_secret(&self) -> usize {
        self.secrets()
            .iter()
            .map(|secret| secret.len())
            .max()
            .unwrap_or(0)
    }

    fn secrets(&self) -> Vec<&str> {
        let mut secrets = Vec::new();
        secrets.extend(self.api_key.as_deref().filter(|key| !key.is_empty()));
        for (_, value) in &self.headers {
            // A key may follow a scheme such as `Bearer`. Words of less than 8 bytes are schemes,
            // or values such as `true`.
            secrets.extend(value.split(' ').filter(|word| word.len() >= 8));
        }
        secrets
    }

    /// Removes secrets from the message of an error, because providers echo keys. Secrets are
    /// removed before the message is shortened, which could leave half of one.
    pub(crate) fn redact(&self, mut error: Error) -> Error {
        error.message = self.sanitize(&error.message);
        error
    }

    /// Returns a provider's text without secrets and shortened.
    pub(crate) fn sanitize(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets() {
            text = replace_all(&text, secret, "[key]");
        }
        error_mapping::clip(&text)
    }
}
