//! Counts that JavaScript can hold.

use serde::{Deserialize, Serialize};

/// A count of tokens, calls or milliseconds, at most 2^53-1.
///
/// JavaScript has no larger exact integers, and serde-wasm-bindgen refuses them: one absurd count from a provider would cost the whole result.
/// Larger values become 2^53-1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "u64")]
pub struct Count(u64);

impl Count {
    /// `Number.MAX_SAFE_INTEGER`.
    pub const MAX: u64 = (1 << 53) - 1;

    /// Returns the count as an integer.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<u64> for Count {
    fn from(count: u64) -> Self {
        Self(count.min(Self::MAX))
    }
}
