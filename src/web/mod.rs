//! The edge to JavaScript: fetch, clock, and the run as JavaScript holds it. The only module that names `wasm_bindgen`, `js_sys`,
//! `web_sys` or gloo.
//!
//! Every import that can throw is declared with `catch`: an exception that passes through wasm frames leaves borrows behind.

use serde::Serialize;
use wasm_bindgen::{JsError, JsValue};

mod clock;
mod estimate;
mod executor;
mod fetch;
mod run;
#[cfg(feature = "test-panic")]
mod test_panic;
mod tool_runner;
mod unicode;

/// Returns data as plain JavaScript objects, with `null` for what is absent and `number` for every number.
fn to_js(data: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(data.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// Half the code of the standard library's, and constant time.
#[global_allocator]
static ALLOCATOR: rlsf::GlobalTlsf<Small> = rlsf::GlobalTlsf::new();

/// A vector that grows is copied; growing it where it stands would be another kilobyte.
struct Small;

impl rlsf::GlobalTlsfOptions for Small {
    const ENABLE_REALLOCATION: bool = false;
}
