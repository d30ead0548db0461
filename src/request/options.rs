//! Parses the data in `FusionOptions`. In: JSON. Out: [`Options`]. JavaScript keeps the functions
//! and signals.

use crate::json::{Map, Value};

use super::base_url::{ApiKey, BaseUrl, api_key, base_url};
use super::fields::{self, Fields, OtherArgument};
use super::names;
use super::preset;
use super::provider_config::{self, ProviderConfig};
use crate::error::{Error, Result};

/// Validated options. `plan` builds the providers from them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// The key of the default provider.
    pub api_key: Option<ApiKey>,
    /// Base URL of the default provider. If absent, OpenRouter's URL is used.
    pub base_url: Option<BaseUrl>,
    /// Attribution headers for OpenRouter.
    pub app: App,
    /// Size limits of responses, for every provider.
    pub limits: Limits,
    /// Providers that the caller configures.
    pub providers: Vec<ProviderConfig>,
    /// Names of the tools that have a callback in `toolHandlers`.
    pub tool_handlers: Vec<String>,
    /// Whether the caller has set `shouldEscalate`, which decides whether the further panelists are
    /// asked.
    pub should_escalate: bool,
    /// OpenRouter's `pricing` objects by model. They are not validated yet.
    pub prices: Map,
    /// The providers that a client may use. `None` if the request does not come from a client.
    pub client_providers: Option<ClientProviders>,
}

/// Providers that a client's request may name. A client may always use the default provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientProviders {
    /// The names of the providers.
    allowed: Vec<String>,
    /// Fields of the request that the server has set. Such a field may name any provider.
    except: Vec<String>,
}

impl ClientProviders {
    fn parse(path: &str, value: &Value) -> Result<Self> {
        let mut fields = Fields::new(path, value, path, "an object with `allowed`, `except`")?;
        let mut names = |name| fields.array(name, 0..=MAX_NAMES, "names", name_text);
        let (allowed, except) = (names("allowed"), names("except"));
        if allowed.is_none() {
            fields.reject("allowed", "is missing");
        }
        fields.finish()?;
        Ok(Self {
            allowed: allowed.unwrap_or_default(),
            except: except.unwrap_or_default(),
        })
    }

    /// Returns whether a field, such as `analysis_models[0].provider`, may name this provider.
    pub(crate) fn may_name(&self, field: &str, provider: &str) -> bool {
        let contains_field = |own: &String| {
            field
                .strip_prefix(own.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.allowed.iter().any(|allowed| allowed == provider)
            || self.except.iter().any(contains_field)
    }
}

/// Maximum number of names in `clientProviders`.
const MAX_NAMES: usize = 1_000;

fn name_text(path: &str, value: &Value) -> Result<String> {
    let name = value.as_str().filter(|name| !name.is_empty());
    name.map(str::to_owned)
        .ok_or_else(|| Error::invalid(path, "must be a name"))
}

/// The caller's app, for OpenRouter's attribution. <https://openrouter.ai/docs/app-attribution>
#[derive(Clone, Debug, Default)]
pub(crate) struct App {
    pub title: Option<String>,
    pub url: Option<String>,
    pub categories: Vec<String>,
}

/// Maximum sizes of a response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub line_bytes: usize,
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: 8 << 20,
            body_bytes: 64 << 20,
        }
    }
}

impl Options {
    /// Reads the options. If `value` is `null`, all options have their defaults.
    pub(crate) fn parse(value: &Value) -> Result<Self> {
        let empty = Value::Object(Default::default());
        let value = if value.is_null() { &empty } else { value };
        let mut fields = Fields::new("", value, "options", "an object")?;
        fields.beside(OtherArgument {
            names: &names::FIELDS,
            rule: |name| {
                format!("belongs in the request, the first argument: `fuse({{ {name} }}, options)`")
            },
        });
        let options = Self {
            api_key: fields.parse_with("apiKey", api_key),
            base_url: fields.parse_with("baseURL", base_url),
            app: fields.parse_with("app", App::parse).unwrap_or_default(),
            limits: fields
                .parse_with("limits", Limits::parse)
                .unwrap_or_default(),
            prices: fields
                .parse_with("prices", fields::object)
                .unwrap_or_default(),
            providers: fields
                .parse_with("providers", provider_config::parse)
                .unwrap_or_default(),
            tool_handlers: fields
                .parse_with("toolHandlers", tool_handlers)
                .unwrap_or_default(),
            should_escalate: fields.boolean("shouldEscalate").unwrap_or_default(),
            client_providers: fields.parse_with("clientProviders", ClientProviders::parse),
        };
        fields.parse_with("presets", preset::validate_custom);
        fields.skip(&["fetch", "flush_ms", "signal", "onSnapshot"]);
        fields.finish()?;
        Ok(options)
    }
}

/// Reads the names of the tool handlers. JavaScript replaces each function by its name.
fn tool_handlers(path: &str, value: &Value) -> Result<Vec<String>> {
    match value {
        Value::Array(names) => Ok(names
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect::<Vec<_>>()),
        _ => Err(Error::invalid(path, "must be an object of functions")),
    }
}

impl App {
    fn parse(path: &str, value: &Value) -> Result<Self> {
        let mut fields = Fields::new(
            path,
            value,
            path,
            "an object with `title`, `url`, `categories`",
        )?;
        let app = Self {
            title: fields.parse_with("title", header_text),
            url: fields.parse_with("url", header_text),
            categories: fields
                .array("categories", 0..=10, "words", header_text)
                .unwrap_or_default(),
        };
        fields.finish()?;
        Ok(app)
    }

    /// Returns OpenRouter's attribution headers.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        let mut set =
            |name, value: Option<String>| headers.extend(value.map(|value| (name, value)));
        set("http-referer", self.url.clone());
        set("x-openrouter-title", self.title.clone());
        set(
            "x-openrouter-categories",
            (!self.categories.is_empty()).then(|| self.categories.join(",")),
        );
        headers
    }
}

fn header_text(path: &str, value: &Value) -> Result<String> {
    match value.as_str() {
        Some(text) if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => Ok(text.to_owned()),
        _ => Err(Error::invalid(
            path,
            "must be a string of printable ASCII characters, as it becomes a header",
        )),
    }
}

impl Limits {
    fn parse(path: &str, value: &Value) -> Result<Self> {
        let mut fields = Fields::new(
            path,
            value,
            path,
            "an object with `line_bytes`, `body_bytes`",
        )?;
        let default = Limits::default();
        let mut bytes = |name, default| {
            fields
                .integer(name, 1..=u64::from(u32::MAX >> 1))
                .map_or(default, |bytes| bytes as usize)
        };
        let limits = Self {
            line_bytes: bytes("line_bytes", default.line_bytes),
            body_bytes: bytes("body_bytes", default.body_bytes),
        };
        fields.finish()?;
        Ok(limits)
    }
}
