//! Runs the caller's tools, which are JavaScript callbacks. The input is a tool's name and its
//! arguments. The output is the text of the tool's result.

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::fetch::{Abort, describe};
use crate::provider::transport;

/// Runs tools through the JavaScript function `callTool` in call-tool.js: `(name, arguments,
/// controller, index) => Promise<string>`.
pub(super) struct ToolRunner(pub(super) Function);

impl transport::ToolRunner for ToolRunner {
    fn call(
        &self,
        name: &str,
        arguments: &str,
        index: Option<usize>,
    ) -> LocalBoxFuture<'static, Result<String, String>> {
        let (run, name, arguments) = (
            self.0.clone(),
            JsValue::from(name),
            JsValue::from(arguments),
        );
        async move {
            call(&run, &name, &arguments, index)
                .await
                .map_err(|thrown| describe(&thrown, "the tool failed and gave no reason"))
        }
        .boxed_local()
    }
}

async fn call(
    run: &Function,
    name: &JsValue,
    arguments: &JsValue,
    index: Option<usize>,
) -> Result<String, JsValue> {
    let abort = Abort::new()?;
    let index = index.map_or(JsValue::UNDEFINED, JsValue::from);
    let promise: Promise = run
        .call4(
            &JsValue::UNDEFINED,
            name,
            arguments,
            abort.controller(),
            &index,
        )?
        .unchecked_into();
    let output = JsFuture::from(promise).await?;
    abort.disarm();
    Ok(output.as_string().unwrap_or_default())
}
