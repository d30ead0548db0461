//! llm-fuse: a panel of models answers one prompt in parallel, an analyst compares the answers, and
//! a writer writes the final answer.
//!
//! The crate has no public Rust API. The npm package uses the wasm module; the Rust library exists
//! for tests and fuzzing.
//!
//! A run uses these modules, in this order:
//!
//! 1. `web` (wasm32 only) connects the core to JavaScript: exports, `fetch` and timers.
//! 2. `request` turns the caller's JSON into a validated request and options.
//! 3. `plan` turns the request into a plan: for each role, its models, providers and tools.
//! 4. `deliberation` executes the plan: panel, analysis, answer. Start at `deliberation::fuse`.
//! 5. `policy` decides about retries, the quorum and the budget, without I/O and without a clock.
//! 6. `provider` sends one request to one model and decodes its streamed response.
//! 7. `event` defines the events that a run emits.
//! 8. `snapshot` defines the data from which a run can be resumed.
//! 9. `result` defines the result of a run.
//!
//! All of these modules may use the following modules:
//!
//! - `error` defines the error type.
//! - `role` defines the roles and stages of a run.
//! - `usage` defines tokens and cost.
//! - `count` defines an integer that JavaScript can represent exactly.
//! - `json` reads and writes JSON.
//! - `notify` wakes a waiting task.
//! - `replace` searches a text for a string and replaces it.
//!
//! Only `web` depends on JavaScript. No other module depends on `web`. `fuzzing` is compiled only
//! for `cargo fuzz`. It defines the properties that the fuzz targets check.

// Only `web` uses the core. Native builds do not contain `web`, so the compiler would report most
// of the core as unused. The build for wasm32 reports code that is really unused.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, unused_imports))]

mod blank;
mod count;
mod deliberation;
mod error;
mod escalation;
mod event;
#[cfg(fuzzing)]
pub mod fuzzing;
mod json;
mod notify;
mod plan;
mod policy;
mod provider;
mod replace;
mod request;
mod result;
mod role;
mod snapshot;
mod usage;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(test)]
#[path = "../tests/native/mod.rs"]
mod native_tests;
