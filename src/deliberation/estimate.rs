//! Estimates the cost of a run before it starts: a plan and prices in, an [`Estimate`] out.

use serde::Serialize;

use crate::deliberation::cost::{CostTracker, prompt_tokens};
use crate::error::Result;
use crate::plan::{Plan, RoleConfig};
use crate::provider::Environment;
use crate::usage::{CallUsage, Cost};

/// `Estimate` of index.d.ts. If a model has no price, the affected costs are `None`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Estimate {
    #[serde(flatten)]
    pub total: Range,
    pub by_stage: ByStage,
    /// Models without a price.
    pub unknown: Vec<String>,
}

/// A cost range in USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Range {
    pub low: Option<Cost>,
    pub expected: Option<Cost>,
    pub high: Option<Cost>,
}

/// The total by stage.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ByStage {
    pub panel: Range,
    pub analysis: Range,
    pub answer: Range,
}

/// Assumptions of one estimate. `answer` and `analysis` are tokens of an answer and of an analysis.
/// `searches` counts the web searches of each role with tools.
///
/// With `include_fallbacks`, every fallback is called too, and the analyst twice.
struct Scenario {
    answer: u64,
    analysis: u64,
    searches: u64,
    include_fallbacks: bool,
}

/// Tokens that a search adds to the prompt.
const TOKENS_PER_SEARCH: u64 = 5_000;
/// Tokens of the library's instructions around the answers.
const TOKENS_OF_INSTRUCTIONS: u64 = 700;

/// Estimates the run that `plan` describes. Restored stages cost nothing.
pub(crate) async fn estimate(plan: &Plan, env: &Environment) -> Result<Estimate> {
    let costs = CostTracker::new(plan, env);
    costs.load_prices().await?;
    let [low, expected, high] = [
        Scenario {
            answer: 300,
            analysis: 300,
            searches: 0,
            include_fallbacks: false,
        },
        Scenario {
            answer: 1_500,
            analysis: 1_500,
            searches: 2,
            include_fallbacks: false,
        },
        Scenario {
            answer: u64::MAX,
            analysis: u64::MAX,
            searches: u64::MAX,
            include_fallbacks: true,
        },
    ]
    .map(|scenario| stages(plan, &costs, &scenario));
    let range = |stage: usize| {
        let cost_of = |scenario: &[Option<Cost>; 3]| scenario.get(stage).copied().flatten();
        Range {
            low: cost_of(&low),
            expected: cost_of(&expected),
            high: cost_of(&high),
        }
    };
    let total = |scenario: [Option<Cost>; 3]| sum(scenario.into_iter());
    Ok(Estimate {
        total: Range {
            low: total(low),
            expected: total(expected),
            high: total(high),
        },
        by_stage: ByStage {
            panel: range(0),
            analysis: range(1),
            answer: range(2),
        },
        unknown: costs.unpriced(),
    })
}

fn stages(plan: &Plan, costs: &CostTracker<'_>, scenario: &Scenario) -> [Option<Cost>; 3] {
    let conversation = prompt_tokens(&plan.messages, None);
    let completion_tokens = |config: &RoleConfig| scenario.answer.min(config.max_completion_tokens);
    let restored = |config: &&RoleConfig| {
        config
            .role
            .index()
            .is_some_and(|index| plan.restored.panelist(index).is_some())
    };
    let role_cost = |config: &RoleConfig, prompt: u64, completion_tokens: u64, times: u64| {
        costs.estimate_role_cost(
            config,
            prompt,
            completion_tokens,
            scenario.searches,
            scenario.include_fallbacks,
            times,
        )
    };

    let panel = sum(plan
        .panel
        .iter()
        .filter(|config| !restored(config))
        .map(|config| role_cost(config, conversation, completion_tokens(config), 1)));
    let answers: u64 = plan
        .panel
        .iter()
        .map(completion_tokens)
        .fold(0, u64::saturating_add);
    let prompt_with_answers = conversation
        .saturating_mul(2)
        .saturating_add(answers)
        .saturating_add(TOKENS_OF_INSTRUCTIONS);
    let analyst = plan
        .analyst
        .as_ref()
        .filter(|_| plan.restored.analysis.is_none());
    let passes = 1 + u64::from(plan.second_pass) + u64::from(scenario.include_fallbacks);
    let analysis_completion =
        |config: &RoleConfig| scenario.analysis.min(config.max_completion_tokens);
    let analysis = sum(analyst.iter().map(|config| {
        role_cost(
            config,
            prompt_with_answers,
            analysis_completion(config),
            passes,
        )
    }));
    let analysis_tokens = plan.analyst.as_ref().map_or(0, analysis_completion);
    let writer = Some(&plan.writer).filter(|_| plan.restored.answer.is_none());
    let prompt = if plan.panel.is_empty() {
        conversation
    } else {
        prompt_with_answers.saturating_add(analysis_tokens)
    };
    [
        panel,
        analysis,
        sum(writer
            .iter()
            .map(|config| role_cost(config, prompt, completion_tokens(config), 1))),
    ]
}

fn sum(mut costs: impl Iterator<Item = Option<Cost>>) -> Option<Cost> {
    costs.try_fold(Cost(0), |sum, cost| {
        Some(Cost(sum.0.saturating_add(cost?.0)))
    })
}

impl CostTracker<'_> {
    /// Estimates the calls of one role: its first model, or all models with `include_fallbacks`.
    fn estimate_role_cost(
        &self,
        config: &RoleConfig,
        prompt: u64,
        completion_tokens: u64,
        searches: u64,
        include_fallbacks: bool,
        times: u64,
    ) -> Option<Cost> {
        let searches = if config.has_tools() {
            searches.min(self.max_tool_calls())
        } else {
            0
        };
        // Each step of a tool loop sends the prompt again, plus the results of the steps before it.
        let steps = searches + 1;
        let prompt = prompt
            .saturating_mul(steps)
            .saturating_add(TOKENS_PER_SEARCH * (searches * steps / 2));
        let models = config
            .models
            .iter()
            .take(if include_fallbacks { usize::MAX } else { 1 });
        sum(models.map(|model| {
            let price = self.price(model)?;
            let usage = CallUsage {
                cost: None,
                prompt_tokens: Some(prompt.into()),
                completion_tokens: Some(completion_tokens.into()),
                reasoning_tokens: None,
            };
            let call = price
                .cost(&usage, self.unix_ms())?
                .0
                .saturating_add(price.searches(searches).0);
            Some(Cost(call.saturating_mul(times)))
        }))
    }
}
