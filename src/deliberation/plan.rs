//! Who plays: the request and the options become seats, each with its models and what it may use.

use serde_json::{Map, Value, json};

use super::restored::Restored;
use crate::error::{Error, Result};
use crate::event::{Member, Seat};
use crate::policy::quorum::Quorum;
use crate::provider::prices::Prices;
use crate::provider::usage::Cost;
use crate::provider::{Host, Provider, tools};
use crate::request::{ModelSpec, Options, PRESETS, Request, Timeouts};

/// Everything random about a run, drawn at the edge. The nonce is no child of the seed: who knows a recorded seed must not know the fence.
#[derive(Clone, Debug, Default)]
pub struct Entropy {
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
    pub request: Map<String, Value>,
    pub restored: Restored,
    pub provider: Provider,
    pub messages: Vec<Value>,
    /// Empty where the run does not convene.
    pub panel: Vec<Player>,
    pub analyst: Option<Player>,
    /// The analyst looks twice.
    pub second_pass: bool,
    pub writer: Player,
    pub timeouts: Timeouts,
    pub quorum: Quorum,
    pub max_retries: u32,
    pub max_cost: Option<Cost>,
    pub prices: Prices,
}

/// A seat and who sits on it.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Player {
    pub seat: Seat,
    /// The model asked for, then its fallbacks. Never empty.
    pub models: Vec<String>,
    pub system: Option<String>,
    pub temperature: Option<f64>,
    pub reasoning: Option<Value>,
    pub max_completion_tokens: u64,
    pub tools: Vec<Value>,
    pub max_tool_calls: u64,
    pub extra_body: Option<Map<String, Value>>,
}

impl Player {
    /// As asked for; a fallback may be the one that answers.
    pub fn model(&self) -> &str {
        self.models.first().map(String::as_str).unwrap_or_default()
    }
}

impl Plan {
    /// Fills in what the request leaves to presets and defaults.
    pub fn new(mut request: Request, options: Options, entropy: Entropy) -> Result<Self> {
        let Options { provider, prices } = options;
        let on_openrouter = provider.host == Host::OpenRouter;
        let preset = match request.preset {
            Some(preset) => Some(preset),
            // A preset names OpenRouter's models; another server gets one only when the caller says so.
            None => PRESETS.first().filter(|_| on_openrouter),
        };
        let panel = match (&request.analysis_models, preset) {
            (Some(models), _) => models.clone(),
            (None, Some(preset)) => preset.panel.iter().map(|model| ModelSpec::named(model)).collect(),
            (None, None) if !request.convene => Vec::new(),
            (None, None) => {
                return Err(Error::invalid(
                    "analysis_models",
                    "is missing; presets name OpenRouter's models, and `baseURL` is another server's",
                ));
            }
        };
        let default_model = preset.map(|preset| preset.model).or(panel.first().map(|spec| spec.model.as_str()));
        request.model = request.model.or(default_model.map(str::to_owned));
        let writer = request
            .role(&request.writer)
            .ok_or_else(|| Error::invalid("model", "is missing; with `convene: false` it, or `writer`, names the model that answers"))?;
        let analyst = request.role(&request.analyst).filter(|_| request.convene);
        let panel = if request.convene { panel } else { Vec::new() };
        let mut given = std::mem::take(&mut request.given);
        if request.analysis_models.is_none() && request.convene {
            given.insert("analysis_models".to_owned(), panel.iter().map(|spec| json!(spec.model)).collect());
        }
        if let Some(model) = &request.model {
            given.insert("model".to_owned(), json!(model));
        }
        let restored = request.resume.as_ref().map(|resume| Restored::of(resume, &panel, analyst.as_ref(), &writer)).unwrap_or_default();
        let earlier = request.resume.map(|resume| resume.snapshot);

        let tools = request.tools.clone().unwrap_or_else(|| tools::default_tools(provider.host));
        if !tools.is_empty() && !on_openrouter {
            return Err(Error::invalid("tools", "are hosted by OpenRouter, and `baseURL` is another server's; pass [] or leave it out"));
        }
        let asks_for_budget = [&request.analyst, &request.writer]
            .into_iter()
            .flatten()
            .chain(&panel)
            .map(|spec| &spec.reasoning)
            .chain([&request.reasoning])
            .flatten()
            .any(|reasoning| reasoning.get("max_tokens").is_some());
        if !on_openrouter && asks_for_budget {
            return Err(Error::invalid("reasoning.max_tokens", "is OpenRouter's, and `baseURL` is another server's; use `effort`"));
        }
        let player = |seat: Seat, spec: ModelSpec| {
            let researches = seat != Seat::Writer;
            Player {
                seat,
                models: std::iter::once(spec.model).chain(spec.fallbacks).collect(),
                system: spec.system,
                temperature: match seat {
                    Seat::Panelist(_) => spec.temperature.or(request.temperature),
                    Seat::Analyst => Some(0.0),
                    Seat::Writer => spec.temperature,
                },
                reasoning: spec.reasoning.or_else(|| request.reasoning.clone().filter(|_| researches)),
                max_completion_tokens: spec.max_completion_tokens.unwrap_or(request.max_completion_tokens),
                tools: if researches { tools.clone() } else { Vec::new() },
                max_tool_calls: request.max_tool_calls,
                extra_body: spec.extra_body,
            }
        };
        let members = panel.len();
        Ok(Self {
            seed: request.seed.or(earlier.as_ref().and_then(|earlier| earlier.seed)).unwrap_or(entropy.seed),
            run_id: earlier.map(|earlier| earlier.run_id).filter(|id| !id.is_empty()).unwrap_or(entropy.run_id),
            nonce: entropy.nonce,
            request: given,
            restored,
            messages: request.messages.clone(),
            panel: panel.into_iter().enumerate().map(|(index, spec)| player(Seat::Panelist(index), spec)).collect(),
            second_pass: analyst.as_ref().is_some_and(|spec| spec.passes == Some(2)),
            analyst: analyst.map(|spec| player(Seat::Analyst, spec)),
            writer: player(Seat::Writer, writer),
            timeouts: request.timeouts,
            quorum: match request.quorum {
                Some(quorum) => Quorum { min_responses: quorum.min_responses.min(members), ..quorum },
                None => Quorum { min_responses: members, grace_ms: None },
            },
            max_retries: request.max_retries,
            max_cost: request.max_cost,
            prices,
            provider,
        })
    }

    /// The panel as `run.started` announces it.
    pub fn members(&self) -> Vec<Member> {
        let member =
            |(index, player): (usize, &Player)| Member { index, model: player.model().to_owned(), provider: self.provider.name.clone() };
        self.panel.iter().enumerate().map(member).collect()
    }
}
