//! The wasm boundary: exports runs and estimates to JavaScript, and implements the core's
//! transport, clock and tools in terms of JavaScript. Only this module uses `wasm_bindgen`,
//! `js_sys`, `web_sys` or gloo.
//!
//! Every import that can throw is declared with `catch`. An exception that passes through wasm
//! frames would leave `RefCell` borrows behind.

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

/// Converts data to plain JavaScript objects, with `null` for `None` and a `number` for every
/// number.
fn to_js(data: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(data.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// Allocator with constant-time operations and half the code size of the standard library's.
#[global_allocator]
static ALLOCATOR: rlsf::GlobalTlsf<AllocatorOptions> = rlsf::GlobalTlsf::new();

/// Options of the allocator. In-place reallocation would add about 1 KB of code, so a growing
/// vector is copied.
struct AllocatorOptions;

impl rlsf::GlobalTlsfOptions for AllocatorOptions {
    const ENABLE_REALLOCATION: bool = false;
}
