//! Tests that the tables in src/data are complete.

use crate::provider::{Provider, registry};
use crate::request::presets;

#[test]
fn the_tables_are_read() {
    let presets: Vec<_> = presets()
        .iter()
        .map(|preset| (&*preset.name, preset.panel.len(), preset.model.is_empty()))
        .collect();
    let expected = [
        ("general-high", 3, false),
        ("general-budget", 3, false),
        ("general-fast", 2, false),
    ];
    assert_eq!(presets, expected);
    assert_eq!(
        registry::names(),
        "openrouter, openai, anthropic, google, xai, ollama, lmstudio, llamacpp, azure, \
         perplexity, mistral, groq, deepseek, cerebras, together, cloudflare"
    );
    for name in registry::names().split(", ") {
        let provider = Provider::known(name).unwrap();
        assert!(provider.base_url.starts_with("http"), "{name}");
    }
}
