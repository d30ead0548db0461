//! Defines [`Count`], an integer that JavaScript can represent exactly.
//!
//! A larger `u64` becomes
//! [`Number.MAX_SAFE_INTEGER`](https://tc39.es/ecma262/#sec-number.max_safe_integer).

use serde::{Deserialize, Serialize};

/// A number of tokens, calls or milliseconds, at most 2^53-1. Larger values become 2^53-1.
///
/// JavaScript has no larger exact integers, and serde-wasm-bindgen fails on them. Without this
/// limit, one absurd count would be inexact in a result, and make an estimate unreadable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "u64")]
pub(crate) struct Count(u64);

impl Count {
    /// The largest count: `Number.MAX_SAFE_INTEGER`.
    pub(crate) const MAX: u64 = (1 << 53) - 1;

    pub(crate) const fn get(self) -> u64 {
        self.0
    }
}

impl From<u64> for Count {
    fn from(count: u64) -> Self {
        Self(count.min(Self::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{from_value, json};

    #[test]
    fn larger_integers_become_the_largest_count() {
        assert_eq!(Count::from(7).get(), 7);
        assert_eq!(Count::from(Count::MAX).get(), Count::MAX);
        assert_eq!(Count::from(Count::MAX + 1).get(), Count::MAX);
        assert_eq!(
            from_value(&json!(u64::MAX)),
            Ok(Count::from(Count::MAX)),
            "also when a snapshot is read"
        );
    }
}
