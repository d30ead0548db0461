//! `llm-fuse-bindgen INPUT.wasm FOLDER`: writes `core.js` and `core_bg.wasm`.
//!
//! What the `wasm-bindgen` command line does, from the version in our own `Cargo.lock`: nothing to
//! install, nothing to mismatch.

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let input = arguments.next().context("which .wasm?")?;
    let folder = arguments.next().context("which folder?")?;

    Bindgen::new()
        .input_path(input)
        .out_name("core")
        // The one target that accepts a compiled module, whoever compiled it.
        .web(true)?
        // With a default path in the glue, every bundler would emit a second copy of the module.
        .omit_default_module_path(true)
        // After a panic JavaScript asks for a fresh instance.
        .reset_state_function(true)
        // `index.d.ts` is written by hand.
        .typescript(false)
        // Debug info and names survive until wasm-opt decides.
        .keep_debug(false)
        .demangle(true)
        .generate(folder)
}
