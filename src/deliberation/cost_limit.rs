//! Computes the cost of each call, and stops calls when the run reaches `max_cost`.
//! `policy::budget` decides when to stop.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};

use memchr::memmem;

use super::token_count::{self, BYTES_PER_TOKEN, Sent};
use crate::error::{Code, Error, Result};
use crate::event::ToolStatus;
use crate::notify::Notify;
use crate::plan::{ModelTarget, Plan, RoleConfig};
use crate::policy::budget::Budget;
use crate::provider::Environment;
use crate::provider::Vendor;
use crate::provider::dialect::{ModelRequest, StreamPart};
use crate::provider::prices::{self, CacheWrites, Price, Prices};
use crate::role::Role;
use crate::usage::{CallUsage, Cost};

/// The costs of one run.
pub(super) struct CostTracker<'a> {
    plan: &'a Plan,
    env: &'a Environment,
    /// OpenRouter's price list, once loaded.
    openrouter_prices: OnceCell<Prices>,
    budget: RefCell<Option<Budget>>,
    /// Stop signals of open calls, by the call's id.
    stop_signals: RefCell<Vec<(u64, Notify)>>,
    /// Number of checks of contradictions that run at the same time.
    parallel_checks: Cell<usize>,
}

impl<'a> CostTracker<'a> {
    /// Returns a tracker without a cost limit. It knows only the prices that the caller has passed.
    pub(super) fn new(plan: &'a Plan, env: &'a Environment) -> Self {
        Self {
            plan,
            env,
            openrouter_prices: OnceCell::new(),
            budget: RefCell::default(),
            stop_signals: RefCell::default(),
            parallel_checks: Cell::default(),
        }
    }

    /// Applies the plan's `max_cost`, if there is one. Fails if any model has no price.
    pub(super) async fn enable_limit(&self) -> Result<()> {
        let Some(limit) = self.plan.max_cost else {
            return Ok(());
        };
        self.load_prices().await?;
        if let Some(model) = self.unpriced().first() {
            let rule = format!(
                "needs a price for every model, and `{model}` has none; give it in `prices`"
            );
            return Err(Error::invalid("max_cost", &rule));
        }
        self.budget
            .replace(Some(Budget::new(limit, self.spent_before())));
        Ok(())
    }

    /// Loads OpenRouter's price list if a model needs it.
    pub(super) async fn load_prices(&self) -> Result<()> {
        let is_listed = |model: &&ModelTarget| {
            model.provider.vendor == Vendor::OpenRouter && self.price(model).is_none()
        };
        if let Some(model) = self.plan.model_targets().into_iter().find(is_listed) {
            let _ = self
                .openrouter_prices
                .set(prices::fetch(&model.provider, self.env, &self.plan.timeouts).await?);
        }
        Ok(())
    }

    /// Returns the names of the models without a price. Contains each name once.
    pub(super) fn unpriced(&self) -> Vec<String> {
        let mut unpriced: Vec<String> = Vec::new();
        for model in self.plan.model_targets() {
            if self.price(model).is_none() && !unpriced.contains(&model.name) {
                unpriced.push(model.name.clone());
            }
        }
        unpriced
    }

    /// Returns the price of a model. The caller's prices have precedence over OpenRouter's.
    ///
    /// The caller may list a price under the model's name with or without the provider's prefix.
    /// The price under the name with the prefix has precedence.
    pub(super) fn price(&self, model: &ModelTarget) -> Option<&Price> {
        let Plan { prices, .. } = self.plan;
        let list = self
            .openrouter_prices
            .get()
            .filter(|_| model.provider.vendor == Vendor::OpenRouter);
        prices
            .of(&model.name)
            .or_else(|| prices.of(&model.model))
            .or_else(|| list?.of(&model.model))
    }

    /// Counts the tokens of a role's first request to a model.
    pub(super) fn sent(&self, config: &RoleConfig, model: &ModelTarget) -> Sent {
        token_count::count(model, &self.plan.model_request(config, model))
    }

    /// Returns the price of a request to a model, including the price of its cache writes.
    pub(super) fn price_of(&self, model: &ModelTarget, sent: Sent) -> Option<Cow<'_, Price>> {
        Some(self.price(model)?.with_cache_writes(sent.cache_writes))
    }

    /// Sets how many checks of contradictions run at the same time and share the budget.
    pub(super) fn start_checks(&self, count: usize) {
        self.parallel_checks.set(count);
    }

    pub(super) fn max_tool_calls(&self) -> u64 {
        self.plan.max_tool_calls
    }

    pub(super) fn unix_ms(&self) -> u64 {
        self.env.clock.unix_ms()
    }

    /// Computes a missing cost from the tokens and the price.
    pub(super) fn priced(&self, model: &ModelTarget, usage: CallUsage) -> CallUsage {
        let by_price = || self.price(model)?.cost(&usage, self.unix_ms());
        CallUsage {
            cost: usage.cost.or_else(by_price),
            ..usage
        }
    }

    /// Returns the cost of the earlier run that this run resumes. If the cost of a call is unknown,
    /// estimates the cost from the text that the call has sent.
    fn spent_before(&self) -> Cost {
        let restored = &self.plan.restored;
        // To count the tokens of a prompt, the request must be encoded. Therefore each model's
        // prompt is counted only once.
        let counted = |(config, model)| (config, model, OnceCell::new());
        let models = self.plan.role_models().map(counted).collect::<Vec<_>>();
        let find = |name: &str| models.iter().find(|(_, model, _)| model.name == name);
        // A run has few panelists and models, so a list is enough. A map would add code to the
        // core.
        let mut texts = Vec::new();
        for partial in &restored.partial {
            if find(&partial.model).is_none() {
                continue;
            }
            let role = (partial.stage, partial.index, partial.model.as_str());
            let length = partial.content.len() as u64;
            match texts.iter_mut().find(|(other, _)| *other == role) {
                Some((_, text)) => *text += length,
                None => texts.push((role, length)),
            }
        }
        let mut spent = 0u64;
        for call in &restored.activity {
            let cost = call.cost.or_else(|| {
                let (config, model, prompt) = find(&call.model)?;
                let sent = *prompt.get_or_init(|| self.sent(config, model));
                // The snapshot has one unfinished text for all calls of a role to a model. Count
                // this text only for the first of these calls.
                let role = (call.stage, call.index, call.model.as_str());
                let text = texts.iter_mut().find(|(other, _)| *other == role);
                let text = text.map(|(_, text)| std::mem::take(text));
                let text = text.unwrap_or_default() / BYTES_PER_TOKEN;
                self.price_of(model, sent)?
                    .cost(&usage_of(sent.tokens, text), self.unix_ms())
            });
            spent = spent.saturating_add(cost.unwrap_or_default().0);
        }
        Cost(spent)
    }

    /// Reserves budget for a call. If the run has no limit, returns `None`. Fails if the prompt
    /// costs more than the remaining budget.
    pub(super) fn reserve(
        &self,
        config: &RoleConfig,
        model: &ModelTarget,
        model_request: &ModelRequest<'_>,
    ) -> Result<Option<MeteredCall<'_, 'a>>> {
        let mut budget = self.budget.borrow_mut();
        let (Some(budget), Some(price)) = (budget.as_mut(), self.price(model)) else {
            return Ok(None);
        };
        let sent = token_count::count(model, model_request);
        let (prompt, price) = (sent.tokens, price.with_cache_writes(sent.cache_writes));
        let unix_ms = self.unix_ms();
        // The budget must be enough for the prompt and at least one token of output.
        let at_least = price
            .cost(&usage_of(prompt, 1), unix_ms)
            .unwrap_or(Cost(u64::MAX));
        // The call gets one of `max_parallel` equal shares of the free budget. Outside of the
        // panel, one share is for the next stage. Otherwise the analysis and its checks could leave
        // nothing for the writer.
        let max_parallel = match config.role {
            Role::Panelist(index) => self.plan.round_size(self.plan.round_of(index)),
            Role::Verifier(_) => self.parallel_checks.get() + 1,
            Role::Analyst | Role::Writer => 2,
        };
        let Some(call) = budget.reserve(at_least, max_parallel) else {
            return Err(self.exceeded("the next call no longer fits"));
        };
        let stop = Notify::default();
        self.stop_signals.borrow_mut().push((call, stop.clone()));
        Ok(Some(MeteredCall {
            costs: self,
            price,
            writes_cache: sent.cache_writes != CacheWrites::None,
            call,
            prompt,
            unix_ms,
            streamed: Cell::default(),
            searches: Cell::default(),
            stop,
        }))
    }

    fn exceeded(&self, why: &str) -> Error {
        let limit = self.plan.max_cost.unwrap_or_default().to_number();
        Error::new(
            Code::BudgetExceeded,
            format!("`max_cost` ({} USD) is used up: {why}", limit.as_str()),
        )
    }
}

/// A call with reserved budget. If this value is dropped, the cost counted during the call becomes
/// the final cost of the call.
pub(super) struct MeteredCall<'p, 'a> {
    costs: &'p CostTracker<'a>,
    price: Cow<'p, Price>,
    /// Whether the request may write to the provider's cache.
    writes_cache: bool,
    call: u64,
    prompt: u64,
    unix_ms: u64,
    streamed: Cell<Streamed>,
    /// Number of searches that the provider ran.
    searches: Cell<u64>,
    stop: Notify,
}

/// The amounts that a call has streamed so far.
#[derive(Clone, Copy, Default)]
struct Streamed {
    /// Bytes of text and reasoning.
    text: u64,
    /// Bytes that the model has written, as reported in [`StreamPart::Written`].
    written: u64,
    /// Number of parts that the provider has streamed. Each part has at least one token.
    parts: u64,
}

impl Streamed {
    fn bytes(self) -> u64 {
        self.text.max(self.written)
    }
}

impl MeteredCall<'_, '_> {
    /// Returns the maximum cost of this call, which the request passes to the provider.
    pub(super) fn allocation(&self) -> Cost {
        self.costs
            .budget
            .borrow()
            .as_ref()
            .map(|budget| budget.allocation(self.call))
            .unwrap_or_default()
    }

    /// Runs the call. If this or another call reaches the limit, stops the call and fails.
    pub(super) async fn run_within_limit<T>(&self, call: impl Future<Output = T>) -> Result<T> {
        self.stop
            .run_until(call)
            .await
            .ok_or_else(|| self.costs.exceeded("calls that were open have been closed"))
    }

    /// Counts a streamed part and updates the call's cost. When the run reaches its limit, stops
    /// all calls.
    ///
    /// [`StreamPart::Written`] also counts bytes of text that other parts contain. Therefore the
    /// cost uses the larger of the two numbers of bytes, and not their sum.
    pub(super) fn meter(&self, part: &StreamPart<'_>) {
        if let StreamPart::Tool { name, status, .. } = part
            && *status == ToolStatus::Completed
            && memmem::find(name.as_bytes(), b"search").is_some()
        {
            self.searches.set(self.searches.get() + 1);
        }
        let mut streamed = self.streamed.get();
        let before = streamed.bytes();
        match part {
            StreamPart::Text(text) | StreamPart::Reasoning(text) | StreamPart::Thinking(text) => {
                streamed.text += text.len() as u64;
            }
            StreamPart::Written { bytes } => streamed.written = *bytes as u64,
            _ => return,
        }
        if streamed.bytes() <= before {
            self.streamed.set(streamed);
            return;
        }
        streamed.parts += 1;
        self.streamed.set(streamed);
        // Each part is at least one token.
        let tokens = streamed.bytes().div_ceil(BYTES_PER_TOKEN);
        let tokens = tokens.max(streamed.parts);
        let so_far = self
            .price
            .cost(&usage_of(self.prompt, tokens), self.unix_ms)
            .unwrap_or(Cost(u64::MAX));
        let is_within_limit = self
            .costs
            .budget
            .borrow_mut()
            .as_mut()
            .is_none_or(|budget| budget.meter(self.call, so_far));
        if !is_within_limit {
            self.costs
                .stop_signals
                .borrow()
                .iter()
                .for_each(|(_, stop)| stop.notify_one());
        }
    }

    /// Sets the final cost of the call. `reported` is the cost that the provider reports. If no
    /// cost is known, computes the cost from tokens and searches. This cost is at least the cost
    /// that was counted during the call.
    pub(super) fn settle_usage(&self, usage: &CallUsage, reported: Option<Cost>) {
        let metered = self
            .costs
            .budget
            .borrow()
            .as_ref()
            .map(|budget| budget.metered(self.call))
            .unwrap_or_default();
        let by_price = || {
            Some(
                Cost(
                    self.price
                        .cost(usage, self.unix_ms)?
                        .0
                        .saturating_add(self.price.searches(self.searches.get()).0),
                )
                .max(metered),
            )
        };
        // If the request writes to the cache, `usage.cost` may lack the price of the cache writes.
        let known = if self.writes_cache {
            reported
        } else {
            usage.cost
        };
        self.settle(known.or_else(by_price));
    }

    /// Settles the call. If `cost` is `None`, the metered cost counts.
    fn settle(&self, cost: Option<Cost>) {
        if let Some(budget) = self.costs.budget.borrow_mut().as_mut() {
            budget.settle(self.call, cost);
        }
        self.costs
            .stop_signals
            .borrow_mut()
            .retain(|(call, _)| *call != self.call);
    }
}

impl Drop for MeteredCall<'_, '_> {
    fn drop(&mut self) {
        self.settle(None);
    }
}

fn usage_of(prompt: u64, completion: u64) -> CallUsage {
    CallUsage {
        cost: None,
        prompt_tokens: Some(prompt.into()),
        completion_tokens: Some(completion.into()),
        reasoning_tokens: None,
    }
}
