// Finds a cargo that compiles for wasm32-unknown-unknown, and its arguments.
import { join } from "node:path";
import { system } from "./system.mjs";

export const target = "wasm32-unknown-unknown";

/** Returns `{ cargo, args, env, sysroot }`, or undefined if no toolchain compiles for wasm. */
export async function wasmToolchain({ exists, capture } = system) {
  return (await ordinary({ exists, capture })) ?? (await debian({ exists, capture }));
}

/** Returns the Rust toolchain on the PATH, if it has the standard library for wasm. */
async function ordinary({ exists, capture }) {
  const library = await capture("rustc", "--print", "target-libdir", "--target", target);
  if (!library || !exists(library)) return undefined;
  return {
    cargo: "cargo",
    args: [],
    env: {},
    sysroot: await capture("rustc", "--print", "sysroot"),
  };
}

/**
 * Returns Debian's toolchain, if rustc-web, cargo-web and rust-web-src are installed. With this
 * toolchain, cargo builds the standard library from source. That is an unstable feature, which
 * RUSTC_BOOTSTRAP permits.
 */
async function debian({ exists, capture }) {
  const [rustc, cargo] = ["/usr/bin/rustc", "/usr/bin/cargo"];
  if (!exists(rustc) || !exists(cargo)) return undefined;
  const sysroot = await capture(rustc, "--print", "sysroot");
  if (!sysroot || !exists(join(sysroot, "lib/rustlib/src/rust/library/Cargo.lock")))
    return undefined;
  const linker = await wasmLinker({ exists, capture });
  if (!linker) return undefined;

  const env = {
    RUSTC: rustc,
    RUSTC_BOOTSTRAP: "1",
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker,
  };
  return { cargo, args: ["-Zbuild-std=std,panic_abort"], env, sysroot };
}

/**
 * Returns a linker for wasm, because Debian's rustc has no such linker. The returned linker belongs
 * to rustup's toolchain or to the package `lld`.
 */
async function wasmLinker({ exists, capture }) {
  const sysroot = await capture("rustc", "--print", "sysroot");
  const host = (await capture("rustc", "-vV"))?.match(/^host: (.+)$/m)?.[1];
  const rustup = sysroot && host && join(sysroot, "lib/rustlib", host, "bin/rust-lld");
  return [rustup, "/usr/bin/wasm-ld"].find((path) => path && exists(path));
}
