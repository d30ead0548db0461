//! Builds the providers of a run. In: validated [`Options`]. Out: [`Providers`] and [`Prices`].

use std::rc::Rc;

use crate::error::{Code, Error, Result};
use crate::provider::prices::Prices;
use crate::provider::{Provider, Vendor, registry};
use crate::request::{Dialect, Options, ProviderConfig};

const OPENROUTER: &str = "openrouter";

/// The providers of a run.
#[derive(Clone, Debug)]
pub(super) struct Providers {
    /// The provider of models that name no provider.
    pub default: Rc<Provider>,
    /// The providers that the caller configured.
    configured: Vec<Rc<Provider>>,
}

impl Providers {
    /// Builds the default provider and the configured providers. A configured provider needs a
    /// built-in name, a base URL or a `fetch` function. Fails if it has none of them.
    pub(super) fn new(options: &Options) -> Result<Self> {
        let configured = options
            .providers
            .iter()
            .map(|config| configured_provider(config, options).map(Rc::new));
        let configured = configured.collect::<Result<Vec<_>>>()?;
        let openrouter = configured
            .iter()
            .find(|provider| provider.name == OPENROUTER);
        let default = match openrouter {
            Some(configured) if options.base_url.is_none() && options.api_key.is_none() => {
                configured.clone()
            }
            _ => Rc::new(default_provider(options)?),
        };
        Ok(Self {
            default,
            configured,
        })
    }

    /// Returns all providers that the caller configured, and the default provider.
    pub(super) fn all(&self) -> Vec<Rc<Provider>> {
        let configured = self.configured.iter().cloned();
        configured.chain([self.default.clone()]).collect()
    }

    /// Returns the provider with this name: a configured provider, the default provider or a
    /// built-in provider.
    pub(super) fn get(&self, name: &str) -> Option<Rc<Provider>> {
        let own = self
            .configured
            .iter()
            .find(|provider| provider.name == name);
        let default = [&self.default]
            .into_iter()
            .find(|provider| provider.name == name);
        own.or(default).cloned().or_else(|| {
            let mut known = Provider::known(name).filter(|_| registry::needs_no_entry(name))?;
            (known.app, known.limits) = (self.default.app.clone(), self.default.limits);
            Some(Rc::new(known))
        })
    }

    /// Splits a model's name, such as `openai:gpt-5`, at the first colon. If the text before the
    /// colon is not the name of a provider, as in `llama3.2:3b`, returns `None`.
    pub(super) fn split<'a>(&self, model: &'a str) -> Option<(Rc<Provider>, &'a str)> {
        let (name, rest) = model.split_once(':')?;
        Some((self.get(name)?, rest)).filter(|_| !rest.is_empty())
    }
}

impl Providers {
    /// Returns the error for a provider whose key is missing. `model` is the name that the caller
    /// wrote for the model that needs the key. If the default panel needs the key, `model` is
    /// `None`.
    pub(super) fn missing_key_error(&self, provider: &Provider, model: Option<&str>) -> Error {
        let (name, address) = match provider.vendor {
            Vendor::OpenRouter => ("OpenRouter", " (https://openrouter.ai/keys)"),
            _ => (provider.name.as_str(), ""),
        };
        let hint = self.key_hint(provider, model).unwrap_or_default();
        let rule = format!("is missing; {name} needs one{address}{hint}");
        Error::invalid(&provider.key_field, &rule).with_code(Code::Authentication)
    }

    /// Returns a hint about another provider that the caller may have meant. If the caller has no
    /// key of such a provider, returns `None`.
    fn key_hint(&self, provider: &Provider, model: Option<&str>) -> Option<String> {
        let has_key = |provider: &&Rc<Provider>| !provider.is_missing_key();
        let is_openrouter = provider.vendor == Vendor::OpenRouter;
        match model {
            None => {
                let own = self.configured.iter().find(has_key)?;
                Some(format!(
                    ". To ask `{0}` instead, name its models in `analysis_models`: `{0}:MODEL`",
                    own.name
                ))
            }
            Some(model) if is_openrouter => {
                let (author, rest) = model.split_once('/')?;
                let author = author.trim_start_matches('~');
                let is_family =
                    |own: &&Rc<Provider>| own.vendor.family().is_some_and(|name| name == author);
                let own = self.configured.iter().find(is_family).cloned();
                let own = own
                    .or_else(|| self.get(author))
                    .filter(|own| has_key(&own))?;
                Some(format!(
                    ". The slash in `{model}` names a model of OpenRouter. To ask the provider \
                     `{0}`, write `{0}:{rest}`",
                    own.name
                ))
            }
            Some(model) => {
                let (_, rest) = model.split_once(':')?;
                let author = provider.vendor.family()?;
                let is_served =
                    self.default.vendor == Vendor::OpenRouter && has_key(&&self.default);
                is_served.then(|| format!(". To ask OpenRouter instead, write `{author}/{rest}`"))
            }
        }
    }

    /// Returns the names of all providers.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = registry::names_without_entry().collect();
        names.extend(self.configured.iter().map(|provider| &*provider.name));
        names
    }
}

/// Reads `options.prices`.
pub(super) fn prices(options: &Options) -> Result<Prices> {
    let mut prices = Prices::default();
    for (model, pricing) in options.prices.iter() {
        prices.insert(&format!("prices[\"{model}\"]"), model, pricing)?;
    }
    Ok(prices)
}

fn configured_provider(config: &ProviderConfig, options: &Options) -> Result<Provider> {
    let ProviderConfig {
        name,
        path,
        is_function,
        ..
    } = config;
    // A provider with a `fetch` function needs no URL. Its placeholder has the top-level domain
    // `.invalid`, so that no request reaches a server by mistake.
    let no_url = || format!("https://{}.invalid", name.replace('_', "-"));
    let mut provider = match Provider::known(name) {
        Some(known) if known.has_pattern() && config.base_url.is_none() => {
            if !is_function {
                let rule = format!("is missing; it has the form `{}`", known.base_url);
                return Err(Error::invalid(&format!("{path}.baseURL"), &rule));
            }
            Provider {
                base_url: no_url(),
                ..known
            }
        }
        Some(known) => known,
        None if config.base_url.is_none() && !is_function => {
            let rule = format!(
                "is missing; without it a provider is one of {}, or has a `fetch` that answers",
                registry::names()
            );
            return Err(Error::invalid(&format!("{path}.baseURL"), &rule));
        }
        None => unknown_provider(config, no_url()),
    };
    if let Some(base_url) = &config.base_url {
        // If the built-in base URL has a placeholder, each customer has another base URL. The
        // customer may choose any host, so the host does not determine the vendor.
        if !provider.has_pattern() {
            provider.vendor = Vendor::of(base_url.host_name());
        }
        provider.base_url.clone_from(&base_url.url);
        provider.query.clone_from(&base_url.query);
    }
    provider.dialect = config.dialect.unwrap_or(provider.dialect);
    (provider.max_concurrency, provider.is_function) = (config.max_concurrency, *is_function);
    (provider.api_key, provider.headers) = (config.api_key.clone(), config.headers.clone());
    (provider.app, provider.limits) = (options.app.clone(), options.limits);
    Ok(provider)
}

/// Returns a provider whose name is not built in, without the caller's settings.
fn unknown_provider(config: &ProviderConfig, base_url: String) -> Provider {
    Provider {
        name: config.name.clone(),
        key_field: format!("{}.apiKey", config.path),
        base_url,
        query: String::new(),
        api_key: None,
        headers: Vec::new(),
        dialect: Dialect::Chat,
        vendor: Vendor::Other,
        is_function: false,
        max_concurrency: None,
        app: Default::default(),
        limits: Default::default(),
    }
}

fn default_provider(options: &Options) -> Result<Provider> {
    let mut provider =
        Provider::known(OPENROUTER).ok_or_else(|| Error::invalid("baseURL", "is missing"))?;
    (provider.api_key, provider.key_field) = (options.api_key.clone(), "apiKey".to_owned());
    (provider.app, provider.limits) = (options.app.clone(), options.limits);
    if let Some(base_url) = &options.base_url {
        provider.base_url.clone_from(&base_url.url);
        provider.query.clone_from(&base_url.query);
        provider.vendor = Vendor::of(base_url.host_name());
        if provider.vendor != Vendor::OpenRouter {
            provider.name.clone_from(&base_url.host);
        }
    }
    Ok(provider)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn a_provider_needs_a_base_url() {
        let options = Options::parse(&json!({"providers": {"mine": {}}})).unwrap();
        let error = Providers::new(&options).unwrap_err();
        assert!(error.message.starts_with("`providers.mine.baseURL` is missing; without it a provider is one of openrouter, openai"));
    }
}
