//! Tests of the core that involve several modules. Tests of one pure function are in the function's
//! file.
//!
//! These tests are compiled as a part of the crate (see `src/lib.rs`), because all modules of the
//! crate are private. The JavaScript API has its own tests, which run on the packed package.

mod dialects;
mod near_json;
mod request;
pub(crate) mod runs;
