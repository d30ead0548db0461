//! Handles a call whose request the provider has refused. Decides whether to repeat the call, and
//! how to change its request.

use crate::deliberation::context::RunContext;
use crate::deliberation::model_call::ToolLoopState;
use crate::event::WarningCode;
use crate::plan::{ModelTarget, RoleConfig};
use crate::provider::adaptation::Adaptation;
use crate::provider::dialect::Dialect;
use crate::provider::refusal::{LimitFault, Refusal};

/// How often a role may repeat calls to one model after the provider has refused a request.
const MAX_REPEATS: u32 = 8;
/// Smallest token limit that a request sets after the server has refused the default limit. If the
/// server allows less, the request sets no limit, unless the dialect requires a limit.
const MIN_LIMIT: u64 = 256;

/// Changes the next request to a model after the provider has refused a request. Returns whether to
/// repeat the call.
///
/// `sent` has the request changes of the refused request.
pub(super) fn adapt(
    run: RunContext<'_>,
    (config, model): (&RoleConfig, &ModelTarget),
    loop_state: &mut ToolLoopState,
    (refusal, sent): (&Refusal, &Adaptation),
) -> bool {
    if loop_state.repeats >= MAX_REPEATS {
        return false;
    }
    loop_state.repeats += 1;
    let is_own = config.has_default_limit;
    let needs_limit = model.provider.dialect == Dialect::Messages;
    if let Refusal::Limit(_, fault) = refusal {
        match fault {
            LimitFault::TooLarge(Some(tokens))
                if is_own && (*tokens >= MIN_LIMIT || needs_limit) =>
            {
                loop_state.lowered_limit = Some(*tokens);
                return true;
            }
            _ if needs_limit => return false,
            _ => {}
        }
    }
    let mut adaptation = run.adaptations.of(model);
    if adaptation != *sent {
        // Meanwhile, another call of this model was refused, and has changed the adaptation and
        // warned.
        return true;
    }
    if !adaptation.learn(refusal, is_own, model.provider.dialect == Dialect::Chat) {
        return false;
    }
    warn(run, model, refusal, &adaptation);
    run.adaptations.set(model, adaptation);
    true
}

/// Warns if requests no longer contain a field. If a field was only renamed, or if texts were only
/// joined, no warning is needed.
fn warn(run: RunContext<'_>, model: &ModelTarget, refusal: &Refusal, adaptation: &Adaptation) {
    let names = match refusal {
        Refusal::Limit(field, _) if adaptation.omits_limit() => format!("`{field}`"),
        Refusal::MessageFields(fields) => format!("`{}` in messages", fields.join("`, `")),
        _ => return,
    };
    let message = format!(
        "{} refused {names} for {}; it was left out",
        model.provider.name, model.name
    );
    run.recorder.warn(WarningCode::ParameterDropped, message);
}
