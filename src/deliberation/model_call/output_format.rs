//! Decides whether a request has an output format.

use crate::deliberation::model_call::{RoleRequest, ToolLoopState};
use crate::deliberation::web_access::FETCH;
use crate::json::Value;
use crate::plan::ModelTarget;
use crate::provider::tools;

/// Returns the output format of the next reply.
///
/// If a request has an output format, models of some servers call no tool, because these servers
/// force each reply into the format. vLLM and llama.cpp are two of them
/// (<https://github.com/vllm-project/vllm/issues/16313>). A check without a page decides nothing.
/// So, while a check can open a page and has none, its requests have no format. A provider with
/// hosted tools supports a format beside tools, and may read pages itself.
pub(super) fn output_format<'r>(
    role_request: RoleRequest<'r>,
    model: &ModelTarget,
    (disable_tools, loop_state): (bool, &ToolLoopState),
) -> Option<&'r Value> {
    let is_fetch = |tool: &Value| tools::function_name(tool) == Some(FETCH);
    let offers_fetch = !disable_tools
        && model.tool_set.hosted.is_empty()
        && model.tool_set.functions.iter().any(is_fetch)
        && !loop_state.dropped_params.iter().any(|name| name == "tools");
    let web_access = role_request.web_access;
    let needs_page = web_access.is_some_and(|web_access| !web_access.has_page());
    let format = role_request.response_format;
    format.filter(|_| !(offers_fetch && needs_page))
}
