//! Text in JavaScript.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./unicode.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = nfkcLowercase)]
    fn small(text: &str) -> Result<String, JsValue>;
}

/// Normalisation form NFKC, in small letters; the text as it is where a page has broken `String.prototype.normalize`.
pub fn nfkc_lowercase(text: &str) -> String {
    small(text).unwrap_or_else(|_| text.to_owned())
}
