//! Defines [`Vendor`] and the table of built-in providers. [`Vendor`] describes how the APIs of the
//! vendors differ.
//!
//! In: src/data/providers.json. docs/providers.md has a link to the documentation of each row.

use std::sync::LazyLock;

use crate::json::Value;
use crate::request::Dialect;

/// The vendor of an API. Some fields and headers differ between vendors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vendor {
    /// OpenRouter. It hosts web tools, and accepts attribution headers and its own `reasoning`
    /// object.
    OpenRouter,
    /// OpenAI. It rejects `max_tokens` for its reasoning models.
    OpenAi,
    /// Anthropic. It requires an extra header from browsers.
    Anthropic,
    /// Google, with the OpenAI-compatible endpoint of Gemini.
    Google,
    /// xAI. It accepts OpenAI's field names.
    Xai,
    /// Another provider of the table. The provider's row describes how the API differs.
    Listed(&'static BuiltinProvider),
    /// Any other server with a compatible API. Older servers accept only `max_tokens`.
    Other,
}

/// A provider that a caller can use by its name. Most of these providers need only an API key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BuiltinProvider {
    /// The name in `options.providers`.
    pub name: String,
    /// The base URL. If the URL has a part in braces, such as `{resource}`, it is a pattern. The
    /// caller must then set the real URL.
    pub base_url: String,
    /// The default dialect.
    pub dialect: Dialect,
    /// The name of the vendor. Empty if the API needs no special treatment.
    vendor: String,
    /// The field of Chat Completions that limits the tokens of the answer.
    token_limit: String,
    /// The header that contains the key, if it differs from the dialect's usual header.
    key_header: Option<String>,
    /// The family of all models, if the provider serves only its own models.
    family: Option<String>,
    /// Whether the vendor stores responses of the Responses API by default.
    stores_responses: bool,
    /// The command that starts the server, if the provider is a local server.
    pub start: Option<String>,
    /// The setting with which the server accepts requests from web pages. Empty if no setting is
    /// needed.
    pub allow_pages: Option<String>,
    /// Whether a prefix with this name is recognised only if `options.providers` contains the name.
    /// The names of some models begin like a provider's name, such as Ollama's `mistral:7b`.
    pub needs_entry: bool,
}

/// Returns the built-in providers. docs/providers.md has a link to the source of each row.
pub(super) fn builtin_providers() -> &'static [BuiltinProvider] {
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
        let optional = |name: &str| row.field(name).as_str().map(str::to_owned);
        let is_set = |name: &str| matches!(row.field(name), Value::Bool(true));
        Self {
            name: text("name").to_owned(),
            base_url: text("base_url").to_owned(),
            dialect: Dialect::named(text("dialect")).unwrap_or(Dialect::Chat),
            vendor: text("vendor").to_owned(),
            token_limit: optional("token_limit").unwrap_or_else(|| "max_tokens".to_owned()),
            key_header: optional("key_header"),
            family: optional("family"),
            stores_responses: is_set("stores_responses"),
            start: optional("start"),
            allow_pages: optional("allow_pages"),
            needs_entry: is_set("needs_entry"),
        }
    }

    /// Returns the vendor of the API.
    pub(super) fn vendor(&'static self) -> Vendor {
        match &*self.vendor {
            "openrouter" => Vendor::OpenRouter,
            "openai" => Vendor::OpenAi,
            "anthropic" => Vendor::Anthropic,
            "google" => Vendor::Google,
            "xai" => Vendor::Xai,
            "" => Vendor::Other,
            _ => Vendor::Listed(self),
        }
    }

    /// Returns whether the base URL is a pattern.
    pub(super) fn has_pattern(&self) -> bool {
        self.base_url.contains('{')
    }

    /// Returns the host of the base URL. If the base URL is a pattern, returns the domain that all
    /// hosts share.
    fn host(&self) -> &str {
        let host = self.base_url.split('/').nth(2).unwrap_or_default();
        let (_, domain) = host.split_once('}').unwrap_or(("", host));
        domain.trim_start_matches('.')
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

/// Returns the built-in names that are recognised without an entry in `options.providers`.
pub(crate) fn names_without_entry() -> impl Iterator<Item = &'static str> {
    let builtins = builtin_providers().iter();
    builtins
        .filter(|builtin| !builtin.needs_entry)
        .map(|builtin| &*builtin.name)
}

/// Returns whether the built-in name is recognised without an entry in `options.providers`.
pub(crate) fn needs_no_entry(name: &str) -> bool {
    let mut builtins = builtin_providers().iter();
    builtins.any(|builtin| builtin.name == name && !builtin.needs_entry)
}

impl Vendor {
    /// Returns the vendor for the host name of a base URL.
    pub(crate) fn of(name: &str) -> Self {
        let is = |domain: &str| {
            name == domain
                || name
                    .strip_suffix(domain)
                    .is_some_and(|sub| sub.ends_with('.'))
        };
        let mut builtins = builtin_providers()
            .iter()
            .filter(|builtin| !builtin.vendor.is_empty());
        let builtin = builtins.find(|builtin| is(builtin.host()));
        builtin.map_or(Vendor::Other, BuiltinProvider::vendor)
    }

    /// Returns whether the vendor accepts the role `developer`. All servers accept the role
    /// `system`.
    pub(crate) fn accepts_developer(self) -> bool {
        matches!(self, Vendor::OpenAi | Vendor::OpenRouter)
    }

    /// Returns whether the vendor stores responses of the Responses API by default.
    pub(crate) fn stores_responses(self) -> bool {
        match self {
            Vendor::Listed(row) => row.stores_responses,
            _ => matches!(self, Vendor::OpenAi | Vendor::Xai),
        }
    }

    /// Returns the field of Chat Completions that limits the tokens of the answer.
    pub(crate) fn token_limit_field(self) -> &'static str {
        match self {
            Vendor::OpenRouter | Vendor::OpenAi | Vendor::Xai => "max_completion_tokens",
            Vendor::Anthropic | Vendor::Google | Vendor::Other => "max_tokens",
            Vendor::Listed(row) => &row.token_limit,
        }
    }

    /// Returns the header that contains the key, if it differs from the dialect's usual header.
    pub(super) fn key_header(self) -> Option<&'static str> {
        match self {
            // OpenRouter's Messages API accepts the usual `authorization` header.
            Vendor::OpenRouter => Some("authorization"),
            Vendor::Listed(row) => row.key_header.as_deref(),
            _ => None,
        }
    }

    /// Returns the family of the vendor's models, if the vendor serves only its own models.
    pub(crate) fn family(self) -> Option<&'static str> {
        match self {
            Vendor::OpenRouter | Vendor::Other => None,
            Vendor::OpenAi => Some("openai"),
            Vendor::Anthropic => Some("anthropic"),
            Vendor::Google => Some("google"),
            Vendor::Xai => Some("x-ai"),
            Vendor::Listed(row) => row.family.as_deref(),
        }
    }
}
