//! Defines limits that several request fields share.

/// Maximum number of panelists. Also the maximum number of fallbacks of one model.
pub(super) const MAX_PANEL: usize = 8;
/// Maximum number of contradictions that a run checks.
pub(crate) const MAX_CHECKS: usize = 8;
/// Maximum number of characters of `analyst.criteria`.
pub(super) const MAX_CRITERIA: usize = 4_000;
/// Maximum number of tools, of a request or of a panelist.
pub(super) const MAX_TOOLS: usize = 8;
/// The largest integer that JavaScript represents exactly, `Number.MAX_SAFE_INTEGER`. A recorded
/// seed must not exceed it.
pub(super) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
/// Maximum delay of `setTimeout`, in milliseconds. A longer timer would fire immediately.
pub(super) const MAX_WAIT_MS: u64 = i32::MAX as u64;
