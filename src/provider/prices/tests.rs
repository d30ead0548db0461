//! Tests of `prices`.

use super::*;
use crate::json::json;

const NOON_MS: u64 = 12 * 3_600_000;

fn price(pricing: Value) -> Price {
    let mut prices = Prices::default();
    prices.insert("prices[\"m\"]", "m", &pricing).unwrap();
    prices.of("m").unwrap().clone()
}

fn tokens(prompt: u64, completion: u64, reasoning: u64) -> CallUsage {
    CallUsage {
        cost: None,
        prompt_tokens: Some(prompt.into()),
        completion_tokens: Some(completion.into()),
        reasoning_tokens: Some(reasoning.into()),
    }
}

#[test]
fn a_cost_is_exact_and_rounded_up_once() {
    let cheap =
        price(json!({"prompt": "0.0000000000004", "completion": 0.000002, "request": "0.01"}));
    assert_eq!(
        cheap.cost(&tokens(5, 3, 0), 0),
        Some(Cost(2 + 6_000_000 + 10_000_000_000))
    );
    assert_eq!(
        cheap.cost(&tokens(6, 0, 0), 0),
        Some(Cost(3 + 10_000_000_000))
    );
    assert_eq!(
        cheap.cost(
            &CallUsage {
                completion_tokens: None,
                ..tokens(1, 1, 0)
            },
            0
        ),
        None
    );
    assert_eq!(
        price(json!({"prompt": "1", "completion": "1"})).cost(&tokens(u64::MAX, 1, 0), 0),
        None
    );
}

#[test]
fn reasoning_tokens_have_the_completions_rate_unless_they_have_their_own() {
    let own = |reasoning: &str| {
        price(json!({"prompt": "0", "completion": "0.001", "internal_reasoning": reasoning}))
    };
    assert_eq!(
        own("0").cost(&tokens(0, 10, 4), 0),
        Some(Cost(10_000_000_000))
    );
    assert_eq!(
        own("0.002").cost(&tokens(0, 10, 4), 0),
        Some(Cost(6_000_000_000 + 8_000_000_000))
    );
}

#[test]
fn tiers_apply_above_their_length_and_within_their_hours_and_the_last_wins() {
    let tiered = price(
        json!({"prompt": "0.001", "completion": "0.001", "overrides": [
            {"min_prompt_tokens": 10, "prompt": "0.002"},
            {"utc_start": 2200, "utc_end": 400, "completion": "0.0005"},
            {"min_prompt_tokens": 20, "prompt": "0.003"},
        ]}),
    );
    let cost = |prompt, at| tiered.cost(&tokens(prompt, 2, 0), at).unwrap().0 / 1_000_000;
    assert_eq!(
        [cost(10, NOON_MS), cost(11, NOON_MS), cost(21, NOON_MS)],
        [12_000, 24_000, 65_000]
    );
    assert_eq!(
        [
            cost(10, 0),
            cost(10, 4 * 3_600_000),
            cost(10, 22 * 3_600_000)
        ],
        [11_000, 12_000, 11_000]
    );
}

#[test]
fn models_without_a_price_are_skipped_and_discounts_are_applied() {
    let list = json!({"data": [
        {"id": "router", "pricing": {"prompt": "-1", "completion": "-1"}},
        {"id": "odd", "pricing": "free"}, {"id": 7}, null,
        {"id": "half", "pricing": {"prompt": "0.01", "completion": "0", "discount": 0.5}},
    ]});
    let prices = Prices::of_list(&list);
    assert!(prices.of("router").is_none() && prices.of("odd").is_none());
    assert_eq!(
        prices.of("half").unwrap().cost(&tokens(1, 0, 0), 0),
        Some(Cost(5_000_000_000))
    );
    for wrong in [
        json!("free"),
        json!({"prompt": "1"}),
        json!({"prompt": "-1", "completion": "1"}),
    ] {
        assert_eq!(
            Prices::default()
                .insert("prices[\"m\"]", "m", &wrong)
                .unwrap_err()
                .code,
            Code::InvalidRequest
        );
    }
}

#[test]
fn a_cache_write_has_the_higher_of_the_listed_price_and_the_factor() {
    let listed = json!({
        "prompt": "0.000001", "completion": "0", "input_cache_write": "0.0000015",
        "overrides": [{"min_prompt_tokens": 100, "prompt": "0.000002"}]
    });
    let with = |writes| {
        let price = price(listed.clone());
        let price = price.with_cache_writes(writes);
        [10, 1_000].map(|prompt| price.cost(&tokens(prompt, 0, 0), 0).unwrap().0)
    };
    assert_eq!(with(CacheWrites::FiveMinutes), [15_000_000, 2_500_000_000]);
    assert_eq!(with(CacheWrites::OneHour), [20_000_000, 4_000_000_000]);
    let hour = price(json!({"prompt": "0", "completion": "0", "input_cache_write_1h": "0.000003"}));
    let hour = hour.with_cache_writes(CacheWrites::OneHour);
    assert_eq!(hour.cost(&tokens(1, 0, 0), 0), Some(Cost(3_000_000)));
}
