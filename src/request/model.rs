//! Parses the specifications of models. In: a name, or an object with the settings of one role.
//! Out: a [`ModelSpec`].

use crate::json::{Map, Number, Value, decimal};

use super::fields::{self, Fields, describe_value};
use super::limits::{MAX_CRITERIA, MAX_PANEL, MAX_SAFE_INTEGER, MAX_TOOLS};
use super::tools;
use super::verify::Verify;
use crate::blank::is_blank;
use crate::error::{Error, Result};

/// `ModelSpec`, `AnalystSpec` or `WriterSpec` of `index.d.ts`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ModelSpec {
    /// The model's name. Empty if the role uses the request's `model`.
    pub model: String,
    /// Name of the provider. If `None`, the model's prefix determines the provider. If there is no
    /// prefix either, the default provider is used.
    pub provider: Option<String>,
    pub temperature: Option<Temperature>,
    pub reasoning: Option<Value>,
    pub system: Option<String>,
    pub max_completion_tokens: Option<u64>,
    pub fallbacks: Vec<String>,
    /// Replaces the request's `tools`. The writer's tools are function tools that the caller runs.
    pub tools: Option<Vec<Value>>,
    /// The analyst's number of passes. Only the analyst has the fields `passes`, `verify` and
    /// `criteria`.
    pub passes: Option<u64>,
    /// The contradictions that are checked.
    pub verify: Option<Verify>,
    /// The criteria of the comparison.
    pub criteria: Option<String>,
    /// The writer's tool choice. Only the writer has the fields `tool_choice`, `response_format`
    /// and `stop`.
    pub tool_choice: Option<Value>,
    pub response_format: Option<Value>,
    pub stop: Option<Value>,
    pub extra_body: Option<Map>,
}

/// The role that a specification describes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RoleKind {
    Panelist,
    Analyst,
    Writer,
}

/// A temperature, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Temperature(pub u64);

/// The effort or the token budget for a model's reasoning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reasoning<'a> {
    pub effort: Option<&'a str>,
    pub max_tokens: Option<u64>,
}

/// Maximum number of functions in one request to OpenAI.
const MAX_FUNCTIONS: usize = 128;

const EFFORTS: [&str; 7] = ["max", "xhigh", "high", "medium", "low", "minimal", "none"];

impl ModelSpec {
    /// Reads a panelist. Fails if the panelist has no model.
    pub(crate) fn parse(path: &str, value: &Value) -> Result<Self> {
        let spec = Self::read(path, value, RoleKind::Panelist)?;
        if spec.model.is_empty() {
            return Err(Error::invalid(
                &format!("{path}.model"),
                "is missing; it must be a model's name",
            ));
        }
        Ok(spec)
    }

    /// Reads the analyst. Fails if it sets `temperature` or `system`. The temperature is always 0,
    /// and the library provides the system message.
    pub(crate) fn parse_analyst(path: &str, value: &Value) -> Result<Self> {
        Self::read(path, value, RoleKind::Analyst)
    }

    /// Reads the writer.
    pub(crate) fn parse_writer(path: &str, value: &Value) -> Result<Self> {
        Self::read(path, value, RoleKind::Writer)
    }

    /// Returns a specification that has only a model.
    pub(crate) fn named(model: &str) -> Self {
        Self {
            model: model.to_owned(),
            ..Self::default()
        }
    }

    fn read(path: &str, value: &Value, role: RoleKind) -> Result<Self> {
        if value.is_string() {
            return Ok(Self::named(&name(path, value)?));
        }
        let mut fields = Fields::new(
            path,
            value,
            path,
            "a model's name, or an object with `model`",
        )?;
        let compares = role == RoleKind::Analyst;
        let writes = role == RoleKind::Writer;
        if compares {
            for name in ["temperature", "system"] {
                fields.refuse(name, "is not the caller's to set for the analyst");
            }
        }
        let tool = if writes {
            tools::function
        } else {
            tools::research
        };
        let spec = Self {
            model: fields.parse_with("model", name).unwrap_or_default(),
            provider: fields.string("provider"),
            temperature: only(!compares, || {
                fields.parse_with("temperature", Temperature::parse)
            }),
            reasoning: fields.parse_with("reasoning", Reasoning::check),
            system: only(!compares, || fields.string("system")),
            max_completion_tokens: fields.integer("max_completion_tokens", 1..=MAX_SAFE_INTEGER),
            tools: fields.array(
                "tools",
                0..=if writes { MAX_FUNCTIONS } else { MAX_TOOLS },
                "tools",
                tool,
            ),
            passes: only(compares, || fields.integer("passes", 1..=2)),
            verify: only(compares, || fields.parse_with("verify", Verify::parse)),
            criteria: only(compares, || fields.parse_with("criteria", criteria)),
            tool_choice: only(writes, || fields.parse_with("tool_choice", tools::choice)),
            response_format: only(writes, || {
                fields.parse_with("response_format", tools::response_format)
            }),
            stop: only(writes, || fields.parse_with("stop", tools::stop)),
            fallbacks: fields
                .array("fallbacks", 0..=MAX_PANEL, "models", name)
                .unwrap_or_default(),
            extra_body: fields.parse_with("extra_body", extra_body),
        };
        fields.finish()?;
        Ok(spec)
    }
}

/// Reads a field that only some roles have. `applies` says whether the role has the field. If it
/// does not, the field stays unread, so that [`Fields::finish`] reports an unknown field.
fn only<T>(applies: bool, read: impl FnOnce() -> Option<T>) -> Option<T> {
    if applies { read() } else { None }
}

/// Reads a model's name. Fails if the name refers to a fusion, such as `openrouter/fusion`, because
/// a panel cannot contain another panel.
pub(super) fn name(path: &str, value: &Value) -> Result<String> {
    let Some(name) = value.as_str().map(str::trim).filter(|name| !is_blank(name)) else {
        return Err(Error::invalid(
            path,
            &format!("must be a model's name, got {}", describe_value(value)),
        ));
    };
    check_name(path, name)?;
    Ok(name.to_owned())
}

/// Fails if the name refers to a fusion, such as `openrouter/fusion`.
pub(crate) fn check_name(path: &str, name: &str) -> Result<()> {
    if name
        .trim()
        .to_ascii_lowercase()
        .trim_start_matches('~')
        .starts_with("openrouter/fusion")
    {
        return Err(Error::invalid(
            path,
            &format!(
                "must not be `{name}`: a panel does not convene panels; name the models themselves"
            ),
        ));
    }
    Ok(())
}

/// Reads the criteria of the comparison.
fn criteria(path: &str, value: &Value) -> Result<String> {
    let text = value.as_str().map(str::trim).unwrap_or_default();
    let length = text.chars().take(MAX_CRITERIA + 1).count();
    if is_blank(text) || length > MAX_CRITERIA {
        let got = if length > MAX_CRITERIA {
            "more".to_owned()
        } else {
            describe_value(value)
        };
        let rule = format!("must be a text of 1 to {MAX_CRITERIA} characters, got {got}");
        return Err(Error::invalid(path, &rule));
    }
    Ok(text.to_owned())
}

fn extra_body(path: &str, value: &Value) -> Result<Map> {
    let extra = fields::object(path, value)?;
    // If `n` were more than 1, the provider would charge for `n` answers, but the run reads only
    // one.
    for reserved in ["messages", "model", "n", "stream"] {
        if extra.contains_key(reserved) {
            return Err(Error::invalid(
                &format!("{path}.{reserved}"),
                "can't be replaced; the run depends on it",
            ));
        }
    }
    Ok(extra)
}

impl Temperature {
    /// The analyst's temperature.
    pub(crate) const ZERO: Self = Self(0);
    /// The maximum temperature that some providers accept.
    pub(crate) const ONE: Self = Self(1_000_000);

    /// Reads a number from 0 to 2.
    pub(crate) fn parse(path: &str, value: &Value) -> Result<Self> {
        let millionths = value
            .as_number()
            .and_then(|number| decimal(number.as_str(), 6))
            .filter(|number| *number <= 2_000_000);
        millionths.map(Self).ok_or_else(|| {
            Error::invalid(
                path,
                &format!(
                    "must be a number from 0 to 2, got {}",
                    describe_value(value)
                ),
            )
        })
    }
}

impl From<Temperature> for Value {
    fn from(Temperature(millionths): Temperature) -> Self {
        Number::fixed(millionths, 6).into()
    }
}

impl<'a> Reasoning<'a> {
    /// Validates `reasoning` and returns it unchanged.
    pub(crate) fn check(path: &str, value: &Value) -> Result<Value> {
        let mut fields = Fields::new(
            path,
            value,
            path,
            "an object such as {\"effort\": \"high\"}",
        )?;
        if let Some(effort) = fields.string("effort")
            && !EFFORTS.contains(&effort.as_str())
        {
            fields.reject(
                "effort",
                &format!("must be one of {}, got `{effort}`", EFFORTS.join(", ")),
            );
        }
        fields.integer("max_tokens", 1..=MAX_SAFE_INTEGER);
        fields.finish()?;
        Ok(value.clone())
    }

    /// Reads a value that [`Reasoning::check`] accepted.
    pub(crate) fn of(value: &'a Value) -> Self {
        Self {
            effort: value.get("effort").and_then(Value::as_str),
            max_tokens: value.get("max_tokens").and_then(Value::as_u64),
        }
    }

    /// Returns OpenRouter's `reasoning` object.
    pub(crate) fn to_value(self) -> Value {
        let mut value = Map::new();
        value.set("effort", self.effort.map(Value::from));
        value.set("max_tokens", self.max_tokens.map(Value::from));
        value.into()
    }
}
