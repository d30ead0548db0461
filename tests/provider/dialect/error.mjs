// Functions that return an error in the format of each API. Their argument is { code: status or
// text, message, type?, param?, metadata? }.

export const openrouter = ({ code, message, ...more }) => ({ error: { code, message, ...more } });

export function openai({ code, message, type, param = null, ...more }) {
  const known = openaiWords[code] ?? {};
  const word = typeof code === "string" ? code : (known.code ?? null);
  return {
    error: {
      message,
      type: type ?? known.type ?? (code >= 500 ? "server_error" : "invalid_request_error"),
      param,
      code: word,
      ...more,
    },
  };
}

const openaiWords = {
  401: { code: "invalid_api_key" },
  402: { type: "insufficient_quota", code: "insufficient_quota" },
  404: { code: "model_not_found" },
  429: { type: "requests", code: "rate_limit_exceeded" },
};

/** Returns an error in Anthropic's format. OpenRouter adds its own `error_type` to it. */
export function anthropic({ code, message, type, metadata }, error_as) {
  const kind =
    type ??
    (typeof code === "string"
      ? code
      : (anthropicTypes[code] ?? (code >= 500 ? "api_error" : "invalid_request_error")));
  if (error_as === "openrouter")
    return {
      type: "error",
      error: { type: kind, message, error_type: metadata?.error_type ?? "unmapped" },
      request_id: null,
      metadata,
    };
  return { type: "error", error: { type: kind, message }, request_id: "req_loopback" };
}

const anthropicTypes = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};
