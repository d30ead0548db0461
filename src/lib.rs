//! llm-fuse: a panel of models answers one prompt in parallel, an analyst compares the answers, a writer gives the final one.
//!
//! In data-flow order:
//!
//! 1. [`request`]: what the caller asks for, validated; a refusal names the field and what would be right.
//! 2. [`deliberation`]: the run itself, `plan -> panel -> analysis -> answer`; read [`deliberation::fuse`] first.
//! 3. [`policy`]: the decisions in between, as pure functions of what has happened and what time it is.
//! 4. [`provider`]: one call to one model, from the request's bytes to the pieces of its answer.
//! 5. [`event`], [`result`], [`snapshot`], [`error`]: what comes out.
//! 6. `web` (wasm32 only): fetch, clock and the JavaScript side. The only module that knows it is in JavaScript.
//!
//! Data flows one way: `web` knows the core, the core does not know it. The same run as OpenRouter's API shows it is JavaScript, in `src/js/handler/`.

pub mod count;
pub mod deliberation;
pub mod error;
pub mod event;
pub mod json;
pub mod notify;
pub mod plan;
pub mod policy;
pub mod provider;
pub mod request;
pub mod result;
pub mod role;
pub mod snapshot;
pub mod usage;
#[cfg(target_arch = "wasm32")]
mod web;
