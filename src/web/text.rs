//! Text in JavaScript.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./host.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn normalize(text: &str) -> Result<String, JsValue>;
}

/// Normalisation form NFKC; the text as it is where a page has broken `String.prototype.normalize`.
pub fn nfkc(text: &str) -> String {
    normalize(text).unwrap_or_else(|_| text.to_owned())
}
