//! Decides whether a refused call is repeated, and what changes in its request.

use crate::deliberation::context::RunContext;
use crate::deliberation::model_call::ToolLoopState;
use crate::event::WarningCode;
use crate::plan::{ModelTarget, RoleConfig};
use crate::provider::adaptation::Adaptation;
use crate::provider::dialect::Dialect;
use crate::provider::refusal::{LimitFault, Refusal};

/// Maximum number of repeats after refusals, for one model of one role.
const MAX_REPEATS: u32 = 8;
/// Smallest token limit that replaces the default limit. If the server allows less, the request has
/// no limit.
const MIN_LIMIT: u64 = 256;

/// Adapts the next call after a refusal. Returns whether the call should be repeated.
///
/// `sent` is the adaptation that the refused call used.
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
        // Another refused call of this model has changed the adaptation meanwhile, and has warned.
        return true;
    }
    if !adaptation.learn(refusal, is_own, model.provider.dialect == Dialect::Chat) {
        return false;
    }
    warn(run, model, refusal, &adaptation);
    run.adaptations.set(model, adaptation);
    true
}

/// Warns if the adaptation omits a field. Renamed fields and joined texts need no warning.
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
