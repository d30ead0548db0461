//! `cargo +nightly fuzz run snapshot`
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| llm_fuse::fuzzing::snapshot(text));
