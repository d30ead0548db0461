//! Normalizes Unicode text with JavaScript: text in, normalized text out.

use wasm_bindgen::prelude::*;

use crate::provider::UnicodeForms;

#[wasm_bindgen(raw_module = "./unicode.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = nfc)]
    fn js_nfc(text: &str) -> Result<String, JsValue>;
    #[wasm_bindgen(catch, js_name = lowercase)]
    fn js_lowercase(text: &str) -> Result<String, JsValue>;
}

/// The normalization functions. A page may have replaced the methods of `String.prototype` with
/// functions that throw. In this case, text stays unchanged.
pub(super) const FORMS: UnicodeForms = UnicodeForms {
    nfc: |text| js_nfc(text).unwrap_or_else(|_| text.to_owned()),
    lowercase: |text| js_lowercase(text).unwrap_or_else(|_| text.to_owned()),
};
