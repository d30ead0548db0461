//! Estimates the cost of a run before it starts: a plan and prices in, an [`Estimate`] out.

use serde::Serialize;

use crate::deliberation::cost_limit::CostTracker;
use crate::deliberation::forecast::{Forecast, SCENARIOS, Scenario, StageCosts, sum};
use crate::deliberation::kinship;
use crate::error::Result;
use crate::plan::Plan;
use crate::provider::Environment;
use crate::result::Kinship;
use crate::role::Round;
use crate::usage::Cost;

/// `Estimate` of index.d.ts. If a model has no price, the costs that depend on it are `None`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Estimate {
    #[serde(flatten)]
    pub costs: Costs,
    /// The costs without and with the second round, if the request has `escalate` and the first
    /// round has not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branches: Option<Branches>,
    /// The providers to which the run may send requests, each once.
    pub providers: Vec<Destination>,
    /// Models without a price.
    pub unknown: Vec<String>,
    /// The kinship of the requested models.
    pub kinship: Kinship,
}

/// The cost of a run, and of each stage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Costs {
    #[serde(flatten)]
    pub total: Range,
    pub by_stage: ByStage,
}

/// The costs of both ways that a run with `escalate` may take.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Branches {
    /// The further panelists are skipped.
    pub settled: Costs,
    /// The further panelists are asked.
    pub escalated: Costs,
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct ByStage {
    pub panel: Range,
    pub analysis: Range,
    /// Absent if the run checks nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<Range>,
    pub answer: Range,
}

/// Estimates the cost of a run. Restored stages cost nothing.
///
/// If both branches of `escalate` are possible, the low cost is that of the run without the second
/// round. The expected and the high cost are those of the run with it.
pub(crate) async fn estimate(plan: &Plan, env: &Environment) -> Result<Estimate> {
    let tracker = CostTracker::new(plan, env);
    tracker.load_prices().await?;
    let costs_of = |last: Round| {
        let forecast = |scenario: &Scenario| {
            Forecast {
                plan,
                costs: &tracker,
                scenario,
                last,
            }
            .stages()
        };
        let [low, expected, high] = SCENARIOS.each_ref().map(forecast);
        Costs::of(plan, [&low, &expected, &high])
    };
    let end = plan.restored.escalation.as_ref();
    let branches = plan.escalation.filter(|_| end.is_none()).map(|_| Branches {
        settled: costs_of(Round::First),
        escalated: costs_of(Round::Second),
    });
    let costs = match &branches {
        Some(branches) => branches.together(),
        None if plan.restored.is_escalated() => costs_of(Round::Second),
        None => costs_of(Round::First),
    };
    let all: Vec<usize> = (0..plan.panel.len()).collect();
    Ok(Estimate {
        costs,
        branches,
        providers: destinations(plan),
        unknown: tracker.unpriced(),
        kinship: kinship::of(plan, &all, &all, &[]),
    })
}

impl Costs {
    /// Returns the ranges of the costs of each stage in the three scenarios.
    fn of(plan: &Plan, [low, expected, high]: [&StageCosts; 3]) -> Self {
        let range = |of: fn(&StageCosts) -> Option<Cost>| Range {
            low: of(low),
            expected: of(expected),
            high: of(high),
        };
        Self {
            total: range(|costs| {
                let StageCosts {
                    panel,
                    analysis,
                    verification,
                    answer,
                } = *costs;
                sum([panel, analysis, verification, answer].into_iter())
            }),
            by_stage: ByStage {
                panel: range(|costs| costs.panel),
                analysis: range(|costs| costs.analysis),
                verification: plan
                    .verifier
                    .as_ref()
                    .map(|_| range(|costs| costs.verification)),
                answer: range(|costs| costs.answer),
            },
        }
    }
}

impl Branches {
    /// Returns the ranges that contain both branches.
    fn together(&self) -> Costs {
        let range = |of: fn(&Costs) -> Range| Range {
            low: of(&self.settled).low,
            ..of(&self.escalated)
        };
        Costs {
            total: range(|costs| costs.total),
            by_stage: ByStage {
                panel: range(|costs| costs.by_stage.panel),
                analysis: range(|costs| costs.by_stage.analysis),
                verification: self
                    .settled
                    .by_stage
                    .verification
                    .map(|_| range(|costs| costs.by_stage.verification.unwrap_or_default())),
                answer: range(|costs| costs.by_stage.answer),
            },
        }
    }
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
