//! Estimates the cost of a run before it starts. Takes a plan and prices. Returns an [`Estimate`].

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

/// The result of `estimate()`: `Estimate` in index.d.ts. If a model has no price, the costs that
/// depend on its price are `None`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Estimate {
    #[serde(flatten)]
    pub costs: Costs,
    /// The costs without and with the second round. `None` if the request has no `escalate`, or if
    /// the resumed run has already decided about the second round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branches: Option<Branches>,
    /// The providers to which the run may send requests. Contains each provider once.
    pub providers: Vec<Destination>,
    /// Models without a price.
    pub unknown: Vec<String>,
    /// The panelists that share a model family with the analyst, the writer or another panelist.
    pub kinship: Kinship,
}

/// The cost of a run, and of each stage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Costs {
    #[serde(flatten)]
    pub total: Range,
    pub by_stage: ByStage,
}

/// The costs of a run with `escalate`, without and with the second round.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Branches {
    /// The costs if the further panelists of `escalate` are skipped.
    pub settled: Costs,
    /// The costs if the further panelists of `escalate` are asked.
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
    /// The cost of the checks of contradictions. Absent if the run makes no checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<Range>,
    pub answer: Range,
}

/// Estimates the cost of a run. Stages that a resumed run takes from its snapshot cost nothing.
///
/// If it is open whether a second round follows, the low cost is the cost without the second round.
/// The expected and the high cost include the second round.
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
    /// Returns the low, the expected and the high cost of each stage.
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
    /// Returns the costs if it is open whether a second round follows. The low cost is the cost
    /// without the second round. The other costs include the second round.
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
