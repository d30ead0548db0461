//! Lists the fields of both arguments of `fuse()`. If a caller puts a field into the wrong
//! argument, the error names the right argument.

/// The fields of a request.
pub(super) const FIELDS: [&str; 21] = [
    "prompt",
    "messages",
    "analysis_models",
    "model",
    "analyst",
    "writer",
    "preset",
    "tools",
    "max_tool_calls",
    "max_completion_tokens",
    "temperature",
    "reasoning",
    "cache_control",
    "timeouts",
    "quorum",
    "escalate",
    "max_retries",
    "max_cost",
    "seed",
    "convene",
    "resume",
];

/// The names of the options.
pub(super) const OPTIONS: [&str; 14] = [
    "apiKey",
    "baseURL",
    "providers",
    "clientProviders",
    "toolHandlers",
    "presets",
    "fetch",
    "flush_ms",
    "signal",
    "prices",
    "onSnapshot",
    "shouldEscalate",
    "app",
    "limits",
];
