//! `cargo +nightly fuzz run decode`
#![no_main]

libfuzzer_sys::fuzz_target!(|input: (u16, &[u8])| {
    llm_fuse::fuzzing::decode(input.1, input.0.into())
});
