//! Estimates the cost of a run before it starts: a plan and prices in, an [`Estimate`] out.

use serde::Serialize;

use crate::deliberation::cost_limit::CostTracker;
use crate::deliberation::kinship;
use crate::deliberation::token_count;
use crate::error::Result;
use crate::plan::{ModelTarget, Plan, RoleConfig};
use crate::provider::Environment;
use crate::result::Kinship;
use crate::usage::{CallUsage, Cost};

/// `Estimate` of index.d.ts. If a model has no price, the costs that depend on it are `None`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Estimate {
    #[serde(flatten)]
    pub total: Range,
    pub by_stage: ByStage,
    /// The providers to which the run may send requests, each once.
    pub providers: Vec<Destination>,
    /// Models without a price.
    pub unknown: Vec<String>,
    /// The kinship of the requested models.
    pub kinship: Kinship,
}

/// A provider that a run may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Destination {
    pub name: String,
    pub base_url: String,
}

/// A cost range in USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Range {
    pub low: Option<Cost>,
    pub expected: Option<Cost>,
    pub high: Option<Cost>,
}

/// The cost of each stage.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ByStage {
    pub panel: Range,
    pub analysis: Range,
    /// Absent if the run checks nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<Range>,
    pub answer: Range,
}

/// The assumptions of one estimate.
///
/// With `include_fallbacks`, every fallback is called too, and the analyst is called twice. If a
/// resumed run asks panelists again, `has_new_answer` says whether one of them answers.
struct Scenario {
    answer: u64,
    analysis: u64,
    searches: u64,
    /// Contradictions that an analysis has.
    contradictions: usize,
    include_fallbacks: bool,
    has_new_answer: bool,
}

/// Number of tokens that one web search adds to the prompt.
const TOKENS_PER_SEARCH: u64 = 5_000;
/// Number of tokens of the library's own instructions in a prompt.
const TOKENS_OF_INSTRUCTIONS: u64 = 700;

/// Estimates the cost of a run. Restored stages cost nothing.
pub(crate) async fn estimate(plan: &Plan, env: &Environment) -> Result<Estimate> {
    let costs = CostTracker::new(plan, env);
    costs.load_prices().await?;
    let [low, expected, high] = [
        Scenario {
            answer: 300,
            analysis: 300,
            searches: 0,
            contradictions: 0,
            include_fallbacks: false,
            has_new_answer: false,
        },
        Scenario {
            answer: 1_500,
            analysis: 1_500,
            searches: 2,
            contradictions: 2,
            include_fallbacks: false,
            has_new_answer: true,
        },
        Scenario {
            answer: u64::MAX,
            analysis: u64::MAX,
            searches: u64::MAX,
            contradictions: usize::MAX,
            include_fallbacks: true,
            has_new_answer: true,
        },
    ]
    .map(|scenario| stages(plan, &costs, &scenario));
    let range = |stage: usize| {
        let cost_of = |scenario: &[Option<Cost>; 4]| scenario.get(stage).copied().flatten();
        Range {
            low: cost_of(&low),
            expected: cost_of(&expected),
            high: cost_of(&high),
        }
    };
    let total = |scenario: [Option<Cost>; 4]| sum(scenario.into_iter());
    Ok(Estimate {
        total: Range {
            low: total(low),
            expected: total(expected),
            high: total(high),
        },
        by_stage: ByStage {
            panel: range(0),
            analysis: range(1),
            verification: plan.verifier.as_ref().map(|_| range(2)),
            answer: range(3),
        },
        providers: destinations(plan),
        unknown: costs.unpriced(),
        kinship: kinship::of(plan, &[]),
    })
}

fn destinations(plan: &Plan) -> Vec<Destination> {
    let mut destinations = Vec::new();
    for model in plan.model_targets() {
        let destination = Destination {
            name: model.provider.name.clone(),
            base_url: model.provider.base_url.clone(),
        };
        if !destinations.contains(&destination) {
            destinations.push(destination);
        }
    }
    destinations
}

/// The calls of one role that an estimate assumes.
struct AssumedCalls {
    /// The number of times that the prompt contains the conversation.
    conversations: u64,
    /// Tokens of the rest of the prompt: the answers and the library's instructions.
    material: u64,
    completion_tokens: u64,
    /// The number of times that the role's prompt is sent.
    times: u64,
}

/// Returns the costs of panel, analysis, verification and answer.
fn stages(plan: &Plan, costs: &CostTracker<'_>, scenario: &Scenario) -> [Option<Cost>; 4] {
    let answer = |config: &RoleConfig| scenario.answer.min(config.max_completion_tokens);
    let is_restored = |config: &RoleConfig| {
        let index = config.role.index();
        index.is_some_and(|index| plan.restored.panelist(index).is_some())
    };
    // Without a new answer, the restored analysis and the restored final answer stand.
    let stands = plan.panel.iter().all(is_restored) || !scenario.has_new_answer;
    let panel = plan.panel.iter().filter(|config| !is_restored(config));
    let panel = panel.map(|config| {
        let calls = AssumedCalls {
            conversations: 1,
            material: 0,
            completion_tokens: answer(config),
            times: 1,
        };
        costs.role_cost(config, &calls, scenario)
    });
    let answers = plan.panel.iter().map(answer).fold(0, u64::saturating_add);
    let material = answers.saturating_add(TOKENS_OF_INSTRUCTIONS);
    let analysis = |config: &RoleConfig| scenario.analysis.min(config.max_completion_tokens);
    let analyst = plan.analyst.as_ref();
    let analysis_cost = analyst
        .filter(|_| plan.restored.analysis.is_none() || !stands)
        .map(|config| {
            let criteria = plan.criteria.as_deref().map_or(0, str::len);
            let calls = AssumedCalls {
                conversations: 2,
                material: material.saturating_add(token_count::text_tokens(criteria)),
                completion_tokens: analysis(config),
                times: 1 + u64::from(plan.second_pass) + u64::from(scenario.include_fallbacks),
            };
            costs.role_cost(config, &calls, scenario)
        });
    let checks = checks(plan, scenario, stands);
    let verification_cost = verification_cost(plan, costs, scenario, checks);
    let writer = Some(&plan.writer).filter(|_| plan.restored.answer.is_none() || !stands);
    let answer_cost = writer.map(|config| {
        let (conversations, material) = if plan.panel.is_empty() {
            (1, 0)
        } else {
            let outcomes = checks.saturating_mul(analyst.map_or(0, analysis));
            let compared = analyst.map_or(0, analysis).saturating_add(outcomes);
            (2, material.saturating_add(compared))
        };
        let calls = AssumedCalls {
            conversations,
            material,
            completion_tokens: answer(config),
            times: 1,
        };
        costs.role_cost(config, &calls, scenario)
    });
    [
        sum(panel),
        sum(analysis_cost.into_iter()),
        sum(verification_cost.into_iter()),
        sum(answer_cost.into_iter()),
    ]
}

/// Returns the cost of the checks. Each prompt has a part of the analysis.
fn verification_cost(
    plan: &Plan,
    costs: &CostTracker<'_>,
    scenario: &Scenario,
    checks: u64,
) -> Option<Option<Cost>> {
    let config = plan.verifier.as_ref()?.config();
    let analysis = scenario.analysis.min(config.max_completion_tokens);
    let calls = AssumedCalls {
        conversations: 1,
        material: TOKENS_OF_INSTRUCTIONS.saturating_add(analysis),
        completion_tokens: analysis,
        times: checks,
    };
    Some(costs.role_cost(config, &calls, scenario))
}

/// Returns the number of checks. It is known exactly if the restored analysis stands.
fn checks(plan: &Plan, scenario: &Scenario, stands: bool) -> u64 {
    let checks = plan.verifier.as_ref().map(|verifier| {
        let restored = plan.restored.analysis.as_ref().filter(|_| stands);
        match restored {
            Some(_) if plan.restored.checks_are_over => 0,
            Some(analysis) => analysis
                .as_ref()
                .map_or(0, |analysis| verifier.open_checks(analysis).len()),
            None => verifier.max_checks().min(scenario.contradictions),
        }
    });
    checks.unwrap_or_default() as u64
}

fn sum(mut costs: impl Iterator<Item = Option<Cost>>) -> Option<Cost> {
    costs.try_fold(Cost(0), |sum, cost| {
        Some(Cost(sum.0.saturating_add(cost?.0)))
    })
}

impl CostTracker<'_> {
    /// Estimates the calls of one role. With `include_fallbacks`, counts all models and the most
    /// expensive substitute. Otherwise counts only the first model.
    fn role_cost(
        &self,
        config: &RoleConfig,
        calls: &AssumedCalls,
        scenario: &Scenario,
    ) -> Option<Cost> {
        let searches = if config.has_tools() {
            scenario.searches.min(self.max_tool_calls())
        } else {
            0
        };
        // Each step of a tool loop sends the prompt and the results of all earlier steps again.
        let steps = searches + 1;
        let found = TOKENS_PER_SEARCH * (searches * steps / 2);
        let limit = if scenario.include_fallbacks {
            usize::MAX
        } else {
            1
        };
        let cost_of = |model: &ModelTarget| {
            let sent = self.sent(config, model);
            let price = self.price_of(model, sent)?;
            let prompt = sent
                .tokens
                .saturating_mul(calls.conversations)
                .saturating_add(calls.material)
                .saturating_mul(steps)
                .saturating_add(found);
            let usage = CallUsage {
                cost: None,
                prompt_tokens: Some(prompt.into()),
                completion_tokens: Some(calls.completion_tokens.into()),
                reasoning_tokens: None,
            };
            let call = price
                .cost(&usage, self.unix_ms())?
                .0
                .saturating_add(price.searches(searches).0);
            Some(Cost(call.saturating_mul(calls.times)))
        };
        // At most one substitute answers, so only the most expensive substitute counts.
        let mut dearest = Some(Cost(0));
        for substitute in config.substitutes.iter().filter(|_| limit > 1) {
            let cost = cost_of(&substitute.model);
            dearest = Some(dearest?.max(cost?));
        }
        sum(config
            .models
            .iter()
            .take(limit)
            .map(cost_of)
            .chain([dearest]))
    }
}
