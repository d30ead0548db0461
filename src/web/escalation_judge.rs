//! Calls the caller's `shouldEscalate` with the analysis and the responses. Returns its decision.

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::fetch::describe;
use crate::provider::transport;

/// Wraps a JavaScript function `(analysis, responses) => Promise<boolean>`. Both arguments are JSON
/// texts. The function is `shouldEscalate` in run-calls.js.
pub(super) struct EscalationJudge(pub(super) Function);

impl transport::EscalationJudge for EscalationJudge {
    fn should_escalate(
        &self,
        analysis: &str,
        responses: &str,
    ) -> LocalBoxFuture<'static, Result<bool, String>> {
        let ask = self.0.clone();
        let (analysis, responses) = (JsValue::from(analysis), JsValue::from(responses));
        async move {
            let asked = ask.call2(&JsValue::UNDEFINED, &analysis, &responses);
            let answer = match asked {
                Ok(promise) => JsFuture::from(promise.unchecked_into::<Promise>()).await,
                Err(thrown) => Err(thrown),
            };
            let answer = answer.map_err(|thrown| describe(&thrown, "it gave no reason"))?;
            answer
                .as_bool()
                .ok_or_else(|| "it must return true or false".to_owned())
        }
        .boxed_local()
    }
}
