//! Unicode normalization by JavaScript: text in, normalized text out.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./unicode.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = nfkcLowercase)]
    fn normalize(text: &str) -> Result<String, JsValue>;
}

/// Returns the text in normalization form NFKC and lower case. Returns it unchanged if the page has
/// broken `String.prototype.normalize`.
pub(super) fn nfkc_lowercase(text: &str) -> String {
    normalize(text).unwrap_or_else(|_| text.to_owned())
}
