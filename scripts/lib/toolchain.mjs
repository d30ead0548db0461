// Which cargo can compile for wasm32-unknown-unknown on this machine, and how it is called.
import { join } from "node:path";
import { system } from "./system.mjs";

export const target = "wasm32-unknown-unknown";

/** `{ cargo, args, env, sysroot }`, or undefined where nothing here can compile for wasm. */
export async function wasmToolchain({ exists, capture } = system) {
  return (await ordinary({ exists, capture })) ?? (await debian({ exists, capture }));
}

/** The toolchain on the PATH, where it has the target's standard library (`rustup target add`, or a distribution's package). */
async function ordinary({ exists, capture }) {
  const library = await capture("rustc", "--print", "target-libdir", "--target", target);
  if (!library || !exists(library)) return undefined;
  return { cargo: "cargo", args: [], env: {}, sysroot: await capture("rustc", "--print", "sysroot") };
}

/**
 * Debian's rustc-web, cargo-web and rust-web-src, where rustup's server is out of reach: cargo builds the standard library from
 * source with them. Building std is an unstable option of cargo, so this way alone needs RUSTC_BOOTSTRAP.
 */
async function debian({ exists, capture }) {
  const [rustc, cargo] = ["/usr/bin/rustc", "/usr/bin/cargo"];
  if (!exists(rustc) || !exists(cargo)) return undefined;
  const sysroot = await capture(rustc, "--print", "sysroot");
  if (!sysroot || !exists(join(sysroot, "lib/rustlib/src/rust/library/Cargo.lock"))) return undefined;
  const linker = await wasmLinker({ exists, capture });
  if (!linker) return undefined;

  const env = { RUSTC: rustc, RUSTC_BOOTSTRAP: "1", CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker };
  return { cargo, args: ["-Zbuild-std=std,panic_abort"], env, sysroot };
}

/** Debian's rustc comes without a linker for wasm: rustup's toolchain has one, and so has Debian's package `lld`. */
async function wasmLinker({ exists, capture }) {
  const sysroot = await capture("rustc", "--print", "sysroot");
  const host = (await capture("rustc", "-vV"))?.match(/^host: (.+)$/m)?.[1];
  const rustup = sysroot && host && join(sysroot, "lib/rustlib", host, "bin/rust-lld");
  return [rustup, "/usr/bin/wasm-ld"].find((path) => path && exists(path));
}
