//! Limits of a request.

/// Panelists, and fallbacks of a model.
pub const MAX_PANEL: usize = 8;
/// Tools of a request or a model.
pub const MAX_TOOLS: usize = 8;
/// The largest integer that JavaScript, and so a recorded seed, holds exactly.
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
/// The longest wait of `setTimeout`, in milliseconds. A longer one ends at once.
pub const MAX_WAIT_MS: u64 = i32::MAX as u64;
