//! Models: a name alone, or a [`ModelSpec`] with what is particular to one seat.

use crate::json::{Map, Number, Value, decimal};

use super::fields::{self, Fields, kind};
use super::limits::{MAX_PANEL, MAX_SAFE_INTEGER, MAX_TOOLS};
use super::tools;
use crate::error::{Error, Result};

/// `ModelSpec`, `AnalystSpec` and `WriterSpec` of `index.d.ts`.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct ModelSpec {
    /// Empty where a role leaves it to the request's `model`.
    pub model: String,
    /// By name; otherwise the model's prefix or the options say it.
    pub provider: Option<String>,
    pub temperature: Option<Temperature>,
    pub reasoning: Option<Value>,
    pub system: Option<String>,
    pub max_completion_tokens: Option<u64>,
    pub fallbacks: Vec<String>,
    /// Instead of the request's; the writer's are of its caller's own.
    pub tools: Option<Vec<Value>>,
    /// The analyst's alone.
    pub passes: Option<u64>,
    /// These three are the writer's alone.
    pub tool_choice: Option<Value>,
    pub response_format: Option<Value>,
    pub stop: Option<Value>,
    pub extra_body: Option<Map>,
}

/// Who a specification is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RoleKind {
    Panelist,
    Analyst,
    Writer,
}

/// In millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Temperature(pub u64);

/// How much a model may think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Reasoning<'a> {
    pub effort: Option<&'a str>,
    pub max_tokens: Option<u64>,
}

/// As many functions as OpenAI takes.
const MAX_FUNCTIONS: usize = 128;

const EFFORTS: [&str; 7] = ["max", "xhigh", "high", "medium", "low", "minimal", "none"];

impl ModelSpec {
    /// A panelist.
    pub fn parse(path: &str, value: &Value) -> Result<Self> {
        let spec = Self::read(path, value, RoleKind::Panelist)?;
        if spec.model.is_empty() {
            return Err(Error::invalid(&format!("{path}.model"), "is missing; it must be a model's name"));
        }
        Ok(spec)
    }

    /// The analyst: always at temperature 0, and with the library's own system message.
    pub fn parse_analyst(path: &str, value: &Value) -> Result<Self> {
        let spec = Self::read(path, value, RoleKind::Analyst)?;
        for (name, is_set) in [("temperature", spec.temperature.is_some()), ("system", spec.system.is_some())] {
            if is_set {
                return Err(Error::invalid(&format!("{path}.{name}"), "is not the caller's to set for the analyst"));
            }
        }
        Ok(spec)
    }

    /// The writer.
    pub fn parse_writer(path: &str, value: &Value) -> Result<Self> {
        Self::read(path, value, RoleKind::Writer)
    }

    /// The name alone.
    pub fn named(model: &str) -> Self {
        Self { model: model.to_owned(), ..Self::default() }
    }

    fn read(path: &str, value: &Value, role: RoleKind) -> Result<Self> {
        if value.is_string() {
            return Ok(Self::named(&name(path, value)?));
        }
        let mut fields = Fields::of(path, value, path, "a model's name, or an object with `model`")?;
        let writes = role == RoleKind::Writer;
        let tool = if writes { tools::function } else { tools::research };
        let spec = Self {
            model: fields.parsed("model", name).unwrap_or_default(),
            provider: fields.string("provider"),
            temperature: fields.parsed("temperature", Temperature::parse),
            reasoning: fields.parsed("reasoning", Reasoning::check),
            system: fields.string("system"),
            max_completion_tokens: fields.integer("max_completion_tokens", 1..=MAX_SAFE_INTEGER),
            tools: fields.array("tools", 0..=if writes { MAX_FUNCTIONS } else { MAX_TOOLS }, "tools", tool),
            passes: if role == RoleKind::Analyst { fields.integer("passes", 1..=2) } else { None },
            tool_choice: if writes { fields.parsed("tool_choice", tools::choice) } else { None },
            response_format: if writes { fields.parsed("response_format", tools::response_format) } else { None },
            stop: if writes { fields.parsed("stop", tools::stop) } else { None },
            fallbacks: fields.array("fallbacks", 0..=MAX_PANEL, "models", name).unwrap_or_default(),
            extra_body: fields.parsed("extra_body", extra_body),
        };
        fields.finish()?;
        Ok(spec)
    }
}

/// A model's name. Fusion models are refused: a panel does not convene panels.
pub fn name(path: &str, value: &Value) -> Result<String> {
    let Some(name) = value.as_str().map(str::trim).filter(|name| !name.is_empty()) else {
        return Err(Error::invalid(path, &format!("must be a model's name, got {}", kind(value))));
    };
    check_name(path, name)?;
    Ok(name.to_owned())
}

/// Refuses models that are panels themselves.
pub fn check_name(path: &str, name: &str) -> Result<()> {
    if name.trim().to_ascii_lowercase().trim_start_matches('~').starts_with("openrouter/fusion") {
        return Err(Error::invalid(path, &format!("must not be `{name}`: a panel does not convene panels; name the models themselves")));
    }
    Ok(())
}

fn extra_body(path: &str, value: &Value) -> Result<Map> {
    let extra = fields::object(path, value)?;
    // Of several choices one is read, and all are paid for.
    for reserved in ["messages", "model", "n", "stream"] {
        if extra.contains_key(reserved) {
            return Err(Error::invalid(&format!("{path}.{reserved}"), "can't be replaced; the run depends on it"));
        }
    }
    Ok(extra)
}

impl Temperature {
    /// The analyst's.
    pub const ZERO: Self = Self(0);
    /// The most that some take.
    pub const ONE: Self = Self(1_000_000);

    /// From 0 to 2.
    pub fn parse(path: &str, value: &Value) -> Result<Self> {
        let millionths = value.as_number().and_then(|number| decimal(number.as_str(), 6)).filter(|number| *number <= 2_000_000);
        millionths.map(Self).ok_or_else(|| Error::invalid(path, &format!("must be a number from 0 to 2, got {}", kind(value))))
    }
}

impl From<Temperature> for Value {
    fn from(Temperature(millionths): Temperature) -> Self {
        Number::fixed(millionths, 6).into()
    }
}

impl<'a> Reasoning<'a> {
    /// Validates `reasoning`, which is then kept as the caller wrote it.
    pub fn check(path: &str, value: &Value) -> Result<Value> {
        let mut fields = Fields::of(path, value, path, "an object such as {\"effort\": \"high\"}")?;
        if let Some(effort) = fields.string("effort")
            && !EFFORTS.contains(&effort.as_str())
        {
            fields.refuse("effort", &format!("must be one of {}, got `{effort}`", EFFORTS.join(", ")));
        }
        fields.integer("max_tokens", 1..=MAX_SAFE_INTEGER);
        fields.finish()?;
        Ok(value.clone())
    }

    /// Reads a value that [`Reasoning::check`] accepted.
    pub fn of(value: &'a Value) -> Self {
        Self { effort: value.get("effort").and_then(Value::as_str), max_tokens: value.get("max_tokens").and_then(Value::as_u64) }
    }

    /// OpenRouter's `reasoning` object.
    pub fn to_value(self) -> Value {
        let mut value = Map::new();
        value.set("effort", self.effort.map(Value::from));
        value.set("max_tokens", self.max_tokens.map(Value::from));
        value.into()
    }
}
