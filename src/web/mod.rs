//! Connects the core to JavaScript: exports runs and estimates, and implements the core's
//! transport, clock and tools with JavaScript functions. Only this module uses `wasm_bindgen`,
//! `js_sys`, `web_sys` or gloo.
//!
//! Every import that can throw must be declared with `catch`. Otherwise an exception would pass
//! through wasm frames, and `RefCell`s would stay borrowed.

use serde::Serialize;
use wasm_bindgen::{JsError, JsValue};

mod clock;
mod escalation_judge;
mod estimate;
mod executor;
mod fetch;
mod key_source;
mod run;
#[cfg(feature = "test-panic")]
mod test_panic;
mod tool_runner;
mod unicode;

/// Converts data to plain JavaScript objects. `None` becomes `null`, and every number becomes a
/// `number`.
fn to_js(data: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(data.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// The allocator. Its operations take constant time, and it has half the code size of the standard
/// library's allocator.
#[global_allocator]
static ALLOCATOR: rlsf::GlobalTlsf<AllocatorOptions> = rlsf::GlobalTlsf::new();

/// Options of the allocator. Reallocation in place is disabled, because it would add about 1 KB of
/// code. A growing vector is copied instead.
struct AllocatorOptions;

impl rlsf::GlobalTlsfOptions for AllocatorOptions {
    const ENABLE_REALLOCATION: bool = false;
}
