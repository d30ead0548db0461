//! `llm-fuse-bindgen INPUT.wasm FOLDER`: writes `core.js` and `core_bg.wasm`.
//!
//! Replaces the `wasm-bindgen` command-line program. The wasm-bindgen version is that of our
//! `Cargo.lock`, so no separate installation is needed.

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let input = arguments.next().context("which .wasm?")?;
    let folder = arguments.next().context("which folder?")?;

    Bindgen::new()
        .input_path(input)
        .out_name("core")
        // The target `web` is the only target whose glue code accepts a compiled
        // `WebAssembly.Module`.
        .web(true)?
        // Omits the module's default path from the glue code. If bundlers found that path, they
        // would emit the module twice.
        .omit_default_module_path(true)
        // JavaScript resets the instance after a panic.
        .reset_state_function(true)
        // `index.d.ts` is written by hand.
        .typescript(false)
        // Drops debug info, but keeps function names for wasm-opt.
        .keep_debug(false)
        .demangle(true)
        .generate(folder)
}
