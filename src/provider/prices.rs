//! Computes the cost of calls from the prices of models.
//!
//! In: OpenRouter's `pricing` objects, from the caller or from `GET /models`. Out: a [`Cost`] for a
//! number of tokens. Follows `PublicPricing` and `PricingOverride` of OpenRouter's specification.
//!
//! <https://openrouter.ai/openapi.yaml>

use std::borrow::Cow;

use crate::json::{Value, decimal};
use futures::StreamExt;
use futures::future::{Either, select};

use crate::error::{Code, Error, Result};
use crate::provider::key::{self, CallTime};
use crate::provider::limit_errors::{timeout_error, too_long};
use crate::provider::transport::HttpRequest;
use crate::provider::{Environment, Provider, error_mapping};
use crate::request::Timeouts;
use crate::usage::{CallUsage, Cost};

/// Number of decimal places of a price. A price is stored as an integer, in units of 1e-18 USD.
/// Therefore the price of one token is exact, and so is the price of many tokens.
const DECIMALS: i32 = 18;
const PER_PICODOLLAR: u128 = 1_000_000;

/// The prices of several models, by model name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prices(Vec<(String, Price)>);

/// The price of one model.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Price {
    base: Rates,
    tiers: Vec<Tier>,
    /// The discount, in millionths of the price. For example, 100,000 means 10 %.
    discount: u64,
}

/// How long the provider keeps the parts of the prompt that a request may write to its cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CacheWrites {
    None,
    FiveMinutes,
    /// One hour. This value is also used if the `ttl` of the request is unknown.
    OneHour,
}

impl CacheWrites {
    /// Returns the price of a cache write, as a percentage of the prompt's price.
    /// <https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing>
    fn percent(self) -> u64 {
        match self {
            CacheWrites::None => 100,
            CacheWrites::FiveMinutes => 125,
            CacheWrites::OneHour => 200,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Rates {
    prompt: Option<u64>,
    /// The price of a token that is written to the provider's cache.
    cache_write: Option<u64>,
    completion: Option<u64>,
    request: Option<u64>,
    reasoning: Option<u64>,
    search: Option<u64>,
}

/// Rates that apply only to long prompts or at certain hours.
#[derive(Clone, Debug, PartialEq)]
struct Tier {
    above_prompt_tokens: Option<u64>,
    /// The hours of the day at which the rates apply: their start and their end in UTC. A time is a
    /// number, such as 1730 for 17:30. The range does not include its end, and may cross midnight.
    hours: Option<(u64, u64)>,
    rates: Rates,
}

impl Prices {
    /// Adds the price of a model, in the form that the caller wrote. Fails if the object has no
    /// valid price for the prompt or the completion. `path` is the place of the object, for the
    /// error message.
    pub(crate) fn insert(&mut self, path: &str, model: &str, pricing: &Value) -> Result<()> {
        let Value::Object(_) = pricing else {
            return Err(Error::invalid(
                path,
                "must be one of OpenRouter's `pricing` objects",
            ));
        };
        let price = Price::read(pricing);
        for (name, rate) in [
            ("prompt", price.base.prompt),
            ("completion", price.base.completion),
        ] {
            if rate.is_none() {
                return Err(Error::invalid(
                    &format!("{path}.{name}"),
                    "must be USD per token, such as \"0.000002\"",
                ));
            }
        }
        self.0.push((model.to_owned(), price));
        Ok(())
    }

    /// Reads OpenRouter's list of models. Skips models without a known price. For example,
    /// OpenRouter's routers report the price -1.
    pub(crate) fn of_list(list: &Value) -> Self {
        let entry = |model: &Value| {
            let price = Price::read(model.get("pricing")?);
            (price.base.prompt.is_some() && price.base.completion.is_some())
                .then_some((model.get("id")?.as_str()?.to_owned(), price))
        };
        Self(
            list.field("data")
                .elements()
                .iter()
                .filter_map(entry)
                .collect::<Vec<_>>(),
        )
    }

    /// Returns the price of a model, if it is known.
    pub(crate) fn of(&self, model: &str) -> Option<&Price> {
        self.0
            .iter()
            .find(|(name, _)| name == model)
            .map(|(_, price)| price)
    }
}

impl Price {
    /// Reads a `pricing` object. If a field contains a negative number or no number, its price is
    /// unknown.
    fn read(pricing: &Value) -> Self {
        let number = |value: &Value, name: &str| decimal(value.get(name)?.as_number()?.as_str(), 0);
        let tier = |value: &Value| Tier {
            above_prompt_tokens: number(value, "min_prompt_tokens"),
            hours: number(value, "utc_start").zip(number(value, "utc_end")),
            rates: Rates::read(value),
        };
        let discount = pricing
            .get("discount")
            .and_then(|discount| decimal(&text_of(discount), 6))
            .unwrap_or(0);
        Self {
            base: Rates::read(pricing),
            tiers: pricing
                .field("overrides")
                .elements()
                .iter()
                .map(tier)
                .collect::<Vec<_>>(),
            discount: discount.min(1_000_000),
        }
    }

    /// Returns the cost of one call. Rounds the sum up to 1e-12 USD.
    ///
    /// Reasoning tokens are part of the completion tokens. They cost the same, unless the model has
    /// a separate rate for reasoning. The cost does not include discounts for cached tokens,
    /// because the number of these tokens is unknown. `unix_ms` is the time of the call, for rates
    /// that depend on the hour.
    pub(crate) fn cost(&self, usage: &CallUsage, unix_ms: u64) -> Option<Cost> {
        let (prompt, completion) = (usage.prompt_tokens?.get(), usage.completion_tokens?.get());
        let rates = self.rates(prompt, unix_ms);
        let separate_reasoning = rates.reasoning.filter(|rate| *rate > 0).map(|rate| {
            (
                usage
                    .reasoning_tokens
                    .unwrap_or_default()
                    .get()
                    .min(completion),
                rate,
            )
        });
        let (reasoning_tokens, reasoning_rate) = separate_reasoning.unwrap_or_default();
        let parts = [
            (prompt, rates.prompt?),
            (completion - reasoning_tokens, rates.completion?),
            (reasoning_tokens, reasoning_rate),
            (1, rates.request.unwrap_or(0)),
        ];
        self.total(&parts)
    }

    /// Returns the price of a call that writes its whole prompt to the provider's cache. The rate
    /// of the prompt is the higher of two prices: the listed price for cache writes, and the
    /// prompt's price times [`CacheWrites::percent`].
    pub(crate) fn with_cache_writes(&self, writes: CacheWrites) -> Cow<'_, Self> {
        if writes == CacheWrites::None {
            return Cow::Borrowed(self);
        }
        let raise = |rates: &mut Rates| {
            let by_factor = |prompt: u64| prompt.saturating_mul(writes.percent()).div_ceil(100);
            rates.prompt = rates.prompt.map(by_factor).max(rates.cache_write);
        };
        let mut price = self.clone();
        raise(&mut price.base);
        price
            .tiers
            .iter_mut()
            .for_each(|tier| raise(&mut tier.rates));
        Cow::Owned(price)
    }

    /// Returns the cost of `count` web searches.
    pub(crate) fn searches(&self, count: u64) -> Cost {
        self.total(&[(count, self.base.search.unwrap_or(0))])
            .unwrap_or_default()
    }

    fn total(&self, parts: &[(u64, u64)]) -> Option<Cost> {
        let full = parts.iter().try_fold(0u128, |sum, (count, rate)| {
            sum.checked_add(u128::from(*count) * u128::from(*rate))
        })?;
        let reduced = full
            .checked_mul(u128::from(1_000_000 - self.discount))?
            .div_ceil(1_000_000);
        u64::try_from(reduced.div_ceil(PER_PICODOLLAR))
            .ok()
            .map(Cost)
    }

    /// Returns the rates that apply. If several tiers apply, each rate comes from the last tier
    /// that has this rate.
    fn rates(&self, prompt_tokens: u64, unix_ms: u64) -> Rates {
        let minutes = unix_ms / 60_000 % (24 * 60);
        let clock = minutes / 60 * 100 + minutes % 60;
        let applies = |tier: &&Tier| {
            let is_now = |(start, end): (u64, u64)| {
                if start <= end {
                    (start..end).contains(&clock)
                } else {
                    clock >= start || clock < end
                }
            };
            tier.above_prompt_tokens
                .is_none_or(|limit| prompt_tokens > limit)
                && tier.hours.is_none_or(is_now)
        };
        self.tiers
            .iter()
            .filter(applies)
            .fold(self.base, |rates, tier| Rates {
                prompt: tier.rates.prompt.or(rates.prompt),
                cache_write: tier.rates.cache_write.or(rates.cache_write),
                completion: tier.rates.completion.or(rates.completion),
                request: tier.rates.request.or(rates.request),
                reasoning: tier.rates.reasoning.or(rates.reasoning),
                search: tier.rates.search.or(rates.search),
            })
    }
}

impl Rates {
    fn read(pricing: &Value) -> Self {
        let rate = |name: &str| {
            pricing
                .get(name)
                .and_then(|price| decimal(&text_of(price), DECIMALS))
        };
        Self {
            prompt: rate("prompt"),
            // OpenRouter lists a price for cache writes of five minutes. For some models, it also
            // lists a price for one hour.
            cache_write: rate("input_cache_write").max(rate("input_cache_write_1h")),
            completion: rate("completion"),
            request: rate("request"),
            reasoning: rate("internal_reasoning"),
            search: rate("web_search"),
        }
    }
}

/// Returns the text of a price. OpenRouter sends prices as strings, and callers may write numbers.
fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Fetches OpenRouter's list of models with their prices.
pub(crate) async fn fetch(
    provider: &Provider,
    env: &Environment,
    timeouts: &Timeouts,
) -> Result<Prices> {
    let time = CallTime::start(env, timeouts.first_byte_ms);
    let provider = &*key::with_key(provider, env, &time).await?;
    let list = fetch_list(provider, env, timeouts, &time).await;
    list.map_err(|error| {
        let message = format!("the price list: {}", error.message);
        provider.redact(error.with_message(message))
    })
}

async fn fetch_list(
    provider: &Provider,
    env: &Environment,
    timeouts: &Timeouts,
    time: &CallTime,
) -> Result<Prices> {
    let request = HttpRequest {
        function: provider.custom_fetch_name(),
        url: provider.models_url(),
        headers: provider.call_headers(),
        body: None,
    };
    let network_error = |reason| Error::new(Code::NetworkError, reason);
    let timed_out = |ms: u64| timeout_error("the answer", ms);
    let sent = env.transport.send(request);
    let headers_due = env.clock.sleep(time.remaining_ms(env));
    let mut reply = match select(sent, headers_due).await {
        Either::Left((reply, _)) => reply.map_err(|error| network_error(error.message))?,
        Either::Right(_) => return Err(timed_out(timeouts.first_byte_ms)),
    };
    let mut body = Vec::new();
    loop {
        match select(reply.body.next(), env.clock.sleep(timeouts.idle_ms)).await {
            Either::Left((Some(chunk), _)) => body.extend(chunk.map_err(network_error)?),
            Either::Left((None, _)) => {
                reply.keep_connection.set(true);
                break;
            }
            Either::Right(_) => return Err(timed_out(timeouts.idle_ms)),
        }
        let limit = provider.limits.body_bytes;
        if body.len() > limit {
            return Err(too_long("an answer", "limits.body_bytes", limit));
        }
    }
    if !(200..300).contains(&reply.status) {
        return Err(error_mapping::from_reply(&reply, &body, &*env.clock));
    }
    match String::from_utf8_lossy(&body).parse() {
        Ok(list) => Ok(Prices::of_list(&list)),
        Err(_) => Err(Error::new(Code::ProviderError, "is no JSON")),
    }
}

#[cfg(test)]
mod tests;
