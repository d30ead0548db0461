//! Limits that several request fields share.

/// Maximum number of panelists, and of fallbacks of one model.
pub(super) const MAX_PANEL: usize = 8;
/// Maximum number of contradictions that a run checks.
pub(crate) const MAX_CHECKS: usize = 8;
/// Maximum number of characters of `analyst.criteria`.
pub(super) const MAX_CRITERIA: usize = 4_000;
/// Maximum number of tools of a request or a panelist.
pub(super) const MAX_TOOLS: usize = 8;
/// `Number.MAX_SAFE_INTEGER`: the largest integer that JavaScript holds exactly. A recorded seed
/// must not exceed it.
pub(super) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
/// Longest delay of `setTimeout`, in milliseconds. A longer timer fires immediately.
pub(super) const MAX_WAIT_MS: u64 = i32::MAX as u64;
