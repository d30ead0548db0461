//! The run's money: what each model costs, and under `max_cost` who may still spend.

use std::cell::{Cell, OnceCell, RefCell};

use memchr::memmem;

use crate::json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::event::ToolStatus;
use crate::notify::Notify;
use crate::plan::{ModelTarget, Plan, RoleConfig};
use crate::policy::budget::Budget;
use crate::provider::Environment;
use crate::provider::Vendor;
use crate::provider::dialect::{ModelRequest, StreamPart};
use crate::provider::prices::{self, Price, Prices};
use crate::role::Role;
use crate::usage::{Activity, CallUsage, Cost};

/// Text is counted as one token in three bytes: English has four and more, Chinese three.
const BYTES_PER_TOKEN: u64 = 3;
/// A picture inside the request, whatever its size. Providers count between 85 and 1,600.
const TOKENS_PER_PICTURE: u64 = 2_000;

/// Belongs to one run.
pub struct CostTracker<'a> {
    plan: &'a Plan,
    env: &'a Environment,
    /// OpenRouter's list, if it was needed.
    list: OnceCell<Prices>,
    budget: RefCell<Option<Budget>>,
    /// What stops the calls that are open and cost something.
    enable_limit: RefCell<Vec<(u64, Notify)>>,
}

impl<'a> CostTracker<'a> {
    /// Without a limit: it knows the caller's prices only.
    pub fn new(plan: &'a Plan, env: &'a Environment) -> Self {
        Self { plan, env, list: OnceCell::new(), budget: RefCell::default(), enable_limit: RefCell::default() }
    }

    /// Sets `max_cost`, once every model that may be called has a price.
    pub async fn enable_limit(&self) -> Result<()> {
        let Some(limit) = self.plan.max_cost else { return Ok(()) };
        self.load_prices().await?;
        if let Some(model) = self.unpriced().first() {
            let rule = format!("needs a price for every model, and `{model}` has none; give it in `prices`");
            return Err(Error::invalid("max_cost", &rule));
        }
        self.budget.replace(Some(Budget::new(limit, self.spent_before())));
        Ok(())
    }

    /// Asks for OpenRouter's list, if it is needed and there.
    pub async fn load_prices(&self) -> Result<()> {
        let is_listed = |model: &&ModelTarget| model.provider.vendor == Vendor::OpenRouter && self.price(model).is_none();
        if let Some(model) = self.plan.candidates().into_iter().find(is_listed) {
            let _ = self.list.set(prices::fetch(&model.provider, self.env, &self.plan.timeouts).await?);
        }
        Ok(())
    }

    /// Models that may be called and have no price, each once.
    pub fn unpriced(&self) -> Vec<String> {
        let mut unpriced: Vec<String> = Vec::new();
        for model in self.plan.candidates() {
            if self.price(model).is_none() && !unpriced.contains(&model.name) {
                unpriced.push(model.name.clone());
            }
        }
        unpriced
    }

    /// The caller's word comes before OpenRouter's, with the provider's prefix or without.
    pub fn price(&self, model: &ModelTarget) -> Option<&Price> {
        let Plan { prices, .. } = self.plan;
        let list = self.list.get().filter(|_| model.provider.vendor == Vendor::OpenRouter);
        prices.of(&model.name).or_else(|| prices.of(&model.model)).or_else(|| list?.of(&model.model))
    }

    pub(super) fn max_tool_calls(&self) -> u64 {
        self.plan.max_tool_calls
    }

    pub(super) fn unix_ms(&self) -> u64 {
        self.env.clock.unix_ms()
    }

    /// Fills in what the provider did not say and a price tells.
    pub fn priced(&self, model: &ModelTarget, usage: CallUsage) -> CallUsage {
        let by_price = || self.price(model)?.cost(&usage, self.unix_ms());
        CallUsage { cost: usage.cost.or_else(by_price), ..usage }
    }

    /// What the run that is resumed has bought. A call of unknown cost counts with the text there is of it.
    fn spent_before(&self) -> Cost {
        let restored = &self.plan.restored;
        let text_of = |call: &Activity| {
            let is_its = |partial: &&crate::snapshot::PartialOutput| {
                (partial.stage, partial.index, &partial.model) == (call.stage, call.index, &call.model)
            };
            restored.partial.iter().filter(is_its).map(|partial| partial.content.len() as u64).sum::<u64>() / BYTES_PER_TOKEN
        };
        let prompt = prompt_tokens(&self.plan.messages, None);
        let mut unknown: Vec<&Activity> = Vec::new();
        let mut spent = 0u64;
        for call in &restored.activity {
            let cost = call.cost.or_else(|| {
                // One text for all calls that a model took for its seat: which call said what is not known.
                let is_same = |other: &Activity| (other.stage, other.index, &other.model) == (call.stage, call.index, &call.model);
                let text = if unknown.iter().any(|other| is_same(other)) { 0 } else { text_of(call) };
                unknown.push(call);
                let model = self.plan.candidates().into_iter().find(|model| model.name == call.model)?;
                self.price(model)?.cost(&tokens(prompt, text), self.unix_ms())
            });
            spent = spent.saturating_add(cost.unwrap_or_default().0);
        }
        Cost(spent)
    }

    /// Lets a call begin, if its prompt still fits. `None`: nobody set a limit.
    pub fn reserve(&self, player: &RoleConfig, model: &ModelTarget, ask: &ModelRequest<'_>) -> Result<Option<MeteredCall<'_, 'a>>> {
        let mut budget = self.budget.borrow_mut();
        let (Some(budget), Some(price)) = (budget.as_mut(), self.price(model)) else { return Ok(None) };
        let prompt = sent_tokens(ask);
        let unix_ms = self.unix_ms();
        // A prompt without a word of answer is money for nothing.
        let at_least = price.cost(&tokens(prompt, 1), unix_ms).unwrap_or(Cost(u64::MAX));
        // The analyst leaves something for the writer.
        let seats = if matches!(player.role, Role::Panelist(_)) { self.plan.panel.len() } else { 2 };
        let Some(call) = budget.reserve(at_least, seats) else {
            return Err(self.exceeded("the next call no longer fits"));
        };
        let stop = Notify::default();
        self.enable_limit.borrow_mut().push((call, stop.clone()));
        Ok(Some(MeteredCall { costs: self, price, call, prompt, unix_ms, streamed: Cell::default(), searches: Cell::default(), stop }))
    }

    fn exceeded(&self, why: &str) -> Error {
        let limit = self.plan.max_cost.unwrap_or_default().to_number();
        Error::new(Code::BudgetExceeded, format!("`max_cost` ({} USD) is used up: {why}", limit.as_str()))
    }
}

/// A call that was let in. Dropping it, too, ends its account: what was metered counts.
pub struct MeteredCall<'p, 'a> {
    costs: &'p CostTracker<'a>,
    price: &'p Price,
    call: u64,
    prompt: u64,
    unix_ms: u64,
    /// Bytes and pieces.
    streamed: Cell<(u64, u64)>,
    /// That the provider made.
    searches: Cell<u64>,
    stop: Notify,
}

impl MeteredCall<'_, '_> {
    /// What the provider may be told to spend on tools and all.
    pub fn allocation(&self) -> Cost {
        self.costs.budget.borrow().as_ref().map(|budget| budget.allocation(self.call)).unwrap_or_default()
    }

    /// Runs the call until the limit is reached, by this or another.
    pub async fn run_within_limit<T>(&self, call: impl Future<Output = T>) -> Result<T> {
        self.stop.run_until(call).await.ok_or_else(|| self.costs.exceeded("calls that were open have been closed"))
    }

    /// Counts what the call has said.
    pub fn meter(&self, piece: &StreamPart<'_>) {
        if matches!(piece, StreamPart::Tool { name, status: ToolStatus::Completed, .. } if memmem::find(name.as_bytes(), b"search").is_some())
        {
            self.searches.set(self.searches.get() + 1);
        }
        let (StreamPart::Text(text) | StreamPart::Reasoning(text)) = piece else { return };
        let (bytes, pieces) = self.streamed.get();
        let streamed = (bytes + text.len() as u64, pieces + 1);
        self.streamed.set(streamed);
        // No tokenizer makes two pieces of one token.
        let streamed = streamed.0.div_ceil(BYTES_PER_TOKEN).max(streamed.1);
        let so_far = self.price.cost(&tokens(self.prompt, streamed), self.unix_ms).unwrap_or(Cost(u64::MAX));
        let goes_on = self.costs.budget.borrow_mut().as_mut().is_none_or(|budget| budget.meter(self.call, so_far));
        if !goes_on {
            self.costs.enable_limit.borrow().iter().for_each(|(_, stop)| stop.notify_one());
        }
    }

    /// The call is over, and the provider has told its tokens or even its cost. Where it ran tools, tokens and searches are the least it came to.
    pub fn settle_usage(&self, usage: &CallUsage) {
        let metered = self.costs.budget.borrow().as_ref().map(|budget| budget.metered(self.call)).unwrap_or_default();
        let by_price =
            || Some(Cost(self.price.cost(usage, self.unix_ms)?.0.saturating_add(self.price.searches(self.searches.get()).0)).max(metered));
        self.settle(usage.cost.or_else(by_price));
    }

    /// What the call really came to, if anybody knows.
    fn settle(&self, cost: Option<Cost>) {
        if let Some(budget) = self.costs.budget.borrow_mut().as_mut() {
            budget.settle(self.call, cost);
        }
        self.costs.enable_limit.borrow_mut().retain(|(call, _)| *call != self.call);
    }
}

impl Drop for MeteredCall<'_, '_> {
    fn drop(&mut self) {
        self.settle(None);
    }
}

fn tokens(prompt: u64, completion: u64) -> CallUsage {
    CallUsage { cost: None, prompt_tokens: Some(prompt.into()), completion_tokens: Some(completion.into()), reasoning_tokens: None }
}

/// A cautious guess.
pub fn prompt_tokens(messages: &[Value], system: Option<&str>) -> u64 {
    count_all(messages) + of_text(system.unwrap_or_default())
}

/// Everything that a call sends: what is not counted here is not bounded.
fn sent_tokens(ask: &ModelRequest<'_>) -> u64 {
    let mut sum = prompt_tokens(ask.messages, ask.system) + count_all(ask.hosted_tools) + count_all(ask.functions);
    sum += ask.response_format.map_or(0, count);
    for value in ask.extra_body.into_iter().flat_map(Map::values) {
        sum += count(value);
    }
    for step in ask.steps {
        sum += of_text(&step.text) + count_all(&step.continuation);
        for call in &step.calls {
            sum += of_text(&call.name) + of_text(&call.arguments);
        }
        for result in &step.results {
            sum += of_text(&result.content);
        }
    }
    sum
}

fn count_all(values: &[Value]) -> u64 {
    values.iter().map(count).sum()
}

fn of_text(text: &str) -> u64 {
    (text.len() as u64).div_ceil(BYTES_PER_TOKEN)
}

/// A picture costs what a picture costs, whatever its size. Nobody knows what is in a file or a recording, so their bytes count like text.
fn count(value: &Value) -> u64 {
    match value {
        Value::String(text) => of_text(text),
        Value::Array(values) => count_all(values),
        Value::Object(fields) if fields.get("type").is_some_and(|kind| kind == "image_url") => TOKENS_PER_PICTURE,
        Value::Object(fields) => fields.iter().map(|(name, value)| of_text(name) + count(value)).sum(),
        _ => 0,
    }
}
