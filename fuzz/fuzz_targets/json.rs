//! `cargo +nightly fuzz run json`
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| llm_fuse::fuzzing::json(text));
