//! Who plays: the request and the options become seats, each with its models and what it may use.

mod providers;
pub mod restore;

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
use crate::request::{ModelSpec, Options, PRESETS, Request, Temperature, Timeouts};
use crate::role::Role;
use crate::usage::Cost;
use providers::Providers;

/// Everything random about a run, drawn at the edge. The nonce is no child of the seed: who knows a recorded seed must not know the fence.
#[derive(Clone, Debug, Default)]
pub struct RandomInputs {
    /// Names the run.
    pub run_id: String,
    /// Used where the request gives none.
    pub seed: u64,
    /// Marks the fences around untrusted text.
    pub nonce: String,
}

/// A run before its first call.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Plan {
    pub run_id: String,
    pub seed: u64,
    pub nonce: String,
    /// As the caller gave it, and with what a preset filled in: a snapshot says itself who sat on the panel.
    pub request: Map,
    pub restored: Restored,
    pub messages: Vec<Value>,
    /// Empty where the run does not convene.
    pub panel: Vec<RoleConfig>,
    pub analyst: Option<RoleConfig>,
    /// The analyst looks twice.
    pub second_pass: bool,
    pub writer: RoleConfig,
    pub timeouts: Timeouts,
    pub quorum: Quorum,
    pub max_retries: u32,
    pub max_cost: Option<Cost>,
    pub max_tool_calls: u64,
    pub cache_control: Option<Value>,
    /// Tools that the caller's callbacks run.
    pub tool_handlers: Vec<String>,
    pub prices: Prices,
}

/// A seat and who sits on it.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct RoleConfig {
    pub role: Role,
    /// The model asked for, then its fallbacks. Never empty.
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

/// A model that may be asked, where, and with which tools.
#[derive(Clone, Debug)]
pub struct ModelTarget {
    /// As the caller wrote it, and as events and results name it.
    pub name: String,
    /// As its provider knows it.
    pub model: String,
    /// Who answers.
    pub provider: Rc<Provider>,
    /// What it may use.
    pub offer: ToolSet,
}

impl RoleConfig {
    /// As asked for; a fallback may be the one that answers.
    pub fn model(&self) -> &str {
        self.models.first().map(|model| model.name.as_str()).unwrap_or_default()
    }

    /// Whether any of its models has a tool.
    pub fn has_tools(&self) -> bool {
        self.models.iter().any(|model| !model.offer.is_empty())
    }
}

impl Plan {
    /// Fills in what the request leaves to presets and defaults.
    pub fn new(mut request: Request, options: Options, entropy: RandomInputs) -> Result<Self> {
        let prices = providers::prices(&options)?;
        let providers = Providers::new(&options)?;
        let on_openrouter = providers.default.vendor == Vendor::OpenRouter;
        let preset = match request.preset {
            Some(preset) => Some(preset),
            // A preset names OpenRouter's models; another server gets one only when the caller says so.
            None => PRESETS.first().filter(|_| on_openrouter && !providers.default.is_missing_key()),
        };
        let panel = match (&request.analysis_models, preset) {
            (Some(models), _) => models.clone(),
            (None, Some(preset)) => preset.panel.iter().map(|model| ModelSpec::named(model)).collect::<Vec<_>>(),
            (None, None) if !request.convene => Vec::new(),
            (None, None) if on_openrouter => return Err(is_missing_key(&providers.default)),
            (None, None) => {
                return Err(Error::invalid(
                    "analysis_models",
                    "is missing; presets name OpenRouter's models, and `baseURL` is another server's",
                ));
            }
        };
        let default_model = preset.map(|preset| preset.model.to_owned()).or_else(|| panel.first().map(full_name));
        request.model = request.model.or(default_model);
        let writer = request
            .role(&request.writer)
            .ok_or_else(|| Error::invalid("model", "is missing; with `convene: false` it, or `writer`, names the model that answers"))?;
        let analyst = request.role(&request.analyst).filter(|_| request.convene);
        let panel = if request.convene { panel } else { Vec::new() };
        let mut given = std::mem::take(&mut request.given);
        if request.analysis_models.is_none() && request.convene {
            given.insert("analysis_models", panel.iter().map(|spec| json!(&spec.model)).collect());
        }
        if let Some(model) = &request.model {
            given.insert("model", json!(model));
        }
        let restored =
            request.resume.as_ref().map(|resume| Restored::from_resume(resume, &panel, analyst.as_ref(), &writer)).unwrap_or_default();
        let earlier = request.resume.take().map(|resume| resume.snapshot);

        let casting = PlanBuilder { request: &request, providers: &providers, tool_handlers: &options.tool_handlers };
        let members = panel.len();
        let mut players = Vec::new();
        for (index, spec) in panel.into_iter().enumerate() {
            players.push(casting.player(Role::Panelist(index), spec)?);
        }
        let second_pass = analyst.as_ref().is_some_and(|spec| spec.passes == Some(2));
        let analyst = analyst.map(|spec| casting.player(Role::Analyst, spec)).transpose()?;
        let writer = casting.player(Role::Writer, writer)?;
        Ok(Self {
            seed: request.seed.or(earlier.as_ref().and_then(|earlier| earlier.seed).map(Count::get)).unwrap_or(entropy.seed),
            run_id: earlier.map(|earlier| earlier.run_id).filter(|id| !id.is_empty()).unwrap_or(entropy.run_id),
            nonce: entropy.nonce,
            request: given,
            restored,
            messages: request.messages,
            panel: players,
            second_pass,
            analyst,
            writer,
            timeouts: request.timeouts,
            quorum: match request.quorum {
                Some(quorum) => Quorum { min_responses: quorum.min_responses.min(members), ..quorum },
                None => Quorum { min_responses: members, grace_ms: None },
            },
            max_retries: request.max_retries,
            max_cost: request.max_cost,
            max_tool_calls: request.max_tool_calls,
            cache_control: request.cache_control,
            tool_handlers: options.tool_handlers,
            prices,
        })
    }

    /// The panel as `run.started` announces it.
    pub fn members(&self) -> Vec<PanelMember> {
        let provider = |player: &RoleConfig| player.models.first().map(|model| model.provider.name.clone()).unwrap_or_default();
        let member =
            |(index, player): (usize, &RoleConfig)| PanelMember { index, model: player.model().to_owned(), provider: provider(player) };
        self.panel.iter().enumerate().map(member).collect::<Vec<_>>()
    }

    /// Every model that may be called.
    pub fn candidates(&self) -> Vec<&ModelTarget> {
        let mut candidates = Vec::new();
        for player in self.panel.iter().chain(&self.analyst).chain([&self.writer]) {
            candidates.extend(&player.models);
        }
        candidates
    }
}

/// A name that finds its provider by itself.
fn full_name(spec: &ModelSpec) -> String {
    match &spec.provider {
        Some(provider) => format!("{provider}:{}", spec.model),
        None => spec.model.clone(),
    }
}

/// Fields of a provider's request that let it spend more than the run knows of.
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

/// Seats players.
struct PlanBuilder<'a> {
    request: &'a Request,
    providers: &'a Providers,
    tool_handlers: &'a [String],
}

impl PlanBuilder<'_> {
    fn player(&self, role: Role, spec: ModelSpec) -> Result<RoleConfig> {
        let Self { request, .. } = self;
        let uses_research_tools = role != Role::Writer;
        let path = match role {
            Role::Panelist(index) => format!("analysis_models[{index}]"),
            Role::Analyst => "analyst".to_owned(),
            Role::Writer => "writer".to_owned(),
        };
        let unbounded = |name: &&&str| spec.extra_body.as_ref().is_some_and(|extra| extra.contains_key(name));
        if let Some(name) = UNMETERED_FIELDS.iter().find(unbounded).filter(|_| request.max_cost.is_some()) {
            return Err(Error::invalid(&format!("{path}.extra_body.{name}"), "can't stand beside `max_cost`, which it could exceed"));
        }
        let reasoning = spec.reasoning.clone().or_else(|| request.reasoning.clone().filter(|_| uses_research_tools));
        let budget = reasoning.as_ref().is_some_and(|reasoning| reasoning.get("max_tokens").is_some());
        let mut models = vec![self.candidate(&path, &spec.model, &spec, uses_research_tools)?];
        for name in &spec.fallbacks {
            models.push(self.candidate(&path, name, &spec, uses_research_tools)?);
        }
        for ModelTarget { provider, .. } in &models {
            let takes_budget = provider.vendor == Vendor::OpenRouter || provider.dialect == Dialect::Messages;
            if budget && !takes_budget {
                let rule = format!("is for OpenRouter and the `messages` dialect, and `{}` is neither; use `effort`", provider.name);
                return Err(Error::invalid("reasoning.max_tokens", &rule));
            }
            if spec.stop.is_some() && provider.dialect == Dialect::Responses {
                return Err(Error::invalid(&format!("{path}.stop"), "does not exist in the `responses` dialect"));
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
            max_completion_tokens: spec.max_completion_tokens.unwrap_or(request.max_completion_tokens),
            tool_choice: spec.tool_choice,
            response_format: spec.response_format,
            stop: spec.stop,
            extra_body: spec.extra_body,
        })
    }

    fn candidate(&self, path: &str, name: &str, spec: &ModelSpec, uses_research_tools: bool) -> Result<ModelTarget> {
        let Self { request, providers, tool_handlers } = *self;
        // Also behind a prefix: a panel does not convene panels.
        let (provider, model) = match (&spec.provider, providers.split(name)) {
            (Some(named), split) if name == spec.model || split.is_none() => {
                let unknown =
                    || Error::invalid(&format!("{path}.provider"), &format!("is `{named}`, which is neither built in nor in `providers`"));
                (providers.get(named).ok_or_else(unknown)?, name)
            }
            (_, Some(split)) => split,
            (_, None) => (providers.default.clone(), name),
        };
        if provider.is_missing_key() {
            return Err(is_missing_key(&provider));
        }
        crate::request::check_name(path, model)?;
        let asked_for = spec.tools.as_ref().map(|tools| (format!("{path}.tools"), tools));
        let asked_for =
            asked_for.or_else(|| request.tools.as_ref().filter(|_| uses_research_tools).map(|tools| ("tools".to_owned(), tools)));
        let offer = match asked_for {
            None if uses_research_tools => ToolSet::of(&tools::default_tools(), &provider, tool_handlers, request.max_tool_calls),
            None => ToolSet::default(),
            Some((field, tools)) => {
                let offer = ToolSet::of(tools, &provider, tool_handlers, request.max_tool_calls);
                if let Some(position) = offer.unsupported.first() {
                    let rule = format!(
                        "is not hosted by `{}`; give a callback in `toolHandlers` where it is web_search or web_fetch, or other `tools` to `{path}`",
                        provider.name
                    );
                    return Err(Error::invalid(&format!("{field}[{position}]"), &rule));
                }
                let has_handler =
                    |tool: &&Value| tools::function_name(tool).is_some_and(|name| tool_handlers.iter().any(|own| own == name));
                if let Some(tool) = offer.functions.iter().find(|tool| uses_research_tools && !has_handler(tool)) {
                    let name = tools::function_name(tool).unwrap_or_default();
                    return Err(Error::invalid(
                        &format!("toolHandlers.{name}"),
                        &format!("is missing; `{field}` has a function of that name"),
                    ));
                }
                offer
            }
        };
        Ok(ModelTarget { name: name.to_owned(), model: model.to_owned(), provider, offer })
    }
}

fn is_missing_key(provider: &Provider) -> Error {
    let (name, hint) = match provider.vendor {
        Vendor::OpenRouter => ("OpenRouter", " (https://openrouter.ai/keys)"),
        _ => (provider.name.as_str(), ""),
    };
    Error::invalid(&provider.key_field, &format!("is missing; {name} needs one{hint}"))
}
