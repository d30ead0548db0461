//! Validates the caller's input. In: plain JSON. Out: a validated [`Request`] and [`Options`].
//!
//! Every error contains the field and the rule that its value breaks. Unknown fields and
//! unsupported values are errors, never ignored.

mod base_url;
mod did_you_mean;
mod escalate;
mod fields;
mod limits;
mod message;
mod model;
mod names;
mod options;
mod preset;
mod provider_config;
mod resume;
mod tools;
mod verify;

use crate::json::{Map, Value};

use crate::blank::is_blank;
use crate::error::{Code, Error, Result};
use crate::policy::quorum::Quorum;
use crate::snapshot::Snapshot;
use crate::usage::Cost;
pub(crate) use base_url::{ApiKey, key_text};
pub(crate) use did_you_mean::did_you_mean;
pub(crate) use escalate::Escalate;
use fields::{Fields, OtherArgument};
pub(crate) use limits::MAX_CHECKS;
use limits::{MAX_PANEL, MAX_SAFE_INTEGER, MAX_TOOLS, MAX_WAIT_MS};
pub(crate) use model::{ModelSpec, Reasoning, Temperature, check_name};
pub(crate) use options::{App, Limits, Options};
pub(crate) use preset::{Preset, presets};
pub(crate) use provider_config::{Dialect, ProviderConfig};
pub(crate) use verify::Verify;

/// A validated `FusionRequest`. The fields have the same names as in `index.d.ts`.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The caller's JSON. If the run resumes an earlier run, the earlier request supplies missing
    /// fields. Snapshots store this JSON.
    pub raw: Map,
    pub resume: Option<Resume>,
    /// The last message is from the user. If `convene` is false, it may be a tool result.
    pub messages: Vec<Value>,
    /// The panel. If `None`, the panel of the preset is used.
    pub analysis_models: Option<Vec<ModelSpec>>,
    pub model: Option<String>,
    /// Whether `model` is a default value. If this run resumes a run, the default may be that of
    /// the earlier run.
    pub model_is_default: bool,
    pub analyst: Option<ModelSpec>,
    pub writer: Option<ModelSpec>,
    pub preset: Option<&'static Preset>,
    /// The tools. If `None`, the provider's hosted tools are used.
    pub tools: Option<Vec<Value>>,
    pub max_tool_calls: u64,
    /// The token limit. If `None`, the default applies. If a server refuses the default as too
    /// large, the run lowers or omits it.
    pub max_completion_tokens: Option<u64>,
    pub temperature: Option<Temperature>,
    pub reasoning: Option<Value>,
    pub cache_control: Option<Value>,
    pub timeouts: Timeouts,
    /// The quorum. If `None`, the panel waits for all panelists.
    pub quorum: Option<Quorum>,
    /// Further panelists, if the request has them.
    pub escalate: Option<Escalate>,
    pub max_retries: u32,
    pub max_cost: Option<Cost>,
    pub seed: Option<u64>,
    pub convene: bool,
}

/// The request's `timeouts`, in milliseconds. The defaults leave panelists enough time for web
/// research.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub first_byte_ms: u64,
    pub idle_ms: u64,
    pub panelist_ms: u64,
    pub run_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            first_byte_ms: 60_000,
            idle_ms: 60_000,
            panelist_ms: 300_000,
            run_ms: 600_000,
        }
    }
}

/// A validated `resume`. It contains the run that this run resumes, called the earlier run.
#[derive(Clone, Debug)]
pub(crate) struct Resume {
    /// The state in which the earlier run stopped.
    pub snapshot: Snapshot,
    /// Request of the earlier run.
    pub request: Box<Request>,
    /// Indexes of panelists of the earlier run that must answer again.
    pub rerun: Vec<usize>,
    /// Whether the new request itself has `analyst.verify`. Fields of the earlier request do not
    /// count.
    pub asks_verify: bool,
    /// Whether the writer answers again, because the new request itself has `analyst.verify` and
    /// `writer`.
    pub writes_again: bool,
}

impl Request {
    /// Reads a request. If `value` is a string, the string is the prompt.
    pub(crate) fn parse(value: &Value) -> Result<Self> {
        Self::parse_expanded(value, None)
    }

    /// Reads a request that may name a preset of the caller. `options` contain these presets.
    pub(crate) fn parse_with_presets(request: Value, options: &Value) -> Result<Self> {
        let name = request.get("preset").and_then(Value::as_str);
        let custom = name.and_then(|name| options.get("presets")?.get(name)?.as_object());
        match custom {
            Some(custom) => {
                Self::parse_expanded(&preset::expand_preset(&request, custom), Some(custom))
            }
            None => Self::parse(&request),
        }
    }

    /// Reads a request whose fields include those of `custom`, a preset of the caller.
    fn parse_expanded(value: &Value, custom: Option<&Map>) -> Result<Self> {
        let raw = match value {
            Value::String(prompt) => {
                Map::from_iter([("prompt".to_owned(), prompt.as_str().into())])
            }
            Value::Object(raw) => raw.clone(),
            _ => {
                let right = "must be a string, or an object with `prompt`, `messages` or `resume`";
                return Err(Error::new(
                    Code::InvalidRequest,
                    format!(
                        "`the request` {right}, got {}",
                        fields::describe_value(value)
                    ),
                ));
            }
        };
        match raw.get("resume").filter(|resume| !resume.is_null()) {
            None => Self::read(raw),
            Some(resume) => Self::read_resumed(&raw, resume, custom),
        }
    }

    /// Reads a request that resumes an earlier run. The earlier request supplies the fields that
    /// this request omits.
    fn read_resumed(raw: &Map, resume: &Value, custom: Option<&Map>) -> Result<Self> {
        let input = resume::read(resume)?;
        let earlier =
            Self::parse(&input.snapshot.request).map_err(|error| input.invalid_request(&error))?;
        input.check(earlier.listed_panel().len())?;
        let mut request = Self::read(resume::merge(raw, &input.snapshot, custom))?;
        if request.messages != earlier.messages {
            let field = if raw.contains_key("messages") {
                "messages"
            } else {
                "prompt"
            };
            return Err(Error::invalid(
                field,
                "differs from the resumed run's; another question is another run",
            ));
        }
        request.model_is_default = input.snapshot.model_is_default && !raw.contains_key("model");
        let asks_verify = verify::is_asked(raw);
        request.resume = Some(Resume {
            snapshot: input.snapshot,
            request: Box::new(earlier),
            rerun: input.rerun,
            asks_verify,
            writes_again: asks_verify && raw.get("writer").is_some_and(|writer| !writer.is_null()),
        });
        Ok(request)
    }

    /// Reads the fields of a request except `resume`.
    fn read(raw: Map) -> Result<Self> {
        let mut fields = Fields::top_level(raw.clone());
        fields.beside(OtherArgument {
            names: &names::OPTIONS,
            rule: |name| {
                format!(
                    "belongs in the options, the second argument: `fuse(request, {{ {name} }})`"
                )
            },
        });
        let prompt = fields.string("prompt");
        let messages = fields.parse_with("messages", message::parse_all);
        let max_panel = max_panel(&raw);
        let mut request = Self {
            raw,
            resume: None,
            messages: Vec::new(),
            analysis_models: fields.array(
                "analysis_models",
                1..=max_panel,
                "models",
                ModelSpec::parse,
            ),
            model: fields.parse_with("model", model::name),
            model_is_default: false,
            analyst: fields.parse_with("analyst", ModelSpec::parse_analyst),
            writer: fields.parse_with("writer", ModelSpec::parse_writer),
            preset: fields.parse_with("preset", Preset::parse),
            tools: fields.array("tools", 0..=MAX_TOOLS, "tools", tools::research),
            max_tool_calls: fields.integer("max_tool_calls", 1..=16).unwrap_or(4),
            max_completion_tokens: fields.integer("max_completion_tokens", 1..=MAX_SAFE_INTEGER),
            temperature: fields.parse_with("temperature", Temperature::parse),
            reasoning: fields.parse_with("reasoning", Reasoning::check),
            cache_control: fields.parse_with("cache_control", tools::cache_control),
            timeouts: fields.parse_with("timeouts", timeouts).unwrap_or_default(),
            quorum: fields.parse_with("quorum", quorum),
            escalate: fields.parse_with("escalate", Escalate::parse),
            max_retries: fields.integer("max_retries", 0..=10).unwrap_or(2) as u32,
            max_cost: fields.parse_with("max_cost", max_cost),
            seed: fields.integer("seed", 0..=MAX_SAFE_INTEGER),
            convene: fields.boolean("convene").unwrap_or(true),
        };
        fields.skip(&["resume"]);
        fields.finish()?;
        request.messages = conversation(prompt, messages)?;
        if !request.convene && request.escalate.is_some() {
            return Err(Error::invalid(
                "escalate",
                "needs a panel that is compared; leave it out beside `convene: false`",
            ));
        }
        if request.convene && message::ends_in_tool_result(&request.messages) {
            return Err(Error::invalid(
                "messages",
                "ends in a tool's result, which the panel has nothing to answer in; with `convene: false` the writer goes on",
            ));
        }
        Ok(request)
    }

    /// Returns the specification of a role. If the specification names no model, the request's
    /// `model` is used. If both are missing, returns `None`.
    pub(crate) fn role_spec(&self, own: &Option<ModelSpec>) -> Option<ModelSpec> {
        let mut spec = own.clone().unwrap_or_default();
        if spec.model.is_empty() {
            spec.model = self.model.clone()?;
        }
        Some(spec)
    }

    /// Returns the panelists that the request lists, including the further panelists of `escalate`.
    /// If the request lists no panel, returns an empty list.
    pub(crate) fn listed_panel(&self) -> Vec<ModelSpec> {
        let models = self.analysis_models.iter().filter(|_| self.convene);
        let models = models.flat_map(|models| {
            let further = self.escalate.iter().flat_map(|escalate| &escalate.models);
            models.iter().chain(further)
        });
        models.cloned().collect()
    }
}

/// Returns the maximum size of the panel. A request with `escalate` has at least one further
/// panelist.
fn max_panel(raw: &Map) -> usize {
    let has_further = raw.get("escalate").is_some_and(|it| !it.is_null());
    MAX_PANEL - usize::from(has_further)
}

fn conversation(prompt: Option<String>, messages: Option<Vec<Value>>) -> Result<Vec<Value>> {
    match (prompt, messages) {
        (Some(_), Some(_)) => Err(Error::invalid(
            "prompt",
            "and `messages` exclude each other; give one of them",
        )),
        (None, None) => Err(Error::invalid(
            "prompt",
            "is missing; give it, or `messages`",
        )),
        (Some(prompt), None) if is_blank(&prompt) => {
            Err(Error::invalid("prompt", "must not be empty"))
        }
        (Some(prompt), None) => Ok(vec![message::user_message(&prompt)]),
        (None, Some(messages)) => Ok(messages),
    }
}

fn max_cost(path: &str, value: &Value) -> Result<Cost> {
    let cost = value
        .as_number()
        .and_then(|usd| Cost::parse(usd.as_str()))
        .filter(|cost| *cost > Cost(0));
    cost.ok_or_else(|| {
        Error::invalid(
            path,
            &format!(
                "must be an amount of USD above 0, got {}",
                fields::describe_value(value)
            ),
        )
    })
}

fn timeouts(path: &str, value: &Value) -> Result<Timeouts> {
    let mut fields = Fields::new(path, value, path, "an object")?;
    let default = Timeouts::default();
    let mut milliseconds = |name, default| fields.integer(name, 1..=MAX_WAIT_MS).unwrap_or(default);
    let timeouts = Timeouts {
        first_byte_ms: milliseconds("first_byte_ms", default.first_byte_ms),
        idle_ms: milliseconds("idle_ms", default.idle_ms),
        panelist_ms: milliseconds("panelist_ms", default.panelist_ms),
        run_ms: milliseconds("run_ms", default.run_ms),
    };
    fields.finish()?;
    Ok(timeouts)
}

fn quorum(path: &str, value: &Value) -> Result<Quorum> {
    let mut fields = Fields::new(path, value, path, "an object")?;
    let min_responses = fields.integer("min_responses", 1..=MAX_PANEL as u64);
    let grace_ms = fields.integer("grace_ms", 0..=MAX_WAIT_MS);
    let fail_below = fields.integer("fail_below", 1..=MAX_PANEL as u64);
    let accept_partial = fields.boolean("accept_partial");
    if let (Some(least), Some(enough)) = (fail_below, min_responses)
        && least > enough
    {
        let rule = format!("is {least}, and `min_responses` is {enough}; it must not be larger");
        fields.reject("fail_below", &rule);
    }
    fields.finish()?;
    // If only `min_responses` is set, the grace period is 0. If only `grace_ms` is set, the quorum
    // is the whole panel.
    let grace_ms = if min_responses.is_some() {
        Some(grace_ms.unwrap_or(0))
    } else {
        grace_ms
    };
    Ok(Quorum {
        min_responses: min_responses.map_or(MAX_PANEL, |min| min as usize),
        grace_ms,
        fail_below: fail_below.unwrap_or(1) as usize,
        accept_partial: accept_partial.unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn the_lists_of_names_are_those_of_the_readers() {
        let known = |error: Error| {
            let (_, names) = error.message.split_once("known are ").unwrap();
            let mut names: Vec<_> = names.split(", ").map(str::to_owned).collect();
            names.sort();
            names
        };
        let sorted = |names: &[&str]| {
            let mut names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            names.sort();
            names
        };
        let request = Request::parse(&json!({"prompt": "p", "zzzz": 1})).unwrap_err();
        assert_eq!(known(request), sorted(&names::FIELDS));
        let options = Options::parse(&json!({"zzzz": 1})).unwrap_err();
        assert_eq!(known(options), sorted(&names::OPTIONS));
    }
}
