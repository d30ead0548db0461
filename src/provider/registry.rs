//! Defines [`Provider`], an API to which calls are sent.
//!
//! In: a built-in name or the caller's configuration. Out: URL, headers and limits of each call.
//! docs/providers.md has links to the documentation of each provider.

use memchr::memmem;

use crate::error::Error;
use crate::provider::error_mapping;
use crate::provider::secrets;
use crate::provider::vendor::builtin_providers;
pub(crate) use crate::provider::vendor::{Vendor, names, names_without_entry, needs_no_entry};
use crate::replace::{replace_all, replace_words};
use crate::request::Dialect;
use crate::request::{ApiKey, App, Limits};

const AUTHORIZATION: &str = "authorization";

/// The number of connections that a browser opens to one host over HTTP/1.1.
const BROWSER_CONNECTIONS: usize = 6;

/// An API to which calls are sent, with its key, headers and limits.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    /// The name in events and activity. This is the configured name, the built-in name or the host
    /// of the base URL.
    pub name: String,
    /// The path of the option that contains the key, for error messages.
    pub key_field: String,
    /// The base URL, without its query and without a slash at its end. This URL may already end
    /// with the path of the dialect.
    pub base_url: String,
    /// The query of the base URL with its `?`, or an empty string. Every call sends this query. The
    /// query may contain a key, so error messages never contain the query.
    pub query: String,
    /// The API key. Error messages never contain it.
    pub api_key: Option<ApiKey>,
    /// The caller's headers for every call. Any of them may contain a key, so error messages never
    /// contain their values.
    pub headers: Vec<(String, String)>,
    /// The wire format.
    pub dialect: Dialect,
    /// The vendor of the API. It determines the fields and headers that differ between vendors.
    pub vendor: Vendor,
    /// Whether the caller's custom `fetch` sends the requests.
    pub is_function: bool,
    /// The maximum number of panelists that run at the same time, if the caller sets one. See
    /// [`Provider::concurrency_key`].
    pub max_concurrency: Option<usize>,
    /// The attribution headers for OpenRouter.
    pub app: App,
    /// The limits on the size of a response.
    pub limits: Limits,
}

impl Provider {
    /// Returns the built-in provider with this name, without a key.
    pub(crate) fn known(name: &str) -> Option<Self> {
        let builtin = builtin_providers()
            .iter()
            .find(|builtin| builtin.name == name)?;
        Some(Self {
            name: name.to_owned(),
            key_field: format!("providers.{name}.apiKey"),
            base_url: builtin.base_url.clone(),
            query: String::new(),
            api_key: None,
            headers: Vec::new(),
            dialect: builtin.dialect,
            vendor: builtin.vendor(),
            is_function: false,
            max_concurrency: None,
            app: App::default(),
            limits: Limits::default(),
        })
    }

    /// Returns whether the base URL is a pattern of the built-in table, with a placeholder such as
    /// `{resource}`.
    pub(crate) fn has_pattern(&self) -> bool {
        let mut builtins = builtin_providers().iter();
        builtins.any(|builtin| builtin.base_url == self.base_url && builtin.has_pattern())
    }

    /// If the caller's custom `fetch` sends the requests, returns the provider's name. Otherwise
    /// returns an empty string.
    ///
    /// The default provider may have the same name as a provider with a custom `fetch`. The key of
    /// the default provider must not reach that `fetch`.
    pub(crate) fn custom_fetch_name(&self) -> String {
        if self.is_function {
            self.name.clone()
        } else {
            String::new()
        }
    }

    /// Returns whether every call would be rejected because the key is missing. If the caller set
    /// headers or a query, returns false, because these may contain a key.
    pub(crate) fn is_missing_key(&self) -> bool {
        let needs_key = match self.vendor {
            Vendor::Other => false,
            Vendor::Listed(row) => row.name == self.name && !row.has_pattern(),
            _ => true,
        };
        needs_key
            && self.api_key.is_none()
            && self.query.is_empty()
            && self.headers.is_empty()
            && !self.is_function
    }

    /// Returns the URL of a call.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.address(), self.query)
    }

    /// Returns the URL of a call without its query, for messages. If the base URL already ends with
    /// the dialect's path, does not append the path again.
    pub(crate) fn address(&self) -> String {
        let path = self.dialect.path();
        match self.base_of_endpoint() {
            Some(_) => self.base_url.clone(),
            None => format!("{}{path}", self.base_url),
        }
    }

    /// Returns the URL of the list of models.
    pub(crate) fn models_url(&self) -> String {
        let base = self.base_of_endpoint().unwrap_or(&self.base_url);
        format!("{}/models{}", base.trim_end_matches('/'), self.query)
    }

    /// If the base URL ends with the dialect's path, returns the part before this path. In
    /// `http://messages`, `/messages` is the end of the URL, but not a path.
    fn base_of_endpoint(&self) -> Option<&str> {
        let path = self.dialect.path();
        let (base, end) = self
            .base_url
            .split_at_checked(self.base_url.len().checked_sub(path.len())?)?;
        let has_scheme = memmem::find(base.as_bytes(), b"://").is_some();
        (end.eq_ignore_ascii_case(path) && has_scheme).then_some(base)
    }

    /// Returns a copy of the provider with the key of one call.
    pub(crate) fn with_key(&self, key: String) -> Self {
        Self {
            api_key: Some(ApiKey::Fixed(key)),
            ..self.clone()
        }
    }

    /// Returns the header that contains the key.
    fn key_header(&self, key: &str) -> (&'static str, String) {
        let usual = match self.dialect {
            Dialect::Messages => "x-api-key",
            Dialect::Chat | Dialect::Responses => AUTHORIZATION,
        };
        let name = self.vendor.key_header().unwrap_or(usual);
        // Azure expects a key in the header `api-key`, but an Entra token as a bearer token. An
        // Entra token is a JWT.
        // <https://learn.microsoft.com/en-us/azure/ai-services/openai/reference>
        let is_token = key.starts_with("eyJ") && key.matches('.').count() == 2;
        if name == AUTHORIZATION || (name == "api-key" && is_token) {
            return (AUTHORIZATION, format!("Bearer {key}"));
        }
        (name, key.to_owned())
    }

    /// Returns the headers of a call. If the key is a function of the caller, the header for the
    /// key is missing. See [`Provider::with_key`].
    pub(crate) fn call_headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let mut set = |name: &str, value: String| headers.push((name.to_owned(), value));
        // The Messages API requires a header for its version. OpenRouter accepts requests of the
        // Messages API without this header.
        let is_messages = self.dialect == Dialect::Messages && self.vendor != Vendor::OpenRouter;
        if is_messages {
            set("anthropic-version", "2023-06-01".to_owned());
        }
        if self.vendor == Vendor::Anthropic {
            // Without this header, the API rejects requests from web pages.
            // <https://docs.claude.com/en/api/client-sdks>
            set(
                "anthropic-dangerous-direct-browser-access",
                "true".to_owned(),
            );
        }
        if let Some(ApiKey::Fixed(key)) = &self.api_key {
            let (name, value) = self.key_header(key);
            set(name, value);
        }
        // Send the attribution headers only to OpenRouter. Other servers may reject them in the
        // preflight request of a browser.
        if self.vendor == Vendor::OpenRouter {
            self.app
                .headers()
                .into_iter()
                .for_each(|(name, value)| set(name, value));
        }
        headers.extend_from_slice(&self.headers);
        headers
    }

    /// A semaphore limits how many panelists call a provider at the same time. Returns the name
    /// under which the semaphore is stored, and the number of its permits.
    ///
    /// If the scheme of the base URL is `http` and the caller set no limit, the name is the host.
    /// For such a URL, a browser uses HTTP/1.1 and opens only a few connections to one host.
    /// Several providers may share this host.
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

    /// Returns how many bytes at the end of a text are the beginning of a secret. If a text ends
    /// inside a key, [`Provider::redact`] does not recognise this part of the key.
    pub(crate) fn cut_secret_bytes(&self, text: &[u8]) -> usize {
        let mut secrets = Vec::new();
        self.add_secrets(&mut secrets);
        cut_secret_bytes(&secrets, text)
    }

    /// Adds all secrets of a call. The longest stand first, because one secret may be part of
    /// another.
    fn add_secrets(&self, secrets: &mut Vec<String>) {
        let mut add = |secret: String| {
            let longer = |other: &String| other.len() >= secret.len();
            secrets.insert(secrets.partition_point(longer), secret);
        };
        secrets::of_query(&self.query)
            .into_iter()
            .for_each(&mut add);
        if let Some(ApiKey::Fixed(key)) = &self.api_key {
            add(key.clone());
        }
        for (_, value) in &self.headers {
            // The value of a header may have a scheme such as `Bearer` before the key. Words of
            // fewer than 8 bytes are not secrets, but schemes, or values such as `true`.
            let words = value.split(' ').filter(|word| word.len() >= 8);
            words.map(str::to_owned).for_each(&mut add);
        }
    }

    /// Removes secrets from the message of an error, because providers repeat keys in their errors.
    /// Call this method before the message is shortened. A shortened message could contain a part
    /// of a secret, which this method would not recognise.
    pub(crate) fn redact(&self, mut error: Error) -> Error {
        error.message = self.sanitize(&error.message);
        error
    }

    /// Removes secrets from a provider's text and shortens the text. Does not remove a short secret
    /// inside a longer word, because it may be ordinary text.
    pub(crate) fn sanitize(&self, text: &str) -> String {
        error_mapping::clip(&without_secrets([self], text))
    }
}

/// Removes the secrets of the providers from a text. A short secret inside a longer word stays.
pub(crate) fn without_secrets<'a>(
    providers: impl IntoIterator<Item = &'a Provider>,
    text: &str,
) -> String {
    let mut secrets = Vec::new();
    for provider in providers {
        provider.add_secrets(&mut secrets);
    }
    let mut text = text.to_owned();
    for secret in &secrets {
        let replace = if secrets::is_short(secret) {
            replace_words
        } else {
            replace_all
        };
        text = replace(&text, secret, "[key]");
    }
    let end = text.len() - cut_secret_bytes(&secrets, text.as_bytes());
    if end < text.len() {
        text = format!("{}[key]", text.get(..end).unwrap_or_default());
    }
    text
}

fn cut_secret_bytes(secrets: &[String], text: &[u8]) -> usize {
    let cut = secrets
        .iter()
        .map(|secret| secrets::cut_bytes(secret, text));
    cut.max().unwrap_or_default()
}
