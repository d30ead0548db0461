//! Forecasts the calls of a run. Takes a plan and the assumptions of one scenario. Returns the cost
//! of each stage.

use crate::deliberation::cost_limit::CostTracker;
use crate::deliberation::token_count;
use crate::plan::{ModelTarget, Plan, RoleConfig};
use crate::role::Round;
use crate::usage::{CallUsage, Cost};

/// The assumptions of one estimate: the low, the expected or the high cost.
///
/// With `include_fallbacks`, the estimate includes a call of every fallback and a second call of
/// the analyst. A resumed run may ask panelists again. `has_new_answer` says whether at least one
/// of these panelists answers.
pub(super) struct Scenario {
    answer: u64,
    analysis: u64,
    searches: u64,
    /// Number of contradictions in an analysis.
    contradictions: usize,
    include_fallbacks: bool,
    has_new_answer: bool,
}

/// Number of tokens that one web search adds to the prompt.
const TOKENS_PER_SEARCH: u64 = 5_000;
/// Number of tokens of the library's own instructions in a prompt.
const TOKENS_OF_INSTRUCTIONS: u64 = 700;

/// The assumptions of the low, the expected and the high cost.
pub(super) const SCENARIOS: [Scenario; 3] = [
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
];

/// The calls that an estimate assumes for one role.
struct AssumedCalls {
    /// How often the conversation occurs in one prompt of the role.
    conversations: u64,
    /// Tokens of the rest of the prompt: the answers and the library's instructions.
    material: u64,
    completion_tokens: u64,
    /// How often the role sends its prompt.
    times: u64,
}

/// The costs of the stages in one scenario. `None` if a model has no price.
pub(super) struct StageCosts {
    pub panel: Option<Cost>,
    pub analysis: Option<Cost>,
    pub verification: Option<Cost>,
    pub answer: Option<Cost>,
}

/// The calls of a run in one scenario.
pub(super) struct Forecast<'a> {
    pub plan: &'a Plan,
    pub costs: &'a CostTracker<'a>,
    pub scenario: &'a Scenario,
    /// The last round of the run.
    pub last: Round,
}

impl Forecast<'_> {
    /// Returns the costs of all stages.
    pub(super) fn stages(&self) -> StageCosts {
        StageCosts {
            panel: self.panel(),
            analysis: self.analysis(),
            verification: self.verification(),
            answer: self.answer(),
        }
    }

    /// Returns the panelists of a run whose last round is `last`.
    fn members(&self, last: Round) -> impl Iterator<Item = &RoleConfig> {
        let members = self.plan.panel.iter();
        let count = match last {
            Round::First => self.plan.first_round,
            Round::Second => self.plan.panel.len(),
        };
        members.take(count)
    }

    /// Returns the tokens of a role's answer.
    fn answer_tokens(&self, config: &RoleConfig) -> u64 {
        self.scenario.answer.min(config.max_completion_tokens)
    }

    /// Returns the tokens of an analysis.
    fn analysis_tokens(&self, config: &RoleConfig) -> u64 {
        self.scenario.analysis.min(config.max_completion_tokens)
    }

    /// Returns the tokens of the answers, and of the instructions about them.
    fn material(&self, last: Round) -> u64 {
        let answers = self.members(last).map(|config| self.answer_tokens(config));
        let answers = answers.fold(0, u64::saturating_add);
        answers.saturating_add(TOKENS_OF_INSTRUCTIONS)
    }

    /// Returns whether the snapshot has the final outcome of a panelist, so that the panelist is
    /// not asked.
    fn is_restored(&self, config: &RoleConfig) -> bool {
        let index = config.role.index();
        index.is_some_and(|index| self.plan.restored.panelist(index).is_some())
    }

    /// Returns whether the estimate assumes no new answer in the panels up to the round `last`. If
    /// so, the stages of the snapshot remain valid.
    fn stands(&self, last: Round) -> bool {
        let may_bring_none = last == Round::First || self.plan.restored.is_escalated();
        self.members(last).all(|config| self.is_restored(config))
            || may_bring_none && !self.scenario.has_new_answer
    }

    fn panel(&self) -> Option<Cost> {
        let called = self
            .members(self.last)
            .filter(|config| !self.is_restored(config));
        sum(called.map(|config| {
            let calls = AssumedCalls {
                conversations: 1,
                material: 0,
                completion_tokens: self.answer_tokens(config),
                times: 1,
            };
            self.costs.role_cost(config, &calls, self.scenario)
        }))
    }

    fn analysis(&self) -> Option<Cost> {
        let analyst = self.plan.analyst.as_ref();
        let analyses = self.open_analyses().map(|round| {
            let second_pass = self.plan.second_pass && round == self.last;
            let retry = self.scenario.include_fallbacks;
            (round, 1 + u64::from(second_pass) + u64::from(retry))
        });
        let passes = self.open_pass().map(|round| (round, 1));
        sum(analyses.chain(passes).filter_map(|(round, times)| {
            let config = analyst?;
            let criteria = self.plan.criteria.as_deref().map_or(0, str::len);
            let criteria = token_count::text_tokens(criteria);
            let calls = AssumedCalls {
                conversations: 2,
                material: self.material(round).saturating_add(criteria),
                completion_tokens: self.analysis_tokens(config),
                times,
            };
            Some(self.costs.role_cost(config, &calls, self.scenario))
        }))
    }

    /// Returns the rounds whose analysis the run must still make.
    fn open_analyses(&self) -> impl Iterator<Item = Round> + use<> {
        let restored = &self.plan.restored;
        let stands = |round: Round| self.stands(round);
        // If the earlier run has already escalated, the run makes no analysis of the first round.
        let first =
            !restored.is_escalated() && (restored.analysis.is_none() || !stands(Round::First));
        let second = self.last == Round::Second
            && (restored.second_analysis.is_none() || !stands(Round::Second));
        let first = first.then_some(Round::First).into_iter();
        first.chain(second.then_some(Round::Second))
    }

    /// Returns the round of a restored analysis whose second pass the run must still make.
    fn open_pass(&self) -> Option<Round> {
        let restored = &self.plan.restored;
        if !self.plan.second_pass || !self.stands(self.last) {
            return None;
        }
        let second = match self.last {
            Round::First => None,
            Round::Second => Some(restored.second_analysis.as_ref()?.as_ref()),
        };
        let (round, analysis) = match second.flatten() {
            Some(analysis) => (Round::Second, analysis),
            // Without a second analysis, the first analysis stands.
            None => (Round::First, restored.analysis.as_ref()?.as_ref()?),
        };
        restored.needs_second_pass(analysis).then_some(round)
    }

    /// Returns the number of checks of contradictions. If the analysis of the snapshot remains
    /// valid, the number is exact. Otherwise the number is an assumption of the scenario.
    fn checks(&self) -> u64 {
        let restored = &self.plan.restored;
        let Some(verifier) = &self.plan.verifier else {
            return 0;
        };
        let second = restored.second_analysis.as_ref();
        let analysis = match (self.last, second) {
            (Round::First, _) | (Round::Second, Some(None)) => restored.analysis.as_ref(),
            (Round::Second, second) => second,
        };
        let checks = match analysis.filter(|_| self.stands(self.last)) {
            Some(_) if restored.checks_are_over => 0,
            Some(analysis) => analysis
                .as_ref()
                .map_or(0, |analysis| verifier.open_checks(analysis).len()),
            None => verifier.max_checks().min(self.scenario.contradictions),
        };
        checks as u64
    }

    /// Returns the cost of the checks of contradictions. Each prompt contains a part of the
    /// analysis.
    fn verification(&self) -> Option<Cost> {
        let Some(verifier) = &self.plan.verifier else {
            return Some(Cost(0));
        };
        let config = verifier.config();
        let analysis = self.analysis_tokens(config);
        let calls = AssumedCalls {
            conversations: 1,
            material: TOKENS_OF_INSTRUCTIONS.saturating_add(analysis),
            completion_tokens: analysis,
            times: self.checks(),
        };
        self.costs.role_cost(config, &calls, self.scenario)
    }

    fn answer(&self) -> Option<Cost> {
        let Plan {
            restored,
            panel,
            analyst,
            writer,
            ..
        } = self.plan;
        if restored.answer.is_some() && self.stands(self.last) {
            return Some(Cost(0));
        }
        let (conversations, material) = if panel.is_empty() {
            (1, 0)
        } else {
            let analysis = analyst.as_ref();
            let analysis = analysis.map_or(0, |config| self.analysis_tokens(config));
            let outcomes = self.checks().saturating_mul(analysis);
            let compared = analysis.saturating_add(outcomes);
            (2, self.material(self.last).saturating_add(compared))
        };
        let calls = AssumedCalls {
            conversations,
            material,
            completion_tokens: self.answer_tokens(writer),
            times: 1,
        };
        self.costs.role_cost(writer, &calls, self.scenario)
    }
}

/// Returns the sum, or `None` if a cost is unknown.
pub(super) fn sum(mut costs: impl Iterator<Item = Option<Cost>>) -> Option<Cost> {
    costs.try_fold(Cost(0), |sum, cost| {
        Some(Cost(sum.0.saturating_add(cost?.0)))
    })
}

impl CostTracker<'_> {
    /// Estimates the cost of the calls of one role. With `include_fallbacks`, includes all models
    /// of the role and the most expensive substitute. Otherwise includes only the first model.
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
