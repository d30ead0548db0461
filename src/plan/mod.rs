//! Builds the plan of a run: a [`Request`] and [`Options`] in, a [`Plan`] out. Each role gets its
//! models, providers and tools.

mod providers;
pub(crate) mod restore;

use std::rc::Rc;

use crate::json::{Map, Value, json};

use crate::count::Count;
use crate::error::{Error, Result};
use crate::event::PanelMember;
use crate::plan::restore::Restored;
use crate::policy::quorum::Quorum;
use crate::provider::dialect::Dialect;
use crate::provider::prices::Prices;
use crate::provider::tools::{self, ToolSet};
use crate::provider::{Provider, Vendor};
use crate::request::{ModelSpec, Options, PRESETS, Preset, Request, Temperature, Timeouts};
use crate::role::Role;
use crate::usage::Cost;
use providers::Providers;

/// Random values of one run, drawn outside the core. The nonce does not derive from the seed:
/// snapshots contain the seed, and fences depend on a secret nonce.
#[derive(Clone, Debug, Default)]
pub(crate) struct RandomInputs {
    /// Id of the run.
    pub run_id: String,
    /// Seed, if the request has none.
    pub seed: u64,
    /// Secret part of the fences around untrusted text.
    pub nonce: String,
}

/// Everything that a run needs to know before its first call.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub run_id: String,
    pub seed: u64,
    pub nonce: String,
    /// The caller's JSON with the preset filled in. A snapshot then names the panel even if a later
    /// version changes the preset.
    pub request: Map,
    pub restored: Restored,
    pub messages: Vec<Value>,
    /// Empty if `convene` is false.
    pub panel: Vec<RoleConfig>,
    pub analyst: Option<RoleConfig>,
    /// Whether the analyst makes a second pass.
    pub second_pass: bool,
    pub writer: RoleConfig,
    pub timeouts: Timeouts,
    pub quorum: Quorum,
    pub max_retries: u32,
    pub max_cost: Option<Cost>,
    pub max_tool_calls: u64,
    pub cache_control: Option<Value>,
    /// Names of the tools with a callback in `toolHandlers`.
    pub tool_handlers: Vec<String>,
    pub prices: Prices,
}

/// A role with its models and settings.
#[derive(Clone, Debug)]
pub(crate) struct RoleConfig {
    pub role: Role,
    /// The requested model, then its fallbacks. Never empty.
    pub models: Vec<ModelTarget>,
    pub system: Option<String>,
    pub temperature: Option<Temperature>,
    pub reasoning: Option<Value>,
    pub max_completion_tokens: u64,
    pub tool_choice: Option<Value>,
    pub response_format: Option<Value>,
    pub stop: Option<Value>,
    pub extra_body: Option<Map>,
}

/// A model with its provider and tools.
#[derive(Clone, Debug)]
pub(crate) struct ModelTarget {
    /// Name as the caller wrote it. Events and results use it.
    pub name: String,
    /// Name that the provider expects.
    pub model: String,
    /// Provider of the model.
    pub provider: Rc<Provider>,
    /// Tools that the model may use.
    pub tool_set: ToolSet,
}

impl RoleConfig {
    /// Returns the requested model. A fallback may answer instead.
    pub(crate) fn model(&self) -> &str {
        self.models
            .first()
            .map(|model| model.name.as_str())
            .unwrap_or_default()
    }

    /// Returns whether any of the models has a tool.
    pub(crate) fn has_tools(&self) -> bool {
        self.models.iter().any(|model| !model.tool_set.is_empty())
    }
}

impl Plan {
    /// Builds the plan. Presets and defaults fill in what the request omits. Fails if a model has
    /// no provider, no key or an unsupported setting.
    pub(crate) fn new(
        mut request: Request,
        options: Options,
        random: RandomInputs,
    ) -> Result<Self> {
        let prices = providers::prices(&options)?;
        let providers = Providers::new(&options)?;
        let on_openrouter = providers.default.vendor == Vendor::OpenRouter;
        let preset = match request.preset {
            Some(preset) => Some(preset),
            // Presets name OpenRouter's models, so another server needs an explicit preset.
            None => PRESETS
                .first()
                .filter(|_| on_openrouter && !providers.default.is_missing_key()),
        };
        let panel = panel_specs(&request, preset, &providers.default)?;
        let default_model = preset
            .map(|preset| preset.model.to_owned())
            .or_else(|| panel.first().map(full_name));
        request.model = request.model.or(default_model);
        let writer = request.role_spec(&request.writer).ok_or_else(|| {
            Error::invalid(
                "model",
                "is missing; with `convene: false` it, or `writer`, names the model that answers",
            )
        })?;
        let analyst = request
            .role_spec(&request.analyst)
            .filter(|_| request.convene);
        let panel = if request.convene { panel } else { Vec::new() };
        let raw = expanded_request(&mut request, &panel);
        let restored = request
            .resume
            .as_ref()
            .map(|resume| Restored::from_resume(resume, &panel, analyst.as_ref(), &writer))
            .unwrap_or_default();
        let earlier = request.resume.take().map(|resume| resume.snapshot);

        let builder = PlanBuilder {
            request: &request,
            providers: &providers,
            tool_handlers: &options.tool_handlers,
        };
        let members = panel.len();
        let mut panel_configs = Vec::new();
        for (index, spec) in panel.into_iter().enumerate() {
            panel_configs.push(builder.role_config(Role::Panelist(index), spec)?);
        }
        let second_pass = analyst.as_ref().is_some_and(|spec| spec.passes == Some(2));
        let analyst = analyst
            .map(|spec| builder.role_config(Role::Analyst, spec))
            .transpose()?;
        let writer = builder.role_config(Role::Writer, writer)?;
        Ok(Self {
            seed: request
                .seed
                .or(earlier
                    .as_ref()
                    .and_then(|earlier| earlier.seed)
                    .map(Count::get))
                .unwrap_or(random.seed),
            run_id: earlier
                .map(|earlier| earlier.run_id)
                .filter(|id| !id.is_empty())
                .unwrap_or(random.run_id),
            nonce: random.nonce,
            request: raw,
            restored,
            messages: request.messages,
            panel: panel_configs,
            second_pass,
            analyst,
            writer,
            timeouts: request.timeouts,
            quorum: match request.quorum {
                Some(quorum) => Quorum {
                    min_responses: quorum.min_responses.min(members),
                    ..quorum
                },
                None => Quorum {
                    min_responses: members,
                    grace_ms: None,
                },
            },
            max_retries: request.max_retries,
            max_cost: request.max_cost,
            max_tool_calls: request.max_tool_calls,
            cache_control: request.cache_control,
            tool_handlers: options.tool_handlers,
            prices,
        })
    }

    /// Returns the panel as `run.started` lists it.
    pub(crate) fn members(&self) -> Vec<PanelMember> {
        let provider = |config: &RoleConfig| {
            config
                .models
                .first()
                .map(|model| model.provider.name.clone())
                .unwrap_or_default()
        };
        let member = |(index, config): (usize, &RoleConfig)| PanelMember {
            index,
            model: config.model().to_owned(),
            provider: provider(config),
        };
        self.panel
            .iter()
            .enumerate()
            .map(member)
            .collect::<Vec<_>>()
    }

    /// Returns every model that the run may call.
    pub(crate) fn model_targets(&self) -> Vec<&ModelTarget> {
        let mut model_targets = Vec::new();
        for config in self.panel.iter().chain(&self.analyst).chain([&self.writer]) {
            model_targets.extend(&config.models);
        }
        model_targets
    }
}

/// Returns the panel: the request's models, or the preset's.
fn panel_specs(
    request: &Request,
    preset: Option<&Preset>,
    default: &Provider,
) -> Result<Vec<ModelSpec>> {
    match (&request.analysis_models, preset) {
        (Some(models), _) => Ok(models.clone()),
        (None, Some(preset)) => Ok(preset
            .panel
            .iter()
            .map(|model| ModelSpec::named(model))
            .collect()),
        (None, None) if !request.convene => Ok(Vec::new()),
        (None, None) if default.vendor == Vendor::OpenRouter => Err(missing_key_error(default)),
        (None, None) => Err(Error::invalid(
            "analysis_models",
            "is missing; presets name OpenRouter's models, and `baseURL` is another server's",
        )),
    }
}

/// Takes the caller's JSON and adds the models that a preset or a default fills in.
fn expanded_request(request: &mut Request, panel: &[ModelSpec]) -> Map {
    let mut raw = std::mem::take(&mut request.raw);
    if request.analysis_models.is_none() && request.convene {
        raw.insert(
            "analysis_models",
            panel.iter().map(|spec| json!(&spec.model)).collect(),
        );
    }
    if let Some(model) = &request.model {
        raw.insert("model", json!(model));
    }
    raw
}

/// Returns the name with its provider's prefix, so that it resolves without `provider`.
fn full_name(spec: &ModelSpec) -> String {
    match &spec.provider {
        Some(provider) => format!("{provider}:{}", spec.model),
        None => spec.model.clone(),
    }
}

/// Fields of `extra_body` that allow cost beyond what the run meters.
const UNMETERED_FIELDS: [&str; 9] = [
    "best_of",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "models",
    "num_choices",
    "plugins",
    "stop_server_tools_when",
    "tools",
];

/// Builds the roles of a plan.
struct PlanBuilder<'a> {
    request: &'a Request,
    providers: &'a Providers,
    tool_handlers: &'a [String],
}

impl PlanBuilder<'_> {
    fn role_config(&self, role: Role, spec: ModelSpec) -> Result<RoleConfig> {
        let Self { request, .. } = self;
        let uses_research_tools = role != Role::Writer;
        let path = match role {
            Role::Panelist(index) => format!("analysis_models[{index}]"),
            Role::Analyst => "analyst".to_owned(),
            Role::Writer => "writer".to_owned(),
        };
        let is_unmetered = |name: &&&str| {
            spec.extra_body
                .as_ref()
                .is_some_and(|extra| extra.contains_key(name))
        };
        if let Some(name) = UNMETERED_FIELDS
            .iter()
            .find(is_unmetered)
            .filter(|_| request.max_cost.is_some())
        {
            return Err(Error::invalid(
                &format!("{path}.extra_body.{name}"),
                "can't stand beside `max_cost`, which it could exceed",
            ));
        }
        let reasoning = spec
            .reasoning
            .clone()
            .or_else(|| request.reasoning.clone().filter(|_| uses_research_tools));
        let budget = reasoning
            .as_ref()
            .is_some_and(|reasoning| reasoning.get("max_tokens").is_some());
        let mut models = vec![self.target(&path, &spec.model, &spec, uses_research_tools)?];
        for name in &spec.fallbacks {
            models.push(self.target(&path, name, &spec, uses_research_tools)?);
        }
        for ModelTarget { provider, .. } in &models {
            let takes_budget =
                provider.vendor == Vendor::OpenRouter || provider.dialect == Dialect::Messages;
            if budget && !takes_budget {
                let rule = format!(
                    "is for OpenRouter and the `messages` dialect, and `{}` is neither; use `effort`",
                    provider.name
                );
                return Err(Error::invalid("reasoning.max_tokens", &rule));
            }
            if spec.stop.is_some() && provider.dialect == Dialect::Responses {
                return Err(Error::invalid(
                    &format!("{path}.stop"),
                    "does not exist in the `responses` dialect",
                ));
            }
        }
        Ok(RoleConfig {
            role,
            models,
            system: spec.system,
            temperature: match role {
                Role::Panelist(_) => spec.temperature.or(request.temperature),
                Role::Analyst => Some(Temperature::ZERO),
                Role::Writer => spec.temperature,
            },
            reasoning,
            max_completion_tokens: spec
                .max_completion_tokens
                .unwrap_or(request.max_completion_tokens),
            tool_choice: spec.tool_choice,
            response_format: spec.response_format,
            stop: spec.stop,
            extra_body: spec.extra_body,
        })
    }

    fn target(
        &self,
        path: &str,
        name: &str,
        spec: &ModelSpec,
        uses_research_tools: bool,
    ) -> Result<ModelTarget> {
        let Self {
            request,
            providers,
            tool_handlers,
        } = *self;
        // Check fusion models behind a prefix too.
        let (provider, model) = match (&spec.provider, providers.split(name)) {
            (Some(provider_name), split) if name == spec.model || split.is_none() => {
                let unknown = || {
                    Error::invalid(
                        &format!("{path}.provider"),
                        &format!(
                            "is `{provider_name}`, which is neither built in nor in `providers`"
                        ),
                    )
                };
                (providers.get(provider_name).ok_or_else(unknown)?, name)
            }
            (_, Some(split)) => split,
            (_, None) => (providers.default.clone(), name),
        };
        if provider.is_missing_key() {
            return Err(missing_key_error(&provider));
        }
        crate::request::check_name(path, model)?;
        let requested = spec
            .tools
            .as_ref()
            .map(|tools| (format!("{path}.tools"), tools));
        let requested = requested.or_else(|| {
            request
                .tools
                .as_ref()
                .filter(|_| uses_research_tools)
                .map(|tools| ("tools".to_owned(), tools))
        });
        let tool_set = match requested {
            None if uses_research_tools => ToolSet::for_provider(
                &tools::default_tools(),
                &provider,
                tool_handlers,
                request.max_tool_calls,
            ),
            None => ToolSet::default(),
            Some((field, tools)) => {
                let tool_set =
                    ToolSet::for_provider(tools, &provider, tool_handlers, request.max_tool_calls);
                if let Some(position) = tool_set.unsupported.first() {
                    let rule = format!(
                        "is not hosted by `{}`; give a callback in `toolHandlers` where it is web_search or web_fetch, or other `tools` to `{path}`",
                        provider.name
                    );
                    return Err(Error::invalid(&format!("{field}[{position}]"), &rule));
                }
                let has_handler = |tool: &&Value| {
                    tools::function_name(tool)
                        .is_some_and(|name| tool_handlers.iter().any(|own| own == name))
                };
                if let Some(tool) = tool_set
                    .functions
                    .iter()
                    .find(|tool| uses_research_tools && !has_handler(tool))
                {
                    let name = tools::function_name(tool).unwrap_or_default();
                    return Err(Error::invalid(
                        &format!("toolHandlers.{name}"),
                        &format!("is missing; `{field}` has a function of that name"),
                    ));
                }
                tool_set
            }
        };
        Ok(ModelTarget {
            name: name.to_owned(),
            model: model.to_owned(),
            provider,
            tool_set,
        })
    }
}

fn missing_key_error(provider: &Provider) -> Error {
    let (name, hint) = match provider.vendor {
        Vendor::OpenRouter => ("OpenRouter", " (https://openrouter.ai/keys)"),
        _ => (provider.name.as_str(), ""),
    };
    Error::invalid(
        &provider.key_field,
        &format!("is missing; {name} needs one{hint}"),
    )
}
